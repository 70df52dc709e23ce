"""Shares of heirs and gifts are paid by hand: each once, with a receipt, and booked."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from amends.awards.service import owed_to
from amends.cli.payees_told import payee_told
from amends.governance.service import add_operator
from amends.kernel.money import Money
from amends.kernel.saying import in_language
from amends.ledger import service as ledger
from amends.payees import moves, papers, paying, service, shown
from amends.payees.by_hand import Share
from amends.payees.estates import Entry
from amends.payees.heirs import Heir
from amends.payees.model import PayeeError, Situation
from amends.payees.states import Event, EvidenceKind, StatementKind
from amends.payouts.planning.plan_store import unplanned
from amends.payouts.showing.held import held
from amends.reasons import store as reasons
from amends.roster import service as roster_service
from amends.roster import site
from amends.roster import store as roster
from amends.vault.opened import OpenCase
from amends_verify import audit, verify
from called import called
from made_awards import make_awards
from made_awards import person as awarded
from made_cases import OpenedCase
from made_corrections import paid as rail_paid
from made_determination import person
from made_payees import decisions
from made_roster import thirty_awarded

P, T = EvidenceKind, StatementKind
SHARES = (333_333, 166_667)
"""Two thirds and one third of 5,000.00 CNY: the larger remainder takes the fen."""


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """Three people with 5,000.00 CNY each, and two operators."""
    case = opened_case()
    for name in ("anna", "ben"):
        add_operator(case, name)
    make_awards(case, 3)
    return case


def entry(opened: OpenCase, who: str, event: Event, **more: Any) -> Entry:  # noqa: ANN401
    """What ben enters, with the award as it stands."""
    found = owed_to(opened, who)
    assert found is not None
    return Entry(event=event, by="ben", reason="seen", award_index=found[0], owed=found[1], **more)


def receipt(opened: OpenCase, who: str, folder: Path, content: bytes, by: str = "anna") -> int:
    """An operator sees a receipt; its number."""
    image = folder / "receipt.pdf"
    image.write_bytes(content)
    return papers.see(opened, who, papers.Paper(kind=P.PAYMENT_RECEIPT, image=image), by)


def inherited(opened: OpenCase, who: str) -> None:
    """Somebody has died, and two heirs agree on two thirds and one third."""
    for kind in (P.DEATH_CERTIFICATE, P.KINSHIP):
        papers.see(opened, who, papers.Paper(kind=kind), "anna")
    papers.state(opened, who, T.CONSENT, "都同意", "anna")
    moves.move(opened, who, entry(opened, who, Event.DIED_AFTER_LEAK))
    heirs = [
        Heir(name="种植子", account=f"1390013900{n}", relation="child", share=n, consents=True)
        for n in (2, 1)
    ]
    moves.move(opened, who, entry(opened, who, Event.HEIRS_AGREE, heirs=heirs))


def paid(opened: OpenCase, who: str, to: int, minor: int, paper: int, **more: Any) -> paying.Paid:  # noqa: ANN401
    """Ben enters a payment by hand."""
    share = Share(to=to, amount=Money(amount_minor=minor, currency="CNY"), paper=paper)
    return paying.pay(opened, who, entry(opened, who, Event.PAID_BY_HAND, **more), share)


def standing(opened: OpenCase) -> list[int]:
    """The states of the roster."""
    with opened.database.reading() as connection:
        return [int(state) for state in roster.standing(connection, 3)]


def test_heirs_are_paid_by_hand_each_once(opened: OpenCase, tmp_path: Path) -> None:
    """Share by share, with a receipt each; booked; settled with the last one, and explained."""
    who = awarded(1)
    inherited(opened, who)
    assert shown.show(opened, who)["due_on"] is not None
    first = receipt(opened, who, tmp_path, b"one")
    assert paid(opened, who, 1, SHARES[0], first).rest.amount_minor == SHARES[1]
    assert standing(opened) == [0, 4, 0]
    second = receipt(opened, who, tmp_path, b"two")
    with pytest.raises(PayeeError, match="paid already"):
        paid(opened, who, 1, SHARES[0], second)
    done = paid(opened, who, 2, SHARES[1], second)
    assert done.moved is not None
    assert standing(opened) == [0, 2, 0]
    told = shown.show(opened, who)
    assert (told["situation"], told["due_on"]) == (Situation.HEIRS_PAID, None)
    with opened.database.reading() as connection:
        books = ledger.balances(connection)
        assert unplanned(connection, -1, 9).awards.tolist() == [0, 2]
        assert [(one.rail, one.amount_minor) for one in roster.pending_payments(connection, 3)] == [
            ("counter", sum(SHARES))
        ]
    assert (books["paid_by_hand"], books["owed"]) == (500_000, 1_000_000)
    assert held(opened, [1])[1].amount_minor == 500_000
    page = "\n".join(in_language(line, "zh") for line in payee_told(told))
    assert "第 2 份：CNY 1,666.67" in page


def test_a_payment_by_hand_is_what_is_due_and_two_people_saw_it(
    opened: OpenCase, tmp_path: Path
) -> None:
    """Another amount, heir, paper or a second use of a receipt is refused, and nothing recorded."""
    who, other = awarded(0), awarded(2)
    inherited(opened, who)
    bare = papers.see(opened, who, papers.Paper(kind=P.PAYMENT_RECEIPT), "anna")
    own = receipt(opened, who, tmp_path, b"own", by="ben")
    good = receipt(opened, who, tmp_path, b"good")
    for to, minor, paper, why in (
        (1, SHARES[0] - 1, good, "what is due"),
        (3, SHARES[0], good, "2 shares"),
        (1, SHARES[0], 1, "no accepted"),
        (1, SHARES[0], bare, "no digest"),
        (1, SHARES[0], own, "another operator"),
    ):
        with pytest.raises(PayeeError, match=why):
            paid(opened, who, to, minor, paper)
    with pytest.raises(PayeeError, match="sending"):
        paid(opened, who, 1, SHARES[0], good, under_way="sending")
    with pytest.raises(PayeeError, match="cannot happen"):
        paid(opened, other, 1, SHARES[0], good)
    with pytest.raises(PayeeError, match="payee paid"):
        moves.move(opened, who, entry(opened, who, Event.PAID_BY_HAND))
    with opened.database.reading() as connection:
        assert ledger.balances(connection)["paid_by_hand"] == 0
    paid(opened, who, 1, SHARES[0], good)
    with pytest.raises(PayeeError, match="another payment"):
        paid(opened, who, 2, SHARES[1], receipt(opened, who, tmp_path, b"good"))


def test_who_was_paid_by_hand_is_paid_by_no_rail(opened: OpenCase, tmp_path: Path) -> None:
    """Nothing leads back to a rail; the rest can go to a notary, and no more than the rest."""
    who = awarded(1)
    inherited(opened, who)
    paid(opened, who, 1, SHARES[0], receipt(opened, who, tmp_path, b"one"))
    with pytest.raises(PayeeError, match="paid by hand already"):
        moves.move(opened, who, entry(opened, who, Event.AGREEMENT_DISPUTED))
    with (
        pytest.raises(psycopg.errors.CheckViolation),
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "UPDATE payees.payee SET state = 'payable', reason = NULL, kind = 'heir' "
            "WHERE person_id = %(who)s",
            {"who": who},
        )
    papers.see(opened, who, papers.Paper(kind=P.DEPOSIT_CERTIFICATE), "anna")
    for event in (Event.DEPOSIT_DECIDED, Event.DEPOSIT_MADE):
        moves.move(opened, who, entry(opened, who, event))
    with opened.database.reading() as connection:
        books = ledger.balances(connection)
    assert (books["paid_by_hand"], books["deposited"]) == SHARES
    assert held(opened, [1])[1].amount_minor == sum(SHARES)


def test_the_database_refuses_what_a_rail_has(opened: OpenCase, tmp_path: Path) -> None:
    """A payment that was planned after the program looked is seen by the last word on it."""
    who = awarded(1)
    inherited(opened, who)
    rail_paid(opened, {1: "accepted"})
    with pytest.raises(psycopg.errors.CheckViolation, match="paid by a rail"):
        paid(opened, who, 1, SHARES[0], receipt(opened, who, tmp_path, b"one"))
    assert shown.show(opened, who)["paid_by_hand"] == []


def test_what_is_given_away_is_paid_by_hand_with_a_command(
    opened: OpenCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole of it, with the command; the receipt is destroyed."""
    who, case, image = awarded(0), opened.case.root, tmp_path / "receipt.jpg"
    papers.see(opened, who, papers.Paper(kind=P.IDENTITY), "anna")
    papers.state(opened, who, T.DONATION, "给学校", "anna")
    moves.move(opened, who, entry(opened, who, Event.DONATES))
    image.write_bytes(b"a receipt")
    called("payee", "evidence", case, who, "payment_receipt", "--by", "anna", "--image", image)
    paper = ("--paper", "2", "--by", "ben", "--reason", "paid")
    called("payee", "paid", case, who, "--amount", "CNY 5000.00", *paper)
    assert "donee_paid" in capsys.readouterr().out
    called("payee", "show", case, who)
    assert "share 1: CNY 5,000.00" in capsys.readouterr().out
    assert not image.exists()


def test_what_came_back_is_paid_by_hand_first(opened: OpenCase, tmp_path: Path) -> None:
    """Money that came back is no more among what came back."""
    who = awarded(2)
    inherited(opened, who)
    back = Money(amount_minor=400_000, currency="CNY")
    for number, (minor, books) in enumerate(
        zip(SHARES, [(-333_333, 1_500_000), (-400_000, 1_400_000)], strict=True), 1
    ):
        paper = receipt(opened, who, tmp_path, bytes([number]))
        paid(opened, who, number, minor, paper, came_back=back)
        with opened.database.reading() as connection:
            found = ledger.balances(connection)
        assert (found["returned"], found["owed"]) == books


def test_the_roster_has_it_settled_and_its_sums_hold(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Batches add up with what was paid over the counter, and an outsider's audit agrees."""
    opened = opened_case(approve_as=("anna", "ben"), like=thirty_awarded)
    roster_service.publish(opened)
    rail_paid(opened, dict.fromkeys(range(29), "settled"))
    with opened.database.reading() as connection:
        who = reasons.holder_of(connection, 29)
    assert who is not None
    papers.see(opened, who, papers.Paper(kind=P.IDENTITY), "anna")
    papers.state(opened, who, T.DONATION, "给学校", "anna")
    moves.move(opened, who, entry(opened, who, Event.DONATES))
    paid(opened, who, 1, 500_000, receipt(opened, who, tmp_path, b"one"))
    assert roster_service.publish_epoch(opened).counts["roster_epoch"] == 1
    roster_service.write_policy(opened, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    told = audit.Audit(site.log_directory(opened.case), policy).run()
    assert "settled 30" in told


def test_one_heir_is_paid_by_a_rail_and_has_no_clock(opened_case: OpenedCase) -> None:
    """Who is payable waits for nobody, and is not paid by hand."""
    opened = opened_case()
    for name in ("anna", "ben"):
        add_operator(opened, name)
    service.record(opened, lambda: decisions({person(1): ("种植甲乙", "13800009999")}))
    owed = Money(amount_minor=500_000, currency="CNY")
    for kind in (P.DEATH_CERTIFICATE, P.KINSHIP):
        papers.see(opened, person(1), papers.Paper(kind=kind), "anna")
    papers.state(opened, person(1), T.CONSENT, "同意", "anna")
    heir = Heir(name="种植子", account="13900139000", relation="child", consents=True)
    died = Entry(event=Event.DIED_AFTER_LEAK, by="ben", reason="x")
    moves.move(opened, person(1), died)
    agreed = replace(died, event=Event.HEIRS_AGREE, heirs=[heir], owed=owed)
    moved = moves.move(opened, person(1), agreed)
    assert moved.due_on is None
    assert shown.listed(opened, Situation.HEIRS, 5)[0]["due_on"] is None
    by_hand = Entry(event=Event.PAID_BY_HAND, by="ben", reason="x", owed=owed, award_index=0)
    with pytest.raises(PayeeError, match="amends pay"):
        paying.pay(opened, person(1), by_hand, Share(to=1, amount=owed, paper=1))
