"""What an epoch lets out: which payments, which states, and which of them only as ``open``.

Two rules keep a published change from being about somebody: few people's changes wait, and a state
that few people of a class hold is not shown (docs/adr/0003-roster-small-cases.md).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from amends.roster.entries import NOTHING, OWN, State, Total
from amends.roster.model import Batch, Payment

CROWD = 1_000
"""Fewer people's payments or changes wait for a later epoch (contract, "Published directory")."""

FEWEST = 20
"""A state held by fewer people of a class shows as ``open`` (contract, "Published directory")."""

States = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What goes out: batches, and the state of every award before small groups are hidden."""

    batches: tuple[Batch, ...]
    states: States


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Nothing goes out yet: *people* have changed, fewer than *needed*."""

    people: int
    needed: int


def release(
    *,
    before: States,
    actual: States,
    pending: Collection[Payment],
    batched_awards: npt.NDArray[np.int64],
    last: bool = False,
) -> Release | Waiting:
    """Decide what an epoch lets out. *last*: however few people it is about, nothing waits.

    *before*: what was let out last. *actual*: what is true now. *pending*: payments in no batch
    yet. *batched_awards*: award indexes that have a payment in a batch already.
    """
    needed = min(CROWD, len(actual))
    may_still_join = bool(np.isin(actual, (State.PROMISED, State.SENT)).any())
    batches = _batches(pending, may_still_join=may_still_join)
    leaving = np.array([p.award_index for b in batches for p in b.payments], dtype=np.int64)
    staying = {p.award_index for p in pending} - set(leaving.tolist())
    states = _coherent(before, actual, staying, (batched_awards, leaving))
    touched = states != before
    touched[leaving] = True
    people = int(touched.sum())
    if people == 0 or (people < needed and not last):
        return Waiting(people=people, needed=needed)
    return Release(batches=batches, states=states)


def _batches(pending: Collection[Payment], *, may_still_join: bool) -> tuple[Batch, ...]:
    """A batch per rail, unless it is small and others can still join it; those on top apart."""
    found = []
    ordered = sorted(pending, key=lambda one: (one.on_top, one.rail, one.instruction_id))
    for (on_top, rail), group in groupby(ordered, key=lambda one: (one.on_top, one.rail)):
        payments = tuple(group)
        if len({p.award_index for p in payments}) >= CROWD or not may_still_join:
            found.append(Batch(rail=rail, payments=payments, on_top=on_top))
    return tuple(found)


def _coherent(
    before: States, actual: States, staying: set[int], batched: Iterable[npt.NDArray[np.int64]]
) -> States:
    """The actual states, as far as they agree with the batches that are out.

    Whoever's payment waits for a batch keeps the state that was let out before; whoever was paid
    in a batch, got the money back and is to be paid again is ``returned``, not merely promised.
    """
    states = actual.copy()
    again = np.zeros(len(states), dtype=bool)
    for awards in batched:
        again[awards] = True
    states[again & (states == State.PROMISED)] = State.RETURNED
    waiting = np.fromiter(sorted(staying), dtype=np.int64, count=len(staying))
    states[waiting] = before[waiting]
    return states


def shown(states: States, classes: States) -> States:
    """What is published: a state that fewer than ``FEWEST`` of a class hold shows as open."""
    result = states.copy()
    for award_class in np.flatnonzero(np.bincount(classes)):
        of_class = classes == award_class
        counts = np.bincount(states[of_class], minlength=len(State))
        few = np.flatnonzero((counts > 0) & (counts < FEWEST))
        result[of_class & np.isin(states, few)] = State.OPEN
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The sums of an epoch: of every class and state, and of batches against states."""

    classes: dict[int, tuple[Total, ...]]
    states: tuple[Total, ...]
    batches: Total
    lasting: Total
    """Awards that are sent or settled, whatever is shown of them."""
    returned: Total
    """Payments of batches that came back, if they are at least ``FEWEST``; else nothing."""
    partly: Total
    """Payments of batches that last and are less than their award by now, which is ``open``."""
    remainder: Total
    """batches - returned - states sent and settled: what ``open`` hides of it."""
    most: int
    """The largest amount of an award."""


def sums(  # noqa: PLR0913 - what is added up
    *,
    states: States,
    published: States,
    classes: States,
    tariff: Mapping[int, int],
    batches: Total,
    own: Mapping[int, int] | None = None,
    partly: Total = NOTHING,
) -> Sums:
    """Add up what is published. *states*: before small groups were hidden.

    *tariff*: the amount of each class; annulled awards have none and are left out. *own*: the
    amounts of awards of the class ``OWN``, by award index. *partly*: payments of batches that last,
    and are less than the award was corrected to.
    """
    amounts = own or {}

    def totals_of(which: States) -> dict[int, tuple[Total, ...]]:
        found = {
            award_class: _totals(which[classes == award_class], amount)
            for award_class, amount in sorted(tariff.items())
        }
        return found | ({OWN: _own_totals(which, amounts)} if amounts else {})

    by_class = totals_of(published)
    by_state = tuple(sum_of(totals) for totals in zip(*by_class.values(), strict=True))
    lasting = sum_of(
        totals[code]
        for totals in totals_of(states).values()
        for code in (State.SENT, State.SETTLED)
    )
    returned = batches - lasting - partly
    if returned.count < FEWEST:
        returned = NOTHING
    remainder = batches - returned - by_state[State.SENT] - by_state[State.SETTLED]
    return Sums(
        classes=by_class,
        states=by_state,
        batches=batches,
        lasting=lasting,
        returned=returned,
        partly=partly,
        remainder=remainder,
        most=max([*tariff.values(), *amounts.values()]),
    )


def _totals(states: States, amount_minor: int) -> tuple[Total, ...]:
    """How many hold each state, and their awards' sum."""
    counts = np.bincount(states, minlength=len(State)).tolist()
    return tuple(Total(count=count, amount_minor=count * amount_minor) for count in counts)


def _own_totals(states: States, own: Mapping[int, int]) -> tuple[Total, ...]:
    """The same of awards that have each an amount of their own."""
    found = [NOTHING] * len(State)
    for index, amount in own.items():
        found[states[index]] += Total(count=1, amount_minor=amount)
    return tuple(found)


def sum_of(totals: Iterable[Total]) -> Total:
    """Add totals."""
    result = NOTHING
    for total in totals:
        result += total
    return result
