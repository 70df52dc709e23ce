"""What `pay` says of the promise before anybody signs, and how quotas that were used count."""

import asyncio
import threading
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import cast

import pytest

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import Clock
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.payouts.paying import pay_through, work_through
from amends.payouts.planning import allowance_store, forecast_store, forecasting
from amends.payouts.planning.allowance import QuotaError
from amends.payouts.planning.feasibility import feasibility
from amends.payouts.planning.plan import plan_again, plan_payable
from amends.payouts.planning.programme import Payable, Terms
from amends.payouts.rails.model import Direction
from amends.payouts.service import dry_run, pay
from fake_provider import ZONE, FakeProvider, Rates
from made_awards import make_awards
from made_cases import MINIMAL_CASE, OpenedCase

PATIENCE_S = 2.0
QUOTA = MINIMAL_CASE.replace(
    'protocol = "alipay"\n', 'protocol = "alipay"\nday_most = "CNY 50000.00"\n'
)


def test_payouts_dry_run_tells_what_to_negotiate_and_pays_nobody(opened_case: OpenedCase) -> None:
    """60 people of 5,000.00 at 50,000.00 a day take six days; three were promised."""
    opened = opened_case(QUOTA)
    make_awards(opened, 60)
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.people, found.in_time, found.kept) == (60, 40, False)
    (remedy,) = found.remedies
    assert remedy.day_minor == {"alipay": 7_500_000}
    assert any("75,000.00" in sentence for sentence in sentences)
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM payouts.instruction").fetchone() == (0,)


def test_payouts_no_day_is_named_that_is_centuries_away(opened_case: OpenedCase) -> None:
    """One payment a day, and more people than a thousand years have days."""
    opened = opened_case(QUOTA)
    people = Payable(people=400_000, amount_minor=500_000, rails=frozenset({"alipay"}))
    contract = Terms(rail="alipay", zone="Asia/Shanghai", day_minor=500_000)
    now = opened.clock.now()
    found = feasibility([people], [contract], start=now, promised=now + timedelta(days=3))
    sentences = forecasting.told(found, opened.case.file)
    assert "399,996 of 400,000 people" in sentences[0]
    assert sentences[0].endswith("the last has it after more than 1,000 years")
    assert not any("bills" in one for one in sentences)


def test_payouts_whoever_signs_reads_the_forecast(opened_case: OpenedCase) -> None:
    """The refusal that asks for signatures says that the promise cannot be kept, for how many."""
    opened = opened_case(QUOTA)
    make_awards(opened, 60)
    with pytest.raises(WaitingForApprovalError, match="cannot be kept: 20 of 60 people"):
        pay(opened)


def test_payouts_whom_checks_of_names_will_refuse_is_told_by_a_first_batch(
    opened_case: OpenedCase,
) -> None:
    """A quarter of the first hundred were refused for their names: so will be about as many."""
    case = MINIMAL_CASE + "\n[pay]\nfirst = 100\n"
    opened = opened_case(case, approve_as=("anna", "bert"))
    make_awards(opened, 200)
    before, _ = dry_run(opened)
    assert before is not None
    assert before.refused == 0
    provider = FakeProvider(
        seed=7, rates=Rates(refused=0.25), now=opened.clock.now, funds_minor=100_000_000
    )
    asyncio.run(pay_through(opened, provider))
    refused = sum(1 for order in provider.orders.values() if order.status == "FAIL")
    assert 10 < refused < 40
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.people, found.refused) == (100, refused)
    told = f"will refuse about {found.refused} of them"
    assert any(told in sentence for sentence in sentences)


def test_payouts_what_went_out_counts_against_its_day_and_month(opened_case: OpenedCase) -> None:
    """Of twelve people ten have today's quota; the last two are paid when the next day begins."""
    opened = opened_case(QUOTA, approve_as=("anna", "bert"))
    make_awards(opened, 12)
    today = opened.clock.now()
    assert [note for note in pay(opened).notes if "quota" in note] == [
        "the quota of alipay was used up 1 times: paying went on at midnight (Asia/Shanghai)"
    ]
    assert dry_run(opened)[0] is None
    now = opened.clock.now()
    with opened.database.reading() as connection:
        spent = forecast_store.spent(connection, "alipay", now, "Asia/Shanghai")
        later = now + timedelta(days=1)
        tomorrow = forecast_store.spent(connection, "alipay", later, "Asia/Shanghai")
        elsewhere = forecast_store.spent(connection, "wechatpay", now, "Asia/Shanghai")
    assert now.astimezone(ZONE).date() == today.astimezone(ZONE).date() + timedelta(days=1)
    assert (spent, tomorrow, elsewhere) == ((1_000_000, 6_000_000), (0, 6_000_000), (0, 0))


@dataclass(slots=True)
class Told:
    """Progress that remembers what it was told."""

    labels: list[str] = field(default_factory=list)

    def start(self, label: str, total: int | None = None) -> None:
        """Another piece of work."""
        del total
        self.labels.append(label)

    def advance(self, units: int = 1) -> None:
        """A step of it."""

    def tell(self, message: str) -> None:
        """Something that people have to know."""
        self.labels.append(message)


class SharedClock:
    """A simulated clock of two at work: a night that one waits for begins when the other has time.

    Who ends leaves; who does neither for a while is not waited for.
    """

    simulated = True

    def __init__(self, inner: Clock) -> None:
        self._inner, self._changed = inner, threading.Condition()
        self._at_work, self._until = 2, list[datetime]()

    def now(self) -> datetime:
        """The simulated time."""
        return self._inner.now()

    def sleep(self, duration: timedelta) -> None:
        """Until it is that late, and the other waits as well."""
        with self._changed:
            until = self.now() + duration
            self._until.append(until)
            while self.now() < until:
                rests = min(self._until) - self.now()  # 0: whoever waited for this still wakes up
                both = len(self._until) >= self._at_work and rests > timedelta(0)
                if both or not self._changed.wait(PATIENCE_S):
                    self._inner.sleep(max(rests, timedelta(0)))
                    self._changed.notify_all()
            self._until.remove(until)

    def leave(self) -> None:
        """One has ended."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()


def by_day(provider: FakeProvider) -> list[int]:
    """What the provider paid out, in minor units, day by day of its own."""
    days: Counter[date] = Counter()
    for line in provider.lines:
        if line.direction is Direction.OUT:
            days[line.at.astimezone(ZONE).date()] += line.amount.amount_minor
    return [days[day] for day in sorted(days)]


def test_payouts_two_workers_share_a_quota_and_never_pass_it(opened_case: OpenedCase) -> None:
    """Each day has as much as the contract allows and no more, and 0.98 of it at least.

    What a provider refuses does not count, and what it does not take at first goes out again.
    """
    opened = opened_case(QUOTA.replace("50000.00", "100000.00"), approve_as=("anna", "bert"))
    clock = SharedClock(opened.clock)
    opened = replace(opened, progress=Told(), clock=clock)
    make_awards(opened, 70, spread=90)
    provider = FakeProvider(4, Rates(refused=0.1, lost_answer=0.2), opened.clock.now, 100_000_000)

    started = asyncio.Event()
    provider.inspect = lambda _: started.set()

    async def at_work(work: Awaitable[object]) -> None:
        await work
        clock.leave()

    async def worker() -> None:
        await started.wait()
        await work_through(opened, provider)

    async def both() -> None:
        await asyncio.gather(at_work(pay_through(opened, provider)), at_work(worker()))

    asyncio.run(both())
    *days, last = by_day(provider)
    assert set(days) == {10_000_000}
    assert last <= 10_000_000
    assert sum(days) + last == 500_000 * sum(
        o.status == "SUCCESS" for o in provider.orders.values()
    )
    assert len(provider.orders) == 70
    told = cast("Told", opened.progress).labels
    assert "the quota of alipay is used up; it goes on at 2026-11-22 00:00 Asia/Shanghai" in told


def test_payouts_a_promise_that_breaks_while_money_goes_out_is_told(
    opened_case: OpenedCase,
) -> None:
    """At the first midnight that is waited for: how many are late, kept once, and audited."""
    opened = opened_case(QUOTA, approve_as=("anna", "bert"))
    opened = replace(opened, progress=Told())
    make_awards(opened, 60)
    asyncio.run(pay_through(opened, FakeProvider(1, Rates(), opened.clock.now, 100_000_000)))
    told = cast("Told", opened.progress).labels
    assert any("the promise cannot be kept: 20 of 50 people" in one for one in told)
    with opened.database.reading() as connection:
        outlooks = connection.execute("SELECT kept, people, late FROM payouts.outlook").fetchall()
        audited = connection.execute(
            "SELECT count(*) FROM governance.audit WHERE action = 'outlook of the promise'"
        ).fetchone()
    assert outlooks[0] == (False, 50, 20)
    assert audited == (len(outlooks),)


@pytest.mark.parametrize("key", ["day_most", "month_most"])
def test_payouts_a_quota_of_zero_is_refused_before_anything_is_planned(
    opened_case: OpenedCase, key: str
) -> None:
    """Nothing would ever go out: the refusal says so, and what to do."""
    zero = QUOTA.replace('day_most = "CNY 50000.00"', f'{key} = "CNY 0.00"')
    opened = opened_case(zero, approve_as=("anna", "bert"))
    make_awards(opened, 2)
    with pytest.raises(QuotaError, match=rf"alipay lets nobody be paid: \[\[rail\]\] {key}"):
        pay(opened)
    with opened.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM payouts.plan").fetchone() == (0,)


def test_payouts_a_plan_of_before_the_quota_is_not_sent_in_too_large_parts(
    opened_case: OpenedCase,
) -> None:
    """A chunk of 60,000.00 that was approved before the quota was named is refused, not sent."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    make_awards(opened, 12)
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)
    plan_payable(opened, [provider.capabilities])
    file = replace(
        opened.case.file,
        rails=tuple(
            replace(one, day_most=Money.parse("CNY 50000.00")) for one in opened.case.file.rails
        ),
    )
    later = replace(opened, case=replace(opened.case, file=file))
    with pytest.raises(QuotaError, match="planned before the quota"):
        asyncio.run(pay_through(later, provider))
    assert not provider.orders


def test_payouts_the_quota_of_a_month_is_waited_for_too(opened_case: OpenedCase) -> None:
    """Ten of twelve people have November's; the last two are paid when December begins."""
    month = QUOTA.replace("day_most", "month_most")
    opened = opened_case(month, approve_as=("anna", "bert"))
    opened = replace(opened, progress=Told())
    make_awards(opened, 12)
    before, _ = dry_run(opened)
    assert before is not None
    assert before.in_time == 10
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)
    summary = asyncio.run(pay_through(opened, provider))
    assert by_day(provider) == [5_000_000, 1_000_000]
    days = [line.at.astimezone(ZONE).date() for line in provider.lines]
    assert (days[0], days[-1]) == (date(2026, 11, 21), date(2026, 12, 1))
    told = cast("Told", opened.progress).labels
    waits = "the quota of alipay is used up; it goes on at 2026-12-01 00:00 Asia/Shanghai"
    assert sum(waits in one for one in told) == 1
    assert summary.counts["settled"] == 12


def test_payouts_whom_no_quota_covers_is_not_promised_and_said_to_be_so(
    opened_case: OpenedCase,
) -> None:
    """5,000.00 are owed to two, and a day has 3,000.00: neither forecast nor plan has them."""
    case = QUOTA.replace("50000.00", "3000.00")
    opened = opened_case(case, approve_as=("anna", "bert"))
    make_awards(opened, 2)
    make_awards(opened, 1, first=2, amount_minor=300_000, declared=False)
    found, told = dry_run(opened)
    assert found is not None
    assert (found.kept, found.in_time, found.by_nobody, found.too_much) == (False, 1, 2, 2)
    said = ["2 people can be paid by no rail of the case", "2 of them are owed more than any rail"]
    assert all(any(one.startswith(sentence) for one in told) for sentence in said)
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)
    summary = asyncio.run(pay_through(opened, provider))
    assert summary.counts["settled"] == 1
    assert all(any(one.startswith(sentence) for one in summary.notes) for sentence in said)


def test_payouts_whom_no_quota_covers_does_not_stand_before_others(
    opened_case: OpenedCase,
) -> None:
    """The first batch is of the first whom the rail carries, not of the first who are owed."""
    case = QUOTA.replace("50000.00", "3000.00") + "\n[pay]\nfirst = 2\n"
    opened = opened_case(case, approve_as=("anna", "bert"))
    make_awards(opened, 7)
    make_awards(opened, 3, first=7, amount_minor=300_000, declared=False)
    provider = FakeProvider(1, Rates(), opened.clock.now, 100_000_000)
    assert plan_payable(opened, [provider.capabilities]) == 2
    with opened.database.reading() as connection:
        planned = connection.execute(
            "SELECT award_index FROM payouts.instruction ORDER BY award_index"
        ).fetchall()
    assert planned == [(7,), (8,)]


def test_payouts_what_is_never_sent_uses_up_no_quota(opened_case: OpenedCase) -> None:
    """Ten bank cards that the rail does not take, and five phones: these are paid on the day."""
    opened = opened_case(QUOTA, approve_as=("anna", "bert"))
    make_awards(opened, 10, account_kind="bank")
    make_awards(opened, 5, first=10, declared=False)
    today = opened.clock.now().astimezone(ZONE).date()
    provider = FakeProvider(
        *(1, Rates(), opened.clock.now, 100_000_000),
        account_kinds=frozenset((AccountKind.PHONE,)),
    )
    summary = asyncio.run(pay_through(opened, provider))
    assert (summary.counts["settled"], summary.counts["refused"]) == (5, 10)
    assert {line.at.astimezone(ZONE).date() for line in provider.lines} == {today}
    with opened.database.reading() as connection:
        handed = connection.execute("SELECT sum(amount_minor) FROM payouts.handed").fetchone()
    assert handed == (2_500_000,)


def test_payouts_what_was_refused_and_planned_again_is_not_spent(opened_case: OpenedCase) -> None:
    """Neither the forecast nor the quota counts it: a second payment makes no false alarm."""
    opened = opened_case(QUOTA, approve_as=("anna", "bert"))
    make_awards(opened, 6)
    refusing = FakeProvider(1, Rates(refused=1.0), opened.clock.now, 100_000_000)
    asyncio.run(pay_through(opened, refusing))
    now, day = opened.clock.now(), timedelta(days=1)

    def spent() -> tuple[int, int]:
        with opened.database.reading() as connection:
            refused = allowance_store.refused_minor(connection, "alipay", now - day)
            assert refused == 3_000_000
            return forecast_store.spent(connection, "alipay", now, "Asia/Shanghai")

    assert spent() == (0, 0)
    assert plan_again(opened, [refusing.capabilities], ["name_mismatch"]) == 6
    with opened.database.reading() as connection:
        ended = connection.execute(
            "SELECT count(*) FROM payouts.instruction WHERE state = 'superseded'"
        ).fetchone()
    assert ended == (6,)
    assert spent() == (0, 0)
