"""Pairs that exact keys cannot decide, compared and weighed by one of two engines.

Which records meet (:mod:`~amends.linkage.weighing.blocking`), what is compared
(:mod:`~amends.linkage.comparisons`) and what is learnt (:mod:`~amends.linkage.weighing.learning`)
is the same whatever the engine; an engine counts patterns of agreement and weighs pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.comparisons import COMPARISONS, Comparison
from amends.linkage.compiled.blocks import LEAKED, OPEN, mixed_keys
from amends.linkage.compiled.profiles import NONE
from amends.linkage.weighing.blocking import Blocks, pairs_of, sources
from amends.linkage.weighing.engine_amends import AmendsEngine
from amends.linkage.weighing.engine_splink import SplinkEngine, as_splink
from amends.linkage.weighing.frequencies import Frequencies
from amends.linkage.weighing.learning import PAIRS, Model, Patterns, maximise, starting_shares
from amends.linkage.weighing.records import Records

__all__ = ["ENGINES", "PAIRS", "Engine", "as_splink", "train"]

_LEAST_ACCOUNTS: Final = 2


class Engine(Protocol):
    """What compares.

    Leaked records are not compared with each other, nor records of one unit, nor records of two
    units that carry national numbers; every pair counts once, whatever the rules that make it.
    Where that rule asks for witnesses, one of them must agree.
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
        frequencies: Frequencies,
        *,
        at_least_bits: float,
        spend: bool = False,
    ) -> pl.DataFrame:
        """Candidate pairs: ``left``, ``right`` (records, left < right) and ``bits``, sorted.

        ``bits`` is the evidence alone (log2 of the likelihood ratio, to six digits), without the
        prior; pairs of less than *at_least_bits* are left out. With *spend*, *records* may forget
        what they say, and *blocks* who is in them, since nobody else reads it any more; units
        and sides stay.
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
    found = engine.patterns(records, blocks.unasked().sample(every), comparisons)
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
    most = min(settings.RANDOM_RECORDS, records.height)
    drawn = np.argpartition(mixed, most - 1)[:most]
    drawn = drawn[np.argsort(mixed[drawn])]
    everybody = np.arange(len(drawn), dtype=np.int32)
    some, sides = records.some(drawn.astype(np.int32)), np.full(len(drawn), OPEN, dtype=np.int8)
    dealt = replace(some, unit=everybody, sides=sides)
    size = max(2, 2 * settings.RANDOM_PAIRS // max(dealt.height, 1))
    number = np.arange(dealt.height, dtype=np.int32) // size + 1
    count = np.bincount(number, minlength=1)
    blocks = Blocks(
        rules=("random",),
        records=everybody,
        members=[(everybody, number)],
        keys=(np.arange(len(count), dtype=np.uint64),),
        pairs=(count * (count - 1) // 2,),
        witnesses=np.zeros((dealt.height, 0), dtype=np.uint8),
        asked=np.zeros((1, 0), dtype=np.bool_),
    )
    return engine.patterns(dealt, blocks, model.comparisons)
