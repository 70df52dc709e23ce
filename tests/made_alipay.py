"""Simulators of Alipay for tests: processes on loopback, and the rail that speaks to them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.alipay_gateway import AlipaySettings, settings_from_keys
from amends.payouts.rails.model import AccountKind, Order

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
"""Nine in the morning in Shanghai."""

_Result = TypeVar("_Result")


class AlipayProcess:
    """``amends simulate alipay`` as a process of its own; it ends with the test that started it."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-m", "amends", "simulate", "alipay", "--parent-pipe", *options]
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

    def settings(self) -> AlipaySettings:
        """What a rail needs to speak to it."""
        return settings_from_keys(self.keys, gateway=self.url)


@dataclass
class Setting:
    """A rail, the simulator behind it, and the clock that both live by."""

    process: AlipayProcess
    clock: SimulatedClock
    settings: AlipaySettings

    def run(self, work: Callable[[AlipayRail], Awaitable[_Result]]) -> _Result:
        """Do *work* with a rail that is opened and closed around it."""

        async def whole() -> _Result:
            rail = AlipayRail(self.settings, self.clock)
            try:
                return await work(rail)
            finally:
                await rail.close()

        return asyncio.run(whole())


@contextmanager
def alipay(*options: str, **settings: object) -> Iterator[Setting]:
    """A simulator that lives by the time of its requests, and what speaks to it."""
    with AlipayProcess("--clock", "requests", *options) as process:
        yield Setting(
            process=process,
            clock=SimulatedClock(START, lambda _: None),
            settings=replace(process.settings(), **settings),  # type: ignore[arg-type]  # a test's
        )


def order(number: str, *, account: str = "13800000000", amount: str = "CNY 5000.00") -> Order:
    """An order to a made-up payee."""
    return Order(
        number=InstructionId(number),
        amount=Money.parse(amount),
        payee_account=account,
        payee_account_kind=AccountKind.PHONE,
        payee_name="测试甲",
        remark="测试赔付",
    )
