"""Deposit with a notary for many: signed list, certificate, entry by another, letters, the end."""

import asyncio
import csv
import io
import json
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest

from amends.awards import corrections
from amends.evidence.intake import intake
from amends.governance.exports import exports
from amends.governance.service import add_operator
from amends.kernel.money import Money
from amends.ledger.service import balances, check_trial
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees import moves, papers, shown
from amends.payees.estates import Entry
from amends.payees.model import PayeeError, Situation
from amends.payees.service import settle
from amends.payees.states import Event, EvidenceKind, StatementKind
from amends.payouts.after_payment import depositing
from amends.payouts.after_payment.deposit_rules import DepositError, Depositing, Ground, table
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.showing.held import held
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates
from made_awards import make_awards, person
from made_cases import MINIMAL_CASE, OpenedCase, people_files
from made_corrections import raised

TWO = ("anna", "ben")


def waiting_for_deposit(opened: OpenCase, index: int) -> None:
    """Somebody who refuses, and of whom it is decided that the money is deposited."""
    who = person(index)
    papers.see(opened, who, papers.Paper(kind=EvidenceKind.IDENTITY), "anna")
    papers.state(opened, who, StatementKind.REFUSAL, "不要", "anna")
    for event in (Event.REFUSES, Event.DEPOSIT_DECIDED):
        moves.move(opened, who, Entry(event=event, by="ben", reason="says so"))


def test_a_list_for_a_notary_holds_no_formula() -> None:
    """Whatever somebody is called, the spreadsheet of a notary shows it and does nothing."""
    row = Depositing(
        award_index=7,
        person_id=person(7),
        amount=Money(amount_minor=123_456, currency="CNY"),
        ground=Ground.MISSING,
        since=date(2026, 11, 21),
        name="=HYPERLINK()",
        idno="11010119900307123X",
    )
    text = table(3, [row], dict.fromkeys(Ground, "下落不明")).decode("utf-8-sig")
    (read,) = csv.DictReader(io.StringIO(text))
    assert (read["name"], read["idno"]) == ("'=HYPERLINK()", "11010119900307123X")
    assert (read["reference"], read["amount"], read["currency"]) == ("D3-7", "1234.56", "CNY")


def test_deposit_is_ordered_seen_made_and_told(opened_case: OpenedCase, tmp_path: Path) -> None:
    """Two sign the list, one sees the certificate, another enters it, and all are told."""
    opened = opened_case(approve_as=TWO)
    for name in TWO:
        add_operator(opened, name)
    make_awards(opened, 3)
    with pytest.raises(DepositError, match="nobody waits"):
        depositing.order(opened, "上海公证处", tmp_path / "list.csv")
    for index in range(2):
        waiting_for_deposit(opened, index)
    assert depositing.order(opened, "上海公证处", None) is None
    made = depositing.order(opened, "上海公证处", tmp_path / "list.csv")
    assert made is not None
    assert (made.order_no, made.people, made.total.amount_minor) == (1, 2, 1_000_000)
    text = (tmp_path / "list.csv").read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["reference"], row["amount"]) for row in rows] == [
        ("D1-0", "5000.00"),
        ("D1-1", "5000.00"),
    ]
    assert "第五百七十条第一项" in rows[0]["ground"]
    assert [one.what for one in exports(opened)] == ["deposit_order"]
    with pytest.raises(DepositError, match="nobody waits"):
        depositing.order(opened, "上海公证处", tmp_path / "again.csv")
    with pytest.raises(DepositError, match="nobody has seen"):
        depositing.made(opened, 1, "ben")
    image = tmp_path / "certificate.png"
    image.write_bytes(b"certificate")
    assert depositing.see(opened, 1, "2026-77", image, "anna").certificate == "2026-77"
    with pytest.raises(PayeeError, match="another operator"):
        depositing.made(opened, 1, "anna")
    assert depositing.made(opened, 1, "ben") == 2
    assert depositing.made(opened, 1, "ben") == 0
    with opened.database.reading() as connection:
        assert check_trial(connection)
        assert balances(connection)["deposited"] == 1_000_000
    assert depositing.write_letters(opened, 1, tmp_path / "letters.json") == 2
    letters = json.loads((tmp_path / "letters.json").read_bytes())
    assert (letters[0]["award"], letters[0]["until"]) == (0, "2031-11-21")
    assert "2026-77" in letters[0]["letter"]["zh"]["where"]
    assert "归国家所有" in letters[0]["letter"]["zh"]["until"]
    papers.see(opened, person(0), papers.Paper(kind=EvidenceKind.HANDOVER_RECEIPT), "anna")
    collected = Entry(event=Event.DEPOSIT_COLLECTED, by="ben", reason="collected")
    moves.move(opened, person(0), collected)
    ended = Entry(event=Event.RIGHT_ENDED, by="ben", reason="five years")
    with pytest.raises(PayeeError, match="lasts until"):
        moves.move(opened, person(1), ended)
    opened.clock.sleep(timedelta(days=6 * 366))
    overdue = shown.overdue(opened, [Situation.DEPOSITED], 9)
    assert [one["person_id"] for one in overdue] == [person(1)]
    moves.move(opened, person(1), ended)
    (order,), waiting = depositing.orders(opened)
    assert (order.made, order.collected, order.ended, waiting) == (2, 1, 1, 0)


def test_a_raise_of_somebody_paid_and_then_dead_is_deposited_by_an_order(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """What was paid stays paid; the difference alone is ordered, deposited, and never paid too."""
    opened = opened_case(MINIMAL_CASE, people_files(2), approve_as=TWO)
    for name in TWO:
        add_operator(opened, name)
    for step in (intake, determine, settle):
        step(opened)
    people = [str(one) for one in affected_accounts(opened, [])["person_id"]]
    for at, who in enumerate(people):
        make_awards(opened, 1, first=at, declared=at == 0, whose=who)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=20_000_000)
    asyncio.run(pay_through(opened, provider))
    papers.see(opened, people[0], papers.Paper(kind=EvidenceKind.DEATH_CERTIFICATE), "anna")
    for event in (Event.DIED_AFTER_LEAK, Event.DEPOSIT_DECIDED):
        moves.move(opened, people[0], Entry(event=event, by="ben", reason="seen"))
    with pytest.raises(DepositError, match="nobody waits"):
        depositing.order(opened, "上海公证处", tmp_path / "none.csv")
    corrections.correct(opened, [raised(0, 600_000)], partial(held, opened))
    made = depositing.order(opened, "上海公证处", tmp_path / "list.csv")
    assert made is not None
    assert (made.people, made.total.amount_minor) == (1, 100_000)
    assert asyncio.run(pay_through(opened, provider)).counts["settled_minor"] == 1_000_000
    image = tmp_path / "certificate.png"
    image.write_bytes(b"certificate")
    depositing.see(opened, 1, "2026-78", image, "anna")
    assert depositing.made(opened, 1, "ben") == 1
    with opened.database.reading() as connection:
        assert check_trial(connection)
        found = balances(connection)
    assert (found["deposited"], found["owed"], found["settled"]) == (100_000, 0, 1_000_000)
    (whole,) = held(opened, [0]).values()
    assert whole.amount_minor == 600_000
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
