"""A stop: what was handed over is taken back where it can be, and comes once when it goes on."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.governance.service import trail
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import InstructionId
from amends.kernel.summary import StageSummary
from amends.payouts.after_payment import revoking_store
from amends.payouts.after_payment.revoking import RevokeError, revoke_through
from amends.payouts.after_payment.stopping import take_back_through
from amends.payouts.model import HaltedError
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import Rail
from amends.payouts.sending import dispatch, switch
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from confirming_provider import openid, waiting_for_payees
from made_awards import make_awards
from made_bank import BankSetting, bank
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase
from paid_by_files import PEOPLE, files_case, resume, run, sign


@pytest.fixture
def case(opened_case: OpenedCase) -> OpenCase:
    """Seven people with bank accounts, and two who sign."""
    return files_case(opened_case)


def states(opened: OpenCase) -> dict[str, int]:
    """How many payments by state and reason."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT state || COALESCE(' ' || reason, ''), count(*) FROM payouts.instruction "
            "GROUP BY 1"
        ).fetchall()
    return {str(state): int(str(number)) for state, number in rows}


def settle(opened: OpenCase, setting: BankSetting) -> StageSummary:
    """Some days of the bank, and a reconciliation."""
    setting.let_pass(minutes=5)
    run(opened, setting, pay_through)
    setting.let_pass(minutes=5)
    setting.let_pass(days=2)
    return run(opened, setting, reconcile_through)


def test_a_halt_before_the_hand_over_keeps_the_file_back(
    case: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chunk is committed, somebody halts, and nothing comes into the outbox any more."""
    begin = dispatch.begin_chunks

    def halts_after_the_commit(
        opened: OpenCase, rail: Rail, session: psycopg.Connection, most: int = 1
    ) -> list[dispatch.Claimed]:
        claimed = begin(opened, rail, session, most)
        if not switch.halted(opened):
            switch.halt(opened, "names look wrong")
        return claimed

    monkeypatch.setattr(dispatch, "begin_chunks", halts_after_the_commit)
    with bank(case.case.root / "drop", balance="CNY 100000.00") as setting:
        with pytest.raises(HaltedError, match="names look wrong"):
            run(case, setting, pay_through)
        assert setting.outbox() == []
        assert states(case)["unknown halted"] > 0
        run(case, setting, reconcile_through)
        setting.let_pass(minutes=5)
        run(case, setting, reconcile_through)
        assert setting.outbox() == []
        monkeypatch.undo()
        resume(case)
        counts = settle(case, setting).counts
        assert (counts["settled"], counts["open"], counts["exceptions"]) == (PEOPLE, 0, 0)
        paid = [one for one in setting.bank.movements() if one.number]
        assert len(paid) == len({one.number for one in paid}) == PEOPLE


def test_a_stop_withdraws_what_the_bank_has_not_fetched(case: OpenCase) -> None:
    """One file was fetched and has to be called off; the others go out again as they were."""
    with bank(case.case.root / "drop", balance="CNY 100000.00", orders_per_file=3) as setting:
        run(case, setting, pay_through)
        files = setting.outbox()
        first, *others = files
        first.rename(setting.drop / "fetched" / first.name)
        contents = {path.name: path.read_bytes() for path in others}
        assert contents
        result = CliRunner().invoke(
            cli, ["halt", str(case.case.root), "--reason", "names look wrong", "--withdraw"]
        )
        assert result.exception is None
        said = result.output
        assert "payments are stopped since" in said
        assert f"call the other side at once: file {first.stem} may be there" in said
        for path in others:
            assert f"file {path.stem} was not fetched and is withdrawn" in said
        assert setting.outbox() == []
        assert len(trail(case, ["file withdrawn"])) == len(others)
        setting.let_pass(minutes=5)
        note = " ".join(run(case, setting, reconcile_through).notes)
        assert "payments are stopped since" in note
        assert "is withdrawn" in note
        with pytest.raises(HaltedError):
            run(case, setting, pay_through)
        assert setting.outbox() == []
        resume(case)
        run(case, setting, pay_through)
        assert {path.name: path.read_bytes() for path in setting.outbox()} == contents
        counts = settle(case, setting).counts
        assert (counts["settled"], counts["open"], counts["exceptions"]) == (PEOPLE, 0, 0)
        paid = [one for one in setting.bank.movements() if one.number]
        assert len(paid) == len({one.number for one in paid}) == PEOPLE


def test_a_halt_becomes_a_stop_and_two_people_sign_that_very_one(case: OpenCase) -> None:
    """One person more is enough to stop; what was signed about the halt does not lift the stop."""
    first = switch.halt(replace(case, by="anna"), "wait")
    assert not first.withdraws
    with pytest.raises(WaitingForApprovalError):
        switch.resume(case)
    sign(case)
    stop = switch.halt(replace(case, by="bert"), "it is worse", withdraws=True)
    assert (stop.withdraws, stop.by) == (True, "bert")
    assert stop.switch_no > first.switch_no
    assert switch.halt(case, "again", withdraws=True) == stop
    assert switch.halt(case, "only wait") == stop
    assert [one.action for one in trail(case, ["payments"])] == [
        "payments halted",
        "payments stopped",
    ]
    resume(case)
    assert switch.halted(case) is None


def test_a_stop_cancels_what_waits_for_its_payee(opened_case: OpenedCase) -> None:
    """Without a second signature; who had just confirmed is paid, and nobody twice."""
    opened = opened_case(MINIMAL_CASE, MINIMAL_FILES, approve_as=("anna", "bert"))
    make_awards(opened, 4, account_kind="openid")
    waits = waiting_for_payees(opened, confirmed={openid(2)})
    assert asyncio.run(pay_through(opened, waits)).counts["accepted"] == 4
    switch.halt(opened, "wrong list")
    assert asyncio.run(take_back_through(opened, [waits])) == ()
    assert waits.cancels == []
    switch.halt(opened, "wrong list", withdraws=True)
    [told] = asyncio.run(take_back_through(opened, [waits]))
    assert "3 were taken back, 1 had been confirmed, 0 have no answer yet" in told
    assert states(opened) == {"refused cancelled": 3, "settled": 1}
    assert asyncio.run(take_back_through(opened, [waits])) == ()
    assert len(waits.cancels) == 4
    assert [one.action for one in trail(opened, ["payments taken"])] == ["payments taken back"]


def test_a_stop_comes_while_an_order_to_take_back_is_written_down(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the stop took back is not taken back again, and nothing of the order is left."""
    opened = opened_case(MINIMAL_CASE, MINIMAL_FILES, approve_as=("anna", "bert"))
    make_awards(opened, 3, account_kind="openid")
    waits = waiting_for_payees(opened)
    assert asyncio.run(pay_through(opened, waits)).counts["accepted"] == 3
    lock, stops = revoking_store.lock, [None]

    def stop_first(connection: Connection, numbers: Sequence[InstructionId]) -> None:
        while stops:
            stops.pop()
            switch.halt(opened, "wrong list", withdraws=True)
            asyncio.run(take_back_through(opened, [waits]))
        lock(connection, numbers)

    monkeypatch.setattr(revoking_store, "lock", stop_first)
    with pytest.raises(RevokeError, match="nothing waits"):
        asyncio.run(revoke_through(opened, [waits], "late"))
    assert states(opened) == {"refused cancelled": 3}
    assert len(waits.cancels) == 3
    with opened.database.reading() as connection:
        kept = connection.execute("SELECT reason, payments FROM payouts.revocation").fetchall()
    assert kept == [("wrong list", 3)]


def test_a_command_that_is_sending_takes_back_at_a_stop(opened_case: OpenedCase) -> None:
    """Whoever stops on another machine stops this one, and this one cancels what it has sent."""
    opened = opened_case(MINIMAL_CASE, MINIMAL_FILES, approve_as=("anna", "bert"))
    make_awards(opened, 3, account_kind="openid")
    waits = waiting_for_payees(opened)
    stopped = dispatch.Recorder.flush

    async def stop_then_flush(recorder: dispatch.Recorder) -> None:
        if len(waits.orders) == 3 and not await asyncio.to_thread(switch.halted, opened):
            await asyncio.to_thread(switch.halt, opened, "wrong list", withdraws=True)
        await stopped(recorder)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch.Recorder, "flush", stop_then_flush)
        with pytest.raises(HaltedError, match="3 were taken back"):
            asyncio.run(pay_through(opened, waits))
    assert states(opened) == {"refused cancelled": 3}
