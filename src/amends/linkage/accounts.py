"""What accounts say: each different value is normalised once, however many accounts repeat it.

Accounts are read some rows at a time, and every value becomes the number of a text as found, in the
dictionary of the canonical values that it is most often one of as it stands. Rules of normalisation
then go over the different texts that are not. What they make of one is places in the dictionaries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel.ahead import worked_ahead
from amends.kernel.memory import give_back
from amends.linkage.canonical.changes import Change, Tally
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, normalise
from amends.linkage.canonical.plain import TOLD, in_small_letters, plain, told
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.lookups import looked_up, put
from amends.linkage.compiled.octets import octets_of
from amends.linkage.compiled.profiles import NONE, Bits, Cells, note, said
from amends.linkage.dictionaries import there, whole
from amends.linkage.keys import NAME, Order
from amends.linkage.shelf import Kept
from amends.linkage.weighing.records import PLACE, Coder, Codes, Ints

Flags = npt.NDArray[np.bool_]

_SLICE: Final = 250_000
_SIDE_BY_SIDE: Final = 25_000_000
"""Of more accounts than this one field is read after the other: each takes 50 bytes an account."""

_BOTH: Final = ("birth", "gender")
"""What a national number tells where an account has none of its own."""

_AFTER: Final = tuple((field,) for field in _BOTH)
"""What accounts say of these themselves: it counts first, and is numbered last."""

_MANY: Final = (("idno",), ("device",), ("username",), ("email",), ("phone",), NAME)
"""Of which there are most different values: while they are read, least is held of the others."""

_ALONE: Final = (*_MANY, *((f,) for f in FIELDS if f not in {*chain(*_MANY), *_BOTH}))
"""Other fields that are normalised together: no two say anything of one canonical column."""


_NO_ROWS: Final[Ints] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What accounts say in fields that are normalised together.

    ``numbers``: per account which text it is, or -1. ``places``: per place of a canonical column,
    and per number, the place of the value in the dictionary of the column, or -1.
    """

    numbers: Kept[np.int32]
    places: Mapping[int, Codes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Accounts as they stand. Of two that say something of a column, the first one counts."""

    said: Sequence[Said]

    def cells(self, start: int, end: int) -> Cells:
        """A row of places in dictionaries for each that stands from *start* to *end*."""
        rows = np.full((end - start, len(COLUMNS)), NONE, dtype=np.int32)
        for some in self.said:
            numbers = some.numbers.read(start, end)
            for column, places in some.places.items():
                said(rows, column, numbers, places)
        return rows


def read(
    parts: Callable[[Sequence[str]], Iterable[pa.RecordBatch]],
    order: Order,
    tally: Tally,
    coder: Coder,
    standing: Nodes,
) -> Accounts:
    """Read what accounts say, fields that are normalised together at a time.

    Args:
        parts: reads ``account``, ``product``, and some fields as found, in whatever order.
        order: the canonical one.
        tally: is told what normalising changed, by product.
        coder: numbers canonical values, these last.
        standing: by canonical order, where each account stands; others may stand between them.
    """
    at, size = looked_up(standing, order.ranks()), int(standing.max(initial=-1)) + 1
    changes = np.zeros(size, dtype=np.uint32)
    every: dict[Sequence[str], Said] = {}

    def say(fields: Sequence[str]) -> tuple[Said, Codes, Bits, Codes]:
        numbers = np.full(size, NONE, dtype=np.int32)
        found, folded = _Found(fields, coder), [at[:0]]
        for part in parts(fields):
            own = found.numbers(part)
            if own is not None:
                accounts = pl.Series(part["account"]).to_numpy()
                put(numbers, at, accounts, own[0])
                folded.append(at[accounts[own[1]]])
        places, bits = found.places()
        coder.close(c for c in COLUMNS if PLACE[c] in places and c not in _BOTH)
        return (
            Said(numbers=coder.shelf.put(numbers), places=places),
            numbers,
            bits,
            np.concatenate(folded),
        )

    threads = 1 if size > _SIDE_BY_SIDE else None
    first, last = (worked_ahead(some, say, threads) for some in (_ALONE, _AFTER))
    for fields, (own, numbers, bits, folded) in chain(first, last):
        if bits.any():
            note(changes, numbers, bits)
        changes[folded] |= np.uint32(Change.CASE_FOLDED)
        every[fields] = own
        del numbers
        give_back()
    start, changes = 0, changes[standing]
    for product, height in order.products.items():
        tally.take(pl.DataFrame({"changes": changes[start : start + height]}), product)
        start += height
    return Accounts(said=[every[f] for f in (*_AFTER, *_ALONE) if every[f].places])


class _Found:
    """Texts of fields that are normalised together: as found, and what becomes of them.

    They are numbered in the dictionary of the canonical column that most of them are values of as
    they stand, after the values that are there already.
    """

    def __init__(self, fields: Sequence[str], coder: Coder) -> None:
        self._fields, self._coder = fields, coder
        self._column = "idno_text" if fields == ("idno",) else fields[0]
        known = coder.texts(self._column).alias(fields[0])
        self._known = len(known)
        self._nothing = pl.DataFrame(schema=dict.fromkeys(fields, pl.String))
        self._texts = [self._with_all(known.to_frame())]
        self._plain = [plain(fields[0], octets_of(known), np.arange(len(known)))]

    def numbers(self, part: pa.RecordBatch) -> tuple[Codes, Ints] | None:
        """Per row of *part* the number of its text, or -1; nothing where it lacks the fields.

        And the rows whose texts were numbered as they are in small letters.
        """
        own = [field for field in self._fields if there(part, field)]
        if not own:
            return None
        alone = own == [self._fields[0]]
        some = part.select(own)
        texts = octets_of(some[0] if alone else whole(self._with_all(pl.DataFrame(some))))
        rows = _NO_ROWS
        if low := in_small_letters(own[0], texts):
            some, rows = pa.record_batch([low[0]], names=own), np.flatnonzero(low[1])
            texts = octets_of(some[0])
        numbers, fresh = self._coder.numbers(self._column, texts)
        self._texts.append(self._with_all(pl.DataFrame(some.take(pl.Series(fresh).to_arrow()))))
        self._plain.append(plain(own[0] if alone else "", texts, fresh))
        return numbers, rows

    def _with_all(self, some: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([self._nothing, some], how="diagonal")

    def places(self) -> tuple[Mapping[int, Codes], Bits]:
        """What :class:`Said` says of the numbers; and per number the changes."""
        texts, right = pl.concat(self._texts), np.concatenate(self._plain)
        self._texts.clear()
        places: dict[int, Codes] = {}
        changes = np.zeros(len(right), dtype=np.uint32)
        own = [pl.Series([], dtype=pl.String)]

        def put(rows: Ints, normal: pl.DataFrame) -> None:
            for name, codes in self._coder.codes(normal).items():
                if PLACE[name] not in places:
                    places[PLACE[name]] = np.full(len(right), NONE, dtype=np.int32)
                places[PLACE[name]][rows] = codes

        odd = np.flatnonzero(~right)
        for rows in _slices(odd):
            normal = normalise(texts[rows])
            changes[rows] = normal["changes"].to_numpy()
            own.append(normal[self._column].cast(pl.String))
            put(rows, normal.drop(self._column))
        if self._column in TOLD:
            for rows in _slices(np.flatnonzero(right)):
                put(rows, told(self._column, texts[self._fields[0]].gather(rows)))
        of_own = self._settled(texts[self._fields[0]], right, odd, pl.concat(own))
        if (of_own != NONE).any():
            places[PLACE[self._column]] = of_own
        return places, changes

    def _settled(self, texts: pl.Series, right: Flags, odd: Ints, normal: pl.Series) -> Codes:
        """Per number the place of the canonical value; those that are no values are taken out.

        *right*: which *texts* are values as they stand; *normal*: what the *odd* others become.
        """
        numbers, fresh = self._coder.numbers(self._column, octets_of(normal))
        kept = np.append(right, np.ones(len(fresh), dtype=np.bool_))
        kept[: self._known] = True
        kept[numbers[numbers != NONE]] = True
        places = np.append(np.cumsum(kept, dtype=np.int32) - 1, np.int32(NONE))
        found = texts[self._known :].filter(pl.Series(kept[self._known : len(right)]))
        self._coder.take(self._column, found, normal.gather(fresh))
        result = places[: len(right)].copy()
        result[odd] = places[numbers]
        return result


def _slices(rows: Ints) -> Iterator[Ints]:
    """*rows*, some at a time."""
    return (rows[first : first + _SLICE] for first in range(0, len(rows), _SLICE))
