"""Pairs that exact keys cannot decide, compared and weighed by one of two engines.

Which records meet (:mod:`~amends.linkage.blocking`), what is compared
(:mod:`~amends.linkage.comparisons`) and what is learnt (:mod:`~amends.linkage.learning`) is the
same whatever the engine; an engine counts patterns of agreement and weighs pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.blocking import Blocks, derive, pairs_of, sources
from amends.linkage.comparisons import COMPARISONS, Comparison
from amends.linkage.compiled.blocks import LEAKED, OPEN, mixed_keys
from amends.linkage.compiled.profiles import NONE
from amends.linkage.engine_amends import AmendsEngine
from amends.linkage.engine_splink import SplinkEngine, as_splink
from amends.linkage.learning import PAIRS, Model, Patterns, maximise, starting_shares
from amends.linkage.records import Records

__all__ = ["ENGINES", "PAIRS", "Engine", "as_splink", "frequencies_of", "others_with", "train"]

_LEAST_ACCOUNTS: Final = 2


class Engine(Protocol):
    """What compares.

    Leaked records are not compared with each other, nor records of one unit, nor records of two
    units that carry national numbers; every pair counts once, whatever the rules that make it.
    """

    name: str

    def patterns(
        self, records: Records, blocks: Blocks, comparisons: Sequence[Comparison]
    ) -> Patterns:
        """Counted agreement patterns of the pairs that *blocks* make, in a fixed order."""
        ...

    def weigh(
        self,
        records: Records,
        blocks: Blocks,
        model: Model,
        frequencies: Mapping[str, pl.DataFrame],
        *,
        at_least_bits: float,
    ) -> pl.DataFrame:
        """Candidate pairs: ``left``, ``right`` (records, left < right) and ``bits``, sorted.

        ``bits`` is the evidence alone (log2 of the likelihood ratio, to six digits), without the
        prior; pairs of less than *at_least_bits* are left out.
        """
        ...


ENGINES: Final[Mapping[str, Engine]] = {e.name: e for e in (AmendsEngine(), SplinkEngine())}
"""By the name that case.toml gives."""


def train(records: Records, blocks: Blocks, engine: Engine) -> Model:
    """Learn the model from *records* and their own candidate pairs."""
    comparisons = tuple(c for c in COMPARISONS if _usable(records, c))
    start = Model(
        comparisons=comparisons,
        same=tuple(starting_shares(c) for c in comparisons),
        chance=tuple(np.full(len(c.levels) + 1, 1 / (len(c.levels) + 1)) for c in comparisons),
        prior=1 / max(records.height, 2),
    )
    every = max(-(-blocks.pairs_made // settings.TRAINING_PAIRS), 1)
    found = engine.patterns(records, blocks.sample(every), comparisons)
    return maximise(
        start, _random_patterns(records, start, engine), found.times(every), pairs_of(records.sides)
    )


def _usable(records: Records, comparison: Comparison) -> bool:
    """Whether enough records carry the field for a comparison to mean anything."""
    known = np.zeros(records.height, dtype=np.bool_)
    for column in comparison.known:
        for made_of in sources(column):
            known |= records.codes(made_of) != NONE
    accounts = np.count_nonzero(known & (records.sides != LEAKED))
    return bool(accounts >= _LEAST_ACCOUNTS and np.count_nonzero(known) > _LEAST_ACCOUNTS)


def _random_patterns(records: Records, model: Model, engine: Engine) -> Patterns:
    """Counted agreement patterns of random pairs: records dealt into blocks by a mixed number."""
    mixed = mixed_keys(np.arange(records.height, dtype=np.uint64) ^ np.uint64(settings.SEED))
    drawn = np.argsort(mixed, kind="stable")[: settings.RANDOM_RECORDS]
    everybody = np.arange(len(drawn), dtype=np.int64)
    dealt = replace(
        records.some(drawn), unit=everybody, sides=np.full(len(drawn), OPEN, dtype=np.int8)
    )
    size = max(2, 2 * settings.RANDOM_PAIRS // max(dealt.height, 1))
    number = np.arange(dealt.height, dtype=np.int32) // size + 1
    count = np.bincount(number, minlength=1)
    blocks = Blocks(
        rules=("random",),
        records=everybody,
        ids=number.reshape(-1, 1),
        keys=(np.arange(len(count), dtype=np.uint64),),
        pairs=(count * (count - 1) // 2,),
    )
    return engine.patterns(dealt, blocks, model.comparisons)


def frequencies_of(records: Records, model: Model) -> dict[str, pl.DataFrame]:
    """Per column of which rare values weigh more: how often another person has a value."""
    columns = {
        level.frequency_of
        for comparison in model.comparisons
        for level in comparison.levels
        if level.frequency_of is not None
    }
    own = 1 + model.prior * (records.height - 1)
    return {column: others_with(_counts(records, column), own) for column in sorted(columns)}


def _counts(records: Records, column: str) -> pl.DataFrame:
    """The values of *column*, and the ``count`` of records that have each."""
    (made_of,) = sources(column)
    counts = pl.DataFrame(
        {made_of: records.values[made_of], "count": records.counts(made_of)}
    ).filter(pl.col("count") > 0)
    if made_of == column:
        return counts
    values = derive(counts, [column]).with_columns(counts["count"])
    return values.drop_nulls().group_by(column).agg(pl.col("count").sum())


def others_with(counts: pl.DataFrame, own: float) -> pl.DataFrame:
    """Per value of a column ``tf_<column>``: the share of records of other people that have it.

    *counts*: the column, and ``count``.

    Splink's own count would take a person's other records for other people, which makes every rare
    value look common in a small case; so what one person has on average (*own* records) is taken
    off. A value that nobody else was seen with is rated by how usual it is at all for values of
    this column to be shared: often for names, hardly ever for mobiles (after Good 1953).
    """
    column = next(name for name in counts.columns if name != "count")
    known = max(int(counts["count"].sum()), 1)
    excess = (pl.col("count") - own).clip(lower_bound=0.0)
    shared = float(counts.select((excess > 0).dot(pl.col("count"))).item() or 0.0) / known
    least = min(max(shared, settings.LEAST_SHARED), settings.HALF)
    share = excess.clip(lower_bound=least) / known
    return counts.select(column, share.alias(f"tf_{column}"))
