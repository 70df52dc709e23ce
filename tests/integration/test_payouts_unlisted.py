"""What a provider says that stops the rail, or that nobody has listed: a person is told."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.model import RailStoppedError
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RefusalReason,
    Refused,
    Unknown,
)
from amends.payouts.sending.record import answers_to
from amends.payouts.service import retry
from amends.vault.opened import OpenCase
from fake_provider import ZONE, FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase

WORDS = ("OF_TOMORROW", "OF_TOMORROW", "OTHER_WORD", "FAIL")
TOLD = (
    "3 payments ended for a reason that is not listed (OF_TOMORROW, OTHER_WORD): ask the provider "
    "what it means before anybody is paid again"
)


@dataclass
class Ending(FakeProvider):
    """Ends its first orders for reasons of its own, at once or when it is asked; others it pays."""

    at_once: bool = True
    ended: dict[str, str] = field(default_factory=dict)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As `query` says, or that it works on it."""
        if len(self.ended) == len(WORDS) and prepared.number not in self.ended:
            return await super().submit(prepared)
        self.ended.setdefault(prepared.number, WORDS[len(self.ended) % len(WORDS)])
        if self.at_once:
            return self._end_of(prepared.number)
        return Accepted(provider_reference="P1", raw=b"working")

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """How it ended."""
        return self._end_of(number) if number in self.ended else await super().query(number, amount)

    def _end_of(self, number: InstructionId) -> Refused:
        word = self.ended[number]
        reason = RefusalReason.FAILED if word == "FAIL" else RefusalReason.UNLISTED
        return Refused(provider_reference="P1", reason=reason, code=word, raw=raw_of(number, word))


def raw_of(number: str, word: str) -> bytes:
    """The provider's answer."""
    return f"{word} {number}".encode()


def ending(opened: OpenCase, *, at_once: bool) -> Ending:
    """With enough money."""
    funds = 100_000_000
    now = opened.clock.now
    return Ending(seed=1, rates=Rates(), now=now, funds_minor=funds, at_once=at_once)


@pytest.mark.parametrize("at_once", [True, False])
def test_payouts_an_unlisted_reason_ends_the_payment_and_calls_a_person(
    opened_case: OpenedCase, *, at_once: bool
) -> None:
    """It is over, the money is owed again, and `pay` and `reconcile` say the provider's word."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 6)
    provider = ending(opened, at_once=at_once)
    paid = asyncio.run(pay_through(opened, provider))
    assert (paid.counts["refused"], paid.counts["settled"]) == (4, 2)
    assert (paid.counts["unknown"], paid.counts["books_balanced"]) == (0, 1)
    assert TOLD in paid.notes
    assert TOLD in asyncio.run(reconcile_through(opened, provider)).notes
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT instruction_id, reason, advice FROM payouts.instruction WHERE state = 'refused'"
        ).fetchall()
    told = dict.fromkeys(WORDS, ("unlisted", "alarm")) | {"FAIL": ("failed", None)}
    assert {str(number): (why, advice) for number, why, advice in rows} == {
        number: told[word] for number, word in provider.ended.items()
    }
    for number, word in provider.ended.items():
        answers = answers_to(opened, InstructionId(number))
        assert answers.count(raw_of(number, word)) == 1


def test_payouts_who_looked_is_not_called_again(opened_case: OpenedCase) -> None:
    """What was planned anew, by two people, calls nobody; what was not still does."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 6)
    provider = ending(opened, at_once=True)
    asyncio.run(pay_through(opened, provider))
    assert retry(opened, ["failed"]).counts == {"planned_again": 1}
    again = asyncio.run(pay_through(opened, provider))
    assert TOLD in again.notes
    assert retry(opened, ["unlisted"]).counts == {"planned_again": 3}
    last = asyncio.run(pay_through(opened, provider))
    assert last.counts["settled"] == 6
    assert not any("is not listed" in note for note in last.notes)


@dataclass
class UsedUp(FakeProvider):
    """Takes two payments and no more, until the next day."""

    day: date | None = None

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Refuse for the quota's sake."""
        today = self.now().astimezone(ZONE).date()
        self.day = self.day or today
        if self.day == today and len(self.orders) >= 2:
            return Unknown(
                advice=Advice.STOP_RAIL, code="EXCEED_LIMIT_DM_MAX_AMOUNT", raw=b"q", used_up=True
            )
        return await super().submit(prepared)


def test_payouts_a_quota_that_is_used_up_is_said_to_be(opened_case: OpenedCase) -> None:
    """Nothing more goes out, the words say when it will; the next day the same numbers are paid."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 60)
    provider = UsedUp(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000)
    for _ in range(2):
        with pytest.raises(RailStoppedError, match="our quota at alipay is used up") as stopped:
            asyncio.run(pay_through(opened, provider))
        assert "EXCEED_LIMIT_DM_MAX_AMOUNT" in str(stopped.value)
        assert "next day or month" in str(stopped.value)
    assert len(provider.orders) == 2
    opened.clock.sleep(timedelta(days=1))
    assert asyncio.run(pay_through(opened, provider)).counts["settled"] == 60
    assert len(provider.orders) == 60
    assert provider.paid().total() == 60
