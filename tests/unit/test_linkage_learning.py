"""Training tells the pairs of one person from those that a common value brings together."""

import numpy as np

from amends.linkage.comparisons import BIRTH, GENDER, NAME
from amends.linkage.weighing.learning import Model, Patterns, maximise, starting_shares

COMPARISONS = (GENDER, BIRTH, NAME)
OTHER_DAY, OTHER_NAME, GIVEN_NAME = len(BIRTH.levels), len(NAME.levels), 5


def _patterns(*counted: tuple[float, tuple[int, int, int], tuple[str, ...]]) -> Patterns:
    """Numbers of pairs, the levels of sex, birth and name, and the rules that make them."""
    levels = np.array([levels for _, levels, _ in counted]).T
    return Patterns(
        n=np.array([n for n, _, _ in counted]),
        level=tuple(levels),
        rules={
            rule: np.array([rule in rules for _, _, rules in counted]) for rule in ("root", "birth")
        },
    )


def test_a_given_name_in_common_is_not_one_person() -> None:
    """Of 200,000 pairs of one given name 400 are one person, however often such agree in sex.

    By themselves they would pass for one person, whose day of birth then nearly always differs;
    the whole model keeps such a share under a half.
    """
    assert NAME.levels[GIVEN_NAME].label == "same given name"
    start = Model(
        comparisons=COMPARISONS,
        same=tuple(starting_shares(c) for c in COMPARISONS),
        chance=tuple(np.full(len(c.levels) + 1, 1 / (len(c.levels) + 1)) for c in COMPARISONS),
        prior=1e-4,
    )
    random = _patterns(
        (247_000, (0, OTHER_DAY, OTHER_NAME), ()),
        (247_000, (1, OTHER_DAY, OTHER_NAME), ()),
        (5_800, (0, OTHER_DAY, GIVEN_NAME), ()),
        (200, (1, OTHER_DAY, GIVEN_NAME), ()),
    )
    met = _patterns(
        (400, (0, 0, 0), ("root", "birth")),
        (15, (0, OTHER_DAY, 0), ("root",)),
        (192_000, (0, OTHER_DAY, GIVEN_NAME), ("root",)),
        (8_000, (1, OTHER_DAY, GIVEN_NAME), ("root",)),
        (1_300, (0, 0, OTHER_NAME), ("birth",)),
        (1_300, (1, 0, OTHER_NAME), ("birth",)),
    )
    birth = maximise(start, random, met, 20_000_000.0).same[COMPARISONS.index(BIRTH)]
    assert birth[OTHER_DAY] < 0.5
