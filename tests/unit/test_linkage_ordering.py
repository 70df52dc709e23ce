"""The order of accounts by product and account id."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from amends.linkage.ordering import Ordering
from amends.linkage.shelf import Shelf
from amends.vault.sealed import Spool

ROWS = [("im", "b"), ("im", "a"), ("chat", "1"), ("im", "王"), ("chat", "2"), ("im", "a")]
IN_ORDER = [2, 4, 1, 5, 0, 3]


def parts(rows: list[tuple[str, str]], size: int) -> Iterator[pa.RecordBatch]:
    """Accounts, so many at a time."""
    table = pl.DataFrame(rows, schema=["product", "account_id"], orient="row")
    numbered = table.select(pl.int_range(pl.len()).alias("account"), "product", "account_id")
    for some in numbered.iter_slices(size):
        yield from some.to_arrow().to_batches()


@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize("held_bytes", [0, 1_000])
def test_accounts_are_by_product_and_id(tmp_path: Path, size: int, held_bytes: int) -> None:
    """Whatever order registries are in, and wherever their ids lie; of equal ids the first."""
    ordering = Ordering()
    for part in parts(ROWS, size):
        ordering.take(part)
    with Shelf(lambda: Spool(tmp_path, memory_bytes=0), held_bytes=held_bytes) as shelf:
        order = ordering.order(lambda: parts(ROWS, size), shelf)
        assert order.accounts.read().tolist() == IN_ORDER
        assert order.ranks()[IN_ORDER].tolist() == list(range(len(ROWS)))
    assert order.products == {"chat": 2, "im": 4}


def test_registries_in_order_are_not_read_again() -> None:
    """Also where their products come by turns."""
    ordering = Ordering()
    rows = [("im", "a"), ("chat", "1"), ("im", "b"), ("im", "b"), ("chat", "2")]
    for part in parts(rows, 2):
        ordering.take(part)

    def again() -> Iterator[pa.RecordBatch]:
        raise AssertionError

    assert ordering.order(again, Shelf()).accounts.read().tolist() == [1, 4, 0, 2, 3]
