"""The SQL of bills, their lines, exceptions, and the figures of reconciliation."""

from collections.abc import Iterator
from datetime import date, datetime

from amends.payouts.model import Bill
from amends.store.columns import maybe_day, octets, whole
from amends.store.connection import Connection

_LOCK = 0x62696C6C  # "bill": see docs/locking.md


def lock(connection: Connection) -> None:
    """Wait until no other transaction takes a bill in or closes a day; held to its end."""
    connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})


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


def digest_of(connection: Connection, rail: str, day: date) -> bytes | None:
    """The SHA-256 of the bill of a day, if it is in."""
    row = connection.execute(
        "SELECT raw_sha256 FROM payouts.bill WHERE rail = %(rail)s AND day = %(day)s",
        {"rail": rail, "day": day},
    ).fetchone()
    return None if row is None else octets(row[0])


def insert_bill(connection: Connection, bill: Bill, now: datetime) -> None:
    """Note a bill, after its lines and what is odd about them; a day has one bill, for ever."""
    connection.execute(
        "INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, "
        "in_minor, out_minor, repeated_minor, gap_minor, previous_day, file, imported_at) "
        "VALUES (%(rail)s, %(day)s, %(sha256)s, %(opening)s, %(closing)s, %(lines)s, %(in)s, "
        "%(out)s, %(repeated)s, %(gap)s, %(previous)s, %(file)s, %(now)s)",
        {
            "rail": bill.rail,
            "day": bill.day,
            "sha256": bill.raw_sha256,
            "opening": bill.opening_minor,
            "closing": bill.closing_minor,
            "lines": bill.lines,
            "in": bill.in_minor,
            "out": bill.out_minor,
            "repeated": bill.repeated_minor,
            "gap": bill.gap_minor,
            "previous": bill.previous_day,
            "file": bill.file,
            "now": now,
        },
    )
    if not bill.lines:  # no line came that would have been counted
        connection.execute(
            "INSERT INTO payouts.bill_total (rail, day, lines, in_minor, out_minor) "
            "VALUES (%(rail)s, %(day)s, 0, 0, 0)",
            {"rail": bill.rail, "day": bill.day},
        )


def note_missing(connection: Connection, rail: str, now: datetime) -> None:
    """Settled payments and returns that no bill shows, the day after theirs being in.

    Cleared when one does. What was explained before there was a way out is noted anew.
    """
    values = {"rail": rail, "now": now}
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, amount_minor, "
        "day, found_at) SELECT CASE WHEN EXISTS (SELECT FROM payouts.explanation AS told "
        "WHERE told.exception_id = 'missing:' || instruction_id AND told.what = 'checked') "
        "AND state = 'settled' THEN 'missing:' || instruction_id || ':2' "
        "ELSE 'missing:' || instruction_id END, 'missing_at_provider', rail.rail, "
        "instruction_id, amount_minor, since, %(now)s FROM payouts.awaited "
        "JOIN payouts.instruction USING (instruction_id) "
        "JOIN payouts.rail ON rail.rail = instruction.rail "
        "WHERE rail.rail = %(rail)s AND found_on IS NULL AND state IN ('settled', 'returned') "
        "AND (settled_at AT TIME ZONE bill_zone)::date "
        "< (SELECT max(day) FROM payouts.bill WHERE bill.rail = %(rail)s) "
        "ON CONFLICT ON CONSTRAINT exception_pkey DO NOTHING",
        values,
    )
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, amount_minor, "
        "day, found_at) SELECT 'return:' || back.instruction_id, 'return_not_proved', back.rail, "
        "back.instruction_id, back.amount_minor, "
        "(back.returned_at AT TIME ZONE rail.bill_zone)::date, %(now)s "
        "FROM payouts.payment AS back "
        "JOIN payouts.rail AS rail ON rail.rail = back.rail "
        "WHERE back.rail = %(rail)s AND back.returned_at IS NOT NULL "
        "AND (back.returned_at AT TIME ZONE rail.bill_zone)::date "
        "< (SELECT max(day) FROM payouts.bill WHERE bill.rail = %(rail)s) "
        "AND NOT EXISTS (SELECT FROM payouts.odd_line AS odd WHERE odd.rail = back.rail "
        "AND odd.instruction_id = back.instruction_id AND odd.direction = 'in') "
        "AND NOT EXISTS (SELECT FROM payouts.awaited "
        "WHERE awaited.instruction_id = back.instruction_id AND awaited.found_on IS NULL) "
        "ON CONFLICT ON CONSTRAINT exception_pkey DO NOTHING",
        values,
    )
    connection.execute(
        "UPDATE payouts.exception SET cleared_at = %(now)s FROM payouts.awaited "
        "WHERE kind = 'missing_at_provider' AND cleared_at IS NULL AND found_on IS NOT NULL "
        "AND awaited.instruction_id = exception.instruction_id",
        values,
    )
    connection.execute(
        "UPDATE payouts.exception SET cleared_at = %(now)s FROM payouts.odd_line AS odd "
        "WHERE exception.kind = 'return_not_proved' AND cleared_at IS NULL "
        "AND odd.rail = exception.rail AND odd.instruction_id = exception.instruction_id "
        "AND odd.class = 'returned'",
        values,
    )


def waits_for_a_line(connection: Connection, rail: str) -> bool:
    """Whether an exception of a rail ends when a later bill has the line that it is about."""
    return connection.execute(
        "SELECT EXISTS (SELECT FROM payouts.exception WHERE rail = %(rail)s "
        "AND kind IN ('missing_at_provider', 'return_not_proved') AND cleared_at IS NULL)",
        {"rail": rail},
    ).fetchone() == (True,)


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

    Of one rail, or of all. Each matched line proves one payment, to the cent.
    """
    row = connection.execute(
        "SELECT paid.payments - proved.lines, paid.amount_minor - proved.amount_minor FROM "
        "(SELECT count(*) AS payments, COALESCE(sum(amount_minor), 0) AS amount_minor "
        "FROM payouts.instruction WHERE settled_from IS NOT NULL "
        "AND (%(rail)s::text IS NULL OR rail = %(rail)s)) AS paid, "
        "(SELECT COALESCE(sum(lines), 0) AS lines, COALESCE(sum(amount_minor), 0) AS amount_minor "
        "FROM payouts.line_class WHERE class = 'matched' "
        "AND (%(rail)s::text IS NULL OR rail = %(rail)s)) AS proved",
        {"rail": rail},
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1])


def line_classes(connection: Connection) -> dict[str, int]:
    """How many lines there are of each class."""
    cursor = connection.execute(
        "SELECT class, sum(lines)::bigint FROM payouts.line_class GROUP BY class ORDER BY class"
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
            "SELECT one.instruction_id, award_index, one.rail, "
            "COALESCE(kept.provider_reference, told.provider_reference), one.amount_minor, "
            "one.currency, one.state, one.reason, one.attempts, "
            "COALESCE(kept.settled_at, told.settled_at) FROM payouts.instruction AS one "
            "JOIN payouts.payment AS kept USING (award_index, generation) "
            "LEFT JOIN payouts.settled_place AS told "
            "ON told.chunk_no = kept.chunk_no AND told.place = kept.place "
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
