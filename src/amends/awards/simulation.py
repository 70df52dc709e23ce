"""What a tariff would cost and give, before anybody is promised anything. Pure.

Everything is computed from groups of people whom no tariff can tell apart, with their numbers:
millions of people cost no more than a few hundred groups. Shares of money are whole minor units;
a float is only what the determination states of its own error.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from amends.awards.assessing import GROUP_COLUMNS, assess, group_of
from amends.awards.model import Group
from amends.kernel.money import Money
from amends.kernel.tariff import Precedent, Scenario, Tariff

LATER_PERCENT = (1, 5, 10, 25)
"""Later finds that are shown unless others are asked for: so many % more people."""

FEW = 20
"""Smaller groups are told without their number, as states of the roster are."""

_QUANTILES = (10, 25, 50, 75, 90)
_HUNDRED = 100


class Error(StrEnum):
    """An error of the determination that costs money, or will."""

    COUNT = "count"
    WRONG = "wrong"
    MISSED = "missed"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountShare:
    """The people who get one amount. ``award_class``: its place among the tariff's amounts."""

    award_class: int
    amount: Money
    people: int

    @property
    def cost(self) -> Money:
        """What they get together."""
        return self.amount * self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioShare:
    """The people to whom a scenario gave their amount."""

    scenario: Scenario
    people: int

    @property
    def cost(self) -> Money:
        """What they get together."""
        return self.scenario.amount * self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidGroup:
    """A group, how many are in it, and by which scenario each of them is owed how much."""

    group: Group
    people: int
    scenario: Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """A figure with the ends of its interval."""

    estimate: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCost:
    """What an error of the determination means: ``people``, and ``money`` at the mean amount.

    ``basis``: on what the interval rests, ``model`` (not calibrated) or ``readers``.
    """

    error: Error
    basis: str
    people: Between
    money: Between


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterFind:
    """*percent* more people: ``cost`` if they are as those before, and at the tariff's two ends.

    ``covered``: whether what is left pays for ``cost``.
    """

    percent: int
    people: int
    cost: Money
    least: Money
    most: Money
    covered: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainstFunding:
    """The cost held against the money that is there; one of ``left`` and ``short`` is zero.

    ``pro_rata``: what each amount would shrink to, were the money shared out as it is.
    ``more_people``: for how many more people, at the mean amount, what is left suffices.
    """

    funding: Money
    left: Money
    short: Money
    pro_rata: Mapping[int, Money]
    more_people: int

    @property
    def covered(self) -> bool:
        """Whether the money suffices."""
        return self.short.amount_minor == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a tariff would cost and give. ``funding`` is None where none is given in its currency.

    ``granted``: what was granted on claims, on top of ``total``; the money has to cover both.
    ``amounts``: every amount of the tariff, the smallest first, also those that nobody gets.
    ``most`` and ``least``: the largest groups among those that get the most, and the least.
    """

    name: str
    tariff: Tariff
    people: int
    total: Money
    granted: Money
    amounts: tuple[AmountShare, ...]
    scenarios: tuple[ScenarioShare, ...]
    quantiles: Mapping[int, Money]
    most: tuple[PaidGroup, ...]
    least: tuple[PaidGroup, ...]
    errors: tuple[ErrorCost, ...]
    later: tuple[LaterFind, ...]
    funding: AgainstFunding | None

    @property
    def mean(self) -> Money:
        """What a person gets on average, rounded down."""
        return _money(self.total.amount_minor // max(self.people, 1), self.total.currency)

    @property
    def precedents(self) -> tuple[Precedent, ...]:
        """What courts and companies gave to one person, by the tariff's own list."""
        return self.tariff.precedents


def simulate(  # noqa: PLR0913 - what a tariff is held against
    name: str,
    tariff: Tariff,
    groups: pl.DataFrame,
    *,
    funding: Money | None,
    stated: Mapping[str, object],
    granted: Money | None = None,
    later_percent: Sequence[int] = LATER_PERCENT,
) -> Simulation:
    """What *tariff* would cost and give.

    Args:
        name: what the tariff is called where several stand side by side.
        tariff: the tariff.
        groups: the columns of ``assessing.GROUP_COLUMNS`` and ``people``.
        funding: the money that is there.
        stated: the determination's statement of its own error.
        granted: what was granted on claims, whatever the tariff.
        later_percent: later finds to look at, in % more people.

    Raises:
        TariffError: the tariff says nothing about a group.
    """
    paid = sorted(_assessed(tariff, groups), key=lambda one: (-one.people, _order(one.group)))
    people = sum(one.people for one in paid)
    amounts = _amounts(tariff, paid)
    total = sum((share.cost for share in amounts), _money(0, tariff.currency))
    given = [share for share in amounts if share.people]
    on_top = granted or _money(0, tariff.currency)
    against = _against(funding, total, given, people, on_top)
    return Simulation(
        name=name,
        tariff=tariff,
        people=people,
        total=total,
        granted=on_top,
        amounts=amounts,
        scenarios=_scenarios(tariff, paid),
        quantiles=_quantiles(given, people),
        most=_with_amount(paid, given[-1].amount) if given else (),
        least=_with_amount(paid, given[0].amount) if given else (),
        errors=_errors(stated, total, people),
        later=tuple(
            _later(percent, total, people, tariff.amounts, against) for percent in later_percent
        ),
        funding=against,
    )


def _assessed(tariff: Tariff, groups: pl.DataFrame) -> Iterable[PaidGroup]:
    """Every group with its scenario; groups that the tariff cannot tell apart are one."""
    together: dict[Group, int] = {}
    alike = groups.group_by(GROUP_COLUMNS).agg(pl.col("people").sum())
    for row in alike.iter_rows(named=True):
        group = group_of(row)
        together[group] = together.get(group, 0) + int(row["people"])
    for group, people in together.items():
        yield PaidGroup(group=group, people=people, scenario=assess(tariff, group).scenario)


def _order(group: Group) -> tuple[object, ...]:
    return sorted(group.categories), sorted(group.jurisdictions), group.age, group.tranche


def _amounts(tariff: Tariff, paid: Sequence[PaidGroup]) -> tuple[AmountShare, ...]:
    return tuple(
        AmountShare(
            award_class=number,
            amount=amount,
            people=sum(one.people for one in paid if one.scenario.amount == amount),
        )
        for number, amount in enumerate(tariff.amounts)
    )


def _scenarios(tariff: Tariff, paid: Sequence[PaidGroup]) -> tuple[ScenarioShare, ...]:
    return tuple(
        ScenarioShare(
            scenario=scenario,
            people=sum(one.people for one in paid if one.scenario.id == scenario.id),
        )
        for scenario in tariff.scenarios
    )


def _with_amount(paid: Sequence[PaidGroup], amount: Money, most: int = 3) -> tuple[PaidGroup, ...]:
    return tuple([one for one in paid if one.scenario.amount == amount][:most])


def _quantiles(given: Sequence[AmountShare], people: int) -> dict[int, Money]:
    """The amount of the person at each percent of the line, the least paid in front."""
    found: dict[int, Money] = {}
    for percent in _QUANTILES if given else ():
        place, passed = -(-percent * people // _HUNDRED), 0
        for share in given:
            passed += share.people
            if passed >= place:
                found[percent] = share.amount
                break
    return found


def _against(
    funding: Money | None, total: Money, given: Sequence[AmountShare], people: int, granted: Money
) -> AgainstFunding | None:
    if funding is None or funding.currency != total.currency:
        return None
    there = funding.amount_minor - granted.amount_minor
    over = there - total.amount_minor
    shared = total.amount_minor if over >= 0 else max(there, 0)
    return AgainstFunding(
        funding=funding,
        left=_money(max(over, 0), total.currency),
        short=_money(max(-over, 0), total.currency),
        pro_rata={
            share.award_class: _money(
                share.amount.amount_minor * shared // max(total.amount_minor, 1), total.currency
            )
            for share in given
        },
        more_people=max(over, 0) * people // max(total.amount_minor, 1),
    )


def _later(
    percent: int,
    total: Money,
    people: int,
    amounts: Sequence[Money],
    against: AgainstFunding | None,
) -> LaterFind:
    more = -(-people * percent // _HUNDRED)
    cost = _share(total, more, people)
    return LaterFind(
        percent=percent,
        people=more,
        cost=cost,
        least=amounts[0] * more,
        most=amounts[-1] * more,
        covered=None if against is None else against.left >= cost and against.covered,
    )


def _errors(stated: Mapping[str, object], total: Money, people: int) -> tuple[ErrorCost, ...]:
    """What the stated error means in money; nothing where the determination states none."""
    estimates = stated.get("estimates")
    found: list[ErrorCost] = []
    for basis, one in estimates.items() if isinstance(estimates, dict) else ():
        count, right, recall = (_ends(one.get(key)) for key in ("people", "precision", "recall"))
        if count is not None:
            found.append(_cost(Error.COUNT, basis, count, total, people))
        if right is not None:
            wrong = (people * (1 - end) for end in (right[0], right[2], right[1]))
            found.append(_cost(Error.WRONG, basis, _three(wrong), total, people))
        if right is not None and recall is not None and min(recall) > 0:
            missed = (
                people * good * (1 / whole - 1)
                for good, whole in (
                    (right[0], recall[0]),
                    (right[1], recall[2]),
                    (right[2], recall[1]),
                )
            )
            found.append(_cost(Error.MISSED, basis, _three(missed), total, people))
    waiting = _waiting(stated)
    if waiting is not None:
        found.append(_cost(Error.WAITING, "model", waiting, total, people))
    return tuple(found)


def _waiting(stated: Mapping[str, object]) -> tuple[float, float, float] | None:
    """How many of those in doubt are not counted now: expected to be affected, none, all."""
    told = stated.get("undecided")
    if not isinstance(told, dict) or not told.get("people"):
        return None
    open_ = max(float(told["people"]) - float(told["paid"]), 0.0)
    if not open_:
        return None
    return open_ * float(told["expected_affected"]) / float(told["people"]), 0.0, open_


def _cost(
    error: Error, basis: str, ends: tuple[float, float, float], total: Money, people: int
) -> ErrorCost:
    counts = [max(round(end), 0) for end in ends]
    money = [_share(total, count, people).amount_minor for count in counts]
    return ErrorCost(
        error=error,
        basis=basis,
        people=Between(estimate=counts[0], low=counts[1], high=counts[2]),
        money=Between(estimate=money[0], low=money[1], high=money[2]),
    )


def _ends(interval: object) -> tuple[float, float, float] | None:
    """Estimate, low and high end of a stated interval."""
    if not isinstance(interval, dict):
        return None
    return _three(float(interval[key]) for key in ("estimate", "low", "high"))


def _three(values: Iterable[float]) -> tuple[float, float, float]:
    estimate, low, high = values
    return estimate, low, high


def _share(total: Money, count: int, people: int) -> Money:
    """What *count* people cost at the mean amount."""
    return _money(total.amount_minor * count // max(people, 1), total.currency)


def _money(amount_minor: int, currency: str) -> Money:
    return Money(amount_minor=amount_minor, currency=currency)
