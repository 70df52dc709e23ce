"""The SQL of closing: exceptions and their owners, closed days, the end of a case's books."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from psycopg.types.json import Jsonb

from amends.payouts.reconciling.closing_model import Apart, Difference, Found, Open, OpenDay
from amends.store.columns import calendar_day, maybe_day, maybe_moment, whole
from amends.store.connection import Connection

_FOUND = (
    "SELECT found.exception_id, found.kind, found.rail, found.day, found.instruction_id, "
    "found.amount_minor, found.owner, CASE WHEN odd.class = 'repeated' THEN NULL "
    "ELSE COALESCE(odd.direction, CASE WHEN bill.gap_minor > 0 THEN 'in' "
    "WHEN bill.gap_minor < 0 THEN 'out' END) END, "
    "CASE WHEN instruction.state <> 'superseded' THEN instruction.state "
    "WHEN instruction.returned_at IS NOT NULL THEN 'returned' "
    "WHEN instruction.state IS NOT NULL THEN 'refused' END, instruction.amount_minor, "
    "COALESCE(instruction.live, false), instruction.sent_at IS NOT NULL, "
    "(instruction.settled_at AT TIME ZONE rail.bill_zone)::date, odd.occurred_at "
    "FROM payouts.exception AS found LEFT JOIN payouts.rail AS rail ON rail.rail = found.rail "
    "LEFT JOIN payouts.odd_line AS odd ON odd.rail = found.rail "
    "AND odd.line_id = found.line_id AND odd.day = found.day AND odd.repeat "
    "= COALESCE(substring(found.exception_id FROM '^repeat:.*:([0-9]+)$')::integer, 0) "
    "LEFT JOIN payouts.bill ON bill.rail = found.rail AND bill.day = found.day "
    "AND found.kind = 'does_not_add_up' "
    "LEFT JOIN payouts.instruction ON instruction.instruction_id = found.instruction_id "
    "WHERE found.cleared_at IS NULL"
)


def exceptions(connection: Connection, exception_id: str | None = None) -> list[Found]:
    """What waits for a person, oldest first; or the one of this id."""
    rows = connection.execute(
        f"{_FOUND} AND (%(id)s::text IS NULL OR found.exception_id = %(id)s) "
        "ORDER BY found.day, found.rail, found.exception_id",
        {"id": exception_id},
    )
    return [
        Found(
            exception_id=str(row[0]),
            kind=str(row[1]),
            rail=str(row[2]),
            day=maybe_day(row[3]),
            number=None if row[4] is None else str(row[4]),
            amount_minor=whole(row[5]),
            owner=None if row[6] is None else str(row[6]),
            direction=None if row[7] is None else str(row[7]),
            state=None if row[8] is None else str(row[8]),
            payment_minor=None if row[9] is None else whole(row[9]),
            live=bool(row[10]),
            sent=bool(row[11]),
            settled_on=maybe_day(row[12]),
            at=maybe_moment(row[13]),
        )
        for row in rows
    ]


def closed_through(connection: Connection, rail: str) -> date | None:
    """The last day of a rail that is closed."""
    row = connection.execute(
        "SELECT max(day) FROM payouts.closed_day WHERE rail = %(rail)s", {"rail": rail}
    ).fetchone()
    return maybe_day(row[0]) if row else None


def set_owner(connection: Connection, exception_id: str, owner: str, now: datetime) -> None:
    """Somebody looks after an exception from now on."""
    connection.execute(
        "UPDATE payouts.exception SET owner = %(owner)s, owned_at = %(now)s "
        "WHERE exception_id = %(id)s AND cleared_at IS NULL",
        {"id": exception_id, "owner": owner, "now": now},
    )


def insert_explanation(connection: Connection, exception_id: str, what: str, now: datetime) -> None:
    """Note what an exception was; it waits for nobody any more."""
    values = {"id": exception_id, "what": what, "now": now}
    connection.execute(
        "INSERT INTO payouts.explanation (exception_id, what, explained_at) "
        "VALUES (%(id)s, %(what)s, %(now)s)",
        values,
    )
    connection.execute(
        "UPDATE payouts.exception SET cleared_at = %(now)s WHERE exception_id = %(id)s", values
    )


def open_days(connection: Connection) -> list[OpenDay]:
    """Days whose bill is in and which are not closed, by rail, in order."""
    rows = connection.execute(
        "SELECT bill.rail, bill.day, bill_zone, opening_minor, closing_minor, newest.closing, "
        "lines, (SELECT count(*) FROM payouts.exception AS found WHERE found.rail = bill.rail "
        "AND found.day <= bill.day AND found.cleared_at IS NULL AND found.owner IS NULL) "
        "FROM payouts.bill JOIN payouts.rail ON rail.rail = bill.rail "
        "JOIN (SELECT DISTINCT ON (rail) rail, closing_minor AS closing FROM payouts.bill "
        "ORDER BY rail, day DESC) AS newest ON newest.rail = bill.rail "
        "WHERE NOT EXISTS (SELECT FROM payouts.closed_day AS closed "
        "WHERE closed.rail = bill.rail AND closed.day = bill.day) ORDER BY bill.rail, bill.day"
    )
    return [
        OpenDay(
            rail=str(row[0]),
            day=calendar_day(row[1]),
            zone=str(row[2]),
            opening_minor=whole(row[3]),
            closing_minor=whole(row[4]),
            newest_minor=whole(row[5]),
            lines=whole(row[6]),
            unowned=whole(row[7]),
        )
        for row in rows
    ]


def insert_closed(
    connection: Connection,
    days: Sequence[OpenDay],
    books: Mapping[str, int],
    by: str,
    now: datetime,
) -> None:
    """Close days, in order. *books*: what each rail's account holds by the ledger now."""
    for one in days:
        connection.execute(
            "INSERT INTO payouts.closed_day (rail, day, opening_minor, moved_minor, "
            "closing_minor, books_minor, closed_by, closed_at) VALUES (%(rail)s, %(day)s, "
            "%(opening)s, %(moved)s, %(closing)s, %(books)s, %(by)s, %(now)s)",
            {
                "rail": one.rail,
                "day": one.day,
                "opening": one.opening_minor,
                "moved": one.closing_minor - one.opening_minor,
                "closing": one.closing_minor,
                "books": one.books_minor(books[one.rail]),
                "by": by,
                "now": now,
            },
        )


def rails(connection: Connection) -> list[Open]:
    """Every rail with what is open at it."""
    rows = connection.execute(
        "SELECT rail.rail, (SELECT max(day) FROM payouts.bill WHERE bill.rail = rail.rail), "
        "(SELECT count(*) FROM payouts.bill WHERE bill.rail = rail.rail AND NOT EXISTS "
        "(SELECT FROM payouts.closed_day AS closed WHERE closed.rail = bill.rail "
        "AND closed.day = bill.day)), (SELECT closing_minor FROM payouts.bill "
        "WHERE bill.rail = rail.rail ORDER BY day DESC LIMIT 1) FROM payouts.rail ORDER BY rail"
    )
    return [
        Open(
            rail=str(rail),
            newest=maybe_day(newest),
            days=whole(days),
            closing_minor=None if closing is None else whole(closing),
        )
        for rail, newest, days, closing in rows
    ]


def clearing(connection: Connection) -> dict[str, int]:
    """Accounts through which money only passes, and what each holds."""
    rows = connection.execute("SELECT account, amount_minor FROM payouts.clearing ORDER BY account")
    return {str(account): whole(amount) for account, amount in rows}


def short(connection: Connection) -> tuple[int, int, int]:
    """Payments that brought less, of awards not raised since: how many, how much, the first."""
    row = connection.execute(
        "SELECT count(*), COALESCE(sum(amount_minor), 0), COALESCE(min(award_index), 0) "
        "FROM payouts.short"
    ).fetchone()
    assert row is not None  # noqa: S101 - aggregates give a row
    return whole(row[0]), whole(row[1]), whole(row[2])


def instruction_classes(connection: Connection) -> dict[str, int]:
    """How many payments there are of each class."""
    rows = connection.execute(
        "SELECT class, count(*) FROM payouts.instruction_class GROUP BY class ORDER BY class"
    )
    return {str(name): whole(count) for name, count in rows}


def apart(connection: Connection) -> list[Apart]:
    """What bill, answers and books do not say alike of one payment, by kind."""
    # Rows that came today are not known to the planner: loops would take for ever.
    connection.execute("SET LOCAL enable_nestloop = off")
    rows = connection.execute(
        "SELECT kind, count(*), min(what) FROM payouts.apart GROUP BY kind ORDER BY kind"
    )
    return [
        Apart(what=Difference(str(kind)), count=whole(count), first=str(first))
        for kind, count, first in rows
    ]


def closed_figures(connection: Connection) -> tuple[int, dict[str, object]]:
    """How often the case's books were closed, and the figures of the last time."""
    row = connection.execute(
        "SELECT closed_no, figures FROM payouts.closed_case ORDER BY closed_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return 0, {}
    assert isinstance(row[1], dict)  # noqa: S101 - jsonb of an object
    return whole(row[0]), row[1]


def insert_closed_case(
    connection: Connection,
    number: int,
    approval: str,
    figures: Mapping[str, object],
    now: datetime,
) -> None:
    """Note that the case's books are closed."""
    connection.execute(
        "INSERT INTO payouts.closed_case (closed_no, approval, figures, closed_at) "
        "VALUES (%(no)s, %(approval)s, %(figures)s, %(now)s)",
        {"no": number, "approval": approval, "figures": Jsonb(dict(figures)), "now": now},
    )


def due_until(connection: Connection, late_days: int) -> dict[str, date]:
    """By rail, the last day of which a bill is wanted: money may come back for *late_days*."""
    rows = connection.execute(
        "SELECT rail, (max(greatest(last_sent_at, settled_to)) AT TIME ZONE max(bill_zone))::date "
        "+ %(late)s FROM payouts.instruction JOIN payouts.rail USING (rail) "
        "WHERE last_sent_at IS NOT NULL GROUP BY rail",
        {"late": late_days},
    )
    return {str(rail): calendar_day(day) for rail, day in rows}
