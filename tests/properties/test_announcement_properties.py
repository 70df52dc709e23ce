from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from amends.announcement.model import Group
from amends.announcement.rules import class_figures, costs, total_of
from amends.kernel.announcing import a_credit_code, credit_code_check
from amends.kernel.case import Company, Text
from amends.kernel.money import Money
from amends.kernel.numerals import chinese, chinese_short, english, english_short, read_number

PRODUCTS = ("a", "b", "c", "d", "unknown")
OF_PRODUCT = {"a": "one", "b": "two", "c": "two", "d": "three"}
GROUPS = st.lists(
    st.builds(
        lambda products, number, amount, people: Group(
            products=tuple(sorted(products)),
            award_class=number,
            amount=Money(amount_minor=amount, currency="CNY"),
            people=people,
        ),
        st.sets(st.sampled_from(PRODUCTS)),
        st.integers(0, 3),
        st.integers(1, 10**7),
        st.integers(1, 10**6),
    ),
    max_size=12,
)
SHARES = st.lists(st.integers(1, 1000), min_size=3, max_size=3)


def companies(weights: list[int]) -> list[Company]:
    """Three companies whose shares add up to 1."""
    return [
        Company(id=name, name=Text(zh=name, en=name), share=Fraction(weight, sum(weights)))
        for name, weight in zip(("one", "two", "three"), weights, strict=True)
    ]


@given(GROUPS, SHARES)
def test_what_companies_bear_adds_up_to_the_total(groups: list[Group], weights: list[int]) -> None:
    """To the last fen; and who is concerned by nobody's data bears nothing."""
    borne = costs(groups, companies(weights), OF_PRODUCT, "CNY")
    total = total_of(class_figures(groups), "CNY")
    assert sum(one.cost.amount_minor for one in borne) == total.amount_minor
    for one in borne:
        assert one.cost.amount_minor >= 0
        assert (one.people > 0) or one.cost.amount_minor == 0
        concerned = sum(
            group.amount.amount_minor * group.people
            for group in groups
            if one.company in {OF_PRODUCT[p] for p in group.products if p in OF_PRODUCT}
            or not set(group.products) & set(OF_PRODUCT)
        )
        assert one.cost.amount_minor <= concerned


@given(GROUPS, SHARES, st.randoms())
def test_the_order_of_groups_changes_nothing(
    groups: list[Group],
    weights: list[int],
    random: Random,
) -> None:
    """Same people, same costs."""
    shuffled = list(groups)
    random.shuffle(shuffled)
    three = companies(weights)
    assert costs(shuffled, three, OF_PRODUCT, "CNY") == costs(groups, three, OF_PRODUCT, "CNY")


@given(st.integers(0, 10**15 - 1))
def test_a_number_that_is_said_is_read_as_itself(number: int) -> None:
    """In both languages, short and in words."""
    for say in (chinese, chinese_short, english, english_short):
        assert read_number(say(number)) == number


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=17, max_size=17), st.data())
def test_one_wrong_sign_in_a_credit_code_is_found(code: str, data: st.DataObject) -> None:
    """GB 32100: the check character finds every single error."""
    whole = code + credit_code_check(code)
    assert a_credit_code(whole) == whole
    place = data.draw(st.integers(0, 17))
    other = data.draw(st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
    changed = whole[:place] + other + whole[place + 1 :]
    try:
        a_credit_code(changed)
    except ValueError:
        assert changed != whole
    else:
        assert changed == whole
