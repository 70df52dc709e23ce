"""How often another person has a value: agreement on a rare one weighs more."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.ahead import worked_ahead
from amends.linkage import settings
from amends.linkage.shelf import Kept
from amends.linkage.weighing.blocking import derived, sources
from amends.linkage.weighing.learning import Floats, Model
from amends.linkage.weighing.records import Records, numbered_values

Frequencies = Mapping[str, Kept[np.float64]]
"""Per column of which rare values weigh more, made of one canonical column: of each value that
:attr:`~amends.linkage.weighing.records.Records.values` has of that, the share of records of other
people with what the column makes of it; 1 where it makes nothing."""


def frequencies_of(records: Records, model: Model) -> Frequencies:
    """The frequencies that the *model* asks for."""
    columns = {
        level.frequency_of
        for comparison in model.comparisons
        for level in comparison.levels
        if level.frequency_of is not None
    }
    own = 1 + model.prior * (records.height - 1)

    def shares(column: str) -> Kept[np.float64]:
        return records.shelf.put(_shares(records, column, own))

    return dict(worked_ahead(sorted(columns), shares))


def _shares(records: Records, column: str, own: float) -> Floats:
    (made_of,) = sources(column)
    counts = records.counts(made_of)
    if made_of == column:
        return others_with(counts, own)
    codes, firsts = numbered_values(
        derived(some, [column]).to_series() for some in records.values[made_of].parts()
    )
    made = np.bincount(codes, weights=counts, minlength=len(firsts) + 1)[:-1]
    return np.append(others_with(made, own), 1.0)[codes]


def others_with(counts: npt.NDArray[np.number], own: float) -> Floats:
    """The share of records of other people that have a value, of values that *counts* records have.

    Splink's own count would take a person's other records for other people, which makes every rare
    value look common in a small case; so what one person has on average (*own* records) is taken
    off. A value that nobody else was seen with is rated by how usual it is at all for values of
    this column to be shared: often for names, hardly ever for mobiles (after Good 1953).
    """
    known = max(float(counts.sum()), 1.0)
    excess = np.maximum(counts - own, 0.0)
    shared = float(counts[excess > 0].sum()) / known
    least = min(max(shared, settings.LEAST_SHARED), settings.HALF)
    return np.asarray(np.maximum(excess, least) / known, dtype=np.float64)


def table_of(records: Records, column: str, shares: Kept[np.float64]) -> pl.DataFrame:
    """Frequencies of one column by its values: *column*, ``tf_<column>``."""
    (made_of,) = sources(column)
    values = derived(records.values[made_of].whole(), [column])
    rated = values.with_columns(pl.Series(f"tf_{column}", shares.read()))
    return rated.drop_nulls(column).unique(column, maintain_order=True)
