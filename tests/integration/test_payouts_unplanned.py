"""Who is asked for when millions are planned, page by page, is who is asked for when few are."""

import pytest

from amends.payouts.planning import plan_store
from amends.payouts.planning.plan import plan_payable
from fake_provider import limits
from made_awards import make_awards
from made_cases import OpenedCase


@pytest.mark.parametrize("at_once", [1, 7])
def test_pages_have_everybody_who_is_payable_and_unplanned_once(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Some are planned, some cannot be paid, and between the awards there are gaps."""
    opened = opened_case()
    make_awards(opened, 10, needs_person=3)
    assert plan_payable(opened, [limits()]) == 7
    make_awards(opened, 12, first=100, spread=5, needs_person=2)
    with opened.database.reading() as connection:
        alone = plan_store.unplanned(connection, -1, 1_000)
        monkeypatch.setattr(plan_store, "_AT_ONCE", at_once)
        pages = list(plan_store.unplanned_pages(connection, persons=True))
        without = list(plan_store.unplanned_pages(connection, persons=False))
    assert alone.awards.tolist() == list(range(100, 150, 5))
    for name in ("awards", "amounts_minor", "persons"):
        found = [one for page in pages for one in list(getattr(page, name))]
        assert found == list(getattr(alone, name)), name
    assert [page.awards.tolist() for page in without] == [page.awards.tolist() for page in pages]
    assert not any(page.persons for page in without)
