import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.money import Money, allocate, exponent

CURRENCIES = st.sampled_from(["CNY", "GBP", "JPY", "KWD"])


@given(st.integers(min_value=0, max_value=10**14), CURRENCIES)
def test_an_amount_reads_back_what_it_writes(amount_minor: int, currency: str) -> None:
    """Parsing the text of an amount gives the amount, in currencies of 0, 2 and 3 digits."""
    money = Money(amount_minor=amount_minor, currency=currency)
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize(
    "text",
    [
        "5000",
        "CNY5000",
        "CNY 5000.001",
        "JPY 1.5",
        "cny 5",
        "CNY -5",
        "CNY 5,000",
        "CNY ５",
        "CNY 5.",
    ],
)
def test_what_is_not_an_amount_is_refused(text: str) -> None:
    """Only the one written form is an amount."""
    with pytest.raises(ValueError, match=r"amount|digits"):
        Money.parse(text)


def test_the_model_case_multiplies_to_fifteen_billion() -> None:
    """3,000,000 people times 5,000 CNY is 15 billion, not 1.5."""
    total = Money.parse("CNY 5000.00") * 3_000_000
    assert str(total) == "CNY 15000000000.00"
    assert total.display() == "CNY 15,000,000,000.00"


@given(
    st.integers(min_value=0, max_value=10**12),
    st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=50).filter(any),
)
def test_the_parts_sum_to_the_whole(amount_minor: int, weights: list[int]) -> None:
    """Allocation loses no cent, and no part is off by a whole one."""
    parts = allocate(Money(amount_minor=amount_minor, currency="CNY"), weights)
    assert sum(part.amount_minor for part in parts) == amount_minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.amount_minor * sum(weights) - amount_minor * weight) < sum(weights)


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_weights_that_divide_nothing_are_refused(weights: list[int]) -> None:
    """Nothing is divided by no weight, or by a negative one."""
    with pytest.raises(ValueError, match="weights"):
        allocate(Money(amount_minor=100, currency="CNY"), weights)


def test_currencies_do_not_mix() -> None:
    """Yuan and pounds do not add."""
    with pytest.raises(ValueError, match="do not add"):
        Money(amount_minor=1, currency="CNY") + Money(amount_minor=1, currency="GBP")


def test_difference_may_be_negative() -> None:
    """A shortfall is shown with its sign."""
    assert str(Money.parse("KWD 1.000") - Money.parse("KWD 1.250")) == "KWD -0.250"
    assert exponent("KWD") == 3
