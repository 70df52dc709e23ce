"""Every headline figure, each beside its limit in the same run: ``make bench``.

``--small`` runs all of it at toy sizes, in seconds: the tests do, so that no benchmark rots.
"""

import argparse
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parent
# script → arguments at full size, and at toy size
SCRIPTS = {
    "exact.py": (["300000", "3000000"], ["300"]),
    "components.py": (["200000", "2000000", "25000000", "--splink"], ["2000", "--splink"]),
    "synth.py": (["30000", "300000"], ["300", "600"]),
    "intake.py": (["100000", "1000000"], ["--together", "2000"]),
    "persons.py": (["300000", "3000000"], ["300"]),
    "categories.py": (
        ["--rows", "400", "--seeds", "3", "--sentences", "20000"],
        [
            *("--rows", "20", "--seeds", "1", "--every", "60"),
            *("--sentences", "20", "--presidio-values", "1"),
        ],
    ),
    "normalise.py": (["30000", "300000"], ["300"]),
    "formats.py": (["100000", "1000000"], ["--together", "500"]),
    "awards.py": (["300000", "3000000"], ["300"]),
    "payees.py": (["300000", "3000000"], ["300"]),
    "notices.py": (["30000", "300000"], ["300"]),
    "payouts.py": (["30000", "300000"], ["300"]),
    "recovery.py": ([], ["--rounds", "1"]),
    "statements.py": (["--lines", "3000000"], ["--lines", "300", "--breaks", "3"]),
    "iso20022.py": ([], ["--payments", "60", "--per-file", "20"]),
    "web.py": (["--requests", "20000"], ["--requests", "200", "--rounds", "1"]),
    "rail.py": (["--calls", "10000"], ["--calls", "50"]),
    "web_console.py": ([], ["--payments", "200", "--requests", "100", "--rounds", "1"]),
    "overload.py": ([], ["--seconds", "0.4", "--connections", "64"]),
    "weighing.py": (
        [
            "--rate",
            "30000",
            "300000",
            "100000",
            "1000000",
            "--residual",
            "30000",
            "300000",
            "300000",
            "3000000",
        ],
        ["--rate", "100", "300", "--residual", "100", "300"],
    ),
    "weighing_accuracy.py": ([], ["historical", "febrl4", "--people", "300"]),
    "accuracy.py": (
        ["--all", "--people", "30000"],
        ["--all", "--people", "300", "--worlds", "harsh"],
    ),
    "losses.py": (["--people", "30000"], ["--people", "300"]),
    "roster.py": (["--people", "30000", "300000"], ["--people", "300"]),
    "check_page.py": ([], ["--receipts", "2"]),
    "codes.py": (["30000", "300000"], ["300"]),
    "simulation.py": (["300000", "3000000"], ["300"]),
    "review.py": (["--questions", "30000", "300000"], ["--questions", "300", "600"]),
}


def main() -> None:
    """Run all, or all small; stop at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    for script, sizes in SCRIPTS.items():
        print(f"\n# {script}", flush=True)
        _run(str(BENCH / script), *sizes[small])


def _run(*arguments: str) -> None:
    done = subprocess.run([sys.executable, *arguments], check=False)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)} ended with {done.returncode}")


if __name__ == "__main__":
    main()
