"""A second payment: after the provider's final word, once, under an approval of its own."""

import asyncio
from dataclasses import replace

import psycopg
import pytest

from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.service import export_payments, retry
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase

REFUSED = ["name_mismatch"]


def provider_of(opened: OpenCase, rates: Rates) -> FakeProvider:
    """A provider with enough money, and these mishaps."""
    return FakeProvider(seed=1, rates=rates, now=opened.clock.now, funds_minor=100_000_000)


def test_payouts_nothing_is_paid_again_by_itself(opened_case: OpenedCase) -> None:
    """A refusal stays until somebody chooses; a dry run chooses nothing."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = provider_of(opened, Rates(refused=1.0))
    asyncio.run(pay_through(opened, provider))
    again = asyncio.run(pay_through(opened, provider))
    assert any("amends retry" in note for note in again.notes)
    told = retry(opened, REFUSED, dry_run=True)
    assert told.counts == {"ended_unpaid": 5}
    assert retry(opened, ()).counts == {"ended_unpaid": 5}
    assert retry(opened, ["account_blocked"]).counts == {"planned_again": 0}
    assert export_payments(opened).num_rows == 5


def test_payouts_a_second_payment_is_approved_by_two_people(opened_case: OpenedCase) -> None:
    """The plan of second payments waits for signatures of its own, and says that it is one."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = provider_of(opened, Rates(refused=1.0))
    asyncio.run(pay_through(opened, provider))
    assert retry(opened, REFUSED).counts == {"planned_again": 5}
    assert retry(opened, REFUSED).counts == {"planned_again": 0}
    provider.rates = Rates()
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(replace(opened, approve_as=()), provider))
    assert provider.paid().total() == 0
    counts = asyncio.run(pay_through(opened, provider)).counts
    assert (counts["settled"], counts["refused"], counts["books_balanced"]) == (5, 0, 1)


def test_payouts_what_came_back_is_owed_again_and_paid_once(opened_case: OpenedCase) -> None:
    """Books, bill and rail agree about money that went out, came back and went out again."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 5)
    provider = provider_of(opened, Rates(returned=1.0))
    asyncio.run(pay_through(opened, provider))
    asyncio.run(reconcile_through(opened, provider))
    assert retry(opened, ["returned"]).counts == {"planned_again": 5}
    provider.rates = Rates()
    asyncio.run(pay_through(opened, provider))
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert (counts["settled"], counts["exceptions"], counts["unproved"]) == (5, 0, 0)
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1


def test_payouts_a_later_number_without_an_ended_one_is_refused_by_the_database(
    opened_case: OpenedCase,
) -> None:
    """Whatever the program does: a generation follows only what was superseded."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 1)
    asyncio.run(pay_through(opened, provider_of(opened, Rates())))
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="follows none") as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO payouts.payment (instruction_id, award_index, generation, chunk_no, "
            "rail, amount_minor, currency, state, live) VALUES ('X', 0, 2, 0, 'alipay', 1, "
            "'CNY', 'superseded', false)"
        )
    assert refused.value.diag.constraint_name == "instruction_follows_an_ended_one"
