"""Records that are compared: a row of numbers each, and the values that the numbers stand for.

A value that many records have is kept once, as a place in the dictionary of its column, and every
record is four bytes a column; equal places are equal values. Only what looks at the letters reads
the values, each of them once, however many records have it. Columns lie apart, so that each can be
let go when nobody reads it any more.
"""

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.linkage import settings
from amends.linkage.canonical.normalise import COLUMNS
from amends.linkage.compiled.blocks import KNOWN, LEAKED, OPEN, Sides, numbered
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Hashes
from amends.linkage.compiled.octets import Octets, octets_of
from amends.linkage.compiled.profiles import NONE, Cells, taken
from amends.linkage.dictionaries import Dictionary, compact
from amends.linkage.shelf import Kept, Shelf, Values

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int32]

PLACE: Final[Mapping[str, int]] = {column: place for place, column in enumerate(COLUMNS)}
"""Where the columns stand in the rows of numbers."""


class Coder:
    """Values of many parts as places in common dictionaries, one for each canonical column."""

    def __init__(self, seeds: Hashes, shelf: Shelf | None = None) -> None:
        self.shelf, self._seeds = shelf or Shelf(), seeds
        self._dictionaries: dict[str, Dictionary] = {}
        self._values = {name: [pl.Series(name, [], dtype=kind)] for name, kind in COLUMNS.items()}
        self._closed: dict[str, Values] = {}

    def cells(self, frame: pl.DataFrame) -> Cells:
        """A row of places (-1: no value) per row of *frame*, which has the canonical columns."""
        cells = np.full((frame.height, len(COLUMNS)), NONE, dtype=np.int32)
        for name, codes in self.codes(frame).items():
            cells[:, PLACE[name]] = codes
        return cells

    def codes(self, frame: pl.DataFrame) -> dict[str, Codes]:
        """The same, by those of the columns that *frame* has and that say anything."""
        coded: dict[str, Codes] = {}
        for name in frame.columns:
            column = frame[name]
            if name in COLUMNS and column.null_count() < len(column):
                coded[name], fresh = self.numbers(name, octets_of(column.cast(pl.String)))
                self._values[name].append(compact(column.gather(fresh)))
        return coded

    def texts(self, name: str) -> pl.Series:
        """The values of a column so far, as texts."""
        return pl.concat(self._values[name]).cast(pl.String)

    def numbers(self, name: str, texts: Octets) -> tuple[Nodes, Ints]:
        """Per text its number in the dictionary of a column, or -1; and the rows of new ones.

        These are to be values: whoever numbers texts that are none tells which are at the end.
        """
        if name not in self._dictionaries:
            self._dictionaries[name] = Dictionary(self._seeds)
            self._dictionaries[name].numbers(self.texts(name))
        return self._dictionaries[name].numbers(texts)

    def rest(self) -> None:
        """Let go of what finds numbers, until there are more values of a column."""
        self._dictionaries.clear()

    def close(self, columns: Iterable[str]) -> None:
        """Put away what there is of these *columns*: no more values come."""
        for name in columns:
            if name in self._values:
                self._dictionaries.pop(name, None)
                self._closed[name] = self.shelf.values(self._values.pop(name))

    def end(self, name: str, texts: Iterable[pl.Series], size_bytes: int) -> None:
        """Put away a column with *texts*, of about this size, as its last values."""
        self._dictionaries.pop(name, None)
        known = self._values.pop(name)
        size_bytes += sum(int(some.estimated_size()) for some in known)
        every = chain(known, (some.cast(COLUMNS[name]).alias(name) for some in texts))
        self._closed[name] = self.shelf.values(every, size_bytes)

    def values(self) -> dict[str, Values]:
        """The dictionaries, by column; no more values come."""
        self.close(COLUMNS)
        return {name: self._closed.pop(name) for name in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What is compared, each different record once; records are numbered from 0.

    ``places[column]`` are the places of records' values in ``values[column]``, or -1; columns of
    which no record says anything are missing.
    ``unit``: whose it is as far as exact keys tell; records of one unit are not compared.
    ``sides``: :data:`~amends.linkage.compiled.blocks.LEAKED`, ``OPEN`` (of a unit without a right
    national number) or ``KNOWN``.
    """

    places: MutableMapping[str, Kept[np.int32]]
    values: MutableMapping[str, Values]
    unit: Codes
    sides: Sides
    shelf: Shelf = field(default_factory=Shelf)

    @property
    def height(self) -> int:
        """How many records there are."""
        return len(self.sides)

    def codes(self, column: str) -> Codes:
        """Per record the place of its value in ``values[column]``, or -1; not to be changed."""
        if column in self.places:
            return self.places[column].read()
        return np.full(self.height, NONE, dtype=np.int32)

    def counts(self, column: str) -> Ints:
        """How many records have each of ``values[column]``."""
        codes = self.codes(column)
        return np.bincount(codes[codes != NONE], minlength=len(self.values[column]))

    def empty(self, column: str) -> bool:
        """Whether no record has a value."""
        return column not in self.places

    def taken(self, rows: Codes, column: str) -> tuple[Codes, Ints]:
        """Of a column only what the records at *rows* have.

        Returns:
            Per row the number of its value, from 0 as they first come, or -1; and per number the
            place in ``values[column]``.
        """
        return taken(self.codes(column), rows, len(self.values[column]))

    def forget(self, column: str) -> None:
        """Let go of what records say of a column: it is not read any more."""
        if column in self.places:
            self.places.pop(column).forget()
        self.values.pop(column).forget()

    def some(self, rows: Codes) -> "Records":
        """Only the records at *rows*, with the values that they have, in their order."""
        taken = {column: self.taken(rows, column) for column in COLUMNS}
        shelf = Shelf()
        return Records(
            places={c: shelf.put(codes) for c, (codes, at) in taken.items() if len(at)},
            values={c: shelf.values([self.values[c].gather(at)]) for c, (_, at) in taken.items()},
            unit=self.unit[rows],
            sides=self.sides[rows],
        )

    def frame(self) -> pl.DataFrame:
        """``record``, ``unit``, ``leaked``, ``open``, and the canonical columns, as they read."""
        facts = {
            "record": np.arange(self.height),
            "unit": self.unit.astype(np.int64),
            "leaked": self.sides == LEAKED,
            "open": self.sides != KNOWN,
        }
        columns = (
            self.values[name].whole().gather(pl.Series(self.codes(name)).replace(NONE, None))
            for name in COLUMNS
        )
        return pl.DataFrame(facts).with_columns(columns)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> "Records":
        """The records of *frame*: ``unit``, ``leaked``, ``open``, and the canonical columns."""
        coder = Coder(np.arange(2, dtype=np.uint64))
        active = np.where(frame["open"].to_numpy(), OPEN, KNOWN)
        return cls(
            places={column: coder.shelf.put(own) for column, own in coder.codes(frame).items()},
            values=coder.values(),
            unit=frame["unit"].to_numpy().astype(np.int32),
            sides=np.where(frame["leaked"].to_numpy(), LEAKED, active).astype(np.int8),
        )


def dictionary(column: pl.Series) -> tuple[npt.NDArray[np.uint32], pl.Series]:
    """*column* as places in its distinct values, which come with it; after the last: no value."""
    codes, firsts = numbered_values([column])
    return codes, column[firsts]


def numbered_values(parts: Iterable[pl.Series]) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Per value of *parts* its number, as they first come, and where each first comes.

    No value has the number after the last. Values are told apart by a hash; that no two have the
    same is checked by another.
    """
    hashes = [np.zeros(0, dtype=np.uint64)]
    checks = [np.zeros(0, dtype=np.uint64)]
    for part in parts:
        known = part.is_not_null().to_numpy()
        hashes.append(np.where(known, np.maximum(part.hash(seed=settings.SEED).to_numpy(), 1), 0))
        checks.append(part.hash(seed=settings.SEED + 1).to_numpy())
    every, check = np.concatenate(hashes), np.concatenate(checks)
    codes, firsts = numbered(every.astype(np.uint64, copy=False))
    known = every != 0
    if (check[firsts][codes[known]] != check[known]).any():
        message = "two values of one hash: give another SEED"
        raise AssertionError(message)
    return codes, firsts
