"""Claims from their table to the award: each counted once, nobody's lost, the sums agreeing."""

import json
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from amends.announcement import gathering
from amends.awards import corrections, promised, service
from amends.awards import grants as granting
from amends.awards.correcting import Reason
from amends.awards.model import PromiseError
from amends.awards.simulating import simulate_tariffs
from amends.awards.verifying import verify_awards
from amends.claims import service as claims
from amends.claims.model import Claim, ClaimError, Order, State, Wanted
from amends.claims.taking import take_in
from amends.cli.claims import claims as command
from amends.evidence.intake import intake
from amends.evidence.service import destroy
from amends.governance.service import trail
from amends.kernel.errors import StageOrderError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.kernel.summary import StageSummary
from amends.ledger.service import balances, check_trial, verify_chain
from amends.linkage.determine import determine
from amends.linkage.service import affected_accounts
from amends.payees.service import settle
from amends.payouts.showing.held import held
from amends.preparing.checking import check, in_words
from amends.reasons.service import explain
from amends.reasons.words import told
from amends.roster import proving, site
from amends.roster import service as roster
from amends.vault.model import EvidenceDestroyedError
from amends.vault.opened import OpenCase, open_case
from amends.web.listings import people
from amends_verify import verify
from amends_verify.audit import Audit
from made_cases import OpenedCase, people_files, write_case
from made_claims import BASE, CASE, HOUR, digest, faults, loss, table, taken, time
from made_corrections import moved, paid
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
THIRTY = {person(number): "NAME;PHONE" for number in range(30)}


def thirty_determined(root: Path) -> None:
    """Thirty affected people, without awards."""
    write_case(root, CASE)
    with open_case(root, approve_as=TWO) as opened:
        determine_made_up(opened, THIRTY)


def thirty_awarded(root: Path) -> None:
    """Thirty people with awards of the base."""
    thirty_determined(root)
    with open_case(root, approve_as=TWO) as opened:
        service.award(opened)


@pytest.fixture
def determined(opened_case: OpenedCase) -> OpenCase:
    """Thirty affected people, without awards."""
    return opened_case(approve_as=TWO, like=thirty_determined)


@pytest.fixture
def awarded(opened_case: OpenedCase) -> OpenCase:
    """Thirty people with awards of the base."""
    return opened_case(approve_as=TWO, like=thirty_awarded)


def grant(opened: OpenCase, *numbers: int) -> StageSummary:
    """Grant claims; without numbers, all that can be."""
    return claims.decide(opened, numbers, grant=True, because="seen")


def add(opened: OpenCase) -> StageSummary:
    """Add what was granted to awards that are there."""
    return granting.award_granted(opened, partial(held, opened))


def owed(opened: OpenCase) -> dict[str, int]:
    """What is owed to each person."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT person_id, amount_minor FROM awards.owed").fetchall()
    return {str(who): int(str(amount)) for who, amount in rows}


def books(opened: OpenCase) -> int:
    """What the books owe, when they hold."""
    with opened.database.reading() as connection:
        check_trial(connection)
        verify_chain(connection)
        return balances(connection)["owed"]


def states(opened: OpenCase) -> list[State]:
    """How far each claim has come."""
    return [one.state for one in claims.standing(opened).claims]


def test_what_is_granted_before_the_first_award_is_part_of_it(determined: OpenCase) -> None:
    """Award, class, books, announcement and simulation hold base and claims; two more are asked."""
    found = taken(
        determined,
        loss(1, "1000.00", person=person(3)),
        time("2", person=person(3)),
        time("1", person=person(4)),
    )
    assert (len(found.new), faults(found)) == (3, {})
    before = simulate_tariffs(determined).simulations[0]
    assert before.granted.amount_minor == 0
    assert grant(determined).counts["granted_minor"] == 100_000 + 3 * HOUR
    whole = 30 * BASE + 100_000 + 3 * HOUR
    assert promised.right_promise(determined).total == Money(amount_minor=whole, currency="CNY")
    with pytest.raises(StageOrderError, match="different amounts"):
        gathering.figures_of(determined)
    with pytest.raises(PromiseError):
        service.award(determined)
    promised.restate_promise(determined)
    summary = service.award(determined)
    assert summary.counts["owed_minor"] == whole == books(determined)
    assert owed(determined)[person(3)] == BASE + 100_000 + 2 * HOUR
    assert owed(determined)[person(4)] == BASE + HOUR
    assert owed(determined)[person(5)] == BASE
    assert states(determined) == [State.AWARDED] * 3
    assert verify_awards(determined) == 30
    figures = gathering.figures_of(determined)
    assert (figures.people, figures.total.amount_minor) == (30, whole)
    after = simulate_tariffs(determined).simulations[0]
    assert before.funding is not None
    assert after.funding is not None
    assert (after.total, after.granted.amount_minor) == (before.total, whole - 30 * BASE)
    assert (before.funding.left - after.funding.left) == after.granted
    assert add(determined).counts["claims_awarded"] == 0
    assert books(determined) == whole


def test_what_is_granted_after_the_award_is_added_by_correction(awarded: OpenCase) -> None:
    """Several claims of a person are one correction, in one go with the books; once, ever."""
    taken(awarded, loss(1, "10.00", person=person(3)), loss(2, "20.00", person=person(3)))
    grant(awarded)
    assert states(awarded) == [State.GRANTED] * 2
    assert owed(awarded)[person(3)] == BASE
    assert add(awarded).counts["claims_awarded"] == 2
    assert states(awarded) == [State.AWARDED] * 2
    assert owed(awarded)[person(3)] == BASE + 3_000
    assert books(awarded) == 30 * BASE + 3_000
    (kept,) = corrections.standing(awarded, partial(held, awarded)).corrections
    assert (kept.row.reason, kept.because) == (Reason.AGREED, "granted: claim 1, 2")
    promised.restate_promise(awarded)
    for _ in range(2):
        assert add(awarded).counts["claims_awarded"] == 0
        assert service.award(awarded).counts["awards_new"] == 0
    assert books(awarded) == 30 * BASE + 3_000


def test_the_roster_and_its_verifier_agree_with_claims(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """More amounts than there are classes, granted before and after publication, are one sum."""
    opened = opened_case(CASE, people_files(50), approve_as=TWO)
    for step in (intake, determine, settle):
        step(opened)
    rows = (loss(n, f"{n + 10}.00", product="im", account_id=f"a{n}") for n in range(1, 41))
    taken(opened, *rows)
    grant(opened)
    promised.restate_promise(opened)
    service.award(opened)
    roster.publish(opened)
    taken(opened, time("4", product="im", account_id="a1"), name="more.csv")
    grant(opened)
    add(opened)
    with pytest.raises(PromiseError):
        roster.publish(opened)
    promised.restate_promise(opened)
    roster.publish(opened)
    roster.write_policy(opened, tmp_path / "policy")
    policy = verify.Policy((tmp_path / "policy").read_bytes())
    whole = 50 * BASE + sum(range(11, 51)) * 100 + 4 * HOUR
    assert sum(owed(opened).values()) == whole
    with opened.database.reading() as connection:
        indexes = connection.execute("SELECT award_index, amount_minor FROM awards.owed").fetchall()
    for index, amount in indexes:
        paid(opened, {int(str(index)): "settled"}, int(str(amount)))
    assert roster.publish_epoch(opened).counts["roster_epoch"] == 1
    said = Audit(site.log_directory(opened.case), policy).run()
    assert f"50 awards of CNY {whole / 100:,.2f}" in said
    assert f"agreed 1; in all +CNY {4 * HOUR / 100:,.2f}. " in said
    assert "settled 40, open 10" in said
    proving.write_receipt(opened, 7, tmp_path / "receipt")
    assert "Verified: award 7" in verify.receipt((tmp_path / "receipt").read_bytes(), policy)


def test_the_same_file_twice_is_the_same_claims(awarded: OpenCase) -> None:
    """Imported again before and after decision and award, also renamed, it adds nothing."""
    rows = (loss(1, "10.00", person=person(3)), time("2", person=person(4)))
    assert len(taken(awarded, *rows).new) == 2
    for step in (lambda: None, lambda: grant(awarded), lambda: add(awarded)):
        step()
        for name in ("claims.csv", "renamed.csv"):
            again = taken(awarded, *rows, name=name)
            assert (len(again.new), again.known, faults(again)) == (0, 2, {})
        grant(awarded)
        add(awarded)
    assert books(awarded) == 30 * BASE + 1_000 + 2 * HOUR
    assert len(trail(awarded, ["claims taken in"])) == 1


def test_a_claim_twice_counts_once(awarded: OpenCase) -> None:
    """In one file, with another amount, by another person with the same document: set aside."""
    found = taken(
        awarded,
        loss(1, "10.00", person=person(3)),
        loss(1, "10.00", person=person(3)),
        loss(1, "30.00", person=person(3)),
        loss(1, "10.00", person=person(4)),
        time("1", person=person(3)),
        time("2", person=person(3)),
    )
    assert len(found.new) == 2
    assert faults(found) == {
        3: "claim_twice",
        4: "claim_twice",
        5: "evidence_used",
        7: "claim_twice",
    }
    assert faults(taken(awarded, loss(1, "30.00", person=person(3)), name="b.csv")) == {
        2: "claim_twice"
    }


def test_whose_a_claim_is_is_found_as_for_payees(opened_case: OpenedCase) -> None:
    """By account or number; a doubt, an unknown and an unaffected person are set aside apart."""
    registry = (
        "account_id,name,phone,idno\n"
        "one,种植甲乙,13800009999,110101198001010010\n"
        "two,种植丙丁,13800009998,\n"
        "safe,种植戊己,13800009997,99010120100303997X\n"
    )
    leak = "name,phone\n种植甲乙,13800009999\n种植丙丁,13800009998\n"
    files = {"registries/im.csv": registry.encode(), "evidence/dump.csv": leak.encode()}
    opened = opened_case(CASE, files, approve_as=TWO)
    intake(opened)
    determine(opened)
    accounts = affected_accounts(opened, [])
    one = accounts.filter(account_id="one")["person_id"].item()
    found = taken(
        opened,
        loss(1, "1.00", product="im", account_id="one"),
        loss(2, "1.00", idno="110101198001010010"),
        loss(3, "1.00", product="im", account_id="one", name="种植甲乙"),
        loss(4, "1.00", product="im", account_id="one", name="种植丙丁"),
        loss(5, "1.00", product="im", account_id="two", idno="110101198001010010"),
        loss(6, "1.00", idno="110101198001010011"),
        loss(7, "1.00", product="im", account_id="safe"),
        loss(8, "1.00", product="im", account_id="nobody"),
        loss(9, "1.00"),
        loss(10, "1.00", person="nobody"),
        loss(11, "1.00", person=one),
        loss(12, "1.00", idno="99010120100303997x"),
    )
    assert [(each.row_no, each.person_id) for each in found.new] == [
        (2, one),
        (3, one),
        (4, one),
        (12, one),
    ]
    assert faults(found) == {
        5: "name_differs",
        6: "two_people",
        7: "check_digit",
        8: "not_affected",
        9: "person_unknown",
        10: "person_unknown",
        11: "person_unknown",
        13: "not_affected",
    }
    assert [each.row_no for each in claims.standing(opened).set_aside] == sorted(faults(found))
    destroy(opened)
    assert len(taken(opened, loss(20, "1.00", person=one), name="b.csv").new) == 1
    with pytest.raises(EvidenceDestroyedError):
        taken(opened, loss(21, "1.00", product="im", account_id="one"), name="c.csv")


def test_a_mended_file_takes_its_rows_in(awarded: OpenCase) -> None:
    """A row set aside is listed until mended; a file that lost rows is refused."""
    good, bad = loss(1, "10.00", person=person(3)), loss(2, "-10.00", person=person(4))
    assert faults(taken(awarded, good, bad)) == {3: "amount"}
    assert [one.row_no for one in claims.standing(awarded).set_aside] == [3]
    with pytest.raises(ClaimError, match="more rows"):
        taken(awarded, loss(2, "10.00", person=person(4)))
    mended = taken(awarded, good, loss(2, "10.00", person=person(4)))
    assert (len(mended.new), mended.known, faults(mended)) == (1, 1, {})
    assert claims.standing(awarded).set_aside == ()


def test_a_dry_run_writes_nothing(awarded: OpenCase) -> None:
    """It tells what would be taken in, and nothing is there afterwards."""
    path = table(awarded.case.root / "claims.csv", loss(1, "1.00", person=person(3)), loss(2, "x"))
    found = take_in(awarded, path, dry_run=True)
    assert (len(found.new), faults(found)) == (1, {3: "amount"})
    standing = claims.standing(awarded)
    assert (standing.claims, standing.set_aside) == ((), ())


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b'person,kind,date,evidence\n"', b"kind,date,evidence\n", b"a,a\n"],
)
def test_what_is_no_table_of_claims_is_refused(awarded: OpenCase, content: bytes) -> None:
    """A file that cannot be one is refused as a whole; no row of it is lost silently."""
    path = awarded.case.root / "claims.csv"
    path.write_bytes(content)
    with pytest.raises(ClaimError):
        take_in(awarded, path)


def test_a_row_with_a_cell_too_many_is_set_aside(awarded: OpenCase) -> None:
    """A comma too many does not shift what a row says."""
    path = awarded.case.root / "claims.csv"
    path.write_text("person,kind,hours,date,evidence\na,time,1,2026-11-20,accepted,x\n")
    assert faults(take_in(awarded, path)) == {2: "row"}


def test_two_people_decide(awarded: OpenCase) -> None:
    """Grant and refusal wait for two signatures under the exact list; then they are once."""
    alone = OpenCase(
        case=awarded.case,
        database=awarded.database,
        vault=awarded.vault,
        clock=awarded.clock,
        progress=awarded.progress,
    )
    taken(awarded, loss(1, "10.00", person=person(3)), loss(2, "5.00", person=person(4)))
    with pytest.raises(WaitingForApprovalError):
        grant(alone)
    assert states(awarded) == [State.WAITING] * 2
    with pytest.raises(WaitingForApprovalError):
        claims.decide(alone, (2,), grant=False, because="not of this leak")
    claims.decide(awarded, (2,), grant=False, because="not of this leak")
    assert states(awarded) == [State.WAITING, State.REFUSED]
    with pytest.raises(ClaimError, match="decided already"):
        grant(awarded, 2)
    with pytest.raises(ClaimError, match="why in words"):
        claims.decide(awarded, (1,), grant=True, because=" ")
    grant(awarded)
    with pytest.raises(WaitingForApprovalError):
        add(alone)
    assert owed(awarded)[person(3)] == BASE
    with awarded.database.reading() as connection:
        rows = connection.execute("SELECT because FROM claims.decision").fetchall()
    assert "leak" not in repr(rows)


def paged(opened: OpenCase, wanted: Wanted) -> list[tuple[Claim, Money | None]]:
    """All claims that are wanted, two of a page, with what the tariff gives."""
    found: list[tuple[Claim, Money | None]] = []
    while True:
        page = claims.listed(opened, wanted, most=2)
        found += [(one, page.given.get(one.claim_no)) for one in page.claims]
        if page.following is None:
            return found
        wanted = replace(wanted, after=page.following)


def _place(order: Order, one: Claim) -> tuple[int, int]:
    values = {
        Order.CLAIM: 0,
        Order.DAY: one.asked.occurred_on.toordinal(),
        Order.ASKED: one.asked.claimed_minor or 0,
        Order.GIVEN: one.granted_minor or 0,
    }
    return values[order], one.claim_no


def test_claims_page_at_the_database(awarded: OpenCase) -> None:
    """Page after page they are those that stand, in every state and order, with the same sums."""
    rows = [loss(number, f"{90 - number}.00", person=person(number)) for number in range(5)]
    same = [loss(8, "141999.99", person=person(9)), loss(9, "100.00", person=person(9))]
    taken(awarded, *rows, *same, time("2.5", person=person(6)))
    grant(awarded, 2, 4)
    claims.decide(awarded, (1,), grant=False, because="not of this leak")
    add(awarded)
    grant(awarded, 3)
    standing = claims.standing(awarded)
    states = {one.state for one in standing.claims}
    assert states == set(State)
    for state, order, down in product((None, *State), Order, (False, True)):
        expected = sorted(
            (one for one in standing.claims if state in {None, one.state}),
            key=partial(_place, order),
            reverse=down,
        )
        found = paged(awarded, Wanted(state=state, order=order, down=down))
        assert [one for one, _ in found] == expected, (state, order, down)
        given = {one.claim_no: sum_ for one, sum_ in found if sum_ is not None}
        wait = {one.claim_no for one in expected if one.state is State.WAITING}
        assert given == {number: standing.given[number] for number in wait}
    counted = Counter(one.state for one in standing.claims)
    assert claims.counts(awarded) == counted
    file = list(people.claims(awarded, Wanted(state=State.WAITING)).rows)
    assert [(row[0], row[-1]) for row in file] == [
        (number, money.amount_minor) for number, money in sorted(standing.given.items())
    ]


def test_nothing_is_granted_over_the_cap(awarded: OpenCase) -> None:
    """What is over the most of one person is cut; when nothing is left it cannot be granted."""
    taken(awarded, loss(1, "141999.99", person=person(3)), loss(2, "100.00", person=person(3)))
    given = claims.standing(awarded).given
    assert [money.amount_minor for money in given.values()] == [14_199_999, 1]
    grant(awarded)
    taken(awarded, loss(3, "1.00", person=person(3)), name="b.csv")
    with pytest.raises(ClaimError, match="most of one person"):
        grant(awarded, 3)
    assert grant(awarded).counts["claims_decided"] == 0


def test_nothing_is_granted_that_the_money_does_not_cover(awarded: OpenCase) -> None:
    """What is owed, granted before and granted now is held against the funds."""
    rows = [loss(number, "140000.00", person=person(number)) for number in range(1, 8)]
    taken(awarded, *rows)
    grant(awarded, *range(1, 7))  # 840,000 and 26,625 of 1,000,000
    with pytest.raises(PromiseError):
        grant(awarded, 7)
    assert states(awarded)[6] is State.WAITING
    add(awarded)
    with pytest.raises(PromiseError):
        grant(awarded, 7)


def test_a_kill_between_decision_and_award_loses_and_repeats_nothing(
    awarded: OpenCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that breaks leaves claim, correction and books as they were; again is once."""
    taken(awarded, loss(1, "10.00", person=person(3)))
    grant(awarded)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(corrections, "post", killed)
        with pytest.raises(KeyboardInterrupt):
            add(awarded)
    assert (states(awarded), books(awarded)) == ([State.GRANTED], 30 * BASE)
    add(awarded)
    add(awarded)
    assert (states(awarded), books(awarded)) == ([State.AWARDED], 30 * BASE + 1_000)


def test_a_claim_outlives_a_merge(awarded: OpenCase) -> None:
    """Of two who are found to be one, both claims stand in one award, and none is there twice."""
    taken(awarded, loss(1, "10.00", person=person(3)), loss(2, "20.00", person=person(4)))
    grant(awarded)
    add(awarded)
    rest = {who: what for who, what in THIRTY.items() if who != person(4)}
    determine_made_up(awarded, rest, run_no=2)
    moved(awarded, 2, "merged", earlier=4, now=3)
    found = corrections.proposed(awarded, partial(held, awarded))
    corrections.correct(awarded, found.wanted, partial(held, awarded))
    assert sum(owed(awarded).values()) == 29 * BASE + 3_000 == books(awarded)
    taken(awarded, loss(3, "5.00", person=person(4)), name="b.csv")
    grant(awarded)
    add(awarded)
    assert sum(owed(awarded).values()) == 29 * BASE + 3_500
    determine_made_up(awarded, THIRTY, run_no=3)
    moved(awarded, 3, "split", earlier=3, now=4)
    found = corrections.proposed(awarded, partial(held, awarded))
    corrections.correct(awarded, found.wanted, partial(held, awarded))
    assert sum(owed(awarded).values()) == 30 * BASE + 3_500 == books(awarded)


def test_a_claim_of_who_was_paid_is_owed_beside_the_payment(awarded: OpenCase) -> None:
    """The raise says how much is owed on top; what was sent stays as it was."""
    with awarded.database.reading() as connection:
        row = connection.execute(
            "SELECT award_index FROM awards.award WHERE person_id = %(id)s", {"id": person(3)}
        ).fetchone()
    assert row is not None
    paid(awarded, {int(str(row[0])): "settled"}, BASE)
    taken(awarded, loss(1, "10.00", person=person(3)))
    grant(awarded)
    assert add(awarded).counts["owed_beside_payment_minor"] == 1_000


def test_claims_are_explained(determined: OpenCase) -> None:
    """Who asks about a person hears each claim, what was granted of it, and where that is owed."""
    taken(
        determined,
        loss(1, "10.00", person=person(3)),
        time("2", person=person(3)),
        loss(2, "30.00", person=person(3)),
    )
    claims.decide(determined, (2,), grant=False, because="no")
    grant(determined, 1)
    promised.restate_promise(determined)
    service.award(determined)
    words = told(explain(determined, person(3)), "en")
    index = explain(determined, person(3)).awards[0].award_index
    assert f"Claim 1 (loss, 2026-11-20): CNY 10.00 granted, in award {index}." in words
    assert "Claim 2 (time, 2026-11-20): refused." in words
    assert "Claim 3 (loss, 2026-11-20): waits for a decision." in words


def test_the_commands_take_in_decide_and_award(awarded: OpenCase) -> None:
    """The command line goes the whole way, in words and as JSON."""
    root = str(awarded.case.root)
    rows = (loss(1, "10.00", person=person(3)), loss(2, "x", person=person(3)))
    file = str(table(awarded.case.root / "claims.csv", *rows))
    approve = ["--approve-as", "anna", "--approve-as", "ben"]

    def run(*words: str) -> str:
        found = CliRunner().invoke(command, list(words), catch_exceptions=False)
        assert found.exit_code == 0, found.output
        return found.output

    assert "1 new claims, 0 known before, 1 set aside" in run("import", root, file)
    assert json.loads(run("import", root, file, "--json"))["known"] == 1
    assert "row 3: the amount is none" in run("list", root)
    shown = json.loads(run("list", root, "--json"))
    assert shown["claims"][0]["given_minor"] == 1_000
    dry = ["decide", root, "--grant", "--because", "seen", "--dry-run"]
    assert "claim 1: CNY 10.00" in run(*dry)
    assert json.loads(run(*dry, "--json"))["would_decide"] == [{"claim": 1, "granted_minor": 1000}]
    run("decide", root, "--grant", "--because", "seen", *approve)
    assert json.loads(run("award", root, *approve, "--json"))["claims_awarded"] == 1
    assert "awarded: CNY 10.00" in run("list", root, "--state", "awarded")
    assert CliRunner().invoke(command, ["decide", root, "--refuse"]).exit_code == 2
    assert digest(1) not in run("list", root, "--json")


def test_a_check_tells_of_claims_and_holds_them_against_the_money(awarded: OpenCase) -> None:
    """It says how many wait and are granted; what was granted counts before it is awarded."""
    root = awarded.case.root
    taken(awarded, *(loss(each, "140000.00", person=person(each)) for each in range(1, 7)))

    def words() -> str:
        return "\n".join(in_words(check(root, "en"), "en"))

    assert "6 claims wait for a decision, 0 are granted" in words()
    assert "promise and money: hold" in words()
    grant(awarded)
    text = (root / "case.toml").read_text(encoding="utf-8")
    (root / "case.toml").write_text(text.replace("1000000.00", "800000.00"), encoding="utf-8")
    assert "0 claims wait for a decision, 6 are granted" in words()
    assert "promise and money: still to hold" in words()
