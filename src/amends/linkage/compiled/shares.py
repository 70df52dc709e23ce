"""What rows and accounts say of people, gathered per person in one pass."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import compiled

Places = npt.NDArray[np.uint32]
Masks = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Bits = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


class Rows(NamedTuple):
    """Leaked rows: whose each is, and what it says. *methods*: a bit for the row's method."""

    person: Places
    mask: Masks
    probability: Floats
    strength: Small
    tranche: Small
    methods: Bits


class PerPerson(NamedTuple):
    """How many rows, and of them: all masks and methods, most likely, strongest, first tranche."""

    rows: Masks
    mask: Masks
    probability: Floats
    strength: Small
    tranche: Small
    methods: Bits


@compiled
def share(rows: Rows, people: PerPerson) -> None:
    """Give every person what the *rows* say; *people* holds what is known before."""
    for i in range(len(rows.person)):
        person = rows.person[i]
        people.rows[person] += 1
        people.mask[person] |= rows.mask[i]
        people.probability[person] = max(people.probability[person], rows.probability[i])
        people.strength[person] = min(people.strength[person], rows.strength[i])
        people.tranche[person] = min(people.tranche[person], rows.tranche[i])
        people.methods[person] |= rows.methods[i]


@compiled
def hold(owner: Places, word: Places, bits: int, held: Masks) -> None:
    """Set in *held* (bits / person) the bit of every account's *word* for the one who owns it."""
    for i in range(len(owner)):
        held[word[i] // bits, owner[i]] |= 1 << (word[i] % bits)
