"""Who has which key, parted by the key's first bits, so that every part fits in the cache.

An entry takes along what its key is judged by, its node's name and national number: whoever judges
a part looks nowhere else.
"""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes

Hashes = npt.NDArray[np.uint64]
Checks = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]
Integers = npt.NDArray[np.int64]
Entries = npt.NDArray[np.void]

ENTRY: Final = np.dtype(
    [
        ("key", np.uint64),
        ("number", np.int64),
        ("check", np.uint32),
        ("node", np.int32),
        ("name", np.int32),
    ],
    align=True,
)
"""A node and its key's two hashes, its name's number (-1: none) and national number (0: none)."""

_ENTRIES_PER_PART: Final = 8192
_BITS_MAX: Final = 12


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Holders:
    """Nodes with a key of one kind, from *first* on, with names and national numbers of all nodes.

    ``checks`` are empty where the first hash is the key itself.
    """

    keys: Hashes
    checks: Checks
    nodes: Nodes
    first: int
    name: Nodes
    number: Integers

    def half(self, part: slice) -> "Holders":
        """Some of them."""
        return Holders(
            keys=self.keys[part],
            checks=self.checks[part],
            nodes=self.nodes[part],
            first=self.first,
            name=self.name,
            number=self.number,
        )


def part(holders: Sequence[Holders], pool: Executor) -> Parted:
    """Bring equal keys into one part; within it those of the first *holders* come first."""
    halves = [
        one.half(half)
        for one in holders
        for half in (slice(0, len(one.keys) // 2), slice(len(one.keys) // 2, None))
    ]
    size = sum(len(half.keys) for half in halves)
    bits = min(max(size // _ENTRIES_PER_PART, 1).bit_length(), _BITS_MAX)
    counts = np.array(list(pool.map(lambda half: counted(half.keys, bits), halves)))
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    entries = np.empty(size, ENTRY)

    def place(half: Holders, at: Places) -> None:
        scatter(
            half.keys,
            half.checks,
            half.nodes,
            half.first,
            half.name,
            half.number,
            bits,
            at,
            entries,
        )

    list(pool.map(place, halves, starts[:-1] + np.cumsum(counts, axis=0) - counts))
    return Parted(entries=entries, starts=starts)


@compiled
def counted(keys: Hashes, bits: int) -> Places:
    """How many keys have each value of their first *bits* bits."""
    counts = np.zeros(1 << bits, dtype=np.int64)
    shift = np.uint64(64 - bits)
    for i in range(len(keys)):
        counts[keys[i] >> shift] += 1
    return counts


@compiled
def scatter(
    keys: Hashes,
    checks: Checks,
    nodes: Nodes,
    first: int,
    name: Nodes,
    number: Integers,
    bits: int,
    at: Places,
    entries: Entries,
) -> None:
    """Put entries where their first *bits* bits belong, next at the places *at*.

    Nodes are those from *first* on; *name* and *number* are those of all.
    """
    to_key, to_check, to_node = entries["key"], entries["check"], entries["node"]
    to_name, to_number = entries["name"], entries["number"]
    shift = np.uint64(64 - bits)
    checked = len(checks) > 0
    for i in range(len(keys)):
        part = keys[i] >> shift
        place = at[part]
        at[part] = place + 1
        node = first + nodes[i]
        to_key[place] = keys[i]
        to_check[place] = checks[i] if checked else 0
        to_node[place] = node
        to_name[place] = name[node]
        to_number[place] = number[node]
