"""Texts that were seen before, told by their bytes.

A table (open addressing, linear probing) says where in a growing store of texts each one lies. An
entry holds the first half of the text's hash and below it the number of the text from 1; a free one
is 0. Entries lie in the order of their hashes, so that a table grows from its start to its end, and
only a text with the same half of a hash is looked up and compared byte for byte.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.evidence.compiled.cells import copied
from amends.evidence.compiled.memory import (
    WORD,
    Octets,
    Places,
    load_word,
)
from amends.kernel.compiling import borrowing
from amends.kernel.fetching import AHEAD, fetch

Hashes = npt.NDArray[np.uint64]

_FIRST_FACTOR: Final = np.uint64(0xFF51AFD7ED558CCD)
_SECOND_FACTOR: Final = np.uint64(0xC4CEB9FE1A85EC53)
_FREE: Final = np.uint64(0)
_NUMBER_BITS: Final = np.uint64(32)
_NUMBER: Final = np.uint64(0xFFFFFFFF)


@borrowing
def _mixed(value: np.uint64) -> np.uint64:
    """A number of which every bit depends on every bit of *value* (MurmurHash3's finaliser)."""
    value = (value ^ value >> np.uint64(33)) * _FIRST_FACTOR
    value = (value ^ value >> np.uint64(33)) * _SECOND_FACTOR
    return value ^ value >> np.uint64(33)


@borrowing
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


@borrowing
def hashes_of(text: Octets, bounds: Places, hashes: Hashes) -> None:
    """The hash of each text ``text[bounds[i]:bounds[i + 1]]``."""
    for number in range(len(hashes)):
        hashes[number] = hash_of(text, bounds[number], bounds[number + 1])


@borrowing
def _slot(table: Hashes, entry: np.uint64) -> int:
    """Where an entry lies if nothing lies there: in the order of the hashes."""
    return int(np.int64((entry >> _NUMBER_BITS) * np.uint64(len(table)) >> _NUMBER_BITS))


@borrowing
def note_texts(
    text: Octets,
    bounds: Places,
    hashes: Hashes,
    table: Hashes,
    store: Octets,
    store_bounds: Places,
    known: int,
    again: npt.NDArray[np.bool_],
) -> int:
    """Store the texts ``text[bounds[i]:bounds[i + 1]]`` that are new, mark the others in *again*.

    Empty ones are neither. *known* texts are stored already; how many are now. *table* has more
    places than there are texts together, and the store has room for them and 8 bytes more.
    """
    places = len(table)
    for number in range(len(again)):
        if number + AHEAD < len(again):
            fetch(table, _slot(table, hashes[number + AHEAD]))
        begin, end = bounds[number], bounds[number + 1]
        again[number] = False
        if begin == end:
            continue
        beginning = hashes[number] & ~_NUMBER
        slot = _slot(table, beginning)
        while table[slot] != _FREE:
            if table[slot] & ~_NUMBER == beginning:
                before = np.int64(table[slot] & _NUMBER) - 1
                place = store_bounds[before]
                length = store_bounds[before + 1] - place
                if length == end - begin and _same(store, place, text, begin, length):
                    again[number] = True
                    break
            slot += 1
            if slot == places:
                slot = 0
        if not again[number]:
            place = store_bounds[known]
            copied(text, begin, store, place, place + end - begin)
            known += 1
            store_bounds[known] = place + end - begin
            table[slot] = beginning | np.uint64(known)
    return known


@borrowing
def _same(one: Octets, at: int, other: Octets, place: int, length: int) -> bool:
    """Whether so many bytes are the same."""
    same = 0
    while same < length and one[at + same] == other[place + same]:
        same += 1
    return same == length


@borrowing
def moved_entries(table: Hashes, larger: Hashes) -> None:
    """Enter what lies in a table in one that is larger and empty."""
    for entry in table:
        if entry != _FREE:
            _enter(larger, entry)


@borrowing
def enter_texts(table: Hashes, store: Octets, store_bounds: Places, known: int) -> None:
    """Enter the *known* stored texts, all of them different, in a table that is empty."""
    for number in range(known):
        value = hash_of(store, store_bounds[number], store_bounds[number + 1])
        _enter(table, value & ~_NUMBER | np.uint64(number + 1))


@borrowing
def _enter(table: Hashes, entry: np.uint64) -> None:
    slot = _slot(table, entry)
    while table[slot] != _FREE:
        slot += 1
        if slot == len(table):
            slot = 0
    table[slot] = entry
