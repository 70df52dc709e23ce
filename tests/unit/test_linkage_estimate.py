import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage.estimate import Basis, Side, Stratum, estimate, share

WORLDS = 200
STRATA = (
    (Side.FOUND, "exact", 900, (0.995, 1.0)),
    (Side.FOUND, "model", 200, (0.93, 1.0)),
    (Side.MISSED, "review", 60, (0.5, 0.95)),
    (Side.MISSED, "near", 300, (0.0, 0.4)),
    (Side.APART, "pairs", 40, (0.05, 0.7)),
)
SEEN = {"exact": 40, "model": 40, "review": 25, "near": 60, "pairs": 20}


def _world(dice: np.random.Generator) -> tuple[list[Stratum], dict[str, float]]:
    """A made-up run whose truth is known, with a sample judged by readers who do not err."""
    strata, true = [], {}
    for side, name, population, bounds in STRATA:
        chance = dice.uniform(*bounds, population)
        is_true = dice.random(population) < chance
        drawn = is_true[dice.permutation(population)[: SEEN[name]]]
        true[name] = int(is_true.sum())
        strata.append(
            Stratum(
                name=name,
                side=side,
                population=population,
                expected=float(chance.sum()),
                variance=float((chance * (1 - chance)).sum()),
                seen=len(drawn),
                true=int(drawn.sum()),
            )
        )
    right = true["exact"] + true["model"] - true["pairs"]
    people = right + true["review"] + true["near"]
    return strata, {"precision": right / 1100, "recall": right / people, "people": people}


@pytest.mark.parametrize("basis", list(Basis))
def test_intervals_hold_the_truth_as_often_as_they_say(basis: Basis) -> None:
    """95 % intervals for precision, recall and count cover in at least 90 % of made-up runs.

    They are no wider than they have to be: a tenth of the worlds lie outside of half of one.
    """
    dice = np.random.default_rng(20261126)
    covered = dict.fromkeys(("precision", "recall", "people"), 0)
    inner = dict.fromkeys(covered, 0)
    for seed in range(WORLDS):
        strata, truth = _world(dice)
        made = estimate(strata, basis, known=0, unmatched=0, seed=seed)
        for name, value in truth.items():
            interval = getattr(made, name)
            covered[name] += interval.low <= value <= interval.high
            half = (interval.high - interval.low) / 4
            inner[name] += abs(value - interval.estimate) <= half
    assert min(covered.values()) >= 0.9 * WORLDS, covered
    assert max(inner.values()) <= 0.9 * WORLDS, inner


def test_readers_correct_a_model_that_is_wrong_about_itself() -> None:
    """Where the model says 99 % and half is wrong, the sample says so and the model cannot."""
    stratum = Stratum(
        name="model",
        side=Side.FOUND,
        population=1000,
        expected=990.0,
        variance=9.9,
        seen=100,
        true=50,
    )
    by_model, by_readers = (
        estimate([stratum], basis, known=0, unmatched=0, seed=1).precision
        for basis in (Basis.MODEL, Basis.READERS)
    )
    assert by_model.low > 0.98
    assert by_readers.low < 0.5 < by_readers.high < 0.62


def test_what_nobody_has_looked_at_is_uncertain() -> None:
    """Without a sample of a stratum, readers' interval spans nearly everything."""
    stratum = Stratum(name="x", side=Side.MISSED, population=100, expected=1.0, variance=1.0)
    people = estimate([stratum], Basis.READERS, known=50, unmatched=0, seed=1).people
    assert people.low < 53
    assert people.high > 147


def test_a_stratum_seen_as_a_whole_is_known() -> None:
    """Where readers have judged every unit there is nothing left to draw."""
    stratum = Stratum(
        name="x", side=Side.FOUND, population=30, expected=15, variance=5, seen=30, true=27
    )
    people = estimate([stratum], Basis.READERS, known=0, unmatched=0, seed=1).people
    assert (people.low, people.estimate, people.high) == (27, 27, 27)


def test_rows_that_are_nobodys_are_those_left_over() -> None:
    """Of the unmatched rows those that are somebody's after all are taken off."""
    near = Stratum(name="near", side=Side.ROWS, population=40, expected=10.0, variance=4.0)
    made = estimate([near], Basis.MODEL, known=0, unmatched=100, seed=1)
    assert made.strangers.estimate == pytest.approx(90, abs=1)
    assert made.strangers.low < 88
    assert made.strangers.high > 92


def test_the_same_seed_gives_the_same_figures() -> None:
    """Nothing depends on the order of the strata, and everything on the seed."""
    strata, _ = _world(np.random.default_rng(3))
    one = estimate(strata, Basis.READERS, known=3, unmatched=9, seed=5)
    assert estimate(strata[::-1], Basis.READERS, known=3, unmatched=9, seed=5) == one
    assert estimate(strata, Basis.READERS, known=3, unmatched=9, seed=6) != one


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_intervals_hold_the_share(counts: tuple[int, int]) -> None:
    """Clopper and Pearson's interval holds the share, within 0 and 1, and is never one point."""
    found = share(*counts)
    assert found is not None
    assert 0 <= found.low <= found.estimate <= found.high <= 1
    assert found.low < found.high


def test_exact_intervals_are_those_of_the_tables() -> None:
    """81 of 263, Newcombe's (1998) example: 0.2527 to 0.3676; nothing of nothing says nothing."""
    found = share(81, 263)
    assert found is not None
    assert (round(found.low, 4), round(found.high, 4)) == (0.2527, 0.3676)
    assert share(0, 0) is None
