"""The accounts of all registries by their numbers: of which product each is, and its id there.

The ids are needed where people are named and where accounts are written down, some at a time.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import polars as pl
import pyarrow as pa

from amends.linkage.shelf import Shelf, Values

_SLICE: Final = 200_000
_ID_BYTES: Final = 32
"""What an account's id takes in memory, nearly always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """``product`` (words, or text) and ``account_id`` of every account, from 0."""

    product: pl.Series
    account_id: Values

    @property
    def height(self) -> int:
        """How many accounts there are."""
        return len(self.product)

    def named(self, accounts: pl.Series) -> pl.DataFrame:
        """``product`` and ``account_id`` of some accounts, in their order; null of none."""
        ids = self.account_id.gather(accounts.drop_nulls().cast(pl.Int64).to_numpy())
        if accounts.null_count():
            there = accounts.is_not_null()
            ids = ids.gather((there.cum_sum().cast(pl.Int64) - 1).set(~there, None))
        return pl.DataFrame([self.product.gather(accounts), ids])

    def parts(self) -> Iterator[pl.DataFrame]:
        """The same of all accounts, some at a time; once at least."""
        first = 0
        for ids in self.account_id.parts():
            for some in ids.to_frame().iter_slices(_SLICE) if len(ids) else [ids.to_frame()]:
                yield some.select(self.product[first : first + some.height], "account_id")
                first += some.height

    @classmethod
    def read(cls, parts: Iterable[pa.RecordBatch], accounts: int, shelf: Shelf) -> Self:
        """The so many accounts that *parts* (``product``, ``account_id``) say, in order."""
        products: list[pl.Series] = []

        def ids() -> Iterator[pl.Series]:
            for part in parts:
                frame = pl.DataFrame(part.select(["product", "account_id"]))
                products.append(frame["product"])
                yield frame["account_id"]

        account_id = shelf.values(ids(), _ID_BYTES * accounts)
        return cls(product=pl.concat(products, rechunk=True), account_id=account_id)

    @classmethod
    def of(cls, accounts: pl.DataFrame) -> Self:
        """Those of a frame with ``product`` and ``account_id``."""
        product, account_id = accounts["product"], accounts["account_id"]
        return cls(product=product, account_id=Shelf().values([account_id]))
