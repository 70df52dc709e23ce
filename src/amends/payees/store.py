"""The SQL of payees. Rows go in by COPY; changed ones are updated in groups."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import polars as pl

from amends.kernel.ids import PERSON_ID_BYTES
from amends.payees.model import PayeeKind, PayeeState
from amends.store.arrays import array_text
from amends.store.binary import copy_in
from amends.store.columns import moment, octets, texts, whole
from amends.store.connection import Connection
from amends.store.copying import copied

_COLUMNS = "person_id, state, reason, kind, situation, sealed, details_mark, settled_at"
_KNOWN_SCHEMA = {
    "person_id": pl.String,
    "known_state": pl.String,
    "known_reason": pl.String,
    "known_kind": pl.String,
    "known_situation": pl.String,
    "known_mark": pl.String,
}

_SLICE = 200_000
_PAGES_AT_ONCE = 512

DOUBT_COLUMNS = ["doubt", "person_id", "file", "path", "row_no"]

Row = tuple[object, ...]
"""The columns of payees.payee: person_id, state, reason, kind, situation, sealed, and so on."""


def lock(connection: Connection) -> None:
    """Wait until no other transaction settles payees; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('payees.settle', 0))")


def known(connection: Connection) -> pl.DataFrame:
    """What is decided already: person_id, known_state, _reason, _kind, and _mark (hex)."""
    buffer = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT person_id, state, reason, kind, situation, encode(details_mark, 'hex') "
            'FROM payees.payee ORDER BY person_id COLLATE "C") TO STDOUT (FORMAT csv)'
        ) as copy,
    ):
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=_KNOWN_SCHEMA)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=_KNOWN_SCHEMA)


def insert(connection: Connection, rows: pl.DataFrame, now: datetime) -> None:
    """Add rows about people who had none: person_id, state, reason, kind, situation.

    The details of those among them who are payable are in pages.
    """
    statement = (
        "COPY payees.payee (person_id, state, reason, kind, situation, settled_at) "
        "FROM STDIN (FORMAT csv)"
    )
    columns = ("person_id", "state", "reason", "kind", "situation")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in rows.iter_slices(_SLICE):
            told = part.select(*columns, pl.lit(now.isoformat()).alias("settled_at"))
            copy.write(told.write_csv(include_header=False))


def update(connection: Connection, rows: Sequence[Row]) -> None:
    """Replace decisions that changed."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE payees.payee SET state = %(state)s, reason = %(reason)s, kind = %(kind)s, "
            "situation = %(situation)s, sealed = %(sealed)s, details_mark = %(details_mark)s, "
            "settled_at = %(settled_at)s "
            "WHERE person_id = %(person_id)s",
            [dict(zip(names, row, strict=True)) for row in rows],
        )


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many people there are per state and reason (or kind, where they are payable).

    Who stands in a page and has no row is not looked at one by one: all others in pages are those
    whose rows are payable without details.
    """
    cursor = connection.execute(
        "SELECT state, coalesce(reason, kind), count(*), "
        "count(*) FILTER (WHERE state = 'payable' AND sealed IS NULL) FROM payees.payee "
        "GROUP BY state, coalesce(reason, kind) ORDER BY state, coalesce(reason, kind)"
    )
    rows = [(str(s), str(why), whole(number), whole(paged)) for s, why, number, paged in cursor]
    found = {(state, why): number for state, why, number, _ in rows}
    members = connection.execute("SELECT coalesce(sum(people), 0) FROM payees.page").fetchone()
    ordinary = whole(members[0] if members else 0) - sum(paged for *_, paged in rows)
    if ordinary:
        self_paid = (PayeeState.PAYABLE.value, PayeeKind.SELF.value)
        found[self_paid] = found.get(self_paid, 0) + ordinary
    return found


class Sealed(NamedTuple):
    """The sealed details of somebody: a row of their own, or a page.

    ``members``: the ids of the people of the page, one after the other, and ``place``: which of
    them this is, from 0; None where it is a row.
    """

    person_id: str
    sealed: bytes
    members: str | None
    place: int
    kind: str


def sealed(connection: Connection, person_ids: Sequence[str]) -> list[Sealed]:
    """The sealed details of those among *person_ids* who are payable.

    One statement: whoever leaves a page for a row meanwhile is seen in one of them, never in none.
    """
    cursor = connection.execute(
        "SELECT wanted.person_id, coalesce(payee.sealed, page.sealed), "
        "CASE WHEN payee.sealed IS NULL THEN array_to_string(page.members, '') END, "
        "coalesce(page.place, 1) - 1, coalesce(payee.kind, 'self') "
        "FROM unnest(%(person_ids)s::text[]) AS wanted (person_id) "
        "LEFT JOIN payees.payee AS payee ON payee.person_id = wanted.person_id "
        "LEFT JOIN LATERAL (SELECT nearest.sealed, nearest.members, "
        "array_position(nearest.members, wanted.person_id) AS place FROM payees.page AS nearest "
        'WHERE nearest.first_id <= wanted.person_id COLLATE "C" '
        "ORDER BY nearest.first_id DESC LIMIT 1) AS page ON payee.sealed IS NULL "
        "WHERE coalesce(payee.state, 'payable') = 'payable' "
        "AND (payee.sealed IS NOT NULL OR page.place IS NOT NULL)",
        {"person_ids": array_text(person_ids)},
        binary=True,
    )
    return list(map(Sealed._make, cursor))


def own_rows_of(connection: Connection, person_ids: Sequence[str]) -> set[str]:
    """Those of whom a row of their own tells where money goes, or that none does; no page does."""
    cursor = connection.execute(
        "SELECT payee.person_id FROM unnest(%(person_ids)s::text[]) AS wanted (person_id) "
        "JOIN payees.payee AS payee ON payee.person_id = wanted.person_id "
        "WHERE payee.sealed IS NOT NULL OR payee.state <> 'payable'",
        {"person_ids": array_text(person_ids)},
    )
    return {str(person) for (person,) in cursor}


def pages_between(
    connection: Connection, first: str, last: str
) -> Iterator[list[tuple[str, bytes]]]:
    """Pages in order, from that of *first* to that of *last*, some at a time.

    The ids of each one after the other, and what is sealed.
    """
    with connection.cursor(name="pages_between") as cursor:
        cursor.execute(
            "SELECT array_to_string(members, ''), sealed FROM payees.page "
            "WHERE first_id <= %(last)s AND first_id >= COALESCE((SELECT max(first_id) "
            "FROM payees.page WHERE first_id <= %(first)s), '') ORDER BY first_id",
            {"first": first, "last": last},
            binary=True,
        )
        while some := cursor.fetchmany(_PAGES_AT_ONCE):
            yield [(str(members), octets(sealed)) for members, sealed in some]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it is kept."""

    first_id: str
    members: list[str]
    sealed: bytes
    settled_at: datetime


def page_of(connection: Connection, person_id: str) -> Page | None:
    """The page in which the details of somebody are."""
    found = connection.execute(
        "SELECT first_id, members, sealed, settled_at FROM payees.page_of(%(person)s)",
        {"person": person_id},
    ).fetchone()
    if found is None:
        return None
    first_id, members, value, at = found
    return Page(
        first_id=str(first_id),
        members=texts(members),
        sealed=octets(value),
        settled_at=moment(at),
    )


def pages(connection: Connection) -> pl.DataFrame:
    """The pages that there are: first_id, mark (Binary), by first_id."""
    rows = connection.execute("SELECT first_id, mark FROM payees.page ORDER BY first_id").fetchall()
    schema = {"first_id": pl.String, "mark": pl.Binary}
    return pl.DataFrame(rows, schema=schema, orient="row")


def full_pages(
    connection: Connection, first_ids: Sequence[str]
) -> Iterator[tuple[list[str], bytes]]:
    """Members and sealed lines of these pages."""
    cursor = connection.execute(
        "SELECT members, sealed FROM payees.page WHERE first_id = ANY(%(first_ids)s) "
        "ORDER BY first_id",
        {"first_ids": list(first_ids)},
    )
    for members, sealed in cursor:
        yield texts(members), octets(sealed)


def page_members(connection: Connection, between: str) -> Iterator[bytes]:
    """A line for each page, its members with *between* between them: as many as are in it.

    A page with other than :data:`PERSON_ID_BYTES` for each of its members is left out.
    """
    return copied(
        connection,
        "SELECT told FROM (SELECT array_to_string(members, %(between)s) AS told, "
        "cardinality(members) AS people FROM payees.page OFFSET 0) AS page "
        "WHERE people > 0 AND octet_length(told) = people * (%(bytes)s + 1) - 1",
        values={"between": between, "bytes": PERSON_ID_BYTES},
    )


def own_rows(connection: Connection, *, payable: bool) -> Iterator[bytes]:
    """A line for each person with a row of their own, who is payable or is not."""
    return copied(
        connection,
        "SELECT person_id FROM payees.payee WHERE (state = 'payable') = %(payable)s "
        "AND octet_length(person_id) = %(bytes)s",
        values={"payable": payable, "bytes": PERSON_ID_BYTES},
    )


def insert_pages(connection: Connection, rows: Iterable[bytes]) -> None:
    """Add pages: blocks of rows as of :func:`amends.payees.pages.binary_rows`."""
    columns = ("first_id", "members", "sealed", "mark", "settled_at")
    copy_in(connection, "payees.page", columns, rows)


def update_page(connection: Connection, first_id: str, values: Mapping[str, object]) -> None:
    """Let a page say something else: members, sealed, mark, settled_at."""
    connection.execute(
        "UPDATE payees.page SET members = %(members)s, sealed = %(sealed)s, mark = %(mark)s, "
        "settled_at = %(settled_at)s WHERE first_id = %(first_id)s",
        {**values, "first_id": first_id},
    )


def stand_apart(connection: Connection, values: Mapping[str, object]) -> None:
    """Put the details of somebody payable in their row; an adult who has none gets one."""
    connection.execute(
        "INSERT INTO payees.payee (person_id, state, kind, situation, sealed, details_mark, "
        "settled_at) VALUES (%(person)s, 'payable', 'self', 'adult', %(sealed)s, %(mark)s, "
        "%(settled_at)s) ON CONFLICT ON CONSTRAINT payee_pkey DO UPDATE "
        "SET sealed = excluded.sealed, details_mark = excluded.details_mark",
        dict(values),
    )


def moved(connection: Connection) -> pl.DataFrame:
    """The person_id of everybody who was moved, or turned to another account, since then."""
    rows = connection.execute(
        'SELECT person_id COLLATE "C" FROM payees.move '
        'UNION SELECT person_id COLLATE "C" FROM payees.turn ORDER BY 1'
    ).fetchall()
    return pl.DataFrame(rows, schema={"person_id": pl.String}, orient="row")


def open_doubts(connection: Connection) -> pl.DataFrame:
    """Doubts that were raised and not withdrawn: :data:`DOUBT_COLUMNS`."""
    rows = connection.execute(
        "SELECT doubt, person_id, file, path, row_no FROM payees.open_doubt "
        "ORDER BY doubt, person_id, path, row_no"
    ).fetchall()
    schema = dict.fromkeys(DOUBT_COLUMNS, pl.String) | {"row_no": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def doubt_counts(connection: Connection) -> dict[str, int]:
    """How many doubts are open, by what is wrong."""
    rows = connection.execute(
        "SELECT doubt, count(*) FROM payees.open_doubt GROUP BY doubt ORDER BY doubt"
    )
    return {str(doubt): whole(number) for doubt, number in rows}


def add_doubts(connection: Connection, change: str, doubts: pl.DataFrame, now: datetime) -> None:
    """Raise or withdraw doubts (:data:`DOUBT_COLUMNS`)."""
    if doubts.is_empty():
        return
    columns = ", ".join(DOUBT_COLUMNS)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY payees.doubt (change, {columns}, occurred_at) FROM STDIN") as copy,
    ):
        for row in doubts.select(DOUBT_COLUMNS).iter_rows():
            copy.write_row((change, *row, now))


def contacts(connection: Connection) -> set[tuple[str, bytes]]:
    """Which contacts are kept: person and mark."""
    rows = connection.execute("SELECT person_id, mark FROM payees.contact").fetchall()
    return {(str(person_id), octets(mark)) for person_id, mark in rows}


def add_contacts(
    connection: Connection, rows: Iterable[tuple[str, bytes, bytes, datetime]]
) -> None:
    """Keep ways to reach people: person, mark, sealed, when."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY payees.contact (person_id, mark, sealed, occurred_at) FROM STDIN (FORMAT binary)"
        ) as copy,
    ):
        copy.set_types(["text", "bytea", "bytea", "timestamptz"])
        for row in rows:
            copy.write_row(row)
