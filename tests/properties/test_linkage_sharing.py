"""Rows shared out by compiled functions, against the same in whole frames."""

import numpy as np
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from amends.linkage.assign import share_out

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
