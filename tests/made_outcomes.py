"""What outcomes of payments are told by: a provider's account made otherwise, a case closed."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace

from amends.kernel.money import Money
from amends.payouts.paying import reconcile_through
from amends.payouts.rails.model import Direction, StatementLine
from amends.payouts.reconciling import closing, closing_store, explaining, provider_balance
from amends.payouts.reconciling.closing_model import Found
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider


def restate(provider: FakeProvider, lines: Iterable[StatementLine]) -> None:
    """Let the provider's account be these lines, with balances that follow."""
    held, found = provider.funds_minor, []
    for place, line in enumerate(sorted(lines, key=lambda one: one.at)):
        held += line.amount.amount_minor * (1 if line.direction is Direction.IN else -1)
        after = Money(amount_minor=held, currency="CNY")
        found.append(replace(line, balance_after=after, line_id=f"R{place:04d}{line.at:%d%H}"))
    provider.lines = found


def only(opened: OpenCase) -> Found:
    """The one exception; its owner is who is at work."""
    [found] = explaining.suspense(opened)
    return explaining.take(opened, found.exception_id)


def close_days(opened: OpenCase, provider: FakeProvider) -> None:
    """Close what has its bill."""
    asked = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=False))
    closing.close_days_agreed(opened, asked, None, dry_run=False)


def reconcile(opened: OpenCase, provider: FakeProvider) -> dict[str, int]:
    """Reconcile, some days later."""
    return asyncio.run(reconcile_through(opened, provider)).counts


def close_case(opened: OpenCase, provider: FakeProvider) -> dict[str, int | float]:
    """Everything is reconciled and closed; the final figures."""
    counts = reconcile(opened, provider)
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    close_days(opened, provider)
    with opened.database.reading() as connection:
        assert closing_store.apart(connection) == []
    asked = asyncio.run(provider_balance.doubts(opened, [provider], at_rest=True))
    return dict(closing.close_case_agreed(opened, asked, dry_run=False).counts)
