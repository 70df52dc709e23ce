"""A tariff: what a leak of which data is worth to one person, with the precedents it follows.

A tariff is a list of scenarios. Each has conditions (what leaked, where the person stands under
the law, how old the person is) and an amount; the sum of a person is the largest amount among the
scenarios that apply, not a sum over fields (law report §5). Shapes only; ``tarifffile`` reads and
checks them, so that a tariff that is there has no gap and no overlap.
"""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from amends.kernel.canonical import canonical
from amends.kernel.money import Money
from amends.kernel.text import Text

UNKNOWN_AGE = "unknown"
"""The band of people whose date of birth no registry holds; every tariff with ages has it."""

ANY_AGE = ""
"""The one band of a tariff that does not look at ages."""

MOST_MINOR = 10**12
"""The largest amount of one person: nine million of it are a sum that the books can hold."""

MOST_CLASSES = 30
"""How many different amounts the public roster can tell apart (format of the roster, AWARD)."""


class TariffKind(StrEnum):
    """The shapes of tariffs (law report §5)."""

    FLAT = "flat"
    SCENARIO_FACTORS = "scenario-factors"
    TIERS = "tiers"
    BASE_LOSS_TIME = "base-loss-time"
    MEDIATION = "mediation"
    COURT = "court"


class Certainty(StrEnum):
    """How far a fact was checked (law report §0)."""

    STATUTE = "S"
    SECONDARY = "S2"
    GENERAL = "G"
    CALCULATED = "C"
    DESIGN = "D"


class AgeDay(StrEnum):
    """The day on which ages are counted."""

    ANNOUNCED = "announced"
    DISCOVERED = "discovered"


class LaterKind(StrEnum):
    """What can be claimed later, over and above what is awarded now."""

    LOSS = "loss"
    TIME = "time"
    COSTS = "costs"


class Proof(StrEnum):
    """What a claim has to bring: a document that somebody looked at, or the person's own word."""

    DOCUMENT = "document"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Precedent:
    """A decision or settlement that a tariff follows, or one that it wants to do better than.

    ``per_person`` is what one person got there, in words; ``rough`` is the same in yuan at the
    rates of the law report, for orientation only, and None where there is no figure.
    """

    id: str
    title: Text
    per_person: Text
    lesson: Text
    source: str
    certainty: Certainty
    rough: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """People from ``first`` years (inclusive) until before ``until``; None is without end."""

    id: str
    title: Text
    first: int | None = None
    until: int | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether it is the band of people without a date of birth."""
        return self.id == UNKNOWN_AGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """When an amount is owed. An empty condition is met by everybody.

    ``all_of``: codes of categories of which every one leaked; ``any_of``: at least one did.
    """

    id: str
    title: Text
    amount: Money
    all_of: frozenset[str] = frozenset()
    any_of: frozenset[str] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    ages: frozenset[str] = frozenset()
    precedents: tuple[str, ...] = ()

    @property
    def conditions(self) -> tuple[frozenset[str], ...]:
        """What two scenarios must not have in common, the same however it is said.

        One of a single category is that category; one of several is met where one of them has to be
        there anyway.
        """
        all_of, any_of = self.all_of, self.any_of
        if len(any_of) == 1:
            all_of, any_of = all_of | any_of, frozenset()
        elif not all_of.isdisjoint(any_of):
            any_of = frozenset()
        return all_of, any_of, self.jurisdictions, self.ages


@dataclass(frozen=True, slots=True, kw_only=True)
class LaterClaim:
    """What people can claim later, with proof. Nothing of it is awarded before it is granted.

    ``most`` and ``most_hours``: of one person's claims of the kind together; ``share_percent``: of
    what is proved; ``rate``: for an hour. ``two_people_from``: less than this one person may grant;
    None: two decide on every claim.
    """

    kind: LaterKind
    title: Text
    most: Money | None = None
    share_percent: int | None = None
    most_hours: int | None = None
    rate: Money | None = None
    proof: Proof = Proof.DOCUMENT
    two_people_from: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """What each person is owed, by what leaked of them.

    ``base`` is the amount that factors multiply. ``text`` is the canonical text (JSON with sorted
    keys) of everything that the tariff says; whoever approves a tariff approves its hash.
    """

    id: str
    version: str
    kind: TariffKind
    title: Text
    base: Money
    scenarios: tuple[Scenario, ...]
    ages: tuple[AgeBand, ...] = ()
    ages_on: AgeDay = AgeDay.ANNOUNCED
    precedents: tuple[Precedent, ...] = ()
    later: tuple[LaterClaim, ...] = ()
    legal_basis: Text | None = None
    text: str

    @property
    def preset(self) -> str:
        """The name it is known by."""
        return self.id

    @property
    def currency(self) -> str:
        """The one currency of all its amounts."""
        return self.base.currency

    @property
    def sha256(self) -> str:
        """What an approval of this tariff is bound to."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def amounts(self) -> tuple[Money, ...]:
        """Every amount that somebody can get, the smallest first."""
        return tuple(sorted({scenario.amount for scenario in self.scenarios}))

    @property
    def one_amount(self) -> Money | None:
        """The amount of everybody, where it is the same for all."""
        return self.amounts[0] if len(self.amounts) == 1 else None

    @property
    def most(self) -> Money:
        """The most that one person can get."""
        return self.amounts[-1]

    @property
    def looks_at_ages(self) -> bool:
        """Whether dates of birth have to be read."""
        return bool(self.ages)

    @property
    def looks_at_jurisdictions(self) -> bool:
        """Whether it matters under which law a person stands."""
        return any(scenario.jurisdictions for scenario in self.scenarios)

    @property
    def looks_at_categories(self) -> bool:
        """Whether it matters what leaked."""
        return any(scenario.all_of or scenario.any_of for scenario in self.scenarios)

    def rule_of(self, kind: LaterKind) -> LaterClaim | None:
        """What the tariff says of claims of a kind; None where it gives nothing for them."""
        return next((claim for claim in self.later if claim.kind is kind), None)

    def precedents_of(self, scenario: Scenario) -> tuple[Precedent, ...]:
        """The precedents of a scenario; of the tariff as a whole where it names none itself."""
        if not scenario.precedents:
            return self.precedents
        return tuple(known for known in self.precedents if known.id in scenario.precedents)


def flat(amount: Money) -> Tariff:
    """The tariff that gives everybody the same."""
    title = Text(zh="每人相同", en="the same for everybody")
    return Tariff(
        id="flat",
        version="1",
        kind=TariffKind.FLAT,
        title=title,
        base=amount,
        scenarios=(Scenario(id="everybody", title=title, amount=amount),),
        text=canonical({"amount": str(amount), "id": "flat", "version": "1"}),
    )
