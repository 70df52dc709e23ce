"""Pairs of records, made block by block, each once, and what is counted and weighed of them."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
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
from amends.linkage.compiled.sieve import Weights, sieved

Bits = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint64]

TILE: Final = 2048
"""Pairs that go through all comparisons together: what they touch stays in the cache."""

_ROUNDING: Final = 1e-9
"""What is left of sums of bits that have been taken off again."""


_LOW: Final = np.uint64(0x7F7F7F7F7F7F7F7F)


class Made(NamedTuple):
    """Blocks of one rule after the other, as :func:`blocks.members_of` gives them; whose they are.

    The blocks that a record is in are ``own[firsts[i]:firsts[i + 1]]``, ascending; also those of
    which the pairs are left out. ``witnesses`` and ``asked`` are those of
    :class:`~amends.linkage.weighing.blocking.Blocks`.
    """

    sides: Sides
    units: Ints32
    members: Ints32
    starts: Ints
    rule: Ints32
    firsts: Ints
    own: Ints32
    witnesses: Bits
    asked: Flags


@borrowing
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


@borrowing
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


@borrowing
def _say(made: Made, columns: Ints, members: Ints32, said: Words) -> None:
    """Write to *said* what *members* say in the *columns* asked for, eight to a word."""
    for word in range(0, len(columns), 8):
        some = columns[word : word + 8]
        for i in range(len(members)):
            own = np.uint64(0)
            for at in range(len(some)):
                own = own << np.uint64(8) | np.uint64(made.witnesses[members[i], some[at]])
            said[word >> 3, i] = own


@borrowing
def _filled(word: np.uint64) -> np.uint64:
    """The highest bit of every octet of a word that is not 0."""
    return (((word & _LOW) + _LOW) | word) & ~_LOW


@borrowing
def _agree(own: np.uint64, said: Words, agree: Words) -> None:
    """Give members a bit or more in *agree* who *said* in any column what *own* says there."""
    known = _filled(own)
    for j in range(len(said)):
        agree[j] |= known & ~_filled(own ^ said[j])


@borrowing
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
    largest = np.diff(made.starts[span[0] : span[1] + 1]).max()
    said = np.empty((made.asked.shape[1] // 8 + 1, largest), dtype=np.uint64)
    agree = np.empty(largest, dtype=np.uint64)
    asked, columns = -1, np.zeros(0, dtype=np.int64)
    for block in range(span[0], span[1]):
        if made.rule[block] != asked:
            asked = made.rule[block]
            columns = np.flatnonzero(made.asked[asked])
        start, end = made.starts[block], made.starts[block + 1]
        size, members = end - start, made.members[start:end]
        for at in range(start, end):
            _fetch(made, at, last)
        _say(made, columns, members, said)
        known = 0
        while known < size and made.sides[members[known]] != KNOWN:
            known += 1
        for i in range(known):
            one = members[i]
            first = known if made.sides[one] == LEAKED else i + 1
            agree[first:size] = len(columns) == 0
            for word in range((len(columns) + 7) // 8):
                _agree(said[word, i], said[word, first:size], agree[first:size])
            for j in range(first, size):
                if agree[j] == 0:
                    continue
                left, right = min(one, members[j]), max(one, members[j])
                if made.units[left] != made.units[right] and not _made_before(
                    made, block, left, right
                ):
                    lefts[count], rights[count] = left, right
                    count += 1
    return count


@borrowing
def number_met(pairs: Pairs, place: Ints32, met: Ints32, count: int) -> int:
    """Write numbers for the records of *pairs*, as these first come; how many there are now.

    *place*: of a record its number, or -1; *met* of a number the record, for *count* before.
    """
    for k in range(len(pairs[0])):
        for side in pairs:
            record = side[k]
            if place[record] < 0:
                place[record], met[count] = count, record
                count += 1
            side[k] = place[record]
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
    sifted = sieved(fields, program, weights, pairs, least)
    lefts, rights = pairs[0][:sifted], pairs[1][:sifted]
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


@borrowing
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
def patterns(fields: Fields, program: Program, pairs: Pairs) -> Ints:
    """Per pair its levels in mixed radix."""
    lefts, rights = pairs
    every, which = np.arange(TILE).astype(np.int16), np.empty(TILE, dtype=np.int16)
    known, levels = np.empty(TILE, dtype=np.uint64), np.empty(TILE, dtype=np.int8)
    packed = np.zeros(len(lefts), dtype=np.int64)
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
    return packed


@compiled
def makers(made: Made, met: Ints32, pairs: Pairs) -> Ints:
    """The rules that make each pair, as a bit mask; its records are among those *met*."""
    lefts, rights = pairs
    masks = np.zeros(len(lefts), dtype=np.int64)
    for k in range(len(lefts)):
        left, right = met[lefts[k]], met[rights[k]]
        a, a_end = made.firsts[left], made.firsts[left + 1]
        b, b_end = made.firsts[right], made.firsts[right + 1]
        while a < a_end and b < b_end:
            one, other = made.own[a], made.own[b]
            if one == other:
                masks[k] |= 1 << made.rule[one]
            a += one <= other
            b += other <= one
    return masks
