"""Which pairs cannot weigh enough, seen by what of their codes is the same.

What two records say is compared as a word: a bit for each code that both have alike. So few words
occur that the most a pair with this word can weigh is worked out once and looked up after that; a
pair that may weigh enough is compared in earnest elsewhere. Nine pairs of ten, or more, go here.
"""

# ruff: noqa: ANN401, ARG001  # Numba's generators of code have no types and a fixed signature

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.blocks import Ints, Ints32
from amends.linkage.compiled.comparing import (
    BEGINS,
    KNOWN_IN_BOTH,
    SAME,
    Fields,
    Floats,
    Pairs,
    Program,
)
from amends.linkage.compiled.likeness import ENDS, PLACE, SIGNS, place

if TYPE_CHECKING:
    from collections.abc import Callable

Span = tuple[int, int]

AT_ONCE: Final = 16
"""Codes that are compared at once; so many are read, also behind those of the last record."""

MOST: Final = 64
"""Bits of a word."""

LEAST_OCTETS: Final = 8
"""Of shorter texts the ends say nothing."""

LAST: Final = 3
"""Octets of the other end.

One slip is in the first four octets of a text or in the last three, never in both, where it has
eight or more: two signs that change places stand side by side.
"""

_HALF: Final = 32
_CLASSES: Final = 64
_BOTH_ENDS: Final = 3
_MEMO_BITS: Final = 11
_ALL: Final = 0xFFFFFFFFFFFFFFFF
_ONE: Final = np.uint64(0x9E3779B97F4A7C15)
_OTHER: Final = np.uint64(0xC2B2AE3D27D4EB4F)
_SLACK: Final = 1e-9
_CODE: Final = ir.IntType(32)
_CODES: Final = ir.VectorType(_CODE, AT_ONCE)


def _compare(_typing: Any, rows: Any, one: Any, other: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        data = context.make_array(rows)(context, builder, arguments[0]).data

        def load(at: Any) -> Any:
            codes = builder.load(builder.bitcast(builder.gep(data, [at]), _CODES.as_pointer()))
            codes.align = _CODE.width // 8
            return codes

        same = builder.icmp_signed("==", load(arguments[1]), load(arguments[2]))
        return builder.zext(builder.bitcast(same, ir.IntType(AT_ONCE)), ir.IntType(MOST))

    return types.uint64(rows, types.intp, types.intp), generate


alike = cast("Callable[[Ints32, int, int], np.uint64]", intrinsic(_compare))
"""Which of the :data:`AT_ONCE` codes from one place on are those from another on, as bits."""


class Weights(NamedTuple):
    """``bits[c, level]`` of evidence; where ``rated[c, level]`` is a slot, its rarity is added.

    ``rarity`` (bits) of value *c* of slot *s* is entry ``first_rarity[s] + c``. ``best[c, level]``
    is the most that a level adds, ``gain[c]`` what a comparison can add at most, ``most[known]``
    all of those that are made where both records have the slots *known*, of those that are needed.
    """

    bits: Floats
    rated: Ints32
    first_rarity: Ints
    rarity: Floats
    best: Floats
    gain: Floats
    most: Floats


@borrowing
def tell_ends(fields: Fields, slot: int, octets: int, to: int, span: Span) -> None:
    """Write the ends of a column's texts as two more codes, and their bits where they count.

    Args:
        fields: get them.
        slot: of the column.
        octets: how many of the first ones, at most four.
        to: the first of two columns of the rows, and bits of what is known.
        span: from which record to which.
    """
    rows, heads, first = fields.rows, fields.heads, fields.first_text[slot]
    whole = (np.uint64(1) << np.uint64(8 * octets)) - np.uint64(1)
    last = np.uint64((1 << 8 * LAST) - 1)
    for i in range(span[0], span[1]):
        fetch(heads, (first + rows[min(i + AHEAD, span[1] - 1), slot]) * heads.shape[1])
        code = rows[i, slot]
        rows[i, to] = rows[i, to + 1] = -1
        if code < 0:
            continue
        start, end = place(heads[first + code, PLACE])
        if end - start >= LEAST_OCTETS:
            ends = np.uint64(heads[first + code, ENDS])
            rows[i, to] = np.int32(ends & whole)
            rows[i, to + 1] = np.int32(ends >> np.uint64(_HALF) & last)
            fields.known[i] |= np.uint64(_BOTH_ENDS) << np.uint64(to)


@borrowing
def tell_plain(fields: Fields, slot: int, sign: int, bit: int, span: Span) -> None:
    """Set a bit of what is known where a record's text does not have a *sign* (an octet)."""
    rows, heads, first = fields.rows, fields.heads, fields.first_text[slot]
    for i in range(span[0], span[1]):
        fetch(heads, (first + rows[min(i + AHEAD, span[1] - 1), slot]) * heads.shape[1])
        code = rows[i, slot]
        if code < 0:
            continue
        signs = np.uint64(heads[first + code, SIGNS])
        at, end = place(heads[first + code, PLACE])
        if signs >> np.uint64(sign & (_CLASSES - 1)) & np.uint64(1):
            while at < end and fields.octets[at] != sign:
                at += 1
        else:
            at = end
        fields.known[i] |= np.uint64(at == end) << np.uint64(bit)


@compiled
def _most(program: Program, weights: Weights, same: np.uint64, both: np.uint64) -> float:
    """What a pair can weigh at most of which the codes *same* are alike, and *both* have these.

    Every instruction is gone through once: it goes on at one that stands before it.
    """
    nothing = np.uint64(0)
    total, most = 0.0, np.empty(len(program.code), dtype=np.float64)
    for c in range(len(program.starts)):
        if both & program.needs[c] == nothing:
            continue
        for at in range(program.first[c], program.starts[c] + 1):
            what, slot = program.code[at, 0], program.code[at, 1]
            then, otherwise = program.code[at, 2], program.code[at, 3]
            holds = most[then] if then >= 0 else weights.best[c, -1 - then]
            fails = most[otherwise] if otherwise >= 0 else weights.best[c, -1 - otherwise]
            bit, ends = np.uint64(1) << np.uint64(slot), program.ends[at]
            if both & bit == nothing:
                most[at] = fails
            elif what == KNOWN_IN_BOTH or (same & bit != nothing and what != BEGINS):
                most[at] = holds
            elif (
                what == SAME
                or both & program.plain[at] != nothing
                or (ends != nothing and both & ends == ends and same & ends == nothing)
            ):
                most[at] = fails
            else:
                most[at] = max(holds, fails)
        total += most[program.starts[c]]
    return total


@compiled
def sieved(fields: Fields, program: Program, weights: Weights, pairs: Pairs, least: float) -> int:
    """How many of *pairs* may weigh *least* or more: these come first in *pairs* after that."""
    lefts, rights = pairs
    rows, known, width = fields.rows, fields.known, fields.rows.shape[1]
    codes = np.uint64(_ALL) >> np.uint64(MOST - width)
    words = np.zeros((1 << _MEMO_BITS, 2), dtype=np.uint64)
    worth = np.full(1 << _MEMO_BITS, _most(program, weights, words[0, 0], words[0, 1]))
    count, last = 0, len(lefts) - 1
    for k in range(len(lefts)):
        later = min(k + AHEAD, last)
        fetch(rows, lefts[later] * width)
        fetch(rows, rights[later] * width)
        left, right = np.uint64(lefts[k]), np.uint64(rights[k])
        both, same = known[left] & known[right], np.uint64(0)
        for first in range(0, width, AT_ONCE):
            some = alike(rows, lefts[k] * width + first, rights[k] * width + first)
            same |= some << np.uint64(first)
        same &= both & codes
        at = (same * _ONE ^ both * _OTHER) >> np.uint64(MOST - _MEMO_BITS)
        if words[at, 0] != same or words[at, 1] != both:
            words[at, 0], words[at, 1] = same, both
            worth[at] = _most(program, weights, same, both)
        lefts[count], rights[count] = lefts[k], rights[k]
        count += worth[at] >= least - _SLACK
    return count
