"""COPY in its binary form, in which the server reads numbers and times as they are.

Source: PostgreSQL, COPY, "Binary Format".
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.store.connection import Connection
from amends.store.copying import copied

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A timestamptz is the number of microseconds since then."""

_MICROSECOND: Final = timedelta(microseconds=1)
_PER_SECOND: Final = 1_000_000
_HEAD: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TAIL: Final = b"\xff\xff"


def microseconds(moment: datetime) -> int:
    """A timestamptz as a row has it."""
    return (moment - EPOCH) // _MICROSECOND


def all_microseconds(moments: Sequence[datetime]) -> npt.NDArray[np.int64]:
    """The same of many, at a fraction: exact to the year 2100, where a double still tells them."""
    seconds = np.array([moment.timestamp() for moment in moments])
    since_1970: npt.NDArray[np.int64] = np.rint(seconds * _PER_SECOND).astype(np.int64)
    return since_1970 - int(EPOCH.timestamp()) * _PER_SECOND


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


def fixed_rows(rows: int, columns: Mapping[str, tuple[str, object]]) -> bytes:
    """Rows whose values all have the same length, as :func:`copy_in` takes them.

    *columns*: of each the form of its values (numpy's, ``>i4`` for an integer) and the values, or
    one for all rows.
    """
    fields: list[tuple[str, str]] = [("fields", ">i2")]
    for name, (form, _) in columns.items():
        fields += ((f"length of {name}", ">i4"), (name, form))
    block: npt.NDArray[np.void] = np.empty(rows, np.dtype(fields))
    block["fields"] = len(columns)
    for name, (form, values) in columns.items():
        block[f"length of {name}"] = np.dtype(form).itemsize
        block[name] = values
    return block.tobytes()


def copied_out(connection: Connection, query: str) -> Iterator[bytes]:
    """The rows of *query*, one at a time, as :func:`copy_in` takes them."""
    for block in copied(connection, query, "FORMAT binary"):
        if block != _TAIL:
            yield block.removeprefix(_HEAD)
