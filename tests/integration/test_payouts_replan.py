"""Planned anew during the run: what would be late goes by another rail, if two people sign."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import psycopg
import pytest
from click.testing import CliRunner

from amends.cli import cli
from amends.governance.service import approve, pending
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.payouts.model import PlanChangedError, RailNotAvailableError
from amends.payouts.paying import pay_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.planning.replanning import replan
from amends.payouts.planning.stopped import note_stopped, note_works
from amends.payouts.rails.model import Outcome, PreparedRequest
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_ten
from made_cases import MINIMAL_CASE, OpenedCase

DAY_MOST = 'day_most = "CNY 10000.00"\n'
CASE = MINIMAL_CASE + DAY_MOST + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
"""Two people a day by Alipay: six of ten in the three days, if nothing else carries them."""


def rails_of(opened: OpenCase) -> tuple[FakeProvider, FakeProvider]:
    """Alipay and WeChat Pay, which take what they are given."""
    phones, openids = (
        FakeProvider(
            seed=3,
            rates=Rates(),
            now=opened.clock.now,
            funds_minor=20_000_000,
            rail=rail,
            account_kinds=frozenset((kind,)),
        )
        for rail, kind in (("alipay", AccountKind.PHONE), ("wechatpay", AccountKind.OPENID))
    )
    return phones, openids


def ten(opened_case: OpenedCase, *, further_of: range, first: str = CASE) -> OpenCase:
    """Ten people, planned by Alipay and approved; some of them with an account at WeChat Pay."""
    opened = opened_case(first)
    make_ten(opened, with_openids=further_of)
    rails = [one.capabilities for one in rails_of(opened)]
    plan_payable(opened, rails)
    assert approve_planned(replace(opened, approve_as=("anna", "ben"))) == 10
    return opened


def test_what_would_be_late_is_moved_to_another_rail_and_signed(opened_case: OpenedCase) -> None:
    """As few as needed, from the end of the queue; bound to what they follow; nobody twice."""
    opened = ten(opened_case, further_of=range(10))
    rails = rails_of(opened)
    limits = [one.capabilities for one in rails]
    told = replan(opened, limits, dry_run=True)
    assert "do not have the money by" in told.notes[0]
    moving = told.counts["to_move"]
    assert 2 <= moving <= 6
    assert f"{moving} payments that have not left go by wechatpay" in told.notes[1]
    assert "moved: the promise can be kept" in told.notes[2]
    with opened.database.reading() as connection:
        before = connection.execute("SELECT count(*) FROM payouts.payment").fetchone()
    assert before == (10,)
    with pytest.raises(WaitingForApprovalError, match="amends approve"):
        replan(opened, limits)
    (waiting,) = pending(opened)
    body = json.loads(waiting.proposal.body)
    assert (body["rail"], body["count"], body["moved"]) == ("wechatpay", moving, 1)
    assert len(str(body["sources_sha256"])) == 64
    with pytest.raises(WaitingForApprovalError):
        replan(opened, limits)  # it waits, and moves no more
    for name in ("anna", "ben"):
        approve(opened, waiting.proposal.digest, name)
    assert replan(opened, limits).counts == {"approved": moving}
    counts = asyncio.run(pay_through(opened, *rails)).counts
    assert (counts["settled"], counts["refused"], counts["books_balanced"]) == (10, 0, 1)
    paid = Counter(one.payee for rail in rails for one in rail.orders.values())
    assert set(paid.values()) == {1}
    assert sum(who.startswith("o") for who in paid) == moving
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT later.rail, later.state, before.rail, before.state, before.reason, "
            "before.award_index / 1000 FROM payouts.instruction AS later "
            "JOIN payouts.instruction AS before ON before.instruction_id = later.follows"
        ).fetchall()
    assert {row[:5] for row in rows} == {
        ("wechatpay", "settled", "alipay", "superseded", "moved_to_another_rail")
    }
    assert sorted(int(str(row[5])) for row in rows) == list(range(10 - moving, 10))


@dataclass(slots=True, kw_only=True)
class Waits(FakeProvider):
    """Its first call does something, and has no answer before another rail has paid somebody."""

    before: Callable[[], object]
    elsewhere: asyncio.Event
    called: bool = False

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Take a payment."""
        if not self.called:
            self.called = True
            await asyncio.to_thread(self.before)
            await asyncio.wait_for(self.elsewhere.wait(), 20)
        return await FakeProvider.submit(self, prepared)


def test_the_command_that_pays_already_sends_what_is_moved_and_signed(
    opened_case: OpenedCase,
) -> None:
    """WeChat Pay had nothing to do; while Alipay is at work it is given some, and pays them."""
    opened = ten(opened_case, further_of=range(10))
    phones, openids = rails_of(opened)
    limits = [phones.capabilities, openids.capabilities]
    signed = replace(opened, approve_as=("anna", "ben"))
    elsewhere = asyncio.Event()
    openids.inspect = lambda _: elsewhere.set()
    slow = Waits(
        seed=3,
        rates=Rates(),
        now=opened.clock.now,
        funds_minor=20_000_000,
        rail="alipay",
        account_kinds=phones.account_kinds,
        before=lambda: replan(signed, limits),
        elsewhere=elsewhere,
    )
    counts = asyncio.run(pay_through(opened, slow, openids)).counts
    assert (counts["settled"], counts["refused"], counts["books_balanced"]) == (10, 0, 1)
    assert set((slow.paid() + openids.paid()).values()) == {1}
    assert openids.paid()


def test_who_named_the_account_signs_no_move_to_it_and_what_was_signed_is_what_goes(
    opened_case: OpenedCase,
) -> None:
    """Cara named the accounts; another source in the database is found before the approval."""
    opened = ten(opened_case, further_of=range(8, 10))
    limits = [one.capabilities for one in rails_of(opened)]
    with pytest.raises(WaitingForApprovalError, match="2 of 10"):
        replan(opened, limits)
    (waiting,) = pending(opened)
    with opened.database.reading() as connection:
        barred = connection.execute("SELECT operator FROM governance.barred").fetchall()
    assert set(barred) == {("cara",)}
    for name in ("anna", "ben"):
        approve(opened, waiting.proposal.digest, name)
    with psycopg.connect(opened.database.conninfo, options="-c amends.rewriting=on") as owner:
        owner.execute("UPDATE payouts.plan SET sources_sha256 = repeat('0', 64) WHERE moved")
    with pytest.raises(PlanChangedError):
        replan(opened, limits)


def test_of_a_rail_that_is_down_everybody_is_moved_who_can_be(opened_case: OpenedCase) -> None:
    """--down or the database says so; whoever has no further account stays; another is refused."""
    plain = CASE.replace(DAY_MOST, "")
    opened = ten(opened_case, further_of=range(3, 6), first=plain)
    limits = [one.capabilities for one in rails_of(opened)]
    calm = replan(opened, limits, dry_run=True)
    assert calm.counts == {"to_move": 0}
    assert "nothing is moved" in calm.notes[-1]
    told = replan(opened, limits, ["alipay"], dry_run=True)
    assert told.counts == {"to_move": 3}
    root = str(opened.case.root)
    done = CliRunner().invoke(cli, ["pay", root, "--replan", "--down", "counter", "--dry-run"])
    assert done.exit_code == 1
    assert "counter is no rail of this case: alipay, wechatpay" in str(done.exception)
    assert CliRunner().invoke(cli, ["pay", root, "--down", "alipay"]).exit_code == 2
    with pytest.raises(RailNotAvailableError, match=r"down \(alipay, wechatpay\)"):
        replan(opened, limits, ["alipay", "wechatpay"])
    note_stopped(opened, "alipay", silent=False, code="ACCOUNT_FROZEN")
    known = replan(opened, limits, dry_run=True)
    assert known.counts == {"to_move": 3}
    assert "alipay takes no payment of ours" in known.notes[0]
    with pytest.raises(RailNotAvailableError, match="until one works again"):
        replan(opened, limits, ["wechatpay"])
    note_works(opened, "alipay")
    assert replan(opened, limits, dry_run=True).counts == {"to_move": 0}
