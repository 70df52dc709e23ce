"""The account ids of a registry that were seen, so that each is taken once."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from amends.evidence.compiled.memory import WORD
from amends.evidence.compiled.seen import enter_texts, hashes_of, moved_entries, note_texts
from amends.evidence.readers.cells import octets_and_bounds

_FEWEST = 1 << 10
Number = TypeVar("Number", bound=np.generic)


class Seen:
    """Texts that were seen, in memory in proportion to their bytes."""

    def __init__(self) -> None:
        self._known = 0
        self._table = np.zeros(2 * _FEWEST, np.uint64)
        self._bounds = np.zeros(_FEWEST, np.int64)
        self._store = np.zeros(16 * _FEWEST, np.uint8)

    def again(self, texts: pa.Array) -> npt.NDArray[np.bool_]:
        """Which of *texts* (large_string) were seen before, here or further up; null never is."""
        octets, bounds = octets_and_bounds(texts)
        hashes = np.empty(len(texts), np.uint64)
        hashes_of(octets, bounds, hashes)
        self._make_room(len(texts), int(bounds[-1] - bounds[0]))
        again = np.zeros(len(texts), np.bool_)
        self._known = note_texts(
            octets, bounds, hashes, self._table, self._store, self._bounds, self._known, again
        )
        return again

    @property
    def known(self) -> int:
        """How many different texts were seen."""
        return self._known

    def forget(self, known: int) -> None:
        """Have seen only the first *known* of them: what was read since is read again."""
        if known < self._known:
            self._known = known
            self._table[:] = 0
            enter_texts(self._table, self._store, self._bounds, known)

    def _make_room(self, texts: int, size_bytes: int) -> None:
        """Twice what is needed, so that the cost of growing stays small."""
        if self._known + texts + 1 > len(self._bounds):
            self._bounds = _larger(self._bounds, self._known + 1, self._known + texts + 1)
        used = int(self._bounds[self._known])
        if used + size_bytes + WORD > len(self._store):
            self._store = _larger(self._store, used, used + size_bytes + WORD)
        if 2 * (self._known + texts) > len(self._table):
            table = np.zeros(4 * (self._known + texts), np.uint64)
            moved_entries(self._table, table)
            self._table = table


def _larger(values: npt.NDArray[Number], used: int, needed: int) -> npt.NDArray[Number]:
    """The values in use, with room for twice as many as are needed."""
    larger = np.empty(2 * needed, values.dtype)
    larger[:used] = values[:used]
    return larger
