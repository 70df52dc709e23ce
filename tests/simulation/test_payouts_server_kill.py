"""`kill -9` of PostgreSQL while payments go out: the next command goes on where it stopped."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from amends.payouts.paying import reconcile_through
from amends.vault.opened import open_case
from fake_provider import Rates
from killed_server import APPROVERS, LoadedProvider, pay_and_kill
from made_awards import NOW, make_awards

PEOPLE = 60
RATES = Rates(lost_answer=0.1, delivered_twice=0.1, dealing=0.1, refused=0.05)


@pytest.mark.whole
def test_payouts_go_on_after_the_server_is_killed(embedded_case: Callable[[], Path]) -> None:
    """A process of it, then the whole server: within seconds, nobody twice, nobody forgotten."""
    root = embedded_case()
    with open_case(root, approve_as=APPROVERS) as opened:
        make_awards(opened, PEOPLE, spread=130)
    provider = LoadedProvider(3, RATES, lambda: NOW, 100_000_000)
    assert pay_and_kill(root, provider, whole=False, at_call=12) < 20
    with open_case(root, approve_as=APPROVERS) as opened:
        make_awards(opened, PEOPLE, spread=130, first=PEOPLE * 130, declared=False)
    assert pay_and_kill(root, provider, whole=True, at_call=12) < 20
    with open_case(root, approve_as=APPROVERS) as opened:
        provider.now = opened.clock.now
        counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert set(provider.paid().values()) == {1}
    assert counts["settled"] == provider.paid().total()
    assert counts["settled"] + counts["refused"] == len(provider.orders) == 2 * PEOPLE
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    assert not provider.changed_bytes
