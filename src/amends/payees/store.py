"""The SQL of payees. Rows go in by COPY; changed ones are updated in groups."""

import io
from collections.abc import Iterable, Sequence

import polars as pl

from amends.store.connection import Connection

_COLUMNS = "person_id, state, reason, kind, sealed, details_mark, settled_at"
_KNOWN_SCHEMA = {
    "person_id": pl.String,
    "known_state": pl.String,
    "known_reason": pl.String,
    "known_kind": pl.String,
    "known_mark": pl.String,
}

Row = tuple[object, ...]
"""The columns of payees.payee: person_id, state, reason, kind, sealed, details_mark, settled_at."""


def lock(connection: Connection) -> None:
    """Wait until no other transaction settles payees; held to the end of the transaction."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('payees.settle', 0))")


def known(connection: Connection) -> pl.DataFrame:
    """What is decided already: person_id, known_state, _reason, _kind, and _mark (hex)."""
    buffer = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT person_id, state, reason, kind, encode(details_mark, 'hex') "
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
        copy.set_types(["text", "text", "text", "text", "bytea", "bytea", "timestamptz"])
        for row in rows:
            copy.write_row(row)


def update(connection: Connection, rows: Sequence[Row]) -> None:
    """Replace decisions that changed."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE payees.payee SET state = %(state)s, reason = %(reason)s, kind = %(kind)s, "
            "sealed = %(sealed)s, details_mark = %(details_mark)s, settled_at = %(settled_at)s "
            "WHERE person_id = %(person_id)s",
            [dict(zip(names, row, strict=True)) for row in rows],
        )


def counts(connection: Connection) -> dict[tuple[str, str], int]:
    """How many people there are per state and reason (or kind, where they are payable)."""
    cursor = connection.execute(
        "SELECT state, coalesce(reason, kind), count(*) FROM payees.standing "
        "GROUP BY state, coalesce(reason, kind) ORDER BY state, coalesce(reason, kind)"
    )
    return {(str(state), str(why)): int(str(number)) for state, why, number in cursor}


def sealed(connection: Connection, person_ids: Sequence[str]) -> list[tuple[str, bytes]]:
    """The sealed details of those among *person_ids* who are payable."""
    cursor = connection.execute(
        "SELECT person_id, sealed FROM payees.payee "
        "WHERE person_id = ANY(%(person_ids)s) AND sealed IS NOT NULL ORDER BY person_id",
        {"person_ids": list(person_ids)},
    )
    found = []
    for person_id, value in cursor:
        assert isinstance(value, bytes)  # noqa: S101 - a bytea column
        found.append((str(person_id), value))
    return found
