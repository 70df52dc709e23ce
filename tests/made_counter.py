"""Simulated counters for tests: folders, the rail on one side, branch or notary on the other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.counter import CounterSettings, counter_rail, settings_from_keys
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import Order, Outcome, QueryAnswer
from amends.simulators.bank.counter import Counter
from amends.simulators.bank.faults import read_faults
from made_bank import START

SECRET = bytes(range(32))
_Result = TypeVar("_Result")


@dataclass
class CounterSetting:
    """A rail, the counter behind it, and the clock that both live by."""

    drop: Path
    counter: Counter
    clock: SimulatedClock
    settings: CounterSettings

    def run(self, work: Callable[[FilesRail], Awaitable[_Result]]) -> _Result:
        """Do *work* with a rail that is opened and closed around it."""

        async def whole() -> _Result:
            rail = counter_rail(self.settings, self.clock)
            try:
                return await work(rail)
            finally:
                await rail.close()

        return asyncio.run(whole())

    def let_pass(self, **duration: float) -> None:
        """Let time pass, and the counter work at its end."""
        self.clock.sleep(timedelta(**duration))
        self.counter.advance(self.clock.now())

    def pay(self, orders: Sequence[Order]) -> list[Outcome]:
        """Hand orders over; what their submissions end with."""

        async def work(rail: FilesRail) -> list[Outcome]:
            return await rail.submit_together([rail.prepare(one) for one in orders])

        return self.run(work)

    def ask(self, *numbers: str) -> list[QueryAnswer]:
        """What the counter has said of numbers."""

        async def work(rail: FilesRail) -> list[QueryAnswer]:
            return [await rail.query(InstructionId(number)) for number in numbers]

        return self.run(work)

    def report(self, name: str, text: str, encoding: str = "utf-8") -> None:
        """A report that the test writes itself."""
        (self.drop / "inbox" / name).write_text(text, encoding=encoding, newline="")


@contextmanager
def counter(drop: Path, *, faults: str = "") -> Iterator[CounterSetting]:
    """A counter that has opened, and what speaks to it."""
    rules = drop.with_suffix(".toml")
    rules.write_text(faults, encoding="utf-8")
    opened = Counter(drop, "CNY", "Asia/Shanghai", read_faults(rules))
    opened.advance(START)
    (drop / "counter.toml").write_text(
        'name = "示例公证处"\ntaken_by_rename = true\n', encoding="utf-8"
    )
    yield CounterSetting(
        drop=drop,
        counter=opened,
        clock=SimulatedClock(START, lambda _: None),
        settings=settings_from_keys(drop, secret=SECRET),
    )


def counter_order(
    number: str,
    *,
    document: str = "11010519491231002X",
    amount: str = "CNY 5000.00",
    name: str = "测试甲",
) -> Order:
    """An order to a made-up person without an account."""
    return Order(
        number=InstructionId(number),
        amount=Money.parse(amount),
        payee_account=document,
        payee_account_kind=AccountKind.IDENTITY,
        payee_name=name,
        remark="测试赔付",
    )
