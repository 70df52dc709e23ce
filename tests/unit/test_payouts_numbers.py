"""Numbers of instructions."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.ids import AwardIndex
from amends.payouts.numbers import LENGTH, case_tag, numbers_of

SECRET = bytes(range(32))
INDEXES = st.integers(0, 1_048_575_999).map(AwardIndex)


def number_of(secret: bytes, award_index: AwardIndex, *, rail: str, generation: int) -> str:
    """The number of one award."""
    awards, generations = np.array([award_index]), np.array([generation])
    return numbers_of(secret, awards, rail=rail, generations=generations).decode()


def test_payouts_number_is_what_it_was() -> None:
    """A number never changes between versions: a provider knows it for ever.

    OpenSSL gives the same: the last 100 bits of AES-256-ECB of two integers of eight octets, under
    the HMAC-SHA-256 of ``rail``, a zero octet, and the rail's name.
    """
    number = number_of(SECRET, AwardIndex(1_234), rail="alipay", generation=0)
    assert number == "VJ0Q0001Z86ZX7THPJ039N8T8J2J00"
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{30}", number)
    assert number.startswith(case_tag(SECRET) + "0001")
    assert number.endswith("00")


@given(first=INDEXES, second=INDEXES, generations=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_payouts_numbers_differ_where_anything_differs(
    first: AwardIndex, second: AwardIndex, generations: tuple[int, int]
) -> None:
    """Two awards or generations never share a number, and every number fits every rail."""
    one = number_of(SECRET, first, rail="alipay", generation=generations[0])
    other = number_of(SECRET, second, rail="alipay", generation=generations[1])
    assert (one == other) == ((first, generations[0]) == (second, generations[1]))
    assert len(one) == LENGTH <= 32
    assert one != number_of(SECRET, first, rail="wechatpay", generation=generations[0])
    assert one != number_of(SECRET[::-1], first, rail="alipay", generation=generations[0])


@given(st.lists(st.tuples(INDEXES, st.integers(0, 1_023)), max_size=5))
def test_payouts_numbers_of_many_are_those_of_each(pairs: list[tuple[AwardIndex, int]]) -> None:
    """Who else gets a number at the same time changes nothing."""
    awards, generations = np.array(pairs, np.int64).reshape(-1, 2).T
    each = [number_of(SECRET, award, rail="counter", generation=of) for award, of in pairs]
    told = numbers_of(SECRET, awards, rail="counter", generations=generations).decode()
    assert told == "".join(each)


def test_payouts_numbers_of_a_chunk_do_not_tell_the_order_of_awards() -> None:
    """Sorted by number, the awards of a chunk are not in their order."""
    numbers = [number_of(SECRET, AwardIndex(i), rail="alipay", generation=0) for i in range(1_000)]
    assert len({number[:8] for number in numbers}) == 1
    rising = sum(one < other for one, other in itertools.pairwise(numbers))
    assert 400 < rising < 600


@pytest.mark.parametrize(("index", "generation"), [(1_048_576_000, 0), (-1, 0), (0, 1_024)])
def test_payouts_number_refuses_what_it_cannot_carry(index: int, generation: int) -> None:
    """An index or generation beyond the digits is an error, not another award's number."""
    with pytest.raises(ValueError, match="beyond"):
        number_of(SECRET, AwardIndex(index), rail="alipay", generation=generation)
