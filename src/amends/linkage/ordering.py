"""The canonical order of accounts, by product and account id, found while they are read.

Of a registry that is in the order of its account ids, no id is kept. The ids of the others are read
once more, and lie on a shelf until their product is sorted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.linkage.compiled.components import Nodes
from amends.linkage.keys import Order
from amends.linkage.shelf import Shelf, Texts

_NOBODY: Final[Nodes] = np.zeros(0, dtype=np.int32)
Again = Callable[[], Iterable[pa.RecordBatch]]


@dataclass(slots=True)
class _Product:
    """Accounts of a product as they come; whether their ids rise, and the last of these."""

    accounts: list[Nodes] = field(default_factory=list)
    rising: bool = True
    last: str | None = None

    def take(self, part: pl.DataFrame) -> None:
        self.accounts.append(part["account"].to_numpy().astype(np.int32))
        ids = part["account_id"]
        if self.rising and len(ids):
            follows = self.last is None or (ids[0] is not None and self.last <= ids[0])
            self.rising = follows and ids.null_count() == 0 and ids.is_sorted()
            self.last = ids[-1]


class Ordering:
    """Takes accounts in, and says in which order they are by product and account id."""

    def __init__(self) -> None:
        self._products: dict[str, _Product] = {}

    def take(self, part: pa.RecordBatch) -> None:
        """Take accounts: ``account``, ``product``, ``account_id``."""
        for product, some in _by_product(part):
            self._products.setdefault(product, _Product()).take(some)

    def order(self, again: Again, shelf: Shelf) -> Order:
        """The order of all that were taken, which *again* reads once more; they are forgotten."""
        ids = self._ids(again, shelf) if not all(p.rising for p in self._products.values()) else {}
        orders, products = [_NOBODY], dict[str, int]()
        for product in sorted(self._products):
            own = np.concatenate(self._products.pop(product).accounts)
            if product in ids:
                own = own[_sorted(ids.pop(product))]
            orders.append(own)
            products[product] = len(own)
        return Order(accounts=shelf.put(np.concatenate(orders)), products=products)

    def _ids(self, again: Again, shelf: Shelf) -> dict[str, Texts]:
        """The account ids of products whose ids do not rise."""
        piles = {name: Texts(shelf) for name, own in self._products.items() if not own.rising}
        for part in again():
            for product, some in _by_product(part):
                if product in piles:
                    piles[product].add(some["account_id"])
        for pile in piles.values():
            pile.done()
        return piles


def _by_product(part: pa.RecordBatch) -> Iterable[tuple[str, pl.DataFrame]]:
    """Accounts of *part* by product."""
    frame = pl.DataFrame(part.select(["account", "product", "account_id"]))
    return (
        (str(product), some) for (product,), some in frame.group_by("product", maintain_order=True)
    )


def _sorted(ids: Texts) -> npt.NDArray[np.uint32]:
    """The places of *ids*, which are forgotten, by the texts; of equal ones, as they come."""
    texts = pl.concat([pl.Series([], dtype=pl.String), *ids])
    ids.forget()
    order = texts.to_frame("id").with_row_index().sort("id", "index")["index"]
    return np.asarray(order.to_numpy(), dtype=np.uint32)
