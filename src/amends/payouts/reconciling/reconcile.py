"""Reconciliation: our books, the provider's answers, and the provider's bills, line by line.

A bill is kept as received (sealed), its lines classified once, and the books moved by its sums, all
in one transaction; a bill that is in is never fetched again. Where the bill of today is not there
yet, the account log stands in for it as an interim proof.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from amends.funding import service as funding
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import Transfer, at_rail
from amends.payouts.model import Bill, BillChangedError
from amends.payouts.rails.model import (
    BillNotReady,
    Rail,
    RailUnavailableError,
    Statement,
)
from amends.payouts.reconciling import (
    bill_packs,
    bill_store,
    bills,
    class_store,
    kept_bills,
    provider_balance,
)
from amends.payouts.reconciling.bill_lines import Sums, summed
from amends.payouts.sending.dispatch import Recorder
from amends.payouts.sending.questions import ask_until_known
from amends.payouts.sending.record import apply_results
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

LATE_DAYS = 5
"""Days after the last payment of which bills are read: money may come back for a while."""

_MORNING = time(9, 30)


async def reconcile(
    opened: OpenCase, rail: Rail, session: Connection, recorder: Recorder
) -> list[str]:
    """Ask about everything open, read every bill that is due; notes for people.

    On a simulated clock the mornings come until the last bill of interest is in. At last every
    settled payment that no bill shows is noted as missing.
    """
    while True:
        await ask_until_known(opened, rail, session, recorder, pauses=(timedelta(0),))
        notes = await read_ready_bills(opened, rail)
        if not opened.clock.simulated or _all_read(opened, rail):
            break
        opened.clock.sleep(_until_morning(opened.clock.now(), rail))
    with opened.database.unit_of_work() as connection:
        bill_store.note_missing(connection, rail.capabilities.rail, opened.clock.now())
    return notes


def _until_morning(now: datetime, rail: Rail) -> timedelta:
    """From now to the next morning at which yesterday's bill is there."""
    local = now.astimezone(ZoneInfo(rail.capabilities.bill_zone))
    morning = datetime.combine(local.date(), _MORNING, local.tzinfo)
    if morning <= local:
        morning += timedelta(days=1)
    return morning - local


def _all_read(opened: OpenCase, rail: Rail) -> bool:
    """Whether the bills of all payment days, and of the days of late returns, are in."""
    name = rail.capabilities.rail
    with opened.database.reading() as connection:
        active = bill_store.last_active_day(connection, name)
        newest = bill_store.newest_bill(connection, name)
    if active is None:
        return True
    return newest is not None and newest[0] >= bills.last_day_due(active, late_days=LATE_DAYS)


async def read_ready_bills(opened: OpenCase, rail: Rail) -> list[str]:
    """Read the bills of days that are over and not read yet; a note when one is not ready.

    After the days of late returns they are read on only for a reason: a payment that no bill
    proves, or money that moved at the provider and not in our books.
    """
    name, zone = rail.capabilities.rail, ZoneInfo(rail.capabilities.bill_zone)
    with opened.database.reading() as connection:
        first = bill_store.opened_on(connection, name)
        newest = bill_store.newest_bill(connection, name)
        active = bill_store.last_active_day(connection, name)
    if first is None or active is None:
        return []
    day = first if newest is None else newest[0] + timedelta(days=1)
    today = opened.clock.now().astimezone(zone).date()
    yesterday = today - timedelta(days=1)
    last = min(yesterday, bills.last_day_due(active, late_days=LATE_DAYS))
    if last < day <= yesterday and await _is_to_be_read_on(opened, rail):
        last = yesterday
    while day <= last:
        statement = await rail.statement(day)
        if isinstance(statement, BillNotReady):
            return [f"the bill of {day} from {name} is not ready yet; run `amends reconcile` later"]
        import_bill(opened, name, statement)
        day += timedelta(days=1)
    return [_tomorrow(name, day)] if day <= active else []


async def _is_to_be_read_on(opened: OpenCase, rail: Rail) -> bool:
    """Whether a payment waits for a line, or the provider tells of what our books do not say."""
    name = rail.capabilities.rail
    with opened.database.reading() as connection:
        if bill_store.waits_for_a_line(connection, name):
            return True
    try:
        return await provider_balance.is_news(opened, rail)
    except RailUnavailableError:
        return False


def _tomorrow(rail: str, day: date) -> str:
    """What to do about a day that is not over."""
    return (
        f"the bill of {day} from {rail} comes the morning after; run `amends reconcile` then to "
        "prove that day's payments"
    )


def import_bill(opened: OpenCase, rail: str, statement: Statement) -> bool:
    """Keep a bill, find the class of each line, move instructions and books: one transaction.

    Returns:
        Whether it is new; the same bill again changes nothing.

    Raises:
        BillChangedError: another bill of this day is in, or it does not join the one before.
        RailUnavailableError: a line cannot be read.
    """
    now, day = opened.clock.now(), statement.day
    raw_sha256 = kept_bills.digest(statement.raw)
    with opened.database.unit_of_work() as connection:
        bill_store.lock(connection)
        known = bill_store.digest_of(connection, rail, day)
        if known is not None:
            _require_same(known, raw_sha256, rail, day)
            return False
        previous = _require_joined(bill_store.newest_bill(connection, rail), rail, statement)
        file = kept_bills.keep(opened, rail, statement, raw_sha256)
        sums = Sums()
        bill_packs.insert_packs(connection, rail, day, summed(statement, rail, sums))
        class_store.find_special(connection, rail, day, first=previous is None, again=sums.again)
        class_store.find_classes(connection, rail, day)
        _match_top_ups(connection, rail, day)
        opening, closing = statement.opening.amount_minor, statement.closing.amount_minor
        repeated_minor = class_store.sums_repeated(connection)
        moved = sums.in_minor - sums.out_minor - repeated_minor
        bill = Bill(
            rail=rail,
            day=day,
            raw_sha256=raw_sha256,
            opening_minor=opening,
            closing_minor=closing,
            lines=sums.lines,
            file=file,
            in_minor=sums.in_minor,
            out_minor=sums.out_minor,
            repeated_minor=repeated_minor,
            gap_minor=closing - opening - moved,
            previous_day=previous,
        )
        bill_store.insert_bill(connection, bill, now)
        class_store.note_awaited(connection, rail, day)
        class_store.insert_exceptions(connection, rail, day, now)
        apply_results(opened, connection, rail, class_store.results(connection))
        ledger.post(connection, _book(opened, connection, bill, now))
    return True


def _require_same(known: bytes, new: bytes, rail: str, day: date) -> None:
    """Refuse another bill of a day that has one."""
    if known != new:
        raise BillChangedError(
            said(
                "the bill of {day} from {rail} is in, and this is another one; a day that was read "
                "gets no new lines: what changed has to come in the bill of a later day",
                day=day,
                rail=rail,
            )
        )


def _require_joined(
    newest: tuple[date, int] | None, rail: str, statement: Statement
) -> date | None:
    """The day of the bill before; a bill that does not follow it is refused."""
    if newest is None:
        return None
    day, closing_minor = newest
    if statement.day != _after(day):
        raise BillChangedError(
            said(
                "the bill of {day} from {rail} does not follow that of {newest}, which is the last "
                "one that is in; bills are read day by day",
                day=statement.day,
                rail=rail,
                newest=day,
            )
        )
    if statement.opening.amount_minor != closing_minor:
        raise BillChangedError(
            said(
                "the bill of {day} from {rail} opens with {opening}, and that of the day before "
                "closed with {closing}; ask the provider which of them is right",
                day=statement.day,
                rail=rail,
                opening=statement.opening.display(),
                closing=Money(
                    amount_minor=closing_minor, currency=statement.opening.currency
                ).display(),
            )
        )
    return day


def _match_top_ups(connection: Connection, rail: str, day: date) -> None:
    """Find the release behind each top-up; then every odd line has its class, and is kept.

    Where funding is only declared nothing is released, and what comes is the company's.
    """
    found = class_store.top_ups(connection)
    matched: dict[int, int] = {}
    if found and funding.evidenced(connection):
        arrived = class_store.arrived(connection, rail)
        waiting = [one for one in funding.releases_to(connection, rail) if one[0] not in arrived]
        matched = bills.arrivals(found, waiting)
        class_store.no_release(connection, list(matched))
    class_store.insert_odd_lines(connection, rail, day)
    if matched:
        class_store.insert_arrivals(connection, rail, matched)


def _book(
    opened: OpenCase, connection: Connection, bill: Bill, now: datetime
) -> Iterator[Transfer]:
    """What the bill does to the books: the rail's account ends with its closing balance."""
    restated, gap = 0, bill.gap_minor
    held = ledger.balances(connection).get(at_rail(bill.rail), 0)
    if bill.previous_day is None:
        restated = bill.opening_minor - held
    else:  # of bills that an older version took in
        gap += bill.opening_minor - held
    return bills.book_of_day(
        class_store.totals(connection, bill.rail, bill.day),
        replace(bill, gap_minor=gap),
        currency=opened.case.file.currency,
        now=now,
        source=funding.money_on_its_way(connection),
        restated_minor=restated,
    )


def _after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
