import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    CallbackHint,
    CallbackRejected,
    NotFound,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Statement,
    Unknown,
)
from made_alipay import Setting, alipay, order
from made_simulators import listener, until

FAULTS = """
seed = 7
[lost_request]
only = ["LOSTREQ", "LOSTBOTH"]
on = ["transfer", "query"]
[lost_answer]
only = ["LOSTANS", "LOSTBOTH"]
[system_error]
only = ["SYS"]
done = 0.0
attempts = 2
[http_500]
only = ["HTTP"]
done = 1.0
[bad_signature]
only = ["FORGED"]
[slow]
only = ["SLOW"]
delay = "PT1S"
[dealing]
only = ["DEAL", "QUIET"]
after = "PT10M"
[returned]
only = ["BACK", "DEAL"]
after = "PT2H"
[query_not_exist_first]
only = ["HIDDEN"]
[payee_unknown]
only = ["13800000001"]
[name_mismatch]
only = ["13800000002"]
[not_real_name]
only = ["13800000003"]
[payee_blocked]
only = ["13800000004"]
[bill_missing]
only = ["MISSING"]
[bill_duplicate]
only = ["TWICE"]
[bill_wrong_amount]
only = ["WRONG"]
[callback_duplicate]
only = ["DEAL:SUCCESS"]
repeats = 2
[callback_forged]
only = ["DEAL:SUCCESS"]
[callback_lost]
only = ["QUIET:SUCCESS"]
"""

FAILING = """
[dealing]
rate = 1.0
after = "PT10M"
fail = 1.0
"""


@pytest.fixture(scope="module")
def setting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    """One simulator whose faults meet the numbers and payees named above."""
    faults = tmp_path_factory.mktemp("faults") / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    with alipay("--faults", str(faults)) as started:
        yield started


@pytest.mark.parametrize(
    ("number", "code", "found"),
    [
        ("LOSTREQ", "connection_lost", False),
        ("LOSTANS", "connection_lost", True),
        ("HTTP", "http_500", True),
        ("FORGED", "bad_signature", True),
    ],
)
def test_a_lost_or_broken_answer_is_unknown_until_sent_again(
    setting: Setting, number: str, code: str, *, found: bool
) -> None:
    """Whether the order exists cannot be told from the answer; the same number settles it once."""

    async def work(rail: AlipayRail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(order(number))
        outcome = await rail.submit(prepared)
        assert isinstance(outcome, Unknown)
        assert (outcome.advice, outcome.code) == (Advice.ASK, code)
        answers = [await rail.query(InstructionId(number)) for _ in range(2)]
        assert isinstance(answers[1], Settled if found else NotFound)
        assert isinstance(await rail.submit(prepared), Settled)
        assert (before - await rail.balance()).amount_minor == 500_000

    setting.run(work)


def test_faults_follow_each_other_and_end(setting: Setting) -> None:
    """A number that two faults meet meets one at a time, and then passes."""

    async def work(rail: AlipayRail) -> None:
        prepared = rail.prepare(order("LOSTBOTH"))
        outcomes = [await rail.submit(prepared) for _ in range(3)]
        assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown, Settled]

    setting.run(work)


def test_a_system_error_is_no_failure(setting: Setting) -> None:
    """SYSTEM_ERROR is unknown as often as it is set to come, and then the number is paid."""

    async def work(rail: AlipayRail) -> None:
        prepared = rail.prepare(order("SYS"))
        for _ in range(2):
            outcome = await rail.submit(prepared)
            assert isinstance(outcome, Unknown)
            assert (outcome.advice, outcome.code) == (Advice.ASK, "SYSTEM_ERROR")
        assert isinstance(await rail.query(InstructionId("SYS")), NotFound)
        assert isinstance(await rail.submit(prepared), Settled)

    setting.run(work)


def test_a_slow_answer_times_out_as_unknown(setting: Setting) -> None:
    """An answer that takes longer than we wait is unknown, although the work was done."""
    impatient = replace(setting, settings=replace(setting.settings, timeout_s=0.3))

    async def work(rail: AlipayRail) -> None:
        begun = time.monotonic()
        outcome = await rail.submit(rail.prepare(order("SLOW")))
        assert outcome == Unknown(advice=Advice.ASK, code="timeout")
        assert time.monotonic() - begun < 1.0
        assert isinstance(await rail.query(InstructionId("SLOW")), Settled)

    impatient.run(work)


def test_a_hidden_order_is_found_when_asked_again(setting: Setting) -> None:
    """ORDER_NOT_EXIST may be wrong: the order was there all the time."""

    async def work(rail: AlipayRail) -> None:
        assert isinstance(await rail.submit(rail.prepare(order("HIDDEN"))), Settled)
        assert isinstance(await rail.query(InstructionId("HIDDEN")), NotFound)
        assert isinstance(await rail.query(InstructionId("HIDDEN")), Settled)

    setting.run(work)


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("13800000001", RefusalReason.UNKNOWN_ACCOUNT),
        ("13800000002", RefusalReason.NAME_MISMATCH),
        ("13800000003", RefusalReason.NOT_REAL_NAME),
        ("13800000004", RefusalReason.ACCOUNT_BLOCKED),
        ("with blank", RefusalReason.UNKNOWN_ACCOUNT),
    ],
)
def test_trouble_with_a_payee_is_refused_each_time(
    setting: Setting, account: str, reason: RefusalReason
) -> None:
    """A payee in trouble is refused with the reason, makes no order, and stays so."""

    async def work(rail: AlipayRail) -> None:
        number = f"P{reason}{len(account)}"
        for _ in range(2):
            outcome = await rail.submit(rail.prepare(order(number, account=account)))
            assert isinstance(outcome, Refused)
            assert outcome.reason is reason
        assert isinstance(await rail.query(InstructionId(number)), NotFound)

    setting.run(work)


def test_money_comes_back_later(setting: Setting) -> None:
    """A returned payment was settled first; afterwards the query says so and the money is back."""

    async def work(rail: AlipayRail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(order("BACK"))
        assert isinstance(await rail.submit(prepared), Settled)
        setting.clock.sleep(timedelta(hours=3))
        answer = await rail.query(InstructionId("BACK"))
        assert isinstance(answer, Returned)
        assert (await rail.balance()).amount_minor >= before.amount_minor
        again = await rail.submit(prepared)
        assert isinstance(again, Unknown)
        assert (again.advice, again.code) == (Advice.ASK, "REFUND")

    setting.run(work)


def test_notifications_are_repeated_doubled_forged_and_lost(setting: Setting) -> None:
    """A change is notified until it is acknowledged; only genuine notifications become hints."""

    async def work() -> None:
        async with listener([(200, "no"), (200, "not yet")]) as (url, came):
            rail = AlipayRail(replace(setting.settings, notify_url=url), setting.clock)
            for number in ("DEAL", "QUIET"):
                assert isinstance(await rail.submit(rail.prepare(order(number))), Accepted)
            assert isinstance(await rail.query(InstructionId("DEAL")), Accepted)
            setting.clock.sleep(timedelta(minutes=11))
            for number in ("DEAL", "QUIET"):
                assert isinstance(await rail.query(InstructionId(number)), Settled)
            await until(came, 5)
            await asyncio.sleep(0.5)
            bodies = [body for _, body in came]
            hints = [rail.parse_callback({}, body) for body in bodies]
            forged = [hint for hint in hints if isinstance(hint, CallbackRejected)]
            genuine = [hint for hint in hints if isinstance(hint, CallbackHint)]
            assert forged == [CallbackRejected(code="bad_signature")]
            assert len(genuine) in {4, 5}  # three, and again what was not acknowledged
            assert {hint.number for hint in genuine} == {"DEAL"}
            assert len(set(bodies)) == 4  # three and a forged one: a repetition says the same
            changed = bytearray(bodies[-1])
            changed[changed.index(b"DEAL")] ^= 1
            rejected = rail.parse_callback({}, bytes(changed))
            assert rejected == CallbackRejected(code="bad_signature")
            await rail.close()

    asyncio.run(work())


def test_notifications_leave_this_machine_never(setting: Setting) -> None:
    """An address for notifications that is not loopback is refused before anything is done."""
    outside = replace(setting, settings=replace(setting.settings, notify_url="http://192.0.2.1/"))

    async def work(rail: AlipayRail) -> None:
        outcome = await rail.submit(rail.prepare(order("OUTSIDE")))
        assert isinstance(outcome, Unknown)
        assert outcome.code == "isv.invalid-parameter"
        assert isinstance(await rail.query(InstructionId("OUTSIDE")), NotFound)

    outside.run(work)


def test_an_order_can_fail_after_it_was_accepted(tmp_path: Path) -> None:
    """A dealing order that fails is refused with its reason; no money moved."""
    faults = tmp_path / "faults.toml"
    faults.write_text(FAILING, encoding="utf-8")
    with alipay("--balance", "5000.00", "--faults", str(faults)) as setting:

        async def work(rail: AlipayRail) -> None:
            assert isinstance(await rail.submit(rail.prepare(order("N1"))), Accepted)
            short = await rail.submit(rail.prepare(order("N2")))
            assert isinstance(short, Unknown), "money in flight is not there twice"
            assert short.code == "PAYER_BALANCE_NOT_ENOUGH"
            setting.clock.sleep(timedelta(minutes=10))
            answer = await rail.query(InstructionId("N1"))
            assert isinstance(answer, Refused)
            assert answer.reason is RefusalReason.ACCOUNT_BLOCKED
            assert str(await rail.balance()) == "CNY 5000.00"

        setting.run(work)


def test_a_bill_can_be_wrong_in_its_lines_only(tmp_path: Path) -> None:
    """Lines go missing, come twice or say another amount; the balances stay true."""
    faults = tmp_path / "faults.toml"
    faults.write_text(FAULTS, encoding="utf-8")
    with alipay("--balance", "100000.00", "--faults", str(faults)) as setting:

        async def work(rail: AlipayRail) -> None:
            for number in ("MISSING", "TWICE", "WRONG", "RIGHT"):
                assert isinstance(await rail.submit(rail.prepare(order(number))), Settled)
            setting.clock.sleep(timedelta(days=1))
            statement = await rail.statement(date(2026, 11, 22))
            assert isinstance(statement, Statement)
            lines = [(str(line.number), line.amount.amount_minor) for line in statement.lines]
            assert lines == [
                ("TWICE", 500_000),
                ("TWICE", 500_000),
                ("WRONG", 500_100),
                ("RIGHT", 500_000),
            ]
            assert str(statement.closing) == "CNY 80000.00"

        setting.run(work)
