import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.linkage.compiled import shares
from amends.linkage.compiled.shares import Rows

PEOPLE = 4
ROWS = st.lists(
    st.tuples(
        st.integers(0, PEOPLE - 1),
        st.integers(0, 2**62),
        st.floats(0, 1),
        st.integers(0, 2_000_000),
        st.integers(1, 9),
        st.sampled_from([0, 1, 2]),
    ),
    max_size=20,
)


@given(ROWS)
def test_people_have_what_their_rows_say(
    said: list[tuple[int, int, float, int, int, int]],
) -> None:
    """Per person: how many rows, all bits of all, the largest and the smallest, exactly."""
    columns = list(zip(*said, strict=True)) or [()] * 6
    person, mask, probability, strength, tranche, methods = columns
    people = np.full((PEOPLE, 6), shares.NOTHING, dtype=np.int64)
    rows = Rows(
        person=np.array(person, dtype=np.uint32),
        mask=np.array(mask, dtype=np.int64),
        probability=np.array(probability, dtype=np.float64).view(np.int64),
        strength=np.array(strength, dtype=np.int32),
        tranche=np.array(tranche, dtype=np.int32),
        methods=np.array(methods, dtype=np.uint8),
    )
    shares.share(rows, people)
    for one in range(PEOPLE):
        own = [row for row in said if row[0] == one]
        found = people[one]
        if not own:
            assert found.tolist() == list(shares.NOTHING)
            continue
        assert found[shares.ROWS] == len(own)
        assert found[shares.MASK] == np.bitwise_or.reduce([row[1] for row in own])
        assert found[[shares.LIKELIEST]].view(np.float64)[0] == max(row[2] for row in own)
        assert found[shares.STRONGEST] == min(row[3] for row in own)
        assert found[shares.FIRST] == min(row[4] for row in own)
        assert found[shares.METHODS] == np.bitwise_or.reduce([row[5] for row in own])


@given(st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, 130)), max_size=20))
def test_people_hold_the_words_of_their_accounts(accounts: list[tuple[int, int]]) -> None:
    """A bit per word, 63 in each mask."""
    owner = np.array([one for one, _ in accounts], dtype=np.uint32)
    word = np.array([number for _, number in accounts], dtype=np.uint32)
    held = np.zeros((3, PEOPLE), dtype=np.int64)
    shares.hold(owner, word, 63, held)
    found = {
        (one, 63 * mask + bit)
        for mask in range(3)
        for one in range(PEOPLE)
        for bit in range(63)
        if int(held[mask, one]) >> bit & 1
    }
    assert found == set(accounts)
