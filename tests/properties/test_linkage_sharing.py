"""Rows shared out by compiled functions, against the same in whole frames."""

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from amends.linkage.assign import share_out
from amends.linkage.compiled.sharing import in_order

SCHEMA = {"row": pl.Int64, "person": pl.Int64, "unit": pl.Int64, "bits": pl.Float64}
RECORDS = 50
MANY = [(3, i % 40, i, float(i % 7)) for i in range(90)]
"""More pairs, and persons, of one row than are sorted one by one."""


def in_frames(pairs: pl.DataFrame) -> pl.DataFrame:
    """Sorted, grouped, and settled in 50 rounds."""
    ratio = (pl.col("bits").clip(-200, 200) * np.log(2)).exp()
    shared = (
        pairs.sort("row", "person", "bits", "unit")
        .group_by("row", "person", maintain_order=True)
        .agg(ratio.sum().alias("ratio"), pl.col("unit").last().alias("best"))
    )
    rows, registered = shared["row"].n_unique(), 0.5
    for _ in range(50):
        odds = pl.col("ratio") * (registered / RECORDS)
        every = 1 - registered + odds.sum().over("row")
        shared = shared.with_columns((odds / every).alias("probability"))
        registered = min(max(float(shared["probability"].sum()) / max(rows, 1), 0.01), 0.99)
    return shared.select("row", "person", "best", pl.col("probability").round(6)).sort(
        "row", "probability", "person", descending=[False, True, False]
    )


@given(
    st.lists(
        st.tuples(
            st.integers(2, 6), st.integers(0, 4), st.integers(0, 3), st.sampled_from([-9.0, 2.5, 9])
        ),
        max_size=40,
    )
)
@example(MANY)
def test_rows_are_shared_out_as_in_frames(pairs: list[tuple[int, int, int, float]]) -> None:
    """Whatever the order of the pairs: the same persons, units and probabilities, in one order."""
    table = pl.DataFrame(pairs, schema=SCHEMA, orient="row")
    assert_frame_equal(share_out(table, records=RECORDS), in_frames(table), abs_tol=1e-6)
    assert share_out(table.reverse(), records=RECORDS).equals(share_out(table, records=RECORDS))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), unique=True, max_size=120))
def test_pairs_are_put_in_order(pairs: list[tuple[int, int]]) -> None:
    """By the left record and then the right one, few or many of a record."""
    left, right = np.array(pairs, dtype=np.int64).reshape(-1, 2).T.copy()
    assert [pairs[at] for at in in_order(left, right, 4)] == sorted(pairs)


def test_many_pairs_of_one_record_are_put_in_order() -> None:
    """More than are put in order one by one."""
    right = np.arange(100, dtype=np.int64)[::-1].copy()
    assert right[in_order(np.zeros(100, dtype=np.int64), right, 2)].tolist() == list(range(100))
