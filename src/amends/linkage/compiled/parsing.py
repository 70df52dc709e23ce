"""Mobiles, national numbers, mail addresses, devices and names that are canonical as they stand.

They are told straight from their octets, without a text. Whatever is written in any other way is
left to the rules of normalisation, which say the same of these, only slower.
"""

from typing import Final

import numpy as np

from amends.kernel.compiling import borrowing
from amends.linkage.compiled.entries import Bytes, Integers
from amends.linkage.compiled.octets import eight
from amends.linkage.compiled.wide import smeared, within

_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])  # GB 11643-1999, 6.2
_CHECKS = np.frombuffer(b"10X98765432", dtype=np.uint8)
_DAYS = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_ENDS = np.array([ord(sign) for sign in "生士姐志太人师傅師授夫理任"])
"""Names that end like this may hold a title."""
_HIDDEN: Final = 0x67D0  # 某
_MOBILES: Final = 13_000_000_000
_MOBILES_END: Final = 20_000_000_000
_NINE_DIGITS: Final = 1_000_000_000
_1, _2, _3, _8, _10, _11, _15, _16 = (np.uint64(n) for n in (1, 2, 3, 8, 10, 11, 15, 16))
_17, _18, _32, _1000 = (np.uint64(n) for n in (17, 18, 32, 1000))
_HIGH, _LOW = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(0x0F0F0F0F0F0F0F0F)
_ZEROS, _SIXES = np.uint64(0x3030303030303030), np.uint64(0x0606060606060606)
_LAST_THREE, _FIVE_ZEROS = np.uint64(0xFFFFFF0000000000), np.uint64(0x0000003030303030)
_FIRST, _SECOND, _THIRD = (np.uint64(0xFF << bits) for bits in (0, 8, 16))
_SMALL = np.uint64(0x202020)
_PAIRS = np.uint64(0x000000FF000000FF)
_AHEAD, _BEHIND = np.uint64(100 + (1_000_000 << 32)), np.uint64(1 + (10_000 << 32))


@borrowing
def mobile(octets: Bytes, start: np.uint64, end: np.uint64) -> np.int64:
    """Eleven digits from 13 to 19, maybe after 86, in groups of 3, 4, 4; -1 of anything else."""
    if end - start != _11:
        return _grouped_mobile(octets, start, end)
    first, last = eight(octets, start), eight(octets, end - _8) & _LAST_THREE | _FIVE_ZEROS
    value = np.int64(_number(first) * _1000 + _number(last))
    right = _are_digits(first) and _are_digits(last) and _MOBILES <= value < _MOBILES_END
    return value if right else np.int64(-1)


@borrowing
def _are_digits(word: np.uint64) -> bool:
    """Whether all of eight octets are digits: they begin with 3, and go on so with 6 more."""
    return bool(((word & _HIGH) ^ _ZEROS) | (((word + _SIXES) & _HIGH) ^ _ZEROS) == 0)


@borrowing
def _number(word: np.uint64) -> np.uint64:
    """The number that eight digits say, two of them made one, then four, then all."""
    pairs = (word & _LOW) * _10 + ((word & _LOW) >> _8)
    ahead, behind = pairs & _PAIRS, pairs >> _16 & _PAIRS
    return (ahead * _AHEAD + behind * _BEHIND) >> _32


@borrowing
def _grouped_mobile(octets: Bytes, start: np.uint64, end: np.uint64) -> np.int64:
    """The same of what is longer than eleven signs."""
    at, zeros = start, 0
    if octets[at] == 43:
        at += _1
    while zeros < 2 and at < end and octets[at] == 48:
        at += _1
        zeros += 1
    if at + _1 < end and octets[at] == 56 and octets[at + _1] == 54:
        at += _2
        if at < end and (octets[at] == 32 or octets[at] == 45):
            at += _1
    else:
        at = start
    value, count, before = np.int64(0), 0, np.int64(0)
    while at < end:
        octet = np.int64(octets[at])
        if 48 <= octet <= 57:
            value = value * 10 + octet - 48
            count += 1
        elif (octet != 32 and octet != 45) or (count != 3 and count != 7) or before < 48:
            return np.int64(-1)
        if count > 11:
            return np.int64(-1)
        before = octet
        at += _1
    right = count == 11 and before >= 48 and _MOBILES <= value < _MOBILES_END
    return value if right else np.int64(-1)


@borrowing
def has_no_mobile(octets: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Whether there are fewer than eleven digits, and no signs that may stand for any."""
    digits = 0
    for at in range(start, end):
        if octets[at] >= 128:
            return False
        digits += 48 <= octets[at] <= 57
    return digits < 11


@borrowing
def identity(octets: Bytes, start: np.uint64, end: np.uint64) -> np.int64:
    """The first 17 of eighteen signs, right in date and check digit; -1 of anything else.

    Fifteen digits are those without the century, which is the twentieth unless the last three say
    that it may be another.
    """
    size = end - start
    if size != _18 and size != _15:
        return np.int64(-1)
    value, total, wrong = np.int64(0), np.int64(0), np.int64(0)
    for k in range(min(size, _17)):
        digit = np.int64(octets[start + np.uint64(k)]) - 48
        wrong |= digit | 9 - digit  # negative where it is none
        value = value * 10 + digit
        total += digit * _WEIGHTS[k]
    if size == _15:
        wrong |= 995 - value % 1000
        value = (value // _NINE_DIGITS * 100 + 19) * _NINE_DIGITS + value % _NINE_DIGITS
    elif octets[end - _1] != _CHECKS[total % 11]:
        return np.int64(-1)
    return value if wrong >= 0 and _is_date(value // 1000 % 100_000_000) else np.int64(-1)


@borrowing
def is_masked(octets: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Whether a sign is hidden by an asterisk."""
    for at in range(start, end):
        if octets[at] == 42:
            return True
    return False


@borrowing
def _is_date(digits: np.integer) -> bool:
    """Whether eight digits are a day from 1900 to 2099."""
    year, month, day = digits // 10_000, digits // 100 % 100, digits % 100
    if not 1900 <= year <= 2099 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1]:
        return False
    leap = year % 4 == 0 and year != 1900
    return bool(month != 2 or day < 29 or leap)


@borrowing
def is_mail(octets: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Whether signs of mail addresses are plainly ``somebody@some.where``; it is read backwards."""
    at = end - _1
    while at > start and octets[at] >= 65 and octets[at] != 95:
        at -= _1
    if octets[at] != 46 or at == end - _1:
        return False
    dot, right = at, True
    while at > start and octets[at] != 64:
        at -= _1
        octet = octets[at]
        if octet == 46 or octet == 64:
            right &= bool(at + _1 < dot)
            dot = at
        right &= bool(octet != 43 and octet != 95 and octet != 37)
    for place in range(start, at):
        right &= bool(octets[place] != 64)
    return bool(right and at > start)


@borrowing
def is_small_mail(octets: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Whether at most 32 octets are such an address in small letters, all looked at at once.

    Of others nothing is said.
    """
    size, at = end - start, np.int64(start)
    if size > _32 or start + _32 > np.uint64(len(octets)):
        return False
    whole, nothing = (_1 << size) - _1, np.uint64(0)
    letters = within(octets, at, ord("a"), ord("z")) & whole
    dots, ats = within(octets, at, ord("."), ord(".")), within(octets, at, ord("@"), ord("@"))
    signs = within(octets, at, ord("%"), ord("%")) | within(octets, at, ord("+"), ord("+"))
    signs |= within(octets, at, ord("_"), ord("_"))
    known = letters | dots | ats | signs | within(octets, at, ord("-"), ord("-"))
    known |= within(octets, at, ord("0"), ord("9"))
    ats &= whole
    behind = whole & ~(ats | ats - _1)
    dots &= behind
    ends = dots | ats
    last = behind & ~smeared(dots)
    return bool(
        known & whole == whole
        and ats > _1
        and ats & ats - _1 == nothing
        and dots != nothing
        and ends & ends << _1 == nothing
        and signs & behind == nothing
        and last != nothing
        and letters & last == last
    )


@borrowing
def is_device(octets: Bytes, start: np.uint64, end: np.uint64, begins: Integers) -> bool:
    """Whether letters and digits are eight or more, not all alike, nor like something that is none.

    *begins*: the first three small letters or digits of labels and placeholders, as one number.
    """
    if end - start < _8:
        return False
    begin, place = np.int64(0), start + _1
    for k in range(3):
        begin = begin << 8 | np.int64(octets[start + np.uint64(k)] | 32)
    while place < end and octets[place] | 32 == octets[start] | 32:
        place += _1
    return bool(place < end and not _is_in(begins, begin))


@borrowing
def is_small_device(octets: Bytes, start: np.uint64, end: np.uint64, begins: Integers) -> bool:
    """Whether 8 to 32 octets are such a device in small letters, all looked at at once.

    Of others, and of those that begin with eight like ones, nothing is said.
    """
    size, at = end - start, np.int64(start)
    if size < _8 or size > _32 or start + _32 > np.uint64(len(octets)):
        return False
    whole = (_1 << size) - _1
    known = within(octets, at, ord("a"), ord("z")) | within(octets, at, ord("0"), ord("9"))
    word = eight(octets, start)
    begin = (word << _16 & _THIRD) | (word & _SECOND) | (word >> _16 & _FIRST) | _SMALL
    alike = (word ^ word << _8) >> _8 == 0
    return bool(known & whole == whole and not alike and not _is_in(begins, np.int64(begin)))


@borrowing
def _is_in(values: Integers, value: np.integer) -> bool:
    """Whether *value* is one of *values*, without another array."""
    for one in values:
        if one == value:
            return True
    return False


@borrowing
def is_plain_name(octets: Bytes, start: np.uint64, end: np.uint64) -> bool:
    """Whether it is two to four common Han characters that hide nothing and no title."""
    size = np.int64(end - start)
    if size != 6 and size != 9 and size != 12:
        return False
    sign, at = np.int64(0), start
    while at < end:
        one, two, three = octets[at], octets[at + _1], octets[at + _2]
        sign = (np.int64(one) & 15) << 12 | (np.int64(two) & 63) << 6 | np.int64(three) & 63
        if one >> 4 != 14 or not 0x4E00 <= sign <= 0x9FFF or sign == _HIDDEN:
            return False
        at += _3
    return not _is_in(_ENDS, sign)
