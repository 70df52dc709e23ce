"""The SQL of payees. Rows go in by COPY; changed ones are updated in groups."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime

import polars as pl

from amends.store.columns import octets, whole
from amends.store.connection import Connection

_COLUMNS = "person_id, state, reason, kind, situation, sealed, details_mark, settled_at"
_KNOWN_SCHEMA = {
    "person_id": pl.String,
    "known_state": pl.String,
    "known_reason": pl.String,
    "known_kind": pl.String,
    "known_situation": pl.String,
    "known_mark": pl.String,
}

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
            "FROM payees.payee ORDER BY person_id) TO STDOUT (FORMAT csv)"
        ) as copy,
    ):
        for block in copy:
            buffer.write(block)
    if buffer.tell() == 0:
        return pl.DataFrame(schema=_KNOWN_SCHEMA)
    buffer.seek(0)
    return pl.read_csv(buffer, has_header=False, schema=_KNOWN_SCHEMA)


def insert(connection: Connection, rows: Iterable[Row]) -> None:
    """Add decisions about people who had none."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY payees.payee ({_COLUMNS}) FROM STDIN (FORMAT binary)") as copy,
    ):
        copy.set_types(["text", "text", "text", "text", "text", "bytea", "bytea", "timestamptz"])
        for row in rows:
            copy.write_row(row)


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
    """How many people there are per state and reason (or kind, where they are payable)."""
    cursor = connection.execute(
        "SELECT state, coalesce(reason, kind), count(*) FROM payees.standing "
        "GROUP BY state, coalesce(reason, kind) ORDER BY state, coalesce(reason, kind)"
    )
    return {(str(state), str(why)): whole(number) for state, why, number in cursor}


def sealed(connection: Connection, person_ids: Sequence[str]) -> list[tuple[str, bytes]]:
    """The sealed details of those among *person_ids* who are payable."""
    cursor = connection.execute(
        "SELECT person_id, sealed FROM payees.payee "
        "WHERE person_id = ANY(%(person_ids)s) AND sealed IS NOT NULL ORDER BY person_id",
        {"person_ids": list(person_ids)},
    )
    return [(str(person_id), octets(value)) for person_id, value in cursor]


def moved(connection: Connection) -> pl.DataFrame:
    """The person_id of everybody who was moved since the files were read."""
    rows = connection.execute("SELECT DISTINCT person_id FROM payees.move").fetchall()
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
