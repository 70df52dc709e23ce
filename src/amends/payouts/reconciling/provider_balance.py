"""The provider's word about the money that lies with it, held against our books.

It is asked each time: a bill tells of a day that is over. What has moved since the newest bill is
told by the account log, where the rail has one of today; of a bank the newest statement is the
word, with what the bank told of since, and of a counter its newest report with a balance.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.ledger import service as ledger
from amends.ledger.model import at_rail, in_flight
from amends.payouts.rails.model import Direction, Rail, RailUnavailableError
from amends.payouts.reconciling import bill_store
from amends.vault.opened import OpenCase

Doubts = Mapping[str, Said | None]
"""Of each rail that was asked: why its word is not that of our books; None: it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    """What our books hold at the rail, and how much less of it the provider may say, and why.

    ``flying_minor``: given to it without a final answer, which it may hold back.
    ``unproved_minor``: paid by its answers, and by no bill yet. ``since``: no bill tells of it.
    """

    held_minor: int
    flying_minor: int
    unproved_minor: int
    since: datetime | None


class _Moved(NamedTuple):
    """Movements: how many, and in minus out. As much in as out is no rest."""

    lines: int
    minor: int


_NOTHING: Final = _Moved(0, 0)


def _books(opened: OpenCase, rail: Rail) -> _Books:
    name, zone = rail.capabilities.rail, ZoneInfo(rail.capabilities.bill_zone)
    with opened.database.reading() as connection:
        balances = ledger.balances(connection)
        newest = bill_store.newest_bill(connection, name)
        first = bill_store.opened_on(connection, name)
        active = bill_store.last_active_day(connection, name)
        _, unproved_minor = bill_store.unproved(connection, name)
    since = first if newest is None else newest[0] + timedelta(days=1)
    return _Books(
        held_minor=balances.get(at_rail(name), 0),
        flying_minor=balances.get(in_flight(name), 0),
        unproved_minor=max(unproved_minor, 0),
        since=None if since is None or active is None else datetime.combine(since, time(), zone),
    )


async def doubt(opened: OpenCase, rail: Rail, *, at_rest: bool = False) -> Said | None:
    """Why the provider's word about its balance is not that of our books; None: it is.

    *at_rest*: nothing may have moved since the newest bill, not even what the account log tells.
    """
    name, currency = rail.capabilities.rail, opened.case.file.currency
    books = _books(opened, rail)
    moved, least = _NOTHING, 0
    try:
        held = (await rail.balance()).amount_minor
        if books.since is not None and rail.capabilities.logs_today:
            moved = await _moved_since(opened, rail, books.since)
            least = books.flying_minor
        elif books.since is not None:
            least = books.flying_minor + books.unproved_minor
    except RailUnavailableError as error:
        return said(
            "{rail}: the provider does not say what it holds ({why}); run it again",
            rail=name,
            why=error.message,
        )
    due = books.held_minor + moved.minor
    if 0 <= due - held <= (0 if at_rest else least):
        if not (at_rest and moved.lines):
            return None
        return said(
            "{rail}: {lines:,} movements since the newest bill, {moved} in all: `amends reconcile "
            "CASE` reads the bill of that day when it is there",
            rail=name,
            lines=moved.lines,
            moved=_shown(moved.minor, currency),
        )
    return said(
        "{rail}: the provider says that it holds {held}, another balance than bills and books, "
        "which make {due}: `amends reconcile CASE`; if it stays, ask the provider for its account "
        "log",
        rail=name,
        held=_shown(held, currency),
        due=_shown(due, currency),
    )


async def doubts(opened: OpenCase, rails: Iterable[Rail], *, at_rest: bool) -> Doubts:
    """The same of several rails."""
    return {rail.capabilities.rail: await doubt(opened, rail, at_rest=at_rest) for rail in rails}


def in_the_way(found: Doubts, rail: str) -> Said | None:
    """What the provider's word has against closing; a rail that was not asked is in the way."""
    if rail in found:
        return found[rail]
    return said(
        "{rail}: case.toml has no such rail, so nobody can ask what it holds: put its [[rail]] "
        "back into case.toml until everything is closed",
        rail=rail,
    )


async def is_news(opened: OpenCase, rail: Rail) -> bool:
    """Whether the provider holds what our books do not say, or its log tells of a movement.

    Raises:
        RailUnavailableError: it does not answer.
    """
    books = _books(opened, rail)
    if (await rail.balance()).amount_minor != books.held_minor:
        return True
    if books.since is None or not rail.capabilities.logs_today:
        return False
    return (await _moved_since(opened, rail, books.since)).lines > 0


async def _moved_since(opened: OpenCase, rail: Rail, since: datetime) -> _Moved:
    """What the account log tells of since."""
    lines, minor = 0, 0
    async for line in rail.account_log(since, opened.clock.now() + timedelta(seconds=1)):
        sign = 1 if line.direction is Direction.IN else -1
        lines, minor = lines + 1, minor + sign * line.amount.amount_minor
    return _Moved(lines, minor)


def _shown(amount_minor: int, currency: str) -> str:
    return Money(amount_minor=amount_minor, currency=currency).display()
