"""Whether two texts are alike enough, on their UTF-8 octets, as DuckDB's functions count.

A text is ``octets[a:a_end]``. A likeness is only ever asked for with a limit, so most pairs are
answered by their lengths and their ``signs`` (which of 64 classes of octets occur) alone.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba.core import typing as numba_typing
from numba.extending import intrinsic

from amends.kernel.compiling import borrowing, compiled
from amends.linkage.compiled.winkler import PREFIX_MAX, PREFIX_WEIGHT

Octets = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

PLACE: Final = 0
SIGNS: Final = 1
ENDS: Final = 2
STEPS: Final = 3
HEAD: Final = 4

_SIZE_BITS: Final = 24
STEPS_OF_A_SLIP: Final = 3

_SPACE: Final = 32
_STAR: Final = 42
_OF_FOUR: Final = 0xF0
_END: Final = 4
_HALF: Final = 32
_THREE: Final = 0xFFFFFF
_LOWER: Final = 0xFFFFFFFF


@intrinsic
def _population(_context: object, word: object) -> object:
    """The processor's own count of the bits of a word that are set."""

    def generate(_target: object, builder: Any, _signature: object, arguments: Any) -> object:  # noqa: ANN401 -- LLVM's
        return builder.ctpop(arguments[0])

    return numba_typing.signature(word, word), generate  # type: ignore[no-untyped-call, attr-defined]


@borrowing
def ones(word: np.uint64) -> int:
    """How many bits of a 64-bit *word* are set."""
    return np.int64(_population(word))  # type: ignore[return-value, call-arg]


@compiled
def heads_of(octets: Octets, offsets: Offsets) -> Offsets:
    """Per text its :data:`PLACE` in *octets*, its :data:`SIGNS`, :data:`ENDS` and :data:`STEPS`.

    Place: see :func:`place`. The ends are the first four octets and the last four, in the lower and
    upper half of a word. Steps: which of 64 classes of two octets, one after the other, occur. All
    stand side by side, because most pairs of texts are answered by these alone.
    """
    heads = np.zeros((len(offsets) - 1, HEAD), dtype=np.int64)
    for i in range(len(heads)):
        start, end = offsets[i], offsets[i + 1]
        signs, ends, steps = np.uint64(0), np.uint64(0), np.uint64(0)
        for at in range(start, end):
            signs |= np.uint64(1) << np.uint64(octets[at] & 63)
            if at > start:
                steps |= np.uint64(1) << np.uint64((37 * octets[at - 1] + octets[at]) & 63)
        for k in range(min(_END, end - start)):
            ends |= np.uint64(octets[start + k]) << np.uint64(8 * k)
            ends |= np.uint64(octets[end - 1 - k]) << np.uint64(_HALF + 8 * k)
        heads[i, PLACE] = start << _SIZE_BITS | end - start
        heads[i, SIGNS], heads[i, ENDS] = np.int64(signs), np.int64(ends)
        heads[i, STEPS] = np.int64(steps)
    return heads


@borrowing
def place(word: int) -> tuple[int, int]:
    """Where a text starts and ends, from its :data:`PLACE`; it has less than 16 MiB."""
    start = word >> _SIZE_BITS
    return start, start + (word & (1 << _SIZE_BITS) - 1)


@borrowing
def may_slip(signs: int, others: int, most: int, each: int) -> bool:
    """Whether *most* slips can make one text of another, a slip changing *each* of these signs."""
    x, y = np.uint64(signs), np.uint64(others)
    return bool(ones(x & ~y) <= most * each and ones(y & ~x) <= most * each)


@borrowing
def starts_differ(ends: int, others: int) -> bool:
    """Whether one of the first four octets differs; a shorter text has zeros there."""
    return bool((np.uint64(ends) ^ np.uint64(others)) & np.uint64(_LOWER))


@borrowing
def both_ends_differ(ends: int, others: int, one: int, other: int) -> bool:
    """Whether two texts of these sizes differ at both ends, too far apart for a single slip."""
    return (
        min(one, other) > 2 * _END
        and starts_differ(ends, others)
        and bool((np.uint64(ends) ^ np.uint64(others)) >> np.uint64(_HALF))
    )


@borrowing
def _same(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    if a_end - a != b_end - b:
        return False
    for k in range(a_end - a):
        if octets[a + k] != octets[b + k]:
            return False
    return True


@borrowing
def _one_slip(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Damerau-Levenshtein distance of at most 1."""
    while a < a_end and b < b_end and octets[a] == octets[b]:
        a += 1
        b += 1
    one, other = a_end - a, b_end - b
    if one == 0 or other == 0:
        return one + other <= 1
    if one > other:
        return one == other + 1 and _same(octets, a + 1, a_end, b, b_end)
    if other > one:
        return other == one + 1 and _same(octets, a, a_end, b + 1, b_end)
    if _same(octets, a + 1, a_end, b + 1, b_end):
        return True
    return (
        one > 1
        and octets[a] == octets[b + 1]
        and octets[a + 1] == octets[b]
        and _same(octets, a + 2, a_end, b + 2, b_end)
    )


@borrowing
def slips_within(  # noqa: PLR0911 -- each answer as soon as it is known
    octets: Octets, a: int, a_end: int, b: int, b_end: int, most: int
) -> bool:
    """Whether the unrestricted Damerau-Levenshtein distance is at most *most* (1 or 2)."""
    if abs((a_end - a) - (b_end - b)) > most:
        return False
    if most == 1:
        return _one_slip(octets, a, a_end, b, b_end)
    while a < a_end and b < b_end and octets[a] == octets[b]:
        a += 1
        b += 1
    one, other = a_end - a, b_end - b
    if one == 0 or other == 0:
        return one + other <= most
    if (
        _one_slip(octets, a + 1, a_end, b + 1, b_end)
        or _one_slip(octets, a + 1, a_end, b, b_end)
        or _one_slip(octets, a, a_end, b + 1, b_end)
    ):
        return True
    if one < 2 or other < 2:
        return False
    if octets[a] == octets[b + 1]:
        if octets[a + 1] == octets[b] and _one_slip(octets, a + 2, a_end, b + 2, b_end):
            return True
        # x ? y -> y x: two signs change places after the one between them is gone
        if one > 2 and octets[a + 2] == octets[b]:
            return _same(octets, a + 3, a_end, b + 2, b_end)
    return (
        octets[a + 1] == octets[b]
        and other > 2
        and octets[a] == octets[b + 2]
        and _same(octets, a + 2, a_end, b + 3, b_end)
    )


@borrowing
def may_be_like(one: int, other: int, signs: np.uint64, others: np.uint64, least: float) -> bool:
    """Whether two texts of these lengths and *signs* can have a similarity of *least*.

    With the whole prefix in common a Jaro similarity of (*least* - 0.4) / 0.6 is enough for it;
    and that one needs a certain number of signs in common.
    """
    common = min(one - ones(signs & ~others), other - ones(others & ~signs))
    boost = PREFIX_MAX * PREFIX_WEIGHT
    needed = min((least - boost) / (1.0 - boost), least) - 1e-9
    return common > 0 and common * (one + other) >= (3.0 * needed - 1.0) * one * other


@borrowing
def two_may_be_same(ends: int, others: int) -> bool:
    """Whether two of three Han signs can be the same: the first or the last is one of them.

    Each has three octets or more.
    """
    differ = np.uint64(ends) ^ np.uint64(others)
    return not (differ & np.uint64(_THREE) and differ >> np.uint64(_HALF) & np.uint64(_THREE))


@borrowing
def two_of_three(octets: Octets, a: int, b: int) -> bool:
    """Whether two of the three Han signs that texts begin with are the same, in their places."""
    same = 0
    for _ in range(3):
        one = 4 if octets[a] >= _OF_FOUR else 3
        other = 4 if octets[b] >= _OF_FOUR else 3
        same += _same(octets, a, a + one, b, b + other)
        a += one
        b += other
    return same > 1


@borrowing
def may_part(signs: np.uint64, others: np.uint64) -> bool:
    """Whether one of two texts with these *signs* can have several parts, that is, a space."""
    return bool(((signs | others) >> np.uint64(_SPACE)) & np.uint64(1))


@borrowing
def contained(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether all parts of the first text, between spaces, are among those of the second."""
    start = a
    for at in range(a, a_end + 1):
        if at == a_end or octets[at] == _SPACE:
            if not _among(octets, start, at, b, b_end):
                return False
            start = at + 1
    return True


@borrowing
def sharing(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether two texts have a part in common."""
    start = a
    for at in range(a, a_end + 1):
        if at == a_end or octets[at] == _SPACE:
            if _among(octets, start, at, b, b_end):
                return True
            start = at + 1
    return False


@borrowing
def _among(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether the first text is a part of the second."""
    start = b
    for at in range(b, b_end + 1):
        if at == b_end or octets[at] == _SPACE:
            if _same(octets, a, a_end, start, at):
                return True
            start = at + 1
    return False


@borrowing
def may_fit(signs: np.uint64, others: np.uint64) -> bool:
    """Whether one of two texts with these *signs* can be masked, that is, can have a ``*``."""
    return bool(((signs | others) >> np.uint64(_STAR)) & np.uint64(1))


@borrowing
def fits(octets: Octets, a: int, a_end: int, b: int, b_end: int) -> bool:
    """Whether the first text is the second, of which every ``*`` may be any run of signs."""
    at, like, star, met = a, b, -1, a
    while at < a_end:
        if like < b_end and octets[like] == _STAR:
            star, met = like, at
            like += 1
        elif like < b_end and octets[like] == octets[at]:
            at += 1
            like += 1
        elif star >= 0:
            met += 1
            at, like = met, star + 1
        else:
            return False
    while like < b_end and octets[like] == _STAR:
        like += 1
    return like == b_end


@borrowing
def begins(octets: Octets, a: int, a_end: int, b: int, b_end: int, least: int) -> bool:
    """Whether the shorter text, of *least* octets or more, is the beginning of the longer."""
    common = min(a_end - a, b_end - b)
    return common >= least and _same(octets, a, a + common, b, b + common)
