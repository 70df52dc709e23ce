"""Names under a key for many texts at once: HMAC-SHA-256 (RFC 2104, FIPS 180-4) in base32.

Sixteen texts go through every step side by side, as many as a wide register takes.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiled.lanes import (
    ADDED,
    BLOCK_BYTES,
    BLOCK_WORDS,
    INNER,
    LANES,
    OUTER,
    START,
    STATE_WORDS,
    Words,
    compress,
)
from amends.kernel.compiling import compiled
from amends.kernel.ids import PERSON_ID_BYTES
from amends.linkage.compiled.entries import Bytes
from amends.linkage.compiled.octets import Octets
from amends.linkage.compiled.strings import Offsets

Signs = npt.NDArray[np.uint8]

_SIGNS: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
"""Crockford's base32, lower case."""


def keyed_signs(texts: Octets, key: bytes) -> Bytes:
    """Names of 26 signs, one after the other, for each text: the first 128 bits of its digest.

    Args:
        texts: a null is an empty text.
        key: at most 64 octets.

    Raises:
        ValueError: the key is longer.
    """
    if len(key) > BLOCK_BYTES:
        raise ValueError("a key of HMAC-SHA-256 has 64 bytes at most here")
    padded = np.frombuffer(key.ljust(BLOCK_BYTES, b"\0"), dtype=np.uint8)
    pads = np.concatenate([padded ^ INNER, padded ^ OUTER])
    signs = np.empty((len(texts.bounds) - 1, PERSON_ID_BYTES), dtype=np.uint8)
    _write(texts.octets, texts.bounds, pads, START, ADDED, _SIGNS, signs)
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
    words = np.zeros(BLOCK_BYTES * LANES, dtype=np.uint32)
    keyed = np.empty((2, STATE_WORDS * LANES), dtype=np.uint32)
    for pad in range(2):
        for at in range(STATE_WORDS * LANES):
            keyed[pad, at] = start[at // LANES]
        for lane in range(LANES):
            _fill(pads, pad * BLOCK_BYTES, (pad + 1) * BLOCK_BYTES, 0, words, lane)
        compress(keyed[pad], words, added)
    for first in range(0, len(signs), LANES):
        some = signs[first : first + LANES]
        within = _digested(octets, bounds[first : first + len(some) + 1], keyed[0], words, added)
        words[: BLOCK_WORDS * LANES] = 0
        words[: STATE_WORDS * LANES] = within
        words[STATE_WORDS * LANES : (STATE_WORDS + 1) * LANES] = 1 << 31
        words[(BLOCK_WORDS - 1) * LANES : BLOCK_WORDS * LANES] = (BLOCK_BYTES + 4 * STATE_WORDS) * 8
        around = keyed[1].copy()
        compress(around, words, added)
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
        compress(state, words, added)
        for lane in range(lanes):
            if block > _last(bounds[lane + 1] - bounds[lane]):
                state[lane::LANES] = before[lane::LANES]
    return state


@compiled
def _last(size: int) -> int:
    """The last block of a text, with the bit and the length that follow it."""
    return (size + 8) // BLOCK_BYTES


@compiled
def _fill(octets: Bytes, begin: int, end: int, block: int, words: Words, lane: int) -> None:
    """Write a block of a text, which follows a block of the key."""
    for place in range(BLOCK_WORDS):
        word = np.uint32(0)
        for at in range(
            begin + block * BLOCK_BYTES + 4 * place, begin + block * BLOCK_BYTES + 4 * place + 4
        ):
            octet = octets[at] if at < end else np.uint8(128 if at == end else 0)
            word = word << np.uint32(8) | np.uint32(octet)
        words[place * LANES + lane] = word
    if block == _last(end - begin):
        words[(BLOCK_WORDS - 1) * LANES + lane] = (BLOCK_BYTES + end - begin) * 8


@compiled
def _spell(state: Words, lane: int, alphabet: Bytes, signs: Bytes) -> None:
    """Write the first 128 bits in digits of five, the highest first; its upper two bits are 0."""
    bits, held, word = 2, np.uint64(0), 0
    for place in range(len(signs)):
        if bits < 5:
            held = held << np.uint64(32) | np.uint64(state[word * LANES + lane])
            bits, word = bits + 32, word + 1
        bits -= 5
        signs[place] = alphabet[held >> np.uint64(bits) & np.uint64(31)]
