"""What accounts say: each different value is normalised once, however many accounts repeat it.

Accounts are read some rows at a time, and every value becomes the number of a text as found. Rules
of normalisation then go over the different texts. What they make of one is places in the
dictionaries of canonical values.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.linkage.canonical.changes import Tally
from amends.linkage.compiled.entries import Hashes
from amends.linkage.compiled.profiles import NONE, Cells, said
from amends.linkage.dictionaries import Dictionary, compact, there, whole
from amends.linkage.keys import NAME, Order
from amends.linkage.normalise import COLUMNS, FIELDS, normalise
from amends.linkage.records import PLACE, Coder, Codes, Ints

_SLICE: Final = 250_000
_TOLD: Final = ("birth", "gender")
"""What a national number tells where an account has none of its own."""

_AFTER: Final = tuple((field,) for field in _TOLD)
"""What accounts say of these themselves: it counts first, and is numbered last."""

_MANY: Final = (("idno",), ("device",), ("username",), ("email",), ("phone",), NAME)
"""Of which there are most different values: while they are read, least is held of the others."""

_ALONE: Final = (*_MANY, *((f,) for f in FIELDS if f not in {*chain(*_MANY), *_TOLD}))
"""Other fields that are normalised together: no two say anything of one canonical column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What accounts say in fields that are normalised together.

    ``numbers``: per account which text it is, or -1. ``places``: per place of a canonical column,
    and per number, the place of the value in the dictionary of the column, or -1.
    """

    numbers: Codes
    places: Mapping[int, Codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Accounts in canonical order. Of two that say something of a column, the first one counts."""

    size: int
    said: Sequence[Said]

    def cells(self, at: Ints) -> Cells:
        """A row of places in dictionaries per account in *at*; without any for who is none."""
        rows = np.full((len(at), len(COLUMNS)), NONE, dtype=np.int32)
        for some in self.said:
            for column, places in some.places.items():
                said(rows, column, at, some.numbers, places)
        return rows


def read(
    parts: Callable[[Sequence[str]], Iterable[pl.DataFrame]],
    order: Order,
    coder: Coder,
    tally: Tally,
    seeds: Hashes,
) -> Accounts:
    """Read what accounts say, fields that are normalised together at a time.

    Args:
        parts: reads ``account``, ``product``, and some fields as found, in whatever order.
        order: the canonical one.
        coder: numbers canonical values, these last.
        tally: is told what normalising changed, by product.
        seeds: as for :func:`~amends.linkage.keys.read`.
    """
    rank = order.ranks()
    changes = np.zeros(len(rank), dtype=np.uint32)
    every: dict[Sequence[str], Said] = {}

    def say(fields: Sequence[str]) -> tuple[Said, list[Codes]]:
        numbers, found = _different(parts(fields), fields, rank, seeds)
        normal = [normalise(some) for some in found.iter_slices(_SLICE)]
        own = Said(numbers=numbers, places=_places(normal, coder))
        coder.close(c for c in COLUMNS if PLACE[c] in own.places and c not in _TOLD)
        return own, [part["changes"].to_numpy() for part in normal]

    for fields, (own, bits) in chain(worked_ahead(_ALONE, say), worked_ahead(_AFTER, say)):
        if any(some.any() for some in bits):
            changes |= np.append(np.concatenate(bits), np.uint32(0))[own.numbers]
        every[fields] = own
    first = 0
    for product, height in order.products.items():
        tally.take(pl.DataFrame({"changes": changes[first : first + height]}), product)
        first += height
    return Accounts(size=len(rank), said=[every[f] for f in (*_AFTER, *_ALONE) if every[f].places])


def _different(
    parts: Iterable[pl.DataFrame], fields: Sequence[str], rank: Codes, seeds: Hashes
) -> tuple[Codes, pl.DataFrame]:
    """Per account the number of what it says, or -1; and, by number, what it is."""
    dictionary = Dictionary(seeds)
    numbers = np.full(len(rank), NONE, dtype=np.int32)
    found = [pl.DataFrame(schema=dict.fromkeys(fields, pl.String))]
    for part in parts:
        own = [field for field in fields if there(part, field)]
        if own:
            lacking = [pl.lit(None, pl.String).alias(f) for f in fields if f not in part.columns]
            some = part.with_columns(lacking).select(fields)
            texts = some[fields[0]] if own == [fields[0]] else whole(some)
            numbers[rank[part["account"].to_numpy()]], fresh = dictionary.numbers(texts)
            found.append(pl.DataFrame([compact(some[field].gather(fresh)) for field in fields]))
    return numbers, pl.concat(found)


def _places(normal: Sequence[pl.DataFrame], coder: Coder) -> Mapping[int, Codes]:
    """See :class:`Said`."""
    places: dict[int, Codes] = {}
    size, first = sum(part.height for part in normal), 0
    for part in normal:
        for name, codes in coder.codes(part).items():
            if PLACE[name] not in places:
                places[PLACE[name]] = np.full(size, NONE, dtype=np.int32)
            places[PLACE[name]][first : first + part.height] = codes
        first += part.height
    return places
