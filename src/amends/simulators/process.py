"""Runs a simulator as a process: state, server, an orderly end."""

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.simulators.callbacks import is_loopback
from amends.simulators.front import Answer, Front, Request
from amends.simulators.gateway import Gateway
from amends.simulators.limits import Limits, amount_in

_LOCK_WAIT_S = 10.0
_TICK_S = 0.2


class SimulatorError(AmendsError):
    """The simulator cannot start as asked."""

    code: ClassVar[str] = "simulator"


class SimulatorClock(StrEnum):
    """Whose time the simulator lives in."""

    REAL = "real"
    REQUESTS = "requests"
    """The latest ``timestamp`` of a verified call: for cases on a simulated clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorSettings:
    """What every simulator takes. ``balance`` also says the currency.

    ``keys``: where the key files are written or found (None: with the state). ``state``: where
    everything is kept (None: forgotten at the end). ``balance`` counts when the state is new.
    ``limits``: they go before those that the file of faults names.
    """

    balance: Money
    host: str = "127.0.0.1"
    port: int = 0
    keys: Path | None = None
    state: Path | None = None
    faults: Path | None = None
    clock: SimulatorClock = SimulatorClock.REAL
    limits: Limits = field(default_factory=Limits)
    parent_pipe: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulator:
    """A provider that is ready to serve. ``path``: where its gateway is; ``says``: with ready."""

    name: str
    gateway: Gateway
    answer: Callable[[Request], Answer]
    path: str
    says: Mapping[str, str]
    headed: bool = False


def read_amount(text: str, currency: str, option: str = "--balance") -> Money:
    """``CNY 100.00`` or ``100.00``, in *currency*, as *option* says it.

    Raises:
        SimulatorError: not an amount, or of another currency.
    """
    try:
        return amount_in(text, currency)
    except ValueError as error:
        raise SimulatorError(
            said("{option} {text}: {error}", option=option, text=text, error=error.args[0])
        ) from None


def run(settings: SimulatorSettings, name: str, build: Callable[[Path, Path], Simulator]) -> None:
    """Serve until SIGTERM or SIGINT (or, with ``parent_pipe``, until standard input ends).

    *build* makes the simulator *name* from the folders of its keys and its state. One line of JSON
    on standard output says when it is ready, and where:
    ``{"event": "ready", "simulator": NAME, "url": …, "keys": …, "pid": …}`` and what it says more.

    Raises:
        SimulatorError: the address is not loopback or not free, or the state is in use.
        CaseFileError: the faults file is not right.
    """
    if not is_loopback(f"http://{settings.host}/") or settings.host == "localhost":
        raise SimulatorError(
            said("{host} is not a loopback address; use 127.0.0.1 or 127.0.0.2", host=settings.host)
        )
    with _state(settings, name) as directory:
        keys = settings.keys or directory / "keys"
        simulator = build(keys, directory)
        try:
            asyncio.run(_serve(settings, simulator, keys))
        finally:
            simulator.gateway.store.close()


@contextlib.contextmanager
def _state(settings: SimulatorSettings, name: str) -> Iterator[Path]:
    """The folder of the state, for this process alone."""
    with contextlib.ExitStack() as stack:
        if settings.state is None:
            yield Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"amends-{name}-")))
            return
        settings.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = stack.enter_context((settings.state / "lock").open("w", encoding="ascii"))
        until = time.monotonic() + _LOCK_WAIT_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise SimulatorError(
                        said(
                            "{state} is used by another simulator; stop that one first",
                            state=settings.state,
                        )
                    ) from None
                time.sleep(0.05)
        yield settings.state


async def _serve(settings: SimulatorSettings, simulator: Simulator, keys: Path) -> None:
    gateway = simulator.gateway
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    front = Front(simulator.name, simulator.answer, gateway.commit, headed=simulator.headed)
    try:
        server = await loop.create_server(
            front.connection, settings.host, settings.port, backlog=512
        )
    except OSError as error:
        raise SimulatorError(
            said(
                "cannot listen on {host}:{port} ({strerror}); choose another --port, or 0 for "
                "any free one",
                host=settings.host,
                port=settings.port,
                strerror=error.strerror,
            )
        ) from None
    port = server.sockets[0].getsockname()[1]
    gateway.base_url = f"http://{settings.host}:{port}"
    gateway.advance()
    if settings.parent_pipe:
        _watch_parent(loop, stopped)
    ready = {
        "event": "ready",
        "simulator": simulator.name,
        "url": f"{gateway.base_url}{simulator.path}",
        **simulator.says,
        "keys": str(keys),
        "pid": os.getpid(),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    while not stopped.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopped.wait(), _TICK_S)
        gateway.advance()
    server.close()
    front.close()
    await gateway.callbacks.close()


def _watch_parent(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Stop when standard input ends: whoever started us is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=watch, daemon=True).start()
