"""The SQL of what is granted on top of the tariff."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from amends.awards.granting import Grant
from amends.store.columns import whole
from amends.store.connection import Connection

_OPEN = (
    "WITH waiting AS (SELECT grants.grant_no, grants.person_id, grants.amount_minor, "
    "ARRAY(SELECT grants.person_id UNION SELECT former.earlier_id FROM linkage.former AS former "
    "WHERE former.person_id = grants.person_id) AS ids "
    "FROM awards.grant_standing AS grants WHERE grants.award_index IS NULL) "
    "SELECT waiting.grant_no, waiting.person_id, waiting.amount_minor, "
    "EXISTS (SELECT FROM linkage.affected AS affected "
    "WHERE affected.person_id = waiting.person_id), "
    "EXISTS (SELECT FROM awards.award AS award WHERE award.person_id = ANY(waiting.ids)), "
    "ARRAY(SELECT owed.award_index FROM awards.owed AS owed "
    "WHERE owed.person_id = ANY(waiting.ids) ORDER BY owed.award_index) "
    "FROM waiting ORDER BY waiting.grant_no"
)


def insert_granted(
    connection: Connection,
    granted: Mapping[int, tuple[str, int]],
    *,
    currency: str,
    now: datetime,
) -> None:
    """Record grants: person and amount by number."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO awards.granted (grant_no, person_id, amount_minor, currency, granted_at) "
            "VALUES (%(no)s, %(person)s, %(amount)s, %(currency)s, %(now)s)",
            [
                {"no": no, "person": person, "amount": amount, "currency": currency, "now": now}
                for no, (person, amount) in sorted(granted.items())
            ],
        )


def waiting(connection: Connection) -> list[Grant]:
    """Grants that no award holds yet, by number; almost always there are none."""
    if connection.execute("SELECT FROM awards.granted LIMIT 1").fetchone() is None:
        return []
    return [
        Grant(
            grant_no=whole(number),
            person_id=str(person),
            amount_minor=whole(amount),
            affected=bool(affected),
            awarded=bool(awarded),
            standing=tuple(whole(index) for index in standing),
        )
        for number, person, amount, affected, awarded, standing in connection.execute(_OPEN)
        if isinstance(standing, list)
    ]


def granted_minor(connection: Connection) -> int:
    """All that was granted to people who are affected now, whether an award holds it or not."""
    row = connection.execute(
        "SELECT coalesce(sum(grants.amount_minor), 0)::bigint FROM awards.grant_standing AS grants "
        "WHERE EXISTS (SELECT FROM linkage.affected AS affected "
        "WHERE affected.person_id = grants.person_id)"
    ).fetchone()
    return whole(row[0]) if row else 0


def hold(connection: Connection, rows: Iterable[tuple[int, int, int]]) -> None:
    """Record which award holds a grant: grant, award, and the correction that raised it.

    Raises:
        psycopg.errors.UniqueViolation: an award holds one of them already.
    """
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO awards.granted_award (grant_no, award_index, correction_no) "
            "VALUES (%(no)s, %(award)s, %(correction)s)",
            [{"no": no, "award": award, "correction": by} for no, award, by in rows],
        )


def hold_from_first(connection: Connection, grants: Iterable[Grant]) -> None:
    """Record that the first awards of their people, which are there by now, hold these grants.

    Raises:
        psycopg.errors.UniqueViolation: an award holds one of them already.
    """
    connection.execute(
        "INSERT INTO awards.granted_award (grant_no, award_index) "
        "SELECT told.grant_no, award.award_index "
        "FROM unnest(%(numbers)s::integer[], %(people)s::text[]) AS told (grant_no, person_id) "
        "JOIN awards.award AS award ON award.person_id = told.person_id",
        {
            "numbers": [one.grant_no for one in grants],
            "people": [one.person_id for one in grants],
        },
    )
