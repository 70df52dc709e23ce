"""Whole numbers in words, Chinese and English, and read back. Pure.

A number that was said is exactly the number that was meant: nothing is rounded.
"""

import re
from fractions import Fraction
from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_SMALL: Final = ("", "十", "百", "千")
_HAN: Final = {sign: value for value, sign in enumerate(_DIGITS)} | {"〇": 0, "两": 2}
_HAN_SMALL: Final = {"十": 10, "百": 100, "千": 1000}
_UNITS: Final = {
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "k": 10**3,
    "m": 10**6,
    "bn": 10**9,
}
_ONES: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS: Final = (
    *("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
_WORDS: Final = {word: value for value, word in enumerate(_ONES)} | {
    word: value * 10 for value, word in enumerate(_TENS) if word
}
_MOST: Final = 10**15

_SIGNS = "零〇一二两三四五六七八九十百千"
CHINESE_NUMBER: Final = rf"(?:\d[\d,，]*(?:\.\d+)?|[{_SIGNS}])(?:[\d,，.]|[{_SIGNS}万亿])*"
"""Matches a number as Chinese writes it: ``300万``, ``三百万``, ``3,000,000``, ``149亿3827万``."""

_WORD = "|".join(
    sorted({*_WORDS, "hundred", "thousand", "million", "billion", "trillion"}, key=len)[::-1]
)
ENGLISH_NUMBER: Final = (
    r"(?:\d[\d,]*(?:\.\d+)?(?:[ -]?(?:thousand|million|billion|trillion|bn|k|m)\b)?"
    rf"|(?:{_WORD})(?:[ -](?:and )?(?:{_WORD}))*)"
)
"""Matches a number as English writes it: ``3 million``, ``3,000,000``, ``fifteen billion``."""


def chinese(number: int) -> str:
    """``一百五十亿`` for 15,000,000,000.

    Raises:
        ValueError: below 0, or from 10¹⁵.
    """
    _check(number)
    said = _whole(number)
    return said.removeprefix("一") if said.startswith("一十") else said


def chinese_short(number: int) -> str:
    """``150亿`` for 15,000,000,000, ``150.5万`` for 1,505,000; ``2,987,654`` where none is exact.

    As newspapers write it: one unit, with a fraction of whole 万 after 亿, of hundreds after 万.

    Raises:
        ValueError: below 0, or from 10¹⁵.
    """
    _check(number)
    for unit, size, places in (("亿", 10**8, 4), ("万", 10**4, 2)):
        if number >= size and number * 10**places % size == 0:
            whole, part = divmod(number * 10**places // size, 10**places)
            return f"{whole:,}" + f".{part:0{places}d}".rstrip("0").rstrip(".") + unit
    return f"{number:,}"


def english(number: int) -> str:
    """``fifteen billion`` for 15,000,000,000.

    Raises:
        ValueError: below 0, or from 10¹⁵.
    """
    _check(number)
    if number == 0:
        return _ONES[0]
    parts, rest = [], number
    for unit in ("trillion", "billion", "million", "thousand"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{_hundreds(count)} {unit}")
    if rest:
        parts.append(_hundreds(rest))
    return " ".join(parts)


def english_short(number: int) -> str:
    """``15 billion``, ``2.5 million``; ``2,987,654`` where no short form is exact.

    Raises:
        ValueError: below 0, or from 10¹⁵.
    """
    _check(number)
    for unit in ("trillion", "billion", "million"):
        thousandths, rest = divmod(number * 1000, _UNITS[unit])
        if thousandths < 1000:  # noqa: PLR2004 - less than one
            continue
        if rest:
            break
        whole, part = divmod(thousandths, 1000)
        return f"{whole:,}" + f".{part:03d}".rstrip("0").rstrip(".") + f" {unit}"
    return f"{number:,}"


def read_number(text: str) -> Fraction | None:
    """The number that *text* is, as either language writes it; None if it is none."""
    plain = text.strip().lower().replace(",", "").replace("，", "")
    if re.fullmatch(CHINESE_NUMBER, plain):
        return _chinese_number(plain)
    if re.fullmatch(ENGLISH_NUMBER, plain):
        return _english_number(plain)
    return None


def _check(number: int) -> None:
    if not 0 <= number < _MOST:
        raise ValueError(f"{number} is not said in words here: from 0 to below {_MOST:,}")


def _whole(number: int) -> str:
    """Any number in Chinese; what stands before 亿 and 万 is said as a number of its own."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        head, rest = divmod(number, size)
        if head:
            gap = _DIGITS[0] if 0 < rest < size // 10 else ""
            return _whole(head) + unit + gap + (_whole(rest) if rest else "")
    return _section(number) or _DIGITS[0]


def _section(section: int) -> str:
    """Up to 9999 in Chinese."""
    said, gap = "", False
    for place, digit in reversed(list(enumerate(int(sign) for sign in reversed(str(section))))):
        if digit == 0:
            gap = True
            continue
        said += ("零" if gap and said else "") + _DIGITS[digit] + _SMALL[place]
        gap = False
    return said


def _hundreds(number: int) -> str:
    """1 to 999 in English."""
    hundreds, rest = divmod(number, 100)
    parts = [f"{_ONES[hundreds]} hundred"] if hundreds else []
    if rest and rest < len(_ONES):
        parts.append(_ONES[rest])
    elif rest:
        parts.append(_TENS[rest // 10] + (f"-{_ONES[rest % 10]}" if rest % 10 else ""))
    return " and ".join(parts)


def _chinese_number(text: str) -> Fraction | None:
    """Digits and signs mixed: hundreds of millions, then tens of thousands, then what is left."""
    whole = below = section = Fraction(0)
    number: Fraction | None = None
    for part in re.findall(r"\d+(?:\.\d+)?|[^\d.]", text):
        if part in _HAN_SMALL:
            section += (Fraction(1) if number is None else number) * _HAN_SMALL[part]
            number = None
        elif part == "万":
            below, section, number = (section + (number or 0)) * 10**4, Fraction(0), None
        elif part == "亿":
            whole = (whole + below + section + (number or 0)) * 10**8
            below, section, number = Fraction(0), Fraction(0), None
        elif part in _HAN:
            number = (number or 0) * 10 + Fraction(_HAN[part])
        else:
            number = Fraction(part)
    return whole + below + section + (number or 0)


def _english_number(text: str) -> Fraction | None:
    """Digits with a unit, or words."""
    if match := re.fullmatch(r"(\d+(?:\.\d+)?)[ -]?([a-z]+)?", text):
        return Fraction(match[1]) * _UNITS.get(match[2] or "", 1)
    whole = below = 0
    for word in re.split(r"[ -]+", text):
        if word == "hundred":
            below = (below or 1) * 100
        elif word in _UNITS:
            whole, below = whole + (below or 1) * _UNITS[word], 0
        elif word in _WORDS:
            below += _WORDS[word]
    return Fraction(whole + below)
