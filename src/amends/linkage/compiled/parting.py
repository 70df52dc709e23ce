"""Connected groups divided by average linkage (UPGMA; Sokal and Michener 1958), one after another.

Of equally heavy joins the one of the first two parts is made, so that ties leave nothing to chance.
"""

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Marks = npt.NDArray[np.bool_]


@compiled
def divide(
    bounds: Ints,
    lefts: Ints,
    rights: Ints,
    bits: Floats,
    pair_bounds: Ints,
    numbered: Marks,
    need: float,
    unknown: float,
    most: float,
) -> Ints:
    """Per member the first of its part; members and pairs lie group by group.

    Parts are joined, heaviest first, while the mean weight between them is *need* or more. A pair
    that is not there weighs *unknown*, none more than *most*, and two *numbered* members keep their
    parts apart whatever else speaks for them. Members of a group are in rising order.
    """
    part = np.arange(len(numbered))
    for g in range(len(bounds) - 1):
        first, count = bounds[g], bounds[g + 1] - bounds[g]
        weight = np.full((count, count), unknown)
        for p in range(pair_bounds[g], pair_bounds[g + 1]):
            i, j = lefts[p] - first, rights[p] - first
            weight[i, j] = weight[j, i] = min(bits[p], most)
        for i in range(count):
            for j in range(count):
                if numbered[first + i] and numbered[first + j]:
                    weight[i, j] = -most * count
        _join(weight, need, part[first : first + count])
    return part


@compiled
def _join(weight: npt.NDArray[np.float64], need: float, part: Ints) -> None:
    """Join the members of one group; *part* holds their numbers, and then their parts'."""
    count = len(part)
    size = np.ones(count)
    alive = np.ones(count, dtype=np.bool_)
    heaviest = np.empty(count, dtype=np.int64)
    for i in range(count):
        heaviest[i] = _heaviest(weight, alive, i)
    while True:
        one = -1
        for i in range(count):
            if (
                alive[i]
                and heaviest[i] >= 0
                and (one < 0 or weight[i, heaviest[i]] > weight[one, heaviest[one]])
            ):
                one = i
        if one < 0 or weight[one, heaviest[one]] < need:
            return
        other = heaviest[one]
        for k in range(count):
            if alive[k] and k not in (one, other):
                mean = size[one] * weight[one, k] + size[other] * weight[other, k]
                weight[one, k] = weight[k, one] = mean / (size[one] + size[other])
        size[one] += size[other]
        alive[other] = False
        gone, stays = part[other], part[one]
        for k in range(count):
            if part[k] == gone:
                part[k] = stays
        for i in range(count):
            if alive[i] and (i <= one or heaviest[i] == other):
                heaviest[i] = _heaviest(weight, alive, i)


@borrowing
def _heaviest(weight: npt.NDArray[np.float64], alive: Marks, i: int) -> int:
    """Of the members after *i* the one that it is most like, or -1."""
    best = -1
    for k in range(i + 1, len(alive)):
        if alive[k] and (best < 0 or weight[i, k] > weight[i, best]):
            best = k
    return best
