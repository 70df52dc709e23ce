"""A whole world from a seed: processes that pay, a network, providers, a server; and what holds.

Played: everything that `simulated_network` does to a call; processes killed before any step that
they take and around each commit; a server that restarts before or after a commit, with the answer
lost; two workers at once; callbacks in any order, twice; refusals and returns that are paid again
under new numbers, to the next account of the person too, by the same rail or another; awards raised
meanwhile; payments moved to another rail, taken back before they are confirmed; halts and stops.
"""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import psycopg
import pytest

from amends.awards import corrections
from amends.awards.correcting import Reason
from amends.governance.service import add_operator
from amends.kernel.accounts import AccountKind
from amends.kernel.errors import AmendsError
from amends.kernel.ids import InstructionId
from amends.kernel.summary import StageSummary
from amends.ledger.service import verify_chain
from amends.payees import further
from amends.payees.model import PaymentDetails
from amends.payouts import paying
from amends.payouts.after_payment.revoking import RevokeError, revoke_through
from amends.payouts.after_payment.stopping import take_back_through
from amends.payouts.figures import figures
from amends.payouts.paying import pay_through, reconcile_through, work_through
from amends.payouts.planning import plan
from amends.payouts.planning.plan import plan_again
from amends.payouts.planning.plan_store import ended_counts
from amends.payouts.planning.replanning import replan
from amends.payouts.rails.model import PreparedRequest
from amends.payouts.reconciling import reconcile
from amends.payouts.sending import dispatch, switch
from amends.payouts.showing.held import held
from amends.store.connection import Connection
from amends.store.files import make_once, private_directory
from amends.vault.opened import OpenCase
from fake_provider import Booked, Rates
from made_awards import AMOUNT_MINOR, make_awards, person
from made_cases import MINIMAL_CASE, MINIMAL_FILES, write_case
from made_corrections import raised
from made_determination import determine_made_up
from simulated_loop import KilledError, Life, Point, SimulatedLoop
from simulated_network import (
    CALM,
    HOUR_S,
    Bank,
    Network,
    People,
    SimulatedRail,
    Weather,
    owner_of,
    weather,
)
from simulated_server import AtOnce, Hints, Machine, Server, SimulatedDatabase, WorldClock

BY_PHONE, BY_OPENID, NEEDS_PERSON = 3, 2, 1
PEOPLE = BY_PHONE + BY_OPENID + NEEDS_PERSON
SPREAD = 350
"""From one award to the next: three make a chunk."""
FUNDS_MINOR = 50_000_000
MOST_RUNS = 6
MOST_TRIES = 60
"""A server may restart under every one of six."""
"""Of a command in a storm; after that the weather is calm and nothing dies."""
EARLY_STEPS, MEAN_STEPS = 40, 250.0
"""Of processes that are killed half die at any of the first steps: there a plan is made, signed and
begun. The others die later, with the same chance at each step: no step is too late."""
_SECOND_S = 1.0
"""Within which nothing leaves any more after a halt."""
_CASE = f'{MINIMAL_CASE}\n[[rail]]\nkind = "simulator"\nprotocol = "wechatpay"\n'

_T = TypeVar("_T")
Command: TypeAlias = Callable[[OpenCase], Coroutine[Any, Any, object]]
Break = Callable[[pytest.MonkeyPatch, Connection], None]
"""Breaks the program, or the schema, for as long as one world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """Of the *process*-th process of a world, before its step after so many: it dies there."""

    process: int
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What happens in a world beside paying.

    ``confirms``: payees of the last rail confirm. ``raises``: whose award is raised to how much.
    """

    two_rails: bool
    confirms: bool
    raises: tuple[int, int] | None
    moves: bool
    revokes: bool
    halts: bool
    stops: bool

    @staticmethod
    def of(chance: random.Random) -> "Plot":
        """A seed's: most worlds have one or two of these, so that nothing hides the others."""
        two_rails, confirms = chance.random() < 0.25, chance.random() < 0.4
        whose = chance.randrange(PEOPLE - NEEDS_PERSON) * SPREAD
        more = AMOUNT_MINOR + chance.randrange(1, 4) * 10_000
        return Plot(
            two_rails=two_rails,
            confirms=confirms,
            raises=(whose, more) if chance.random() < 0.2 else None,
            moves=two_rails and chance.random() < 0.5,
            revokes=confirms and chance.random() < 0.5,
            halts=chance.random() < 0.15,
            stops=chance.random() < 0.5,
        )


class World:
    """The world of one seed, over a case whose awards are made (`make_people`)."""

    def __init__(self, opened: OpenCase, server: Server, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 -- a simulation that repeats
        self.loop = SimulatedLoop(self.chance)
        self._opened = replace(opened, clock=WorldClock(opened.clock.now(), self.loop))
        self.machine = Machine(server, self.loop, self.chance)
        self.plot = Plot.of(self.chance)
        self._people = People({index * SPREAD: AMOUNT_MINOR for index in range(PEOPLE)})
        self.banks = self._opened_banks(seed)
        self.network = Network(self.loop, self.chance)
        self.broken: Break = lambda _patch, _connection: None
        self.wrong: list[str] = []
        self.kill: Kill | None = None
        """Besides those that the seed kills."""
        self.passed: dict[Point, Kill] = {}
        """Where processes waited, and the kill that would have met the first of them there."""
        self.died_at: set[Point] = set()
        self.steps: list[int] = []
        """How many each process took."""
        self.killed: list[int] = []
        """After how many steps processes were killed."""
        self._listening: list[Hints] = []
        self._deadly = 0.0
        self._checked = False
        self._halted_at: float | None = None

    def _opened_banks(self, seed: int) -> list[Bank]:
        """One that takes every account; or one for phones, and one whose payees confirm."""
        now, late_days = self._opened.clock.now, self.chance.choice((1, 1, 1, 1, 3))
        if not self.plot.two_rails:
            banks = [Bank(seed, Rates(), now, FUNDS_MINOR)]
        else:
            phones, openids = frozenset({AccountKind.PHONE}), frozenset({AccountKind.OPENID})
            banks = [
                Bank(seed, Rates(), now, FUNDS_MINOR, account_kinds=phones),
                Bank(seed, Rates(), now, FUNDS_MINOR, rail="wechatpay", account_kinds=openids),
            ]
        confirms = [*(False for _ in banks[1:]), self.plot.confirms]
        for nth, bank in enumerate(banks):
            bank.open_books(self._notify, self._people, late_days=late_days, confirms=confirms[nth])
        return banks

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
            patch.setattr(reconcile, "LATE_DAYS", self.banks[0].late_days)
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
        return [*self.wrong, *self._people.wrong]

    async def _life_of_a_case(self) -> None:
        chance = self.chance
        storm = weather(chance)
        self._deadly = chance.choice((0.0, 0.3, 0.6))
        restarts = chance.choice((0.0, 0.01, 0.04))
        rounds = chance.choice((0, 0, 0, 0, 1, 2))
        for nth in range(rounds + 1):
            if nth:
                storm = replace(storm, rates=replace(storm.rates, refused=0.0))
                await self._until_done(storm, restarts, self._plan_again)
            await self._until_done(storm, restarts, self._pay)
            if chance.random() < 0.25:
                await self._until_done(storm, restarts, self._reconcile)
        if self.plot.raises:
            await self._until_done(storm, restarts, self._raise)
        await self._calm()
        await self._check()
        if chance.random() < 0.1:
            await self._owe_nothing()
        self.machine.server.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")

    async def _until_done(self, storm: Weather, restarts: float, command: Command) -> None:
        """Run a command again and again, as somebody does who sees it fail."""
        for run in itertools.count():
            calm = run >= MOST_RUNS
            self.network.weather = replace(CALM, rates=storm.rates) if calm else storm
            for bank in self.banks:
                waits = 0.8 if bank.confirms else storm.rates.dealing
                bank.rates = replace(storm.rates, dealing=waits)
            self.machine.restarts = 0.0 if calm else restarts
            if calm:
                self.machine.down_until_s = 0.0
            works = [self._process(command, deadly=not calm)]
            if command == self._pay:
                beside = self._beside(first=run == 0)
                works += [self._process(one, deadly=not calm) for one in beside]
            ended = await asyncio.gather(*works)
            await self._go_on()
            if ended[0]:
                return
            if run > MOST_RUNS + 3:
                self.wrong.append("it does not come to its end, though the weather is calm")
                return
            if command == self._pay and self.plot.moves:
                await self._process(self._move, deadly=True)
            await asyncio.sleep(self.chance.choice((0.1, 3.0, 60.0, 900.0)))

    def _beside(self, *, first: bool) -> list[Command]:
        """What else runs while somebody pays, each from a moment of its own."""
        plot, chance = self.plot, self.chance
        commands: list[tuple[bool, Command]] = [
            (chance.random() < 0.4, self._work),
            (plot.revokes and chance.random() < 0.7, self._revoke),
            (plot.halts and first, self._halt),
            (plot.raises is not None and chance.random() < 0.3, self._raise),
        ]
        return [self._soon(command) for so, command in commands if so]

    def _soon(self, command: Command) -> Command:
        wait_s = self.chance.choice((0.0, 0.3, 2.0)) * self.chance.random()

        async def later(opened: OpenCase) -> object:
            await asyncio.sleep(wait_s)
            return await command(opened)

        return later

    async def _go_on(self) -> None:
        """Two people let payments go on, where somebody has halted them."""
        self._halted_at = None
        for _ in range(MOST_TRIES):
            if not self.plot.halts or await self._process(self._resume, deadly=False):
                return
            await asyncio.sleep(3.0)
        self.wrong.append("payments do not go on")

    async def _process(self, command: Command, *, deadly: bool) -> bool:
        """One process; whether it came to its end."""
        life, nth = Life(), len(self.steps)
        self.steps.append(0)
        if deadly and self.chance.random() < self._deadly:
            early = self.chance.random() < 0.5
            steps = self.chance.randrange(EARLY_STEPS), self.chance.expovariate(1 / MEAN_STEPS)
            life.steps = steps[0] if early else int(steps[1])
        if self.kill is not None and self.kill.process == nth:
            life.steps = self.kill.steps
        database = SimulatedDatabase(self.machine, life)
        try:
            await self.loop.process(life, command(replace(self._opened, database=database)))
        except KilledError:
            self.machine.played["process killed"] += 1
            self.killed.append(life.taken)
            self.died_at |= life.died_at
            self.machine.linger(life)
            return False
        except (psycopg.OperationalError, AmendsError) as error:
            self.machine.played[f"command ended: {type(error).__name__}"] += 1
            return False
        finally:
            self.steps[nth] = life.taken
            for point, steps_before in life.passed.items():
                self.passed.setdefault(point, Kill(process=nth, steps=steps_before))
        return True

    def _figures(self, opened: OpenCase, rails: Sequence[str]) -> dict[str, int]:
        """What a command counts at its end. It reads alone and costs much, so only at the end."""
        return figures(opened, rails) if self._checked else {"exceptions": 0}

    def _rails(self) -> list[SimulatedRail]:
        return [SimulatedRail(self.network, bank, self._committed_first) for bank in self.banks]

    async def _pay(self, opened: OpenCase) -> StageSummary:
        """`amends pay`, whom callbacks reach."""
        hints = Hints()
        self._listening.append(hints)
        return await pay_through(opened, *self._rails(), listener=hints)

    async def _work(self, opened: OpenCase) -> StageSummary:
        """`amends pay --share`, on another machine."""
        self.machine.played["two workers"] += 1
        return await work_through(opened, *self._rails())

    async def _reconcile(self, opened: OpenCase) -> StageSummary:
        """`amends reconcile`."""
        return await reconcile_through(opened, *self._rails())

    async def _plan_again(self, opened: OpenCase) -> int:
        """`amends retry`, of everybody whose payment ended unpaid."""
        with opened.database.reading() as connection:
            ended = [why for why, *_ in ended_counts(connection)]
        rails = [bank.capabilities for bank in self.banks]
        again = await asyncio.to_thread(plan_again, opened, rails, ended)
        self.machine.played["planned again"] += again
        return again

    async def _raise(self, opened: OpenCase) -> object:
        """Two people correct an award, whatever has become of its payment; nothing if it is so."""
        assert self.plot.raises is not None
        index, minor = self.plot.raises
        self._people.may_have[index] = minor
        if self._awarded(index) == minor:
            return None
        wanted = [raised(index, minor, reason=Reason.AGREED)]
        done = await asyncio.to_thread(corrections.correct, opened, wanted, partial(held, opened))
        self.machine.played["an award raised"] += 1
        return done

    def _awarded(self, index: int) -> int:
        """What is owed, by the case's own tables."""
        row = self.machine.server.connection.execute(
            "SELECT amount_minor FROM awards.owed WHERE award_index = %s", [index]
        ).fetchone()
        assert row is not None
        return int(str(row[0]))

    async def _move(self, opened: OpenCase) -> object:
        """`amends pay --replan --down`, of what has not left."""
        limits = [bank.capabilities for bank in self.banks]
        done = await asyncio.to_thread(replan, opened, limits, {self.banks[0].rail})
        self.machine.played["moved to another rail"] += done.counts.get("moved", 0)
        return done

    async def _revoke(self, opened: OpenCase) -> object:
        """`amends revoke`, of what waits for its payee just then."""
        try:
            done = await revoke_through(opened, self._rails(), "it takes too long")
        except RevokeError:
            return None
        self.machine.played["taken back"] += done.counts.get("refused", 0)
        return done

    async def _halt(self, opened: OpenCase) -> object:
        """`amends halt`, some with `--withdraw`."""

        def turn() -> None:
            switch.halt(opened, "a rehearsal", withdraws=self.plot.stops)
            if self._halted_at is None:
                self._halted_at = self.loop.time() - self.loop.stalled_s

        await asyncio.to_thread(turn)
        self.machine.played["stopped" if self.plot.stops else "halted"] += 1
        return await take_back_through(opened, self._rails())

    async def _resume(self, opened: OpenCase) -> object:
        """`amends resume`."""
        return await asyncio.to_thread(switch.resume, opened)

    def _committed_first(self, request: PreparedRequest) -> None:
        """See whether what leaves is written down: as sending, with the hash of its bytes."""
        since = self._halted_at
        if since is not None and self.loop.time() - self.loop.stalled_s - since > _SECOND_S:
            self.wrong.append("sent after a halt")
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
        await self._alone(self._pay)
        counts = (await self._alone(self._reconcile)).counts
        connection = self.machine.server.connection
        known = connection.execute(
            "SELECT instruction_id, award_index, state, live, returned_at IS NOT NULL "
            "FROM payouts.instruction WHERE attempts > 0 OR live"
        ).fetchall()
        told = {"SUCCESS": "settled", "REFUND": "returned", "FAIL": "refused"}
        live = {number: state for number, _, state, alive, _ in known if alive}
        ended = {
            number: "returned" if back else "refused"
            for number, _, _, alive, back in known
            if not alive
        }
        orders = [order for bank in self.banks for order in bank.orders.values()]
        theirs = {order.number: told.get(order.status, "open") for order in orders}
        paid = sum(order.status == "SUCCESS" for order in orders)
        awarded = {index * SPREAD for index in range(PEOPLE - NEEDS_PERSON)}
        holds = {
            "the same number is the same bytes": not any(one.changed_bytes for one in self.banks),
            "everybody has a payment": {index for _, index, *_ in known}
            == {index for _, index, _, alive, _ in known if alive}
            == awarded,
            "our states are the provider's": {**ended, **live} == theirs,
            "nobody keeps more than is owed": all(
                self._people.kept[index] <= self._awarded(index) for index in awarded
            ),
            "nothing is open": counts["open"] == 0,
            "the bills prove everything": counts["unproved"] == counts["exceptions"] == 0,
            "every line is matched": counts["matched"]
            == counts["statement_lines"]
            == sum(len(one.lines) for one in self.banks),
            "the books balance": counts["books_balanced"] == 1,
            "the rail's balance agrees": counts["rail_balance_agrees"] == 1,
            "settled is what is kept": counts["settled"] == paid,
            "the chain of postings holds": bool(verify_chain(connection)),
        }
        self.wrong += [what for what, so in holds.items() if not so]
        self._count(orders)

    async def _owe_nothing(self) -> None:
        """On fair ground everybody has, after some rounds, exactly what is owed to them."""
        owed = {
            index * SPREAD: self._awarded(index * SPREAD) for index in range(PEOPLE - NEEDS_PERSON)
        }
        for bank in self.banks:
            bank.rates = Rates()
        for _ in range(4):
            if all(self._people.kept[index] == minor for index, minor in owed.items()):
                break
            await self._alone(self._plan_again)
            await self._alone(self._pay)
        else:
            self.wrong.append("somebody does not get what is owed")
        self.machine.played["everybody has what is owed"] += 1

    async def _alone(self, command: Callable[[OpenCase], Coroutine[Any, Any, _T]]) -> _T:
        """A command to which nothing happens."""
        life = Life()
        opened = replace(self._opened, database=SimulatedDatabase(self.machine, life))
        return await self.loop.process(life, command(opened))

    def _count(self, orders: Sequence[Booked]) -> None:
        """Note what the world has shown."""
        played = self.machine.played
        played["returned a day later or more"] += sum(
            order.status == "REFUND" and self.banks[0].late_days > 1 for order in orders
        )
        accounts = {order.payee for order in orders}
        played["paid to the next account"] += len(accounts) - len(set(map(owner_of, accounts)))
        raised_and_paid = [order for order in orders if order.amount.amount_minor < AMOUNT_MINOR]
        played["paid on top"] += len(raised_and_paid)


def _told(error: Exception) -> str:
    """What ended a world, with the constraint by which the schema refused something."""
    constraint = error.diag.constraint_name if isinstance(error, psycopg.Error) else None
    return f"{type(error).__name__}: {constraint or error}"


def reproducible(root: Path) -> None:
    """Give a new case the same secret always: numbers, and so worlds, depend on it."""
    keys = private_directory(private_directory(root / "amends") / "keys")
    make_once(keys / "case.key", lambda: bytes(range(32)))


def write_world(root: Path) -> None:
    """Write the case of every world: two ways to pay, and the same secret always."""
    write_case(root, _CASE, MINIMAL_FILES)
    reproducible(root)


def make_people(opened: OpenCase) -> None:
    """The people of every world: with phones and OpenIDs, some with a further account."""
    people = [index * SPREAD for index in range(PEOPLE)]
    determine_made_up(opened, {person(index): "NAME" for index in people})
    make_awards(opened, BY_PHONE, spread=SPREAD)
    make_awards(
        opened,
        BY_OPENID + NEEDS_PERSON,
        first=people[BY_PHONE],
        needs_person=NEEDS_PERSON,
        spread=SPREAD,
        account_kind="openid",
        declared=False,
    )
    add_operator(opened, "cara")
    for index in (people[0], people[1], people[BY_PHONE]):
        phone = index >= people[BY_PHONE]
        account = f"138{index:08d}" if phone else f"o{index:027d}"
        kind = AccountKind.PHONE if phone else AccountKind.OPENID
        payee = PaymentDetails(account=account, account_kind=kind, name="某人")
        further.name(opened, person(index), payee, 2, "cara")
