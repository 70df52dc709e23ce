import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from e2e_commands import APPROVALS, Commands

STAGES = ["intake", "determine", "award", "publish", "notify", "pay", "reconcile"]
KILLED = -9
# Which of a stage's events are tried, before and after by turns; `make soak` tries them at random.
TRIED = [("before", 1), ("after", 1), ("after", 2), ("before", 5)]


def persons(amends: Commands, case: Path) -> set[frozenset[tuple[str, str]]]:
    """Affected people as sets of their accounts: what is the same whatever the case's secret."""
    for what in ("accounts", "affected"):
        amends("export", what, case, "--to", case / f"{what}.parquet")
    accounts = pl.read_parquet(case / "accounts.parquet")
    affected = pl.read_parquet(case / "affected.parquet")
    groups = accounts.join(affected.select("person_id"), on="person_id").partition_by("person_id")
    return {frozenset(group.select("product", "account_id").iter_rows()) for group in groups}


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["commit", "rename"])
def test_a_kill_anywhere_changes_nothing(
    amends: Commands, fresh_case: Callable[[str], Path], kind: str
) -> None:
    """Killed with -9 before and after commits or renames of every stage, the journey ends alike.

    It ends with the people of a case that was not killed; nobody is awarded or paid twice, nobody
    is forgotten, and the roster verifies.
    """
    case, unkilled = fresh_case("killed"), fresh_case("unkilled")
    amends("run", unkilled, "--until", "determine")
    kills = dict.fromkeys(STAGES, 0)
    for stage in STAGES:
        for moment, nth in TRIED:
            if (
                amends.killed_at(f"{moment}-{kind}", nth, stage, case, *APPROVALS).returncode
                != KILLED
            ):
                break
            kills[stage] += 1
        amends(stage, case, *APPROVALS)
    expected = STAGES if kind == "commit" else ["intake", "determine", "publish", "reconcile"]
    assert all(kills[stage] for stage in expected), kills
    assert persons(amends, case) == persons(amends, unkilled)
    for what in ("awards", "payments"):
        amends("export", what, case, "--to", case / f"{what}.parquet")
    awards, payments = (
        pl.read_parquet(case / f"{what}.parquet") for what in ("awards", "payments")
    )
    assert awards["person_id"].is_unique().all()
    assert set(awards["person_id"]) == set(pl.read_parquet(case / "affected.parquet")["person_id"])
    gone = payments.filter(pl.col("state").is_in(["settled", "returned", "accepted", "unknown"]))
    assert gone["award_index"].is_unique().all()
    policy = case / "policy.txt"
    amends("policy", case, "--to", policy)
    log = str(case / "amends" / "site" / "log")
    amends.run([sys.executable, "-m", "amends_verify", "all", log, "--policy", str(policy)])
