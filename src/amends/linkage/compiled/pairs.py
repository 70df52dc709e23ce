"""Pairs of records, made block by block, each once, and what is counted and weighed of them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.blocks import KNOWN, LEAKED, Ints, Ints32, Sides
from amends.linkage.compiled.comparing import (
    Answers,
    Fields,
    Floats,
    Masks,
    Pairs,
    Places,
    Program,
    compare,
)

Bits = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

TILE: Final = 2048
"""Pairs that go through all comparisons together: what they touch stays in the cache."""

_ROUNDING: Final = 1e-9
"""What is left of sums of bits that have been taken off again."""


class Weights(NamedTuple):
    """``bits[c, level]`` of evidence; where ``rated[c, level]`` is a slot, its rarity is added.

    ``rarity`` (bits) of value *c* of slot *s* is entry ``first_rarity[s] + c``. ``gain[c]`` is what
    a comparison can add at most, ``most[known]`` all of those that are made where both records have
    the slots *known*, of those that are needed.
    """

    bits: Floats
    rated: Ints32
    first_rarity: Ints
    rarity: Floats
    gain: Floats
    most: Floats


class Made(NamedTuple):
    """Blocks of one rule after the other, as :func:`blocks.members_of` gives them; whose they are.

    The blocks that a record is in are ``own[firsts[i]:firsts[i + 1]]``, ascending; also those of
    which the pairs are left out. ``witnesses`` and ``asked`` are those of
    :class:`~amends.linkage.blocking.Blocks`.
    """

    sides: Sides
    units: Ints
    members: Ints32
    starts: Ints
    rule: Ints32
    firsts: Ints
    own: Ints32
    witnesses: Bits
    asked: Flags


@compiled
def _known_in_both(fields: Fields, pairs: Pairs, known: Masks) -> None:
    lefts, rights = pairs
    for k in range(len(lefts)):
        known[k] = fields.known[lefts[k]] & fields.known[rights[k]]


@compiled
def _compared(
    known: Masks, need: np.uint64, among: Places, which: Places
) -> tuple[Places, np.uint64]:
    """Those *among* pairs in which both records have a slot of *need*; and the slots of any.

    The pairs are written to *which*.
    """
    count, any_ = 0, np.uint64(0)
    for q in range(len(among)):
        both = known[among[q]]
        compared = (both & need) != 0
        which[count] = among[q]
        count += compared
        any_ |= both if compared else np.uint64(0)
    return which[:count], any_


@compiled
def _made_before(made: Made, block: int, left: int, right: int) -> bool:
    """Whether two records of a block are in an earlier one, too."""
    a, b = made.firsts[left], made.firsts[right]
    one, other = made.own[a], made.own[b]
    while one < block and other < block:
        if one == other:
            return True
        if one < other:
            a += 1
            one = made.own[a]
        else:
            b += 1
            other = made.own[b]
    return False


@compiled
def _witnessed(made: Made, rule: int, left: int, right: int) -> bool:
    """Whether two records agree in a column that the rule asks for."""
    agree = False
    for at in range(made.witnesses.shape[1]):
        one = made.witnesses[left, at]
        agree |= made.asked[rule, at] & (one == made.witnesses[right, at]) & (one > 0)
    return agree


@compiled
def _fetch(made: Made, at: int, last: int) -> None:
    """Ask for what is looked at of members of coming blocks, a first and a second step ahead."""
    later, sooner = made.members[min(at + 2 * AHEAD, last)], made.members[min(at + AHEAD, last)]
    fetch(made.units, later)
    fetch(made.witnesses, later * made.witnesses.shape[1])
    fetch(made.firsts, later)
    fetch(made.own, made.firsts[sooner])


@compiled
def candidates(made: Made, span: tuple[int, int], lefts: Ints32, rights: Ints32) -> int:
    """The pairs of blocks ``span[0]`` to ``span[1]`` that no earlier rule makes; how many.

    Written to *lefts* and *rights* (places among the records of *made*, left < right).
    """
    count, last = 0, made.starts[span[1]] - 1
    for block in range(span[0], span[1]):
        rule = made.rule[block]
        asks = made.asked[rule].any()
        start, end = made.starts[block], made.starts[block + 1]
        for at in range(start, end):
            _fetch(made, at, last)
        known = start
        while known < end and made.sides[made.members[known]] != KNOWN:
            known += 1
        for i in range(start, known):
            one = made.members[i]
            first = known if made.sides[one] == LEAKED else i + 1
            for j in range(first, end):
                other = made.members[j]
                left, right = min(one, other), max(one, other)
                if (
                    made.units[left] != made.units[right]
                    and (not asks or _witnessed(made, rule, left, right))
                    and not _made_before(made, block, left, right)
                ):
                    lefts[count], rights[count] = left, right
                    count += 1
    return count


@compiled
def weighed(
    fields: Fields,
    program: Program,
    weights: Weights,
    pairs: Pairs,
    least: float,
) -> Floats:
    """The bits of evidence of *pairs* that have *least* or more; these come first in *pairs*.

    A pair that cannot reach *least* any more is not compared further.
    """
    lefts, rights = pairs
    bits = np.empty(len(lefts), dtype=np.float64)
    known, levels = np.empty(TILE, dtype=np.uint64), np.empty(TILE, dtype=np.int8)
    alive, which = np.empty(TILE, dtype=np.int16), np.empty(TILE, dtype=np.int16)
    total, rest = np.empty(TILE, dtype=np.float64), np.empty(TILE, dtype=np.float64)
    needed = np.uint64(len(weights.most) - 1)
    kept = 0
    for start in range(0, len(lefts), TILE):
        some = lefts[start : start + TILE], rights[start : start + TILE]
        _known_in_both(fields, some, known)
        count = 0
        for k in range(len(some[0])):
            total[k], rest[k] = 0.0, weights.most[known[k] & needed]
            alive[count] = k
            count += rest[k] >= least
        for c in range(len(program.starts)):
            here, slots = _compared(known, program.needs[c], alive[:count], which)
            compare(fields, program, c, some, here, slots, levels)
            _add(fields, weights, c, some, here, levels, total, rest)
            before, count = count, 0
            for q in range(before):
                k = alive[q]
                alive[count] = k
                count += total[k] + rest[k] >= least - _ROUNDING
        for q in range(count):
            k = alive[q]
            if total[k] >= least:
                lefts[kept], rights[kept], bits[kept] = some[0][k], some[1][k], total[k]
                kept += 1
    return bits[:kept]


@compiled
def _add(
    fields: Fields,
    weights: Weights,
    comparison: int,
    pairs: Pairs,
    which: Places,
    levels: Answers,
    total: Floats,
    rest: Floats,
) -> None:
    """Add what a comparison says to the *total* of pairs; the *rest* is what others may add."""
    lefts, rights = pairs
    bits, rated, gain = (
        weights.bits[comparison],
        weights.rated[comparison],
        weights.gain[comparison],
    )
    for q in range(len(which)):
        k = which[q]
        total[k] += bits[levels[k]]
        rest[k] -= gain
        slot = rated[levels[k]]
        if slot >= 0:
            first = weights.first_rarity[slot]
            total[k] += min(
                weights.rarity[first + fields.rows[lefts[k], slot]],
                weights.rarity[first + fields.rows[rights[k], slot]],
            )


@compiled
def patterns(fields: Fields, program: Program, made: Made, pairs: Pairs) -> tuple[Ints, Ints]:
    """Per pair its levels in mixed radix, and the rules that make it as a bit mask."""
    lefts, rights = pairs
    every, which = np.arange(TILE).astype(np.int16), np.empty(TILE, dtype=np.int16)
    known, levels = np.empty(TILE, dtype=np.uint64), np.empty(TILE, dtype=np.int8)
    packed = np.zeros(len(lefts), dtype=np.int64)
    masks = np.zeros(len(lefts), dtype=np.int64)
    for start in range(0, len(lefts), TILE):
        some = lefts[start : start + TILE], rights[start : start + TILE]
        size = len(some[0])
        _known_in_both(fields, some, known)
        for c in range(len(program.starts)):
            levels[:size] = program.levels[c] - 1
            here, slots = _compared(known, program.needs[c], every[:size], which)
            compare(fields, program, c, some, here, slots, levels)
            for k in range(size):
                packed[start + k] = packed[start + k] * program.levels[c] + levels[k]
    for k in range(len(lefts)):
        a, a_end = made.firsts[lefts[k]], made.firsts[lefts[k] + 1]
        b, b_end = made.firsts[rights[k]], made.firsts[rights[k] + 1]
        while a < a_end and b < b_end:
            one, other = made.own[a], made.own[b]
            if one == other:
                masks[k] |= 1 << made.rule[one]
            a += one <= other
            b += other <= one
    return packed, masks
