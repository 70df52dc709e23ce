"""The number of an instruction: a pure function of the case's secret, award, rail and generation.

30 letters and digits: four that stand for the case, four for the chunk (of 1,000 awards), twenty
that AES makes of award and generation under a key of the rail, two for the generation. All are of
Crockford's base 32. Numbers of one chunk stand together in an index and say nothing of the order of
awards within it; without the secret a number cannot be guessed, and the same award never gets a
second one by accident.

It fits WeChat Pay (32), Alipay (64) and ISO 20022 (Max35Text).
"""

import functools
import hashlib

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from amends.kernel.keyed import hmac_sha256

CHUNK = 1_000
"""Awards that share the chunk of their numbers, and instructions that are sent as one unit."""

LENGTH = 30

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIR_BITS = 10
_PERMUTED = 20
_PERMUTED_BYTES = -(-5 * _PERMUTED // 8)
_AT, _WITHIN = np.divmod(8 * _PERMUTED_BYTES - 5 * _PERMUTED + 5 * np.arange(_PERMUTED), 8)
"""In which of the last bytes of a block each digit begins, and at which of its bits."""
_DIGITS = np.frombuffer(_CROCKFORD.encode(), np.uint8)

Ints = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]


def numbers_of(secret: bytes, awards: Ints, *, rail: str, generations: Ints) -> bytes:
    """The numbers of awards, one after the other, :data:`LENGTH` characters each.

    *secret*: 32 bytes that only this purpose of this case has.

    Raises:
        ValueError: an award is beyond the 1,048,576,000 that numbers reach, or a generation beyond
            1,023.
    """
    if not len(awards):
        return b""
    if min(awards.min(), generations.min()) < 0 or (
        awards.max() // CHUNK >= 1 << 2 * _PAIR_BITS or generations.max() >= 1 << _PAIR_BITS
    ):
        raise ValueError("an award index or generation is beyond what a number can carry")
    last = _permuted(secret, rail, awards, generations)[:, -_PERMUTED_BYTES:]
    octets = np.ascontiguousarray(last.T).astype(np.uint16)
    text: npt.NDArray[np.uint8] = np.empty((len(awards), LENGTH), np.uint8)
    text[:, :4] = np.frombuffer(case_tag(secret).encode(), np.uint8)
    text[:, 4:8] = _DIGITS[(awards // CHUNK)[:, None] >> np.array([15, 10, 5, 0]) & 31]
    for place, (at, within) in enumerate(zip(_AT.tolist(), _WITHIN.tolist(), strict=True)):
        pair = octets[at] << 8 | octets[min(at + 1, _PERMUTED_BYTES - 1)]
        text[:, 8 + place] = _DIGITS.take(pair >> 11 - within & 31)
    text[:, 28:] = _DIGITS[generations[:, None] >> np.array([5, 0]) & 31]
    return text.tobytes()


def _permuted(secret: bytes, rail: str, awards: Ints, generations: Ints) -> Octets:
    """A block of 16 octets for each award and generation, which nobody else can tell from chance.

    AES-256 under a key of the rail, each block by itself (ECB). That tells of messages where blocks
    are equal, and is why it is not for these; here no block goes in twice but for the same number.
    """
    blocks: npt.NDArray[np.uint64] = np.empty((len(awards), 2), ">u8")
    blocks[:, 0], blocks[:, 1] = awards, generations
    key = hmac_sha256(secret)(b"rail\0" + rail.encode())
    permuted = Cipher(AES(key), ECB()).encryptor().update(blocks.tobytes())  # noqa: S305 - see above
    return np.frombuffer(permuted, np.uint8).reshape(len(awards), -1)


@functools.cache
def case_tag(secret: bytes) -> str:
    """Four characters by which numbers of two cases at one provider differ."""
    digest = hashlib.sha256(b"case tag\0" + secret).digest()
    value = int.from_bytes(digest[:5])
    return "".join(_CROCKFORD[value >> shift & 31] for shift in (15, 10, 5, 0))
