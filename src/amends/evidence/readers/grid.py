"""Rows that a library gives as lists of values: sheets of workbooks, messages of a mailbox."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import polars as pl

from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.heading import Heading, find_heading
from amends.evidence.readers.table import QUARANTINE, Batch, column, trimmed

BATCH_ROWS = 50_000
SAMPLE_ROWS = 2000

Row = Sequence[str | None]
"""Texts of a row's cells; None where a cell is empty."""


class Grid:
    """A table whose rows come one by one, each with as many cells as it happens to have.

    *rows*: every row from first to last, once; rows without any value are no records. *headers*:
    the names of the columns where the format has them; else a header is looked for among the first
    rows.
    """

    encoding = "utf-8"

    def __init__(
        self,
        rows: Iterable[Row],
        form: FileFormat,
        *,
        names: Sequence[str] = (),
        headers: Sequence[str] | None = None,
    ) -> None:
        self.format = form
        said = (row for row in rows if any(row))
        self._heading: Heading | None = None
        if headers is not None:
            self._headers: tuple[str | None, ...] = tuple(headers)
            self._rows: Iterator[Row] = said
            return
        first = list(islice(said, SAMPLE_ROWS))
        self._rows = chain(first, said)
        width = max((_width(row) for row in first), default=0)
        records = [[cell or "" for cell in row[:width]] for row in first]
        for record in records:
            record.extend([""] * (width - len(record)))
        self._heading = find_heading(records, width, names, usual=True)
        self._headers = (None,) * width if self._heading is None else self._heading.cells

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The names of the columns, or as many Nones."""
        return self._headers

    def batches(self) -> Iterator[Batch]:
        """All records from first to last."""
        record = 0
        while part := list(islice(self._rows, BATCH_ROWS)):
            batch = self._batch(part, record)
            record += len(part)
            if batch.records:
                yield batch

    def _batch(self, part: Sequence[Row], before: int) -> Batch:
        heading, width = self._heading, len(self._headers)
        good: list[tuple[int, Row]] = []
        bad: list[tuple[int, Reason]] = []
        for record, row in enumerate(part, start=before):
            number = record + 1
            if heading is not None and record >= heading.at:
                number -= 1
                if record == heading.at:
                    continue
            if heading is not None and record < heading.preamble:
                bad.append((number, Reason.BEFORE_HEADER))
            elif _width(row) > width:
                bad.append((number, Reason.TOO_MANY_FIELDS))
            else:
                good.append((number, row))
        cells = [
            [row[position] if position < len(row) else None for _, row in good]
            for position in range(width)
        ]
        rows = pl.DataFrame(
            [
                pl.Series("row", [number for number, _ in good], dtype=pl.Int64),
                pl.Series("byte_offset", [None] * len(good), dtype=pl.Int64),
                *(
                    pl.Series(column(position), values, dtype=pl.String)
                    for position, values in enumerate(cells)
                ),
            ]
        )
        quarantined = pl.DataFrame(
            [(number, None, str(reason), 0) for number, reason in bad],
            schema=QUARANTINE,
            orient="row",
        )
        return Batch(rows=trimmed(rows), quarantined=quarantined)


def _width(row: Row) -> int:
    """Cells up to the last one with a value."""
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return width
