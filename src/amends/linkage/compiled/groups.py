"""Which entries have the same key, and what each key says against itself.

Nodes are accounts and, after them, leaked rows. Which group comes first depends on the keys' hashes
and means nothing.
"""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Final

import numpy as np

from amends.kernel.ahead import processors
from amends.kernel.compiling import compiled, plain
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Entries, Hashes, Parted, Places
from amends.linkage.compiled.guards import Verdict, judge, names_differ, unlike
from amends.linkage.compiled.strings import Spelled

_GOOD: Final = int(Verdict.GOOD)
_NAMES: Final = int(Verdict.NAMES)
_FIRST: Final = plain(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Groups of nodes that join somebody: two accounts, or an account and a leaked row.

    Of group *g*, ``members[begins[g]:knowns[g]]`` are accounts, by their names' numbers, and those
    up to ``begins[g + 1]`` leaked rows; ``verdicts[g]`` is a :class:`~.guards.Verdict`.
    """

    members: Nodes
    begins: Nodes
    knowns: Nodes
    verdicts: Bytes

    def __len__(self) -> int:
        """How many groups there are."""
        return len(self.verdicts)


def group(
    parted: Parted, accounts: int, names: Spelled, most: int, least: float, pool: Executor
) -> Groups:
    """Group entries by key, and judge every key.

    Args:
        parted: entries, accounts before leaked rows.
        accounts: smaller nodes are accounts.
        names: the names' texts.
        most: a key on more accounts joins nobody.
        least: names less alike than this contradict.
        pool: where the work is done.
    """

    def gather(share: tuple[int, int]) -> tuple[Nodes, Nodes, Nodes, Bytes]:
        return group_parts(parted.entries, parted.starts, *share, accounts, names, most, least)

    shares = parted.shares(processors())
    members, begins, knowns, verdicts = zip(*pool.map(gather, shares), strict=True)
    sizes = np.array([len(some) for some in members], dtype=np.int32)
    firsts = np.cumsum(sizes, dtype=np.int32) - sizes
    return Groups(
        members=np.concatenate(members),
        begins=np.append(
            np.concatenate([some + first for some, first in zip(begins, firsts, strict=True)]),
            sizes.sum(dtype=np.int32),
        ),
        knowns=np.concatenate([some + first for some, first in zip(knowns, firsts, strict=True)]),
        verdicts=np.concatenate(verdicts),
    )


@compiled
def group_parts(
    entries: Entries,
    starts: Places,
    first: int,
    last: int,
    accounts: int,
    names: Spelled,
    most: int,
    least: float,
) -> tuple[Nodes, Nodes, Nodes, Bytes]:
    """The groups of parts *first* to *last*: members; begins, ends of accounts, verdicts.

    Groups that join nobody are left out.
    """
    node, name, number = entries["node"], entries["name"], entries["number"]
    room, largest = starts[last] - starts[first], 0
    for part in range(first, last):
        largest = max(largest, starts[part + 1] - starts[part])
    members = np.empty(room, dtype=np.int32)
    begins = np.empty(room // 2, dtype=np.int32)
    knowns = np.empty(room // 2, dtype=np.int32)
    verdicts = np.empty(room // 2, dtype=np.uint8)
    slots = 4
    while slots < 2 * largest:
        slots *= 2
    table, own = np.empty(slots, dtype=np.int32), np.empty(largest, dtype=np.int32)
    order, ends = np.empty(largest, dtype=np.int64), np.empty(largest, dtype=np.int64)
    groups, to = 0, 0
    for part in range(first, last):
        start, end = starts[part], starts[part + 1]
        count = number_keys(entries["key"], entries["check"], start, end, table, own)
        place_by_group(own, start, end, count, ends, order)
        at = _FIRST
        for one in range(count):
            known = at
            while known < ends[one] and node[order[known]] < accounts:
                known += 1
            if known > at and ends[one] > at + 1:
                verdict = judge(order, at, known, name, number, most)
                if (
                    verdict == _GOOD
                    and names_differ(order, at, known, name)
                    and unlike(order, at, known, name, names, least)
                ):
                    verdict = _NAMES
                verdicts[groups] = verdict
                begins[groups], knowns[groups] = to, to + known - at
                groups += 1
                for place in range(at, ends[one]):
                    members[to] = node[order[place]]
                    to += 1
            at = ends[one]
    return members[:to].copy(), begins[:groups].copy(), knowns[:groups].copy(), verdicts[:groups]


@compiled
def number_keys(
    keys: Hashes, checks: Checks, start: int, end: int, table: Nodes, own: Nodes
) -> int:
    """Number the different keys from *start* to *end*, from 0; per entry its key's goes to *own*.

    *table* has room for twice the entries, a power of two.
    """
    used = 4
    while used < 2 * (end - start):
        used *= 2
    table[:used] = -1
    mask = np.uint64(used - 1)
    count = 0
    for i in range(start, end):
        slot = keys[i] & mask
        while True:
            head = table[slot]
            if head < 0:
                table[slot], own[i - start] = i - start, count
                count += 1
                break
            if keys[start + head] == keys[i] and checks[start + head] == checks[i]:
                own[i - start] = own[head]
                break
            slot = (slot + np.uint64(1)) & mask
    return count


@compiled
def place_by_group(
    own: Nodes, start: int, end: int, count: int, ends: Places, order: Places
) -> None:
    """Put entries from *start* to *end* into *order*, group by group; *ends*: where these end."""
    ends[:count] = 0
    for i in range(end - start):
        ends[own[i]] += 1
    at = 0
    for one in range(count):
        at, ends[one] = at + ends[one], at
    for i in range(end - start):
        one = own[i]
        order[ends[one]] = start + i
        ends[one] += 1
