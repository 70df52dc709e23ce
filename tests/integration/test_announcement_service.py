import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from amends.announcement import service
from amends.announcement.model import (
    AnnouncementTextError,
    NoAnnouncementError,
    NotASignatoryError,
    UnsignedError,
)
from amends.awards.model import PromiseError
from amends.awards.service import award
from amends.cli.announce import announce
from amends.governance.service import add_operator
from amends.kernel.errors import StageOrderError, WaitingForApprovalError
from amends.kernel.saying import in_language
from amends.vault.opened import OpenCase, open_case
from amends_verify.announcement import check
from made_announcement import CASE, FILES, let_roster_out
from made_cases import CaseDirectory, OpenedCase, write_case
from made_determination import determine_made_up, person

TWO = ("anna", "ben")
PEOPLE = {person(number): "NAME;PHONE" if number % 2 else "NAME" for number in range(1, 41)}


def prepare(root: Path) -> None:
    """Forty people awarded, the roster out, two operators who sign."""
    write_case(root, CASE, FILES)
    with open_case(root, approve_as=TWO) as opened:
        determine_made_up(opened, PEOPLE)
        award(opened)
        add_operator(opened, "jia")
        add_operator(opened, "yi")
        let_roster_out(opened)


def rewrite(root: Path, old: str, new: str) -> None:
    """Change what case.toml says."""
    path = root / "case.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def signed(opened: OpenCase) -> None:
    """Both signatories sign."""
    service.sign(opened, "jia")
    service.sign(opened, "yi")


def cannot_be_edited(opened: OpenCase) -> None:
    """The rows are append-only for the application."""
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT has_table_privilege('announcement.document', 'UPDATE'), "
            "has_table_privilege('announcement.published', 'UPDATE'), "
            "has_table_privilege('announcement.signature', 'DELETE'), "
            "(SELECT body FROM announcement.document), "
            "(SELECT document_sha256 FROM announcement.published)"
        ).fetchone()
    assert row is not None
    assert row[:3] == (False, False, False)
    assert hashlib.sha256(str(row[3]).encode()).digest() == row[4]


def test_a_case_without_the_table_is_told_where_to_begin(opened_case: OpenedCase) -> None:
    """Nothing is announced that nobody wrote."""
    with pytest.raises(NoAnnouncementError, match=r"announcement\.md"):
        service.draft(opened_case())


def test_nothing_is_drafted_before_anybody_is_determined(opened_case: OpenedCase) -> None:
    """The figures are computed: there are none yet."""
    with pytest.raises(StageOrderError, match="determine"):
        service.draft(opened_case(CASE, FILES))


def test_a_draft_computes_every_figure_and_says_what_is_missing(opened_case: OpenedCase) -> None:
    """Before the award, with no operator and no roster: all of that is named."""
    opened = opened_case(CASE, FILES)
    determine_made_up(opened, PEOPLE, waiting=3)
    draft = service.draft(opened)
    assert draft.figures.people == draft.figures.unawarded == 40
    assert str(draft.figures.total) == "CNY 200000.00"
    assert draft.findings == ()
    missing = "\n".join(draft.missing)
    for words in ("40 people have no award", "amends publish", "operator add CASE jia", "CASE yi"):
        assert words in missing
    content = json.loads(draft.body)
    assert "最晚2026年11月24日20:00（北京时间）" in content["text"]["zh"]
    assert "20万元" in content["text"]["zh"]
    assert "另有3人还要人工核对" in content["text"]["zh"]
    assert "CNY 200,000" in content["text"]["en"]


def test_a_signed_announcement_goes_out_in_all_its_forms(opened_case: OpenedCase) -> None:
    """Web, press, print and JSON that a stranger can check; again, it mends what is damaged."""
    opened = opened_case(like=prepare, approve_as=TWO)
    signed(opened)
    summary = service.publish(opened)
    folder = opened.case.site / service.FOLDER
    names = {path.name for path in folder.iterdir() if path.is_file()}
    assert names == {
        *("index.html", "en.html", "announcement.json"),
        *(f"press.{language}.{end}" for language in ("zh", "en") for end in ("txt", "md")),
        *(f"print.{language}.html" for language in ("zh", "en")),
    }
    assert summary.counts["people"] == 40
    assert summary.counts["signatures"] == 2
    raw = (folder / "announcement.json").read_bytes()
    assert "2 signatures" in check(raw)
    content = json.loads(raw)
    assert [one["cost_minor"] for one in content["document"]["companies"]] == [20_000_000, 0]
    assert content["document"]["legal"]["waiver"] == "none"
    press = (folder / "press.zh.txt").read_text(encoding="utf-8")
    assert press.startswith(content["document"]["text"]["zh"])
    assert content["document_sha256"] in press
    assert "模拟演练" in press
    page = folder / "index.html"
    before = page.read_bytes()
    page.write_bytes(b"changed")
    again = service.publish(opened)
    assert page.read_bytes() == before
    assert again.counts["version"] == 1
    assert again.counts["files_written"] == 1
    cannot_be_edited(opened)


def test_nothing_goes_out_that_a_signatory_did_not_sign(opened_case: OpenedCase) -> None:
    """One of two signatures is not enough; two people approve; another text has no signature."""
    opened = opened_case(like=prepare, approve_as=TWO)
    service.sign(opened, "jia")
    with pytest.raises(UnsignedError, match=r"not signed for mail: .*--as yi"):
        service.publish(opened)
    service.sign(opened, "yi")
    with pytest.raises(WaitingForApprovalError, match=service.draft(opened).sha256):
        service.publish(replace(opened, approve_as=()))
    rewrite(opened.case.root, "并在网上出售", "并在论坛上出售")
    with (
        open_case(opened.case.root, approve_as=TWO) as again,
        pytest.raises(UnsignedError, match=r"not signed for input[\s\S]*not signed for mail"),
    ):
        service.publish(again)
    assert not (opened.case.site / service.FOLDER).exists()


def test_only_signatories_sign_and_only_what_they_read(opened_case: OpenedCase) -> None:
    """Another operator, and another text than the one that was read, are refused."""
    opened = opened_case(like=prepare)
    with pytest.raises(NotASignatoryError, match="anna signs for nobody"):
        service.sign(opened, "anna")
    with pytest.raises(NotASignatoryError, match="read it again"):
        service.sign(opened, "jia", text="0" * 12)
    digest = service.draft(opened).sha256
    assert service.sign(opened, "jia", text=digest[:12]).signed == ("jia",)


def test_a_wrong_figure_or_word_is_refused_with_its_line_and_the_right_one(
    opened_case: OpenedCase,
) -> None:
    """Ten times too little, typed by hand; haste and gifts: each with what to say instead."""
    text = CASE.replace("并在网上出售。", "涉及 4 人，赔偿 2万元。")
    opened = opened_case(text.replace("换掉了全部访问密钥", "并将尽快赠送每人一份礼包"), FILES)
    determine_made_up(opened, PEOPLE)
    line = next(
        number
        for number, text in enumerate(CASE.splitlines(), start=1)
        if text.startswith("what_happened")
    )
    findings = service.draft(opened).findings
    assert [(one.place, one.found, one.instead) for one in findings if one.rule == "figure"] == [
        (f"case.toml:{line}", "4 人", "40"),
        (f"case.toml:{line}", "2万元", "20万元"),
    ]
    words = {one.found: one for one in findings if one.rule != "figure"}
    assert set(words) == {"尽快", "赠送", "礼包"}
    assert words["礼包"].rule == "AP-03"
    assert in_language(words["礼包"].problem, "en").isascii()
    assert "不是奖品和赠与" in in_language(words["礼包"].sentence, "zh")
    assert "赔偿款" in words["礼包"].instead
    assert words["礼包"].key == "announcement.measures"
    measure = next(
        number for number, text in enumerate(text.splitlines(), start=1) if "访问密钥" in text
    )
    assert words["礼包"].place == f"case.toml:{measure}"
    with pytest.raises(AnnouncementTextError, match=f"case.toml:{line}.*20万元"):
        service.sign(opened, "jia")


def test_an_unfunded_promise_is_neither_signed_nor_published(opened_case: OpenedCase) -> None:
    """Nobody signs for money that is not there."""
    opened = opened_case(CASE.replace('"CNY 1000000.00"', '"CNY 100000.00"'), FILES)
    determine_made_up(opened, PEOPLE)
    add_operator(opened, "jia")
    assert any("funding" in words for words in service.draft(opened).missing)
    with pytest.raises(PromiseError, match="funding"):
        service.sign(opened, "jia")
    with pytest.raises(PromiseError, match="funding"):
        service.publish(opened)


def test_a_change_is_a_new_version_that_says_why(opened_case: OpenedCase) -> None:
    """More people are found: version 2 with the reason and the figures that changed."""
    opened = opened_case(like=prepare, approve_as=TWO)
    signed(opened)
    service.publish(opened)
    folder = opened.case.site / service.FOLDER
    first = (folder / "announcement.json").read_bytes()
    determine_made_up(opened, PEOPLE | {person(41): "NAME"}, run_no=2, tranche=2)
    award(opened)
    signed(opened)
    with pytest.raises(UnsignedError, match="version 2 has no reason"):
        service.publish(opened)
    rewrite(
        opened.case.root,
        "[announcement]\n",
        '[announcement]\nchanges = [{ zh = "又发现一份泄露的文件，{people}人受影响。", '
        'en = "One more leaked file was found: {people} people are affected." }]\n',
    )
    with open_case(opened.case.root, approve_as=TWO) as again:
        signed(again)
        assert service.publish(again).counts["version"] == 2
        newest = service.draft(again)
        assert (newest.version, newest.same) == (2, True)
    assert "2 signatures" in check((folder / "announcement.json").read_bytes())
    assert json.loads((folder / "v1/announcement.json").read_bytes()) == json.loads(first)
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "第2版" in page
    assert "受影响的人：原来是40人，现在是41人" in page
    assert "又发现一份泄露的文件，41人受影响。" in page
    assert 'href="v1/index.html"' in page
    second = json.loads((folder / "announcement.json").read_bytes())["document"]
    assert second["supersedes"] == json.loads(first)["document_sha256"]


def test_the_command_drafts_signs_and_publishes(case_directory: CaseDirectory) -> None:
    """What an operator types, from the draft to the page."""
    root = case_directory(like=prepare)
    run = CliRunner()
    shown = run.invoke(announce, [str(root), "--to", str(root / "pages")])
    assert shown.exit_code == 0, shown.output
    assert "We are sorry" in shown.output
    assert "对不起" not in shown.output
    assert "Draft: not signed" in (root / "pages/en.html").read_text(encoding="utf-8")
    for name in ("jia", "yi"):
        assert run.invoke(announce, [str(root), "--sign", "--as", name]).exit_code == 0
    out = run.invoke(
        announce, [str(root), "--publish", "--json", "--approve-as", "anna", "--approve-as", "ben"]
    )
    assert out.exit_code == 0, out.output
    assert json.loads(out.output)["counts"]["version"] == 1
    assert run.invoke(announce, [str(root), "--sign"]).exit_code == 2
