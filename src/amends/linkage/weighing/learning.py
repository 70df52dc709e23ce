"""What the case's own data say about agreement: expectation-maximisation on counted patterns.

Done here and not by Splink, because Splink's training stops with an error when a level never
occurs among matches, which is the rule for what exact keys leave. A prior and a floor keep every
share away from zero; sums run in a fixed order, so the same patterns give the same model.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.linkage import settings
from amends.linkage.comparisons import Comparison
from amends.linkage.settings import BLOCKS
from amends.linkage.weighing.blocking import sources

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PAIRS: Final = pl.Schema({"left": pl.Int64, "right": pl.Int64, "bits": pl.Float64})
"""Columns of weighed pairs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What was learnt: per comparison the share of each level among same and among random pairs.

    Arrays are in the order of the levels, best first, else last.
    """

    comparisons: tuple[Comparison, ...]
    same: tuple[Floats, ...]
    chance: tuple[Floats, ...]
    prior: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Patterns:
    """Counted patterns of agreement: how many pairs, at which level, made by which rules.

    ``level`` has per comparison the level of each pattern (0 best, else last, -1 missing);
    ``rules`` per blocking rule whether it makes the pairs of each pattern.
    """

    n: Floats
    level: tuple[Ints, ...]
    rules: Mapping[str, npt.NDArray[np.bool_]]

    def times(self, factor: int) -> "Patterns":
        """The same patterns, each seen *factor* times as often."""
        return Patterns(n=self.n * factor, level=self.level, rules=self.rules)

    def bits(
        self, same: Sequence[Floats], chance: Sequence[Floats], active: Sequence[int] | range
    ) -> Floats:
        """log2 likelihood ratio of each pattern by the *active* comparisons."""
        total = np.zeros(len(self.n))
        for i in active:
            weights = np.append(np.log2(same[i] / chance[i]), 0.0)  # the last, -1, is missing
            total += weights[self.level[i]]
        return total


def starting_shares(comparison: Comparison) -> Floats:
    """The prior of the training: one share per level, else last."""
    values = [level.agrees_if_same for level in comparison.levels] + [comparison.else_if_same]
    return _shares(comparison, np.asarray(values))


def _shares(comparison: Comparison, seen: Floats) -> Floats:
    """*seen* as shares, none of them nothing; of levels that are never one person, hardly any."""
    shares: Floats = np.maximum(seen / seen.sum(), settings.FLOOR)
    shares[[i for i, level in enumerate(comparison.levels) if level.never]] = settings.NEVER
    return shares


def maximise(start: Model, trial: Patterns, candidates: Patterns, pairs: float) -> Model:
    """Expectation-maximisation over counted patterns: *trial* of random pairs, and *candidates*.

    Every blocking rule is a population of its own, in which the comparisons that it fixes say
    nothing of a pair (as in Splink's training); the shares of the levels are common to all. How
    many of its pairs are one person is no more than either these pairs by themselves or the whole
    model and its one prior say: by themselves, pairs of a common value (a surname) that agree in
    one thing more (a household's mobile) would pass for one person.
    Random pairs tell what agreement by chance is, once the few of them that are one person by the
    same model are taken out: in a small case those would be most of it.
    """
    everything = range(len(start.comparisons))
    active = {
        rule: [i for i in everything if not _fixes(rule, start.comparisons[i])]
        for rule in candidates.rules
    }
    same, own = list(start.same), dict.fromkeys(candidates.rules, 0.5)
    by_chance = _chance(trial, np.zeros(len(trial.n)), start)
    for _ in range(settings.EM_ITERATIONS):
        bits = candidates.bits(same, by_chance, everything)
        prior = share_of_pairs(bits, candidates.n, pairs)
        one_person = candidates.n * _probability(bits, prior)
        seen = [s * settings.PRIOR_PAIRS for s in start.same]
        for rule, inside in candidates.rules.items():
            made = max(float(candidates.n[inside].sum()), 1.0)
            share = min(own[rule], float(one_person[inside].sum()) / made)
            bits = candidates.bits(same, by_chance, active[rule])[inside]
            expected = candidates.n[inside] * _probability(bits, min(max(share, 1e-6), 1 - 1e-6))
            own[rule] = float(expected.sum()) / made
            for i in active[rule]:
                seen[i] = seen[i] + _level_sums(candidates.level[i][inside], expected, same[i])
        same = [_shares(c, s) for c, s in zip(start.comparisons, seen, strict=True)]
        twice = _probability(trial.bits(same, by_chance, everything), prior)
        by_chance = _chance(trial, twice, start)
    prior = share_of_pairs(candidates.bits(same, by_chance, everything), candidates.n, pairs)
    return Model(
        comparisons=start.comparisons, same=tuple(same), chance=tuple(by_chance), prior=prior
    )


def _probability(bits: Floats, prior: float) -> Floats:
    odds = prior / (1 - prior) * np.exp2(np.clip(bits, -100, 100))
    return np.asarray(odds / (1 + odds), dtype=np.float64)


def _level_sums(level: Ints, weight: Floats, like: Floats) -> Floats:
    known = level >= 0
    sums = np.bincount(level[known], weights=weight[known], minlength=len(like))
    return np.asarray(sums, dtype=np.float64)


def _chance(trial: Patterns, one_person: Floats, model: Model) -> list[Floats]:
    """Level shares of random pairs of different persons, each level as if seen half a time more."""
    result = []
    for i, comparison in enumerate(model.comparisons):
        seen = _level_sums(trial.level[i], trial.n * (1 - one_person), model.same[i])
        seen[:-1] += settings.HALF
        seen[-1] += settings.HALF + (0.0 if seen[-1] else float(len(comparison.levels)))
        result.append(np.maximum(seen / seen.sum(), settings.FLOOR / 10))
    return result


def share_of_pairs(bits: Floats, n: Floats, pairs: float) -> float:
    """The share of same pairs among all pairs, such that it is what the weights then give."""
    prior = 1 / max(math.sqrt(2 * pairs), 2.0)
    for _ in range(50):
        before, same = prior, float((n * _probability(bits, prior)).sum())
        prior = min(max(same / pairs, 0.01 / pairs), 0.5)
        if abs(prior - before) <= settings.SETTLED * prior:
            break
    return prior


def _fixes(rule: str, comparison: Comparison) -> bool:
    """Whether agreement on the rule's columns decides (part of) the comparison."""
    compared = {
        made_of
        for level in comparison.levels
        for alternative in level.when
        for condition in alternative
        for made_of in sources(condition.column)
    }
    fixed = (made_of for column in BLOCKS[rule] for made_of in sources(column))
    return not compared.isdisjoint(fixed)
