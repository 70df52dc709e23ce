"""Randomness without state: numbers that depend on the seed, a purpose and a key, on nothing else.

A generator that is read in sequence would tie a person's name to everybody before them. Here every
draw is a keyed mix of 64 bits (the finaliser of SplitMix64, Steele, Lea and Flood 2014), so any
attribute of any person can be computed anywhere, in any order, again.
"""

from functools import cache
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

Bits = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_1: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2: Final = np.uint64(0x94D049BB133111EB)
_ROUNDS: Final = 6


class Draws:
    """Draws by purpose and key for one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def bits(self, purpose: str, keys: Numbers) -> Bits:
        """64 bits for each key."""
        return _mix(keys.astype(np.uint64) * _GOLDEN + _constant(self._seed, purpose))

    def uniform(self, purpose: str, keys: Numbers) -> npt.NDArray[np.float64]:
        """Numbers from 0 (inclusive) to 1 (exclusive)."""
        return (self.bits(purpose, keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53

    def chance(self, purpose: str, keys: Numbers, rate: float) -> Mask:
        """True for about *rate* of the keys."""
        if rate <= 0.0:
            return np.zeros(len(keys), dtype=np.bool_)
        return self.uniform(purpose, keys) < rate

    def below(self, purpose: str, keys: Numbers, limit: int) -> Numbers:
        """Whole numbers from 0 to *limit* - 1; *limit* is at most 2**32."""
        high = self.bits(purpose, keys) >> np.uint64(32)
        return ((high * np.uint64(limit)) >> np.uint64(32)).astype(np.int64)

    def permute(self, purpose: str, values: Numbers, size: int) -> Numbers:
        """Each of 0..size-1 goes to another place of 0..size-1, no two to the same.

        A Feistel network over the next power of two; what falls outside walks on until it is in.
        """
        return self._walk(purpose, values, size, range(_ROUNDS))

    def unpermute(self, purpose: str, values: Numbers, size: int) -> Numbers:
        """The way back from :meth:`permute`."""
        return self._walk(purpose, values, size, range(_ROUNDS - 1, -1, -1))

    def _walk(self, purpose: str, values: Numbers, size: int, rounds: range) -> Numbers:
        keys = [_constant(self._seed, f"{purpose}/{i}") for i in range(_ROUNDS)]
        width = max(2, (size - 1).bit_length())
        result = _feistel(values.astype(np.uint64), width, keys, rounds)
        outside = np.flatnonzero(result >= np.uint64(size))
        while len(outside):
            moved = _feistel(result[outside], width, keys, rounds)
            result[outside] = moved
            outside = outside[moved >= np.uint64(size)]
        return result.astype(np.int64)


def _feistel(values: Bits, width: int, keys: list[np.uint64], rounds: range) -> Bits:
    """A permutation of the numbers of *width* bits: halves change in turn, each by the other."""
    low_bits = np.uint64(width // 2)
    low_mask = np.uint64((1 << (width // 2)) - 1)
    high_mask = np.uint64((1 << (width - width // 2)) - 1)
    low, high = values & low_mask, values >> low_bits
    for i in rounds:
        if i % 2:
            low = low ^ (_mix(high * _GOLDEN + keys[i]) & low_mask)
        else:
            high = high ^ (_mix(low * _GOLDEN + keys[i]) & high_mask)
    return (high << low_bits) | low


def _mix(z: Bits) -> Bits:
    z = (z ^ (z >> np.uint64(30))) * _MIX_1
    z = (z ^ (z >> np.uint64(27))) * _MIX_2
    return z ^ (z >> np.uint64(31))


@cache
def _constant(seed: int, purpose: str) -> np.uint64:
    digest = blake2b(f"{seed}|{purpose}".encode(), digest_size=8).digest()
    return np.uint64(int.from_bytes(digest, "big"))
