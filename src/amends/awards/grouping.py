"""Puts the people of a determination into the groups that a tariff can tell apart.

What leaked, the products and the tranche stand in the determination; dates of birth stand in the
registries, and are read only for a tariff that looks at ages.
"""

from datetime import date

import polars as pl

from amends.awards import store
from amends.awards.assessing import age_band
from amends.kernel.births import born, day_number
from amends.kernel.case import CaseFile, given
from amends.kernel.tariff import ANY_AGE, AgeDay, Tariff
from amends.linkage.service import affected_accounts
from amends.vault.opened import OpenCase

_TOLD = ("categories", "products", "tranche")


def grouped(
    opened: OpenCase, tariff: Tariff, *, only_new: bool = True
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """People, and the groups that they are in.

    Args:
        opened: the case, of which somebody is determined.
        tariff: by which the groups are made.
        only_new: leave out who has an award already.

    Returns:
        ``person_id``, ``tranche``, ``group_no``, in any order; and ``group_no`` (from 1),
        ``categories``, ``jurisdictions``, ``age``, ``tranche``, ``people``.
    """
    with opened.database.reading() as connection:
        people = store.people(connection, only_new=only_new, products=tariff.looks_at_jurisdictions)
    people = people.with_columns(_ages(opened, tariff, people))
    key = [*_TOLD, "age"]
    groups = people.group_by(key).agg(pl.len().alias("people")).sort(pl.col(key).cast(pl.String))
    numbered = groups.with_row_index("group_no", offset=1)
    numbers = people.select(key).join(
        numbered.select("group_no", *key), on=key, how="left", maintain_order="left"
    )
    return (
        people.select("person_id", "tranche").with_columns(numbers["group_no"].cast(pl.Int32)),
        told(numbered, opened.case.file, tariff),
    )


def counted(opened: OpenCase, tariff: Tariff, *, only_new: bool = True) -> pl.DataFrame:
    """The groups alone, as of :func:`grouped`; where ages do not matter nobody is read."""
    if tariff.looks_at_ages:
        return grouped(opened, tariff, only_new=only_new)[1]
    with opened.database.reading() as connection:
        groups = store.group_counts(
            connection, only_new=only_new, products=tariff.looks_at_jurisdictions
        )
    numbered = groups.with_columns(pl.lit(ANY_AGE).alias("age")).with_row_index(
        "group_no", offset=1
    )
    return told(numbered, opened.case.file, tariff)


def told(groups: pl.DataFrame, file: CaseFile, tariff: Tariff) -> pl.DataFrame:
    """Groups with the laws under which their people stand, in place of their products."""
    laws = {registry.product: registry.jurisdiction for registry in file.registries}
    everywhere = ";".join(sorted(file.jurisdictions))

    def under(products: str) -> str:
        known = {laws.get(product) for product in products.split(";")}
        return everywhere if None in known else ";".join(sorted(law for law in known if law))

    if tariff.looks_at_jurisdictions:
        where = [under(str(products)) for products in groups["products"]]
    else:
        where = [everywhere] * groups.height
    return groups.select(
        pl.col("group_no").cast(pl.Int32),
        pl.col("categories").cast(pl.String),
        pl.Series("jurisdictions", where, pl.String),
        pl.col("age").cast(pl.String),
        "tranche",
        pl.col("people").cast(pl.Int64),
    )


def age_day(file: CaseFile, tariff: Tariff) -> date:
    """The day on which ages are counted, where the days of the case begin.

    Raises:
        CaseFileError: case.toml does not say when that was.
    """
    if tariff.ages_on is AgeDay.DISCOVERED:
        moment = given(file.discovered_at, "case.discovered_at")
    else:
        moment = given(file.announced_at, "case.announced_at")
    return moment.astimezone(file.zone).date()


def _ages(opened: OpenCase, tariff: Tariff, people: pl.DataFrame) -> pl.Series:
    """The band of ages of each of *people*."""
    if not tariff.looks_at_ages:
        return pl.repeat(ANY_AGE, people.height, dtype=pl.String, eager=True).alias("age")
    day = age_day(opened.case.file, tariff)
    births = born(affected_accounts(opened, ["idno", "birth"]), until=day_number(day))
    return (
        people.select("person_id")
        .join(births, on="person_id", how="left", maintain_order="left")
        .select(age_band(pl.col("born"), tariff.ages, day).alias("age"))
        .to_series()
    )
