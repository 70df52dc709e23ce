"""The end of a day at each rail, and of a case's books.

A day closes when opening balance, movements and closing balance are one in the bill, in our books
and by the provider's word, when every day before is closed, and when whatever is unexplained has an
owner. A closed day gets no new line: what a provider changes comes as a line of a later day. What
is found when a day or the case closes holds while that is written down: nobody posts in between.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Final, NamedTuple, assert_never

import uvloop

from amends.governance.service import audit_in, require_approval
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.ledger import service as ledger
from amends.ledger.model import (
    FEES,
    IN_TRANSIT,
    OWED,
    RETURNED,
    SETTLED,
    SUSPENSE,
    WRITTEN_OFF,
    at_rail,
)
from amends.payouts.after_payment import recovery
from amends.payouts.opening import open_rails
from amends.payouts.reconciling import bill_store, closing_store
from amends.payouts.reconciling.closing_model import (
    Apart,
    Difference,
    NotClosedError,
    Open,
    OpenDay,
)
from amends.payouts.reconciling.provider_balance import Doubts, doubts, in_the_way
from amends.payouts.reconciling.reconcile import LATE_DAYS
from amends.store.connection import Connection
from amends.vault.opened import SYSTEM, OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON


def close_days(
    opened: OpenCase, through: date | None = None, *, dry_run: bool = False
) -> StageSummary:
    """Close every day that has its bill, up to *through*, at every rail.

    Raises:
        NotClosedError: which day of which rail cannot be closed, and why; nothing was closed.
        RailNotAvailableError: a rail of case.toml cannot be opened.
    """
    return uvloop.run(_close_days(opened, through, dry_run=dry_run))


async def _close_days(opened: OpenCase, through: date | None, *, dry_run: bool) -> StageSummary:
    async with open_rails(opened) as rails:
        asked = await doubts(opened, rails, at_rest=False)
    return await asyncio.to_thread(close_days_agreed, opened, asked, through, dry_run=dry_run)


def close_days_agreed(
    opened: OpenCase, asked: Doubts, through: date | None, *, dry_run: bool
) -> StageSummary:
    """The same. *asked*: what each provider's word about its balance has against it."""
    now, currency = opened.clock.now(), opened.case.file.currency
    with opened.database.unit_of_work() as connection:
        bill_store.lock(connection)
        days = [
            one
            for one in closing_store.open_days(connection)
            if through is None or one.day <= through
        ]
        balances = ledger.balances(connection)
        books = {one.rail: balances[at_rail(one.rail)] for one in days}
        why = [*_in_the_way(days, books, asked, currency)]
        if days and not why:
            why = [*told_apart(closing_store.apart(connection))]
        if why:
            raise NotClosedError(why)
        if days and not dry_run:
            closing_store.insert_closed(connection, days, books, opened.by, now)
            audit_in(connection, opened, opened.by, "days closed", {"days": len(days)})
    return StageSummary(
        counts={"days": len(days), "statement_lines": sum(one.lines for one in days)},
        notes=tuple(_day_told(one, currency, dry_run=dry_run) for one in days)
        or (said("no day that has its bill is open"),),
    )


def _in_the_way(
    days: Sequence[OpenDay], books: Mapping[str, int], asked: Doubts, currency: str
) -> Iterator[Said]:
    """Why days cannot be closed."""
    for one in days:
        held = one.books_minor(books[one.rail])
        if held != one.closing_minor:
            yield said(
                "{rail} on {day}: the bill closes with {closing}, our books with {books}",
                rail=one.rail,
                day=one.day,
                closing=_shown(one.closing_minor, currency),
                books=_shown(held, currency),
            )
    for rail in dict.fromkeys(one.rail for one in days):
        newest = max((one for one in days if one.rail == rail), key=lambda one: one.day)
        if newest.unowned:
            yield said(
                "{rail} to {day}: {count:,} unexplained movements have no owner: `amends suspense "
                "CASE`",
                rail=rail,
                day=newest.day,
                count=newest.unowned,
            )
        if (doubt := in_the_way(asked, rail)) is not None:
            yield doubt


def told_apart(found: Sequence[Apart]) -> Iterator[Said]:
    """What bill, answers and books do not say alike, payment by payment."""
    for one in found:
        count, first = one.count, one.first
        match one.what:
            case Difference.LINE_IS_NO_PAYMENT:
                yield said(
                    "{count:,} lines of bills count as payments of ours and are none by number and "
                    "amount, the first at {first}: somebody changed the database",
                    count=count,
                    first=first,
                )
            case Difference.LINES_OF_ONE_PAYMENT:
                yield said(
                    "{count:,} payments are proved by several lines, the first is {first}: "
                    "somebody changed the database",
                    count=count,
                    first=first,
                )
            case Difference.PAYMENT_HAS_NO_LINE:
                yield said(
                    "{count:,} payments count as proved without a line of their own, the first is "
                    "{first}: somebody changed the database",
                    count=count,
                    first=first,
                )
            case Difference.BOOKS_SAY_OTHERWISE:
                yield said(
                    "{count:,} payments stand otherwise in the books than by their answers, the "
                    "first is {first}: somebody changed the database",
                    count=count,
                    first=first,
                )
            case Difference.TRANSFER_IS_NOT_ITS_PAYMENTS:
                yield said(
                    "{count:,} transfers of the books are not the sum of their payments, the first "
                    "is {first}: somebody changed the database",
                    count=count,
                    first=first,
                )
            case _:
                assert_never(one.what)


def _day_told(one: OpenDay, currency: str, *, dry_run: bool) -> Said:
    """A day in words, with its cut-off."""
    return said(
        "{rail}, {day} from 00:00 to 24:00 in {zone}: {opening} and {moved} of {lines:,} lines "
        "make {closing}; {done}",
        rail=one.rail,
        day=one.day,
        zone=one.zone,
        opening=_shown(one.opening_minor, currency),
        moved=_shown(one.closing_minor - one.opening_minor, currency),
        lines=one.lines,
        closing=_shown(one.closing_minor, currency),
        done=said("it can be closed") if dry_run else said("closed"),
    )


def close_case(opened: OpenCase, *, dry_run: bool = False) -> StageSummary:
    """Close the case's books: nothing is owed, under way or in suspense, and balances agree.

    Raises:
        NotClosedError: which accounts, how much and why.
        WaitingForApprovalError: two people have to approve the figures.
        RailNotAvailableError: a rail of case.toml cannot be opened.
    """
    return uvloop.run(_close_case(opened, dry_run=dry_run))


async def _close_case(opened: OpenCase, *, dry_run: bool) -> StageSummary:
    async with open_rails(opened) as rails:
        asked = await doubts(opened, rails, at_rest=True)
    return await asyncio.to_thread(close_case_agreed, opened, asked, dry_run=dry_run)


_CLOSED: Final = said("the case's books are closed")


class _Ready(NamedTuple):
    """What the books close with. ``number``: how often they were closed with others, and once."""

    number: int
    figures: "dict[str, JSON]"
    closed: bool


def close_case_agreed(opened: OpenCase, asked: Doubts, *, dry_run: bool) -> StageSummary:
    """The same. *asked*: what each provider's word about its balance has against it.

    It is looked twice: before two people sign, and once more when nobody can post.
    """
    currency = opened.case.file.currency
    with opened.database.reading() as connection:
        ready = _ready(connection, asked, currency)
    counts = {name: value for name, value in ready.figures.items() if isinstance(value, int)}
    if ready.closed:
        return StageSummary(counts=counts, notes=(_CLOSED,))
    if dry_run:
        return StageSummary(counts=counts, notes=(said("the case's books can be closed"),))
    body: dict[str, JSON] = {
        "case": opened.case.file.id,
        "closing": ready.number,
        "currency": currency,
        **ready.figures,
    }
    approval = require_approval(opened, "close", body)
    with opened.database.unit_of_work() as connection:
        bill_store.lock(connection)
        audit_in(connection, opened, SYSTEM, "case closed", body)
        ledger.hold(connection)
        if _ready(connection, asked, currency) != ready:
            raise NotClosedError(
                [said("the figures have changed since they were looked at: run it again")]
            )
        now = opened.clock.now()
        closing_store.insert_closed_case(connection, ready.number, approval, ready.figures, now)
    return StageSummary(counts=counts, notes=(_CLOSED,))


def _ready(connection: Connection, asked: Doubts, currency: str) -> _Ready:
    """What the case's books close with now.

    Raises:
        NotClosedError: something is in the way.
    """
    balances = ledger.balances(connection)
    rails = closing_store.rails(connection)
    waiting = sum(bill_store.open_exceptions(connection).values())
    why = [
        *_not_zero(closing_store.clearing(connection), currency),
        *_days_open(rails, closing_store.due_until(connection, LATE_DAYS)),
        *_disagree(rails, balances, asked, currency),
        *told_apart(closing_store.apart(connection)),
    ]
    if waiting:
        why.append(said("{count:,} exceptions wait: `amends suspense CASE`", count=waiting))
    why += recovery.unfinished_in(connection)
    short, missing, first = closing_store.short(connection)
    if short:
        why.append(
            said(
                "{count:,} payments brought less, {missing} together, the first of award {first}: "
                "raise these awards by the rest (`amends correct`), and pay it",
                count=short,
                missing=_shown(missing, currency),
                first=first,
            )
        )
    if why:
        raise NotClosedError(why)
    figures: dict[str, JSON] = {
        "settled_minor": balances[SETTLED],
        "deposited_minor": balances["deposited"],
        "paid_by_hand_minor": balances["paid_by_hand"],
        "fees_minor": balances[FEES],
        "written_off_minor": balances[WRITTEN_OFF],
        "left_minor": sum(balances[at_rail(one.rail)] for one in rails),
    }
    times, last = closing_store.closed_figures(connection)
    closed = bool(times) and last == figures
    return _Ready(number=times if closed else times + 1, figures=figures, closed=closed)


_BETWEEN: Final = "settled − paid_out"
_UNCLEARED: Final = {
    OWED: said("owed to people and not under way: `amends pay CASE`"),
    RETURNED: said("came back and is owed again: `amends retry CASE`, or deposit it"),
    SUSPENSE: said("moved and is unexplained: `amends suspense CASE`"),
    IN_TRANSIT: said("left the bank or reached a rail, by one of the two statements only"),
    _BETWEEN: said("paid by a provider's answer and not by its bill: `amends reconcile CASE`"),
}
_FLYING: Final = said("given away without a final answer: `amends reconcile CASE`")


def _not_zero(clearing: Mapping[str, int], currency: str) -> Iterator[Said]:
    """Every clearing account that is not at zero, how much it holds, and why."""
    for account in sorted(clearing, key=[*_UNCLEARED, *sorted(clearing)].index):
        if clearing[account]:
            yield said(
                "{account}: {amount} {why}",
                account=account,
                amount=_shown(clearing[account], currency),
                why=_UNCLEARED.get(account, _FLYING),
            )


def _days_open(rails: Sequence[Open], due: Mapping[str, date]) -> Iterator[Said]:
    """Days that are not closed, and bills that may still tell of a return."""
    for one in rails:
        if one.days:
            yield said(
                "{rail}: {days} days are not closed: `amends close day CASE`",
                rail=one.rail,
                days=one.days,
            )
        wanted = due.get(one.rail)
        if wanted is not None and (one.newest is None or one.newest < wanted):
            yield said(
                "{rail}: bills are wanted to {day}, for money that comes back: `amends reconcile "
                "CASE`",
                rail=one.rail,
                day=wanted,
            )


def _disagree(
    rails: Sequence[Open], balances: Mapping[str, int], asked: Doubts, currency: str
) -> Iterator[Said]:
    """Rails whose closing balance is not that of our books, or not what the provider says."""
    for one in rails:
        held = balances[at_rail(one.rail)]
        if one.closing_minor is not None and one.closing_minor != held:
            yield said(
                "{rail}: the newest bill closes with {closing}, our books with {books}",
                rail=one.rail,
                closing=_shown(one.closing_minor, currency),
                books=_shown(held, currency),
            )
        if (doubt := in_the_way(asked, one.rail)) is not None:
            yield doubt


def _shown(amount_minor: int, currency: str) -> str:
    return Money(amount_minor=amount_minor, currency=currency).display()
