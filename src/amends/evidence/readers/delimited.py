"""Reads csv, tsv and text with separators of several characters (``----``), a block at a time.

Lines whose quoting is plain are split in columns by a compiled kernel, blocks ahead of the one that
is waited for; only the others go through the csv module, record by record. Either way, and wherever
blocks end, a row gets the same values.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from amends.evidence.compiled.cells import (
    BLANK,
    ODD,
    ROW,
    WIDE,
    Kinds,
    Lengths,
    split_lines,
    split_unquoted_lines,
)
from amends.evidence.compiled.memory import (
    Places,
)
from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.cells import kept, merged, room_for_cells, table_of, texts_of
from amends.evidence.readers.dialect import Dialect
from amends.evidence.readers.heading import Heading
from amends.evidence.readers.quotes import QuotedLines, QuotedRecord
from amends.evidence.readers.table import Batch, quarantine
from amends.evidence.readers.text import Block, LineReader, Lines, Texts
from amends.kernel.ahead import worked_ahead

_QUOTE: Final = b'"'
"""The same octet in every encoding: a block without it has no quotation marks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """Rows of a block in columns, with the line of each."""

    at: Places
    columns: list[pa.Array]


@dataclass(slots=True, kw_only=True)
class _Found:
    """What the lines of a block turned out to be, by line number within the block."""

    block: Block
    offsets: Places
    starts: npt.NDArray[np.bool_]  # a record begins here
    short: npt.NDArray[np.bool_]
    undecodable: Places  # by the line on which the record begins
    reasons: dict[int, Reason] = field(default_factory=dict)
    pieces: list[_Piece] = field(default_factory=list)
    rest: Block | None = None
    """From the line on which a record begins that goes on into the next block."""


class DelimitedFile:
    """A delimited text file whose dialect is known."""

    format = FileFormat.DELIMITED

    def __init__(
        self, reader: LineReader, encoding: str, dialect: Dialect, heading: Heading | None
    ) -> None:
        self.encoding = encoding
        self._reader = reader
        self._dialect = dialect
        self._heading = heading
        self._width = len(heading.cells) if heading is not None else dialect.width

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The header's cells, or as many Nones as the file has columns."""
        return self._heading.cells if self._heading is not None else (None,) * self._width

    def batches(self) -> Iterator[Batch]:
        """All records from first to last."""
        before = 0
        for found in self._found():
            yield from self._batches(found, before)
            before += int(found.starts.sum())

    def _found(self) -> Iterator[_Found]:
        """Each block looked at; what one left over is looked at again with the next."""
        rest: Block | None = None
        for block, ahead in worked_ahead(self._reader.blocks(), self._look_at):
            found = ahead if rest is None else self._look_at(block.behind(rest.data))
            rest = found.rest
            yield found
        if rest is not None:
            yield self._look_at(replace(rest, last=True))

    def _look_at(self, block: Block) -> _Found:
        """What the lines of a block are, with the columns of those that are rows."""
        lines = block.lines()
        quoting = self._dialect.quoting and _QUOTE in block.data
        kinds, widths, pieces = self._split(lines, quoting=quoting)
        found = _Found(
            block=block,
            offsets=lines.offsets,
            starts=kinds != BLANK,
            short=(kinds == ROW) & (widths < self._width),
            undecodable=lines.undecodable.copy(),
            pieces=pieces,
        )
        wide = np.flatnonzero(kinds == WIDE).tolist()
        found.reasons.update(dict.fromkeys(wide, Reason.TOO_MANY_FIELDS))
        odd = np.flatnonzero(kinds == ODD)
        if odd.size:
            self._odd_quotes(lines, odd, found)
        return found

    def _split(self, lines: Lines, *, quoting: bool) -> tuple[Kinds, Lengths, list[_Piece]]:
        """What each line is, how many cells it has, and the rows among them in columns.

        A row with bytes that are no character is in none: it waits in quarantine.
        """
        kinds = np.empty(len(lines), np.uint8)
        widths = np.empty(len(lines), np.int32)
        separator = np.frombuffer(self._dialect.separator.encode(), dtype=np.uint8)
        pieces = []
        first = 0
        while first < len(lines):
            cells = room_for_cells(lines.octets, lines.bounds, self._width, first)
            after = first + len(cells.kinds)
            found = (cells.starts, cells.lengths, widths[first:after], cells.kinds)
            bounds = lines.bounds[first : after + 1]
            if quoting:
                split_lines(lines.octets, bounds, separator, *found, cells.aside)
            else:
                split_unquoted_lines(lines.octets, bounds, separator, *found, cells.places())
            kinds[first:after] = cells.kinds
            rows = np.flatnonzero((cells.kinds == ROW) & (lines.undecodable[first:after] == 0))
            pieces.append(_Piece(at=rows + first, columns=cells.columns(rows)))
            first = after
        return kinds, widths, pieces

    def _odd_quotes(self, lines: Lines, odd: Places, found: _Found) -> None:
        """Records over several lines, and quotation marks gone wrong."""
        quoted = QuotedLines(
            lines=Texts(lines), separator=self._dialect.separator, width=self._width
        )
        records, goes_on = quoted.records(odd.tolist(), final=lines.last)
        for record in records:
            after = record.first + record.span
            found.starts[record.first] = True
            found.starts[record.first + 1 : after] = False
            found.undecodable[record.first] = int(lines.undecodable[record.first : after].sum())
            if isinstance(record.cells, Reason):
                found.reasons[record.first] = record.cells
            else:
                found.short[record.first] = len(record.cells) < self._width
        if goes_on is not None:
            found.starts[goes_on:] = False
            cut = int(lines.offsets[goes_on]) - found.block.offset
            found.rest = replace(
                found.block, data=found.block.data[cut:], offset=int(lines.offsets[goes_on])
            )
        found.pieces.append(self._piece([one for one in records if isinstance(one.cells, tuple)]))

    def _piece(self, records: list[QuotedRecord]) -> _Piece:
        """Records that the csv module has read, in columns."""
        return _Piece(
            at=np.array([record.first for record in records], dtype=np.int64),
            columns=[
                texts_of(record.cells[at] if at < len(record.cells) else None for record in records)
                for at in range(self._width)
            ],
        )

    def _numbers(self, found: _Found, before: int) -> npt.NDArray[np.int64]:
        """Row numbers of a block with *before* records above it; of the header 0."""
        rows = np.cumsum(found.starts) + before
        if self._heading is not None:
            for line in np.flatnonzero((rows <= self._heading.preamble) & found.starts).tolist():
                found.reasons[line] = Reason.BEFORE_HEADER
            header = self._heading.at + 1
            rows = np.where(rows == header, 0, rows - (rows > header))
        return rows

    def _batches(self, found: _Found, before: int) -> Iterator[Batch]:
        """The records of a block with their row numbers; the header (row 0) left out."""
        rows = self._numbers(found, before)
        for line in np.flatnonzero((found.undecodable > 0) & found.starts).tolist():
            found.reasons[line] = Reason.UNDECODABLE_BYTES
        found.reasons = {line: why for line, why in found.reasons.items() if found.starts[line]}
        at = np.array(sorted(found.reasons), dtype=np.int64)
        at = at[rows[at] > 0]
        good = found.starts & (rows > 0)
        good[at] = False
        quarantined = quarantine(
            rows[at],
            found.offsets[at],
            [found.reasons[line] for line in at.tolist()],
            found.undecodable[at],
        )
        short = int((found.short & good).sum())
        for piece in _in_order(found.pieces):
            keep = good[piece.at]
            table = table_of(rows[piece.at], found.offsets[piece.at], piece.columns)
            batch = Batch(rows=kept(table, keep), quarantined=quarantined, short_rows=short)
            if batch.records:
                yield batch
                quarantined, short = quarantined.clear(), 0


def _in_order(pieces: list[_Piece]) -> list[_Piece]:
    """Pieces whose rows come one behind the other; only such of odd lines lie among others."""
    last = -1
    for piece in pieces:
        if len(piece.at) and piece.at[0] < last:
            break
        last = piece.at[-1] if len(piece.at) else last
    else:
        return pieces
    at, columns = merged([(piece.at, piece.columns) for piece in pieces])
    return [_Piece(at=at, columns=columns)]
