"""Names under a key for many texts at once: HMAC-SHA-256 (RFC 2104, FIPS 180-4) in base32.

Sixteen texts go through every step side by side, as many as a wide register takes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.kernel.ids import PERSON_ID_BYTES
from amends.linkage.compiled.entries import Bytes
from amends.linkage.compiled.octets import Octets
from amends.linkage.compiled.strings import Offsets

Words = npt.NDArray[np.uint32]
Signs = npt.NDArray[np.uint8]

_LANES: Final = 16
_BLOCK: Final = 64  # octets, and rounds
_WORDS: Final = 16
_STATE: Final = 8
_INNER, _OUTER = np.uint8(0x36), np.uint8(0x5C)
_SIGNS: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
"""Crockford's base32, lower case."""


def _behind_the_point(number: int, root: int) -> int:
    """The first 32 bits of the fraction of a square or cube root."""
    low, high = 0, number << 32
    while high - low > 1:
        middle = (low + high) // 2
        below = middle**root <= number << 32 * root
        low, high = (middle, high) if below else (low, middle)
    return low % (1 << 32)


_PRIMES: Final = [n for n in range(2, 312) if all(n % k for k in range(2, n))]
_START: Final = np.array([_behind_the_point(p, 2) for p in _PRIMES[:_STATE]], dtype=np.uint32)
_ADDED: Final = np.array([_behind_the_point(p, 3) for p in _PRIMES], dtype=np.uint32)


def keyed_signs(texts: Octets, key: bytes) -> Bytes:
    """Names of 26 signs, one after the other, for each text: the first 128 bits of its digest.

    Args:
        texts: a null is an empty text.
        key: at most 64 octets.

    Raises:
        ValueError: the key is longer.
    """
    if len(key) > _BLOCK:
        raise ValueError("a key of HMAC-SHA-256 has 64 bytes at most here")
    padded = np.frombuffer(key.ljust(_BLOCK, b"\0"), dtype=np.uint8)
    pads = np.concatenate([padded ^ _INNER, padded ^ _OUTER])
    signs = np.empty((len(texts.bounds) - 1, PERSON_ID_BYTES), dtype=np.uint8)
    _write(texts.octets, texts.bounds, pads, _START, _ADDED, _SIGNS, signs)
    return signs.reshape(-1)


@compiled
def _write(
    octets: Bytes,
    bounds: Offsets,
    pads: Bytes,
    start: Words,
    added: Words,
    alphabet: Bytes,
    signs: Signs,
) -> None:
    """Write the names of sixteen texts after the other."""
    words = np.zeros(_BLOCK * _LANES, dtype=np.uint32)
    keyed = np.empty((2, _STATE * _LANES), dtype=np.uint32)
    for pad in range(2):
        for at in range(_STATE * _LANES):
            keyed[pad, at] = start[at // _LANES]
        for lane in range(_LANES):
            _fill(pads, pad * _BLOCK, (pad + 1) * _BLOCK, 0, words, lane)
        _compress(keyed[pad], words, added)
    for first in range(0, len(signs), _LANES):
        some = signs[first : first + _LANES]
        within = _digested(octets, bounds[first : first + len(some) + 1], keyed[0], words, added)
        words[: _WORDS * _LANES] = 0
        words[: _STATE * _LANES] = within
        words[_STATE * _LANES : (_STATE + 1) * _LANES] = 1 << 31
        words[(_WORDS - 1) * _LANES : _WORDS * _LANES] = (_BLOCK + 4 * _STATE) * 8
        around = keyed[1].copy()
        _compress(around, words, added)
        for lane in range(len(some)):
            _spell(around, lane, alphabet, some[lane])


@compiled
def _digested(octets: Bytes, bounds: Offsets, keyed: Words, words: Words, added: Words) -> Words:
    """Up to sixteen texts digested after a block of the key: the state, by word and text."""
    state, blocks = keyed.copy(), 0
    lanes = len(bounds) - 1
    for lane in range(lanes):
        blocks = max(blocks, _last(bounds[lane + 1] - bounds[lane]) + 1)
    for block in range(blocks):
        before = state.copy()
        for lane in range(lanes):
            _fill(octets, bounds[lane], bounds[lane + 1], block, words, lane)
        _compress(state, words, added)
        for lane in range(lanes):
            if block > _last(bounds[lane + 1] - bounds[lane]):
                state[lane::_LANES] = before[lane::_LANES]
    return state


@compiled
def _last(size: int) -> int:
    """The last block of a text, with the bit and the length that follow it."""
    return (size + 8) // _BLOCK


@compiled
def _fill(octets: Bytes, begin: int, end: int, block: int, words: Words, lane: int) -> None:
    """Write a block of a text, which follows a block of the key."""
    for place in range(_WORDS):
        word = np.uint32(0)
        for at in range(begin + block * _BLOCK + 4 * place, begin + block * _BLOCK + 4 * place + 4):
            octet = octets[at] if at < end else np.uint8(128 if at == end else 0)
            word = word << np.uint32(8) | np.uint32(octet)
        words[place * _LANES + lane] = word
    if block == _last(end - begin):
        words[(_WORDS - 1) * _LANES + lane] = (_BLOCK + end - begin) * 8


@compiled
def _turned(word: np.uint32, bits: int) -> np.uint32:
    return np.uint32(word >> np.uint32(bits) | word << np.uint32(32 - bits))


@compiled
def _compress(state: Words, words: Words, added: Words) -> None:
    """Take a block into each state (FIPS 180-4 §6.2.2); *words* begin with it, by word and text."""
    for at in range(_WORDS * _LANES, _BLOCK * _LANES):
        one, two = words[at - 15 * _LANES], words[at - 2 * _LANES]
        early = _turned(one, 7) ^ _turned(one, 18) ^ one >> np.uint32(3)
        late = _turned(two, 17) ^ _turned(two, 19) ^ two >> np.uint32(10)
        words[at] = words[at - 16 * _LANES] + early + words[at - 7 * _LANES] + late
    now = state.copy()
    for place in range(_BLOCK):
        for lane in range(_LANES):
            a, b, c = now[lane], now[lane + _LANES], now[lane + 2 * _LANES]
            e, f, g = now[lane + 4 * _LANES], now[lane + 5 * _LANES], now[lane + 6 * _LANES]
            chosen = np.uint32(e & f ^ ~e & g)
            most = np.uint32(a & b ^ a & c ^ b & c)
            one = np.uint32(
                now[lane + 7 * _LANES]
                + (_turned(e, 6) ^ _turned(e, 11) ^ _turned(e, 25))
                + chosen
                + added[place]
                + words[place * _LANES + lane]
            )
            two = np.uint32((_turned(a, 2) ^ _turned(a, 13) ^ _turned(a, 22)) + most)
            now[lane + 7 * _LANES], now[lane + 6 * _LANES], now[lane + 5 * _LANES] = g, f, e
            now[lane + 4 * _LANES] = now[lane + 3 * _LANES] + one
            now[lane + 3 * _LANES], now[lane + 2 * _LANES], now[lane + _LANES] = c, b, a
            now[lane] = one + two
    for at in range(_STATE * _LANES):
        state[at] += now[at]


@compiled
def _spell(state: Words, lane: int, alphabet: Bytes, signs: Bytes) -> None:
    """Write the first 128 bits in digits of five, the highest first; its upper two bits are 0."""
    bits, held, word = 2, np.uint64(0), 0
    for place in range(len(signs)):
        if bits < 5:
            held = held << np.uint64(32) | np.uint64(state[word * _LANES + lane])
            bits, word = bits + 32, word + 1
        bits -= 5
        signs[place] = alphabet[held >> np.uint64(bits) & np.uint64(31)]
