import sys
from pathlib import Path

from e2e_commands import Commands

BENCH = Path(__file__).parents[2] / "bench"


def test_every_benchmark_runs(amends: Commands) -> None:
    """`make bench`, at toy sizes: every benchmark still measures what it says."""
    done = amends.run([sys.executable, str(BENCH / "all.py"), "--small"])
    scripts = {path.name for path in BENCH.glob("*.py")} - {
        *(
            "all.py",
            "demo.py",
            "desks.py",
            "escrow.py",
            "surprises.py",
            "pages.py",
            "console_pages.py",
        ),
        *("soak.py", "soak_receipts.py", "soak_worlds.py"),
        *("oracle.py", "oracle_records.py", "oracle_reasons.py", "scores.py"),
        *("apart.py", "determined.py", "exact_sql.py", "made_files.py"),
        *("bare_chunks.py", "instant_rail.py", "visitors.py"),
    }
    assert [name for name in sorted(scripts) if f"# {name}" not in done.stdout] == []
    assert done.stdout.count("all found") >= 3  # statements.py: every break of each form
    assert "WRONG" not in done.stdout
    assert "practice case: historical" in done.stdout
    assert "world harsh" in done.stdout
    assert "precision" in done.stdout
    assert "parts of one person, kept apart" in done.stdout


def test_a_break_that_is_not_found_fails_the_benchmark_of_statements(amends: Commands) -> None:
    """Breaks that the finder is told not to see: it says which, and ends with 1."""
    script = [sys.executable, str(BENCH / "statements.py"), "--lines", "300", "--breaks", "3"]
    assert "all found" in amends.run([*script, "--form", "wechat"]).stdout
    failed = amends.run([*script, "--form", "wechat", "--unseen", "fee", "missing"], code=1)
    assert "'fee': (0, 3), 'missing': (0, 6)" in failed.stderr
