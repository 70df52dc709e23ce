"""UTF-8 and GB18030 as UTF-8 without faults, and the bytes of every line that are no character.

What counts as a fault, how many bytes it has, and that one U+FFFD stands for it, is as in Python's
codecs with ``errors="replace"`` when each line is decoded by itself: a character that the end of
its line cuts short takes the line end with it. The tables of GB18030 are asked from Python's codec.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.memory import (
    HIGH_BITS,
    LOW_BITS,
    WORD,
    Octets,
    Places,
    load_word,
    lowest_byte,
    store_half,
    store_word,
)
from amends.kernel.compiling import borrowing, compiled

Packed = npt.NDArray[np.uint32]
"""A character each, as its bytes in UTF-8, the first one lowest; 0 where there is none."""

_ASCII_END: Final = 0x80
_REPLACEMENT: Final = np.uint32(int.from_bytes("\ufffd".encode(), "little"))
_REPLACEMENT_BYTES: Final = 3
_THREE_BYTES: Final = np.uint64(0xC0C0F0)
_IS_THREE: Final = np.uint64(0x8080E0)
_FOUR_BYTE_BMP: Final = 39_420
"""Four-byte codes of the Basic Multilingual Plane, counted from 81308130 (GB 18030 §5.3)."""
_FIRST_PLANE: Final = 0x10000
_LAST: Final = 0x10FFFF


@compiled
def line_bounds(data: Octets, line_end: int) -> Places:
    """Where each line begins, and the end of the last; line ends belong to their lines."""
    size = len(data)
    ends = np.uint64(line_end) * LOW_BITS
    count = 0
    at = 0
    while at + WORD <= size:  # count first: most of the time of a second pass is saved memory
        other = load_word(data, at) ^ ends
        zero = (other - LOW_BITS) & ~other & HIGH_BITS
        while zero != 0:
            place = lowest_byte(zero)
            count += data[at + place] == line_end
            zero &= zero - np.uint64(1)
        at += WORD
    while at < size:
        count += data[at] == line_end
        at += 1
    unended = size > 0 and data[size - 1] != line_end
    bounds = np.empty(count + 1 + unended, np.int64)
    bounds[0] = 0
    line = 1
    at = 0
    while at + WORD <= size:
        other = load_word(data, at) ^ ends
        zero = (other - LOW_BITS) & ~other & HIGH_BITS
        while zero != 0:
            place = at + lowest_byte(zero)
            if data[place] == line_end:
                bounds[line] = place + 1
                line += 1
            zero &= zero - np.uint64(1)
        at += WORD
    while at < size:
        if data[at] == line_end:
            bounds[line] = at + 1
            line += 1
        at += 1
    if unended:
        bounds[line] = size
    return bounds


@borrowing
def _utf8_step(data: Octets, at: int, end: int) -> int:
    """Bytes of the character at *at*; of a fault there, minus its bytes (Unicode §3.9, U+FFFD)."""
    first = data[at]
    if first < 0x80:
        return 1
    if first < 0xC2 or first > 0xF4:
        return -1
    low, high = np.uint8(0x80), np.uint8(0xBF)
    if first < 0xE0:
        length = 2
    elif first < 0xF0:
        length = 3
        if first == 0xE0:
            low = np.uint8(0xA0)
        elif first == 0xED:
            high = np.uint8(0x9F)
    else:
        length = 4
        if first == 0xF0:
            low = np.uint8(0x90)
        elif first == 0xF4:
            high = np.uint8(0x8F)
    for more in range(1, length):
        if at + more >= end or data[at + more] < low or data[at + more] > high:
            return -more
        low, high = np.uint8(0x80), np.uint8(0xBF)
    return length


@borrowing
def utf8_faults(data: Octets) -> int:
    """How many bytes of *data*, read as UTF-8, are part of no character."""
    size = len(data)
    at = faults = 0
    while at < size:
        while at + WORD <= size and load_word(data, at) & HIGH_BITS == 0:
            at += WORD
        while at < size and data[at] < _ASCII_END:
            at += 1
        while at + WORD <= size:  # most Chinese characters: three bytes, told in one look
            word = load_word(data, at)
            if word & _THREE_BYTES != _IS_THREE:
                break
            middle = word >> np.uint64(8) & np.uint64(0x3F)
            start = word & np.uint64(0xF)
            if (start == 0 and middle < 0x20) or (start == 0xD and middle >= 0x20):
                break
            at += 3
        while at < size and data[at] >= _ASCII_END:
            step = _utf8_step(data, at, size)
            faults -= min(step, 0)
            at += abs(step)
    return faults


@borrowing
def mended_utf8(
    data: Octets, bounds: Places, text: Octets, text_bounds: Places, faults: Places
) -> int:
    """Write *data* to *text* with U+FFFD for its faults; bytes written.

    *text* has room for three times as much; *text_bounds* and *faults* (bytes) are by line.
    """
    out = 0
    text_bounds[0] = 0
    for line in range(len(bounds) - 1):
        at, end = bounds[line], bounds[line + 1]
        bad = 0
        while at < end:
            step = _utf8_step(data, at, end)
            if step < 0:
                bad -= step
                at -= step
                for byte in range(_REPLACEMENT_BYTES):
                    text[out + byte] = np.uint8(_REPLACEMENT >> np.uint32(8 * byte))
                out += _REPLACEMENT_BYTES
            else:
                for byte in range(step):
                    text[out + byte] = data[at + byte]
                at += step
                out += step
        faults[line] = bad
        text_bounds[line + 1] = out
    return out


@cache
def gb18030_tables() -> tuple[Packed, Packed]:
    """Characters of two bytes by ``lead & 127 << 8 | trail``, and of four by their number."""
    two = np.zeros(1 << 15, np.uint32)
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            two[(lead & 0x7F) << 8 | trail] = _packed(bytes((lead, trail)))
    four = np.zeros(_FOUR_BYTE_BMP, np.uint32)
    for number in range(_FOUR_BYTE_BMP):
        rest, last = divmod(number, 10)
        rest, third = divmod(rest, 126)
        first, second = divmod(rest, 10)
        four[number] = _packed(bytes((0x81 + first, 0x30 + second, 0x81 + third, 0x30 + last)))
    two.flags.writeable = four.flags.writeable = False
    return two, four


def _packed(code: bytes) -> int:
    try:
        return int.from_bytes(code.decode("gb18030").encode(), "little")
    except UnicodeError:  # none, or one that UTF-8 does not have
        return 0


@borrowing
def _four_bytes(data: Octets, at: int, four: Packed) -> np.uint32:
    """The character of the four bytes at *at*, packed; 0 where they are none."""
    first, second = data[at], data[at + 1]
    third, last = data[at + 2], data[at + 3]
    if first < 0x81 or first > 0xFE or third < 0x81 or third > 0xFE or last < 0x30 or last > 0x39:
        return np.uint32(0)
    tail = np.int64(second - 0x30) * 1260 + np.int64(third - 0x81) * 10 + np.int64(last - 0x30)
    if first < 0x85:
        number = np.int64(first - 0x81) * 12_600 + tail
        return four[number] if number < _FOUR_BYTE_BMP else np.uint32(0)
    if first < 0x90:
        return np.uint32(0)
    code = _FIRST_PLANE + np.int64(first - 0x90) * 12_600 + tail
    if code > _LAST:
        return np.uint32(0)
    return np.uint32(
        (0xF0 | code >> 18)
        | (0x80 | code >> 12 & 0x3F) << 8
        | (0x80 | code >> 6 & 0x3F) << 16
        | (0x80 | code & 0x3F) << 24
    )


@borrowing
def utf8_of_gb18030(
    data: Octets,
    two: Packed,
    four: Packed,
    text: Octets,
    bounds: Places,
    text_bounds: Places,
    faults: Places,
) -> int:
    """Write *data* to *text* as UTF-8 with U+FFFD for its faults; bytes written.

    *text* has room for 3 bytes per byte of *data* and 8 more. *bounds* are those of *data*'s lines;
    *text_bounds* and *faults* (bytes) are filled line by line.
    """
    out = 0
    text_bounds[0] = 0
    size = len(data)
    for line in range(len(bounds) - 1):
        at, end = bounds[line], bounds[line + 1]
        bad = 0
        while at < end:
            if at + WORD <= size:
                word = load_word(data, at)
                store_word(text, out, word)
                high = word & HIGH_BITS
                plain = WORD if high == 0 else lowest_byte(high)
                plain = min(plain, end - at)
                at += plain
                out += plain
            else:
                while at < end and data[at] < _ASCII_END:
                    text[out] = data[at]
                    at += 1
                    out += 1
            while at < end and data[at] >= _ASCII_END:
                lead = data[at]
                length = 2
                if at + 1 >= end:
                    code = np.uint32(0)
                    step = 1
                else:
                    trail = data[at + 1]
                    step = 1
                    if trail >= 0x30 and trail <= 0x39:
                        if at + 4 > end:
                            code = np.uint32(0)
                            step = end - at
                        else:
                            code = _four_bytes(data, at, four)
                            length = 4
                    else:
                        code = two[np.int64(lead & 0x7F) << 8 | np.int64(trail)]
                if code == 0:
                    bad += step
                    at += step
                    code = _REPLACEMENT
                else:
                    at += length
                store_half(text, out, code)
                out += 2 + int(code > 0xFFFF) + int(code > 0xFFFFFF)
        faults[line] = bad
        text_bounds[line + 1] = out
    return out
