"""What every reader gives: batches of rows in columns, and the rows that it could not read.

``records == rows + quarantined`` in every batch: a row is never lost.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence.model import FileFormat, Reason

Numbers = npt.NDArray[np.int64]

QUARANTINE = {
    "row": pl.Int64,
    "byte_offset": pl.Int64,
    "reason": pl.String,
    "undecodable_bytes": pl.Int64,
}
"""Schema of quarantined rows. ``byte_offset`` is null where the format has none (Parquet)."""


def column(position: int) -> str:
    """The name of a file's column (from 0) in a batch."""
    return f"c{position}"


class Batch:
    """Some records of a file, in order: those that could be read, and those that could not.

    ``rows``: ``row`` (Int64, from 1), ``byte_offset`` (Int64), and ``c0 c1 …`` (String, trimmed,
    null where empty; what is null has no bytes). A reader gives them as a frame or as an Arrow
    table (texts as large_string), whichever it has; the other form is made when somebody asks for
    it.
    """

    __slots__ = ("_arrow", "_rows", "quarantined", "short_rows")

    def __init__(
        self, *, rows: pl.DataFrame | pa.Table, quarantined: pl.DataFrame, short_rows: int = 0
    ) -> None:
        self._rows = rows if isinstance(rows, pl.DataFrame) else None
        self._arrow = None if isinstance(rows, pl.DataFrame) else rows
        self.quarantined = quarantined
        self.short_rows = short_rows

    @property
    def rows(self) -> pl.DataFrame:
        """The rows that could be read, as a frame."""
        if self._rows is None:
            self._rows = pl.DataFrame(self._arrow)
        return self._rows

    @property
    def arrow(self) -> pa.Table:
        """The same rows as an Arrow table; texts are large_string."""
        if self._arrow is None and self._rows is not None:
            self._arrow = self._rows.to_arrow(compat_level=pl.CompatLevel.oldest())
        return self._arrow

    @property
    def height(self) -> int:
        """How many rows could be read."""
        return len(self.rows if self._arrow is None else self._arrow)

    @property
    def records(self) -> int:
        """All records of the batch."""
        return self.height + len(self.quarantined)


class TableFile(Protocol):
    """A file that is a table; delimited text, JSON lines and Parquet each have one."""

    format: FileFormat
    encoding: str

    @property
    def headers(self) -> tuple[str | None, ...]:
        """What the file calls its columns; None where it does not say."""

    def batches(self) -> Iterator[Batch]:
        """All records from first to last; reads the file once.

        Raises:
            InputFileError: it cannot be read as what it should be.
            ColumnsGrewError: a later record has columns that ``headers`` does not know.
        """


class ColumnsGrewError(Exception):
    """A record far into the file brings a new column: the file has to be read again with it."""


def trimmed(frame: pl.DataFrame) -> pl.DataFrame:
    """All text columns without white space around, and null instead of an empty text."""
    text = pl.selectors.string().str.strip_chars()
    return frame.with_columns(pl.when(text != "").then(text))


def no_quarantine() -> pl.DataFrame:
    """No quarantined row."""
    return pl.DataFrame(schema=QUARANTINE)


def quarantine(
    rows: Numbers, byte_offsets: Numbers | None, reasons: Sequence[Reason], undecodable: Numbers
) -> pl.DataFrame:
    """Quarantined rows: their numbers, places (None: the format has none), reasons, bad bytes."""
    return pl.DataFrame(
        {
            "row": rows,
            "byte_offset": byte_offsets,
            "reason": [str(reason) for reason in reasons],
            "undecodable_bytes": undecodable,
        },
        schema=QUARANTINE,
    )


def comments_of(table: TableFile) -> tuple[str, ...]:
    """What a file says of each of its columns beside their headers; only dumps say anything."""
    comments: tuple[str, ...] = getattr(table, "comments", ("",) * len(table.headers))
    return comments
