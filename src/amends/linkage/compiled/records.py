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
    cells, nothing = values.reshape(-1, 1), np.zeros((0, 1), dtype=np.int32)
    rows = np.empty(_largest(bounds), dtype=np.int64)
    for unit in range(len(found)):
        count = 0
        for i in range(bounds[unit], bounds[unit + 1]):
            if values[i] != NONE:
                rows[count] = i
                count += 1
        _sort(rows[:count], cells, nothing)
        most, start = 0, 0
        for at in range(1, count + 1):
            if at < count and values[rows[at]] == values[rows[start]]:
                continue
            head, often = rows[start], at - start
            best = found[unit]
            if often == most:
                marks[best] = marks[head] = True
            if often > most or (often == most and ranks[head] < ranks[best]):
                found[unit], most = head, often
            start = at
    return found


@compiled
def distinct(cells: Values, bounds: Values) -> tuple[Values, Values]:
    """Rows of which none of the same component is equal; and bounds of the components in them.

    The rows of a component come in the order of their numbers.
    """
    kept = np.empty(len(cells), dtype=np.int64)
    begins = np.zeros(len(bounds), dtype=np.int64)
    nothing = np.zeros((0, cells.shape[1]), dtype=np.int32)
    count = 0
    for unit in range(len(bounds) - 1):
        rows = np.arange(bounds[unit], bounds[unit + 1])
        _sort(rows, cells, nothing)
        for at in range(len(rows)):
            if at == 0 or _first_difference(cells, rows[at - 1], rows[at]) >= 0:
                kept[count] = rows[at]
                count += 1
        begins[unit + 1] = count
    return kept[:count].copy(), begins


@compiled
def compared(cells: Values, kept: Values, begins: Values) -> npt.NDArray[np.bool_]:
    """The cells that decide in which order the rows of a component come.

    Rows come as :func:`distinct` gives them: those that are equal in their first columns stand
    together, and their next one decides if it has two values among them.
    """
    marks = np.zeros(cells.shape, dtype=np.bool_)
    for unit in range(len(begins) - 1):
        for c in range(cells.shape[1]):
            start = begins[unit]
            for at in range(begins[unit] + 1, begins[unit + 1] + 1):
                if at < begins[unit + 1]:
                    parted = _first_difference(cells, kept[at - 1], kept[at])
                    if parted >= c:
                        continue
                _mark(cells[:, c], kept[start:at], marks[:, c])
                start = at
    return marks


@compiled
def _mark(values: Values, rows: Values, marks: Marks) -> None:
    """Mark the rows with a value where there are two values; equal ones stand together."""
    first = NONE
    for row in rows:
        if values[row] == NONE:
            continue
        if first == NONE:
            first = values[row]
        if values[row] != first:
            for one in rows:
                marks[one] |= values[one] != NONE
            return


@compiled
def sort(cells: Values, ranks: Ranks, kept: Values, begins: Values) -> None:
    """Put the rows of each component in order, column by column, no value before any."""
    for unit in range(len(begins) - 1):
        _sort(kept[begins[unit] : begins[unit + 1]], cells, ranks)


@compiled
def _largest(bounds: Values) -> int:
    """How many rows the largest component has."""
    largest = 0
    for unit in range(len(bounds) - 1):
        largest = max(largest, bounds[unit + 1] - bounds[unit])
    return largest


@compiled
def _sort(rows: Values, cells: Values, ranks: Ranks) -> None:
    """Heapsort: most components are small, and the largest has no bound."""
    count = len(rows)
    for top in range(count // 2 - 1, -1, -1):
        _sink(rows, top, count, cells, ranks)
    for end in range(count - 1, 0, -1):
        rows[0], rows[end] = rows[end], rows[0]
        _sink(rows, 0, end, cells, ranks)


@compiled
def _sink(rows: Values, top: int, end: int, cells: Values, ranks: Ranks) -> None:
    """Let the row at *top* sink under all that come after it in order."""
    while 2 * top + 1 < end:
        child = 2 * top + 1
        if child + 1 < end and _before(cells, ranks, rows[child], rows[child + 1]):
            child += 1
        if not _before(cells, ranks, rows[top], rows[child]):
            return
        rows[top], rows[child] = rows[child], rows[top]
        top = child


@compiled
def _first_difference(cells: Values, one: int, other: int) -> int:
    """The first column in which two rows differ, or -1."""
    for c in range(cells.shape[1]):
        if cells[one, c] != cells[other, c]:
            return c
    return -1


@compiled
def _before(cells: Values, ranks: Ranks, one: int, other: int) -> bool:
    """Whether a row comes before another: by ranks, or by numbers where there are no ranks."""
    c = _first_difference(cells, one, other)
    if c < 0:
        return one < other
    if cells[one, c] == NONE or cells[other, c] == NONE:
        return bool(cells[one, c] == NONE)
    if len(ranks) == 0:
        return bool(cells[one, c] < cells[other, c])
    return bool(ranks[one, c] < ranks[other, c])
