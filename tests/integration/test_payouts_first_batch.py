"""A small first batch goes out, and the rest waits until people looked at what became of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.paying import pay_through, send_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.planning.replanning import replan
from amends.payouts.rails.model import (
    Accepted,
    Capabilities,
    Delivery,
    Outcome,
    PreparedRequest,
    QueryAnswer,
)
from amends.payouts.service import dry_run
from amends.store.columns import whole
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates, limits
from made_awards import make_awards, make_ten, person
from made_cases import MINIMAL_CASE, OpenedCase

FIRST_OF_THREE = MINIMAL_CASE + "\n[pay]\nfirst = 3\n"


def provider_of(opened: OpenCase, rates: Rates) -> FakeProvider:
    """A provider with enough money, and these mishaps."""
    return FakeProvider(seed=3, rates=rates, now=opened.clock.now, funds_minor=100_000_000)


def test_payouts_the_rest_waits_for_the_first_batch(opened_case: OpenedCase) -> None:
    """Three of ten go out; the next call plans the rest, and whoever signs reads the result."""
    opened = opened_case(FIRST_OF_THREE, approve_as=("anna", "bert"))
    make_awards(opened, 10)
    provider = provider_of(opened, Rates())
    first = asyncio.run(pay_through(opened, provider))
    assert (first.counts["settled"], first.counts["instructions"]) == (3, 3)
    assert any("settled 3; 7 people wait" in note for note in first.notes)
    with pytest.raises(WaitingForApprovalError, match="settled 3"):
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    second = asyncio.run(pay_through(opened, provider))
    assert (second.counts["settled"], second.counts["instructions"]) == (10, 10)
    assert not any("first batch" in note for note in second.notes)
    make_awards(opened, 2, first=10, declared=False)
    with pytest.raises(WaitingForApprovalError) as later:
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    assert "first batch" not in str(later.value)


def test_payouts_a_first_batch_without_final_answers_holds_the_rest(
    opened_case: OpenedCase,
) -> None:
    """As long as one of it is open nothing is planned, however often `pay` is called."""
    opened = opened_case(FIRST_OF_THREE, approve_as=("anna", "bert"))
    make_awards(opened, 10)
    provider = provider_of(opened, Rates(query_lost=1.0, lost_answer=1.0))
    for _ in range(2):
        counts = asyncio.run(pay_through(opened, provider)).counts
        assert (counts["instructions"], counts["unknown"]) == (3, 3)
    provider.rates = Rates()
    assert asyncio.run(pay_through(opened, provider)).counts["settled"] == 3
    assert asyncio.run(pay_through(opened, provider)).counts["settled"] == 10


def wallets(opened: OpenCase) -> list[FakeProvider]:
    """Two providers: one takes phones, the other one openids."""
    kinds = {"alipay": AccountKind.PHONE, "wechatpay": AccountKind.OPENID}
    return [
        replace(
            provider_of(opened, Rates()),
            rail=rail,
            account_kinds=frozenset((kind,)),
            funds_minor=20_000_000,
        )
        for rail, kind in kinds.items()
    ]


def unsent(opened: OpenCase) -> dict[str, int]:
    """How many of each rail are planned and have not left."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT rail, count(*) FROM payouts.instruction "
            "WHERE state IN ('planned', 'approved') GROUP BY rail"
        ).fetchall()
    return {str(rail): whole(count) for rail, count in rows}


def test_payouts_a_first_batch_that_was_moved_before_it_left_is_none(
    opened_case: OpenedCase,
) -> None:
    """Alipay has paid nobody: the next plan is its first batch again, and is told as such."""
    rail = '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
    opened = opened_case(MINIMAL_CASE + rail + "\n[pay]\nfirst = 3\n")
    make_ten(opened, with_openids=range(3))
    rails = wallets(opened)
    able = [one.capabilities for one in rails]
    signed = replace(opened, approve_as=("anna", "ben"))
    assert plan_payable(opened, able) == 3
    assert plan_payable(opened, able) == 0
    assert approve_planned(signed) == 3
    assert replan(signed, able, ["alipay"]).counts == {"moved": 3, "approved": 3}
    assert plan_payable(opened, able) == 3
    assert plan_payable(opened, able) == 0
    assert unsent(opened) == {"alipay": 3, "wechatpay": 3}
    approve_planned(signed)
    summary = asyncio.run(pay_through(signed, *rails))
    assert any("alipay: settled 3" in note and "4 people wait" in note for note in summary.notes)
    assert asyncio.run(pay_through(signed, *rails)).counts["settled"] == 10


def test_payouts_a_first_batch_that_was_refused_before_it_left_is_none(
    opened_case: OpenedCase,
) -> None:
    """All three became not payable before they were sent: the rail has paid nobody yet."""
    opened = opened_case(FIRST_OF_THREE, approve_as=("anna", "bert"))
    make_awards(opened, 10)
    provider = provider_of(opened, Rates())
    able = [provider.capabilities]
    assert plan_payable(opened, able) == 3
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute(
            "UPDATE payees.payee SET state = 'needs_person', reason = 'deceased', kind = NULL, "
            "sealed = NULL, details_mark = NULL WHERE person_id = ANY(%s)",
            [[person(at) for at in range(3)]],
        )
    approve_planned(opened)
    asyncio.run(send_through(opened, [provider]))
    assert not provider.orders
    assert plan_payable(opened, able) == 3
    assert plan_payable(opened, able) == 0


def test_payouts_no_more_are_said_to_move_to_a_rail_than_its_first_batch_has(
    opened_case: OpenedCase,
) -> None:
    """Two would be late by Alipay; WeChat Pay has paid nobody, and takes one: one stays late."""
    wechat = '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
    most = 'day_most = "CNY 10000.00"\n'
    opened = opened_case(MINIMAL_CASE + most + wechat + "\n[pay]\nfirst = 1\n")
    make_ten(opened, with_openids=range(10))
    rails = wallets(opened)
    able = [one.capabilities for one in rails]
    signed = replace(opened, approve_as=("anna", "ben"))
    assert plan_payable(opened, able) == approve_planned(signed) == 1
    asyncio.run(pay_through(signed, *rails))
    assert plan_payable(opened, able) == approve_planned(signed) == 9
    told = replan(opened, able, dry_run=True)
    assert told.counts == {"to_move": 1}
    assert "as planned: the promise cannot be kept: 2 of 9" in told.notes[0]
    assert "moved: the promise cannot be kept: 1 of 9" in told.notes[2]
    done = replan(signed, able)
    assert done.counts == {"moved": 1, "approved": 1}
    assert done.notes[:3] == told.notes[:3]
    again = replan(signed, able)
    assert again.counts == {"moved": 0}
    assert "nothing is moved" in again.notes[-1]


BY_WECHAT = FIRST_OF_THREE.replace('protocol = "alipay"', 'protocol = "wechatpay"')


def test_payouts_the_forecast_knows_that_the_rest_waits_for_the_first_batch(
    opened_case: OpenedCase,
) -> None:
    """A day until the first three of WeChat Pay have confirmed, and another for the others."""
    opened = opened_case(BY_WECHAT, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    day, minute = timedelta(days=1), timedelta(minutes=1)

    def lasts() -> timedelta:
        found, _ = dry_run(opened)
        assert found is not None
        assert found.last is not None
        return found.last - opened.clock.now()

    assert day <= lasts() <= day + minute  # they are the first batch
    make_awards(opened, 7, first=3, declared=False)
    assert 2 * day <= lasts() <= 2 * day + minute
    provider = replace(provider_of(opened, Rates(query_lost=1.0, lost_answer=1.0)))
    provider.rail = "wechatpay"
    asyncio.run(pay_through(opened, provider))
    asked = lasts()
    assert day + timedelta(hours=12) <= asked < 2 * day  # it was asked about for some hours
    opened.clock.sleep(timedelta(hours=10))
    assert abs(asked - lasts() - timedelta(hours=10)) <= minute
    provider.rates = Rates()
    asyncio.run(pay_through(opened, provider))
    assert day <= lasts() <= day + minute  # nobody waits for it any more


class Counter(FakeProvider):
    """Money lies ready at once, and waits for whoever comes; nobody does."""

    @property
    def capabilities(self) -> Capabilities:
        """Its payees have no day until which they have to come."""
        return replace(limits(self.rail, self.account_kinds), delivery=Delivery.CONFIRM)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """It lies there."""
        self._next("submit", prepared.number)
        return Accepted(provider_reference=None, raw=b"ready")

    async def query(self, number: InstructionId, _amount: Money | None = None) -> QueryAnswer:
        """It still does."""
        self._next("query", number)
        return Accepted(provider_reference=None, raw=b"ready")


def test_payouts_at_a_counter_the_rest_waits_until_the_first_batch_lies_ready(
    opened_case: OpenedCase,
) -> None:
    """One of a hundred never comes: the others are planned all the same."""
    opened = opened_case(FIRST_OF_THREE, approve_as=("anna", "bert"))
    make_awards(opened, 10)
    counter = Counter(3, Rates(), opened.clock.now, 100_000_000)
    first = asyncio.run(pay_through(opened, counter))
    assert (first.counts["accepted"], first.counts["instructions"]) == (3, 3)
    second = asyncio.run(pay_through(opened, counter))
    assert (second.counts["accepted"], second.counts["instructions"]) == (10, 10)
    confirms = replace(counter.capabilities, confirm_within=timedelta(days=1))
    assert (confirms.lies_ready, provider_of(opened, Rates()).capabilities.lies_ready) == (
        False,
        False,
    )
