"""Plans and their signatures: each by its own, by the money of the case; none holds up others."""

import asyncio

import psycopg
import pytest

from amends.governance.service import add_operator, approve, pending
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.model import RailShortError
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning import plan_store
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import AMOUNT_MINOR, make_awards
from made_cases import MINIMAL_CASE, OpenedCase

PEOPLE = ("anna", "bert", "cleo", "dora")
BAND = '\n[[governance.band]]\nfrom = "CNY 40000.00"\npeople = 4\none_of = ["dora"]\n'
TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'


def provider(
    opened: OpenCase,
    rail: str = "alipay",
    kind: AccountKind = AccountKind.PHONE,
    funds_minor: int = 10 * AMOUNT_MINOR,
) -> FakeProvider:
    """A provider without mishaps."""
    return FakeProvider(
        seed=1,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=funds_minor,
        rail=rail,
        account_kinds=frozenset((kind,)),
    )


def two_rails(opened: OpenCase, *, held_minor: int) -> tuple[FakeProvider, FakeProvider]:
    """Five by each of two rails; so much lies at the second."""
    make_awards(opened, 5)
    make_awards(opened, 5, first=5, account_kind="wallet", declared=False)
    return (
        provider(opened, funds_minor=5 * AMOUNT_MINOR),
        provider(opened, "wechatpay", AccountKind.WALLET, held_minor),
    )


def sign(opened: OpenCase, *names: str, rail: str = "") -> None:
    """Let people sign what waits, or what waits of one rail."""
    for waiting in pending(opened):
        if f'"rail":"{rail}' in waiting.proposal.body:
            for name in names:
                approve(opened, waiting.proposal.digest, name)


def everybody(opened: OpenCase) -> None:
    """There are four who may sign."""
    for name in PEOPLE:
        add_operator(opened, name)


def test_the_database_lets_no_plan_out_that_nobody_signed(opened_case: OpenedCase) -> None:
    """Neither without a proposal nor under its own that one person signed; nothing leaves."""
    opened = opened_case()
    everybody(opened)
    make_awards(opened, 10)
    alipay = provider(opened)
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(opened, alipay))
    sign(opened, "anna")
    (proposed,) = pending(opened)
    for digest in ("0" * 64, proposed.proposal.digest):
        with (
            pytest.raises(psycopg.errors.CheckViolation) as refused,
            opened.database.unit_of_work() as connection,
        ):
            plan_store.approve_plan(connection, 1, digest, opened.clock.now())
        assert refused.value.diag.constraint_name == "plan_signed_as_it_is"
    asyncio.run(work_through(opened, alipay))
    assert not alipay.orders
    sign(opened, "bert")
    asyncio.run(pay_through(opened, alipay))
    assert len(alipay.orders) == 10


def test_a_plan_of_before_is_approved_as_it_was_proposed(opened_case: OpenedCase) -> None:
    """Of a plan that was made before the case's sum was written down two people sign the rest."""
    opened = opened_case(MINIMAL_CASE + BAND, approve_as=("anna", "bert"))
    make_awards(opened, 2)
    plan_payable(opened, [provider(opened).capabilities])
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute("SET LOCAL amends.rewriting = 'on'")
        owner.execute("UPDATE payouts.plan SET case_total_minor = NULL")
    assert approve_planned(opened) == 2


def test_an_unsigned_plan_holds_up_nobody(opened_case: OpenedCase) -> None:
    """What is signed goes out; that another plan waits is said when it has."""
    opened = opened_case()
    everybody(opened)
    make_awards(opened, 10)
    alipay = provider(opened, funds_minor=20 * AMOUNT_MINOR)
    with pytest.raises(WaitingForApprovalError):
        asyncio.run(pay_through(opened, alipay))
    sign(opened, "anna", "bert")
    make_awards(opened, 3, first=10, declared=False)
    with pytest.raises(WaitingForApprovalError, match="0 of 2"):
        asyncio.run(pay_through(opened, alipay))
    assert len(alipay.orders) == 10
    sign(opened, "anna", "bert")
    asyncio.run(pay_through(opened, alipay))
    assert len(alipay.orders) == 13


def test_every_plan_that_waits_is_proposed(opened_case: OpenedCase) -> None:
    """Two rails, two plans, two proposals at once; the one that is signed goes out."""
    opened = opened_case(TWO_RAILS)
    everybody(opened)
    alipay, wechat = two_rails(opened, held_minor=5 * AMOUNT_MINOR)
    with pytest.raises(WaitingForApprovalError) as both:
        asyncio.run(pay_through(opened, alipay, wechat))
    assert len(pending(opened)) == 2
    for waiting in pending(opened):
        told = f"amends approve {opened.case.root} {waiting.proposal.short} --as"
        assert told in both.value.message
    assert both.value.message.count("the promise") <= 1
    sign(opened, "anna", "bert", rail="wechatpay")
    with pytest.raises(WaitingForApprovalError) as one:
        asyncio.run(pay_through(opened, alipay, wechat))
    (waiting,) = pending(opened)
    assert waiting.proposal.short in one.value.message
    assert (len(alipay.orders), len(wechat.orders)) == (0, 5)
    sign(opened, "anna", "bert")
    asyncio.run(pay_through(opened, alipay, wechat))
    assert (len(alipay.orders), len(wechat.orders)) == (5, 5)
    counts = asyncio.run(reconcile_through(opened, alipay, wechat)).counts
    assert (counts["settled"], counts["books_balanced"]) == (10, 1)


def test_a_rail_short_of_a_cent_holds_up_no_other(opened_case: OpenedCase) -> None:
    """Everybody of the other rail is paid; then it is said what is missing where."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    alipay, wechat = two_rails(opened, held_minor=5 * AMOUNT_MINOR - 1)
    with pytest.raises(RailShortError, match=r"CNY 0\.01") as short:
        asyncio.run(pay_through(opened, alipay, wechat))
    assert "wechatpay" in short.value.message
    assert (len(alipay.orders), len(wechat.orders)) == (5, 0)
    wechat.funds_minor += 1
    asyncio.run(pay_through(opened, alipay, wechat))
    assert (len(alipay.orders), len(wechat.orders)) == (5, 5)


def test_what_waits_and_what_a_rail_lacks_is_said_together(opened_case: OpenedCase) -> None:
    """A plan to be signed at one rail and a cent that is missing at the other: both are told."""
    opened = opened_case(TWO_RAILS)
    everybody(opened)
    alipay, wechat = two_rails(opened, held_minor=5 * AMOUNT_MINOR - 1)
    with pytest.raises(WaitingForApprovalError, match=r"0 of 2(?s:.*)CNY 0\.01"):
        asyncio.run(pay_through(opened, alipay, wechat))
    sign(opened, "anna", "bert")
    with pytest.raises(RailShortError, match=r"CNY 0\.01"):
        asyncio.run(pay_through(opened, alipay, wechat))
    assert (len(alipay.orders), len(wechat.orders)) == (5, 0)


def test_two_rails_that_are_short_are_told_together(opened_case: OpenedCase) -> None:
    """The message names each, before anybody is asked to sign."""
    opened = opened_case(TWO_RAILS)
    alipay, wechat = two_rails(opened, held_minor=5 * AMOUNT_MINOR - 1)
    alipay.funds_minor -= 2
    with pytest.raises(RailShortError, match=r"CNY 0\.02(?s:.*)CNY 0\.01"):
        asyncio.run(pay_through(opened, alipay, wechat))
    assert not pending(opened)


def test_who_signs_goes_by_the_money_of_the_case(opened_case: OpenedCase) -> None:
    """Five sums of 5,000 by each of two rails need what ten need: two signatures pay nobody."""
    opened = opened_case(TWO_RAILS + BAND)
    everybody(opened)
    alipay, wechat = two_rails(opened, held_minor=5 * AMOUNT_MINOR)
    for signing in ((), ("anna", "bert", "cleo")):
        sign(opened, *signing)
        with pytest.raises(WaitingForApprovalError, match=r"of 4 \(one of dora among them\)"):
            asyncio.run(pay_through(opened, alipay, wechat))
    assert (len(alipay.orders), len(wechat.orders)) == (0, 0)
    assert len(pending(opened)) == 2
    for waiting in pending(opened):
        assert f'"case_total_minor":{10 * AMOUNT_MINOR}' in waiting.proposal.body
    digest = pending(opened)[-1].proposal.digest
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        plan_store.approve_plan(connection, 1, digest, opened.clock.now())
    assert refused.value.diag.constraint_name == "plan_signed_as_it_is"
    sign(opened, "dora")
    asyncio.run(pay_through(opened, alipay, wechat))
    assert (len(alipay.orders), len(wechat.orders)) == (5, 5)


def test_what_comes_later_needs_what_all_of_it_needs(opened_case: OpenedCase) -> None:
    """Seven times 5,000 by two people; the eighth makes 40,000, and four sign it."""
    opened = opened_case(MINIMAL_CASE + BAND)
    everybody(opened)
    make_awards(opened, 7)
    alipay = provider(opened)
    with pytest.raises(WaitingForApprovalError, match="of 2"):
        asyncio.run(pay_through(opened, alipay))
    sign(opened, "anna", "bert")
    asyncio.run(pay_through(opened, alipay))
    make_awards(opened, 1, first=7, declared=False)
    with pytest.raises(WaitingForApprovalError, match="of 4"):
        asyncio.run(pay_through(opened, alipay))
    (waiting,) = pending(opened)
    assert f'"case_total_minor":{8 * AMOUNT_MINOR}' in waiting.proposal.body
    assert f'"total_minor":{AMOUNT_MINOR}' in waiting.proposal.body
    sign(opened, *PEOPLE)
    asyncio.run(pay_through(opened, alipay))
    assert len(alipay.orders) == 8
