"""The number of an instruction: a pure function of the case's secret, award, rail and generation.

30 letters and digits: four that stand for the case, four for the chunk (of 1,000 awards), twenty
of a keyed hash, two for the generation. All are of Crockford's base 32. Numbers of one chunk stand
together in an index and say nothing of the order of awards within it; without the secret a number
cannot be guessed, and the same award never gets a second one by accident.

It fits WeChat Pay (32), Alipay (64) and ISO 20022 (Max35Text).
"""

import functools
import hashlib

from amends.kernel.ids import AwardIndex, InstructionId
from amends.kernel.keyed import hmac_sha256

CHUNK = 1_000
"""Awards that share the chunk of their numbers, and instructions that are sent as one unit."""

LENGTH = 30

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in _CROCKFORD for second in _CROCKFORD)
_HASHED_PAIRS = 10
_PAIR_BITS = 10
_PAIR_MASK = (1 << _PAIR_BITS) - 1


def number_of(
    secret: bytes, award_index: AwardIndex, *, rail: str, generation: int
) -> InstructionId:
    """The number. *secret*: 32 bytes that only this purpose of this case has.

    Raises:
        ValueError: the award is beyond the 1,048,576,000 that numbers reach, or the generation
            beyond 1,023.
    """
    message = f"{rail}\0{award_index}\0{generation}".encode()
    hashed = int.from_bytes(hmac_sha256(secret)(message))
    return InstructionId(
        case_tag(secret)
        + _text(award_index // CHUNK, pairs=2)
        + _text(hashed & (1 << _HASHED_PAIRS * _PAIR_BITS) - 1, pairs=_HASHED_PAIRS)
        + _text(generation, pairs=1)
    )


@functools.cache
def case_tag(secret: bytes) -> str:
    """Four characters by which numbers of two cases at one provider differ."""
    digest = hashlib.sha256(b"case tag\0" + secret).digest()
    return _text(int.from_bytes(digest[:5]) & (1 << 2 * _PAIR_BITS) - 1, pairs=2)


def _text(value: int, *, pairs: int) -> str:
    """A whole number in exactly twice *pairs* digits of Crockford's base 32."""
    if not 0 <= value < 1 << (_PAIR_BITS * pairs):
        raise ValueError("an award index or generation is beyond what a number can carry")
    return "".join(
        [
            _PAIRS[value >> shift & _PAIR_MASK]
            for shift in range(_PAIR_BITS * (pairs - 1), -1, -_PAIR_BITS)
        ]
    )
