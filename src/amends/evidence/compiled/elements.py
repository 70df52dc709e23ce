"""Where the objects of a JSON file begin and end that is not one object a line, in UTF-8."""

from typing import Final

from amends.evidence.compiled.memory import Octets, Places
from amends.kernel.compiling import borrowing

MORE: Final = 0
FULL: Final = 1

_SPACE: Final = 0x20
_QUOTE: Final = 0x22
_COMMA: Final = 0x2C
_BACKSLASH: Final = 0x5C
_OPEN_ARRAY: Final = 0x5B
_CLOSE_ARRAY: Final = 0x5D
_OPEN: Final = 0x7B
_CLOSE: Final = 0x7D


@borrowing
def _after_text(data: Octets, at: int, end: int) -> int:
    """What follows the text whose quotation mark stands at *at*; -1 where it does not end."""
    at += 1
    while at < end:
        sign = data[at]
        if sign == _QUOTE:
            return at + 1
        at += 2 if sign == _BACKSLASH else 1
    return -1


@borrowing
def _after_element(data: Octets, at: int, end: int) -> int:
    """What follows the value at *at*: before the comma or bracket that ends it; -1: it goes on."""
    depth = 0
    while at < end:
        sign = data[at]
        if sign == _QUOTE:
            at = _after_text(data, at, end)
            if at < 0:
                return -1
            continue
        if sign == _OPEN or sign == _OPEN_ARRAY:
            depth += 1
        elif sign == _CLOSE or sign == _CLOSE_ARRAY:
            if depth == 0:
                return at
            depth -= 1
            if depth == 0:
                return at + 1
        elif sign == _COMMA and depth == 0:
            return at
        at += 1
    return -1


@borrowing
def split_elements(
    data: Octets,
    at: int,
    inside: bool,  # noqa: FBT001
    starts: Places,
    stops: Places,
) -> tuple[int, int, bool, int]:
    """The values that stand in the outermost arrays of objects, one behind the other.

    *inside*: such an array (or a row of objects without one) is open at *at*. Returns why it ended
    (``MORE``: the block is over in the middle of something; ``FULL``), where to go on, *inside*,
    and how many values were found.
    """
    end = len(data)
    count = 0
    while at < end:
        sign = data[at]
        if sign <= _SPACE or sign == _COMMA or sign == _CLOSE:
            at += 1
        elif sign == _CLOSE_ARRAY:
            inside = False
            at += 1
        elif inside:
            if count == len(starts):
                return FULL, at, inside, count
            after = _after_element(data, at, end)
            if after < 0:
                return MORE, at, inside, count
            starts[count] = at
            stops[count] = after
            count += 1
            at = after
        elif sign == _QUOTE:
            after = _after_text(data, at, end)
            if after < 0:
                return MORE, at, inside, count
            at = after
        elif sign == _OPEN_ARRAY:
            place = at + 1
            while place < end and data[place] <= _SPACE:
                place += 1
            if place >= end:
                return MORE, at, inside, count
            inside = data[place] == _OPEN
            at = place
        else:
            at += 1
    return MORE, at, inside, count
