"""Claim codes: what a person types or scans to get the receipt, and what is derived from it. Pure.

A code is 100 random bits, written as 20 symbols of Crockford's base32 and his check symbol (modulo
37). Draws whose check symbol would be a punctuation mark are thrown away, which costs 0.2 bit and
spares people the marks. What a person writes is read generously: case, dashes, blanks, full-width
forms, O for 0, I and L for 1. Nothing here depends on who the person is.

Source: Crockford, Base 32 (crockford.com/base32.html). Byte by byte in docs/formats/claims.md.
"""

import hmac
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said

SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_BITS = 100
CODE_BYTES = 13
SCAN_BYTES = 16
SCAN_PREFIX = "AMC1-"
ROOT_BYTES = 32
DERIVED_BYTES = 40
TAG_BYTES = 16
PLAIN_BYTES = 160
_PADS = PLAIN_BYTES // 32
_LENGTH = 20
_GROUP = 5
_CHECK = 37
_BOUND_BITS = 28
_SCAN_SYMBOLS = 26
_BETWEEN = frozenset("_.,·•、。−ー一")
"""What people write for a dash beside dashes; the last three look like one."""
_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1"})
_VALUE_OF = {symbol: value for value, symbol in enumerate(SYMBOLS)}
_ROOT = b"amends/claim/v1\0"
_SCAN = b"amends/claim/scan/v1\0"
_SLOT = b"amends/slot/v1"
_PART = Struct(">IB")


class ClaimCodeError(AmendsError):
    """What was typed or scanned is no claim code."""

    code: ClassVar[str] = "claim_code"


def drawn(randomness: bytes) -> list[int]:
    """The codes that *randomness* holds: 13 bytes a draw, those with a printable check symbol."""
    draws = (
        int.from_bytes(randomness[at : at + CODE_BYTES], "big") >> (8 * CODE_BYTES - CODE_BITS)
        for at in range(0, len(randomness) - CODE_BYTES + 1, CODE_BYTES)
    )
    return [code for code in draws if code % _CHECK < len(SYMBOLS)]


def written(code: int) -> str:
    """A code as people read it: four groups of five symbols, and the check symbol."""
    symbols = _symbols(code, _LENGTH)
    groups = [symbols[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP)]
    return "-".join([*groups, SYMBOLS[code % _CHECK]])


def read(text: str) -> int:
    """The code that somebody wrote.

    Raises:
        ClaimCodeError: a symbol is none, there are too many or too few, or the check symbol does
            not fit. The message never repeats what was written.
    """
    symbols = _plain(text)
    if len(symbols) != _LENGTH + 1:
        raise ClaimCodeError(
            said(
                "a claim code has {needed} symbols, these are {number}: compare it with the paper",
                needed=_LENGTH + 1,
                number=len(symbols),
            )
        )
    code = _value(symbols[:-1])
    if code % _CHECK != _value(symbols[-1:]):
        raise ClaimCodeError(
            said("one symbol of the claim code is wrong, or two are exchanged: compare them")
        )
    return code


def packed(code: int) -> bytes:
    """The 13 bytes of a code, big-endian."""
    return code.to_bytes(CODE_BYTES, "big")


def scan_text(origin: str, code: int) -> str:
    """What a QR code holds: 128 bits, the code and 28 that bind it to this log. No address.

    It tells a misread code, or one of another case, without asking anybody.
    """
    return SCAN_PREFIX + _symbols(code << _BOUND_BITS | _bound(origin, code), _SCAN_SYMBOLS)


def scanned(origin: str, text: str) -> int:
    """The code in what a scanner read.

    Raises:
        ClaimCodeError: it is of another case, or misread.
    """
    symbols = _plain(text).removeprefix(SCAN_PREFIX.removesuffix("-"))
    value = _value(symbols) if len(symbols) == _SCAN_SYMBOLS else -1
    code, bound = divmod(value, 1 << _BOUND_BITS)
    if not 0 <= code < 1 << CODE_BITS or bound != _bound(origin, code):
        raise ClaimCodeError(said("this is no claim code of this case, or was not read whole"))
    return code


def given(origin: str, text: str) -> int:
    """The code in what was typed or scanned.

    Raises:
        ClaimCodeError: it is neither.
    """
    if len(_plain(text)) > _LENGTH + 1:
        return scanned(origin, text)
    return read(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """What follows from a code: ``root`` opens its claim, ``spread`` chooses its bucket."""

    root: bytes = field(repr=False)
    spread: int

    def bucket(self, buckets: int) -> int:
        """The bucket of the claim among so many."""
        return self.spread % buckets


def derived(origin: str, code: int) -> Derived:
    """Root and spread of a code. They do not lead back to it, nor do they to each other."""
    block = derived_bytes(origin, code)
    return Derived(root=block[:ROOT_BYTES], spread=int.from_bytes(block[ROOT_BYTES:], "big"))


def derived_bytes(origin: str, code: int) -> bytes:
    """Root (32 bytes) and spread (8) one after the other: what is kept of a code, sealed."""
    return hmac.digest(_ROOT + origin.encode(), packed(code), "sha512")[:DERIVED_BYTES]


def sealed(root: bytes, label: bytes, plain: bytes) -> bytes:
    """A slot: tag (16 bytes), and *plain* (160 bytes) under a pad that only *root* gives.

    *label*: of :func:`slot_label`; under one root none may ever seal two contents.
    """
    pad = b"".join(hmac.digest(root, label + bytes([n]), "sha256") for n in range(_PADS))
    body = (int.from_bytes(plain, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(pad), "big")
    return slot_tag(root, label, body) + body


def slot_tag(root: bytes, label: bytes, body: bytes) -> bytes:
    """The tag of what is sealed: whoever has the root knows its slot by it, unchanged."""
    return hmac.digest(root, label + bytes([_PADS]) + body, "sha256")[:TAG_BYTES]


def unsealed(root: bytes, label: bytes, body: bytes) -> bytes:
    """What a slot of this tag has."""
    return sealed(root, label, body)[TAG_BYTES:]


@lru_cache(maxsize=1 << 10)
def slot_label(publication: int, part: int) -> bytes:
    """What is hashed first for a part of a claim in a publication: the same for everybody."""
    return _SLOT + _PART.pack(publication, part)


def _bound(origin: str, code: int) -> int:
    digest = sha256(_SCAN + origin.encode() + b"\0" + packed(code)).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - _BOUND_BITS)


def _symbols(value: int, length: int) -> str:
    return "".join(SYMBOLS[value >> shift & 31] for shift in range(5 * (length - 1), -1, -5))


def _plain(text: str) -> str:
    """Symbols alone: capitals, without blanks and dashes of any kind, look-alikes as digits."""
    folded = unicodedata.normalize("NFKC", text).upper()
    kept = (
        letter
        for letter in folded
        if letter not in _BETWEEN
        and not letter.isspace()
        and unicodedata.category(letter) not in {"Pd", "Cf"}
    )
    return "".join(kept).translate(_READ_AS)


def _value(symbols: str) -> int:
    value = 0
    for symbol in symbols:
        if symbol not in _VALUE_OF:
            raise ClaimCodeError(
                said("a symbol of the claim code is none: it has digits and letters without U only")
            )
        value = value << 5 | _VALUE_OF[symbol]
    return value
