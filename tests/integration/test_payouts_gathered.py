"""Packs of payees: a chunk pays what pages say, and nothing older than the last change of them."""

import asyncio

import pytest

from amends.kernel.accounts import AccountKind
from amends.payees import pages
from amends.payouts.paying import work_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.rails.model import Order, PreparedRequest
from amends.payouts.sending.gather_store import to_gather
from amends.payouts.sending.gathering import gather
from amends.vault.model import SealError
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates, limits
from made_awards import NOW, make_awards, make_payee, person
from made_cases import OpenedCase

PEOPLE = 12
IN_ROWS = 3
NOT_PAYABLE = 7


class Noting(FakeProvider):
    """Notes to which account each payment goes."""

    accounts: list[str]

    def prepare(self, order: Order) -> PreparedRequest:
        """A request."""
        self.accounts.append(order.payee_account)
        return super().prepare(order)


def _noting(opened: OpenCase) -> Noting:
    rail = Noting(
        seed=3,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=20_000_000,
        rail="alipay",
        account_kinds=frozenset((AccountKind.PHONE,)),
    )
    rail.accounts = []
    return rail


def _account(index: int) -> str:
    return f"139{index:08d}"


def _page(opened: OpenCase, members: range, *, changed: int | None = None) -> None:
    """A page of people, in place of the one that there was; one of them has another account."""
    ids = [person(index) for index in members]
    lines = "\n".join(
        f"{_account(index + 500 * (index == changed))}\tphone\t某人" for index in members
    )
    sealed = pages.seal(opened.vault, "".join(ids).encode(), lines.encode())
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO payees.page (first_id, members, sealed, mark, settled_at) "
            "VALUES (%(first)s, %(ids)s, %(sealed)s, %(mark)s, %(now)s) "
            "ON CONFLICT ON CONSTRAINT page_pkey DO UPDATE SET sealed = excluded.sealed",
            {"first": ids[0], "ids": ids, "sealed": sealed, "mark": b"m" * 16, "now": NOW},
        )


def _gathered(opened_case: OpenedCase) -> OpenCase:
    """A case whose payees stand in two pages, a few in rows; one is gone. Approved and gathered."""
    opened = opened_case(approve_as=("anna", "bert"))
    _page(opened, range(IN_ROWS, 7))
    _page(opened, range(7, PEOPLE))
    with opened.database.unit_of_work() as connection:
        for index in range(IN_ROWS):
            make_payee(opened, connection, index)
    for index in range(PEOPLE):
        # In two chunks, and not in the order of people.
        at = (index * 5) % PEOPLE + 1_000 * (index % 2)
        make_awards(opened, 1, first=at, declared=index == 0, whose=person(index))
    plan_payable(opened, [limits()])
    approve_planned(opened)
    with opened.database.unit_of_work() as connection:
        make_payee(opened, connection, NOT_PAYABLE, payable=False)
    assert gather(opened) == 0, "so few chunks are opened one by one"
    assert gather(opened, fewest=1) == 2
    assert gather(opened, fewest=1) == 0
    return opened


def test_payouts_packs_pay_whom_pages_and_rows_say(opened_case: OpenedCase) -> None:
    """Everybody gets their money where page or row says; packs are gone when it has left."""
    opened = _gathered(opened_case)
    rail = _noting(opened)
    counts = asyncio.run(work_through(opened, rail)).counts
    rows = [f"138{index:08d}" for index in range(IN_ROWS)]
    in_pages = [_account(index) for index in range(IN_ROWS, PEOPLE) if index != NOT_PAYABLE]
    assert sorted(rail.accounts) == sorted(rows + in_pages)
    assert (counts["settled"], counts["refused"]) == (PEOPLE - 1, 1)
    with opened.database.reading() as connection:
        left = connection.execute("SELECT count(*) FROM payouts.payee_pack").fetchone()
    assert left == (0,)


def test_payouts_a_pack_older_than_a_change_is_not_used(opened_case: OpenedCase) -> None:
    """Whoever has another account after packs were made is paid there; they can be made again."""
    opened = _gathered(opened_case)
    _page(opened, range(7, PEOPLE), changed=8)
    with opened.database.reading() as connection:
        assert len(to_gather(connection)) == 2
    rail = _noting(opened)
    asyncio.run(work_through(opened, rail))
    assert _account(508) in rail.accounts
    assert _account(8) not in rail.accounts


def test_payouts_a_pack_of_another_chunk_or_time_does_not_open(opened_case: OpenedCase) -> None:
    """By hand in the database nobody gives a chunk other payees, nor calls an old pack true."""
    opened = _gathered(opened_case)
    with opened.database.unit_of_work() as connection:
        packs = connection.execute(
            "SELECT chunk_no, changes, sealed FROM payouts.payee_pack ORDER BY chunk_no"
        ).fetchall()
        connection.execute("DELETE FROM payouts.payee_pack")
        for (chunk, changes, _), (_, _, other) in zip(packs, reversed(packs), strict=True):
            connection.execute(
                "INSERT INTO payouts.payee_pack VALUES (%s, %s, %s)", (chunk, changes, other)
            )
    with pytest.raises(SealError):
        asyncio.run(work_through(opened, _noting(opened)))
    with opened.database.unit_of_work() as connection:
        connection.execute("DELETE FROM payouts.payee_pack")
        connection.execute("INSERT INTO payees.change DEFAULT VALUES")
        for chunk, changes, sealed in packs:
            connection.execute(
                "INSERT INTO payouts.payee_pack VALUES (%s, %s + 1, %s)", (chunk, changes, sealed)
            )
    with pytest.raises(SealError):
        asyncio.run(work_through(opened, _noting(opened)))
