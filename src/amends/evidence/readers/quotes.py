"""Records of delimited text whose lines hold quotation marks (RFC 4180 §2.5 to 2.7). Pure.

A quoted value may hold separators and line ends. A quotation mark that somebody just typed must not
swallow the rows behind it: where quoting does not work out, a line is a record again.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from amends.evidence.model import Reason

LONGEST_RECORD_LINES = 1000
QUOTE = '"'


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedRecord:
    """A record: its first line, how many lines it spans, and its cells or what is wrong with it."""

    first: int
    span: int
    cells: tuple[str, ...] | Reason


class _Feed:
    """Hands lines to the csv module and tells whether it wanted more than there were."""

    def __init__(self, lines: Sequence[str], cursor: int) -> None:
        self._lines = lines
        self._end = min(len(lines), cursor + LONGEST_RECORD_LINES)
        self.cursor = cursor
        self.ran_dry = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.cursor >= self._end:
            self.ran_dry = True
            raise StopIteration
        self.cursor += 1
        return self._lines[self.cursor - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotedLines:
    """Lines of which some hold quotation marks, and how their fields are separated."""

    lines: Sequence[str]
    separator: str
    width: int

    def records(
        self, with_quotes: Sequence[int], *, final: bool
    ) -> tuple[list[QuotedRecord], int | None]:
        """The records that begin at lines *with_quotes*, and the line of one that goes on.

        Only where more lines can come (not *final*) may a record go on past the last line.
        """
        found: list[QuotedRecord] = []
        cursor = 0
        for line in with_quotes:
            if line < cursor:
                continue
            cells, span, is_open = self._read(line, strict=True)
            left = len(self.lines) - line
            if is_open and not final and left < LONGEST_RECORD_LINES:
                return found, line
            found.append(self._settle(line, cells, span, is_open=is_open))
            cursor = line + found[-1].span
        return found, None

    def _settle(
        self, first: int, cells: tuple[str, ...] | None, span: int, *, is_open: bool
    ) -> QuotedRecord:
        """What counts as the record that begins at line *first*."""
        if cells is not None and not is_open and (span == 1 or len(cells) == self.width):
            return self._record(first, span, cells)
        between = span - 1  # the last line of a well-quoted record may look like a row
        if cells is None:
            cells, span, is_open = self._read(first, strict=False)
            between = span
        if cells is not None and not is_open and not self._swallows_rows(first, between):
            return self._record(first, span, cells)
        alone = tuple(self.lines[first].split(self.separator))
        if len(alone) == self.width:
            return QuotedRecord(first=first, span=1, cells=alone)
        return QuotedRecord(first=first, span=1, cells=Reason.BROKEN_QUOTES)

    def _record(self, first: int, span: int, cells: tuple[str, ...]) -> QuotedRecord:
        if len(cells) > self.width:
            return QuotedRecord(first=first, span=span, cells=Reason.TOO_MANY_FIELDS)
        return QuotedRecord(first=first, span=span, cells=cells)

    def _read(self, first: int, *, strict: bool) -> tuple[tuple[str, ...] | None, int, bool]:
        """Cells (None: malformed), lines used, and whether a quotation mark was left open."""
        feed = _Feed(self.lines, first)
        reader = csv.reader(feed, delimiter=self.separator, strict=strict)
        try:
            cells = tuple(next(reader))
        except (csv.Error, StopIteration):
            return None, 1, feed.ran_dry
        return cells, feed.cursor - first, feed.ran_dry

    def _swallows_rows(self, first: int, end: int) -> bool:
        """Whether one of the lines behind the first is a whole row by itself."""
        rest = self.lines[first + 1 : first + end]
        return any(line.count(self.separator) >= self.width - 1 for line in rest)
