"""Who has which key, parted by the key's first bits, so that every part fits in the cache.

An account's entry takes along what keys are judged by, its name and who else has its national
number: whoever judges a part looks nowhere else but at names that differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing
from amends.linkage.compiled.components import Nodes

Hashes = npt.NDArray[np.uint64]
Checks = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Integers = npt.NDArray[np.int64]
Entries = npt.NDArray[np.void]

KEYED: Final = [("key", np.uint64), ("check", np.uint32), ("node", np.int32)]
ROW: Final = np.dtype(KEYED)
"""A leaked row and its key's two hashes."""

ACCOUNT: Final = np.dtype([*KEYED, ("name", np.int32), ("bearer", np.int32)])
"""Likewise an account, its name's number (-1: none), and its national number's bearer.

That is one of the accounts that have this number, for all of them the same one (-1: none).
"""

_SHARE_BITS: Final = 3
SHARES: Final = 1 << _SHARE_BITS
"""Keys are brought together a share at a time: these have the same first bits."""

_ACCOUNTS_PER_PART: Final = 8192
_BITS_MAX: Final = 9

Starts = npt.NDArray[np.int32]
Some = tuple[Nodes, Hashes, Checks]
"""Nodes, their keys' hashes, and second hashes or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Who has a key of one kind: nodes, the keys' hashes, and second hashes or nothing.

    All are share by share: those of share *s* begin at ``starts[s]``.
    """

    nodes: Nodes
    keys: Hashes
    checks: Checks
    starts: Starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Entries by the next bits of their keys: part *p* is ``entries[starts[p]:starts[p + 1]]``."""

    entries: Entries
    starts: Places


class Columns(Protocol):
    """Who has a key of one kind, some at a time, as often as it is asked for."""

    def of(self, share: int) -> Iterator[Some]:
        """Of each column what is of this *share*, always in the same order."""
        ...


def by_shares(nodes: Nodes, keys: Hashes, checks: Checks, first: int) -> Column:
    """A column of these: *nodes* counted from *first* on, and their keys' hashes."""
    column = Column(
        nodes=np.empty(len(nodes), dtype=np.int32),
        keys=np.empty(len(keys), dtype=np.uint64),
        checks=np.empty(len(checks), dtype=np.uint32),
        starts=np.zeros(SHARES + 1, dtype=np.int32),
    )
    share_out(nodes, keys, checks, first, column.nodes, column.keys, column.checks, column.starts)
    return column


def bits_for(accounts: int) -> int:
    """By how many bits each share of so many accounts is parted, and the rows with them."""
    return min(max(accounts // SHARES // _ACCOUNTS_PER_PART, 1).bit_length(), _BITS_MAX)


def rows_of(columns: Columns, share: int, bits: int, room: Entries) -> Parted:
    """Bring rows of a *share* whose keys have the same next *bits* together, in *room*."""
    some = list(columns.of(share))
    starts = _starts(some, bits)
    at = starts.copy()
    for nodes, keys, checks in some:
        scatter(nodes, keys, checks, bits, at, room)
    return Parted(entries=room[: starts[-1]], starts=starts)


def accounts_of(
    columns: Columns, share: int, bits: int, name: Nodes, bearer: Nodes, room: Entries
) -> Parted:
    """Likewise accounts; *name* and *bearer* are those of all."""
    some = list(columns.of(share))
    starts = _starts(some, bits)
    at = starts.copy()
    for nodes, keys, checks in some:
        scatter_known(nodes, keys, checks, name, bearer, bits, at, room)
    return Parted(entries=room[: starts[-1]], starts=starts)


def _starts(some: Iterable[Some], bits: int) -> Places:
    """Where each part begins, and the end."""
    starts = np.zeros((1 << bits) + 1, dtype=np.int64)
    for _, keys, _ in some:
        count(keys, bits, starts[1:])
    return np.cumsum(starts)


@borrowing
def share_out(
    nodes: Nodes,
    keys: Hashes,
    checks: Checks,
    first: int,
    to_nodes: Nodes,
    to_keys: Hashes,
    to_checks: Checks,
    starts: Starts,
) -> None:
    """Put a column share by share: see :func:`by_shares`; *starts* are zeros."""
    shift = np.uint64(64 - _SHARE_BITS)
    for i in range(len(keys)):
        starts[keys[i] >> shift] += 1
    before = 0
    for share in range(SHARES + 1):
        before, starts[share] = before + starts[share], before
    checked = len(checks) > 0
    for i in range(len(keys)):
        share = keys[i] >> shift
        to = starts[share]
        starts[share] = to + 1
        to_keys[to], to_nodes[to] = keys[i], nodes[i] + np.int32(first)
        if checked:
            to_checks[to] = checks[i]
    for share in range(SHARES, 0, -1):
        starts[share] = starts[share - 1]
    starts[0] = 0


@borrowing
def part_of(key: np.uint64, bits: int) -> np.uint64:
    """The part of its share that a key belongs to."""
    return key << np.uint64(_SHARE_BITS) >> np.uint64(64 - bits)


@borrowing
def count(keys: Hashes, bits: int, counts: Places) -> None:
    """How many keys there are of each part."""
    for i in range(len(keys)):
        counts[part_of(keys[i], bits)] += 1


@borrowing
def scatter(
    nodes: Nodes, keys: Hashes, checks: Checks, bits: int, at: Places, entries: Entries
) -> None:
    """Put entries where their parts belong, next at the places *at*."""
    to_key, to_check, to_node = entries["key"], entries["check"], entries["node"]
    checked = len(checks) > 0
    for i in range(len(keys)):
        part = part_of(keys[i], bits)
        place = np.uint64(at[part])
        at[part] = place + np.uint64(1)
        to_key[place] = keys[i]
        to_check[place] = checks[i] if checked else 0
        to_node[place] = nodes[i]


@borrowing
def scatter_known(
    nodes: Nodes,
    keys: Hashes,
    checks: Checks,
    name: Nodes,
    bearer: Nodes,
    bits: int,
    at: Places,
    entries: Entries,
) -> None:
    """Likewise, with what *name* and *bearer* say of each node."""
    to_key, to_check, to_node = entries["key"], entries["check"], entries["node"]
    to_name, to_bearer = entries["name"], entries["bearer"]
    checked = len(checks) > 0
    for i in range(len(keys)):
        part, node = part_of(keys[i], bits), nodes[i]
        place = np.uint64(at[part])
        at[part] = place + np.uint64(1)
        to_key[place] = keys[i]
        to_check[place] = checks[i] if checked else 0
        to_node[place] = node
        to_name[place] = name[node]
        to_bearer[place] = bearer[node]
