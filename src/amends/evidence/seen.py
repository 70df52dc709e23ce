"""The account ids of a registry that were seen, so that each is taken once."""

import numpy as np
import polars as pl

from amends.evidence.cells import texts_and_bounds
from amends.evidence.compiled.seen import enter_texts, note_texts

_FEWEST = 1 << 10


class Seen:
    """Texts that were seen, in memory in proportion to their bytes."""

    def __init__(self) -> None:
        self._known = 0
        self._table = np.full(2 * _FEWEST, -1, np.int64)
        self._bounds = np.zeros(_FEWEST, np.int64)
        self._store = np.zeros(16 * _FEWEST, np.uint8)

    def again(self, texts: pl.Series) -> pl.Series:
        """Which of *texts* were seen before, here or further up; null is never seen."""
        octets, bounds = texts_and_bounds(texts)
        self._make_room(len(texts), len(octets))
        again = np.zeros(len(texts), np.bool_)
        self._known = note_texts(
            octets, bounds, self._table, self._store, self._bounds, self._known, again
        )
        return pl.Series(again)

    @property
    def known(self) -> int:
        """How many different texts were seen."""
        return self._known

    def forget(self, known: int) -> None:
        """Have seen only the first *known* of them: what was read since is read again."""
        if known < self._known:
            self._known = known
            self._table[:] = -1
            enter_texts(self._table, self._store, self._bounds, known)

    def _make_room(self, texts: int, size_bytes: int) -> None:
        """Twice what is needed, so that the cost of growing stays small."""
        if self._known + texts + 1 > len(self._bounds):
            self._bounds = np.resize(self._bounds, 2 * (self._known + texts + 1))
        used = int(self._bounds[self._known])
        if used + size_bytes > len(self._store):
            self._store = np.resize(self._store, 2 * (used + size_bytes))
        if 2 * (self._known + texts) > len(self._table):
            size = 1 << (4 * (self._known + texts) - 1).bit_length()
            self._table = np.full(size, -1, np.int64)
            enter_texts(self._table, self._store, self._bounds, self._known)
