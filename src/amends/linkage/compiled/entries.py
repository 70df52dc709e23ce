"""Who has which key, parted by the key's first bits, so that every part fits in the cache.

An account's entry takes along what keys are judged by, its name and who else has its national
number: whoever judges a part looks nowhere else but at names that differ.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from amends.kernel.ahead import worked_ahead
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

_ACCOUNTS_PER_PART: Final = 8192
_BITS_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Who has a key of one kind: nodes, the keys' hashes, and second hashes or nothing."""

    nodes: Nodes
    keys: Hashes
    checks: Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Entries by the first bits of their keys: part *p* is ``entries[starts[p]:starts[p + 1]]``."""

    entries: Entries
    starts: Places

    def shares(self, workers: int) -> list[tuple[int, int]]:
        """Ranges of parts, with about as many entries for each of *workers*."""
        cuts = np.linspace(0, len(self.entries), workers + 1)
        bounds = np.searchsorted(self.starts[:-1], cuts)
        bounds[-1] = len(self.starts) - 1
        return list(zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True))


class Columns(Protocol):
    """Who has a key of one kind, some at a time, as often as it is asked for."""

    @property
    def size(self) -> int:
        """How many have one."""
        ...

    def __iter__(self) -> Iterator[Column]:
        """Columns, always in the same order."""
        ...

    def hashes(self) -> Iterator[Hashes]:
        """The keys of columns, likewise."""
        ...


def bits_for(accounts: int) -> int:
    """By how many bits so many accounts are parted, and the rows with them."""
    return min(max(accounts // _ACCOUNTS_PER_PART, 1).bit_length(), _BITS_MAX)


def part_rows(columns: Columns, bits: int, room: Entries) -> Parted:
    """Bring rows whose keys have the same first *bits* together, in *room*."""

    def put(one: Column, at: Places) -> None:
        scatter(one.keys, one.checks, one.nodes, bits, at, room)

    return _parted(columns, bits, room, put)


def part_accounts(columns: Columns, bits: int, name: Nodes, bearer: Nodes, room: Entries) -> Parted:
    """Likewise accounts; *name* and *bearer* are those of all."""

    def put(one: Column, at: Places) -> None:
        scatter_known(one.keys, one.checks, one.nodes, name, bearer, bits, at, room)

    return _parted(columns, bits, room, put)


def _parted(
    columns: Columns, bits: int, room: Entries, put: Callable[[Column, Places], None]
) -> Parted:
    """What *put* puts in *room* of each column, part by part at the places that it is given."""

    def counted(keys: Hashes) -> Places:
        counts = np.zeros(1 << bits, dtype=np.int64)
        count(keys, bits, counts)
        return counts

    counts = np.array([own for _, own in worked_ahead(columns.hashes(), counted)], dtype=np.int64)
    counts = counts.reshape(-1, 1 << bits)
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    places = starts[:-1] + np.cumsum(counts, axis=0) - counts
    for _ in worked_ahead(zip(columns, places, strict=True), lambda some: put(*some)):
        pass
    return Parted(entries=room[: starts[-1]], starts=starts)


@borrowing
def count(keys: Hashes, bits: int, counts: Places) -> None:
    """How many keys have each value of their first *bits* bits."""
    shift = np.uint64(64 - bits)
    for i in range(len(keys)):
        counts[keys[i] >> shift] += 1


@borrowing
def scatter(
    keys: Hashes, checks: Checks, nodes: Nodes, bits: int, at: Places, entries: Entries
) -> None:
    """Put entries where their first *bits* bits belong, next at the places *at*."""
    to_key, to_check, to_node = entries["key"], entries["check"], entries["node"]
    shift = np.uint64(64 - bits)
    checked = len(checks) > 0
    for i in range(len(keys)):
        part = keys[i] >> shift
        place = np.uint64(at[part])
        at[part] = place + np.uint64(1)
        to_key[place] = keys[i]
        to_check[place] = checks[i] if checked else 0
        to_node[place] = nodes[i]


@borrowing
def scatter_known(
    keys: Hashes,
    checks: Checks,
    nodes: Nodes,
    name: Nodes,
    bearer: Nodes,
    bits: int,
    at: Places,
    entries: Entries,
) -> None:
    """Likewise, with what *name* and *bearer* say of each node."""
    to_key, to_check, to_node = entries["key"], entries["check"], entries["node"]
    to_name, to_bearer = entries["name"], entries["bearer"]
    shift = np.uint64(64 - bits)
    checked = len(checks) > 0
    for i in range(len(keys)):
        part, node = keys[i] >> shift, nodes[i]
        place = np.uint64(at[part])
        at[part] = place + np.uint64(1)
        to_key[place] = keys[i]
        to_check[place] = checks[i] if checked else 0
        to_node[place] = node
        to_name[place] = name[node]
        to_bearer[place] = bearer[node]
