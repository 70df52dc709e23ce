"""The SQL of moves, papers and statements: rows are added and read."""

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any

from psycopg.rows import dict_row

from amends.store.columns import whole
from amends.store.connection import Connection

Row = dict[str, Any]


def present(connection: Connection, person_id: str) -> Row | None:
    """The state that a person is in: situation, since, state, reason, kind, details."""
    by_row = (
        "SELECT present.situation, present.since, present.state, present.reason, present.kind, "
        "payee.sealed FROM payees.present_by_row AS present "
        "JOIN payees.payee AS payee ON payee.person_id = present.person_id "
        "WHERE present.person_id = %(person)s"
    )
    in_a_page = (
        "SELECT 'adult' AS situation, (settled_at AT TIME ZONE 'UTC')::date AS since, "
        "'payable' AS state, NULL AS reason, 'self' AS kind, NULL AS sealed "
        "FROM payees.page_of(%(person)s)"
    )
    values = {"person": person_id}
    found = _rows(connection, by_row, values) or _rows(connection, in_a_page, values)
    return found[0] if found else None


def changes(connection: Connection) -> int:
    """How often payees changed: as long as it is the same, so are :func:`counts`."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM payees.change) + (SELECT count(*) FROM payees.move)"
    ).fetchone()
    return whole(row[0]) if row else 0


def counts(connection: Connection) -> dict[str, int]:
    """How many people are in each state: what ``payees.present`` says, without a row for each.

    Rows are counted as the files tell, then who has moved goes from there to where they are now.
    Who stands in a page and has no row is an adult; those with a row in a page are payable without
    details of their own.
    """
    rows = connection.execute(_COUNTS)
    return {str(situation): whole(number) for situation, number in rows}


_COUNTS = """
    WITH latest AS (
        SELECT DISTINCT ON (person_id) person_id, target FROM payees.move
        ORDER BY person_id, move_no DESC
    )
    SELECT situation, sum(people) FROM (
        SELECT situation, count(*) AS people FROM payees.payee GROUP BY situation
        UNION ALL
        SELECT 'adult', sum(people) FROM payees.page
        UNION ALL
        SELECT 'adult', -count(*) FROM payees.payee WHERE state = 'payable' AND sealed IS NULL
        UNION ALL
        SELECT payee.situation, -1 FROM latest JOIN payees.payee USING (person_id)
        UNION ALL
        SELECT latest.target, 1 FROM latest JOIN payees.payee USING (person_id)
    ) AS counted
    GROUP BY situation HAVING sum(people) <> 0 ORDER BY situation
"""


def listed(
    connection: Connection,
    situation: str,
    most: int,
    *,
    waiting: bool = False,
    after: tuple[date, str] | None = None,
) -> list[Row]:
    """The people in a state, longest first; with *waiting*, whom no rail pays in it.

    *after*: only those behind this day and id.
    """
    return _rows(
        connection,
        _LISTED,
        {
            "situation": situation,
            "most": most,
            "waiting": waiting,
            "day": after[0] if after else date.min,
            "after": after[1] if after else "",
        },
    )


_LISTED = """
    SELECT person_id, situation, since, state, reason, kind FROM (
        (
            SELECT person_id, situation, state, reason, kind,
                (settled_at AT TIME ZONE 'UTC')::date AS since
            FROM payees.payee
            WHERE situation = %(situation)s
                AND ((settled_at AT TIME ZONE 'UTC')::date, person_id COLLATE "C")
                    > (%(day)s, %(after)s)
                AND (state = 'needs_person' OR NOT %(waiting)s)
                AND NOT EXISTS (SELECT FROM payees.move WHERE move.person_id = payee.person_id)
            ORDER BY since, person_id COLLATE "C" LIMIT %(most)s
        )
        UNION ALL
        SELECT person_id, situation, state, reason, kind, since FROM payees.present_by_row
        WHERE situation = %(situation)s AND (state = 'needs_person' OR NOT %(waiting)s)
            AND (since, person_id COLLATE "C") > (%(day)s, %(after)s)
            AND person_id IN (SELECT move.person_id FROM payees.move WHERE target = %(situation)s)
    ) AS found
    ORDER BY since, person_id COLLATE "C" LIMIT %(most)s
"""
"""Who was put there by the files and never moved, by an index; and who has moved there."""


def adults(connection: Connection, most: int, *, after: str = "") -> list[Row]:
    """Adults by id, those behind one: of millions no more pages are read than are shown."""
    found = _rows(connection, _ADULTS_BY_ROW, {"after": after, "most": most})
    found += islice(_adults_in_pages(connection, after), most)
    return sorted(found, key=lambda row: str(row["person_id"]))[:most]


_ADULTS_BY_ROW = """
    SELECT present.person_id, present.situation, present.since, present.state, present.reason,
        present.kind
    FROM payees.present_by_row AS present
    WHERE
        present.person_id COLLATE "C" > %(after)s
        AND present.person_id IN (
            SELECT payee.person_id FROM payees.payee WHERE payee.situation = 'adult'
            UNION
            SELECT move.person_id FROM payees.move WHERE move.target = 'adult'
        )
        AND present.situation = 'adult'
    ORDER BY present.person_id COLLATE "C"
    LIMIT %(most)s
"""
_PAGES_AT_ONCE = 4


def _adults_in_pages(connection: Connection, after: str) -> Iterator[Row]:
    """Adults who stand in pages and have no row, by id, from the page on that holds *after*."""
    reached, holds = after, True
    while True:
        pages = _rows(
            connection,
            "SELECT first_id, (settled_at AT TIME ZONE 'UTC')::date AS since, ARRAY("
            'SELECT member FROM unnest(members) AS member WHERE member COLLATE "C" > %(after)s '
            "AND NOT EXISTS (SELECT FROM payees.payee WHERE payee.person_id = member)) AS members "
            "FROM payees.page WHERE first_id > %(reached)s OR (%(holds)s AND first_id = ("
            "SELECT max(first_id) FROM payees.page WHERE first_id <= %(reached)s)) "
            "ORDER BY first_id LIMIT %(most)s",
            {
                "after": after,
                "reached": reached,
                "holds": holds,
                "most": _PAGES_AT_ONCE,
            },
        )
        for page in pages:
            for member in sorted(page["members"]):
                yield {
                    "person_id": member,
                    "situation": "adult",
                    "since": page["since"],
                    "state": "payable",
                    "reason": None,
                    "kind": "self",
                }
        if len(pages) < _PAGES_AT_ONCE:
            return
        reached, holds = str(pages[-1]["first_id"]), False


def hand_payments(connection: Connection, person_id: str) -> list[Row]:
    """What was paid by hand for a person, in order."""
    return _rows(
        connection,
        "SELECT share_no, award_index, amount_minor, currency, paid_on, completes, "
        "receipt_sha256, entered_by FROM payees.hand_payment WHERE person_id = %(person)s "
        "ORDER BY payment_no",
        {"person": person_id},
    )


def is_receipt_used(connection: Connection, receipt_sha256: str) -> bool:
    """Whether a receipt has shown a payment already, of anybody."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM payees.hand_payment WHERE receipt_sha256 = %(receipt)s)",
        {"receipt": receipt_sha256},
    ).fetchone()
    return bool(row and row[0])


def lock_plans(connection: Connection) -> None:
    """Wait until no other transaction plans payments by a rail (docs/locking.md)."""
    connection.execute("SELECT pg_advisory_xact_lock(1886151022)")


def moves(connection: Connection, person_id: str) -> list[Row]:
    """A person's moves in order."""
    return _rows(
        connection,
        "SELECT move_no, origin, event, target, actor, basis, entered_by, happened_on, due_on, "
        "left_kind, left_sealed, sealed FROM payees.move WHERE person_id = %(person)s "
        "ORDER BY move_no",
        {"person": person_id},
    )


def evidence(connection: Connection, person_id: str) -> list[Row]:
    """The papers that were seen for a person."""
    return _rows(
        connection,
        "SELECT evidence_no, kind, result, seen_by, seen_on, expires_on, image_sha256, "
        "image_destroyed_on FROM payees.evidence WHERE person_id = %(person)s "
        "ORDER BY evidence_no",
        {"person": person_id},
    )


def statements(connection: Connection, person_id: str) -> list[Row]:
    """What was stated for a person, without the words."""
    return _rows(
        connection,
        "SELECT statement_no, kind, stated_on, taken_by FROM payees.statement "
        "WHERE person_id = %(person)s ORDER BY statement_no",
        {"person": person_id},
    )


def doubts(connection: Connection, person_id: str | None, most: int) -> list[Row]:
    """Open doubts, of a person or of all."""
    return _rows(
        connection,
        "SELECT doubt, person_id, file, path, row_no FROM payees.open_doubt "
        "WHERE %(person)s::text IS NULL OR person_id = %(person)s "
        "ORDER BY doubt, person_id, path, row_no LIMIT %(most)s",
        {"person": person_id, "most": most},
    )


def add(connection: Connection, table: str, values: Mapping[str, object]) -> None:
    """Add a row to a table of the room that grows only."""
    assert table in {"move", "evidence", "statement", "doubt", "hand_payment"}  # noqa: S101 - never from outside
    columns = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    statement = f"INSERT INTO payees.{table} ({columns}) VALUES ({places})"  # noqa: S608
    connection.execute(statement.encode(), dict(values))


def put(connection: Connection, person_id: str, values: Mapping[str, object]) -> None:
    """Say who receives now: state, reason, kind, sealed, details_mark."""
    connection.execute(
        "UPDATE payees.payee SET state = %(state)s, reason = %(reason)s, kind = %(kind)s, "
        "sealed = %(sealed)s, details_mark = %(details_mark)s WHERE person_id = %(person)s",
        {**values, "person": person_id},
    )


def is_heir_seen(connection: Connection, person_id: str, heir_id: str) -> bool:
    """Whether the doubt that this heir of *person_id* is affected too was raised before."""
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM payees.doubt WHERE doubt = 'heir_is_affected' "
        "AND person_id = %(heir)s AND path = %(person)s)",
        {"heir": heir_id, "person": person_id},
    ).fetchone()
    return bool(row and row[0])


def _rows(connection: Connection, statement: str, values: Mapping[str, object]) -> list[Row]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), dict(values)).fetchall()
