"""SHA-256 and SHA-512 (FIPS 180-4), and HMAC by them (RFC 2104), of many messages at once.

Sixteen messages go through every step side by side, as many as a wide register takes. A library
takes them one at a time, and of short ones most of the time is the way to it and back.

Both hashes take the same steps, in words of 32 or 64 bits. Words lie as in little-endian memory.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiled.messages import Bytes, Offsets, Rows, Texts, lay, messages
from amends.kernel.compiled.rounds import LANES, STATE, WORDS, Words, compress32, compress64
from amends.kernel.compiling import borrowing, compiled

_INNER, _OUTER = np.uint8(0x36), np.uint8(0x5C)
_PRIMES: Final = [n for n in range(2, 410) if all(n % k for k in range(2, n))]


def _behind_the_point(number: int, root: int, bits: int) -> int:
    """The first bits of the fraction of a square or cube root."""
    low, high = 0, number << bits
    while high - low > 1:
        middle = (low + high) // 2
        below = middle**root <= number << bits * root
        low, high = (middle, high) if below else (low, middle)
    return low % (1 << bits)


@dataclass(frozen=True, slots=True)
class Hash:
    """One of both. ``start``: the state before the first block; ``added``: a word each round."""

    start: Words
    added: Words

    @property
    def digest_bytes(self) -> int:
        """Octets of a digest."""
        return self.start.nbytes

    @property
    def block_bytes(self) -> int:
        """Octets of a block."""
        return 2 * self.start.nbytes

    def digests(self, rows: Rows, texts: Texts | None = None, *, head: bytes = b"") -> Rows:
        """The digest of ``head ‖ rows[i] ‖ text i``, a row each; without *texts* they are empty."""
        return self._from(self.start, 0, rows, texts, head)

    def keyed(self, texts: Texts, key: bytes) -> Rows:
        """HMAC of each text under one key, a row each.

        Raises:
            ValueError: the key is longer than a block.
        """
        self._refuse_longer(len(key))
        block = np.frombuffer(key.ljust(self.block_bytes, b"\0"), dtype=np.uint8)
        within, around = (
            after_block(self._words(block ^ pad), self.start, self.added)
            for pad in (_INNER, _OUTER)
        )
        nothing = np.empty((len(texts.bounds) - 1, 0), dtype=np.uint8)
        inner = self._from(within, self.block_bytes, nothing, texts)
        return self._from(around, self.block_bytes, inner)

    def keyed_by_each(self, keys: Rows, message: bytes) -> Rows:
        """HMAC of one message under each of many keys, a row each.

        Raises:
            ValueError: the keys are longer than a block.
        """
        count, width = keys.shape
        self._refuse_longer(width)
        digests = np.broadcast_to(np.frombuffer(message, dtype=np.uint8), (count, len(message)))
        for pad in (_INNER, _OUTER):
            rows = np.empty((count, self.block_bytes + digests.shape[1]), dtype=np.uint8)
            rows[:, :width], rows[:, width : self.block_bytes] = keys ^ pad, pad
            rows[:, self.block_bytes :] = digests
            digests = self.digests(rows)
        return digests

    def _refuse_longer(self, size: int) -> None:
        """Refuse a key that HMAC would hash first; nothing here has one."""
        if size > self.block_bytes:
            raise ValueError(f"a key of HMAC has {self.block_bytes} bytes at most here")

    def _from(
        self, start: Words, before: int, rows: Rows, texts: Texts | None = None, head: bytes = b""
    ) -> Rows:
        """The digests from a state on that so many octets led to."""
        asked = messages(head, rows, texts)
        laid = np.zeros((LANES, asked.room(self.block_bytes)), dtype=np.uint8)
        found = np.empty((len(rows), STATE), dtype=start.dtype)
        fill_digests(*asked, start, before, self.added, laid, self._words(laid), found)
        return found.byteswap(inplace=True).view(np.uint8)

    def _words(self, octets: npt.NDArray[np.uint8]) -> Words:
        """The same memory as words."""
        return octets.view(self.start.dtype)


def _hash(bits: int, rounds: int) -> Hash:
    start = [_behind_the_point(prime, 2, bits) for prime in _PRIMES[:STATE]]
    added = [_behind_the_point(prime, 3, bits) for prime in _PRIMES[:rounds]]
    kind = np.dtype(f"u{bits // 8}")
    return Hash(np.array(start, dtype=kind), np.array(added, dtype=kind))


SHA256: Final = _hash(32, 64)
SHA512: Final = _hash(64, 80)


@compiled
def fill_digests(
    head: Bytes,
    rows: Rows,
    octets: Bytes,
    bounds: Offsets,
    start: Words,
    before: int,
    added: Words,
    laid: Rows,
    taken: Words,
    found: Words,
) -> None:
    """Write the digests of sixteen messages after the other.

    *laid*: where messages are laid down; *taken*: the same memory as words.
    """
    filled = np.zeros(LANES, dtype=np.int64)
    words = np.zeros(len(added) * LANES, dtype=start.dtype)
    for first in range(0, len(rows), LANES):
        lanes = min(LANES, len(rows) - first)
        for lane in range(lanes):
            at = first + lane
            begin, end = bounds[at], bounds[at + 1]
            filled[lane] = lay(
                head, rows[at], octets, begin, end, before, 2 * start.nbytes, laid[lane]
            )
        state = start.repeat(LANES)
        for block in range(filled[:lanes].max()):
            earlier = state.copy()
            for lane in range(lanes):
                _take(taken[lane, block * WORDS : (block + 1) * WORDS], words, lane)
            _compress(state, words, added)
            for lane in range(lanes):
                if block >= filled[lane]:
                    state[lane::LANES] = earlier[lane::LANES]
        for lane in range(lanes):
            found[first + lane] = state[lane::LANES]


@compiled
def after_block(block: Words, start: Words, added: Words) -> Words:
    """The state after one block."""
    words = np.zeros(len(added) * LANES, dtype=start.dtype)
    _take(block, words, 0)
    state = start.repeat(LANES)
    _compress(state, words, added)
    return state[::LANES].copy()


@borrowing
def _take(block: Words, words: Words, lane: int) -> None:
    """Take a block into its lane."""
    for place in range(WORDS):
        words[place * LANES + lane] = block[place]


@borrowing
def _compress(state: Words, words: Words, added: Words) -> None:
    if state.itemsize == 4:
        compress32(state, words, added)
    else:
        compress64(state, words, added)
