"""What an award hides of its person: of every field the first value that an account has.

First is who comes first by product and account id. The accounts of one product are in memory at a
time, and of each person what was found so far.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.roster.commitment import HIDDEN

AT_ONCE = 250_000
"""So many people are looked at together; changes nothing."""


def first_values(accounts: Iterable[pl.DataFrame], people: int) -> pl.DataFrame:
    """The ``HIDDEN`` fields of each person, by place.

    Args:
        accounts: ``person`` (place, null where it is nobody's), ``product``, ``account_id`` and the
            ``HIDDEN`` fields; those of one product come together.
        people: how many there are.
    """
    found = [_Found(begin, min(AT_ONCE, people - begin)) for begin in range(0, people, AT_ONCE)]
    before: list[str] = []
    for product, some in _by_product(accounts):
        later = np.array([*(product < one for one in before), True])
        for few in found:
            few.take(some, later)
        before.append(product)
    nobody = pl.DataFrame(schema=dict.fromkeys(HIDDEN, pl.String))
    return pl.concat([nobody, *(pl.DataFrame(few.values) for few in found)])


class _Found:
    """What was found of people from place *begin* on, and the number of the product that said it.

    The last number, -1, is that of none.
    """

    def __init__(self, begin: int, people: int) -> None:
        self.values = {
            field: pl.repeat(None, people, dtype=pl.String, eager=True) for field in HIDDEN
        }
        self._told = {field: np.full(people, -1) for field in HIDDEN}
        self._begin, self._people = begin, people

    def take(self, accounts: pl.DataFrame, later: npt.NDArray[np.bool_]) -> None:
        """Take what a product says; *later*: of each before, and of none, that it gives way."""
        last = self._begin + self._people - 1
        some = accounts.filter(pl.col("person").is_between(self._begin, last))
        ordered = some.sort("person", "account_id")
        for field in HIDDEN:
            there = ordered.select("person", field).drop_nulls()
            place = there["person"].to_numpy().astype(np.int64) - self._begin
            first = np.diff(place, prepend=-1) != 0
            taken = first & later[self._told[field][place]]
            self._told[field][place[taken]] = len(later) - 1
            told = there[field].filter(pl.Series(taken))
            self.values[field] = self.values[field].scatter(place[taken], told)


def _by_product(accounts: Iterable[pl.DataFrame]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The accounts of each product that say anything of somebody."""
    there = pl.any_horizontal(pl.col(*HIDDEN).is_not_null()) & pl.col("person").is_not_null()
    parts: list[pl.DataFrame] = []
    now = ""
    for part in accounts:
        for some in part.filter(there).partition_by("product", maintain_order=True):
            product = str(some["product"][0])
            if parts and product != now:
                yield now, pl.concat(parts)
                parts = []
            now = product
            parts.append(some.drop("product"))
    if parts:
        yield now, pl.concat(parts)
