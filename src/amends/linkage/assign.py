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
from amends.linkage.compiled import parting, sharing
from amends.linkage.compiled.components import Nodes, of_marked, sizes_of, smallest_of

Ints = npt.NDArray[np.int64]
_BITS_MAX: Final = 200.0

_SHARING: Final = 50
"""Rounds in which the share of rows that are anybody's settles."""

_SHARED: Final = {
    "row": pl.Int64,
    "person": pl.Int64,
    "best": pl.Int64,
    "probability": pl.Float64,
}


def components(left: Ints, right: Ints, nodes: int) -> Nodes:
    """Per node (from 0) the smallest node that it is connected with."""
    return smallest_of(left, right, nodes)


def how_many(labels: npt.NDArray[np.integer]) -> int:
    """How many different numbers there are, of numbers from 0."""
    there = np.zeros(int(labels.max(initial=-1)) + 1, dtype=np.bool_)
    there[labels] = True
    return int(np.count_nonzero(there))


def cluster(
    pairs: pl.DataFrame, units: int, prior: float, numbered: npt.NDArray[np.bool_]
) -> Nodes:
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
    sizes = sizes_of(group)
    large = sizes > 2  # noqa: PLR2004 -- two connected units are one person
    members = of_marked(group, large)
    members = members[np.argsort(group[members], kind="stable")]
    place = np.zeros(units, dtype=np.int32)
    place[members] = np.arange(len(members), dtype=np.int32)
    left, right = posterior["left"].to_numpy(), posterior["right"].to_numpy()
    inside = np.flatnonzero((group[left] == group[right]) & large[group[left]])
    inside = inside[np.argsort(group[left[inside]], kind="stable")]
    roots = np.flatnonzero(large)
    part = parting.divide(
        np.append(0, np.cumsum(sizes[roots], dtype=np.int64)),
        place[left[inside]].astype(np.int64),
        place[right[inside]].astype(np.int64),
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
    if not pairs.height:
        return pl.DataFrame(schema=_SHARED)
    likely = (pl.col("bits").clip(-_BITS_MAX, _BITS_MAX) * np.log(2)).exp()
    row, person, unit = (pairs[name].to_numpy() for name in ("row", "person", "unit"))
    first = int(row.min())
    order, bounds = sharing.by_row(row, first, int(row.max()) - first + 1)
    of, best = np.empty(len(order), dtype=np.int64), np.empty(len(order), dtype=np.int64)
    evidence, ratio = np.empty(len(order)), pairs.select(likely).to_series().to_numpy()
    bits = pairs["bits"].to_numpy()
    begins = sharing.merged(order, bounds, person, unit, bits, ratio, of, best, evidence)
    own = np.diff(begins)
    evidence = evidence[: begins[-1]]
    shares = np.add.reduceat(evidence, begins[:-1][own > 0])
    registered = 0.5
    for _ in range(_SHARING - 1):
        odds = shares * (registered / max(records, 1))
        registered = float(np.clip((odds / (1 - registered + odds)).mean(), 0.01, 0.99))
    each = registered / max(records, 1)
    every = np.repeat(1 - registered + shares * each, own[own > 0])
    probability = pl.Series(evidence * each / every).round(6)
    ranks = sharing.ranked(begins, probability.to_numpy())
    return pl.DataFrame(
        {
            "row": np.repeat(np.arange(len(own)) + first, own),
            "person": of[ranks],
            "best": best[ranks],
            "probability": probability[ranks],
        }
    )
