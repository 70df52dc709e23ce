from datetime import date
from functools import partial

import numpy as np
import pytest

from amends.roster.entries import NOTHING, State, Total
from amends.roster.epochs import CROWD, Release, States, Waiting, release, shown, sums
from amends.roster.model import Payment
from amends.roster.rules import award_findings, epoch_findings

NONE = np.array([], dtype=np.int64)


def states(*groups: tuple[int, int]) -> States:
    """State and number of awards, one group after the other."""
    return np.repeat(
        np.array([group[0] for group in groups], dtype=np.uint8), [group[1] for group in groups]
    )


def payments(*awards: int, rail: str = "alipay") -> list[Payment]:
    """A payment to each award."""
    return [
        Payment(
            instruction_id=f"{rail}{award}",
            award_index=award,
            rail=rail,
            sent_day=date(2026, 11, 22),
            amount_minor=500_000,
        )
        for award in awards
    ]


def test_a_crowd_goes_out() -> None:
    """A thousand payments are a batch, and their states change, while others wait."""
    actual = states((State.SETTLED, CROWD), (State.PROMISED, 500))
    found = release(
        before=states((0, 1_500)),
        actual=actual,
        pending=payments(*range(CROWD)),
        batched_awards=NONE,
    )
    assert isinstance(found, Release)
    assert [batch.total.count for batch in found.batches] == [CROWD]
    assert (found.states == actual).all()


def test_fewer_than_a_crowd_wait_while_others_can_still_join() -> None:
    """A payment less, and neither batch nor state is published."""
    found = release(
        before=states((0, 1_500)),
        actual=states((State.SETTLED, CROWD - 1), (State.PROMISED, 501)),
        pending=payments(*range(CROWD - 1)),
        batched_awards=NONE,
    )
    assert found == Waiting(people=0, needed=CROWD)


def test_a_small_case_goes_out_when_everybody_has_a_state() -> None:
    """In a case of 300 the batch goes when nobody is left to join it; the needy count."""
    actual = states((State.SETTLED, 280), (State.NEEDS_PERSON, 20))
    found = release(
        before=states((0, 300)), actual=actual, pending=payments(*range(280)), batched_awards=NONE
    )
    assert isinstance(found, Release)
    assert found.batches[0].total.count == 280


def test_a_few_late_returns_wait() -> None:
    """Three returned payments of 30,000 are not pointed at."""
    found = release(
        before=states((State.SETTLED, 30_000)),
        actual=states((State.RETURNED, 3), (State.SETTLED, 29_997)),
        pending=[],
        batched_awards=np.arange(30_000),
    )
    assert found == Waiting(people=3, needed=CROWD)


def test_nothing_new_is_nothing_to_publish() -> None:
    """Without changes no epoch is made."""
    same = states((State.SETTLED, 30))
    found = release(before=same, actual=same, pending=[], batched_awards=np.arange(30))
    assert found == Waiting(people=0, needed=30)


def test_a_small_group_of_another_rail_keeps_its_state_until_its_batch_goes() -> None:
    """Whoever's payment waits for a batch is not yet shown as paid."""
    actual = states((State.SETTLED, CROWD + 5), (State.PROMISED, 10))
    pending = payments(*range(CROWD)) + payments(*range(CROWD, CROWD + 5), rail="counter")
    found = release(
        before=states((0, len(actual))), actual=actual, pending=pending, batched_awards=NONE
    )
    assert isinstance(found, Release)
    assert [batch.rail for batch in found.batches] == ["alipay"]
    assert (found.states[CROWD:] == State.PROMISED).all()


def test_money_that_came_back_is_never_merely_promised() -> None:
    """Who was paid in a batch and is to be paid again is shown as returned."""
    found = release(
        before=states((State.SETTLED, 2_000)),
        actual=states((State.PROMISED, 1_000), (State.SETTLED, 1_000)),
        pending=[],
        batched_awards=np.arange(2_000),
    )
    assert isinstance(found, Release)
    assert (found.states[:1_000] == State.RETURNED).all()


def test_states_of_few_people_are_open_by_class() -> None:
    """Nineteen are hidden and twenty shown, each class for itself."""
    held = states((State.RETURNED, 19), (State.SETTLED, 81), (State.RETURNED, 20))
    classes = states((0, 100), (1, 20))
    assert shown(held, classes).tolist() == [7] * 19 + [2] * 81 + [3] * 20


def test_the_equality_leaves_open_as_its_remainder() -> None:
    """Batches less what came back are sent and settled, but for those who are shown as open."""
    held = states((State.SETTLED, 100), (State.SENT, 5), (State.RETURNED, 30))
    classes = states((0, 135))
    figures = sums(
        states=held,
        published=shown(held, classes),
        classes=classes,
        tariff={0: 10},
        batches=Total(count=135, amount_minor=1_350),
    )
    assert figures.returned == Total(count=30, amount_minor=300)
    assert figures.remainder == Total(count=5, amount_minor=50)
    everybody = Total(count=135, amount_minor=1_350)
    assert epoch_findings(figures, awards=everybody, lasting=figures.lasting) == []


@pytest.mark.parametrize("batches", [0, 99, 200])
def test_batches_that_do_not_fit_the_states_are_found(batches: int) -> None:
    """More states than batches paid for, or payments that nobody has, go out nowhere."""
    held = states((State.SETTLED, 100))
    figures = sums(
        states=held,
        published=held,
        classes=states((0, 100)),
        tariff={0: 10},
        batches=Total(count=batches, amount_minor=batches * 10),
    )
    lasting = Total(count=batches, amount_minor=batches * 10)
    everybody = Total(count=100, amount_minor=1_000)
    assert epoch_findings(figures, awards=everybody, lasting=lasting)


def test_each_inequality_of_the_awards_is_named() -> None:
    """Scope, promise, tariff and what is owed each have a sentence of their own."""
    right = Total(count=10, amount_minor=100)
    good = {(0, 10): 10}
    rule = partial(award_findings, owed=good, scope=right, tariff={0: 10}, currency="CNY")
    assert rule(logged=good, promised=right) == []
    nine = rule(logged={(0, 10): 9}, promised=right)
    assert len(nine) == 3
    assert "sum to CNY 0.90, SCOPE says CNY 1.00" in nine[1]
    reduced = rule(logged={(0, 10): 9, (0, 9): 1}, promised=right)
    assert any("tariff" in finding for finding in reduced)
    promised = rule(logged=good, promised=NOTHING)
    assert ["promised" in finding for finding in promised] == [True]
