"""What rows and accounts say of people, gathered per person in one pass."""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing

Places = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ROWS, MASK, LIKELIEST, STRONGEST, FIRST, METHODS = range(6)
"""The columns of what is known of people, side by side, so that one look at memory finds all."""
NOTHING: Final = (0, 0, 0, np.iinfo(np.int64).max, np.iinfo(np.int64).max, 0)
"""What is known of somebody of whom no row says anything."""


class Rows(NamedTuple):
    """Leaked rows: whose each is, and what it says.

    *probability*: the bits of numbers that are not negative, which are in the same order.
    *methods*: a bit for the row's method.
    """

    person: Places
    mask: Ints
    probability: Ints
    strength: npt.NDArray[np.int32]
    tranche: npt.NDArray[np.int32]
    methods: npt.NDArray[np.uint8]


@borrowing
def share(rows: Rows, people: Ints) -> None:
    """Give every person (a row of *people*) what the *rows* say.

    How many there are, all their masks and methods, the largest probability, the smallest strength
    and tranche.
    """
    for i in range(len(rows.person)):
        person = people[rows.person[i]]
        person[ROWS] += 1
        person[MASK] |= rows.mask[i]
        person[LIKELIEST] = max(person[LIKELIEST], rows.probability[i])
        person[STRONGEST] = min(person[STRONGEST], np.int64(rows.strength[i]))
        person[FIRST] = min(person[FIRST], np.int64(rows.tranche[i]))
        person[METHODS] |= np.int64(rows.methods[i])


@borrowing
def likeliest(
    place: Places,
    person: Places,
    probability: npt.NDArray[np.float64],
    most: npt.NDArray[np.float64],
) -> None:
    """Raise *most* to the largest *probability* of rows, for the *place* of each one's *person*."""
    for i in range(len(person)):
        at = place[person[i]]
        most[at] = max(most[at], probability[i])


@borrowing
def hold(owner: Places, word: Places, bits: int, held: Ints) -> None:
    """Set in *held* (mask × person) the bit of every account's *word* for the one who owns it."""
    for i in range(len(owner)):
        held[word[i] // bits, owner[i]] |= 1 << (word[i] % bits)
