"""What accounts of one component say together: gaps filled, and each different record once.

Rows come component by component (*bounds*: where each begins, and the end). Values are numbers that
are equal where texts are; :data:`NONE` is no value. Where the order of texts matters, the rows that
it matters of are marked first, and are given ranks by somebody who can read them.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

Values = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Ranks = npt.NDArray[np.int32]
NONE: Final = -(1 << 62)


@compiled
def commonest(values: Values, bounds: Values, ranks: Ranks, marks: Marks) -> Values:
    """Per component a row that has its commonest value, of several the first by rank; -1 for none.

    *marks* (of rows): where two values are equally common, one row of each is marked.
    """
    found = np.full(len(bounds) - 1, -1, dtype=np.int64)
    largest = 0
    for unit in range(len(found)):
        largest = max(largest, bounds[unit + 1] - bounds[unit])
    heads = np.empty(largest, dtype=np.int64)
    counts = np.empty(largest, dtype=np.int64)
    for unit in range(len(found)):
        different = 0
        for i in range(bounds[unit], bounds[unit + 1]):
            if values[i] == NONE:
                continue
            at = 0
            while at < different and values[heads[at]] != values[i]:
                at += 1
            if at == different:
                heads[at], counts[at] = i, 0
                different += 1
            counts[at] += 1
        best = 0
        for at in range(1, different):
            one, other = heads[best], heads[at]
            if counts[at] == counts[best]:
                marks[one] = marks[other] = True
            if counts[at] > counts[best] or (
                counts[at] == counts[best] and ranks[other] < ranks[one]
            ):
                best = at
        if different:
            found[unit] = heads[best]
    return found


@compiled
def distinct(cells: Values, bounds: Values) -> tuple[Values, Values]:
    """Rows of which none of the same component is equal; and bounds of the components in them."""
    kept = np.empty(len(cells), dtype=np.int64)
    begins = np.zeros(len(bounds), dtype=np.int64)
    count = 0
    for unit in range(len(bounds) - 1):
        for i in range(bounds[unit], bounds[unit + 1]):
            known = False
            for at in range(begins[unit], count):
                if _first_difference(cells, kept[at], i) < 0:
                    known = True
                    break
            if not known:
                kept[count] = i
                count += 1
        begins[unit + 1] = count
    return kept[:count].copy(), begins


@compiled
def _first_difference(cells: Values, one: int, other: int) -> int:
    """The first column in which two rows differ, or -1."""
    for c in range(cells.shape[1]):
        if cells[one, c] != cells[other, c]:
            return c
    return -1


@compiled
def compared(cells: Values, kept: Values, begins: Values) -> npt.NDArray[np.bool_]:
    """The cells that decide in which order the rows of a component come."""
    marks = np.zeros(cells.shape, dtype=np.bool_)
    for unit in range(len(begins) - 1):
        for i in range(begins[unit], begins[unit + 1]):
            for j in range(i + 1, begins[unit + 1]):
                one, other = kept[i], kept[j]
                c = _first_difference(cells, one, other)
                if cells[one, c] != NONE and cells[other, c] != NONE:
                    marks[one, c] = marks[other, c] = True
    return marks


@compiled
def sort(cells: Values, ranks: Ranks, kept: Values, begins: Values) -> None:
    """Put the rows of each component in order, column by column, no value before any."""
    for unit in range(len(begins) - 1):
        for i in range(begins[unit] + 1, begins[unit + 1]):
            row, at = kept[i], i
            while at > begins[unit] and _before(cells, ranks, row, kept[at - 1]):
                kept[at] = kept[at - 1]
                at -= 1
            kept[at] = row


@compiled
def _before(cells: Values, ranks: Ranks, one: int, other: int) -> bool:
    c = _first_difference(cells, one, other)
    if cells[one, c] == NONE or cells[other, c] == NONE:
        return bool(cells[one, c] == NONE)
    return bool(ranks[one, c] < ranks[other, c])
