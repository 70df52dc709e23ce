"""The SQL that finds the class of every line of a bill, and what the bill does not tell of.

One join of the bill's lines with the instructions of its rail finds what is not plainly a payment
of ours: a line that is odd in any way, and a payment that was given away and is not there. Only
those are looked at further, in order. No row comes to Python but results and top-ups.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from amends.kernel.ids import InstructionId
from amends.payouts.model import ClassTotal, LineClass
from amends.payouts.rails.model import LineKind, Returned, Settled
from amends.payouts.reconciling.bill_packs import KINDS
from amends.payouts.sending.record import Result
from amends.store.columns import moment, whole
from amends.store.connection import Connection

_STATE = (
    "CASE WHEN state <> 'superseded' THEN state "
    "WHEN returned_at IS NOT NULL THEN 'returned' ELSE 'refused' END"
)
_GIVEN_AWAY = "('sending', 'unknown', 'accepted', 'settled', 'returned')"
_OPEN = "('sending', 'unknown', 'accepted')"
_PAID = "moved_minor < 0 AND kind = 'transfer'"
_BACK = "moved_minor > 0 AND kind = 'return'"
_DIRECTION = "CASE WHEN moved_minor > 0 THEN 'in' ELSE 'out' END"
_KIND: Final = (
    "CASE kind "
    + " ".join(f"WHEN '{letter}' THEN '{kind}'" for kind, letter in KINDS.items())
    + " END"
)
_PAYMENT: Final = KINDS[LineKind.TRANSFER]
_PLACES: Final = "generate_series(first_place, first_place + lines - 1) AS place"


def find_special(
    connection: Connection,
    rail: str,
    day: date,
    *,
    first: bool,
    again: Sequence[int],
) -> None:
    """Put aside (``special_line``) what is not plainly a payment of this bill.

    *first*: no bill of this rail is in. *again*: places of lines that stand there several times, or
    whose payments do. A payment that was sent on an earlier day, or of which an earlier bill told
    something odd, is not plain; nor is a line that an earlier bill had. Rows without a ``line_id``
    are payments that were given away since the bill before and are not in this one.
    """
    values = {"rail": rail, "day": day, "first": first}
    # The planner knows nothing of rows that this transaction brought: loops would take for ever.
    connection.execute("SET LOCAL enable_nestloop = off")
    connection.execute("SET LOCAL enable_mergejoin = off")
    connection.execute(
        "CREATE TEMP TABLE not_plain ON COMMIT DROP AS SELECT DISTINCT instruction_id AS number "
        "FROM payouts.odd_line WHERE rail = %(rail)s AND instruction_id IS NOT NULL",
        values,
    )
    connection.execute("ANALYZE not_plain")
    _find_again(connection, rail, day, again)
    connection.execute(
        "CREATE TEMP TABLE special_place ON COMMIT DROP AS "  # noqa: S608 - fixed words
        "SELECT line.place, sent.instruction_id FROM "
        f"(SELECT {_PLACES}, unnest(numbers) AS number, unnest(kinds) AS kind, "
        "unnest(moved_minor) AS moved_minor FROM payouts.line_pack "
        "WHERE rail = %(rail)s AND day = %(day)s) AS line FULL JOIN "
        "(SELECT instruction_id, chunk_no, amount_minor, state, sent_at, returned_at "
        "FROM payouts.instruction WHERE rail = %(rail)s) AS sent "
        "ON sent.instruction_id = line.number CROSS JOIN "
        "(SELECT CASE WHEN %(first)s THEN '-infinity' "
        "ELSE %(day)s::date::timestamp AT TIME ZONE bill_zone END AS begins, "
        "(%(day)s::date + 1)::timestamp AT TIME ZONE bill_zone AS ends "
        "FROM payouts.rail WHERE rail = %(rail)s) AS told WHERE CASE WHEN line.place IS NULL "
        "THEN sent.state IN "
        "('sending', 'unknown', 'accepted', 'settled', 'returned', 'superseded') "
        "AND sent.sent_at >= told.begins AND sent.sent_at < told.ends "
        f"ELSE NOT COALESCE(line.kind = '{_PAYMENT}' AND -line.moved_minor = sent.amount_minor "
        "AND (sent.state IN ('settled', 'returned') OR sent.state = 'superseded' "
        "AND sent.returned_at IS NOT NULL) AND sent.sent_at >= told.begins "
        "AND line.place NOT IN (SELECT place FROM place_again) "
        "AND line.number NOT IN (SELECT number FROM not_plain), false) END",
        values,
    )
    # Of these it knows how many there are: nearly always few, each looked up by its number.
    connection.execute("ANALYZE special_place")
    connection.execute("SET LOCAL enable_nestloop = on")
    connection.execute(
        "CREATE TEMP TABLE special_line ON COMMIT DROP AS "  # noqa: S608 - fixed words
        "SELECT line.line_id, special.place, COALESCE(NULLIF(line.number, ''), "
        "special.instruction_id) AS number, line.provider_reference AS reference, "
        f"{_KIND} AS kind, line.moved_minor, line.balance_minor, line.occurred_at, sent.state, "
        "sent.amount_minor AS amount_known FROM special_place AS special "
        "LEFT JOIN payouts.lines_at(%(rail)s, %(day)s, "
        "ARRAY(SELECT place FROM special_place WHERE place IS NOT NULL)) AS line "
        f"ON line.place = special.place LEFT JOIN (SELECT instruction_id, amount_minor, sent_at, "
        f"{_STATE} AS state FROM payouts.instruction WHERE instruction_id IN "
        "(SELECT instruction_id FROM special_place)) AS sent "
        "ON sent.instruction_id = special.instruction_id CROSS JOIN "
        "(SELECT CASE WHEN %(first)s THEN '-infinity' "
        "ELSE %(day)s::date::timestamp AT TIME ZONE bill_zone END AS begins, "
        "(%(day)s::date + 1)::timestamp AT TIME ZONE bill_zone AS ends "
        "FROM payouts.rail WHERE rail = %(rail)s) AS told WHERE special.place IS NOT NULL "
        "OR sent.sent_at >= told.begins AND sent.sent_at < told.ends "
        f"AND sent.state IN {_GIVEN_AWAY}",
        values,
    )
    connection.execute("SET LOCAL enable_nestloop = off")
    connection.execute("ANALYZE special_line")


def _find_again(connection: Connection, rail: str, day: date, again: Sequence[int]) -> None:
    """Put aside what earlier bills had under numbers of lines of this one, and all of *again*.

    ``line_again``: number, payment and amount, and how often that was there.

    Packs say between which numbers theirs stand: providers count up, so that hardly one of an
    earlier bill is looked into. ``place_again``: where those lines stand in this bill.
    """
    values = {"rail": rail, "day": day, "again": list(again)}
    connection.execute(
        "CREATE TEMP TABLE line_again "
        "(line_id text, number text, moved_minor bigint, times bigint) ON COMMIT DROP"
    )
    connection.execute(
        "CREATE TEMP TABLE place_again ON COMMIT DROP AS "
        "SELECT unnest(%(again)s::integer[]) AS place",
        values,
    )
    connection.execute(
        "CREATE TEMP TABLE near_pack ON COMMIT DROP AS "
        "SELECT old.day, old.first_place AS former, new.first_place FROM payouts.line_pack AS old "
        "JOIN payouts.line_pack AS new ON new.rail = old.rail AND new.day = %(day)s "
        "AND new.lowest_line <= old.highest_line AND new.highest_line >= old.lowest_line "
        "WHERE old.rail = %(rail)s AND old.day <> %(day)s",
        values,
    )
    if connection.execute("SELECT EXISTS (SELECT FROM near_pack)").fetchone() == (False,):
        return
    near = (
        f"(SELECT {_PLACES}, unnest(line_ids) AS line_id FROM payouts.line_pack "  # noqa: S608
        "WHERE rail = %(rail)s AND day = %(day)s "
        "AND first_place IN (SELECT first_place FROM near_pack)) AS new"
    )
    connection.execute(
        "INSERT INTO line_again (line_id, number, moved_minor, times) "  # noqa: S608
        "SELECT told.line_id, told.number, told.moved_minor, count(*) FROM "
        f"(SELECT day, array_agg(place) AS places FROM (SELECT day, {_PLACES}, "
        "unnest(line_ids) AS line_id FROM payouts.line_pack WHERE rail = %(rail)s "
        "AND (day, first_place) IN (SELECT day, former FROM near_pack)) AS line "
        f"WHERE line_id IN (SELECT line_id FROM {near}) GROUP BY day) AS old "
        "CROSS JOIN LATERAL payouts.lines_at(%(rail)s, old.day, old.places) AS told "
        "GROUP BY told.line_id, told.number, told.moved_minor",
        values,
    )
    connection.execute(
        f"INSERT INTO place_again (place) SELECT place FROM {near} "  # noqa: S608 - fixed words
        "WHERE line_id IN (SELECT line_id FROM line_again)",
        values,
    )


def find_classes(connection: Connection, rail: str, day: date) -> None:
    """Give each special line its class (``classed_line``).

    A line is repeated where one stood before it under its number, of the same payment and amount.
    Another one under that number is a line of its own: ``repeat`` says the how-manieth.
    """
    _find_earlier(connection, rail, day)
    connection.execute(
        "CREATE TEMP TABLE classed_line ON COMMIT DROP AS "  # noqa: S608 - fixed words
        "WITH known AS (SELECT line_id, sum(times)::bigint AS times FROM line_again "
        "GROUP BY line_id), "
        "counted AS (SELECT special.*, row_number() OVER (PARTITION BY special.line_id "
        "ORDER BY place) - 1 + COALESCE(known.times, 0) AS repeat, "
        "same.line_id IS NOT NULL OR row_number() OVER (PARTITION BY special.line_id, "
        "special.number, special.moved_minor ORDER BY place) > 1 AS again "
        "FROM special_line AS special "
        "LEFT JOIN known ON known.line_id = special.line_id "
        "LEFT JOIN line_again AS same ON same.line_id = special.line_id "
        "AND same.number = COALESCE(special.number, '') AND same.moved_minor = special.moved_minor "
        "WHERE special.line_id IS NOT NULL), "
        "numbered AS (SELECT counted.*, COALESCE(earlier.proved, 0) AS proved_before, "
        f"row_number() OVER (PARTITION BY counted.number, moved_minor > 0, kind, again "
        f"ORDER BY place) + CASE WHEN {_PAID} THEN COALESCE(earlier.paid, 0) "
        "ELSE COALESCE(earlier.returned, 0) END AS nth "
        "FROM counted LEFT JOIN earlier_line AS earlier ON earlier.number = counted.number), "
        "first AS (SELECT numbered.*, CASE "
        "WHEN again THEN 'repeated' "
        "WHEN moved_minor > 0 AND kind = 'top_up' THEN 'top_up' "
        "WHEN moved_minor < 0 AND kind = 'fee' THEN 'fee' "
        f"WHEN state IS NULL OR NOT (({_PAID}) OR ({_BACK})) THEN 'unknown_to_us' "
        "WHEN nth > 1 THEN 'duplicate_at_provider' "
        "WHEN abs(moved_minor) <> amount_known THEN 'amount_differs' "
        f"WHEN state NOT IN {_GIVEN_AWAY} THEN 'state_differs' "
        f"WHEN {_PAID} THEN 'matched' ELSE 'returned' END AS first_class FROM numbered) "
        "SELECT first.*, CASE WHEN first_class = 'returned' AND proved_before = 0 "
        "AND NOT bool_or(first_class = 'matched') OVER (PARTITION BY number ORDER BY place) "
        "THEN 'state_differs' ELSE first_class END AS class FROM first",
        {"rail": rail, "day": day},
    )


def _find_earlier(connection: Connection, rail: str, day: date) -> None:
    """Put aside (``earlier_line``) what earlier bills told of payments that are special now.

    What was odd has a row; what was matched is looked for in the packs that may have it.
    """
    values = {"rail": rail, "day": day}
    connection.execute(
        "CREATE TEMP TABLE asked_number ON COMMIT DROP AS SELECT DISTINCT number "
        "FROM special_line WHERE line_id IS NOT NULL AND state IS NOT NULL"
    )
    connection.execute(
        "CREATE TEMP TABLE earlier_line ON COMMIT DROP AS "  # noqa: S608 - fixed words
        f"SELECT number, count(*) FILTER (WHERE {_PAID}) AS paid, "
        f"count(*) FILTER (WHERE {_PAID} AND NOT odd) AS proved, "
        f"count(*) FILTER (WHERE {_BACK}) AS returned FROM ("
        "SELECT instruction_id AS number, kind, CASE direction WHEN 'in' THEN 1 ELSE -1 END "
        "AS moved_minor, true AS odd FROM payouts.odd_line WHERE rail = %(rail)s "
        "AND day <> %(day)s AND class <> 'repeated' "
        "AND instruction_id IN (SELECT number FROM asked_number) "
        "UNION ALL SELECT number, 'transfer', -1, false FROM "
        f"(SELECT day, {_PLACES}, unnest(numbers) AS number FROM payouts.line_pack AS pack "
        "WHERE rail = %(rail)s AND day <> %(day)s AND EXISTS (SELECT FROM asked_number AS asked "
        "WHERE asked.number BETWEEN pack.lowest_number AND pack.highest_number)) AS line "
        "WHERE number IN (SELECT number FROM asked_number) AND NOT EXISTS "
        "(SELECT FROM payouts.odd_line AS odd WHERE odd.rail = %(rail)s AND odd.day = line.day "
        "AND odd.place = line.place)) AS told GROUP BY number",
        values,
    )


def sums_repeated(connection: Connection) -> int:
    """What lines that stand there once more would have moved: in minus out."""
    row = connection.execute(
        "SELECT COALESCE(sum(moved_minor), 0) FROM classed_line WHERE class = 'repeated'"
    ).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def top_ups(connection: Connection) -> list[tuple[int, int]]:
    """Money that came to the rail by this bill: place of the line and amount, in its order."""
    rows = connection.execute(
        "SELECT place, moved_minor FROM classed_line WHERE class = 'top_up' ORDER BY place"
    )
    return [(whole(place), whole(amount)) for place, amount in rows]


def arrived(connection: Connection, rail: str) -> set[int]:
    """The releases that have arrived at a rail."""
    rows = connection.execute(
        "SELECT release_no FROM payouts.arrival WHERE rail = %(rail)s", {"rail": rail}
    )
    return {whole(number) for (number,) in rows}


def no_release(connection: Connection, known: Sequence[int]) -> None:
    """Top-ups at other places than *known* have no release."""
    connection.execute(
        "UPDATE classed_line SET class = 'top_up_unreleased' "
        "WHERE class = 'top_up' AND place <> ALL(%(known)s::integer[])",
        {"known": list(known)},
    )


def insert_odd_lines(connection: Connection, rail: str, day: date) -> None:
    """Keep the class of every line that is not matched."""
    connection.execute(
        "INSERT INTO payouts.odd_line (rail, line_id, repeat, day, place, instruction_id, "  # noqa: S608
        "provider_reference, direction, kind, amount_minor, balance_after_minor, occurred_at, "
        "class) SELECT %(rail)s, line_id, repeat, %(day)s, place, number, reference, "
        f"{_DIRECTION}, kind, abs(moved_minor), balance_minor, occurred_at, class "
        "FROM classed_line WHERE class <> 'matched'",
        {"rail": rail, "day": day},
    )


def insert_arrivals(connection: Connection, rail: str, found: Mapping[int, int]) -> None:
    """Note which release each top-up (by its place) is."""
    connection.execute(
        "INSERT INTO payouts.arrival (release_no, rail, line_id, repeat) "
        "SELECT new.release_no, %(rail)s, line.line_id, line.repeat "
        "FROM unnest(%(releases)s::integer[], %(places)s::integer[]) AS new (release_no, place) "
        "INNER JOIN classed_line AS line ON line.place = new.place",
        {"rail": rail, "releases": list(found.values()), "places": list(found)},
    )


def note_awaited(connection: Connection, rail: str, day: date) -> None:
    """Note payments that this bill should tell of and does not, and those that it tells of late."""
    values = {"rail": rail, "day": day}
    connection.execute(
        "UPDATE payouts.awaited SET found_on = %(day)s FROM classed_line AS line "
        "WHERE line.number = awaited.instruction_id AND awaited.rail = %(rail)s "
        "AND line.moved_minor < 0 AND line.class <> 'repeated' "
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
    return Result(number=InstructionId(number), answer=answer)


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
