"""Reads JSON files that are not one object a line: arrays of objects, also inside an object.

The objects of the outermost arrays are records, wherever their lines end; what stands between them
is not read. The rest is as with JSON lines.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np

from amends.evidence.compiled import elements
from amends.evidence.compiled.decoding import utf8_faults
from amends.evidence.compiled.memory import Octets, Places
from amends.evidence.limits import MIB
from amends.evidence.model import Encoding
from amends.evidence.readers.text import BLOCK_BYTES, Lines, undecodable_bytes
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

LONGEST_OBJECT_BYTES: Final = 64 * MIB
_AT_ONCE: Final = 200_000
_ARRAY = re.compile(r"\[\s*\{")
_WRAPPED = re.compile(r"\{[^\[\]{}]*\[\s*\{")
_SEVERAL_LINES = re.compile(r"\{\s*\n")


def looks_like_array(text: str) -> bool:
    """Whether the beginning of a text is that of an array of objects, or of objects over lines."""
    text = text.lstrip("\ufeff \t\r\n")
    first, _, rest = text.partition("\n")
    if _WRAPPED.match(text) and rest.strip() and _is_whole(first):
        return False  # JSON lines whose objects hold arrays
    return bool(_ARRAY.match(text) or _WRAPPED.match(text) or _SEVERAL_LINES.match(text))


def _is_whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elements:
    """Some values of the arrays, as if each stood on a line of its own."""

    data: Octets
    starts: Places
    stops: Places
    base: int
    last: bool

    def lines(self) -> Lines:
        """Each value as a line; one with bytes that are no character is only counted."""
        undecodable = np.zeros(len(self.starts), np.int64)
        parts = []
        for start, stop in zip(self.starts.tolist(), self.stops.tolist(), strict=True):
            parts.append(self.data[start:stop].tobytes() + b"\n")
        if utf8_faults(self.data[self.starts[0] : self.stops[-1]]):
            for at, part in enumerate(parts):
                undecodable[at] = undecodable_bytes(part, Encoding.UTF8)
                if undecodable[at]:
                    parts[at] = b"{}\n"
        return Lines(
            octets=np.frombuffer(b"".join(parts), dtype=np.uint8),
            bounds=np.cumsum([0, *map(len, parts)], dtype=np.int64),
            offsets=self.starts + self.base,
            undecodable=undecodable,
            last=self.last,
        )


class ElementReader:
    """The values of the arrays in a file in UTF-8, block after block."""

    def __init__(self, file: BinaryIO, name: str, *, block_bytes: int = BLOCK_BYTES) -> None:
        self._file = file
        self._name = name
        self._block_bytes = block_bytes

    def blocks(self) -> Iterator[_Elements]:
        """Each block; places are those in the file as it is in UTF-8.

        Raises:
            InputFileError: an object never ends.
        """
        data = self._file.read(self._block_bytes).removeprefix(b"\xef\xbb\xbf")
        base, last = self._file.tell() - len(data), False  # the mark is no part of the data
        inside = _SEVERAL_LINES.match(data[:MIB].decode("utf-8", "replace").lstrip()) is not None
        starts, stops = np.empty(_AT_ONCE + 1, np.int64), np.empty(_AT_ONCE + 1, np.int64)
        at = 0
        while True:
            octets = np.frombuffer(data, dtype=np.uint8)
            what, at, inside, count = elements.split_elements(
                octets, at, inside, starts[:_AT_ONCE], stops
            )
            if last and what == elements.MORE and inside and at < len(data):
                starts[count], stops[count] = at, len(data)  # cut off by the end of the file
                count += 1
            if count:
                yield _Elements(
                    data=octets,
                    starts=starts[:count].copy(),
                    stops=stops[:count].copy(),
                    base=base,
                    last=last,
                )
            if what == elements.FULL:
                continue
            if last:
                return
            if len(data) - at > LONGEST_OBJECT_BYTES:
                raise InputFileError(
                    said(
                        "{name}: an object of more than {object_mib} MiB begins at byte {base}; "
                        "this is not a table with an object per record",
                        name=self._name,
                        object_mib=LONGEST_OBJECT_BYTES >> 20,
                        base=base + at,
                    )
                )
            read = self._file.read(self._block_bytes)
            last = len(read) < self._block_bytes
            data, base, at = data[at:] + read, base + at, 0
