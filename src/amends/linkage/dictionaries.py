"""Texts to numbers: the same text, the same number, in whatever column of whatever file it stands.

Two texts are told apart by two keyed hashes of theirs: see :mod:`~amends.linkage.compiled.hashing`.
"""

from typing import Final

import numpy as np
import polars as pl

from amends.linkage.compiled import hashing
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Hashes, Integers
from amends.linkage.compiled.octets import octets_of

ANY_SIGN: Final[Bytes] = np.array([254, *range(1, 255), 254], dtype=np.uint8)
"""Every octet counts as itself; UTF-8 has no 254 and no 255."""

_BETWEEN: Final = "\x1f"


class Dictionary:
    """Texts to numbers from 0, by two hashes; the texts themselves are not kept."""

    def __init__(self, seeds: Hashes) -> None:
        self._seeds = seeds
        self._table = np.full(1 << 12, -1, dtype=np.int32)
        self._known, self._checks = hash_room(1 << 11)
        self.count = 0

    def numbers(self, texts: pl.Series) -> tuple[Nodes, Integers]:
        """Per text its number, or -1 where it is null or empty; and the rows of the new ones."""
        octets, bounds, rows = octets_of(texts)
        keys, checks = hash_room(len(rows))
        states = hashing.hashed(octets, bounds, ANY_SIGN, self._seeds, keys, checks)
        self._make_room(len(rows))
        numbers, fresh = np.empty(len(rows), np.int32), np.empty(len(rows), np.int32)
        before = self.count
        self.count = hashing.numbered(
            keys,
            checks,
            states,
            self._table,
            self._known,
            self._checks,
            before,
            numbers,
            fresh,
        )
        of_all = np.full(len(texts), -1, dtype=np.int32)
        of_all[rows] = numbers
        return of_all, rows[fresh[: self.count - before]].astype(np.int64)

    def _make_room(self, more: int) -> None:
        """Twice as many slots as texts there may be soon."""
        size = len(self._table)
        while size < 2 * (self.count + more):
            size *= 2
        if size > len(self._table):
            known, checks = hash_room(size // 2)
            known[: self.count], checks[: self.count] = (
                some[: self.count] for some in (self._known, self._checks)
            )
            self._known, self._checks = known, checks
            self._table = np.full(size, -1, dtype=np.int32)
            hashing.entered(self._known, self.count, self._table)


def hash_room(size: int) -> tuple[Hashes, Checks]:
    """Room for both hashes of so many texts."""
    return np.empty(size, dtype=np.uint64), np.empty(size, dtype=np.uint32)


def there(part: pl.DataFrame, field: str) -> bool:
    """Whether any row of *part* has the field."""
    return part.schema.get(field) == pl.String and part[field].null_count() < part.height


def whole(fields: pl.DataFrame) -> pl.Series:
    """The one field there is, or all of them in one text."""
    if fields.width == 1:
        return fields.to_series()
    texts = [pl.col(field).fill_null("") for field in fields.columns]
    return fields.select(pl.concat_str(texts, separator=_BETWEEN)).to_series()


def compact(texts: pl.Series) -> pl.Series:
    """The same values, without the memory of others that were read with them."""
    return pl.Series(texts.name, texts.to_arrow(compat_level=pl.CompatLevel.oldest()))
