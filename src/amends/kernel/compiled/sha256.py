"""HMAC-SHA-256 (FIPS 180-4, RFC 2104) of many texts under one key.

Texts go through side by side, each in a lane of its own: every step is one loop over all lanes,
which a processor takes in vectors. Row *i* of an array is the *i*-th word of every lane.
"""

from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

Octets = npt.NDArray[np.uint8]
Bounds = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint32]

_LANES: Final = 32
_BLOCK: Final = 64
"""Octets that are hashed at once."""
_STATE: Final = 8
"""Words of a digest."""

_SCHEDULE: Final = 64
_PRIMES: Final = [n for n in range(2, 312) if all(n % divisor for divisor in range(2, n))]
_END: Final = 0x80
"""The octet after the last one of a text; its length in bits is the end of the last block."""
_LENGTH: Final = 8


def _fractions(root: int, count: int) -> Words:
    """The first 32 bits after the point of roots of the first primes."""
    roots = [Decimal(prime) ** (1 / Decimal(root)) for prime in _PRIMES[:count]]
    return np.array([int(one % 1 * 2**32) for one in roots], dtype=np.uint32)


_BEGIN: Final = _fractions(2, _STATE)
_ROUNDS: Final = _fractions(3, _SCHEDULE)


def hmac_sha256_of_all(octets: Octets, bounds: Bounds, key: bytes) -> Words:
    """The digest of each text ``octets[bounds[i]:bounds[i + 1]]``: eight words, a row each.

    Raises:
        ValueError: the key is longer than 64 bytes.
    """
    if len(key) > _BLOCK:
        raise ValueError("a key of HMAC-SHA-256 has 64 bytes at most here")
    digests = np.empty((len(bounds) - 1, _STATE), dtype=np.uint32)
    _write(octets, bounds, np.frombuffer(key.ljust(_BLOCK, b"\0"), dtype=np.uint8), digests)
    return digests


@compiled
def _write(octets: Octets, bounds: Bounds, key: Octets, digests: Words) -> None:
    """Write what :func:`hmac_sha256_of_all` says; *key* is filled up with zeros."""
    words = np.zeros((_SCHEDULE, _LANES), dtype=np.uint32)
    inner, outer = _begun(key, 0x36, words), _begun(key, 0x5C, words)
    state, within = inner.copy(), inner.copy()
    for first in range(0, len(digests), _LANES):
        some = min(_LANES, len(digests) - first)
        ends = bounds[first : first + some + 1]
        state[:] = inner
        for block in range(_blocks(np.max(ends[1:] - ends[:-1]))):
            _fill(words, octets, ends, block)
            _compress(state, words)
            for lane in range(some):
                if block + 1 == _blocks(ends[lane + 1] - ends[lane]):
                    within[:, lane] = state[:, lane]
        words[:_STATE] = within
        words[_STATE] = _END << 24
        words[_STATE + 1 : 15] = 0
        words[15] = 8 * (_BLOCK + 4 * _STATE)
        state[:] = outer
        _compress(state, words)
        digests[first : first + some] = state[:, :some].T


@compiled
def _begun(key: Octets, pad: int, words: Words) -> Words:
    """The state of every lane after the *key*, with *pad* in all of its octets."""
    state = np.empty((_STATE, _LANES), dtype=np.uint32)
    for lane in range(_LANES):
        state[:, lane] = _BEGIN
    words[:16] = 0
    for at in range(_BLOCK):
        words[at >> 2] |= np.uint32(key[at] ^ pad) << np.uint32(24 - 8 * (at & 3))
    _compress(state, words)
    return state


@compiled
def _blocks(size: int) -> int:
    """How many blocks a text of so many octets has, with its end and its length."""
    return (size + _LENGTH) // _BLOCK + 1


@compiled
def _fill(words: Words, octets: Octets, bounds: Bounds, block: int) -> None:
    """Write a block of each text to the first sixteen words of its lane; nothing after its last."""
    words[:16] = 0
    for lane in range(len(bounds) - 1):
        start = bounds[lane] + _BLOCK * block
        left = bounds[lane + 1] - start
        for at in range(min(left, _BLOCK)):
            octet = np.uint32(octets[start + at])
            words[at >> 2, lane] |= octet << np.uint32(24 - 8 * (at & 3))
        if 0 <= left < _BLOCK:
            words[left >> 2, lane] |= np.uint32(_END) << np.uint32(24 - 8 * (left & 3))
        if left < _BLOCK - _LENGTH:
            words[15, lane] = 8 * (left + _BLOCK * (block + 1))  # the key's block counts


@compiled
def _compress(state: Words, words: Words) -> None:
    """Take a block of every lane into its *state*; *words*: it, and room for its schedule."""
    for i in range(16, _SCHEDULE):
        for k in range(_LANES):
            x, y = words[i - 15, k], words[i - 2, k]
            one = _turned(x, 7) ^ _turned(x, 18) ^ np.uint32(x >> np.uint32(3))
            two = _turned(y, 17) ^ _turned(y, 19) ^ np.uint32(y >> np.uint32(10))
            words[i, k] = words[i - 16, k] + words[i - 7, k] + one + two
    mixed = state.copy()
    for i in range(_SCHEDULE):  # what is called a to h moves on a row in each round
        a, b, c, d = -i & 7, (1 - i) & 7, (2 - i) & 7, (3 - i) & 7
        e, f, g, h = (4 - i) & 7, (5 - i) & 7, (6 - i) & 7, (7 - i) & 7
        for k in range(_LANES):
            x, y = mixed[e, k], mixed[a, k]
            chosen = (x & mixed[f, k]) ^ (~x & mixed[g, k])
            most = (y & mixed[b, k]) ^ (y & mixed[c, k]) ^ (mixed[b, k] & mixed[c, k])
            one = _turned(x, 6) ^ _turned(x, 11) ^ _turned(x, 25)
            two = _turned(y, 2) ^ _turned(y, 13) ^ _turned(y, 22)
            one = np.uint32(mixed[h, k] + one + chosen + _ROUNDS[i] + words[i, k])
            mixed[d, k] += one
            mixed[h, k] = one + two + most
    state += mixed


@compiled
def _turned(word: np.uint32, bits: int) -> np.uint32:
    """*word* turned to the right."""
    return np.uint32(word >> np.uint32(bits) | word << np.uint32(32 - bits))
