"""What the fields of two records say of each other, for many pairs at once.

What is compared is a *program*: rows of ``(what, slot, limit, then, otherwise)``. An instruction
asks one thing of two values of a slot and goes on at ``then`` or ``otherwise``; below zero that is
the answer, level ``-1 - target``. So a comparison costs what it has to look at, whatever is
declared. Values are codes, equal where texts are; the texts lie flat behind them.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.blocks import Ints, Ints32
from amends.linkage.compiled.likeness import (
    ENDS,
    PLACE,
    SIGNS,
    STEPS,
    STEPS_OF_A_SLIP,
    Octets,
    begins,
    both_ends_differ,
    contained,
    fits,
    may_be_like,
    may_fit,
    may_part,
    may_slip,
    place,
    sharing,
    slips_within,
    starts_differ,
    two_may_be_same,
    two_of_three,
)
from amends.linkage.compiled.winkler import similarity

Floats = npt.NDArray[np.float64]
Pairs = tuple[Ints32, Ints32]
Places = npt.NDArray[np.int16]
Answers = npt.NDArray[np.int8]
Masks = npt.NDArray[np.uint64]

KNOWN_IN_BOTH: Final = 0
SAME: Final = 1
SLIPS: Final = 2
LIKE: Final = 3
CONTAINED: Final = 4
SHARING: Final = 5
FITS: Final = 6
BEGINS: Final = 7
TWO_OF_THREE: Final = 8


class Fields(NamedTuple):
    """Records as rows of codes (-1: no value), and the texts that codes stand for.

    Bit *s* of ``known[i]``: record *i* has a value of slot *s*. What else is told of texts follows
    the slots, in rows and bits: see :class:`~amends.linkage.weighing.glance.Glance`.
    Text *c* of slot *s* is entry ``first_text[s] + c`` of ``heads`` (see
    :func:`~amends.linkage.compiled.likeness.heads_of`).
    """

    rows: Ints32
    known: Masks
    first_text: Ints
    octets: Octets
    heads: Ints


class Program(NamedTuple):
    """Instructions of all comparisons; each goes on at one that stands before it.

    ``first``: where those of each comparison begin; ``starts``: its entry, their last. ``needs``:
    it is made where both records have one of these slots, as bits of ``Fields.known``, the lowest.
    ``levels``: how many answers it has: its levels (best first), else, and missing. ``ends`` and
    ``plain`` of an instruction: see :meth:`~amends.linkage.weighing.glance.Glance.of`.
    """

    code: Ints32
    limits: Floats
    first: Ints32
    starts: Ints32
    needs: Masks
    levels: Ints
    ends: Masks
    plain: Masks


@compiled
def slots_of(rows: Ints32, slots: int) -> Masks:
    """``Fields.known`` of the *slots* that *rows* begin with."""
    known = np.zeros(len(rows), dtype=np.uint64)
    for i in range(len(rows)):
        for slot in range(slots):
            known[i] |= np.uint64(rows[i, slot] >= 0) << np.uint64(slot)
    return known


@borrowing
def _equal(rows: Ints32, slot: int, pairs: Pairs, waiting: Places, holds: Answers) -> None:
    lefts, rights = pairs
    for q in range(len(waiting)):
        k = waiting[q]
        one = rows[lefts[k], slot]
        holds[q] = (one == rows[rights[k], slot]) & (one >= 0)


@borrowing
def _in_both(rows: Ints32, slot: int, pairs: Pairs, waiting: Places, holds: Answers) -> None:
    lefts, rights = pairs
    for q in range(len(waiting)):
        k = waiting[q]
        holds[q] = (rows[lefts[k], slot] >= 0) & (rows[rights[k], slot] >= 0)


@borrowing
def _alike(
    fields: Fields, asked: tuple[int, int, float], pairs: Pairs, waiting: Places, holds: Answers
) -> None:
    """Texts of few slips, of some similarity, of equal parts, or with signs masked or cut off.

    Most pairs are answered by the heads of their texts.
    """
    what, slot, limit = asked
    lefts, rights = pairs
    rows, octets, heads = fields.rows, fields.octets, fields.heads
    first, number = fields.first_text[slot], int(limit)
    for q in range(len(waiting)):
        later = waiting[min(q + AHEAD, len(waiting) - 1)]
        fetch(heads, (first + rows[lefts[later], slot]) * heads.shape[1])
        fetch(heads, (first + rows[rights[later], slot]) * heads.shape[1])
        k = waiting[q]
        one, other = rows[lefts[k], slot], rows[rights[k], slot]
        if one < 0 or other < 0:
            holds[q] = 0
            continue
        i, j = first + one, first + other
        a, a_end = place(heads[i, PLACE])
        b, b_end = place(heads[j, PLACE])
        x, y = np.uint64(heads[i, SIGNS]), np.uint64(heads[j, SIGNS])
        if what == BEGINS:
            holds[q] = not starts_differ(heads[i, ENDS], heads[j, ENDS]) and begins(
                octets, a, a_end, b, b_end, number
            )
        elif one == other:
            holds[q] = 1
        elif what == SLIPS:
            holds[q] = (
                may_slip(heads[i, SIGNS], heads[j, SIGNS], number, 1)
                and may_slip(heads[i, STEPS], heads[j, STEPS], number, STEPS_OF_A_SLIP)
                and not (
                    number == 1
                    and both_ends_differ(heads[i, ENDS], heads[j, ENDS], a_end - a, b_end - b)
                )
                and slips_within(octets, a, a_end, b, b_end, number)
            )
        elif what == TWO_OF_THREE:
            holds[q] = two_may_be_same(heads[i, ENDS], heads[j, ENDS]) and two_of_three(
                octets, a, b
            )
        elif what == CONTAINED:
            holds[q] = may_part(x, y) and (
                contained(octets, a, a_end, b, b_end) or contained(octets, b, b_end, a, a_end)
            )
        elif what == SHARING:
            holds[q] = may_part(x, y) and sharing(octets, a, a_end, b, b_end)
        elif what == FITS:
            holds[q] = may_fit(x, y) and (
                fits(octets, a, a_end, b, b_end) or fits(octets, b, b_end, a, a_end)
            )
        else:
            holds[q] = (
                may_be_like(a_end - a, b_end - b, x, y, limit)
                and similarity(octets, a, a_end, b, b_end) >= limit
            )


@compiled
def compare(
    fields: Fields,
    program: Program,
    comparison: int,
    pairs: Pairs,
    which: Places,
    known: np.uint64,
    levels: Answers,
) -> None:
    """Write the level of each of the *pairs* at *which*, in one comparison, to *levels*.

    *known*: slots that both records of any of the pairs have; what asks for others is passed over.

    Every instruction is asked of all pairs that have come to it, before the next one is: what is
    done over and over is a loop of one kind, and nothing is looked up or decided for each pair. So
    every pair is given a level each time, of which the last holds, and waits for whatever follows;
    after an answer that is the last row of *waiting*, which nobody reads.
    """
    start, first = program.starts[comparison], program.first[comparison]
    size = start - first + 1
    goes = np.empty((size, 3), dtype=np.int64)  # what is asked in its place, then, otherwise
    for at in range(first, start + 1):
        own = at - first
        then, otherwise = program.code[at, 2], program.code[at, 3]
        goes[own, 1] = then if then < 0 else goes[then - first, 0]
        goes[own, 2] = otherwise if otherwise < 0 else goes[otherwise - first, 0]
        asked = known >> np.uint64(program.code[at, 1]) & np.uint64(1)
        goes[own, 0] = at if asked and goes[own, 1] != goes[own, 2] else goes[own, 2]
    begin = goes[start - first, 0]
    if begin < 0:
        for q in range(len(which)):
            levels[which[q]] = -1 - begin
        return
    waiting = np.empty((size + 1, len(which) + 1), dtype=np.int16)  # one more: not kept
    counts = np.zeros(size + 1, dtype=np.int64)
    holds = np.empty(len(which), dtype=np.int8)
    for at in range(begin, first - 1, -1):
        here = which if at == begin else waiting[at - first, : counts[at - first]]
        if len(here) == 0:
            continue
        what, slot, limit = program.code[at, 0], program.code[at, 1], program.limits[at]
        if what == SAME:
            _equal(fields.rows, slot, pairs, here, holds)
        elif what == KNOWN_IN_BOTH:
            _in_both(fields.rows, slot, pairs, here, holds)
        else:
            _alike(fields, (what, slot, limit), pairs, here, holds)
        then, otherwise = goes[at - first, 1], goes[at - first, 2]
        to = then - first if then >= 0 else size
        back = otherwise - first if otherwise >= 0 else size
        go, stay = waiting[to], waiting[back]
        going, staying = counts[to], counts[back]
        for q in range(len(here)):
            k, held = here[q], holds[q]
            levels[k] = -1 - (then if held else otherwise)
            go[going], stay[staying] = k, k
            going += held
            staying += 1 - held
        counts[to], counts[back], counts[size] = going, staying, 0
