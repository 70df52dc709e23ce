"""Check digits of identity, card, device and company numbers, over whole columns. Pure.

Each function takes texts (String, null allowed) and says for each whether its check holds; what has
not even the shape fails. Arithmetic is done on bytes of the texts that have the shape, at once.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

Bytes = npt.NDArray[np.int64]
"""Texts of one length as character codes: one row each."""

ID_18: Final = r"^[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]$"
ID_15: Final = r"^[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}$"
CARD: Final = (
    r"^(?:(?:62|81)\d{11,17}|955[89]\d{12,15}|4\d{12}(?:\d{3}){0,2}"
    r"|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}|6(?:011|5\d\d)\d{12})$"
)
"""First digits and lengths of card schemes (ISO/IEC 7812-1): UnionPay, Visa, Mastercard, Amex …"""
OCTET: Final = r"(?:25[0-5]|2[0-4]\d|1?\d?\d)"
IP_6: Final = (
    r"^(?:(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"
    r"|(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6})$"
)
"""An address of RFC 4291, whole or with one gap."""
USCC: Final = r"^[1-9A-HJ-NPQRTUWXY][1-9A-HJ-NPQRTUWXY]\d{6}[0-9A-HJ-NPQRTUWXY]{10}$"

_ID_WEIGHTS: Final = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_ID_CHECKS: Final = np.frombuffer(b"10X98765432", np.uint8).astype(np.int64)
_USCC_ALPHABET: Final = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS: Final = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28])
_TAIWAN_LETTERS: Final = b"ABCDEFGHJKLMNPQRSTUVXYWZIO"
_LONGEST_NUMBER: Final = 19
_ZERO: Final = ord("0")


def citizen_number(texts: pl.Series) -> pl.Series:
    """A mainland number of 18 places (GB 11643-1999): day of birth, check by ISO 7064 MOD 11-2."""
    shaped = has_shape(texts, ID_18) & _real_day(texts.str.slice(6, 8))
    return _checked(texts, shaped, 18, _citizen_check)


def old_citizen_number(texts: pl.Series) -> pl.Series:
    """A mainland number of 15 digits: it has a day of birth, and no check digit."""
    return has_shape(texts, ID_15) & _real_day("19" + texts.str.slice(6, 6))


def luhn(texts: pl.Series) -> pl.Series:
    """Up to 19 digits whose last one follows from the others (ISO/IEC 7812-1, annex B)."""
    shaped = has_shape(texts, r"^\d{2,19}$")
    return _checked(texts.str.zfill(_LONGEST_NUMBER), shaped, _LONGEST_NUMBER, _luhn_check)


def card_number(texts: pl.Series) -> pl.Series:
    """A bank card number: first digits and length of a scheme, and Luhn."""
    return has_shape(texts, CARD) & luhn(texts)


def device_number(texts: pl.Series) -> pl.Series:
    """An IMEI: 15 digits from a reporting body's range, Luhn (3GPP TS 23.003)."""
    return has_shape(texts, r"^(?:01|35|86|99|45|44|49|50|51|52|53|54)\d{13}$") & luhn(texts)


def company_number(texts: pl.Series) -> pl.Series:
    """A unified social credit code (GB 32100-2015)."""
    return _checked(texts, has_shape(texts, USCC), 18, _company_check)


def hongkong_number(texts: pl.Series) -> pl.Series:
    """A Hong Kong identity card number such as ``A123456(3)``; brackets may be missing."""
    bare = texts.str.replace_all("[()（） ]", "").str.to_uppercase()
    shaped = has_shape(bare, r"^[A-Z]{1,2}\d{6}[\dA]$")
    return _checked(bare.str.pad_start(9, " "), shaped, 9, _hongkong_check)


def taiwan_number(texts: pl.Series) -> pl.Series:
    """A Taiwanese identity number: a letter, 1 or 2 (residents 8 or 9), eight digits."""
    upper = texts.str.to_uppercase()
    return _checked(upper, has_shape(upper, r"^[A-Z][1289]\d{8}$"), 10, _taiwan_check)


def account_iban(texts: pl.Series) -> pl.Series:
    """An international account number (ISO 13616): rest 1 of a division by 97."""
    bare = texts.str.replace_all(" ", "")
    shaped = has_shape(bare, r"^[A-Z]{2}\d{2}[A-Z\d]{11,30}$")
    good = [
        bool(there) and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1
        for text, there in zip(bare, shaped, strict=True)
    ]
    return pl.Series(good, dtype=pl.Boolean)


def has_shape(texts: pl.Series, pattern: str) -> pl.Series:
    """Whether each text is there and matches."""
    return texts.str.contains(pattern).fill_null(value=False)


def _real_day(days: pl.Series) -> pl.Series:
    """Whether eight digits are a day of the calendar."""
    return days.str.to_date("%Y%m%d", strict=False).is_not_null()


def _checked(
    texts: pl.Series, shaped: pl.Series, width: int, check: Callable[[Bytes], npt.NDArray[np.bool_]]
) -> pl.Series:
    """*check* on the bytes of the texts that have the shape; False for the others."""
    result = shaped.to_numpy().copy()
    if result.any():
        chosen = texts.filter(shaped).to_list()
        joined = np.frombuffer("".join(chosen).encode("ascii"), np.uint8)
        result[result] = check(joined.reshape(-1, width).astype(np.int64))
    return pl.Series(result)


def _citizen_check(codes: Bytes) -> npt.NDArray[np.bool_]:
    sums = (codes[:, :17] - _ZERO) @ _ID_WEIGHTS
    last = codes[:, 17]
    last = np.where(last == ord("x"), ord("X"), last)
    good: npt.NDArray[np.bool_] = last == _ID_CHECKS[sums % 11]
    return good


def _luhn_check(codes: Bytes) -> npt.NDArray[np.bool_]:
    digits = codes - _ZERO
    doubled = digits[:, -2::-2] * 2
    total = digits[:, -1::-2].sum(axis=1) + (doubled // 10 + doubled % 10).sum(axis=1)
    good: npt.NDArray[np.bool_] = total % 10 == 0
    return good


def _company_check(codes: Bytes) -> npt.NDArray[np.bool_]:
    places = _places_in(_USCC_ALPHABET)[codes]
    sums = places[:, :17] @ _USCC_WEIGHTS
    good: npt.NDArray[np.bool_] = (31 - sums % 31) % 31 == places[:, 17]
    return good


def _hongkong_check(codes: Bytes) -> npt.NDArray[np.bool_]:
    values = np.where(codes == ord(" "), 36, np.where(codes > ord("9"), codes - 55, codes - _ZERO))
    good: npt.NDArray[np.bool_] = values @ np.arange(9, 0, -1) % 11 == 0
    return good


def _taiwan_check(codes: Bytes) -> npt.NDArray[np.bool_]:
    letters = _places_in(_TAIWAN_LETTERS)[codes[:, 0]] + 10
    digits = codes[:, 1:] - _ZERO
    sums = letters // 10 + letters % 10 * 9 + digits @ np.array([8, 7, 6, 5, 4, 3, 2, 1, 1])
    good: npt.NDArray[np.bool_] = sums % 10 == 0
    return good


def _places_in(alphabet: bytes) -> Bytes:
    """Character code → its place in *alphabet*."""
    places = np.zeros(128, np.int64)
    places[np.frombuffer(alphabet, np.uint8)] = np.arange(len(alphabet))
    return places
