"""Simulators of providers for tests: processes on loopback, and the rails that speak to them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

from aiohttp import web

from amends.kernel.clock import Clock, SimulatedClock
from amends.kernel.ids import InstructionId
from amends.payouts.rails.model import Accepted, Order, PreparedRequest, QueryAnswer, Rail, Unknown

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai."""

_Rail = TypeVar("_Rail", bound=Rail)
_Settings = TypeVar("_Settings")
_Result = TypeVar("_Result")


class SimulatorProcess:
    """``amends simulate NAME`` as a process of its own; it ends with the test that started it."""

    def __init__(self, name: str, *options: str) -> None:
        command = [sys.executable, "-m", "amends", "simulate", name, "--parent-pipe", *options]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            _, said = self._process.communicate()
            raise RuntimeError(f"the simulator did not start: {said}")
        ready = json.loads(line)
        self.url: str = ready["url"]
        self.keys = Path(ready["keys"])
        self.pid: int = ready["pid"]

    def __enter__(self) -> Self:
        """The running process."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End it, and see that it had nothing to complain about."""
        said = self.end()
        if kind is None:
            assert said == "", said

    def end(self) -> str:
        """Let it end as its parent's death would; what it said on standard error."""
        _, said = self._process.communicate(timeout=20)
        return said

    def kill(self) -> None:
        """``kill -9``."""
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.communicate(timeout=20)

    @property
    def exit_code(self) -> int | None:
        """How it ended."""
        return self._process.returncode


@dataclass
class RailSetting(Generic[_Rail, _Settings]):
    """A rail, the simulator behind it, and the clock that both live by.

    ``unknown_payee``: an account that no payee has, where the faults say so.
    """

    process: SimulatorProcess
    clock: SimulatedClock
    settings: _Settings
    opened: Callable[[_Settings, Clock], _Rail]
    made: "MakesOrders"
    unknown_payee: str

    def order(self, number: str, *, account: str | None = None, amount: str | None = None) -> Order:
        """An order to a made-up payee."""
        one = self.made(number)
        return self.made(
            number,
            account=one.payee_account if account is None else account,
            amount=amount or str(one.amount),
        )

    def run(self, work: Callable[[_Rail], Awaitable[_Result]]) -> _Result:
        """Do *work* with a rail that is opened and closed around it."""

        async def whole() -> _Result:
            rail = self.opened(self.settings, self.clock)
            try:
                return await work(rail)
            finally:
                await rail.close()

        return asyncio.run(whole())

    async def ended(self, rail: Rail, prepared: PreparedRequest) -> QueryAnswer:
        """Send a request, and ask until its payee and the provider have done what they do."""
        answer: QueryAnswer = await rail.submit(prepared)
        for _ in range(5):
            if not isinstance(answer, Accepted):
                break
            self.clock.sleep(timedelta(minutes=1))
            answer = await rail.query(prepared.number)
        assert not isinstance(answer, Accepted)
        return answer

    async def spent(self, rail: Rail) -> tuple[InstructionId, Unknown]:
        """Order until the provider says no: the number that it said so of, and what it said."""
        most = rail.capabilities.transfer_max
        for n in range((await rail.balance()).amount_minor // most.amount_minor + 1):
            prepared = rail.prepare(self.order(f"SPEND{n}", amount=str(most)))
            answer = await rail.submit(prepared)
        assert isinstance(answer, Unknown)
        return prepared.number, answer


class MakesOrders(Protocol):
    """What makes an order to a made-up payee of a rail."""

    def __call__(self, number: str, *, account: str = ..., amount: str = ...) -> Order:
        """The order *number*."""


@asynccontextmanager
async def listener(
    answers: list[tuple[int, str]],
) -> AsyncIterator[tuple[str, list[tuple[dict[str, str], bytes]]]]:
    """A merchant's address for notifications: its URL, and what came (headers, body).

    *answers*: status and text of the first answers; afterwards all is acknowledged.
    """
    came: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.BaseRequest) -> web.Response:
        came.append((dict(request.headers), await request.read()))
        status, text = answers.pop(0) if answers else (200, "success")
        return web.Response(status=status, text=text)

    server = web.Server(take)
    loop = asyncio.get_running_loop()
    site = await loop.create_server(server, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{site.sockets[0].getsockname()[1]}/notify", came
    finally:
        site.close()
        await server.shutdown(1.0)


async def until(came: Sequence[object], count: int) -> None:
    """Wait for notifications, ten seconds at most."""
    for _ in range(200):
        if len(came) >= count:
            return
        await asyncio.sleep(0.05)
