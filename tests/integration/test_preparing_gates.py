"""A check names the gates before each stage, and tells of them what the stages themselves do."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from amends.awards import corrections, promised
from amends.awards import service as awards
from amends.awards.correcting import Reason
from amends.awards.model import PromiseError, TariffError
from amends.funding import receiving
from amends.governance import service as governance
from amends.kernel.errors import WaitingForApprovalError
from amends.notices.service import notify
from amends.payouts.showing.held import held
from amends.preparing.checking import check, in_words
from amends.preparing.model import Finding, Gate, GateState, Mark
from amends.statements.model import Form
from amends.vault.opened import open_case
from commands import MakeCase, place_at
from made_assessment import record_assessment
from made_cases import MINIMAL_CASE, MINIMAL_FILES, OpenedCase
from made_corrections import annul
from made_determination import determine_made_up, person
from made_statements import ACCOUNT, line, statement, written

TWO = ("anna", "ben")
REQUIRED = MINIMAL_CASE + '\n[governance]\nassessment = "required"\n'
FUNDING = '[funding]\namount = "CNY 1000000.00"'
EVIDENCED = MINIMAL_CASE.replace(FUNDING, "[funding]\nevidenced = true")
FACTORS = MINIMAL_CASE.replace(
    'preset = "flat"\namount = "CNY 5000.00"', 'preset = "scenario-factors"'
).replace('per_person = "CNY 5000.00"\n', "")
PASSED, WAITS = GateState.PASSED, GateState.WAITS


def gates_of(root: Path) -> dict[str, dict[str, Gate]]:
    """The gates of every stage that was not run, by stage and name."""
    sections = {section.name: section for section in check(root, "en").sections}
    return {
        one.text.split(":")[0]: {gate.name: gate for gate in one.gates}
        for one in sections["stages"].findings
        if one.gates
    }


def states(root: Path, stage: str) -> dict[str, GateState]:
    """How the gates before a stage stand."""
    return {name: gate.state for name, gate in gates_of(root)[stage].items()}


def marks(root: Path) -> dict[str, Mark]:
    """Whether each stage was run, or is to come."""
    stages = next(one for one in check(root, "en").sections if one.name == "stages")
    return {one.text.split(":")[0]: one.mark for one in stages.findings}


def findings_of(root: Path) -> list[Finding]:
    """Every line of a check."""
    return [one for part in check(root, "en").sections for one in part.findings]


def people(number: int) -> dict[str, str]:
    """So many affected people."""
    return {person(each): "NAME;PHONE" for each in range(number)}


def test_the_gates_of_awards_open_one_by_one(opened_case: OpenedCase) -> None:
    """Promise and money hold at once, the assessment when recorded, two people as they sign."""
    opened = opened_case(REQUIRED, MINIMAL_FILES)
    root = opened.case.root
    assert states(root, "award")["promise"] is WAITS
    determine_made_up(opened, people(7))
    before = {"promise": PASSED, "funding": PASSED, "assessment": WAITS, "approval": WAITS}
    assert states(root, "award") == before
    assert "--template FILE" in gates_of(root)["award"]["assessment"].text
    record_assessment(replace(opened, approve_as=TWO), '["award"]')
    assert states(root, "award") == before | {"assessment": PASSED}
    assert states(root, "publish")["assessment"] is WAITS
    for signed, words in enumerate(("not asked yet", "0 of 2", "1 of 2", "is signed")):
        assert words in gates_of(root)["award"]["approval"].text
        if signed == 0:
            with pytest.raises(WaitingForApprovalError):
                awards.award(opened)
        elif signed <= len(TWO):
            governance.approve(opened, None, TWO[signed - 1])
    awards.award(opened)
    assert "award" not in gates_of(root)
    assert states(root, "publish")["promise_and_funding"] is PASSED


def test_a_gate_waits_where_the_stage_refuses(opened_case: OpenedCase) -> None:
    """More people than the money reaches, and fewer than are promised."""
    opened = opened_case()
    root = opened.case.root
    determine_made_up(opened, people(7))
    wrong = MINIMAL_CASE.replace("1000000.00", "30000.00").replace(
        'pay_within = "P3D"', 'pay_within = "P3D"\npeople = 8'
    )
    (root / "case.toml").write_text(wrong, encoding="utf-8")
    found = gates_of(root)["award"]
    assert "--restate" in found["promise"].text
    assert "CNY 5,000.00 are missing" in found["funding"].text
    assert states(root, "publish")["promise_and_funding"] is WAITS
    wrong_ones = [one.text for one in findings_of(root) if one.mark is Mark.REFUSED]
    assert [text.partition(":")[0] for text in wrong_ones] == ["promise", "money"]
    with open_case(root) as again, pytest.raises(PromiseError) as refused:
        awards.award(again)
    assert {"people", "funding"} <= {one.kind.value for one in refused.value.findings}


def test_a_promise_that_was_restated_is_the_one_that_counts(opened_case: OpenedCase) -> None:
    """case.toml says what was promised first; two people have changed it since."""
    eight = MINIMAL_CASE.replace('pay_within = "P3D"', 'pay_within = "P3D"\npeople = 8')
    opened = opened_case(eight, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, people(7))
    assert check(opened.case.root, "en").refused
    promised.restate_promise(opened)
    assert not check(opened.case.root, "en").refused
    assert states(opened.case.root, "award")["promise"] is PASSED


def test_proof_of_funds_is_a_gate_of_its_own(opened_case: OpenedCase) -> None:
    """Declared money does not count where statements are demanded; the command is named."""
    opened = opened_case(EVIDENCED, MINIMAL_FILES)
    determine_made_up(opened, people(3))
    found = gates_of(opened.case.root)
    assert found["pay"]["proof_of_funds"].state is WAITS
    assert "amends funding import" in found["pay"]["proof_of_funds"].text
    assert found["award"]["funding"].state is WAITS
    account = f'[funding]\naccount = "{ACCOUNT}"\nevidenced = true'
    (opened.case.root / "case.toml").write_text(
        MINIMAL_CASE.replace(FUNDING, account), encoding="utf-8"
    )
    with open_case(opened.case.root, approve_as=TWO) as proved:
        folder = proved.case.root / receiving.FOLDER
        folder.mkdir()
        put_in = statement([line(2_000_000, "A1")], opening_minor=0)
        (folder / "first").write_bytes(written(put_in, Form.CAMT_053))
        receiving.import_statements(proved, [folder / "first"])
        assert states(proved.case.root, "pay")["proof_of_funds"] is PASSED
        assert states(proved.case.root, "award")["funding"] is PASSED
        awards.award(proved)
        assert "CNY 15,000.00" in gates_of(proved.case.root)["pay"]["release"].text


def test_a_database_that_is_down_is_not_taken_for_an_empty_one(embedded_case: MakeCase) -> None:
    """Not known, and how to know it; with --start it is started, read and stopped."""
    root = embedded_case()
    assert "no stage was run here" in "\n".join(in_words(check(root, "en"), "en"))
    with open_case(root) as opened:
        determine_made_up(opened, people(4))
    text = "\n".join(in_words(check(root, "en"), "en"))
    assert "which is not running now" in text
    assert "nobody is determined" not in text
    assert set(states(root, "award").values()) == {GateState.UNKNOWN, GateState.NEEDLESS}
    found = check(root, "en", start=True)
    assert found.figures["affected"] == 4
    assert not (place_at(root).data / "postmaster.pid").exists()


def test_a_stage_that_has_nothing_left_to_do_has_no_gates(opened_case: OpenedCase) -> None:
    """Awarded and published; a person who is new opens the gates again."""
    opened = opened_case(approve_as=TWO)
    determine_made_up(opened, people(25))
    awards.award(opened)
    assert "award" not in gates_of(opened.case.root)
    assert "publish" in gates_of(opened.case.root)
    determine_made_up(opened, people(26), run_no=2)
    assert states(opened.case.root, "award")["approval"] is WAITS
    assert marks(opened.case.root)["award"] is Mark.OPEN


def test_money_that_may_be_enough_is_not_told_as_short(opened_case: OpenedCase) -> None:
    """By a tariff of several amounts counts tell the most that is owed; the stage knows the sum."""
    less = FACTORS.replace('amount = "CNY 1000000.00"', 'amount = "CNY 2000.00"')
    opened = opened_case(less, MINIMAL_FILES, approve_as=TWO)
    determine_made_up(opened, people(2))
    found = states(opened.case.root, "award")
    assert (found["promise"], found["funding"]) == (GateState.UNKNOWN, GateState.UNKNOWN)
    assert not check(opened.case.root, "en").refused
    assert awards.award(opened).counts["awards"] == 2


@pytest.mark.parametrize(
    "promise", ["people = 8", 'total = "CNY 40000.00"', 'per_person = "CNY 1.00"']
)
def test_a_promise_that_award_refuses_is_refused_by_a_check(
    opened_case: OpenedCase, promise: str
) -> None:
    """Whichever of its figures is wrong; and what people are owed is not told from that figure."""
    wrong = MINIMAL_CASE.replace('per_person = "CNY 5000.00"\n', "").replace(
        'pay_within = "P3D"', f'pay_within = "P3D"\n{promise}'
    )
    opened = opened_case(wrong, MINIMAL_FILES)
    determine_made_up(opened, people(7))
    report = check(opened.case.root, "en")
    assert report.refused
    assert "7 people have an award or get one: at most CNY 35,000.00" in "\n".join(
        in_words(report, "en")
    )
    with pytest.raises(PromiseError):
        awards.award(opened)


def test_a_tariff_in_another_currency_than_awards_is_refused(opened_case: OpenedCase) -> None:
    """By a check as by the stage, and in its words."""
    opened = opened_case(approve_as=TWO)
    root = opened.case.root
    determine_made_up(opened, people(2))
    awards.award(opened)
    text = MINIMAL_CASE.replace("CNY", "USD").partition("[[rail]]")[0]  # which pays in yuan only
    (root / "case.toml").write_text(text, encoding="utf-8")
    report = check(root, "en")
    with open_case(root) as again, pytest.raises(TariffError) as refused:
        awards.award(again)
    assert report.refused
    assert str(refused.value.message) in "\n".join(in_words(report, "en"))


def test_an_annulled_award_stands_for_nobody_else(opened_case: OpenedCase) -> None:
    """Who is new has to be told, however many awards were annulled after their notice."""
    opened = opened_case(approve_as=TWO)
    root = opened.case.root
    determine_made_up(opened, people(3))
    awards.award(opened)
    notify(opened)
    annulled = [annul(1, Reason.COURT_DECISION)]
    corrections.correct(opened, annulled, partial(held, opened))
    assert marks(root)["notify"] is Mark.GOOD
    determine_made_up(opened, people(4), run_no=2)
    awards.award(opened)
    assert marks(root)["notify"] is Mark.OPEN
