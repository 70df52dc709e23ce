"""Reads plain text in which people are mentioned: notes, chats, logs.

Each line is a record or more: its first one has the first of each kind that is found in the line, a
second one the second, and so on. A line in which nothing is found is a record without values.
Records are numbered through; those of one line have one byte offset, that of the line.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from amends.evidence.categories.identifiers import FIELDS, found_in, records_in
from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.dialect import Dialect, split_records
from amends.evidence.readers.table import Batch, column, quarantine, trimmed
from amends.evidence.readers.text import LineReader, Lines

LOOK_LINES: Final = 300
AGREE_SHARE: Final = 0.5
"""Where no separator gives at least this share of the lines equally many fields, it is no table."""
FOUND_SHARE: Final = 0.05
"""Prose mentions somebody in at least this share of its lines."""
_TELLING: Final = ("phone", "idno", "email", "bankcard", "passport", "address")
_MORE_THAN_THE_VALUE: Final = 5


def reads_like_prose(lines: Sequence[str], dialect: Dialect) -> bool:
    """Whether lines that *dialect* hardly fits are sentences in which people are mentioned."""
    some = list(lines[:LOOK_LINES])
    records = split_records(iter([line + "\n" for line in some]), dialect, LOOK_LINES)
    fitting = sum(len(record) == dialect.width for record in records)
    if dialect.width > 1 and fitting >= AGREE_SHARE * len(records):
        return False
    texts = pl.Series("text", some, dtype=pl.String).str.strip_chars()
    found = found_in(texts)
    values = found.select(pl.coalesce(_TELLING).alias("value")).to_series()
    longer = texts.str.len_chars() >= values.str.len_chars() + _MORE_THAN_THE_VALUE
    mentioned = int((values.is_not_null() & longer.fill_null(value=False)).sum())
    return mentioned >= max(1.0, FOUND_SHARE * len(some)) and 2 * mentioned > values.count()


class ProseFile:
    """Text, and what is found in its lines."""

    format = FileFormat.TEXT

    def __init__(self, reader: LineReader, encoding: str) -> None:
        self.encoding = encoding
        self._reader = reader

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The words of all fields that can be found."""
        return FIELDS

    def batches(self) -> Iterator[Batch]:
        """All lines that are not blank."""
        row = 1
        for block in self._reader.blocks():
            batch = _batch(block.lines(), row)
            row += batch.records
            if batch.records:
                yield batch


def _batch(lines: Lines, row: int) -> Batch:
    texts = pl.Series(
        "text",
        pa.LargeStringArray.from_buffers(
            len(lines), pa.py_buffer(lines.bounds), pa.py_buffer(lines.octets)
        ),
    ).str.strip_chars()
    bad = lines.undecodable > 0
    there = (texts != "").to_numpy() | bad
    good = np.flatnonzero(there & ~bad)
    found = records_in(texts.gather(good))
    line_of = good[found["text"].to_numpy()]
    records = np.bincount(line_of, minlength=len(lines))
    records[bad] = 1
    before = np.cumsum(records) - records + row
    nth = np.arange(len(line_of)) - np.searchsorted(line_of, line_of)
    found = found.select(FIELDS)
    found.columns = [column(position) for position in range(len(FIELDS))]
    rows = found.select(
        pl.Series("row", before[line_of] + nth, dtype=pl.Int64),
        pl.Series("byte_offset", lines.offsets[line_of], dtype=pl.Int64),
        pl.all(),
    )
    waiting = np.flatnonzero(bad)
    return Batch(
        rows=trimmed(rows),
        quarantined=quarantine(
            before[waiting],
            lines.offsets[waiting],
            [Reason.UNDECODABLE_BYTES] * len(waiting),
            lines.undecodable[waiting],
        ),
    )
