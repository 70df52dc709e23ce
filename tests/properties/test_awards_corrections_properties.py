from collections.abc import Mapping

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.awards.correcting import (
    ANNULLED,
    ANNULLING,
    Correction,
    Held,
    Present,
    Reason,
    Wanted,
    corrections_of,
    fault,
    proposed_for_one,
)
from amends.kernel.money import Money
from amends.roster.corrected import Logged, classes_after, counts_after
from amends.roster.epochs import States

AWARDS = range(6)
AMOUNTS = (0, 100, 200, 300)
CLASSES = {
    number: Money(amount_minor=amount, currency="CNY") for number, amount in enumerate(AMOUNTS[1:])
}
HELD = st.dictionaries(
    st.sampled_from(AWARDS),
    st.builds(
        Held,
        amount_minor=st.sampled_from(AMOUNTS[1:]),
        state=st.sampled_from(("planned", "settled", "returned")),
    ),
)
ASKED = st.lists(
    st.tuples(st.sampled_from(AWARDS), st.sampled_from(AMOUNTS), st.sampled_from(Reason)),
    max_size=40,
)


def begun(index: int) -> Present:
    """An award of 200 whose person is one with another, and is not affected."""
    return Present(
        award_index=index,
        award_class=1,
        amount_minor=200,
        step=0,
        one_person_with=(99,),
        determined=False,
    )


def after(one: Correction, now: Present) -> Present:
    """How an award stands after its correction."""
    return Present(
        award_index=now.award_index,
        award_class=one.award_class,
        amount_minor=one.amount_minor,
        step=one.step,
        annulled_for=one.reason if one.amount_minor == 0 else None,
        one_person_with=now.one_person_with,
        determined=now.determined,
    )


def wanted(index: int, amount: int, reason: Reason) -> Wanted:
    """A correction that somebody asks for."""
    money = Money(amount_minor=amount, currency="CNY")
    return Wanted(award_index=index, amount=money, reason=reason, because="so")


@given(ASKED, HELD)
def test_the_books_follow_any_sequence_of_corrections(
    asked: list[tuple[int, int, Reason]], held: Mapping[int, Held]
) -> None:
    """Owed is what is awarded, as corrected; no award falls below what is held; log sums agree."""
    held = {index: one for index, one in held.items() if one.amount_minor <= 200}
    standing = {index: begun(index) for index in AWARDS}
    owed = sum(one.amount_minor for one in standing.values())
    for index, amount, reason in asked:
        one = wanted(index, amount, reason)
        if fault(one, standing[index], held.get(index), "CNY") is not None:
            continue
        made = corrections_of([one], standing, CLASSES)[0]
        owed += made.change_minor
        standing[index] = after(made, standing[index])
        assert (made.award_class == ANNULLED) == (made.amount_minor == 0)
        assert made.amount_minor or reason in ANNULLING
    assert owed == sum(one.amount_minor for one in standing.values())
    assert all(standing[index].amount_minor >= one.amount_minor for index, one in held.items())
    logged = [
        Logged(
            award_index=index,
            class_awarded=1,
            awarded_minor=200,
            award_class=one.award_class,
            amount_minor=one.amount_minor,
        )
        for index, one in standing.items()
        if one.step
    ]
    counts = counts_after({(1, 200): len(AWARDS)}, logged)
    assert sum(amount * count for (_, amount), count in counts.items()) == owed
    classes: States = classes_after(_all_of_one(), logged)
    assert [int(one) for one in classes] == [standing[index].award_class for index in AWARDS]


def _all_of_one() -> States:
    """Everybody's class as awarded."""
    return np.ones(len(AWARDS), dtype=np.uint8)


@given(st.lists(st.sampled_from(AMOUNTS[1:]), min_size=2, max_size=6), HELD)
def test_a_person_found_to_be_one_keeps_the_largest_and_what_was_sent(
    amounts: list[int], held: Mapping[int, Held]
) -> None:
    """One award stays, and those of which money was sent; the largest amount stays owed."""
    awards = [
        Present(award_index=index, award_class=1, amount_minor=amount, step=0)
        for index, amount in enumerate(amounts)
    ]
    proposed = proposed_for_one(awards, held, "CNY")
    left = dict(enumerate(amounts))
    for one in proposed.wanted:
        assert one.amount.amount_minor or one.award_index not in held
        left[one.award_index] = one.amount.amount_minor
    stays = {index for index, amount in left.items() if amount}
    paid = set(left) & set(held)
    assert stays == (paid or {min(left)})
    assert max(left.values()) == max(amounts)
    assert set(proposed.both_stand) == paid - {min(paid, default=-1)}
