"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

Connection = psycopg.Connection[tuple[object, ...]]


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history)."""

    def __init__(self, conninfo: str, role: str = "amends_app") -> None:
        self._conninfo = conninfo
        self._role = role

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises."""
        with self._connect() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only snapshot: all statements of the block see the same state."""
        with self._connect() as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    def _connect(self) -> Connection:
        """A new connection; psycopg commits at the end of its ``with``, or rolls back."""
        return psycopg.connect(self._conninfo, options=f"-c role={self._role}")
