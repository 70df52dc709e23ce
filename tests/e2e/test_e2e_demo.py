import sys
from pathlib import Path

from amends.journey import STAGES
from amends.payouts.showing import shown
from amends.stages.reached import reached
from amends.vault.opened import open_case
from e2e_commands import Commands

BENCH = Path(__file__).parents[2] / "bench"


def test_the_soak_runs(amends: Commands) -> None:
    """`make soak`, with one seed: kills, the provider's books, a changed byte in each file."""
    done = amends.run([sys.executable, str(BENCH / "soak.py"), "--seeds", "1", "--people", "60"])
    assert "all found" in done.stdout


def test_the_demo_runs_and_resumes(amends: Commands, tmp_path: Path) -> None:
    """`make demo` with few people: every line of its summary holds, twice."""
    demo = [sys.executable, str(BENCH / "demo.py"), str(tmp_path / "demo"), "--people", "300"]
    amends.roots.append(tmp_path / "demo")
    for _ in range(2):
        done = amends.run(demo)
        assert "✗" not in done.stdout
        assert done.stdout.count("✓") == 21
    with open_case(tmp_path / "demo") as opened:
        for stage in STAGES:
            found = reached(opened, stage.name, lambda: shown.funnel(opened))
            assert found is not None, stage.name
            assert found.told, stage.name
