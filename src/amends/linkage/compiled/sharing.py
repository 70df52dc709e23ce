"""Pairs put together record by record, or row by row and person by person: not all are sorted."""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_FEW: Final = 32


@compiled
def by_row(row: Ints, first: int, rows: int) -> tuple[Ints, Ints]:
    """The places of pairs by their *row*, of *rows* from *first* on, else as they come.

    Returns:
        The places; and where each row begins among them, and the end.
    """
    bounds = np.zeros(rows + 1, dtype=np.int64)
    for i in range(len(row)):
        bounds[row[i] - first + 1] += 1
    for r in range(rows):
        bounds[r + 1] += bounds[r]
    at, order = bounds[:-1].copy(), np.empty(len(row), dtype=np.int64)
    for i in range(len(row)):
        own = row[i] - first
        order[at[own]] = i
        at[own] += 1
    return order, bounds


@compiled
def in_order(left: Ints, right: Ints, records: int) -> Ints:
    """The places of pairs by *left*, of so many *records*, and *right*; no pair comes twice."""
    order, bounds = by_row(left, 0, records)
    for record in range(records):
        start, end = bounds[record], bounds[record + 1]
        if end - start > _FEW:
            some = order[start:end]
            order[start:end] = some[np.argsort(right[some])]
            continue
        for i in range(start + 1, end):
            one, at = order[i], i
            while at > start and right[order[at - 1]] > right[one]:
                order[at] = order[at - 1]
                at -= 1
            order[at] = one
    return order


@compiled
def merged(
    order: Ints,
    bounds: Ints,
    person: Ints,
    unit: Ints,
    bits: Floats,
    ratio: Floats,
    of: Ints,
    best: Ints,
    total: Floats,
) -> Ints:
    """Sum the *ratio* of pairs of one row and one person, by rising person, bits and unit.

    Args:
        order: places of pairs, row by row; they are sorted.
        bounds: where each row begins among these, and the end.
        person: of each pair.
        unit: likewise.
        bits: likewise.
        ratio: likewise.
        of: the persons of each row go here.
        best: the unit of the pair of most bits, of several the largest.
        total: the sums.

    Returns:
        Where each row begins there, and the end.
    """
    begins, count = np.zeros(len(bounds), dtype=np.int64), 0
    for row in range(len(bounds) - 1):
        start, end = bounds[row], bounds[row + 1]
        _sort(order, start, end, person, unit, bits)
        for at in range(start, end):
            pair = order[at]
            if at == start or of[count - 1] != person[pair]:
                of[count], total[count] = person[pair], 0.0
                count += 1
            best[count - 1] = unit[pair]
            total[count - 1] += ratio[pair]
        begins[row + 1] = count
    return begins


@compiled
def _sort(order: Ints, start: int, end: int, person: Ints, unit: Ints, bits: Floats) -> None:
    """Sort pairs from *start* to *end* by person, bits and unit."""
    if end - start > _FEW:
        some = order[start:end]
        some = some[np.argsort(unit[some], kind="mergesort")]
        some = some[np.argsort(bits[some], kind="mergesort")]
        order[start:end] = some[np.argsort(person[some], kind="mergesort")]
        return
    for i in range(start + 1, end):
        one, at = order[i], i
        while at > start and _after(order[at - 1], one, person, unit, bits):
            order[at] = order[at - 1]
            at -= 1
        order[at] = one


@borrowing
def _after(one: int, other: int, person: Ints, unit: Ints, bits: Floats) -> bool:
    """Whether a pair comes after an*other*."""
    if person[one] != person[other]:
        return bool(person[one] > person[other])
    if bits[one] != bits[other]:
        return bool(bits[one] > bits[other])
    return bool(unit[one] > unit[other])


@compiled
def ranked(begins: Ints, probability: Floats) -> Ints:
    """The places of each row's persons by falling *probability*, else as they come."""
    order = np.arange(len(probability))
    for row in range(len(begins) - 1):
        start, end = begins[row], begins[row + 1]
        if end - start > _FEW:
            order[start:end] = start + np.argsort(-probability[start:end], kind="mergesort")
            continue
        for i in range(start + 1, end):
            mine, at = probability[i], i
            while at > start and probability[order[at - 1]] < mine:
                order[at] = order[at - 1]
                at -= 1
            order[at] = i
    return order
