"""The rounds of SHA-2 (FIPS 180-4), written for words of 32 and of 64 bits.

They differ in how far words are turned. Both are written out, with every number in its place:
given as arguments, they would not be compiled to steps of sixteen lanes, and take five times as
long. *state* and *words* are by word and lane, and *words* begin with a block as it lies in memory.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled

Words = npt.NDArray[Any]
"""Of 32 or of 64 bits."""

LANES: Final = 16
WORDS: Final = 16
"""Words of a block."""

STATE: Final = 8
"""Words of a state."""

_ROUNDS32: Final = 64
_ROUNDS64: Final = 80


@borrowing
def compress32(state: Words, words: Words, added: Words) -> None:
    """Take a block into each state of SHA-256 (§6.2.2)."""
    for at in range(WORDS * LANES):
        words[at] = _swapped32(words[at])
    take32(state, words, added)


@compiled
def take32(state: Words, words: Words, added: Words) -> None:
    """The same of a block whose words are numbers already."""
    for at in range(WORDS * LANES, _ROUNDS32 * LANES):
        one, two = words[at - 15 * LANES], words[at - 2 * LANES]
        early = _turned32(one, 7) ^ _turned32(one, 18) ^ one >> np.uint32(3)
        late = _turned32(two, 17) ^ _turned32(two, 19) ^ two >> np.uint32(10)
        words[at] = words[at - 16 * LANES] + early + words[at - 7 * LANES] + late
    now = state.copy()
    for place in range(_ROUNDS32):
        for lane in range(LANES):
            a, b, c = now[lane], now[lane + LANES], now[lane + 2 * LANES]
            e, f, g = now[lane + 4 * LANES], now[lane + 5 * LANES], now[lane + 6 * LANES]
            chosen = np.uint32(e & f ^ ~e & g)
            most = np.uint32(a & b ^ a & c ^ b & c)
            one = np.uint32(
                now[lane + 7 * LANES]
                + (_turned32(e, 6) ^ _turned32(e, 11) ^ _turned32(e, 25))
                + chosen
                + added[place]
                + words[place * LANES + lane]
            )
            two = np.uint32((_turned32(a, 2) ^ _turned32(a, 13) ^ _turned32(a, 22)) + most)
            now[lane + 7 * LANES], now[lane + 6 * LANES], now[lane + 5 * LANES] = g, f, e
            now[lane + 4 * LANES] = now[lane + 3 * LANES] + one
            now[lane + 3 * LANES], now[lane + 2 * LANES], now[lane + LANES] = c, b, a
            now[lane] = one + two
    for at in range(STATE * LANES):
        state[at] += now[at]


@borrowing
def _turned32(word: np.uint32, by: int) -> np.uint32:
    return np.uint32(word >> np.uint32(by) | word << np.uint32(32 - by))


@compiled
def compress64(state: Words, words: Words, added: Words) -> None:
    """Take a block into each state of SHA-512 (§6.4.2)."""
    for at in range(WORDS * LANES):
        words[at] = _swapped64(words[at])
    for at in range(WORDS * LANES, _ROUNDS64 * LANES):
        one, two = words[at - 15 * LANES], words[at - 2 * LANES]
        early = _turned64(one, 1) ^ _turned64(one, 8) ^ one >> np.uint64(7)
        late = _turned64(two, 19) ^ _turned64(two, 61) ^ two >> np.uint64(6)
        words[at] = words[at - 16 * LANES] + early + words[at - 7 * LANES] + late
    now = state.copy()
    for place in range(_ROUNDS64):
        for lane in range(LANES):
            a, b, c = now[lane], now[lane + LANES], now[lane + 2 * LANES]
            e, f, g = now[lane + 4 * LANES], now[lane + 5 * LANES], now[lane + 6 * LANES]
            chosen = np.uint64(e & f ^ ~e & g)
            most = np.uint64(a & b ^ a & c ^ b & c)
            one = np.uint64(
                now[lane + 7 * LANES]
                + (_turned64(e, 14) ^ _turned64(e, 18) ^ _turned64(e, 41))
                + chosen
                + added[place]
                + words[place * LANES + lane]
            )
            two = np.uint64((_turned64(a, 28) ^ _turned64(a, 34) ^ _turned64(a, 39)) + most)
            now[lane + 7 * LANES], now[lane + 6 * LANES], now[lane + 5 * LANES] = g, f, e
            now[lane + 4 * LANES] = now[lane + 3 * LANES] + one
            now[lane + 3 * LANES], now[lane + 2 * LANES], now[lane + LANES] = c, b, a
            now[lane] = one + two
    for at in range(STATE * LANES):
        state[at] += now[at]


@borrowing
def _turned64(word: np.uint64, by: int) -> np.uint64:
    return np.uint64(word >> np.uint64(by) | word << np.uint64(64 - by))


@borrowing
def _swapped32(word: np.uint32) -> np.uint32:
    """The same octets from the other end."""
    inner = word >> np.uint32(8) & np.uint32(0xFF00) | word << np.uint32(8) & np.uint32(0xFF0000)
    return np.uint32(word >> np.uint32(24) | inner | word << np.uint32(24))


@borrowing
def _swapped64(word: np.uint64) -> np.uint64:
    """The same octets from the other end."""
    low, high = _swapped32(np.uint32(word)), _swapped32(np.uint32(word >> np.uint64(32)))
    return np.uint64(np.uint64(low) << np.uint64(32) | np.uint64(high))
