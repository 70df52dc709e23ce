"""Which entries have the same key: a partition by the key's bits, then small tables in the cache.

Entries are accounts and, after them, leaked rows, by number (*node*). Groups come out as runs of
``members`` in the order in which entries went in; ``opens`` is not 0 where a run begins. Which run
comes first depends on the keys' hashes and means nothing.
"""

from collections.abc import Iterator
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

_ENTRIES_PER_PART: Final = 4096
_BITS_MAX: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Part *p* is ``members[starts[p]:ends[p]]``, whole groups; groups that join nobody are gone.

    ``opens``: 0, or at the first member of a group 1, and more once the group is judged.
    """

    members: Nodes
    opens: Bytes
    starts: Places
    ends: Places

    def shares(self, workers: int) -> Iterator[tuple[int, int]]:
        """Ranges of parts, with about as many entries for each of *workers*."""
        cuts = np.linspace(0, len(self.members), workers + 1)
        bounds = np.searchsorted(self.starts, cuts)
        bounds[-1] = len(self.starts)
        return zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)


def group(keys: Hashes, checks: Checks, nodes: Nodes, accounts: int, pool: Executor) -> Groups:
    """Group *nodes* by key.

    Args:
        keys: per entry a well mixed hash of its key.
        checks: a second hash: entries are of one group when both agree; empty where the first is
            the key itself.
        nodes: per entry its number, rising; below *accounts* an account, else a leaked row.
        accounts: number of accounts.
        pool: where the work is done, in two halves.
    """
    size = len(keys)
    bits = min(max(size // _ENTRIES_PER_PART, 1).bit_length(), _BITS_MAX)
    halves = [slice(0, size // 2), slice(size // 2, size)]
    counts = np.array(list(pool.map(lambda half: counted(keys[half], bits), halves)))
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    sorted_keys, members = np.empty(size, np.uint64), np.empty(size, np.int32)
    sorted_checks = np.empty(len(checks), np.uint32)

    def place(half: slice, at: Places) -> None:
        some = checks[half] if len(checks) else checks
        scatter(keys[half], some, nodes[half], bits, at, sorted_keys, sorted_checks, members)

    list(pool.map(place, halves, [starts[:-1].copy(), starts[:-1] + counts[0]]))
    opens, ends = np.zeros(size, np.uint8), starts[1:].copy()
    found = Groups(members=members, opens=opens, starts=starts[:-1].copy(), ends=ends)

    def gather(share: tuple[int, int]) -> None:
        group_parts(
            sorted_keys, sorted_checks, members, opens, found.starts, ends, accounts, *share
        )

    list(pool.map(gather, found.shares(2)))
    return found


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
    bits: int,
    at: Places,
    to_keys: Hashes,
    to_checks: Checks,
    to_nodes: Nodes,
) -> None:
    """Put entries where their first *bits* bits belong, next at the places *at*."""
    shift = np.uint64(64 - bits)
    checked = len(checks) > 0
    for i in range(len(keys)):
        part = keys[i] >> shift
        place = at[part]
        at[part] = place + 1
        to_keys[place] = keys[i]
        to_nodes[place] = nodes[i]
        if checked:
            to_checks[place] = checks[i]


@compiled
def group_parts(
    keys: Hashes,
    checks: Checks,
    members: Nodes,
    opens: Bytes,
    starts: Places,
    ends: Places,
    accounts: int,
    first: int,
    last: int,
) -> None:
    """Bring equal keys together within parts *first* to *last*; keep what may join somebody.

    A group is kept where two accounts are in it, or an account and a leaked row.
    """
    largest = 1
    for part in range(first, last):
        largest = max(largest, ends[part] - starts[part])
    slots = 4
    while slots < 2 * largest:
        slots *= 2
    table = np.empty(slots, dtype=np.int32)
    of = np.empty(largest, dtype=np.int32)
    head = np.empty(largest, dtype=np.int64)
    total = np.empty(largest, dtype=np.int64)
    known = np.empty(largest, dtype=np.int64)
    kept = np.empty(largest, dtype=np.int32)
    checked = len(checks) > 0
    for part in range(first, last):
        start, size = starts[part], ends[part] - starts[part]
        used = 4
        while used < 2 * size:
            used *= 2
        table[:used] = -1
        mask = np.uint64(used - 1)
        groups = 0
        for i in range(start, start + size):
            slot = keys[i] & mask
            while True:
                one = table[slot]
                if one < 0:
                    table[slot] = one = groups
                    head[one], total[one], known[one] = i, 0, 0
                    groups += 1
                    break
                if keys[head[one]] == keys[i] and (not checked or checks[head[one]] == checks[i]):
                    break
                slot = (slot + np.uint64(1)) & mask
            of[i - start] = one
            total[one] += 1
            known[one] += members[i] < accounts
        to = 0
        for one in range(groups):
            live = known[one] > 0 and total[one] > 1
            size_of = total[one]
            total[one] = to if live else -1
            if live:
                opens[start + to] = 1
                to += size_of
        for i in range(size):
            one = of[i]
            if total[one] >= 0:
                kept[total[one]] = members[start + i]
                total[one] += 1
        members[start : start + to] = kept[:to]
        ends[part] = start + to
