"""The simulated bank as a command: it looks into its folders until it is told to stop, or once."""

import contextlib
import fcntl
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.simulators.bank.bank import Account, Bank, StatementForm
from amends.simulators.bank.faults import Faults, read_faults
from amends.simulators.bank.store import Store
from amends.simulators.bank.writing import Books

ACCOUNT = "6222020200112233445"
_TICK_S = 0.2
_BANK = """# What the simulated bank's contract says.
name = "示例公司"
account = "{account}"
bank = "102100099996"
taken_by_rename = true
"""


class BankInUseError(AmendsError):
    """Another simulated bank works on the same folders."""

    code: ClassVar[str] = "simulated_bank_in_use"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSimulatorSettings:
    """``at``: do what is due by then, and end; None: live by the machine's clock."""

    drop: Path
    balance: Money
    account: str = ACCOUNT
    zone: str = "Asia/Shanghai"
    statements: StatementForm = StatementForm.CAMT
    faults: Path | None = None
    at: datetime | None = None
    parent_pipe: bool = False


@contextlib.contextmanager
def open_bank(settings: BankSimulatorSettings) -> Iterator[Bank]:
    """The bank on its folders, for this process alone.

    Raises:
        BankInUseError: another one is there.
        CaseFileError: the file of faults is not right.
    """
    faults = Faults() if settings.faults is None else read_faults(settings.faults)
    settings.drop.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = settings.drop / "bank.toml"
    if not keys.exists():
        keys.write_text(_BANK.format(account=settings.account), encoding="utf-8")
    state = settings.drop / "bank"
    state.mkdir(mode=0o700, exist_ok=True)
    books = Books(account=settings.account, currency=settings.balance.currency, zone=settings.zone)
    with (state / "lock").open("w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BankInUseError(
                said(
                    "{drop} is used by another simulated bank; stop that one first",
                    drop=settings.drop,
                )
            ) from None
        store = Store(state / "bank.sqlite", settings.balance.amount_minor)
        try:
            account = Account(books=books, statements=settings.statements)
            yield Bank(settings.drop, store, account, faults)
        finally:
            store.close()


def run_bank(settings: BankSimulatorSettings) -> None:
    """Do what is due once (``at``), or until a signal or the end of standard input."""
    with open_bank(settings) as bank:
        if settings.at is not None:
            bank.advance(settings.at)
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        if settings.parent_pipe:
            threading.Thread(target=_watch_parent, args=(stopped,), daemon=True).start()
        ready = {
            "event": "ready",
            "simulator": "bank",
            "drop": str(settings.drop),
            "pid": os.getpid(),
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        while not stopped.is_set():
            bank.advance(datetime.now(UTC))
            stopped.wait(_TICK_S)


def _watch_parent(stopped: threading.Event) -> None:
    """Stop when standard input ends: whoever started us is gone."""
    while os.read(0, 4096):
        pass
    stopped.set()
