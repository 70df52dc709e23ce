import subprocess
import sys
from pathlib import Path

SOAK = Path(__file__).parents[2] / "bench" / "soak_worlds.py"


def test_the_long_run_plays_worlds_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """`make soak` with two worlds; asked for the same two again, it plays none."""
    record = tmp_path / "record.json"
    words = [
        sys.executable,
        str(SOAK),
        "--seeds",
        "2",
        "--sweeps",
        "0",
        "--processes",
        "1",
        "--record",
        str(record),
    ]
    said = subprocess.check_output(words, text=True)
    assert said.startswith("2 worlds")
    assert "nobody was paid twice, nobody forgotten, every sum is zero" in said
    written = record.stat().st_mtime_ns
    assert subprocess.check_output(words, text=True) == said
    assert record.stat().st_mtime_ns == written
