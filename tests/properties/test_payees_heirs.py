"""Estates: shares add up, and heirs who cannot be paid are refused with a reason."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.money import Money
from amends.kernel.saying import Said
from amends.payees import by_hand
from amends.payees.heirs import Heir, read, split, wrong

DAY = date(2026, 11, 21)


def heir(account: str = "13900139000", **more: object) -> Heir:
    """An heir who consents."""
    found = read(
        [{"name": "种植子", "account": account, "relation": "child", "consents": True, **more}]
    )
    assert isinstance(found, list)
    return found[0]


@given(st.integers(1, 10**12), st.lists(st.integers(1, 1000), min_size=1, max_size=12))
def test_shares_add_up_and_nobody_is_off_by_more_than_one(owed: int, shares: list[int]) -> None:
    """Whole fen by largest remainder: each within one of the exact part."""
    heirs = [heir(str(number), share=share) for number, share in enumerate(shares)]
    parts = split(Money(amount_minor=owed, currency="CNY"), heirs)
    assert sum(part.amount_minor for part in parts) == owed
    for part, share in zip(parts, shares, strict=True):
        assert abs(part.amount_minor * sum(shares) - owed * share) < sum(shares)


@pytest.mark.parametrize(
    ("heirs", "why"),
    [
        ([], "no heir is named"),
        ([heir(), heir("b", consents=False)], "heir 2 has not consented"),
        ([heir(born=date(2010, 1, 1))], "heir 1 is a minor"),
        ([heir("x"), heir(" X ")], "heirs 1 and 2 claim one account"),
    ],
)
def test_heirs_who_cannot_be_paid_are_refused(heirs: list[Heir], why: str) -> None:
    """With the number of the heir, and without a name."""
    said = wrong(heirs, DAY, small_estate=False)
    assert said is not None
    assert why in said
    assert "种植" not in said


def test_a_small_estate_goes_to_one_heir() -> None:
    """Who answers for the others; their consent is not asked."""
    assert wrong([heir(), heir("b")], DAY, small_estate=True) is not None
    assert wrong([heir(consents=False)], DAY, small_estate=True) is None


@pytest.mark.parametrize(
    "more", [{"share": 0}, {"share": 0.5}, {"born": "1990"}, {"unknown": 1}, {"relation": ""}]
)
def test_a_file_of_heirs_is_read_strictly(more: dict[str, object]) -> None:
    """What is wrong is said with the number of the heir."""
    found = read([{"name": "种植子", "account": "b", "relation": "child", **more}])
    assert isinstance(found, Said)
    assert "heir 1" in found


def test_an_heir_does_not_print_name_and_account() -> None:
    """The values are not in the text that logs and tracebacks show."""
    assert "种植" not in repr(heir())
    assert "139" not in repr(heir())


@given(st.data())
def test_paying_by_hand_adds_up_whatever_is_raised_in_between(data: st.DataObject) -> None:
    """What is due is never negative and adds up; where nothing is due, all that is owed is paid."""
    weights = data.draw(st.lists(st.integers(1, 1_000), min_size=1, max_size=6))
    owed = data.draw(st.integers(1, 10_000_000))
    paid: dict[int, int] = {}
    for _ in range(4 * len(weights)):
        parts = by_hand.due(Money(amount_minor=owed, currency="CNY"), weights, paid)
        assert min(part.amount_minor for part in parts) >= 0
        assert sum(part.amount_minor for part in parts) == owed - sum(paid.values())
        there = [no for no, part in enumerate(parts, 1) if part.amount_minor]
        if not there:
            assert sum(paid.values()) == owed
            return
        no = data.draw(st.sampled_from(there))
        paid[no] = paid.get(no, 0) + parts[no - 1].amount_minor
        if len(paid) < len(weights):
            owed += data.draw(st.integers(0, 5))


def test_shares_that_were_agreed_are_those_that_are_due() -> None:
    """Nothing paid and nothing corrected: as the heirs agreed, in their order."""
    owed = Money(amount_minor=500_000, currency="CNY")
    parts = [part.amount_minor for part in by_hand.due(owed, [2, 1], {})]
    assert parts == [333_333, 166_667]
    assert [part.amount_minor for part in by_hand.due(owed, [2, 1], {1: 333_333})] == [0, 166_667]
