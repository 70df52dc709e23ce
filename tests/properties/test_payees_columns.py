"""Columns by compiled functions say what the rules say of each value."""

import polars as pl
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from amends.payees import columns, reading

DIGITS = st.text("0123456789", min_size=9, max_size=20)
TEXT = st.one_of(
    st.none(),
    st.text(min_size=1, max_size=20),
    DIGITS,
    st.from_regex(r"\A1[2-9][0-9]{9}\Z"),
    st.from_regex(r"\A[0-9]{17}[0-9xX]\Z"),
    st.from_regex(r"\A[0-9]{15}\Z"),
    st.from_regex(r"\A(\+86|0086|\+44)[ -]?1[3-9][0-9]{9}\Z"),
    st.text("+0086-() 13579.x", min_size=9, max_size=20),
    st.from_regex(r"\A(\+|00|\+00)?(86)? ?1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}(\.0)?\Z"),
    st.text("一二张三赵龙鿿\u3400\ua000·A ", min_size=1, max_size=6),
    st.sampled_from(["a@b.cn", "2088123456789012", " 13800138000", "１３８００１３８０００"]),
)
VALUES = st.lists(TEXT, max_size=12)


def ruled(values: list[str | None], rule: pl.Expr) -> list[str | None]:
    """What *rule* makes of each value."""
    return reading.by_rule(pl.Series(values, dtype=pl.String), rule).to_list()


@given(VALUES, st.booleans(), st.integers(0, 2))
def test_a_column_says_what_the_rules_say_of_each_value(
    values: list[str | None],
    mainland: bool,  # noqa: FBT001 - drawn by Hypothesis by position
    skipped: int,
) -> None:
    """Also of a slice of a longer column."""
    array = pa.array([*["x"] * skipped, *values], pa.large_string())[skipped:]
    x = pl.col("x")
    mobile = reading.mobile(x, mainland=mainland)
    assert columns.mobiles(array, mainland=mainland).to_pylist() == ruled(values, mobile)
    assert columns.names(array).to_pylist() == ruled(values, reading.person_name(x))
    accounts = [found.to_list() for found in columns.wallets(array, mainland=mainland)]
    assert accounts == [ruled(values, rule) for rule in reading.wallet(x, mainland=mainland)]
    keys = ruled(values, reading.identity_key(x))
    numbers = columns.identities(array).to_list()
    for key, number in zip(keys, numbers, strict=True):
        assert (key is None) == (number is None)
        if key and len(key) == 17 and key.isdecimal() and key.isascii():
            assert number == int(key)
        elif number is not None:
            assert number >= reading.FOREIGN
    assert len(set(keys)) == len(set(numbers))
