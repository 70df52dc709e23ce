"""Which of a person's accounts tell the mobile, the name and the birth, by person.

Text *i* of a column is ``signs[ends[i]:ends[i + 1]]`` in UTF-8, empty where an account says
nothing. Accounts of person *p* are ``order[first[p]:first[p + 1]]``. A person has few accounts:
each is compared with each.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled
from amends.kernel.fetching import AHEAD, fetch

Places = npt.NDArray[np.int64]
Octets = npt.NDArray[np.uint8]
Days = npt.NDArray[np.int32]

NONE: Final = -1
_MORE: Final = 1 << 40
"""More than any person has accounts."""


class Chosen(NamedTuple):
    """Per person: the accounts whose mobile and name count (``NONE``: there is none); the birth."""

    mobile: Places
    name: Places
    born: Days


@compiled
def by_person(person: npt.NDArray[np.uint32], people: int) -> tuple[Places, Places]:
    """``first`` and ``order``: the accounts of each of so many *people*, in their order."""
    first = np.zeros(people + 1, np.int64)
    for account in range(len(person)):
        first[person[account] + 1] += 1
    for one in range(people):
        first[one + 1] += first[one]
    free, order = first[:-1].copy(), np.empty(len(person), np.int64)
    for account in range(len(person)):
        order[free[person[account]]] = account
        free[person[account]] += 1
    return first, order


@compiled
def _compared(ends: Places, signs: Octets, one: int, other: int) -> int:
    """Less than, equal to or greater than 0 as one text is before, the same as, after another."""
    a, a_end, b, b_end = ends[one], ends[one + 1], ends[other], ends[other + 1]
    while a < a_end and b < b_end:
        if signs[a] != signs[b]:
            return -1 if signs[a] < signs[b] else 1
        a, b = a + 1, b + 1
    return int(a_end - a) - int(b_end - b)


@compiled
def _best_mobile(
    accounts: Places, mobile_ends: Places, mobiles: Octets, name_ends: Places, names: Octets
) -> int:
    """A mobile that stands beside a name, then the most frequent, then the lowest and its name."""
    best, most = NONE, 0
    for one in accounts:
        if mobile_ends[one] == mobile_ends[one + 1]:
            continue
        before = 0 if best == NONE else _compared(mobile_ends, mobiles, one, best)
        named = name_ends[one] < name_ends[one + 1]
        if best != NONE and before == 0 and named == (most >= _MORE):
            if _compared(name_ends, names, one, best) < 0:
                best = one
            continue
        weight = _MORE if named else 0
        for other in accounts:
            weight += _compared(mobile_ends, mobiles, one, other) == 0
        if best == NONE or weight > most or (weight == most and before < 0):
            best, most = one, weight
    return best


@compiled
def _best_name(accounts: Places, ends: Places, names: Octets, beside: int) -> int:
    """The most frequent name, then the one *beside* the mobile, then the lowest."""
    best, most = NONE, 0
    for one in accounts:
        before = 0 if best == NONE else _compared(ends, names, one, best)
        if ends[one] == ends[one + 1] or (best != NONE and before == 0):
            continue
        weight = 0
        for other in accounts:
            weight += 2 * (_compared(ends, names, one, other) == 0)
        if beside != NONE:
            weight += _compared(ends, names, one, beside) == 0
        if best == NONE or weight > most or (weight == most and before < 0):
            best, most = one, weight
    return best


@compiled
def _best_birth(accounts: Places, proved: Days, typed: Days) -> int:
    """The birth that a number proves, then the most frequent, then the earliest; 0 if none."""
    best, most = 0, 0
    for one in accounts:
        born = proved[one] or typed[one]
        if born == 0:
            continue
        weight = _MORE if proved[one] else 0
        for other in accounts:
            weight += born == (proved[other] or typed[other])
        if weight > most or (weight == most and born < best):
            best, most = born, weight
    return best


@compiled
def choose(
    first: Places,
    order: Places,
    mobile_ends: Places,
    mobiles: Octets,
    name_ends: Places,
    names: Octets,
    proved: Days,
    typed: Days,
) -> Chosen:
    """What the accounts of each person say together; a birth (yyyymmdd) is 0 where it is unknown.

    ``first`` may be of some of the people alone.
    """
    people, last = len(first) - 1, len(order)
    chosen = Chosen(
        np.empty(people, np.int64), np.empty(people, np.int64), np.empty(people, np.int32)
    )
    for person in range(people):
        for place in range(first[person], first[person + 1]):
            if place + 2 * AHEAD < last:
                soon, later = order[place + AHEAD], order[place + 2 * AHEAD]
                fetch(mobile_ends, later)
                fetch(name_ends, later)
                fetch(proved, later)
                fetch(typed, later)
                fetch(mobiles, mobile_ends[soon])
                fetch(names, name_ends[soon])
        accounts = order[first[person] : first[person + 1]]
        mobile = _best_mobile(accounts, mobile_ends, mobiles, name_ends, names)
        chosen.mobile[person] = mobile
        chosen.name[person] = _best_name(accounts, name_ends, names, mobile)
        chosen.born[person] = _best_birth(accounts, proved, typed)
    return chosen
