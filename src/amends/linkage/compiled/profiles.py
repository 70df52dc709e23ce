"""What accounts of one component say together: gaps filled, and each different record once.

Accounts are rows of numbers that are equal where values are, :data:`NONE` where there is none, in
an order of their own. Of values that are equally common, and of equal records, the first counts, so
the order of accounts has to be the same whatever the order in which files give them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch

Cells = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint32]
NONE: Final = -1
_FEW: Final = 16
_ODD: Final = 0x9E3779B97F4A7C15


@compiled
def profiles(rows: Cells, bounds: Places, filled: Cells) -> Places:
    """Make accounts the records of their components, at the beginning of the same *rows*.

    Args:
        rows: an account each, component by component.
        bounds: where each component begins, and the end.
        filled: per row a column that is filled where a row says nothing of it; another that says
            something of it, too; and two that go with it. Where there is none, it is itself.

    Returns:
        Per record the component that it is of.
    """
    units = np.empty(len(rows), dtype=np.int64)
    count = 0
    for unit in range(len(bounds) - 1):
        start, end = bounds[unit], bounds[unit + 1]
        if end - start > 1:
            for rule in range(len(filled)):
                _fill(rows, start, end, filled[rule])
        kept = _distinct(rows, start, end)
        for k in range(start, start + kept):
            _copy(rows, k, count)
            units[count] = unit
            count += 1
    return units[:count].copy()


@compiled
def by_component(component: Cells, units: Cells, standing: Cells) -> None:
    """Let who is of one component stand together, in their order, components ascending.

    Args:
        component: of each; fewer than there are of these.
        units: by where somebody stands, the component goes here.
        standing: where each stands.
    """
    starts = np.zeros(len(component) + 1, dtype=np.int32)
    for i in range(len(component)):
        starts[component[i] + 1] += 1
    for c in range(len(component)):
        starts[c + 1] += starts[c]
    for i in range(len(component)):
        at = starts[component[i]]
        starts[component[i]] += 1
        units[at], standing[i] = component[i], at


@borrowing
def said(rows: Cells, column: int, numbers: Cells, places: Cells) -> None:
    """Write into a column of *rows*, where it is empty, what accounts say.

    Args:
        rows: one per account.
        column: of *rows*.
        numbers: per account the number of what it says, or -1.
        places: per number the place of the value, or -1.
    """
    for k in range(len(numbers)):
        if numbers[k] >= 0 and rows[k, column] == NONE:
            rows[k, column] = places[numbers[k]]


@borrowing
def note(changes: Bits, numbers: Cells, bits: Bits) -> None:
    """Note in *changes* of each account the *bits* of the number of what it says, if any (-1)."""
    for k in range(len(numbers)):
        if numbers[k] >= 0:
            changes[k] |= bits[numbers[k]]


@compiled
def taken(places: Cells, rows: Cells, values: int) -> tuple[Cells, Places]:
    """Of *places* (of so many *values*; -1 for none) those at *rows*, numbered as they first come.

    Returns:
        Per row the new number, and per new number the old place. Values of rows that stand together
        then lie together.
    """
    numbers = np.full(values, NONE, dtype=np.int32)
    new = np.empty(len(rows), dtype=np.int32)
    olds = np.empty(min(values, len(rows)), dtype=np.int64)
    count, last = 0, len(rows) - 1
    for i in range(len(rows)):
        fetch(places, rows[min(i + 2 * AHEAD, last)])
        fetch(numbers, places[rows[min(i + AHEAD, last)]])
        old = places[rows[i]]
        if old != NONE and numbers[old] == NONE:
            numbers[old] = count
            olds[count] = old
            count += 1
        new[i] = NONE if old == NONE else numbers[old]
    return new, olds[:count].copy()


@borrowing
def _fill(rows: Cells, start: int, end: int, rule: Cells) -> None:
    """Give the commonest value, and what goes with it, to rows that say nothing of a column."""
    column, other, one, two = rule[0], rule[1], rule[2], rule[3]
    gaps, least, most = 0, np.uint32(NONE), NONE
    for k in range(start, end):
        gaps += rows[k, column] == NONE
        least = min(least, np.uint32(rows[k, column]))  # none is more than any
        most = max(most, rows[k, column])
    if gaps == 0 or most == NONE:
        return
    giver = start
    if least == np.uint32(most):
        while rows[giver, column] == NONE:
            giver += 1
    else:
        giver = _commonest(rows, start, end, column)
    for k in range(start, end):
        if rows[k, column] == NONE and rows[k, other] == NONE:
            rows[k, column] = rows[giver, column]
            rows[k, one], rows[k, two] = rows[giver, one], rows[giver, two]


@compiled
def _commonest(rows: Cells, start: int, end: int, column: int) -> int:
    """The first row that has the commonest value, of several the one that comes first."""
    if end - start > _FEW:
        return start + _first_of_commonest(rows[start:end, column].copy())
    first, most = start, 0
    for k in range(start, end):
        often = 0
        for other in range(start, end):
            often += rows[other, column] == rows[k, column]
        if rows[k, column] != NONE and often > most:
            first, most = k, often
    return first


@compiled
def _first_of_commonest(values: Cells) -> int:
    """The first place of the commonest of many *values*, of several the first one."""
    order = np.argsort(values, kind="mergesort")
    best, most, start = -1, 0, 0
    for at in range(1, len(order) + 1):
        if at < len(order) and values[order[at]] == values[order[start]]:
            continue
        head, often = order[start], at - start
        if values[head] != NONE and (often > most or (often == most and head < best)):
            best, most = head, often
        start = at
    return best


@borrowing
def _distinct(rows: Cells, start: int, end: int) -> int:
    """Bring the first of equal rows to the front, in their order; how many there are."""
    if end - start > _FEW:
        return _distinct_of_many(rows[start:end])
    front = start
    for k in range(start, end):
        known = False
        for before in range(start, front):
            if _equal(rows, before, k):
                known = True
                break
        if not known:
            _copy(rows, k, front)
            front += 1
    return front - start


@compiled
def _distinct_of_many(rows: Cells) -> int:
    """The same by sorted hashes: the largest component has no bound."""
    hashes = np.empty(len(rows), dtype=np.int32)
    for k in range(len(rows)):
        word = np.uint64(0)
        for c in range(rows.shape[1]):
            word = (word ^ np.uint64(rows[k, c] + 1)) * np.uint64(_ODD)
            word ^= word >> np.uint64(29)
        hashes[k] = np.int32(word >> np.uint64(32))
    order = np.argsort(hashes, kind="mergesort")
    first = np.ones(len(rows), dtype=np.bool_)
    start = 0
    for at in range(1, len(order)):
        if hashes[order[at]] != hashes[order[start]]:
            start = at
        for before in range(start, at):
            if first[order[before]] and _equal(rows, order[before], order[at]):
                first[order[at]] = False
                break
    kept = 0
    for k in range(len(rows)):
        if first[k]:
            _copy(rows, k, kept)
            kept += 1
    return kept


@borrowing
def _equal(rows: Cells, one: int, other: int) -> bool:
    for c in range(rows.shape[1]):
        if rows[one, c] != rows[other, c]:
            return False
    return True


@borrowing
def _copy(rows: Cells, row: int, to: int) -> None:
    if row != to:
        for c in range(rows.shape[1]):
            rows[to, c] = rows[row, c]
