"""Whether a tariff gives something to everybody. Pure.

More leaked categories never make fewer scenarios apply. So a tariff that gives something to people
of whom only one category leaked, whichever it is, in every band of ages and under every law, gives
something to everybody; and that is few enough cases to look at each.
"""

from amends.kernel.categories import CATEGORIES
from amends.kernel.saying import Said, said
from amends.kernel.tariff import ANY_AGE, Scenario, Tariff

ELSEWHERE = "-"
"""A law that no scenario names."""

NO_KNOWN_CATEGORY = "-"
"""What leaked is of no category that Amends knows: a column of the company's own."""


def applies(scenario: Scenario, categories: frozenset[str], laws: frozenset[str], age: str) -> bool:
    """Whether a scenario's conditions are met.

    ``laws``: the jurisdictions under which a person stands; one of them is enough.
    """
    return (
        scenario.all_of <= categories
        and (not scenario.any_of or not scenario.any_of.isdisjoint(categories))
        and (not scenario.jurisdictions or not scenario.jurisdictions.isdisjoint(laws))
        and (not scenario.ages or age in scenario.ages)
    )


def uncovered(tariff: Tariff) -> Said | None:
    """What the tariff says nothing about, in words; None where it covers everybody."""
    laws = [ELSEWHERE, *sorted(set().union(*(one.jurisdictions for one in tariff.scenarios)))]
    ages = [band.id for band in tariff.ages] or [ANY_AGE]
    for age in ages:
        for law in laws:
            for code in (NO_KNOWN_CATEGORY, *CATEGORIES):
                if not any(
                    applies(scenario, frozenset({code}), frozenset({law}), age)
                    for scenario in tariff.scenarios
                ):
                    return _gap(code, law, age)
    return None


def _gap(code: str, law: str, age: str) -> Said:
    what = said("another column") if code == NO_KNOWN_CATEGORY else code
    where = said("any other law") if law == ELSEWHERE else law
    who = said("any age") if age == ANY_AGE else age
    return said(
        "gap: nothing is owed to people of whom only {what} leaked (law: {where}; age: {who}); add "
        "a [[scenario]] without conditions or a [[tier]] with others = true",
        what=what,
        where=where,
        who=who,
    )
