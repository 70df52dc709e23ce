"""What every rail keeps, tried on each rail that has a simulator."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

import made_alipay as alipay
import made_wechat as wechat
from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    BillNotReady,
    CallbackRejected,
    Delivery,
    Direction,
    LineKind,
    NotFound,
    OrderNotPayableError,
    Rail,
    RailUnavailableError,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Statement,
    StatementLine,
    Unknown,
)
from amends.payouts.rails.written import SHANGHAI
from made_simulators import START

DAY = date(2026, 11, 22)
FAULTS = """
[payee_unknown]
only = ["13800000404", "oTEST-13800000404", "6228480402564890406"]
[answer_wrong_amount]
only = ["ANOTHER1"]
"""
PUSHED = """
[returned]
only = ["BACK1"]
after = "PT3H"
"""
CONFIRMED = """
[never_confirmed]
only = ["NEVER1"]
"""

Setting = alipay.Setting | wechat.Setting
OPENERS: dict[str, tuple[Callable[..., AbstractContextManager[Setting]], str]] = {
    "alipay": (alipay.alipay, PUSHED),
    "alipay, to bank cards": (alipay.cards, PUSHED),
    "wechatpay": (wechat.wechat, CONFIRMED),
}
"""How each rail's simulator is started, and what goes wrong there besides."""


@contextmanager
def started(rail: str, directory: Path) -> Iterator[Setting]:
    """A rail and what is behind it."""
    opener, more = OPENERS[rail]
    faults = directory / "faults.toml"
    faults.write_text(FAULTS + more, encoding="utf-8")
    with opener("--balance", "100000.00", "--faults", str(faults)) as setting:
        yield setting


@pytest.fixture(params=list(OPENERS))
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    """A rail of each kind and what is behind it."""
    with started(request.param, tmp_path) as made:
        yield made


@pytest.fixture
def pushed(tmp_path: Path) -> Iterator[Setting]:
    """A rail that needs nobody's consent."""
    with started("alipay", tmp_path) as made:
        yield made


@pytest.fixture
def confirmed(tmp_path: Path) -> Iterator[Setting]:
    """A rail whose payees confirm."""
    with started("wechatpay", tmp_path) as made:
        yield made


def test_prepared_bytes_are_the_same_for_ever(setting: Setting) -> None:
    """An order gives the same bytes and digest each time, and another order gives others."""

    async def work(rail: Rail) -> None:
        first, again = rail.prepare(setting.order("N1")), rail.prepare(setting.order("N1"))
        assert first == again
        assert len(first.sha256) == 32
        others = [
            setting.order("N2"),
            setting.order("N1", amount="CNY 5000.01"),
            setting.order("N1", account=setting.unknown_payee),
        ]
        assert len({first.sha256, *(rail.prepare(other).sha256 for other in others)}) == 4

    setting.run(work)


def test_what_a_rail_cannot_carry_is_refused_before_sending(setting: Setting) -> None:
    """Numbers and amounts outside the capabilities never reach the provider."""

    async def work(rail: Rail) -> None:
        for number in ("", "N" * (rail.capabilities.number_max_length + 1), "N 1", "N\n"):
            with pytest.raises(OrderNotPayableError):
                rail.prepare(setting.order(number))
        limits, fen = rail.capabilities, Money.parse("CNY 0.01")
        for amount in (
            limits.transfer_min - fen,
            limits.transfer_max + fen,
            Money.parse("GBP 1.00"),
        ):
            with pytest.raises(OrderNotPayableError):
                rail.prepare(setting.order("N1", amount=str(amount)))
        for amount in (limits.transfer_min, limits.transfer_max):
            assert rail.prepare(setting.order("N1", amount=str(amount))).body
        with pytest.raises(OrderNotPayableError):
            rail.prepare(setting.order("N1", account=""))

    setting.run(work)


def test_alipay_pays_to_cards_by_contract_alone() -> None:
    """To what is a card's number, where the contract has it; nothing else is tried."""
    card = alipay.to_card("N1")
    with alipay.cards() as setting:
        by_contract = AlipayRail(setting.settings, setting.clock)
        assert b"TRANS_BANKCARD_NO_PWD" in by_contract.prepare(card).body
        for account in ("DE89370400440532013000", "622848040256@102100099996", "622848040256"):
            with pytest.raises(OrderNotPayableError):
                by_contract.prepare(card._replace(payee_account=account))
        without = AlipayRail(replace(setting.settings, bank_cards=False), setting.clock)
        assert AccountKind.BANK in by_contract.capabilities.account_kinds
        assert AccountKind.BANK not in without.capabilities.account_kinds
        with pytest.raises(OrderNotPayableError):
            without.prepare(card)


def test_a_payment_settles_once(setting: Setting) -> None:
    """Sent three times with the same bytes, the money goes once and the answers agree."""

    async def work(rail: Rail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(setting.order("N1"))
        first = await setting.ended(rail, prepared)
        assert isinstance(first, Settled)
        assert first.raw
        again = [await rail.submit(prepared) for _ in range(2)]
        assert {type(outcome) for outcome in again} == {Settled}
        asked = await rail.query(InstructionId("N1"))
        assert isinstance(asked, Settled)
        assert asked.settled_at is not None
        assert START <= asked.settled_at <= setting.clock.now()
        settled = [one for one in (first, *again, asked) if isinstance(one, Settled)]
        assert len({one.provider_reference for one in settled}) == 1
        assert before - await rail.balance() == Money.parse("CNY 5000.00")

    setting.run(work)


def test_a_number_is_never_used_for_another_payment(setting: Setting) -> None:
    """The same number with other content is an alarm, not a payment and not a failure."""

    async def work(rail: Rail) -> None:
        await rail.submit(rail.prepare(setting.order("N1")))
        outcome = await rail.submit(rail.prepare(setting.order("N1", amount="CNY 1.00")))
        assert isinstance(outcome, Unknown)
        assert outcome.advice is Advice.ALARM

    setting.run(work)


def test_an_answer_with_another_amount_is_an_alarm(setting: Setting) -> None:
    """To a transfer as to a question that says what was ordered; others are not touched."""

    async def work(rail: Rail) -> None:
        another, plain = (rail.prepare(setting.order(number)) for number in ("ANOTHER1", "N1"))
        amount = Money.parse("CNY 5000.00")
        assert (another.amount, plain.amount) == (amount, amount)
        sent = [await rail.submit(another) for _ in range(2)]
        for answer in (*sent, await rail.query(another.number, amount)):
            assert isinstance(answer, Unknown)
            assert (answer.advice, answer.code) == (Advice.ALARM, "amount_differs")
            assert b"ANOTHER1" in answer.raw
        assert isinstance(await setting.ended(rail, plain), Settled)
        assert isinstance(await rail.query(plain.number, amount), Settled)
        less = await rail.query(plain.number, Money.parse("CNY 4999.99"))
        assert isinstance(less, Unknown)
        assert less.code == "amount_differs"

    setting.run(work)


def test_outcomes_are_told_apart(setting: Setting) -> None:
    """An unknown account is refused for good, an empty balance stops the rail, nobody is found."""

    async def work(rail: Rail) -> None:
        unknown = rail.prepare(setting.order("N1", account=setting.unknown_payee))
        refused = await setting.ended(rail, unknown)
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.UNKNOWN_ACCOUNT
        number, short = await setting.spent(rail)
        assert short.advice is Advice.STOP_RAIL
        assert isinstance(await rail.query(number), NotFound)

    setting.run(work)


async def all_lines(rail: Rail, end: datetime) -> list[StatementLine]:
    """The log from the beginning on."""
    return [line async for line in rail.account_log(START, end)]


def test_statement_and_log_tell_the_same_story(setting: Setting) -> None:
    """The next morning's bill has every movement once, its balances join, and the log agrees."""

    async def work(rail: Rail) -> None:
        for number in ("N1", "N2"):
            assert isinstance(
                await setting.ended(rail, rail.prepare(setting.order(number))), Settled
            )
        assert isinstance(await rail.statement(DAY), BillNotReady)
        ready = datetime.combine(DAY + timedelta(days=1), rail.capabilities.bill_ready_at, SHANGHAI)
        setting.clock.sleep(ready - timedelta(minutes=1) - setting.clock.now())
        assert isinstance(await rail.statement(DAY), BillNotReady)
        setting.clock.sleep(timedelta(minutes=1))
        statement = await rail.statement(DAY)
        assert isinstance(statement, Statement)
        lines = list(statement.lines)
        assert lines == list(statement.lines) == await all_lines(rail, START + timedelta(hours=12))
        assert [(line.number, line.direction, line.kind) for line in lines] == [
            ("N1", Direction.OUT, LineKind.TRANSFER),
            ("N2", Direction.OUT, LineKind.TRANSFER),
        ]
        asked = [await rail.query(InstructionId(number)) for number in ("N1", "N2")]
        references = [one.provider_reference for one in asked if isinstance(one, Settled)]
        assert [line.provider_reference for line in lines] == references
        assert len({line.line_id for line in lines}) == 2
        assert (str(statement.opening), str(statement.closing)) == ("CNY 100000.00", "CNY 90000.00")
        assert lines[-1].balance_after == statement.closing == await rail.balance()

    setting.run(work)


def test_money_that_comes_back_is_a_line_of_its_own(pushed: Setting) -> None:
    """A return is told by a query, and stands in bill and log beside what was paid."""
    setting = pushed

    async def work(rail: Rail) -> None:
        for number in ("N1", "BACK1", "N2"):
            assert isinstance(await rail.submit(rail.prepare(setting.order(number))), Settled)
        setting.clock.sleep(timedelta(hours=4))
        returned = await rail.query(InstructionId("BACK1"))
        assert isinstance(returned, Returned)
        setting.clock.sleep(timedelta(hours=20))
        statement = await rail.statement(DAY)
        assert isinstance(statement, Statement)
        lines = list(statement.lines)
        assert lines == await all_lines(rail, START + timedelta(days=1))
        assert [(line.number, line.direction, line.kind) for line in lines] == [
            ("N1", Direction.OUT, LineKind.TRANSFER),
            ("BACK1", Direction.OUT, LineKind.TRANSFER),
            ("N2", Direction.OUT, LineKind.TRANSFER),
            ("BACK1", Direction.IN, LineKind.RETURN),
        ]
        assert lines[1].provider_reference == lines[3].provider_reference
        assert lines[1].provider_reference == returned.provider_reference

    setting.run(work)


def test_a_payee_who_does_not_confirm_gets_nothing(confirmed: Setting) -> None:
    """What waits for its payee says until when; after that it is refused, and nothing has moved."""
    setting = confirmed

    async def work(rail: Rail) -> None:
        within = rail.capabilities.confirm_within
        assert rail.capabilities.delivery is Delivery.CONFIRM
        assert within is not None
        prepared = rail.prepare(setting.order("NEVER1"))
        waits = await rail.submit(prepared)
        assert isinstance(waits, Accepted)
        assert waits.confirm_by == START + within
        assert str(await rail.balance()) == "CNY 95000.00"
        setting.clock.sleep(within - timedelta(seconds=1))
        assert isinstance(await rail.query(prepared.number), Accepted)
        setting.clock.sleep(timedelta(seconds=1))
        for answer in (await rail.query(prepared.number), await rail.submit(prepared)):
            assert isinstance(answer, Refused)
            assert answer.reason is RefusalReason.NOT_CONFIRMED
        assert str(await rail.balance()) == "CNY 100000.00"

    setting.run(work)


def test_a_day_without_movements_has_an_empty_statement(setting: Setting) -> None:
    """No bill for a quiet day is a statement without lines, with the balance it began with."""

    async def work(rail: Rail) -> None:
        setting.clock.sleep(timedelta(days=3))
        await rail.submit(rail.prepare(setting.order("N1")))
        for day in (DAY, DAY + timedelta(days=1)):
            statement = await rail.statement(day)
            assert isinstance(statement, Statement)
            assert list(statement.lines) == []
            assert str(statement.opening) == str(statement.closing) == "CNY 100000.00"

    setting.run(work)


def test_a_log_of_many_pages_is_whole(pushed: Setting) -> None:
    """A log longer than a page comes whole and in order."""
    setting = pushed

    async def work(rail: Rail) -> None:
        orders = [rail.prepare(setting.order(f"N{n:04d}", amount="CNY 1.00")) for n in range(2100)]
        outcomes = await asyncio.gather(*(rail.submit(one) for one in orders))
        assert {type(outcome) for outcome in outcomes} == {Settled}
        end = START + timedelta(seconds=1)
        lines = [line async for line in rail.account_log(START, end)]
        assert sorted(str(line.number) for line in lines) == [f"N{n:04d}" for n in range(2100)]
        balances = [line.balance_after.amount_minor for line in lines]
        assert balances == [10_000_000 - 100 * n for n in range(1, 2101)]

    setting.run(work)


def test_a_rail_without_a_log_of_today_says_so(confirmed: Setting) -> None:
    """Where bills are all there is, a log of today is refused, never cut short in silence."""
    setting = confirmed

    async def work(rail: Rail) -> None:
        assert not rail.capabilities.logs_today
        with pytest.raises(RailUnavailableError):
            await all_lines(rail, setting.clock.now() + timedelta(seconds=1))

    setting.run(work)


def test_a_dead_provider_is_unknown(setting: Setting) -> None:
    """When nobody answers, payments and questions are unknown; only repeatable reads give up."""

    async def work(rail: Rail) -> None:
        setting.process.kill()
        outcome = await rail.submit(rail.prepare(setting.order("N1")))
        assert outcome == Unknown(advice=Advice.ASK, code="connection_lost")
        assert await rail.query(InstructionId("N1")) == outcome
        with pytest.raises(RailUnavailableError):
            await rail.balance()

    setting.run(work)


def test_nonsense_is_no_callback(setting: Setting) -> None:
    """A notification that the provider did not sign is rejected, whatever it says."""

    async def work(rail: Rail) -> None:
        for body in (b"", b"\xff", b"sign=x&biz_content=%7B%7D", b"a=1&b", b"%ff=%ff"):
            assert isinstance(rail.parse_callback({}, body), CallbackRejected)

    setting.run(work)


def test_personal_values_do_not_show(setting: Setting) -> None:
    """Neither orders, prepared requests nor outcomes show a payee when they are printed."""

    async def work(rail: Rail) -> None:
        one = setting.order("N1", account=setting.unknown_payee)
        prepared = rail.prepare(one)
        shown = repr((one, prepared, await rail.submit(prepared)))
        assert setting.unknown_payee not in shown
        assert "测试甲" not in shown

    setting.run(work)
