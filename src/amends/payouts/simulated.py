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
from typing import Final

from amends.kernel.case import Case, RailSettings
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.model import SimulatorError

_READY_WITHIN_S = 60.0
_END_WITHIN_S = 10.0


SIMULATED: Final = frozenset(("alipay", "wechatpay"))
"""Protocols that a simulator speaks as a process beside a command."""


@contextlib.contextmanager
def simulated(
    case: Case, settings: RailSettings, *, notify_url: str | None
) -> Iterator[tuple[str, Path]]:
    """Address of a running simulator and the folder of its key files; stopped at the end.

    Raises:
        SimulatorError: it does not start.
    """
    state = case.workspace / "simulators" / settings.protocol
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    log = state / "simulator.log"
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _command(case, settings, state, notify_url),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        yield _ready(process, log, settings.protocol), state / "keys"
    finally:
        _end(process)


def _command(case: Case, settings: RailSettings, state: Path, notify_url: str | None) -> list[str]:
    """How the simulator is started."""
    command = [sys.executable, "-m", "amends", "simulate", settings.protocol, "--parent-pipe"]
    command += ["--port", "0", "--state", str(state), "--keys", str(state / "keys")]
    command += ["--currency", case.file.currency]
    holds = settings.holds or _share(case)
    if holds is not None:
        command += ["--balance", str(holds)]
    if settings.faults is not None:
        command += ["--faults", str(case.root / settings.faults)]
    if case.file.clock == "simulated":
        command += ["--clock", "requests"]
    if settings.protocol == "wechatpay" and notify_url is not None:
        command += ["--notify-url", notify_url]
    return command


def _share(case: Case) -> Money | None:
    """What lies at a simulator that case.toml says nothing of: an equal share of the funds."""
    funds, named = case.file.funding, [rail.holds for rail in case.file.rails]
    if funds is None:
        return None
    left = funds.amount_minor - sum(holds.amount_minor for holds in named if holds)
    return Money(amount_minor=max(left, 0) // named.count(None), currency=funds.currency)


def _ready(process: "subprocess.Popen[bytes]", log: Path, protocol: str) -> str:
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
            said(
                "the simulator of {protocol} did not start; {log} says why",
                protocol=protocol,
                log=log,
            )
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
