"""Whose each leaked row probably is, put on a shelf and read for some rows at a time."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.linkage.compiled.lookups import put_at
from amends.linkage.model import METHODS, REASONS
from amends.linkage.shelf import Shelf

_STEP: Final = 1 << 16
"""It is known where the first of so many records stands."""

_PART: Final = 1 << 20


class Links:
    """``rows`` of :class:`~amends.linkage.linking.Linked`, by record, on a *shelf*."""

    def __init__(self, rows: pl.DataFrame, shelf: Shelf) -> None:
        record = rows["record"].cast(pl.UInt32).to_numpy()
        end = int(record[-1]) + 2 * _STEP if len(record) else _STEP
        self._firsts = np.searchsorted(record, np.arange(0, end, _STEP, dtype=np.uint32))
        self._record = shelf.put(record)
        self._person = shelf.put(rows["person"].cast(pl.UInt32).to_numpy())
        self._best = shelf.put(rows["best"].cast(pl.UInt32).to_numpy())
        self._probability = shelf.put(rows["probability"].to_numpy())
        self._words, self._numbers = [], []
        for name, kind in (("method", METHODS), ("reason", REASONS)):
            words = sorted(rows[name].unique().cast(pl.String))
            numbers = rows[name].cast(pl.Enum(words)).to_physical().cast(pl.UInt16)
            self._words.append(pl.Series(name, words, dtype=kind))
            self._numbers.append(shelf.put(numbers.to_numpy()))

    def probabilities(self) -> Iterator[tuple[npt.NDArray[np.uint32], npt.NDArray[np.float64]]]:
        """Person and probability of all rows, some at a time."""
        for start in range(0, len(self._record), _PART):
            end = start + _PART
            yield self._person.read(start, end), self._probability.read(start, end)

    def of(self, records: pl.Series) -> pl.DataFrame:
        """``person``, ``best``, ``probability``, ``method``, ``reason`` of *records*.

        Null where a record resembles nobody, or there is none. Little is read where the numbers of
        *records* lie close together.
        """
        bounds = records.min(), records.max()
        low, high = (int(one) if isinstance(one, int) else 0 for one in bounds)
        last = len(self._firsts) - 1
        start, end = self._firsts[[min(low // _STEP, last), min(high // _STEP + 1, last)]].tolist()
        record = self._record.read(start, end)
        inside = np.array([low, high + 1], dtype=np.uint32)
        start, end = (start + np.searchsorted(record, inside)).tolist()
        at = np.full(high - low + 1, end - start, dtype=np.uint32)
        put_at(at, self._record.read(start, end) - low, np.arange(end - start, dtype=np.uint32))
        place = pl.Series(at).gather(records - low)
        place = place.set(place == end - start, None)
        numbers = {"person": self._person, "best": self._best, "probability": self._probability}
        return pl.DataFrame(
            [pl.Series(name, own.read(start, end)).gather(place) for name, own in numbers.items()]
            + [
                words.gather(pl.Series(own.read(start, end)).gather(place))
                for words, own in zip(self._words, self._numbers, strict=True)
            ]
        )

    def forget(self) -> None:
        """Let go of them: there is room for others."""
        numbered = (self._record, self._person, self._best, self._probability, *self._numbers)
        for own in numbered:
            own.forget()
