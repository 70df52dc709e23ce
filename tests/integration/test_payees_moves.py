"""A payee goes from state to state: papers, four eyes, heirs, deposit; history stays."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from amends.governance.service import add_operator
from amends.kernel.ids import PersonId
from amends.kernel.money import Money
from amends.ledger import service as ledger
from amends.payees import ages, moves, papers, service, shown
from amends.payees.estates import Entry
from amends.payees.heirs import Heir
from amends.payees.model import PayeeError, Situation
from amends.payees.states import ABOUT, Clock, Event, EvidenceKind, StatementKind
from amends.vault.opened import OpenCase
from made_cases import OpenedCase
from made_determination import person
from made_payees import decisions, details

P, T = EvidenceKind, StatementKind
OWED = Money(amount_minor=500_001, currency="CNY")


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """A case with two operators and two settled people."""
    case = opened_case()
    for name in ("anna", "ben"):
        add_operator(case, name)
    one = {person(1): ("种植甲乙", "13800009999"), person(2): ("种植丙丁", "13800009998")}
    service.record(case, lambda: decisions(one))
    return case


def entry(event: Event, **more: Any) -> Entry:  # noqa: ANN401 - fields of Entry
    """What ben enters."""
    return Entry(event=event, by="ben", reason="seen", **more)


def see(opened: OpenCase, *kinds: EvidenceKind) -> None:
    """Anna sees papers of person 1."""
    for kind in kinds:
        papers.see(opened, person(1), papers.Paper(kind=kind), "anna")


def situation(opened: OpenCase, who: str) -> object:
    """The state that somebody is in."""
    return shown.show(opened, who)["situation"]


def test_an_estate_is_split_among_heirs_and_the_history_stays(opened: OpenCase) -> None:
    """Death, then all heirs; settling again moves nobody back."""
    with pytest.raises(PayeeError, match="death_certificate"):
        moves.move(opened, person(1), entry(Event.DIED_AFTER_LEAK))
    see(opened, P.DEATH_CERTIFICATE, P.KINSHIP)
    own = Entry(event=Event.DIED_AFTER_LEAK, by="anna", reason="seen")
    with pytest.raises(PayeeError, match="another operator"):
        moves.move(opened, person(1), own)
    died = moves.move(opened, person(1), entry(Event.DIED_AFTER_LEAK))
    assert died.due_on is not None
    assert details(opened, person(1)) == {}
    heirs = [
        Heir(name="种植子", account=f"1390013900{n}", relation="child", consents=True)
        for n in range(2)
    ]
    split = entry(Event.HEIRS_AGREE, heirs=heirs, owed=OWED)
    with pytest.raises(PayeeError, match="consent"):
        moves.move(opened, person(1), split)
    papers.state(opened, person(1), T.CONSENT, "都同意", "anna")
    done = moves.move(opened, person(1), split)
    assert [part.amount_minor for part in done.parts] == [250_001, 250_000]
    assert situation(opened, person(1)) == Situation.HEIRS
    one = {person(1): ("种植甲乙", "13800009999"), person(2): ("种植丙丁", "13800009998")}
    assert service.record(opened, lambda: decisions(one)).counts["payees_changed"] == 0
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT sealed::text, left_sealed::text FROM payees.move"
        ).fetchall()
    assert len(rows) == 2
    assert "种植".encode().hex() not in str(rows)


def test_a_death_before_the_leak_is_none_after_it(opened: OpenCase) -> None:
    """A day that is entered decides whose claim it is: the estate's, or the relatives' own."""
    see(opened, P.DEATH_CERTIFICATE)
    leaked = ages.leak_day(opened.case.file, opened.clock.now().date())
    before = leaked - timedelta(days=1)
    for event, day, right in (
        (Event.DIED_AFTER_LEAK, before, "died_before_leak"),
        (Event.DIED_BEFORE_LEAK, leaked, "died_after_leak"),
    ):
        with pytest.raises(PayeeError, match=f"enter {right}"):
            moves.move(opened, person(1), entry(event, on=day))
    moves.move(opened, person(1), entry(Event.DIED_BEFORE_LEAK, on=before))
    assert situation(opened, person(1)) == Situation.DIED_BEFORE


def test_a_small_estate_has_a_limit_and_pays_one_heir(opened: OpenCase) -> None:
    """Up to 50,000 CNY three papers do; the heir is payable then."""
    see(opened, P.DEATH_CERTIFICATE, P.KINSHIP)
    papers.state(opened, person(1), T.UNDERTAKING, "愿意承担", "anna")
    moves.move(opened, person(1), entry(Event.DIED_AFTER_LEAK))
    heir = [Heir(name="种植子", account="13900139000", relation="child")]
    much = Money(amount_minor=5_000_001, currency="CNY")
    with pytest.raises(PayeeError, match="CN-SMALL"):
        moves.move(opened, person(1), entry(Event.SMALL_ESTATE, heirs=heir, owed=much))
    moves.move(opened, person(1), entry(Event.SMALL_ESTATE, heirs=heir, owed=OWED))
    assert details(opened, person(1))[PersonId(person(1))].account == "13900139000"


def test_who_refuses_and_comes_back_is_paid_as_before(opened: OpenCase, tmp_path: Path) -> None:
    """A copy of the paper is destroyed, its digest is kept; the details come back."""
    image = tmp_path / "paper.jpg"
    image.write_bytes(b"an image")
    papers.see(opened, person(1), papers.Paper(kind=P.IDENTITY, image=image), "anna")
    assert not image.exists()
    papers.state(opened, person(1), T.REFUSAL, "不要", "anna")
    moves.move(opened, person(1), entry(Event.REFUSES))
    assert details(opened, person(1)) == {}
    moves.move(opened, person(1), entry(Event.RECONSIDERS))
    assert details(opened, person(1))[PersonId(person(1))].account == "13800009999"
    told = shown.show(opened, person(1))
    assert "refuses" in str(told["history"])
    assert "reconsiders" in str(told["history"])
    assert "image_destroyed_on" in str(told["papers"])


def test_a_deposit_lasts_five_years(opened: OpenCase) -> None:
    """The right to collect is not cut short, and nothing happens in the future or twice."""
    see(opened, P.IDENTITY, P.DEPOSIT_CERTIFICATE)
    papers.state(opened, person(1), T.REFUSAL, "不要", "anna")
    long_ago = [
        (Event.REFUSES, date(2020, 1, 1)),
        (Event.DEPOSIT_DECIDED, date(2020, 2, 1)),
    ]
    for event, day in long_ago:
        moves.move(opened, person(1), entry(event, on=day))
    made = entry(Event.DEPOSIT_MADE, on=date(2020, 3, 1), owed=OWED, award_index=7)
    moves.move(opened, person(1), made)
    with pytest.raises(PayeeError, match="2025-03-01"):
        moves.move(opened, person(1), entry(Event.RIGHT_ENDED, on=date(2025, 3, 1)))
    with pytest.raises(PayeeError, match="future"):
        moves.move(opened, person(1), entry(Event.RIGHT_ENDED, on=date(2099, 3, 1)))
    moves.move(opened, person(1), entry(Event.RIGHT_ENDED, on=date(2025, 3, 2)))
    with pytest.raises(PayeeError, match="cannot happen"):
        moves.move(opened, person(1), entry(Event.DEPOSIT_COLLECTED))
    assert shown.counted(opened) == {"adult": 1, "escheated": 1}
    assert [one["person_id"] for one in shown.listed(opened, Situation.ADULT, 5)] == [person(2)]


def test_what_is_deposited_is_owed_no_more(opened: OpenCase) -> None:
    """In the books, with the move or not at all; what came back first, and nothing twice."""
    see(opened, P.IDENTITY, P.DEPOSIT_CERTIFICATE)
    papers.state(opened, person(1), T.REFUSAL, "不要", "anna")
    for event in (Event.REFUSES, Event.DEPOSIT_DECIDED):
        moves.move(opened, person(1), entry(event))
    sent = entry(Event.DEPOSIT_MADE, owed=OWED, award_index=7, under_way="settled")
    for wrong, why in ((entry(Event.DEPOSIT_MADE), "nothing is owed"), (sent, "settled")):
        with pytest.raises(PayeeError, match=why):
            moves.move(opened, person(1), wrong)
        assert situation(opened, person(1)) == Situation.DEPOSIT_PENDING
    back = Money(amount_minor=400_000, currency="CNY")
    made = entry(Event.DEPOSIT_MADE, owed=OWED, award_index=7, came_back=back)
    moves.move(opened, person(1), made)
    with opened.database.reading() as connection:
        found = ledger.balances(connection)
        assert ledger.deposited(connection, [7, 8]) == {7: OWED.amount_minor}
    assert found["deposited"] == OWED.amount_minor
    assert (found["returned"], found["owed"]) == (-400_000, -100_001)


def test_whose_clock_has_run_out_is_listed_across_states(opened: OpenCase) -> None:
    """The limit counts who is overdue, not who was looked at; the earliest due comes first."""
    service.record(opened, lambda: decisions({person(3): ("种植戊己", "13800009997")}))
    moves.move(opened, person(1), entry(Event.PROVIDER_HOLDS, on=date(2020, 1, 1)))
    moves.move(opened, person(2), entry(Event.PROVIDER_HOLDS))
    moves.move(opened, person(3), entry(Event.ACCOUNT_LOST, on=date(2019, 1, 1)))
    late = shown.overdue(opened, Situation, 5)
    assert [one["person_id"] for one in late] == [person(3), person(1)]
    assert shown.overdue(opened, Situation, 1) == late[:1]
    assert shown.overdue(opened, [Situation.HELD], 1) == late[1:]
    assert shown.overdue(opened, [Situation.ADULT], 5) == []
    held = shown.listed(opened, Situation.HELD, 5)
    assert [one["person_id"] for one in held] == [person(1), person(2)]
    since, who = held[0]["since"], str(held[0]["person_id"])
    assert isinstance(since, date)
    assert shown.listed(opened, Situation.HELD, 5, after=(since, who)) == held[1:]
    moves.move(opened, person(1), entry(Event.HOLD_RELEASED))
    service.record(opened, lambda: decisions({person(4): ("种植庚辛", "13800009996")}))
    walked = [shown.listed(opened, Situation.ADULT, 1, after=(since, at)) for at in ("", person(1))]
    assert [one["person_id"] for rows in walked for one in rows] == [person(1), person(4)]


@pytest.mark.parametrize(
    "clock", [about.clock for about in ABOUT.values() if about.clock], ids=lambda clock: clock.basis
)
def test_who_waits_longest_is_overdue_first(clock: Clock) -> None:
    """Later since is never due earlier: of a state, the first ones by day are the overdue ones."""
    days = [date(2023, 12, 1) + timedelta(days=number) for number in range(500)]
    due = [clock.due(day) for day in days]
    assert due == sorted(due)


def test_a_guardian_is_named_with_papers_and_words(opened: OpenCase) -> None:
    """Nobody is moved who is not settled, and a payee is named where the money goes to another."""
    with pytest.raises(PayeeError, match="no payee"):
        moves.move(opened, person(9), entry(Event.CAPACITY_LOST))
    see(opened, P.COURT_FINDING, P.GUARDIAN_APPOINTMENT)
    moves.move(opened, person(1), entry(Event.CAPACITY_LOST))
    for kind in (T.GUARDIAN, T.NO_WAIVER):
        papers.state(opened, person(1), kind, "为其利益代收", "anna")
    with pytest.raises(PayeeError, match="--payee"):
        moves.move(opened, person(1), entry(Event.GUARDIAN_NAMED))
    payee = moves.details_of("139 0013 9000", "种植监", mainland=True)
    moves.move(opened, person(1), entry(Event.GUARDIAN_NAMED, payee=payee))
    assert details(opened, person(1))[PersonId(person(1))].name == "种植监"
    with pytest.raises(PayeeError, match="written as none"):
        moves.details_of("landline", "种植监", mainland=True)
