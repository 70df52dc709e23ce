"""The alarm while money goes out: what is told once, what outlives an error, which rails count."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.kernel.accounts import AccountKind
from amends.kernel.money import Money
from amends.payouts.model import RailStoppedError
from amends.payouts.paying import pay_through
from amends.payouts.planning import watching
from amends.payouts.planning.outlook import Looked, newest, watch_promise
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.planning.replanning import replan
from amends.payouts.planning.stopped import note_stopped, note_works, stopped_in
from amends.payouts.rails.model import (
    Advice,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    Unknown,
)
from amends.payouts.sending import dispatch, switch
from amends.payouts.service import dry_run, last_outlook
from amends.store.columns import whole
from amends.vault.opened import OpenCase
from fake_provider import ZONE, Away, FakeProvider, Rates
from made_awards import make_awards, make_ten, person
from made_cases import MINIMAL_CASE, OpenedCase
from made_progress import told_to

SLOW = MINIMAL_CASE + "calls_per_second = 0.0001\n"
"""By contract 25 people in the three days."""
TWO_RAILS = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
FUNDS = 40_000_000
PATIENCE_S = 30.0


@dataclass(slots=True)
class Waits(FakeProvider):
    """Before some of its payments it waits for something, and so does whoever sends."""

    waits: dict[int, Callable[[], bool]] = field(default_factory=dict)
    calls: int = 0

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever, but when it is time."""
        self.calls += 1
        call, until = self.calls, time.monotonic() + PATIENCE_S
        while not all(due() for first, due in self.waits.items() if first <= call):
            assert time.monotonic() < until, "it did not come"
            await asyncio.sleep(0.01)
        return await FakeProvider.submit(self, prepared)


def provider_of(opened: OpenCase, rail: str = "alipay", *kinds: AccountKind) -> Waits:
    """A provider that takes what it is given."""
    taken = frozenset(kinds) or frozenset(AccountKind)
    return Waits(1, Rates(), opened.clock.now, FUNDS, rail=rail, account_kinds=taken)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The five minutes are the fiftieth part of a second."""
    monkeypatch.setattr(watching, "EVERY_S", 0.02)


def outlooks(opened: OpenCase) -> list[tuple[object, ...]]:
    """What is kept: whether, how many are late, by nobody and stopped rails, and these rails."""
    with opened.database.reading() as connection:
        return connection.execute(
            "SELECT kept, late, by_nobody, by_stopped, stopped FROM payouts.outlook "
            "ORDER BY outlook_no"
        ).fetchall()


def audited(opened: OpenCase, action: str = "outlook of the promise") -> int:
    """How often something stands in the audit trail."""
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT count(*) FROM governance.audit WHERE action = %(action)s", {"action": action}
        ).fetchone()
    assert row is not None
    return whole(row[0])


@pytest.mark.usefixtures("often")
def test_payouts_the_alarm_is_raised_while_money_goes_out(opened_case: OpenedCase) -> None:
    """No quota is waited for: the loop itself sees it, and says it once however often it looks."""
    opened, told = told_to(opened_case(SLOW, approve_as=("anna", "bert")))
    make_awards(opened, 60, spread=500)
    provider = provider_of(opened)
    provider.waits[9] = lambda: bool(told.messages)
    asyncio.run(pay_through(opened, provider))
    assert not any("is used up" in one for one in told.messages)
    assert "the promise cannot be kept: " in told.messages[0]
    assert len(told.messages) < 6  # once, and where the late have become half as many, or none
    assert len(outlooks(opened)) == audited(opened) == len(told.messages)


def right(opened: OpenCase, word: str, to: str) -> bool:
    """Give or take the right to read outlooks."""
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute(f"{word} SELECT ON payouts.outlook {to} amends_app".encode())
    return True


@pytest.mark.usefixtures("often")
def test_payouts_the_alarm_outlives_a_look_that_fails(opened_case: OpenedCase) -> None:
    """A look that fails is told, once, and others follow: the alarm comes as soon as it can."""
    opened, told = told_to(opened_case(SLOW, approve_as=("anna", "bert")))
    make_awards(opened, 60, spread=500)
    right(opened, "REVOKE", "FROM")
    provider = provider_of(opened)
    provider.waits[9] = lambda: bool(told.messages) and right(opened, "GRANT", "TO")
    provider.waits[17] = lambda: len(told.messages) > 1
    summary = asyncio.run(pay_through(opened, provider))
    assert summary.counts["settled"] == 60
    failed, alarm, *_ = told.messages
    assert "could not be looked at (InsufficientPrivilege)" in failed
    assert "the promise cannot be kept" in alarm
    assert sum("could not be looked at" in one for one in told.messages) == 1
    assert not any("could not be looked at" in note for note in summary.notes)


@pytest.mark.usefixtures("often")
def test_payouts_whoever_reads_the_summary_hears_that_nobody_could_look(
    opened_case: OpenedCase,
) -> None:
    """Where the last look failed; everybody is paid all the same."""
    opened, told = told_to(opened_case(TWO_RAILS, approve_as=("anna", "bert")))
    make_awards(opened, 10, spread=500)
    make_awards(opened, 1, first=5_000, account_kind="bank", declared=False)
    right(opened, "REVOKE", "FROM")
    phones = provider_of(opened, "alipay", AccountKind.PHONE)
    phones.waits[9] = lambda: bool(told.messages)
    summary = asyncio.run(
        pay_through(opened, phones, provider_of(opened, "wechatpay", AccountKind.OPENID))
    )
    assert summary.counts["settled"] == 10
    assert any("could not be looked at" in note for note in summary.notes)


def look(opened: OpenCase) -> Looked:
    """What a look finds where somebody is left."""
    found = watch_promise(opened)
    assert found is not None
    return found


def without(opened: OpenCase, key: str, most: Money | None) -> OpenCase:
    """The case with another limit of its first rail."""
    first, *others = opened.case.file.rails
    rails = (replace(first, **{key: most}), *others)  # type: ignore[arg-type]  # a test's
    file = replace(opened.case.file, rails=rails)
    return replace(opened, case=replace(opened.case, file=file))


def test_payouts_one_whom_nobody_can_pay_hides_no_break_that_comes_later(
    opened_case: OpenedCase,
) -> None:
    """Each new cause is an outlook of its own; the same again, and a little more, is none."""
    opened = opened_case(TWO_RAILS)
    make_awards(opened, 60)
    make_awards(opened, 1, first=60, account_kind="bank", declared=False)
    with opened.database.unit_of_work() as connection:
        further_of = connection.execute("SELECT count(*) FROM payees.payee").fetchone()
    assert further_of == (61,)
    first, again = look(opened), look(opened)
    assert (first.number, again.number) == (1, 1)
    assert outlooks(opened) == [(False, 1, 1, 0, [])]
    slower = without(opened, "day_most", Money.parse("CNY 50000.00"))
    second = look(slower)  # 40 on the four days: 20 are late besides
    assert any("the promise cannot be kept: 20 of 60 people" in one for one in second.sentences)
    assert outlooks(opened)[1:] == [(False, 21, 1, 0, [])]
    few = without(opened, "day_most", Money.parse("CNY 40000.00"))
    assert look(few).number == 2  # 28 are late: not twice as many
    none = without(opened, "day_most", Money.parse("CNY 15000.00"))
    assert look(none).number == 3
    assert outlooks(opened)[2:] == [(False, 49, 1, 0, [])]
    assert look(opened).number == 4  # as at first: one cause went
    with psycopg.connect(opened.database.conninfo) as owner:
        owner.execute(
            b"UPDATE payees.payee SET state = 'needs_person', reason = 'deceased', kind = NULL, "
            b"sealed = NULL, details_mark = NULL WHERE person_id = '" + person(60).encode() + b"'"
        )
    kept = look(opened)
    assert (kept.number, kept.kept) == (5, True)
    assert "the promise can be kept" in kept.sentences[0]
    assert [one[0] for one in outlooks(opened)] == [False, False, False, False, True]
    assert audited(opened) == 5


def test_payouts_a_watch_says_each_outlook_once_and_that_it_is_kept_again(
    opened_case: OpenedCase,
) -> None:
    """Two commands hear of the same break, each once; who never heard of one hears of no end."""
    opened = opened_case(SLOW)
    make_awards(opened, 60)
    faster = without(opened, "calls_per_second", None)

    async def story() -> None:
        one, other = watching.Watch(opened, ()), watching.Watch(opened, ())
        fresh = watching.Watch(faster, ())
        assert await fresh.look() == ()
        (alarm,) = await one.look()
        assert "cannot be kept" in alarm
        assert await one.look() == ()
        assert await one.look(again=True) == (alarm,)
        assert await other.look() == (alarm,)
        for watch in (one, other):
            watch._opened = faster
            (end,) = await watch.look()
            assert "the promise can be kept" in end
            assert await watch.look(again=True) == ()
        late = watching.Watch(faster, ())
        assert await late.look() == ()

    asyncio.run(story())
    assert [one[0] for one in outlooks(opened)] == [False, True]


class Stopping(FakeProvider):
    """Says that our contract has ended."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Refuse for our sake."""
        self._next("submit", prepared.number)
        return Unknown(advice=Advice.STOP_RAIL, code="PRODUCT_NOT_SIGN", raw=b"none")


class Silent(FakeProvider):
    """Answers nothing."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Lose it."""
        self._next("submit", prepared.number)
        return Unknown(advice=Advice.ASK, code="timeout")

    async def query(self, number: str, _amount: Money | None = None) -> QueryAnswer:
        """Lose it."""
        self._next("query", number)
        return Unknown(advice=Advice.ASK, code="timeout")


@pytest.mark.usefixtures("often")
@pytest.mark.parametrize(
    ("kind", "words", "silent"),
    [
        (Stopping, "wechatpay takes no payment of ours since", False),
        (Silent, "wechatpay gives no usable answer since", True),
    ],
)
def test_payouts_a_rail_that_stops_during_the_run_counts_with_no_capacity(
    opened_case: OpenedCase,
    monkeypatch: pytest.MonkeyPatch,
    kind: type[FakeProvider],
    words: str,
    *,
    silent: bool,
) -> None:
    """While the other goes on it is told who waits for it, and by every forecast after that.

    As soon as a payment goes through it counts again.
    """
    monkeypatch.setattr(dispatch, "SILENT_CALLS", 6)
    opened, told = told_to(opened_case(TWO_RAILS, approve_as=("anna", "bert")))
    make_awards(opened, 24, spread=500)
    make_awards(opened, 20, first=12_000, spread=1000, account_kind="openid", declared=False)
    phones = provider_of(opened, "alipay", AccountKind.PHONE)
    phones.waits[9] = lambda: bool(told.messages)
    openids = frozenset((AccountKind.OPENID,))
    gone = kind(1, Rates(), opened.clock.now, FUNDS, rail="wechatpay", account_kinds=openids)
    with pytest.raises(RailStoppedError, match="wechatpay takes no payment"):
        asyncio.run(pay_through(opened, phones, gone))
    (alarm,) = told.messages
    assert words in alarm
    assert "the promise cannot be kept while that is so" in alarm
    assert "if every rail carried payments now: the promise can be kept" in alarm
    ((kept, late, by_nobody, by_stopped, stopped),) = outlooks(opened)
    assert (kept, late, by_nobody, stopped) == (False, by_stopped, 0, ["wechatpay"])
    assert 0 < whole(by_stopped) <= 20
    with opened.database.reading() as connection:
        (one,) = stopped_in(connection)
    assert (one.rail, one.silent) == ("wechatpay", silent)
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.kept, found.last, found.by_nobody) == (False, None, 0)
    assert 0 < found.late <= whole(by_stopped)
    assert any(words in sentence for sentence in sentences)
    works = provider_of(opened, "wechatpay", AccountKind.OPENID)
    counts = asyncio.run(pay_through(opened, phones, works)).counts
    assert counts["settled"] + counts["unknown"] == 44
    with opened.database.reading() as connection:
        assert stopped_in(connection) == ()
    assert (audited(opened, "rail stopped"), audited(opened, "rail works again")) == (1, 1)


class UsedUp(FakeProvider):
    """Has let through what it lets through today."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Say so."""
        self._next("submit", prepared.number)
        return Unknown(advice=Advice.STOP_RAIL, code="QUOTA_EXCEED", used_up=True, raw=b"none")


def test_payouts_a_provider_whose_quota_is_used_up_is_no_rail_that_stopped(
    opened_case: OpenedCase,
) -> None:
    """It goes on by itself: forecasts count it as ever."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    with pytest.raises(RailStoppedError):
        asyncio.run(pay_through(opened, UsedUp(1, Rates(), opened.clock.now, FUNDS)))
    assert audited(opened, "rail stopped") == 0


def test_payouts_whom_checks_will_refuse_are_a_cause_that_comes_and_goes(
    opened_case: OpenedCase,
) -> None:
    """All of the first hundred were refused: that twenty more will be is told once."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    make_awards(opened, 100)
    refusing = FakeProvider(1, Rates(refused=1.0), opened.clock.now, 60_000_000)
    asyncio.run(pay_through(opened, refusing))
    make_awards(opened, 20, first=100, declared=False)
    first = watch_promise(opened)
    assert first is not None
    assert (first.number, first.kept) == (2, False)  # the first is that 100 were
    again = watch_promise(opened)
    assert again is not None
    assert again.number == 2
    kept = newest(opened)
    assert kept is not None
    assert (kept.row.late, kept.row.by_refused) == (0, 20)
    told = str(kept.told(ZONE)[0])
    assert told.endswith(
        "120 of 120 people were late or refused: about 20 whom the providers' checks will refuse; "
        "100 whose payment was refused or came back"
    )


def test_payouts_a_rail_that_does_not_even_state_its_balance_counts_with_none(
    opened_case: OpenedCase,
) -> None:
    """From the first command that finds it so, to the first that has an answer."""
    opened = opened_case(MINIMAL_CASE, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    away = Away(1, Rates(), opened.clock.now, FUNDS)
    for _ in range(2):
        with pytest.raises(RailUnavailableError):
            asyncio.run(pay_through(opened, away))
    found, sentences = dry_run(opened)
    assert found is not None
    assert (found.kept, found.late) == (False, 3)
    assert "alipay gives no usable answer since" in sentences[0]
    assert audited(opened, "rail stopped") == 1
    counts = asyncio.run(pay_through(opened, provider_of(opened))).counts
    assert counts["settled"] == 3
    assert audited(opened, "rail works again") == 1


def test_payouts_a_rail_that_does_not_answer_holds_up_nobody_elses_payments(
    opened_case: OpenedCase,
) -> None:
    """WeChat Pay is away: Alipay's people are paid, and the command says at its end who is not."""
    opened = opened_case(TWO_RAILS, approve_as=("anna", "bert"))
    make_awards(opened, 3)
    make_awards(opened, 2, first=3, account_kind="openid", declared=False)
    here = provider_of(opened, "alipay", AccountKind.PHONE)
    kinds = frozenset((AccountKind.OPENID,))
    away = Away(1, Rates(), opened.clock.now, FUNDS, rail="wechatpay", account_kinds=kinds)
    with pytest.raises(RailUnavailableError):
        asyncio.run(pay_through(opened, here, away))
    assert len(here.paid()) == 3
    back = provider_of(opened, "wechatpay", AccountKind.OPENID)
    assert asyncio.run(pay_through(opened, here, back)).counts["settled"] == 5


def with_further_accounts(opened_case: OpenedCase) -> tuple[OpenCase, list[FakeProvider]]:
    """Ten people, planned by Alipay and approved; six have an account at WeChat Pay, too."""
    opened = opened_case(TWO_RAILS)
    make_ten(opened, with_openids=range(6))
    rails: list[FakeProvider] = [
        provider_of(opened, "alipay", AccountKind.PHONE),
        provider_of(opened, "wechatpay", AccountKind.OPENID),
    ]
    plan_payable(opened, [rail.capabilities for rail in rails])
    assert approve_planned(replace(opened, approve_as=("anna", "ben"))) == 10
    return opened, rails


def test_payouts_the_alarm_says_by_which_command_moving_payments_would_mend_it(
    opened_case: OpenedCase,
) -> None:
    """How many would move, who is late then, and the command; it moves what it says."""
    opened, rails = with_further_accounts(opened_case)
    limits = [rail.capabilities for rail in rails]
    calm = watch_promise(opened, limits)
    assert calm is not None
    assert (calm.number, calm.kept) == (0, True)
    note_stopped(opened, "alipay", silent=True, code="timeout")
    found = watch_promise(opened, limits)
    assert found is not None
    assert found.sentences[-1] == (
        "moving 6 payments that have not left to another rail would leave 4 late: "
        "`amends pay CASE --replan --down alipay` proposes it, and two people sign"
    )
    again = watch_promise(opened, limits)
    assert again == found
    seen = newest(opened)
    assert seen is not None
    assert (seen.row.late, seen.row.movable, seen.row.late_moved) == (10, 6, 4)
    assert replan(opened, limits, ["alipay"], dry_run=True).counts == {"to_move": 6}


def test_payouts_a_rail_of_another_case_file_does_not_count(opened_case: OpenedCase) -> None:
    """One that was taken out of case.toml is nobody's trouble; a second stop is no second turn."""
    opened = opened_case(MINIMAL_CASE)
    make_awards(opened, 3)
    for code in ("timeout", "timeout", "connection_lost"):
        note_stopped(opened, "wechatpay", silent=True, code=code)
    found, sentences = dry_run(opened)
    assert found is not None
    assert found.kept
    assert not any("wechatpay" in sentence for sentence in sentences)
    assert audited(opened, "rail stopped") == 1
    note_works(opened, "alipay")  # it never stopped
    assert audited(opened, "rail works again") == 0


def test_payouts_a_forecast_says_that_payments_are_halted(opened_case: OpenedCase) -> None:
    """What follows is of paying that goes on: as long as it does not, nobody is paid."""
    opened = opened_case(MINIMAL_CASE)
    make_awards(opened, 3)
    switch.halt(opened, "names look wrong")
    found, sentences = dry_run(opened)
    assert found is not None
    assert found.kept
    assert "payments are halted since" in sentences[0]
    assert "nobody is paid; if they went on now" in sentences[1]
    assert "the promise can be kept" in sentences[2]


def test_payouts_operators_read_the_newest_outlook_and_since_when(opened_case: OpenedCase) -> None:
    """`amends pay --dry-run` has it in words and for programs; nothing where nothing broke."""
    opened = opened_case(MINIMAL_CASE)
    make_awards(opened, 30)
    assert last_outlook(opened) is None
    since = opened.clock.now()
    few = without(opened, "day_most", Money.parse("CNY 35000.00"))
    assert look(few).number == 1  # 28 on four days: 2 are late
    opened.clock.sleep(timedelta(minutes=5))
    fewer = without(opened, "day_most", Money.parse("CNY 20000.00"))
    assert look(fewer).number == 2
    seen = last_outlook(opened)
    assert seen is not None
    assert (seen.since, seen.row.looked_at) == (since, since + timedelta(minutes=5))
    (told,) = seen.told(opened.case.file.zone)
    assert told.startswith("seen while money went out: the promise cannot be kept since 2026-11-21")
    assert told.endswith("14 of 30 people were late or refused: 14 by what the contracts allow")
    root = str(opened.case.root)
    done = CliRunner().invoke(cli, ["pay", root, "--dry-run"], catch_exceptions=False)
    assert "seen while money went out: the promise cannot be kept since" in done.output
    done = CliRunner().invoke(cli, ["pay", root, "--dry-run", "--json"], catch_exceptions=False)
    outlook = json.loads(done.output)["outlook"]
    assert (outlook["kept"], outlook["late"], outlook["since"]) == (False, 14, since.isoformat())
    assert look(opened).number == 3
    seen = last_outlook(opened)
    assert seen is not None
    (told,) = seen.told(opened.case.file.zone)
    assert told.startswith("seen while money went out: kept since")
