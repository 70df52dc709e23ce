"""Who goes by another rail than planned, so that more people have their money in time. Pure.

Only payments that have not left are moved, only of people who have an account that another rail
takes (the one in force, or a further one), and only as many as their own rail does not carry in
time: those at the end of its queue.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from amends.kernel.ids import InstructionId, PersonId
from amends.payouts.planning.feasibility import Feasibility, feasibility
from amends.payouts.planning.programme import Payable, Terms


class Waiting(NamedTuple):
    """A payment that has not left.

    ``own``: the kind of the account in force, where another rail may take it; ``kinds``: those of
    further accounts.
    """

    number: InstructionId
    award_index: int
    generation: int
    part: int
    amount_minor: int
    rail: str
    chunk_no: int
    person_id: PersonId
    kinds: frozenset[str]
    own: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replan:
    """What becomes of the promise as planned and as moved. ``moves``: by the rail that takes."""

    planned: Feasibility
    moved: Feasibility
    moves: Mapping[str, Sequence[Waiting]]

    @property
    def people(self) -> int:
        """How many are moved."""
        return sum(len(found) for found in self.moves.values())


def replanned(  # noqa: PLR0913 -- who waits, by which rails, and whom these have a place for
    waiting: Mapping[frozenset[str], Sequence[Waiting]],
    others: Sequence[Payable],
    terms: Sequence[Terms],
    *,
    start: datetime,
    promised: datetime,
    weigh: Callable[[Sequence[Payable]], list[Payable]] = list,
    fitting: Callable[[str, list[Waiting]], Sequence[Waiting]] = lambda _, found: found,
) -> Replan:
    """Move as few as possible of *waiting* so that as many as possible have their money in time.

    *waiting*: by the rails that could take over. *others*: everybody else who is to be paid.
    *terms*: of the rails that work, in the order in which they are preferred. *weigh*: what gives
    payables the shares that checks refuse; of rails that could take over, one that refuses fewer
    goes before. *fitting*: what says whom of these a rail has a place for now; the others stay.
    Where the promised moment has passed, everybody is to have the money as early as can be.
    """
    groups: dict[tuple[int, str, frozenset[str]], list[Waiting]] = {}
    for rails, found in waiting.items():
        for one in sorted(found, key=lambda one: (one.chunk_no, one.award_index)):
            groups.setdefault((one.amount_minor, one.rail, rails), []).append(one)
    free = weigh(
        [
            Payable(people=len(found), amount_minor=amount, rails=rails | {rail}, by=rail)
            for (amount, rail, rails), found in groups.items()
        ]
    )
    fixed = [replace(one, rails=frozenset((one.by or "",))) for one in free]
    planned = feasibility([*fixed, *others], terms, start=start, promised=promised)
    if planned.kept or not free:
        return Replan(planned=planned, moved=planned, moves={})
    best = feasibility([*free, *others], terms, start=start, promised=promised)
    by = promised if start < promised else best.last
    best = feasibility([*free, *others], terms, start=start, promised=promised, split_by=by)
    moves: dict[str, list[Waiting]] = {}
    for payable, split, found in zip(free, best.split, groups.values(), strict=False):
        left = len(found)
        for rail, people in split.items():
            if rail != payable.by:
                moves.setdefault(rail, []).extend(found[left - people : left])
                left -= people
    fit = {rail: fitting(rail, found) for rail, found in moves.items()}
    goes_by = {one.number: rail for rail, found in fit.items() for one in found}
    after = [
        replace(payable, people=people, rails=frozenset((rail,)))
        for payable, found in zip(free, groups.values(), strict=True)
        for rail, people in Counter(goes_by.get(one.number, one.rail) for one in found).items()
    ]
    moved = feasibility([*after, *others], terms, start=start, promised=promised)
    if moved.in_time <= planned.in_time and start < promised:
        return Replan(planned=planned, moved=planned, moves={})
    return Replan(planned=planned, moved=moved, moves=fit)


def without(payables: Sequence[Payable], waiting: Sequence[Waiting]) -> list[Payable]:
    """What plans name, less those who could be moved."""
    taken = Counter((one.rail, one.amount_minor) for one in waiting)
    left = [
        one if one.by is None else replace(one, people=one.people - taken[one.by, one.amount_minor])
        for one in payables
    ]
    return [one for one in left if one.people > 0]
