"""Reads SQLite files, a table at a time, and runs nothing of what is in them.

The file is opened for reading only and as one that nobody changes: no journal is made or replayed,
and no trigger, view, or function of its schema is called.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amends.evidence.limits import Limits
from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.cells import kept, table_of, trimmed_texts
from amends.evidence.readers.content import Content
from amends.evidence.readers.table import Batch, Numbers, quarantine
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

MAGIC = b"SQLite format 3\x00"
_FETCH_ROWS = 10_000
_TABLES = """
SELECT name FROM sqlite_schema
WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'
ORDER BY rowid
"""


def is_database(content: Content) -> bool:
    """Whether the bytes are an SQLite file."""
    return content.beginning(len(MAGIC)) == MAGIC


def tables_with_rows(content: Content, limits: Limits) -> list[str]:
    """The names of the tables that have rows, in the order in which they were made.

    Raises:
        InputFileError: the file is damaged, or too large where it lies in an archive.
    """
    with _database(content, limits) as connection:
        names = [_decoded(name)[0] for (name,) in connection.execute(_TABLES)]
        return [
            name
            for name in names
            if connection.execute(f"SELECT 1 FROM {_quoted(name)} LIMIT 1").fetchone()  # noqa: S608  # quoted
        ]


class DatabaseTable:
    """One table of an SQLite file."""

    format = FileFormat.SQLITE
    encoding = "utf-8"

    def __init__(self, content: Content, table: str, limits: Limits) -> None:
        self._content = content
        self._limits = limits
        self._every = f"SELECT * FROM {_quoted(table)}"  # noqa: S608  # quoted
        with _database(content, limits) as connection:
            described = connection.execute(f"{self._every} LIMIT 0").description
        self._headers = tuple(_decoded(one[0])[0] for one in described)

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self._headers

    def batches(self) -> Iterator[Batch]:
        """All rows that have a value, in the order of the file.

        Raises:
            InputFileError: a part of the file is damaged.
        """
        row = 1
        with _database(self._content, self._limits) as connection:
            cursor = connection.execute(self._every)
            while rows := cursor.fetchmany(_FETCH_ROWS):
                batch = _batch([_column(values) for values in zip(*rows, strict=True)], row)
                row += batch.records
                if batch.records:
                    yield batch


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """Values as texts (large_string), and how many bytes of each are no text."""

    texts: pa.Array
    lost: Numbers


def _column(values: Sequence[object]) -> _Column:
    try:
        texts = pa.array(values, pa.large_binary()).cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers, or bytes that are no text
        cells = [_decoded(value) for value in values]
        texts = pa.array([text for text, _ in cells], pa.large_string())
        return _Column(texts=texts, lost=np.array([count for _, count in cells]))
    return _Column(texts=texts, lost=np.zeros(len(values), dtype=np.int64))


def _batch(columns: Sequence[_Column], row: int) -> Batch:
    """A batch whose first row with a value is number *row*; rows without any are no records."""
    lengths = [pc.fill_null(pc.binary_length(one.texts), 0).to_numpy() for one in columns]
    said = np.any(lengths, axis=0)
    lost = np.sum([one.lost for one in columns], axis=0)
    numbers = row - 1 + np.cumsum(said)
    odd = np.flatnonzero(lost)
    texts = [trimmed_texts(one.texts) for one in columns]
    return Batch(
        rows=kept(table_of(numbers, None, texts), said & (lost == 0)),
        quarantined=quarantine(
            numbers[odd], None, [Reason.UNDECODABLE_BYTES] * len(odd), lost[odd]
        ),
    )


@contextmanager
def _database(content: Content, limits: Limits) -> Iterator[sqlite3.Connection]:
    """The database, for reading.

    Raises:
        InputFileError: see :func:`tables_with_rows`.
    """
    if content.file is not None:
        address = f"file:{quote(str(content.file.resolve()))}?mode=ro&immutable=1"
        connection = sqlite3.connect(address, uri=True)
    else:
        connection = sqlite3.connect(":memory:")
    try:
        if content.file is None:
            connection.deserialize(_whole(content, limits))
        connection.text_factory = bytes
        for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
            connection.execute(f"PRAGMA {setting}")
        yield connection
    except sqlite3.Error as error:
        raise InputFileError(
            said(
                "{name}: the SQLite file is damaged, cut short or encrypted ({error}): get it "
                "again, or export its tables as csv",
                name=content.name,
                error=type(error).__name__,
            )
        ) from None
    finally:
        connection.close()


def _whole(content: Content, limits: Limits) -> bytes:
    """All bytes of a database that lies in no file of its own.

    A database in the middle of a write-ahead log cannot be read without that log; what is in
    the file itself can, once the file says that it has none (bytes 18 and 19 of its header).
    """
    if content.size_bytes > limits.held_bytes:
        raise InputFileError(
            said(
                "{name}: is an SQLite file of more than {held_mib} MiB inside an archive: "
                "unpack it, and name the file itself in case.toml",
                name=content.name,
                held_mib=limits.held_bytes >> 20,
            )
        )
    with content.open() as file:
        data = bytearray(file.read())
    if data[18:20] == b"\x02\x02":
        data[18:20] = b"\x01\x01"
    return bytes(data)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _decoded(value: object) -> tuple[str, int]:
    """A value as text, and how many of its bytes are no character."""
    if value is None:
        return "", 0
    if isinstance(value, bytes):
        try:
            return value.decode(), 0
        except UnicodeDecodeError:
            text = value.decode("utf-8", "replace")
            return text, max(1, text.count("\ufffd"))
    if isinstance(value, float) and value.is_integer():
        return str(int(value)), 0
    return str(value), 0
