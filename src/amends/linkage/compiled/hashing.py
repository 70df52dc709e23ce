"""Texts as keyed hashes of 64 and 32 bits, and dictionaries from such hashes to small numbers.

Both hashes are of all octets and have seeds of their own; two texts are taken for one where both
agree (of ten million texts, two different ones do so with a probability of 10⁻¹⁵). The seeds are
a case's secret, so that nobody can prepare a file in which they do.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Hashes
from amends.linkage.compiled.strings import Offsets

ODD: Final = 255
"""In a table of signs: an octet that somebody else has to look at."""

_ONE = np.uint64(0x9E3779B97F4A7C15)
_TWO = np.uint64(0xBF58476D1CE4E5B9)
_THREE = np.uint64(0x94D049BB133111EB)
_FOUR = np.uint64(0xD6E8FEB86659FD93)
_32 = np.uint64(32)
_29 = np.uint64(29)


@compiled
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


@compiled
def hashed(
    octets: Bytes, bounds: Offsets, signs: Bytes, seeds: Hashes, keys: Hashes, checks: Checks
) -> Bytes:
    """Hash texts, ``octets[bounds[i]:bounds[i + 1]]`` each, into *keys* and *checks*.

    Args:
        octets: UTF-8.
        bounds: where texts begin, and the end.
        signs: per octet what it counts as, not 0, or :data:`ODD`.
        seeds: two secret numbers.
        keys: the first hash goes here.
        checks: the second one.

    Returns:
        Per text 1 where it was hashed, 0 where it is empty, 2 where it has an odd octet.
    """
    states = np.empty(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(bounds) - 1):
        one, two = seeds[0], seeds[1]
        word, held, size = np.uint64(0), 0, 0
        state = 1
        for at in range(bounds[i], bounds[i + 1]):
            sign = signs[octets[at]]
            if sign == ODD:
                state = 2
                break
            word |= np.uint64(sign) << np.uint64(8 * held)
            held += 1
            if held == 8:
                one = (one ^ word) * _ONE
                one ^= one >> _32
                two = (two ^ word) * _FOUR
                two ^= two >> _29
                word, held = np.uint64(0), 0
                size += 8
        size += held
        one = (one ^ word) * _ONE
        one ^= one >> _32
        two = (two ^ word) * _FOUR
        two ^= two >> _29
        keys[i] = mixed(one ^ np.uint64(size))
        checks[i] = np.uint32(mixed(two + np.uint64(size)) >> _32)
        states[i] = state if size > 0 or state == 2 else 0
    return states


@compiled
def numbered(
    keys: Hashes,
    checks: Checks,
    states: Bytes,
    table: Nodes,
    known: Hashes,
    known_checks: Checks,
    count: int,
    numbers: Nodes,
    fresh: Nodes,
) -> int:
    """Give texts the numbers of a dictionary, new ones the next.

    Args:
        keys: first hashes.
        checks: second hashes.
        states: texts that are not 0 get a number; others -1.
        table: slots, a power of two and more than twice the texts, -1 where free.
        known: per number its first hash; room for new ones.
        known_checks: per number its second hash.
        count: how many numbers there are.
        numbers: the number of each text goes here.
        fresh: per new number, in order, the text that has it first.

    Returns:
        How many numbers there are now.
    """
    mask = np.uint64(len(table) - 1)
    before = count
    for i in range(len(keys)):
        if states[i] == 0:
            numbers[i] = -1
            continue
        slot = keys[i] & mask
        while True:
            one = table[slot]
            if one < 0:
                table[slot] = one = count
                known[count], known_checks[count] = keys[i], checks[i]
                fresh[count - before] = i
                count += 1
                break
            if known[one] == keys[i] and known_checks[one] == checks[i]:
                break
            slot = (slot + np.uint64(1)) & mask
        numbers[i] = one
    return count


@compiled
def entered(known: Hashes, count: int, table: Nodes) -> None:
    """Enter the first *count* known hashes into a new, empty *table*."""
    mask = np.uint64(len(table) - 1)
    for one in range(count):
        slot = known[one] & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = one
