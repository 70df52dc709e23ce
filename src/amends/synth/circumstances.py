"""What the company knows of people's lives: who has died, and whose guardian is whom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.progress import Progress
from amends.synth.damage import blank
from amends.synth.draws import Mask
from amends.synth.files import TextFile
from amends.synth.people import Persons, Population
from amends.synth.registries import (
    BLOCK,
    MAIN,
    PRODUCTS,
    first_account,
    first_records,
    lost,
    main_product,
    mistyped,
)
from amends.synth.tables import ANNOUNCED_DAY, FIRST_DAY, tables

_BY_IDNO: Final = 0.3
_TODAY: Final = (ANNOUNCED_DAY - FIRST_DAY).days


def write_deaths(root: Path, population: Population, progress: Progress) -> int:
    """``people/deaths.csv``: everybody registered who has died; how many."""
    count = 0
    with TextFile(root / "people" / "deaths.csv") as file:
        file.line("product,account_id,idno,died_on")
        for persons in _registered(population, "deaths", progress):
            dead = population.persons(persons.numbers[persons.deceased])
            ago = population.draws.below("died", dead.numbers, 2000) + 1
            frame = _keys(dead).with_columns(tables().days.gather(_TODAY - ago).alias("died_on"))
            file.table(frame)
            count += frame.height
    return count


def write_guardianships(root: Path, population: Population, progress: Progress) -> int:
    """``people/guardianships.csv``: most minors; some guardians without an account; how many."""
    count = 0
    rates, draws = population.rates, population.draws
    with TextFile(root / "people" / "guardianships.csv") as file:
        file.line("product,account_id,idno,guardian_name,guardian_idno,guardian_account")
        for persons in _registered(population, "guardianships", progress):
            known = persons.minor & ~draws.chance(
                "guardian-unknown", persons.numbers, rates.guardian_unknown
            )
            wards = population.persons(persons.numbers[known])
            guardians = population.persons(wards.guardian)
            nowhere = draws.chance(
                "guardian-without", wards.numbers, rates.guardian_without_account
            )
            mobile = guardians.mobile(np.zeros(len(wards), dtype=np.bool_))
            frame = _keys(wards).with_columns(
                guardians.name.alias("guardian_name"),
                guardians.idno().alias("guardian_idno"),
                blank(mobile, nowhere).alias("guardian_account"),
            )
            file.table(frame)
            count += frame.height
    return count


def _registered(population: Population, label: str, progress: Progress) -> Iterator[Persons]:
    """Everybody who is registered, in blocks, in an order of its own."""
    size = population.registered
    progress.start(label, size)  # a word of the summary, too
    for start in range(0, size, BLOCK):
        places = np.arange(start, min(start + BLOCK, size), dtype=np.int64)
        yield population.persons(population.draws.permute(label, places, size))
        progress.advance(len(places))


def _keys(persons: Persons) -> pl.DataFrame:
    """How rows name their person: mostly by product and account, some by national number."""
    by_idno = _by_idno(persons)
    main = main_product(persons)
    account = pl.Series([""]).new_from_index(0, len(persons))
    for index in MAIN:
        account = first_account(persons.population, persons.numbers, index).zip_with(
            pl.Series(main == index), account
        )
    products = pl.Series([product.name for product in PRODUCTS]).gather(main)
    return pl.DataFrame(
        {
            "product": blank(products, by_idno),
            "account_id": blank(account, by_idno),
            "idno": blank(persons.idno(), ~by_idno),
        }
    )


def _by_idno(persons: Persons) -> Mask:
    """Whom a row names by national number: only people whose main account shows it undamaged."""
    chosen = persons.population.draws.chance("key-by-idno", persons.numbers, _BY_IDNO)
    main = main_product(persons)
    shown = np.zeros(len(persons), dtype=np.bool_)
    for index in MAIN:
        if "idno" in PRODUCTS[index].columns.values():
            records = first_records(persons, index)
            shown |= (main == index) & ~lost(records, "idno") & ~mistyped(records, "idno")
    return chosen & shown
