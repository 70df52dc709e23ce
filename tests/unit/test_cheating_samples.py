"""Samples that bound a fraud: against every sample there is, and against SciPy."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from cheating.samples import needed, seen_across, seen_alone, seen_in_pairs

PEOPLE = 9


@pytest.mark.parametrize("checking", range(PEOPLE + 1))
@pytest.mark.parametrize("cheated", range(1, 5))
def test_each_chance_is_the_share_of_all_samples(cheated: int, checking: int) -> None:
    """Counted one by one over every sample of nine people."""
    samples = [set(one) for one in combinations(range(PEOPLE), checking)]
    few = set(range(cheated))
    pairs = [{2 * at, 2 * at + 1} for at in range(cheated)]
    alone = sum(bool(one & few) for one in samples) / len(samples)
    paired = sum(any(pair <= one for pair in pairs) for one in samples) / len(samples)
    across = sum(bool(one & few) and bool(one - few) for one in samples) / len(samples)
    assert seen_alone(PEOPLE, cheated, checking) == pytest.approx(alone, abs=1e-12)
    assert seen_in_pairs(PEOPLE, cheated, checking) == pytest.approx(paired, abs=1e-12)
    assert seen_across(PEOPLE, cheated, checking) == pytest.approx(across, abs=1e-12)


@given(st.data())
def test_it_is_the_hypergeometric_distribution(data: st.DataObject) -> None:
    """Of three million people, too."""
    n = data.draw(st.sampled_from([100, 30_000, 3_000_000]))
    cheated = data.draw(st.integers(1, min(n, 5_000)))
    checking = data.draw(st.integers(0, n))
    right = float(hypergeom.sf(0, n, cheated, checking))
    assert seen_alone(n, cheated, checking) == pytest.approx(right, abs=1e-6)


@given(n=st.integers(2, 400), least=st.sampled_from([0.5, 0.95, 0.99]), data=st.data())
def test_no_smaller_sample_will_do(n: int, least: float, data: st.DataObject) -> None:
    """What is needed reaches the chance, and one less does not."""
    cheated = data.draw(st.integers(1, n // 2))
    for chance in (seen_alone, seen_in_pairs, seen_across):
        people = needed(chance, n, cheated, least)
        if people is None:
            assert chance is seen_across
            assert chance(n, cheated, n) < least
        else:
            assert chance(n, cheated, people) >= least - 1e-9
            assert chance(n, cheated, people - 1) < least + 1e-9


def test_the_figures_that_the_study_gives() -> None:
    """Draws for 99 % (roster-privacy §4): 459 of 1 % faults, 4,603 of 0.1 %, 46,050 of 0.01 %."""
    n = 3_000_000
    for share, draws in ((100, 459), (1_000, 4_603), (10_000, 46_050)):
        people = needed(seen_alone, n, n // share, 0.99)
        assert people is not None
        assert draws * 0.99 < people <= draws
