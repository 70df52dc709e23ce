from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from amends.awards.model import FindingKind
from amends.awards.rules import check_promise, permutation, randomness_bytes, right_promise
from amends.kernel.case import Promise
from amends.kernel.money import Money
from amends.kernel.tariff import flat

AMOUNT = st.integers(1, 10**9).map(lambda minor: Money(amount_minor=minor, currency="CNY"))
PEOPLE = st.integers(1, 10**7)


@given(st.integers(0, 300).flatmap(lambda n: st.binary(min_size=16 * n, max_size=16 * n)))
def test_a_permutation_numbers_everyone_once(randomness: bytes) -> None:
    """Whatever the bits, everybody has one place and no place is left out."""
    count = len(randomness) // 16
    assert randomness_bytes(count) == len(randomness)
    assert sorted(permutation(randomness).tolist()) == list(range(count))


@given(AMOUNT, PEOPLE)
def test_the_right_promise_always_passes(amount: Money, people: int) -> None:
    """The figures that are proposed are the ones that the check accepts."""
    tariff = flat(amount)
    wrong = Promise(per_person=amount, pay_within=timedelta(days=3))
    right = right_promise(wrong, tariff=tariff, people=people)
    assert check_promise(right, tariff=tariff, people=people) == []


@given(AMOUNT, PEOPLE, st.integers(-(10**12), 10**12).filter(bool))
def test_a_total_that_is_off_is_found_first_and_put_right(
    amount: Money, people: int, error_minor: int
) -> None:
    """Any wrong total is named first, beside people × per_person to the last digit."""
    total = amount * people + Money(amount_minor=error_minor, currency="CNY")
    promise = Promise(per_person=amount, pay_within=timedelta(days=3), people=people, total=total)
    tariff = flat(amount)
    first = check_promise(promise, tariff=tariff, people=people)[0]
    assert first.kind is FindingKind.PRODUCT
    assert (amount * people).display() in first.message
