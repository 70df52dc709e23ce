"""Random raises between storms: however often something fails, everybody has what is owed, once."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from amends.awards import corrections
from amends.awards.correcting import Reason
from amends.ledger.service import check_trial, verify_chain
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.planning.plan_store import ended_counts
from amends.payouts.service import retry
from amends.payouts.showing.held import held
from amends.store.connection import Connection, Database
from amends.vault.opened import OpenCase
from fake_provider import CrashError, FakeProvider, Rates
from made_awards import AMOUNT_MINOR, make_awards, person
from made_cases import OpenedCase
from made_corrections import raised
from made_determination import determine_made_up

PEOPLE = 6
STORMY = Rates(
    lost_request=0.15,
    lost_answer=0.15,
    delivered_twice=0.2,
    dealing=0.2,
    dealing_fails=0.3,
    query_lost=0.15,
    not_found_first=0.2,
    returned=0.35,
)


class QuickDatabase(Database):
    """The case's database; the machine's disk is not what is tested here."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """As ever, and nobody waits for the disk."""
        with self._inner.unit_of_work() as connection:
            connection.execute("SET LOCAL synchronous_commit TO off")
            yield connection

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


def kept(provider: FakeProvider) -> Counter[str]:
    """What each account was paid and kept, in minor units."""
    sums = Counter[str]()
    for order in provider.orders.values():
        if order.status == "SUCCESS":
            sums[order.payee] += order.amount.amount_minor
    return sums


def through(opened: OpenCase, provider: FakeProvider, chance: random.Random) -> None:
    """Pay and reconcile; the program dies at a random call of the provider, and is called again."""
    for stage in (pay_through, reconcile_through):
        provider.fuse.steps = chance.randrange(40)
        for _ in range(3):
            try:
                asyncio.run(stage(opened, provider))
            except CrashError:
                provider.fuse.steps = -1
                continue
            break


def raise_some(opened: OpenCase, owed: dict[int, int], chance: random.Random) -> None:
    """Two people raise awards, whatever became of their payments so far."""
    for index in chance.sample(sorted(owed), 2):
        owed[index] += chance.randrange(1, 4) * 10_000
        wanted = [raised(index, owed[index], reason=Reason.AGREED)]
        corrections.correct(opened, wanted, partial(held, opened))


@pytest.mark.parametrize("seed", range(2))
def test_payouts_raises_in_a_storm_come_whole_and_once(opened_case: OpenedCase, seed: int) -> None:
    """Returned first payments, returned differences, raises meanwhile: the sum is what is owed."""
    chance = random.Random(seed)  # noqa: S311 - a seeded simulation
    opened = opened_case(approve_as=("anna", "bert"))
    opened = replace(opened, database=QuickDatabase(opened.database))
    determine_made_up(opened, {person(index): "NAME" for index in range(PEOPLE)})
    make_awards(opened, PEOPLE)
    provider = FakeProvider(seed=seed, rates=STORMY, now=opened.clock.now, funds_minor=100_000_000)
    owed = dict.fromkeys(range(PEOPLE), AMOUNT_MINOR)
    for _ in range(2):
        through(opened, provider, chance)
        raise_some(opened, owed, chance)
    provider.rates = Rates()
    pay_all(opened, provider, chance, owed)
    raise_some(opened, owed, chance)  # the storm may have left nobody paid: now everybody is
    pay_all(opened, provider, chance, owed)
    with opened.database.reading() as connection:
        most = connection.execute("SELECT max(part) FROM payouts.instruction").fetchone()
    assert most is not None
    assert int(str(most[0])) > 0, "nobody was paid in parts: the test shows nothing"


def pay_all(
    opened: OpenCase, provider: FakeProvider, chance: random.Random, owed: dict[int, int]
) -> None:
    """Pay on fair ground, again where it ended, until everybody keeps what is owed; prove it."""
    wanted = {f"138{index:08d}": amount for index, amount in owed.items()}
    for _ in range(8):
        through(opened, provider, chance)
        if kept(provider) == wanted:
            break
        with opened.database.reading() as connection:
            ended = [why for why, *_ in ended_counts(connection)]
        retry(opened, ended)
    assert kept(provider) == wanted
    assert not provider.changed_bytes
    counts = asyncio.run(reconcile_through(opened, provider)).counts
    assert counts["open"] == counts["unproved"] == counts["exceptions"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    with opened.database.reading() as connection:
        assert check_trial(connection)
        assert verify_chain(connection)
