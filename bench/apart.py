"""A benchmark's steps, each in a process of its own, so that none warms or fills another's memory.

A step runs once on toy files first: imports and the loading of compiled code are in no figure, be
it ours or another's.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

HEADING = "rows        step                 wall s   CPU s   x limit  peak GiB  answer"
Step = Callable[[Path], object]


class Measured(TypedDict):
    """Seconds of a step, peak memory of its process, and what came out."""

    wall_s: float
    cpu_s: float
    peak_gib: float
    answer: object


def alone(script: str, *words: str | Path) -> Any:  # noqa: ANN401 -- what the script says
    """What *script* says as JSON, called with ``--one`` and *words* in a process of its own."""
    command = [sys.executable, script, "--one", *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def one_of(script: str, step: str, toy: Path, folder: Path) -> Measured:
    """Run *script* alone, for it to give the rest to :func:`say`."""
    measured: Measured = alone(script, step, toy, folder)
    return measured


def say(step: Step, toy: Path, folder: Path) -> None:
    """Print, as JSON, what *step* takes on the files in *folder*."""
    step(toy)
    wall, cpu = time.perf_counter(), time.process_time()
    answer = step(folder)
    measured: Measured = {
        "wall_s": time.perf_counter() - wall,
        "cpu_s": time.process_time() - cpu,
        "peak_gib": peak_mib() / 1024,
        "answer": answer,
    }
    print(json.dumps(measured))


def line(rows: int, step: str, one: Measured, base: Measured) -> str:
    """A line under :data:`HEADING`; *base* is the limit."""
    return (
        f"{rows:<11,} {step:<20} {one['wall_s']:<8.2f} {one['cpu_s']:<7.2f} "
        f"{one['cpu_s'] / base['cpu_s']:<8.2f} {one['peak_gib']:<9.2f} {one['answer']}"
    )


def peak_mib() -> float:
    """Most memory of this program; the kernel's other figure begins with that of its parent."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
