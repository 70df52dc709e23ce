"""Leaked rows and the components with a key of theirs, where name and number do not object.

First every row is told, by each kind of key, whose it may be; then rows are gone through in their
own order, so that what is known of them is read one after the other.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import fetch
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
_BLOCK: Final = 64
_FEW: Final = 8
_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)


@borrowing
def follow(hits: Nodes, first: int, last: int, component: Nodes, whose: Nodes) -> None:
    """Tell rows *first* to *last* whose they may be by one kind of key, into *hits*.

    These say which account has their key, or -2 less the number of a group that does; then its
    component, or the same of a group that has to be looked at account by account. (Rows without
    such a key are :data:`NOBODY`'s.) Both are looked up, because who chooses has to wait.
    """
    if len(component) == 0:
        return
    for row in range(first, last):
        hit = hits[row]
        one, other = component[max(hit, 0)], whose[max(-2 - hit, 0)]
        hits[row] = one if hit >= 0 else other if hit < NOBODY else NOBODY


@compiled
def owned_by(owner: Nodes, changed: Flags) -> Flags:
    """Which rows are of components whose smallest account has *changed*."""
    found = np.zeros(len(owner), dtype=np.bool_)
    for row in range(len(owner)):
        found[row] = owner[row] >= 0 and changed[owner[row]]
    return found


@borrowing
def note_changed(groups: Groups, rows: Nodes, hits: Nodes, changed: Flags, again: Flags) -> None:
    """Note for *again* those *rows* with a key of one kind of accounts that have *changed*."""
    members, begins, ends, _, _ = groups
    for row in rows:
        hit = hits[row]
        if hit >= 0:
            again[row] |= changed[hit]
        elif hit < NOBODY:
            for at in range(begins[-2 - hit], ends[-2 - hit]):
                again[row] |= changed[members[at]]


@borrowing
def follow_again(rows: Nodes, hits: Hits, component: Nodes) -> None:
    """Bring the *hits* of *rows*, which are components as they were, up to date."""
    for row in rows:
        for rank in range(len(hits)):
            hit = hits[rank, row]
            if hit >= 0:
                hits[rank, row] = component[hit]


@compiled
def match_plain(
    rows: Nodes, hits: Hits, name: Nodes, number: Integers,
    portraits: Portraits, owner: Nodes, via: Bytes,
) -> Nodes:  # fmt: skip
    """Give *rows* whose keys all say one component to it, where names are equal.

    Every row's hits by kind, name and number, what is known of components. *owner* and *via* (which
    kind) are filled in where that is certain.

    Returns:
        The other rows, but those without any hit.
    """
    numbers, names = portraits["number"], portraits["name"]
    left, to = np.empty(len(rows), dtype=np.int32), 0
    ones, kinds = np.empty(_BLOCK, dtype=np.int32), np.empty(_BLOCK, dtype=np.uint8)
    plains = np.empty(_BLOCK, dtype=np.bool_)
    for first in range(0, len(rows), _BLOCK):
        size = min(_BLOCK, len(rows) - first)
        for i in range(size):
            row, one, kind, plain = rows[first + i], NOBODY, _NO_KIND, True
            for rank in range(len(hits) - 1, -1, -1):
                hit = hits[rank, row]
                one, kind = (hit, rank) if hit != NOBODY else (one, kind)
            for rank in range(len(hits)):
                hit = hits[rank, row]
                plain &= (hit == one) | (hit == NOBODY)
            ones[i], kinds[i], plains[i] = one, kind, plain & (one >= 0)
            fetch(portraits, max(one, 0))
        for i in range(size):
            row, one = rows[first + i], ones[i]
            if plains[i]:
                its, value, mine = numbers[one], number[row], name[row]
                same_number = value == 0 or its == 0 or value == its
                if same_number and (mine < 0 or names[one] < 0 or mine == names[one]):
                    owner[row], via[row] = one, kinds[i]
                    continue
            if one != NOBODY:
                left[to] = row
                to += 1
    return left[:to].copy()


@compiled
def match(
    groups: Groups, rows: Nodes, hits: Nodes, component: Nodes, name: Nodes, number: Integers,
    its_name: Nodes, portraits: Portraits, lists: Nodes, bounds: Places, names: Spelled,
    rank: int, least: float, owner: Nodes, via: Bytes,
    several: Flags,
    bridging: bool,  # noqa: FBT001 -- Numba passes arguments by position
) -> Nodes:  # fmt: skip
    """Find the components of leaked *rows* by one kind of key.

    Judged groups, every row's hit, name and number, every account's name, what is known of
    components, the names' texts;
    *rank* of this kind of key (0 is the strongest and decides alone); names less alike than *least*
    contradict. *owner* and *via* (255: none) go on from what stronger kinds found.
    *bridging*: the other components of a row are asked for, also where a kind decides alone; rows
    keep the first one for so long, and *several* is noted of those that have several for good.

    Returns:
        Of *bridging*, one after the other: two components that a row has keys of.
    """
    members, begins, ends, verdicts, _ = groups
    bridges, found = np.empty(96, dtype=np.int32), 0
    for i in range(len(rows)):
        if i % _BLOCK == 0:
            _ask(groups, rows[i : i + _BLOCK], hits, component, portraits)
        row, hit = rows[i], hits[rows[i]]
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
                bridges = _with_room(bridges, found + 2)
                bridges[found], bridges[found + 1] = owner[row], of
                found += 2
                several[row] |= rank == 0 or via[row] != 0
            else:
                owner[row] = SEVERAL
    return bridges[:found].copy()


@borrowing
def _ask(groups: Groups, rows: Nodes, hits: Nodes, component: Nodes, portraits: Portraits) -> None:
    """Ask for all that these *rows* are compared with."""
    members, begins, ends, verdicts, _ = groups
    for row in rows:
        hit = hits[row]
        if hit >= 0:
            fetch(portraits, hit)
        elif hit < NOBODY:
            fetch(begins, -2 - hit)
            fetch(ends, -2 - hit)
            fetch(verdicts, -2 - hit)
    for row in rows:
        if hits[row] < NOBODY:
            fetch(members, begins[-2 - hits[row]])
    for row in rows:
        group = -2 - hits[row]
        if group >= 0:
            for at in range(begins[group], min(ends[group], begins[group] + _FEW)):
                fetch(component, members[at])
    for row in rows:
        group = -2 - hits[row]
        if group >= 0:
            for at in range(begins[group], min(ends[group], begins[group] + _FEW)):
                fetch(portraits, component[members[at]])


@borrowing
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


@borrowing
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


@borrowing
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
