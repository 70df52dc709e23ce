"""What accounts say: each different value is normalised once, however many accounts repeat it.

Accounts are read some rows at a time, and every value becomes the number of a text as found, in the
dictionary of the canonical values that it is most often one of as it stands. Rules of normalisation
then go over the different texts that are not. What they make of one is places in the dictionaries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel.ahead import worked_ahead
from amends.kernel.memory import give_back
from amends.linkage.canonical.changes import Change, Tally
from amends.linkage.canonical.normalise import COLUMNS, FIELDS, normalise
from amends.linkage.canonical.plain import TOLD, in_small_letters, plain, told
from amends.linkage.compiled.lookups import looked_up, put
from amends.linkage.compiled.octets import octets_of
from amends.linkage.compiled.profiles import NONE, Bits, Cells, note, said
from amends.linkage.dictionaries import there, whole
from amends.linkage.keys import NAME, Order
from amends.linkage.shelf import MANY_ACCOUNTS, Kept, Texts
from amends.linkage.weighing.records import PLACE, Coder, Codes, Ints

Flags = npt.NDArray[np.bool_]
Parts = Callable[[Sequence[str]], Iterable[pa.RecordBatch]]

_SLICE: Final = 250_000
_ONWARDS: Final = 4_000_000

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
    parts: Parts,
    order: Order,
    tally: Tally,
    coder: Coder,
    standing: Kept[np.int32],
) -> Accounts:
    """Read what accounts say, fields that are normalised together at a time.

    Args:
        parts: reads ``account``, ``product``, and some fields as found, in whatever order.
        order: the canonical one.
        tally: is told what normalising changed, by product.
        coder: numbers canonical values, these last.
        standing: by canonical order, where each account stands; others may stand between them.
    """
    at = coder.shelf.put(looked_up(standing.read(), order.ranks()))
    give_back()
    said, changes = _said(parts, at, coder)
    at.forget()
    start, changes = 0, looked_up(changes, standing.read())
    for product, height in order.products.items():
        tally.take(pl.DataFrame({"changes": changes[start : start + height]}), product)
        start += height
    return Accounts(
        said=[
            Said(numbers=said[f].numbers, places={c: k.read() for c, k in said[f].places.items()})
            for f in (*_AFTER, *_ALONE)
            if f in said
        ]
    )


class _Read(NamedTuple):
    """What accounts say in fields: where it stands, the number of each; of numbers, the others."""

    numbers: Codes
    places: Mapping[int, Codes]
    changes: Bits
    folded: Codes


class _Put(NamedTuple):
    """What :class:`Said` has, on the shelf."""

    numbers: Kept[np.int32]
    places: Mapping[int, Kept[np.int32]]


class _Onwards:
    """Numbers on the shelf, asked for from the first to the last: more are read than asked for."""

    def __init__(self, kept: Kept[np.int32]) -> None:
        self._kept, self._first, self._own = kept, 0, kept.read(0, 0)

    def read(self, first: int, last: int) -> Codes:
        """Those from *first* to *last*."""
        if first < self._first or last > self._first + len(self._own):
            self._own = self._kept.read(first, max(last, first + _ONWARDS))
            self._first = first
        return self._own[first - self._first : last - self._first]


def _said(parts: Parts, at: Kept[np.int32], coder: Coder) -> tuple[dict[Sequence[str], _Put], Bits]:
    """What accounts say by fields, and by where each stands (*at*, as it came) what was changed."""
    size = int(at.read().max(initial=-1)) + 1
    changes = np.zeros(size, dtype=np.uint32)
    every: dict[Sequence[str], _Put] = {}

    def say(fields: Sequence[str]) -> _Read:
        numbers = np.full(size, NONE, dtype=np.int32)
        found, stands, folded = _Found(fields, coder), _Onwards(at), [numbers[:0]]
        for part in parts(fields):
            own = found.numbers(part)
            if own is not None:
                accounts = pl.Series(part["account"]).to_numpy()
                first = int(accounts.min(initial=len(at)))
                accounts = accounts - first
                standing = stands.read(first, first + int(accounts.max(initial=-1)) + 1)
                put(numbers, standing, accounts, own[0])
                folded.append(standing[accounts[own[1]]])
        places, bits = found.places()
        coder.close(c for c in COLUMNS if PLACE[c] in places and c not in _BOTH)
        return _Read(numbers, places, bits, np.concatenate(folded))

    def by_all(some: Sequence[Sequence[str]]) -> Iterable[tuple[Sequence[str], _Read]]:
        return worked_ahead(some, say) if size <= MANY_ACCOUNTS else ((f, say(f)) for f in some)

    for fields, own in chain(by_all(_ALONE), by_all(_AFTER)):
        if own.changes.any():
            note(changes, own.numbers, own.changes)
        changes[own.folded] |= np.uint32(Change.CASE_FOLDED)
        if own.places:
            shelved = {column: coder.shelf.put(some) for column, some in own.places.items()}
            every[fields] = _Put(coder.shelf.put(own.numbers), shelved)
        del own
        give_back()
    return every, changes


class _Found:
    """Texts of fields that are normalised together: as found, and what becomes of them.

    They are numbered in the dictionary of the canonical column that most of them are values of as
    they stand, after the values that are there already. They lie on the shelf meanwhile.
    """

    def __init__(self, fields: Sequence[str], coder: Coder) -> None:
        self._fields, self._coder = fields, coder
        self._column = "idno_text" if fields == ("idno",) else fields[0]
        known = coder.texts(self._column)
        self._known = len(known)
        self._nothing = pl.DataFrame(schema=dict.fromkeys(fields, pl.String))
        self._texts = {field: Texts(coder.shelf) for field in fields}
        self._plain: list[Flags] = []
        right = plain(fields[0], octets_of(known), np.arange(len(known)))
        self._take(known.alias(fields[0]).to_frame(), right)

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
        frame = pl.DataFrame(some.take(pl.Series(fresh).to_arrow()))
        self._take(frame, plain(own[0] if alone else "", texts, fresh))
        return numbers, rows

    def _take(self, some: pl.DataFrame, right: Flags) -> None:
        every = self._with_all(some)
        for field, texts in self._texts.items():
            texts.add(every[field])
        self._plain.append(right)

    def _with_all(self, some: pl.DataFrame) -> pl.DataFrame:
        return pl.concat([self._nothing, some], how="diagonal")

    def _some(self, chosen: Flags) -> Iterator[tuple[Ints, pl.DataFrame]]:
        """The numbers of *chosen* texts, and these, some at a time."""
        first, waiting = 0, list[tuple[Ints, pl.DataFrame]]()
        for parts in zip(*self._texts.values(), strict=True):
            some = pl.DataFrame(t.alias(f) for f, t in zip(self._fields, parts, strict=True))
            own = chosen[first : first + some.height]
            waiting.append((first + np.flatnonzero(own), some.filter(pl.Series(own))))
            first += some.height
            if sum(len(rows) for rows, _ in waiting) >= _SLICE:
                yield _joined(waiting)
                waiting.clear()
        if any(len(rows) for rows, _ in waiting):
            yield _joined(waiting)

    def places(self) -> tuple[Mapping[int, Codes], Bits]:
        """What :class:`Said` says of the numbers; and per number the changes."""
        for texts in self._texts.values():
            texts.done()
        right = np.concatenate(self._plain)
        self._plain.clear()
        places: dict[int, Codes] = {}
        changes = np.zeros(len(right), dtype=np.uint32)
        normals, numbers = Texts(self._coder.shelf), [np.zeros(0, dtype=np.int32)]

        def put(rows: Ints, normal: pl.DataFrame) -> None:
            for name, codes in self._coder.codes(normal).items():
                if PLACE[name] not in places:
                    places[PLACE[name]] = np.full(len(right), NONE, dtype=np.int32)
                places[PLACE[name]][rows] = codes

        for rows, odd in self._some(~right):
            normal = normalise(odd)
            changes[rows] = normal["changes"].to_numpy()
            own = normal[self._column].cast(pl.String)
            codes, fresh = self._coder.numbers(self._column, octets_of(own))
            numbers.append(codes)
            normals.add(own.gather(fresh))
            put(rows, normal.drop(self._column))
        if self._column in TOLD:
            for rows, some in self._some(right):
                put(rows, told(self._column, some[self._fields[0]]))
        of_own = self._settled(right, np.concatenate(numbers), normals)
        if (of_own != NONE).any():
            places[PLACE[self._column]] = of_own
        return places, changes

    def _settled(self, right: Flags, numbers: Codes, normals: Texts) -> Codes:
        """Per number the place of the canonical value; those that are no values are taken out.

        *right*: which texts are values as they stand; of the others, *numbers* of the values that
        they become, of which those after all texts are *normals*.
        """
        normals.done()
        known, found = self._known, self._texts[self._fields[0]]
        every = max(len(right), int(numbers.max(initial=-1)) + 1)
        kept = np.ones(every, dtype=np.bool_)
        kept[known : len(right)] = right[known:]
        kept[numbers[numbers != NONE]] = True

        def values() -> Iterator[pl.Series]:
            first = 0
            for some in found:
                own = kept[first : first + len(some)].copy()
                own[: max(known - first, 0)] = False  # the column has these
                first += len(some)
                yield some.filter(pl.Series(own))
            yield from normals

        self._coder.end(self._column, values(), found.size_bytes + normals.size_bytes)
        for texts in (*self._texts.values(), normals):
            texts.forget()
        places = np.append(np.cumsum(kept, dtype=np.int32) - 1, np.int32(NONE))
        result = places[: len(right)].copy()
        result[~right] = places[numbers]
        return result


def _joined(parts: Sequence[tuple[Ints, pl.DataFrame]]) -> tuple[Ints, pl.DataFrame]:
    return np.concatenate([rows for rows, _ in parts]), pl.concat(frame for _, frame in parts)
