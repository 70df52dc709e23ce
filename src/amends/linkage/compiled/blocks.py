"""Blocks of records by 64-bit keys: which records meet an active one, and what blocks that makes.

A key is 0 where a record has none. *Active* records are those that may be paired with any other;
two that are not active make no pair, so a key that no active record has is of no use.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled

Keys = npt.NDArray[np.uint64]
Ints32 = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Sides = npt.NDArray[np.int8]
Bits = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

OPEN: Final = 0
"""Side of a registry's record that carries no national number."""
LEAKED: Final = 1
KNOWN: Final = 2


@borrowing
def mixed(word: np.uint64) -> np.uint64:
    """Another 64-bit word for each (finaliser of SplitMix64, Steele and others 2014)."""
    w = np.uint64(word)
    w = (w ^ (w >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    w = (w ^ (w >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return w ^ (w >> np.uint64(31))


@compiled
def mixed_keys(keys: Keys) -> Keys:
    """:func:`mixed` of each, for draws that do not depend on how keys were made."""
    result = np.empty(len(keys), dtype=np.uint64)
    for i in range(len(keys)):
        result[i] = mixed(keys[i] + np.uint64(1))
    return result


@borrowing
def extend(keys: Keys, codes: Ints32, hashes: Keys, *, first: bool) -> None:
    """Take another column into *keys*: its value's hash (0: none) by the record's code.

    The code -1 is that of the last hash.
    """
    for i in range(len(codes)):
        word = hashes[codes[i]]
        if first:
            keys[i] = word
        elif word == np.uint64(0) or keys[i] == np.uint64(0):
            keys[i] = np.uint64(0)
        else:
            keys[i] = max(mixed(keys[i] + np.uint64(0x9E3779B97F4A7C15)) ^ word, np.uint64(1))


@compiled
def eight_bits(codes: Ints32, hashes: Keys, bits: Bits) -> None:
    """Write to *bits* eight of each record's hash that are not all 0; of no hash (0) 0."""
    small = np.empty(len(hashes), dtype=np.uint8)  # what is looked up stays in the cache
    for k in range(len(hashes)):
        small[k] = max(hashes[k] >> np.uint64(56), np.uint64(hashes[k] != 0))
    for i in range(len(codes)):
        bits[i] = small[codes[i]]


@compiled
def grouped(codes: Ints32, keys: Keys, sides: Sides) -> tuple[Ints32, Keys]:
    """Per key the number (from 1) of its block, 0 where it has none; and the blocks' keys.

    Every key is looked up once, however many records have it.

    Args:
        codes: of the records; keys are by code, and different codes may have the same. The code -1
            is that of the last key.
        keys: 0 for none.
        sides: of the records.
    """
    active = np.zeros(len(keys), dtype=np.bool_)
    for i in range(len(codes)):
        if sides[i] != KNOWN:
            active[codes[i]] = True
    most = active.sum()
    bits = 6
    while (1 << bits) < 2 * most:
        bits += 1
    mask = np.uint64((1 << bits) - 1)
    table = np.zeros(1 << bits, dtype=np.int32)
    found = np.zeros(most + 1, dtype=np.uint64)
    number = np.zeros(len(keys), dtype=np.int32)
    blocks = 0
    for enter in (True, False):
        for k in range(len(keys)):
            key = keys[k]
            if active[k] != enter or key == np.uint64(0):
                continue
            at = mixed(key) & mask
            while table[at] and found[table[at]] != key:
                at = (at + np.uint64(1)) & mask
            if enter and table[at] == 0:
                blocks += 1
                found[blocks] = key
                table[at] = blocks
            number[k] = table[at]
    return number, found[: blocks + 1]


@compiled
def in_blocks(codes: Ints32, number: Ints32) -> tuple[Ints32, Ints32]:
    """The records in a block, ascending, and its number, which is given by the records' codes.

    Most records are in none: that is found without the numbers, which are too many for the cache.
    """
    blocked = number != 0
    records = np.empty(len(codes), dtype=np.int32)
    count = 0
    for i in range(len(codes)):
        records[count] = i
        count += blocked[codes[i]]
    own = np.empty(count, dtype=np.int32)
    for k in range(count):
        own[k] = number[codes[records[k]]]
    return records[:count], own


@compiled
def sized(records: Ints32, number: Ints32, sides: Sides, blocks: int) -> Ints:
    """Per block the pairs that may be made in it: not of two leaked, nor of two known records.

    Args:
        records: those that are in a block.
        number: of the block of each.
        sides: of all records.
        blocks: how many there are, and one.
    """
    counts = np.zeros((blocks, 3), dtype=np.int64)
    for k in range(len(records)):
        counts[number[k], sides[records[k]]] += 1
    pairs = np.zeros(blocks, dtype=np.int64)
    for b in range(blocks):
        own, leaked, known = counts[b, OPEN], counts[b, LEAKED], counts[b, KNOWN]
        pairs[b] = own * (own - 1) // 2 + own * leaked + (own + leaked) * known
    return pairs


@compiled
def kept_of(records: Ints32, number: Ints32, kept: Flags) -> tuple[Ints32, Ints32, Ints32]:
    """The *records* in blocks that are *kept*, and these numbered anew, as they first come.

    Returns:
        Records, the new number (from 1) of the block of each, and the old numbers, the first for 0.
    """
    anew = np.zeros(len(kept), dtype=np.int32)
    order = np.zeros(kept.sum() + 1, dtype=np.int32)
    rows, own = np.empty_like(records), np.empty_like(number)
    count = blocks = 0
    for k in range(len(records)):
        block = number[k]
        if kept[block]:
            if anew[block] == 0:
                blocks += 1
                anew[block], order[blocks] = blocks, block
            rows[count], own[count] = records[k], anew[block]
            count += 1
    return rows[:count].copy(), own[:count].copy(), order


@compiled
def numbered(keys: Keys) -> tuple[npt.NDArray[np.uint32], Ints]:
    """Per key its number (from 0, as they first come) and where each first comes.

    No key (0) has the number after the last.
    """
    bits = 6
    while (1 << bits) < 2 * len(keys):
        bits += 1
    mask = np.uint64((1 << bits) - 1)
    table = np.zeros(1 << bits, dtype=np.uint32)
    found = np.empty(len(keys), dtype=np.uint64)
    firsts = np.empty(len(keys), dtype=np.int64)
    codes = np.empty(len(keys), dtype=np.uint32)
    count = 0
    for i in range(len(keys)):
        key = keys[i]
        if key == np.uint64(0):
            continue
        at = mixed(key) & mask
        while table[at] and found[table[at] - 1] != key:
            at = (at + np.uint64(1)) & mask
        if table[at] == 0:
            found[count], firsts[count] = key, i
            count += 1
            table[at] = count
        codes[i] = table[at] - 1
    for i in range(len(keys)):
        if keys[i] == np.uint64(0):
            codes[i] = count
    return codes, firsts[:count].copy()


@compiled
def members_of(records: Ints32, number: Ints32, sides: Sides, blocks: int) -> tuple[Ints32, Ints]:
    """Records by block, and in a block by side, then as they come; and where blocks start.

    Block *b* is ``members[starts[b]:starts[b + 1]]``; 0 stands for no block and is empty.

    Args:
        records: those that are in a block.
        number: of the block of each.
        sides: of all records.
        blocks: how many there are, and one.
    """
    starts = np.zeros(3 * blocks + 1, dtype=np.int64)
    for k in range(len(records)):
        starts[3 * number[k] + sides[records[k]] + 1] += 1
    for b in range(3 * blocks):
        starts[b + 1] += starts[b]
    place = starts[:-1].copy()
    members = np.empty(len(records), dtype=np.int32)
    for k in range(len(records)):
        at = 3 * number[k] + sides[records[k]]
        members[place[at]] = records[k]
        place[at] += 1
    return members, starts[::3].copy()


@borrowing
def count_of(records: Ints32, counts: Ints) -> None:
    """Count *records* in ``counts[1:]``."""
    for k in range(len(records)):
        counts[records[k] + 1] += 1


@borrowing
def enter(records: Ints32, number: Ints32, first: int, place: Ints, own: Ints32) -> None:
    """Write ``first + number`` of each of *records* to the next place that it has in *own*."""
    for k in range(len(records)):
        own[place[records[k]]] = first + number[k]
        place[records[k]] += 1
