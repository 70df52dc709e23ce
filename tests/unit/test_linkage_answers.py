import pytest

from amends.linkage.review.answers import Answer, agreement, settled, wants

SAME, DIFFERENT, CANNOT_TELL = Answer.SAME, Answer.DIFFERENT, Answer.CANNOT_TELL


@pytest.mark.parametrize(
    ("given", "verdict", "next_reader"),
    [
        ([], None, 1),
        ([SAME], None, 2),
        ([SAME, SAME], SAME, 0),
        ([SAME, DIFFERENT], None, 3),
        ([CANNOT_TELL, SAME], None, 3),
        ([SAME, DIFFERENT, DIFFERENT], DIFFERENT, 0),
        ([SAME, DIFFERENT, CANNOT_TELL], CANNOT_TELL, 0),
        ([CANNOT_TELL, CANNOT_TELL], CANNOT_TELL, 0),
    ],
)
def test_two_readers_settle_and_a_third_decides(
    given: list[Answer], verdict: Answer | None, next_reader: int
) -> None:
    """Two that agree settle a question, two that differ call for a third, and no fourth comes."""
    assert settled(given) is verdict
    assert wants(given) == next_reader


def test_kappa_is_cohens() -> None:
    """20 questions, 15 agreed, both say `same` half of the time: chance is 1/2, kappa 1/2."""
    pairs = [[SAME, SAME]] * 8 + [[DIFFERENT, DIFFERENT]] * 7
    pairs += [[SAME, DIFFERENT]] * 2 + [[DIFFERENT, SAME]] * 3
    found = agreement([*pairs, [SAME], []])
    assert (found.twice_answered, found.agreed, found.rate) == (20, 15, 0.75)
    by_chance = (10 * 11 + 10 * 9) / 400
    assert found.kappa == pytest.approx((0.75 - by_chance) / (1 - by_chance))


def test_kappa_of_one_word_is_undefined() -> None:
    """Where everybody always says the same, chance alone agrees always."""
    assert agreement([[SAME, SAME]] * 5).kappa is None
    assert agreement([[SAME]]).rate is None
