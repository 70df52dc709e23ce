"""The linear programme of paying: how many people go by which rail on which days. Pure.

Days on which a rail carries the same are one: all whole days of it where a month has no quota, else
those of months with as many. So a programme of a thousand years is as large as one of a week: its
limits are those of a single day times how many there are.

A programme pays parts of people. Where few fit in a day or a month that would be many too many: no
more of an amount are paid in it than whole people fit, nor of all amounts of which few fit.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Dates = date | npt.NDArray[np.datetime64]

ROUND: Final = 1e-3
"""Of a person: how exactly the programme is solved."""
_FEW: Final = 20
"""Where more people fit in a day, what whole ones leave of its quota is little."""
_A_DAY: Final = timedelta(days=1)
_A_MONTH: Final = np.timedelta64(1, "M")
_WORKING: Final = "1111100"
_EVERY: Final = "1111111"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a rail carries by its contract. None: no limit that is known.

    ``opens``, ``closes``: local hours in which it takes payments (both None: day and night);
    ``weekends``: whether on Saturdays and Sundays, too. ``arrives_after``: from handing a payment
    over until the person has it. ``bill_at``: when on the next day the bill of a day is there.
    ``spent_day_minor``, ``spent_month_minor``: what went out in the first day and month already.
    """

    rail: str
    zone: str
    calls_per_second: float | None = None
    day_minor: int | None = None
    month_minor: int | None = None
    opens: time | None = None
    closes: time | None = None
    weekends: bool = True
    arrives_after: timedelta = timedelta(0)
    bill_at: time = time(9)
    spent_day_minor: int = 0
    spent_month_minor: int = 0
    begins_after: timedelta = timedelta(0)
    """From the start until it takes payments: a first batch has to have its answers before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """*people* who get the same amount and can be paid by the same rails (by name).

    ``by``: the rail that a plan names for them, which is preferred. ``refused``: by rail, the share
    that its checks of the payee (name, real name) are expected to refuse. ``too_much``: no rail of
    the case takes such an amount, whatever the account.
    """

    people: int
    amount_minor: int
    rails: frozenset[str]
    by: str | None = None
    refused: Mapping[str, float] = field(default_factory=dict)
    too_much: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Months:
    """*number* months of a rail that are alike, and what each carries of money."""

    number: int
    money: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Days:
    """*number* local days of a rail that are alike, in months (by place) that are.

    ``seconds``: in which each takes payments; ``money``: what each carries.
    """

    terms: int
    months: int
    number: int
    seconds: float
    money: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """How many people of a payable go by a rail on days that are alike: a variable each.

    ``payable``, ``day``: of each variable. ``rail``, ``month``: of each kind of days, ``days`` how
    many there are, ``calls`` and ``money`` most on one of them; ``months``, ``month_money``: how
    many months there are of each kind, and most in one of them.
    """

    people: Floats
    amount: Floats
    payable: Ints
    day: Ints
    rail: Ints
    month: Ints
    days: Floats
    calls: Floats
    money: Floats
    months: Floats
    month_money: Floats


def programme_of(
    payables: Sequence[Payable], terms: Sequence[Terms], start: datetime, until: datetime
) -> Programme:
    """The programme of paying *payables* from *start* until *until*."""
    days: list[_Days] = []
    months: list[_Months] = []
    for index, one in enumerate(terms):
        for alike, found in _days(index, one, start, until):
            days += [replace(day, months=len(months)) for day in found]
            months.append(alike)
    pairs = np.array(
        [
            (p, d)
            for d, day in enumerate(days)
            for p, payable in enumerate(payables)
            if payable.people and terms[day.terms].rail in payable.rails
        ],
        dtype=np.int64,
    ).reshape(-1, 2)
    seconds = np.array([day.seconds for day in days], dtype=np.float64)
    return Programme(
        people=np.array([p.people for p in payables], dtype=np.float64),
        amount=np.array([p.amount_minor for p in payables], dtype=np.float64),
        payable=pairs[:, 0],
        day=pairs[:, 1],
        rail=np.array([day.terms for day in days], dtype=np.int64),
        month=np.array([day.months for day in days], dtype=np.int64),
        days=np.array([day.number for day in days], dtype=np.float64),
        calls=_limits([terms[day.terms].calls_per_second for day in days]) * seconds,
        money=np.array([day.money for day in days], dtype=np.float64),
        months=np.array([month.number for month in months], dtype=np.float64),
        month_money=np.array([month.money for month in months], dtype=np.float64),
    )


def _days(
    index: int, terms: Terms, start: datetime, until: datetime
) -> Iterator[tuple[_Months, list[_Days]]]:
    """A rail's days between *start* and *until* on which it takes payments, by their months.

    The first and the last are days of their own, as they are not whole.
    """
    zone = ZoneInfo(terms.zone)
    today = start.astimezone(zone).date()
    begin = (start + terms.begins_after).astimezone(zone)
    end = (until - terms.arrives_after).astimezone(zone)
    if end <= begin:
        return

    def days(day: date, number: int, spent: int = 0) -> list[_Days]:
        midnight = datetime.combine(day + _A_DAY, time(0), zone)
        opens = datetime.combine(day, terms.opens or time(0), zone)
        closes = midnight if terms.closes is None else datetime.combine(day, terms.closes, zone)
        seconds = (min(end, closes) - max(begin, opens)).total_seconds()
        money = _left(terms.day_minor, spent)
        one = _Days(terms=index, months=0, number=number, seconds=seconds, money=money)
        return [one] if seconds > 0 and number > 0 else []

    first, last = begin.date(), end.date()
    for number, whole, edges in _months(terms, first, last):
        is_now = first in edges and (first.year, first.month) == (today.year, today.month)
        spent = terms.spent_month_minor if is_now else 0
        found = days(first + _A_DAY, whole * number)
        for day in edges:
            works = int(_working(terms, day, day + _A_DAY))
            found += days(day, works, terms.spent_day_minor if day == today else 0)
        yield _Months(number=number, money=_left(terms.month_minor, spent)), found


def _months(terms: Terms, first: date, last: date) -> Iterator[tuple[int, int, list[date]]]:
    """Months that are alike: how many, of how many whole days each, and which of *first*, *last*.

    All time is one month where a rail has no quota of months.
    """
    if terms.month_minor is None:
        yield 1, max(int(_working(terms, first + _A_DAY, last)), 0), sorted({first, last})
        return
    months = [np.datetime64(f"{day:%Y-%m}") for day in (first, last)]
    begins = np.arange(months[0], months[1] + _A_MONTH, _A_MONTH)
    froms = np.maximum(begins.astype("datetime64[D]"), np.datetime64(first + _A_DAY))
    ends = np.minimum((begins + _A_MONTH).astype("datetime64[D]"), np.datetime64(last))
    whole = np.maximum(_working(terms, froms, ends), 0)
    if len(begins) == 1:
        yield 1, int(whole[0]), sorted({first, last})
        return
    yield 1, int(whole[0]), [first]
    yield 1, int(whole[-1]), [last]
    for days, number in zip(*np.unique(whole[1:-1], return_counts=True), strict=True):
        yield int(number), int(days), []


def _working(terms: Terms, first: Dates, end: Dates) -> Ints:
    """How many days from *first* on, before *end*, a rail works."""
    return np.busday_count(first, end, weekmask=_EVERY if terms.weekends else _WORKING)


def _left(most: int | None, spent: int) -> float:
    return np.inf if most is None else float(max(most - spent, 0))


def _limits(limits: Sequence[float | None]) -> Floats:
    return np.array([np.inf if most is None else most for most in limits], dtype=np.float64)


def solved(programme: Programme, costs: Floats, *, at_least: float = 0.0) -> Floats:
    """The cheapest people per variable within all limits, *at_least* so many.

    Money is counted in the largest amount, so that all numbers are of people.
    """
    from scipy import optimize, sparse  # noqa: PLC0415 -- 0.3 s that few commands need

    width, unit = programme.payable.size, programme.amount.max(initial=1.0)
    ones, money = np.ones(width), programme.amount[programme.payable] / unit
    month = programme.month[programme.day]

    def sums(values: Floats, group: Ints, groups: int) -> sparse.csr_array:
        return sparse.csr_array((values, (group, np.arange(width))), shape=(groups, width))

    rows = [
        (sums(ones, programme.day, programme.rail.size), programme.calls * programme.days),
        (sums(money, programme.day, programme.rail.size), programme.money * programme.days / unit),
        (
            sums(money, month, programme.months.size),
            programme.month_money * programme.months / unit,
        ),
        (sums(ones, programme.payable, programme.people.size), programme.people),
        (sparse.csr_array(-np.ones((1, width))), np.array([ROUND - at_least])),
    ]
    most = np.full(width, np.inf)
    for group, each, number in (
        (programme.day, programme.money, programme.days),
        (month, programme.month_money, programme.months),
    ):
        fit = np.floor(each[group] / programme.amount[programme.payable])
        most = np.minimum(most, fit * number[group])
        members, limits = _few(group, fit, number)
        rows.append((sparse.csr_array(members.reshape(-1, width)), limits))
    limits = np.concatenate([limit for _, limit in rows])
    found = optimize.linprog(
        costs,
        A_ub=sparse.vstack([row for row, _ in rows], format="csr")[np.isfinite(limits)],
        b_ub=limits[np.isfinite(limits)],
        bounds=np.column_stack([np.zeros(width), most]),
    )
    if found.status != 0:
        raise AssertionError(f"the programme has no solution: {found.message}")
    return np.asarray(found.x)


def _few(group: Ints, fit: Floats, number: Floats) -> tuple[Floats, Floats]:
    """Of which variables together few whole people *fit* in one of a group, and in all of it.

    Of those who need more than a third of a quota two fit, whatever each of them needs.
    """
    rows, limits = [], []
    few = np.flatnonzero((fit >= 1) & (fit <= _FEW))
    for one, most in sorted({(int(group[at]), float(fit[at])) for at in few}):
        rows.append((group == one) & (fit <= most))
        limits.append(most * number[one])
    return np.array(rows, dtype=np.float64), np.array(limits, dtype=np.float64)


def most_by(
    payables: Sequence[Payable], terms: Sequence[Terms], start: datetime, until: datetime
) -> int:
    """How many people can have their money by *until*."""
    programme = programme_of(payables, terms, start, until)
    if not programme.payable.size:
        return 0
    found = solved(programme, -np.ones(programme.payable.size))
    return int(found.sum() + ROUND)


def fullest_days(programme: Programme, found: Floats) -> Floats:
    """What each kind of days carries on its fullest, where *found* is paid as fast as it goes."""
    money, people = np.zeros(programme.days.size), np.zeros(programme.days.size)
    np.add.at(money, programme.day, found * programme.amount[programme.payable])
    np.add.at(people, programme.day, found)
    most = np.minimum(programme.money, programme.month_money[programme.month])
    paid = money > 0
    parts = np.zeros(money.size)
    parts[paid] = np.minimum(most[paid] / money[paid], programme.calls[paid] / people[paid])
    return money * np.minimum(parts, 1.0)
