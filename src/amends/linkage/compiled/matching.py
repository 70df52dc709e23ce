"""Leaked rows and the components with a key of theirs, where name and number do not object.

First every row is told, by each kind of key, whose it may be; then rows are gone through in their
own order, so that what is known of them is read one after the other.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Integers, Places
from amends.linkage.compiled.groups import Groups
from amends.linkage.compiled.guards import Flags, Portraits, Verdict
from amends.linkage.compiled.strings import Spelled, alike

Hits = npt.NDArray[np.int32]

NOBODY: Final = -1
SEVERAL: Final = -2
"""Of a leaked row: no component, or more than one."""

_NO_KIND: Final = 255
_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)


@compiled
def point(
    groups: Groups, first: int, last: int, component: Nodes, doubtful: Flags, points: Nodes
) -> None:
    """Per group from *first* to *last* whose its key is, into *points*.

    That is the component of a good key's accounts; or, where the key was refused or has several
    components (as it may if its accounts are *doubtful*), -2 less the group's number.
    """
    members, begins, ends, verdicts = groups
    for group in range(first, last):
        if verdicts[group] == 0:
            continue
        start = begins[group]
        of, one_of_all = component[members[start]], verdicts[group] == _GOOD
        if one_of_all and doubtful[members[start]]:
            for at in range(start + 1, ends[group]):
                one_of_all &= component[members[at]] == of
        points[group] = of if one_of_all else -2 - group


@compiled
def follow(hits: Nodes, first: int, last: int, component: Nodes, points: Nodes) -> None:
    """Tell rows *first* to *last*, which have an account's key or a group's, whose it is."""
    for row in range(first, last):
        hit = hits[row]
        if hit >= 0:
            hits[row] = component[hit]
        elif hit < NOBODY:
            hits[row] = points[-2 - hit]


@compiled
def point_again(hits: Nodes, component: Nodes, changed: Flags, again: Flags) -> None:
    """Bring *hits* up to date where components have *changed*; such rows are marked in *again*.

    So are all rows whose key has several components, or was refused.
    """
    for row in range(len(hits)):
        hit = hits[row]
        if hit < NOBODY:
            again[row] = True
        elif hit >= 0 and changed[hit]:
            hits[row], again[row] = component[hit], True


@compiled
def match_plain(
    first: int, last: int, hits: Hits, name: Nodes, number: Integers,
    portraits: Portraits, owner: Nodes, via: Bytes,
) -> Nodes:  # fmt: skip
    """Give rows *first* to *last* whose keys all say one component to it, where names are equal.

    Every row's hits by kind, name and number, what is known of components. *owner* and *via* (which
    kind) are filled in where that is certain.

    Returns:
        The other rows, but those without any hit.
    """
    numbers, names = portraits["number"], portraits["name"]
    left, to = np.empty(last - first, dtype=np.int32), 0
    for row in range(first, last):
        one, kind, plain = NOBODY, _NO_KIND, True
        for rank in range(len(hits)):
            hit = hits[rank, row]
            if hit != NOBODY:
                if one == NOBODY:
                    one, kind = hit, rank
                plain &= hit == one
        if one == NOBODY:
            continue
        if plain and one >= 0:
            its, value, mine = numbers[one], number[row], name[row]
            same_number = value == 0 or its == 0 or value == its
            if same_number and (mine < 0 or names[one] < 0 or mine == names[one]):
                owner[row], via[row] = one, kind
                continue
        left[to] = row
        to += 1
    return left[:to].copy()


@compiled
def match(
    groups: Groups, rows: Nodes, hits: Nodes, component: Nodes, name: Nodes, number: Integers,
    its_name: Nodes, portraits: Portraits, lists: Nodes, bounds: Places, names: Spelled,
    rank: int, least: float, owner: Nodes, via: Bytes,
    bridging: bool,  # noqa: FBT001 -- Numba passes arguments by position
) -> Nodes:  # fmt: skip
    """Find the components of leaked *rows* by one kind of key.

    Judged groups, every row's hit, name and number, every account's name, what is known of
    components, the names' texts;
    *rank* of this kind of key (0 is the strongest and decides alone); names less alike than *least*
    contradict. *owner* and *via* (255: none) go on from what stronger kinds found.
    *bridging*: the other components of a row are asked for, and no kind decides alone.

    Returns:
        Of *bridging*, one after the other: a row, and two components that it has keys of.
    """
    members, begins, ends, verdicts = groups
    bridges, found = np.empty(96, dtype=np.int32), 0
    for row in rows:
        hit = hits[row]
        if hit == NOBODY or (rank > 0 and via[row] == 0 and not bridging):
            continue
        group, before = -2 - hit, NOBODY
        low, high, verdict = 0, 1, _GOOD
        if group >= 0:
            low, high, verdict = begins[group], ends[group], verdicts[group]
        if verdict == _TOO_MANY:
            low, high = _namesakes(members, low, high, its_name, name[row])
        strict = rank > 0 and verdict != _GOOD
        for at in range(low, high):
            of = component[members[at]] if group >= 0 else hit
            if of == before or of == owner[row]:
                continue
            before = of
            mine, seen = name[row], portraits[of]
            if rank > 0 and _other(number[row], seen.number):
                continue
            if verdict == _TOO_MANY:
                pass  # of accounts of this name
            elif mine < 0 or seen.name < 0:
                if strict:
                    continue
            elif mine != seen.name and not _resembles(
                mine, seen.name, seen.list, lists, bounds, names, least
            ):
                continue
            if owner[row] == NOBODY:
                owner[row], via[row] = of, rank
            elif bridging:
                bridges = _with_room(bridges, found + 3)
                bridges[found], bridges[found + 1], bridges[found + 2] = row, owner[row], of
                found += 3
            else:
                owner[row] = SEVERAL
    return bridges[:found].copy()


@compiled
def _resembles(
    mine: int,
    its: int,
    own: int,
    lists: Nodes,
    bounds: Places,
    names: Spelled,
    least: float,
) -> bool:
    """Whether name *mine* is alike to *its*, or to one of list *own* where there are several."""
    if own < 0:
        return alike(names, mine, its) >= least
    for at in range(bounds[own], bounds[own + 1]):
        if lists[at] == mine or alike(names, mine, lists[at]) >= least:
            return True
    return False


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
