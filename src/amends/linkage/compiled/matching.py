"""Leaked rows and the components with a key of theirs, where name and number do not object."""

from typing import Final

import numpy as np

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.groups import Bytes, Places
from amends.linkage.compiled.guards import MIXED, Verdict, end_of, known_end
from amends.linkage.compiled.parsing import Integers
from amends.linkage.compiled.strings import CodePoints, Offsets, likeness

NOBODY: Final = -1
SEVERAL: Final = -2
"""Of a leaked row: no component, or more than one."""

_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)


@compiled
def best_likeness(
    one: int,
    of: int,
    names: Nodes,
    states: Bytes,
    slots: Nodes,
    lists: Nodes,
    bounds: Places,
    codepoints: CodePoints,
    by_parts: CodePoints,
    offsets: Offsets,
) -> float:
    """How alike name *one* is to the most alike of the names of component *of*; both have some."""
    if not states[of] & MIXED:
        return likeness(codepoints, by_parts, offsets, one, names[of])
    best = 0.0
    for at in range(bounds[slots[of]], bounds[slots[of] + 1]):
        if lists[at] == one:
            return 1.0
        best = max(best, likeness(codepoints, by_parts, offsets, one, lists[at]))
    return best


@compiled
def match(
    members: Nodes, opens: Bytes, starts: Places, ends: Places, first: int, last: int,
    component: Nodes, name: Nodes, number: Integers,
    names: Nodes, numbers: Integers, states: Bytes, slots: Nodes, lists: Nodes, bounds: Places,
    codepoints: CodePoints, by_parts: CodePoints, offsets: Offsets,
    rank: int, least: float, owner: Nodes, via: Bytes,
    bridging: bool,  # noqa: FBT001 -- Numba passes arguments by position
) -> Nodes:  # fmt: skip
    """Find the components of leaked rows by one kind of key.

    Judged groups (parts *first* to *last*), every node, what is known of components, the names'
    texts; *rank* of this kind of key (0 is the strongest and decides alone); names less alike than
    *least* contradict. *owner* and *via* (255: none) go on from what stronger kinds found.
    *bridging*: the other components of a row are asked for, and no kind decides alone.

    Returns:
        Of *bridging*: pairs of components that a row has keys of, one after the other.
    """
    accounts = len(component)
    pairs, found = np.empty(64, dtype=np.int32), 0
    for part in range(first, last):
        start = starts[part]
        while start < ends[part]:
            end = end_of(opens, start, ends[part])
            known = known_end(members, start, end, accounts)
            verdict = opens[start]
            strict = rank > 0 and verdict != _GOOD
            for at in range(known, end):
                node, before = members[at], NOBODY
                row = node - accounts
                if rank > 0 and not bridging and via[row] == 0:
                    continue
                low, high = start, known
                if verdict == _TOO_MANY:
                    low, high = _namesakes(members, start, known, name, name[node])
                for one in range(low, high):
                    of = component[members[one]]
                    if of == before or of == owner[row]:
                        continue
                    before = of
                    if rank > 0 and _other(number[node], numbers[of]):
                        continue
                    if verdict != _TOO_MANY:
                        mine, its = name[node], names[of]
                        if mine < 0 or its < 0:
                            like = -1.0
                        elif mine == its:
                            like = 1.0
                        else:
                            like = best_likeness(
                                mine, of, names, states, slots, lists, bounds,
                                codepoints, by_parts, offsets,
                            )  # fmt: skip
                        if 0 <= like < least or (strict and like < 0):
                            continue
                    if owner[row] == NOBODY:
                        owner[row], via[row] = of, rank
                    elif bridging:
                        pairs = _with_room(pairs, found + 2)
                        pairs[found], pairs[found + 1] = owner[row], of
                        found += 2
                    else:
                        owner[row] = SEVERAL
            start = end
    return pairs[:found]


@compiled
def _other(one: np.integer, other: np.integer) -> bool:
    """Whether there are two national numbers, and they differ."""
    return bool(one != 0 and other != 0 and one != other)


@compiled
def _with_room(pairs: Nodes, size: int) -> Nodes:
    """*pairs*, or a longer copy where *size* does not fit."""
    if size <= len(pairs):
        return pairs
    grown = np.empty(2 * size, dtype=np.int32)
    grown[: len(pairs)] = pairs
    return grown


@compiled
def _namesakes(members: Nodes, start: int, end: int, name: Nodes, one: int) -> tuple[int, int]:
    """Which members, sorted by name, have the name *one*; nobody where it is none."""
    if one < 0:
        return start, start
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        if name[members[middle]] < one:
            low = middle + 1
        else:
            high = middle
    end_at = low
    while end_at < end and name[members[end_at]] == one:
        end_at += 1
    return low, end_at
