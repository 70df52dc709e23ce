"""What is paid at once, in the row of its chunk: once for each place, by its settlement only."""

import asyncio

import psycopg
import pytest

from amends.ledger import service as ledger
from amends.payouts.paying import pay_through
from amends.payouts.planning.plan import approve_planned, plan_payable
from amends.payouts.rails.model import QueryAnswer, RefusalReason, Refused, Settled
from amends.payouts.sending.dispatch import begin_chunks
from amends.payouts.sending.record import first_result, record_results
from amends.store.connection import Connection
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates, limits
from made_awards import make_awards
from made_cases import OpenedCase


def _provider(opened: OpenCase) -> FakeProvider:
    return FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000)


def _refused_by(connection: Connection, change: bytes) -> str | None:
    """By which constraint a change is refused."""
    with pytest.raises(psycopg.errors.IntegrityError) as refused, connection.transaction():
        connection.execute(change)
    return refused.value.diag.constraint_name


BITS = "UPDATE payouts.chunk SET {} WHERE chunk_no = 0"
SETTLE = (
    "INSERT INTO payouts.settlement (chunk_no, places, settled_from, settled_to, "
    "provider_references, settled_at) SELECT chunk_no, {places}, settled_from, settled_to, "
    "{references}, array_fill(settled_from, ARRAY[{times}]) FROM payouts.chunk WHERE chunk_no = 0"
)
FIRST = "set_bit(0::bit(1000), 0, 1)"
SETTLED_BY_HAND = {
    BITS.format("settled = ~settled"): "chunk_says_what_was_written",
    BITS.format("settled = NULL, settled_from = NULL, settled_to = NULL"): (
        "chunk_says_what_was_written"
    ),
    BITS.format("apart = settled"): "chunk_says_what_was_written",
    BITS.format("settled_from = now() - interval '1 day'"): "chunk_says_what_was_written",
    SETTLE.format(places=FIRST, references="ARRAY['x']", times=1): "settlement_once_per_place",
    SETTLE.format(places="set_bit(0::bit(1000), 2, 1)", references="ARRAY['x']", times=1): (
        "settlement_once_per_place"
    ),
    SETTLE.format(places=FIRST, references="ARRAY['x', 'y']", times=1): "settlement_of_places",
    SETTLE.format(places=FIRST, references="ARRAY['x']", times=2): "settlement_of_places",
    SETTLE.format(places="0::bit(1000)", references="'{}'::text[]", times=0): (
        "settlement_of_places"
    ),
    SETTLE.format(places=FIRST, references="ARRAY['x']", times=1).replace(
        "settled_from, settled_to, ARRAY", "now() + interval '1 day', settled_to, ARRAY"
    ): "settlement_has_times",
}


def test_payouts_database_settles_a_place_once_and_by_its_settlement(
    opened_case: OpenedCase,
) -> None:
    """No bit of a chunk is set or taken by hand; nothing is settled twice, unsent, or after all."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 2)
    asyncio.run(pay_through(opened, _provider(opened)))
    with opened.database.unit_of_work() as connection:
        for change, constraint in SETTLED_BY_HAND.items():
            assert _refused_by(connection, change.encode()) == constraint


def test_payouts_database_settles_each_place_of_a_chunk_that_is_sent_once(
    opened_case: OpenedCase,
) -> None:
    """While a chunk is sent: an answer that comes twice, and settlements by hand, move it once."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 3)
    plan_payable(opened, [limits()])
    approve_planned(opened)
    with opened.database.unit_of_work() as connection:
        ledger.open_rail(connection, "alipay")
    provider, now = _provider(opened), opened.clock.now()
    with opened.database.session() as session:
        (claimed,) = begin_chunks(opened, provider, session)
    answers: list[QueryAnswer] = [
        Settled(provider_reference="x", settled_at=now, raw=b"paid"),
        Refused(
            provider_reference=None, code="A", reason=RefusalReason.UNKNOWN_ACCOUNT, raw=b"not"
        ),
    ]
    paid, refused = (
        first_result(answer, claimed.chunk_no, one)
        for answer, (_, one) in zip(answers, claimed.sent, strict=False)
    )
    for _ in range(2):
        record_results(opened, "alipay", [paid, refused])
    with opened.database.unit_of_work() as connection:
        moved = connection.execute(
            "SELECT move, awards FROM payouts.movement ORDER BY move"
        ).fetchall()
        assert moved == [("refuse", [1]), ("send", [0, 1, 2]), ("settle", [0])]
        places = "set_bit(set_bit(0::bit(1000), 2, 1), {}, 1)"
        by_hand = SETTLE.format(places=places, references="'{{x,y}}'", times=2)
        for place in (0, 1, 3):
            change = by_hand.format(place).encode()
            assert _refused_by(connection, change) == "settlement_once_per_place"
        alone = SETTLE.format(places="set_bit(0::bit(1000), 2, 1)", references="'{x}'", times=1)
        connection.execute(alone.encode())
        stand = connection.execute(
            "SELECT state, provider_reference FROM payouts.instruction ORDER BY award_index"
        ).fetchall()
    assert stand == [("settled", "x"), ("refused", None), ("settled", "x")]
