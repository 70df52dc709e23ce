"""Slots of claim buckets, sealed sixteen at a time with HMAC-SHA-256 under a key each.

The format is that of docs/formats/claims.md; :func:`amends.roster.claims.sealed` says the same of
one slot. Everything is in words of 32 bits, big-endian where they become bytes.
"""

from typing import Final

import numpy as np

from amends.kernel.compiled.rounds import LANES, STATE, WORDS, Words, take32
from amends.kernel.compiled.sha2 import SHA256
from amends.kernel.compiling import borrowing, compiled

PLAIN_WORDS: Final = 40
TAG_WORDS: Final = 4
LABEL_WORDS: Final = 5
_PADS: Final = PLAIN_WORDS // STATE
_INNER, _OUTER = np.uint32(0x36363636), np.uint32(0x5C5C5C5C)
_END: Final = np.uint32(1 << 31)
_BITS: Final = 32
_TAGGED_BLOCKS: Final = 3


def sealed(roots: Words, labels: Words, plain: Words) -> Words:
    """The slots: tag (4 words) and what is sealed (40) of each.

    Args:
        roots: the key of each, 8 words.
        labels: what its HMACs begin with, 5 words, of which the last ends with a byte of 0.
        plain: what is to be sealed, 40 words.
    """
    slots = np.empty((len(plain), TAG_WORDS + PLAIN_WORDS), dtype=np.uint32)
    seal_all(roots, labels, plain, SHA256.start, SHA256.added, slots)
    return slots


def make_ready() -> None:
    """Compile what is not compiled yet, and load it."""
    one = np.zeros((1, PLAIN_WORDS), dtype=np.uint32)
    sealed(one[:, :STATE].copy(), one[:, :LABEL_WORDS].copy(), one)


@compiled
def seal_all(
    roots: Words, labels: Words, plain: Words, start: Words, added: Words, slots: Words
) -> None:
    """Seal sixteen after the other; *slots* are written."""
    words = np.zeros(4 * WORDS * LANES, dtype=np.uint32)
    text = np.zeros(_TAGGED_BLOCKS * WORDS * LANES, dtype=np.uint32)
    inner = np.empty(STATE * LANES, dtype=np.uint32)
    outer, state = np.empty_like(inner), np.empty_like(inner)
    for first in range(0, len(slots), LANES):
        lanes = min(LANES, len(slots) - first)
        _key(roots[first : first + lanes], _INNER, start, words, added, inner)
        _key(roots[first : first + lanes], _OUTER, start, words, added, outer)
        for lane in range(lanes):
            for word in range(LABEL_WORDS):
                text[word * LANES + lane] = labels[first + lane, word]
        for pad in range(_PADS):
            _take(text, 0, LABEL_WORDS, words)
            _end(words, LABEL_WORDS)
            _set(state, inner)
            take32(state, words, added)
            _around(state, outer, words, added)
            for word in range(STATE):
                at = pad * STATE + word
                for lane in range(lanes):
                    mixed = plain[first + lane, at] ^ state[word * LANES + lane]
                    text[(LABEL_WORDS + at) * LANES + lane] = mixed
            for lane in range(LANES):
                text[(LABEL_WORDS - 1) * LANES + lane] += np.uint32(1)
        _set(state, inner)
        for block in range(_TAGGED_BLOCKS):
            last = block == _TAGGED_BLOCKS - 1
            size = LABEL_WORDS + PLAIN_WORDS - block * WORDS if last else WORDS
            _take(text, block * WORDS, size, words)
            if last:
                _end(words, size, block)
            take32(state, words, added)
        _around(state, outer, words, added)
        for lane in range(lanes):
            for word in range(TAG_WORDS):
                slots[first + lane, word] = state[word * LANES + lane]
            for word in range(PLAIN_WORDS):
                slots[first + lane, TAG_WORDS + word] = text[(LABEL_WORDS + word) * LANES + lane]


@borrowing
def _key(
    roots: Words, mixed: np.uint32, start: Words, words: Words, added: Words, state: Words
) -> None:
    """Write the states after a block of each key (RFC 2104)."""
    for at in range(WORDS * LANES):
        words[at] = mixed
    for word in range(STATE):
        for lane in range(LANES):
            state[word * LANES + lane] = start[word]
        for lane in range(len(roots)):
            words[word * LANES + lane] ^= roots[lane, word]
    take32(state, words, added)


@borrowing
def _set(state: Words, other: Words) -> None:
    for at in range(STATE * LANES):
        state[at] = other[at]


@borrowing
def _take(text: Words, first: int, size: int, words: Words) -> None:
    """Begin a block with so many words of the text from *first* on."""
    for at in range(size * LANES):
        words[at] = text[first * LANES + at]


@borrowing
def _end(words: Words, size: int, blocks: int = 0) -> None:
    """End the last block, of so many words, of a text after *blocks* and a block of the key."""
    for at in range(size * LANES, (WORDS - 1) * LANES):
        words[at] = 0
    for lane in range(LANES):
        words[size * LANES + lane] = _END
        words[(WORDS - 1) * LANES + lane] = _BITS * (WORDS * (blocks + 1) + size)


@borrowing
def _around(state: Words, outer: Words, words: Words, added: Words) -> None:
    """Make of the inner digests those of HMAC."""
    _take(state, 0, STATE, words)
    _end(words, STATE)
    _set(state, outer)
    take32(state, words, added)
