"""Whether a promise can be kept by the rails there are, by which split, and what is missing. Pure.

The rails decide, not the software: Alipay's usual quota of 1,000,000 CNY a day pays
15,000,000,000 CNY in 41 years, and WeChat Pay's 100 calls a second pay 3,000,000 people in 8.3
hours. So this is asked before anybody approves, and again while money goes out.

People alike (same amount, same rails that can carry it) are one `Payable`; what a contract allows
is `Terms`. How many of whom go by which rail on which day is a linear programme: calls and money
of each day within the rail's limits, as many people as possible by a given moment. The earliest
moment by which that is everybody is found by halving; the split is then the one that prefers rails
in the order in which they are given, within half of the promised time where that is possible (the
other half is for what is refused or comes back).

Where people are owed many different amounts, those of about the same are taken together, with the
mean of them: a programme of some thousand amounts would take minutes. The programme itself is in
:mod:`programme`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from amends.payouts.planning.programme import (
    ROUND,
    Floats,
    Payable,
    Programme,
    Terms,
    fullest_days,
    most_by,
    programme_of,
    solved,
)

HORIZON: Final = timedelta(days=62)
"""What takes longer is told to the day, not to the minute."""
LONGEST_YEARS: Final = 1000
"""What takes longer is told as more than that."""
LONGEST: Final = LONGEST_YEARS * timedelta(days=365, hours=5, minutes=49)

_MINUTE: Final = timedelta(minutes=1)
_YEAR: Final = timedelta(days=365)
_MOST_ALIKE: Final = 100
"""Of so many kinds of people a programme is quick."""
_FINE: Final = 1.001

Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one rail carries: people and money, and what it carries on its fullest day."""

    rail: str
    people: int
    amount_minor: int
    fullest_day_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What rails' contracts would have to allow, rail by rail, so that the promise is kept.

    ``day_minor``, ``month_minor``: most in a day and in a month, by rail, as far as there are such
    limits. ``calls_per_second``: by rail, where they are too few.
    """

    day_minor: dict[str, int]
    month_minor: dict[str, int]
    calls_per_second: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """What becomes of a promise.

    ``last``: when the last person who can be paid at all has the money; ``exact``: whether that is
    told to the minute, else to the day. None: never, or, ``beyond``, in more than
    ``LONGEST_YEARS``. ``proved``: when the bills are there that say
    so of everybody. ``in_time``: how many have it by ``promised``, if no check refuses them.
    ``by_nobody``: people whom no rail can carry, ``by_nobody_minor`` their money, ``too_much`` how
    many of them are owed more than any rail takes at once. ``split``: for each of the payables, in
    order, how many people go by which rail. ``refused``: how many of these the rails' checks of
    payees are expected to refuse. ``remedies``: each of them alone is enough.
    """

    promised: datetime
    last: datetime | None
    exact: bool
    beyond: bool
    proved: datetime | None
    people: int
    in_time: int
    by_nobody: int
    by_nobody_minor: int
    too_much: int
    split: tuple[dict[str, int], ...]
    shares: tuple[Share, ...]
    refused: int
    remedies: tuple[Remedy, ...]
    ended_unpaid: int = 0
    """Besides ``people``: whose payment was refused or came back, with no other under way."""

    @property
    def kept(self) -> bool:
        """Whether everybody has the money as promised, at the first attempt."""
        return self.kept_to_waiting and not self.ended_unpaid

    @property
    def kept_to_waiting(self) -> bool:
        """The same of those alone whose payment has not left."""
        return self.in_time == self.people and not self.refused

    @property
    def late(self) -> int:
        """How many do not have it by then."""
        return self.people - self.in_time

    def as_json(self) -> dict[str, object]:
        """The forecast for programs: moments in ISO 8601, money in minor units."""
        return {
            **asdict(self),
            "promised": self.promised.isoformat(),
            "last": self.last and self.last.isoformat(),
            "proved": self.proved and self.proved.isoformat(),
            "kept": self.kept,
        }


def feasibility(
    payables: Sequence[Payable],
    terms: Sequence[Terms],
    *,
    start: datetime,
    promised: datetime,
    split_by: datetime | None = None,
) -> Feasibility:
    """Whether *payables* can have their money by *promised* when paying begins at *start*.

    *terms* in the order in which rails are preferred. *split_by*: the split is of those who can
    have it by then (None: of everybody, see above). Moments are aware of their zone.
    """
    names = {one.rail for one in terms}
    left = [p for p in payables if not p.rails & names]
    alike = _alike([p if p.rails & names else replace(p, people=0) for p in payables])
    carried = [one for one, _ in alike]
    last, beyond = _last(carried, terms, start)
    until = max(start + (promised - start) / 2, last) if last else promised
    until = start + LONGEST if beyond else until
    in_time = most_by(carried, terms, start, promised)
    programme = programme_of(carried, terms, start, split_by or until)
    by_kind, shares = _split(programme, carried, terms)
    split = _parted(payables, alike, by_kind)
    enough = in_time == sum(p.people for p in carried)
    return Feasibility(
        promised=promised,
        last=last,
        exact=last is not None and last <= start + HORIZON,
        beyond=beyond,
        proved=None if last is None else _proved(last, terms, shares),
        people=sum(p.people for p in payables),
        in_time=in_time,
        by_nobody=sum(p.people for p in left),
        by_nobody_minor=sum(p.people * p.amount_minor for p in left),
        too_much=sum(p.people for p in left if p.too_much),
        split=split,
        shares=shares,
        refused=round(
            sum(
                people * one.refused.get(rail, 0.0)
                for one, by in zip(payables, split, strict=True)
                for rail, people in by.items()
            )
        ),
        remedies=() if enough else _remedies(carried, terms, start, promised),
    )


def _alike(payables: Sequence[Payable]) -> list[tuple[Payable, list[int]]]:
    """*payables*, those of about the same amount as one where there are many; and which each is."""
    if len(payables) <= _MOST_ALIKE:
        return [(one, [at]) for at, one in enumerate(payables)]
    groups: dict[tuple[object, ...], list[int]] = {}
    for at, one in enumerate(payables):
        alike = (one.rails, one.by, tuple(sorted(one.refused.items())))
        groups.setdefault(alike, []).append(at)
    most = max(1, _MOST_ALIKE // len(groups))
    found = []
    for group in groups.values():
        by_amount = sorted(group, key=lambda at: -payables[at].amount_minor)
        size = -(-len(group) // most)
        for first in range(0, len(group), size):
            some = by_amount[first : first + size]
            people = sum(payables[at].people for at in some)
            money = sum(payables[at].people * payables[at].amount_minor for at in some)
            mean = -(-money // people) if people else 0
            found.append((replace(payables[some[0]], people=people, amount_minor=mean), some))
    return found


def _parted(
    payables: Sequence[Payable],
    alike: Sequence[tuple[Payable, Sequence[int]]],
    split: Sequence[Mapping[str, int]],
) -> tuple[dict[str, int], ...]:
    """The *split* of those alike for each payable: the largest amounts by the first rail."""
    found: list[dict[str, int]] = [{} for _ in payables]
    for (_, some), by in zip(alike, split, strict=True):
        left = dict(by)
        for at in some:
            missing = payables[at].people
            for rail, people in left.items():
                if taken := min(people, missing):
                    found[at][rail] = taken
                    left[rail] -= taken
                    missing -= taken
    return tuple(found)


def _last(
    payables: Sequence[Payable], terms: Sequence[Terms], start: datetime
) -> tuple[datetime | None, bool]:
    """When everybody has the money, to the minute, and whether that is later than is looked at.

    Where there is nobody, or nobody gets any in the last year that is looked at, it is never.
    """
    everybody = sum(p.people for p in payables)
    if not everybody:
        return None, False

    def most(minutes: int) -> int:
        return most_by(payables, terms, start, start + minutes * _MINUTE)

    low, high, longest = -1, 1, LONGEST // _MINUTE
    while (by_then := most(high)) < everybody:
        if high == longest:
            return None, by_then > most(high - _YEAR // _MINUTE)
        low, high = high, min(high * 4, longest)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if most(middle) >= everybody else (middle, high)
    return start + high * _MINUTE, False


def _proved(last: datetime, terms: Sequence[Terms], shares: Sequence[Share]) -> datetime | None:
    """When every bill is there that tells of a payment of *shares*, the last of which is *last*."""
    carry = {one.rail for one in shares}
    return max(
        (
            datetime.combine(
                last.astimezone(ZoneInfo(one.zone)).date() + timedelta(days=1),
                one.bill_at,
                ZoneInfo(one.zone),
            )
            for one in terms
            if one.rail in carry
        ),
        default=None,
    )


def _split(
    programme: Programme, payables: Sequence[Payable], terms: Sequence[Terms]
) -> tuple[tuple[dict[str, int], ...], tuple[Share, ...]]:
    """Who goes by which rail: first as many as possible, then as plans name, then in the order.

    Whom a rail's checks refuse has to be paid once more: that weighs as much as all rails together.
    One after the other: who costs much must not stay behind for many who then go where we like.
    """
    if not programme.payable.size:
        return tuple({} for _ in payables), ()
    rails = programme.rail[programme.day]
    names = [one.rail for one in terms]
    named = np.array([names.index(p.by) if p.by in names else -1 for p in payables])
    refused = np.array([[p.refused.get(name, 0.0) for name in names] for p in payables])
    again = len(names) * refused[programme.payable, rails]
    costs = np.where(rails == named[programme.payable], 0.0, 1.0 + rails + again)
    most = solved(programme, -np.ones(rails.size)).sum()
    found = solved(programme, costs, at_least=float(most))
    split = []
    for index, _ in enumerate(payables):
        of = programme.payable == index
        exact = np.bincount(rails[of], weights=found[of], minlength=len(terms)).astype(np.float64)
        split.append(dict(zip((t.rail for t in terms), _whole(exact), strict=True)))
    shares = []
    slack = ROUND * programme.amount.max(initial=0.0)
    fullest = fullest_days(programme, found)
    for index, one in enumerate(terms):
        by = [counts[one.rail] for counts in split]
        amounts = [n * p.amount_minor for n, p in zip(by, payables, strict=True)]
        shares.append(
            Share(
                rail=one.rail,
                people=sum(by),
                amount_minor=sum(amounts),
                fullest_day_minor=min(
                    *(
                        sum(amounts),
                        ceil(fullest[programme.rail == index].max(initial=0.0) + slack),
                    ),
                    sum(amounts) if one.day_minor is None else one.day_minor,
                ),
            )
        )
    kept = tuple({rail: n for rail, n in counts.items() if n} for counts in split)
    return kept, tuple(share for share in shares if share.people)


def _whole(exact: Floats) -> list[int]:
    """Whole people who add up to the whole sum: the largest remainders are rounded up."""
    down = np.floor(exact + ROUND).astype(np.int64)
    missing = round(float(exact.sum())) - int(down.sum())
    up = np.argsort(down - exact, kind="stable")[: max(missing, 0)]
    down[up] += 1
    return [int(n) for n in down]


def _remedies(
    payables: Sequence[Payable], terms: Sequence[Terms], start: datetime, promised: datetime
) -> tuple[Remedy, ...]:
    """What to negotiate: with each rail alone where that is enough, else with all together.

    A day's quota is told in whole payments of the largest amount.
    """
    everybody = sum(p.people for p in payables)

    def enough(changed: Sequence[Terms]) -> bool:
        return most_by(payables, changed, start, promised) >= everybody

    alone = (_raised(terms, (index,), enough) for index, _ in enumerate(terms))
    found = [one for one in alone if one is not None]
    if not found:
        together = _raised(terms, range(len(terms)), enough)
        found = [] if together is None else [together]
    largest = max((p.amount_minor for p in payables), default=1)

    def of_whole(remedy: Remedy) -> Remedy:
        fewer = {rail: most // largest * largest for rail, most in remedy.day_minor.items()}
        if enough([_as_agreed(one, replace(remedy, day_minor=fewer)) for one in terms]):
            return replace(remedy, day_minor=fewer)
        more = {rail: -(-most // largest) * largest for rail, most in remedy.day_minor.items()}
        return replace(remedy, day_minor=more)

    return tuple(map(of_whole, found))


def _as_agreed(terms: Terms, remedy: Remedy) -> Terms:
    """The terms of a rail where its contract allows what *remedy* asks for."""
    return replace(
        terms,
        day_minor=remedy.day_minor.get(terms.rail, terms.day_minor),
        month_minor=remedy.month_minor.get(terms.rail, terms.month_minor),
        calls_per_second=remedy.calls_per_second.get(terms.rail, terms.calls_per_second),
    )


def _raised(
    terms: Sequence[Terms], which: Collection[int], enough: Callable[[Sequence[Terms]], bool]
) -> Remedy | None:
    """The least that the rails of *which* have to allow, quotas first and calls where they lack.

    Several are raised by one factor each. None where even without limits it does not go.
    """

    def times(money: float | None, calls: float | None) -> list[Terms]:
        """The terms with these limits multiplied; None: without them."""
        return [
            replace(
                one,
                month_minor=None if money is None else _times(one.month_minor, money),
                day_minor=None if money is None else _times(one.day_minor, money),
                calls_per_second=None if calls is None else _times(one.calls_per_second, calls),
            )
            if index in which
            else one
            for index, one in enumerate(terms)
        ]

    if not enough(times(None, None)):
        return None
    calls = 1.0 if enough(times(None, 1.0)) else _least(lambda by: enough(times(None, by)))
    money = _least(lambda by: enough(times(by, calls)))
    raised = [one for index, one in enumerate(times(money, calls)) if index in which]
    return Remedy(
        day_minor={one.rail: one.day_minor for one in raised if one.day_minor is not None},
        month_minor={one.rail: one.month_minor for one in raised if one.month_minor is not None},
        calls_per_second={
            one.rail: one.calls_per_second
            for one in raised
            if calls > 1.0 and one.calls_per_second is not None
        },
    )


def _times(limit: Number | None, factor: float) -> Number | None:
    """A limit multiplied, and 1 at least before: nothing times anything is nothing."""
    if limit is None or factor == 1.0:
        return limit
    return type(limit)(ceil(max(limit, 1) * factor))


def _least(enough: Callable[[float], bool]) -> float:
    """The least factor from 1 on that is enough, to a thousandth. There has to be one."""
    low, high = 1.0, 1.0
    while not enough(high):
        low, high = high, high * 4
    while high / low > _FINE:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
