"""How fast the model case is made up, and in how much memory.

The limit is writing as many bytes to as many files, without thinking about any of them. Each size
runs in a process of its own, so that its peak of memory is its own.

    python bench/synth.py [PEOPLE ...]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import apart
from amends.synth.service import write_case

SIZES = (30_000, 300_000)
CHUNK = bytes(1 << 20)


def main() -> None:
    """Print one line for each size."""
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(_measure(int(sys.argv[2]), Path(sys.argv[3]))))
        return
    print("people      accounts    rows        MB     wall s  CPU s  people/s  x limit  peak MiB")
    for people in [int(word) for word in sys.argv[1:]] or SIZES:
        with tempfile.TemporaryDirectory() as directory:
            case = Path(directory) / "case"
            command = [sys.executable, __file__, "--one", str(people), str(case)]
            answer = subprocess.run(command, check=True, capture_output=True, text=True)
            figures: dict[str, float] = json.loads(answer.stdout)
            sizes = [path.stat().st_size for path in case.rglob("*") if path.is_file()]
            limit_s = _bare_write(Path(directory), sizes)
        wall_s = figures["wall_s"]
        print(
            f"{people:<11,} {figures['accounts']:<11,} {figures['leaked_rows']:<11,} "
            f"{sum(sizes) / 1e6:<6,.0f} {wall_s:<7.2f} {figures['cpu_s']:<6.2f} "
            f"{people / wall_s:<9,.0f} {wall_s / limit_s:<8.1f} {figures['peak_mib']:.0f}"
        )


def _measure(people: int, case: Path) -> dict[str, float]:
    """Write one case in this process."""
    began = time.perf_counter()
    summary = write_case(case, people=people)
    wall_s = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "accounts": summary.counts["accounts"],
        "leaked_rows": summary.counts["leaked_rows"],
        "wall_s": wall_s,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mib": apart.peak_mib(),
    }


def _bare_write(directory: Path, sizes: list[int]) -> float:
    """Seconds to write files of those sizes."""
    began = time.perf_counter()
    for number, size in enumerate(sizes):
        with (directory / f"bare-{number}").open("wb") as file:
            for start in range(0, size, len(CHUNK)):
                file.write(CHUNK[: size - start])
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
