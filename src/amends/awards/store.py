"""The SQL of awards. Millions of rows go in and out by COPY."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import numpy as np
import polars as pl
from psycopg.rows import dict_row

from amends.awards.rows import COLUMNS
from amends.kernel.idcolumn import cut
from amends.kernel.ids import PERSON_ID_BYTES
from amends.kernel.money import Money
from amends.kernel.tariff import Tariff
from amends.store.binary import copied_out, copy_in
from amends.store.columns import whole
from amends.store.connection import Connection


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


_ANNULLED = (
    "SELECT award.person_id FROM awards.corrected AS corrected "
    "JOIN awards.award AS award USING (award_index) WHERE corrected.amount_minor = 0 "
    "UNION SELECT former.person_id FROM awards.corrected AS corrected "
    "JOIN awards.award AS award USING (award_index) "
    "JOIN linkage.former AS former ON former.earlier_id = award.person_id "
    "WHERE corrected.amount_minor = 0"
)
"""Whose award is annulled, under the present id or under an earlier one."""


_WITHOUT_AWARD = (
    f"WHERE NOT EXISTS (SELECT 1 FROM ({_HOLDERS}) AS holder "  # noqa: S608 -- our own words
    "WHERE holder.person_id = affected.person_id) "
)
_SHARED = {
    "categories": pl.Categorical(),
    "products": pl.Categorical(),
    "tranche": pl.Int32(),
}


def people(connection: Connection, *, only_new: bool, products: bool = True) -> pl.DataFrame:
    """person_id, tranche, categories and products of the affected people, in any order.

    ``only_new``: of those who have no award; ``products``: else they are empty.

    The ids of all who have the rest in common come as one text, cut by their first character,
    since the server sends at most 1 GB at a time: a message for every person would take longer
    than all that is done with them.
    """
    texts, counts, shared = [], [], []
    for *same, ids in connection.execute(
        f"SELECT affected.categories, {_products(wanted=products)}, affected.tranche, "  # noqa: S608 -- our own words
        "string_agg(affected.person_id, '') FROM linkage.affected AS affected "
        f"{_WITHOUT_AWARD if only_new else ''}GROUP BY 1, 2, 3, left(affected.person_id, 1)"
    ):
        texts.append(str(ids).encode())
        counts.append(len(texts[-1]) // PERSON_ID_BYTES)
        shared.append(same)
    together = pl.DataFrame(shared, schema=_SHARED, orient="row")
    place = pl.Series(np.repeat(np.arange(len(counts)), counts))
    return together.select(pl.all().gather(place)).insert_column(
        0, cut(b"".join(texts)).alias("person_id")
    )


def _products(*, wanted: bool) -> str:
    return "affected.products" if wanted else "''"


def group_counts(connection: Connection, *, only_new: bool, products: bool = True) -> pl.DataFrame:
    """How many people have the same categories, products (or none) and tranche."""
    rows = connection.execute(
        f"SELECT affected.categories, {_products(wanted=products)}, affected.tranche, "  # noqa: S608 -- our own words
        "count(*) FROM linkage.affected AS affected "
        f"{_WITHOUT_AWARD if only_new else ''}GROUP BY 1, 2, 3 "
        'ORDER BY affected.categories COLLATE "C", 2, 3'
    ).fetchall()
    schema = {
        "categories": pl.String,
        "products": pl.String,
        "tranche": pl.Int32,
        "people": pl.Int64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def counts(connection: Connection) -> tuple[int, int, int, int]:
    """How many are determined, have an award, have both, and are determined with one annulled.

    An annulled award does not count as an award, and its person gets no second one.
    """
    row = connection.execute(
        "SELECT (SELECT count(*) FROM awards.owed), "  # noqa: S608 -- our own words
        "(SELECT count(*) FROM awards.corrected AS corrected "
        "JOIN awards.award AS award USING (award_index) "
        "JOIN linkage.affected AS affected ON affected.person_id = award.person_id "
        "WHERE corrected.amount_minor = 0), "
        "(SELECT count(DISTINCT former.person_id) FROM linkage.former AS former "
        "JOIN awards.owed AS owed ON owed.person_id = former.earlier_id "
        "JOIN linkage.affected AS affected ON affected.person_id = former.person_id "
        "WHERE NOT EXISTS (SELECT FROM awards.owed AS own "
        "WHERE own.person_id = former.person_id)), "
        f"(SELECT count(*) FROM ({_ANNULLED}) AS gone "
        "JOIN linkage.affected AS affected ON affected.person_id = gone.person_id "
        "WHERE NOT EXISTS (SELECT FROM awards.owed AS owed "
        "WHERE owed.person_id = gone.person_id) "
        "AND NOT EXISTS (SELECT FROM linkage.former AS former JOIN awards.owed AS owed "
        "ON owed.person_id = former.earlier_id WHERE former.person_id = gone.person_id))"
    ).fetchone()
    awarded, no_more, formerly, annulled = (int(str(value)) for value in row or (0, 0, 0, 0))
    determined, ever = _ids(connection, "linkage.affected"), _ids(connection, "awards.award")
    both = determined.join(ever, on="person_id", how="semi").height - no_more + formerly
    return determined.height, awarded, both, annulled


def _ids(connection: Connection, table: str) -> pl.DataFrame:
    """person_id, each once, in any order: held together here in half the server's time."""
    rows = connection.execute(
        f"SELECT string_agg(person_id, '') FROM {table} GROUP BY left(person_id, 2)"  # noqa: S608 -- our own words
    )
    return pl.DataFrame({"person_id": cut("".join(str(ids) for (ids,) in rows).encode())})


def total_minor(connection: Connection) -> int:
    """The sum of all awards, as corrected."""
    row = connection.execute(
        "SELECT coalesce(sum(amount_minor), 0)::bigint FROM awards.owed"
    ).fetchone()
    return int(str(row[0])) if row else 0


def currencies(connection: Connection) -> list[str]:
    """In which currencies people were awarded."""
    rows = connection.execute("SELECT DISTINCT currency FROM awards.round ORDER BY 1").fetchall()
    return [str(currency) for (currency,) in rows]


def insert_awards(connection: Connection, rows: Iterable[bytes]) -> None:
    """Add awards: rows as of :func:`amends.awards.rows.binary_rows`.

    The first awards of a case are taken in without their keys, which are made after them.

    Raises:
        psycopg.errors.UniqueViolation: a person is awarded twice.
    """
    connection.execute("SELECT awards.put_off_keys()")
    copy_in(connection, "awards.award", COLUMNS, rows)
    connection.execute("SET CONSTRAINTS awards.keys_made IMMEDIATE")


def written_rows(connection: Connection, first_index: int, people: int) -> Iterator[bytes]:
    """The awards from *first_index* on, as :func:`amends.awards.rows.binary_rows` made them."""
    return copied_out(
        connection,
        f"SELECT {', '.join(COLUMNS)} FROM awards.award "  # noqa: S608 -- our own columns
        f"WHERE award_index >= {first_index:d} AND award_index < {first_index + people:d} "
        "ORDER BY award_index",
    )


def rounds(connection: Connection) -> list[tuple[int, int, int]]:
    """Number, first index and people of every round."""
    rows = connection.execute(
        "SELECT round_no, first_index, people FROM awards.round ORDER BY round_no"
    ).fetchall()
    return [(whole(number), whole(first), whole(people)) for number, first, people in rows]


def made(connection: Connection) -> tuple[int, int, int]:
    """Rounds, their awards, and the money in minor units that they were of when they were made."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(people), 0), coalesce(sum(total_minor), 0) FROM awards.round"
    ).fetchone()
    rounds, people, total_minor = (whole(value) for value in row or (0, 0, 0))
    return rounds, people, total_minor


def how_many(connection: Connection) -> int:
    """How many awards were ever made."""
    row = connection.execute("SELECT count(*) FROM awards.award").fetchone()
    return whole(row[0]) if row else 0


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
        "funding_minor, people_sha256, awarded_at, tariff_no, proposal_sha256, awards_sha256) "
        "VALUES (%(round_no)s, %(first_index)s, %(people)s, %(total_minor)s, %(currency)s, "
        "%(funding_minor)s, %(people_sha256)s, %(awarded_at)s, %(tariff_no)s, "
        "%(proposal_sha256)s, %(awards_sha256)s)",
        values,
    )


def adopt_tariff(connection: Connection, tariff: Tariff, now: datetime) -> int:
    """The number of a tariff; it gets one when somebody is awarded by it for the first time."""
    connection.execute(
        "INSERT INTO awards.tariff (tariff_no, tariff_id, version, content, content_sha256, "
        "currency, adopted_at) SELECT coalesce(max(tariff_no), 0) + 1, %(id)s, %(version)s, "
        "%(content)s, %(sha256)s, %(currency)s, %(now)s FROM awards.tariff "
        "ON CONFLICT ON CONSTRAINT tariff_content_once DO NOTHING",
        {
            "id": tariff.id,
            "version": tariff.version,
            "content": tariff.text,
            "sha256": tariff.sha256,
            "currency": tariff.currency,
            "now": now,
        },
    )
    row = connection.execute(
        "SELECT tariff_no FROM awards.tariff WHERE content_sha256 = %(sha256)s",
        {"sha256": tariff.sha256},
    ).fetchone()
    return int(str(row[0])) if row else 0


def classes(connection: Connection) -> dict[int, Money]:
    """The amounts that have a class, by class."""
    rows = connection.execute(
        "SELECT class, amount_minor, currency FROM awards.tariff_class ORDER BY class"
    ).fetchall()
    return {
        int(str(number)): Money(amount_minor=int(str(amount)), currency=str(currency))
        for number, amount, currency in rows
    }


def add_classes(connection: Connection, added: dict[int, Money]) -> None:
    """Give amounts a class."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO awards.tariff_class (class, amount_minor, currency) "
            "VALUES (%(class)s, %(amount)s, %(currency)s)",
            [
                {"class": number, "amount": money.amount_minor, "currency": money.currency}
                for number, money in added.items()
            ],
        )


def groups_before(connection: Connection) -> int:
    """How many groups were awarded in earlier rounds."""
    row = connection.execute(
        "SELECT coalesce(max(group_no), 0) FROM awards.person_group"
    ).fetchone()
    return int(str(row[0])) if row else 0


def insert_groups(connection: Connection, groups: pl.DataFrame) -> None:
    """Record groups of a round: columns by their names."""
    columns = ", ".join(groups.columns)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY awards.person_group ({columns}) FROM STDIN (FORMAT csv, NULL '\\N')".encode()
        ) as copy,
    ):
        copy.write(groups.write_csv(include_header=False))


def reason(connection: Connection, person_id: str) -> dict[str, object] | None:
    """By what a person has an award: the group, the round and the text of the tariff."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "SELECT award.award_index, award.amount_minor, award.currency, award.awarded_at, "
            "grouped.categories, grouped.jurisdictions, grouped.age, grouped.tranche, "
            "grouped.scenario, round.round_no, round.proposal_sha256, tariff.content, "
            "tariff.content_sha256 FROM awards.award AS award "
            "JOIN awards.person_group AS grouped USING (group_no) "
            "JOIN awards.round AS round USING (round_no) "
            "JOIN awards.tariff AS tariff USING (tariff_no) WHERE award.person_id = %(person)s",
            {"person": person_id},
        ).fetchone()


def owed_to(connection: Connection, person_id: str) -> tuple[int, Money] | None:
    """The award that a person has now, as corrected, also under an earlier id."""
    row = connection.execute(
        "SELECT owed.award_index, owed.amount_minor, owed.currency FROM awards.owed AS owed "
        "WHERE owed.person_id = %(person)s OR owed.person_id IN "
        "(SELECT former.earlier_id FROM linkage.former AS former "
        "WHERE former.person_id = %(person)s) "
        "ORDER BY owed.person_id <> %(person)s, owed.award_index LIMIT 1",
        {"person": person_id},
    ).fetchone()
    if row is None:
        return None
    index, minor, currency = row
    return whole(index), Money(amount_minor=whole(minor), currency=str(currency))


def newest_restatement(
    connection: Connection,
) -> tuple[int, int, Money | None, Money] | None:
    """Number, people, amount per person and total of the promise as last restated."""
    row = connection.execute(
        "SELECT restatement_no, people, per_person_minor, total_minor, currency "
        "FROM awards.promise_restatement ORDER BY restatement_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, count, total = (int(str(value)) for value in (row[0], row[1], row[3]))
    currency = str(row[4])
    return (
        number,
        count,
        None if row[2] is None else Money(amount_minor=int(str(row[2])), currency=currency),
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
