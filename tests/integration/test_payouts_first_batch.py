"""A small first batch goes out, and the rest waits until people looked at what became of it."""

import asyncio
from dataclasses import replace

import pytest

from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.paying import pay_through
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
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
