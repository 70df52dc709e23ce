"""Units of work that use connections again."""

import psycopg
import pytest

from amends.store.connection import Connection
from made_cases import OpenedCase


def _backend(connection: Connection) -> int:
    """The server's process behind a connection."""
    return connection.info.backend_pid


def test_units_of_work_use_connections_again_and_never_a_dead_one(
    opened_case: OpenedCase,
) -> None:
    """One after the other has the same; one that failed, or that the server ended, is left."""
    database = opened_case().database
    with database.keeping():
        with database.unit_of_work() as first:
            before = _backend(first)
        with database.keeping(), database.unit_of_work() as again:
            assert _backend(again) == before
        with pytest.raises(psycopg.errors.DivisionByZero), database.unit_of_work() as failing:
            failing.execute("SELECT 1 / 0")
        assert failing.closed
        with database.unit_of_work() as other:
            assert _backend(other) != before
        with database.unit_of_work() as idle:
            victim = _backend(idle)
        with database.session() as killer:
            killer.execute("SET ROLE none")
            killer.execute("SELECT pg_terminate_backend(%(pid)s)", {"pid": victim})
            while killer.execute(
                "SELECT FROM pg_stat_activity WHERE pid = %(pid)s", {"pid": victim}
            ).fetchone():
                pass
        with database.unit_of_work() as alive:
            assert alive.execute("SELECT 1").fetchone() == (1,)
    assert alive.closed
    with database.unit_of_work() as single:
        pass
    assert single.closed
