"""Accounts and leaked rows as the numbers that exact keys need; no text of a row is kept.

A mobile or national number is its integer, a mail address or device two keyed hashes, a name its
number in a dictionary of the different names there are. What stands in its usual form already is
read straight from its octets; anything else, and every different name once, goes through the rules
of :mod:`~amends.linkage.canonical.normalise`, so that both ways say the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from amends.kernel.ahead import processors, read_ahead
from amends.kernel.memory import one_heap_for_arrow
from amends.linkage.canonical.devices import BEGINS
from amends.linkage.canonical.normalise import USERNAME_SIGNS
from amends.linkage.canonical.normalise import keys as normalised
from amends.linkage.compiled import columns, hashing
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Column, Hashes, Integers
from amends.linkage.compiled.lookups import looked_up, put_at
from amends.linkage.compiled.octets import Octets, octets_of
from amends.linkage.compiled.strings import Texts, flat
from amends.linkage.dictionaries import Dictionary, hash_room, whole
from amends.linkage.shelf import Kept, Kind, Shelf

FIELDS: Final = ("name", "surname", "given_name", "phone", "email", "idno", "device", "username")
"""Fields that exact keys are made of."""

KEYS: Final = ("idno", "phone", "email", "device", "username")
"""Exact keys, strongest first. A user name may turn out to be none: see ``exact.trusted``."""

NAME: Final = ("name", "surname", "given_name")
"""Fields of a name: they are normalised together."""


def _signs(kept: bytes) -> Bytes:
    """Per octet itself where it is *kept*, a small letter of a capital, else odd."""
    table = np.full(256, hashing.ODD, dtype=np.uint8)
    table[list(kept)] = list(kept)
    table[ord("A") : ord("Z") + 1] = table[ord("a") : ord("z") + 1]
    return table


_SMALL: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
_KINDS: Final = {
    "email": (columns.EMAIL, _signs(_SMALL + b"@._%+-")),
    "device": (columns.DEVICE, _signs(_SMALL)),
    "username": (columns.USERNAME, _signs(_SMALL + b"._-")),
}
_AT_ONCE: Final = 1 << 17
"""So many odd rows are enough to let the rules look at them."""

_NO_NUMBERS: Final[Integers] = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Accounts, or leaked rows, from 0, each with its name (-1: none) and number (0: none).

    These lie on the shelf. ``columns``: who has keys of each kind, some rows at a time; they may
    be forgotten.
    """

    size: int
    name: Kept[np.int32]
    number: Kept[np.int64]
    columns: Mapping[str, "Columns"]


class Columns:
    """Who has keys of one kind, some rows at a time, on a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._pile, self.size = shelf.pile(), 0
        self._ranks: Nodes | None = None

    def add(self, columns: Iterable[Column]) -> None:
        """Take more of them."""
        for one in columns:
            self._pile.add(one.nodes, one.keys, one.checks)
            self.size += len(one.keys)

    def done(self) -> None:
        """No more come."""
        self._pile.done()

    def rank(self, ranks: Nodes) -> None:
        """Number nodes anew: *ranks* are the numbers of each."""
        self._ranks = ranks

    def __iter__(self) -> Iterator[Column]:
        """Columns, always in the same order."""
        for nodes, keys, checks in self._pile:
            own = nodes if self._ranks is None else looked_up(self._ranks, nodes)
            yield Column(nodes=own, keys=keys, checks=checks)

    def hashes(self) -> Iterator[Hashes]:
        """The keys of columns, likewise."""
        return (keys for _, keys, _ in self._pile)

    def forget(self) -> None:
        """Let go of them: they are not read any more."""
        self._pile.forget()
        self._ranks = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The canonical order: accounts, by the numbers that they came with; how many of a product."""

    accounts: Kept[np.int32]
    products: Mapping[str, int]

    def ranks(self) -> Nodes:
        """Per account, as it came, its place in the order."""
        ranks = np.empty(len(self.accounts), dtype=np.int32)
        put_at(ranks, self.accounts.read(), np.arange(len(ranks), dtype=np.int32))
        return ranks


class Names:
    """All different names: texts to numbers, whether as found or as normalised.

    Rules of normalisation cost something each time, however few names there are; so the different
    names of a whole side that are not canonical as they stand go through them at once.
    """

    def __init__(self, seeds: Hashes) -> None:
        self._dictionary = Dictionary(seeds)
        self._spelled = [flat(pl.Series([], dtype=pl.String))]
        self._found: list[Integers] = [_NO_NUMBERS]  # numbers of names that had to be normalised
        self._normal: list[Nodes] = [np.zeros(0, dtype=np.int32)]  # and of what became of each
        self._waiting: dict[tuple[str, ...], list[tuple[Integers, pl.DataFrame]]] = {}

    def found(self, part: pa.RecordBatch) -> Nodes:
        """Per row of *part* (any fields of a name) the number of its name as found, or -1."""
        fields = [field for field in NAME if _there(part, field)]
        if not fields:
            return np.full(part.num_rows, -1, dtype=np.int32)
        as_one = fields == ["name"]
        texts = octets_of(part["name"] if as_one else whole(pl.DataFrame(part.select(fields))))
        before = self._dictionary.count
        numbers, fresh = self._dictionary.numbers(texts)
        odd = self._spell(texts, fresh)
        if not as_one:
            odd = np.arange(len(fresh))
        if len(odd):
            names = pl.DataFrame(part.select(fields).take(pl.Series(fresh[odd]).to_arrow()))
            self._waiting.setdefault(tuple(fields), []).append((before + odd, names))
        return numbers

    def normal(self, found: Nodes) -> Nodes:
        """The numbers, or -1, of normalised names, in place of those of names as *found*."""
        for waiting in self._waiting.values():
            normal = normalised(pl.concat([some for _, some in waiting]))["name"]
            numbers, fresh = self._dictionary.numbers(normal)
            self._spelled.append(flat(normal[fresh]))
            self._found.append(np.concatenate([some for some, _ in waiting]))
            self._normal.append(numbers)
        self._waiting.clear()
        odd = np.concatenate(self._found)
        if len(odd):
            others = np.arange(self._dictionary.count, dtype=np.int32)
            others[odd] = np.concatenate(self._normal)
            columns.renumber(found, others)
        return found

    def texts(self) -> Texts:
        """The names by number."""
        sizes = [np.diff(some.offsets) for some in self._spelled]
        return Texts(
            codepoints=np.concatenate([some.codepoints for some in self._spelled]),
            offsets=np.concatenate([[0], np.cumsum(np.concatenate(sizes))]),
        )

    def _spell(self, texts: Octets, fresh: Integers) -> Integers:
        """Keep the code points of new names; the places of those that are not canonical."""
        octets = (texts.bounds[fresh + 1] - texts.bounds[fresh]).sum()
        codepoints, offsets = np.empty(octets, np.uint32), np.empty(len(fresh) + 1, np.int64)
        odd = np.empty(len(fresh), dtype=np.int64)
        left = columns.spell(texts, fresh, codepoints, offsets, odd)
        self._spelled.append(Texts(codepoints=codepoints[: offsets[-1]].copy(), offsets=offsets))
        return odd[:left]


def read(
    parts: Iterable[pa.RecordBatch], names: Names, seeds: Hashes, shelf: Shelf | None = None
) -> Side:
    """Pack *parts* (of :data:`FIELDS` as found) one by one, the columns of each side by side."""
    size, shelf = 0, shelf or Shelf()
    name: list[Nodes] = [np.zeros(0, dtype=np.int32)]
    numbers: list[tuple[Nodes, Integers]] = []
    found = {kind: Columns(shelf) for kind in KEYS}
    odd = {kind: _Odd(kind, seeds, numbers) for kind in KEYS}
    with one_heap_for_arrow(), ThreadPoolExecutor(processors()) as pool:
        for part in read_ahead(parts):
            named = pool.submit(names.found, part)
            made = [
                pool.submit(_keys, part, kind, size, seeds, numbers, odd[kind]) for kind in KEYS
            ]
            name.append(named.result())
            for kind, some in zip(KEYS, made, strict=True):
                found[kind].add(some.result())
            size += part.num_rows
        for kind, left in zip(KEYS, pool.map(_Odd.read, odd.values()), strict=True):
            found[kind].add(left)
            found[kind].done()
    number = np.zeros(size, dtype=np.int64)
    for nodes, values in numbers:
        put_at(number, nodes, values)
    return Side(
        size=size,
        name=shelf.put(names.normal(np.concatenate(name))),
        number=shelf.put(number),
        columns=found,
    )


def in_order(side: Side, order: Order, shelf: Shelf) -> Side:
    """Accounts numbered in canonical order; *side* is used up."""
    rank, accounts = order.ranks(), order.accounts.read()
    for some in side.columns.values():
        some.rank(rank)

    def ordered(own: Kept[Kind]) -> Kept[Kind]:
        found = looked_up(own.read(), accounts)
        own.forget()
        return shelf.put(found)

    return Side(
        size=side.size,
        name=ordered(side.name),
        number=ordered(side.number),
        columns=side.columns,
    )


def _there(part: pa.RecordBatch, field: str) -> bool:
    """Whether any row of *part* has the field."""
    return field in part.schema.names and part[field].null_count < part.num_rows


def _keys(
    part: pa.RecordBatch,
    kind: str,
    first: int,
    seeds: Hashes,
    numbers: list[tuple[Nodes, Integers]],
    others: "_Odd",
) -> list[Column]:
    """Who of a part that begins at *first* has a key of one kind; to *numbers* go national ones.

    To *others* go rows that are left to the rules.
    """
    if not _there(part, kind):
        return []
    texts = octets_of(part[kind])
    room = part.num_rows - part[kind].null_count
    nodes, odd = np.empty(part.num_rows, dtype=np.int32), np.empty(room, dtype=np.int32)
    keys, checks = hash_room(room)
    values = _NO_NUMBERS
    if kind in _KINDS:
        code, signs = _KINDS[kind]
        count, left = columns.read_texts(
            texts, code, signs, seeds, BEGINS, USERNAME_SIGNS, keys, checks, nodes, odd
        )
    else:
        code, checks = columns.PHONE if kind == "phone" else columns.IDNO, checks[:0].copy()
        values = np.empty(room, dtype=np.int64)
        count, left = columns.read_integers(texts, code, values, keys, nodes, odd)
    found = [Column(nodes=nodes[:count] + first, keys=keys[:count], checks=checks[:count])]
    if kind == "idno":
        numbers.append((found[0].nodes, values[:count]))
    if left:
        found.extend(others.add(part, odd[:left], first))
    return found


class _Odd:
    """Rows whose keys of one *kind* are left to the rules, which then look at many at once.

    Rules cost something each time, however few the rows are.
    """

    def __init__(self, kind: str, seeds: Hashes, numbers: list[tuple[Nodes, Integers]]) -> None:
        self._kind, self._seeds, self._numbers = kind, seeds, numbers
        self._nodes: list[Nodes] = []
        self._texts: list[pl.DataFrame] = []

    def add(self, part: pa.RecordBatch, rows: Nodes, first: int) -> list[Column]:
        """Add *rows* of a part that begins at *first*: the keys of all, where they are many."""
        self._nodes.append(rows + np.int32(first))
        self._texts.append(pl.DataFrame(part.select([self._kind]).take(pl.Series(rows).to_arrow())))
        return self.read() if sum(map(len, self._nodes)) >= _AT_ONCE else []

    def read(self) -> list[Column]:
        """Who of those that were added has a key; and forget them."""
        if not self._nodes:
            return []
        normal = normalised(pl.concat(self._texts))[self._kind]
        nodes = np.concatenate(self._nodes)[normal.is_not_null().arg_true().to_numpy()]
        self._nodes, self._texts = [], []
        keys, checks = hash_room(len(nodes))
        if self._kind in _KINDS:
            rows = np.empty(len(nodes), dtype=np.int32)
            hashing.hashed_all(octets_of(normal.drop_nulls()), self._seeds, rows, keys, checks)
            return [Column(nodes=nodes, keys=keys, checks=checks)]
        values = normal.drop_nulls().to_numpy()
        if self._kind == "idno":
            self._numbers.append((nodes, values))
        return [Column(nodes=nodes, keys=hashing.mixed_all(values), checks=checks[:0].copy())]
