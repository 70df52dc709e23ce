"""The report to the authorities: its figures are the case's, and it leaves through the register."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest

from amends.access.model import RevealError
from amends.announcement import service as announcement
from amends.awards.service import award
from amends.evidence import service as evidence
from amends.governance import exports
from amends.governance.model import DecisionError
from amends.governance.service import add_operator
from amends.kernel.saying import LANGUAGES
from amends.payouts.showing import shown
from amends.roster import service as roster
from amends.vault.opened import OpenCase, open_case
from amends.web.reporting import service
from amends.web.reporting.gathering import gather
from called import called
from made_announcement import CASE, FILES
from made_cases import OpenedCase, write_case
from made_console import with_operators
from made_determination import determine_made_up, person
from made_roster import TWO
from planted import PLANTED
from read_pdf import NEVER_FIRST, seen

WHO = "Cyberspace Administration / 国家网信办"


def reported_on(root: Path) -> None:
    """Thirty people with awards in the roster, payments in several states, decisions."""
    with_operators(root)
    with open_case(root, approve_as=TWO) as opened:
        roster.publish(opened)


def announced(root: Path) -> None:
    """Forty people awarded, an announcement that two companies sign."""
    write_case(root, CASE.replace("offered it for sale", "offered {people} people's data"), FILES)
    with open_case(root, approve_as=TWO) as opened:
        determine_made_up(opened, {person(number): "NAME" for number in range(1, 41)})
        award(opened)
        for name in ("jia", "yi"):
            add_operator(opened, name)


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """Such a case, with a caseworker at work."""
    return replace(opened_case(like=reported_on), by="carla")


def test_every_sum_of_the_report_is_the_cases(opened: OpenCase) -> None:
    """To the cent, in both languages; the attached figures are the same, with whole digests."""
    files = service.files(opened, LANGUAGES, recipient=WHO)
    assert files == service.files(opened, LANGUAGES, recipient=WHO)
    states = [one for one in shown.funnel(opened).states if one[1] != "superseded"]
    whole = sum(minor for *_, minor in states)
    assert whole == 27 * 500_000
    found = {file.name.split(".")[1]: seen(file.content) for file in files}
    for language, of in found.items():
        assert of.standards == {"pdfa part": "3", "pdfa conformance": "A", "pdfua part": "1"}
        assert of.language.startswith(language)
        assert all(of.fonts.values())
        assert [line for line in of.lines if line.startswith(NEVER_FIRST)] == []
        assert len(of.pictures) == 2
        assert all(any(sign.isdigit() for sign in words) for words in of.pictures)
        for _, _, number, minor in states:
            assert f"{number} {minor // 100:,}.00" in of.text
        assert f"27 {whole // 100:,}.00" in of.text
        assert "150,000.00" in of.text
        for words in (WHO, "carla", of.title):
            assert words in of.text
        assert [value for value in PLANTED if value in of.text] == []
    attached = {bytes(of.attached["figures.json"]) for of in found.values()}
    (content,) = attached
    held = json.loads(content)
    assert [(one["rail"], one["state"], one["payments"]) for one in held["payments"]] == [
        (rail, state, number) for rail, state, number, _ in shown.funnel(opened).states
    ]
    log = gather(opened, WHO).site.log
    assert log is not None
    assert held["roster"]["root"] == log.root
    for of in found.values():
        assert log.root in of.text
        assert hashlib.sha256(content).hexdigest() in of.text
    digests = [one["proposal"] for one in held["decisions"]]
    assert digests
    assert all(len(one) == 64 and one[:16] in found["en"].text for one in digests)
    assert found["en"].title == "Report to the authorities"
    assert found["zh"].title == "给主管部门的报告"


def test_no_english_sentence_is_left_in_the_chinese_report(opened: OpenCase) -> None:
    """Words in Latin letters are names: of people, formats, rails, digests."""
    (file,) = service.files(opened, ["zh"], recipient="网信办")
    lines = [line for line in seen(file.content).lines if line.isascii() and " " in line]
    words = {word for line in lines for word in line.split() if word.isalpha() and len(word) > 3}
    assert words <= {"anna", "alipay", "Test", "Group", "case", "python", "amends_verify"}, words


def test_what_is_not_known_yet_is_said_to_be_so(opened_case: OpenedCase) -> None:
    """On the first day, before anything was taken in, there is a report."""
    opened = opened_case()
    (file,) = service.files(opened, ["en"], recipient=WHO)
    text = seen(file.content).text
    assert text.count("Nothing is known of it yet.") == 4
    assert "This is not published yet." in text
    assert "Nothing has been paid yet." in text
    assert "Nothing was decided yet." in text


def test_what_the_company_says_and_who_signs_it_stand_in_it(opened_case: OpenedCase) -> None:
    """Cause, measures, companies, and whose signature is there; figures in places that are left."""
    opened = opened_case(approve_as=TWO, like=announced)
    announcement.sign(opened, "jia")
    file = opened.case.file
    assert file.announcement is not None
    zh, en = (seen(one.content).text for one in service.files(opened, LANGUAGES, recipient=WHO))
    for text in (file.announcement.cause, *file.announcement.measures):
        assert text.zh in zh
        assert text.en in en
    assert "{" not in en
    for one in file.companies:
        assert one.name.en in en
    signed = [line for line in en.splitlines() if line.endswith((" yes", " no"))]
    names = [one.name.en for one in file.announcement.signatories]
    assert [line.endswith(" yes") for line in signed if line.startswith(tuple(names))] == [
        one.operator == "jia" for one in file.announcement.signatories
    ]


def test_a_report_is_made_when_the_evidence_is_gone(opened: OpenCase) -> None:
    """What was determined, with its stated error, stands without the files."""
    (before,) = service.files(opened, ["en"], recipient=WHO)
    evidence.destroy(opened)
    (after,) = service.files(opened, ["en"], recipient=WHO)
    old, new = seen(before.content).text, seen(after.content).text
    for words in ("People affected, each counted once 30", "Precision", "135,000.00"):
        assert words in old
        assert words in new


def test_a_report_leaves_through_the_register(opened: OpenCase) -> None:
    """Its digest, who got it and what for stand there before anybody has it."""
    file = service.report(opened, "zh", recipient=WHO, purpose="PIPL 57")
    last = exports.exports(opened)[-1]
    assert (last.what, last.recipient, last.purpose) == ("report", WHO, "PIPL 57")
    assert (last.actor, last.weight_millionths) == ("carla", 0)
    assert last.file_sha256 == hashlib.sha256(file.content).hexdigest()
    before = len(exports.exports(opened))
    with pytest.raises(RevealError, match="who gets"):
        service.report(opened, "zh", recipient=" ")
    with pytest.raises(DecisionError):
        service.report(opened, "zh", recipient="13800009999")
    assert len(exports.exports(opened)) == before


def test_the_command_writes_both_languages(
    opened: OpenCase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Into a folder, each entered in the register; one alone where one is asked for."""
    root, out = opened.case.root, tmp_path / "new" / "out"
    capsys.readouterr()
    called("report", root, "--recipient", WHO, "--out", out, "--json")
    told = json.loads(capsys.readouterr().out)
    assert [Path(one["file"]).suffixes[-2] for one in told["files"]] == [".zh", ".en"]
    entered = {one.file_sha256 for one in exports.exports(opened) if one.what == "report"}
    for one in told["files"]:
        content = Path(one["file"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one["sha256"]
        assert len(content) == one["size_bytes"]
    assert entered == {one["sha256"] for one in told["files"]}
    called("report", root, "--recipient", WHO, "--out", tmp_path / "one", "--language", "en")
    assert [path.suffixes[-2] for path in (tmp_path / "one").iterdir()] == [".en"]
