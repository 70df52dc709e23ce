"""The SQL of awards. Millions of rows go in and out by COPY."""

import io

import polars as pl

from amends.kernel.money import Money
from amends.store.connection import Connection

_SLICE = 100_000
_COLUMNS = "award_index, person_id, class, amount_minor, currency, tranche, awarded_at"


def people_waiting(connection: Connection) -> int | None:
    """How many people wait for a clerical decision; None when nothing is determined yet."""
    row = connection.execute(
        "SELECT coalesce((counts->>'waiting')::bigint, 0) FROM linkage.run "
        "ORDER BY run_no DESC LIMIT 1"
    ).fetchone()
    return None if row is None else int(str(row[0]))


_HOLDERS = (
    "SELECT person_id FROM awards.award "
    "UNION SELECT former.person_id FROM linkage.former AS former "
    "JOIN awards.award AS award ON award.person_id = former.earlier_id"
)
"""Who has an award, under the present id or under one that was found to be the same person's."""


def new_people(connection: Connection) -> pl.DataFrame:
    """person_id and tranche of the affected people who have no award, by person_id."""
    statement = (
        "COPY (SELECT affected.person_id, affected.tranche FROM linkage.affected AS affected "  # noqa: S608 -- our own words
        f"WHERE NOT EXISTS (SELECT 1 FROM ({_HOLDERS}) AS holder "
        "WHERE holder.person_id = affected.person_id) ORDER BY affected.person_id) "
        "TO STDOUT (FORMAT csv)"
    )
    schema = {"person_id": pl.String, "tranche": pl.Int32}
    buffer = io.BytesIO()
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=schema)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=schema)


def counts(connection: Connection) -> tuple[int, int, int]:
    """How many are determined, how many have an award, and how many of these have both."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM linkage.affected), (SELECT count(*) FROM awards.award), "  # noqa: S608 -- our own words
        f"(SELECT count(*) FROM ({_HOLDERS}) AS holder "
        "JOIN linkage.affected AS affected ON affected.person_id = holder.person_id)"
    ).fetchone()
    determined, awarded, both = (int(str(value)) for value in row or (0, 0, 0))
    return determined, awarded, both


def total_minor(connection: Connection) -> int:
    """The sum of all awards."""
    row = connection.execute(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM awards.award"
    ).fetchone()
    return int(str(row[0])) if row else 0


def insert_awards(connection: Connection, awards: pl.DataFrame) -> None:
    """Add awards: the columns of the table, in its order."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY awards.award ({_COLUMNS}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for part in awards.iter_slices(_SLICE):
            copy.write(part.write_csv(include_header=False))


def newest_round(connection: Connection) -> tuple[int, int, int]:
    """Number, next free award index and funding of the newest round; zeros before the first."""
    row = connection.execute(
        "SELECT round_no, first_index + people, funding_minor FROM awards.round "
        "ORDER BY round_no DESC LIMIT 1"
    ).fetchone()
    number, next_index, funding = (int(str(value)) for value in row or (0, 0, 0))
    return number, next_index, funding


def insert_round(connection: Connection, values: dict[str, object]) -> None:
    """Record a round: the columns of the table by name."""
    connection.execute(
        "INSERT INTO awards.round (round_no, first_index, people, total_minor, currency, "
        "funding_minor, people_sha256, awarded_at) VALUES (%(round_no)s, %(first_index)s, "
        "%(people)s, %(total_minor)s, %(currency)s, %(funding_minor)s, %(people_sha256)s, "
        "%(awarded_at)s)",
        values,
    )


def newest_restatement(connection: Connection) -> tuple[int, int, Money, Money] | None:
    """Number, people, amount per person and total of the promise as last restated."""
    row = connection.execute(
        "SELECT restatement_no, people, per_person_minor, total_minor, currency "
        "FROM awards.promise_restatement ORDER BY restatement_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, people, per_person, total = (int(str(value)) for value in row[:4])
    currency = str(row[4])
    return (
        number,
        people,
        Money(amount_minor=per_person, currency=currency),
        Money(amount_minor=total, currency=currency),
    )


def insert_restatement(connection: Connection, values: dict[str, object]) -> None:
    """Record a restatement: the columns of the table by name."""
    connection.execute(
        "INSERT INTO awards.promise_restatement (restatement_no, people, per_person_minor, "
        "total_minor, currency, restated_at) VALUES (%(restatement_no)s, %(people)s, "
        "%(per_person_minor)s, %(total_minor)s, %(currency)s, %(restated_at)s)",
        values,
    )
