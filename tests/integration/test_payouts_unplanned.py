"""Who is asked for when millions are planned, page by page, is who is asked for when few are."""

import pytest

from amends.payouts.planning import plan_store
from amends.payouts.planning.plan import plan_payable
from amends.store.connection import Connection
from fake_provider import limits
from made_awards import AMOUNT_MINOR, NOW, make_awards, person
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


def _page(connection: Connection, members: list[str]) -> None:
    connection.execute(
        "INSERT INTO payees.page (first_id, members, sealed, mark, settled_at) "
        "VALUES (%(first)s, %(members)s, 'sealed', 'mark', %(now)s)",
        {"first": members[0], "members": members, "now": NOW},
    )


def _row(connection: Connection, person_id: str, *, payable: bool) -> None:
    connection.execute(
        "INSERT INTO payees.payee (person_id, state, reason, kind, settled_at) "
        "VALUES (%(id)s, %(state)s, %(reason)s, %(kind)s, %(now)s)",
        {
            "id": person_id,
            "state": "payable" if payable else "needs_person",
            "reason": None if payable else "held",
            "kind": "guardian" if payable else None,
            "now": NOW,
        },
    )


TWO = "9" * 26 + "," + "9" * 25 + "a"
"""One id that reads like two."""

STATES = {
    person(1): True,
    person(2): True,
    person(3): False,
    person(4): True,
    person(5): False,
    person(6): False,
    person(8): True,
    person(8)[:-1] + "A": True,
    "7" + "z" * 25: True,
    "9" * 26: False,
    "9" * 25 + "a": False,
    TWO: True,
    "A" * 26: True,
    "back\\slash" + "0" * 16: True,
    "b" * 25: True,
    "b" * 26: False,
    "b" * 27: True,
    "line\n" + "0" * 21: True,
    "short": True,
    "short of all": False,
    "z" * 26: True,
    "é" * 13: True,
}
"""Whether somebody is payable."""


def _settle(connection: Connection) -> None:
    """In pages, in rows of their own, in both and in none; ids as they should be, and others."""
    _page(connection, [person(1), person(2), person(3)])
    _row(connection, person(2), payable=True)
    _row(connection, person(3), payable=False)
    _row(connection, person(4), payable=True)
    _row(connection, person(5), payable=False)
    _page(connection, [person(8), person(8)[:-1] + "A"])
    _page(connection, ["7" + "z" * 25])
    _page(connection, [TWO])
    _page(connection, ["A" * 26])
    _page(connection, ["back\\slash" + "0" * 16])
    _page(connection, ["b" * 25, "b" * 27])
    _page(connection, ["line\n" + "0" * 21])
    _page(connection, ["short"])
    _row(connection, "short of all", payable=False)
    _page(connection, ["z" * 26, "é" * 13])


@pytest.mark.parametrize("at_once", [1, 2, 5, len(STATES)])
@pytest.mark.parametrize("regular", [True, False])
def test_pages_have_those_of_whom_the_view_says_that_they_are_payable(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch, at_once: int, *, regular: bool
) -> None:
    """Whether they are known from their ids, or their ids are such that they have to be asked."""
    opened = opened_case()
    asked = sorted(STATES)[::-1]
    if regular:
        asked = [one for one in asked if len(one) == 26 and one.isalnum() and one == one.lower()]
    with opened.database.unit_of_work() as connection:
        _settle(connection)
        for index, who in enumerate(asked):
            connection.execute(
                "INSERT INTO awards.award (award_index, person_id, class, amount_minor, currency, "
                "tranche, awarded_at) VALUES (%(index)s, %(id)s, 0, %(amount)s, 'CNY', 1, %(now)s)",
                {"index": index, "id": who, "amount": AMOUNT_MINOR, "now": NOW},
            )
    with opened.database.reading() as connection:
        view = connection.execute("SELECT person_id FROM payees.standing WHERE state = 'payable'")
        payable = {str(one) for (one,) in view}
        alone = plan_store.unplanned(connection, -1, 1_000)
        monkeypatch.setattr(plan_store, "_AT_ONCE", min(at_once, len(asked)))
        pages = list(plan_store.unplanned_pages(connection, persons=True))
        without = list(plan_store.unplanned_pages(connection, persons=False))
    assert [one in payable for one in asked] == [STATES[one] for one in asked]
    due = [index for index, one in enumerate(asked) if STATES[one]]
    assert alone.awards.tolist() == due
    assert [award for page in pages for award in page.awards.tolist()] == due
    assert [award for page in without for award in page.awards.tolist()] == due
    assert [who for page in pages for who in page.persons] == [asked[index] for index in due]
