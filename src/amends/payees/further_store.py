"""The SQL of further accounts and turns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from amends.store.columns import maybe_octets, octets, whole
from amends.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A further account as it is kept. ``entered_by``: None where a file names it."""

    person_id: str
    place: int
    account_kind: str
    mark: bytes
    sealed: bytes
    entered_by: str | None


def named(connection: Connection, people: Sequence[str] | None) -> list[Named]:
    """The further accounts of these people (None: of all), by person and place."""
    return _read(connection, "payees.further_named", people)


def untried(connection: Connection, people: Sequence[str]) -> list[Named]:
    """Those to which no payment has gone, of people who are paid in person."""
    there = _paid_in_person(connection, people)
    return [one for one in _read(connection, "payees.untried", people) if one.person_id in there]


def _paid_in_person(connection: Connection, people: Sequence[str]) -> set[str]:
    rows = connection.execute(
        "SELECT wanted FROM unnest(%(people)s::text[]) AS wanted "
        "CROSS JOIN LATERAL payees.standing_of(wanted) AS standing "
        "WHERE standing.state = 'payable' AND standing.kind = 'self'",
        {"people": list(people)},
    )
    return {str(person) for (person,) in rows}


def _read(connection: Connection, view: str, people: Sequence[str] | None) -> list[Named]:
    rows = connection.execute(
        "SELECT person_id, place, account_kind, mark, sealed, entered_by "  # noqa: S608 - our own words
        f"FROM {view} WHERE %(people)s::text[] IS NULL OR person_id = ANY(%(people)s) "
        "ORDER BY person_id, place, mark",
        {"people": None if people is None else list(people)},
    )
    return [
        Named(
            person_id=str(person),
            place=whole(place),
            account_kind=str(kind),
            mark=octets(mark),
            sealed=octets(sealed),
            entered_by=None if by is None else str(by),
        )
        for person, place, kind, mark, sealed, by in rows
    ]


def in_force(connection: Connection, person_id: str) -> bytes | None:
    """The mark of the account in force, of somebody with a row of their own."""
    row = connection.execute(
        "SELECT details_mark FROM payees.payee WHERE person_id = %(person)s",
        {"person": person_id},
    ).fetchone()
    return None if row is None else maybe_octets(row[0])


def turned(connection: Connection) -> set[tuple[str, bytes]]:
    """Accounts, by person and mark, that a turn has led to or away from."""
    rows = connection.execute(
        "SELECT person_id, mark FROM payees.turn UNION SELECT person_id, left_mark FROM payees.turn"
    )
    return {(str(person), octets(mark)) for person, mark in rows}


def add(connection: Connection, rows: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Add what is named or withdrawn."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO payees.further (person_id, change, place, account_kind, mark, sealed, "
            "entered_by, signature, occurred_at) VALUES (%(person_id)s, %(change)s, %(place)s, "
            "%(account_kind)s, %(mark)s, %(sealed)s, %(entered_by)s, %(signature)s, %(now)s)",
            [{**row, "now": now} for row in rows],
        )


def add_turn(connection: Connection, values: Mapping[str, object]) -> None:
    """Note which account came in force, after which payment."""
    connection.execute(
        "INSERT INTO payees.turn (person_id, after_number, left_mark, mark, occurred_at) "
        "VALUES (%(person_id)s, %(after_number)s, %(left_mark)s, %(mark)s, %(now)s)",
        dict(values),
    )
