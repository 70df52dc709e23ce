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
_MOBILE, _CITIZEN = 11, 18
_HAN_FIRST, _HAN_LAST = 0x4E00, 0x9FFF


@compiled
def _digits(signs: Octets, begin: int, end: int) -> bool:
    """Whether all of these are digits."""
    for at in range(begin, end):
        if signs[at] < _NOUGHT or signs[at] > _NINE:
            return False
    return True


@compiled
def mobiles(ends: Places, signs: Octets) -> Flags:
    """Whether each is eleven digits of a mobile of mainland China."""
    plain = np.zeros(len(ends) - 1, np.bool_)
    for one in range(len(plain)):
        begin, end = ends[one], ends[one + 1]
        if end - begin == _MOBILE and signs[begin] == ord("1") and signs[begin + 1] >= ord("3"):
            plain[one] = _digits(signs, begin + 1, end)
    return plain


@compiled
def names(ends: Places, signs: Octets) -> Flags:
    """Whether each is written in Han characters (U+4E00 to U+9FFF) alone."""
    plain = np.zeros(len(ends) - 1, np.bool_)
    for one in range(len(plain)):
        begin, end = ends[one], ends[one + 1]
        all_han = end > begin and (end - begin) % 3 == 0
        for at in range(begin, end, 3):
            if signs[at] >> 4 != 0xE or not all_han:
                all_han = False
                break
            sign = (np.int64(signs[at]) & 0xF) << 12
            sign |= (np.int64(signs[at + 1]) & 0x3F) << 6 | np.int64(signs[at + 2]) & 0x3F
            all_han = _HAN_FIRST <= sign <= _HAN_LAST
        plain[one] = all_han
    return plain


@compiled
def citizens(ends: Places, signs: Octets) -> Places:
    """The first 17 digits of each citizen's number of 18 places; ``ODD`` for any other text."""
    numbers = np.full(len(ends) - 1, ODD, np.int64)
    for one in range(len(numbers)):
        begin, end = ends[one], ends[one + 1]
        if end - begin != _CITIZEN or not _digits(signs, begin, end - 1):
            continue
        if signs[end - 1] != ord("X") and not _digits(signs, end - 1, end):
            continue
        number = np.int64(0)
        for at in range(begin, end - 1):
            number = number * 10 + (signs[at] - _NOUGHT)
        numbers[one] = number
    return numbers
