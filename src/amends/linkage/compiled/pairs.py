"""Pairs of records, made block by block, each once, and what the compared fields say of them.

What is compared is a *program*: rows of ``(what, slot, limit, then, otherwise)``. An instruction
asks one thing of two values of a slot and goes on at ``then`` or ``otherwise``; below zero that is
the answer, level ``-1 - target``. So a comparison costs what it has to look at, whatever is
declared. Values are codes, equal where texts are; the texts lie flat behind them.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.blocks import KNOWN, LEAKED
from amends.linkage.compiled.likeness import likeness_most, ones, similarity, slips_within

Ints32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

KNOWN_IN_BOTH: Final = 0
SAME: Final = 1
SLIPS: Final = 2
LIKE: Final = 3
CONTAINED: Final = 4
SHARING: Final = 5


class Fields(NamedTuple):
    """Records as rows of codes (-1: no value), and the texts and parts that codes stand for.

    Text *c* of slot *s* is entry ``first_text[s] + c`` of ``offsets``; parts likewise.
    """

    rows: Ints32
    sides: npt.NDArray[np.int8]
    units: Ints
    first_text: Ints
    octets: npt.NDArray[np.uint8]
    offsets: Ints
    signs: npt.NDArray[np.uint64]
    first_parts: Ints
    parts: Ints32
    part_offsets: Ints


class Program(NamedTuple):
    """``starts``: the first instruction of each comparison; ``levels``: how many answers it has.

    Answers are the levels (best first), else, and missing.
    """

    code: Ints32
    limits: Floats
    starts: Ints32
    levels: Ints


class Weights(NamedTuple):
    """``bits[c, level]`` of evidence; where ``rated[c, level]`` is a slot, its rarity is added.

    ``rarity`` (bits) of value *c* of slot *s* is entry ``first_rarity[s] + c``. ``most[c]`` is what
    the comparisons from *c* on can add at most.
    """

    bits: Floats
    rated: Ints32
    first_rarity: Ints
    rarity: Floats
    most: Floats


class Made(NamedTuple):
    """Blocks of one rule after the other, as :func:`blocks.members_of` gives them."""

    members: Ints32
    starts: Ints
    rule: Ints32
    ids: Ints32


@compiled
def _contained(parts: Ints32, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether all parts of the first are among those of the second."""
    for k in range(a, a_end):
        found = False
        for m in range(b, b_end):
            if parts[m] == parts[k]:
                found = True
                break
        if not found:
            return False
    return True


@compiled
def _sharing(parts: Ints32, a: int, a_end: int, b: int, b_end: int) -> bool:
    for k in range(a, a_end):
        for m in range(b, b_end):
            if parts[m] == parts[k]:
                return True
    return False


@compiled
def _holds(fields: Fields, what: int, slot: int, limit: float, one: int, other: int) -> bool:
    """Whether a relation holds of two different values, *one* and *other* (codes)."""
    if what in (SLIPS, LIKE):
        i, j = fields.first_text[slot] + one, fields.first_text[slot] + other
        a, a_end = fields.offsets[i], fields.offsets[i + 1]
        b, b_end = fields.offsets[j], fields.offsets[j + 1]
        x, y = fields.signs[i], fields.signs[j]
        if what == SLIPS:
            most = int(limit)
            if abs((a_end - a) - (b_end - b)) > most or ones(x & ~y) > most or ones(y & ~x) > most:
                return False
            return slips_within(fields.octets, a, a_end, b, b_end, most)
        if likeness_most(a_end - a, b_end - b, x, y) < limit:
            return False
        return similarity(fields.octets, a, a_end, b, b_end) >= limit
    i, j = fields.first_parts[slot] + one, fields.first_parts[slot] + other
    a, a_end = fields.part_offsets[i], fields.part_offsets[i + 1]
    b, b_end = fields.part_offsets[j], fields.part_offsets[j + 1]
    if what == SHARING:
        return _sharing(fields.parts, a, a_end, b, b_end)
    return _contained(fields.parts, a, a_end, b, b_end) or _contained(
        fields.parts, b, b_end, a, a_end
    )


@compiled
def level_of(fields: Fields, program: Program, comparison: int, left: int, right: int) -> int:
    """The level of two records in one comparison."""
    at = program.starts[comparison]
    while at >= 0:
        what, slot = program.code[at, 0], program.code[at, 1]
        one, other = fields.rows[left, slot], fields.rows[right, slot]
        if one < 0 or other < 0:
            holds = False
        elif what == KNOWN_IN_BOTH or one == other:
            holds = True
        elif what == SAME:
            holds = False
        else:
            holds = _holds(fields, what, slot, program.limits[at], one, other)
        at = program.code[at, 2] if holds else program.code[at, 3]
    return int(-1 - at)


@compiled
def _made_before(ids: Ints32, rule: int, left: int, right: int) -> bool:
    """Whether an earlier rule makes the pair."""
    for r in range(rule):
        if ids[left, r] == ids[right, r] and ids[left, r] != 0:
            return True
    return False


@compiled
def candidates(
    fields: Fields, made: Made, span: tuple[int, int], lefts: Ints32, rights: Ints32
) -> int:
    """The pairs of blocks ``span[0]`` to ``span[1]`` that no earlier rule makes; how many.

    Written to *lefts* and *rights* (rows of *fields*, left < right).
    """
    count = 0
    for block in range(span[0], span[1]):
        rule = made.rule[block]
        start, end = made.starts[block], made.starts[block + 1]
        known = start
        while known < end and fields.sides[made.members[known]] != KNOWN:
            known += 1
        for i in range(start, known):
            one = made.members[i]
            first = known if fields.sides[one] == LEAKED else i + 1
            for j in range(first, end):
                other = made.members[j]
                left, right = min(one, other), max(one, other)
                if fields.units[left] != fields.units[right] and not _made_before(
                    made.ids, rule, left, right
                ):
                    lefts[count], rights[count] = left, right
                    count += 1
    return count


@compiled
def weighed(
    fields: Fields,
    program: Program,
    weights: Weights,
    pairs: tuple[Ints32, Ints32],
    least: float,
) -> Floats:
    """The bits of evidence of *pairs* that have *least* or more; these come first in *pairs*."""
    lefts, rights = pairs
    bits = np.empty(len(lefts), dtype=np.float64)
    count = 0
    for k in range(len(lefts)):
        left, right = lefts[k], rights[k]
        total = 0.0
        for c in range(len(program.starts)):
            if total + weights.most[c] < least:
                break
            level = level_of(fields, program, c, left, right)
            total += weights.bits[c, level]
            slot = weights.rated[c, level]
            if slot >= 0:
                first = weights.first_rarity[slot]
                total += min(
                    weights.rarity[first + fields.rows[left, slot]],
                    weights.rarity[first + fields.rows[right, slot]],
                )
        if total >= least:
            lefts[count], rights[count], bits[count] = left, right, total
            count += 1
    return bits[:count]


@compiled
def patterns(
    fields: Fields, program: Program, ids: Ints32, pairs: tuple[Ints32, Ints32]
) -> tuple[Ints, Ints]:
    """Per pair its levels in mixed radix, and the rules that make it as a bit mask."""
    lefts, rights = pairs
    levels = np.zeros(len(lefts), dtype=np.int64)
    masks = np.zeros(len(lefts), dtype=np.int64)
    for k in range(len(lefts)):
        left, right = lefts[k], rights[k]
        for r in range(ids.shape[1]):
            if ids[left, r] == ids[right, r] and ids[left, r] != 0:
                masks[k] |= 1 << r
        for c in range(len(program.starts)):
            level = level_of(fields, program, c, left, right)
            levels[k] = levels[k] * program.levels[c] + level
    return levels, masks


@compiled
def all_levels(fields: Fields, program: Program, left: Ints, right: Ints) -> npt.NDArray[np.int8]:
    """The level of every comparison of given pairs: a row per pair."""
    result = np.empty((len(left), len(program.starts)), dtype=np.int8)
    for k in range(len(left)):
        for c in range(len(program.starts)):
            result[k, c] = level_of(fields, program, c, left[k], right[k])
    return result
