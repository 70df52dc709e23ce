"""Who is due, in columns: what the money covers, in which chunks they go, what is approved."""

import hashlib
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.ids import InstructionId, PersonId
from amends.payouts.numbers import CHUNK
from amends.payouts.planning.drafting import Digest, Dues, drafted, within

SECRET = bytes(range(32))
AWARDS = st.lists(st.integers(0, 9_999), unique=True, max_size=40).map(sorted)


def _dues(awards: list[int], amounts: list[int]) -> Dues:
    return Dues(
        awards=np.array(awards, np.int64),
        amounts_minor=np.array(amounts, np.int64),
        generations=np.zeros(len(awards), np.int64),
    )


@given(st.lists(st.integers(1, 50), max_size=12), st.integers(-1, 300))
def test_payouts_money_covers_nobody_behind_the_first_whom_it_does_not(
    amounts: list[int], left: int
) -> None:
    """As one would go through them by hand: until the money is at its end."""
    covered, rest = within(left, _dues(list(range(len(amounts))), amounts))
    by_hand: list[int] = []
    for amount in amounts:
        if left < 0:
            break
        left -= amount
        if left >= 0:
            by_hand.append(amount)
    assert covered.amounts_minor.tolist() == by_hand
    assert rest == left
    assert len(within(None, covered)[0]) == len(covered)


@given(AWARDS, st.integers(0, 40), st.data())
def test_payouts_chunks_hold_the_awards_of_a_thousand_and_the_digest_is_of_all(
    awards: list[int], cut: int, data: st.DataObject
) -> None:
    """Wherever a page ends: places count from 0, bounds are true, and the lines are sorted."""
    amounts = [data.draw(st.integers(1, 10**9)) for _ in awards]
    digest, lines, next_chunk = Digest(), [], 7
    for page in (slice(None, cut), slice(cut, None)):
        made = drafted(SECRET, "alipay", _dues(awards[page], amounts[page]), first_chunk=next_chunk)
        digest.add(made)
        at = 0
        for chunk in made.chunks():
            members = awards[page][at : at + chunk.instructions]
            assert len({award // CHUNK for award in members}) == 1
            assert (chunk.first_award, chunk.last_award) == (members[0], members[-1])
            assert made.places[at : at + chunk.instructions].tolist() == list(range(len(members)))
            assert set(made.chunk_nos[at : at + chunk.instructions].tolist()) == {next_chunk}
            at, next_chunk = at + chunk.instructions, next_chunk + 1
        assert at == len(made.dues)
        lines += [f"{n} {a}\n" for n, a in zip(made.numbers(), amounts[page], strict=True)]
    assert digest.hex() == hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def test_payouts_dues_are_chosen_with_all_that_belongs_to_them() -> None:
    """Persons and what came before go along, where there are any."""
    dues = replace(
        _dues([5, 6, 7], [1, 2, 3]),
        persons=[PersonId("a"), PersonId("b"), PersonId("c")],
        after=[InstructionId("x"), InstructionId("y"), InstructionId("z")],
        came_back_minor=[0, 9, 8],
    )
    some = dues.at([0, 2])
    assert (some.awards.tolist(), some.persons, some.after) == ([5, 7], ["a", "c"], ["x", "z"])
    assert (some.amounts_minor.tolist(), some.came_back_minor) == ([1, 3], [0, 8])
