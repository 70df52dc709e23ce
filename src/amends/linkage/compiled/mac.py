"""HMAC-SHA-256 (RFC 2104, FIPS 180-4) of many texts under one key, on as many threads as there are.

What is keyed is public, or the case's own: nothing here hides how long it takes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.strings import Octets, Offsets

BLOCK_BYTES: Final = 64
"""Of the hash; a key has so many, zeros at its end."""

Words = npt.NDArray[np.uint32]
Halves = npt.NDArray[np.uint64]

_INNER: Final = 0x36
_OUTER: Final = 0x5C
_DIGEST_BYTES: Final = 32
_LENGTH_AT: Final = 56
_START: Final[Words] = np.array(
    [
        *(0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A),
        *(0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19),
    ],
    dtype=np.uint32,
)
_ROUNDS: Final[Words] = np.array(
    [
        *(0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4),
        *(0xAB1C5ED5, 0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE),
        *(0x9BDC06A7, 0xC19BF174, 0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F),
        *(0x4A7484AA, 0x5CB0A9DC, 0x76F988DA, 0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7),
        *(0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967, 0x27B70A85, 0x2E1B2138, 0x4D2C6DFC),
        *(0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85, 0xA2BFE8A1, 0xA81A664B),
        *(0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070, 0x19A4C116),
        *(0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3),
        *(0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7),
        0xC67178F2,
    ],
    dtype=np.uint32,
)


@compiled
def first_halves(octets: Octets, bounds: Offsets, key: Octets) -> Halves:
    """The first 128 bits of each text's code, as two numbers, the higher one first.

    Text *i* is ``octets[bounds[i]:bounds[i + 1]]``; *key* has 64 octets.
    """
    inner, outer, state = _START.copy(), _START.copy(), np.empty(8, dtype=np.uint32)
    words = np.empty(64, dtype=np.uint32)
    _take_in(inner, key ^ np.uint8(_INNER), words)
    _take_in(outer, key ^ np.uint8(_OUTER), words)
    last = np.zeros(BLOCK_BYTES, dtype=np.uint8)
    found = np.empty((len(bounds) - 1, 2), dtype=np.uint64)
    for i in range(len(found)):
        at, end = bounds[i], bounds[i + 1]
        bits = np.uint64(8 * (BLOCK_BYTES + end - at))
        state[:] = inner
        while end - at >= BLOCK_BYTES:
            _take_in(state, octets[at : at + BLOCK_BYTES], words)
            at += BLOCK_BYTES
        left = end - at
        last[:left] = octets[at:end]
        last[left] = 0x80
        last[left + 1 :] = 0
        if left >= _LENGTH_AT:
            _take_in(state, last, words)
            last[:] = 0
        _read(last, words)
        words[14], words[15] = np.uint32(bits >> np.uint64(32)), np.uint32(bits)
        _mix(state, words)
        words[:8] = state
        words[8], words[9:15] = np.uint32(0x80000000), 0
        words[15] = np.uint32(8 * (BLOCK_BYTES + _DIGEST_BYTES))
        state[:] = outer
        _mix(state, words)
        for half in range(2):
            high, low = np.uint64(state[2 * half]), np.uint64(state[2 * half + 1])
            found[i, half] = high << np.uint64(32) | low
    return found


@compiled
def _take_in(state: Words, block: Octets, words: Words) -> None:
    """Let *state* go on by a block of 64 octets; *words* is room for the work."""
    _read(block, words)
    _mix(state, words)


@compiled
def _read(block: Octets, words: Words) -> None:
    """The first sixteen *words* from a block, each with its highest octet first."""
    for t in range(16):
        at = 4 * t
        high = np.uint32(block[at]) << np.uint32(24) | np.uint32(block[at + 1]) << np.uint32(16)
        low = np.uint32(block[at + 2]) << np.uint32(8) | np.uint32(block[at + 3])
        words[t] = np.uint32(high | low)


@compiled
def _mix(state: Words, words: Words) -> None:
    """The compression function; *words* has sixteen words of a block, and room for 48 more."""
    for t in range(16, 64):
        x, y = words[t - 15], words[t - 2]
        one = _turned(x, 7) ^ _turned(x, 18) ^ np.uint32(x >> np.uint32(3))
        two = _turned(y, 17) ^ _turned(y, 19) ^ np.uint32(y >> np.uint32(10))
        words[t] = np.uint32(words[t - 16] + one + words[t - 7] + two)
    a, b, c, d, e, f, g, h = state
    for t in range(64):
        turned = _turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25)
        one = np.uint32(h + turned + ((e & f) ^ (~e & g)) + _ROUNDS[t] + words[t])
        turned = _turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)
        two = np.uint32(turned + ((a & b) ^ (a & c) ^ (b & c)))
        h, g, f, e = g, f, e, np.uint32(d + one)
        d, c, b, a = c, b, a, np.uint32(one + two)
    for at, more in enumerate((a, b, c, d, e, f, g, h)):
        state[at] = np.uint32(state[at] + more)


@compiled
def _turned(x: np.uint32, by: int) -> np.uint32:
    """*x* with its bits turned right, round the end."""
    return np.uint32(np.uint32(x >> np.uint32(by)) | np.uint32(x << np.uint32(32 - by)))
