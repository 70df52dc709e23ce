"""Simulates tariffs over the people of a determination. Reads; writes, audits and asks nobody.

People are counted in groups once for all tariffs, by the database. Only a tariff that looks at
ages makes Amends read people one by one, once for all such tariffs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from amends.awards import grants_store, store
from amends.awards.assessing import age_band
from amends.awards.grouping import age_day, told
from amends.awards.simulation import LATER_PERCENT, Simulation, simulate
from amends.funding import service as funding
from amends.kernel.births import born, day_number
from amends.kernel.case import CaseFile
from amends.kernel.errors import AmendsError, CaseFileError, StageOrderError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import ANY_AGE, Tariff
from amends.kernel.tarifffile import preset_names, read_tariff_file, tariff_of
from amends.kernel.tomltable import Places, Table
from amends.linkage.service import affected_accounts, standing_run
from amends.vault.opened import OpenCase

OWN = "case"
"""The name of the tariff in case.toml."""

_FILE_END = ".toml"
_KEY = ("categories", "products", "tranche")


class UnknownTariffError(AmendsError):
    """A tariff that is neither a preset nor a file, or whose amount cannot be read."""

    code = "tariff"


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Several tariffs over the same people.

    ``awarded``: how many of them have an award already; ``stated``: whether the determination
    states its error; ``proved``: whether statements of the bank say what the funding is.
    """

    simulations: tuple[Simulation, ...]
    run_no: int
    people: int
    awarded: int
    stated: bool
    proved: bool


def simulate_tariffs(
    opened: OpenCase, named: Sequence[str] = (), *, later_percent: Sequence[int] = LATER_PERCENT
) -> Simulated:
    """What each of the tariffs would cost and give; by default the tariff of the case.

    Args:
        opened: the case.
        named: each ``case``, a preset, a preset and an amount (``flat:CNY 3000.00``), or a file
            (``*.toml``, from where the command is called).
        later_percent: later finds to look at, in % more people.

    Raises:
        StageOrderError: nothing is determined yet.
        UnknownTariffError: there is no such tariff.
        TariffError: a tariff says nothing about somebody.
    """
    tariffs = {name: tariff_named(name, opened.case.file) for name in named or (OWN,)}
    run = standing_run(opened)
    with opened.database.reading() as connection:
        determined, _, awarded, _ = store.counts(connection)
        proved = funding.evidenced(connection)
        minor = grants_store.granted_minor(connection)
    granted = Money(amount_minor=minor, currency=opened.case.file.currency)
    if not determined:
        raise StageOrderError(
            said("nobody is affected by the newest determination: there is nothing to simulate")
        )
    funded = funding.backing(opened)
    counted = _counted(opened, list(tariffs.values()))
    return Simulated(
        simulations=tuple(
            simulate(
                name,
                tariff,
                groups,
                funding=funded,
                stated=run.stated_error,
                granted=granted if tariff.currency == granted.currency else None,
                later_percent=later_percent,
            )
            for (name, tariff), groups in zip(tariffs.items(), counted, strict=True)
        ),
        run_no=run.run_no,
        people=determined,
        awarded=awarded,
        stated=bool(run.stated_error.get("estimates")),
        proved=proved,
    )


def tariff_named(name: str, file: CaseFile) -> Tariff:
    """The tariff that ``--tariff`` names.

    Raises:
        UnknownTariffError: there is no such tariff.
        CaseFileError: the file of the tariff is not what it should be.
    """
    if name == OWN:
        return file.tariff
    if name.endswith(_FILE_END):
        return read_tariff_file(Path(name))
    preset, _, amount = name.partition(":")
    if preset not in preset_names():
        raise UnknownTariffError(
            said(
                "there is no tariff {name}: name case (that of case.toml), a preset ({known}), or "
                "a file that ends with .toml",
                name=repr(name),
                known=", ".join(preset_names()),
            )
        )
    content: dict[str, object] = {"preset": preset}
    if amount:
        content["amount"] = str(_an_amount(amount, file.currency))
    elif preset == "flat":
        content["amount"] = str(file.tariff.base)
    try:
        return tariff_of(Table(content, (), Places("--tariff", "")), None)
    except CaseFileError as error:
        raise UnknownTariffError(error.message) from None


def _an_amount(text: str, currency: str) -> Money:
    """``CNY 3000.00``, or the same in the case's currency, ``3000``."""
    try:
        return Money.parse(text if text[:1].isalpha() else f"{currency} {text}")
    except ValueError:
        raise UnknownTariffError(
            said(
                "the amount {text} of a tariff cannot be read: write it like flat:3000.00, or like "
                '"flat:CNY 3000.00"',
                text=repr(text),
            )
        ) from None


def _counted(opened: OpenCase, tariffs: Sequence[Tariff]) -> list[pl.DataFrame]:
    """The groups of the affected people, as each tariff tells them apart."""
    banded: dict[tuple[object, ...], Tariff] = {}
    for tariff in tariffs:
        if tariff.looks_at_ages:
            banded.setdefault(_bands(tariff), tariff)
    columns = {bands: f"age_{number}" for number, bands in enumerate(banded)}
    products = any(tariff.looks_at_jurisdictions for tariff in tariffs)
    if banded:
        named = dict(zip(columns.values(), banded.values(), strict=True))
        counts = _by_age(opened, named, products=products)
    else:
        with opened.database.reading() as connection:
            counts = store.group_counts(connection, only_new=False, products=products)
    numbered = counts.with_row_index("group_no", offset=1)
    found = []
    for tariff in tariffs:
        column = columns.get(_bands(tariff))
        age = pl.lit(ANY_AGE) if column is None else pl.col(column)
        found.append(told(numbered.with_columns(age.alias("age")), opened.case.file, tariff))
    return found


def _bands(tariff: Tariff) -> tuple[object, ...]:
    """What two tariffs that look at ages alike have in common."""
    return tariff.ages, tariff.ages_on


def _by_age(opened: OpenCase, banded: Mapping[str, Tariff], *, products: bool) -> pl.DataFrame:
    """How many people have the same categories, products, tranche and bands of ages (*banded*)."""
    with opened.database.reading() as connection:
        people = store.people(connection, only_new=False, products=products)
    days = {column: age_day(opened.case.file, tariff) for column, tariff in banded.items()}
    births = born(
        affected_accounts(opened, ["idno", "birth"]), until=day_number(max(days.values()))
    )
    bands = [
        age_band(pl.col("born"), tariff.ages, days[column]).alias(column)
        for column, tariff in banded.items()
    ]
    return (
        people.join(births, on="person_id", how="left")
        .group_by(*_KEY, *bands)
        .agg(pl.len().alias("people"))
    )
