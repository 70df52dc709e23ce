import sys
from pathlib import Path

import polars as pl
import pytest

from amends.evidence.service import intake
from amends.kernel.errors import StageOrderError
from amends.linkage.service import (
    affected_accounts,
    determine,
    export_accounts,
    export_affected,
    export_matches,
)
from amends.vault.opened import OpenCase
from made_cases import OpenedCase

sys.path.insert(0, str(Path(__file__).parents[2] / "bench"))
from accuracy import Accuracy, measure

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
