import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    CallbackHint,
    CallbackRejected,
    NotFound,
    RefusalReason,
    Refused,
    Settled,
    Statement,
    Unknown,
)
from amends.payouts.rails.wechat import WechatRail
from made_simulators import START, listener, until
from made_wechat import Setting, order, wechat

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
only = ["DEAL"]
after = "PT10M"
[confirmed_late]
only = ["LATE"]
[never_confirmed]
only = ["NEVER", "BACK", "BACK2"]
[query_not_exist_first]
only = ["HIDDEN"]
[payee_unknown]
only = ["oTEST-00001"]
[name_mismatch]
only = ["oTEST-00002"]
[not_real_name]
only = ["oTEST-00003"]
[payee_blocked]
only = ["oTEST-00004"]
[bill_missing]
only = ["MISSING"]
[bill_duplicate]
only = ["TWICE"]
[bill_wrong_amount]
only = ["WRONG"]
[callback_duplicate]
only = ["TOLD:SUCCESS"]
repeats = 2
[callback_forged]
only = ["TOLD:SUCCESS"]
[callback_lost]
only = ["QUIET:SUCCESS"]
"""


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of them."""
    path = tmp_path_factory.mktemp("faults") / "faults.toml"
    path.write_text(FAULTS, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def setting(faults: str) -> Iterator[Setting]:
    """One simulator whose faults meet the numbers and payees named above."""
    with wechat("--faults", faults, "--payee-day-max", "15000.00") as started:
        yield started


def payee(number: str) -> str:
    """A payee of a number's own, so that nobody comes near the limit of a day."""
    return f"oTEST-of-{number}"


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
    """Whether the order exists cannot be told from the answer; the same bytes settle it once."""

    async def work(rail: WechatRail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(setting.order(number, account=payee(number)))
        outcome = await rail.submit(prepared)
        assert isinstance(outcome, Unknown)
        assert (outcome.advice, outcome.code) == (Advice.ASK, code)
        answers = [await rail.query(InstructionId(number)) for _ in range(2)]
        assert isinstance(answers[1], Accepted if found else NotFound)
        again = rail.prepare(setting.order(number, account=payee(number)))
        assert isinstance(await setting.ended(rail, again), Settled)
        assert (before - await rail.balance()).amount_minor == 500_000

    setting.run(work)


def test_faults_follow_each_other_and_end(setting: Setting) -> None:
    """A number that two faults meet meets one at a time, and then passes."""

    async def work(rail: WechatRail) -> None:
        prepared = rail.prepare(setting.order("LOSTBOTH", account=payee("LOSTBOTH")))
        outcomes = [await rail.submit(prepared) for _ in range(3)]
        assert [type(outcome) for outcome in outcomes] == [Unknown, Unknown, Accepted]

    setting.run(work)


def test_a_system_error_is_no_failure(setting: Setting) -> None:
    """SYSTEM_ERROR is unknown as often as it is set to come, and then the number is taken."""

    async def work(rail: WechatRail) -> None:
        prepared = rail.prepare(setting.order("SYS", account=payee("SYS")))
        for _ in range(2):
            outcome = await rail.submit(prepared)
            assert isinstance(outcome, Unknown)
            assert (outcome.advice, outcome.code) == (Advice.ASK, "SYSTEM_ERROR")
        assert isinstance(await rail.query(InstructionId("SYS")), NotFound)
        assert isinstance(await rail.submit(prepared), Accepted)

    setting.run(work)


def test_a_slow_answer_times_out_as_unknown(setting: Setting) -> None:
    """An answer that takes longer than we wait is unknown, although the work was done."""
    impatient = replace(setting, settings=replace(setting.settings, timeout_s=0.3))

    async def work(rail: WechatRail) -> None:
        outcome = await rail.submit(rail.prepare(setting.order("SLOW", account=payee("SLOW"))))
        assert outcome == Unknown(advice=Advice.ASK, code="timeout")
        await asyncio.sleep(1.0)
        assert isinstance(await rail.query(InstructionId("SLOW")), Accepted)

    impatient.run(work)


def test_a_hidden_order_is_found_when_asked_again(setting: Setting) -> None:
    """NOT_FOUND may be wrong: the order was there all the time."""

    async def work(rail: WechatRail) -> None:
        prepared = rail.prepare(setting.order("HIDDEN", account=payee("HIDDEN")))
        assert isinstance(await rail.submit(prepared), Accepted)
        assert isinstance(await rail.query(InstructionId("HIDDEN")), NotFound)
        assert isinstance(await rail.query(InstructionId("HIDDEN")), Accepted)

    setting.run(work)


@pytest.mark.parametrize(
    ("account", "reason"),
    [
        ("oTEST-00001", RefusalReason.UNKNOWN_ACCOUNT),
        ("oTEST-00002", RefusalReason.NAME_MISMATCH),
        ("oTEST-00003", RefusalReason.NOT_REAL_NAME),
        ("oTEST-00004", RefusalReason.ACCOUNT_BLOCKED),
    ],
)
def test_trouble_with_a_payee_ends_the_order(
    setting: Setting, account: str, reason: RefusalReason
) -> None:
    """A payee in trouble is refused with the reason, by the order, and no money is held back."""

    async def work(rail: WechatRail) -> None:
        before = await rail.balance()
        prepared = rail.prepare(setting.order(f"P{reason.replace('_', '')}", account=account))
        for _ in range(2):
            outcome = await setting.ended(rail, prepared)
            assert isinstance(outcome, Refused)
            assert outcome.reason is reason
        assert (await rail.balance()).amount_minor >= before.amount_minor

    setting.run(work)


def test_a_payee_takes_so_much_in_a_day(setting: Setting) -> None:
    """Beyond the limit of a payee's day an order fails with that reason; the next day it passes."""

    async def work(rail: WechatRail) -> None:
        for n in range(3):
            one = rail.prepare(setting.order(f"MUCH{n}", account="oTEST-much"))
            assert isinstance(await rail.submit(one), Accepted)
        fourth = rail.prepare(setting.order("MUCH3", account="oTEST-much"))
        refused = await setting.ended(rail, fourth)
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.ACCOUNT_LIMIT
        other = rail.prepare(setting.order("MUCH4", account="oTEST-other"))
        assert isinstance(await setting.ended(rail, other), Settled)
        setting.clock.sleep(timedelta(days=1))
        later = rail.prepare(setting.order("MUCH5", account="oTEST-much"))
        assert isinstance(await setting.ended(rail, later), Settled)

    setting.run(work)


def test_payees_confirm_when_they_do(faults: str) -> None:
    """Held back first, then waiting for its payee, who confirms late or lets the day pass."""
    with wechat("--faults", faults, "--balance", "15000.00") as setting:

        async def work(rail: WechatRail) -> None:
            first = {}
            for number in ("DEAL", "LATE", "NEVER"):
                first[number] = await rail.submit(rail.prepare(setting.order(number)))
            waits = {n: one.confirm_by for n, one in first.items() if isinstance(one, Accepted)}
            day = START + timedelta(days=1)
            assert waits == {"DEAL": None, "LATE": day, "NEVER": day}
            short = await rail.submit(rail.prepare(setting.order("SHORT")))
            assert isinstance(short, Unknown), "money that is held back is not there twice"
            assert short.code == "NOT_ENOUGH"
            setting.clock.sleep(timedelta(minutes=10))
            waiting = await rail.query(InstructionId("DEAL"))
            assert isinstance(waiting, Accepted)
            assert waiting.confirm_by == day
            setting.clock.sleep(timedelta(hours=20))
            told = [await rail.query(InstructionId(n)) for n in ("DEAL", "LATE", "NEVER")]
            assert [type(one) for one in told] == [Settled, Settled, Accepted]
            setting.clock.sleep(timedelta(hours=4))
            closed = await rail.query(InstructionId("NEVER"))
            assert isinstance(closed, Refused)
            assert (closed.reason, closed.code) == (RefusalReason.NOT_CONFIRMED, "OVERDUE_CLOSE")
            assert str(await rail.balance()) == "CNY 5000.00"

        setting.run(work)


def test_what_waits_can_be_taken_back(setting: Setting) -> None:
    """Before its payee confirms a transfer can be cancelled; afterwards it cannot."""

    async def work(rail: WechatRail) -> None:
        before = await rail.balance()
        back = rail.prepare(setting.order("BACK", account=payee("BACK")))
        assert isinstance(await rail.submit(back), Accepted)
        assert isinstance(await rail.cancel(back.number), Accepted)
        ended = await setting.ended(rail, back)
        assert isinstance(ended, Refused)
        assert ended.reason is RefusalReason.CANCELLED
        assert await rail.balance() == before
        paid = rail.prepare(setting.order("PAID", account=payee("PAID")))
        assert isinstance(await setting.ended(rail, paid), Settled)
        late = await rail.cancel(paid.number)
        assert isinstance(late, Unknown)
        assert late.code == "INVALID_REQUEST"
        assert isinstance(await rail.query(paid.number), Settled)
        assert isinstance(await rail.cancel(InstructionId("NOBODY")), NotFound)

    setting.run(work)


def test_queries_reach_back_thirty_days(faults: str) -> None:
    """After 30 days a paid number is not found; sending it again still does not pay again."""
    with wechat("--faults", faults, "--balance", "15000.00") as setting:

        async def work(rail: WechatRail) -> None:
            prepared = rail.prepare(setting.order("OLD"))
            assert isinstance(await setting.ended(rail, prepared), Settled)
            reach_back = rail.capabilities.queries_reach_back
            assert reach_back is not None
            setting.clock.sleep(START + reach_back - timedelta(seconds=1) - setting.clock.now())
            assert isinstance(await rail.query(prepared.number), Settled)
            setting.clock.sleep(timedelta(seconds=1))
            assert isinstance(await rail.query(prepared.number), NotFound)
            assert isinstance(await rail.submit(prepared), Settled)
            assert str(await rail.balance()) == "CNY 10000.00"

        setting.run(work)


def test_notifications_are_repeated_doubled_forged_and_lost(setting: Setting) -> None:
    """An end is notified until it is acknowledged; only genuine notifications become hints."""

    async def work() -> None:
        async with listener([(500, "no"), (404, "not yet")]) as (url, came):
            rail = WechatRail(replace(setting.settings, notify_url=url), setting.clock)
            for number in ("TOLD", "QUIET"):
                one = rail.prepare(setting.order(number, account=payee(number)))
                assert isinstance(await setting.ended(rail, one), Settled)
            await until(came, 5)
            await asyncio.sleep(0.5)
            hints = [rail.parse_callback(headers, body) for headers, body in came]
            forged = [hint for hint in hints if isinstance(hint, CallbackRejected)]
            genuine = [hint for hint in hints if isinstance(hint, CallbackHint)]
            assert forged == [CallbackRejected(code="bad_signature")]
            assert len(genuine) in {4, 5}  # three, and again what was not acknowledged
            assert {hint.number for hint in genuine} == {"TOLD"}
            headers, body = came[hints.index(genuine[0])]
            changed = body.replace(b"FINISHED", b"FINISHEX")
            assert rail.parse_callback(headers, changed) == CallbackRejected(code="bad_signature")
            other = WechatRail(replace(setting.settings, apiv3_key=b"o" * 32), setting.clock)
            assert other.parse_callback(headers, body) == CallbackRejected(code="malformed")
            stranger = WechatRail(replace(setting.settings, mchid="1900000001"), setting.clock)
            assert stranger.parse_callback(headers, body) == CallbackRejected(code="other_app")
            await rail.close()

    asyncio.run(work())


def test_notifications_leave_this_machine_never(setting: Setting) -> None:
    """An address for notifications that is not loopback is refused before anything is done."""
    outside = replace(setting, settings=replace(setting.settings, notify_url="http://192.0.2.1/"))

    async def work(rail: WechatRail) -> None:
        outcome = await rail.submit(rail.prepare(order("OUTSIDE")))
        assert isinstance(outcome, Unknown)
        assert outcome.code == "PARAM_ERROR"
        assert isinstance(await rail.query(InstructionId("OUTSIDE")), NotFound)

    outside.run(work)


def test_a_bill_can_be_wrong_in_its_lines_only(faults: str) -> None:
    """Lines go missing, come twice or say another amount; the last balance stays true."""
    with wechat("--faults", faults, "--balance", "100000.00") as setting:

        async def work(rail: WechatRail) -> None:
            for number in ("MISSING", "TWICE", "WRONG", "RIGHT"):
                assert isinstance(
                    await setting.ended(rail, rail.prepare(setting.order(number))), Settled
                )
            setting.clock.sleep(timedelta(days=1, hours=1))
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


def test_who_calls_too_often_pays_nobody_twice() -> None:
    """Calls above the provider's pace are unknown; sent again with the same bytes each is one."""
    with wechat("--calls-per-second", "20", "--balance", "500000.00") as setting:

        async def work(rail: WechatRail) -> None:
            left = [rail.prepare(setting.order(f"N{n}", account=payee(f"N{n}"))) for n in range(60)]
            codes: set[str] = set()
            until_s = time.monotonic() + 60
            while left and time.monotonic() < until_s:
                outcomes = await asyncio.gather(*(rail.submit(one) for one in left))
                told = list(zip(left, outcomes, strict=True))
                left = [one for one, outcome in told if isinstance(outcome, Unknown)]
                for outcome in outcomes:
                    if isinstance(outcome, Unknown):
                        assert outcome.advice is Advice.ASK
                        codes.add(outcome.code)
                await asyncio.sleep(0.5)
            assert left == []
            assert codes == {"FREQUENCY_LIMITED"}
            assert str(await rail.balance()) == "CNY 200000.00"

        setting.run(work)


def test_the_rail_keeps_its_pace() -> None:
    """Below the provider's pace nobody is turned away, although all calls are made at once."""
    with wechat("--calls-per-second", "50") as setting:
        slow = replace(setting, settings=replace(setting.settings, calls_per_second=20.0))

        async def work(rail: WechatRail) -> None:
            asked = await asyncio.gather(*(rail.query(InstructionId(f"N{n}")) for n in range(60)))
            assert {type(answer) for answer in asked} == {NotFound}

        slow.run(work)


def test_a_killed_simulator_forgets_nothing(tmp_path: Path, faults: str) -> None:
    """After ``kill -9`` every order that was answered is there, and goes its way."""
    options = ("--state", str(tmp_path / "state"), "--faults", faults)
    with wechat(*options, "--balance", "100000.00") as setting:

        async def work(rail: WechatRail) -> None:
            for number in ("N1", "NEVER", "DEAL"):
                one = rail.prepare(setting.order(number))
                assert isinstance(await rail.submit(one), Accepted)
            lost = rail.prepare(setting.order("LOSTANS"))
            assert isinstance(await rail.submit(lost), Unknown)
            setting.process.kill()

        setting.run(work)
    with wechat(*options, "--balance", "1.00") as again:
        again.clock.sleep(timedelta(hours=25))

        async def ask(rail: WechatRail) -> None:
            told = [
                type(await rail.query(InstructionId(number)))
                for number in ("N1", "NEVER", "DEAL", "LOSTANS")
            ]
            assert told == [Settled, Refused, Settled, Settled]
            assert isinstance(await rail.submit(rail.prepare(again.order("LOSTANS"))), Settled)
            assert str(await rail.balance()) == "CNY 85000.00"

        again.run(ask)
