"""The switch: whoever halts payments halts them everywhere within a second; two people resume."""

import asyncio
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.governance.model import JSON
from amends.governance.service import add_operator, approve, require_approval
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.model import HaltedError
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import Outcome, PreparedRequest
from amends.payouts.sending import dispatch, record, switch
from amends.payouts.sending.record import Result
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase


@dataclass(slots=True)
class Halting(FakeProvider):
    """A provider; at the third payment somebody halts, and each call takes a moment."""

    opened: OpenCase | None = None
    calls: int = 0

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever, but slower, and with a witness of what goes wrong."""
        self.calls += 1
        if self.calls == 3:
            assert self.opened is not None
            await asyncio.to_thread(switch.halt, self.opened, "names look wrong")
        await asyncio.sleep(0.05)
        return await FakeProvider.submit(self, prepared)


def test_payouts_a_halt_stops_a_command_that_is_sending_and_nothing_is_lost(
    opened_case: OpenedCase,
) -> None:
    """Most of 200 payments have not left; after two people resume everybody is paid once."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 200)
    provider = Halting(
        seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000, opened=opened
    )
    with pytest.raises(HaltedError, match="names look wrong"):
        asyncio.run(pay_through(opened, provider))
    left_at_halt = len(provider.orders)
    assert 3 <= left_at_halt < 150
    summary = asyncio.run(reconcile_through(opened, provider))
    assert any("names look wrong" in note for note in summary.notes)
    with pytest.raises(HaltedError):
        switch.require_running(opened)
    assert len(provider.orders) == left_at_halt
    assert switch.resume(opened)
    counts = asyncio.run(pay_through(opened, provider)).counts
    assert (counts["settled"], counts["open"]) == (200, 0)
    assert set(provider.paid().values()) == {1}


def test_payouts_a_slow_write_does_not_delay_a_halt(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four lanes of 20 calls a second: at most 80 more leave, though a write takes three s."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 200)
    written = record.record_results

    def slowly(
        opened: OpenCase, rail: str, results: Sequence[Result], finished: Sequence[int] = ()
    ) -> None:
        time.sleep(3.0)
        written(opened, rail, results, finished)

    monkeypatch.setattr(dispatch, "record_results", slowly)
    provider = Halting(
        seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000, opened=opened
    )
    with pytest.raises(HaltedError, match="names look wrong"):
        asyncio.run(pay_through(opened, provider))
    assert 3 <= len(provider.orders) <= 3 + 80


@dataclass(slots=True)
class Crowding(Halting):
    """When somebody halts, all threads for what waits are taken for three seconds."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever."""
        third = self.calls == 2
        paid = await Halting.submit(self, prepared)
        if third:
            loop = asyncio.get_running_loop()
            for _ in range(min(32, (os.cpu_count() or 1) + 4)):
                loop.run_in_executor(None, time.sleep, 3.0)
        return paid


def test_payouts_pauses_of_others_do_not_delay_a_halt(opened_case: OpenedCase) -> None:
    """Questions of several rails and their quotas wait in threads: a halt is seen all the same."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 200)
    provider = Crowding(
        seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000, opened=opened
    )
    with pytest.raises(HaltedError):
        asyncio.run(pay_through(opened, provider))
    assert 3 <= len(provider.orders) <= 3 + 80


def test_payouts_a_dry_run_and_who_signs_read_that_payments_are_halted(
    opened_case: OpenedCase,
) -> None:
    """Before anything about the promise; and nobody reads so while payments go out."""
    opened = opened_case()
    for name in ("anna", "bert"):
        add_operator(opened, name)
    make_awards(opened, 2)

    def said(*args: str) -> list[str]:
        result = CliRunner().invoke(cli, [args[0], str(opened.case.root), *args[1:]])
        assert result.exception is None
        return result.output.splitlines()

    assert not any("halted" in line for line in said("pay", "--dry-run"))
    switch.halt(replace(opened, by="bert"), "names look wrong")
    assert "by bert: names look wrong" in said("pay", "--dry-run")[0]
    told = json.loads("".join(said("pay", "--dry-run", "--json")))
    assert "by bert: names look wrong" in told["notes"][0]
    with pytest.raises(WaitingForApprovalError):
        switch.resume(opened)
    assert "by bert: names look wrong" in said("approve")[0]
    assert any("by bert: names look wrong" in line for line in said("approve", "--as", "anna"))


def test_payouts_one_person_halts_and_two_resume(opened_case: OpenedCase) -> None:
    """Halting twice is one halt; going on waits for signatures of this very halt."""
    opened = opened_case()
    assert not switch.resume(opened)
    first = switch.halt(replace(opened, by="anna"), "wait")
    assert switch.halt(replace(opened, by="bert"), "wait too") == first
    with pytest.raises(WaitingForApprovalError):
        switch.resume(opened)
    assert switch.halted(opened) == first
    assert switch.resume(replace(opened, approve_as=("anna", "bert")))
    assert switch.halted(opened) is None
    second = switch.halt(opened, "wait")
    assert second.switch_no > first.switch_no
    with pytest.raises(WaitingForApprovalError):
        switch.resume(opened)


@pytest.mark.parametrize(
    ("halted", "reason", "proposal", "constraint"),
    [
        (True, " ", None, "switch_has_a_reason"),
        (False, "on", None, "switch_goes_on_by_two_people"),
        (False, "on", "0" * 64, "switch_goes_on_by_two_people"),
    ],
)
def test_payouts_the_database_keeps_the_switch(
    opened_case: OpenedCase, *, halted: bool, reason: str, proposal: str | None, constraint: str
) -> None:
    """No halt without a reason, no going on without a proposal, none where nothing is halted."""
    opened = opened_case()
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO payouts.switch (halted, reason, entered_by, proposal_sha256, occurred_at) "
            "VALUES (%(halted)s, %(reason)s, 'anna', %(proposal)s, now())",
            {"halted": halted, "reason": reason, "proposal": proposal},
        )
    assert refused.value.diag.constraint_name == constraint


def resume_while(opened: OpenCase, beside: Callable[[], object]) -> bool:
    """Resume as somebody else does something, right after the signatures were looked at."""

    def signed(case: OpenCase, kind: str, body: Mapping[str, JSON]) -> str:
        proposal = require_approval(case, kind, body)
        patch.undo()
        beside()
        return proposal

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switch, "require_approval", signed)
        return switch.resume(opened)


def test_payouts_two_who_resume_and_a_stop_beside_them_end_in_words(
    opened_case: OpenedCase,
) -> None:
    """The second finds that payments go on; what was signed of a halt lets go on after no stop."""
    opened = opened_case()
    signing = replace(opened, approve_as=("anna", "bert"))
    switch.halt(opened, "names look wrong")
    assert not resume_while(signing, lambda: switch.resume(opened))
    assert switch.halted(opened) is None
    switch.halt(opened, "names look wrong again")
    with pytest.raises(WaitingForApprovalError):
        switch.resume(opened)
    for name in ("anna", "bert"):
        approve(opened, None, name)
    with pytest.raises(WaitingForApprovalError):
        resume_while(opened, lambda: switch.halt(opened, "sums, too", withdraws=True))
    found = switch.halted(opened)
    assert found is not None
    assert found.withdraws


def test_payouts_a_halt_as_payments_go_on_halts_them(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who halts what is halted, and somebody lets it go on in that moment: it is halted anew."""
    opened = opened_case(approve_as=("anna", "bert"))
    switch.halt(opened, "names look wrong")
    halted = switch.halted

    def gone_on(case: OpenCase) -> switch.Halt | None:
        monkeypatch.undo()
        switch.resume(opened)
        return halted(case)

    monkeypatch.setattr(switch, "halted", gone_on)
    assert switch.halt(opened, "sums, too").reason == "sums, too"
