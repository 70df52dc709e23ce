"""Simulated banks for tests: folders, the rail on one side of them, the bank on the other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.file_marks import Book
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.iso20022 import bank_rail
from amends.payouts.rails.iso20022_settings import BankSettings, settings_from_keys
from amends.payouts.rails.model import Order, Outcome, QueryAnswer
from amends.simulators.bank.bank import Bank, StatementForm
from amends.simulators.bank.service import BankSimulatorSettings, open_bank

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
"""A Monday, nine in the morning in Shanghai."""

_Result = TypeVar("_Result")


@dataclass
class BankSetting:
    """A rail, the bank behind it, and the clock that both live by."""

    drop: Path
    bank: Bank
    clock: SimulatedClock
    settings: BankSettings
    book: Book | None = None
    """What knows the folder from others, where a case has one."""

    def run(self, work: Callable[[FilesRail], Awaitable[_Result]]) -> _Result:
        """Do *work* with a rail that is opened and closed around it."""

        async def whole() -> _Result:
            rail = bank_rail(self.settings, self.clock, self.book)
            try:
                return await work(rail)
            finally:
                await rail.close()

        return asyncio.run(whole())

    def let_pass(self, **duration: float) -> None:
        """Let time pass, and the bank work at its end (no time: work now)."""
        self.clock.sleep(timedelta(**duration))
        self.bank.advance(self.clock.now())

    def pay(self, orders: Sequence[Order]) -> list[Outcome]:
        """Hand orders over; what their submissions end with."""

        async def work(rail: FilesRail) -> list[Outcome]:
            return await rail.submit_together([rail.prepare(one) for one in orders])

        return self.run(work)

    def ask(self, *numbers: str) -> list[QueryAnswer]:
        """What the bank has said of numbers."""

        async def work(rail: FilesRail) -> list[QueryAnswer]:
            return [await rail.query(InstructionId(number)) for number in numbers]

        return self.run(work)

    def outbox(self) -> list[Path]:
        """Files that wait for the bank."""
        return sorted((self.drop / "outbox").iterdir())

    def inbox(self, begins: str = "") -> list[Path]:
        """Files from the bank."""
        return sorted((self.drop / "inbox").glob(f"{begins}*"))


@contextmanager
def bank(
    drop: Path,
    *,
    balance: str = "CNY 100000.00",
    faults: str = "",
    statements: StatementForm = StatementForm.CAMT,
    orders_per_file: int = 10_000,
) -> Iterator[BankSetting]:
    """A bank that has opened its account, and what speaks to it."""
    rules = drop.with_suffix(".toml")
    rules.write_text(faults, encoding="utf-8")
    simulated = BankSimulatorSettings(
        drop=drop, balance=Money.parse(balance), faults=rules, statements=statements
    )
    with open_bank(simulated) as opened:
        opened.advance(START)
        settings = settings_from_keys(drop, currency=balance[:3])
        yield BankSetting(
            drop=drop,
            bank=opened,
            clock=SimulatedClock(START, lambda _: None),
            settings=replace(settings, orders_per_file=orders_per_file),
        )


def bank_order(
    number: str,
    *,
    account: str = "6222020200000000001",
    amount: str = "CNY 5000.00",
    name: str = "测试甲",
) -> Order:
    """An order to a made-up payee's account."""
    return Order(
        number=InstructionId(number),
        amount=Money.parse(amount),
        payee_account=account,
        payee_account_kind=AccountKind.BANK,
        payee_name=name,
        remark="测试赔付",
    )
