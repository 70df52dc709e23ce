"""Reconciliation: our books, the provider's answers, and the provider's bills, line by line.

A bill is kept as received (sealed), its lines classified once, and the books moved by its sums, all
in one transaction; a bill that is in is never fetched again. Where the bill of today is not there
yet, the account log stands in for it as an interim proof.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from amends.funding import service as funding
from amends.ledger import service as ledger
from amends.ledger.model import at_rail, in_flight
from amends.payouts import bill_store, bills
from amends.payouts.dispatch import Recorder
from amends.payouts.model import OPEN, Bill, ExceptionKind, LineClass, State
from amends.payouts.questions import ask_until_known
from amends.payouts.rails.model import (
    BillNotReady,
    Direction,
    Rail,
    Returned,
    Settled,
    Statement,
    StatementLine,
)
from amends.payouts.record import Result, apply_results
from amends.store.connection import Connection
from amends.store.files import private_directory, replace_private
from amends.vault.opened import OpenCase

LATE_DAYS = 5
"""Days after the last payment of which bills are read: money may come back for a while."""

BILL_PURPOSE = "payout-bill"
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
    """Read the bills of days that are over and not read yet; a note when one is not ready."""
    name, zone = rail.capabilities.rail, ZoneInfo(rail.capabilities.bill_zone)
    with opened.database.reading() as connection:
        first = bill_store.opened_on(connection, name)
        newest = bill_store.newest_bill(connection, name)
        active = bill_store.last_active_day(connection, name)
    if first is None or active is None:
        return []
    day = first if newest is None else newest[0] + timedelta(days=1)
    today = opened.clock.now().astimezone(zone).date()
    last = min(today - timedelta(days=1), bills.last_day_due(active, late_days=LATE_DAYS))
    while day <= last:
        statement = await rail.statement(day)
        if isinstance(statement, BillNotReady):
            return [f"the bill of {day} from {name} is not ready yet; run `amends reconcile` later"]
        import_bill(opened, name, statement)
        day += timedelta(days=1)
    return [_tomorrow(name, day)] if day <= active else []


def _tomorrow(rail: str, day: date) -> str:
    """What to do about a day that is not over."""
    return (
        f"the bill of {day} from {rail} comes the morning after; run `amends reconcile` then to "
        "prove that day's payments"
    )


def import_bill(opened: OpenCase, rail: str, statement: Statement) -> None:
    """Keep a bill, classify its lines, move instructions and books: one transaction."""
    now, currency = opened.clock.now(), opened.case.file.currency
    raw_sha256 = hashlib.sha256(statement.raw).digest()
    file = _keep_raw(opened, rail, statement, raw_sha256)
    every = columns_of(statement.lines)
    once = every.unique("line_id", keep="first", maintain_order=True)
    with opened.database.unit_of_work() as connection:
        old = bill_store.known_lines(connection, rail, once["line_id"].to_list())
        fresh = once.filter(~pl.col("line_id").is_in(list(old)))
        numbers = fresh["number"].drop_nulls().unique().to_list()
        known = bill_store.known_instructions(connection, rail, numbers)
        lines = bills.classified(fresh, known)
        bill = Bill(
            rail=rail,
            day=statement.day,
            raw_sha256=raw_sha256,
            opening_minor=statement.opening.amount_minor,
            closing_minor=statement.closing.amount_minor,
            lines=every.height,
            file=file,
        )
        bill_store.insert_bill(connection, bill, now)
        bill_store.insert_lines(connection, rail, statement.day, lines)
        bill_store.insert_exceptions(connection, rail, _exceptions(lines, every, old), now)
        apply_results(opened, connection, rail, _results(lines))
        source = funding.money_on_its_way(connection)
        day = bills.book_of_day(
            lines, rail=rail, day=statement.day, currency=currency, now=now, source=source
        )
        ledger.post(connection, day)


def _keep_raw(opened: OpenCase, rail: str, statement: Statement, sha256: bytes) -> str:
    """The bill as received, sealed, beside the database; its path in the workspace."""
    folder = private_directory(opened.case.workspace / "statements")
    name = f"{rail}-{statement.day}-{sha256.hex()[:16]}.sealed"
    sealed = opened.vault.seal(statement.raw, BILL_PURPOSE, f"{rail} {statement.day}")
    replace_private(folder / name, sealed)
    return f"statements/{name}"


def columns_of(lines: Iterable[StatementLine]) -> pl.DataFrame:
    """Lines of a statement as columns, as ``bills.LINES``."""
    rows = (
        (
            line.line_id,
            line.number,
            line.provider_reference,
            str(line.direction),
            str(line.kind),
            line.amount.amount_minor,
            line.balance_after.amount_minor,
            line.at.astimezone(UTC),
        )
        for line in lines
    )
    return pl.DataFrame(list(rows), schema=bills.LINES, orient="row")


def _exceptions(
    lines: pl.DataFrame, every: pl.DataFrame, old: set[str]
) -> list[tuple[str, ExceptionKind, str | None, str | None, int]]:
    """What a person has to explain: lines of an odd class, and lines that stand there twice."""
    known = [LineClass.MATCHED, LineClass.RETURNED, LineClass.TOP_UP]
    odd = lines.filter(~pl.col("class").is_in([str(one) for one in known]))
    found = [
        (f"line:{line_id}", ExceptionKind(kind), number, line_id, amount)
        for line_id, kind, number, amount in odd.select(
            "line_id", "class", "number", "amount_minor"
        ).iter_rows()
    ]
    repeated = every.filter(
        ~pl.col("line_id").is_first_distinct() | pl.col("line_id").is_in(list(old))
    ).unique("line_id", keep="first", maintain_order=True)
    return found + [
        (f"repeat:{line_id}", ExceptionKind.DUPLICATE_AT_PROVIDER, number, line_id, amount)
        for line_id, number, amount in repeated.select(
            "line_id", "number", "amount_minor"
        ).iter_rows()
    ]


def _results(lines: pl.DataFrame) -> list[Result]:
    """What the bill proves about instructions that do not say so yet."""
    open_states = [str(state) for state in OPEN]
    paid = lines.filter(
        (pl.col("class") == str(LineClass.MATCHED)) & pl.col("state").is_in(open_states)
    )
    back = lines.filter(
        (pl.col("class") == str(LineClass.RETURNED)) & (pl.col("state") != str(State.RETURNED))
    )
    columns = ("number", "reference", "at")
    return [
        Result(
            number=number,
            answer=Settled(provider_reference=reference, settled_at=at, raw=b""),
            asked=False,
        )
        for number, reference, at in paid.select(columns).iter_rows()
    ] + [
        Result(
            number=number,
            answer=Returned(provider_reference=reference, returned_at=at, code="returned", raw=b""),
            asked=False,
        )
        for number, reference, at in back.select(columns).iter_rows()
    ]


async def rail_balance_agrees(opened: OpenCase, rail: Rail) -> bool:
    """Whether our books and the provider say the same about the money at the rail.

    The newest bill's closing balance, where it is the last word; while days without a bill have
    payments, the account log of those days and the balance of this moment (what is in flight may
    be held back there).
    """
    name, zone = rail.capabilities.rail, ZoneInfo(rail.capabilities.bill_zone)
    with opened.database.reading() as connection:
        balances = ledger.balances(connection)
        newest = bill_store.newest_bill(connection, name)
        first = bill_store.opened_on(connection, name)
        active = bill_store.last_active_day(connection, name)
    ours = balances.get(at_rail(name), 0)
    if first is None or active is None:
        return ours == (await rail.balance()).amount_minor
    if newest is not None and newest[0] >= active:
        return ours == newest[1]
    since = _after(newest[0]) if newest else first
    start = datetime.combine(since, time(), zone)
    moved = 0
    async for line in rail.account_log(start, opened.clock.now() + timedelta(seconds=1)):
        sign = 1 if line.direction is Direction.IN else -1
        moved += sign * line.amount.amount_minor
    held_back = ours + moved - (await rail.balance()).amount_minor
    return 0 <= held_back <= balances.get(in_flight(name), 0)


def _after(day: date) -> date:
    """The next day."""
    return day + timedelta(days=1)
