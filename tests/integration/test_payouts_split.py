"""What is planned is what the forecast told: the same rails, the same hours, the same refusals."""

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from amends.governance.service import add_operator, approve, pending
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import PersonId
from amends.kernel.summary import StageSummary
from amends.payees.service import payment_details
from amends.payouts.paying import pay_through, work_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.planning.replanning import replan
from amends.payouts.service import dry_run
from amends.vault.opened import OpenCase
from fake_provider import ZONE, FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import MINIMAL_CASE, OpenedCase

BANK_TOML = b'name = "Example"\naccount = "6228480000000000001"\nbank = "ABOCCNBJ"\n'
BY_BANK = '\n[[rail]]\nkind = "iso20022"\ndrop = "bank"\n'
SMALL_QUOTA = 'day_most = "CNY 10000.00"\n'
SIGNED = ("anna", "bert")
TODAY = MINIMAL_CASE.replace('clock = "simulated"\n', "").replace(
    "2026-11-21T20:00:00+08:00", datetime.now(UTC).isoformat(timespec="seconds")
)
"""A case announced now: no bank keeps simulated time."""
CARDS = TODAY + "bank_cards = true\n"


FUNDS_MINOR = 20_000_000
Made = TypeVar("Made")


def rail(
    opened: OpenCase, name: str, kind: AccountKind, funds_minor: int = FUNDS_MINOR, **rates: float
) -> FakeProvider:
    """A rail that takes one kind of account, with these mishaps."""
    return FakeProvider(
        seed=3,
        rates=Rates(**rates),
        now=opened.clock.now,
        funds_minor=funds_minor,
        rail=name,
        account_kinds=frozenset((kind,)),
    )


def signing(opened: OpenCase, work: Callable[[], Made]) -> Made:
    """What *work* makes; where it asks for signatures two people give them."""
    try:
        return work()
    except WaitingForApprovalError:
        for waiting in pending(opened):
            for name in SIGNED:
                approve(opened, waiting.proposal.digest, name)
        return work()


def pay(opened: OpenCase, *rails: FakeProvider) -> StageSummary:
    """Pay, with two people's signatures."""
    return signing(opened, lambda: asyncio.run(pay_through(opened, *rails)))


def people_sign(opened: OpenCase) -> None:
    """There are two who may."""
    for name in SIGNED:
        add_operator(opened, name)


def two(opened: OpenCase) -> tuple[FakeProvider, FakeProvider]:
    """Alipay and a bank, both of which pay to bank cards."""
    return rail(opened, "alipay", AccountKind.BANK), rail(opened, "iso20022", AccountKind.BANK)


def planned(opened: OpenCase) -> Counter[str]:
    """How many payments there are by each rail."""
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT rail, count(*) FROM payouts.instruction WHERE state <> 'superseded' "
            "GROUP BY rail"
        )
        return Counter({str(name): int(str(count)) for name, count in rows})


def test_the_plan_is_the_split_that_the_forecast_told(opened_case: OpenedCase) -> None:
    """Alipay carries two a day; the bank takes the others, and the promise is kept as told."""
    case = CARDS + SMALL_QUOTA + BY_BANK
    opened = opened_case(case, {"bank/bank.toml": BANK_TOML})
    people_sign(opened)
    make_awards(opened, 10, account_kind="bank")
    before, _ = dry_run(opened)
    assert before is not None
    assert before.kept
    told = {share.rail: share.people for share in before.shares}
    assert set(told) == {"alipay", "iso20022"}
    assert plan_payable(opened, [one.capabilities for one in two(opened)]) == 10
    assert planned(opened) == told
    after, _ = dry_run(opened)
    assert after is not None
    assert (after.kept, after.split) == (
        True,
        ({"alipay": told["alipay"]}, {"iso20022": told["iso20022"]}),
    )


def test_what_is_late_moves_to_another_rail_by_the_same_account(opened_case: OpenedCase) -> None:
    """Planned by Alipay alone, some of ten are late; the bank takes their cards as they are."""
    case = CARDS + SMALL_QUOTA + BY_BANK
    opened = opened_case(case, {"bank/bank.toml": BANK_TOML})
    people_sign(opened)
    make_awards(opened, 10, spread=1000, account_kind="bank")
    rails = two(opened)
    limits = [one.capabilities for one in rails]
    assert plan_payable(opened, limits[:1]) == 10
    assert signing(opened, lambda: approve_planned(opened)) == 10
    people = [PersonId(person(1000 * at)) for at in range(10)]
    with opened.database.reading() as connection:
        accounts = payment_details(opened, connection, people)
    moved = replan(opened, limits, dry_run=True).counts["to_move"]
    signing(opened, lambda: replan(opened, limits))
    assert 2 <= moved < 10
    assert planned(opened) == {"alipay": 10 - moved, "iso20022": moved}
    asyncio.run(work_through(opened, rails[1]))  # Alipay would wait for its next day
    assert (len(rails[1].orders), set(rails[1].paid().values())) == (moved, {1})
    with opened.database.reading() as connection:
        assert payment_details(opened, connection, people) == accounts


def test_who_would_be_refused_by_one_rail_is_planned_by_another(opened_case: OpenedCase) -> None:
    """Of Alipay's first hundred a half was refused for their names; the next go by the bank."""
    opened = opened_case(CARDS + BY_BANK, {"bank/bank.toml": BANK_TOML})
    people_sign(opened)
    make_awards(opened, 100, account_kind="bank")
    refusing = rail(opened, "alipay", AccountKind.BANK, 60_000_000, refused=0.5)
    assert pay(opened, refusing).counts["refused"] > 20
    make_awards(opened, 20, first=100, account_kind="bank", declared=False)
    found, _ = dry_run(opened)
    assert found is not None
    assert (found.split[-1], found.refused) == ({"iso20022": 20}, 0)
    assert (found.kept_to_waiting, found.kept) == (True, False)
    plan_payable(opened, [one.capabilities for one in two(opened)])
    assert planned(opened)["iso20022"] == 20


def test_whom_all_checks_refuse_has_no_promise(opened_case: OpenedCase) -> None:
    """Where the only rail refused everybody so far, the promise to the next is not kept."""
    opened = opened_case(MINIMAL_CASE, approve_as=SIGNED)
    make_awards(opened, 100)
    asyncio.run(
        pay_through(opened, rail(opened, "alipay", AccountKind.PHONE, 60_000_000, refused=1.0))
    )
    make_awards(opened, 20, first=100, declared=False)
    found, told = dry_run(opened)
    assert found is not None
    assert (found.people, found.refused, found.kept) == (20, 20, False)
    assert "kept for all whom no check refuses" in told[0]


def test_payees_have_a_day_to_confirm_and_that_is_counted(opened_case: OpenedCase) -> None:
    """Five hours are promised, and WeChat Pay's payees have twenty-four: nobody has it for sure."""
    by_wechat = MINIMAL_CASE.replace('protocol = "alipay"', 'protocol = "wechatpay"')
    opened = opened_case(by_wechat.replace('pay_within = "P3D"', 'pay_within = "PT5H"'))
    make_awards(opened, 3, account_kind="openid")
    found, told = dry_run(opened)
    assert found is not None
    assert found.last is not None
    assert found.last - opened.clock.now() > timedelta(hours=24)
    assert not found.kept
    assert any("24 hours to confirm" in one for one in told)


def test_a_bank_takes_files_until_its_cut_off_and_none_at_weekends(opened_case: OpenedCase) -> None:
    """What is handed over after half past four goes on the next working day, and takes a day."""
    hours = 'opens = 08:30:00\ncloses = 16:30:00\nweekends = false\narrives_within = "P1D"\n'
    case = TODAY[: TODAY.index("[[rail]]")] + BY_BANK + hours
    opened = opened_case(case, {"bank/bank.toml": BANK_TOML})
    make_awards(opened, 3, account_kind="bank")
    found, told = dry_run(opened)
    assert found is not None
    assert found.last is not None
    assert found.proved is not None
    handed = (found.last - timedelta(days=1)).astimezone(ZONE)
    assert handed.weekday() < 5
    assert (8, 30) <= (handed.hour, handed.minute) <= (16, 30)
    assert found.proved > found.last
    assert any("the bills that prove it" in one for one in told)


def test_whom_no_rail_carries_is_in_no_promise_and_no_plan(opened_case: OpenedCase) -> None:
    """A counter gives at most 100.00; 5,000.00 are owed: it says so, and plans nobody."""
    by_counter = '\n[[rail]]\nkind = "counter"\ndrop = "counter"\n'
    case = TODAY[: TODAY.index("[[rail]]")] + by_counter
    agreed = b'name = "Notary"\ntransfer_max = "100.00"\n'
    opened = opened_case(case, {"counter/counter.toml": agreed})
    make_awards(opened, 3, account_kind="identity")
    found, told = dry_run(opened)
    assert found is not None
    assert (found.by_nobody, found.kept) == (3, False)
    assert told[0] == "3 people can be paid by no rail of the case"


def test_each_rail_has_its_first_batch(opened_case: OpenedCase) -> None:
    """WeChat Pay does not answer: it gets no more than its first three; Alipay goes on."""
    case = MINIMAL_CASE + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
    opened = opened_case(case + "\n[pay]\nfirst = 3\n", approve_as=SIGNED)
    make_awards(opened, 10)
    make_awards(opened, 10, first=10, account_kind="openid", declared=False)
    phones = rail(opened, "alipay", AccountKind.PHONE)
    openids = rail(opened, "wechatpay", AccountKind.OPENID, query_lost=1.0, lost_answer=1.0)
    first = asyncio.run(pay_through(opened, phones, openids))
    assert planned(opened) == {"alipay": 3, "wechatpay": 3}
    assert any("alipay: settled 3; wechatpay: unknown 3" in note for note in first.notes)
    asyncio.run(pay_through(opened, phones, openids))
    assert planned(opened) == {"alipay": 10, "wechatpay": 3}
    openids.rates = Rates()
    asyncio.run(pay_through(opened, phones, openids))
    counts = asyncio.run(pay_through(opened, phones, openids)).counts
    assert (counts["settled"], planned(opened)) == (20, {"alipay": 10, "wechatpay": 10})
