"""Mobiles and national numbers that stand in their usual form, straight from octets to integers.

What has any other form (a country code, dashes, 15 digits) is left to the rules of normalisation,
which say the same of these, only slower.
"""

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.linkage.compiled.groups import Bytes
from amends.linkage.compiled.strings import Offsets

Integers = npt.NDArray[np.int64]
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999, 6.2
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


@compiled
def mobiles(octets: Bytes, bounds: Offsets, values: Integers) -> Bytes:
    """Eleven digits that begin with 13 to 19, as integers into *values*.

    Returns:
        Per text 1 where it is one, 0 where it is empty, 2 where it is anything else.
    """
    states = np.empty(len(bounds) - 1, dtype=np.uint8)
    for i in range(len(bounds) - 1):
        start, size = bounds[i], bounds[i + 1] - bounds[i]
        states[i] = 0 if size == 0 else 2
        values[i] = 0
        if size != 11 or octets[start] != 49 or octets[start + 1] < 51:
            continue
        value, right = 0, True
        for at in range(start, start + 11):
            digit = octets[at] - 48
            right &= 0 <= digit <= 9
            value = value * 10 + digit
        if right:
            values[i], states[i] = value, 1
    return states


@compiled
def identities(octets: Bytes, bounds: Offsets, values: Integers) -> Bytes:
    """Eighteen signs with a right date and check digit: the first 17 as integers into *values*.

    Returns:
        Per text 1 where it is one, 0 where it is empty, 2 where it is anything else.
    """
    states = np.empty(len(bounds) - 1, dtype=np.uint8)
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
    """Whether eight digits are a day of the Gregorian calendar on which somebody was born."""
    year, month, day = digits // 10_000, digits // 100 % 100, digits % 100
    if not 1840 <= year <= 2099 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return bool(month != 2 or day < 29 or leap)


@compiled
def shaped_as_mail(octets: Bytes, bounds: Offsets, states: Bytes) -> None:
    """Make 2 of the 1 of texts that are not plainly ``somebody@somewhere.domain``."""
    for i in range(len(states)):
        if states[i] != 1:
            continue
        at, dot, ats = -1, -1, 0
        for place in range(bounds[i], bounds[i + 1]):
            if octets[place] == 64:
                at = place
                ats += 1
            elif octets[place] == 46:
                dot = place
        if ats != 1 or at == bounds[i] or dot < at + 2 or dot == bounds[i + 1] - 1:
            states[i] = 2


@compiled
def shaped_as_device(octets: Bytes, bounds: Offsets, states: Bytes) -> None:
    """Make 2 of the 1 of texts with under eight letters and digits, or all of them the same.

    Also of those that may begin with a label (``imei``, ``mac``, ``oaid``).
    """
    for i in range(len(states)):
        if states[i] != 1:
            continue
        signs, same, before, labelled = 0, True, 0, False
        for place in range(bounds[i], bounds[i + 1]):
            octet = octets[place] | 32
            if not (48 <= octet <= 57 or 97 <= octet <= 122):
                continue
            same &= signs == 0 or octet == before
            labelled |= signs == 0 and octet in (103, 105, 109, 111)  # g i m o
            before = octet
            signs += 1
        if signs < 8 or same or labelled:
            states[i] = 2
