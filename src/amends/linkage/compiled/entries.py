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
class Column:
    """Who has a key of one kind: nodes, the keys' hashes, and second hashes or nothing."""

    nodes: Nodes
    keys: Hashes
    checks: Checks


def part(
    accounts: Sequence[Column],
    rows: Sequence[Column],
    first: int,
    name: Nodes,
    number: Integers,
    pool: Executor,
) -> Parted:
    """Bring equal keys into one part; within it those of *accounts* come first.

    Args:
        accounts: some with a key.
        rows: leaked rows with one.
        first: the first row's node.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        pool: where the work is done.
    """
    every = [*((one, 0) for one in accounts), *((one, first) for one in rows)]
    size = sum(len(one.keys) for one, _ in every)
    bits = min(max(size // _ENTRIES_PER_PART, 1).bit_length(), _BITS_MAX)
    counts = np.zeros((len(every), 1 << bits), dtype=np.int64)
    list(pool.map(lambda one, to: count(one[0].keys, bits, to), every, counts))
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    entries = np.empty(size, ENTRY)

    def place(one: tuple[Column, int], at: Places) -> None:
        column, first = one
        scatter(column.keys, column.checks, column.nodes, first, name, number, bits, at, entries)

    list(pool.map(place, every, starts[:-1] + np.cumsum(counts, axis=0) - counts))
    return Parted(entries=entries, starts=starts)


@compiled
def count(keys: Hashes, bits: int, counts: Places) -> None:
    """How many keys have each value of their first *bits* bits."""
    shift = np.uint64(64 - bits)
    for i in range(len(keys)):
        counts[keys[i] >> shift] += 1


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
