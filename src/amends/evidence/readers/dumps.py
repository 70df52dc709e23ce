"""Reads SQL dumps of MySQL, PostgreSQL, SQL Server and SQLite: each table with rows is a member.

A dump is read twice: first to find which tables it holds and where their rows lie, then table by
table, only those places. Nothing in it is run. Other encodings than UTF-8 are turned into it
first, because a byte of a Chinese character can look like a quotation mark's escape.
"""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

import numpy as np

from amends.evidence.compiled import dumps as scan
from amends.evidence.limits import MIB
from amends.evidence.model import Encoding, FileFormat
from amends.evidence.readers.content import Content
from amends.evidence.readers.dumpnames import NAME, columns_of, comment_of, names_in
from amends.evidence.readers.dumprows import Rows, Scratch, batch_of
from amends.evidence.readers.table import Batch

BLOCK_BYTES: Final = 8 * MIB
LONGEST_ROW_BYTES: Final = 64 * MIB
_HEAD_BYTES: Final = 2048
_LONGEST_HEAD_BYTES: Final = 1 * MIB
_ROWS_AT_ONCE: Final = 100_000
_VALUES_AT_ONCE: Final = 2_000_000
_WORDS: Final = np.frombuffer(
    b"insert\0replace\0copy\0create\0go\0comment\0exec\0execute\0", np.uint8
)
_TABLE = rf"(?P<table>{NAME}(?:\s*\.\s*{NAME})*)"
_LIST = rf"(?:\((?P<columns>\s*{NAME}(?:\s*,\s*{NAME})*\s*)\)\s*)?"
_INSERT_HEAD = re.compile(
    rf"(?:INSERT|REPLACE)\s+(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE|OR\s+\w+)\s+)*"
    rf"(?:INTO\s+)?{_TABLE}\s*{_LIST}(?:OVERRIDING\s+\w+\s+VALUE\s+)?VALUES?\s*(?=\()",
    re.IGNORECASE,
)
_COPY_HEAD = re.compile(rf"COPY\s+{_TABLE}\s*{_LIST}FROM\s+stdin[^;\n]*;[ \t]*\r?\n", re.IGNORECASE)
_CREATE_HEAD = re.compile(
    rf"CREATE\s+(?:\w+\s+)*TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_TABLE}\s*\(", re.IGNORECASE
)
_LOOKS_LIKE = re.compile(
    rf"^(?:(?:INSERT|REPLACE)\s+(?:\w+\s+)?(?:INTO\s+)?{NAME}.{{0,2000}}?VALUES?\s*\("
    rf"|COPY\s+{NAME}.{{0,2000}}?FROM\s+stdin|CREATE\s+TABLE\s+.{{0,200}}?\()",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_SAYS_WHOSE = (
    (re.compile(rb"standard_conforming_strings\W+off"), True),
    (re.compile(rb"PostgreSQL|FROM stdin;|\[dbo\]|^GO\b|PRAGMA ", re.MULTILINE), False),
    (re.compile(rb"`|MySQL|MariaDB|ENGINE=|\\'"), True),
)
"""What a dump says of itself, the surest first, and whether a backslash escapes in its texts."""
_NEXT_ROW = re.compile(
    rb"(?P<row>\)\s*,\s*(?=\())|\n(?=INSERT|REPLACE|COPY|CREATE|GO\b|--|/\*|DROP|ALTER|UNLOCK|SET)"
)
_NEXT_LINE = re.compile(rb"(?P<row>\n)")
_OVERLAP_BYTES: Final = 1024


def looks_like_dump(text: str) -> bool:
    """Whether the beginning of a text is that of an SQL dump."""
    return _LOOKS_LIKE.search(text) is not None


@dataclass(slots=True)
class _Place:
    """Where rows of one table lie, under one head, one run after the other."""

    head: bytes
    columns: tuple[str, ...] | None
    copied: bool
    offsets: "array[int]" = field(default_factory=lambda: array("q"))


@dataclass(slots=True)
class _Table:
    columns: tuple[str, ...] | None = None  # as CREATE TABLE says
    comments: dict[str, str] = field(default_factory=dict)
    places: dict[bytes, _Place] = field(default_factory=dict)
    width: int = 0


class Dump:
    """A dump in UTF-8, and where the rows of its tables lie.

    *offsets_hold*: the bytes are those of the file itself, so that places in it can be given.
    """

    def __init__(self, content: Content, encoding: Encoding, *, offsets_hold: bool) -> None:
        self.content = content
        self.encoding = encoding
        self.offsets_hold = offsets_hold
        beginning = content.beginning(MIB)
        self.backslash = _escapes(beginning)
        self._tables: dict[str, _Table] = {}
        with content.open() as file:
            self._find(_Cursor(file))

    def tables(self) -> list[str]:
        """The names of the tables that have rows, in the order of their first ones."""
        return [name for name, table in self._tables.items() if table.places]

    def table(self, name: str) -> "DumpTable":
        """One of :meth:`tables`."""
        return DumpTable(self, self._tables[name])

    def _find(self, cursor: "_Cursor") -> None:
        fresh = True
        while True:
            what, fresh = self._next(cursor, fresh=fresh)
            if what == scan.MORE:
                return
            if what == scan.CREATE:
                self._create(cursor.text(_LONGEST_HEAD_BYTES))
                cursor.skip(len("create"))
                continue
            if what == scan.NOTE:
                self._note(cursor.text(_HEAD_BYTES))
                cursor.skip(len("exec"))
                fresh = False
                continue
            pattern = _COPY_HEAD if what == scan.COPY else _INSERT_HEAD
            match = pattern.match(cursor.text(_HEAD_BYTES)) or pattern.match(
                cursor.text(_LONGEST_HEAD_BYTES)
            )
            if match is None:
                cursor.skip(len("copy"))
                fresh = False
                continue
            place = self._place(match, copied=what == scan.COPY)
            cursor.skip(len(match[0].encode("utf-8", "surrogateescape")))
            table = self._tables[names_in(match["table"])[-1]]
            place.offsets.append(cursor.offset)
            found = 0
            for rows in read_rows(cursor, place, self):
                found += rows.count + len(rows.broken)
                table.width = max(table.width, int(rows.widths.max(initial=0)))
            if not found:
                place.offsets.pop()
                if not place.offsets:
                    del table.places[place.head]
            fresh = True

    def _next(self, cursor: "_Cursor", *, fresh: bool) -> tuple[int, bool]:
        """The next statement of interest; the cursor stands on it."""
        while True:
            what, at, fresh = scan.next_statement(
                cursor.data, cursor.at, fresh, self.backslash, self.backslash, _WORDS
            )
            cursor.at = at
            if what != scan.MORE:
                return what, fresh
            if cursor.is_gigantic or not cursor.more():
                if at + 1 >= len(cursor.data):
                    return scan.MORE, fresh
                cursor.at += 1  # a quotation or comment that never ends is none

    def _create(self, head: str) -> None:
        match = _CREATE_HEAD.match(head)
        if match is None:
            return
        columns = columns_of(head[match.end() :], backslash=self.backslash)
        if columns:
            table = self._tables.setdefault(names_in(match["table"])[-1], _Table())
            table.columns = tuple(columns)
            table.comments |= {name: said for name, said in columns.items() if said}

    def _note(self, text: str) -> None:
        said = comment_of(text, backslash=self.backslash)
        if said is not None:
            self._tables.setdefault(said.table, _Table()).comments[said.column] = said.said

    def _place(self, match: "re.Match[str]", *, copied: bool) -> _Place:
        table = self._tables.setdefault(names_in(match["table"])[-1], _Table())
        head = match[0].encode("utf-8", "surrogateescape")
        if head not in table.places:
            listed = match["columns"]
            columns = None if listed is None else tuple(names_in(listed))
            table.places[head] = _Place(head=head, columns=columns, copied=copied)
        return table.places[head]


class DumpTable:
    """The rows of one table of a dump."""

    format = FileFormat.SQL

    def __init__(self, dump: Dump, table: _Table) -> None:
        self.encoding = str(dump.encoding)
        self._dump = dump
        self._comments = table.comments
        self._places = list(table.places.values())
        named = dict.fromkeys(table.columns or ())
        for place in self._places:
            named.update(dict.fromkeys(place.columns or ()))
        self._named = tuple(named)
        unnamed = any(place.columns is None for place in self._places) and not table.columns
        self._width = max(len(named), table.width if unnamed else 0)

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The names of the columns, where the dump has them."""
        return self._named or (None,) * self._width

    @property
    def comments(self) -> tuple[str, ...]:
        """What the dump says of each column; mostly nothing."""
        return tuple(self._comments.get(header or "", "") for header in self.headers)

    def batches(self) -> Iterator[Batch]:
        """All rows in the order of the dump."""
        row = 1
        order = sorted(
            (offset, number)
            for number, place in enumerate(self._places)
            for offset in place.offsets
        )
        with self._dump.content.open() as file:
            cursor = _Cursor(file)
            for offset, number in order:
                place = self._places[number]
                cursor.go_to(offset)
                for rows in read_rows(cursor, place, self._dump):
                    batch = batch_of(
                        rows,
                        self._positions(place),
                        len(self.headers),
                        row=row,
                        offsets_hold=self._dump.offsets_hold,
                    )
                    row += batch.records
                    if batch.records:
                        yield batch

    def _positions(self, place: _Place) -> tuple[int, ...]:
        """The column of the table that each value of a row is."""
        if place.columns is None:
            return tuple(range(len(self.headers)))
        at = {name: position for position, name in enumerate(self._named)}
        return tuple(at[name] for name in place.columns)


class _Cursor:
    """A window that moves over a file: ``data`` from ``base``, of which ``at`` is next."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.ended = False
        self.base = 0
        self.at = 0
        self.data = np.zeros(0, np.uint8)
        self.more()

    @property
    def offset(self) -> int:
        """Where it stands in the file."""
        return self.base + self.at

    def more(self) -> bool:
        """Let go of what is behind, and read on; whether there was more.

        At the end of the file one line end is added, so that everything ends.
        """
        if self.ended:
            return False
        read = self._file.read(BLOCK_BYTES)
        if len(read) < BLOCK_BYTES:
            self.ended = True
            read += b"\n"
        self.data = np.concatenate((self.data[self.at :], np.frombuffer(read, np.uint8)))
        self.base += self.at
        self.at = 0
        return True

    def go_to(self, offset: int) -> None:
        """Stand at a place further on."""
        if offset - self.base > len(self.data):
            self._file.seek(offset)
            self.base, self.at, self.ended = offset, 0, False
            self.data = np.zeros(0, np.uint8)
            self.more()
        self.at = offset - self.base

    def skip(self, size_bytes: int) -> None:
        """Stand further on in the window."""
        self.at += size_bytes

    def text(self, size_bytes: int) -> str:
        """What stands here; bytes that are no character as surrogates."""
        while len(self.data) - self.at < min(size_bytes, BLOCK_BYTES) and self.more():
            pass
        data = self.data[self.at : self.at + size_bytes].tobytes()
        return data.decode("utf-8", "surrogateescape")

    def go_behind_row(self, *, copied: bool) -> bool:
        """Stand on the next row after one that is broken; False where its statement is over."""
        while True:
            here = self.data[self.at + 1 :].tobytes()
            found = _NEXT_LINE.search(here) if copied else _NEXT_ROW.search(here)
            if found is not None:
                self.at += 1 + found.end()
                return found["row"] is not None
            self.at = max(self.at, len(self.data) - _OVERLAP_BYTES)
            if not self.more():
                self.at = len(self.data)
                return False

    @property
    def is_blank(self) -> bool:
        """Whether nothing but white space stands in the rest of the window."""
        return not self.data[self.at :].tobytes().strip()

    @property
    def is_gigantic(self) -> bool:
        """Whether more stands here than one row may be."""
        return len(self.data) - self.at > LONGEST_ROW_BYTES


def read_rows(cursor: _Cursor, place: _Place, dump: Dump) -> Iterator[Rows]:
    """The rows from here to the end of their statement, and of those behind it with the same head.

    A row that cannot be made sense of is given as broken, and reading goes on with the next.
    """
    scratch = Scratch(_ROWS_AT_ONCE, _VALUES_AT_ONCE)
    arrays = (scratch.starts, scratch.stops, scratch.kinds, scratch.row_at, scratch.row_first)
    head = np.frombuffer(place.head, np.uint8)
    state = scan.EXPECT
    while True:
        if place.copied:
            what, cursor.at, count = scan.copy_rows(cursor.data, cursor.at, *arrays)
        else:
            what, cursor.at, state, count = scan.insert_rows(
                cursor.data, cursor.at, state, head, dump.backslash, *arrays
            )
        if what == scan.MORE and (cursor.ended or cursor.is_gigantic):
            is_over = state == scan.AFTER or cursor.is_blank
            what = scan.END if is_over else scan.BROKEN
        broken = (cursor.at,) if what == scan.BROKEN else ()
        yield Rows(data=cursor.data, base=cursor.base, scratch=scratch, count=count, broken=broken)
        if what == scan.END:
            return
        if what == scan.MORE:
            cursor.more()
        elif what == scan.BROKEN:
            state = scan.EXPECT
            if not cursor.go_behind_row(copied=place.copied):
                return


def _escapes(beginning: bytes) -> bool:
    """Whether a backslash in a text escapes what follows: in MySQL, and in old PostgreSQL."""
    return next((told for word, told in _SAYS_WHOSE if word.search(beginning)), False)
