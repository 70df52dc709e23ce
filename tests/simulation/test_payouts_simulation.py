"""Whole payments in worlds made from seeds, where programs, servers and networks fail at any step.

The worlds are `simulated_world`'s. Whether they would notice a broken protocol is tested, too: it
is broken on purpose in several places, and each time a world says so.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count, islice

import pytest

from amends.payouts import paying
from amends.payouts.model import Change, Contradiction, State
from amends.payouts.paying import pay_through
from amends.payouts.planning import plan_store
from amends.payouts.rails.model import (
    Accepted,
    NotFound,
    Order,
    PreparedRequest,
    QueryAnswer,
    Rail,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.sending import dispatch, record, rules
from amends.payouts.sending.record import Moves, Result
from amends.store.connection import Connection, Database
from amends.store.service import URL_VARIABLE
from amends.vault.opened import OpenCase, open_case
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_cases import OpenedCase, SharedServer
from simulated_loop import Point
from simulated_network import SimulatedRail
from simulated_server import Server
from simulated_world import FUNDS_MINOR, Break, Kill, World, make_people, write_world

WORLDS = 200
LATE_STEPS = 400
"""A process is killed after more than so many, too: most have ended by then."""
PLAYED = frozenset(
    (
        "request lost",
        "request twice",
        "message late",
        "answer lost",
        "answer after another answer, or after the timeout",
        "connection lost",
        "5xx before anything happened",
        "5xx after it happened",
        "refused for now: the rail's own trouble",
        "books that show an order late",
        "no answer in several tries",
        "callback",
        "sent again under its number",
        "planned again",
        "returned a day later or more",
        "two workers",
        "process killed",
        "server restarted before a commit",
        "server restarted after a commit",
        "paid to the next account",
        "an award raised",
        "paid on top",
        "moved to another rail",
        "taken back",
        "halted",
        "stopped",
        "everybody has what is owed",
    )
)
"""What has to have happened in the worlds of a test run, several times each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where worlds are played, one after the other."""

    opened: OpenCase
    server: Server

    def world(self, seed: int) -> World:
        """The world of a seed."""
        return World(self.opened, self.server, seed)


@pytest.fixture(scope="module")
def stage(server: SharedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One case on a database of its own; each world is undone at its end."""
    root, name = tmp_path_factory.mktemp("worlds"), f"worlds_{os.getpid()}"
    write_world(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL_VARIABLE, server.fresh_database(name))
        with open_case(root, approve_as=("anna", "bert")) as opened:
            make_people(opened)
            with Server(opened.database) as connections:
                yield Stage(opened=opened, server=connections)
    server.drop_database(name)


@dataclass(slots=True)
class Seen:
    """What worlds have shown: what was played, where processes waited, and where they died."""

    worlds: int = 0
    played: Counter[str] = field(default_factory=Counter)
    killed: list[int] = field(default_factory=list)
    passed: dict[Point, tuple[int, Kill]] = field(default_factory=dict)
    died_at: set[Point] = field(default_factory=set)
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def play(self, world: World) -> None:
        """One more."""
        if found := world.play():
            self.wrong[f"{world.seed} {world.kill}"] = found
        self.worlds += 1
        self.played += world.played
        self.killed += world.killed
        self.died_at |= world.died_at
        for point, kill in world.passed.items():
            self.passed.setdefault(point, (world.seed, kill))


def test_payouts_200_worlds_pay_everybody_once(stage: Stage) -> None:
    """Never paid twice, never lost, every sum zero, whatever fails; and everything did fail.

    Wherever a process of these worlds ever waits, or is on its way to the server or from it, one
    was killed: where no seed did that, the world that came by there is played again, to that step.
    """
    seen, seeds = Seen(), count()
    for seed in islice(seeds, WORLDS * 3 // 4):
        seen.play(stage.world(seed))
    while (missed := sorted(seen.passed.keys() - seen.died_at)) or seen.worlds < WORLDS:
        world = stage.world(seen.passed[missed[0]][0] if missed else next(seeds))
        world.kill = seen.passed[missed[0]][1] if missed else None
        seen.play(world)
        assert not missed or missed[0] in seen.died_at
    assert not seen.wrong
    assert {what for what in PLAYED if seen.played[what] < 5} == set()
    assert max(seen.killed) > LATE_STEPS
    assert len(seen.passed) > 150


def test_payouts_the_same_seed_is_the_same_world(stage: Stage) -> None:
    """A seed that finds something can be played again, to the last call."""
    first, second = stage.world(3), stage.world(3)
    assert first.play() == second.play() == []
    assert first.played == second.played
    assert (first.killed, first.steps) == (second.killed, second.steps)
    assert first.loop.time() == second.loop.time()


def test_payouts_calm_run_sends_each_number_once(opened_case: OpenedCase) -> None:
    """Without faults every number is submitted once and nothing is asked."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 24, needs_person=3, spread=130)
    provider = FakeProvider(1, Rates(), opened.clock.now, FUNDS_MINOR)
    asyncio.run(pay_through(opened, provider))
    assert set(provider.seen.values()) == {1}
    assert all(name.startswith("submit ") for name in provider.seen)
    again = asyncio.run(pay_through(opened, provider))
    assert set(provider.seen.values()) == {1}
    assert "everything that can be paid was sent before" in again.notes


class Forgetful(Database):
    """Says that it committed, and did not: what is sent now was never written down."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction that is undone."""
        with self._inner.unit_of_work() as connection, connection.transaction(force_rollback=True):
            yield connection


def _send_before_commit(patch: pytest.MonkeyPatch, _: Connection) -> None:
    begin = dispatch.begin_chunks

    def early(
        opened: OpenCase, rail: Rail, session: Connection, most: int
    ) -> list[dispatch.Claimed]:
        return begin(replace(opened, database=Forgetful(opened.database)), rail, session, most)

    patch.setattr(dispatch, "begin_chunks", early)


def _misread(kind: type, meaning: QueryAnswer | None) -> Break:
    """An answer of *kind* is taken for another one (None: for nothing)."""

    def mutate(patch: pytest.MonkeyPatch, _: Connection) -> None:
        after = rules.after

        def misread(
            state: State, answer: QueryAnswer, now: datetime
        ) -> Change | Contradiction | None:
            read = meaning if isinstance(answer, kind) else answer
            return None if read is None else after(state, read, now)

        patch.setattr(rules, "after", misread)

    return mutate


def _second_live_instruction(patch: pytest.MonkeyPatch, _: Connection) -> None:
    """Payments without an answer count as ended: the next run gives them a second number."""
    ended, changed = vars(plan_store)["_ENDED"], vars(plan_store)["_CHANGED"]
    silent = "'refused', 'sending', 'unknown',"
    patch.setattr(plan_store, "_ENDED", ended.replace("'refused',", silent))
    patch.setattr(plan_store, "_CHANGED", f"({changed} OR ended.state IN ('sending', 'unknown'))")
    assert vars(plan_store)["_ENDED"] != ended


def _second_beside_the_first(patch: pytest.MonkeyPatch, connection: Connection) -> None:
    _second_live_instruction(patch, connection)
    patch.setattr(plan_store, "supersede", lambda *_: None)


def _second_and_no_schema(patch: pytest.MonkeyPatch, connection: Connection) -> None:
    _second_beside_the_first(patch, connection)
    connection.execute("SET LOCAL ROLE NONE")
    connection.execute("DROP INDEX payouts.instruction_one_live_per_part")
    connection.execute("DROP TRIGGER instruction_follows_an_ended_one ON payouts.payment")
    connection.execute("SET LOCAL ROLE amends_app")


def _forget_the_killed(patch: pytest.MonkeyPatch, _: Connection) -> None:
    patch.setattr(paying, "recover", lambda *_: 0)


def _books_in_a_second_transaction(patch: pytest.MonkeyPatch, _: Connection) -> None:
    """States are written first, and what they mean for the books when that is committed."""
    written, posted = record.record_results, record.post_moves

    def in_two(
        opened: OpenCase, rail: str, results: Sequence[Result], finished: Sequence[int] = ()
    ) -> None:
        waiting: list[tuple[Moves, datetime]] = []

        def later(
            _opened: OpenCase, _: Connection, moves: Moves, _rail: str, now: datetime
        ) -> None:
            waiting.append((moves, now))

        with pytest.MonkeyPatch.context() as meanwhile:
            meanwhile.setattr(record, "post_moves", later)
            written(opened, rail, results, finished)
        with opened.database.unit_of_work() as connection:
            for moves, now in waiting:
                posted(opened, connection, moves, rail, now)

    patch.setattr(dispatch, "record_results", in_two)


def _other_bytes_each_time(patch: pytest.MonkeyPatch, _: Connection) -> None:
    """The request says when it was made."""
    made = count()

    def stamped(self: SimulatedRail, order: Order) -> PreparedRequest:
        return prepare(self, order._replace(remark=str(next(made))))

    prepare = SimulatedRail.prepare
    patch.setattr(SimulatedRail, "prepare", stamped)


FAILED = Refused(provider_reference=None, reason=RefusalReason.FAILED, code="FAIL", raw=b"")
PAID = Settled(provider_reference=None, settled_at=None, raw=b"")
BROKEN: Mapping[str, tuple[Break, str]] = {
    "sent before the commit": (_send_before_commit, "sent and not written down"),
    "a new number after a timeout": (_misread(Unknown, FAILED), "a second order for whoever has"),
    "not found is never sent": (_misread(NotFound, FAILED), "a second order for whoever has one"),
    "accepted is paid": (_misread(Accepted, PAID), "our states are the provider's"),
    "what came back is not heard of": (_misread(Returned, None), "our states are the provider's"),
    "a second live instruction": (_second_live_instruction, "instruction_protocol"),
    "one beside the other": (_second_beside_the_first, "instruction_follows_an_ended_one"),
    "and no schema that refuses": (_second_and_no_schema, "a second order for whoever has one"),
    "the killed are forgotten": (_forget_the_killed, "nothing is open"),
    "books in a second transaction": (_books_in_a_second_transaction, "the books balance"),
    "other bytes each time": (_other_bytes_each_time, "nothing is open"),
}
"""Ways to break the protocol, and what a world says of each."""

PLAYED_BREAKS = (
    BROKEN
    if "AMENDS_SOAK" in os.environ
    else ("sent before the commit", "a second live instruction", "books in a second transaction")
)
"""`make soak` plays all of them; each takes seconds until a world meets it."""


@pytest.mark.parametrize("how", PLAYED_BREAKS)
def test_payouts_worlds_notice_a_broken_protocol(stage: Stage, how: str) -> None:
    """Within a few seeds a world finds out, by the very sentence about it."""
    broken, told = BROKEN[how]
    for seed in range(60):
        world = stage.world(seed)
        world.broken = broken
        if any(told in found for found in world.play()):
            return
    pytest.fail(f"no world noticed: {world.wrong}")
