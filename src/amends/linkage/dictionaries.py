"""Texts to numbers: the same text, the same number, in whatever column of whatever file it stands.

Two texts are told apart by two keyed hashes of theirs: see :mod:`~amends.linkage.compiled.hashing`.
"""

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from amends.linkage.compiled import hashing
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Checks, Hashes, Integers
from amends.linkage.compiled.octets import Octets, octets_of

_BETWEEN: Final = "\x1f"


class Dictionary:
    """Texts to numbers from 0, by two hashes; the texts themselves are not kept."""

    def __init__(self, seeds: Hashes) -> None:
        self._seeds = seeds
        self._slots = np.zeros(1 << 12, dtype=hashing.SLOT)
        self.count = 0

    def numbers(self, texts: pl.Series | Octets) -> tuple[Nodes, Integers]:
        """Per text its number, or -1 where it is null or empty; and the rows of the new ones."""
        octets = octets_of(texts) if isinstance(texts, pl.Series) else texts
        size = len(octets.bounds) - 1
        rows = np.empty(size, dtype=np.int32)
        keys, checks = hash_room(size)
        some = hashing.hashed_all(octets, self._seeds, rows, keys, checks)
        self._make_room(some)
        numbers, fresh = np.full(size, -1, dtype=np.int32), np.empty(some, dtype=np.int64)
        before = self.count
        self.count = hashing.numbered(
            keys[:some], checks[:some], rows, self._slots, before, numbers, fresh
        )
        return numbers, fresh[: self.count - before]

    def _make_room(self, more: int) -> None:
        """Half as many slots again as texts there may be soon."""
        size = len(self._slots)
        while 2 * size < 3 * (self.count + more):
            size *= 2
        if size > len(self._slots):
            wider = np.zeros(size, dtype=hashing.SLOT)
            hashing.moved(self._slots, wider)
            self._slots = wider


def hash_room(size: int) -> tuple[Hashes, Checks]:
    """Room for both hashes of so many texts."""
    return np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint32)


def there(part: pa.RecordBatch, field: str) -> bool:
    """Whether any row of *part* has the field."""
    return field in part.schema.names and part[field].null_count < part.num_rows


def whole(fields: pl.DataFrame) -> pl.Series:
    """The one field there is, or all of them in one text."""
    if fields.width == 1:
        return fields.to_series()
    texts = [pl.col(field).fill_null("") for field in fields.columns]
    return fields.select(pl.concat_str(texts, separator=_BETWEEN)).to_series()


def compact(texts: pl.Series) -> pl.Series:
    """The same values, without the memory of others that were read with them."""
    return pl.Series(texts.name, texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
