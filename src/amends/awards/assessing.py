"""What a tariff gives to whom, and why in words. Pure.

People are looked at in groups: those of whom the same categories leaked, who stand under the same
laws, are in the same band of ages and came with the same tranche. Millions of people are a few
hundred groups. The sum of a person is the largest amount among the scenarios that apply.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from amends.awards.model import Group, TariffError
from amends.kernel.births import day_number
from amends.kernel.categories import label
from amends.kernel.money import Money
from amends.kernel.saying import Language, Said, said
from amends.kernel.tariff import ANY_AGE, UNKNOWN_AGE, AgeBand, Scenario, Tariff
from amends.kernel.tariffgaps import applies

GROUP_COLUMNS = ("categories", "jurisdictions", "age", "tranche")
"""What tells groups apart. Texts are ``;``-separated and sorted."""

_SEPARATOR = ";"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What the people of a group are owed: by ``scenario``, the best of those that ``apply``."""

    scenario: Scenario
    apply: tuple[Scenario, ...]

    @property
    def amount(self) -> Money:
        """What each person of the group is owed."""
        return self.scenario.amount


def classes(tariff: Tariff) -> dict[int, Money]:
    """The amounts of a tariff by class, the smallest first."""
    return dict(enumerate(tariff.amounts))


def assess(tariff: Tariff, group: Group) -> Assessment:
    """What the people of a group are owed.

    Raises:
        TariffError: no scenario applies to them.
    """
    apply = tuple(
        scenario
        for scenario in tariff.scenarios
        if applies(scenario, group.categories, group.jurisdictions, group.age)
    )
    if not apply:
        raise TariffError(
            said(
                "gap: tariff {id} says nothing about people of whom {what} leaked (laws: {laws}; "
                "age: {age}); add a [[scenario]] without conditions",
                id=tariff.id,
                what=_SEPARATOR.join(sorted(group.categories)) or said("nothing that is known"),
                laws=_SEPARATOR.join(sorted(group.jurisdictions)) or "-",
                age=group.age or "-",
            )
        )
    best = max(apply, key=lambda scenario: scenario.amount)
    return Assessment(scenario=best, apply=apply)


def group_of(row: Mapping[str, object]) -> Group:
    """The group of a row with :data:`GROUP_COLUMNS`."""
    return Group(
        categories=_words(row["categories"]),
        jurisdictions=_words(row["jurisdictions"]),
        age=str(row["age"]),
        tranche=int(str(row["tranche"])),
    )


def assess_groups(tariff: Tariff, groups: pl.DataFrame) -> pl.DataFrame:
    """*groups* (:data:`GROUP_COLUMNS` and others) with ``scenario``, ``class``, ``amount_minor``.

    Raises:
        TariffError: no scenario applies to a group.
    """
    class_of = {money: number for number, money in classes(tariff).items()}
    assessed = [
        assess(tariff, group_of(row)) for row in groups.select(GROUP_COLUMNS).iter_rows(named=True)
    ]
    return groups.with_columns(
        pl.Series("scenario", [one.scenario.id for one in assessed], pl.String),
        pl.Series("class", [class_of[one.amount] for one in assessed], pl.Int16),
        pl.Series("amount_minor", [one.amount.amount_minor for one in assessed], pl.Int64),
    )


def steps(tariff: Tariff, group: Group, language: Language = "en") -> tuple[Said, ...]:
    """How the amount of a group comes about, step by step, in words.

    ``language``: in which names of categories and scenarios are; the sentences are said in either.
    """
    assessed = assess(tariff, group)
    leaked = "、" if language == "zh" else ", "
    names = leaked.join(label(code, language) for code in sorted(group.categories))
    lines = [said("What leaked: {names}", names=names or "-")]
    if group.age != ANY_AGE:
        band = next(band for band in tariff.ages if band.id == group.age)
        lines.append(
            said("Age on the day that counts: {band}", band=band.title.in_language(language))
        )
    lines += [
        said(
            "Applies: {title}: {amount}",
            title=scenario.title.in_language(language),
            amount=scenario.amount.display(),
        )
        for scenario in sorted(assessed.apply, key=lambda scenario: scenario.amount)
    ]
    lines.append(
        said(
            "Owed is the largest of these, not their sum: {amount}, by tariff {id}, version "
            "{version}",
            amount=assessed.amount.display(),
            id=tariff.id,
            version=tariff.version,
        )
    )
    lines += [
        said("Can be claimed later, with proof: {title}", title=claim.title.in_language(language))
        for claim in tariff.later
    ]
    return tuple(lines)


def age_band(born: pl.Expr, bands: tuple[AgeBand, ...], day: date) -> pl.Expr:
    """The band of ages on *day* of people born on days written as the number yyyymmdd.

    A year of age is full on the birthday. Null, and a day after *day*, are the unknown band. A
    tariff without bands has :data:`ANY_AGE` for everybody.
    """
    if not bands:
        return pl.lit(ANY_AGE)
    years = (day_number(day) - born) // 10_000
    found = pl.lit(UNKNOWN_AGE)
    for band in bands:
        if not band.is_unknown:
            inside = years >= (band.first or 0)
            if band.until is not None:
                inside &= years < band.until
            found = pl.when(inside).then(pl.lit(band.id)).otherwise(found)
    return found


def _words(value: object) -> frozenset[str]:
    return frozenset(word for word in str(value or "").split(_SEPARATOR) if word)
