"""No more is looked at than has to be: nobody is counted for a plan of nobody."""

import pytest

from amends.kernel.accounts import AccountKind
from amends.payouts.planning import forecast_store, plan
from amends.payouts.planning.plan import plan_again, plan_payable, plan_raises
from fake_provider import limits
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase

TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
RAILS = [limits(rail) for rail in ("alipay", "wechatpay")]


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
