"""No more is looked at than has to be: nobody is counted for a plan of nobody."""

from collections.abc import Iterable, Sequence

import psycopg
import pytest

from amends.kernel.accounts import AccountKind
from amends.payouts.planning import forecast_store, plan
from amends.payouts.planning.allowance_store import refused_minor
from amends.payouts.planning.forecasting import still_to_pay
from amends.payouts.planning.plan import approve_planned, plan_again, plan_payable, plan_raises
from amends.payouts.planning.replan_store import waiting
from amends.payouts.rails.limits import limits_of
from amends.payouts.sending.gather_store import places_of
from amends.vault.opened import OpenCase
from amends.vault.service import Vault
from explained import plan_of
from fake_provider import limits
from made_awards import make_awards, make_page, make_ten, person
from made_cases import MINIMAL_CASE, OpenedCase

TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
RAILS = [limits(rail) for rail in ("alipay", "wechatpay")]


def test_payouts_what_a_quota_gets_back_is_found_among_what_ended_unpaid(
    opened_case: OpenedCase,
) -> None:
    """It is asked for each chunk at the end of a quota: all payments would be read for each."""
    opened = opened_case(MINIMAL_CASE)
    since = opened.clock.now()
    with opened.database.reading() as connection:
        # whole tables are read only where there is no other way
        connection.execute("SET LOCAL enable_seqscan TO off")
        told = plan_of(connection, lambda one: refused_minor(one, "alipay", since))
    assert "attention" in told
    assert "Seq Scan" not in told


def test_payouts_payees_are_gathered_in_a_time_that_grows_with_their_number(
    opened_case: OpenedCase,
) -> None:
    """A plan of ten chunks has just come to a first one: chunks are not looked through for each."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    rail = [limits("alipay")]
    make_awards(opened, 1)
    assert plan_payable(opened, rail) == approve_planned(opened) == 1
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute("ANALYZE")
    make_awards(opened, 10, first=1000, spread=1000, declared=False)
    assert plan_payable(opened, rail) == approve_planned(opened) == 10
    with opened.database.reading() as connection:
        told = plan_of(connection, lambda one: places_of(one, 0, 10))
        assert len(places_of(connection, 0, 10)) == 11
        assert connection.execute("SHOW enable_nestloop").fetchone() == ("on",)
    assert "Nested Loop" not in told


def test_payouts_of_very_many_with_further_accounts_the_last_in_the_queue_are_looked_at(
    opened_case: OpenedCase,
) -> None:
    """So many of each rail as can be kept in memory."""
    opened = opened_case(TWO_RAILS)
    make_ten(opened, with_openids=range(2, 9))
    phones = limits("alipay", frozenset((AccountKind.PHONE,)))
    assert plan_payable(opened, [phones]) == 10
    with opened.database.reading() as connection:
        assert [one.award_index for one in waiting(connection, 3)] == [6000, 7000, 8000]
        assert len(list(waiting(connection, 100))) == 7


def test_payouts_pages_of_payees_are_unpacked_only_where_many_have_no_plan(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command asks four times how many these are: of millions, where nearly all are paid."""
    opened = opened_case(MINIMAL_CASE)
    mixed(opened)
    with opened.database.reading() as connection:
        assert forecast_store.unplanned(connection) == [(500_000, 10)]
        assert "unnest" not in plan_of(connection, forecast_store.unplanned)
        monkeypatch.setattr(forecast_store, "AT_ONCE", 12)
        assert forecast_store.unplanned(connection) == [(500_000, 10)]
        assert "unnest" in plan_of(connection, forecast_store.unplanned)
    assert plan_payable(opened, [limits("alipay")]) == 10
    make_awards(opened, 1, first=12, declared=False, amount_minor=7)
    with opened.database.reading() as connection:
        assert forecast_store.unplanned(connection) == [(7, 1)]
        assert "unnest" not in plan_of(connection, forecast_store.unplanned)


def never(*_: object, **__: object) -> list[object]:
    """What must not be called."""
    raise AssertionError("looked at everybody")


def test_payouts_where_nobody_is_due_no_forecast_is_made_for_a_plan(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`amends pay` asks three times who is due: a forecast reads all payments each time."""
    opened = opened_case(TWO_RAILS)
    make_awards(opened, 4)
    assert plan_payable(opened, RAILS) == 4
    monkeypatch.setattr(forecast_store, "checked", never)
    assert plan_payable(opened, RAILS) == 0
    assert plan_again(opened, RAILS) == 0
    assert plan_raises(opened, RAILS) == 0


def test_payouts_nobodys_account_is_opened_while_a_first_batch_is_open(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No rail has a place: who of millions would go by which is asked when one has."""
    opened = opened_case(TWO_RAILS + "\n[pay]\nfirst = 2\n")
    make_awards(opened, 4)
    make_awards(opened, 4, first=4, account_kind="openid", declared=False)
    rails = [
        limits("alipay", frozenset((AccountKind.PHONE,))),
        limits("wechatpay", frozenset((AccountKind.OPENID,))),
    ]
    assert plan_payable(opened, rails) == 4
    monkeypatch.setattr(plan, "kinds_of", never)
    assert plan_payable(opened, rails) == 0


def mixed(opened: OpenCase) -> None:
    """Of twelve six stand in two pages, and four of the others are payable, two by an openid."""
    make_awards(opened, 4, needs_person=2)
    make_awards(opened, 2, first=4, account_kind="openid", declared=False)
    make_awards(opened, 6, first=6, declared=False)
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute(
            "DELETE FROM payees.payee WHERE person_id = ANY(%s)",
            [[person(at) for at in range(6, 12)]],
        )
    for members in (range(6, 9), range(9, 12)):
        make_page(opened, members)


def test_payouts_a_forecast_opens_each_page_of_payees_once(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many; the same people are found as where each is looked up."""
    opened = opened_case(TWO_RAILS)
    mixed(opened)
    singly = still_to_pay(opened)
    assert [(one.people, sorted(one.rails)) for one in singly] == [
        (8, ["alipay"]),
        (2, ["wechatpay"]),
    ]
    monkeypatch.setattr(forecast_store, "AT_ONCE", 12)
    opens: list[int] = []
    each = Vault.unseal_each

    def counted(
        vault: Vault, sealed: Sequence[bytes], purpose: str, rows: Sequence[str]
    ) -> Iterable[bytes]:
        opens.append(len(sealed))
        return each(vault, sealed, purpose, rows)

    monkeypatch.setattr(Vault, "unseal_each", counted)
    assert still_to_pay(opened) == singly
    assert sum(opens) == 2
    monkeypatch.setattr(forecast_store, "AT_ONCE", 5)
    assert still_to_pay(opened) == singly
    assert plan_payable(opened, limits_of(opened.case)) == 10
