"""What a key or a component says against itself: too many accounts, two numbers, unlike names.

Everything here is a property of the key, or of the component as a whole, so that the order of
accounts and the number of threads leave no trace. Names are numbers of a dictionary (-1: none),
whose texts are needed only where two different ones meet; national numbers are integers (0: none).
"""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Integers, Places
from amends.linkage.compiled.strings import Spelled, alike

Flags = npt.NDArray[np.bool_]
Portraits = npt.NDArray[np.void]


class Verdict(IntEnum):
    """What is said of a key."""

    GOOD = 2
    TOO_MANY = 3
    NUMBERS = 4
    NAMES = 5


_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)
_NUMBERS: Final = int(Verdict.NUMBERS)
_NAMES: Final = int(Verdict.NAMES)
_FEW: Final = 32
_ONE: Final = -1
PORTRAIT: Final = np.dtype([("number", np.int64), ("name", np.int32), ("list", np.int32)])
"""What is known of a component: a national number (0: none), a name's number (-1: none), and which
list of names is its own, where it has several."""


@borrowing
def sort_by_name(node: Nodes, name: Nodes, start: int, end: int) -> None:
    """Sort accounts from *start* to *end* by name; what comes first of equal ones stays so."""
    if end - start > _FEW:
        _sort_many(node, name, start, end)
        return
    for i in range(start + 1, end):
        one, mine, at = node[i], name[i], i
        while at > start and name[at - 1] > mine:
            node[at], name[at] = node[at - 1], name[at - 1]
            at -= 1
        node[at], name[at] = one, mine


@compiled
def _sort_many(node: Nodes, name: Nodes, start: int, end: int) -> None:
    """The same of however many."""
    order = np.argsort(name[start:end], kind="mergesort")
    node[start:end] = node[start:end][order]
    name[start:end] = name[start:end][order]


@borrowing
def several(members: Nodes, start: int, end: int, number: Integers) -> bool:
    """Whether two national numbers are among the members from *start* to *end*."""
    seen = 0
    for at in range(start, end):
        value = number[members[at]]
        if value != 0:
            if seen != 0 and seen != value:
                return True
            seen = value
    return False


@borrowing
def unlike(name: Nodes, start: int, end: int, names: Spelled, least: float) -> bool:
    """Whether two names from *start* to *end*, which are sorted, are less alike than *least*."""
    while start < end and name[start] < 0:
        start += 1
    if start == end or name[start] == name[end - 1]:
        return False
    for i in range(start, end):
        if i > start and name[i - 1] == name[i]:
            continue
        for j in range(i + 1, end):
            if name[j] != name[j - 1] and alike(names, name[i], name[j]) < least:
                return True
    return False


@compiled
def portray(
    nodes: Nodes,
    component: Nodes,
    name: Nodes,
    number: Integers,
    portraits: Portraits,
    contradicts: Flags,
) -> Nodes:
    """Write down what is known of components, at the smallest account of each.

    Args:
        nodes: all accounts of these components, rising.
        component: per account its component's smallest.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        portraits: one of the names goes here, and the smallest of the national numbers.
        contradicts: whether a component has two of them.

    Returns:
        The accounts of components with different names.
    """
    names, numbers, lists = portraits["name"], portraits["number"], portraits["list"]
    several_names = np.zeros(len(component), dtype=np.bool_)
    last = len(nodes) - 1
    for i in range(len(nodes)):
        fetch(portraits, component[nodes[min(i + AHEAD, last)]])
        node = nodes[i]
        of, mine, value = component[node], name[node], number[node]
        if of == node:
            names[of], numbers[of], lists[of], contradicts[of] = mine, value, _ONE, False
            continue
        if mine >= 0:
            if names[of] < 0:
                names[of] = mine
            elif names[of] != mine:
                several_names[of] = True
        if value != 0:
            if numbers[of] == 0:
                numbers[of] = value
            elif numbers[of] != value:
                contradicts[of] = True
                numbers[of] = min(numbers[of], value)
    mixed, to = np.empty(len(nodes), dtype=np.int32), 0
    for node in nodes:
        mixed[to] = node
        to += several_names[component[node]]
    return mixed[:to].copy()


@compiled
def distinct_names(
    members: Nodes,
    component: Nodes,
    name: Nodes,
    number: Integers,
    first: int,
    portraits: Portraits,
) -> tuple[Nodes, Nodes, Bytes, Places]:
    """The different names of each component that has several.

    Args:
        members: the accounts of these components, component by component; they are sorted by name.
        component: per account its component's smallest.
        name: per node a name's number, or -1.
        number: per node a national number, or 0.
        first: the number of the first list.
        portraits: at a component's smallest account goes which list is its own.

    Returns:
        Per list the component; the lists one after the other; for each name whether a national
        number stands beside it; where lists begin, and the end.
    """
    slots = portraits["list"]
    owners = np.empty(len(members), dtype=np.int32)
    names = name[members]
    beside = np.zeros(len(members), dtype=np.uint8)
    bounds = np.zeros(len(members) + 1, dtype=np.int64)
    lists, to, start = 0, 0, 0
    while start < len(members):
        end = start
        of = component[members[start]]
        while end < len(members) and component[members[end]] == of:
            end += 1
        sort_by_name(members, names, start, end)
        for i in range(start, end):
            if names[i] < 0:
                continue
            if to == bounds[lists] or names[to - 1] != names[i]:
                names[to] = names[i]
                to += 1
            beside[to - 1] |= number[members[i]] != 0
        owners[lists], slots[of] = of, first + lists
        lists += 1
        bounds[lists] = to
        start = end
    return owners[:lists], names[:to], beside[:to], bounds[: lists + 1]


@borrowing
def condemn(
    owners: Nodes,
    names: Nodes,
    beside: Bytes,
    bounds: Places,
    spelled: Spelled,
    most: int,
    least: float,
    contradicts: Flags,
) -> None:
    """Mark components whose names do not fit each other.

    Two names beside the same national number are a slip; a component with two numbers is marked
    already, so that in all others every number is the same.

    Args:
        owners: per list of names its component's smallest account.
        names: lists of names.
        beside: whether a national number stands beside each.
        bounds: where lists begin, and the end.
        spelled: the names' texts.
        most: more names than this do not fit each other.
        least: names less alike than this contradict.
        contradicts: marked at the smallest account.
    """
    for one in range(len(owners)):
        if contradicts[owners[one]]:
            continue
        unlike = bounds[one + 1] - bounds[one] > most
        for i in range(bounds[one], bounds[one + 1]):
            if unlike:
                break
            for j in range(i + 1, bounds[one + 1]):
                slip = beside[i] and beside[j]
                if not slip and alike(spelled, names[i], names[j]) < least:
                    unlike = True
                    break
        if unlike:
            contradicts[owners[one]] = True
