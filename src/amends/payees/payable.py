"""Who of millions is payable, known by their ids: what ``payees.standing`` says, held in memory.

An id of 26 digits of Crockford's base 32 is a number of 128 bits, kept as two of 64 (16 bytes for
each person), so that two are equal where their ids are. Of whom this cannot be said from memory,
the database is to be asked: those with other ids, and those who are not settled.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from amends.kernel.ids import PERSON_ID_BYTES
from amends.payees import store
from amends.store.connection import Connection

Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Answers = npt.NDArray[np.int8]

BETWEEN: Final = ","
_CELL: Final = PERSON_ID_BYTES + 1
"""An id, and what stands between it and the next one."""

_DIGITS: Final = b"0123456789abcdefghjkmnpqrstvwxyz"
_NO_DIGIT: Final = 255
_VALUES: Final[Octets] = np.full(256, _NO_DIGIT, np.uint8)
_VALUES[list(_DIGITS)] = np.arange(len(_DIGITS))
_FIRST_DIGITS: Final = 8
"""25 digits are 125 bits; three are left for the first."""

_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_LINES_AT_ONCE: Final = 4_096


class Answer(IntEnum):
    """Whether somebody is payable."""

    NO = 0
    YES = 1
    ASK = 2


@dataclass(frozen=True, slots=True)
class Ids:
    """Ids as numbers. ``mixed``: both halves, in order where they are looked up; ``low``: one.

    Whose both are equal have the same id: the other half follows from them, as _ODD is odd.
    """

    mixed: Words
    low: Words

    def answers(self, wanted: "Ids") -> Answers:
        """Whether each is among these; ASK of one that is told from another only by ``low``."""
        found: Answers = np.zeros(len(wanted.mixed), np.int8)
        if len(self.mixed):
            order = np.argsort(wanted.mixed)
            mixed = wanted.mixed[order]
            at = np.minimum(np.searchsorted(self.mixed, mixed), len(self.mixed) - 1)
            same = self.low[at] == wanted.low[order]
            answers = np.where(same, Answer.YES, Answer.ASK)
            found[order] = np.where(self.mixed[at] == mixed, answers, Answer.NO)
        return found


@dataclass(frozen=True, slots=True)
class PayableIds:
    """Everybody who is settled. ``rows``: whom a row of their own says not to be payable."""

    payable: Ids
    rows: Ids

    def answers(self, persons: str, people: int) -> Answers:
        """Of each of so many *persons*, with a comma between them, whether they are payable."""
        found: Answers = np.full(people, Answer.ASK, np.int8)
        octets = np.frombuffer(f"{persons}{BETWEEN}".encode(), np.uint8)
        if people and len(octets) == people * _CELL:
            ids, whole = _ids_of(octets)
            if whole.all():
                found[self.payable.answers(ids) == Answer.YES] = Answer.YES
                apart = self.rows.answers(ids)
                found[apart == Answer.YES] = Answer.NO
                found[apart == Answer.ASK] = Answer.ASK
        return found


def payable(connection: Connection) -> PayableIds:
    """Everybody who is settled, as things stand for *connection*."""
    return PayableIds(
        payable=in_order(
            [
                *read(store.page_members(connection, BETWEEN)),
                *read(store.own_rows(connection, payable=True)),
            ]
        ),
        rows=in_order([*read(store.own_rows(connection, payable=False))]),
    )


def read(lines: Iterator[bytes]) -> Iterator[Ids]:
    """The ids of lines that are whole: each has ids alone, with commas between them."""
    while some := list(islice(lines, _LINES_AT_ONCE)):
        told = [line for line in some if len(line) % _CELL == 0]
        if not told:
            continue
        ids, whole = _ids_of(np.frombuffer(b"".join(told), np.uint8))
        if not whole.all():
            sizes = np.array([len(line) // _CELL for line in told])
            begins = np.cumsum(sizes) - sizes
            whole = np.repeat(np.logical_and.reduceat(whole, begins), sizes)
            ids = Ids(ids.mixed[whole], ids.low[whole])
        yield ids


def _ids_of(octets: Octets) -> tuple[Ids, npt.NDArray[np.bool_]]:
    """Ids with an octet behind each, as numbers, and whether each is one and ends there."""
    cells = octets.reshape(-1, _CELL).T
    digits = _VALUES.take(np.ascontiguousarray(cells[:PERSON_ID_BYTES]))
    whole = (np.bitwise_or.reduce(digits) < len(_DIGITS)) & (digits[0] < _FIRST_DIGITS)
    whole &= (cells[-1] == ord(BETWEEN)) | (cells[-1] == ord("\n"))
    half = PERSON_ID_BYTES // 2
    high, low = _number(digits[:half]), _number(digits[half:])
    high <<= np.uint64(1)
    high |= digits[half] >> 4
    return Ids(high * _ODD + low, low), whole


def _number(digits: Octets) -> Words:
    """The lower 64 bits of numbers in digits of five bits."""
    number: Words = digits[0].astype(np.uint64)
    for one in digits[1:]:
        number <<= np.uint64(5)
        number |= one
    return number


def in_order(parts: Sequence[Ids]) -> Ids:
    """All of them, to be looked up."""
    if not parts:
        return Ids(np.empty(0, np.uint64), np.empty(0, np.uint64))
    mixed = np.concatenate([one.mixed for one in parts])
    order = np.argsort(mixed)
    mixed = mixed[order]
    return Ids(mixed, np.concatenate([one.low for one in parts])[order])
