"""Text files as whole lines in UTF-8, a block at a time, with where each line began in the file.

The file is read once, from its start to its end. Blocks are cut at line
ends, which in UTF-8 and GB18030 are bytes that no character contains, so a character is never cut.
Bytes that are no character are counted for their line, never guessed at.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import BinaryIO, overload

import numpy as np
import pyarrow as pa

from amends.evidence.compiled.decoding import (
    gb18030_tables,
    line_bounds,
    mended_utf8,
    utf8_faults,
    utf8_of_gb18030,
)
from amends.evidence.compiled.memory import (
    WORD,
    Octets,
    Places,
)
from amends.evidence.compiled.utf8 import lines_in_utf8
from amends.evidence.model import Encoding, Unread, UnreadError
from amends.evidence.readers.content import Content
from amends.evidence.readers.encodings import (
    LEAST_SCORE,
    MULTIBYTE,
    beyond_ascii,
    likeliest,
    reading_of,
    score,
)
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

BLOCK_BYTES = 8 << 20
LONGEST_LINE_BYTES = 64 << 20
SAMPLE_BYTES = 8 << 20
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
    """Whole lines: their text with their ends, where they began, and their undecodable bytes.

    Line *i* is ``octets[bounds[i]:bounds[i + 1]]`` in UTF-8, U+FFFD for what is no character.
    """

    octets: Octets
    bounds: Places
    offsets: Places
    undecodable: Places
    last: bool

    def __len__(self) -> int:
        """How many."""
        return len(self.offsets)

    def line(self, number: int) -> str:
        """One of them (from 0)."""
        return bytes(self.octets[self.bounds[number] : self.bounds[number + 1]]).decode()


class Texts(Sequence[str]):
    """Lines as Python's texts, each made when it is asked for."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines

    def __len__(self) -> int:
        """How many."""
        return len(self._lines)

    @overload
    def __getitem__(self, which: int) -> str: ...
    @overload
    def __getitem__(self, which: slice) -> list[str]: ...
    def __getitem__(self, which: int | slice) -> str | list[str]:
        """One of them, or some."""
        if isinstance(which, slice):
            return [self._lines.line(number) for number in range(*which.indices(len(self)))]
        return self._lines.line(which)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Bytes of whole lines as they stand in the file, from the place *offset* on."""

    data: bytes
    offset: int
    spelling: Spelling
    last: bool

    def behind(self, before: bytes) -> "Block":
        """The block together with bytes that stand in front of it."""
        return replace(self, data=before + self.data, offset=self.offset - len(before))

    def lines(self) -> Lines:
        """Its lines, decoded."""
        codes = np.frombuffer(self.data, dtype=np.uint8)
        bounds = _bounds(self.data, self.spelling)
        octets, text_bounds, undecodable = _mixed(
            self.data, bounds, _decoded(codes, bounds, self.spelling), self.spelling
        )
        return Lines(
            octets=octets,
            bounds=text_bounds,
            offsets=bounds[:-1] + self.offset,
            undecodable=undecodable,
            last=self.last,
        )


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
            said(
                "{name}: this is not a text file; give the table as csv, JSON lines or Parquet",
                name=name,
            ),
            Unread.NOT_A_TABLE,
        )
    return Spelling(encoding=_tell_encoding(data), mark_bytes=0, line_end=_line_end(data))


def _tell_encoding(data: bytes) -> Encoding:
    """UTF-8 where most of what is not ASCII is right in it; else what reads best."""
    bad = _bad_bytes(data, Encoding.UTF8)
    if bad == 0:
        return Encoding.UTF8
    other = int((np.frombuffer(data, dtype=np.uint8) >= _ASCII_END).sum())
    if 4 * bad <= other:
        return Encoding.UTF8
    best, found = likeliest(beyond_ascii(data), (*MULTIBYTE, Encoding.LATIN1))
    if found >= LEAST_SCORE:
        return best
    return Encoding.UTF8 if _bad_bytes(data, Encoding.GB18030) >= bad else Encoding.GB18030


def _bad_bytes(data: bytes, encoding: Encoding) -> int:
    if encoding is Encoding.UTF8:
        return int(utf8_faults(np.frombuffer(data, dtype=np.uint8)))
    spelling = Spelling(encoding=encoding, mark_bytes=0)
    _, _, undecodable = _decoded(
        np.frombuffer(data, dtype=np.uint8), _bounds(data, spelling), spelling
    )
    return int(undecodable.sum())


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

    def blocks(self) -> Iterator[Block]:
        """All of the file behind its mark, cut at line ends.

        Raises:
            InputFileError: a line never ends.
        """
        self._file.read(self._spelling.mark_bytes)
        offset = self._spelling.mark_bytes
        waiting = b""
        last = False
        while not last:
            data = self._file.read(self._block_bytes)
            last = len(data) < self._block_bytes
            data = waiting + data if waiting else data
            end = len(data) if last else self._end_of_last_line(data)
            if not last and end == 0 and len(data) > LONGEST_LINE_BYTES:
                raise InputFileError(
                    said(
                        "{name}: a line of more than {line_mib} MiB begins at byte {offset}; this "
                        "is not a table with a record per line: take it out of case.toml, or save "
                        "the table in it as csv",
                        name=self._name,
                        line_mib=LONGEST_LINE_BYTES >> 20,
                        offset=offset,
                    )
                )
            waiting = data[end:]
            if end:
                yield Block(data=data[:end], offset=offset, spelling=self._spelling, last=last)
            offset += end

    def _end_of_last_line(self, data: bytes) -> int:
        mark = chr(self._spelling.line_end).encode(self._spelling.encoding)
        end = data.rfind(mark) + len(mark)
        while end >= len(mark) and end % len(mark):  # the halves of two wide characters
            end = data.rfind(mark, 0, end - 1) + len(mark)
        return end if end >= len(mark) else 0


def _bounds(data: bytes, spelling: Spelling) -> Places:
    """Where each line begins, and the end of the last one."""
    kind = _TWO_BYTES.get(spelling.encoding)
    if kind is None:
        bounds: Places = line_bounds(np.frombuffer(data, dtype=np.uint8), spelling.line_end)
        return bounds
    codes = np.frombuffer(data[: len(data) & ~1], dtype=kind)
    ends = np.flatnonzero(codes == spelling.line_end)
    bounds = np.concatenate((np.zeros(1, np.int64), (ends + 1) * 2))
    return bounds if bounds[-1] == len(data) else np.append(bounds, len(data))


def _decoded(data: Octets, bounds: Places, spelling: Spelling) -> tuple[Octets, Places, Places]:
    """Lines in UTF-8, their bounds, and how many bytes of each are part of no character."""
    lines = len(bounds) - 1
    undecodable = np.zeros(lines, np.int64)
    if spelling.encoding is Encoding.UTF8 and utf8_faults(data) == 0:
        return data, bounds, undecodable
    if spelling.encoding not in (Encoding.UTF8, Encoding.GB18030):
        return _decoded_by_codec(data, bounds, spelling)
    text = memory(3 * len(data) + WORD)
    text_bounds = np.empty(lines + 1, np.int64)
    if spelling.encoding is Encoding.UTF8:
        size = mended_utf8(data, bounds, text, text_bounds, undecodable)
    else:
        two, four = gb18030_tables()
        size = utf8_of_gb18030(data, two, four, text, bounds, text_bounds, undecodable)
    text = text[:size]
    text.flags.writeable = False
    return text, text_bounds, undecodable


def _mixed(
    data: bytes,
    bounds: Places,
    decoded: tuple[Octets, Places, Places],
    spelling: Spelling,
) -> tuple[Octets, Places, Places]:
    """The same with lines that are in another encoding than the file read in theirs.

    Such a line has bytes that are no character in the file's encoding, or it is right in UTF-8,
    which is no accident where it holds characters of three bytes.
    """
    octets, text_bounds, undecodable = decoded
    in_utf8 = np.zeros(len(undecodable), np.bool_)
    main = spelling.encoding
    if main in _TWO_BYTES:
        return decoded
    faulty = undecodable > 0
    if main is not Encoding.UTF8:
        in_utf8 = lines_in_utf8(np.frombuffer(data, dtype=np.uint8), bounds)
        faulty |= in_utf8
    if main is Encoding.LATIN1:  # in which every byte is a letter: ask the letters
        faulty |= np.fromiter(
            (score(data[start:end], main) < 0 for start, end in pairwise(bounds.tolist())),
            np.bool_,
            len(bounds) - 1,
        )
    mended: dict[int, bytes] = {}
    for number in np.flatnonzero(faulty).tolist():
        line = data[bounds[number] : bounds[number + 1]]
        sure = main is not Encoding.UTF8 and in_utf8[number]
        other = Encoding.UTF8 if sure else _other_reading(line, main)
        if other is not None:
            mended[number] = line.decode(other).encode()
    if not mended:
        return decoded
    lengths = np.diff(text_bounds)
    parts, done = [], 0
    for number, line in mended.items():
        parts += [octets[done : text_bounds[number]].tobytes(), line]
        done = int(text_bounds[number + 1])
        lengths[number] = len(line)
        undecodable[number] = 0
    parts.append(octets[done:].tobytes())
    new_bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
    return np.frombuffer(b"".join(parts), dtype=np.uint8), new_bounds, undecodable


def _other_reading(line: bytes, main: Encoding) -> Encoding | None:
    """The encoding of a line that is wrong in the *main* one, unless it is that one damaged."""
    if main is Encoding.UTF8:
        beyond = sum(byte >= _ASCII_END for byte in line)
        if 4 * undecodable_bytes(line, main) <= beyond:
            return None
    return reading_of(line, main)


def _decoded_by_codec(
    data: Octets, bounds: Places, spelling: Spelling
) -> tuple[Octets, Places, Places]:
    """The same by Python's codec: all in one where it is right, else line by line."""
    encoding = spelling.encoding
    undecodable = np.zeros(len(bounds) - 1, np.int64)
    try:
        text = bytes(data).decode(encoding).encode()
    except UnicodeError:
        parts = []
        for number, (start, end) in enumerate(pairwise(bounds.tolist())):
            line = bytes(data[start:end])
            undecodable[number] = undecodable_bytes(line, encoding)
            parts.append(line.decode(encoding, "replace").encode())
        text = b"".join(parts)
        text_bounds = np.cumsum([0, *map(len, parts)], dtype=np.int64)
    else:
        text_bounds = line_bounds(np.frombuffer(text, dtype=np.uint8), spelling.line_end)
    return np.frombuffer(text, dtype=np.uint8), text_bounds, undecodable


def memory(size_bytes: int) -> Octets:
    """Bytes to write to, from Arrow's pool: memory that is given back there is cheap to get."""
    return np.frombuffer(pa.allocate_buffer(size_bytes), dtype=np.uint8)
