"""Columns of keys and names as they stand, turned into numbers row by row.

Whatever is not canonical as it stands is only noted: its rows are left to the rules.
"""

from typing import Final

import numpy as np

from amends.kernel.compiling import borrowing, compiled
from amends.linkage.compiled.blocks import Flags
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Hashes, Integers
from amends.linkage.compiled.hashing import ODD, hashed, hashed_signs, mixed
from amends.linkage.compiled.octets import Octets, is_there, rows_there
from amends.linkage.compiled.parsing import (
    has_no_mobile,
    identity,
    is_device,
    is_mail,
    is_masked,
    is_plain_name,
    is_small_device,
    is_small_mail,
    mobile,
)
from amends.linkage.compiled.strings import CodePoints, Offsets, written

PHONE: Final = 0
IDNO: Final = 1
EMAIL: Final = 2
DEVICE: Final = 3
USERNAME: Final = 4
NAME: Final = 5

_11, _18 = np.uint64(11), np.uint64(18)


@borrowing
def read_integers(
    texts: Octets, kind: int, values: Integers, keys: Hashes, rows: Nodes, odd: Nodes
) -> tuple[int, int]:
    """Read mobiles (:data:`PHONE`) or national numbers (:data:`IDNO`); what is surely none is not.

    Args:
        texts: a column.
        kind: which of the two.
        values: the integers go here.
        keys: a hash per integer, which is one to one.
        rows: whose these are; room for all of the column.
        odd: the rows that are left to the rules.

    Returns:
        How many keys there are, and how many odd rows.
    """
    octets, bounds, valid, first = texts
    count, left = 0, 0
    for i in range(rows_there(bounds, valid, first, rows)):
        row = rows[i]
        start, end = np.uint64(bounds[row]), np.uint64(bounds[row + 1])
        value = mobile(octets, start, end) if kind == PHONE else identity(octets, start, end)
        if value < 0:
            odd[left] = row
            if kind == PHONE:
                left += not has_no_mobile(octets, start, end)
            else:
                left += not is_masked(octets, start, end)
        else:
            values[count], keys[count], rows[count] = value, mixed(value), row
            count += 1
    return count, left


@borrowing
def read_texts(
    texts: Octets,
    kind: int,
    signs: Bytes,
    seeds: Hashes,
    begins: Integers,
    least: int,
    keys: Hashes,
    checks: Checks,
    rows: Nodes,
    odd: Nodes,
) -> tuple[int, int]:
    """Read mail addresses, devices, or user names.

    Args:
        texts: a column.
        kind: :data:`EMAIL`, :data:`DEVICE` or :data:`USERNAME`.
        signs: see :func:`~amends.linkage.compiled.hashing.hashed_signs`.
        seeds: see there.
        begins: see :func:`~amends.linkage.compiled.parsing.is_device`.
        least: how many signs a user name has.
        keys: the first hashes.
        checks: the second ones.
        rows: whose these are; room for all of the column.
        odd: the rows that are left to the rules.

    Returns:
        How many keys there are, and how many odd rows.
    """
    octets, bounds, valid, first = texts
    one, two, count, left = seeds[0], seeds[1], 0, 0
    for i in range(rows_there(bounds, valid, first, rows)):
        row = rows[i]
        start, end = np.uint64(bounds[row]), np.uint64(bounds[row + 1])
        if kind == EMAIL:
            small = is_small_mail(octets, start, end)
        elif kind == DEVICE:
            small = is_small_device(octets, start, end, begins)
        else:
            small = False
        if small:
            keys[count], checks[count] = hashed(octets, start, end, one, two)
            rows[count] = row
            count += 1
            continue
        key, check, strange = hashed_signs(octets, start, end, one, two, signs)
        if not strange:
            if kind == EMAIL:
                strange = not is_mail(octets, start, end)
            elif kind == DEVICE:
                strange = not is_device(octets, start, end, begins)
            else:
                strange = bool(end - start < np.uint64(least))
        if strange:
            odd[left] = row
            left += 1
        else:
            keys[count], checks[count], rows[count] = key, check, row
            count += 1
    return count, left


@compiled
def plain(
    texts: Octets, rows: Integers, kind: int, signs: Bytes, begins: Integers, least: int
) -> Flags:
    """Which texts of a column at *rows* are canonical as they stand, letter by letter.

    *signs*, *begins* and *least*: see :func:`read_texts`; here capitals are odd.
    """
    octets, bounds, _, _ = texts
    right = np.zeros(len(rows), dtype=np.bool_)
    for i in range(len(rows)):
        start, end = np.uint64(bounds[rows[i]]), np.uint64(bounds[rows[i] + 1])
        if kind == PHONE:
            right[i] = end - start == _11 and mobile(octets, start, end) >= 0
        elif kind == IDNO:
            right[i] = end - start == _18 and identity(octets, start, end) >= 0
        elif kind == NAME:
            right[i] = is_plain_name(octets, start, end)
        else:
            usual = True
            for at in range(start, end):
                usual &= bool(signs[octets[at]] == octets[at])
            if kind == EMAIL:
                right[i] = usual and is_mail(octets, start, end)
            elif kind == DEVICE:
                right[i] = usual and is_device(octets, start, end, begins)
            else:
                right[i] = usual and end - start >= np.uint64(least)
    return right


@borrowing
def fold_devices(
    texts: Octets, signs: Bytes, begins: Integers, made: Bytes, bounds: Integers, folded: Flags
) -> None:
    """Write a column of devices down, in small letters where nothing but capitals is odd in them.

    Args:
        texts: a column.
        signs: see :func:`~amends.linkage.compiled.hashing.hashed_signs`.
        begins: see :func:`~amends.linkage.compiled.parsing.is_device`.
        made: the octets of all go here, one after the other.
        bounds: where each begins there, and the end.
        folded: in which there were capitals.
    """
    octets, ends, valid, first = texts
    to = 0
    for row in range(len(folded)):
        bounds[row] = to
        start, end = np.uint64(ends[row]), np.uint64(ends[row + 1])
        if start == end or not is_there(valid, first + row):
            continue
        seen, capitals = 0, False
        for at in range(start, end):
            sign = signs[octets[at]]
            made[to] = sign
            seen |= sign
            capitals |= sign != octets[at]
            to += 1
        usual = seen != ODD and is_device(octets, start, end, begins)
        folded[row] = usual and capitals
        if not usual:
            back = bounds[row]
            for at in range(start, end):
                made[back] = octets[at]
                back += 1
    bounds[len(folded)] = to


@borrowing
def spell(
    texts: Octets, rows: Integers, codepoints: CodePoints, offsets: Offsets, odd: Integers
) -> int:
    """Write names down.

    Args:
        texts: a column.
        rows: which names.
        codepoints: as many as there are octets.
        offsets: where names begin there, and the end.
        odd: the places in *rows* of names that are not canonical as they stand.

    Returns:
        How many these are.
    """
    octets, bounds, _, _ = texts
    left, to = 0, 0
    for i in range(len(rows)):
        start, end = np.uint64(bounds[rows[i]]), np.uint64(bounds[rows[i] + 1])
        offsets[i] = to
        to = written(octets, start, end, codepoints, to)
        if not is_plain_name(octets, start, end):
            odd[left] = i
            left += 1
    offsets[len(rows)] = to
    return left


@borrowing
def renumber(numbers: Nodes, others: Nodes) -> None:
    """Put in place of every number (-1: none) what *others* have there."""
    for i in range(len(numbers)):
        if numbers[i] >= 0:
            numbers[i] = others[numbers[i]]
