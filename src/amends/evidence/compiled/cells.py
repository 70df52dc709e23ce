"""Cells of many rows, found in a block of UTF-8 and copied into columns as Arrow holds them.

Rows are looked at first (:func:`split_lines`, or :func:`~.objects.split_objects`) and say where
each cell lies, already trimmed; then each column is copied in one go (:func:`column_offsets`,
:func:`column_values`). A cell that had to be unescaped lies in a second buffer, *aside*; its start
is then given as ``-1 - start``. An empty cell has length 0.
"""

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
    store_word,
)
from amends.kernel.compiling import borrowing, plain

Starts = npt.NDArray[np.int64]
Lengths = npt.NDArray[np.int32]
Kinds = npt.NDArray[np.uint8]

BLANK: Final = 0
"""A line of white space only: no record."""
ROW: Final = 1
WIDE: Final = 2
"""More cells than the table has columns."""
ODD: Final = 3
"""Quotation marks (or JSON) that need a closer look than this."""

_MARKED: Final = 1
_RETURNED: Final = 2
_DOUBLED: Final = 4
_BROKEN: Final = 8
_SPACE: Final = 0x20
_ASCII_END: Final = 0x80
_SPACE_LEAD: Final = 0xE3
"""No white space begins with a higher octet."""
_QUOTE: Final = 0x22
_NEWLINE: Final = 0x0A
_RETURN: Final = 0x0D
_QUOTES: Final = np.uint64(_QUOTE) * LOW_BITS
_RETURNS: Final = np.uint64(_RETURN) * LOW_BITS
_LAST_BIT: Final = np.uint64(1 << 63)
_FIRST: Final = plain(0)


@borrowing
def space_at(text: Octets, at: int, end: int) -> int:  # noqa: PLR0911  # one per length of them
    """Bytes of the white space (Unicode White_Space) that begins at *at*; 0 if none does."""
    first = text[at]
    if first < _ASCII_END:
        return 1 if first == _SPACE or 0x09 <= first <= 0x0D else 0
    if first == 0xC2:
        return 2 if at + 1 < end and text[at + 1] in (0x85, 0xA0) else 0
    if first < 0xE1 or first > 0xE3 or at + 2 >= end:
        return 0
    second, third = text[at + 1], text[at + 2]
    if first == 0xE1:
        return 3 if second == 0x9A and third == 0x80 else 0
    if first == 0xE3:
        return 3 if second == 0x80 and third == 0x80 else 0
    if second == 0x81:
        return 3 if third == 0x9F else 0
    if second != 0x80:
        return 0
    return 3 if third <= 0x8A or third in (0xA8, 0xA9, 0xAF) else 0


@borrowing
def trimmed_start(text: Octets, start: int, end: int) -> int:
    """Where ``text[start:end]`` begins without the white space before it."""
    while start < end:
        step = space_at(text, start, end)
        if step == 0:
            break
        start += step
    return start


@borrowing
def trimmed_end(text: Octets, start: int, end: int) -> int:
    """Where ``text[start:end]`` ends without the white space behind it."""
    while end > start:
        last = text[end - 1]
        if last < _ASCII_END:
            if last > _SPACE or space_at(text, end - 1, end) == 0:
                break
            end -= 1
        elif end - start >= 3 and text[end - 3] > _SPACE_LEAD:  # most Chinese characters
            break
        elif end - start >= 3 and space_at(text, end - 3, end) == 3:
            end -= 3
        elif end - start >= 2 and space_at(text, end - 2, end) == 2:
            end -= 2
        else:
            break
    return end


@borrowing
def _is_plain(octet: np.uint8) -> bool:
    """Whether an octet is a character of ASCII that is no white space."""
    return bool(_SPACE < octet < _ASCII_END)


@borrowing
def _cell(
    text: Octets,
    at: int,
    end: int,
    separator: Octets,
) -> tuple[int, int, int, int]:
    """The cell that begins at *at*: start and end of its value, its end, and what was seen in it.

    What was seen: a sum of _MARKED, _RETURNED, _DOUBLED and _BROKEN.
    """
    if at < end and text[at] == _QUOTE:
        stop, seen = _quoted_end(text, at + 1, end)
        if stop >= end or (stop + 1 < end and text[stop + 1] != separator[0]):
            seen |= _BROKEN
        return at + 1, stop, stop + 1, seen
    stop, seen = _plain_end(text, at, end, separator)
    return at, stop, stop, seen


@borrowing
def _quoted_end(text: Octets, at: int, end: int) -> tuple[int, int]:
    """Where the quotation mark lies that closes a value, and what was seen on the way."""
    seen = _MARKED
    while at < end:
        if text[at] == _QUOTE:
            if at + 1 == end or text[at + 1] != _QUOTE:
                break
            seen |= _DOUBLED
            at += 1
        elif text[at] == _RETURN:
            seen |= _RETURNED
        at += 1
    return at, seen


@borrowing
def _plain_end(
    text: Octets,
    at: int,
    end: int,
    separator: Octets,
) -> tuple[int, int]:
    """Where the next separator, or the line, ends a value; and what was seen on the way."""
    marks = np.uint64(separator[0]) * LOW_BITS
    seen = 0
    while at < end:
        if at + WORD <= end:
            word = load_word(text, at)
            other = word ^ marks
            hits = (other - LOW_BITS) & ~other & HIGH_BITS
            other = word ^ _QUOTES
            hits |= (other - LOW_BITS) & ~other & HIGH_BITS
            other = word ^ _RETURNS
            hits |= (other - LOW_BITS) & ~other & HIGH_BITS
            if hits == 0:
                at += WORD
                continue
            at += lowest_byte(hits)
        if text[at] == separator[0] and _is_separator(text, at, end, separator):
            break
        if text[at] == _QUOTE:
            seen |= _MARKED
        elif text[at] == _RETURN:
            seen |= _RETURNED
        at += 1
    return at, seen


@borrowing
def _is_separator(text: Octets, at: int, end: int, separator: Octets) -> bool:
    """Whether the separator, whose first byte lies at *at*, is there as a whole."""
    size = len(separator)
    same = 1
    while same < size and at + same < end and text[at + same] == separator[same]:
        same += 1
    return same == size


@borrowing
def _holds(text: Octets, at: int, end: int, byte: int) -> bool:
    """Whether ``text[at:end]`` has such a byte."""
    while at < end and text[at] != byte:
        at += 1
    return at < end


@borrowing
def _undoubled(text: Octets, start: int, stop: int, aside: Octets, used: int) -> int:
    """Write a value to *aside* with one quotation mark for two; where it ends there."""
    while start < stop:
        aside[used] = text[start]
        used += 1
        start += 1 + (text[start] == _QUOTE)
    return used


@borrowing
def _without_end(text: Octets, begin: int, end: int) -> tuple[bool, int]:
    """Whether a new line ends a line, and where it ends without that and a return before it."""
    ended = end > begin and text[end - 1] == _NEWLINE
    if ended:
        end -= 1
    if end > begin and text[end - 1] == _RETURN:
        end -= 1
    return ended, end


@borrowing
def _leave_empty(starts: Starts, lengths: Lengths, line: int, width: int, begin: int) -> None:
    """Empty cells from *width* on, for a line of fewer cells than there are columns."""
    for column in range(width, starts.shape[0]):
        starts[column, line] = begin
        lengths[column, line] = 0


@borrowing
def split_lines(
    text: Octets,
    bounds: Places,
    separator: Octets,
    starts: Starts,
    lengths: Lengths,
    widths: Lengths,
    kinds: Kinds,
    aside: Octets,
) -> None:
    """Find the cells of the lines ``text[bounds[i]:bounds[i + 1]]``, in which marks may quote.

    *starts*, *lengths*: column × line. *widths*: cells that a line has, also those that do not fit.
    *aside* has room for as many bytes as these lines have.
    """
    columns = starts.shape[0]
    used = _FIRST
    for line in range(len(kinds)):
        begin = at = bounds[line]
        ended, end = _without_end(text, begin, bounds[line + 1])
        width = seen = 0
        while True:
            start, stop, at, found = _cell(text, at, end, separator)
            seen |= found
            if found & _BROKEN:
                break
            if width < columns and found & _DOUBLED:
                after = _undoubled(text, start, stop, aside, used)
                head = trimmed_start(aside, used, after)
                starts[width, line] = -1 - head
                lengths[width, line] = trimmed_end(aside, head, after) - head
                used = after
            elif width < columns:
                head = trimmed_start(text, start, stop)
                starts[width, line] = head
                lengths[width, line] = trimmed_end(text, head, stop) - head
            width += 1
            if at >= end:
                break
            at += len(separator)
        widths[line] = width
        _leave_empty(starts, lengths, line, width, begin)
        perhaps = not ended or line + 1 == len(kinds)  # the last has no return behind it
        if perhaps and seen & _MARKED and _holds(text, begin, end, _NEWLINE):
            seen |= _RETURNED  # lines end with returns here, so this is what a return is elsewhere
        if seen & _BROKEN or (seen & _MARKED and seen & _RETURNED):
            kinds[line] = ODD
        elif width == 1 and not seen & _MARKED and trimmed_start(text, begin, end) == end:
            kinds[line] = BLANK
        else:
            kinds[line] = ROW if width <= columns else WIDE


@borrowing
def split_unquoted_lines(
    text: Octets,
    bounds: Places,
    separator: Octets,
    starts: Starts,
    lengths: Lengths,
    widths: Lengths,
    kinds: Kinds,
    places: Lengths,
) -> None:
    """The same where no marks quote; *places* has room for as many as these lines have octets.

    First all separators are found, without a guess of the processor's at the length of any cell.
    """
    columns = starts.shape[0]
    whole = bounds[0]
    count = _octets_found(text, whole, bounds[len(kinds)], separator[0], places)
    size = len(separator)
    place = _FIRST
    for line in range(len(kinds)):
        begin = at = bounds[line]
        _, end = _without_end(text, begin, bounds[line + 1])
        width = 0
        while True:
            stop = end
            while place < count and whole + places[place] < end:
                found = whole + places[place]
                place += 1
                if found >= at and (size == 1 or _is_separator(text, found, end, separator)):
                    stop = found
                    break
            if width < columns:
                head, tail = _trimmed(text, at, stop)
                starts[width, line] = head
                lengths[width, line] = tail - head
            width += 1
            if stop >= end:
                break
            at = stop + size
        widths[line] = width
        _leave_empty(starts, lengths, line, width, begin)
        if width == 1 and trimmed_start(text, begin, end) == end:
            kinds[line] = BLANK
        else:
            kinds[line] = ROW if width <= columns else WIDE


@borrowing
def _trimmed(text: Octets, start: int, end: int) -> tuple[int, int]:
    """Where ``text[start:end]`` begins and ends without white space around; mostly as it is."""
    if end - start >= 3:
        first, last = text[start], text[end - 1]
        if (_is_plain(first) or first > _SPACE_LEAD) and (
            _is_plain(last) or (last >= _ASCII_END and text[end - 3] > _SPACE_LEAD)
        ):
            return start, end
    head = trimmed_start(text, start, end)
    return head, trimmed_end(text, head, end)


@borrowing
def _octets_found(text: Octets, begin: int, end: int, octet: int, places: Lengths) -> int:
    """Where an octet lies, counted from *begin*; how often it does."""
    marks = np.uint64(octet) * LOW_BITS
    low = ~HIGH_BITS
    count = _FIRST
    at = begin
    while at + WORD <= end:
        other = load_word(text, at) ^ marks
        hits = ~(((other & low) + low) | other | low)
        for _ in range(2):  # written in any case, and counted where there is one
            places[count] = at - begin + lowest_byte(hits | _LAST_BIT)
            count += hits != 0
            hits &= hits - np.uint64(1)
        while hits != 0:
            places[count] = at - begin + lowest_byte(hits)
            count += 1
            hits &= hits - np.uint64(1)
        at += WORD
    while at < end:
        if text[at] == octet:
            places[count] = at - begin
            count += 1
        at += 1
    return count


@borrowing
def column_offsets(lengths: Lengths, rows: Places, offsets: Places, valid: Kinds) -> int:
    """Fill a column's *offsets* and bits of validity from the cells of *rows*; how many are empty.

    ``lengths`` is the column's row of the matrix; *valid* has a bit per row, all of them 0.
    """
    end = 0
    empty = 0
    offsets[0] = 0
    for row in range(len(rows)):
        length = lengths[rows[row]]
        end += length
        offsets[row + 1] = end
        if length:
            valid[row >> 3] |= np.uint8(1) << np.uint8(row & 7)
        else:
            empty += 1
    return empty


@borrowing
def column_values(
    text: Octets, aside: Octets, starts: Starts, rows: Places, offsets: Places, values: Octets
) -> None:
    """Copy the cells of *rows* one behind the other into *values*, which has 8 bytes to spare."""
    for row in range(len(rows)):
        start = starts[rows[row]]
        if start >= 0:
            copied(text, start, values, offsets[row], offsets[row + 1])
        else:
            copied(aside, -1 - start, values, offsets[row], offsets[row + 1])


@borrowing
def copied(source: Octets, start: int, values: Octets, at: int, end: int) -> None:
    """Copy a cell; eight bytes at a time may write over what comes next, which is then copied."""
    if start + (end - at) + WORD <= len(source):
        while at < end:
            store_word(values, at, load_word(source, start))
            at += WORD
            start += WORD
    else:
        while at < end:
            values[at] = source[start]
            at += 1
            start += 1


@borrowing
def trim_cells(
    text: Octets, bounds: Places, valid: Kinds, first: int, starts: Starts, lengths: Lengths
) -> int:
    """Where the texts ``text[bounds[i]:bounds[i + 1]]`` lie without white space around.

    Text *i* is there if bit ``first + i`` of *valid* is set (no bits: all are). How many change:
    are trimmed, are there but empty, or are not there and have bytes.
    """
    changed = 0
    for row in range(len(starts)):
        begin, end = bounds[row], bounds[row + 1]
        bit = first + row
        if len(valid) and not valid[bit >> 3] >> np.uint8(bit & 7) & np.uint8(1):
            head = tail = end
            changed += begin != end
        elif end > begin and _is_plain(text[begin]) and _is_plain(text[end - 1]):
            head, tail = begin, end
        else:
            head = trimmed_start(text, begin, end)
            tail = trimmed_end(text, head, end)
            changed += tail - head != end - begin or head == tail
        starts[row] = head
        lengths[row] = tail - head
    return changed
