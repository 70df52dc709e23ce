"""Clerical samples: so many units of every stratum, drawn by a number that anyone can repeat. Pure.

Every stratum gets a few, so that none is believed unseen; the rest is shared out by size times
expected spread (Neyman 1934), with a least spread because the model may be wrong about itself.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from amends.linkage.estimate import Stratum

LEAST: Final = 5
_LEAST_SPREAD: Final = 0.05
_MASK: Final = np.uint64(0xFFFFFFFFFFFFFFFF)


def allocate(strata: Sequence[Stratum], size: int) -> dict[tuple[str, str], int]:
    """How many units of each stratum (side, name) a sample of *size* takes; in all at most *size*.

    A stratum never gives more than it has; what it cannot give goes to the others.
    """
    named = sorted(strata, key=lambda one: (one.side, one.name))
    taken = {(one.side.value, one.name): 0 for one in named}
    left = size
    for one in named:
        first = min(LEAST, one.population, left)
        taken[one.side.value, one.name] = first
        left -= first
    weight = {
        (one.side.value, one.name): one.population
        * max(float(np.sqrt(one.variance / max(one.population, 1))), _LEAST_SPREAD)
        for one in named
    }
    room = {(one.side.value, one.name): one.population for one in named}
    while left > 0:
        open_ = [key for key in taken if taken[key] < room[key]]
        if not open_:
            break
        total = sum(weight[key] for key in open_)
        before = left
        for key in open_:
            more = min(int(before * weight[key] / total), room[key] - taken[key], left)
            taken[key] += more
            left -= more
        if left == before:
            best = max(open_, key=lambda key: (weight[key] / (1 + taken[key]), key))
            taken[best] += 1
            left -= 1
    return taken


def draw(units: pl.DataFrame, wanted: dict[tuple[str, str], int], seed: int) -> pl.DataFrame:
    """The units of a sample, in an order that tells nothing of their strata.

    *units*: ``side``, ``stratum`` and ``question_id``, by which chance is drawn: the same units and
    seed, the same sample, in whatever order they come.
    """
    mixed = units.with_columns(_chance(units["question_id"], seed)).sort("chance", "question_id")
    place = pl.int_range(pl.len()).over("side", "stratum")
    numbers = pl.DataFrame(
        [(side, stratum, number) for (side, stratum), number in wanted.items()],
        schema={"side": pl.String, "stratum": pl.String, "wanted": pl.Int64},
        orient="row",
    )
    return (
        mixed.with_columns(place.alias("place"))
        .join(numbers, on=["side", "stratum"], maintain_order="left")
        .filter(pl.col("place") < pl.col("wanted"))
        .drop("chance", "place", "wanted")
    )


def _chance(ids: pl.Series, seed: int) -> pl.Series:
    """A number for every id (SplitMix64, Steele 2014, of its letters and the seed)."""
    letters = np.frombuffer("".join(ids).encode(), dtype=np.uint8).reshape(len(ids), 26)
    state = np.full(len(ids), seed & int(_MASK), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in letters.T:
            state = _mixed(state + np.uint64(0x9E3779B97F4A7C15) + column.astype(np.uint64))
    return pl.Series("chance", state)


def _mixed(state: "np.typing.NDArray[np.uint64]") -> "np.typing.NDArray[np.uint64]":
    """One step of SplitMix64."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(state ^ (state >> np.uint64(31)), dtype=np.uint64)
