"""The SQL of bills, their lines, exceptions, and the figures of reconciliation."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import polars as pl

from amends.payouts.bills import KNOWN
from amends.payouts.model import Bill, ExceptionKind
from amends.store.columns import maybe_day, whole
from amends.store.connection import Connection

_BATCH = 50_000


def opened_on(connection: Connection, rail: str) -> date | None:
    """The day (in the rail's zone) on which the rail was opened."""
    row = connection.execute(
        "SELECT (opened_at AT TIME ZONE bill_zone)::date FROM payouts.rail WHERE rail = %(rail)s",
        {"rail": rail},
    ).fetchone()
    return maybe_day(row[0]) if row else None


def last_active_day(connection: Connection, rail: str) -> date | None:
    """The newest day on which a payment was sent or settled."""
    row = connection.execute(
        "SELECT (max(greatest(last_sent_at, settled_at)) AT TIME ZONE max(rail.bill_zone))::date "
        "FROM payouts.instruction JOIN payouts.rail USING (rail) WHERE rail = %(rail)s",
        {"rail": rail},
    ).fetchone()
    return maybe_day(row[0]) if row else None


def newest_bill(connection: Connection, rail: str) -> tuple[date, int] | None:
    """Day and closing balance of the newest bill that is in."""
    row = connection.execute(
        "SELECT day, closing_minor FROM payouts.bill WHERE rail = %(rail)s "
        "ORDER BY day DESC LIMIT 1",
        {"rail": rail},
    ).fetchone()
    if row is None:
        return None
    day = maybe_day(row[0])
    assert day is not None  # noqa: S101 - a key column
    return day, whole(row[1])


def insert_bill(connection: Connection, bill: Bill, now: datetime) -> None:
    """Note a bill; a day has one bill, for ever."""
    connection.execute(
        "INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, "
        "file, imported_at) VALUES (%(rail)s, %(day)s, %(sha256)s, %(opening)s, %(closing)s, "
        "%(lines)s, %(file)s, %(now)s)",
        {
            "rail": bill.rail,
            "day": bill.day,
            "sha256": bill.raw_sha256,
            "opening": bill.opening_minor,
            "closing": bill.closing_minor,
            "lines": bill.lines,
            "file": bill.file,
            "now": now,
        },
    )


def insert_lines(connection: Connection, rail: str, day: date, lines: pl.DataFrame) -> None:
    """Keep classified lines."""
    columns = ["line_id", "number", "reference", "direction", "kind", "amount_minor"]
    columns += ["balance_after_minor", "at", "class"]
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY payouts.bill_line (rail, day, line_id, instruction_id, provider_reference, "
            "direction, kind, amount_minor, balance_after_minor, occurred_at, class) "
            "FROM STDIN (FORMAT csv)"
        ) as copy,
    ):
        whole_rows = lines.select(pl.lit(rail), pl.lit(day).alias("day"), *columns)
        copy.write(whole_rows.write_csv(include_header=False))


def known_lines(connection: Connection, rail: str, line_ids: Sequence[str]) -> set[str]:
    """Those of the lines that an earlier bill had."""
    found: set[str] = set()
    for start in range(0, len(line_ids), _BATCH):
        cursor = connection.execute(
            "SELECT line_id FROM payouts.bill_line "
            "WHERE rail = %(rail)s AND line_id = ANY(%(ids)s)",
            {"rail": rail, "ids": line_ids[start : start + _BATCH]},
        )
        found.update(str(line_id) for (line_id,) in cursor)
    return found


def known_instructions(connection: Connection, rail: str, numbers: Sequence[str]) -> pl.DataFrame:
    """Our instructions among the numbers, as ``bills.KNOWN``."""
    frames = [pl.DataFrame(schema=KNOWN)]
    for start in range(0, len(numbers), _BATCH):
        rows = connection.execute(
            "SELECT instruction.instruction_id, "
            "CASE WHEN state <> 'superseded' THEN state "
            "WHEN returned_at IS NOT NULL THEN 'returned' ELSE 'refused' END, "
            "instruction.amount_minor, "
            "count(*) FILTER (WHERE line.direction = 'out' AND line.kind = 'transfer'), "
            "count(*) FILTER (WHERE line.class = 'matched'), "
            "count(*) FILTER (WHERE line.direction = 'in' AND line.kind = 'return') "
            "FROM payouts.instruction LEFT JOIN payouts.bill_line AS line "
            "ON line.instruction_id = instruction.instruction_id AND line.rail = instruction.rail "
            "WHERE instruction.rail = %(rail)s AND instruction.instruction_id = ANY(%(numbers)s) "
            "GROUP BY instruction.instruction_id, state, returned_at, instruction.amount_minor",
            {"rail": rail, "numbers": numbers[start : start + _BATCH]},
        ).fetchall()
        frames.append(pl.DataFrame(rows, schema=KNOWN, orient="row"))
    return pl.concat(frames)


def insert_exceptions(
    connection: Connection,
    rail: str,
    found: Sequence[tuple[str, ExceptionKind, str | None, str | None, int]],
    now: datetime,
) -> None:
    """Note exceptions (id, kind, number, line, amount), each once."""
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, line_id, "
        "amount_minor, found_at) SELECT new.id, new.kind, %(rail)s, new.number, new.line_id, "
        "new.amount_minor, %(now)s FROM unnest(%(ids)s::text[], %(kinds)s::text[], "
        "%(numbers)s::text[], %(lines)s::text[], %(amounts)s::bigint[]) "
        "AS new (id, kind, number, line_id, amount_minor) "
        "ON CONFLICT ON CONSTRAINT exception_pkey DO NOTHING",
        {
            "rail": rail,
            "now": now,
            "ids": [one[0] for one in found],
            "kinds": [str(one[1]) for one in found],
            "numbers": [one[2] for one in found],
            "lines": [one[3] for one in found],
            "amounts": [one[4] for one in found],
        },
    )


def note_missing(connection: Connection, rail: str, now: datetime) -> None:
    """Settled payments that no bill shows, the day after theirs being in; cleared when one does."""
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, amount_minor, "
        "found_at) SELECT 'missing:' || instruction_id, 'missing_at_provider', rail.rail, "
        "instruction_id, amount_minor, %(now)s FROM payouts.instruction "
        "JOIN payouts.rail ON rail.rail = instruction.rail "
        "WHERE rail.rail = %(rail)s AND state IN ('settled', 'returned') "
        "AND (settled_at AT TIME ZONE bill_zone)::date "
        "< (SELECT max(day) FROM payouts.bill WHERE bill.rail = %(rail)s) "
        "AND NOT EXISTS (SELECT FROM payouts.bill_line AS line "
        "WHERE line.instruction_id = instruction.instruction_id AND line.direction = 'out') "
        "ON CONFLICT ON CONSTRAINT exception_pkey DO NOTHING",
        {"rail": rail, "now": now},
    )
    connection.execute(
        "UPDATE payouts.exception SET cleared_at = %(now)s "
        "WHERE kind = 'missing_at_provider' AND cleared_at IS NULL AND EXISTS "
        "(SELECT FROM payouts.bill_line AS line "
        "WHERE line.instruction_id = exception.instruction_id AND line.direction = 'out')",
        {"now": now},
    )


def by_state(connection: Connection) -> dict[str, tuple[int, int]]:
    """Per state: how many instructions, and their sum in minor units.

    A superseded one counts in the books by how it ended: ``superseded_returned``.
    """
    cursor = connection.execute(
        "SELECT CASE WHEN state = 'superseded' AND returned_at IS NOT NULL "
        "THEN 'superseded_returned' ELSE state END AS ended, count(*), sum(amount_minor) "
        "FROM payouts.instruction GROUP BY ended ORDER BY ended"
    )
    return {str(state): (whole(count), whole(total)) for state, count, total in cursor}


def unproved(connection: Connection, rail: str | None = None) -> tuple[int, int]:
    """Payments that ended as paid (or came back) and are not proved by a bill: count and sum.

    Of one rail, or of all.
    """
    row = connection.execute(
        "SELECT count(*), COALESCE(sum(amount_minor), 0) FROM payouts.instruction "
        "WHERE settled_at IS NOT NULL AND (%(rail)s::text IS NULL OR rail = %(rail)s) "
        "AND NOT EXISTS (SELECT FROM payouts.bill_line AS line WHERE line.class = 'matched' "
        "AND line.instruction_id = instruction.instruction_id)",
        {"rail": rail},
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1])


def line_classes(connection: Connection) -> dict[str, int]:
    """How many lines there are of each class."""
    cursor = connection.execute(
        "SELECT class, count(*) FROM payouts.bill_line GROUP BY class ORDER BY class"
    )
    return {str(name): whole(count) for name, count in cursor}


def open_exceptions(connection: Connection) -> dict[str, int]:
    """How many exceptions of each kind wait for a person."""
    cursor = connection.execute(
        "SELECT kind, count(*) FROM payouts.exception WHERE cleared_at IS NULL "
        "GROUP BY kind ORDER BY kind"
    )
    return {str(kind): whole(count) for kind, count in cursor}


def promised(connection: Connection) -> tuple[int, int, int]:
    """Awards, their sum, and how many of them need the person."""
    row = connection.execute(
        "SELECT count(*), COALESCE(sum(amount_minor), 0), "
        "count(*) FILTER (WHERE state_code = 4) FROM awards.owed "
        "JOIN payouts.award_standing USING (award_index)"
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1]), whole(row[2])


def payment_rows(connection: Connection) -> Iterator[list[tuple[object, ...]]]:
    """Instructions in batches: the columns of the export."""
    with connection.cursor(name="payments_export") as cursor:
        cursor.itersize = 20_000
        cursor.execute(
            "SELECT instruction_id, award_index, rail, provider_reference, amount_minor, "
            "currency, state, reason, attempts, settled_at FROM payouts.instruction "
            "ORDER BY award_index, generation"
        )
        while rows := cursor.fetchmany(20_000):
            yield rows


def award_rows(connection: Connection) -> Iterator[list[tuple[object, ...]]]:
    """Awards with where they stand, in batches: the columns of the export."""
    with connection.cursor(name="awards_export") as cursor:
        cursor.itersize = 20_000
        cursor.execute(
            "SELECT award_index, person_id, class, amount_minor, currency, "
            "(ARRAY['promised', 'sent', 'settled', 'returned', 'needs_person'])[state_code + 1] "
            "FROM awards.owed JOIN payouts.award_standing USING (award_index) "
            "ORDER BY award_index"
        )
        while rows := cursor.fetchmany(20_000):
            yield rows
