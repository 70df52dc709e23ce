"""Moves of payees for whom the files tell something: how old they are, which heirs are affected."""

from dataclasses import replace
from datetime import date

import pytest

from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.kernel.money import Money
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees import moves, papers, service, shown
from amends.payees.estates import Entry
from amends.payees.heirs import Heir
from amends.payees.model import PayeeError, Situation
from amends.payees.states import Event, EvidenceKind, StatementKind
from amends.vault.opened import OpenCase
from made_cases import MINIMAL_CASE, OpenedCase

CASE = (
    MINIMAL_CASE
    + """
[[people]]
kind = "death"
path = "people/deaths.csv"
"""
)
FILES = {
    "registries/im.csv": (
        "account_id,name,phone,idno,birth\n"
        "child,种植甲乙,13800009999,,2012-01-01\n"
        "gone,种植丙丁,13800009998,,1950-02-02\n"
        "heir,种植戊己,13800009997,,1980-03-03\n"
    ),
    "evidence/dump.csv": (
        "name,phone\n种植甲乙,13800009999\n种植丙丁,13800009998\n种植戊己,13800009997\n"
    ),
    "people/deaths.csv": (
        "product,account_id,idno,died_on\n"
        "im,gone,,2026-11-21\n"
        "im,unaffected,110101198001010016,2020-01-01\n"
    ),
}
OWED = Money(amount_minor=500_000, currency="CNY")


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """A case that is settled from its files, with two operators."""
    case = opened_case(CASE, {name: text.encode() for name, text in FILES.items()})
    for name in ("anna", "ben"):
        add_operator(case, name)
    intake(case)
    determine(case)
    service.settle(case)
    return case


def who(opened: OpenCase, account_id: str) -> str:
    """The person of an account."""
    accounts = affected_accounts(opened, [])
    return str(accounts.filter(account_id=account_id)["person_id"].item())


def test_a_child_names_an_account_as_a_child(opened: OpenCase) -> None:
    """By the files this is a minor: no adult by losing a wallet, and paid once one is named."""
    child = who(opened, "child")
    papers.see(opened, child, papers.Paper(kind=EvidenceKind.IDENTITY), "anna")
    papers.state(opened, child, StatementKind.NO_WAIVER, "不放弃权利", "anna")
    payee = moves.details_of("13900139000", "种植甲乙", mainland=True)
    lost = Entry(event=Event.ACCOUNT_LOST, by="ben", reason="seen")
    moves.move(opened, child, lost)
    named = Entry(event=Event.ACCOUNT_NAMED, by="ben", reason="seen", payee=payee)
    with pytest.raises(PayeeError, match="younger by the files"):
        moves.move(opened, child, named)
    assert shown.show(opened, child)["situation"] == Situation.NO_ACCOUNT
    named = Entry(event=Event.MINOR_ACCOUNT_NAMED, by="ben", reason="seen", payee=payee)
    assert moves.move(opened, child, named).move.target is Situation.AGED_8_TO_17


def test_an_heir_who_is_affected_too_is_queued_and_looked_at(opened: OpenCase) -> None:
    """The split waits for somebody to look; then the doubt is gone and both keep their own."""
    gone, heir = who(opened, "gone"), who(opened, "heir")
    for kind in (EvidenceKind.DEATH_CERTIFICATE, EvidenceKind.KINSHIP):
        papers.see(opened, gone, papers.Paper(kind=kind), "anna")
    papers.state(opened, gone, StatementKind.CONSENT, "都同意", "anna")

    child = Heir(
        name="种植子",
        account="13900139000",
        relation="child",
        consents=True,
        born=date(1980, 3, 3),
    )
    dead = replace(child, idno="110101198001010016")
    affected = replace(child, product="im", account_id="heir")
    spouse = Heir(name="种植丑", account="13900139001", relation="spouse", consents=True)

    def split(one: Heir, *, checked: bool) -> Entry:
        return Entry(
            event=Event.HEIRS_AGREE,
            by="ben",
            reason="seen",
            heirs=[one, spouse],
            owed=OWED,
            heirs_checked=checked,
        )

    living = who(opened, "child")
    with pytest.raises(PayeeError, match="cannot happen now"):
        moves.move(opened, living, split(affected, checked=False))
    assert shown.doubts(opened, 5) == [], "what cannot happen raises no doubt"
    with pytest.raises(PayeeError, match="dead by the files"):
        moves.move(opened, gone, split(dead, checked=True))
    with pytest.raises(PayeeError, match="is affected too"):
        moves.move(opened, gone, split(affected, checked=False))
    queued = [(row["doubt"], row["person_id"]) for row in shown.doubts(opened, 5)]
    assert queued == [("heir_is_affected", heir)]
    assert shown.show(opened, gone)["situation"] == Situation.DIED_AFTER
    service.settle(opened)
    assert len(shown.doubts(opened, 5)) == 1, "settling again takes no doubt of an heir away"
    done = moves.move(opened, gone, split(affected, checked=True))
    assert [part.amount_minor for part in done.parts] == [250_000, 250_000]
    assert shown.doubts(opened, 5) == []
    assert shown.show(opened, heir)["situation"] == Situation.ADULT
