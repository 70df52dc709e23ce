"""Re-identification: the thief gains nothing, and the same attacks find every log that leaks."""

import numpy as np
import pytest

from cheating.leaking import HONEST, LEAKY, Leaks, LeaksOrderOfFile, LeaksSizes
from cheating.reidentify import (
    POWER,
    attacked,
    differing,
    least_gain,
    limit,
    one_or_the_other,
    pooled,
    told_apart,
)

PEOPLE = 600
FEW = 300
LOGS = 3


def test_nothing_is_gained_from_honest_logs() -> None:
    """Several, each for itself and taken together."""
    found = [attacked(HONEST, PEOPLE, seed) for seed in range(LOGS)]
    assert not any(one.leaks for one in found)
    together = pooled(found)
    assert together.targets == LOGS * 2 * PEOPLE
    assert not together.leaks


@pytest.mark.parametrize("how", LEAKY, ids=lambda how: str(how.__name__))
def test_a_log_that_leaks_is_found(how: type[Leaks]) -> None:
    """By the same attacks, in one small log, or in a few larger ones taken together."""
    if not attacked(how, FEW, 0).leaks:
        assert pooled([attacked(how, PEOPLE, seed) for seed in range(LOGS)]).leaks


def test_the_power_is_what_is_said() -> None:
    """An attack with the least gain is found as often as said, and none without gain too often."""
    draw, targets, attacks, runs = np.random.default_rng(1), 4_000, 56, 600
    owed = np.arange(targets) % 2 == 0
    gain = least_gain(targets, attacks)

    def found(chance: float) -> float:
        right = draw.random((runs, targets)) < chance
        scores = [told_apart("", one == owed, owed).score for one in right]
        return sum(abs(score) > limit(attacks) for score in scores) / runs

    spread = 3 * (POWER * (1 - POWER) / runs) ** 0.5
    assert abs(found(0.5 + gain) - POWER) < spread + 0.005
    assert found(0.5) < 0.01
    assert found(0.5 + gain / 2) < 0.5


def test_who_is_on_the_list_shows_in_no_name_and_no_size() -> None:
    """With one person for another, only commitments, what hangs on them, and buckets differ."""
    for seed in range(3):
        sizes, contents = differing(*one_or_the_other(HONEST, 300, seed))
        assert sizes == set()
        assert contents <= {"tile", "checkpoint", "claims"}
    leaky = [differing(*one_or_the_other(LeaksSizes, 300, seed))[0] for seed in range(3)]
    assert {"claims"} in leaky


def test_the_thief_gets_everything_from_a_log_in_the_order_of_the_file() -> None:
    """The gain is counted in right guesses: nearly all awards."""
    best = attacked(LeaksOrderOfFile, FEW, 1).furthest("which award?")
    assert best.gain > 0.99
