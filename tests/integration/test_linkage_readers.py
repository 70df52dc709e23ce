"""Simulated readers who answer by truth, at the printed page and at volume."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.kernel.casefile import read_case
from amends.kernel.errors import AmendsError
from amends.linkage.determine import determine
from amends.linkage.review import missed
from amends.linkage.review import service as review
from amends.linkage.review.answers import Answer
from amends.linkage.review.verdicts import ReviewError
from amends.linkage.service import export_affected, export_matches
from amends.vault.opened import OpenCase
from called import called
from made_cases import CaseDirectory, OpenedCase
from made_doubts import AFFECTED, CASE, READERS, files, is_true

Said = Callable[..., str]


@pytest.fixture
def amends(capsys: pytest.CaptureFixture[str]) -> Said:
    """Runs a command in this process and gives what it prints."""

    def call(*words: str | Path) -> str:
        """Run it."""
        capsys.readouterr()
        called(*words)
        return capsys.readouterr().out

    return call


@pytest.fixture
def root(case_directory: CaseDirectory, amends: Said) -> Path:
    """The case of doubts, determined by commands, with its readers."""
    made = case_directory(CASE.replace("UNDECIDED", ""), files())
    for reader in READERS:
        amends("operator", "add", made, reader)
    amends("run", made, "--until", "determine")
    return made


def _page(text: str) -> list[tuple[str, bool]]:
    """The questions on a printed page, each with its true answer, read off where records are."""
    found = re.findall(r"question (\w{26})\n  +(\S+, \w+) +(\S+, \w+)\n", text)
    return [(question, is_true(one, other)) for question, one, other in found]


def test_readers_work_at_the_terminal(root: Path, amends: Said) -> None:
    """list, next, show, decide, sample, report, runs and --explain work on what each other print.

    list and report print no value of anybody; next and show do.
    """
    listed = json.loads(amends("review", "list", root, "--json", "--most", "1000"))
    assert listed[0]["waits_for"] == 1
    assert [one["people"] for one in listed] == sorted(
        (one["people"] for one in listed), reverse=True
    )
    assert f"{len(listed)} items wait" in amends("review", "list", root, "--most", "1")
    name = pl.read_csv(root / "registries" / "im.csv")["name"][11]
    assert name not in amends("review", "list", root)

    drawn = amends("review", "sample", root, "--size", "12", "--seed", "5")
    assert "sample 1: 12 questions of determination 1" in drawn
    for reader in READERS[:2]:
        for _ in range(2):
            page = amends("review", "next", root, "--sample", "--reader", reader)
            assert "bits" in page or "question" in page
            ((question, true),) = _page(page)
            said = "same" if true else "different"
            done = amends(
                *("review", "decide", root, question, said, "--reader", reader),
                *("--reason", "all that is there agrees"),
            )
            assert "1 answered" in done
    item = next(one["item"] for one in listed if one["kind"] == "row")
    shown = amends("review", "show", root, item[:10], "--reader", "li.na")
    assert _page(shown)
    assert "bits" in shown
    told = json.loads(amends("review", "report", root, "--json"))
    assert told["answers"] == 4
    assert told["agreement"]["rate"] == 1.0
    assert sum(told["settled"].values()) == 2
    assert told["stated_error"]["estimates"]["readers"]["judged"] == 2
    said = amends("review", "report", root)
    assert "readers agree on 2 of 2 questions (100.0%" in said
    assert name not in said


def test_a_run_is_listed_with_what_it_was_made_with(root: Path, amends: Said) -> None:
    """Input and settings digests, versions, seed, threads and what was normalised are told.

    Two runs that differ by readers alone have one input digest; diff and --explain tell of people.
    """
    listed = json.loads(amends("review", "list", root, "--json"))
    item = next(one["item"] for one in listed if one["kind"] == "row")
    for reader in READERS[:2]:
        words = ("--reader", reader, "--reason", "the same trade")
        amends("review", "decide", root, item, "same", *words)
    summary = json.loads(amends("determine", root, "--json"))
    assert summary["counts"]["readers_followed"] >= 1
    normal = summary["details"]["normalised"]
    assert normal["evidence"]["evidence/dump.csv"]["records"] == 27
    assert normal["registries"]["im"]["records"] == 60
    runs = json.loads(amends("runs", "list", root, "--json"))
    assert [run["run"] for run in runs] == [1, 2]
    one, two = (run["provenance"] for run in runs)
    assert runs[0]["input_digest"] == runs[1]["input_digest"]
    assert len({run["result_digest"] for run in runs}) == 2
    assert one["settings_digest"] != two["settings_digest"]
    assert {"polars", "numpy", "numba", "splink"} <= set(one["libraries"])
    assert (one["seed"], one["threads"] > 0, bool(one["amends"])) == (two["seed"], True, True)
    assert two["normalised"] == normal
    assert "seed" in amends("runs", "list", root)
    differing = json.loads(amends("runs", "diff", root, "--json"))
    assert (differing["from"], differing["to"]) == (1, 2)
    assert {one["why"] for one in differing["people"]} <= {"readers' decision"}
    assert "determination 1 → 2" in amends("runs", "diff", root, "--from", "1", "--to", "2")
    exported = root / "affected.csv"
    amends("export", "affected", root, "--to", exported)
    person = pl.read_csv(exported)["person_id"][0]
    assert f"{person}: affected" in amends("determine", root, "--explain", person, "--lang", "en")
    assert "受影响" in amends("determine", root, "--explain", person, "--lang", "zh")
    story = json.loads(amends("determine", root, "--explain", person, "--json"))
    assert story["person_id"] == person


def _read(opened: OpenCase, reader: str, wrong: int, *, sample: bool) -> int:
    """Let a reader answer all that waits, every *wrong*-th wrongly (0: none); how many answers."""
    answers = 0
    while (found := review.next_item(opened, reader, sample=sample)) is not None:
        assert not found.left_out
        for question in found.questions:
            answers += 1
            true = is_true(question.one.where, question.other.where)
            slip = bool(wrong) and answers % wrong == 0
            said = Answer.SAME if true is not slip else Answer.DIFFERENT
            try:
                review.decide(opened, question.question_id, said, reader, reason="as it looks")
            except ReviewError:
                continue  # another item had the same question
    return answers


def test_readers_who_answer_by_truth_bring_the_truth_into_the_statement(
    opened_case: OpenedCase,
) -> None:
    """Two readers, one of whom errs on every fourth question, and a third for their conflicts.

    Agreement is told, the intervals for precision, recall and count hold the truth, and after the
    whole queue is read exactly the affected are found; before it, doubt is paid within the budget.
    """
    opened = opened_case(
        CASE.replace("UNDECIDED", 'undecided = "pay"\nundecided_budget = "CNY 1000.00"'), files()
    )
    for reader in READERS:
        add_operator(opened, reader)
    intake(opened)
    first = determine(opened)
    undecided = first.details["undecided"]
    assert isinstance(undecided, dict)
    assert 0 < undecided["paid"] <= 10
    assert first.counts["waiting"] > 0
    _holds_truth(opened, first.details, "model", only=("people",))

    drawn = len(review.draw_sample(opened, 24, 3).drawn)
    assert _read(opened, "li.na", 0, sample=True) == drawn == 24
    assert _read(opened, "wang.wei", 4, sample=True) == drawn
    between = review.report(opened)
    assert between.agreement.twice_answered == drawn
    assert between.agreement.agreed == drawn - between.conflicts == 18
    assert between.agreement.kappa is not None
    assert between.agreement.kappa < 1
    assert any("readers" in line or "人工抽查" in line for line in between.sentences)
    _read(opened, "zhao.min", 0, sample=True)
    settled = review.report(opened)
    assert settled.conflicts == 0
    _holds_truth(opened, settled.statement, "readers")
    _holds_truth(opened, determine(opened).details, "readers")

    for reader in READERS[:2]:
        _read(opened, reader, 0, sample=False)
    last = determine(opened)
    _holds_truth(opened, last.details, "readers")
    assert _found(opened) == AFFECTED
    assert last.counts.get("waiting", 0) == 0


def _found(opened: OpenCase) -> set[int]:
    """Who is found to be affected, by their number."""
    matches = pl.DataFrame(export_matches(opened)).filter(pl.col("outcome") == "matched")
    found = {int(account[1:]) for account in matches["account_id"]}
    assert len(found) == pl.DataFrame(export_affected(opened)).height
    return found


def _holds_truth(
    opened: OpenCase,
    statement: dict[str, object],
    basis: str,
    only: tuple[str, ...] = ("precision", "recall", "people"),
) -> None:
    """The intervals of a statement hold what is true of the standing run."""
    found = _found(opened)
    right = len(found & AFFECTED)
    truth = {
        "precision": right / len(found),
        "recall": right / len(AFFECTED),
        "people": len(AFFECTED),
    }
    estimates = statement["estimates"]
    assert isinstance(estimates, dict)
    for name in only:
        interval = estimates[basis][name]
        assert interval["low"] <= truth[name] <= interval["high"], (name, truth[name], interval)


STRANGER = 'phone = "139 9999 9999"\nname = "Stranger Nobody"\n'


def test_a_stranger_proves_to_be_affected(root: Path, amends: Said, tmp_path: Path) -> None:
    """Whoever shows a former mobile is asked about, and two readers make them affected.

    What is shown is for readers' eyes, and stands in no list.
    """
    shown = tmp_path / "shown.toml"
    shown.write_text(STRANGER, encoding="utf-8")
    words = ("--reader", "li.na", "--account", "im", "A058", "--shown", shown)
    found = json.loads(amends("review", "missed", root, *words, "--json"))
    assert (found["affected"], found["rows"], found["asked"]) == (False, 1, 1)
    item = found["item_id"]
    again = json.loads(amends("review", "missed", root, *words, "--json"))
    assert again["item_id"] == item, "who comes again is asked about once"
    first = json.loads(amends("review", "list", root, "--json"))[0]
    assert (first["item"], first["people"], first["person_id"]) == (item, 1.0, found["person_id"])
    assert "9999" not in amends("review", "list", root)
    for reader in READERS[:2]:
        page = amends("review", "next", root, "--reader", reader)
        assert "somebody says that they were missed" in page
        assert "139 9999 9999" in page
        assert "evidence/dump.csv, 28" in page
        amends(
            *("review", "decide", root, item, "same", "--reader", reader),
            *("--reason", "a contract of the former number"),
        )
    assert item not in amends("review", "list", root, "--most", "1000")
    amends("determine", root)
    done = json.loads(amends("review", "missed", root, *words, "--json"))
    assert (done["affected"], done["person_id"]) == (True, found["person_id"])
    assert "affected already" in amends("review", "missed", root, *words)
    (added,) = json.loads(amends("runs", "diff", root, "--json"))["people"]
    assert added["person_id"] == found["person_id"]
    assert (added["change"], added["why"]) == ("added", "readers' decision")


def test_who_shows_nothing_that_fits_is_told_so(opened_case: OpenedCase) -> None:
    """Nothing is asked where nothing fits, and bad words are refused without repeating a value.

    A question about a file that changed is not asked; the same sight of it is refused before.
    """
    opened = opened_case(CASE.replace("UNDECIDED", ""), files())
    add_operator(opened, "li.na")
    intake(opened)
    determine(opened)
    none = missed.take(opened, "li.na", ("im", "A058"), {"phone": "13911112222", "name": " "})
    assert (none.rows, none.item_id) == (0, None)
    for told, account, message in (
        ({"colour": "red"}, "A058", "colour: not a field"),
        ({"name": "  "}, "A058", "nothing is shown"),
        ({"name": "x" * 2000}, "A058", "name: longer"),
        ({"name": "somebody"}, "Z999", "no such account"),
    ):
        with pytest.raises(ReviewError, match=message) as refusal:
            missed.take(opened, "li.na", ("im", account), told)
        assert "Z999" not in str(refusal.value)
    with pytest.raises(AmendsError, match="is not there"):
        missed.take(opened, "nobody", ("im", "A058"), {"name": "x"})
    asked = missed.take(opened, "li.na", ("im", "A058"), {"phone": "13999999999"})
    assert asked.item_id is not None
    with opened.database.reading() as connection:
        kept = connection.execute("SELECT sealed, item_id::text FROM linkage.missed").fetchall()
        trail = connection.execute("SELECT details::text FROM governance.audit").fetchall()
    assert "9999" not in str(kept) + str(trail)
    assert isinstance(kept[0][0], bytes)
    assert b"99999" not in kept[0][0]
    path = opened.case.root / "evidence" / "dump.csv"
    path.write_bytes(path.read_bytes() + b"somebody else,,,\n")
    changed = replace(opened, case=read_case(opened.case.root))
    intake(changed)
    with pytest.raises(ReviewError, match="changed"):
        missed.take(changed, "li.na", ("im", "A058"), {"phone": "13999999999"})
    determine(changed)
    assert asked.item_id not in [item.item_id for item in review.listed(changed)]
