"""Which of a person's accounts tell the mobile, the name and the birth, by person.

Text *i* of a column is ``signs[ends[i]:ends[i + 1]]`` in UTF-8, empty where an account says
nothing. Accounts of person *p* are ``order[first[p]:first[p + 1]]``. A person has few accounts:
each is compared with each.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch

Places = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
Days = npt.NDArray[np.int32]
Marks = npt.NDArray[np.int64]
Order = npt.NDArray[np.uint32]

NONE: Final = -1
MOBILE, NAME, BORN = range(3)
MARKS: Final = 3
_PROVED: Final = 1 << 32
_FNV_BASIS: Final = np.uint64(0xCBF29CE484222325)
_FNV_PRIME: Final = np.uint64(0x100000001B3)
_MORE: Final = 1 << 40
"""More than any person has accounts."""


class Chosen(NamedTuple):
    """Per person: the accounts whose mobile and name count (``NONE``: there is none); the birth."""

    mobile: Places
    name: Places
    born: Days


@compiled
def by_person(person: npt.NDArray[np.uint32], people: int) -> tuple[Places, Order]:
    """``first`` and ``order``: the accounts of each of so many *people*, in their order."""
    first = np.zeros(people + 1, np.int64)
    for account in range(len(person)):
        first[person[account] + 1] += 1
    for one in range(people):
        first[one + 1] += first[one]
    free, order = first[:-1].copy(), np.empty(len(person), np.uint32)
    for account in range(len(person)):
        order[free[person[account]]] = account
        free[person[account]] += 1
    return first, order


@borrowing
def _digest(ends: Places, signs: Octets, one: int) -> int:
    """64 bits of a text (FNV-1a), 0 of an empty one: texts are the same where these are."""
    digest = np.uint64(0) if ends[one] == ends[one + 1] else _FNV_BASIS
    for at in range(ends[one], ends[one + 1]):
        digest = (digest ^ np.uint64(signs[at])) * _FNV_PRIME
    return int(np.int64(digest))


@borrowing
def marks(
    mobile_ends: Places,
    mobiles: Octets,
    name_ends: Places,
    names: Octets,
    proved: Days,
    typed: Days,
    made: Marks,
) -> None:
    """*made*: what is compared of each account, in one place: MOBILE, NAME, BORN.

    A birth that a number proves is greater by ``_PROVED``.
    """
    for one in range(len(proved)):
        made[one, MOBILE] = _digest(mobile_ends, mobiles, one)
        made[one, NAME] = _digest(name_ends, names, one)
        made[one, BORN] = _PROVED + proved[one] if proved[one] else typed[one]


@borrowing
def _before(ends: Places, signs: Octets, one: int, other: int) -> bool:
    """Whether one text is before another."""
    a, a_end, b, b_end = ends[one], ends[one + 1], ends[other], ends[other + 1]
    while a < a_end and b < b_end:
        if signs[a] != signs[b]:
            return bool(signs[a] < signs[b])
        a, b = a + 1, b + 1
    return bool(a_end - a < b_end - b)


@borrowing
def _often(accounts: Order, mark: Marks, part: int, one: int) -> int:
    """How many accounts say the same as *one*."""
    often = 0
    for other in accounts:
        often += mark[other, part] == mark[one, part]
    return often


@borrowing
def _best_mobile(
    accounts: Order,
    mark: Marks,
    mobile_ends: Places,
    mobiles: Octets,
    name_ends: Places,
    names: Octets,
) -> int:
    """A mobile that stands beside a name, then the most frequent, then the lowest and its name."""
    best, most = NONE, 0
    for one in accounts:
        if not mark[one, MOBILE]:
            continue
        named = mark[one, NAME] != 0
        if best != NONE and mark[one, MOBILE] == mark[best, MOBILE] and named == (most >= _MORE):
            if mark[one, NAME] != mark[best, NAME] and _before(name_ends, names, one, best):
                best = one
            continue
        weight = _MORE * named + _often(accounts, mark, MOBILE, one)
        if weight > most or (weight == most and _before(mobile_ends, mobiles, one, best)):
            best, most = one, weight
    return best


@borrowing
def _best_name(accounts: Order, mark: Marks, ends: Places, names: Octets, beside: int) -> int:
    """The most frequent name, then the one *beside* the mobile, then the lowest."""
    best, most = NONE, 0
    for one in accounts:
        if not mark[one, NAME] or (best != NONE and mark[one, NAME] == mark[best, NAME]):
            continue
        weight = 2 * _often(accounts, mark, NAME, one)
        if beside != NONE:
            weight += mark[one, NAME] == mark[beside, NAME]
        if weight > most or (weight == most and _before(ends, names, one, best)):
            best, most = one, weight
    return best


@borrowing
def _best_birth(accounts: Order, mark: Marks) -> int:
    """The birth that a number proves, then the most frequent, then the earliest; 0 if none."""
    best, most = 0, 0
    for one in accounts:
        born = mark[one, BORN] % _PROVED
        if born == 0 or mark[one, BORN] == best:
            continue
        weight = _MORE if mark[one, BORN] >= _PROVED else 0
        for other in accounts:
            weight += born == mark[other, BORN] % _PROVED
        if weight > most or (weight == most and born < best % _PROVED):
            best, most = mark[one, BORN], weight
    return best % _PROVED


@compiled
def choose(
    first: Places,
    order: Order,
    mark: Marks,
    mobile_ends: Places,
    mobiles: Octets,
    name_ends: Places,
    names: Octets,
) -> Chosen:
    """What the accounts of each person say together; a birth (yyyymmdd) is 0 where it is unknown.

    ``first`` may be of some of the people alone; ``mark`` is of all accounts (:func:`marks`).
    """
    people, last = len(first) - 1, len(order)
    chosen = Chosen(
        np.empty(people, np.int64), np.empty(people, np.int64), np.empty(people, np.int32)
    )
    for person in range(people):
        for place in range(first[person], first[person + 1]):
            if place + AHEAD < last:
                fetch(mark, order[place + AHEAD] * MARKS)
        accounts = order[first[person] : first[person + 1]]
        mobile = _best_mobile(accounts, mark, mobile_ends, mobiles, name_ends, names)
        chosen.mobile[person] = mobile
        chosen.name[person] = _best_name(accounts, mark, name_ends, names, mobile)
        chosen.born[person] = _best_birth(accounts, mark)
    return chosen
