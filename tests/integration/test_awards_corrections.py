import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner

from amends.awards import corrections, promised, service
from amends.awards.correcting import Channel, CorrectionError, Reason, Wanted
from amends.awards.model import PromiseError
from amends.cli.corrections import correct as command
from amends.governance import decisions
from amends.governance.service import trail
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.summary import StageSummary
from amends.ledger.service import balances, check_trial, post, verify_chain
from amends.notices import service as notices
from amends.payees import deposits
from amends.payees.estates import Entry
from amends.payees.states import Event
from amends.payouts.showing.held import held
from amends.reasons.service import explain
from amends.reasons.words import told
from amends.vault.opened import OpenCase, open_case
from amends.web.listings import people as listings
from called import called
from made_cases import OpenedCase, write_case
from made_corrections import annul, moved, paid, raised
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
EACH = 500_000


def thirty_awarded(root: Path) -> None:
    """Thirty people with awards."""
    write_case(root)
    with open_case(root, approve_as=TWO) as opened:
        determine_made_up(opened, people(*range(30)))
        service.award(opened)


@pytest.fixture
def thirty(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards."""
    return opened_case(approve_as=TWO, like=thirty_awarded)


def people(*numbers: int) -> dict[str, str]:
    """Affected people by number."""
    return {person(number): "NAME;PHONE" for number in numbers}


def correct(opened: OpenCase, *wanted: Wanted) -> StageSummary:
    """Correct awards."""
    return corrections.correct(opened, wanted, partial(held, opened))


def owed(opened: OpenCase) -> dict[int, int]:
    """What is owed of each award."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT award_index, amount_minor FROM awards.owed").fetchall()
    return {int(str(index)): int(str(amount)) for index, amount in rows}


def books(opened: OpenCase) -> dict[str, int]:
    """The balances, when the books hold."""
    with opened.database.reading() as connection:
        check_trial(connection)
        verify_chain(connection)
        return balances(connection)


def award_of(opened: OpenCase, number: int) -> int:
    """The award of a person."""
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT award_index FROM awards.award WHERE person_id = %(id)s", {"id": person(number)}
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def told_wrong(opened: OpenCase, wanted: Sequence[Wanted]) -> tuple[str, ...]:
    """What is wrong with a list, of which nothing is done."""
    before = owed(opened), books(opened)
    with pytest.raises(CorrectionError) as refused:
        correct(opened, *wanted)
    assert (owed(opened), books(opened)) == before
    return refused.value.wrong


def test_an_award_is_corrected_in_one_go_with_the_books(thirty: OpenCase) -> None:
    """Owed, class, ledger and promise follow; the award row itself stays."""
    summary = correct(thirty, raised(3, 600_000), annul(4, Reason.COURT_DECISION))
    assert summary.counts["change_minor"] == 100_000 - EACH
    assert summary.counts["owed_minor"] == sum(owed(thirty).values()) == 29 * EACH + 100_000
    assert 4 not in owed(thirty)
    assert books(thirty)["owed"] == books(thirty)["compensation"] == 29 * EACH + 100_000
    with pytest.raises(PromiseError):
        promised.check_promise(thirty)
    restated = promised.restate_promise(thirty)
    assert (restated.people, restated.total) == (29, Money.parse("CNY 146000.00"))
    promised.check_promise(thirty)
    with thirty.database.reading() as connection:
        rows = connection.execute("SELECT DISTINCT class, amount_minor FROM awards.award")
        assert rows.fetchall() == [(0, EACH)]
        kept = connection.execute("SELECT because FROM awards.correction").fetchall()
    assert not [row for row in kept if "calculated" in repr(row[0])]


def test_a_correction_is_explained(thirty: OpenCase) -> None:
    """Who asks about a person hears what was awarded, what is owed now, and why."""
    three, four = award_of(thirty, 3), award_of(thirty, 4)
    correct(thirty, raised(three, 600_000), annul(four, Reason.COURT_DECISION))
    raised_words = told(explain(thirty, person(3)), "en")
    assert f"Award {three}: CNY 6,000.00." in raised_words
    first, second = (1, 2) if three < four else (2, 1)  # they are numbered by award
    changed = f"  It was CNY 5,000.00 and was changed by correction {first}: the amount was wrong."
    assert changed in raised_words
    annulled = told(explain(thirty, str(four)), "en")
    assert f"Award {four}: CNY 0.00." in annulled
    assert any(f"correction {second}: a decision of a court" in line for line in annulled)
    assert f"Award {four}: nothing is owed any more." in annulled
    assert "  Nobody has told the person of the correction yet." in annulled
    corrections.told(thirty, first, Channel.LETTER, "clara")
    assert "  The person was told of the correction by letter." in told(
        explain(thirty, person(3)), "en"
    )


def test_what_was_added_after_the_payment_is_said_to_be_unpaid(thirty: OpenCase) -> None:
    """The money that has arrived is that of before; the rest is owed."""
    three = award_of(thirty, 3)
    paid(thirty, {three: "settled"})
    assert not any("not paid yet" in line for line in told(explain(thirty, person(3)), "en"))
    correct(thirty, raised(three, 600_000))
    words = told(explain(thirty, person(3)), "en")
    assert words[words.index(f"Award {three}: The money has arrived.") + 1] == (
        "  That is CNY 5,000.00 of it; CNY 1,000.00 was added by a correction since, is owed, and "
        "is not paid yet."
    )


def test_who_has_to_be_told_of_a_correction_is_listed(
    thirty: OpenCase, capsys: pytest.CaptureFixture[str]
) -> None:
    """Corrected after the notice and not told: in the list, by award; told: not any more."""
    three, four = award_of(thirty, 3), award_of(thirty, 4)
    correct(thirty, raised(three, 600_000))
    assert notices.untold(thirty) == []  # the notice is still to come, and says the new amount
    thirty.clock.sleep(timedelta(hours=1))
    assert not any("untold" in note for note in notices.notify(thirty).notes)
    thirty.clock.sleep(timedelta(hours=1))
    correct(thirty, raised(three, 700_000), annul(four, Reason.COURT_DECISION))
    told_of = sorted((one.award_index, one.amount.amount_minor) for one in notices.untold(thirty))
    assert told_of == sorted(((three, 700_000), (four, 0)))
    first, second = notices.untold(thirty)
    assert notices.untold(thirty, most=1) == [first]
    assert notices.untold(thirty, after=first.award_index, most=9) == [second]
    assert [row[0] for row in listings.untold(thirty).rows] == sorted((three, four))
    assert "2 notices say what was owed" in notices.notify(thirty).notes[-1]
    called("notices", "untold", thirty.case.root)
    shown = capsys.readouterr().out
    assert f"award {four}: annulled (a decision of a court)" in shown
    assert f"award {three}: now CNY 7,000.00 (the amount was wrong)" in shown
    called("notices", "show", thirty.case.root, "--award", str(three))
    assert "older than this correction" in capsys.readouterr().err
    for one in notices.untold(thirty):
        corrections.told(thirty, one.correction_no, Channel.PHONE, "clara")
    called("notices", "untold", thirty.case.root, "--json")
    assert json.loads(capsys.readouterr().out) == []


def test_a_correction_says_why_in_the_decision_log_and_who_asked(thirty: OpenCase) -> None:
    """The codes of the reasons, without words about a person; the trail names who was at work."""
    asked = replace(thirty, by="clara")
    correct(asked, raised(3, 600_000), annul(4, Reason.COURT_DECISION))
    assert decisions.log(thirty)[-1].reason == "amount_wrong, court_decision"
    (entry,) = trail(thirty, ["awards corrected"])
    assert entry.actor == "clara"


def test_two_people_approve_exactly_the_list(opened_case: OpenedCase) -> None:
    """Without approvals nothing changes; another list asks anew."""
    opened = opened_case(like=thirty_awarded)
    said = set()
    for amount in (600_000, 600_000, 700_000):
        with pytest.raises(WaitingForApprovalError) as waiting:
            correct(opened, raised(3, amount))
        said.add(str(waiting.value))
    assert len(said) == 2
    assert owed(opened)[3] == EACH


def test_what_may_not_be_is_said_of_every_row_and_nothing_is_done(thirty: OpenCase) -> None:
    """Unknown award, other currency, same amount, no reason, twice: all in one message."""
    wrong = told_wrong(
        thirty,
        [
            raised(99, 600_000),
            Wanted(
                award_index=1,
                amount=Money.parse("USD 6000.00"),
                reason=Reason.AMOUNT_WRONG,
                because="x",
            ),
            raised(2, EACH),
            raised(3, 600_000, because=" "),
            annul(4, Reason.AMOUNT_WRONG),
            annul(5, Reason.TWO_WERE_ONE),
            annul(6, Reason.NOT_AFFECTED),
            raised(7, 600_000, reason=Reason.ONE_WAS_TWO),
            raised(8, 600_000),
            raised(8, 700_000),
        ],
    )
    assert [line.split(":")[0] for line in wrong] == [
        f"award {index}" for index in (99, 1, 2, 3, 4, 5, 6, 7, 8)
    ]


def test_more_than_there_is_money_for_is_refused(thirty: OpenCase) -> None:
    """The funding covers what is owed after the correction, or nothing is corrected."""
    with pytest.raises(PromiseError, match="short"):
        correct(thirty, raised(3, 95_000_000))
    assert owed(thirty)[3] == EACH


def test_nobody_is_owed_less_than_was_sent(thirty: OpenCase) -> None:
    """Down is refused with what to do; up stays owed and not paid; the database says so, too."""
    paid(thirty, {1: "settled", 2: "planned", 3: "returned", 4: "refused"})
    low = [raised(index, 400_000) for index in (1, 2, 3)]
    wrong = told_wrong(thirty, low)
    assert "was sent" in wrong[0]
    assert "is planned" in wrong[1]
    assert "came back" in wrong[2]
    with pytest.raises(CorrectionError, match="in between"):
        corrections.correct(thirty, low[:1], lambda _: {})
    summary = correct(thirty, raised(1, 600_000), raised(4, 400_000))
    assert summary.counts["owed_beside_payment_minor"] == 100_000
    assert any("plans the difference when they have arrived" in note for note in summary.notes)
    assert books(thirty)["owed"] == sum(owed(thirty).values())


def test_people_found_to_be_one_keep_one_award(thirty: OpenCase) -> None:
    """The earlier award stays, the other is annulled; apart again, it is restored by its own."""
    awards = sorted((award_of(thirty, 1), award_of(thirty, 2)))
    determine_made_up(thirty, people(*(n for n in range(30) if n != 2)), run_no=2)
    moved(thirty, 2, "merged", earlier=2, now=1)
    proposed = corrections.proposed(thirty, partial(held, thirty))
    assert [(one.award_index, one.amount.amount_minor) for one in proposed.wanted] == [
        (awards[1], 0)
    ]
    with pytest.raises(CorrectionError, match="has to stay"):
        correct(thirty, *(annul(index, Reason.TWO_WERE_ONE) for index in awards))
    correct(thirty, *proposed.wanted)
    assert corrections.proposed(thirty, partial(held, thirty)).wanted == ()
    promised.check_promise(thirty)
    assert service.award(thirty).counts["awards"] == 29
    determine_made_up(thirty, people(*range(30)), run_no=3)
    moved(thirty, 3, "split", earlier=1, now=2)
    again = corrections.proposed(thirty, partial(held, thirty))
    if award_of(thirty, 2) == awards[1]:
        assert [(one.award_index, one.reason) for one in again.wanted] == [
            (awards[1], Reason.ONE_WAS_TWO)
        ]
    assert service.award(thirty).counts["awards_new"] == 0
    correct(thirty, *again.wanted)
    assert sorted(owed(thirty).values()) == [EACH] * 30
    assert service.award(thirty).counts["awards_new"] == 0


def test_of_two_awards_that_were_paid_both_stand(thirty: OpenCase) -> None:
    """Money that was sent is not reclaimed: both stay, and it is listed."""
    awards = sorted((award_of(thirty, 1), award_of(thirty, 2)))
    determine_made_up(thirty, people(*(n for n in range(30) if n != 2)), run_no=2)
    moved(thirty, 2, "merged", earlier=2, now=1)
    paid(thirty, {awards[1]: "settled"})
    proposed = corrections.proposed(thirty, partial(held, thirty))
    assert [one.award_index for one in proposed.wanted] == [awards[0]]
    paid(thirty, {awards[0]: "sending"})
    proposed = corrections.proposed(thirty, partial(held, thirty))
    assert (proposed.wanted, proposed.both_stand) == ((), (awards[1],))


def test_a_person_found_to_be_two_gets_a_second_award_at_the_next_award(thirty: OpenCase) -> None:
    """The one who came out is listed, and is awarded once."""
    determine_made_up(thirty, people(*range(31)), run_no=2)
    moved(thirty, 2, "split", earlier=1, now=30)
    assert corrections.standing(thirty, partial(held, thirty)).without_award == 1
    assert service.award(thirty).counts["awards_new"] == 1
    assert corrections.standing(thirty, partial(held, thirty)).without_award == 0
    assert service.award(thirty).counts["awards_new"] == 0


def test_an_award_of_somebody_not_affected_is_annulled_and_stays_so(thirty: OpenCase) -> None:
    """Found again, the person gets no second award; the summary says that one is annulled."""
    index = award_of(thirty, 5)
    rest = people(*(n for n in range(30) if n != 5))
    determine_made_up(thirty, rest, run_no=2)
    correct(thirty, annul(index, Reason.NOT_AFFECTED))
    assert service.award(thirty).counts["awards"] == 29
    determine_made_up(thirty, people(*range(30)), run_no=3)
    summary = service.award(thirty)
    assert summary.counts["awards_new"] == 0
    assert any("1 people are determined and their award is annulled" in n for n in summary.notes)


def test_who_was_told_is_kept_once_a_channel(thirty: OpenCase) -> None:
    """Told by letter, and by phone; twice by letter is once; an unknown correction is refused."""
    correct(thirty, raised(3, 600_000))
    assert corrections.standing(thirty, partial(held, thirty)).not_told == 1
    assert corrections.told(thirty, 1, Channel.LETTER, "clara")
    assert not corrections.told(thirty, 1, Channel.LETTER, "clara")
    assert corrections.told(thirty, 1, Channel.PHONE, "clara")
    standing = corrections.standing(thirty, partial(held, thirty))
    assert standing.not_told == 0
    assert standing.corrections[0].row.told == ("letter", "phone")
    assert standing.corrections[0].because == "wrongly calculated"
    for number in (0, 2):
        with pytest.raises(CorrectionError, match=f"no correction {number}"):
            corrections.told(thirty, number, Channel.LETTER, "clara")


def test_what_is_owed_to_somebody_is_what_was_corrected(thirty: OpenCase) -> None:
    """Heirs share, and a notary gets, what is owed now; of an annulled award nothing."""
    three, four = award_of(thirty, 3), award_of(thirty, 4)
    correct(thirty, raised(three, 600_000), annul(four, Reason.COURT_DECISION))
    assert service.owed_to(thirty, person(3)) == (three, Money.parse("CNY 6000.00"))
    assert service.owed_to(thirty, person(4)) is None
    determine_made_up(thirty, people(*(n for n in range(30) if n != 3), 40), run_no=2)
    moved(thirty, 2, "merged", earlier=3, now=40)
    assert service.owed_to(thirty, person(40)) == (three, Money.parse("CNY 6000.00"))


def test_what_is_deposited_is_not_taken_back(thirty: OpenCase) -> None:
    """It counts as given, whoever corrects."""
    entry = Entry(
        event=Event.DEPOSIT_MADE,
        by="anna",
        reason="seen",
        owed=Money(amount_minor=EACH, currency="CNY"),
        award_index=3,
    )
    with thirty.database.unit_of_work() as connection:
        post(connection, deposits.transfers(entry, thirty.clock.now()))
    (why,) = told_wrong(thirty, [raised(3, EACH - 1)])
    assert "deposited with a notary" in why
    correct(thirty, raised(3, EACH + 1))
    assert books(thirty)["deposited"] == EACH


def test_corrections_are_never_changed_in_the_database(thirty: OpenCase) -> None:
    """The working role cannot change or take away corrections, decisions and who was told."""
    correct(thirty, raised(3, 600_000))
    for table in ("correction", "correction_decision", "correction_told"):
        for verb in ("DELETE FROM", "TRUNCATE"):
            with (
                pytest.raises(psycopg.errors.InsufficientPrivilege),
                thirty.database.unit_of_work() as connection,
            ):
                connection.execute(f"{verb} awards.{table}".encode())


def test_the_command_lists_shows_and_corrects(thirty: OpenCase, tmp_path: Path) -> None:
    """A dry run changes nothing; --json prints one object; wrong rows of a file are named."""
    case = str(thirty.case.root)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(
        "award,amount,reason,because\n3,CNY 6000.00,amount_wrong,counted twice\n", encoding="utf-8"
    )
    bad.write_text(
        "award,amount,reason,because\n3,CNY -1.00,amount_wrong,x\n-4,CNY 1.00,agreed,x\n"
        "5,CNY 1.005,agreed,x\n6,CNY 7.00,whim,x\n",
        encoding="utf-8",
    )

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(command, [case, *arguments], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    dry = json.loads(run("--file", str(good), "--dry-run", "--json"))
    assert dry["would_correct"][0]["amount_minor"] == 600_000
    assert owed(thirty)[3] == EACH
    signing = ("--approve-as", "anna", "--approve-as", "ben")
    made = json.loads(run("--file", str(good), *signing, "--json"))
    assert made["corrections"] == 1
    with pytest.raises(CorrectionError) as refused:
        run("--file", str(bad))
    assert [line.split(": ")[0] for line in refused.value.wrong] == [
        f"bad.csv:{row}" for row in (2, 3, 4, 5)
    ]
    assert "told: nobody" in run()
    run("--told", "1", "--channel", "letter", "--by", "clara")
    assert json.loads(run("--json"))["corrections"][0]["told"] == ["letter"]


def test_a_later_find_never_repeats_an_award(thirty: OpenCase) -> None:
    """Of a second tranche with known, merged and new people only the new ones are awarded."""
    known = people(*range(28), 30, 31)
    determine_made_up(thirty, known, tranche=2, run_no=2)
    moved(thirty, 2, "merged", earlier=28, now=31)
    summary = service.award(thirty)
    assert summary.counts["awards_new"] == 1
    with thirty.database.reading() as connection:
        rows = connection.execute("SELECT person_id FROM awards.award WHERE tranche = 2").fetchall()
    assert rows == [(person(30),)]
