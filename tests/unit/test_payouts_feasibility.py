"""Whether a promise can be kept by the rails: known answers, and no limit broken by the split."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from amends.payouts.planning.feasibility import feasibility
from amends.payouts.planning.programme import Floats, Payable, Terms, most_by

START = datetime(2026, 12, 1, 1, tzinfo=UTC)  # 09:00 in Shanghai
PROMISED = START + timedelta(days=3)
SHANGHAI = "Asia/Shanghai"
MODEL = [Payable(people=3_000_000, amount_minor=500_000, rails=frozenset({"alipay", "wechat"}))]


def terms(
    rail: str,
    *,
    calls_per_second: float | None = None,
    day_minor: int | None = None,
    month_minor: int | None = None,
) -> Terms:
    """A rail in Shanghai that works day and night, with these limits."""
    return Terms(
        rail=rail,
        zone=SHANGHAI,
        calls_per_second=calls_per_second,
        day_minor=day_minor,
        month_minor=month_minor,
    )


def test_a_usual_quota_would_pay_the_model_case_for_decades() -> None:
    """The research counted 15,000 days; what to negotiate is then enough."""
    found = feasibility(
        MODEL, [terms("alipay", day_minor=100_000_000)], start=START, promised=PROMISED
    )
    assert not found.kept
    assert found.in_time == 4 * 200  # four local days begin before the promise is due
    assert not found.exact
    assert found.last is not None
    assert found.last.astimezone(ZoneInfo(SHANGHAI)).date() == date(2026, 12, 1) + timedelta(14_999)
    (remedy,) = found.remedies
    assert remedy.calls_per_second == {}
    needed = remedy.day_minor["alipay"]
    assert 3_750_000_000_00 <= needed <= 3_750_000_000_00 * 1.002
    raised = [terms("alipay", day_minor=needed)]
    assert feasibility(MODEL, raised, start=START, promised=PROMISED).kept


def test_a_hundred_calls_a_second_pay_three_million_people_in_eight_hours() -> None:
    """WeChat Pay: 3,000,000 at 100 a second are 8 hours and 20 minutes."""
    found = feasibility(
        MODEL, [terms("wechat", calls_per_second=100.0)], start=START, promised=PROMISED
    )
    assert found.kept
    assert found.last == START + timedelta(hours=8, minutes=20)
    assert found.split == ({"wechat": 3_000_000},)
    assert found.remedies == ()


def test_two_rails_carry_what_neither_carries_alone() -> None:
    """The split gives each rail no more than it carries."""
    rails = [terms("alipay", day_minor=250_000_000_000), terms("wechat", calls_per_second=6.0)]
    found = feasibility(MODEL, rails, start=START, promised=PROMISED)
    assert found.kept
    by = {share.rail: share for share in found.shares}
    assert by["alipay"].people + by["wechat"].people == 3_000_000
    assert by["alipay"].fullest_day_minor <= 250_000_000_000
    alone = [feasibility(MODEL, [one], start=START, promised=PROMISED).kept for one in rails]
    assert alone == [False, False]


@pytest.mark.parametrize("people", [1, 7, 3_000_000])
def test_the_fullest_day_is_of_whole_people(people: int) -> None:
    """Whoever is paid on one day is paid whole on it."""
    some = [replace(MODEL[0], people=people)]
    found = feasibility(some, [terms("alipay")], start=START, promised=PROMISED)
    (share,) = found.shares
    assert (share.people, share.amount_minor) == (people, people * 500_000)
    assert share.fullest_day_minor == share.amount_minor


def test_the_rail_that_stands_first_carries_what_it_can() -> None:
    """Where there is time, rails are taken in their order."""
    rails = [terms("alipay", calls_per_second=500.0), terms("wechat", calls_per_second=100.0)]
    found = feasibility(MODEL, rails, start=START, promised=PROMISED)
    assert found.split == ({"alipay": 3_000_000},)


@pytest.mark.parametrize(("share", "rail"), [(0.0, "alipay"), (0.3, "alipay"), (0.8, "wechat")])
def test_checks_of_payees_weigh_in_who_goes_by_which_rail(share: float, rail: str) -> None:
    """A rail that would refuse most of them is no use, though it stands first; some are said."""
    rails = [terms("alipay", calls_per_second=500.0), terms("wechat", calls_per_second=100.0)]
    people = [replace(MODEL[0], refused={"alipay": share, "wechat": 0.01})]
    found = feasibility(people, rails, start=START, promised=PROMISED)
    assert found.split == ({rail: 3_000_000},)
    assert found.refused == 3_000_000 * (share if rail == "alipay" else 0.01)
    named = [replace(people[0], by="alipay")]
    planned = feasibility(named, rails, start=START, promised=PROMISED)
    assert planned.split == ({"alipay": 3_000_000},)


@pytest.mark.parametrize("times", [1, 300_000])
def test_nobody_stays_behind_so_that_others_go_where_it_is_preferred(times: int) -> None:
    """Nine who cost much fill the first rail; the six who cost little go by the second."""
    much = Payable(people=9 * times, amount_minor=9, rails=frozenset({"alipay"}))
    little = Payable(people=6 * times, amount_minor=1, rails=frozenset({"alipay", "wechat"}))
    rails = [terms("alipay", month_minor=81 * times), terms("wechat")]
    found = feasibility([much, little], rails, start=START, promised=PROMISED)
    assert found.kept
    assert found.split == ({"alipay": 9 * times}, {"wechat": 6 * times})


def test_whom_no_rail_carries_is_said_and_the_promise_is_not_kept() -> None:
    """People beside every rail are counted, with their money."""
    alone = Payable(people=7, amount_minor=100, rails=frozenset({"counter"}))
    found = feasibility([*MODEL, alone], [terms("wechat")], start=START, promised=PROMISED)
    assert (found.by_nobody, found.by_nobody_minor) == (7, 700)
    assert not found.kept
    assert found.in_time == 3_000_000
    assert found.split[1] == {}


def test_a_quota_of_zero_carries_nobody_and_is_what_to_negotiate() -> None:
    """It is no error and no endless loop: nobody is paid, and that is said."""
    found = feasibility(MODEL, [terms("alipay", day_minor=0)], start=START, promised=PROMISED)
    assert (found.in_time, found.last) == (0, None)
    assert found.shares == ()
    assert found.remedies[0].day_minor["alipay"] >= 3_750_000_000_00


def test_calls_are_what_lacks_where_no_quota_would_help() -> None:
    """A remedy names calls only where money alone does not do it."""
    slow = terms("wechat", calls_per_second=5.0, day_minor=10**15)
    found = feasibility(MODEL, [slow], start=START, promised=PROMISED)
    (remedy,) = found.remedies
    assert remedy.calls_per_second["wechat"] == pytest.approx(12, abs=0.1)


def test_a_bank_works_in_its_hours_and_its_money_arrives_later() -> None:
    """Nights are waited for, and the day until the money is there is counted."""
    bank = replace(
        terms("bank", calls_per_second=10.0),
        opens=time(9),
        closes=time(17),
        arrives_after=timedelta(days=1),
    )
    people = [Payable(people=10 * 3600 * 10, amount_minor=1, rails=frozenset({"bank"}))]
    found = feasibility(people, [bank], start=START, promised=PROMISED)
    assert found.last == datetime(2026, 12, 3, 3, tzinfo=UTC)  # 8 hours, the night, 2 hours, a day


def test_a_month_has_a_quota_too() -> None:
    """What the days would carry the month forbids."""
    rail = terms("alipay", day_minor=10_000, month_minor=30_000)
    people = [Payable(people=40, amount_minor=1_000, rails=frozenset({"alipay"}))]
    found = feasibility(people, [rail], start=START, promised=PROMISED)
    assert found.in_time == 30
    assert found.last is not None
    assert found.last.astimezone(tz=None) >= datetime(2026, 12, 31, 16, tzinfo=UTC)


@pytest.mark.parametrize("month_minor", [None, 1_000_000_000])
@pytest.mark.parametrize("day_minor", [100_000_000, 10_000_000, 1_000_000])
@pytest.mark.parametrize(("rails", "amounts"), [(1, 1), (2, 20)])
def test_a_programme_of_centuries_is_no_larger_than_one_of_weeks(
    monkeypatch: pytest.MonkeyPatch,
    *,
    rails: int,
    amounts: int,
    day_minor: int,
    month_minor: int | None,
) -> None:
    """Usual quotas and three million people: so many programmes at most, and so wide."""
    widths: list[int] = []
    linprog = optimize.linprog

    def counted(costs: Floats, **limits: Any) -> object:  # noqa: ANN401 -- as it is
        widths.append(len(costs))
        return linprog(costs, **limits)

    monkeypatch.setattr(optimize, "linprog", counted)
    names = [f"rail{at}" for at in range(rails)]
    contracts = [terms(name, day_minor=day_minor, month_minor=month_minor) for name in names]
    payables = [
        Payable(people=3_000_000 // amounts, amount_minor=500_000 - at, rails=frozenset(names))
        for at in range(amounts)
    ]
    found = feasibility(payables, contracts, start=START, promised=PROMISED)
    assert not found.kept
    assert len(widths) < 60 + 60 * rails
    assert max(widths) <= amounts * rails * (3 if month_minor is None else 12)


def _by_hand(rail: Terms, amount: int, start: datetime, until: datetime) -> int:
    """How many of an amount a rail with all limits carries, day after day, in its hours."""
    zone = ZoneInfo(rail.zone)
    begin, end = start.astimezone(zone), until.astimezone(zone)
    assert rail.day_minor
    assert rail.calls_per_second
    months: Counter[tuple[int, int]] = Counter()
    carried, day = 0.0, begin.date()
    while day <= end.date():
        month = (day.year, day.month)
        opens = datetime.combine(day, rail.opens or time(), zone)
        closes = datetime.combine(day, rail.closes or time(), zone)
        seconds = max((min(end, closes) - max(begin, opens)).total_seconds(), 0.0)
        people = min(
            seconds * rail.calls_per_second,
            (rail.day_minor - rail.spent_day_minor * (day == begin.date())) // amount,
        )
        if rail.month_minor is not None:
            spent = rail.spent_month_minor * (month == (begin.year, begin.month))
            left = rail.month_minor - spent - months[month]
            people = min(people, left / amount)
        if day.weekday() < 5:
            months[month] += int(people * amount)
            carried += people
        day += timedelta(days=1)
    return int(carried + 1e-6)


@pytest.mark.parametrize("month_minor", [None, 1_700, 4_000, 6_500])
@pytest.mark.parametrize("days", [0, 1, 3, 6, 31, 62, 500])
def test_days_that_are_alike_carry_what_each_of_them_carries(
    days: int, month_minor: int | None
) -> None:
    """As counted day by day: weekends, a short first day, a spent one, short months."""
    rail = replace(
        terms("bank", calls_per_second=0.001, day_minor=290, month_minor=month_minor),
        opens=time(9),
        closes=time(17),
        weekends=False,
        spent_day_minor=265,
        spent_month_minor=500,
    )
    people = [Payable(people=100_000, amount_minor=10, rails=frozenset({"bank"}))]
    start = datetime(2026, 12, 1, 8, tzinfo=UTC)  # four in the afternoon of a Tuesday
    until = start + timedelta(days=days, minutes=45)
    assert most_by(people, [rail], start, until) == _by_hand(rail, 10, start, until)


def test_what_takes_longer_than_a_thousand_years_is_said_to() -> None:
    """No day of it is made up; what never ends is something else."""
    slow = [terms("alipay", day_minor=1_000_000)]
    some = Payable(people=1, amount_minor=500_000, rails=frozenset({"alipay"}))
    found = feasibility(
        [replace(some, people=2 * 1000 * 366)], slow, start=START, promised=PROMISED
    )
    assert (found.last, found.beyond, found.proved) == (None, True, None)
    never = replace(some, amount_minor=1_000_001)
    found = feasibility([some, never], slow, start=START, promised=PROMISED)
    assert (found.last, found.beyond, found.in_time) == (None, False, 1)


@pytest.mark.parametrize(("amount", "days"), [(400, 2), (501, 3), (500, 2), (334, 2), (333, 1)])
def test_people_are_paid_whole(amount: int, days: int) -> None:
    """Of three people who are owed 400.00 two have a day's 1,000.00: the third waits."""
    rail = terms("alipay", day_minor=1_000)
    some = [Payable(people=3, amount_minor=amount, rails=frozenset({"alipay"}))]
    found = feasibility(some, [rail], start=START, promised=PROMISED)
    assert found.last is not None
    assert (found.last.astimezone(ZoneInfo(SHANGHAI)).date() - date(2026, 12, 1)).days == days - 1


def test_people_of_different_amounts_are_paid_whole_too() -> None:
    """Of three who need more than half of a month one is paid in each; with less all in one."""
    rail = terms("alipay", month_minor=1_000)
    more = [
        Payable(people=1, amount_minor=amount, rails=frozenset({"alipay"}))
        for amount in (501, 600, 700)
    ]
    found = feasibility(more, [rail], start=START, promised=PROMISED)
    assert found.in_time == 1
    assert found.last is not None
    assert found.last.astimezone(ZoneInfo(SHANGHAI)).date() == date(2027, 2, 1)
    less = [replace(one, amount_minor=one.amount_minor - 300) for one in more]
    assert feasibility(less, [rail], start=START, promised=PROMISED).in_time == 3


def test_what_went_out_today_is_not_there_twice() -> None:
    """The first day's quota is what is left of it."""
    rail = terms("alipay", day_minor=10_000)
    people = [Payable(people=10, amount_minor=1_000, rails=frozenset({"alipay"}))]
    before = feasibility(people, [rail], start=START, promised=PROMISED)
    spent = replace(rail, spent_day_minor=5_000)
    after = feasibility(people, [spent], start=START, promised=PROMISED)
    assert before.last == START + timedelta(minutes=1)
    assert after.last == datetime(2026, 12, 1, 16, 1, tzinfo=UTC)  # a minute after midnight


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Payable], list[Terms]]:
    """A few people alike and up to three rails, some of which carry little or nothing."""
    rails = [f"rail{i}" for i in range(draw(st.integers(1, 3)))]
    limits = [
        terms(
            rail,
            calls_per_second=draw(st.none() | st.sampled_from([0.001, 0.01, 0.5])),
            day_minor=draw(st.none() | st.integers(0, 50_000)),
            month_minor=draw(st.none() | st.integers(0, 90_000)),
        )
        for rail in rails
    ]
    payable = st.builds(
        Payable,
        people=st.integers(0, 200),
        amount_minor=st.integers(1, 900),
        rails=st.frozensets(st.sampled_from([*rails, "elsewhere"]), min_size=1),
    )
    return draw(st.lists(payable, max_size=5)), limits


@settings(max_examples=40, deadline=None)
@given(cases())
def test_no_split_gives_a_rail_what_it_does_not_carry(
    case: tuple[list[Payable], list[Terms]],
) -> None:
    """Whatever the rails: nobody twice, no quota broken, remedies are enough."""
    payables, limits = case
    found = feasibility(payables, limits, start=START, promised=PROMISED)
    assert 0 <= found.in_time <= found.people - found.by_nobody
    for payable, split in zip(payables, found.split, strict=True):
        assert sum(split.values()) <= payable.people
        assert set(split) <= payable.rails
    for share in found.shares:
        most = next(one.day_minor for one in limits if one.rail == share.rail)
        assert most is None or share.fullest_day_minor <= most + 1
    if found.last is not None and found.exact and found.last <= PROMISED:
        assert found.in_time == found.people - found.by_nobody
        assert sum(sum(split.values()) for split in found.split) == found.in_time
    for remedy in found.remedies:
        raised = [
            Terms(
                rail=one.rail,
                zone=one.zone,
                day_minor=remedy.day_minor.get(one.rail, one.day_minor),
                month_minor=remedy.month_minor.get(one.rail, one.month_minor),
                calls_per_second=remedy.calls_per_second.get(one.rail, one.calls_per_second),
            )
            for one in limits
        ]
        again = feasibility(payables, raised, start=START, promised=PROMISED)
        assert again.in_time == found.people - found.by_nobody


def test_no_payment_is_taken_at_weekends_where_a_rail_rests_then() -> None:
    """From a Saturday on: the first is taken on Monday, and the bill is there on Tuesday."""
    saturday = datetime(2026, 12, 5, 1, tzinfo=UTC)
    rests = replace(terms("iso20022"), opens=time(9), closes=time(16), weekends=False)
    some = [Payable(people=5, amount_minor=100, rails=frozenset({"iso20022"}))]
    found = feasibility(some, [rests], start=saturday, promised=saturday + timedelta(days=1))
    assert not found.kept
    assert found.last == saturday + timedelta(days=2, minutes=1)
    assert found.proved == datetime(2026, 12, 8, 1, tzinfo=UTC)
    assert feasibility(some, [rests], start=saturday, promised=saturday + timedelta(days=3)).kept


def test_whom_checks_refuse_is_not_promised() -> None:
    """Half of four are refused by the only rail: the promise is not kept; no quota is missing."""
    some = [
        Payable(people=4, amount_minor=100, rails=frozenset({"alipay"}), refused={"alipay": 0.5})
    ]
    found = feasibility(some, [terms("alipay")], start=START, promised=PROMISED)
    assert (found.in_time, found.refused, found.kept, found.remedies) == (4, 2, False, ())


def test_many_different_amounts_are_taken_together_and_everybody_goes_by_a_rail_of_theirs() -> None:
    """Four hundred amounts and two kinds of people: as one of the mean amount would, within it."""
    both, one = frozenset({"alipay", "wechat"}), frozenset({"alipay"})
    some = [
        Payable(people=3, amount_minor=100_000 + at, rails=one if at % 5 == 0 else both)
        for at in range(400)
    ]
    rails = [terms("alipay", day_minor=40_000_000), terms("wechat")]
    found = feasibility(some, rails, start=START, promised=PROMISED)
    assert found.kept
    for payable, by in zip(some, found.split, strict=True):
        assert sum(by.values()) == payable.people
        assert set(by) <= payable.rails
    whole = replace(some[1], people=1200, amount_minor=100_200)
    like_one = feasibility([whole], rails, start=START, promised=PROMISED)
    assert found.last == like_one.last
    carried = {share.rail: share.people for share in found.shares}
    as_one = {share.rail: share.people for share in like_one.shares}
    assert abs(carried["alipay"] - as_one["alipay"]) <= 3
