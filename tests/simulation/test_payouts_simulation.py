"""Whole payments against a provider with seeded faults, and a program that dies at any step."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from amends.ledger.service import verify_chain
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.plan_store import ended_counts
from amends.payouts.rails.model import PreparedRequest
from amends.payouts.service import export_payments, retry
from amends.store.connection import Connection, Database
from amends.vault.opened import OpenCase
from fake_provider import CrashError, FakeProvider, Fuse, Rates
from made_awards import make_awards
from made_cases import OpenedCase

PEOPLE = 24
NEEDS_PERSON = 3
FUNDS = 100_000_000
STORMY = Rates(
    lost_request=0.15,
    lost_answer=0.15,
    delivered_twice=0.2,
    dealing=0.2,
    dealing_fails=0.3,
    refused=0.1,
    query_lost=0.15,
    not_found_first=0.2,
    returned=0.2,
)


class CrashingDatabase(Database):
    """The case's database, where the program may die before and after each commit."""

    def __init__(self, inner: Database, fuse: Fuse) -> None:
        self._inner = inner
        self._fuse = fuse

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """As ever, with two chances to die; the machine's disk is not what is tested here."""
        with self._inner.unit_of_work() as connection:
            connection.execute("SET LOCAL synchronous_commit TO off")
            yield connection
            self._fuse.burn()
        self._fuse.burn()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As ever."""
        with self._inner.reading() as connection:
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """As ever."""
        with self._inner.session() as connection:
            yield connection


def _committed_first(opened: OpenCase, request: PreparedRequest) -> None:
    """Fail if the provider is called about something that is not written down."""
    with opened.database.reading() as connection:
        row = connection.execute(
            "SELECT state, request_sha256 FROM payouts.instruction WHERE instruction_id = %s",
            [request.number],
        ).fetchone()
    assert row == ("sending", request.sha256)


def _provider(opened: OpenCase, seed: int, rates: Rates) -> FakeProvider:
    return FakeProvider(
        seed=seed,
        rates=rates,
        now=opened.clock.now,
        funds_minor=FUNDS,
        inspect=lambda request: _committed_first(opened, request),
    )


def _until_through(opened: OpenCase, provider: FakeProvider, fuses: Iterator[int]) -> int:
    """Run `pay` and `reconcile` again and again until nothing dies any more; how often it died."""
    crashes = 0
    crashing = replace(opened, database=CrashingDatabase(opened.database, provider.fuse))
    for stage in (pay_through, reconcile_through):
        while True:
            provider.fuse.steps = next(fuses, -1)
            try:
                asyncio.run(stage(crashing, provider))
            except CrashError:
                crashes += 1
                continue
            break
    provider.fuse.steps = -1
    return crashes


def _check(opened: OpenCase, provider: FakeProvider) -> None:
    """Nobody paid twice, nobody forgotten, every fen in its place."""
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert not provider.changed_bytes
    assert max(provider.paid().values()) == 1
    payments = export_payments(opened).to_pylist()
    assert len({one["award_index"] for one in payments}) == len(payments) == PEOPLE - NEEDS_PERSON
    told = {"SUCCESS": "settled", "REFUND": "returned", "FAIL": "refused"}
    assert {one["instruction_id"]: one["state"] for one in payments} == {
        number: told[order.status] for number, order in provider.orders.items()
    }
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["matched"] == counts["statement_lines"] == len(provider.lines)
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    with opened.database.reading() as connection:
        assert verify_chain(connection)


@pytest.mark.parametrize("seed", range(6))
def test_payouts_storm_ends_with_everybody_paid_once(opened_case: OpenedCase, seed: int) -> None:
    """Lost requests and answers, duplicates, delays, refusals and returns: the books are right."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    provider = _provider(opened, seed, STORMY)
    assert _until_through(opened, provider, iter(())) == 0
    _check(opened, provider)


@pytest.mark.parametrize("seed", range(100, 114))
def test_payouts_crashes_in_a_storm_lose_nothing(opened_case: OpenedCase, seed: int) -> None:
    """The program dies at random steps, five times, in a storm; running it again mends it."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    provider = _provider(opened, seed, STORMY)
    chance = random.Random(seed)  # noqa: S311 - a seeded simulation
    assert _until_through(opened, provider, iter([chance.randrange(60) for _ in range(5)])) > 0
    _check(opened, provider)


def test_payouts_crash_at_every_step_once(opened_case: OpenedCase) -> None:
    """However far a run gets before it dies, the next one goes on from there."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    provider = _provider(opened, 7, STORMY)
    assert _until_through(opened, provider, iter(range(70))) > 30
    _check(opened, provider)


def test_payouts_calm_run_sends_each_number_once(opened_case: OpenedCase) -> None:
    """Without faults every number is submitted once and nothing is asked."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    provider = _provider(opened, 1, Rates())
    asyncio.run(pay_through(opened, provider))
    assert set(provider.seen.values()) == {1}
    assert all(name.startswith("submit ") for name in provider.seen)
    again = asyncio.run(pay_through(opened, provider))
    assert set(provider.seen.values()) == {1}
    assert "everything that can be paid was sent before" in again.notes


@pytest.mark.parametrize("seed", range(200, 203))
def test_payouts_paid_again_after_refusal_and_return_nobody_has_it_twice(
    opened_case: OpenedCase, seed: int
) -> None:
    """Second, third and fourth numbers follow first ones, with crashes: nobody keeps two awards."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, PEOPLE, needs_person=NEEDS_PERSON, spread=130)
    provider = _provider(opened, seed, replace(STORMY, refused=0.3, returned=0.3))
    rng = random.Random(seed)  # noqa: S311 -- a test that repeats
    _until_through(opened, provider, iter(()))
    rounds = 0
    while ended := _ended(opened):
        retry(opened, ended)
        _until_through(opened, provider, iter([rng.randrange(1, 40) for _ in range(4)]))
        rounds += 1
        if rounds == 2:  # what was wrong with names is put right
            provider.rates = replace(provider.rates, refused=0.0)
        assert rounds < 20
    assert rounds > 2
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["settled"] == PEOPLE - NEEDS_PERSON
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    assert not provider.changed_bytes
    kept = Counter(order.payee for order in provider.orders.values() if order.status == "SUCCESS")
    assert len(kept) == PEOPLE - NEEDS_PERSON
    assert set(kept.values()) == {1}
    with opened.database.reading() as connection:
        assert verify_chain(connection)


def _ended(opened: OpenCase) -> list[str]:
    """For what reasons payments ended unpaid."""
    with opened.database.reading() as connection:
        return [why for why, *_ in ended_counts(connection)]
