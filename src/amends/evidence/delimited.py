"""Reads csv, tsv and text with separators of several characters (``----``), a block at a time.

Lines without quotation marks, and lines whose quoting is plain, are split in columns at once; only
the others go through the csv module, record by record. Either way a row gets the same values.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.evidence.dialect import Dialect
from amends.evidence.heading import Heading
from amends.evidence.model import FileFormat, Reason
from amends.evidence.quotes import QUOTE, QuotedLines, QuotedRecord
from amends.evidence.table import QUARANTINE, Batch, column, trimmed
from amends.evidence.text import LineReader, Lines


@dataclass(slots=True)
class _Found:
    """What a block's lines turned out to be, by line number within the block."""

    starts: npt.NDArray[np.bool_]  # a record begins here
    reasons: dict[int, Reason]
    undecodable: npt.NDArray[np.int64]  # by the line on which the record begins
    frames: list[pl.DataFrame]  # line (Int64), then the columns
    short_rows: int = 0


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
        for lines in self._reader.blocks():
            found, complete = self._look_at(lines)
            if complete is not None:
                self._reader.give_back(lines, complete)
            if (batch := self._batch(lines, found, before)) is not None:
                yield batch
            before += int(found.starts.sum())

    def _look_at(self, lines: Lines) -> tuple[_Found, int | None]:
        """What the lines are, and the line from which a record goes on into the next block."""
        text = lines.text
        blank = (text.str.strip_chars() == "").to_numpy() & (lines.undecodable == 0)
        if self._dialect.separator.isspace():  # empty values between tabs are a record
            blank &= ~text.str.contains(self._dialect.separator, literal=True).to_numpy()
        found = _Found(starts=~blank, reasons={}, undecodable=lines.undecodable.copy(), frames=[])
        with_quotes = np.zeros(len(lines), np.bool_)
        if self._dialect.quoting:
            with_quotes = text.str.contains(QUOTE, literal=True).to_numpy()
        complete: int | None = None
        if with_quotes.any():
            plain = self._plainly_quoted(text, with_quotes)
            odd = with_quotes & ~plain
            if odd.any():
                complete = self._odd_quotes(lines, np.flatnonzero(odd), found)
            self._split_quoted(text, plain & found.starts, found)
        self._split(text, found.starts & ~with_quotes, found)
        return found, complete

    def _split(self, text: pl.Series, which: npt.NDArray[np.bool_], found: _Found) -> None:
        """Lines without quotation marks."""
        at = np.flatnonzero(which)
        chosen = text.filter(pl.Series(which))
        marks = chosen.str.count_matches(self._dialect.separator, literal=True).to_numpy()
        fits = self._sort_by_width(at, marks + 1, found)
        chosen = chosen.filter(pl.Series(fits))
        if self._width == 1:
            frame = chosen.alias(column(0)).to_frame()
        else:
            parts = chosen.str.split_exact(self._dialect.separator, self._width - 1)
            frame = parts.struct.unnest()
            frame.columns = [column(position) for position in range(self._width)]
        found.frames.append(frame.insert_column(0, pl.Series("line", at[fits])))

    def _plainly_quoted(
        self, text: pl.Series, which: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Which of those lines are whole records with nothing but whole quoted values in them."""
        plain = np.zeros(len(text), np.bool_)
        if self._width > 1:
            mark = f"\\x{ord(self._dialect.separator):02x}"
            cell = f'(?:"[^"\r\n]*"|[^"\r\n{mark}]*)'
            pattern = f"^{cell}(?:{mark}{cell})*\r?\n?$"
            chosen = text.filter(pl.Series(which))
            plain[np.flatnonzero(which)] = chosen.str.contains(pattern).to_numpy()
        return plain

    def _split_quoted(self, text: pl.Series, which: npt.NDArray[np.bool_], found: _Found) -> None:
        """Lines that are plainly quoted."""
        at = np.flatnonzero(which)
        if not at.size:
            return
        chosen = text.filter(pl.Series(which)).str.strip_chars_end("\r\n")
        bare = chosen.str.replace_all('"[^"]*"', "")
        marks = bare.str.count_matches(self._dialect.separator, literal=True).to_numpy()
        fits = self._sort_by_width(at, marks + 1, found)
        if not fits.any():
            return
        mark = self._dialect.separator
        padded = [
            line + mark * missing
            for line, missing in zip(
                chosen.filter(pl.Series(fits)),
                (self._width - 1 - marks[fits]).tolist(),
                strict=True,
            )
        ]
        names = [column(position) for position in range(self._width)]
        frame = pl.read_csv(
            "\n".join(padded).encode(),
            has_header=False,
            separator=mark,
            quote_char=QUOTE,
            schema=dict.fromkeys(names, pl.String),
            truncate_ragged_lines=False,
        )
        found.frames.append(frame.insert_column(0, pl.Series("line", at[fits])))

    def _odd_quotes(
        self, lines: Lines, with_quotes: npt.NDArray[np.int64], found: _Found
    ) -> int | None:
        """Records over several lines, doubled quotation marks, and quotation marks gone wrong."""
        quoted = QuotedLines(
            lines=lines.text.to_list(), separator=self._dialect.separator, width=self._width
        )
        records, goes_on = quoted.records(with_quotes.tolist(), final=lines.last)
        for record in records:
            found.starts[record.first] = True
            found.starts[record.first + 1 : record.first + record.span] = False
            found.undecodable[record.first] = int(
                lines.undecodable[record.first : record.first + record.span].sum()
            )
            if isinstance(record.cells, Reason):
                found.reasons[record.first] = record.cells
        if goes_on is not None:
            found.starts[goes_on:] = False
        self._add_cells([record for record in records if isinstance(record.cells, tuple)], found)
        return goes_on

    def _add_cells(self, records: list[QuotedRecord], found: _Found) -> None:
        rows = [(*record.cells, *[None] * (self._width - len(record.cells))) for record in records]
        found.short_rows += sum(len(record.cells) < self._width for record in records)
        names = [column(position) for position in range(self._width)]
        frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
        at = pl.Series("line", [record.first for record in records], dtype=pl.Int64)
        found.frames.append(frame.insert_column(0, at))

    def _sort_by_width(
        self, at: npt.NDArray[np.int64], widths: npt.NDArray[np.int64], found: _Found
    ) -> npt.NDArray[np.bool_]:
        """Which rows fit; the wide ones get their reason, the short ones are counted."""
        for line in at[widths > self._width].tolist():
            found.reasons[line] = Reason.TOO_MANY_FIELDS
        found.short_rows += int((widths < self._width).sum())
        fits: npt.NDArray[np.bool_] = widths <= self._width
        return fits

    def _numbers(self, found: _Found, before: int) -> npt.NDArray[np.int64]:
        """Row numbers of a block with *before* records above it; of the header 0."""
        rows = np.cumsum(found.starts) + before
        if self._heading is not None:
            for line in np.flatnonzero((rows <= self._heading.preamble) & found.starts).tolist():
                found.reasons[line] = Reason.BEFORE_HEADER
            header = self._heading.at + 1
            rows = np.where(rows == header, 0, rows - (rows > header))
        return rows

    def _batch(self, lines: Lines, found: _Found, before: int) -> Batch | None:
        """The records of a block with their row numbers; the header (row 0) left out."""
        rows = self._numbers(found, before)
        for line in np.flatnonzero((found.undecodable > 0) & found.starts).tolist():
            found.reasons[line] = Reason.UNDECODABLE_BYTES
        at = np.array(sorted(found.reasons), dtype=np.int64)
        quarantined = pl.DataFrame(
            {
                "row": rows[at],
                "byte_offset": lines.offsets[at],
                "reason": [str(found.reasons[line]) for line in at.tolist()],
                "undecodable_bytes": found.undecodable[at],
            },
            schema=QUARANTINE,
        ).filter(pl.col("row") > 0)
        good = found.starts.copy()
        good[at] = False
        frame = pl.concat(found.frames)
        keep = good[frame["line"].to_numpy()]
        if not keep.all():
            frame = frame.filter(pl.Series(keep))
        if len(found.frames) > 1:
            frame = frame.sort("line")
        place = frame["line"].to_numpy()
        numbered = frame.select(
            pl.Series("row", rows[place], dtype=pl.Int64),
            pl.Series("byte_offset", lines.offsets[place], dtype=pl.Int64),
            pl.exclude("line"),
        ).filter(pl.col("row") > 0)
        batch = Batch(rows=trimmed(numbered), quarantined=quarantined, short_rows=found.short_rows)
        return batch if batch.records else None
