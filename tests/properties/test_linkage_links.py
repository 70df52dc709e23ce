"""Whose rows are is the same read for some rows at a time, from memory or from a sealed file."""

import tempfile
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amends.linkage.links import Links
from amends.linkage.model import METHODS, REASONS
from amends.linkage.shelf import Shelf
from amends.vault.sealed import Spool

RECORDS = st.lists(st.integers(0, 300_000), unique=True, max_size=30)
ASKED = st.lists(st.none() | st.integers(0, 400_000), max_size=30)


def rows_of(records: list[int]) -> pl.DataFrame:
    """A row for each of these records, every one different."""
    return pl.DataFrame(
        {
            "record": pl.Series(sorted(records), dtype=pl.UInt32),
            "person": pl.Series([7 * one for one in sorted(records)], dtype=pl.UInt32),
            "best": pl.Series([one + 1 for one in sorted(records)], dtype=pl.UInt32),
            "probability": pl.Series([1 / (1 + one) for one in sorted(records)], dtype=pl.Float64),
            "method": pl.Series(["exact", "probabilistic"] * 15, dtype=METHODS)[: len(records)],
            "reason": pl.Series(["key:phone", "model"] * 15, dtype=REASONS)[: len(records)],
        }
    )


@pytest.mark.parametrize("sealed", [False, True])
@settings(max_examples=50)
@given(records=RECORDS, asked=ASKED)
def test_links_are_what_a_join_finds(
    *, sealed: bool, records: list[int], asked: list[int | None]
) -> None:
    """Of every record asked for its row, in the order of asking; nothing of strangers."""
    rows, wanted = rows_of(records), pl.Series("record", asked, dtype=pl.UInt32)
    on_disk = partial(Spool, Path(tempfile.gettempdir()), memory_bytes=0)
    with Shelf(on_disk if sealed else None, held_bytes=0) as shelf:
        found = Links(rows, shelf)
        told = found.of(wanted)
        every = list(found.probabilities())
    joined = wanted.to_frame().join(rows, on="record", how="left", maintain_order="left")
    assert told.rows() == joined.drop("record").rows()
    assert [one for person, _ in every for one in person.tolist()] == rows["person"].to_list()
