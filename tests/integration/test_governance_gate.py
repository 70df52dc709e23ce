"""The gate of the impact assessment, the decision log and the register, on a real database."""

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import psycopg
import pytest

from amends.announcement.service import draft
from amends.awards import service as awards
from amends.governance import assessment, decisions, exports
from amends.governance import service as governance
from amends.governance.model import AssessmentError, DecisionError, Purpose
from amends.kernel.casefile import parse_case_file
from amends.kernel.errors import InputFileError, StageOrderError, WaitingForApprovalError
from amends.kernel.money import Money
from amends.ledger.vouchers import CHART, export_vouchers
from amends.linkage.service import facts
from amends.payouts import service as payouts
from amends.roster import service as roster
from amends.vault.opened import ApproveAsError, OpenCase, open_case
from called import called
from made_announcement import CASE as ANNOUNCED
from made_announcement import FILES
from made_assessment import answered, record_assessment
from made_cases import MINIMAL_CASE, MINIMAL_FILES, CaseDirectory, OpenedCase, write_case
from made_determination import determine_made_up, person
from made_roster import awarded, toml
from made_roster import files as thirty

TWO = ("anna", "ben")
REQUIRED = MINIMAL_CASE + '\n[governance]\nassessment = "required"\n'


def determined(opened: OpenCase, people: int, run_no: int = 1, what: str = "NAME;PHONE") -> None:
    """A run that affects so many people."""
    found = {person(number): what for number in range(people)}
    determine_made_up(opened, found, run_no=run_no)


def both_sign(opened: OpenCase) -> None:
    """Two operators sign what waits."""
    for name in TWO:
        if name not in governance.operators(opened):
            governance.add_operator(opened, name)
        governance.approve(opened, None, name)


def proposals(opened: OpenCase) -> list[object]:
    """The kinds of what was proposed."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT kind FROM governance.proposal ORDER BY recorded_at")
        return [kind for (kind,) in rows]


def test_every_gated_stage_refuses_without_an_assessment(opened_case: OpenedCase) -> None:
    """Award, publish and pay refuse by code, before anybody is asked to approve."""
    opened = opened_case(REQUIRED, MINIMAL_FILES, approve_as=TWO)
    determined(opened, 20)
    with pytest.raises(AssessmentError, match=r"`award` needs .* --template FILE"):
        awards.award(opened)
    assert AssessmentError.code == "assessment"
    assert proposals(opened) == []
    record_assessment(opened, '["award"]')
    assert awards.award(opened).counts["awards"] == 20
    with pytest.raises(AssessmentError, match="`publish` needs"):
        roster.publish(opened)
    with pytest.raises(AssessmentError, match="`pay` needs"):
        payouts.pay(opened)
    assert proposals(opened) == ["assessment", "award"]


def test_a_made_up_case_goes_on_and_says_what_a_real_one_would_need(
    opened_case: OpenedCase,
) -> None:
    """No assessment, no question; a note at the end."""
    opened = opened_case(approve_as=TWO)
    determined(opened, 3)
    assert "PIPL 55" in awards.award(opened).notes[-1]


def test_a_case_that_pays_for_real_does_not_decide_without(opened_case: OpenedCase) -> None:
    """A rail that is not simulated shuts the gate by itself."""
    real = MINIMAL_CASE.replace('"simulator"\nprotocol = "alipay"', '"alipay"').replace(
        '"simulated"', '"real"'
    )
    opened = opened_case(real, MINIMAL_FILES)
    determined(opened, 3)
    with pytest.raises(AssessmentError, match="none is recorded"):
        assessment.require_assessment(opened, Purpose.AWARD, lambda: facts(opened))
    assert {one.required for one in assessment.standing(opened, facts(opened))} == {True}


def test_a_case_that_names_no_rail_yet_does_not_pass_for_made_up(opened_case: OpenedCase) -> None:
    """Nobody awards or publishes first and names the real rail afterwards."""
    without = MINIMAL_CASE.partition("[[rail]]")[0]
    opened = opened_case(without, MINIMAL_FILES)
    determined(opened, 3)
    with pytest.raises(AssessmentError, match="`award` needs"):
        awards.award(opened)
    with pytest.raises(ApproveAsError, match="no rail yet"):
        record_assessment(replace(opened, approve_as=TWO), '["award"]')
    with pytest.raises(WaitingForApprovalError):
        record_assessment(opened, '["award"]')
    both_sign(opened)
    record_assessment(opened, '["award"]')
    with pytest.raises(WaitingForApprovalError):
        awards.award(opened)
    both_sign(opened)
    awards.award(opened)
    with pytest.raises(AssessmentError, match="`publish` needs"):
        roster.publish(opened)


def test_an_assessment_ends_when_its_facts_change(opened_case: OpenedCase) -> None:
    """Ten in a hundred people more, or another category, and a new version is due."""
    opened = opened_case(REQUIRED, MINIMAL_FILES, approve_as=TWO)
    determined(opened, 20)
    assert record_assessment(opened).version_no == 1
    awards.award(opened)
    determined(opened, 21, run_no=2)
    assert awards.award(opened).counts["awards_new"] == 1
    determined(opened, 22, run_no=3)
    with pytest.raises(AssessmentError, match="made for 20 people, and 22"):
        awards.award(opened)
    assert record_assessment(opened).version_no == 2
    assert awards.award(opened).counts["awards_new"] == 1
    determined(opened, 23, run_no=4, what="NAME;PHONE;IDNO")
    with pytest.raises(AssessmentError, match="different: IDNO"):
        awards.award(opened)
    assert {one.why_not is None for one in assessment.standing(opened, facts(opened))} == {False}


def test_two_people_approve_an_assessment_and_the_same_again_asks_nobody(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """One signature records nothing; the file that was signed is recorded once."""
    opened = opened_case(REQUIRED, MINIMAL_FILES)
    determined(opened, 5)
    file = tmp_path / "a.toml"
    file.write_text(answered(assessment.template(opened, facts(opened))), "utf-8")
    for name in TWO:
        governance.add_operator(opened, name)
        with pytest.raises(WaitingForApprovalError, match="assessment"):
            assessment.record(opened, file, facts(opened))
        governance.approve(opened, None, name, reason=f"read by {name}")
    recorded = assessment.record(opened, file, facts(opened))
    assert assessment.record(opened, file, facts(opened)) == recorded
    assert assessment.versions(opened) == [recorded]
    assert recorded.facts == facts(opened)
    line = decisions.log(opened)[0]
    assert (line.what, line.decided_by) == ("assessment", "anna, ben")
    assert line.reason == "read by anna; read by ben"


def test_an_assessment_made_for_other_facts_is_not_recorded(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """A questionnaire of last week does not open the gate of today; nor does no file."""
    opened = opened_case(REQUIRED, MINIMAL_FILES, approve_as=TWO)
    with pytest.raises(StageOrderError):
        facts(opened)
    determined(opened, 5)
    file = tmp_path / "a.toml"
    file.write_text(answered(assessment.template(opened, facts(opened))), "utf-8")
    determined(opened, 50, run_no=2)
    with pytest.raises(AssessmentError, match="no longer fits"):
        assessment.record(opened, file, facts(opened))
    with pytest.raises(InputFileError, match="cannot be read"):
        assessment.record(opened, tmp_path / "none.toml", facts(opened))
    assert assessment.versions(opened) == []


def test_an_assessment_is_kept_three_years_by_the_database(opened_case: OpenedCase) -> None:
    """Nobody can write one that is to be thrown away sooner."""
    opened = opened_case(REQUIRED, MINIMAL_FILES, approve_as=TWO)
    determined(opened, 5)
    record_assessment(opened)
    with (
        pytest.raises(psycopg.errors.CheckViolation, match="three_years"),
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(
            "INSERT INTO governance.assessment SELECT 2, purposes, facts, content, "
            "content_sha256, proposal, assessed_on, assessed_on + 365, occurred_at "
            "FROM governance.assessment"
        )


def test_decisions_are_written_down_with_reasons(opened_case: OpenedCase) -> None:
    """What, why and by whom are asked for; nothing of the future, nobody's number."""
    opened = opened_case()
    decisions.add(opened, what="hotline until June", reason="calls go on", decided_by="board")
    (line,) = decisions.log(opened)
    assert (line.kind, line.what, line.reason) == ("decision", "hotline until June", "calls go on")
    with pytest.raises(DecisionError, match="why is empty"):
        decisions.add(opened, what="x", reason=" ", decided_by="board")
    with pytest.raises(DecisionError, match="looks like"):
        decisions.add(opened, what="x", reason="call 13800000000", decided_by="board")
    assert decisions.export_decisions(opened).num_rows == 1


def test_a_tax_position_is_recorded_once_by_two_people(opened_case: OpenedCase) -> None:
    """Until then the default stands, and says that it is one."""
    opened = opened_case(approve_as=TWO)
    determined(opened, 1)
    assert not decisions.tax_position(opened).recorded
    for _ in range(2):
        decisions.record_tax_position(opened, basis="letter no. 7", view_of="tax bureau")
    position = decisions.tax_position(opened)
    assert (position.legal_character, position.recorded) == ("tort_damages", True)
    assert (position.basis, position.view_of) == ("letter no. 7", "tax bureau")
    assert [line.kind for line in decisions.log(opened)] == ["tax_position"]
    assert "letter no. 7" in assessment.template(opened, facts(opened))


def test_what_the_payment_is_in_law_stands_in_one_place(opened_case: OpenedCase) -> None:
    """case.toml says it; a view recorded for something else does not stand, and no voucher lies."""
    own_will = ANNOUNCED.replace("senders =", 'legal_character = "ex gratia"\nsenders =')
    opened = opened_case(ANNOUNCED, FILES, approve_as=TWO)
    determined(opened, 1)
    decisions.record_tax_position(opened, basis="letter no. 7", view_of="tax bureau")
    assert decisions.tax_position(opened).contradiction is None
    changed = replace(opened, case=replace(opened.case, file=parse_case_file(own_will)))
    position = decisions.tax_position(changed)
    assert (position.legal_character, position.recorded) == ("ex_gratia", False)
    assert "tort_damages" in str(position.contradiction)
    with pytest.raises(DecisionError, match="tort_damages"):
        export_vouchers(changed)
    assert any("tort_damages" in missing for missing in draft(changed).missing)
    awards.award(changed)
    decisions.record_tax_position(changed, basis="letter no. 8", view_of="tax bureau")
    assert decisions.tax_position(changed).basis == "letter no. 8"
    assert set(pl.DataFrame(export_vouchers(changed))["legal_character"]) == {"ex_gratia"}
    assert decisions.tax_position(opened).contradiction is not None


def test_vouchers_are_the_ledger_in_the_companys_accounts(opened_case: OpenedCase) -> None:
    """A voucher per day and reason, or per transfer; both add up to the books, and name nobody."""
    opened = opened_case(
        MINIMAL_CASE + '\n[governance.accounts]\nowed = "2241.88 应付赔偿"\n',
        MINIMAL_FILES,
        approve_as=TWO,
    )
    determined(opened, 7)
    awards.award(opened)
    owed = Money(amount_minor=7 * 500_000, currency="CNY")
    whole = pl.DataFrame(export_vouchers(opened))
    single = pl.DataFrame(export_vouchers(opened, each=True))
    assert single.height >= whole.height >= 4
    for table in (whole, single):
        booked = table.filter(pl.col("account_code") == "2241.88")["credit"].cast(pl.Decimal(20, 2))
        assert f"CNY {booked.sum()}" == str(owed)
        assert not any(person(number) in table.write_csv() for number in range(7))
    assert export_vouchers(opened, until=whole["voucher_date"][0]).num_rows == whole.height
    before = whole["voucher_date"].dt.offset_by("-1d")[0]
    assert export_vouchers(opened, until=before).num_rows == 0


def test_every_account_of_the_ledger_has_a_usual_name(opened_case: OpenedCase) -> None:
    """A new account of the ledger comes with its place in the company's books."""
    with opened_case().database.reading() as connection:
        rows = connection.execute("SELECT account FROM ledger.account ORDER BY account")
        kinds = {str(account).partition(":")[0] for (account,) in rows}
    assert kinds - set(CHART) == set()


def test_a_quota_of_the_case_holds_for_every_export(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """What is above it waits for two people; an approval lets out one file; all of it stands."""
    opened = opened_case(MINIMAL_CASE + "\n[governance]\nexport_quota = 0.001\n", MINIMAL_FILES)
    for name in TWO:
        governance.add_operator(opened, name)
    to = tmp_path / "accounts.csv"

    def let_out(rows: int) -> None:
        """Let out so many accounts."""
        leaving = exports.outgoing("accounts", rows, recipient="auditor", purpose="audit")
        exports.let_out(opened, leaving, to, lambda part: part.write_text(f"{rows}\n"))

    let_out(5)
    to.unlink()
    for _ in range(2):
        with pytest.raises(WaitingForApprovalError, match="export"):
            let_out(5)
        assert not to.exists()
        for name in TWO:
            governance.approve(opened, None, name)
        let_out(5)
        to.unlink()
    entries = exports.exports(opened)
    assert [(one.rows, one.proposal is None) for one in entries] == [
        (5, True),
        (5, False),
        (5, False),
    ]
    assert {(one.recipient, one.purpose, one.weight_millionths) for one in entries} == {
        ("auditor", "audit", 1_000)
    }
    assert list(tmp_path.glob("*.part")) == []


def sign_all(opened: OpenCase) -> int:
    """Two people sign whatever waits; how many proposals that was."""
    waiting = governance.pending(opened)
    for one in waiting:
        for name in TWO:
            governance.approve(opened, one.proposal.digest, name)
    return len(waiting)


def test_files_that_leave_together_are_asked_for_together(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Nothing is written before all are signed; then all leave, and none waits a second time."""
    opened = opened_case(MINIMAL_CASE + "\n[governance]\nexport_quota = 0.001\n", MINIMAL_FILES)
    for name in TWO:
        governance.add_operator(opened, name)
    several = [exports.outgoing(what, 3) for what in ("matches", "accounts", "affected")]
    with pytest.raises(WaitingForApprovalError):
        exports.ask_for(opened, several)
    assert exports.exports(opened) == []
    assert sign_all(opened) == 2
    exports.ask_for(opened, several)
    for leaving in several:
        exports.let_out(opened, leaving, tmp_path / leaving.what, lambda part: part.touch())
    assert [one.proposal is None for one in exports.exports(opened)] == [True, False, False]


def test_export_all_writes_nothing_before_everything_is_signed(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """Signed once, the same command writes every table."""
    opened = opened_case(approve_as=TWO, like=thirty_under_a_quota)
    folder = tmp_path / "all"
    command = ("export", "all", opened.case.root, "--to", folder)
    with pytest.raises(WaitingForApprovalError):
        called(*command)
    assert list(folder.iterdir()) == []
    assert sign_all(opened) > 1
    called(*command)
    assert (folder / "ledger.parquet").exists()


def thirty_under_a_quota(root: Path) -> None:
    """Thirty people with awards, and a quota that no table keeps to."""
    text = toml(30) + "\n[governance]\nexport_quota = 0.0001\n"
    write_case(root, text, thirty(30))
    with open_case(root, approve_as=TWO) as opened:
        awarded(opened)


def test_an_operator_is_told_before_the_quota_is_reached(
    opened_case: OpenedCase, tmp_path: Path
) -> None:
    """From a tenth of a serious case in a day, with the figure, by whoever let it out."""
    opened = opened_case(MINIMAL_CASE + "\n[governance]\nexport_quota = 1\n", MINIMAL_FILES)

    def notes(rows: int) -> tuple[str, ...]:
        """What is said when so many accounts leave."""
        leaving = exports.outgoing("accounts", rows)
        return exports.let_out(opened, leaving, tmp_path / "a", lambda part: part.write_text("x"))

    assert notes(500) == ()
    (told,) = notes(500)
    assert "0.20 of a serious case" in told
    assert "of data from one's duties, half" in told


def test_another_name_is_not_another_quota(opened_case: OpenedCase, tmp_path: Path) -> None:
    """``--by`` is what somebody says: what left under one name counts under the next."""
    opened = opened_case(MINIMAL_CASE + "\n[governance]\nexport_quota = 0.001\n", MINIMAL_FILES)
    leaving = exports.outgoing("accounts", 5)
    for number, name in enumerate(("anna", "ben")):
        as_name = replace(opened, by=name)
        to = tmp_path / str(number)
        if number == 0:
            exports.let_out(as_name, leaving, to, lambda part: part.write_text("x"))
        else:
            with pytest.raises(WaitingForApprovalError):
                exports.let_out(as_name, leaving, to, lambda part: part.write_text("x"))


def test_a_large_answer_of_the_database_wants_two_people(
    opened_case: OpenedCase, capsys: pytest.CaptureFixture[str]
) -> None:
    """What export refuses, query does not show."""
    opened = opened_case(MINIMAL_CASE + "\n[governance]\nexport_quota = 0.25\n", MINIMAL_FILES)
    with pytest.raises(WaitingForApprovalError, match="export"):
        called("query", opened.case.root, "SELECT generate_series(1, 126)")
    assert capsys.readouterr().out == ""
    called("query", opened.case.root, "SELECT generate_series(1, 125)")
    assert "125" in capsys.readouterr().out


def test_no_file_leaves_without_its_line(opened_case: OpenedCase, tmp_path: Path) -> None:
    """A register that cannot be written to keeps the file back."""
    opened = opened_case()
    leaving = exports.outgoing("accounts", -1)
    with pytest.raises(psycopg.errors.CheckViolation):
        exports.let_out(opened, leaving, tmp_path / "a", lambda part: part.write_text("x"))
    assert list(tmp_path.glob("[!c]*")) == []
    with pytest.raises(DecisionError):
        exports.let_out(
            opened,
            exports.outgoing("accounts", 1, recipient="13800000000"),
            tmp_path / "a",
            lambda part: part.write_text("x"),
        )
    assert exports.exports(opened) == []


def test_the_commands_show_write_and_record(
    case_directory: CaseDirectory,
    opened_case: OpenedCase,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Template, record, decisions, tax, vouchers and register, from the command line."""
    del case_directory
    opened = opened_case()
    root, file = opened.case.root, tmp_path / "a.toml"
    determined(opened, 4)
    called("assessment", root, "--template", file)
    file.write_text(answered(file.read_text("utf-8")), "utf-8")
    called("assessment", root, "--record", file, "--approve-as", "a", "--approve-as", "b")
    called("decisions", root, "--add", "hotline", "--reason", "calls", "--decided-by", "board")
    called("export", "decisions", root, "--to", tmp_path / "d.csv", "--recipient", "auditor")
    called("export", "vouchers", root, "--to", tmp_path / "v.csv")
    called("outgoing", root, "--to", tmp_path / "o.csv")
    capsys.readouterr()
    called("assessment", root, "--json")
    shown = json.loads(capsys.readouterr().out)
    assert {shown["purposes"][purpose]["holds"] for purpose in Purpose} == {True}
    called("outgoing", root, "--json")
    left = json.loads(capsys.readouterr().out)["exports"]
    assert [(one["what"], one["recipient"]) for one in left] == [
        ("questionnaire", None),
        ("decisions", "auditor"),
        ("vouchers", None),
        ("register", None),
    ]
    called("tax", root)
    assert "tort" in capsys.readouterr().out
    assert pl.read_csv(tmp_path / "o.csv").height == 3
    called("decisions", root)
    assert "impact assessment · a, b" in capsys.readouterr().out
    called("decisions", root, "--json")
    assert json.loads(capsys.readouterr().out)["decisions"][0]["details"]["people"] == 4
    assert pl.read_csv(tmp_path / "d.csv")["what"].to_list() == ["assessment", "hotline"]
