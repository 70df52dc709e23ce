"""Who goes by which rail: as many as the forecast says, nobody by one that does not take them."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.accounts import AccountKind
from amends.kernel.money import Money
from amends.payouts.planning.carriers import Routes, carriers, carries
from amends.payouts.planning.drafting import Dues
from fake_provider import limits

CARDS = limits("alipay", frozenset((AccountKind.PHONE, AccountKind.BANK)))
BANK = limits("iso20022", frozenset((AccountKind.BANK,)))
KINDS = (AccountKind.PHONE, AccountKind.BANK, AccountKind.OPENID, None)


def dues(amounts: list[int], first: int = 0) -> Dues:
    """People who are owed these, by award."""
    count = len(amounts)
    return Dues(
        awards=np.arange(first, first + count, dtype=np.int64),
        amounts_minor=np.array(amounts, np.int64),
        generations=np.zeros(count, np.int64),
    )


def test_a_rail_carries_within_all_its_limits() -> None:
    """The least and the most of a payment, and the most to one person in a day."""
    small = Money(amount_minor=1_000, currency="CNY")
    strict = replace(BANK, payee_day_max=small)
    found = [carries(strict, minor) for minor in (9, 10, 1_000, 1_001)]
    assert found == [False, True, True, False]
    assert carriers([CARDS, BANK], AccountKind.BANK, 5_000_001) == frozenset()
    assert carriers([CARDS, BANK], None, 10) == frozenset()


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from((10, 20))), max_size=40),
    st.integers(0, 40),
    st.integers(1, 40),
)
def test_as_many_go_by_each_rail_as_is_told(
    people: list[tuple[AccountKind | None, int]], by_alipay: int, size: int
) -> None:
    """Everybody who can be carried goes by one rail that takes them, the first ones as told."""
    rails = [CARDS, BANK]
    kinds, amounts = [kind for kind, _ in people], [minor for _, minor in people]
    routes = Routes(rails)
    pages = [
        (dues(amounts[at : at + size], at), kinds[at : at + size])
        for at in range(0, len(people), size)
    ]
    for page, some in pages:
        routes.note(page, some)
    both = frozenset(("alipay", "iso20022"))
    split = {
        group: {"alipay": min(by_alipay, count), "iso20022": max(0, count - by_alipay)}
        for group, count in routes.groups.items()
        if group[1] == both
    }
    routes.decide(split)
    went: dict[int, str] = {}
    for page, _ in pages:
        for rail, places in routes.of(page).items():
            went |= dict.fromkeys(page.awards[places].tolist(), rail)
    for at, (kind, minor) in enumerate(people):
        able = carriers(rails, kind, minor)
        assert (at in went) == bool(able)
        assert went.get(at) in {None, *able}
    for (minor, _), told in split.items():
        own = [went[at] for at, one in enumerate(people) if one == (AccountKind.BANK, minor)]
        assert own == ["alipay"] * told["alipay"] + ["iso20022"] * told["iso20022"]
