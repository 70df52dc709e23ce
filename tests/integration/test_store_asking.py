"""Questions from an event loop: everybody gets their own answer, and a broken line is left."""

import asyncio

import psycopg
import pytest

from amends.store.asking import Asking, Lines, Waiting, finished
from amends.store.connection import Database
from killed_server import end_connection
from made_cases import OpenedCase

SUM = b"SELECT %(one)s::bigint + %(other)s::bigint * %(one)s::bigint"
LENGTH = b"SELECT length(%(text)s)::bigint, left(%(text)s, 3)"
SLOW = b"SELECT pg_backend_pid(), pg_sleep(%(tenths)s::double precision / 10)::text"
SHARE = b"SELECT 12 / %(by)s"
UNKNOWN = b"SELECT * FROM nowhere WHERE it = %(it)s"
PLANNED = b"SELECT current_setting('enable_sort'), current_setting('plan_cache_mode')"
WRITING = b"CREATE TEMPORARY TABLE written (number int)"


async def _sum(asking: Asking, one: int, other: int) -> object:
    [(found,)] = await asking.rows(SUM, {"one": one, "other": other})
    return found


async def _questions(lines: Lines) -> None:
    """Forty at once, refused ones among them, twice; then who no longer waits, and much text."""
    for _ in range(2):
        asked = [
            *(_sum(lines, number, 2**40) for number in range(37)),
            lines.rows(SHARE, {"by": 0}),
            lines.rows(UNKNOWN, {"it": 1}),
            lines.rows(WRITING, {}),
        ]
        *sums, zero, unknown, writing = await asyncio.gather(*asked, return_exceptions=True)
        assert sums == [number + 2**40 * number for number in range(37)]
        assert isinstance(zero, psycopg.errors.DivisionByZero)
        assert isinstance(unknown, psycopg.errors.UndefinedTable)
        assert isinstance(writing, psycopg.errors.ReadOnlySqlTransaction)
    assert await lines.rows(SHARE, {"by": 4}) == [(3,)]
    assert await lines.rows(PLANNED, {}) == [("off", "force_generic_plan")]
    with pytest.raises(psycopg.DataError):
        await lines.rows(LENGTH, {"text": "a\0b"})
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lines.rows(SLOW, {"tenths": 2}), 0.01)
    text = "赔" * 2_000_000
    long = [lines.rows(LENGTH, {"text": text[at:]}) for at in range(6)]
    assert await asyncio.gather(*long) == [[(len(text) - at, "赔赔赔")] for at in range(6)]
    for at in range(120):  # more than are kept prepared
        assert await lines.rows(b"SELECT %(it)s::bigint + " + b"%d" % at, {"it": 1}) == [(1 + at,)]


async def _broken(lines: Lines, database: Database) -> None:
    """The server ends a connection, first one that is asked, then one that is idle."""
    [(backend, _)] = await lines.rows(SLOW, {"tenths": 0})
    waits = [asyncio.ensure_future(lines.rows(SLOW, {"tenths": 99})) for _ in range(3)]
    await asyncio.sleep(0.05)
    await asyncio.to_thread(end_connection, database, backend)
    for one in waits:
        with pytest.raises(psycopg.OperationalError):
            await one
    [(other, _)] = await lines.rows(SLOW, {"tenths": 0})
    assert other != backend
    await asyncio.to_thread(end_connection, database, other)
    await asyncio.sleep(0.05)
    assert await _sum(lines, 1, 1) == 2
    late = asyncio.ensure_future(lines.rows(SLOW, {"tenths": 99}))
    await asyncio.sleep(0.05)
    lines.close()
    with pytest.raises(psycopg.OperationalError):
        await late


def test_a_loop_asks_many_questions_at_once_and_each_gets_its_own_answer(
    opened_case: OpenedCase,
) -> None:
    """A refused one refuses nobody else, and a connection that is lost is told and replaced."""
    database = opened_case().database

    failures = []

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, failure: failures.append(failure))
        lines = Lines(database, most=2)
        try:
            await _questions(lines)
        finally:
            lines.close()
        await _broken(Lines(database, most=1), database)

    asyncio.run(ask())
    assert failures == []
    with database.session() as connection:
        assert finished(_sum(Waiting(connection), 3, 4)) == 15
    with pytest.raises(AssertionError):
        finished(_later())


async def _later() -> None:
    await asyncio.sleep(0)
