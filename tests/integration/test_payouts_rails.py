"""Several rails in one case: everybody by the one that takes their account, books for all."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from amends.kernel.accounts import AccountKind
from amends.payouts.model import RailNotAvailableError, RailStoppedError
from amends.payouts.opening import open_rails
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    Outcome,
    PreparedRequest,
    RailUnavailableError,
    Statement,
    Unknown,
)
from amends.payouts.reconciling import bill_store
from amends.payouts.sending.dispatch import Claimed, begin_chunks
from amends.payouts.service import export_payments, pay, reconcile_payments
from amends.simulators.alipay.wire import open_keys as alipay_keys
from amends.simulators.wechat.wire import open_keys as wechat_keys
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase

TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
STORMY = Rates(lost_request=0.1, lost_answer=0.1, refused=0.1, returned=0.1, not_found_first=0.1)


def provider_of(opened: OpenCase, rail: str, *kinds: AccountKind) -> FakeProvider:
    """A provider of a rail that takes these accounts."""
    return FakeProvider(
        seed=7,
        rates=STORMY,
        now=opened.clock.now,
        funds_minor=40_000_000,
        rail=rail,
        account_kinds=frozenset(kinds),
    )


def test_payouts_each_goes_by_the_rail_that_takes_the_account(opened_case: OpenedCase) -> None:
    """Two rails, and somebody whom neither takes; nobody is paid by two, and the books balance."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    make_awards(opened, 30)
    make_awards(opened, 20, first=30, account_kind="wallet", declared=False)
    make_awards(opened, 1, first=50, account_kind="email", declared=False)
    phones = provider_of(opened, "alipay", AccountKind.PHONE)
    wallets = provider_of(opened, "wechatpay", AccountKind.WALLET)
    counts = asyncio.run(pay_through(opened, phones, wallets)).counts
    assert (len(phones.orders), len(wallets.orders)) == (30, 20)
    assert not set(phones.orders) & set(wallets.orders)
    assert (counts["promised"], counts["instructions"], counts["books_balanced"]) == (51, 50, 1)
    counts = asyncio.run(reconcile_through(opened, phones, wallets)).counts
    assert counts["settled"] + counts["returned"] + counts["refused"] == 50
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    rails = export_payments(opened)["rail"].to_pylist()
    assert (rails.count("alipay"), rails.count("wechatpay")) == (30, 20)


class Stopping(FakeProvider):
    """Says that our contract has ended."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Refuse for our sake."""
        self._next("submit", prepared.number)
        return Unknown(advice=Advice.STOP_RAIL, code="PRODUCT_NOT_SIGN", raw=b"none")


def test_payouts_a_rail_that_stops_does_not_hold_up_the_other(opened_case: OpenedCase) -> None:
    """Everybody of the other rail is paid before the trouble of the first is said."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    make_awards(opened, 10)
    make_awards(opened, 10, first=10, account_kind="wallet", declared=False)
    stopping = Stopping(
        seed=7,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=40_000_000,
        account_kinds=frozenset((AccountKind.PHONE,)),
    )
    wallets = provider_of(opened, "wechatpay", AccountKind.WALLET)
    wallets.rates = Rates()
    with pytest.raises(RailStoppedError, match="PRODUCT_NOT_SIGN"):
        asyncio.run(pay_through(opened, stopping, wallets))
    assert wallets.paid().total() == 10
    both = replace(stopping, rail="wechatpay", account_kinds=frozenset((AccountKind.WALLET,)))
    make_awards(opened, 2, first=20, account_kind="wallet", declared=False)
    with pytest.raises(RailStoppedError, match=r"(?s)alipay takes no.*wechatpay takes no"):
        asyncio.run(pay_through(opened, stopping, both))


@pytest.mark.whole
class Damaged(FakeProvider):
    """Has bills that cannot be read."""

    async def statement(self, day: date) -> Statement | BillNotReady:
        """Say what is wrong with the file."""
        raise RailUnavailableError(f"the bill of {self.rail} of {day} is cut off")


def test_payouts_a_damaged_bill_does_not_hold_up_the_other_rails(opened_case: OpenedCase) -> None:
    """They are asked and read before it is said; of two damaged ones it is said of each."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    make_awards(opened, 4)
    make_awards(opened, 4, first=4, account_kind="wallet", declared=False)
    phones = replace(provider_of(opened, "alipay", AccountKind.PHONE), rates=Rates())
    wallets = replace(provider_of(opened, "wechatpay", AccountKind.WALLET), rates=Rates())
    asyncio.run(pay_through(opened, phones, wallets))
    damaged = Damaged(seed=7, rates=Rates(), now=opened.clock.now, funds_minor=40_000_000)
    other = replace(damaged, rail="wechatpay")
    both = "(?s)bill of alipay.*bill of wechatpay"
    with pytest.raises(RailUnavailableError, match=both):
        asyncio.run(reconcile_through(opened, damaged, other))
    with pytest.raises(RailUnavailableError, match="bill of alipay"):
        asyncio.run(reconcile_through(opened, damaged, wallets))
    with opened.database.reading() as connection:
        assert bill_store.newest_bill(connection, "alipay") is None
        assert bill_store.newest_bill(connection, "wechatpay") is not None
        assert bill_store.unproved(connection, "wechatpay")[0] == 0


def test_payouts_two_simulators_pay_and_prove_it(opened_case: OpenedCase) -> None:
    """Alipay and WeChat Pay as processes of their own: paid, proved by both bills."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    make_awards(opened, 12)
    make_awards(opened, 8, first=12, account_kind="openid", declared=False)
    pay(opened)
    counts = reconcile_payments(opened).counts
    assert counts["settled"] + counts["refused"] == 20
    assert counts["settled"] >= 12
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1


@pytest.mark.whole
def test_payouts_alipay_pays_to_bank_cards(opened_case: OpenedCase) -> None:
    """By contract, beside wallets: banks take their time, and the bill proves it all."""
    case = MINIMAL_CASE.replace('"alipay"', '"alipay"\nbank_cards = true')
    opened = opened_case(case, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    make_awards(opened, 5, first=3, account_kind="bank", declared=False)
    pay(opened)
    counts = reconcile_payments(opened).counts
    assert (counts["settled"], counts["open"], counts["unproved"]) == (8, 0, 0)
    assert counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1


LIMITED = {"faults.toml": b'[limits]\nday_max = "20000.00"\n'}
FAULTY = MINIMAL_CASE + 'faults = "faults.toml"\n'


@pytest.mark.whole
def test_payouts_a_quota_of_the_simulators_is_found_out_by_the_day(opened_case: OpenedCase) -> None:
    """Four people of 5,000.00 a day: who is over is open, and paid the next day, once."""
    opened = opened_case(FAULTY, LIMITED, approve_as=("anna", "bert"))
    make_awards(opened, 8)
    for paid in (4, 8):
        if paid == 8:
            assert pay(opened).counts["settled"] == paid
        else:
            with pytest.raises(RailStoppedError, match="EXCEED_LIMIT_DM_MAX_AMOUNT"):
                pay(opened)
            assert export_payments(opened)["state"].to_pylist().count("settled") == paid
            opened.clock.sleep(timedelta(days=1))
    counts = reconcile_payments(opened).counts
    assert (counts["settled"], counts["unproved"], counts["exceptions"]) == (8, 0, 0)
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1


@pytest.mark.whole
def test_payouts_a_quota_that_the_case_names_is_never_tried(opened_case: OpenedCase) -> None:
    """The provider has the same: nobody is turned away, and two days later all are paid."""
    named = FAULTY + 'day_most = "CNY 20000.00"\n'
    opened = opened_case(named, LIMITED, approve_as=("anna", "bert"))
    make_awards(opened, 8)
    assert pay(opened).counts["settled"] == 8
    assert set(export_payments(opened)["attempts"].to_pylist()) == {1}


@pytest.mark.parametrize(
    ("protocol", "name"), [("alipay", "app_private_key.pem"), ("wechatpay", "apiv3_key.txt")]
)
def test_payouts_a_key_that_is_none_is_said_to_be(
    opened_case: OpenedCase, protocol: str, name: str
) -> None:
    """Before anything is sent, in a sentence, and without a word of what stands in the file."""
    real = f'"{protocol}"\nkeys = "keys"\ngateway = "http://127.0.0.1:9/"\n'
    case = MINIMAL_CASE.replace('"simulator"\nprotocol = "alipay"\n', real)
    opened = opened_case(case.replace('clock = "simulated"\n', ""))
    keys = opened.case.root / "keys"
    (alipay_keys if protocol == "alipay" else wechat_keys)(keys)
    (keys / name).write_text("SECRET WORDS", encoding="ascii")

    async def open_them() -> None:
        async with open_rails(opened) as rails:
            raise AssertionError(rails)

    with pytest.raises(RailNotAvailableError, match=f"is no key of {protocol}'s") as refused:
        asyncio.run(open_them())
    assert str(keys) in str(refused.value)
    assert "SECRET" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_payouts_a_simulator_that_there_is_none_of_is_refused_clearly(
    opened_case: OpenedCase,
) -> None:
    """A bank is simulated behind its folder, by a command of its own."""
    opened = opened_case(MINIMAL_CASE.replace('"alipay"', '"iso20022"'))
    make_awards(opened, 1)
    with pytest.raises(RailNotAvailableError, match="amends simulate bank"):
        pay(opened)


@dataclass(slots=True)
class Slow(FakeProvider):
    """Takes a moment for each payment, so that two workers meet."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever, but later."""
        await asyncio.sleep(0.2)
        return await FakeProvider.submit(self, prepared)


def test_payouts_two_workers_share_what_is_approved(opened_case: OpenedCase) -> None:
    """Without a coordinator each chunk is taken once, and both have taken some."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 40, spread=250)
    provider = Slow(seed=7, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000)
    by: Counter[str] = Counter()

    async def witness(name: str) -> None:
        hands = replace(provider, inspect=lambda _: by.update([name]))
        await work_through(opened, hands)

    async def both() -> None:
        await asyncio.to_thread(plan_payable, opened, [provider.capabilities])
        await asyncio.to_thread(approve_planned, opened)
        await asyncio.gather(witness("first"), witness("second"))

    asyncio.run(both())
    assert by.total() == 40
    assert min(by["first"], by["second"]) > 0
    assert set(provider.paid().values()) == {1}
    assert export_payments(opened)["state"].to_pylist() == ["settled"] * 40


def test_payouts_a_worker_takes_over_what_another_was_sending_when_it_died(
    opened_case: OpenedCase,
) -> None:
    """It is at work itself when the other begins and dies, and leaves nothing of it behind."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 40, spread=125)
    died: list[Claimed] = []

    def begin_and_die(_: PreparedRequest) -> None:
        if not died:
            with opened.database.session() as session:
                died.extend(begin_chunks(opened, provider, session))

    provider = FakeProvider(
        seed=7,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=100_000_000,
        inspect=begin_and_die,
    )
    plan_payable(opened, [provider.capabilities])
    approve_planned(opened)
    asyncio.run(work_through(opened, provider))
    assert len(died[0].sent) == 8
    assert set(provider.paid().values()) == {1}
    assert export_payments(opened)["state"].to_pylist() == ["settled"] * 40
