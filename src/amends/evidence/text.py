"""Text files as whole lines in UTF-8, a block at a time, with where each line began in the file.

The file is read once, from its start to its end. Blocks are cut at line
ends, which in UTF-8 and GB18030 are bytes that no character contains, so a character is never cut.
Bytes that are no character are counted for their line, never guessed at.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence.content import Content
from amends.evidence.model import Encoding, Unread, UnreadError
from amends.kernel.errors import InputFileError

BLOCK_BYTES = 8 << 20
LONGEST_LINE_BYTES = 64 << 20
SAMPLE_BYTES = 32 << 20
SAMPLE_PIECES = 32
CONTROL_SHARE = 0.02
"""More bytes than this that are neither text nor white space: not a text file."""

_MARKS: tuple[tuple[bytes, Encoding], ...] = (
    (b"\xef\xbb\xbf", Encoding.UTF8),
    (b"\xff\xfe", Encoding.UTF16_LE),
    (b"\xfe\xff", Encoding.UTF16_BE),
    (b"\x84\x31\x95\x33", Encoding.GB18030),
)
_NEWLINE, _RETURN, _ASCII_END = 10, 13, 128
_TEXT_CONTROLS = (1, 9, 10, 12, 13, 27, 28, 29, 30, 31)
_TWO_BYTES = {Encoding.UTF16_LE: "<u2", Encoding.UTF16_BE: ">u2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """How a text file spells its characters, and what ends its lines."""

    encoding: Encoding
    mark_bytes: int
    line_end: int = _NEWLINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Whole lines: their text with their ends, where they began, and their undecodable bytes."""

    text: pl.Series
    offsets: npt.NDArray[np.int64]
    undecodable: npt.NDArray[np.int64]
    last: bool

    def __len__(self) -> int:
        """How many."""
        return len(self.text)


class CountedFile:
    """A file that is read once from start to end, and tells how far it is."""

    def __init__(self, file: BinaryIO, read: Callable[[int], None]) -> None:
        self._file = file
        self._tell = read
        self.size_bytes = 0

    def read(self, size_bytes: int) -> bytes:
        """The next bytes; fewer only at the end."""
        data = self._file.read(size_bytes)
        self.size_bytes += len(data)
        self._tell(len(data))
        return data


def sample(content: Content, size_bytes: int = SAMPLE_BYTES) -> bytes:
    """The whole of a small file; of a large one, its beginning and pieces spread over the rest."""
    whole = content.size_bytes
    with content.open() as file:
        if whole <= size_bytes:
            return file.read()
        piece = size_bytes // SAMPLE_PIECES
        parts = [file.read(piece)[: piece & ~1]]
        for number in range(1, SAMPLE_PIECES):
            file.seek(whole * number // SAMPLE_PIECES & ~1)
            part = file.read(piece)
            parts.append(part[part.find(b"\n") + 1 : part.rfind(b"\n") + 1])
    return b"".join(parts)


def tell_spelling(data: bytes, name: str) -> Spelling:
    """How a file is spelled, by its mark or by what its bytes can be.

    Raises:
        InputFileError: *data* is not text.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Spelling(
                encoding=encoding,
                mark_bytes=len(mark),
                line_end=_line_end(data[len(mark) :]),
            )
    codes = np.frombuffer(data, dtype=np.uint8)
    zeros_even, zeros_odd = int((codes[::2] == 0).sum()), int((codes[1::2] == 0).sum())
    third = len(codes) // 6
    if max(zeros_even, zeros_odd) > max(third, 1) > 2 * min(zeros_even, zeros_odd):
        wide = Encoding.UTF16_LE if zeros_odd > zeros_even else Encoding.UTF16_BE
        return Spelling(encoding=wide, mark_bytes=0, line_end=_line_end(data))
    controls = (codes < ord(" ")) & ~np.isin(codes, _TEXT_CONTROLS)
    if int(controls.sum()) > CONTROL_SHARE * len(codes):
        raise UnreadError(
            f"{name}: this is not a text file; give the table as csv, JSON lines or Parquet",
            Unread.NOT_A_TABLE,
        )
    return Spelling(encoding=_utf8_or_gb18030(data), mark_bytes=0, line_end=_line_end(data))


def _utf8_or_gb18030(data: bytes) -> Encoding:
    """UTF-8 unless its reading breaks more bytes than GB18030's and most of what is not ASCII."""
    bad = _bad_bytes(data, Encoding.UTF8)
    if bad == 0:
        return Encoding.UTF8
    other = int((np.frombuffer(data, dtype=np.uint8) >= _ASCII_END).sum())
    if 4 * bad <= other or _bad_bytes(data, Encoding.GB18030) >= bad:
        return Encoding.UTF8
    return Encoding.GB18030


def _bad_bytes(data: bytes, encoding: Encoding) -> int:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode(encoding, "replace").count("\ufffd")
    return 0


def _line_end(data: bytes) -> int:
    """Carriage returns end lines only where there is no line feed at all."""
    return _RETURN if b"\r" in data and b"\n" not in data else _NEWLINE


def undecodable_bytes(line: bytes, encoding: Encoding) -> int:
    """How many bytes of *line* are part of no character."""
    count = 0
    while True:
        try:
            line.decode(encoding)
        except UnicodeDecodeError as error:
            count += error.end - error.start
            line = line[error.end :]
        else:
            return count


class LineReader:
    """The lines of a file, block after block."""

    def __init__(
        self, file: CountedFile, spelling: Spelling, name: str, *, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._file = file
        self._spelling = spelling
        self._name = name
        self._block_bytes = block_bytes
        self._waiting = b""
        self._offset = spelling.mark_bytes
        self._block = b""
        self._block_offset = 0

    def blocks(self) -> Iterator[Lines]:
        """Each block; lines given back with :meth:`give_back` come again with the next.

        Raises:
            InputFileError: a line never ends.
        """
        self._file.read(self._spelling.mark_bytes)
        while True:
            data = self._file.read(self._block_bytes)
            last = len(data) < self._block_bytes
            data = self._waiting + data
            end = len(data) if last else self._end_of_last_line(data)
            if not last and end == 0 and len(data) > LONGEST_LINE_BYTES:
                raise InputFileError(
                    f"{self._name}: a line of more than {LONGEST_LINE_BYTES >> 20} MiB begins at "
                    f"byte {self._offset}; this is not a table with a record per line"
                )
            self._block, self._waiting = data[:end], data[end:]
            self._block_offset = self._offset
            self._offset += end
            if self._block:
                yield self._lines(self._block, last=last)
            if last:
                return

    def give_back(self, lines: Lines, first: int) -> None:
        """Have the lines from number *first* of the newest block come again."""
        cut = int(lines.offsets[first]) - self._block_offset
        self._waiting = self._block[cut:] + self._waiting
        self._offset = self._block_offset + cut

    def _end_of_last_line(self, data: bytes) -> int:
        if self._spelling.encoding in _TWO_BYTES:
            return int(self._starts(data)[-1])
        return data.rfind(bytes([self._spelling.line_end])) + 1

    def _starts(self, data: bytes) -> npt.NDArray[np.int64]:
        """Where lines begin in *data*, and the end of the last one that is ended."""
        kind = _TWO_BYTES.get(self._spelling.encoding)
        codes: npt.NDArray[np.unsignedinteger]
        if kind is None:
            codes, width = np.frombuffer(data, dtype=np.uint8), 1
        else:
            codes, width = np.frombuffer(data[: len(data) & ~1], dtype=kind), 2
        ends = np.flatnonzero(codes == self._spelling.line_end)
        return np.concatenate((np.zeros(1, np.int64), (ends + 1) * width))

    def _lines(self, data: bytes, *, last: bool) -> Lines:
        bounds = self._starts(data)
        if bounds[-1] < len(data):
            bounds = np.append(bounds, len(data))
        offsets = bounds[:-1] + self._block_offset
        encoding = self._spelling.encoding
        undecodable = np.zeros(len(offsets), np.int64)
        try:
            whole = data.decode(encoding)
        except UnicodeDecodeError:
            parts = []
            for number, (start, end) in enumerate(pairwise(bounds.tolist())):
                line = data[start:end]
                undecodable[number] = undecodable_bytes(line, encoding)
                parts.append(line.decode(encoding, "replace").encode())
            text = b"".join(parts)
            text_bounds = np.cumsum([0, *map(len, parts)], dtype=np.int64)
        else:
            if encoding is Encoding.UTF8:
                text, text_bounds = data, bounds
            else:
                text = whole.encode()
                codes = np.frombuffer(text, dtype=np.uint8)
                text_bounds = np.concatenate(
                    ([0], np.flatnonzero(codes == self._spelling.line_end) + 1)
                ).astype(np.int64)
                if text_bounds[-1] < len(text):
                    text_bounds = np.append(text_bounds, len(text))
        array = pa.LargeStringArray.from_buffers(
            len(offsets), pa.py_buffer(text_bounds.astype(np.int64)), pa.py_buffer(text)
        )
        return Lines(
            text=pl.Series("line", array), offsets=offsets, undecodable=undecodable, last=last
        )
