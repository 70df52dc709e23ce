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

_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / the golden ratio (Knuth, TAOCP 3, §6.4)
_FREE: Final = -1


@compiled
def _hash(text: Octets, begin: int, end: int) -> np.uint64:
    value = np.uint64(end - begin) * _FACTOR
    at = begin
    while at + WORD <= end:
        value = (value ^ load_word(text, at)) * _FACTOR
        value ^= value >> np.uint64(32)
        at += WORD
    while at < end:
        value = (value ^ np.uint64(text[at])) * _FACTOR
        value ^= value >> np.uint64(29)
        at += 1
    return value ^ value >> np.uint64(32)


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
        slot = _hash(text, begin, end) & mask
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
        slot = _hash(store, store_bounds[number], store_bounds[number + 1]) & mask
        while table[slot] != _FREE:
            slot = slot + np.uint64(1) & mask
        table[slot] = number
