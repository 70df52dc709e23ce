"""Compiled look-ups are what NumPy says of the same places."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage.compiled.lookups import fill, looked_up, note_firsts, put, put_at, write_slot

PLACES = st.lists(st.integers(-1, 6), max_size=40)
VALUES = np.arange(10, 17, dtype=np.int32)


@given(PLACES)
def test_values_are_looked_up(places: list[int]) -> None:
    """A place of -1 is the last one; also for a slot of rows, and where numbers are missing."""
    at = np.array(places, dtype=np.int32)
    expected = VALUES[at]
    assert looked_up(VALUES, at).tolist() == expected.tolist()
    rows = np.zeros((len(at), 3), dtype=np.int32)
    write_slot(rows, 1, VALUES, at)
    assert rows.tolist() == [[0, value, 0] for value in expected.tolist()]
    numbers = np.where(np.arange(len(at)) % 2, -1, 5).astype(np.int32)
    filled = np.where(numbers < 0, expected, numbers)
    fill(numbers, VALUES, at)
    assert numbers.tolist() == filled.tolist()


@given(st.permutations(range(7)), st.lists(st.sampled_from(range(7)), unique=True))
def test_values_are_put_where_they_belong(standing: list[int], accounts: list[int]) -> None:
    """Straight, or where each account stands; other places stay."""
    where, some = np.array(standing, dtype=np.int32), np.array(accounts, dtype=np.int64)
    own = VALUES[: len(some)]
    expected, target, stood = (np.full(7, -1, dtype=np.int32) for _ in range(3))
    put_at(target, some, own)
    expected[some] = own
    assert target.tolist() == expected.tolist()
    put(stood, where, some, own)
    assert stood[where].tolist() == expected.tolist()


@given(st.lists(st.integers(0, 4), max_size=20), st.randoms())
def test_the_first_place_of_each_person_is_noted(person: list[int], dice: Random) -> None:
    """The first place in the order; who has no account keeps what there was."""
    order = list(range(len(person)))
    dice.shuffle(order)
    first = np.full(5, -1, dtype=np.int64)
    note_firsts(np.array(person, dtype=np.int64), np.array(order, dtype=np.int64), first)
    in_order = [person[account] for account in order]
    assert first.tolist() == [in_order.index(p) if p in in_order else -1 for p in range(5)]
