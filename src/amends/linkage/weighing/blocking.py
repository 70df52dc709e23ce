"""Which records are compared: blocking values as columns, counted before any pair is made.

Of every rule the largest blocks are left out until its pairs fit a budget, so that memory is
bounded by settings and not by how common a surname is. Samples are whole blocks chosen by hash:
the same records, the same sample.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from threading import Lock
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.linkage import settings
from amends.linkage.canonical import mobiles
from amends.linkage.canonical.shortforms import SHORT_FORMS
from amends.linkage.compiled.blocks import (
    KNOWN,
    LEAKED,
    Sides,
    eight_bits,
    extend,
    grouped,
    in_blocks,
    kept_of,
    mixed_keys,
    sized,
)
from amends.linkage.compiled.pieces import Piece, pieces
from amends.linkage.settings import BLOCKS
from amends.linkage.shelf import Kept, Values
from amends.linkage.weighing.details import DETAILS
from amends.linkage.weighing.records import Codes, Records

Ints = npt.NDArray[np.int64]

_NEARLY_ALL: Final = 0.9
_HAN: Final = r"\p{Han}"
_PHONE = pl.col("phone")
_PHONE_TAIL = (_PHONE % 10**7 + 10**7).cast(pl.String).str.slice(1)  # zeros in front stay
_PHONE_ENDS = _PHONE // 10**8 * 10**4 + _PHONE % 10**4
_FIRST = pl.col("first")
_LAST = pl.col("last")
_POSTCODE = pl.col("postcode")
_SEVERAL = pl.when(pl.col("name").str.contains(" ", literal=True)).then(pl.col("name"))
_LETTERS = pl.when(~pl.col("name").str.contains(_HAN)).then(pl.col("name"))


def _cut(of: pl.Expr, piece: Piece) -> pl.Expr:
    return of.map_batches(partial(pieces, piece=piece), return_dtype=pl.String)


def _piece_of(column: str, piece: Piece) -> tuple[str, pl.Expr]:
    """A column that is a piece of each text of another."""
    return column, _cut(pl.col(column), piece)


def _shown(text: pl.Expr) -> pl.Expr:
    """A text that shows enough signs."""
    shown = text.str.len_chars() - text.str.count_matches("*", literal=True)
    return pl.when(shown >= settings.SHOWN_SIGNS).then(text)


_DAMAGED = _shown(mobiles.damaged(pl.col("phone_other")))
_ALL: Final = 2**31 - 1
_ENDS: Final = settings.END_SIGNS
_LONG: Final = settings.DEVICE_SIGNS

_DERIVED: Final[dict[str, tuple[str, pl.Expr]]] = {
    **DETAILS,
    "name_sorted": ("name", _SEVERAL.str.split(" ").list.sort().list.join(" ")),
    "letters": ("name", _LETTERS),
    "letters_long": (
        "name",
        pl.when(_LETTERS.str.len_chars() > settings.SHORT_NAME_SIGNS).then(_LETTERS),
    ),
    "letters_first": ("first", pl.when(~_FIRST.str.contains(_HAN)).then(_FIRST)),
    "letters_last": ("last", pl.when(~_LAST.str.contains(_HAN)).then(_LAST)),
    "han_three": (
        "name",
        pl.when(pl.col("name").str.contains(rf"^{_HAN}{{3}}$")).then(pl.col("name")),
    ),
    "last_of_parts": ("name", _SEVERAL.str.extract(r"(\S+)$")),
    "email_start": _piece_of("email", Piece(first=4, least=4, at="@")),
    "email_end": _piece_of("email", Piece(last=4, least=4, at="@")),
    "initial": ("first", _FIRST.str.slice(0, 1)),
    "root": ("first", _FIRST.replace(SHORT_FORMS)),
    "first2": ("first", _FIRST.str.slice(0, 2)),
    "first3": ("first", _FIRST.str.slice(0, 3)),
    "last2": ("last", _LAST.str.slice(0, 2)),
    "last4": ("last", _LAST.str.slice(0, 4)),
    "phone_text": ("phone", _PHONE.cast(pl.String)),
    "district": (
        "postcode",
        pl.coalesce(
            _POSTCODE.str.extract(r"^([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}$"), _POSTCODE.str.slice(0, 4)
        ),
    ),
    "area": ("postcode", _POSTCODE.str.extract(r"^([a-z]+|\d{2})")),
    "year": ("birth", pl.col("birth").str.slice(0, 4)),
    "birth_day": (
        "birth",
        pl.when(pl.col("birth").str.slice(-4) != "0101").then(pl.col("birth")),
    ),
    "day": ("birth", pl.col("birth").str.slice(4, 4)),
    "email_local": _piece_of("email", Piece(last=_ALL, least=5, at="@")),
    "idno_head": _piece_of("idno_text", Piece(first=14)),
    "idno_tail": _piece_of("idno_text", Piece(skip=6, first=_ALL)),
    "idno_ends": _piece_of("idno_text", Piece(first=6, last=_ENDS, least=6 + 2 * _ENDS)),
    "idno_start": _piece_of("idno_text", Piece(first=6)),
    "idno_end": _piece_of("idno_text", Piece(last=_ENDS)),
    "idno_form": ("idno_text", _shown(pl.col("idno_text"))),
    "idno_right": ("idno", pl.when(pl.col("idno") > 0).then(pl.col("idno").cast(pl.String))),
    "device_start": _piece_of("device", Piece(first=6)),
    "device_end": _piece_of("device", Piece(last=_ENDS)),
    "device_head": _piece_of("device", Piece(first=10, least=_LONG)),
    "device_tail": _piece_of("device", Piece(last=6, least=_LONG)),
}
"""Column → the canonical column that it is made of, and how. Made of no more rows than needed."""

_FORMS: Final[dict[str, tuple[tuple[str, pl.Expr], ...]]] = {
    "name_form": (
        ("name", pl.col("name")),
        ("name_pattern", pl.col("name_pattern").str.replace_all(r"\?+", "*")),
    ),
    "email_form": (("email", pl.col("email")), ("email_pattern", pl.col("email_pattern"))),
    "start": (
        ("name", pl.col("name").str.slice(0, 1)),
        ("name_pattern", pl.col("name_pattern").str.extract(r"^([^*?])")),
    ),
    "phone_form": (("phone", _PHONE.cast(pl.String)), ("phone_other", _DAMAGED)),
    "phone_head": (
        ("phone", (_PHONE // 10**4).cast(pl.String)),
        ("phone_other", _cut(_DAMAGED, Piece(first=7))),
    ),
    "phone_tail": (("phone", _PHONE_TAIL), ("phone_other", _cut(_DAMAGED, Piece(last=7)))),
    "phone_ends": (
        ("phone", _PHONE_ENDS.cast(pl.String)),
        ("phone_other", _cut(_DAMAGED, Piece(first=3, last=_ENDS, least=3 + 2 * _ENDS))),
    ),
}
"""Likewise, of the first of several canonical columns that says something: the whole value, or what
is left of it."""


def sources(column: str) -> tuple[str, ...]:
    """The canonical columns that a column is made of (the first that says something), or is."""
    if column in _FORMS:
        return tuple(made_of for made_of, _ in _FORMS[column])
    return (_DERIVED[column][0],) if column in _DERIVED else (column,)


def derive(records: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """The *wanted* columns of *records*, as texts; derived ones are made here."""
    return records.select(_made(column).alias(column) for column in wanted)


def derived(values: pl.Series, wanted: Sequence[str]) -> pl.DataFrame:
    """The *wanted* columns as far as they are made of the canonical column *values*."""
    made = (
        dict(_FORMS[column])[values.name] if column in _FORMS else _made(column)
        for column in wanted
    )
    return values.to_frame().select(
        how.alias(column) for column, how in zip(wanted, made, strict=True)
    )


def _made(column: str) -> pl.Expr:
    if column in _FORMS:
        return pl.coalesce(how for _, how in _FORMS[column])
    return _DERIVED[column][1] if column in _DERIVED else pl.col(column)


Members = tuple[Codes, Codes]
"""Records that are in a block of a rule, ascending, and the number of the block, from 1."""


@dataclass(slots=True, kw_only=True)
class Blocks:
    """Records that meet others, and the blocks in which they do.

    ``members[r]``: places in ``records`` (ascending), and the blocks there under rule *r*; few
    records are in a block of every rule. ``keys[r][b]`` is the key of block *b*, ``pairs[r][b]``
    how many pairs it makes at most; 0 where its pairs are left out. A pair is made by the first of
    the rules that bring it together, or left out with its block.

    ``witnesses[i]``: eight bits for each column of which record *i* says something, else 0.
    ``asked[r]``: of which of these one must agree in a pair that rule *r* makes; none: no matter.
    """

    rules: tuple[str, ...]
    records: Codes
    members: list[Members]
    keys: tuple[npt.NDArray[np.uint64], ...]
    pairs: tuple[Ints, ...]
    witnesses: npt.NDArray[np.uint8]
    asked: npt.NDArray[np.bool_]

    @property
    def pairs_made(self) -> int:
        """How many pairs the rules make, a pair of several rules counted as often."""
        return sum(int(pairs.sum()) for pairs in self.pairs)

    def of(self, some: Sequence[int]) -> "Blocks":
        """Only the rules at these places, with the records that they bring together."""
        members = [self.members[r] for r in some]
        return Blocks(
            rules=tuple(self.rules[r] for r in some),
            records=self.records,
            members=members,
            keys=tuple(self.keys[r] for r in some),
            pairs=tuple(self.pairs[r] for r in some),
            witnesses=self.witnesses,
            asked=self.asked[list(some)],
        ).among(rows for rows, _ in members)

    def sample(self, every: int, which: int = 0) -> "Blocks":
        """The pairs of one block in *every*, chosen by its key.

        A pair is chosen with its first rule's block, and so one in *every*, however many rules
        bring it together. The samples of ``which`` from 0 to *every* - 1 share out all pairs.
        """
        if every <= 1:
            return self
        pairs = tuple(
            np.where(mixed_keys(keys) % np.uint64(every) == which, pairs, 0)
            for keys, pairs in zip(self.keys, self.pairs, strict=True)
        )
        chosen = replace(self, pairs=pairs)
        return chosen.among(chosen.making(r)[0] for r in range(len(self.rules)))

    def among(self, rows: Iterable[Codes]) -> "Blocks":
        """Without the records that are at none of these places, unless they are few."""
        met = np.zeros(len(self.records), dtype=np.bool_)
        for some in rows:
            met[some] = True
        if np.count_nonzero(met) > _NEARLY_ALL * len(met):
            return self
        place = np.cumsum(met, dtype=np.int32) - 1
        kept = ((rows[met[rows]], number[met[rows]]) for rows, number in self.members)
        members = [(place[rows], number) for rows, number in kept]
        return replace(
            self, records=self.records[met], members=members, witnesses=self.witnesses[met]
        )

    def unasked(self) -> "Blocks":
        """With the pairs that no witness agrees on, too."""
        return replace(self, asked=np.zeros_like(self.asked))

    def forget(self) -> None:
        """Let go of everything: all pairs are made."""
        self.rules, self.members, self.keys, self.pairs = (), [], (), ()
        self.records, self.witnesses = self.records[:0].copy(), self.witnesses[:0].copy()

    def making(self, rule: int) -> Members:
        """The members of a rule's blocks that make pairs."""
        rows, number = self.members[rule]
        makes = self.pairs[rule][number] > 0
        return rows[makes], number[makes]

    def of_each(self, members: Members) -> Codes:
        """The same as a number for every record, 0 for who is not among *members*."""
        each = np.zeros(len(self.records), dtype=np.int32)
        each[members[0]] = members[1]
        return each


def blocks_of(
    records: Records,
    rules: Mapping[str, Sequence[str]] = BLOCKS,
    *,
    pairs_per_record: int = settings.PAIRS_PER_RECORD,
) -> Blocks:
    """The blocks of *records* that make pairs.

    Of every rule the largest blocks are left out until its pairs are within the budget. A rule that
    makes the blocks of an earlier one is left out whole.

    Args:
        records: what may meet.
        rules: columns on all of which records agree that meet, by name.
        pairs_per_record: a rule's budget, for every record that is looked for.
    """
    sides = records.sides
    budget = pairs_per_record * int(np.count_nonzero(sides != KNOWN))
    used: list[str] = []
    members: list[Members] = []
    found: list[tuple[npt.NDArray[np.uint64], Ints]] = []
    hashes = _Hashes(records)
    usable = {name: parts for name, parts in rules.items() if _says_anything(records, parts)}

    def made(name: str) -> _Made:
        codes, hashed = hashes.of_all(usable[name])
        number, keys = grouped(codes, hashed, sides)
        rows, number = in_blocks(codes, number)
        pairs = sized(rows, number, sides, len(keys))
        rows, number, kept = kept_of(rows, number, _within(pairs, budget))
        return (rows, number), keys[kept], pairs[kept]

    left = list(usable.values())
    columns = [column for column in settings.WITNESSES if _says_anything(records, [column])]
    witnesses = np.zeros((records.height, len(columns)), dtype=np.uint8)

    def witnessed(at: int) -> None:
        eight_bits(*hashes.of(columns[at]), witnesses[:, at])

    for at, _ in worked_ahead(range(len(columns)), witnessed):
        hashes.keep(chain(columns[at + 1 :], *left))
    for name, (own, keys, pairs) in worked_ahead(usable, made):
        left.pop(0)
        hashes.keep(chain(*left))
        if len(own[0]) and not any(all(map(np.array_equal, own, other)) for other in members):
            used.append(name)
            members.append(own)
            found.append((keys, pairs))
    return Blocks(
        rules=tuple(used),
        records=np.arange(records.height, dtype=np.int32),
        members=members,
        keys=tuple(keys for keys, _ in found),
        pairs=tuple(pairs for _, pairs in found),
        witnesses=witnesses,
        asked=np.array(
            [[column in witnesses_of(rule) for column in columns] for rule in used], dtype=np.bool_
        ).reshape(len(used), len(columns)),
    ).among(rows for rows, _ in members)


def witnesses_of(rule: str) -> list[str]:
    """The columns of which one must agree in a pair that *rule* makes; none: no matter."""
    if rule not in settings.LOOSE:
        return []
    return [column for column in settings.WITNESSES if column not in settings.LOOSE[rule]]


def _says_anything(records: Records, parts: Sequence[str]) -> bool:
    """Whether any record may have all of *parts*."""
    return not any(all(records.empty(made_of) for made_of in sources(part)) for part in parts)


_Made = tuple[Members, npt.NDArray[np.uint64], Ints]
"""Members of the blocks of a rule; the keys of these, and the pairs they make: 0 is no block."""

_Coded = tuple[Codes, npt.NDArray[np.uint64]]
"""A code per record, and a hash per code, 0 for nothing; the code -1 is that of the last hash."""

_Put = tuple[Kept[np.int32] | None, Kept[np.uint64]]
"""The same on the shelf; codes are those of a canonical column where there are none."""


class _Hashes:
    """The columns of records as hashes of their values, each made once, or nearly.

    Many rules ask for the same columns; what no later rule asks for is forgotten. Several threads
    may ask at once.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._lock = Lock()
        self._made: dict[str, _Put] = {}

    def of_all(self, parts: Sequence[str]) -> _Coded:
        """Hashes of what records have in all of *parts*; of several, every record is a code."""
        if len(parts) == 1:
            return self.of(parts[0])
        keys = np.zeros(self._records.height + 1, dtype=np.uint64)
        for at, part in enumerate(parts):
            extend(keys, *self.of(part), first=at == 0)
        return np.arange(self._records.height, dtype=np.int32), keys

    def of(self, part: str) -> _Coded:
        """Hashes of what records have in a column."""
        with self._lock:
            made = self._made.get(part)
        if made is not None:
            own, kept = made
            return self._records.codes(sources(part)[0]) if own is None else own.read(), kept.read()
        codes, table = self._make(part)
        shelf, alone = self._records.shelf, len(sources(part)) == 1
        with self._lock:
            if part not in self._made:  # another thread may have been as fast
                self._made[part] = None if alone else shelf.put(codes), shelf.put(table)
        return codes, table

    def _make(self, part: str) -> _Coded:
        first, *others = sources(part)
        codes, table = self._records.codes(first), _hashes(self._records.values[first], part)
        for other in others:
            own = self._records.codes(other)
            at = np.flatnonzero(own >= 0)
            at = at[table[codes[at]] == 0]
            codes = codes.copy()
            codes[at] = own[at] + len(table)
            table = np.append(table, _hashes(self._records.values[other], part))
        return codes, table

    def keep(self, parts: Iterable[str]) -> None:
        """Forget what none of *parts* needs."""
        needed = set(parts)
        with self._lock:
            for part in self._made.keys() - needed:
                for kept in self._made.pop(part):
                    if kept is not None:
                        kept.forget()


def _hashes(values: Values, part: str) -> npt.NDArray[np.uint64]:
    """Per value of a column the hash of what *part* makes of it, 0 for nothing; the last is 0."""
    table = np.zeros(len(values) + 1, dtype=np.uint64)
    first = 0
    for some in values.parts():
        made = derived(some, [part]).to_series()
        hashes, known = made.hash(seed=settings.SEED).to_numpy(), made.is_not_null().to_numpy()
        np.maximum(hashes, 1, out=table[first : first + len(some)], where=known)
        first += len(some)
    return table


def _within(pairs: Ints, budget: int) -> npt.NDArray[np.bool_]:
    """The smaller blocks, as many as make at most *budget* pairs in all."""
    useful = (pairs > 0) & (pairs <= settings.BLOCK_PAIRS_MAX)
    per_size = np.bincount(pairs[useful], minlength=1)
    fitting = np.cumsum(per_size * np.arange(len(per_size))) <= budget
    largest = int(np.count_nonzero(fitting)) - 1
    return useful & (pairs <= largest)


def pairs_of(sides: Sides) -> float:
    """How many pairs of records may be compared: not two leaked ones, nor two known ones."""
    leaked, known = np.count_nonzero(sides == LEAKED), np.count_nonzero(sides == KNOWN)
    return max(math.comb(len(sides), 2) - math.comb(leaked, 2) - math.comb(known, 2), 1)
