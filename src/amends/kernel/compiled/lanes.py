"""SHA-256 (FIPS 180-4) of many texts at once, in compiled lanes.

Sixteen texts go through every step side by side, as many as a wide register takes. A state is eight
words of each, a block sixteen: word by word, of all texts side by side.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

Words = npt.NDArray[np.uint32]

LANES: Final = 16
BLOCK_BYTES: Final = 64  # and rounds
BLOCK_WORDS: Final = 16
STATE_WORDS: Final = 8
INNER, OUTER = np.uint8(0x36), np.uint8(0x5C)
"""What a key of HMAC (RFC 2104) is mixed with, octet by octet."""


def _behind_the_point(number: int, root: int) -> int:
    """The first 32 bits of the fraction of a square or cube root."""
    low, high = 0, number << 32
    while high - low > 1:
        middle = (low + high) // 2
        below = middle**root <= number << 32 * root
        low, high = (middle, high) if below else (low, middle)
    return low % (1 << 32)


_PRIMES: Final = [n for n in range(2, 312) if all(n % k for k in range(2, n))]
START: Final = np.array([_behind_the_point(p, 2) for p in _PRIMES[:STATE_WORDS]], dtype=np.uint32)
ADDED: Final = np.array([_behind_the_point(p, 3) for p in _PRIMES], dtype=np.uint32)
"""What a state begins as, and what the rounds add."""


@compiled
def _turned(word: np.uint32, bits: int) -> np.uint32:
    return np.uint32(word >> np.uint32(bits) | word << np.uint32(32 - bits))


@compiled
def compress(state: Words, words: Words, added: Words) -> None:
    """Take a block into each state (FIPS 180-4 §6.2.2); *words* begin with it, by word and text."""
    for at in range(BLOCK_WORDS * LANES, BLOCK_BYTES * LANES):
        one, two = words[at - 15 * LANES], words[at - 2 * LANES]
        early = _turned(one, 7) ^ _turned(one, 18) ^ one >> np.uint32(3)
        late = _turned(two, 17) ^ _turned(two, 19) ^ two >> np.uint32(10)
        words[at] = words[at - 16 * LANES] + early + words[at - 7 * LANES] + late
    now = state.copy()
    for place in range(BLOCK_BYTES):
        for lane in range(LANES):
            a, b, c = now[lane], now[lane + LANES], now[lane + 2 * LANES]
            e, f, g = now[lane + 4 * LANES], now[lane + 5 * LANES], now[lane + 6 * LANES]
            chosen = np.uint32(e & f ^ ~e & g)
            most = np.uint32(a & b ^ a & c ^ b & c)
            one = np.uint32(
                now[lane + 7 * LANES]
                + (_turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25))
                + chosen
                + added[place]
                + words[place * LANES + lane]
            )
            two = np.uint32((_turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)) + most)
            now[lane + 7 * LANES], now[lane + 6 * LANES], now[lane + 5 * LANES] = g, f, e
            now[lane + 4 * LANES] = now[lane + 3 * LANES] + one
            now[lane + 3 * LANES], now[lane + 2 * LANES], now[lane + LANES] = c, b, a
            now[lane] = one + two
    for at in range(STATE_WORDS * LANES):
        state[at] += now[at]
