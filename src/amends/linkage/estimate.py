"""How right a determination is, with intervals: by its own probabilities, and by readers. Pure.

The units are people, each judged by the strongest of their leaked rows, and pairs of accounts that
may be counted wrongly. They fall into strata (by kind of key, by band of probability). What is
unknown of a stratum is drawn many times, from a fixed seed; figures and intervals are the quantiles
of what the draws give:

* *by the model*: the number that is true is drawn from the normal with the mean and the variance
  of independent events of the stated probabilities;
* *by readers*: a stratum of which readers judged ``seen`` at random, ``true`` of them as true, has
  among the others a beta-binomial number more, with Jeffreys' prior (Brown, Cai and DasGupta 2001,
  Interval Estimation for a Binomial Proportion; Ericson 1969 for finite populations).

A planted truth needs no draws: its shares have the interval of Clopper and Pearson (1934).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
DRAWS: Final = 20_000
LEVEL: Final = 0.95
_TAIL: Final = (1 - LEVEL) / 2
_HALF: Final = 0.5


class Side(StrEnum):
    """What the units of a stratum are, and so what the true ones among them change."""

    FOUND = "found"  # people counted as affected; true: they are
    MISSED = "missed"  # people not counted who resemble a row; true: they are affected
    APART = "apart"  # two affected people who may be one; true: they are, one is counted too often
    JOINED = "joined"  # two accounts of one affected person; true: two people, one is not counted
    ROWS = "rows"  # rows that match nobody and resemble somebody; true: they are that person's


class Basis(StrEnum):
    """What an estimate rests on."""

    MODEL = "model"
    READERS = "readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Units of one kind: how many, what the model says of them, and what readers have seen.

    ``expected`` and ``variance``: sum of p and of p (1 - p). ``seen`` of the ``population`` were
    drawn at random and settled, ``true`` of them as true; ``taken_out`` says that these are not
    part of ``population`` any more, because a later run has followed the readers.
    """

    name: str
    side: Side
    population: int
    expected: float
    variance: float
    seen: int = 0
    true: int = 0
    taken_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate and the ends of its 95 % interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """Precision, recall and number of affected people; and rows that are nobody's."""

    basis: Basis
    precision: Interval
    recall: Interval
    people: Interval
    strangers: Interval
    judged: int


def estimate(
    strata: Sequence[Stratum], basis: Basis, *, known: int, unmatched: int, seed: int
) -> Estimate:
    """Precision, recall and count of a determination.

    Args:
        strata: what is uncertain; every name once per side.
        basis: what to believe: the model's probabilities, or readers. Strata that readers have not
            seen are then as uncertain as can be.
        known: people whom readers have found to be affected, for sure.
        unmatched: leaked rows that match nobody.
        seed: of the draws.
    """
    dice = np.random.default_rng(seed)
    drawn = {side: np.zeros(DRAWS) for side in Side}
    population = dict.fromkeys(Side, 0)
    ordered = sorted(strata, key=lambda one: (one.side, one.name))
    for stratum in ordered:
        drawn[stratum.side] += _draws(stratum, basis, dice)
        population[stratum.side] += stratum.population
    found = population[Side.FOUND] + known
    right = np.maximum(drawn[Side.FOUND] + known - drawn[Side.APART], 0)
    people = right + drawn[Side.MISSED] + drawn[Side.JOINED]
    return Estimate(
        basis=basis,
        precision=_interval(right / found if found else np.ones(DRAWS)),
        recall=_interval(np.divide(right, people, out=np.ones(DRAWS), where=people > 0)),
        people=_interval(people),
        strangers=_interval(np.maximum(unmatched - drawn[Side.ROWS], 0)),
        judged=sum(stratum.seen for stratum in ordered),
    )


def share(successes: int, trials: int) -> Interval | None:
    """A share with its exact interval (Clopper and Pearson 1934); None of nothing."""
    from scipy.special import betaincinv  # noqa: PLC0415 -- 0.3 s that few commands need

    if not trials:
        return None
    low = float(betaincinv(successes, trials - successes + 1, _TAIL)) if successes else 0.0
    rest = trials - successes
    high = float(betaincinv(successes + 1, rest, 1 - _TAIL)) if rest else 1.0
    return Interval(estimate=successes / trials, low=low, high=high)


def _draws(stratum: Stratum, basis: Basis, dice: np.random.Generator) -> Floats:
    """How many of the stratum are true, in every draw."""
    if basis is Basis.MODEL:
        drawn = np.rint(dice.normal(stratum.expected, np.sqrt(stratum.variance), DRAWS))
        return np.clip(drawn, 0, stratum.population)
    judged = 0 if stratum.taken_out else stratum.seen
    rate = dice.beta(stratum.true + _HALF, stratum.seen - stratum.true + _HALF, DRAWS)
    rest = dice.binomial(max(stratum.population - judged, 0), rate)
    return np.asarray(rest + (stratum.true if judged else 0), dtype=np.float64)


def _interval(drawn: Floats) -> Interval:
    """Median and the middle 95 %."""
    low, middle, high = np.quantile(drawn, [_TAIL, _HALF, 1 - _TAIL])
    return Interval(estimate=float(middle), low=float(low), high=float(high))
