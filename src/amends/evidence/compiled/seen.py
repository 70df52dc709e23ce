"""Texts that were seen before, told by their bytes.

A table of places (open addressing, linear probing; -1: free) says where in a growing store of texts
each one lies. What has the same hash is compared byte for byte.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.memory import (
    WORD,
    Octets,
    Places,
    load_word,
)
from amends.kernel.compiling import compiled

_FIRST_FACTOR: Final = np.uint64(0xFF51AFD7ED558CCD)
_SECOND_FACTOR: Final = np.uint64(0xC4CEB9FE1A85EC53)
_FREE: Final = -1


@compiled
def _mixed(value: np.uint64) -> np.uint64:
    """A number of which every bit depends on every bit of *value* (MurmurHash3's finaliser)."""
    value = (value ^ value >> np.uint64(33)) * _FIRST_FACTOR
    value = (value ^ value >> np.uint64(33)) * _SECOND_FACTOR
    return value ^ value >> np.uint64(33)


@compiled
def hash_of(text: Octets, begin: int, end: int) -> np.uint64:
    """A number for ``text[begin:end]`` of which every bit depends on every byte."""
    value = np.uint64(end - begin)
    at = begin
    while at + WORD <= end:
        value = _mixed(value ^ load_word(text, at))
        at += WORD
    rest = np.uint64(0)
    while at < end:
        rest = rest << np.uint64(8) | np.uint64(text[at])
        at += 1
    return _mixed(value ^ rest)


@compiled
def note_texts(
    text: Octets,
    bounds: Places,
    table: Places,
    store: Octets,
    store_bounds: Places,
    known: int,
    again: npt.NDArray[np.bool_],
) -> int:
    """Store the texts ``text[bounds[i]:bounds[i + 1]]`` that are new, mark the others in *again*.

    Empty ones are neither. *known* texts are stored already; how many are now. *table* (a power of
    two) is larger than all texts together, and the store has room for them.
    """
    mask = np.uint64(len(table) - 1)
    for number in range(len(again)):
        begin, end = bounds[number], bounds[number + 1]
        again[number] = False
        if begin == end:
            continue
        slot = hash_of(text, begin, end) & mask
        while table[slot] != _FREE:
            place = store_bounds[table[slot]]
            length = store_bounds[table[slot] + 1] - place
            if length == end - begin:
                same = 0
                while same < length and store[place + same] == text[begin + same]:
                    same += 1
                if same == length:
                    again[number] = True
                    break
            slot = slot + np.uint64(1) & mask
        if not again[number]:
            place = store_bounds[known]
            for byte in range(end - begin):
                store[place + byte] = text[begin + byte]
            table[slot] = known
            known += 1
            store_bounds[known] = place + end - begin
    return known


@compiled
def enter_texts(table: Places, store: Octets, store_bounds: Places, known: int) -> None:
    """Enter the *known* stored texts, all of them different, in a table that is empty."""
    mask = np.uint64(len(table) - 1)
    for number in range(known):
        slot = hash_of(store, store_bounds[number], store_bounds[number + 1]) & mask
        while table[slot] != _FREE:
            slot = slot + np.uint64(1) & mask
        table[slot] = number
