"""The SQL that finds the class of every line of a bill, and what the bill does not tell of.

One join of the bill's lines with the instructions of its rail finds what is not plainly a payment
of ours: a line that is odd in any way, and a payment that was given away and is not there. Only
those are looked at further, in order. No row comes to Python but results and top-ups.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from amends.kernel.ids import InstructionId
from amends.payouts.model import ClassTotal, LineClass
from amends.payouts.rails.model import Returned, Settled
from amends.payouts.record import Result
from amends.store.columns import moment, whole
from amends.store.connection import Connection

_STATE = (
    "CASE WHEN state <> 'superseded' THEN state "
    "WHEN returned_at IS NOT NULL THEN 'returned' ELSE 'refused' END"
)
_GIVEN_AWAY = "('sending', 'unknown', 'accepted', 'settled', 'returned')"
_OPEN = "('sending', 'unknown', 'accepted')"
_PAID = "direction = 'out' AND kind = 'transfer'"
_BACK = "direction = 'in' AND kind = 'return'"


def find_special(connection: Connection, rail: str, day: date, again: Sequence[str]) -> None:
    """Put aside (``special_line``) what is not plainly a payment of this bill.

    *again*: numbers of payments that stand on several lines of it. A payment that was sent on an
    earlier day, or of which an earlier bill told something odd, is not plain. Rows without a
    ``line_id`` are payments that were given away since the bill before and are not in this one.
    """
    values = {"rail": rail, "day": day, "again": list(again)}
    # The planner knows nothing of rows that this transaction brought: loops would take for ever.
    connection.execute("SET LOCAL enable_nestloop = off")
    connection.execute("SET LOCAL enable_mergejoin = off")
    connection.execute(
        "CREATE TEMP TABLE not_plain ON COMMIT DROP AS "
        "SELECT DISTINCT number FROM (SELECT unnest(%(again)s::text[]) AS number UNION ALL "
        "SELECT instruction_id FROM payouts.odd_line WHERE rail = %(rail)s) AS named "
        "WHERE number IS NOT NULL",
        values,
    )
    connection.execute("ANALYZE not_plain")
    connection.execute(
        "CREATE TEMP TABLE special_line ON COMMIT DROP AS "  # noqa: S608 - fixed words
        "SELECT line.line_id, line.repeat, line.place, "
        "COALESCE(line.instruction_id, sent.instruction_id) AS number, line.reference, "
        "line.direction, line.kind, line.amount_minor, line.occurred_at, sent.state, "
        "sent.amount_minor AS amount_known FROM "
        "(SELECT line_id, repeat, place, instruction_id, provider_reference AS reference, "
        "direction, kind, amount_minor, occurred_at FROM payouts.bill_line "
        "WHERE rail = %(rail)s AND day = %(day)s) AS line "
        f"FULL JOIN (SELECT instruction_id, amount_minor, sent_at, {_STATE} AS state "
        "FROM payouts.instruction WHERE rail = %(rail)s) AS sent "
        "ON sent.instruction_id = line.instruction_id CROSS JOIN "
        "(SELECT CASE WHEN previous_day IS NULL THEN '-infinity' "
        "ELSE day::timestamp AT TIME ZONE bill_zone END AS begins, "
        "(day + 1)::timestamp AT TIME ZONE bill_zone AS ends "
        "FROM payouts.bill JOIN payouts.rail USING (rail) "
        "WHERE bill.rail = %(rail)s AND bill.day = %(day)s) AS told "
        "WHERE CASE WHEN line.line_id IS NULL "
        f"THEN sent.sent_at >= told.begins AND sent.sent_at < told.ends "
        f"AND sent.state IN {_GIVEN_AWAY} "
        f"ELSE NOT COALESCE(line.repeat = 0 AND {_PAID} "
        "AND line.amount_minor = sent.amount_minor AND sent.state IN ('settled', 'returned') "
        "AND sent.sent_at >= told.begins "
        "AND line.instruction_id NOT IN (SELECT number FROM not_plain), false) END",
        values,
    )
    connection.execute("ANALYZE special_line")


def find_classes(connection: Connection, rail: str, day: date) -> None:
    """Give each special line its class (``classed_line``)."""
    connection.execute(
        "CREATE TEMP TABLE classed_line ON COMMIT DROP AS "  # noqa: S608 - fixed words
        "WITH earlier AS (SELECT line.instruction_id AS number, "
        "count(*) FILTER (WHERE line.direction = 'out' AND line.kind = 'transfer') AS paid, "
        "count(*) FILTER (WHERE line.direction = 'out' AND line.kind = 'transfer' "
        "AND odd.line_id IS NULL) AS proved, "
        "count(*) FILTER (WHERE line.direction = 'in' AND line.kind = 'return') AS returned "
        "FROM (SELECT DISTINCT number FROM special_line "
        "WHERE line_id IS NOT NULL AND state IS NOT NULL) AS asked "
        "JOIN payouts.bill_line AS line ON line.instruction_id = asked.number "
        "LEFT JOIN payouts.odd_line AS odd "
        "ON odd.rail = line.rail AND odd.line_id = line.line_id AND odd.repeat = line.repeat "
        "WHERE line.rail = %(rail)s AND line.day <> %(day)s AND line.repeat = 0 "
        "GROUP BY line.instruction_id), "
        "numbered AS (SELECT special.*, "
        "COALESCE(earlier.proved, 0) AS proved_before, "
        f"row_number() OVER (PARTITION BY special.number, direction, kind, repeat > 0 "
        f"ORDER BY place) + CASE WHEN {_PAID} THEN COALESCE(earlier.paid, 0) "
        "ELSE COALESCE(earlier.returned, 0) END AS nth "
        "FROM special_line AS special LEFT JOIN earlier ON earlier.number = special.number "
        "WHERE special.line_id IS NOT NULL), "
        "first AS (SELECT numbered.*, CASE "
        "WHEN repeat > 0 THEN 'repeated' "
        "WHEN direction = 'in' AND kind = 'top_up' THEN 'top_up' "
        "WHEN direction = 'out' AND kind = 'fee' THEN 'fee' "
        f"WHEN state IS NULL OR NOT (({_PAID}) OR ({_BACK})) THEN 'unknown_to_us' "
        "WHEN nth > 1 THEN 'duplicate_at_provider' "
        "WHEN amount_minor <> amount_known THEN 'amount_differs' "
        f"WHEN state NOT IN {_GIVEN_AWAY} THEN 'state_differs' "
        f"WHEN {_PAID} THEN 'matched' ELSE 'returned' END AS first_class FROM numbered) "
        "SELECT first.*, CASE WHEN first_class = 'returned' AND proved_before = 0 "
        "AND NOT bool_or(first_class = 'matched') OVER (PARTITION BY number ORDER BY place) "
        "THEN 'state_differs' ELSE first_class END AS class FROM first",
        {"rail": rail, "day": day},
    )


def top_ups(connection: Connection) -> list[tuple[str, int]]:
    """Money that came to the rail by this bill: number of the line and amount, in its order."""
    rows = connection.execute(
        "SELECT line_id, amount_minor FROM classed_line WHERE class = 'top_up' ORDER BY place"
    )
    return [(str(line_id), whole(amount)) for line_id, amount in rows]


def arrived(connection: Connection, rail: str) -> set[int]:
    """The releases that have arrived at a rail."""
    rows = connection.execute(
        "SELECT release_no FROM payouts.arrival WHERE rail = %(rail)s", {"rail": rail}
    )
    return {whole(number) for (number,) in rows}


def no_release(connection: Connection, known: Sequence[str]) -> None:
    """Top-ups other than *known* have no release."""
    connection.execute(
        "UPDATE classed_line SET class = 'top_up_unreleased' "
        "WHERE class = 'top_up' AND line_id <> ALL(%(known)s)",
        {"known": list(known)},
    )


def insert_odd_lines(connection: Connection, rail: str, day: date) -> None:
    """Keep the class of every line that is not matched."""
    connection.execute(
        "INSERT INTO payouts.odd_line (rail, line_id, repeat, day, instruction_id, direction, "
        "amount_minor, class) SELECT %(rail)s, line_id, repeat, %(day)s, number, direction, "
        "amount_minor, class FROM classed_line WHERE class <> 'matched'",
        {"rail": rail, "day": day},
    )


def insert_arrivals(connection: Connection, rail: str, found: Mapping[str, int]) -> None:
    """Note which release each top-up (by its line) is."""
    connection.execute(
        "INSERT INTO payouts.arrival (release_no, rail, line_id) "
        "SELECT new.release_no, %(rail)s, new.line_id "
        "FROM unnest(%(releases)s::integer[], %(lines)s::text[]) AS new (release_no, line_id)",
        {"rail": rail, "releases": list(found.values()), "lines": list(found)},
    )


def note_awaited(connection: Connection, rail: str, day: date) -> None:
    """Note payments that this bill should tell of and does not, and those that it tells of late."""
    values = {"rail": rail, "day": day}
    connection.execute(
        "UPDATE payouts.awaited SET found_on = %(day)s FROM special_line AS line "
        "WHERE line.number = awaited.instruction_id AND awaited.rail = %(rail)s "
        "AND line.direction = 'out' AND line.repeat = 0 "
        "AND awaited.found_on IS NULL AND awaited.since < %(day)s",
        values,
    )
    connection.execute(
        "INSERT INTO payouts.awaited (instruction_id, rail, since) "
        "SELECT number, %(rail)s, %(day)s FROM special_line WHERE line_id IS NULL "
        "ORDER BY number",
        values,
    )


def insert_exceptions(connection: Connection, rail: str, day: date, now: datetime) -> None:
    """Note what a person has to explain about a bill's lines, and about its sum."""
    values = {"rail": rail, "day": day, "now": now}
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, line_id, "
        "amount_minor, day, found_at) SELECT "
        "CASE WHEN repeat = 0 THEN 'line:' || rail || ':' || line_id "
        "ELSE 'repeat:' || rail || ':' || line_id || ':' || repeat END, "
        "class, rail, instruction_id, line_id, amount_minor, day, %(now)s "
        "FROM payouts.odd_line WHERE rail = %(rail)s AND day = %(day)s "
        "AND class NOT IN ('returned', 'top_up', 'fee')",
        values,
    )
    connection.execute(
        "INSERT INTO payouts.exception (exception_id, kind, rail, amount_minor, day, found_at) "
        "SELECT 'bill:' || rail || ':' || day, 'does_not_add_up', rail, abs(gap_minor), day, "
        "%(now)s FROM payouts.bill "
        "WHERE rail = %(rail)s AND day = %(day)s AND gap_minor <> 0",
        values,
    )


def results(connection: Connection) -> list[Result]:
    """What the bill proves about instructions that do not say so yet."""
    rows = connection.execute(
        "SELECT number, reference, occurred_at, class FROM classed_line "  # noqa: S608 - fixed
        f"WHERE class = 'matched' AND state IN {_OPEN} "
        "OR class = 'returned' AND state <> 'returned' ORDER BY class, place"
    )
    return [
        _result(str(number), None if reference is None else str(reference), at, what == "matched")
        for number, reference, at, what in rows
    ]


def _result(number: str, reference: str | None, at: object, paid: bool) -> Result:  # noqa: FBT001
    answer: Settled | Returned
    if paid:
        answer = Settled(provider_reference=reference, settled_at=moment(at), raw=b"")
    else:
        answer = Returned(
            provider_reference=reference, returned_at=moment(at), code="returned", raw=b""
        )
    return Result(number=InstructionId(number), answer=answer, asked=False)


def totals(connection: Connection, rail: str, day: date) -> list[ClassTotal]:
    """Lines and sums of each class of a bill."""
    rows = connection.execute(
        "SELECT class, direction, lines, amount_minor FROM payouts.line_class "
        "WHERE rail = %(rail)s AND day = %(day)s ORDER BY class, direction",
        {"rail": rail, "day": day},
    )
    return [
        ClassTotal(
            what=LineClass(str(what)),
            direction=str(direction),
            lines=whole(lines),
            amount_minor=whole(amount),
        )
        for what, direction, lines, amount in rows
    ]
