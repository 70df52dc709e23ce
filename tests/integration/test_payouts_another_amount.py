"""A payment of which every answer and the bill state another amount: two people end it."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.paying import pay_through
from amends.payouts.rails.model import (
    AMOUNT_DIFFERS,
    Accepted,
    Advice,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    Unknown,
)
from amends.payouts.reconciling import explaining
from amends.payouts.reconciling.closing_model import Explanation
from amends.payouts.reconciling.explaining_rules import possible
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase
from made_outcomes import close_case, only, reconcile, restate

PAID, SHORT = Explanation.PAID, Explanation.PAID_SHORT
SAYS_ANOTHER = Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS, raw=b"another amount")
WORKS = Accepted(provider_reference=None, raw=b"works")


@dataclass(slots=True)
class Wrong(FakeProvider):
    """Takes one order with another amount, and says so; the other goes as it should."""

    first: Outcome = SAYS_ANOTHER
    wrong: str = ""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever; of the wrong one the answer says another amount, or that it is worked on."""
        answer = await FakeProvider.submit(self, prepared)
        self.wrong = self.wrong or prepared.number
        return self.first if prepared.number == self.wrong else answer

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """The same."""
        if number == self.wrong:
            return SAYS_ANOTHER
        return await FakeProvider.query(self, number, amount)


def state_of(opened: OpenCase, number: str) -> tuple[object, ...] | None:
    """Where a payment stands."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT state, advice FROM payouts.instruction WHERE instruction_id = %s", [number]
        ).fetchone()


@pytest.mark.parametrize("first", [SAYS_ANOTHER, WORKS], ids=["unknown", "accepted"])
@pytest.mark.parametrize(("minor", "what"), [(500_100, PAID), (499_900, PAID)])
def test_what_was_paid_by_another_amount_ends_by_its_line(
    opened_case: OpenedCase, first: Outcome, minor: int, what: Explanation
) -> None:
    """The line says that it was paid, two people that it was this: settled, and the case closes."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = Wrong(1, Rates(), opened.clock.now, 100_000_000, first=first)
    asyncio.run(pay_through(opened, provider))
    assert state_of(opened, provider.wrong) == (
        "unknown" if first is SAYS_ANOTHER else "accepted",
        "alarm",
    )
    much = Money(amount_minor=minor, currency="CNY")
    lines = [
        replace(line, amount=much) if line.number == provider.wrong else line
        for line in provider.lines
    ]
    restate(provider, lines)
    reconcile(opened, provider)
    found = only(opened)
    assert (found.kind, found.number) == ("amount_differs", provider.wrong)
    assert possible(found) == ((PAID, SHORT) if minor < 500_000 else (PAID,))
    with pytest.raises(WaitingForApprovalError):
        explaining.explain_told(replace(opened, approve_as=()), found.exception_id, what)
    explaining.explain_told(opened, found.exception_id, what)
    assert state_of(opened, provider.wrong) == ("settled", None)
    figures = close_case(opened, provider)
    assert figures["settled_minor"] == 1_000_000
    assert figures["written_off_minor"] == minor - 500_000


def test_what_was_paid_short_is_noted_as_such(opened_case: OpenedCase) -> None:
    """The payment is settled, and its person is owed the rest."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    provider = Wrong(1, Rates(), opened.clock.now, 100_000_000)
    asyncio.run(pay_through(opened, provider))
    much = Money(amount_minor=400_000, currency="CNY")
    lines = [
        replace(line, amount=much) if line.number == provider.wrong else line
        for line in provider.lines
    ]
    restate(provider, lines)
    reconcile(opened, provider)
    explaining.explain_told(opened, only(opened).exception_id, SHORT)
    assert state_of(opened, provider.wrong) == ("settled", None)
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT instruction_id, amount_minor FROM payouts.short")
        assert rows.fetchall() == [(provider.wrong, 100_000)]
