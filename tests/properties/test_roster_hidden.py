"""What an award hides is the first value of each field, whichever registry comes first."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.roster import hidden
from amends.roster.commitment import HIDDEN
from amends.roster.hidden import first_values

PEOPLE = 4
VALUE = st.none() | st.sampled_from("甲乙丙")
ACCOUNT = st.tuples(
    st.none() | st.integers(0, PEOPLE - 1), st.text("01", min_size=1, max_size=3), *[VALUE] * 3
)
REGISTRY = st.lists(ACCOUNT, max_size=6, unique_by=lambda account: account[1])
SCHEMA = {"person": pl.UInt32, "account_id": pl.String, **dict.fromkeys(HIDDEN, pl.String)}


@given(st.lists(REGISTRY, max_size=4), st.permutations("abcd"), st.integers(1, 4))
def test_the_first_by_product_and_account_counts(
    registries: list[list[tuple[int | None, str, str | None, str | None, str | None]]],
    products: list[str],
    at_once: int,
) -> None:
    """In whatever order products and accounts are read, and in parts of whatever size."""
    told = [
        (product, account)
        for product, accounts in zip(products, registries, strict=False)
        for account in accounts
    ]
    parts = [
        pl.DataFrame(accounts[at : at + at_once], schema=SCHEMA, orient="row").with_columns(
            pl.lit(product, pl.Enum(sorted(products))).alias("product")
        )
        for product, accounts in zip(products, registries, strict=False)
        for at in range(0, len(accounts), at_once)
    ]
    in_order = sorted(told, key=lambda one: (one[0], one[1][1]))
    expected = [
        tuple(
            next(
                (
                    account[2 + at]
                    for _, account in in_order
                    if account[0] == person and account[2 + at] is not None
                ),
                None,
            )
            for at in range(len(HIDDEN))
        )
        for person in range(PEOPLE)
    ]
    for together in (1, 3, hidden.AT_ONCE):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hidden, "AT_ONCE", together)
            assert first_values(parts, PEOPLE).rows() == expected
