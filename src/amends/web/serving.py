"""Starts and stops the two processes of ``amends serve``.

They hold different rights: the public one is told where the published site lies and gets a database
role that puts into the inbox and reaches no room; the console gets the role of ordinary work. What
each needs goes through its standard input, which no other user can read; when that closes, it ends,
also when we are killed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psycopg

from amends.inbox.answering import clear_away
from amends.inbox.opening import numbers_key, recipient
from amends.kernel.case import Case
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.store import embedded
from amends.store.service import URL_VARIABLE, stage_lock
from amends.vault.opened import open_case
from amends.web.site.service import bake

PUBLIC_URL_VARIABLE = "AMENDS_PUBLIC_DATABASE_URL"
_PATIENCE_S = 120.0
_STOP_S = 15.0
_HOUR_S = 3600.0


class ServeError(AmendsError):
    """The processes do not start, or may not."""

    code = "serve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the processes listen; port 0 takes a free one."""

    host: str = "127.0.0.1"
    public: int = 0
    console: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """Two running processes and where they are reached."""

    public: str
    console: str
    processes: tuple[subprocess.Popen[bytes], ...]
    stopping: threading.Event
    hourly: Callable[[], object]

    def wait(self) -> None:
        """Return when it is to be stopped; until then do once an hour what has to be done.

        Raises:
            ServeError: one of them has ended by itself.
        """
        due = time.monotonic()
        while not self.stopping.wait(0.5):
            if time.monotonic() >= due:
                due += _HOUR_S
                self._tidy()
            if any(one.poll() is not None for one in self.processes):
                raise ServeError(said("one of the two processes has ended: start again"))

    def _tidy(self) -> None:
        """Do what has to be done; a database that does not answer is asked an hour later."""
        with suppress(psycopg.Error):
            self.hourly()


@contextmanager
def serving(
    root: Path, ports: Ports, *, origin: str = "", development: bool = False
) -> Iterator[Served]:
    """Both processes while the block runs.

    Raises:
        ServeError: they do not come up, or development sign-in is asked for a case of real money.
        StageBusyError: the case is being served already.
    """
    with ExitStack() as stack:
        opened = stack.enter_context(open_case(root))
        if development and not opened.case.file.made_up:
            raise ServeError(
                said("--development-sign-in works only where every rail is a simulator")
            )
        stack.enter_context(stage_lock(opened.database, "serve", patience_s=2.0))
        public, console = (_port(ports.host, one) for one in (ports.public, ports.console))
        address = origin.rstrip("/") or f"http://localhost:{console}"
        stopping = stack.enter_context(_signals())
        bake(opened.case)
        processes = tuple(
            stack.enter_context(_process(module, told))
            for module, told in (
                (
                    "amends.web.public",
                    {
                        "site": str(opened.case.site),
                        "host": ports.host,
                        "port": public,
                        "conninfo": _public_conninfo(opened.case),
                        "inbox": recipient(opened),
                        "numbers": numbers_key(opened).hex(),
                    },
                ),
                (
                    "amends.web.console",
                    {
                        "case": str(root.resolve()),
                        "host": ports.host,
                        "port": console,
                        "conninfo": opened.database.conninfo,
                        "origin": address,
                        "development": development,
                    },
                ),
            )
        )
        for process, port in zip(processes, (public, console), strict=True):
            _await(process, ports.host, port, stopping)
        yield Served(
            public=f"http://localhost:{public}",
            console=address,
            processes=processes,
            stopping=stopping,
            hourly=lambda: clear_away(opened),
        )


def _public_conninfo(case: Case) -> str | None:
    """The database as the public process reaches it; None where it gets none."""
    if os.environ.get(URL_VARIABLE):
        return os.environ.get(PUBLIC_URL_VARIABLE)
    return embedded.public_conninfo(case)


@contextmanager
def _process(module: str, told: Mapping[str, object]) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours; it is told what it needs, and ends at the end of the block."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {URL_VARIABLE, PUBLIC_URL_VARIABLE}
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        env=environment,
        start_new_session=True,  # Ctrl-C reaches us, and we end it in order
    )
    assert process.stdin is not None  # noqa: S101 - a pipe was asked for
    try:
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdin.close()


def _await(
    process: subprocess.Popen[bytes], host: str, port: int, stopping: threading.Event
) -> None:
    """Wait until a process answers.

    Raises:
        ServeError: it does not.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while not stopping.is_set():
        if process.poll() is not None or time.monotonic() > deadline:
            raise ServeError(said("a process does not come up on port {port}", port=port))
        try:
            with urllib.request.urlopen(f"http://{host}:{port}/healthz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)


def _port(host: str, wanted: int) -> int:
    """The port that is wanted, or a free one.

    Raises:
        ServeError: it is taken.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, wanted))
        except OSError as error:
            raise ServeError(
                said("port {port} is taken: choose another, or 0 for a free one", port=wanted)
            ) from error
        return int(probe.getsockname()[1])


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """An event that is set when we are asked to stop."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
