"""From weighed pairs to persons: which units are one person, and whom a leaked row belongs to.

Both steps are decided on the whole, not pair by pair. Units become one person only while the mean
weight between two groups says so, so a chain of likenesses does not join its ends. A leaked row is
shared out among all persons that it resembles and the possibility that it is nobody's, so two
equally likely namesakes are a doubt, not two matches.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.linkage import settings
from amends.linkage.compiled import parting
from amends.linkage.compiled.components import smallest_of

Ints = npt.NDArray[np.int64]
_BITS_MAX: Final = 200.0

_SHARING: Final = 50
"""Rounds in which the share of rows that are anybody's settles."""


def components(left: Ints, right: Ints, nodes: int) -> Ints:
    """Per node (from 0) the smallest node that it is connected with."""
    return smallest_of(left, right, nodes).astype(np.int64)


def how_many(labels: npt.NDArray[np.integer]) -> int:
    """How many different numbers there are, of numbers from 0."""
    there = np.zeros(int(labels.max(initial=-1)) + 1, dtype=np.bool_)
    there[labels] = True
    return int(np.count_nonzero(there))


def cluster(pairs: pl.DataFrame, units: int, prior: float, numbered: npt.NDArray[np.bool_]) -> Ints:
    """Per unit (from 0) the smallest unit of its person.

    Args:
        pairs: ``left``, ``right`` (units, left < right, each pair once) and ``bits`` (evidence).
        units: number of units.
        prior: probability that two random units are one person.
        numbered: which units carry a national number, each another one: no two of them are joined.
    """
    prior_bits = float(np.log2(prior / (1 - prior)))
    need = float(np.log2(settings.JOIN_PROBABILITY / (1 - settings.JOIN_PROBABILITY)))
    posterior = pairs.sort("left", "right").with_columns(pl.col("bits") + prior_bits)
    strong = posterior.filter(pl.col("bits") >= need)
    group = components(strong["left"].to_numpy(), strong["right"].to_numpy(), units)
    sizes = np.bincount(group, minlength=units)
    large = sizes[group] > 2  # noqa: PLR2004 -- two connected units are one person
    members = np.flatnonzero(large)
    members = members[np.argsort(group[members], kind="stable")]
    place = np.zeros(units, dtype=np.int64)
    place[members] = np.arange(len(members))
    left, right = posterior["left"].to_numpy(), posterior["right"].to_numpy()
    inside = np.flatnonzero((group[left] == group[right]) & large[left])
    inside = inside[np.argsort(group[left[inside]], kind="stable")]
    roots = np.flatnonzero(sizes > 2)  # noqa: PLR2004 -- likewise
    part = parting.divide(
        np.append(0, np.cumsum(sizes[roots])),
        place[left[inside]],
        place[right[inside]],
        posterior["bits"].to_numpy()[inside],
        np.append(np.searchsorted(group[left[inside]], roots), len(inside)),
        numbered[members],
        need,
        settings.NOT_COMPARED_BITS,
        _BITS_MAX,
    )
    result = group.copy()
    result[members] = members[part]
    return result


def runs_of(numbers: Ints) -> tuple[Ints, Ints]:
    """Where equal *numbers*, which stand together, begin; and of each which of these it is in."""
    first = np.diff(numbers, prepend=-1) != 0
    return np.flatnonzero(first), np.cumsum(first) - 1


def share_out(pairs: pl.DataFrame, *, records: int) -> pl.DataFrame:
    """Every row's probability of being each person's.

    A row is a copy, perhaps a bad one, of one of the registries' records, any of them equally
    likely, or of none; so a person's evidence is the sum over the person's records. The share of
    rows that are anybody's is estimated from the rows themselves.

    Args:
        pairs: ``row``, ``person``, ``unit``, ``bits``: a row and a record (of a unit) of a person.
        records: number of records in all.

    Returns:
        ``row``, ``person``, ``best`` (its most alike unit), ``probability``, sorted by row,
        falling probability and person.
    """
    ratio = (pl.col("bits").clip(-_BITS_MAX, _BITS_MAX) * np.log(2)).exp()
    shared = (
        pairs.sort("row", "person", "bits", "unit")
        .group_by("row", "person", maintain_order=True)
        .agg(ratio.sum().alias("ratio"), pl.col("unit").last().alias("best"))
    )
    starts, number = runs_of(shared["row"].to_numpy())
    ratios, registered = shared["ratio"].to_numpy(), 0.5
    probability = np.zeros(0)
    for _ in range(_SHARING if len(starts) else 0):
        evidence = ratios * (registered / max(records, 1))
        every = (1 - registered) + np.add.reduceat(evidence, starts)
        probability = evidence / every[number]
        registered = float(np.clip(float(probability.sum()) / len(starts), 0.01, 0.99))
    shared = shared.with_columns(pl.Series("probability", probability, dtype=pl.Float64))
    return shared.select("row", "person", "best", pl.col("probability").round(6)).sort(
        "row", "probability", "person", descending=[False, True, False]
    )
