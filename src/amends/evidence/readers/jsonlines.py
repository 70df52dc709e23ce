"""Reads JSON lines: one object per line, a block at a time.

Numbers keep the digits that they were written with; a nested value stays JSON text. Flat objects
are read by a compiled kernel, blocks ahead of the one that is waited for; every line that it does
not take is judged alone by Python's json module.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa

from amends.evidence.categories.words import word_of
from amends.evidence.compiled.cells import ODD, ROW
from amends.evidence.compiled.memory import (
    Octets,
    Places,
)
from amends.evidence.compiled.objects import split_objects
from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.cells import Cells, merged, room_for_cells, table_of, texts_of
from amends.evidence.readers.table import Batch, ColumnsGrewError, quarantine
from amends.evidence.readers.text import Lines
from amends.kernel.ahead import worked_ahead
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

LINES_PER_LOOK = 500
"""Lines that are looked at for new keys before those found are known to the kernel."""
MOST_COLUMNS = 1000
_DIGITS_AS_WRITTEN = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_PLAIN = json.JSONDecoder()
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's White_Space."""

Parsed = dict[str, str | None] | Reason


def parse_line(line: str) -> Parsed:
    """The object on one line, or what is wrong with it."""
    try:
        value = _DIGITS_AS_WRITTEN.decode(line)
        if not isinstance(value, dict):
            return Reason.NOT_AN_OBJECT
        if any(isinstance(inner, list | dict) for inner in value.values()):
            value = dict(_flat(value, _PLAIN.decode(line), ""))
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    result = {key: _text(inner) for key, inner in value.items()}
    try:
        "".join((*result, *(text for text in result.values() if text))).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, written as \ud83d
        return Reason.UNDECODABLE_BYTES
    return result


def _flat(
    value: Mapping[str, object], plain: Mapping[str, object], prefix: str
) -> Iterator[tuple[str, object]]:
    """Keys and values, those of an object inside under ``outer.inner``; an array stays JSON.

    *plain*: the same with numbers as numbers, for what stays JSON.
    """
    for key, inner in value.items():
        same = plain[key]
        if isinstance(inner, dict) and isinstance(same, dict) and inner:
            yield from _flat(inner, same, f"{prefix}{key}.")
        elif isinstance(inner, dict | list):
            yield prefix + key, _json_text(same)
        else:
            yield prefix + key, inner


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _json_text(value)


class HasLines(Protocol):
    """A block of a file: of JSON lines, or of an array's objects."""

    def lines(self) -> Lines:
        """Its records, each as a line."""


class LinesReader(Protocol):
    """Gives a file's records as lines, block after block."""

    def blocks(self) -> Iterator[HasLines]:
        """Each block."""


class JsonLinesFile:
    """A file of JSON objects and the keys that they are known to have."""

    def __init__(
        self,
        reader: LinesReader,
        encoding: str,
        keys: tuple[str, ...],
        form: FileFormat = FileFormat.JSON_LINES,
    ) -> None:
        self.format = form
        self.encoding = encoding
        self._reader = reader
        self._keys = keys
        self._spellings = Spellings.of(keys)

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The keys, in the order in which they were first seen."""
        return self._keys

    def batches(self) -> Iterator[Batch]:
        """All records from first to last.

        Raises:
            ColumnsGrewError: an object has a key that is not among ``headers``.
        """
        row = 1
        for _, found in worked_ahead(self._reader.blocks(), self._look_at):
            for part in found:
                batch = part.batch(row)
                row += batch.records
                if batch.records:
                    yield batch

    def _look_at(self, block: HasLines) -> list["_Part"]:
        """The lines of a block, some at a time, with the columns of those that are objects."""
        lines = block.lines()
        parts = []
        first = 0
        while first < len(lines):
            cells = self._spellings.split(lines, first, len(self._keys))
            parts.append(self._part(lines, cells, first))
            first += len(cells.kinds)
        return parts

    def _part(self, lines: Lines, cells: Cells, first: int) -> "_Part":
        bad = {
            int(line): Reason.UNDECODABLE_BYTES
            for line in np.flatnonzero(lines.undecodable[first : first + len(cells.kinds)])
        }
        parsed = judged(lines, cells, first)
        others = {line: value for line, value in parsed.items() if isinstance(value, dict)}
        if any(not value.keys() <= self._spellings.known for value in others.values()):
            raise ColumnsGrewError
        bad.update({line: why for line, why in parsed.items() if isinstance(why, Reason)})
        plain = cells.kinds == ROW
        plain[list(bad)] = False
        at = np.flatnonzero(plain)
        columns = cells.columns(at)[: len(self._keys)]
        if others:
            lines_of_others = np.array(list(others), dtype=np.int64)
            texts = [texts_of(value.get(key) for value in others.values()) for key in self._keys]
            at, columns = merged([(at, columns), (lines_of_others, texts)])
        waiting = np.array(sorted(bad), dtype=np.int64)
        records = np.zeros(len(plain), np.int64)
        records[at] = records[waiting] = 1
        return _Part(
            numbers=np.cumsum(records) - 1,
            at=at,
            columns=columns,
            waiting=waiting,
            reasons=[bad[line] for line in waiting.tolist()],
            offsets=lines.offsets[first : first + len(cells.kinds)],
            undecodable=lines.undecodable[first : first + len(cells.kinds)],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Some lines: which are records, and what they hold or what is wrong with them."""

    numbers: Places
    """Of each line that is a record its number among the records."""
    at: Places
    columns: list[pa.Array]
    waiting: Places
    reasons: list[Reason]
    offsets: Places
    undecodable: Places

    def batch(self, row: int) -> Batch:
        """The records, numbered from *row*."""
        return Batch(
            rows=table_of(self.numbers[self.at] + row, self.offsets[self.at], self.columns),
            quarantined=quarantine(
                self.numbers[self.waiting] + row,
                self.offsets[self.waiting],
                self.reasons,
                self.undecodable[self.waiting],
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """How keys can stand in JSON: as they are, and in ASCII. For the kernel, as flat arrays."""

    known: frozenset[str]
    octets: Octets
    bounds: Places
    column_of: Places

    @classmethod
    def of(cls, keys: Sequence[str]) -> "Spellings":
        """Of these keys; key *i* is column *i*."""
        spelled: dict[bytes, int] = {}
        for ascii_only in (False, True):
            for at, key in enumerate(keys):
                text = json.dumps(key, ensure_ascii=ascii_only)[1:-1]
                spelled.setdefault(text.encode(), at)
        return cls(
            known=frozenset(keys),
            octets=np.frombuffer(b"".join(spelled) or b"-", dtype=np.uint8),
            bounds=np.cumsum([0, *map(len, spelled)], dtype=np.int64),
            column_of=np.array(list(spelled.values()), dtype=np.int64),
        )

    def split(self, lines: Lines, first: int, columns: int) -> Cells:
        """Where the values of the objects lie on lines from number *first* on."""
        cells = room_for_cells(lines.octets, lines.bounds, max(1, columns), first)
        split_objects(
            lines.octets,
            lines.bounds[first : first + len(cells.kinds) + 1],
            self.octets,
            self.bounds,
            self.column_of,
            cells.starts,
            cells.lengths,
            cells.kinds,
            cells.aside,
        )
        return cells


def judged(lines: Lines, cells: Cells, first: int) -> dict[int, Parsed]:
    """What stands on each line that the kernel left (numbers from *first*), judged alone."""
    left = (cells.kinds == ODD) & (lines.undecodable[first : first + len(cells.kinds)] == 0)
    return {
        line: parse_line(lines.line(first + line).strip(WHITE_SPACE))
        for line in np.flatnonzero(left).tolist()
    }


def keys_of(lines: Lines, keys: dict[str, None]) -> None:
    """Add the keys of a block's objects to *keys*, in the order in which they come."""
    first = 0
    while first < len(lines):
        spellings = Spellings.of(list(keys))
        few = replace(lines, bounds=lines.bounds[: first + LINES_PER_LOOK + 1])
        cells = spellings.split(few, first, max(1, len(keys)))
        for value in judged(lines, cells, first).values():
            if isinstance(value, dict):
                keys.update(dict.fromkeys(value))
        first += len(cells.kinds)


def known_keys(
    blocks: Iterable[HasLines], names: Sequence[str], name: str, *, everywhere: bool
) -> tuple[str, ...]:
    """The keys of the file's objects: of the first block, or of all.

    *names*: keys that case.toml mentions, which are looked for until they are found.

    Raises:
        InputFileError: more keys than a table has columns.
    """
    keys: dict[str, None] = {}
    for block in blocks:
        keys_of(block.lines(), keys)
        if len(keys) > MOST_COLUMNS:
            raise InputFileError(
                said(
                    "{name}: its objects have more than {most_columns} different keys: this is no "
                    "table; give one object per person with keys for its columns",
                    name=name,
                    most_columns=MOST_COLUMNS,
                )
            )
        known = {word_of(key) for key in keys} | set(keys)
        if not everywhere and all(key in known or word_of(key) in known for key in names):
            break
    return tuple(keys)
