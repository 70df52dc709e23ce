"""What conditions say of two records, in plain Python: what engines are held against."""

import re
from typing import Any

from amends.linkage.comparisons import Condition, Relation

Record = dict[str, Any]


def distance(one: bytes, other: bytes) -> int:
    """Damerau-Levenshtein, unrestricted (Lowrance and Wagner 1975)."""
    last: dict[int, int] = {}
    far = len(one) + len(other)
    table = [[far] * (len(other) + 2) for _ in range(len(one) + 2)]
    for i in range(len(one) + 1):
        table[i + 1][1] = i
    for j in range(len(other) + 1):
        table[1][j + 1] = j
    for i, sign in enumerate(one, start=1):
        met = 0
        for j, against in enumerate(other, start=1):
            before, column = last.get(against, 0), met
            met = j if sign == against else met
            table[i + 1][j + 1] = min(
                table[i][j] + (sign != against),
                table[i + 1][j] + 1,
                table[i][j + 1] + 1,
                table[before][column] + (i - before - 1) + 1 + (j - column - 1),
            )
        last[sign] = i
    return table[-1][-1]


def similarity(one: bytes, other: bytes) -> float:
    """Jaro-Winkler (Winkler 1990), the signs of the second text taken in order."""
    window = max(max(len(one), len(other)) // 2 - 1, 0)
    taken: list[int] = []
    met: list[int] = []
    for t, sign in enumerate(other):
        for p in range(max(0, t - window), min(len(one), t + window + 1)):
            if p not in taken and one[p] == sign:
                taken.append(p)
                met.append(t)
                break
    if not met:
        return 0.0
    common = len(met)
    swapped = sum(one[p] != other[t] for p, t in zip(sorted(taken), met, strict=True))
    jaro = (common / len(one) + common / len(other) + (common - swapped // 2) / common) / 3
    prefix = 0
    while prefix < min(4, len(one), len(other)) and one[prefix] == other[prefix]:
        prefix += 1
    return jaro + prefix * 0.1 * (1 - jaro) if jaro > 0.7 else jaro


def masked(text: str, mask: str) -> bool:
    """Whether *text* is *mask* with something in place of every star."""
    return re.fullmatch(".*".join(map(re.escape, mask.split("*"))), text, re.DOTALL) is not None


def holds(  # noqa: C901, PLR0911 -- one for each relation
    condition: Condition, left: Record, right: Record
) -> bool:
    """What a condition says of two records."""
    one, other = left[condition.column], right[condition.column]
    if one is None or other is None:
        return False
    match condition.relation:
        case Relation.BOTH:
            return True
        case Relation.SAME:
            return bool(one == other)
        case Relation.SLIPS:
            return distance(one.encode(), other.encode()) <= condition.limit
        case Relation.LIKE:
            return similarity(one.encode(), other.encode()) >= condition.limit - 1e-9
        case Relation.CONTAINED:
            parts, others = set(one.split(" ")), set(other.split(" "))
            return parts <= others or others <= parts
        case Relation.SHARING:
            return not set(one.split(" ")).isdisjoint(other.split(" "))
        case Relation.TWO_OF_THREE:
            return sum(map(str.__eq__, one, other)) > 1
        case Relation.FITS:
            return masked(one, other) or masked(other, one)
        case Relation.BEGINS:
            common = min(len(one.encode()), len(other.encode()))
            return common >= condition.limit and one.encode()[:common] == other.encode()[:common]
