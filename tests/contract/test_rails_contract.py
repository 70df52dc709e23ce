"""What every rail keeps, tried on each rail that has a simulator."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    CallbackRejected,
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
from made_alipay import START, Setting, alipay, order

DAY = date(2026, 11, 22)
FAULTS = """
[payee_unknown]
only = ["13800000404"]
[returned]
only = ["BACK1"]
after = "PT3H"
"""


OPENERS: dict[str, Callable[..., AbstractContextManager[Setting]]] = {"alipay": alipay}
"""How each rail's simulator is started."""


@pytest.fixture(params=list(OPENERS))
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    """A rail of each kind and what is behind it."""
    faults = tmp_path / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    with OPENERS[request.param]("--balance", "100000.00", "--faults", str(faults)) as started:
        yield started


def test_prepared_bytes_are_the_same_for_ever(setting: Setting) -> None:
    """An order gives the same bytes and digest each time, and another order gives others."""

    async def work(rail: Rail) -> None:
        first, again = rail.prepare(order("N1")), rail.prepare(order("N1"))
        assert first == again
        assert len(first.sha256) == 32
        others = [
            order("N2"),
            order("N1", amount="CNY 5000.01"),
            order("N1", account="13800000001"),
        ]
        assert len({first.sha256, *(rail.prepare(other).sha256 for other in others)}) == 4

    setting.run(work)


def test_what_a_rail_cannot_carry_is_refused_before_sending(setting: Setting) -> None:
    """Numbers and amounts outside the capabilities never reach the provider."""

    async def work(rail: Rail) -> None:
        for number in ("", "N" * (rail.capabilities.number_max_length + 1), "N 1", "N\n"):
            with pytest.raises(OrderNotPayableError):
                rail.prepare(order(number))
        for amount in ("CNY 0.09", "CNY 50000.01", "GBP 1.00"):
            with pytest.raises(OrderNotPayableError):
                rail.prepare(order("N1", amount=amount))
        with pytest.raises(OrderNotPayableError):
            rail.prepare(order("N1", account=""))

    setting.run(work)


def test_a_payment_settles_once(setting: Setting) -> None:
    """Sent three times with the same bytes, the money goes once and the answers agree."""

    async def work(rail: Rail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(order("N1"))
        outcomes = [await rail.submit(prepared) for _ in range(3)]
        for outcome in outcomes:
            assert isinstance(outcome, Settled)
            assert outcome.settled_at == START
            assert outcome.raw
        assert len({str(outcome) for outcome in outcomes}) == 1
        assert isinstance(await rail.query(InstructionId("N1")), Settled)
        assert before - await rail.balance() == Money.parse("CNY 5000.00")

    setting.run(work)


def test_a_number_is_never_used_for_another_payment(setting: Setting) -> None:
    """The same number with other content is an alarm, not a payment and not a failure."""

    async def work(rail: Rail) -> None:
        await rail.submit(rail.prepare(order("N1")))
        outcome = await rail.submit(rail.prepare(order("N1", amount="CNY 1.00")))
        assert isinstance(outcome, Unknown)
        assert outcome.advice is Advice.ALARM

    setting.run(work)


def test_outcomes_are_told_apart(setting: Setting) -> None:
    """An unknown account is refused for good, an empty balance stops the rail, nobody is found."""

    async def work(rail: Rail) -> None:
        refused = await rail.submit(rail.prepare(order("N1", account="13800000404")))
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.UNKNOWN_ACCOUNT
        for n in range(2, 4):
            await rail.submit(rail.prepare(order(f"N{n}", amount="CNY 49999.99")))
        short = await rail.submit(rail.prepare(order("N9")))
        assert isinstance(short, Unknown)
        assert short.advice is Advice.STOP_RAIL
        assert isinstance(await rail.query(InstructionId("N9")), NotFound)

    setting.run(work)


def test_statement_and_log_tell_the_same_story(setting: Setting) -> None:
    """The next morning's bill has every movement once, its balances join, and the log agrees."""

    async def log(rail: Rail) -> list[StatementLine]:
        return [line async for line in rail.account_log(START, START + timedelta(days=1))]

    async def work(rail: Rail) -> None:
        for number in ("N1", "BACK1", "N2"):
            assert isinstance(await rail.submit(rail.prepare(order(number))), Settled)
        assert await rail.statement(DAY) == BillNotReady(day=DAY, code="invalid_arguments")
        setting.clock.sleep(timedelta(hours=4))
        returned = await rail.query(InstructionId("BACK1"))
        assert isinstance(returned, Returned)
        setting.clock.sleep(timedelta(hours=19))
        early = await rail.statement(DAY)
        assert early == BillNotReady(day=DAY, code="isp.bill_not_exist")
        setting.clock.sleep(timedelta(hours=1))
        statement = await rail.statement(DAY)
        assert isinstance(statement, Statement)
        lines = list(statement.lines)
        assert lines == list(statement.lines) == await log(rail)
        assert [(line.number, line.direction, line.kind) for line in lines] == [
            ("N1", Direction.OUT, LineKind.TRANSFER),
            ("BACK1", Direction.OUT, LineKind.TRANSFER),
            ("N2", Direction.OUT, LineKind.TRANSFER),
            ("BACK1", Direction.IN, LineKind.RETURN),
        ]
        assert lines[1].provider_reference == lines[3].provider_reference
        assert lines[1].provider_reference == returned.provider_reference
        assert len({line.line_id for line in lines}) == 4
        assert (str(statement.opening), str(statement.closing)) == ("CNY 100000.00", "CNY 90000.00")
        assert lines[-1].balance_after == statement.closing == await rail.balance()

    setting.run(work)


def test_a_day_without_movements_has_an_empty_statement(setting: Setting) -> None:
    """No bill for a quiet day is a statement without lines, with the balance it began with."""

    async def work(rail: Rail) -> None:
        setting.clock.sleep(timedelta(days=3))
        await rail.submit(rail.prepare(order("N1")))
        for day in (DAY, DAY + timedelta(days=1)):
            statement = await rail.statement(day)
            assert isinstance(statement, Statement)
            assert list(statement.lines) == []
            assert str(statement.opening) == str(statement.closing) == "CNY 100000.00"

    setting.run(work)


def test_a_log_of_many_pages_is_whole(setting: Setting) -> None:
    """A log longer than a page comes whole and in order."""

    async def work(rail: Rail) -> None:
        orders = [rail.prepare(order(f"N{n:04d}", amount="CNY 1.00")) for n in range(2100)]
        outcomes = await asyncio.gather(*(rail.submit(one) for one in orders))
        assert {type(outcome) for outcome in outcomes} == {Settled}
        end = START + timedelta(seconds=1)
        lines = [line async for line in rail.account_log(START, end)]
        assert sorted(str(line.number) for line in lines) == [f"N{n:04d}" for n in range(2100)]
        balances = [line.balance_after.amount_minor for line in lines]
        assert balances == [10_000_000 - 100 * n for n in range(1, 2101)]

    setting.run(work)


def test_a_dead_provider_is_unknown(setting: Setting) -> None:
    """When nobody answers, payments and questions are unknown; only repeatable reads give up."""

    async def work(rail: Rail) -> None:
        setting.process.kill()
        outcome = await rail.submit(rail.prepare(order("N1")))
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
        one = order("N1", account="13800000404")
        prepared = rail.prepare(one)
        shown = repr((one, prepared, await rail.submit(prepared)))
        assert "13800000404" not in shown
        assert "测试甲" not in shown

    setting.run(work)
