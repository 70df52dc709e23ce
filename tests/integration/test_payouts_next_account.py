"""After a payment that failed for good: the next account of the person, and who may sign for it."""

import asyncio
from collections import Counter
from dataclasses import replace

import psycopg
import pytest

from amends.evidence.intake import intake
from amends.governance.model import GovernanceError
from amends.governance.service import add_operator, approve, pending
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import WaitingForApprovalError
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees import further, papers, shown
from amends.payees.estates import Entry
from amends.payees.model import PayeeError, PaymentDetails
from amends.payees.moves import move
from amends.payees.service import settle
from amends.payees.states import Event, EvidenceKind, StatementKind
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.service import retry
from amends.vault.opened import ApproveAsError, OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import MINIMAL_CASE, OpenedCase

CASE = (
    MINIMAL_CASE
    + '\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'
    + '\n[[people]]\nkind = "payout_account"\npath = "people/accounts.csv"\n'
)
OPENID = "o{:027d}"
FILES = {
    "registries/im.csv": "account_id,name,phone\n"
    + "".join(f"a{at},假人{at},1380001000{at}\n" for at in range(4)),
    "evidence/dump.csv": "name,phone\n" + "".join(f"假人{at},1380001000{at}\n" for at in range(4)),
    "people/accounts.csv": "product,account_id,payout_account,rank\n"
    + "".join(f"im,a{at},{OPENID.format(at)},2\nim,a{at},1380001000{at},1\n" for at in range(3))
    + f"im,a0,{OPENID.format(9)},3\n",
}


def provider_of(opened: OpenCase, rail: str, kind: AccountKind, **rates: float) -> FakeProvider:
    """A provider of a rail that takes these accounts."""
    return FakeProvider(
        seed=3,
        rates=Rates(**rates),
        now=opened.clock.now,
        funds_minor=20_000_000,
        rail=rail,
        account_kinds=frozenset((kind,)),
    )


def settled(opened: OpenCase, index: int) -> str:
    """The person of a registry's account."""
    accounts = affected_accounts(opened, [])
    return str(accounts.filter(account_id=f"a{index}")["person_id"].item())


def test_payouts_the_next_account_follows_a_failed_payment_by_its_own_rail(
    opened_case: OpenedCase,
) -> None:
    """Wallet, then another: a plan of its own, signed, bound to what failed; nobody twice."""
    opened = opened_case(
        CASE, {name: text.encode() for name, text in FILES.items()}, approve_as=("anna", "ben")
    )
    for step in (intake, determine, settle):
        step(opened)
    people = [settled(opened, at) for at in range(4)]
    for number, who in enumerate(people):
        make_awards(opened, 1, first=number, declared=number == 0, whose=who)
    accounts = shown.show(opened, people[0])["further_accounts"]
    assert accounts == [{"place": place, "kind": "openid", "tried": False} for place in (2, 3)]
    phones = provider_of(opened, "alipay", AccountKind.PHONE, refused=1.0)
    openids = provider_of(opened, "wechatpay", AccountKind.OPENID, returned=1.0)
    counts = asyncio.run(pay_through(opened, phones, openids)).counts
    assert (counts["refused"], counts["settled"]) == (4, 0)
    assert any("3 people have a further account" in note for note in retry(opened, ()).notes)
    with pytest.raises(WaitingForApprovalError, match="follows"):
        asyncio.run(pay_through(replace(opened, approve_as=()), phones, openids))
    assert not openids.orders
    counts = asyncio.run(pay_through(opened, phones, openids)).counts
    assert counts["settled"] == 3
    assert settle(opened).counts["payees_changed"] == 0  # the files do not turn anybody back
    asyncio.run(reconcile_through(opened, phones, openids))
    openids.rates = Rates()
    counts = asyncio.run(pay_through(opened, phones, openids)).counts
    assert (counts["settled"], counts["returned"], counts["refused"]) == (1, 3, 1)
    kept = Counter(one.payee for one in openids.orders.values() if one.status == "SUCCESS")
    assert kept == {OPENID.format(9): 1}
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT follows, rail FROM payouts.instruction WHERE generation > 0"
        ).fetchall()
        turns = connection.execute("SELECT after_number FROM payees.turn").fetchall()
    assert {follows for follows, _ in rows} == {number for (number,) in turns}
    assert {rail for _, rail in rows} == {"wechatpay"}


def test_payouts_who_entered_an_account_signs_no_plan_that_pays_into_it(
    opened_case: OpenedCase,
) -> None:
    """Not at once, not by command, not in SQL; and who has signed says no more where it goes."""
    opened = opened_case(CASE)
    for name in ("anna", "ben", "cara"):
        add_operator(opened, name)
    make_awards(opened, 2)
    account = PaymentDetails(account=OPENID.format(1), account_kind=AccountKind.OPENID, name="假人")
    assert further.name(opened, person(0), account, 2, "anna")
    assert not further.name(opened, person(0), account, 2, "anna")
    phones = provider_of(opened, "alipay", AccountKind.PHONE, refused=1.0)
    openids = provider_of(opened, "wechatpay", AccountKind.OPENID)
    with pytest.raises(ApproveAsError, match="anna"):
        asyncio.run(pay_through(replace(opened, approve_as=("anna", "ben")), phones, openids))
    (waiting,) = pending(opened)
    with pytest.raises(GovernanceError, match="anna has entered an account"):
        approve(opened, None, "anna")
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO governance.approval (digest, operator, signature, reason, occurred_at) "
            "VALUES (%(digest)s, 'anna', %(signature)s, '', now())",
            {"digest": waiting.proposal.digest, "signature": bytes(64)},
        )
    assert refused.value.diag.constraint_name == "approval_not_by_who_is_barred"
    approve(opened, None, "ben")
    papers.see(opened, person(1), papers.Paper(kind=EvidenceKind.IDENTITY), "cara")
    papers.state(opened, person(1), StatementKind.NO_WAIVER, "不放弃权利", "cara")
    move(opened, person(1), Entry(event=Event.ACCOUNT_LOST, by="ben", reason="lost"))
    named = Entry(event=Event.ACCOUNT_NAMED, by="ben", reason="named", payee=account)
    with pytest.raises(PayeeError, match="ben has signed the plan"):
        move(opened, person(1), named)
    approve(opened, None, "cara")
    assert asyncio.run(pay_through(opened, phones, openids)).counts["refused"] == 2
