"""Which cells of a column hold a value, and not a word that says that there is none."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.memory import Octets, Places
from amends.kernel.compiling import borrowing

ENDS: Final = 256
"""Octets that a word can begin or end with."""


class Words(NamedTuple):
    """Words as flat arrays, the short ones first; each is there once."""

    octets: Octets
    bounds: Places
    first: Places
    """The number of the first word of each length in bytes; and how many words there are."""
    ends: npt.NDArray[np.bool_]
    """Whether a word begins and ends with two octets: a place for each pair of them."""


@borrowing
def mark_values(
    text: Octets, bounds: Places, words: Words, bit: np.int64, masks: Places, at: int
) -> None:
    """Set *bit* in ``masks[at + i]`` where ``text[bounds[i]:bounds[i + 1]]`` is a value.

    What is empty is none, nor is what is one of *words*.
    """
    longest = len(words.first) - 2
    for row in range(len(bounds) - 1):
        begin, end = bounds[row], bounds[row + 1]
        length = end - begin
        if length == 0:
            continue
        if (
            length > longest
            or not words.ends[text[begin] * ENDS + text[end - 1]]
            or not _is_word(text, begin, length, words)
        ):
            masks[at + row] |= bit


@borrowing
def _is_word(text: Octets, begin: int, length: int, words: Words) -> bool:
    """Whether one of the words lies there."""
    for word in range(words.first[length], words.first[length + 1]):
        start = words.bounds[word]
        same = 0
        while same < length and text[begin + same] == words.octets[start + same]:
            same += 1
        if same == length:
            return True
    return False
