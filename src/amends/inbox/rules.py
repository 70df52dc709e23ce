"""Which files are taken, and the numbers that a sender is told. Pure.

A file is taken when it is a picture or a PDF from its first byte to its last: what has something
else before, behind or inside it is refused, and nothing is ever unpacked.
"""

import hmac
import re
import unicodedata
from hashlib import sha256
from typing import Final

from amends.inbox.model import MOST_BYTES
from amends.kernel.saying import Said, said

MOST_PIXELS: Final = 100_000_000
"""A picture of more would fill the memory of whoever opens it."""
LONGEST_NAME: Final = 120

_SYMBOLS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"\x00\x00\x00\x00IEND\xaeB`\x82"
_JPEG: Final = b"\xff\xd8\xff"
_PDF: Final = b"%PDF-1."
_PDF_END: Final = b"%%EOF"
_SOF: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD9)})
_SCAN: Final = 0xDA
_EOI: Final = b"\xff\xd9"
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_END_BYTES: Final = 22
_MARKUP: Final = (b"<html", b"<script", b"<svg", b"<!doctype")
_TAIL_BYTES: Final = 1_024
_WIDTH_AT: Final = 16
_BETWEEN: Final = re.compile(r"[\s\u200b-\u200f\ufeff_.,·•、。−ー一\-\u2010-\u2015]")
_SECRET_SYMBOLS: Final = 20
_LONGEST_SECRET: Final = 200
_MOBILE_DIGITS: Final = 11
_LEAST_DIGITS: Final = 3

_OTHER: Final = said("it is no picture (JPEG or PNG) and no PDF")
_MORE: Final = said(
    "something else is hidden in it or hangs on it; take a picture of the screen, and send that"
)
_CUT: Final = said("it is not whole; choose it again")
_HUGE: Final = said("the picture has too many points; make it smaller, or photograph it")


def name_refused(name: str) -> Said | None:
    """Why a file's name is not taken, or None."""
    if len(name) > LONGEST_NAME:
        return said("its name is too long; give it a shorter one")
    if not name.strip(". ") or any(symbol in "/\\:" or not symbol.isprintable() for symbol in name):
        return said("its name holds signs that no file's name has; give it another")
    return None


def media_type_of(content: bytes) -> str | Said:
    """``image/png``, ``image/jpeg`` or ``application/pdf``; or why a file is not taken."""
    if len(content) > MOST_BYTES:
        return said("it is larger than 10 MB; make it smaller, or photograph it")
    if _is_zip(content):
        return _OTHER if content.startswith(b"PK") else _MORE
    if content.startswith(_PNG):
        return _png(content)
    if content.startswith(_JPEG):
        return _jpeg(content)
    if content.startswith(_PDF):
        return _pdf(content)
    return _OTHER


def _is_zip(content: bytes) -> bool:
    """Whether a program that unpacks would find an archive that ends where the file ends."""
    at = content.rfind(_ZIP_END)
    if at < 0:
        return content.startswith(b"PK\x03\x04")
    comment = int.from_bytes(content[at + _ZIP_END_BYTES - 2 : at + _ZIP_END_BYTES], "little")
    return at + _ZIP_END_BYTES + comment >= len(content) - 1


def _png(content: bytes) -> str | Said:
    """A PNG from its signature to its end, chunk by chunk (ISO 15948)."""
    width = int.from_bytes(content[_WIDTH_AT : _WIDTH_AT + 4], "big")
    height = int.from_bytes(content[_WIDTH_AT + 4 : _WIDTH_AT + 8], "big")
    if width * height > MOST_PIXELS:
        return _HUGE
    at = len(_PNG)
    while at + 12 <= len(content):
        if content[at : at + 12] == _PNG_END:
            return "image/png" if at + 12 == len(content) else _MORE
        at += 12 + int.from_bytes(content[at : at + 4], "big")
    return _CUT


def _jpeg(content: bytes) -> str | Said:
    """A JPEG from its first marker to its last (ITU-T T.81 annex B)."""
    at, sized = 2, False
    while at + 4 <= len(content):
        if content[at] != 0xFF:  # noqa: PLR2004 - the first byte of a marker
            return _MORE
        marker = content[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - filled with bytes like it
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker in _SOF:
            height = int.from_bytes(content[at + 5 : at + 7], "big")
            width = int.from_bytes(content[at + 7 : at + 9], "big")
            sized = True
            if width * height > MOST_PIXELS:
                return _HUGE
        if marker == _SCAN:
            end = content.rfind(_EOI)
            if end < at or not sized:
                return _CUT
            return "image/jpeg" if not content[end + 2 :].strip(b"\x00") else _MORE
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return _CUT


def _pdf(content: bytes) -> str | Said:
    """A PDF with its mark at the first byte and its end at the last (ISO 32000)."""
    if any(mark in content[:_TAIL_BYTES].lower() for mark in _MARKUP):
        return _MORE
    end = content.rfind(_PDF_END)
    if end < 0:
        return _CUT
    return "application/pdf" if len(content) - end <= _TAIL_BYTES else _MORE


def submission_key(submission: bytes) -> bytes:
    """Under what a form that was sent is kept: nobody can tell the form's own number from it."""
    return sha256(b"amends/inbox/submission/v1\0" + submission).digest()


def content_mark(submission: bytes, plain: bytes) -> bytes:
    """Tells whether the same was sent again; without the form's number it says nothing."""
    return sha256(b"amends/inbox/content/v1\0" + submission + b"\0" + plain).digest()


def reference_of(submission: bytes) -> str:
    """What the sender names a message by: ``7GQ4-D2KM``."""
    return _written(sha256(b"amends/inbox/reference/v1\0" + submission).digest(), (4, 4))


def secret_of(submission: bytes) -> str:
    """The sender's way back: 100 bits in five groups, which nobody has but the sender."""
    return _written(sha256(b"amends/inbox/secret/v1\0" + submission).digest(), (4,) * 5)


def secret_mark(submission: bytes) -> bytes:
    """What is kept of the secret: enough to know it again."""
    return mark_of(secret_of(submission))


def mark_of(secret: str) -> bytes:
    """The mark of a secret as it is written (``7GQ4-…``)."""
    return sha256(b"amends/inbox/way-back/v1\0" + secret.encode()).digest()


def way_back(mark: bytes) -> bytes:
    """By what the public process finds the message of a secret. Nobody gets the mark from it."""
    return sha256(b"amends/inbox/shown/v1\0" + mark).digest()


def shown_key(mark: bytes) -> bytes:
    """The key of what its sender is told: whoever has the secret has it, or the secret's mark."""
    return sha256(b"amends/inbox/shown-key/v1\0" + mark).digest()


def secret_read(text: str) -> str:
    """A secret as somebody types it in the way it is written; empty where it can be none.

    Full-width forms, small letters, blanks and dashes do not matter; O is 0, I and L are 1.
    """
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text[:_LONGEST_SECRET]).upper())
    symbols = plain.translate({ord("O"): "0", ord("I"): "1", ord("L"): "1"})
    if len(symbols) != _SECRET_SYMBOLS or any(one not in _SYMBOLS for one in symbols):
        return ""
    return "-".join(symbols[at : at + 4] for at in range(0, _SECRET_SYMBOLS, 4))


def number_read(text: str) -> str:
    """The digits of a telephone number, without the country's; empty where there is none."""
    digits = "".join(re.findall("[0-9]", unicodedata.normalize("NFKC", text)))
    for country in ("0086", "86"):
        if digits.startswith(country) and len(digits) - len(country) == _MOBILE_DIGITS:
            digits = digits.removeprefix(country)
    return digits if len(digits) >= _LEAST_DIGITS else ""


def number_mark(key: bytes, digits: str) -> bytes:
    """Under what reports of a number are counted: without *key* nobody finds it by trying."""
    return hmac.digest(key, b"amends/inbox/number/v1\0" + digits.encode(), "sha256")


def _written(digest: bytes, groups: tuple[int, ...]) -> str:
    """The first bits of a digest in Crockford's base32, in groups."""
    value = int.from_bytes(digest, "big") >> 256 - 5 * sum(groups)
    symbols = ""
    for _ in range(sum(groups)):
        value, last = divmod(value, 32)
        symbols = _SYMBOLS[last] + symbols
    parts, at = [], 0
    for size in groups:
        parts.append(symbols[at : at + size])
        at += size
    return "-".join(parts)
