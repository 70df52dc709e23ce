"""Payments during which the database's server is killed with SIGKILL, and how soon they go on."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from amends.payouts.paying import pay_through
from amends.payouts.rails.model import Outcome, PreparedRequest
from amends.store.connection import Database
from amends.vault.opened import OpenCase, open_case
from fake_provider import FakeProvider

APPROVERS = ("anna", "bert")
_LATENCY_S = 0.002


class LoadedProvider(FakeProvider):
    """One whose answers take a little, so that calls are under way when something dies."""

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """As ever, a moment later."""
        await asyncio.sleep(_LATENCY_S)
        return await super().submit(prepared)


@dataclass(slots=True)
class Killing:
    """Kills a server at a provider's n-th call, and sees when calls come again."""

    opened: OpenCase
    whole: bool
    at_call: int
    calls: int = 0
    killed_s: float | None = None
    resumed_s: float | None = None

    def took_s(self) -> float:
        """From the kill to the next call."""
        assert self.killed_s is not None
        assert self.resumed_s is not None
        return self.resumed_s - self.killed_s

    def see(self, _: PreparedRequest) -> None:
        """A call goes out."""
        self.calls += 1
        if self.calls == self.at_call:
            self._kill()
        elif self.killed_s is not None and self.resumed_s is None and self.calls > self.at_call:
            self.resumed_s = time.monotonic()

    def _kill(self) -> None:
        """Kill the server's first process, or one that serves a connection: all start anew."""
        with suppress(psycopg.OperationalError), self.opened.database.session() as session:
            victim = session.info.backend_pid
            if self.whole:
                fields = Path(f"/proc/{victim}/stat").read_text(encoding="ascii")
                victim = int(fields.rpartition(")")[2].split()[1])
            self.killed_s = time.monotonic()
            os.kill(victim, signal.SIGKILL)


def pay_and_kill(root: Path, provider: FakeProvider, *, whole: bool, at_call: int) -> float:
    """Pay, kill the server at a call, pay again; seconds from the kill to the next new payment.

    *whole*: the whole server; else a process of it, after which it restores itself.
    """
    with open_case(root, approve_as=APPROVERS) as opened:
        killing = Killing(opened, whole, at_call)
        provider.now = opened.clock.now
        provider.inspect = killing.see
        try:
            asyncio.run(pay_through(opened, provider))
        except psycopg.OperationalError:
            killing.calls = at_call  # what was under way at the kill is no new payment
            killing.resumed_s = None
        else:
            raise AssertionError("the command did not notice that its server died")
    while killing.resumed_s is None:
        try:
            with open_case(root, approve_as=APPROVERS) as opened:
                provider.now = opened.clock.now
                asyncio.run(pay_through(opened, provider))
                break
        except psycopg.OperationalError:
            continue  # it still recovers
    return killing.took_s()


def end_connection(database: Database, backend: object) -> None:
    """Have the server end the connection that its process *backend* serves."""
    with database.session() as killer:
        killer.execute("SET ROLE none")
        killer.execute("SELECT pg_terminate_backend(%(pid)s)", {"pid": backend})
        while killer.execute(  # a row without columns would be false
            "SELECT 1 FROM pg_stat_activity WHERE pid = %(pid)s", {"pid": backend}
        ).fetchone():
            pass
