import dataclasses
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import psycopg
import pytest

from amends.evidence.intake import intake
from amends.governance.model import GovernanceError
from amends.governance.service import add_operator, verify_audit
from amends.kernel.casefile import read_case
from amends.kernel.errors import InputFileError
from amends.linkage.determine import determine
from amends.linkage.review import service as review
from amends.linkage.review.answers import Answer, QuestionKind
from amends.linkage.review.service import Item
from amends.linkage.review.verdicts import ReviewError
from amends.linkage.service import export_affected, export_matches
from amends.linkage.telling import runs
from amends.linkage.telling.explain import UnknownPersonError, explain
from amends.linkage.telling.runs import UnknownRunError
from amends.linkage.telling.story import told
from amends.vault.opened import OpenCase, open_case
from made_cases import OpenedCase, write_case
from made_doubts import CASE, READERS, files


def determined(root: Path) -> None:
    """The case of doubts, determined once, with three readers."""
    write_case(root, CASE.replace("UNDECIDED", ""), files())
    with open_case(root) as opened:
        for reader in READERS:
            add_operator(opened, reader)
        intake(opened)
        determine(opened)


@pytest.fixture
def opened(opened_case: OpenedCase) -> OpenCase:
    """A copy of it."""
    return opened_case(like=determined)


def changed(opened: OpenCase, text: str) -> OpenCase:
    """The same case with another case.toml."""
    (opened.case.root / "case.toml").write_text(text, encoding="utf-8")
    return replace(opened, case=read_case(opened.case.root))


def rows_item(opened: OpenCase) -> Item:
    """The first item about rows."""
    return next(item for item in review.listed(opened) if item.kind is QuestionKind.ROW)


def answer(opened: OpenCase, item: str, said: Answer, *readers: str) -> None:
    """Let readers say the same."""
    for reader in readers:
        review.decide(opened, item, said, reader, reason="the same trade")


def test_two_readers_change_who_is_affected(opened: OpenCase) -> None:
    """A waiting person whom two readers confirm is affected from the next determination on.

    The answer outlives the run: determining again with other settings follows it too.
    """
    item = rows_item(opened)
    assert item.people is not None
    assert item.money is not None
    before = pl.DataFrame(export_affected(opened))
    assert item.person_id not in before["person_id"].to_list()
    answer(opened, item.item_id, Answer.SAME, "li.na")
    assert determine(opened).counts["affected"] == before.height, "one reader settles nothing"
    answer(opened, item.item_id, Answer.SAME, "wang.wei")
    counts = determine(opened).counts
    assert counts["affected"] == before.height + 1
    assert counts["readers_followed"] == item.questions
    person = pl.DataFrame(export_affected(opened)).filter(pl.col("person_id") == item.person_id)
    assert person.select("method", "probability").rows() == [("clerical", 1.0)]
    matches = pl.DataFrame(export_matches(opened))
    assert matches.filter(pl.col("method") == "clerical")["outcome"].unique().to_list() == [
        "matched"
    ]
    found = runs.compare(opened)
    assert found.people.select("change", "person_id", "why").rows() == [
        ("added", item.person_id, "readers' decision")
    ]
    assert item.item_id not in [one.item_id for one in review.listed(opened)]
    other = changed(opened, CASE.replace("UNDECIDED", "").replace("0.998", "0.9985"))
    determine(other)
    assert item.person_id in pl.DataFrame(export_affected(other))["person_id"].to_list()


def test_a_row_that_is_somebody_elses_is_taken_away(opened: OpenCase) -> None:
    """Two readers who say `different` make the row somebody else's or nobody's, by their method."""
    item = rows_item(opened)
    answer(opened, item.item_id, Answer.DIFFERENT, "li.na", "wang.wei")
    determine(opened)
    matches = pl.DataFrame(export_matches(opened))
    assert (
        item.person_id not in matches.filter(pl.col("outcome") == "review")["person_id"].to_list()
    )


def test_answers_about_accounts_join_and_part(opened: OpenCase) -> None:
    """Accounts that readers call one person's are one person's at the next determination."""
    review.draw_sample(opened, 100, 1)
    drawn = review.listed(opened, sample=True)
    pairs = [item for item in drawn if item.kind is QuestionKind.ACCOUNTS]
    before = determine(opened).counts["persons"]
    parted, kept = pairs[:2]
    answer(opened, parted.item_id, Answer.DIFFERENT, "li.na", "wang.wei")
    answer(opened, kept.item_id, Answer.SAME, "li.na", "wang.wei")
    assert determine(opened).counts["persons"] == before + 1
    still = {item.item_id for item in review.listed(opened, sample=True)}
    assert still.isdisjoint({parted.item_id, kept.item_id})


def test_readers_who_differ_call_for_a_third(opened: OpenCase) -> None:
    """A conflict waits for a third reader, and agreement is told without saying who said what."""
    item = rows_item(opened)
    answer(opened, item.item_id, Answer.SAME, "li.na")
    answer(opened, item.item_id, Answer.DIFFERENT, "wang.wei")
    assert rows_item_of(opened, item.item_id).waits_for == 3
    report = review.report(opened)
    assert (report.conflicts, report.agreement.agreed) == (item.questions, 0)
    answer(opened, item.item_id, Answer.CANNOT_TELL, "zhao.min")
    assert review.report(opened).settled[Answer.CANNOT_TELL] == item.questions
    with pytest.raises(ReviewError, match="settled"):
        answer(opened, item.item_id, Answer.SAME, "zhao.min")


def rows_item_of(opened: OpenCase, item_id: str) -> Item:
    """An item of the queue by its id."""
    return next(item for item in review.listed(opened) if item.item_id == item_id)


def test_a_second_reader_does_not_learn_of_the_first(opened: OpenCase) -> None:
    """What is shown is the same before and after somebody has answered, but for who comes next."""
    item = rows_item(opened)
    before = review.show(opened, item.item_id, "wang.wei")
    answer(opened, item.item_id, Answer.DIFFERENT, "li.na")
    after = review.show(opened, item.item_id, "wang.wei")
    assert dataclasses.asdict(after)["questions"] == dataclasses.asdict(before)["questions"]
    assert (before.item.waits_for, after.item.waits_for) == (1, 2)
    mine = review.next_item(opened, "li.na")
    assert mine is not None
    assert mine.item.item_id != item.item_id


def test_both_records_are_shown_with_weights(opened: OpenCase) -> None:
    """A reader sees both sides as they were found, and weights that explain the probability."""
    shown = review.show(opened, rows_item(opened).item_id[:8], "li.na")
    question = shown.questions[0]
    assert question.one.values["name"] == question.other.values["name"]
    assert question.one.where.startswith("evidence/dump.csv, ")
    assert question.probability is not None
    assert question.rest_bits is not None
    assert any(weight.bits > 0 for weight in question.weights)


def test_every_look_is_in_the_audit_trail_and_no_value_is(opened: OpenCase) -> None:
    """A look and an answer leave entries with ids only; reasons and accounts are kept sealed."""
    item = rows_item(opened)
    shown = review.show(opened, item.item_id, "li.na")
    answer(opened, item.item_id, Answer.SAME, "li.na")
    with opened.database.reading() as connection:
        trail = connection.execute(
            "SELECT actor, action, details FROM governance.audit ORDER BY entry_no"
        ).fetchall()
        kept = connection.execute(
            "SELECT question::text, answer::text FROM linkage.question "
            "JOIN linkage.answer USING (question_id)"
        ).fetchall()
    assert ("li.na", "review viewed") in [(actor, action) for actor, action, _ in trail]
    assert ("li.na", "review answered") in [(actor, action) for actor, action, _ in trail]
    text = json.dumps([trail, kept], default=str)
    for value in (*shown.questions[0].one.values.values(), "the same trade", "A0"):
        assert value not in text
    assert verify_audit(opened)


def test_bad_answers_are_refused(opened: OpenCase, tmp_path: Path) -> None:
    """Unknown items, the same reader twice, no reason, no key: each with a sentence that helps."""
    item = rows_item(opened).item_id
    with pytest.raises(ReviewError, match="no item"):
        answer(opened, "zzzz", Answer.SAME, "li.na")
    with pytest.raises(ReviewError, match="no item"):
        answer(opened, "", Answer.SAME, "li.na")
    with pytest.raises(ReviewError, match="reason"):
        review.decide(opened, item, Answer.SAME, "li.na", reason="  ")
    answer(opened, item, Answer.SAME, "li.na")
    with pytest.raises(ReviewError, match=r"answered .* already"):
        answer(opened, item, Answer.DIFFERENT, "li.na")
    with pytest.raises(GovernanceError, match="is not there"):
        answer(opened, item, Answer.SAME, "nobody")
    with pytest.raises(GovernanceError, match="not the key"):
        review.decide(
            opened,
            item,
            Answer.SAME,
            "wang.wei",
            reason="x",
            key_file=opened.case.keys / "operators" / "li.na.pem",
        )
    with pytest.raises(GovernanceError, match="is not there"):
        review.show(opened, item, "wang.wei", key_file=tmp_path / "none.pem")


def test_an_answer_does_not_outlive_its_file(opened: OpenCase) -> None:
    """When the file changes, nothing is shown before determining; old answers are not followed."""
    item = rows_item(opened)
    answer(opened, item.item_id, Answer.SAME, "li.na", "wang.wei")
    path = opened.case.root / "evidence" / "dump.csv"
    path.write_bytes(path.read_bytes() + b"somebody else,,,\n")
    intake(opened)
    with pytest.raises(ReviewError, match="changed"):
        review.show(opened, rows_item(opened).item_id, "li.na")
    with pytest.raises(ReviewError, match="changed"):
        review.draw_sample(opened, 5, 1)
    summary = determine(opened)
    assert "readers_followed" not in summary.counts
    assert any("not followed" in note for note in summary.notes)


def test_a_changed_answer_is_noticed(opened: OpenCase) -> None:
    """Whoever writes into the table without a reader's key stops the next determination."""
    item = rows_item(opened)
    answer(opened, item.item_id, Answer.SAME, "li.na")
    with opened.database.unit_of_work() as connection:
        connection.execute(
            "INSERT INTO linkage.answer (question_id, reader, answer, reason, run_no, signature, "
            "occurred_at) SELECT question_id, 'wang.wei', answer, reason, run_no, signature, "
            "occurred_at FROM linkage.answer"
        )
    with pytest.raises((ReviewError, Exception), match=r"signed|does not open"):
        determine(opened)
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        opened.database.unit_of_work() as connection,
    ):
        connection.execute("UPDATE linkage.answer SET answer = 'different'")


def test_a_sample_measures_the_determination(opened: OpenCase) -> None:
    """A sample is the same for the same seed, answered like the queue, and states precision."""
    sample = review.draw_sample(opened, 30, 7)
    again = review.draw_sample(opened, 30, 7)
    assert [one.question_id for one in again.drawn] == [one.question_id for one in sample.drawn]
    assert {one.side for one in sample.drawn} >= {"found", "missed"}
    for item in review.listed(opened, sample=True):
        answer(opened, item.item_id, Answer.SAME, "li.na", "wang.wei")
    report = review.report(opened)
    estimates = report.statement["estimates"]
    assert isinstance(estimates, dict)
    assert estimates["readers"]["judged"] == len(sample.drawn)
    assert estimates["readers"]["people"]["estimate"] > estimates["model"]["people"]["low"]
    assert review.next_item(opened, "li.na", sample=True) is None
    stated = determine(opened).details["estimates"]
    assert isinstance(stated, dict)
    assert stated["readers"]["judged"] == len(sample.drawn)
    with pytest.raises(ReviewError, match="from 1 to"):
        review.draw_sample(opened, 0, 1)


def test_the_rule_for_doubt_and_its_budget(opened: OpenCase) -> None:
    """`pay` counts people in doubt, within the budget, the likeliest first; both costs are told."""
    waiting = determine(opened).counts["waiting"]
    assert waiting > 3
    some = changed(
        opened,
        CASE.replace("UNDECIDED", 'undecided = "pay"\nundecided_budget = "CNY 300.00"'),
    )
    summary = determine(some)
    assert summary.counts["waiting"] == waiting - 3
    assert any("are in doubt" in note for note in summary.notes)
    undecided = summary.details["undecided"]
    assert isinstance(undecided, dict)
    assert undecided["paid"] == 3
    matches = pl.DataFrame(export_matches(some))
    paid = matches.filter(pl.col("reason") == "undecided_are_paid")["probability"].min()
    left = matches.filter(pl.col("outcome") == "review")["probability"].max()
    assert paid is not None
    assert left is not None
    assert float(str(paid)) >= float(str(left)) - 1e-9
    everybody = changed(opened, CASE.replace("UNDECIDED", 'undecided = "pay"'))
    assert determine(everybody).counts["waiting"] == 0


def test_planted_rows_are_measured_and_never_used(opened: OpenCase) -> None:
    """What the company knows of its own rows is held against the run, and changes nothing in it."""
    plain = determine(opened).counts
    (opened.case.root / "planted.csv").write_text(
        "evidence,row,product,account_id\nevidence/dump.csv,27,im,A050\n"
        "evidence/dump.csv,28,,\nevidence/dump.csv,1,im,A059\n",
        encoding="utf-8",
    )
    with_planted = changed(opened, CASE.replace("UNDECIDED", 'planted = "planted.csv"'))
    summary = determine(with_planted)
    assert summary.counts["affected"] == plain["affected"]
    planted = summary.details["planted"]
    assert isinstance(planted, dict)
    assert (planted["rows"], planted["found"], planted["strangers_matched"]) == (2, 1, 0)
    (opened.case.root / "planted.csv").write_text("evidence,row\nx,1\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="line 1"):
        determine(with_planted)


def test_a_person_is_explained_in_both_languages(opened: OpenCase) -> None:
    """The story names accounts, keys and rows, and no value that is not masked."""
    matches = pl.DataFrame(export_matches(opened)).filter(pl.col("method") == "exact")
    story = explain(opened, str(matches["person_id"][0])[:12])
    zh, en = "\n".join(told(story, "zh")), "\n".join(told(story, "en"))
    assert "affected by determination 1" in en
    assert "受影响" in zh
    assert "evidence/dump.csv, 27" in en
    for text in (zh, en):
        assert "13800000050" not in text
        assert "person50" not in text
    with pytest.raises(UnknownPersonError):
        explain(opened, "zzzz")


def test_runs_are_listed_with_what_they_were_made_with(opened: OpenCase) -> None:
    """Digests, versions, seed and threads are told; the same input gives the same digest."""
    first = runs.runs(opened)[0]
    assert first.provenance["libraries"]
    assert {"settings_digest", "seed", "threads", "amends", "python"} <= set(first.provenance)
    determine(changed(opened, CASE.replace("UNDECIDED", 'undecided = "pay"')))
    determine(changed(opened, CASE.replace("UNDECIDED", "")))
    known = runs.runs(opened)
    assert [run.run_no for run in known] == [1, 2, 3]
    assert known[0].result_digest == known[2].result_digest != known[1].result_digest
    back = runs.compare(opened, 1, 3)
    assert back.people.is_empty()
    assert set(runs.compare(opened, 1, 2).people["why"]) == {"settings"}
    for before, after in ((3, 1), (1, 9), (None, 1)):
        with pytest.raises(UnknownRunError):
            runs.compare(opened, before, after)
