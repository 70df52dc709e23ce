"""COPY in its binary form, in which the server reads numbers and times as they are.

Source: PostgreSQL, COPY, "Binary Format".
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from amends.store.connection import Connection

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A timestamptz is the number of microseconds since then."""

_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"


def microseconds(moment: datetime) -> int:
    """A timestamptz as a row has it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def copy_in(
    connection: Connection, table: str, columns: Sequence[str], rows: Iterable[bytes]
) -> None:
    """Add rows to *table*: blocks of rows, each whole, with fields for *columns*."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.write(_HEAD)
        for block in rows:
            copy.write(block)
        copy.write(_TAIL)


def copied_out(connection: Connection, query: str) -> Iterator[bytes]:
    """The rows of *query*, one at a time, as :func:`copy_in` takes them."""
    statement = f"COPY ({query}) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in copy:
            if bytes(block) != _TAIL:
                yield bytes(block).removeprefix(_HEAD)
