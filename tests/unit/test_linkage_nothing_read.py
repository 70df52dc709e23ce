"""A side of which nothing comes, no part or an empty one: linking works all the same."""

from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
import pytest

from amends.linkage.linking import Linked, Parts, link
from amends.linkage.model import CANDIDATES
from made_linkage import accounts, found, parts

PEOPLE = [
    {"name": "ann lee", "phone": "13800000001", "birth": "1980-01-02"},
    {"name": "lee ann", "phone": "13800000001", "birth": "1980-01-02"},
    {"name": "bo chen", "phone": "13800000002", "birth": "1970-03-04"},
]
ACCOUNTS = parts(accounts(PEOPLE, range(3)), "account", "product")
ROWS = parts(found(PEOPLE, "record"), "record")


def no_part(fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """What reads nothing."""
    del fields
    return iter(())


def both(known: Parts, leaked: Parts) -> Linked:
    """Accounts and leaked rows, linked."""
    return link(known, leaked, lambda _: None)


@pytest.mark.parametrize("leaked", [no_part, parts(found([], "record"), "record")])
def test_without_leaked_rows_accounts_are_joined(leaked: Parts) -> None:
    """Accounts are persons as they are with rows, and nobody is told of any row."""
    got = both(ACCOUNTS, leaked)
    assert got.person.tolist() == both(ACCOUNTS, ROWS).person.tolist() == [0, 0, 2]
    assert got.counts["persons"] == 2
    assert got.rows.is_empty()
    assert got.candidates.schema == pl.Schema(CANDIDATES)
    assert got.changes["evidence"] == {}


@pytest.mark.parametrize("known", [no_part, parts(accounts([], []), "account", "product")])
def test_without_accounts_no_row_is_anybodys(known: Parts) -> None:
    """There is no person, and every leaked row is left over."""
    got = both(known, ROWS)
    assert got.person.tolist() == []
    assert got.rows.is_empty()
    assert got.counts["rows_residual"] == 3
    assert got.counts["persons"] == got.counts["pairs_weighed"] == 0


def test_of_nothing_comes_nothing() -> None:
    """Without either side there is no person and no row."""
    got = both(no_part, no_part)
    assert got.person.tolist() == []
    assert got.rows.is_empty()
