"""Numbers looked up by places, and put there, in one go.

NumPy first makes places of 64 bits of those of 32, and looks up in a second array what goes into a
third. Here every place is read once, what it says is asked for some time before it is needed, and
goes where it belongs. A place of -1 is the last one.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.components import Nodes

Rows = npt.NDArray[np.int32]
Places = npt.NDArray[np.integer]


@compiled
def looked_up(values: npt.NDArray[Any], places: Places) -> npt.NDArray[Any]:
    """The *values* at *places*."""
    found = np.empty(len(places), dtype=values.dtype)
    last = len(places) - 1
    for i in range(len(places)):
        fetch(values, places[min(i + AHEAD, last)])
        found[i] = values[places[i]]
    return found


@borrowing
def put_at(target: npt.NDArray[Any], places: Places, values: npt.NDArray[Any]) -> None:
    """Put *values* at *places* of a *target*, the last one where several have one place."""
    last = len(places) - 1
    for i in range(len(places)):
        fetch(target, places[min(i + AHEAD, last)])
        target[places[i]] = values[i]


@borrowing
def put(numbers: Nodes, standing: Nodes, accounts: Places, own: Nodes) -> None:
    """Put what *accounts* have of their *own* where each of them is *standing* among *numbers*."""
    last = len(accounts) - 1
    for i in range(len(accounts)):
        fetch(numbers, standing[accounts[min(i + AHEAD, last)]])
        numbers[standing[accounts[i]]] = own[i]


@borrowing
def note_firsts(person: Places, order: Places, first: Places) -> None:
    """Note of every *person* the *first* place in an *order* of accounts that has one of theirs."""
    for i in range(len(order) - 1, -1, -1):
        fetch(person, order[max(i - AHEAD, 0)])
        first[person[order[i]]] = i


@borrowing
def write_slot(rows: Rows, slot: int, values: Nodes, places: Nodes) -> None:
    """Write the *values* at *places*, one for each of the *rows*, into a slot of these."""
    last = len(places) - 1
    for i in range(len(places)):
        fetch(values, places[min(i + AHEAD, last)])
        rows[i, slot] = values[places[i]]


@borrowing
def fill(numbers: Nodes, values: Nodes, places: Nodes) -> None:
    """Put the *values* at *places* where *numbers* have none (-1)."""
    for i in range(len(numbers)):
        if numbers[i] < 0:
            numbers[i] = values[places[i]]
