"""The number of an instruction: a pure function of the case's secret, award, rail and generation.

30 letters and digits: four that stand for the case, four for the chunk (of 1,000 awards), twenty
of a keyed hash, two for the generation. All are of Crockford's base 32. Numbers of one chunk stand
together in an index and say nothing of the order of awards within it; without the secret a number
cannot be guessed, and the same award never gets a second one by accident.

It fits WeChat Pay (32), Alipay (64) and ISO 20022 (Max35Text).
"""

import base64
import hashlib
import hmac

from amends.kernel.ids import AwardIndex, InstructionId

CHUNK = 1_000
"""Awards that share the chunk of their numbers, and instructions that are sent as one unit."""

LENGTH = 30

_CROCKFORD = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TO_CROCKFORD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", _CROCKFORD)
_HASHED = 20
_BITS = 5


def number_of(
    secret: bytes, award_index: AwardIndex, *, rail: str, generation: int
) -> InstructionId:
    """The number. *secret*: 32 bytes that only this purpose of this case has.

    Raises:
        ValueError: the award is beyond the 1,048,576,000 that numbers reach, or the generation
            beyond 1,023.
    """
    chunk = _digits(award_index // CHUNK, 4)
    message = f"{rail}\0{award_index}\0{generation}".encode()
    hashed = _crockford(hmac.digest(secret, message, "sha256"))[:_HASHED]
    return InstructionId(case_tag(secret) + chunk + hashed + _digits(generation, 2))


def case_tag(secret: bytes) -> str:
    """Four characters by which numbers of two cases at one provider differ."""
    return _crockford(hashlib.sha256(b"case tag\0" + secret).digest())[:4]


def _crockford(data: bytes) -> str:
    """Bytes in Crockford's base 32 (what is cut off stays unused)."""
    return base64.b32encode(data).rstrip(b"=").translate(_TO_CROCKFORD).decode()


def _digits(value: int, length: int) -> str:
    """A whole number in exactly *length* digits of base 32."""
    if not 0 <= value < 1 << (_BITS * length):
        raise ValueError("an award index or generation is beyond what a number can carry")
    return "".join(
        chr(_CROCKFORD[value >> (_BITS * place) & 31]) for place in range(length - 1, -1, -1)
    )
