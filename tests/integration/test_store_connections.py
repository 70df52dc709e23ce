"""Connections are used again while a case is open, and never a dead one."""

import os

import psycopg
import pytest

from amends.store.connection import Connection
from killed_server import end_connection
from made_cases import OpenedCase


def _backend(connection: Connection) -> int:
    """The server's process behind a connection."""
    return connection.info.backend_pid


def test_connections_are_used_again_and_never_a_dead_one(opened_case: OpenedCase) -> None:
    """One after the other has the same; one that failed, or that the server ended, is left."""
    database = opened_case().database
    with database.unit_of_work() as first:
        before = _backend(first)
        with database.reading() as beside:
            assert _backend(beside) != before
    with database.unit_of_work() as again, database.unit_of_work() as other:
        assert {_backend(again), _backend(other)} == {before, _backend(beside)}
    with pytest.raises(psycopg.errors.DivisionByZero), database.unit_of_work() as failing:
        failing.execute("SELECT 1 / 0")
    assert failing.closed
    with database.unit_of_work() as idle:
        victim = _backend(idle)
    end_connection(database, victim)
    with database.unit_of_work() as alive:
        assert _backend(alive) != victim
        assert alive.execute("SELECT 1").fetchone() == (1,)
    database.close()
    assert alive.closed


def test_what_a_block_may_do_does_not_last(opened_case: OpenedCase) -> None:
    """After a snapshot its connection writes; after writing, a snapshot does not."""
    database = opened_case().database
    for _ in range(2):
        with database.reading() as connection:
            mode = connection.execute("SELECT current_setting('transaction_isolation')").fetchone()
            assert mode == ("repeatable read",)
            assert connection.execute("SHOW transaction_read_only").fetchone() == ("on",)
        with database.unit_of_work() as same:
            assert same is connection
            assert same.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
            assert same.execute("SHOW transaction_read_only").fetchone() == ("off",)


def test_a_copied_process_takes_connections_of_its_own(opened_case: OpenedCase) -> None:
    """What its parent left idle stays the parent's."""
    database = opened_case().database
    with database.unit_of_work() as connection:
        parents = _backend(connection)
    child = os.fork()
    if child == 0:
        try:
            with database.unit_of_work() as own:
                os._exit(0 if _backend(own) != parents else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    with database.unit_of_work() as same:
        assert _backend(same) == parents
        assert same.execute("SELECT 1").fetchone() == (1,)
