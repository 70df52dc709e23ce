import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from amends.awards.service import award, kept_awards
from amends.evidence.intake import intake
from amends.governance.service import add_operator
from amends.kernel.casefile import read_case
from amends.linkage.determine import determine
from amends.linkage.review import service as review
from amends.linkage.review.answers import Answer
from amends.linkage.service import export_accounts, export_affected, export_matches
from amends.linkage.telling import runs
from amends.vault.opened import OpenCase
from called import called
from made_cases import MINIMAL_CASE, CaseDirectory, OpenedCase

READERS = ("li.na", "wang.wei")
REGISTRY = (
    "account_id,name,phone,email\n"
    "A1,种植甲乙,13800009999,\n"
    "A2,种植甲乙,,zhongzhi.jiayi@planted.example.invalid\n"
    "A3,种植丙丁,13800009998,\n"
    "A4,李大红,13900001111,\n"
)
FIRST = (
    "name,phone,email\n"
    "种植甲乙,13800009999,\n"
    "种植甲乙,,zhongzhi.jiayi@planted.example.invalid\n"
    "李大红,13900001111,\n"
)
SECOND = (
    "name,phone,address\n种植丙丁,13800009998,\n种植甲乙,13800009999,种植省种植市无名路九九九号\n"
)
BOTH = (
    "account_id,name,phone,email\nG1,种植甲乙,13800009999,zhongzhi.jiayi@planted.example.invalid\n"
)
LATER = """
[[evidence]]
path = "evidence/second.csv"
tranche = 2

[[registry]]
product = "game"
path = "registries/game.csv"
"""


def _later(opened: OpenCase) -> OpenCase:
    """The case after a second find, which brings another registry too."""
    path = opened.case.root / "case.toml"
    path.write_text(MINIMAL_CASE + LATER, encoding="utf-8")
    return replace(opened, case=read_case(opened.case.root))


def _awards(opened: OpenCase) -> list[str]:
    """Who has an award, in the order of the indexes."""
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT person_id FROM awards.award ORDER BY award_index")
        return [str(person) for (person,) in rows]


def _as_earlier_versions_wrote(opened: OpenCase) -> None:
    """Let the files of the run have texts in place of places; what they say is the same."""
    told = {"accounts": export_accounts, "matches": export_matches}
    before = {name: pl.DataFrame(export(opened)) for name, export in told.items()}
    (folder,) = (opened.case.evidence_room / "linkage").iterdir()
    for name, table in before.items():
        arrow = table.to_arrow(compat_level=pl.CompatLevel.oldest())
        opened.vault.write_parquet(arrow, folder / f"{name}.parquet")
    (folder / "people.parquet").unlink()
    assert all(before[name].equals(pl.DataFrame(told[name](opened))) for name in told)


@pytest.mark.parametrize("earlier_version", [False, True])
def test_a_later_find_awards_nobody_twice_and_drops_nobody_silently(
    opened_case: OpenedCase, *, earlier_version: bool
) -> None:
    """A second tranche adds a person and a category; two that are one are awarded no third time.

    Whom readers take away keeps the award, and the summary says so; differences have reasons. So
    it is where an earlier version of the program has written the first run.
    """
    files = {
        "registries/im.csv": REGISTRY.encode(),
        "registries/game.csv": BOTH.encode(),
        "evidence/dump.csv": FIRST.encode(),
        "evidence/second.csv": SECOND.encode(),
    }
    opened = opened_case(MINIMAL_CASE, files, approve_as=READERS)
    for reader in READERS:
        add_operator(opened, reader)
    intake(opened)
    assert determine(opened).counts["affected"] == 3
    if earlier_version:
        _as_earlier_versions_wrote(opened)
    people = pl.DataFrame(export_affected(opened))["person_id"].to_list()
    assert award(opened).counts["awards_new"] == 3
    first = _awards(opened)
    assert sorted(first) == sorted(people)
    assert kept_awards(opened).counts == {}

    review.draw_sample(opened, 50, 1)
    red = next(
        item
        for item in review.listed(opened, sample=True)
        if review.show(opened, item.item_id, "li.na").questions[0].one.values["name"] == "李大红"
    )
    for reader in READERS:
        review.decide(opened, red.item_id, Answer.DIFFERENT, reader, reason="another year of birth")
    later = _later(opened)
    intake(later)
    summary = determine(later)
    assert summary.counts["affected"] == 2
    assert summary.counts["dropped"] == 1
    assert any("keeps it" in note for note in summary.notes)
    assert kept_awards(later).counts == {"awarded_and_not_found": 2}

    counts = award(later).counts
    assert (counts["awards_new"], counts["awards"]) == (1, 4)
    assert _awards(later)[:3] == first, "nothing that was awarded moves"
    found = runs.compare(later).people
    changes = dict(found.group_by("change").len().iter_rows())
    assert changes == {"added": 1, "dropped": 1, "merged": 1, "categories": 1}
    assert found.filter(pl.col("change") == "added")["why"].to_list() == ["later find"]
    merged = found.filter(pl.col("change") == "merged")
    assert {merged["person_id"][0], merged["other_person_id"][0]} < set(first)
    grown = found.filter(pl.col("change") == "categories")
    assert "ADDRESS" in grown["after"][0]
    assert award(later).counts["awards_new"] == 0


def test_two_who_were_taken_for_one_are_both_awarded_once(
    case_directory: CaseDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    """By commands: readers part an awarded person and a later find names both parts.

    The part with the name-giver keeps id and award, the other is awarded for the first time, the
    difference says `split`, and awarding again adds nothing.
    """

    def amends(*words: str | Path) -> str:
        capsys.readouterr()
        called(*words)
        return capsys.readouterr().out

    head, own = "account_id,name,phone,email\n", "@planted.example.invalid\n"
    game = '\n[[registry]]\nproduct = "game"\npath = "registries/game.csv"\n'
    later = '\n[[evidence]]\npath = "evidence/second.csv"\ntranche = 2\n'
    root = case_directory(
        MINIMAL_CASE + game,
        {
            "registries/im.csv": f"{head}A1,种植甲乙,13800009999,jiayi{own}".encode(),
            "registries/game.csv": f"{head}G1,种植甲乙,13800009999,yijia{own}".encode(),
            "evidence/dump.csv": "name,phone\n种植甲乙,13800009999\n".encode(),
            "evidence/second.csv": f"name,email\n种植甲乙,jiayi{own}种植甲乙,yijia{own}".encode(),
        },
    )
    approve = [word for reader in READERS for word in ("--approve-as", reader)]
    for reader in READERS:
        amends("operator", "add", root, reader)
    amends("run", root, "--until", "award", *approve)
    amends("review", "sample", root, "--size", "10")
    drawn = json.loads(amends("review", "list", root, "--sample", "--json"))
    (pair,) = [one["item"] for one in drawn if one["kind"] == "accounts"]
    for reader in READERS:
        words = ("--reader", reader, "--reason", "father and son")
        amends("review", "decide", root, pair, "different", *words)
    (root / "case.toml").write_text(MINIMAL_CASE + game + later, encoding="utf-8")
    amends("intake", root)
    counts = json.loads(amends("determine", root, "--json"))["counts"]
    assert (counts["affected"], counts.get("dropped", 0)) == (2, 0)
    told = json.loads(amends("runs", "diff", root, "--json"))["people"]
    split = [one for one in told if one["change"] == "split"]
    assert len(split) == 1
    awarded = json.loads(amends("award", root, *approve, "--json"))["counts"]
    assert (awarded["awards_new"], awarded["awards"]) == (1, 2)
    assert json.loads(amends("award", root, *approve, "--json"))["counts"]["awards_new"] == 0
    amends("export", "awards", root, "--to", root / "awards.csv")
    people = pl.read_csv(root / "awards.csv")["person_id"].to_list()
    assert people == [split[0]["other_person_id"], split[0]["person_id"]]


def test_who_is_one_with_whom_is_as_last_said(opened_case: OpenedCase) -> None:
    """Merged stands until found apart, also through others."""
    opened = opened_case()
    a, b, c = (sign * 26 for sign in "abc")
    said = [
        (1, b, a, "merged"),  # b is a
        (2, a, c, "merged"),  # a is c, and b with it
        (3, c, a, "split"),  # a comes out of c, and b with it
        (4, a, b, "split"),  # b comes out of a
        (5, b, a, "merged"),
    ]
    standing = [{(b, a)}, {(b, a), (a, c), (b, c)}, {(b, a)}, set(), {(b, a)}]
    for (run_no, earlier, now, change), expected in zip(said, standing, strict=True):
        with opened.database.unit_of_work() as connection:
            connection.execute(
                "INSERT INTO linkage.run (run_no, input_digest, settings, result_digest, counts, "
                "finished_at) VALUES (%s, repeat('0', 64), '{}', repeat('0', 64), '{}', now())",
                (run_no,),
            )
            connection.execute(
                "INSERT INTO linkage.moved VALUES (%s, %s, %s, %s)", (run_no, earlier, now, change)
            )
        with opened.database.reading() as connection:
            rows = connection.execute("SELECT earlier_id, person_id FROM linkage.former")
            assert set(rows.fetchall()) == expected
