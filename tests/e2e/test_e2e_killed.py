import shutil
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


Exported = dict[str, pl.DataFrame]
Person = frozenset[tuple[str, str]]


def exported(amends: Commands, case: Path) -> Exported:
    """Every table of a case, by name."""
    amends("export", "all", case, "--to", case / "all")
    return {path.stem: pl.read_parquet(path) for path in (case / "all").iterdir()}


def persons(tables: Exported) -> frozenset[Person]:
    """Affected people as sets of their accounts: what is the same whatever the case's secret."""
    affected = tables["affected"].select("person_id")
    groups = tables["accounts"].join(affected, on="person_id").partition_by("person_id")
    return frozenset(
        frozenset(group.select("product", "account_id").iter_rows()) for group in groups
    )


@pytest.fixture(scope="module")
def unkilled(
    amends: Commands, made_case: Path, tmp_path_factory: pytest.TempPathFactory
) -> frozenset[Person]:
    """The people of a case that nothing has happened to."""
    case = tmp_path_factory.mktemp("unkilled") / "case"
    shutil.copytree(made_case, case)
    amends.roots.append(case)
    amends("run", case, "--until", "determine")
    return persons(exported(amends, case))


@pytest.mark.whole
@pytest.mark.parametrize("kind", ["commit", "rename"])
def test_a_kill_anywhere_changes_nothing(
    amends: Commands,
    fresh_case: Callable[[str], Path],
    unkilled: frozenset[Person],
    kind: str,
) -> None:
    """Killed with -9 before and after commits or renames of every stage, the journey ends alike.

    It ends with the people of a case that was not killed; nobody is awarded or paid twice, nobody
    is forgotten, and the roster verifies.
    """
    case = fresh_case("killed")
    kills = dict.fromkeys(STAGES, 0)
    for stage in STAGES:
        for moment, nth in TRIED:
            done = amends.killed_at(f"{moment}-{kind}", nth, stage, case, *APPROVALS)
            if done.returncode != KILLED:  # it had fewer events, and came to its end
                assert done.returncode == 0, done.stderr[-3000:]
                break
            kills[stage] += 1
        else:
            amends(stage, case, *APPROVALS)
    expected = STAGES if kind == "commit" else ["intake", "determine", "publish", "reconcile"]
    assert all(kills[stage] for stage in expected), kills
    tables = exported(amends, case)
    assert persons(tables) == unkilled
    awards, payments = tables["awards"], tables["payments"]
    assert awards["person_id"].is_unique().all()
    assert set(awards["person_id"]) == set(tables["affected"]["person_id"])
    gone = payments.filter(pl.col("state").is_in(["settled", "returned", "accepted", "unknown"]))
    assert gone["award_index"].is_unique().all()
    policy = case / "policy.txt"
    amends("policy", case, "--to", policy)
    log = str(case / "amends" / "site" / "log")
    amends.run([sys.executable, "-m", "amends_verify", "all", log, "--policy", str(policy)])
