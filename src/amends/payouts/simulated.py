"""A simulated provider as a process of its own, for as long as a command needs it.

The process is the ordinary `amends simulate alipay`; the client is the ordinary one. What the
provider knows lies in ``amends/simulators/`` of the case and outlives both.
"""

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue

from amends.kernel.case import Case, RailSettings
from amends.kernel.saying import said
from amends.payouts.model import RailNotAvailableError, SimulatorError

_READY_WITHIN_S = 60.0
_END_WITHIN_S = 10.0


@contextlib.contextmanager
def simulated_alipay(case: Case, settings: RailSettings) -> Iterator[tuple[str, Path]]:
    """Address of a running Alipay simulator and the folder of its key files; stopped at the end.

    Raises:
        SimulatorError: it does not start.
    """
    if settings.protocol != "alipay":
        raise RailNotAvailableError(
            said(
                '[[rail]] protocol = "{protocol}" comes with a later release; this one '
                'simulates "alipay"',
                protocol=settings.protocol,
            )
        )
    state = case.workspace / "simulators" / "alipay"
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = state / "simulator.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _command(case, settings, state),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield _ready(process, log), state / "keys"
    finally:
        _end(process)


def _command(case: Case, settings: RailSettings, state: Path) -> list[str]:
    """How the simulator is started."""
    command = [sys.executable, "-m", "amends", "simulate", "alipay", "--parent-pipe"]
    command += ["--port", "0", "--state", str(state), "--keys", str(state / "keys")]
    command += ["--currency", case.file.currency]
    if case.file.funding is not None:
        command += ["--balance", str(case.file.funding)]
    if settings.faults is not None:
        command += ["--faults", str(case.root / settings.faults)]
    if case.file.clock == "simulated":
        command += ["--clock", "requests"]
    return command


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The address from the line by which the simulator says that it serves."""
    first: Queue[bytes] = Queue()
    output = process.stdout
    assert output is not None  # noqa: S101 - started with a pipe

    def read() -> None:
        first.put(output.readline())

    threading.Thread(target=read, daemon=True).start()
    try:
        ready = json.loads(first.get(timeout=_READY_WITHIN_S))
        return str(ready["url"])
    except (Empty, ValueError, KeyError, TypeError):
        raise SimulatorError(
            said("the simulator of Alipay did not start; {log} says why", log=log)
        ) from None


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Let the simulator end by itself; end it when it does not."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
