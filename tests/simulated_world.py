"""A whole world from a seed: processes that pay, a network, a provider, a server; and what holds.

One seed is one transaction of one connection that is undone at its end, and each unit of work a
savepoint in it, so that a world costs milliseconds. Locks that outlive transactions are taken on
connections of their own, as ever. Played: everything that `simulated_network` does to a call;
processes killed between any two steps and around each commit; a server that restarts before or
after a commit, with the answer lost; two workers at once; callbacks in any order, twice; refusals
and returns that are paid again under new numbers.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, Self, TypeVar

import psycopg
import pytest

from amends.kernel.errors import AmendsError
from amends.kernel.ids import InstructionId
from amends.kernel.summary import StageSummary
from amends.ledger.service import verify_chain
from amends.payouts import paying
from amends.payouts.figures import figures
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning import plan
from amends.payouts.planning.plan import plan_again
from amends.payouts.planning.plan_store import ended_counts
from amends.payouts.rails.model import PreparedRequest
from amends.payouts.reconciling import reconcile
from amends.payouts.sending import dispatch
from amends.payouts.sending.callbacks import CallbackListener
from amends.store.connection import Connection, Database
from amends.store.files import make_once, private_directory
from amends.vault.opened import OpenCase
from fake_provider import Rates
from made_awards import make_awards
from simulated_loop import KilledError, Life, SimulatedLoop
from simulated_network import CALM, HOUR_S, Bank, Network, SimulatedRail, Weather, weather

PEOPLE = 6
NEEDS_PERSON = 1
SPREAD = 350
"""From one award to the next: three make a chunk."""
FUNDS_MINOR = 100_000_000
MOST_RUNS = 6
"""Of a command in a storm; after that the weather is calm and nothing dies."""
EARLY_STEPS, LATE_STEPS = 40, 400
"""Of processes that are killed half die at any of the first steps: there a plan is made, signed and
begun. The others die at any of so many, if they have not come to their end before."""
_LINGERS_S = 4.0
_WORLD, _WORK = "world", "work"
_P = ParamSpec("_P")
_T = TypeVar("_T")


Break = Callable[[pytest.MonkeyPatch, Connection], None]
"""Breaks the program, or the schema, for as long as one world."""


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


class World:
    """The world of one seed, over a case whose awards are made (`make_people`)."""

    def __init__(self, opened: OpenCase, server: Server, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 -- a simulation that repeats
        self.loop = SimulatedLoop(self.chance)
        self._opened = replace(opened, clock=WorldClock(opened.clock.now(), self.loop))
        self.machine = Machine(server, self.loop, self.chance)
        self.bank = Bank(seed, Rates(), self._opened.clock.now, FUNDS_MINOR)
        self.bank.open_books(self._notify, late_days=self.chance.choice((1, 1, 1, 3)))
        self.network = Network(self.loop, self.bank, self.chance)
        self.broken: Break = lambda _patch, _connection: None
        self.wrong: list[str] = []
        self.died_at: list[int] = []
        self._listening: list[Hints] = []
        self._deadly = 0.0
        self._checked = False

    @property
    def played(self) -> Counter[str]:
        """What happened, and how often."""
        return self.machine.played + self.network.played

    def play(self) -> list[str]:
        """Run it to its end; what does not hold."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dispatch, "time", self.machine, raising=False)
            patch.setattr(plan, "ThreadPoolExecutor", AtOnce)
            patch.setattr(paying, "figures", self._figures)
            patch.setattr(paying, "notes_of", lambda *_: [])
            patch.setattr(reconcile, "LATE_DAYS", self.bank.late_days)
            try:
                self.broken(patch, self.machine.server.connection)
                self.loop.run_until_complete(self._life_of_a_case())
            except Exception as error:  # noqa: BLE001  # whatever it is, it has to be told of
                self.wrong.append(_told(error))
            finally:
                self.machine.restarts = 0.0
                for _, connection in self.machine.held:
                    self.machine.server.give_back(connection)
                self.machine.held.clear()
                self.machine.end_lingering(every=True)
                self.loop.end()
                self.machine.server.end_world()
        return [*self.wrong, *self.bank.wrong]

    async def _life_of_a_case(self) -> None:
        chance = self.chance
        storm = weather(chance)
        self._deadly = chance.choice((0.0, 0.3, 0.6))
        restarts = chance.choice((0.0, 0.01, 0.04))
        rounds = chance.choice((0, 0, 0, 1, 2))
        for nth in range(rounds + 1):
            if nth:
                storm = replace(storm, rates=replace(storm.rates, refused=0.0))
                await self._until_done(storm, restarts, self._plan_again)
            await self._until_done(storm, restarts, self._pay)
            if chance.random() < 0.5:
                await self._until_done(storm, restarts, self._reconcile)
        await self._calm()
        await self._check()

    async def _until_done(
        self,
        storm: Weather,
        restarts: float,
        command: Callable[[OpenCase], Coroutine[Any, Any, object]],
    ) -> None:
        """Run a command again and again, as somebody does who sees it fail."""
        for run in itertools.count():
            calm = run >= MOST_RUNS
            self.network.weather = replace(CALM, rates=storm.rates) if calm else storm
            self.bank.rates = storm.rates
            self.machine.restarts = 0.0 if calm else restarts
            if calm:
                self.machine.down_until_s = 0.0
            works = [self._process(command, deadly=not calm)]
            if command == self._pay and self.chance.random() < 0.4:
                works.append(self._process(self._work, deadly=not calm))
            ended = await asyncio.gather(*works)
            if ended[0]:
                return
            if run > MOST_RUNS + 2:
                self.wrong.append("it does not come to its end, though the weather is calm")
                return
            await asyncio.sleep(self.chance.choice((0.1, 3.0, 60.0, 900.0)))

    async def _process(
        self, command: Callable[[OpenCase], Coroutine[Any, Any, object]], *, deadly: bool
    ) -> bool:
        """One process; whether it came to its end."""
        life = Life()
        if deadly and self.chance.random() < self._deadly:
            most = self.chance.choice((EARLY_STEPS, LATE_STEPS))
            life.steps = self.chance.randrange(most)
        database = SimulatedDatabase(self.machine, life)
        try:
            await self.loop.process(life, command(replace(self._opened, database=database)))
        except KilledError:
            self.machine.played["process killed"] += 1
            self.died_at.append(life.taken)
            self.machine.linger(life)
            return False
        except (psycopg.OperationalError, AmendsError) as error:
            self.machine.played[f"command ended: {type(error).__name__}"] += 1
            return False
        return True

    def _figures(self, opened: OpenCase, rails: Sequence[str]) -> dict[str, int]:
        """What a command counts at its end. It reads alone and costs much, so only at the end."""
        return figures(opened, rails) if self._checked else {"exceptions": 0}

    def _rail(self) -> SimulatedRail:
        return SimulatedRail(self.network, self.bank, self._committed_first)

    async def _pay(self, opened: OpenCase) -> StageSummary:
        """`amends pay`, whom callbacks reach."""
        hints = Hints()
        self._listening.append(hints)
        return await pay_through(opened, self._rail(), listener=hints)

    async def _work(self, opened: OpenCase) -> StageSummary:
        """`amends pay --share`, on another machine."""
        self.machine.played["two workers"] += 1
        return await work_through(opened, self._rail())

    async def _reconcile(self, opened: OpenCase) -> StageSummary:
        """`amends reconcile`."""
        return await reconcile_through(opened, self._rail())

    async def _plan_again(self, opened: OpenCase) -> int:
        """`amends retry`, of everybody whose payment ended unpaid."""
        with opened.database.reading() as connection:
            ended = [why for why, *_ in ended_counts(connection)]
        rails = [self.bank.capabilities]
        again = await asyncio.to_thread(plan_again, opened, rails, ended)
        self.machine.played["planned again"] += again
        return again

    def _committed_first(self, request: PreparedRequest) -> None:
        """See whether what leaves is written down: as sending, with the hash of its bytes."""
        row = self.machine.server.connection.execute(
            "SELECT state, request_sha256, attempts FROM payouts.instruction "
            "WHERE instruction_id = %s",
            [request.number],
        ).fetchone()
        if row is None or row[:2] != ("sending", request.sha256):
            self.wrong.append(f"sent and not written down: {row and row[0]}")
        elif row[2] != 1:
            self.machine.played["sent again under its number"] += 1

    def _notify(self, number: str) -> None:
        """The provider tells of a change, soon or late, and perhaps twice."""
        for _ in range(self.chance.choice((0, 1, 2))):
            delay_s = self.chance.choice((0.0, 0.5, 30.0))
            self.loop.later(delay_s, partial(self._knock, InstructionId(number)))

    def _knock(self, number: InstructionId) -> None:
        self.machine.played["callback"] += 1
        for hints in self._listening[-1:]:
            hints.knock(number)

    async def _calm(self) -> None:
        """The storm is over, and what was on the way arrives; then everything is finished."""
        self.network.weather = CALM
        self.machine.restarts = self._deadly = 0.0
        await asyncio.sleep(7 * HOUR_S)

    async def _check(self) -> None:
        """Nobody paid twice, nobody forgotten, every fen in its place."""
        self._checked = True
        life = Life()
        opened = replace(self._opened, database=SimulatedDatabase(self.machine, life))
        await self.loop.process(life, self._pay(opened))
        counts = (await self.loop.process(life, self._reconcile(opened))).counts
        connection = self.machine.server.connection
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        known = connection.execute(
            "SELECT instruction_id, award_index, state, live, returned_at IS NOT NULL "
            "FROM payouts.instruction"
        ).fetchall()
        told = {"SUCCESS": "settled", "REFUND": "returned", "FAIL": "refused"}
        live = {number: state for number, _, state, alive, _ in known if alive}
        ended = {
            number: "returned" if back else "refused"
            for number, _, _, alive, back in known
            if not alive
        }
        theirs = {number: told.get(o.status, "open") for number, o in self.bank.orders.items()}
        kept = Counter(o.payee for o in self.bank.orders.values() if o.status == "SUCCESS")
        holds = {
            "the same number is the same bytes": not self.bank.changed_bytes,
            "everybody has a payment": len({index for _, index, *_ in known})
            == len(live)
            == PEOPLE - NEEDS_PERSON,
            "our states are the provider's": {**ended, **live} == theirs,
            "nobody keeps two": max(kept.values(), default=1) == 1,
            "nothing is open": counts["open"] == 0,
            "the bills prove everything": counts["unproved"] == counts["exceptions"] == 0,
            "every line is matched": counts["matched"]
            == counts["statement_lines"]
            == len(self.bank.lines),
            "the books balance": counts["books_balanced"] == 1,
            "the rail's balance agrees": counts["rail_balance_agrees"] == 1,
            "settled is what is kept": counts["settled"] == len(kept),
            "the chain of postings holds": bool(verify_chain(connection)),
        }
        self.wrong += [what for what, so in holds.items() if not so]
        self.machine.played["returned a day later or more"] += sum(
            order.status == "REFUND" and self.bank.late_days > 1
            for order in self.bank.orders.values()
        )


def _told(error: Exception) -> str:
    """What ended a world, with the constraint by which the schema refused something."""
    constraint = error.diag.constraint_name if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {constraint or error}"


def reproducible(root: Path) -> None:
    """Give a new case the same secret always: numbers, and so worlds, depend on it."""
    keys = private_directory(private_directory(root / "amends") / "keys")
    make_once(keys / "case.key", lambda: bytes(range(32)))


def make_people(opened: OpenCase) -> None:
    """The awards of every world."""
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=SPREAD)
