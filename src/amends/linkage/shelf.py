"""Columns that are needed again: the first of them stay in memory, the others lie sealed on disk.

Nearly every step of linkage goes through whole columns, one after the other, and never needs more
than a few at once. So those for which there is no room go to files without a name, each sealed
under a key that is nowhere else. What is read is the same either way.
"""

from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.linkage.dictionaries import compact
from amends.vault.sealed import Spool

Kind = TypeVar("Kind", bound=np.generic)

HELD_BYTES: Final = 1 << 30
"""So much stays in memory, of a case of whatever size."""

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
        kept = Kept(self, numbers[:0], spool)
        kept.write(numbers)
        return kept.done()

    def room(self, most: int, dtype: npt.DTypeLike) -> "Kept[Kind]":
        """Room for at most so many numbers, which are written one after the other."""
        spool = self._taken(most * np.dtype(dtype).itemsize)
        return Kept(self, np.empty(0 if spool else most, dtype=dtype), spool, size=0)

    def values(self, values: Sequence[pl.Series]) -> "Values":
        """Put texts or whole numbers here, none of them missing: one column or more of a kind."""
        whole = pl.concat(values, rechunk=False)
        spool = self._taken(int(whole.estimated_size()))
        return Values(self, whole.rechunk() if spool is None else whole, spool)

    def give(self, size_bytes: int) -> None:
        """There is more room in memory again."""
        with self._lock:
            self._left += size_bytes

    def _taken(self, size_bytes: int) -> Spool | None:
        """Take so much room in memory; a place on disk where there is none."""
        with self._lock:
            if self._spool is None or size_bytes <= self._left:
                self._left -= size_bytes
                return None
            self._spools.append(self._spool())
            return self._spools[-1]


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


class Values:
    """The values of a column, each once: in memory, or in a *spool* and read some at a time."""

    def __init__(self, shelf: Shelf, values: pl.Series, spool: Spool | None = None) -> None:
        self._shelf, self._spool, self._size = shelf, spool, len(values)
        self._held = values if spool is None else values.clear()
        self._schema = _batch(values.clear()).schema
        self._ends = [0]
        if spool is not None:
            for first in range(0, len(values), _PART):
                spool.write(_batch(values[first : first + _PART]).serialize())
                self._ends.append(spool.size_bytes)
            spool.finish()

    def __len__(self) -> int:
        """How many there are."""
        return self._size

    @property
    def name(self) -> str:
        """The name of the column."""
        return self._held.name

    def parts(self) -> Iterator[pl.Series]:
        """All of them in order, some at a time; once at least."""
        if self._spool is None or not self._size:
            yield self._held
            return
        with self._spool.open() as file:
            for size_bytes in np.diff(self._ends).tolist():
                batch = pa.ipc.read_record_batch(pa.py_buffer(file.read(size_bytes)), self._schema)
                yield pl.Series(self.name, batch[0])

    def whole(self) -> pl.Series:
        """All of them at once."""
        return pl.concat(list(self.parts()), rechunk=True)

    def gather(self, places: npt.NDArray[np.int64]) -> pl.Series:
        """The values at *places*, without the memory of others."""
        if self._spool is None:
            return self._held.gather(places)
        order = np.argsort(places, kind="stable")
        rising = places[order]
        found, first, start = [self._held], 0, 0
        for part in self.parts():
            end = int(np.searchsorted(rising, first + len(part)))
            found.append(compact(part.gather(rising[start:end] - first)))
            first, start = first + len(part), end
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return pl.concat(found, rechunk=True).gather(back)

    def forget(self) -> None:
        """Let go of the values: there is room for others."""
        if self._spool is None:
            self._shelf.give(int(self._held.estimated_size()))
        else:
            self._spool.close()
        self._held, self._size = self._held.clear(), 0


def _batch(values: pl.Series) -> pa.RecordBatch:
    array = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    return pa.record_batch([array], names=["values"])
