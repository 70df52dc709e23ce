"""The alarm where rails stop together, say more later, or where the forecast itself fails."""

import asyncio
import threading
from dataclasses import replace

import pytest

from amends.governance.model import SYSTEM
from amends.governance.service import add_operator, audit_in
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.payees import further
from amends.payees.model import PaymentDetails
from amends.payouts.paying import pay_through
from amends.payouts.planning import stopped_store
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.planning.replanning import replan
from amends.payouts.planning.stopped import note_answers, note_stopped, stopped_in
from amends.payouts.rails.model import (
    Advice,
    RailUnavailableError,
    Unknown,
)
from amends.payouts.sending import dispatch
from amends.vault.opened import OpenCase
from fake_provider import Away, FakeProvider, Rates
from made_awards import make_awards, make_ten, person
from made_cases import MINIMAL_CASE, OpenedCase
from made_progress import told_to

TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
FUNDS = 40_000_000
PATIENCE_S = 10.0


def stopped(opened: OpenCase) -> dict[str, bool]:
    """The rails that carry nothing, and whether they are silent."""
    with opened.database.reading() as connection:
        return {one.rail: one.silent for one in stopped_in(connection)}


def turns(opened: OpenCase) -> list[tuple[object, ...]]:
    """What is written down of rails."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT rail, works, silent FROM payouts.rail_turn ORDER BY turn_no"
        ).fetchall()


def test_payouts_two_rails_that_stop_at_once_are_both_written_down(
    opened_case: OpenedCase,
) -> None:
    """Our own network is down: the second waits for the first one's transaction, and is no less."""
    opened = opened_case(TWO_RAILS)
    now = opened.clock.now()
    second = threading.Thread(
        target=note_stopped,
        args=(opened, "wechatpay"),
        kwargs={"silent": True, "code": "timeout"},
    )
    with opened.database.unit_of_work() as connection:
        assert stopped_store.turn(
            connection, "alipay", works=False, silent=True, code="timeout", now=now
        )
        second.start()
        second.join(0.5)
        assert second.is_alive()
        audit_in(connection, opened, SYSTEM, "rail stopped", {"rail": "alipay", "code": "timeout"})
    second.join(PATIENCE_S)
    assert not second.is_alive()
    assert stopped(opened) == {"alipay": True, "wechatpay": True}


def test_payouts_a_silent_rail_that_says_that_it_stopped_does_not_work_because_it_answers(
    opened_case: OpenedCase,
) -> None:
    """Its word counts more than its silence, whichever came first; an answer takes none back."""
    opened = opened_case(MINIMAL_CASE)
    note_stopped(opened, "alipay", silent=True, code="timeout")
    note_stopped(opened, "alipay", silent=False, code="PRODUCT_NOT_SIGN")
    assert stopped(opened) == {"alipay": False}
    note_stopped(opened, "alipay", silent=True, code="no_balance")
    note_stopped(opened, "alipay", silent=False, code="PRODUCT_NOT_SIGN")
    note_answers(opened, "alipay")
    assert stopped(opened) == {"alipay": False}
    assert turns(opened) == [("alipay", False, True), ("alipay", False, False)]


def test_payouts_a_recorder_writes_down_what_a_silent_rail_says_at_last(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silence first, then the provider's word, in one command: both are written down."""
    monkeypatch.setattr(dispatch, "SILENT_CALLS", 2)
    opened = opened_case(MINIMAL_CASE)
    provider = FakeProvider(1, Rates(), opened.clock.now, FUNDS)

    async def story() -> None:
        with opened.database.session() as session:
            recorder = dispatch.Recorder(opened, provider, session)
            for _ in range(2):
                recorder._watch(Unknown(advice=Advice.ASK, code="timeout"))
            await recorder.flush()
            assert stopped(opened) == {"alipay": True}
            recorder._watch(Unknown(advice=Advice.STOP_RAIL, code="PRODUCT_NOT_SIGN"))
            for _ in range(3):
                recorder._watch(Unknown(advice=Advice.ASK, code="timeout"))
            await recorder.flush()

    asyncio.run(story())
    assert stopped(opened) == {"alipay": False}
    assert len(turns(opened)) == 2


def test_payouts_the_alarm_says_what_moving_does_where_one_of_two_rails_is_silent_at_the_start(
    opened_case: OpenedCase,
) -> None:
    """Ten are planned by Alipay, which is away; six could go by the other: the command is told."""
    opened, told = told_to(opened_case(TWO_RAILS, approve_as=("anna", "ben")))
    make_ten(opened, with_openids=range(6))
    kinds = {"alipay": AccountKind.PHONE, "wechatpay": AccountKind.OPENID}
    away, here = (
        kind(
            1, Rates(), opened.clock.now, FUNDS, rail=rail, account_kinds=frozenset((kinds[rail],))
        )
        for kind, rail in ((Away, "alipay"), (FakeProvider, "wechatpay"))
    )
    with pytest.raises(RailUnavailableError):
        asyncio.run(pay_through(opened, away, here))
    assert "`amends pay CASE --replan --down alipay` proposes it" in told.messages[-1]


def without_forecast(opened: OpenCase) -> OpenCase:
    """The case with a bank besides, of which the file that says what is agreed is missing."""
    rails = opened.case.file.rails
    bank = replace(rails[0], protocol="iso20022", drop="nowhere")
    file = replace(opened.case.file, rails=(*rails, bank))
    return replace(opened, case=replace(opened.case, file=file))


WHY = r"(?s)approv.*promise can be kept could not be looked at \(.*`amends pay CASE --dry-run`"


def test_payouts_a_summary_outlives_a_forecast_that_fails(opened_case: OpenedCase) -> None:
    """Who was paid is what the command says, and that the forecast for the others failed."""
    opened = opened_case(MINIMAL_CASE + "\n[pay]\nfirst = 3\n", approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = FakeProvider(1, Rates(), opened.clock.now, FUNDS)
    summary = asyncio.run(pay_through(without_forecast(opened), provider))
    assert summary.counts["settled"] == 3
    (failed,) = (note for note in summary.notes if "--dry-run" in note)
    assert "whether the promise can be kept could not be looked at (" in failed


def test_payouts_the_digest_to_sign_outlives_a_forecast_that_fails(
    opened_case: OpenedCase,
) -> None:
    """Of a plan and of payments that are moved: it is still asked for signatures."""
    opened = opened_case(TWO_RAILS)
    for name in ("anna", "ben", "cara"):
        add_operator(opened, name)
    make_awards(opened, 4, spread=1000)
    openid = PaymentDetails(account=f"o{0:027d}", account_kind=AccountKind.OPENID, name="假人")
    assert further.name(opened, person(0), openid, 2, "cara")
    rails = [
        FakeProvider(1, Rates(), opened.clock.now, FUNDS, rail=rail, account_kinds=frozenset((of,)))
        for rail, of in (("alipay", AccountKind.PHONE), ("wechatpay", AccountKind.OPENID))
    ]
    limits = [rail.capabilities for rail in rails]
    assert plan_payable(opened, limits) == 4
    with pytest.raises(WaitingForApprovalError, match=WHY):
        asyncio.run(pay_through(without_forecast(opened), rails[0]))
    assert approve_planned(replace(opened, approve_as=("anna", "ben"))) == 4
    with pytest.raises(WaitingForApprovalError):
        replan(opened, limits, ["alipay"])
    with pytest.raises(WaitingForApprovalError, match=WHY):
        replan(without_forecast(opened), limits, ["alipay"])
