import numpy as np
import polars as pl
import pytest

from amends.linkage.assign import cluster, how_many, share_out

NOBODY = np.zeros(4, dtype=np.bool_)


def pairs(*rows: tuple[int, int, float]) -> pl.DataFrame:
    """Weighed pairs of units."""
    schema = {"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def resembling(*rows: tuple[int, int, float]) -> pl.DataFrame:
    """Rows and persons, each of one record."""
    schema = {"row": pl.Int64, "person": pl.Int64, "bits": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(unit=pl.col("person"))


def test_alike_units_are_one_person() -> None:
    """Weights above the prior join, and the smallest unit names the person."""
    found = cluster(pairs((0, 1, 30.0), (1, 2, 30.0), (0, 2, 30.0)), 4, 0.001, NOBODY)
    assert found.tolist() == [0, 0, 0, 3]


def test_a_chain_of_likenesses_does_not_join_its_ends() -> None:
    """Where the ends contradict, the weaker link gives way."""
    found = cluster(pairs((0, 1, 30.0), (1, 2, 12.0), (0, 2, -40.0)), 4, 0.001, NOBODY)
    assert found.tolist() == [0, 0, 2, 3]


def test_two_national_numbers_are_never_one_person() -> None:
    """However alike a third account is to both."""
    numbered = np.array([True, False, True, False])
    found = cluster(pairs((0, 1, 90.0), (1, 2, 80.0)), 4, 0.001, numbered)
    assert found.tolist() == [0, 0, 2, 3]


def test_no_pairs_no_persons_joined() -> None:
    """Everybody is a person of their own."""
    assert cluster(pairs(), 4, 0.001, NOBODY).tolist() == [0, 1, 2, 3]


def test_a_clear_row_is_its_persons() -> None:
    """Strong evidence without a rival is nearly certain."""
    best = share_out(resembling((0, 5, 40.0)), records=100).row(0, named=True)
    assert best["person"] == 5
    assert best["probability"] > 0.999


def test_namesakes_are_a_doubt() -> None:
    """Two equally likely people have half each, and the order is settled by number."""
    shared = share_out(resembling((0, 9, 40.0), (0, 5, 40.0)), records=100)
    assert shared["person"].to_list() == [5, 9]
    assert shared["probability"].to_list() == pytest.approx([0.5, 0.5], abs=1e-3)


def test_weak_evidence_stays_weak() -> None:
    """Two bits among a hundred records are not a match."""
    assert share_out(resembling((0, 5, 2.0)), records=100)["probability"][0] < 0.2


def test_different_numbers_are_counted_once_each() -> None:
    """However often a number comes, and in whatever order, it counts once; of none there are 0."""
    assert how_many(np.array([5, 0, 5, 2, 0], dtype=np.int64)) == 3
    assert how_many(np.zeros(0, dtype=np.int64)) == 0
