"""Texts as keyed hashes of 64 and 32 bits, and dictionaries from such hashes to small numbers.

Both hashes are of all octets and have seeds of their own; two texts are taken for one where both
agree (of ten million texts, two different ones do so with a probability of 10⁻¹⁵). The seeds are
a case's secret, so that nobody can prepare a file in which they do.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Hashes, Integers
from amends.linkage.compiled.octets import Octets, eight, rows_there

Slots = npt.NDArray[np.void]

SLOT: Final = np.dtype([("key", np.uint64), ("check", np.uint32), ("next", np.int32)])
"""A text of a dictionary: its two hashes, and the number after its own (0: the slot is free)."""

ODD: Final = 255
"""In a table of signs: an octet that somebody else has to look at."""

_ONE = np.uint64(0x9E3779B97F4A7C15)
_TWO = np.uint64(0xBF58476D1CE4E5B9)
_THREE = np.uint64(0x94D049BB133111EB)
_FOUR = np.uint64(0xD6E8FEB86659FD93)
_TOPS = np.uint64(0x8080808080808080)
_8 = np.uint64(8)
_32 = np.uint64(32)
_29 = np.uint64(29)
_AHEAD: Final = 32


@borrowing
def mixed(value: np.integer) -> np.uint64:
    """64 bits that all depend on all of *value*; different values give different ones.

    Steele, Lea and Flood 2014 (splitmix64).
    """
    x = np.uint64(value)
    x = (x ^ (x >> np.uint64(30))) * _TWO
    x = (x ^ (x >> np.uint64(27))) * _THREE
    return x ^ (x >> np.uint64(31))


@compiled
def mixed_all(values: npt.NDArray[np.int64]) -> Hashes:
    """:func:`mixed` of every value."""
    result = np.empty(len(values), dtype=np.uint64)
    for i in range(len(values)):
        result[i] = mixed(values[i])
    return result


@borrowing
def hashed(
    octets: Bytes, start: np.uint64, end: np.uint64, one: np.uint64, two: np.uint64
) -> tuple[np.uint64, np.uint32]:
    """Both hashes of ``octets[start:end]``; *one* and *two* are their seeds.

    Places are unsigned, so that none is asked whether it counts from the end.
    """
    size, at = end - start, start
    while True:
        word = np.uint64(0)
        if size >= _8:
            word = eight(octets, min(at, end - _8))
        else:
            for place in range(start, end):
                word = word << _8 | np.uint64(octets[place])
        one, two = _with(one, two, word)
        at += _8
        if at >= end:
            return _ended(one, two, size)


@borrowing
def hashed_signs(
    octets: Bytes, start: np.uint64, end: np.uint64, one: np.uint64, two: np.uint64, signs: Bytes
) -> tuple[np.uint64, np.uint32, bool]:
    """Both hashes of the *signs* that octets stand for, and whether one of these is odd.

    *signs* say of every octet an octet under 128, or :data:`ODD`. Of a text that stands for itself
    the hashes are those of :func:`hashed`.
    """
    size, at, seen = end - start, start, np.uint64(0)
    while True:
        word = np.uint64(0)
        if size >= _8:
            here = min(at, end - _8)
            for k in range(8):
                word |= np.uint64(signs[octets[here + np.uint64(k)]]) << np.uint64(8 * k)
        else:
            for place in range(start, end):
                word = word << _8 | np.uint64(signs[octets[place]])
        seen |= word
        one, two = _with(one, two, word)
        at += _8
        if at >= end:
            key, check = _ended(one, two, size)
            return key, check, bool(seen & _TOPS)


@borrowing
def _with(one: np.uint64, two: np.uint64, word: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Both hashes with eight octets more."""
    one, two = (one ^ word) * _ONE, (two ^ word) * _FOUR
    return one ^ (one >> _32), two ^ (two >> _29)


@borrowing
def _ended(one: np.uint64, two: np.uint64, size: np.uint64) -> tuple[np.uint64, np.uint32]:
    """What both hashes are after all octets of a text of this *size*."""
    return mixed(one ^ size), np.uint32(mixed(two + size) >> _32)


@borrowing
def hashed_all(texts: Octets, seeds: Hashes, rows: Nodes, keys: Hashes, checks: Checks) -> int:
    """Both hashes of texts that are there; which *rows* these are, and how many.

    There is room for the rows of all texts, and for hashes of those that are there.
    """
    octets, bounds, valid, first = texts
    one, two, count = seeds[0], seeds[1], rows_there(bounds, valid, first, rows)
    for i in range(count):
        start, end = np.uint64(bounds[rows[i]]), np.uint64(bounds[rows[i] + 1])
        keys[i], checks[i] = hashed(octets, start, end, one, two)
    return count


@borrowing
def numbered(
    keys: Hashes,
    checks: Checks,
    rows: Nodes,
    slots: Slots,
    count: int,
    numbers: Nodes,
    fresh: Integers,
) -> int:
    """Give texts the numbers of a dictionary, new ones the next.

    Args:
        keys: first hashes.
        checks: second hashes.
        rows: where each text stands.
        slots: the dictionary: a power of two, and half as many again as texts at least.
        count: how many numbers there are.
        numbers: by row, the number of each text goes here.
        fresh: per new number, in order, the row that has it first.

    Returns:
        How many numbers there are now.
    """
    known, known_checks, nexts = slots["key"], slots["check"], slots["next"]
    mask = np.uint64(len(slots) - 1)
    before = count
    for first in range(0, len(keys), _AHEAD):
        some = range(first, min(first + _AHEAD, len(keys)))
        near = 0
        for i in some:  # fetched side by side, not one after the other
            near += nexts[keys[i] & mask]
        numbers[rows[first]] = near
        for i in some:
            slot = keys[i] & mask
            while True:
                one = nexts[slot]
                if one == 0:
                    fresh[count - before] = rows[i]
                    count += 1
                    known[slot], known_checks[slot], nexts[slot] = keys[i], checks[i], count
                    one = count
                    break
                if known[slot] == keys[i] and known_checks[slot] == checks[i]:
                    break
                slot = (slot + np.uint64(1)) & mask
            numbers[rows[i]] = one - 1
    return count


@borrowing
def moved(slots: Slots, wider: Slots) -> None:
    """Move a dictionary into *wider*, which is empty."""
    keys, checks, nexts = slots["key"], slots["check"], slots["next"]
    to_keys, to_checks, to_nexts = wider["key"], wider["check"], wider["next"]
    mask = np.uint64(len(wider) - 1)
    for old in range(len(nexts)):
        if nexts[old] != 0:
            slot = keys[old] & mask
            while to_nexts[slot] != 0:
                slot = (slot + np.uint64(1)) & mask
            to_keys[slot], to_checks[slot], to_nexts[slot] = keys[old], checks[old], nexts[old]
