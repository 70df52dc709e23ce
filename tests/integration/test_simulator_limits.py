"""What a contract allows, by either simulator, through our rails: quotas, payees, transfers."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from amends.payouts.rails.model import (
    Accepted,
    Advice,
    NotFound,
    Outcome,
    QueryAnswer,
    Rail,
    RefusalReason,
    Refused,
    Settled,
    Unknown,
)
from made_alipay import alipay
from made_simulators import RailSetting
from made_wechat import wechat

AnySetting = RailSetting[Any, Any]
Started = Callable[..., AbstractContextManager[AnySetting]]

FIFTEEN_HOURS = timedelta(hours=15)
"""From the start, nine in the morning of 22 November in Shanghai, to the next midnight there."""
TO_DECEMBER = FIFTEEN_HOURS + timedelta(days=8)
SECOND = timedelta(seconds=1)
PROVIDERS = [
    pytest.param(alipay, ("EXCEED_LIMIT_DM_MAX_AMOUNT", "EXCEED_LIMIT_MM_MAX_AMOUNT"), id="alipay"),
    pytest.param(wechat, ("QUOTA_EXCEED", "QUOTA_EXCEED"), id="wechatpay"),
]


async def sent(setting: AnySetting, rail: Rail, number: str, **of: str) -> Outcome:
    """Send a transfer; each payee is another's, unless said."""
    order = setting.order(number, **{"account": account_of(setting, number), **of})
    return await rail.submit(rail.prepare(order))


def account_of(setting: AnySetting, number: str) -> str:
    """An account for a number alone."""
    return f"{setting.made(number).payee_account}-{number}"


async def ended(setting: AnySetting, rail: Rail, number: str, **of: str) -> QueryAnswer:
    """The same, until the payee and the provider have done what they do."""
    order = setting.order(number, **{"account": account_of(setting, number), **of})
    return await setting.ended(rail, rail.prepare(order))


def used_up(outcome: object, code: str) -> bool:
    """Whether an answer says that our quota is used up, which decides nothing about the number."""
    assert isinstance(outcome, Unknown)
    return (outcome.advice, outcome.code, outcome.used_up) == (Advice.STOP_RAIL, code, True)


@pytest.mark.parametrize(("started", "codes"), PROVIDERS)
@pytest.mark.parametrize(
    ("option", "of", "next_begins"),
    [("--day-max", 0, FIFTEEN_HOURS), ("--month-max", 1, TO_DECEMBER)],
)
def test_a_quota_of_ours_ends_with_its_day_or_month(
    started: Started, codes: Sequence[str], option: str, of: int, next_begins: timedelta
) -> None:
    """To the fen; until midnight in Shanghai; what it turns away is no order, and passes later."""
    with started(option, "10000.00") as setting:

        async def work(rail: Rail) -> None:
            begun = setting.clock.now()
            before = await rail.balance()
            for number in ("N1", "N2"):
                assert isinstance(await sent(setting, rail, number), Accepted | Settled)
            assert used_up(await sent(setting, rail, "N3", amount="CNY 0.30"), codes[of])
            setting.clock.sleep(next_begins - SECOND - (setting.clock.now() - begun))
            third = rail.prepare(setting.order("N3", amount="CNY 0.30"))
            assert used_up(await rail.submit(third), codes[of])
            assert isinstance(await rail.query(third.number), NotFound)
            setting.clock.sleep(SECOND)
            assert isinstance(await setting.ended(rail, third), Settled)
            assert (before - await rail.balance()).amount_minor <= 1_000_030
            assert isinstance(await sent(setting, rail, "N4"), Accepted | Settled)
            assert used_up(await sent(setting, rail, "N5"), codes[of])

        setting.run(work)


@pytest.mark.parametrize(("started", "codes"), PROVIDERS)
def test_what_failed_counts_for_no_quota(
    started: Started, codes: Sequence[str], tmp_path: Path
) -> None:
    """The amount of an order is held against the day while nobody knows, and given back."""
    faults = tmp_path / "faults.toml"
    text = '[dealing]\nonly = ["FAILS"]\nfail = 1.0\nafter = "PT1M"\n'
    faults.write_text(text, encoding="utf-8")
    with started("--faults", str(faults), "--day-max", "10000.00") as setting:

        async def work(rail: Rail) -> None:
            failing = rail.prepare(setting.order("FAILS", amount="CNY 6000.00"))
            assert isinstance(await rail.submit(failing), Accepted)
            assert used_up(await sent(setting, rail, "N1"), codes[0])
            setting.clock.sleep(timedelta(minutes=2))
            assert isinstance(await rail.query(failing.number), Refused)
            for number in ("N1", "N2"):
                assert isinstance(await sent(setting, rail, number), Accepted | Settled)
            assert used_up(await sent(setting, rail, "N3"), codes[0])

        setting.run(work)


@pytest.mark.parametrize(("started", "codes"), PROVIDERS)
def test_a_killed_simulator_remembers_what_is_used_up(
    started: Started, codes: Sequence[str], tmp_path: Path
) -> None:
    """The day's and the month's sums are those of its orders, also after ``kill -9``."""
    options = ("--state", str(tmp_path / "state"), "--day-max", "10000.00")
    with started(*options) as setting:

        async def work(rail: Rail) -> None:
            for number in ("N1", "N2"):
                assert isinstance(await sent(setting, rail, number), Accepted | Settled)
            setting.process.kill()

        setting.run(work)
    with started(*options) as again:

        async def more(rail: Rail) -> None:
            assert used_up(await sent(again, rail, "N3"), codes[0])

        again.run(more)


@pytest.mark.parametrize(
    ("started", "largest", "code", "advice"),
    [
        (alipay, "4999.99", "EXCEED_LIMIT_SM_AMOUNT", Advice.STOP_RAIL),
        (wechat, "4999.99", "INVALID_REQUEST", Advice.ALARM),
    ],
)
def test_a_contract_may_allow_less_in_one_transfer(
    started: Started, largest: str, code: str, advice: Advice
) -> None:
    """Above the largest the number stays open, and nothing was ordered under it."""
    with started("--transfer-max", largest) as setting:

        async def work(rail: Rail) -> None:
            outcome = await sent(setting, rail, "N1")
            assert isinstance(outcome, Unknown)
            assert (outcome.advice, outcome.code, outcome.used_up) == (advice, code, False)
            assert isinstance(await rail.query(setting.order("N1").number), NotFound)
            assert isinstance(await ended(setting, rail, "N2", amount=f"CNY {largest}"), Settled)

        setting.run(work)


def test_alipay_takes_fifty_thousand_for_one_person() -> None:
    """By the public pages; who has settled on more with our side alone is told at the first."""
    with alipay(transfer_max="60000.00") as setting:

        async def work(rail: Rail) -> None:
            order = setting.order("N1", amount="CNY 50000.01")
            outcome = await rail.submit(rail.prepare(order))
            assert isinstance(outcome, Unknown)
            found = (outcome.advice, outcome.code, outcome.used_up)
            assert found == (Advice.STOP_RAIL, "EXCEED_LIMIT_PERSONAL_SM_AMOUNT", False)

        setting.run(work)


@pytest.mark.parametrize(
    ("started", "options", "code"),
    [
        (alipay, ("--payee-day-count", "2"), "EXCEED_LIMIT_DC_RECEIVED"),
        (wechat, ("--payee-day-count", "2"), "DAY_RECEIVED_COUNT_EXCEED"),
        (wechat, ("--payee-day-max", "10000.00"), "DAY_RECEIVED_QUOTA_EXCEED"),
        (wechat, ("--payee-month-max", "10000.00"), "MONTH_RECEIVED_QUOTA_EXCEED"),
    ],
)
def test_a_payee_receives_so_much(started: Started, options: Sequence[str], code: str) -> None:
    """Beyond it the payment ends for good; others are paid, and this payee in the next stretch."""
    with started(*options) as setting:
        mine = account_of(setting, "MINE")

        async def work(rail: Rail) -> None:
            for number in ("N1", "N2"):
                assert isinstance(await ended(setting, rail, number, account=mine), Settled)
            refused = await ended(setting, rail, "N3", account=mine)
            assert isinstance(refused, Refused)
            assert (refused.reason, refused.code) == (RefusalReason.ACCOUNT_LIMIT, code)
            assert not refused.stops_rail
            assert isinstance(await ended(setting, rail, "N4"), Settled)
            setting.clock.sleep(timedelta(days=1))
            tomorrow = await ended(setting, rail, "N5", account=mine)
            assert isinstance(tomorrow, Refused if "MONTH" in code else Settled)
            setting.clock.sleep(timedelta(days=8))
            assert isinstance(await ended(setting, rail, "N6", account=mine), Settled)

        setting.run(work)


@pytest.mark.parametrize(
    ("options", "most"), [((), 100_000), (("--unverified-day-max", "6.00"), 600)]
)
def test_who_has_not_proved_a_name_receives_little(
    options: Sequence[str], most: int, tmp_path: Path
) -> None:
    """A thousand a day by the public pages; more is refused for good, the next day it passes."""
    faults = tmp_path / "faults.toml"
    faults.write_text('[unverified]\nonly = ["13800000009"]\n', encoding="utf-8")
    parts = [f"CNY {minor // 100}.{minor % 100:02d}" for minor in (most // 3, most - most // 3)]
    with alipay("--faults", str(faults), *options) as setting:

        async def work(rail: Rail) -> None:
            for n, part in enumerate(parts):
                whole = await sent(setting, rail, f"N{n}", account="13800000009", amount=part)
                assert isinstance(whole, Settled)
            more = await sent(setting, rail, "N3", account="13800000009", amount="CNY 0.10")
            assert isinstance(more, Refused)
            reason, code = RefusalReason.NOT_REAL_NAME, "EXCEED_LIMIT_UNRN_DM_AMOUNT"
            assert (more.reason, more.code) == (reason, code)
            assert isinstance(await sent(setting, rail, "N4"), Settled)
            setting.clock.sleep(FIFTEEN_HOURS)
            later = await sent(setting, rail, "N5", account="13800000009", amount=parts[0])
            assert isinstance(later, Settled)

        setting.run(work)


@pytest.fixture(params=[alipay, wechat], ids=["alipay", "wechatpay"])
def limited(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AnySetting]:
    """A simulator whose limits stand in the file of faults, one of them on the command line too."""
    path = tmp_path / "faults.toml"
    text = '[limits]\nday_max = "1000.00"\nmonth_max = "CNY 15000.00"\ncalls_per_second = 0\n'
    path.write_text(text, encoding="utf-8")
    with request.param("--faults", str(path), "--day-max", "10000.00") as setting:
        yield setting


def test_limits_stand_in_the_file_too(limited: AnySetting) -> None:
    """The command line goes before the file; what it does not name the file does."""

    async def work(rail: Rail) -> None:
        for number in ("N1", "N2"):
            assert isinstance(await sent(limited, rail, number), Accepted | Settled)
        assert isinstance(await sent(limited, rail, "N3"), Unknown)
        limited.clock.sleep(FIFTEEN_HOURS)
        assert isinstance(await sent(limited, rail, "N3"), Accepted | Settled)
        assert isinstance(await sent(limited, rail, "N4"), Unknown)

    limited.run(work)


def test_who_calls_alipay_too_often_pays_nobody_twice() -> None:
    """Calls above its pace are unknown and no failure; each is one payment when sent again."""
    with alipay("--calls-per-second", "20", "--balance", "500000.00") as setting:

        async def work(rail: Rail) -> None:
            left = [rail.prepare(setting.order(f"N{n}")) for n in range(60)]
            told: set[tuple[str, Advice]] = set()
            for _ in range(60):
                outcomes = await asyncio.gather(*map(rail.submit, left))
                late = zip(left, outcomes, strict=True)
                left = [one for one, outcome in late if isinstance(outcome, Unknown)]
                told |= {(one.code, one.advice) for one in outcomes if isinstance(one, Unknown)}
                if not left:
                    break
                await asyncio.sleep(0.5)
            assert left == []
            assert told == {("isv.method-call-limited", Advice.ASK)}
            assert str(await rail.balance()) == "CNY 200000.00"

        setting.run(work)


def test_our_pace_stays_below_alipays() -> None:
    """With the contract's pace in our settings nobody is turned away."""
    with alipay("--calls-per-second", "50", calls_per_second=20.0) as setting:

        async def work(rail: Rail) -> None:
            numbers = [setting.order(f"N{n}").number for n in range(60)]
            asked = await asyncio.gather(*map(rail.query, numbers))
            assert {type(answer) for answer in asked} == {NotFound}

        setting.run(work)
