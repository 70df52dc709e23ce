"""What every reader gives: batches of rows in columns, and the rows that it could not read.

``records == rows + quarantined`` in every batch: a row is never lost.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from amends.evidence.model import FileFormat

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some records of a file, in order.

    ``rows``: ``row`` (Int64, from 1), ``byte_offset`` (Int64), and ``c0 c1 …`` (String, trimmed,
    null where empty).
    """

    rows: pl.DataFrame
    quarantined: pl.DataFrame
    short_rows: int = 0

    @property
    def records(self) -> int:
        """All records of the batch."""
        return len(self.rows) + len(self.quarantined)


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
