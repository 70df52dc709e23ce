"""What a key or a component says against itself: too many accounts, two numbers, unlike names.

Everything here is a property of the key, or of the component as a whole, so that the order of
accounts and the number of threads leave no trace. Names are numbers of a dictionary (-1: none),
whose texts are needed only where two different ones meet; national numbers are integers (0: none).
"""

from enum import IntEnum
from typing import Final

import numpy as np

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes, tie
from amends.linkage.compiled.groups import Bytes, Places
from amends.linkage.compiled.parsing import Integers
from amends.linkage.compiled.strings import CodePoints, Offsets, likeness


class Verdict(IntEnum):
    """What is said of a key, at the first member of its group."""

    OPEN = 1
    GOOD = 2
    TOO_MANY = 3
    NUMBERS = 4
    NAMES = 5


_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)
_NUMBERS: Final = int(Verdict.NUMBERS)
_NAMES: Final = int(Verdict.NAMES)
_FEW: Final = 32
MIXED: Final = 2
"""In a component's state: it has different names."""
CONTRADICTS: Final = 1
"""In a component's state: it has two national numbers, or names that do not fit each other."""


@compiled
def end_of(opens: Bytes, start: int, end: int) -> int:
    """Where the group that begins at *start* ends; its part ends at *end*."""
    at = start + 1
    while at < end and opens[at] == 0:
        at += 1
    return at


@compiled
def known_end(members: Nodes, start: int, end: int, accounts: int) -> int:
    """Where the accounts of a group end and its leaked rows begin."""
    at = start
    while at < end and members[at] < accounts:
        at += 1
    return at


@compiled
def judge(
    members: Nodes,
    opens: Bytes,
    starts: Places,
    ends: Places,
    first: int,
    last: int,
    accounts: int,
    name: Nodes,
    number: Integers,
    codepoints: CodePoints,
    by_parts: CodePoints,
    offsets: Offsets,
    most: int,
    least: float,
) -> None:
    """Put every key's verdict where its group begins, and its accounts in the order of names.

    Args:
        members: groups of nodes.
        opens: where groups begin.
        starts: where parts begin.
        ends: where parts end.
        first: the first part to be judged.
        last: the one after the last.
        accounts: smaller nodes are accounts.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        codepoints: the names' texts.
        by_parts: the same with sorted parts.
        offsets: where each text begins.
        most: a key on more accounts joins nobody.
        least: names less alike than this contradict.
    """
    for part in range(first, last):
        start = starts[part]
        while start < ends[part]:
            end = end_of(opens, start, ends[part])
            known = known_end(members, start, end, accounts)
            alone = known == start + 1
            if not alone:
                _sort_by_name(members, start, known, name)
            verdict = _GOOD
            if alone:
                pass
            elif known - start > most:
                verdict = _TOO_MANY
            elif _several(members, start, known, number):
                verdict = _NUMBERS
            elif _names_differ(members, start, known, name) and _unlike(
                members, start, known, name, codepoints, by_parts, offsets, least
            ):
                verdict = _NAMES
            opens[start] = verdict
            start = end


@compiled
def _sort_by_name(members: Nodes, start: int, end: int, name: Nodes) -> None:
    """Sort members by name and node; they come sorted by node."""
    if end - start > _FEW:
        own = members[start:end].copy()
        keys = np.empty(end - start, dtype=np.int32)
        for i in range(end - start):
            keys[i] = name[own[i]]
        members[start:end] = own[np.argsort(keys, kind="mergesort")]
        return
    for i in range(start + 1, end):
        node, at = members[i], i
        while at > start and name[members[at - 1]] > name[node]:
            members[at] = members[at - 1]
            at -= 1
        members[at] = node


@compiled
def _several(members: Nodes, start: int, end: int, number: Integers) -> bool:
    """Whether two national numbers are among the members."""
    seen = 0
    for at in range(start, end):
        value = number[members[at]]
        if value != 0:
            if seen != 0 and seen != value:
                return True
            seen = value
    return False


@compiled
def _names_differ(members: Nodes, start: int, end: int, name: Nodes) -> bool:
    """Whether members, sorted by name, have two names."""
    at = start
    while at < end and name[members[at]] < 0:
        at += 1
    return at < end and name[members[at]] != name[members[end - 1]]


@compiled
def _unlike(
    members: Nodes,
    start: int,
    end: int,
    name: Nodes,
    codepoints: CodePoints,
    by_parts: CodePoints,
    offsets: Offsets,
    least: float,
) -> bool:
    """Whether two names of members, sorted by name, are less alike than *least*."""
    for i in range(start, end):
        one = name[members[i]]
        if one < 0 or (i > start and name[members[i - 1]] == one):
            continue
        for j in range(i + 1, end):
            other = name[members[j]]
            if other == name[members[j - 1]]:
                continue
            if likeness(codepoints, by_parts, offsets, one, other) < least:
                return True
    return False


@compiled
def tie_safe(
    members: Nodes,
    opens: Bytes,
    starts: Places,
    ends: Places,
    accounts: int,
    name: Nodes,
    number: Integers,
    certain: bool,  # noqa: FBT001 -- Numba passes arguments by position
    parent: Nodes,
) -> None:
    """Tie what even a refused key joins: accounts of one name, with one national number at most.

    With *certain* (national numbers) also whatever a good key joins.
    """
    for part in range(len(starts)):
        start = starts[part]
        while start < ends[part]:
            end = end_of(opens, start, ends[part])
            known = known_end(members, start, end, accounts)
            if certain and opens[start] == _GOOD:
                for at in range(start + 1, known):
                    tie(parent, members[start], members[at])
            at = start
            while at < known and name[members[at]] < 0:
                at += 1
            while at < known:
                to = at + 1
                while to < known and name[members[to]] == name[members[at]]:
                    to += 1
                if to > at + 1 and not _several(members, at, to, number):
                    for one in range(at + 1, to):
                        tie(parent, members[at], members[one])
                at = to
            start = end


@compiled
def tie_plain(
    members: Nodes, opens: Bytes, starts: Places, ends: Places, accounts: int, parent: Nodes
) -> None:
    """Tie what good keys join."""
    for part in range(len(starts)):
        start = starts[part]
        while start < ends[part]:
            end = end_of(opens, start, ends[part])
            if opens[start] == _GOOD:
                for at in range(start + 1, known_end(members, start, end, accounts)):
                    tie(parent, members[start], members[at])
            start = end


@compiled
def portraits(
    component: Nodes, name: Nodes, number: Integers, names: Nodes, numbers: Integers, states: Bytes
) -> int:
    """What is known of every component, at its smallest account.

    Args:
        component: per account its component's smallest.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        names: one of its names goes here, or -1.
        numbers: the smallest of its national numbers, or 0.
        states: :data:`CONTRADICTS` where it has two of them, plus :data:`MIXED`.

    Returns:
        How many accounts are in components with different names.
    """
    for node in range(len(component)):
        names[node], numbers[node], states[node] = -1, 0, 0
    for node in range(len(component)):
        of = component[node]
        if name[node] >= 0:
            if names[of] < 0:
                names[of] = name[node]
            elif names[of] != name[node]:
                states[of] |= MIXED
        value = number[node]
        if value != 0:
            if numbers[of] == 0:
                numbers[of] = value
            elif numbers[of] != value:
                states[of] |= CONTRADICTS
                numbers[of] = min(numbers[of], value)
    total = 0
    for node in range(len(component)):
        total += states[component[node]] & MIXED != 0
    return total


@compiled
def mixed_members(component: Nodes, states: Bytes, total: int) -> Nodes:
    """The *total* accounts of components with different names."""
    found = np.empty(total, dtype=np.int32)
    to = 0
    for node in range(len(component)):
        if states[component[node]] & MIXED:
            found[to] = node
            to += 1
    return found


@compiled
def distinct_names(
    members: Nodes, component: Nodes, name: Nodes, number: Integers, slots: Nodes
) -> tuple[Nodes, Bytes, Places]:
    """The different names of each component that has several.

    Args:
        members: the accounts of these components, component by component.
        component: per account its component's smallest.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        slots: at a component's smallest account goes which list is its own.

    Returns:
        The lists one after the other; for each name whether a national number stands beside it;
        where lists begin, and the end.
    """
    names = np.empty(len(members), dtype=np.int32)
    beside = np.zeros(len(members), dtype=np.uint8)
    bounds = np.zeros(len(members) + 1, dtype=np.int64)
    lists, to, start = 0, 0, 0
    while start < len(members):
        end = start
        of = component[members[start]]
        while end < len(members) and component[members[end]] == of:
            end += 1
        own = np.empty(end - start, dtype=np.int32)
        for i in range(start, end):
            own[i - start] = name[members[i]]
        for i in np.argsort(own, kind="mergesort"):
            if own[i] < 0:
                continue
            if to == bounds[lists] or names[to - 1] != own[i]:
                names[to] = own[i]
                to += 1
            beside[to - 1] |= number[members[start + i]] != 0
        slots[of] = lists
        lists += 1
        bounds[lists] = to
        start = end
    return names[:to], beside[:to], bounds[: lists + 1]


@compiled
def condemn(
    owners: Nodes,
    names: Nodes,
    beside: Bytes,
    bounds: Places,
    codepoints: CodePoints,
    by_parts: CodePoints,
    offsets: Offsets,
    most: int,
    least: float,
    states: Bytes,
) -> None:
    """Mark components whose names do not fit each other.

    Two names beside the same national number are a slip; a component with two numbers is marked
    already, so that in all others every number is the same.

    Args:
        owners: per list of names its component's smallest account.
        names: lists of names.
        beside: whether a national number stands beside each.
        bounds: where lists begin, and the end.
        codepoints: the names' texts.
        by_parts: the same with sorted parts.
        offsets: where each text begins.
        most: more names than this do not fit each other.
        least: names less alike than this contradict.
        states: marked at the smallest account.
    """
    for one in range(len(bounds) - 1):
        if states[owners[one]] & CONTRADICTS:
            continue
        unlike = bounds[one + 1] - bounds[one] > most
        for i in range(bounds[one], bounds[one + 1]):
            if unlike:
                break
            for j in range(i + 1, bounds[one + 1]):
                slip = beside[i] and beside[j]
                if not slip and likeness(codepoints, by_parts, offsets, names[i], names[j]) < least:
                    unlike = True
                    break
        if unlike:
            states[owners[one]] |= CONTRADICTS


@compiled
def undone(before: Nodes, after: Nodes, states: Bytes) -> Nodes:
    """Components *after*, but those that contradict as they were *before*."""
    result = np.empty_like(after)
    for node in range(len(after)):
        result[node] = before[node] if states[after[node]] & CONTRADICTS else after[node]
    return result


@compiled
def accounts_of(
    members: Nodes, opens: Bytes, chosen: Places, ends: Places, starts: Places, accounts: int
) -> tuple[Places, Nodes]:
    """How many accounts are in each of the *chosen* groups (where they begin, rising); and these.

    Args:
        members: groups of nodes, accounts first.
        opens: where groups begin.
        chosen: where the groups begin that are asked for.
        ends: where parts end.
        starts: where parts begin.
        accounts: smaller nodes are accounts.
    """
    sizes = np.zeros(len(chosen), dtype=np.int64)
    total = 0
    for turn in range(2):
        found = np.empty(total, dtype=np.int32)
        part, to = 0, 0
        for one in range(len(chosen)):
            while part + 1 < len(starts) and starts[part + 1] <= chosen[one]:
                part += 1
            end = end_of(opens, chosen[one], ends[part])
            known = known_end(members, chosen[one], end, accounts)
            sizes[one] = known - chosen[one]
            if turn == 1:
                found[to : to + sizes[one]] = members[chosen[one] : known]
            to += sizes[one]
        total = to
    return sizes, found
