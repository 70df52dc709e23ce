"""Flat JSON objects, one on each line, with keys that are known: where their values lie.

Only what is plainly right is taken here (RFC 8259, without what nests); every other line is marked
:data:`~.cells.ODD` for a reader that judges it alone. Numbers and literals keep their letters.
"""

from typing import Final

import numpy as np

from amends.evidence.compiled.cells import (
    BLANK,
    ODD,
    ROW,
    Kinds,
    Lengths,
    Starts,
    trimmed_end,
    trimmed_start,
)
from amends.evidence.compiled.memory import (
    HIGH_BITS,
    LOW_BITS,
    WORD,
    Octets,
    Places,
    load_word,
    lowest_byte,
)
from amends.kernel.compiling import borrowing, plain

_QUOTE: Final = 0x22
_ESCAPE: Final = 0x5C
_COMMA: Final = 0x2C
_COLON: Final = 0x3A
_OPEN: Final = 0x7B
_CLOSE: Final = 0x7D
_SPACE: Final = 0x20
_ZERO: Final = 0x30
_NINE: Final = 0x39
_MINUS: Final = 0x2D
_PLUS: Final = 0x2B
_POINT: Final = 0x2E
_SMALL_E: Final = 0x65
_LARGE_E: Final = 0x45
_SMALL_F: Final = 0x66
_TRUE: Final = plain(int.from_bytes(b"true", "little"))
_FALSE: Final = plain(int.from_bytes(b"alse", "little"))
_NULL: Final = plain(int.from_bytes(b"null", "little"))
_SMALL_U: Final = 0x75
_LETTERS: Final = (0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74)  # "\\/bfnrt
_MEANT: Final = (0x22, 0x5C, 0x2F, 0x08, 0x0C, 0x0A, 0x0D, 0x09)
_SURROGATES: Final = 0xD800
_LOW_SURROGATES: Final = 0xDC00
_LAST_SURROGATE: Final = 0xDFFF
_QUOTES: Final = np.uint64(_QUOTE) * LOW_BITS
_ESCAPES: Final = np.uint64(_ESCAPE) * LOW_BITS
_CONTROLS: Final = np.uint64(0xE0) * LOW_BITS
_BAD: Final = -1
_FIRST: Final = plain(0)


@borrowing
def _space(text: Octets, at: int, end: int) -> int:
    while at < end and text[at] in (0x20, 0x09, 0x0A, 0x0D):
        at += 1
    return at


@borrowing
def _string_end(text: Octets, at: int, end: int) -> int:
    """Where the string whose first letter is at *at* has its closing mark or first escape.

    ``_BAD`` where it has a control character or no end.
    """
    while at < end:
        if at + WORD <= end:
            word = load_word(text, at)
            other = word ^ _QUOTES
            hits = (other - LOW_BITS) & ~other & HIGH_BITS
            other = word ^ _ESCAPES
            hits |= (other - LOW_BITS) & ~other & HIGH_BITS
            other = word & _CONTROLS
            hits |= (other - LOW_BITS) & ~other & HIGH_BITS
            if hits == 0:
                at += WORD
                continue
            at += lowest_byte(hits)
        byte = text[at]
        if byte in (_QUOTE, _ESCAPE):
            return at
        if byte < _SPACE:
            return _BAD
        at += 1
    return _BAD


@borrowing
def _hex(text: Octets, at: int, end: int) -> int:
    """The number that the four hexadecimal digits at *at* write; ``_BAD`` where they are not."""
    if at + 4 > end:
        return _BAD
    value = np.int64(0)
    for place in range(4):
        byte = np.int64(text[at + place])
        if _ZERO <= byte <= _NINE:
            digit = byte - _ZERO
        elif 0x41 <= byte <= 0x46:
            digit = byte - 0x37
        elif 0x61 <= byte <= 0x66:
            digit = byte - 0x57
        else:
            return _BAD
        value = value << 4 | digit
    return value  # type: ignore[return-value]  # to a kernel an int is one of 64 bits


@borrowing
def _unescaped(text: Octets, at: int, end: int, aside: Octets, used: int) -> tuple[int, int]:
    """Write the string whose first letter is at *at* to ``aside[used:]``.

    Where its closing mark is, and the end of what was written; ``_BAD`` where it is no such string
    or holds half of a surrogate pair.
    """
    while True:
        stop = _string_end(text, at, end)
        if stop == _BAD:
            return _BAD, used
        while at < stop:
            aside[used] = text[at]
            used += 1
            at += 1
        if text[at] == _QUOTE:
            return at, used
        if at + 1 >= end:
            return _BAD, used
        at, code = _escaped(text, at + 1, end)
        if code == _BAD:
            return _BAD, used
        used = _put(code, aside, used)


@borrowing
def _escaped(text: Octets, at: int, end: int) -> tuple[int, int]:
    """Where the escape whose letter is at *at* ends, and its character (``_BAD``: none)."""
    letter = np.int64(text[at])
    if letter == _SMALL_U:
        code = _hex(text, at + 1, end)
        at += 5
        if code < _SURROGATES or code > _LAST_SURROGATE:
            return at, code
        if code >= _LOW_SURROGATES or at + 6 > end or text[at] != _ESCAPE:
            return at, _BAD
        low = _hex(text, at + 2, end)
        if text[at + 1] != _SMALL_U or low < _LOW_SURROGATES or low > _LAST_SURROGATE:
            return at, _BAD
        return at + 6, 0x10000 + ((code - _SURROGATES) << 10) + (low - _LOW_SURROGATES)
    for which in range(len(_LETTERS)):
        if letter == _LETTERS[which]:
            return at + 1, _MEANT[which]
    return at, _BAD


@borrowing
def _put(code: int, aside: Octets, used: int) -> int:
    """Write a character in UTF-8 to ``aside[used:]``; where it ends."""
    if code < 0x80:
        aside[used] = np.uint8(code)
        return used + 1
    if code < 0x800:
        aside[used] = np.uint8(0xC0 | code >> 6)
    elif code < 0x10000:
        aside[used] = np.uint8(0xE0 | code >> 12)
    else:
        aside[used] = np.uint8(0xF0 | code >> 18)
        used += 1
        aside[used] = np.uint8(0x80 | code >> 12 & 0x3F)
    if code >= 0x800:
        used += 1
        aside[used] = np.uint8(0x80 | code >> 6 & 0x3F)
    aside[used + 1] = np.uint8(0x80 | code & 0x3F)
    return used + 2


@borrowing
def _number_end(text: Octets, at: int, end: int) -> int:
    """Where the number that begins at *at* ends (RFC 8259 §6); ``_BAD`` where none does."""
    if at < end and text[at] == _MINUS:
        at += 1
    if at >= end or text[at] < _ZERO or text[at] > _NINE:
        return _BAD
    if text[at] == _ZERO:
        at += 1
    else:
        at = _digits(text, at, end)
    if at < end and text[at] == _POINT:
        stop = _digits(text, at + 1, end)
        if stop == at + 1:
            return _BAD
        at = stop
    if at < end and (text[at] == _SMALL_E or text[at] == _LARGE_E):
        at += 1
        if at < end and (text[at] == _PLUS or text[at] == _MINUS):
            at += 1
        stop = _digits(text, at, end)
        if stop == at:
            return _BAD
        at = stop
    return at


@borrowing
def _digits(text: Octets, at: int, end: int) -> int:
    while at < end and _ZERO <= text[at] <= _NINE:
        at += 1
    return at


@borrowing
def _is_word(text: Octets, at: int, end: int, word: int) -> bool:
    """Whether the four bytes at *at* are those of *word*."""
    if at + 4 > end:
        return False
    found = np.int64(0)
    for place in range(4):
        found |= np.int64(text[at + place]) << 8 * place
    return bool(found == word)


@borrowing
def _key_number(
    text: Octets, start: int, stop: int, keys: Octets, key_bounds: Places, guess: int
) -> int:
    """Which of *keys* is spelled ``text[start:stop]``; *guess* is tried first."""
    count = len(key_bounds) - 1
    length = stop - start
    for turn in range(count):
        number = guess + turn
        if number >= count:
            number -= count
        begin = key_bounds[number]
        if key_bounds[number + 1] - begin != length:
            continue
        place = 0
        while place < length and keys[begin + place] == text[start + place]:
            place += 1
        if place == length:
            return number
    return _BAD


@borrowing
def _key_end(text: Octets, at: int, end: int) -> int:
    """Where the key whose first letter is at *at* has its closing mark; escapes stay escapes."""
    at = _string_end(text, at, end)
    while at != _BAD and text[at] == _ESCAPE:
        at = _string_end(text, at + 2, end)
    return at


@borrowing
def _value(  # noqa: PLR0911  # one per kind of value
    text: Octets, at: int, end: int, aside: Octets, used: int
) -> tuple[int, int, int, int]:
    """The value at *at*: start (as in a column), length, where it ends, and the end of *aside*.

    It ends at ``_BAD`` where it is none, or one that nests.
    """
    if text[at] == _QUOTE:
        stop = _string_end(text, at + 1, end)
        if stop == _BAD:
            return at, 0, _BAD, used
        if text[stop] == _QUOTE:
            head = trimmed_start(text, at + 1, stop)
            return head, trimmed_end(text, head, stop) - head, stop + 1, used
        stop, after = _unescaped(text, at + 1, end, aside, used)
        head = trimmed_start(aside, used, after)
        length = trimmed_end(aside, head, after) - head
        return -1 - head, length, _BAD if stop == _BAD else stop + 1, after
    if _is_word(text, at, end, _NULL):
        return at, 0, at + 4, used
    if _is_word(text, at, end, _TRUE):
        return at, 4, at + 4, used
    if text[at] == _SMALL_F and _is_word(text, at + 1, end, _FALSE):
        return at, 5, at + 5, used
    stop = _number_end(text, at, end)
    return at, stop - at, stop, used


@borrowing
def _object(
    text: Octets,
    at: int,
    end: int,
    keys: Octets,
    key_bounds: Places,
    column_of: Places,
    starts: Starts,
    lengths: Lengths,
    aside: Octets,
    used: int,
) -> tuple[int, int]:
    """Find the values of the object whose first key or end is at *at*; its kind, and *aside*'s end.

    *starts* and *lengths* are those of its line, by column.
    """
    guess = _FIRST
    while at < end and text[at] == _QUOTE:
        stop = _key_end(text, at + 1, end)
        if stop == _BAD:
            return ODD, used
        key = _key_number(text, at + 1, stop, keys, key_bounds, guess)
        at = _space(text, stop + 1, end)
        if key == _BAD or at >= end or text[at] != _COLON:
            return ODD, used
        at = _space(text, at + 1, end)
        if at >= end:
            return ODD, used
        guess = key + 1 if key + 2 < len(key_bounds) else _FIRST
        start, length, at, used = _value(text, at, end, aside, used)
        if at == _BAD:
            return ODD, used
        starts[column_of[key]] = start
        lengths[column_of[key]] = length
        at = _space(text, at, end)
        if at >= end or text[at] != _COMMA:
            return ROW if at + 1 == end and text[at] == _CLOSE else ODD, used
        at = _space(text, at + 1, end)
    return ODD, used


@borrowing
def split_objects(
    text: Octets,
    bounds: Places,
    keys: Octets,
    key_bounds: Places,
    column_of: Places,
    starts: Starts,
    lengths: Lengths,
    kinds: Kinds,
    aside: Octets,
) -> None:
    """Find the values of the objects on the lines ``text[bounds[i]:bounds[i + 1]]``.

    Key *i* is spelled ``keys[key_bounds[i]:key_bounds[i + 1]]`` and is column ``column_of[i]``;
    one key may have several spellings. *starts*, *lengths*: column × line. *aside* has room for as
    many bytes as these lines have.
    """
    used = _FIRST
    for line in range(len(kinds)):
        begin = trimmed_start(text, bounds[line], bounds[line + 1])
        end = trimmed_end(text, begin, bounds[line + 1])
        starts[:, line] = 0
        lengths[:, line] = 0
        if begin == end:
            kinds[line] = BLANK
        elif text[begin] != _OPEN:
            kinds[line] = ODD
        else:
            at = _space(text, begin + 1, end)
            if at + 1 == end and text[at] == _CLOSE:
                kinds[line] = ROW
                continue
            kinds[line], used = _object(
                text,
                at,
                end,
                keys,
                key_bounds,
                column_of,
                starts[:, line],
                lengths[:, line],
                aside,
                used,
            )
