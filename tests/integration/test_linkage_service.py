from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from accuracy import Accuracy, measure
from amends.evidence.intake import intake
from amends.kernel.casefile import read_case
from amends.kernel.errors import StageOrderError
from amends.linkage.determine import determine
from amends.linkage.service import (
    affected_accounts,
    affected_in_parts,
    export_accounts,
    export_affected,
    export_matches,
    export_refused,
)
from amends.linkage.telling.runs import runs
from amends.vault.opened import OpenCase
from made_cases import OpenedCase

TWO_PEOPLE = """
[case]
id = "two"
controller = "Two"
[promise]
per_person = "CNY 1.00"
pay_within = "P3D"
[tariff]
preset = "flat"
amount = "CNY 1.00"
[funding]
amount = "CNY 10.00"
[[registry]]
product = "im"
path = "registries/im.csv"
[[rail]]
kind = "simulator"
protocol = "alipay"
[[evidence]]
path = "evidence/dump.csv"
"""
HISTORICAL = Path(__file__).parents[1] / "cases" / "historical"


def made(opened_case: OpenedCase) -> OpenCase:
    """The practice case, taken in."""
    files = {
        str(path.relative_to(HISTORICAL)): path.read_bytes()
        for path in sorted(HISTORICAL.rglob("*"))
        if path.is_file() and path.name != "case.toml"
    }
    opened = opened_case((HISTORICAL / "case.toml").read_text(encoding="utf-8"), files)
    intake(opened)
    return opened


def measured(opened: OpenCase) -> Accuracy:
    """How well the exports agree with the truth."""
    exports = (export_matches(opened), export_accounts(opened), export_affected(opened))
    return measure(HISTORICAL, *(pl.DataFrame(table) for table in exports))


def test_real_people_without_a_key_are_found(opened_case: OpenedCase) -> None:
    """On the practice case the figures stay above floors that lie well below what is reached.

    Determining twice changes nothing, and the people affected are those with a matched row.
    """
    opened = made(opened_case)
    summary = determine(opened)
    accuracy = measured(opened)
    assert accuracy.rows.f1 > 0.86
    assert accuracy.rows.precision > 0.98
    assert accuracy.account_pairs.f1 > 0.85
    assert accuracy.affected.f1 > 0.90
    matches, affected = (pl.DataFrame(t(opened)) for t in (export_matches, export_affected))
    assert matches.height == summary.counts["leaked_rows"]
    matched = matches.filter(pl.col("outcome") == "matched")
    assert set(matched["person_id"]) == set(affected["person_id"])
    assert affected["rows"].sum() == matched.height
    again = determine(opened)
    assert again.counts == summary.counts
    assert again.notes
    accounts = affected_accounts(opened, ["name", "phone"])
    assert set(accounts["person_id"]) == set(affected["person_id"])
    assert accounts["phone"].is_null().all()
    assert export_matches(opened).column_names == [
        "evidence",
        "row",
        "outcome",
        "person_id",
        "product",
        "account_id",
        "method",
        "probability",
        "reason",
    ]


def test_nothing_is_exported_before_it_is_determined(opened_case: OpenedCase) -> None:
    """The message says which command comes first."""
    opened = opened_case()
    with pytest.raises(StageOrderError, match="amends determine"):
        export_matches(opened)


def few(opened_case: OpenedCase) -> OpenCase:
    """Two accounts, and a row of one of them, taken in."""
    registry = "account_id,name,phone\nA1,种植甲乙,13800009999\nA2,李大红,\n"
    rows = "name,phone\n种植甲乙,+86 138-0000-9999\n陌生人,13900001111\n"
    opened = opened_case(
        TWO_PEOPLE,
        {"registries/im.csv": registry.encode(), "evidence/dump.csv": rows.encode()},
    )
    intake(opened)
    return opened


def test_a_case_of_a_few_people_is_determined(opened_case: OpenedCase) -> None:
    """Small registries teach the model little, and the result is the obvious one all the same."""
    opened = few(opened_case)
    counts = determine(opened).counts
    assert (counts["accounts"], counts["persons"], counts["leaked_rows"]) == (2, 2, 2)
    assert (counts["matched"], counts["unmatched"], counts["affected"]) == (1, 1, 1)
    assert export_refused(opened).num_rows == 0


@pytest.mark.parametrize(
    "part",
    [
        "determine.result_digest",
        "determine._stated",
        "determine._write",
        "store.insert_people",
        "store.insert_moved",
        "naming.names",
    ],
)
def test_where_a_part_fails_nothing_counts(
    opened_case: OpenedCase, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    """Whichever of the parts that run beside each other it is; the next determination is the first.

    What was the matter is what is raised.
    """
    opened = few(opened_case)

    def fails(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(f"amends.linkage.{part}", fails)
        with pytest.raises(OSError, match="disk is full"):
            determine(opened)
    with pytest.raises(StageOrderError):
        export_affected(opened)
    assert determine(opened).counts["affected"] == 1
    assert [run.run_no for run in runs(opened)] == [1]
    assert export_accounts(opened).num_rows == 2


def test_refused_joins_are_written_out(opened_case: OpenedCase) -> None:
    """Whom a family's mobile does not join stands in the export, with the reason, without it."""
    registry = "account_id,name,phone\nA1,种植甲乙,13800009999\nA2,李大红,13800009999\n"
    opened = opened_case(
        TWO_PEOPLE,
        {
            "registries/im.csv": registry.encode(),
            "evidence/dump.csv": "name,phone\n李大红,13800009999\n".encode(),
        },
    )
    intake(opened)
    assert determine(opened).counts["refused_phone_with_unlike_names"] == 1
    assert export_refused(opened).to_pylist() == [
        {
            "refusal": 0,
            "kind": "phone",
            "reason": "with_unlike_names",
            "accounts": 2,
            "product": "im",
            "account_id": account,
        }
        for account in ("A1", "A2")
    ]
    assert pl.DataFrame(export_affected(opened))["categories"].to_list() == ["NAME;PHONE"]


def test_later_evidence_makes_a_new_run_and_keeps_the_ids(opened_case: OpenedCase) -> None:
    """A later find adds people; whoever was affected before has the same id as before."""
    registry = "account_id,name,phone\nA1,种植甲乙,13800009999\nA2,李大红,13900001111\n"
    files = {
        "registries/im.csv": registry.encode(),
        "evidence/dump.csv": "name,phone\n种植甲乙,13800009999\n".encode(),
        "evidence/second.csv": "name,phone\n李大红,13900001111\n".encode(),
    }
    opened = opened_case(TWO_PEOPLE, files)
    intake(opened)
    determine(opened)
    before = pl.DataFrame(export_affected(opened))["person_id"].to_list()
    later = '[[evidence]]\npath = "evidence/second.csv"\ntranche = 2\n'
    (opened.case.root / "case.toml").write_text(TWO_PEOPLE + later, encoding="utf-8")
    case = read_case(opened.case.root)
    again = replace(opened, case=case)
    intake(again)
    assert determine(again).counts["affected"] == 2
    after = pl.DataFrame(export_affected(again))
    assert set(before) < set(after["person_id"])
    assert sorted(after["tranche"].to_list()) == [1, 2]
    assert len(list((case.evidence_room / "linkage").iterdir())) == 1


def test_affected_people_in_parts_are_those_by_name(opened_case: OpenedCase) -> None:
    """Also when files changed since, and when people keep the names that other accounts gave."""
    registries = {
        "registries/im.csv": "account_id,name,phone\n"
        + "".join(f"A{n},种植{'甲乙丙丁'[n]},1380000{n:04}\n" for n in range(4)),
        "registries/mail.csv": "account_id,name,phone\n"
        + "".join(f"B{n},种植{'甲乙丙丁'[n]},1380000{n:04}\n" for n in (3, 1)),
    }
    dump = "name,phone\n" + "".join(f"种植{'甲乙丙丁'[n]},1380000{n:04}\n" for n in (3, 0, 1))
    second = '[[registry]]\nproduct = "mail"\npath = "registries/mail.csv"\n'
    opened = opened_case(
        TWO_PEOPLE.replace("[[rail]]", second + "[[rail]]"),
        {name: text.encode() for name, text in (registries | {"evidence/dump.csv": dump}).items()},
    )
    fields = ["account_id", "product", "name", "phone"]

    def agree() -> int:
        parts = affected_in_parts(opened, ["account_id", "name", "phone"], pl.DataFrame)
        ids = parts.ids()
        found = (
            pl.concat(parts.accounts)
            .drop_nulls("person")
            .with_columns(pl.col("product").cast(pl.String))
        )
        named = found.with_columns(ids.gather(found["person"]).alias("person_id"))
        expected = affected_accounts(opened, ["name", "phone"])
        assert ids.to_list() == sorted(set(expected["person_id"]))
        assert parts.people == len(ids)
        order = ["person_id", *fields]
        assert named.select(order).sort(order).equals(expected.select(order).sort(order))
        return parts.people

    intake(opened)
    determine(opened)
    assert agree() == 3
    left = registries["registries/im.csv"].replace("A3,种植丁,13800000003\n", "A9,种植戊,\n")
    (opened.case.root / "registries/im.csv").write_text(left, encoding="utf-8")
    intake(opened)
    assert agree() == 3
    determine(opened)
    assert agree() == 3
