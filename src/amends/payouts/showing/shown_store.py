"""The SQL of what operators are shown of payments: the funnel, one payment with its traces."""

from datetime import date, datetime
from typing import Final

from amends.payouts.showing.list_store import COLUMNS
from amends.payouts.showing.listed import ExceptionRow, PaymentRow, Trace
from amends.store.asking import Asking, Waiting, finished
from amends.store.columns import moment, octets, whole
from amends.store.connection import Connection


def by_state(connection: Connection) -> list[tuple[str, str, int, int]]:
    """By rail and state: how many payments, and their sum in minor units. It reads them all."""
    rows = connection.execute(
        "SELECT rail, state, count(*), sum(amount_minor) FROM payouts.instruction "
        "GROUP BY rail, state ORDER BY rail, state"
    )
    return [(str(rail), str(state), whole(count), whole(sum_)) for rail, state, count, sum_ in rows]


def by_hour(connection: Connection) -> list[tuple[datetime, int, int]]:
    """How many payments were sent, and how many settled, by hour. It reads them all."""
    rows = connection.execute(
        "SELECT hour, sum(sent), sum(settled) FROM ("
        "SELECT date_trunc('hour', sent_at) AS hour, count(*) AS sent, 0 AS settled "
        "FROM payouts.instruction WHERE sent_at IS NOT NULL GROUP BY hour "
        "UNION ALL SELECT CASE WHEN date_trunc('hour', settled_from) "
        "= date_trunc('hour', settled_to) THEN date_trunc('hour', settled_from) "
        "ELSE date_trunc('hour', settled_at) END, 0, count(*) "
        "FROM payouts.instruction WHERE settled_from IS NOT NULL GROUP BY 1) AS each "
        "GROUP BY hour ORDER BY hour"
    )
    return [(moment(hour), whole(sent), whole(settled)) for hour, sent, settled in rows]


def reasons(connection: Connection) -> list[tuple[str, str, int]]:
    """Of those that somebody has to look at: state, reason, how many."""
    rows = connection.execute(
        "SELECT attention.state, COALESCE(instruction.reason, ''), count(*) "
        "FROM payouts.attention JOIN payouts.instruction USING (award_index, generation) "
        "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2"
    )
    return [(str(state), str(reason), whole(count)) for state, reason, count in rows]


_PAYMENT: Final = (
    f"SELECT {COLUMNS} FROM payouts.instruction "  # noqa: S608 -- our own columns
    "WHERE instruction_id = %(number)s"
).encode()


async def payment_asked(asking: Asking, number: str) -> PaymentRow | None:
    """One payment by its number."""
    found = await asking.rows(_PAYMENT, {"number": number})
    return PaymentRow._make(found[0]) if found else None


def payment(connection: Connection, number: str) -> PaymentRow | None:
    """The same, in a transaction."""
    return finished(payment_asked(Waiting(connection), number))


def of_award(connection: Connection, award_index: int) -> list[PaymentRow]:
    """Every payment of an award, in order."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM payouts.instruction "  # noqa: S608 -- our own columns
        "WHERE award_index = %(index)s ORDER BY generation".encode(),
        {"index": award_index},
    ).fetchall()
    return list(map(PaymentRow._make, rows))


def award(connection: Connection, award_index: int) -> tuple[str, int, int, datetime] | None:
    """Whose an award is, its class, its amount in minor units, and since when."""
    row = connection.execute(
        "SELECT person_id, class, amount_minor, awarded_at FROM awards.award "
        "WHERE award_index = %(index)s",
        {"index": award_index},
    ).fetchone()
    return None if row is None else (str(row[0]), whole(row[1]), whole(row[2]), moment(row[3]))


def plan_of(connection: Connection, number: str) -> tuple[int, datetime, datetime | None] | None:
    """The plan of a payment: number, when it was made, when two people had approved it."""
    row = connection.execute(
        "SELECT plan.plan_no, plan.planned_at, plan.approved_at FROM payouts.instruction "
        "JOIN payouts.chunk USING (chunk_no) JOIN payouts.plan USING (plan_no) "
        "WHERE instruction_id = %(number)s",
        {"number": number},
    ).fetchone()
    if row is None:
        return None
    return whole(row[0]), moment(row[1]), None if row[2] is None else moment(row[2])


def traces(connection: Connection, number: str) -> list[Trace]:
    """What came in about a payment: answers, callbacks, odd lines of bills, exceptions; by time.

    A line that matches is what settled the payment; looking for it would read every bill.
    """
    rows = connection.execute(
        "SELECT received_at, kind, outcome || COALESCE(' ' || code, ''), answer_sha256 "
        "FROM payouts.answer WHERE instruction_id = %(number)s "
        "UNION ALL SELECT received_at, 'callback', '', callback_sha256 "
        "FROM payouts.callback WHERE instruction_id = %(number)s "
        "UNION ALL SELECT occurred_at, 'bill_line', class || ' ' || direction, "
        "convert_to(line_id, 'UTF8') FROM payouts.odd_line WHERE instruction_id = %(number)s "
        "UNION ALL SELECT found_at, 'exception', kind, convert_to(exception_id, 'UTF8') "
        "FROM payouts.exception WHERE instruction_id = %(number)s "
        "ORDER BY 1, 2",
        {"number": number},
    )
    return [
        Trace(moment(at), str(kind), str(told), octets(digest)) for at, kind, told, digest in rows
    ]


def packs(connection: Connection, number: str) -> list[tuple[datetime, bytes, bytes]]:
    """What first came back to the chunk of a payment: when, the digest, sealed as one piece."""
    rows = connection.execute(
        "SELECT received_at, pack_sha256, sealed FROM payouts.answer_pack "
        "WHERE chunk_no = (SELECT chunk_no FROM payouts.payment WHERE instruction_id = %(number)s) "
        "ORDER BY received_at, pack_sha256",
        {"number": number},
    )
    return [(moment(at), octets(digest), octets(pack)) for at, digest, pack in rows]


def movements(connection: Connection, award_index: int, generation: int) -> dict[str, int]:
    """The transfers that moved the money of a payment, with how many payments each moved."""
    rows = connection.execute(
        "SELECT transfer_id, cardinality(awards) FROM payouts.movement "
        "WHERE %(index)s = ANY(awards) "
        "AND generations[array_position(awards, %(index)s)] = %(generation)s",
        {"index": award_index, "generation": generation},
    )
    return {str(name): whole(payments) for name, payments in rows}


def sealed(connection: Connection, number: str, digest: bytes) -> tuple[str, bytes] | None:
    """A raw message of its own about a payment: of what kind, sealed as received."""
    row = connection.execute(
        "SELECT 'answer', sealed FROM payouts.answer "
        "WHERE answer_sha256 = %(digest)s AND instruction_id = %(number)s "
        "UNION ALL SELECT 'callback', sealed FROM payouts.callback "
        "WHERE callback_sha256 = %(digest)s AND instruction_id = %(number)s",
        {"digest": digest, "number": number},
    ).fetchone()
    return None if row is None else (str(row[0]), octets(row[1]))


def exceptions(
    connection: Connection,
    *,
    kind: str,
    rail: str,
    cleared: bool,
    after: tuple[datetime, str] | None,
    most: int,
) -> list[ExceptionRow]:
    """Exceptions, oldest first."""
    rows = connection.execute(
        "SELECT exception_id, kind, rail, instruction_id, amount_minor, owner, found_at, "
        "cleared_at "
        "FROM payouts.exception WHERE (cleared_at IS NOT NULL) = %(cleared)s "
        "AND (%(kind)s = '' OR kind = %(kind)s) AND (%(rail)s = '' OR rail = %(rail)s) "
        "AND (%(at)s::timestamptz IS NULL OR (found_at, exception_id) > (%(at)s, %(id)s)) "
        "ORDER BY found_at, exception_id LIMIT %(most)s",
        {
            "kind": kind,
            "rail": rail,
            "cleared": cleared,
            "at": None if after is None else after[0],
            "id": "" if after is None else after[1],
            "most": most,
        },
    )
    return [
        ExceptionRow(
            exception_id=str(name),
            kind=str(what),
            rail=str(where),
            number=None if number is None else str(number),
            amount_minor=whole(amount),
            owner=None if owner is None else str(owner),
            found_at=moment(found),
            cleared_at=None if done is None else moment(done),
        )
        for name, what, where, number, amount, owner, found, done in rows
    ]


def bills(
    connection: Connection,
    *,
    rail: str = "",
    after: tuple[date, str] | None = None,
    most: int | None = None,
) -> list[tuple[str, str, int, int, int, datetime]]:
    """Statements in hand, newest first: rail, day, opening, closing, lines, imported.

    *rail*: of one rail alone; *after*: only those behind a day and rail; *most*: only so many.
    """
    rows = connection.execute(
        "SELECT rail, day, opening_minor, closing_minor, lines, imported_at FROM payouts.bill "
        "WHERE (%(rail)s = '' OR rail = %(rail)s) AND (%(day)s::date IS NULL "
        "OR day < %(day)s OR (day = %(day)s AND rail > %(behind)s)) "
        "ORDER BY day DESC, rail LIMIT %(most)s",
        {
            "rail": rail,
            "day": after[0] if after else None,
            "behind": after[1] if after else None,
            "most": most,
        },
    )
    return [
        (str(rail), str(day), whole(opening), whole(closing), whole(lines), moment(at))
        for rail, day, opening, closing, lines, at in rows
    ]
