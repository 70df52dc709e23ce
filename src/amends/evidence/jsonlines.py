"""Reads JSON lines: one object per line, a block at a time.

Numbers keep the digits that they were written with; a nested value stays JSON text. Many lines are
parsed in one call; where that does not come out one object per line, each line is judged alone.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from amends.evidence.model import FileFormat, Reason
from amends.evidence.table import QUARANTINE, Batch, ColumnsGrewError, column, trimmed
from amends.evidence.text import LineReader, Lines

LINES_PER_PARSE = 5000
MOST_COLUMNS = 1000
_DIGITS_AS_WRITTEN = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
_PLAIN = json.JSONDecoder()
_BETWEEN = "\n,0,\n"
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")

Parsed = dict[str, object] | Reason


@dataclass(slots=True)
class _Rows:
    at: list[int] = field(default_factory=list)
    objects: list[dict[str, object]] = field(default_factory=list)
    bad: list[tuple[int, Reason]] = field(default_factory=list)


def parse_line(line: str) -> Parsed:
    """The object on one line, or what is wrong with it."""
    try:
        value = _DIGITS_AS_WRITTEN.decode(line)
        if not isinstance(value, dict):
            return Reason.NOT_AN_OBJECT
        nested = [key for key, inner in value.items() if isinstance(inner, dict | list)]
        if nested:
            plain = _PLAIN.decode(line)
            value.update((key, _json_text(plain[key])) for key in nested)
    except (ValueError, RecursionError):
        return Reason.NOT_JSON
    result = {key: _text(inner) for key, inner in value.items()}
    try:
        "".join((*result, *(text for text in result.values() if text))).encode()
    except UnicodeEncodeError:  # half of a surrogate pair, written as \ud83d
        return Reason.UNDECODABLE_BYTES
    return dict(result)


def _json_text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _json_text(value)


def _parse_together(lines: Sequence[str]) -> list[dict[str, object]] | None:
    """The objects of *lines* if each line is one flat object of texts; else None."""
    together = _BETWEEN.join(lines)
    if _SURROGATE.search(together):
        return None
    try:
        values = _DIGITS_AS_WRITTEN.decode(f"[{together}]")
    except (ValueError, RecursionError):
        return None
    objects, between = values[::2], values[1::2]
    if len(objects) != len(lines) or any(mark != "0" for mark in between):
        return None
    for value in objects:
        if not isinstance(value, dict):
            return None
        if not all(text is None or type(text) is str for text in value.values()):
            return None
    return list(objects)


class JsonLinesFile:
    """A JSON-lines file and the keys that its objects are known to have."""

    format = FileFormat.JSON_LINES

    def __init__(self, reader: LineReader, encoding: str, keys: tuple[str, ...]) -> None:
        self.encoding = encoding
        self._reader = reader
        self._keys = keys

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
        for lines in self._reader.blocks():
            batch = self._batch(lines, row)
            row += batch.records
            if batch.records:
                yield batch

    def _batch(self, lines: Lines, row: int) -> Batch:
        rows = parse_lines(lines)
        numbers = np.zeros(len(lines), np.int64)
        numbers[np.array(sorted([*rows.at, *(at for at, _ in rows.bad)]), dtype=np.int64)] = 1
        numbers = numbers.cumsum() + (row - 1)
        known = frozenset(self._keys)
        if any(not (value.keys() <= known) for value in rows.objects):
            raise ColumnsGrewError
        line = np.array(rows.at, dtype=np.int64)
        frame = pl.DataFrame(
            [
                pl.Series("row", numbers[line], dtype=pl.Int64),
                pl.Series("byte_offset", lines.offsets[line], dtype=pl.Int64),
                *(
                    pl.Series(
                        column(position),
                        [value.get(key) for value in rows.objects],
                        dtype=pl.String,
                    )
                    for position, key in enumerate(self._keys)
                ),
            ]
        )
        at = np.array([line for line, _ in rows.bad], dtype=np.int64)
        quarantined = pl.DataFrame(
            {
                "row": numbers[at],
                "byte_offset": lines.offsets[at],
                "reason": [str(reason) for _, reason in rows.bad],
                "undecodable_bytes": lines.undecodable[at],
            },
            schema=QUARANTINE,
        )
        return Batch(rows=trimmed(frame), quarantined=quarantined)


def parse_lines(lines: Lines) -> _Rows:
    """The objects of a block and the lines that hold none; blank lines are left out."""
    rows = _Rows()
    stripped = lines.text.str.strip_chars()
    bad = lines.undecodable > 0
    rows.bad.extend((line, Reason.UNDECODABLE_BYTES) for line in np.flatnonzero(bad).tolist())
    at = np.flatnonzero((stripped != "").to_numpy() & ~bad)
    texts = stripped.gather(at).to_list()
    for first in range(0, len(texts), LINES_PER_PARSE):
        part = texts[first : first + LINES_PER_PARSE]
        places = at[first : first + LINES_PER_PARSE].tolist()
        objects = _parse_together(part)
        if objects is not None:
            rows.at.extend(places)
            rows.objects.extend(objects)
            continue
        for place, line in zip(places, part, strict=True):
            parsed = parse_line(line)
            if isinstance(parsed, Reason):
                rows.bad.append((place, parsed))
            else:
                rows.at.append(place)
                rows.objects.append(parsed)
    rows.bad.sort()
    return rows


def keys_of(lines: Lines, keys: dict[str, None]) -> None:
    """Add the keys of a block's objects to *keys*, in the order in which they come."""
    for value in parse_lines(lines).objects:
        if not value.keys() <= keys.keys():
            keys.update(dict.fromkeys(value))
