"""Columns that are needed again: the first of them stay in memory, the others lie sealed on disk.

Nearly every step of linkage goes through whole columns, one after the other, and never needs more
than a few at once. So those for which there is no room go to files without a name, each sealed
under a key that is nowhere else. What is read is the same either way.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from threading import Lock
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.linkage.compiled.strings import octets_of_all
from amends.linkage.dictionaries import compact
from amends.vault.sealed import Spool

Kind = TypeVar("Kind", bound=np.generic)

Array = npt.NDArray[Any]

HELD_BYTES: Final = 1 << 30
"""So much stays in memory, of a case of whatever size."""

MANY_ACCOUNTS: Final = 25_000_000
"""Of more of them what could be done side by side is done one after the other, for less memory."""

_PIECE_BYTES: Final = 4 << 20
_PART: Final = 1 << 20
"""So many values are read at once."""


class Shelf:
    """Where columns are put; several threads may do so at once.

    Args:
        spool: makes a place on disk; without it everything stays in memory.
        held_bytes: so much stays in memory; without it :data:`HELD_BYTES`.
    """

    def __init__(
        self, spool: Callable[[], Spool] | None = None, *, held_bytes: int | None = None
    ) -> None:
        self._spool, self._lock = spool, Lock()
        self._left = HELD_BYTES if held_bytes is None else held_bytes
        self._spools: list[Spool] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for spool in self._spools:
            spool.close()

    def put(self, numbers: npt.NDArray[Kind]) -> "Kept[Kind]":
        """Put *numbers* here: they are not changed from now on."""
        spool = self._taken(numbers.nbytes)
        if spool is None:
            return Kept(self, numbers)
        kept = Kept(self, np.empty(0, dtype=numbers.dtype), spool)  # no view, which kept it all
        kept.write(numbers)
        return kept.done()

    def room(self, most: int, dtype: npt.DTypeLike) -> "Kept[Kind]":
        """Room for at most so many numbers, which are written one after the other."""
        spool = self._taken(most * np.dtype(dtype).itemsize)
        return Kept(self, np.empty(0 if spool else most, dtype=dtype), spool, size=0)

    def pile(self) -> "Pile":
        """Room for groups of arrays that come one after the other."""
        return Pile(self)

    def held(self, size_bytes: int) -> bool:
        """Take so much room in memory, if there is any."""
        with self._lock:
            room = self._spool is None or size_bytes <= self._left
            self._left -= size_bytes if room else 0
            return room

    def spool(self) -> Spool:
        """A place on disk, which is closed with this shelf."""
        assert self._spool is not None  # noqa: S101 -- without it everything is held
        spool = self._spool()
        with self._lock:
            self._spools.append(spool)
        return spool

    def values(self, parts: Iterable[pl.Series], about_bytes: int | None = None) -> "Values":
        """Put texts or whole numbers here, of one kind, none of them missing; one part at least.

        Args:
            parts: one after the other.
            about_bytes: what they take in memory; without it they are there already.
        """
        if about_bytes is None:
            parts = list(parts)
            about_bytes = sum(int(some.estimated_size()) for some in parts)
        return Values(self, parts, about_bytes, self._taken(about_bytes))

    def give(self, size_bytes: int) -> None:
        """There is more room in memory again."""
        with self._lock:
            self._left += size_bytes

    def _taken(self, size_bytes: int) -> Spool | None:
        """Take so much room in memory; a place on disk where there is none."""
        return None if self.held(size_bytes) else self.spool()


class Kept(Generic[Kind]):
    """Numbers on a shelf: those *held*, or those in a *spool*."""

    def __init__(
        self,
        shelf: Shelf,
        held: npt.NDArray[Kind],
        spool: Spool | None = None,
        *,
        size: int | None = None,
    ) -> None:
        self._shelf, self._held, self._spool = shelf, held, spool
        self._size = len(held) if size is None else size

    def __len__(self) -> int:
        """How many there are."""
        return self._size

    def write(self, numbers: npt.NDArray[Kind]) -> None:
        """Take more of them, of the same kind."""
        start, self._size = self._size, self._size + len(numbers)
        if self._spool is None:
            self._held[start : self._size] = numbers
            return
        octets = np.ascontiguousarray(numbers, dtype=self._held.dtype).view(np.uint8).data
        for first in range(0, len(octets), _PIECE_BYTES):
            self._spool.write(octets[first : first + _PIECE_BYTES])

    def done(self) -> Self:
        """No more come; itself."""
        if self._spool is not None:
            self._spool.finish()
        return self

    def read(self, start: int = 0, end: int | None = None) -> npt.NDArray[Kind]:
        """The numbers from *start* to *end*; they are not to be changed."""
        end = self._size if end is None else min(end, self._size)
        if self._spool is None:
            return self._held[start:end]
        numbers = np.empty(max(end - start, 0), dtype=self._held.dtype)
        octets = numbers.view(np.uint8)
        with self._spool.open() as file:
            file.seek(start * numbers.itemsize)
            for first in range(0, len(octets), _PIECE_BYTES):
                some = octets[first : first + _PIECE_BYTES]
                some[:] = np.frombuffer(file.read(len(some)), dtype=np.uint8)
        return numbers

    def forget(self) -> None:
        """Let go of the numbers: there is room for others."""
        if self._spool is None:
            self._shelf.give(self._held.nbytes)
        else:
            self._spool.close()
        self._held, self._size = self._held[:0].copy(), 0


class Pile:
    """Groups of arrays, as they came: the first ones in memory, the others in one spool."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._spool: Spool | None = None
        self._held: list[tuple[Array, ...]] = []
        self._sealed: list[list[tuple[np.dtype[np.generic], int]]] = []

    def add(self, *arrays: Array) -> None:
        """Take one more group."""
        if self._spool is None and self._shelf.held(sum(one.nbytes for one in arrays)):
            self._held.append(arrays)
            return
        self._spool = self._spool or self._shelf.spool()
        for one in arrays:
            self._spool.write(np.ascontiguousarray(one).view(np.uint8).data)
        self._sealed.append([(one.dtype, len(one)) for one in arrays])

    def done(self) -> None:
        """No more come."""
        if self._spool is not None:
            self._spool.finish()

    def __iter__(self) -> Iterator[tuple[Array, ...]]:
        """All groups in order, those from the spool as copies."""
        yield from self._held
        if self._spool is not None:
            with self._spool.open() as file:
                for kinds in self._sealed:
                    yield tuple(
                        np.frombuffer(bytearray(file.read(kind.itemsize * size)), dtype=kind)
                        for kind, size in kinds
                    )

    def forget(self) -> None:
        """Let go of all groups: there is room for others."""
        self._shelf.give(sum(one.nbytes for arrays in self._held for one in arrays))
        if self._spool is not None:
            self._spool.close()
        self._spool = None
        self._held.clear()
        self._sealed.clear()


class Texts:
    """Texts as they come, some at a time; an empty one is none."""

    def __init__(self, shelf: Shelf) -> None:
        self._pile, self.size_bytes = shelf.pile(), 0

    def add(self, texts: pl.Series) -> None:
        """Take some more."""
        octets, bounds = octets_of_all(texts)
        self._pile.add(octets, bounds)
        self.size_bytes += octets.nbytes + 2 * bounds.nbytes

    def done(self) -> None:
        """No more come."""
        self._pile.done()

    def __iter__(self) -> Iterator[pl.Series]:
        """All of them in order, some at a time."""
        for octets, bounds in self._pile:
            buffers = [None, pa.py_buffer(bounds), pa.py_buffer(octets)]
            array = pa.Array.from_buffers(pa.large_string(), len(bounds) - 1, buffers)
            texts = pl.Series(array, dtype=pl.String)
            yield texts.set(texts == "", None) if (np.diff(bounds) == 0).any() else texts

    def forget(self) -> None:
        """Let go of them: there is room for others."""
        self._pile.forget()
        self.size_bytes = 0


class Values:
    """The values of a column, each once: in memory, or in a *spool* and read some at a time."""

    def __init__(
        self, shelf: Shelf, parts: Iterable[pl.Series], held_bytes: int, spool: Spool | None
    ) -> None:
        self._shelf, self._spool, self._held_bytes = shelf, spool, held_bytes
        self._ends, self._firsts = [0], [0]  # of parts in the spool: octets and values
        if spool is None:
            self._held = pl.concat(parts, rechunk=True)
            self._firsts.append(len(self._held))
            return
        for some in _together(parts):
            self._held = some.clear()
            spool.write(_batch(some).serialize())
            self._ends.append(spool.size_bytes)
            self._firsts.append(self._firsts[-1] + len(some))
        spool.finish()

    def __len__(self) -> int:
        """How many there are."""
        return self._firsts[-1]

    @property
    def name(self) -> str:
        """The name of the column."""
        return self._held.name

    def parts(self) -> Iterator[pl.Series]:
        """All of them in order, some at a time; once at least."""
        if self._spool is None:
            yield self._held
            return
        for at in range(len(self._ends) - 1):
            yield self._part(self._spool, at)

    def _part(self, spool: Spool, at: int) -> pl.Series:
        """A part that is in the *spool*."""
        with spool.open() as file:
            file.seek(self._ends[at])
            octets = pa.py_buffer(file.read(self._ends[at + 1] - self._ends[at]))
        batch = pa.ipc.read_record_batch(octets, _batch(self._held).schema)
        return pl.Series(self.name, batch[0])

    def whole(self) -> pl.Series:
        """All of them at once."""
        return pl.concat(list(self.parts()), rechunk=True)

    def gather(self, places: npt.NDArray[np.int64]) -> pl.Series:
        """The values at *places*, without the memory of others."""
        if self._spool is None:
            return self._held.gather(places)
        order = np.argsort(places, kind="stable")
        rising = places[order]
        found = [self._held]
        for at, (start, end) in enumerate(pairwise(np.searchsorted(rising, self._firsts).tolist())):
            if start < end:
                part, own = self._part(self._spool, at), rising[start:end] - self._firsts[at]
                found.append(compact(part.gather(own)))
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pl.concat(found, rechunk=True).gather(back)

    def forget(self) -> None:
        """Let go of the values: there is room for others."""
        if self._spool is None:
            self._shelf.give(self._held_bytes)
        else:
            self._spool.close()
        self._held = self._held.clear()


def _together(parts: Iterable[pl.Series]) -> Iterator[pl.Series]:
    """The values of *parts*, :data:`_PART` or fewer at a time; once at least."""
    waiting, some = 0, list[pl.Series]()
    for part in parts:
        for first in range(0, max(len(part), 1), _PART):
            some.append(part[first : first + _PART])
            waiting += len(some[-1])
            if waiting >= _PART:
                yield pl.concat(some)
                waiting, some = 0, [part.clear()]
    yield pl.concat(some)


def _batch(values: pl.Series) -> pa.RecordBatch:
    array = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pa.record_batch([array], names=["values"])
