"""Accounts and leaked rows as the numbers that exact keys need; no text of a row is kept.

A mobile or national number is its integer, a mail address or device two keyed hashes, a name its
number in a dictionary of the different names there are. What stands in its usual form already is
read straight from its octets; anything else, and every different name once, goes through the rules
of :mod:`~amends.linkage.normalise`, so that both ways say the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.ahead import processors, read_ahead
from amends.linkage.canonical.devices import NOBODYS
from amends.linkage.compiled import hashing, parsing
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Hashes, Integers
from amends.linkage.compiled.octets import octets_of
from amends.linkage.compiled.strings import Texts, flat
from amends.linkage.dictionaries import ANY_SIGN, Dictionary, hash_room, there, whole
from amends.linkage.normalise import USERNAME_SIGNS
from amends.linkage.normalise import keys as normalised

FIELDS: Final = ("name", "surname", "given_name", "phone", "email", "idno", "device", "username")
"""Fields that exact keys are made of."""

KEYS: Final = ("idno", "phone", "email", "device", "username")
"""Exact keys, strongest first. A user name may turn out to be none: see ``exact.trusted``."""

NAME: Final = ("name", "surname", "given_name")
"""Fields of a name: they are normalised together."""

_NO_CHECKS: Final[Checks] = np.zeros(0, dtype=np.uint32)


def _signs(kept: bytes) -> Bytes:
    """Per octet itself where it is *kept*, a small letter of a capital, else odd."""
    table = np.full(256, hashing.ODD, dtype=np.uint8)
    table[list(kept)] = list(kept)
    table[ord("A") : ord("Z") + 1] = table[ord("a") : ord("z") + 1]
    return table


_SMALL: Final = b"abcdefghijklmnopqrstuvwxyz0123456789"
_MAIL_SIGNS: Final = _signs(_SMALL + b"@._%+-")
_DEVICE_SIGNS: Final = _signs(_SMALL)
_USERNAME_SIGNS: Final = _signs(_SMALL + b"._-")
_SIGNS: Final = {"email": _MAIL_SIGNS, "device": _DEVICE_SIGNS, "username": _USERNAME_SIGNS}
_BEGINS: Final = np.unique(
    [
        int.from_bytes(text[:3].encode(), "big")
        for text in (*NOBODYS, "imei", "meid", "idfa", "oaid", "mac", "gaid")
    ]
)
"""What devices begin with that the rules have to look at: labels, and numbers of nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Who has a key of one kind: nodes, the keys' hashes, and second hashes or nothing."""

    nodes: Nodes
    keys: Hashes
    checks: Checks


_NOTHING: Final = Column(
    nodes=np.zeros(0, dtype=np.int32), keys=np.zeros(0, dtype=np.uint64), checks=_NO_CHECKS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Accounts, or leaked rows, from 0, each with its name (-1: none) and number (0: none)."""

    size: int
    name: Nodes
    number: Integers
    columns: Mapping[str, Column]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The canonical order: accounts, by the numbers that they came with; how many of a product."""

    accounts: Integers
    products: Mapping[str, int]

    def ranks(self) -> Nodes:
        """Per account, as it came, its place in the order."""
        ranks = np.empty(len(self.accounts), dtype=np.int32)
        ranks[self.accounts] = np.arange(len(ranks), dtype=np.int32)
        return ranks


class Names:
    """All different names: texts to numbers, whether as found or as normalised.

    Rules of normalisation cost something each time, however few names there are; so the different
    names of a whole side wait for them, and go through them at once.
    """

    def __init__(self, seeds: Hashes) -> None:
        self._found = Dictionary(seeds)
        self._normal = Dictionary(seeds)
        self._of_found = np.full(1, -1, dtype=np.int32)  # of none, then of 0, 1, …
        self._waiting: dict[tuple[str, ...], list[tuple[Integers, pl.DataFrame]]] = {}
        self._texts: list[pl.Series] = []

    def found(self, part: pl.DataFrame) -> Nodes:
        """Per row of *part* (any fields of a name) the number of its name as found, or -1."""
        fields = [field for field in NAME if there(part, field)]
        if not fields:
            return np.full(part.height, -1, dtype=np.int32)
        before = self._found.count
        numbers, fresh = self._found.numbers(whole(part.select(fields)))
        if len(fresh):
            places = np.arange(before, before + len(fresh))
            names = part.select(fields)[fresh]
            self._waiting.setdefault(tuple(fields), []).append((places, names))
        return numbers

    def normal(self, found: Nodes) -> Nodes:
        """The numbers, or -1, of normalised names; *found* are numbers of names as found."""
        room = np.full(self._found.count + 1 - len(self._of_found), -1, dtype=np.int32)
        self._of_found = np.concatenate([self._of_found, room])
        for waiting in self._waiting.values():
            places = np.concatenate([some for some, _ in waiting])
            names = pl.concat([some for _, some in waiting])
            self._of_found[places + 1] = self._of_normal(_normal_names(names, whole(names)))
        self._waiting.clear()
        return self._of_found[found + 1]

    def _of_normal(self, names: pl.Series) -> Nodes:
        """Per normalised name its number; null is -1."""
        numbers, fresh = self._normal.numbers(names)
        self._texts.append(names[fresh])
        return numbers

    def texts(self) -> Texts:
        """The names by number."""
        return flat(pl.concat([pl.Series([], dtype=pl.String), *self._texts]))


def read(parts: Iterable[pl.DataFrame], names: Names, seeds: Hashes) -> Side:
    """Pack *parts* (of :data:`FIELDS` as found) one by one, the columns of each side by side."""
    size = 0
    name: list[Nodes] = [np.zeros(0, dtype=np.int32)]
    number: list[Integers] = [np.zeros(0, dtype=np.int64)]
    columns: dict[str, list[Column]] = {kind: [_NOTHING] for kind in KEYS if kind != "idno"}
    with ThreadPoolExecutor(processors()) as pool:
        for part in read_ahead(parts):
            found = pool.submit(names.found, part)
            numbers = pool.submit(_integers, part, "idno")
            some = [pool.submit(_column, part, kind, size, seeds) for kind in columns]
            name.append(found.result())
            number.append(numbers.result())
            for column, of_kind in zip(some, columns.values(), strict=True):
                of_kind.append(column.result())
            size += part.height
    every = np.concatenate(number)
    del number
    return Side(
        size=size,
        name=names.normal(np.concatenate(name)),
        number=every,
        columns={
            "idno": _of_integers(every, 0),
            **{kind: _joined(columns.pop(kind)) for kind in KEYS if kind != "idno"},
        },
    )


def read_in_order(parts: Iterable[pl.DataFrame], names: Names, seeds: Hashes) -> tuple[Side, Order]:
    """Pack accounts, and number them in canonical order; and that order.

    Args:
        parts: :data:`FIELDS` as found, and ``account``, ``product``, ``account_id``.
        names: where names get their numbers.
        seeds: as for :func:`read`.
    """
    ids: list[pl.DataFrame] = []

    def noting_ids() -> Iterator[pl.DataFrame]:
        for part in parts:
            ids.append(part.select("account", "product", "account_id"))
            yield part

    side = read(noting_ids(), names, seeds)
    order = canonical_order(ids)
    rank = order.ranks()
    columns = {
        kind: Column(nodes=rank[column.nodes], keys=column.keys, checks=column.checks)
        for kind, column in side.columns.items()
    }
    name, number = side.name[order.accounts], side.number[order.accounts]
    return Side(size=side.size, name=name, number=number, columns=columns), order


def canonical_order(parts: Iterable[pl.DataFrame]) -> Order:
    """The accounts of *parts* by product and account id.

    Of products whose registry is in the order of its account ids, nothing is sorted.
    """
    ids: dict[str, list[pl.DataFrame]] = {}
    for part in parts:
        for (product,), some in part.group_by("product", maintain_order=True):
            ids.setdefault(str(product), []).append(some.select("account", "account_id"))
    orders = [np.zeros(0, dtype=np.int64)]
    products: dict[str, int] = {}
    for product in sorted(ids):
        own = pl.concat(ids.pop(product))
        if not own["account_id"].is_sorted():
            own = own.sort("account_id", "account")
        orders.append(own["account"].to_numpy())
        products[product] = own.height
    return Order(accounts=np.concatenate(orders), products=products)


def _joined(columns: Sequence[Column]) -> Column:
    return Column(
        nodes=np.concatenate([column.nodes for column in columns]),
        keys=np.concatenate([column.keys for column in columns]),
        checks=np.concatenate([column.checks for column in columns]),
    )


def _normal_names(found: pl.DataFrame, whole: pl.Series) -> pl.Series:
    """The names of *found*, normalised; *whole* is the one field there is, or all of them."""
    if len(found.columns) > 1 or found.columns[0] != "name":
        return normalised(found)["name"]
    octets, bounds, rows = octets_of(whole)
    odd = rows[parsing.plain_names(octets, bounds) == 0]
    return whole.scatter(odd, normalised(found[odd])["name"]) if len(odd) else whole


def _integers(part: pl.DataFrame, field: str) -> Integers:
    """Per row the integer of its mobile (``phone``) or national number (``idno``); 0 is none."""
    values = np.zeros(part.height, dtype=np.int64)
    if not there(part, field):
        return values
    usual = parsing.mobiles if field == "phone" else parsing.identities
    octets, bounds, rows = octets_of(part[field])
    own = np.empty(len(rows), dtype=np.int64)
    odd = rows[usual(octets, bounds, own) == 2]  # noqa: PLR2004 -- as the kernel says
    values[rows] = own
    if len(odd):
        values[odd] = normalised(part[odd].select(field))[field].fill_null(0).to_numpy()
    return values


def _column(part: pl.DataFrame, kind: str, first: int, seeds: Hashes) -> Column:
    """Who of a part that begins at *first* has a key of one kind (but national numbers)."""
    if kind == "phone":
        return _of_integers(_integers(part, kind), first)
    return _of_texts(part, kind, first, seeds)


def _of_integers(values: Integers, first: int) -> Column:
    """Who of a part that begins at *first* has a value."""
    has = np.flatnonzero(values)
    return Column(
        nodes=(has + first).astype(np.int32), keys=hashing.mixed_all(values[has]), checks=_NO_CHECKS
    )


def _of_texts(part: pl.DataFrame, field: str, first: int, seeds: Hashes) -> Column:
    """Who of a part that begins at *first* has a mail address, a device, or a user name."""
    if not there(part, field):
        return _NOTHING
    octets, bounds, rows = octets_of(part[field])
    keys, checks = hash_room(len(rows))
    states = hashing.hashed(octets, bounds, _SIGNS[field], seeds, keys, checks)
    if field == "email":
        parsing.shaped_as_mail(octets, bounds, states)
    elif field == "device":
        parsing.shaped_as_device(octets, bounds, _BEGINS, states)
    else:
        states[(states == 1) & (np.diff(bounds) < USERNAME_SIGNS)] = 2
    odd = np.flatnonzero(states == 2)  # noqa: PLR2004 -- as the kernel says
    if len(odd):
        normal = octets_of(normalised(part[rows[odd]].select(field))[field])
        some_keys, some_checks = hash_room(len(normal.rows))
        hashing.hashed(normal.octets, normal.bounds, ANY_SIGN, seeds, some_keys, some_checks)
        states[odd] = 0
        odd = odd[normal.rows]
        states[odd], keys[odd], checks[odd] = 1, some_keys, some_checks
    has = np.flatnonzero(states)
    return Column(nodes=rows[has] + np.int32(first), keys=keys[has], checks=checks[has])
