"""What accounts of one component say together: gaps filled, and each different record once.

Accounts are rows of numbers that are equal where values are, :data:`NONE` where there is none, in
an order of their own. Of values that are equally common, and of equal records, the first counts, so
the order of accounts has to be the same whatever the order in which files give them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.kernel.fetching import AHEAD, fetch

Cells = npt.NDArray[np.int32]
Places = npt.NDArray[np.int64]
NONE: Final = -1
_FEW: Final = 16
_ODD: Final = 0x9E3779B97F4A7C15


@compiled
def profiles(rows: Cells, bounds: Places, filled: Cells) -> Places:
    """Make accounts the records of their components, at the beginning of the same *rows*.

    Args:
        rows: an account each, component by component.
        bounds: where each component begins, and the end.
        filled: per row a column that is filled where a row says nothing of it; then, up to -1, the
            columns that say something of it; then, up to -1, those that go with it.

    Returns:
        Per record the component that it is of.
    """
    units = np.empty(len(rows), dtype=np.int64)
    count = 0
    for unit in range(len(bounds) - 1):
        own = rows[bounds[unit] : bounds[unit + 1]]
        if len(own) > 1:
            for f in range(len(filled)):
                _fill(own, filled[f])
        kept = _distinct(own)
        for k in range(kept):
            rows[count + k] = own[k]
        units[count : count + kept] = unit
        count += kept
    return units[:count].copy()


@compiled
def said(rows: Cells, column: int, at: Places, numbers: Cells, places: Cells) -> None:
    """Write into a column of *rows*, where it is empty, what accounts *at* some places say.

    Args:
        rows: one per entry of *at*.
        column: of *rows*.
        at: accounts; who is beyond the last one says nothing.
        numbers: per account the number of what it says, or -1.
        places: per number the place of the value, or -1.
    """
    for k in range(len(at)):
        if at[k] < len(numbers) and numbers[at[k]] >= 0 and rows[k, column] == NONE:
            rows[k, column] = places[numbers[at[k]]]


@compiled
def taken(places: Cells, rows: Places, values: int) -> tuple[Cells, Places]:
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


@compiled
def _fill(rows: Cells, rule: Cells) -> None:
    """Give the commonest value, and what goes with it, to rows that say nothing of a column."""
    giver = commonest(rows[:, rule[0]])
    if giver < 0:
        return
    for k in range(len(rows)):
        at, silent = 1, True
        while rule[at] != NONE:
            silent &= bool(rows[k, rule[at]] == NONE)
            at += 1
        if silent:
            rows[k, rule[0]] = rows[giver, rule[0]]
            at += 1
            while rule[at] != NONE:
                rows[k, rule[at]] = rows[giver, rule[at]]
                at += 1


@compiled
def commonest(values: Cells) -> int:
    """The first place of the commonest value, of several the one that comes first; -1 for none."""
    first, others = -1, False
    for k in range(len(values)):
        if values[k] != NONE:
            if first < 0:
                first = k
            others |= bool(values[k] != values[first])
    if not others:
        return first
    order = np.argsort(values.copy(), kind="mergesort")
    best, most, start = -1, 0, 0
    for at in range(1, len(order) + 1):
        if at < len(order) and values[order[at]] == values[order[start]]:
            continue
        head, often = order[start], at - start
        if values[head] != NONE and (often > most or (often == most and head < best)):
            best, most = head, often
        start = at
    return best


@compiled
def _distinct(rows: Cells) -> int:
    """Bring the first of equal *rows* to the front, in their order; how many there are."""
    if len(rows) > _FEW:
        return _distinct_of_many(rows)
    kept = 0
    for k in range(len(rows)):
        known = False
        for before in range(kept):
            if _equal(rows, before, k):
                known = True
                break
        if not known:
            rows[kept] = rows[k]
            kept += 1
    return kept


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
            rows[kept] = rows[k]
            kept += 1
    return kept


@compiled
def _equal(rows: Cells, one: int, other: int) -> bool:
    for c in range(rows.shape[1]):
        if rows[one, c] != rows[other, c]:
            return False
    return True
