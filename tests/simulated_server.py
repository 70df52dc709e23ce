"""The server of a simulated world, and what one process has of it.

One seed is one transaction of one connection that is undone at its end, and each unit of work a
savepoint in it, so that a world costs milliseconds. Locks that outlive transactions are taken on
connections of their own, as ever.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ParamSpec, Self, TypeVar

import psycopg

from amends.kernel.ids import InstructionId
from amends.payouts.sending.callbacks import CallbackListener
from amends.store.connection import Connection, Database
from simulated_loop import Life, SimulatedLoop

_LINGERS_S = 4.0
_WORLD, _WORK = "world", "work"
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Server:
    """One connection for every transaction, others for locks; it can be restarted."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()
        self._free: list[Connection] = []
        self.connection = self._stack.enter_context(database.unit_of_work())
        self.connection.execute(f"SAVEPOINT {_WORLD}; SAVEPOINT {_WORK}")

    def __enter__(self) -> Self:
        """Open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self._stack.close()

    def end_world(self) -> None:
        """Undo everything; another world can begin."""
        self.connection.execute(f"ROLLBACK TO SAVEPOINT {_WORLD}; SAVEPOINT {_WORK}")

    def keep(self) -> None:
        """A unit of work ends, and the next one begins here: one way to the server for both.

        What a commit ends, ends here: tables and settings of the transaction.
        """
        self.connection.execute(
            f"RELEASE SAVEPOINT {_WORK}; DISCARD TEMP; RESET enable_nestloop; "
            f"RESET enable_mergejoin; SAVEPOINT {_WORK}"
        )

    def undo(self) -> None:
        """A unit of work never was."""
        self.connection.execute(f"ROLLBACK TO SAVEPOINT {_WORK}")

    def lock_connection(self) -> Connection:
        """A connection that holds no lock."""
        return (
            self._free.pop() if self._free else self._stack.enter_context(self._database.session())
        )

    def give_back(self, connection: Connection) -> None:
        """Its locks are free from now on."""
        if not connection.closed:
            connection.execute("SELECT pg_advisory_unlock_all()")
            self._free.append(connection)


@dataclass(slots=True)
class Machine:
    """The server as a world sees it: who holds locks, whether it is up."""

    server: Server
    loop: SimulatedLoop
    chance: random.Random
    restarts: float = 0.0
    down_until_s: float = 0.0
    held: list[tuple[Life, Connection]] = field(default_factory=list)
    left: list[tuple[float, Connection]] = field(default_factory=list)
    played: Counter[str] = field(default_factory=Counter)

    def require_up(self) -> None:
        """Refuse whoever comes while the server starts."""
        if self.loop.time() < self.down_until_s:
            raise psycopg.errors.CannotConnectNow("the database system is starting up")

    def maybe_restart(self, when: str) -> None:
        """Restart at a commit: nobody's connection outlives it, and nobody hears an answer."""
        if self.chance.random() >= self.restarts:
            return
        self.played[f"server restarted {when} a commit"] += 1
        self.down_until_s = self.loop.time() + self.chance.uniform(0.0, 5.0)
        for connection in (*(one for _, one in self.held), *(one for _, one in self.left)):
            connection.execute("SELECT pg_advisory_unlock_all()")
            connection.close()
        self.held.clear()
        self.left.clear()
        raise psycopg.errors.AdminShutdown("terminating connection due to administrator command")

    def sleep(self, seconds: float) -> None:
        """What ``time.sleep`` does in a thread; connections of the dead end meanwhile."""
        self.loop.stall(seconds)
        self.end_lingering()

    def monotonic(self) -> float:
        """What ``time.monotonic`` tells."""
        return self.loop.time()

    def linger(self, life: Life) -> None:
        """What a killed process held is free when the server notices."""
        for one in [one for one in self.held if one[0] is life]:
            self.held.remove(one)
            self.left.append((self.loop.time() + self.chance.uniform(0.0, _LINGERS_S), one[1]))

    def end_lingering(self, *, every: bool = False) -> None:
        """Give back what connections of dead processes held, when their time has come."""
        over = [one for one in self.left if every or one[0] <= self.loop.time()]
        for one in over:
            self.left.remove(one)
            self.server.give_back(one[1])


class SimulatedDatabase(Database):
    """The database of one process: it can be killed around each commit, and the server restart."""

    def __init__(self, machine: Machine, life: Life) -> None:
        self._machine = machine
        self._life = life

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A savepoint. What waits for the end of a transaction is checked at the world's end."""
        self._life.burn()
        self._machine.require_up()
        server = self._machine.server
        try:
            yield server.connection
            self._life.burn()
            self._machine.maybe_restart("before")
        except BaseException:
            server.undo()
            raise
        server.keep()
        self._life.burn()
        self._machine.maybe_restart("after")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Nothing else works meanwhile, so it is a snapshot."""
        self._life.burn()
        self._machine.require_up()
        yield self._machine.server.connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A real connection for locks; that of a killed process lingers a little."""
        self._life.burn()
        machine = self._machine
        machine.require_up()
        machine.end_lingering()
        connection = machine.server.lock_connection()
        held = (self._life, connection)
        machine.held.append(held)
        try:
            yield connection
        finally:
            if held in machine.held:
                machine.held.remove(held)
                machine.server.give_back(connection)


class AtOnce(Executor):
    """A thread beside, without one: a world has one connection; who fails there is heard."""

    def __init__(self, threads: int) -> None:
        del threads

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> "Future[_T]":
        """Do it now."""
        done: Future[_T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class WorldClock:
    """The case's clock: the loop's, and sleeping takes the time of everybody."""

    simulated = True

    def __init__(self, start: datetime, loop: SimulatedLoop) -> None:
        self._start = start
        self._loop = loop

    def now(self) -> datetime:
        """The time in UTC."""
        return self._start + timedelta(seconds=self._loop.time())

    def sleep(self, duration: timedelta) -> None:
        """Let it pass at once."""
        self._loop.stall(duration.total_seconds())


class Hints(CallbackListener):
    """What callbacks hint at; they come when they come, and twice."""

    def __init__(self) -> None:
        self._came: list[InstructionId] = []

    def knock(self, number: InstructionId) -> None:
        """A notification of a number."""
        self._came.append(number)

    def take(self, rail: str) -> list[InstructionId]:
        """What came since."""
        del rail
        came, self._came = self._came, []
        return came
