from pathlib import Path

import numpy as np
import polars as pl
import pytest

from amends.synth.service import World, write_case
from oracle import Oracle, consult
from oracle_reasons import Cause, reasons
from scores import Accuracy, Score, beside, interval

HEAD = """
[case]
id = "small"
title = "Small"
controller = "A company"
jurisdictions = ["CN"]
discovered_at = 2026-11-20T08:00:00+08:00
announced_at = 2026-11-21T20:00:00+08:00

[promise]
per_person = "CNY 1.00"
pay_within = "P3D"

[tariff]
preset = "flat"
amount = "CNY 1.00"

[funding]
amount = "CNY 9.00"

[[rail]]
kind = "simulator"
protocol = "alipay"

[[registry]]
product = "im"
path = "im.csv"

[[evidence]]
path = "leak.csv"
received_at = 2026-11-20T10:15:00+08:00
"""
COLUMNS = "name,phone,email,username,device_id,birthday"


def consulted(tmp_path: Path, accounts: list[str], rows: list[str]) -> Oracle:
    """The oracle on accounts and leaked rows, each ``person:name,phone,email,username,...``."""
    case, folder = tmp_path / "case", tmp_path / "records"
    case.mkdir()
    folder.mkdir()
    (case / "case.toml").write_text(HEAD, encoding="utf-8")
    people, values = zip(*(line.split(":") for line in accounts), strict=True)
    table = [f"A{at},{line}" for at, line in enumerate(values)]
    truth = [f"im,A{at},{person}" for at, person in enumerate(people)]
    _write(case / "im.csv", f"account_id,{COLUMNS}", table)
    _write(case / "truth-accounts.csv", "product,account_id,person", truth)
    _write(case / "leak.csv", COLUMNS, [line.split(":")[1] for line in rows])
    whose = [f"leak.csv,{at},{line.split(':')[0]}" for at, line in enumerate(rows, start=1)]
    _write(case / "truth-rows.csv", "evidence,row,person", whose)
    return consult(case, folder)


def _write(path: Path, header: str, lines: list[str]) -> None:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (",16012345678,,,,", ",+86 160-1234-5678,,,,"),
        (",,,,SYN123456789012345,", ",,,,syn123456789012345,"),
        ("鲁泽,,,,,", "鲁 泽,16012345678,,,,"),
        ("鲁泽,16012345678,,,,", "鲁泽,160****5678,,,,"),
        ("鲁泽,16012345678,,,,", "鲁泽,16012345,,,,"),
        ("鲁泽,16012345678,,,,1990-01-02", "鲁择,,,,,1990-01-02"),
        (",16012345678,,,SYN123456789012345,", ",1601234567,,,SYN123456789012354,"),
    ],
)
def test_equal_and_nearly_equal_evidence_joins(tmp_path: Path, one: str, other: str) -> None:
    """A key, a name, or two fields of which one is damaged join two accounts of one person."""
    oracle = consulted(
        tmp_path, [f"p:{one}", f"p:{other}", "q:王伟,16100000000,,,,"], ["q:王伟,,,,,"]
    )
    assert oracle.group.tolist()[:2] == [0, 0]
    assert oracle.accuracy.account_pairs.recall == 1.0


def test_a_leaked_row_joins_accounts_that_have_nothing_in_common(tmp_path: Path) -> None:
    """A row with the mobile of one account and the user name of another says they are one."""
    oracle = consulted(
        tmp_path,
        ["p:鲁泽,16012345678,,,,", "p:,,,syn_ze1,SYN123456789012345,"],
        ["p:,16012345678,,syn_ze1,,"],
    )
    assert oracle.group.tolist() == [0, 0, 0]


def test_what_another_person_has_as_well_joins_nobody(tmp_path: Path) -> None:
    """A nameless account with a family's mobile stays alone, and the reason says so."""
    oracle = consulted(
        tmp_path,
        ["child:鲁小,16012345678,,,,", "child:,16012345678,,,,", "parent:鲁泽,16012345678,,,,"],
        ["child:鲁小,16012345678,,,,", "child:,16012345678,,,,"],
    )
    assert oracle.group.tolist() == [0, 1, 2, 0, 4]
    found = {(reason.what, reason.cause): reason.count for reason in reasons(oracle)}
    assert found == {("accounts", Cause.OTHERS_TOO): 1, ("leaked rows", Cause.OTHERS_TOO): 1}


def test_a_mask_that_a_namesake_fits_too_joins_nobody(tmp_path: Path) -> None:
    """Two people of one name and mobiles that the masked one may be: no method can tell."""
    accounts = ["p:鲁泽,16012345678,,,,", "q:鲁泽,16099995678,,,,"]
    oracle = consulted(tmp_path, accounts, ["p:鲁泽,160****5678,,,,"])
    assert oracle.group.tolist() == [0, 1, 2]
    assert oracle.accuracy.affected.right == 0


def test_the_count_is_of_groups_with_an_account_and_a_row(tmp_path: Path) -> None:
    """A person of two halves counts twice, a stranger not at all, a missed row lowers recall."""
    oracle = consulted(
        tmp_path,
        ["p:,16012345678,,,,", "p:,,ze1@box.example.test,,,", "q:王伟,,,,,"],
        [
            "p:,16012345678,,,,",
            "p:,,ze1@box.example.test,,,",
            "q:,16200000000,,,,",
            "stranger:李一,,,,,",
        ],
    )
    accuracy = oracle.accuracy
    assert (accuracy.affected.given, accuracy.affected.right, accuracy.affected.true) == (2, 1, 2)
    assert (accuracy.rows.right, accuracy.rows.true) == (2, 3)
    assert accuracy.count_error == 0.0
    nothing = [(r.what, r.count, r.share) for r in reasons(oracle) if r.cause is Cause.NOTHING]
    assert nothing == [("accounts", 1, 1 / 3), ("leaked rows", 1, 1 / 3)]


def test_the_oracle_never_joins_two_persons(tmp_path: Path) -> None:
    """In a harsh world every group is of one person, and most rows find theirs."""
    write_case(tmp_path / "case", people=300, seed=7, world=World.HARSH)
    (tmp_path / "records").mkdir()
    oracle = consult(tmp_path / "case", tmp_path / "records")
    groups = pl.DataFrame({"group": oracle.group, "person": oracle.files.person})
    assert groups.group_by("group").agg(pl.col("person").n_unique())["person"].max() == 1
    assert 0.93 < oracle.accuracy.rows.recall < 1.0
    assert (
        oracle.accuracy.rows.true
        == np.isin(
            oracle.files.person[~oracle.files.account], oracle.files.person[oracle.files.account]
        ).sum()
    )


def test_differences_are_shown_in_points() -> None:
    """0.98 against 0.99 is one point less; an interval narrows with the number of cases."""
    ours, best = Score(right=98, given=100, true=100), Score(right=99, given=100, true=100)
    accuracies = [
        Accuracy(rows=score, account_pairs=score, affected=score, count_error=error)
        for score, error in ((ours, 0.01), (best, -0.01))
    ]
    text = beside(*accuracies)
    assert text.count("-1.00") == 7
    assert "+2.00" in text
    assert interval(0.5, 100) == pytest.approx(9.6, abs=0.1)
    assert interval(0.5, 10_000) == pytest.approx(0.98, abs=0.01)
