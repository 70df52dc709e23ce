"""Which lines of a text are UTF-8 by no accident."""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.memory import Octets, Places
from amends.kernel.compiling import compiled

_ASCII_END: Final = 0x80


@compiled
def lines_in_utf8(data: Octets, bounds: Places) -> npt.NDArray[np.bool_]:
    """Whether each line is right in UTF-8 and most of what is not ASCII in it takes three bytes.

    Two bytes of UTF-8 are often a character of another encoding as well; three are hardly ever the
    beginning of a whole line of them.
    """
    found = np.zeros(len(bounds) - 1, np.bool_)
    for line in range(len(bounds) - 1):
        at, end = bounds[line], bounds[line + 1]
        three = 0
        other = 0
        while at < end:
            first = data[at]
            if first < _ASCII_END:
                at += 1
                continue
            if 0xC2 <= first <= 0xDF:
                more = 1
            elif 0xE0 <= first <= 0xEF:
                more = 2
            elif 0xF0 <= first <= 0xF4:
                more = 3
            else:
                break
            if at + more >= end:
                break
            right = True
            for place in range(at + 1, at + 1 + more):
                if data[place] & 0xC0 != _ASCII_END:
                    right = False
                    break
            if not right or (first == 0xE0 and data[at + 1] < 0xA0):
                break
            if (first == 0xED and data[at + 1] > 0x9F) or (first == 0xF0 and data[at + 1] < 0x90):
                break
            if first == 0xF4 and data[at + 1] > 0x8F:
                break
            if more == 2:
                three += 1
            else:
                other += 1
            at += 1 + more
        found[line] = at >= end and three > other
    return found
