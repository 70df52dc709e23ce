"""Texts that stand as they should, of which most registries are full: told from their octets.

Text *i* of a column is ``signs[ends[i]:ends[i + 1]]`` in UTF-8.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

Places = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

ODD: Final = -1
_NOUGHT, _NINE = ord("0"), ord("9")
_MOBILE, _CITIZEN, _CITIZEN_OLD, _LONGEST = 11, 18, 15, 18
_MOBILES, _CHINA = 10**11, 86
_MOBILE_REST, _MOBILE_FIRST, _MOBILE_LAST = 10**9, 13, 19
_DOT = (0xC2, 0xB7)
_HAN_FIRST, _HAN_LAST = 0x4E00, 0x9FFF


@compiled
def mobiles(ends: Places, signs: Octets) -> Places:
    """The mobile of mainland China that each is: 0 where it is just that, ``ODD`` for other texts.

    Blanks, hyphens and brackets do not count, nor does 86 before it, with + or 00 or without.
    """
    numbers = np.full(len(ends) - 1, ODD, np.int64)
    for one in range(len(numbers)):
        begin, end = ends[one], ends[one + 1]
        if end - begin > _LONGEST:
            continue
        number, digits, plus = np.int64(0), 0, False
        for at in range(begin, end):
            sign = signs[at]
            if _NOUGHT <= sign <= _NINE:
                number = number * 10 + (sign - _NOUGHT)
                digits += 1
            elif sign == ord("+") and not digits and not plus:
                plus = True
            elif sign != ord(" ") and sign != ord("-") and sign != ord("(") and sign != ord(")"):
                digits = 0
                break
        country = number // _MOBILES
        if digits == _MOBILE:
            known = country == 0 and not plus
        else:
            known = country == _CHINA and (
                digits == _MOBILE + 2 or (digits == _MOBILE + 4 and not plus)
            )
        number %= _MOBILES
        if known and _MOBILE_FIRST <= number // _MOBILE_REST <= _MOBILE_LAST:
            numbers[one] = 0 if end - begin == _MOBILE else number
    return numbers


@compiled
def names(ends: Places, signs: Octets) -> Flags:
    """Whether each is written in Han characters (U+4E00 to U+9FFF) alone, or with · among them."""
    plain = np.zeros(len(ends) - 1, np.bool_)
    for one in range(len(plain)):
        begin, end = ends[one], ends[one + 1]
        at, all_han = begin, end > begin and signs[begin] != _DOT[0]
        while at < end and all_han:
            if signs[at] == _DOT[0]:
                all_han = signs[at + 1] == _DOT[1]
                at += 2
                continue
            sign = np.int64(0)
            if signs[at] >> 4 == 0xE:
                sign = (np.int64(signs[at]) & 0xF) << 12
                sign |= (np.int64(signs[at + 1]) & 0x3F) << 6 | np.int64(signs[at + 2]) & 0x3F
            all_han = _HAN_FIRST <= sign <= _HAN_LAST
            at += 3
        plain[one] = all_han
    return plain


@compiled
def citizens(ends: Places, signs: Octets) -> Places:
    """The first 17 digits of each citizen's number of 18 places; ``ODD`` for any other text.

    One of 15 digits is of somebody born in 19..; marks between the signs do not count.
    """
    numbers = np.full(len(ends) - 1, ODD, np.int64)
    for one in range(len(numbers)):
        number, places = np.int64(0), 0
        for at in range(ends[one], ends[one + 1]):
            sign = signs[at]
            if _NOUGHT <= sign <= _NINE:
                places += 1
                if places < _CITIZEN:
                    number = number * 10 + (sign - _NOUGHT)
            elif places == _CITIZEN - 1 and (sign == ord("X") or sign == ord("x")):
                places += 1
            elif sign >= ord("A"):  # a letter, or no ASCII; few marks are above
                places = 0
                break
        if places == _CITIZEN:
            numbers[one] = number
        elif places == _CITIZEN_OLD:
            numbers[one] = (number // 10**9 * 100 + 19) * 10**9 + number % 10**9
    return numbers


@compiled
def spliced(
    ends: Places, signs: Octets, instead: Places, other_ends: Places, other_signs: Octets
) -> tuple[Places, Octets]:
    """Texts with others in their places: *instead* says which; ``ODD`` leaves a text as it is."""
    new_ends = np.zeros(len(ends), np.int64)
    for one in range(len(instead)):
        other = instead[one]
        size = ends[one + 1] - ends[one]
        if other != ODD:
            size = other_ends[other + 1] - other_ends[other]
        new_ends[one + 1] = new_ends[one] + size
    new_signs = np.empty(new_ends[-1], np.uint8)
    for one in range(len(instead)):
        to, end, other = new_ends[one], new_ends[one + 1], instead[one]
        if other == ODD:
            new_signs[to:end] = signs[ends[one] : ends[one + 1]]
        else:
            new_signs[to:end] = other_signs[other_ends[other] : other_ends[other + 1]]
    return new_ends, new_signs
