"""What an award hides of its person: of every field the first value that an account has.

First is who comes first by product and account id. The accounts of one product are in memory at a
time, and of each person what was found so far.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.roster.commitment import HIDDEN


def first_values(accounts: Iterable[pl.DataFrame], people: int) -> pl.DataFrame:
    """The ``HIDDEN`` fields of each person, by place.

    Args:
        accounts: ``person`` (place, null where it is nobody's), ``product``, ``account_id`` and the
            ``HIDDEN`` fields; those of one product come together.
        people: how many there are.
    """
    found = {field: pl.repeat(None, people, dtype=pl.String, eager=True) for field in HIDDEN}
    told = {field: np.full(people, -1) for field in HIDDEN}
    products: list[str] = []
    for product, some in _by_product(accounts):
        later = np.array([*(product < before for before in products), True])
        ordered = some.sort("person", "account_id")
        for field in HIDDEN:
            person, values = _first_of_each(ordered, field)
            taken = later[told[field][person]]
            told[field][person[taken]] = len(products)
            found[field] = found[field].scatter(person[taken], values.filter(pl.Series(taken)))
        products.append(product)
    return pl.DataFrame(found)


def _first_of_each(accounts: pl.DataFrame, field: str) -> tuple[npt.NDArray[np.int64], pl.Series]:
    """People with a value, and the first of each; *accounts* are by person."""
    there = accounts.select("person", field).drop_nulls()
    person = there["person"].to_numpy().astype(np.int64)
    first = np.diff(person, prepend=-1) != 0
    return person[first], there[field].filter(pl.Series(first))


def _by_product(accounts: Iterable[pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The accounts of each product that say anything of somebody."""
    there = pl.any_horizontal(pl.col(*HIDDEN).is_not_null()) & pl.col("person").is_not_null()
    parts: list[pl.DataFrame] = []
    for part in accounts:
        for some in part.filter(there).partition_by("product", maintain_order=True):
            if parts and parts[0]["product"][0] != some["product"][0]:
                yield str(parts[0]["product"][0]), pl.concat(parts)
                parts = []
            parts.append(some.with_columns(pl.col("product").cast(pl.String)))
    if parts:
        yield str(parts[0]["product"][0]), pl.concat(parts)
