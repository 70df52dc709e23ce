"""Mobiles, national numbers, mail addresses, devices and names that are canonical as they stand.

They are told straight from their octets, without a text. Whatever is written in any other way is
left to the rules of normalisation, which say the same of these, only slower.
"""

from typing import Final

import numpy as np

from amends.kernel.compiling import compiled
from amends.linkage.compiled.entries import Bytes, Integers
from amends.linkage.compiled.strings import Offsets

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999, 6.2
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_ENDS = np.array([ord(sign) for sign in "生士姐志太人师傅師授夫理任"])
"""Names that end like this may hold a title."""
_HIDDEN: Final = 0x67D0  # 某


@compiled
def mobiles(octets: Bytes, bounds: Offsets, values: Integers) -> Bytes:
    """Eleven digits from 13 to 19, maybe after 86, in groups of 3, 4, 4: integers into *values*.

    Returns:
        Per text 1 where it is one, 0 where it is empty, 2 where it is anything else.
    """
    states = np.zeros(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(bounds) - 1):
        values[i] = 0
        at, end = bounds[i], bounds[i + 1]
        if at == end:
            continue
        states[i] = 2
        start, zeros = at, 0
        if octets[start] == 43:
            start += 1
        while zeros < 2 and start < end and octets[start] == 48:
            start += 1
            zeros += 1
        if start + 1 < end and octets[start] == 56 and octets[start + 1] == 54:
            at = start + 2
            if at < end and (octets[at] == 32 or octets[at] == 45):
                at += 1
        value, count = np.int64(0), 0
        while at < end:
            octet = np.int64(octets[at])
            if 48 <= octet <= 57:
                value = value * 10 + octet - 48
                count += 1
                if count > 11:
                    break
            elif (
                not ((octet == 32 or octet == 45) and (count == 3 or count == 7))
                or octets[at - 1] == 32
                or octets[at - 1] == 45
            ):
                count = 99
            at += 1
        if count == 11 and 13_000_000_000 <= value <= 19_999_999_999 and octets[end - 1] >= 48:
            values[i], states[i] = value, 1
    return states


@compiled
def identities(octets: Bytes, bounds: Offsets, values: Integers) -> Bytes:
    """Eighteen signs, right in date and check digit: the first 17 as integers into *values*.

    Returns:
        Per text 1 where it is one, 0 where it is empty, 2 where it is anything else.
    """
    states = np.zeros(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(bounds) - 1):
        start, size = bounds[i], bounds[i + 1] - bounds[i]
        states[i] = 0 if size == 0 else 2
        values[i] = 0
        if size != 18:
            continue
        value, total, right = np.int64(0), np.int64(0), True
        for at in range(17):
            digit = np.int64(octets[start + at]) - 48
            right &= bool(0 <= digit <= 9)
            value = value * 10 + digit
            total += digit * _WEIGHTS[at]
        if not right or octets[start + 17] != _CHECKS[total % 11]:
            continue
        if _is_date(value // 1000 % 100_000_000):
            values[i], states[i] = value, 1
    return states


@compiled
def _is_date(digits: np.integer) -> bool:
    """Whether eight digits are a day from 1900 to 2099."""
    year, month, day = digits // 10_000, digits // 100 % 100, digits % 100
    if not 1900 <= year <= 2099 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and year != 1900
    return bool(month != 2 or day < 29 or leap)


@compiled
def shaped_as_mail(octets: Bytes, bounds: Offsets, states: Bytes) -> None:
    """Make 2 of the 1 of texts that are not plainly ``somebody@some.where``."""
    for i in range(len(states)):
        if states[i] != 1:
            continue
        at, dot, ats, right = -1, -1, 0, True
        for place in range(bounds[i], bounds[i + 1]):
            octet = octets[place]
            if octet == 64:
                at = dot = place
                ats += 1
            elif octet == 46 and at >= 0:
                right &= bool(place > dot + 1)
                dot = place
            elif at >= 0:
                right &= bool(octet != 43 and octet != 95 and octet != 37)
        for place in range(max(dot + 1, bounds[i]), bounds[i + 1]):
            right &= bool(octets[place] >= 65)
        inside = bounds[i] < at < dot < bounds[i + 1] - 1
        if not right or ats != 1 or not inside:
            states[i] = 2


@compiled
def shaped_as_device(octets: Bytes, bounds: Offsets, begins: Integers, states: Bytes) -> None:
    """Make 2 of the 1 of texts of under eight signs, all alike, or like something that is none.

    *begins*: the first three small letters or digits of labels and placeholders, as one number.
    """
    for i in range(len(states)):
        start, size = bounds[i], bounds[i + 1] - bounds[i]
        if states[i] != 1:
            continue
        if size < 8:
            states[i] = 2
            continue
        begin, place = np.int64(0), start + 1
        for at in range(start, start + 3):
            begin = begin << 8 | octets[at] | 32
        while place < start + size and octets[place] | 32 == octets[start] | 32:
            place += 1
        if place == start + size or _is_in(begins, begin):
            states[i] = 2


@compiled
def _is_in(values: Integers, value: np.integer) -> bool:
    """Whether *value* is one of *values*, without another array."""
    for one in values:
        if one == value:
            return True
    return False


@compiled
def plain_names(octets: Bytes, bounds: Offsets) -> Bytes:
    """Per text whether it is two to four common Han characters that hide nothing and no title."""
    found = np.zeros(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(bounds) - 1):
        start, size = bounds[i], bounds[i + 1] - bounds[i]
        if size != 6 and size != 9 and size != 12:
            continue
        right, sign = True, np.int64(0)
        for at in range(start, start + size, 3):
            sign = (
                (np.int64(octets[at]) & 15) << 12
                | (np.int64(octets[at + 1]) & 63) << 6
                | np.int64(octets[at + 2]) & 63
            )
            right &= bool(octets[at] >> 4 == 14 and 0x4E00 <= sign <= 0x9FFF and sign != _HIDDEN)
        found[i] = right and not _is_in(_ENDS, sign)
    return found
