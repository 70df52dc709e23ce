"""The end of a day at each rail, and of a case's books; what is in suspense meanwhile.

A day closes when opening balance, movements and closing balance are one in the bill, in our books
and by the provider's word, when every day before is closed, and when whatever is unexplained has an
owner. A closed day gets no new line: what a provider changes comes as a line of a later day.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, assert_never

import uvloop

from amends.funding import service as funding
from amends.governance.service import audit_in, require_approval
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.kernel.summary import StageSummary
from amends.ledger import service as ledger
from amends.ledger.model import (
    FEES,
    IN_TRANSIT,
    OWED,
    PAID_OUT,
    RETURNED,
    SETTLED,
    SUSPENSE,
    WRITTEN_OFF,
    Transfer,
    at_rail,
    in_flight,
)
from amends.payouts.after_payment import recovery
from amends.payouts.model import ExceptionKind
from amends.payouts.opening import open_rails
from amends.payouts.reconciling import bill_store, closing_store
from amends.payouts.reconciling.closing_model import (
    Apart,
    Difference,
    Explanation,
    Found,
    NotClosedError,
    Open,
    OpenDay,
    SuspenseError,
)
from amends.payouts.reconciling.reconcile import LATE_DAYS, rail_balance_agrees
from amends.store.connection import Connection
from amends.vault.opened import SYSTEM, OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON


def suspense(opened: OpenCase) -> list[Found]:
    """What waits for a person, oldest first."""
    with opened.database.reading() as connection:
        return closing_store.exceptions(connection)


def waiting(opened: OpenCase, name: str) -> Found:
    """The exception of this name.

    Raises:
        SuspenseError: none waits under it.
    """
    with opened.database.reading() as connection:
        return _named(connection, name)


def take(opened: OpenCase, name: str) -> Found:
    """Look after an exception from now on: who is at work becomes its owner.

    Raises:
        SuspenseError: none waits under this name.
    """
    with opened.database.unit_of_work() as connection:
        found = _named(connection, name)
        closing_store.set_owner(connection, name, opened.by, opened.clock.now())
        audit_in(connection, opened, opened.by, "exception taken", {"exception": name})
    return found


def explain(opened: OpenCase, name: str, what: Explanation) -> Found:
    """Say what an exception was; two people approve exactly that, and the books follow.

    Raises:
        SuspenseError: none waits under this name, or it cannot be that.
        WaitingForApprovalError: two people have to approve it.
    """
    found = waiting(opened, name)
    _require_possible(found, what)
    currency = opened.case.file.currency
    body: dict[str, JSON] = {
        "amount_minor": found.amount_minor,
        "case": opened.case.file.id,
        "currency": currency,
        "exception": name,
        "what": str(what),
    }
    require_approval(opened, "suspense", body)
    now = opened.clock.now()
    with opened.database.unit_of_work() as connection:
        found = _named(connection, name)
        closing_store.insert_explanation(connection, name, str(what), now)
        audit_in(connection, opened, SYSTEM, "exception explained", body)
        source = funding.money_on_its_way(connection)
        moved = list(_explained(found, what, source))
        ledger.post(
            connection,
            (
                Transfer(
                    transfer_id=f"explained:{sha256(name.encode()).hexdigest()[:32]}:{place}",
                    debit=debit,
                    credit=credit,
                    amount_minor=amount,
                    currency=currency,
                    reason="explained",
                    subject=name,
                    occurred_at=now,
                )
                for place, (debit, credit, amount) in enumerate(moved)
            ),
        )
    return found


def _named(connection: Connection, name: str) -> Found:
    """The exception of this name."""
    for found in closing_store.exceptions(connection, name):
        return found
    raise SuspenseError(
        said("nothing waits under the name {name}; `amends suspense CASE` lists it", name=name)
    )


def possible(found: Found) -> tuple[Explanation, ...]:
    """What an exception can be, by what moved."""
    way = found.direction
    may_be = {
        Explanation.PAID: found.kind == ExceptionKind.AMOUNT_DIFFERS
        and way == "out"
        and found.settled_minor is not None,
        Explanation.FEE: way == "out",
        Explanation.TOP_UP: way == "in",
        Explanation.WRITTEN_OFF: way is not None,
        Explanation.CHECKED: way is None,
    }
    return tuple(one for one, may in may_be.items() if may)


def _require_possible(found: Found, what: Explanation) -> None:
    """Refuse what an exception cannot be."""
    others = possible(found)
    if what not in others:
        raise SuspenseError(
            said(
                "{name} cannot be {what}; it can be: {others}",
                name=found.exception_id,
                what=what,
                others=", ".join(map(str, others)),
            )
        )


def _explained(found: Found, what: Explanation, source: str) -> Iterator[tuple[str, str, int]]:
    """Out of suspense: debit, credit and amount."""
    amount = found.amount_minor
    match what:
        case Explanation.PAID:
            owed = found.settled_minor or 0
            yield PAID_OUT, SUSPENSE, owed
            if amount > owed:
                yield WRITTEN_OFF, SUSPENSE, amount - owed
            elif amount < owed:  # less went out than is settled: the rest is with us
                yield SUSPENSE, WRITTEN_OFF, owed - amount
        case Explanation.FEE:
            yield FEES, SUSPENSE, amount
        case Explanation.TOP_UP:
            yield SUSPENSE, source, amount
        case Explanation.WRITTEN_OFF if found.direction == "out":
            yield WRITTEN_OFF, SUSPENSE, amount
        case Explanation.WRITTEN_OFF:
            yield SUSPENSE, WRITTEN_OFF, amount
        case Explanation.CHECKED:
            pass


def close_days(
    opened: OpenCase, through: date | None = None, *, dry_run: bool = False
) -> StageSummary:
    """Close every day that has its bill, up to *through*, at every rail.

    Raises:
        NotClosedError: which day of which rail cannot be closed, and why; nothing was closed.
        RailNotAvailableError, RailUnavailableError: a rail does not say what it holds.
    """
    return uvloop.run(_close_days(opened, through, dry_run=dry_run))


async def _close_days(opened: OpenCase, through: date | None, *, dry_run: bool) -> StageSummary:
    async with open_rails(opened) as rails:
        agree = {rail.capabilities.rail: await rail_balance_agrees(opened, rail) for rail in rails}
    return await asyncio.to_thread(close_days_agreed, opened, agree, through, dry_run=dry_run)


def close_days_agreed(
    opened: OpenCase, agree: Mapping[str, bool], through: date | None, *, dry_run: bool
) -> StageSummary:
    """The same. *agree*: whether each provider's word about its balance is that of our books."""
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
        why = [*_in_the_way(days, books, agree, currency)]
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
    days: Sequence[OpenDay], books: Mapping[str, int], agree: Mapping[str, bool], currency: str
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
        if not agree.get(rail, True):
            yield said(
                "{rail}: the provider says another balance than bills and books; `amends "
                "reconcile CASE` first",
                rail=rail,
            )


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
        RailNotAvailableError, RailUnavailableError: a rail does not say what it holds.
    """
    return uvloop.run(_close_case(opened, dry_run=dry_run))


async def _close_case(opened: OpenCase, *, dry_run: bool) -> StageSummary:
    async with open_rails(opened) as rails:
        agree = {rail.capabilities.rail: await rail_balance_agrees(opened, rail) for rail in rails}
    return await asyncio.to_thread(close_case_agreed, opened, agree, dry_run=dry_run)


def close_case_agreed(
    opened: OpenCase, agree: Mapping[str, bool], *, dry_run: bool
) -> StageSummary:
    """The same. *agree*: whether each provider's word about its balance is that of our books."""
    currency = opened.case.file.currency
    with opened.database.reading() as connection:
        balances = ledger.balances(connection)
        rails = closing_store.rails(connection)
        due = closing_store.due_until(connection, LATE_DAYS)
        waiting = sum(bill_store.open_exceptions(connection).values())
        closed_no, last = closing_store.closed_figures(connection)
        apart = closing_store.apart(connection)
    names = [one.rail for one in rails]
    why = [
        *_not_zero(balances, names, currency),
        *_days_open(rails, due),
        *_disagree(rails, balances, agree, currency),
        *told_apart(apart),
    ]
    if waiting:
        why.append(said("{count:,} exceptions wait: `amends suspense CASE`", count=waiting))
    why += recovery.unfinished(opened)
    if why:
        raise NotClosedError(why)
    figures: dict[str, JSON] = {
        "settled_minor": balances[SETTLED],
        "deposited_minor": balances["deposited"],
        "paid_by_hand_minor": balances["paid_by_hand"],
        "fees_minor": balances[FEES],
        "written_off_minor": balances[WRITTEN_OFF],
        "left_minor": sum(balances[at_rail(name)] for name in names),
    }
    counts = {name: value for name, value in figures.items() if isinstance(value, int)}
    if closed_no and last == figures:
        return StageSummary(counts=counts, notes=(said("the case's books are closed"),))
    if dry_run:
        return StageSummary(counts=counts, notes=(said("the case's books can be closed"),))
    body: dict[str, JSON] = {"case": opened.case.file.id, "currency": currency, **figures}
    approval = require_approval(opened, "close", body)
    with opened.database.unit_of_work() as connection:
        number, now = closed_no + 1, opened.clock.now()
        closing_store.insert_closed_case(connection, number, approval, figures, now)
        audit_in(connection, opened, SYSTEM, "case closed", body)
    return StageSummary(counts=counts, notes=(said("the case's books are closed"),))


def _not_zero(balances: Mapping[str, int], rails: Sequence[str], currency: str) -> Iterator[Said]:
    """Every clearing account that is not at zero, how much it holds, and why."""
    reasons = {
        OWED: (balances[OWED], said("owed to people and not under way: `amends pay CASE`")),
        RETURNED: (
            balances[RETURNED],
            said("came back and is owed again: `amends retry CASE`, or deposit it"),
        ),
        SUSPENSE: (balances[SUSPENSE], said("moved and is unexplained: `amends suspense CASE`")),
        IN_TRANSIT: (
            balances[IN_TRANSIT],
            said("left the bank or reached a rail, by one of the two statements only"),
        ),
        f"{SETTLED} − {PAID_OUT}": (
            balances[SETTLED] - balances[PAID_OUT],
            said("paid by a provider's answer and not by its bill: `amends reconcile CASE`"),
        ),
    }
    for rail in rails:
        reasons[in_flight(rail)] = (
            balances.get(in_flight(rail), 0),
            said("given away without a final answer: `amends reconcile CASE`"),
        )
    for account, (amount, why) in reasons.items():
        if amount:
            yield said(
                "{account}: {amount} {why}",
                account=account,
                amount=_shown(amount, currency),
                why=why,
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
    rails: Sequence[Open], balances: Mapping[str, int], agree: Mapping[str, bool], currency: str
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
        if not agree.get(one.rail, True):
            yield said(
                "{rail}: the provider says another balance than bills and books; `amends "
                "reconcile CASE` first",
                rail=one.rail,
            )


def _shown(amount_minor: int, currency: str) -> str:
    return Money(amount_minor=amount_minor, currency=currency).display()
