"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[object, ...]]

APP_ROLE = "amends_app"
"""The role of ordinary work: it may not change history."""


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history)."""

    _kept: list[Connection] | None = None

    def __init__(self, conninfo: str, role: str = APP_ROLE) -> None:
        self._conninfo = conninfo
        given = conninfo_to_dict(conninfo).get("options") or ""
        self._options = f"{given} -c role={role} -c timezone=UTC".strip()

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises or cannot be."""
        with self._kept_or_new() as connection:
            yield connection
            connection.commit()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Units of work use connections again while the block runs: for many of them in a row."""
        before, self._kept = self._kept, []
        try:
            yield
        finally:
            kept, self._kept = self._kept, before
            for connection in kept or ():
                connection.close()

    @contextmanager
    def _kept_or_new(self) -> Iterator[Connection]:
        """A connection for a transaction; one that failed is not kept."""
        kept = self._kept
        connection = kept.pop() if kept else self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if kept is None or kept is not self._kept:
            connection.close()
        else:
            kept.append(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only snapshot: all statements of the block see the same state."""
        with self._connect() as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection without a transaction, for locks that outlive one. It changes no rows."""
        with self._connect() as connection:
            connection.autocommit = True
            connection.execute("SET default_transaction_read_only = on")
            yield connection

    def _connect(self) -> Connection:
        """A new connection; psycopg commits at the end of its ``with``, or rolls back."""
        return psycopg.connect(self._conninfo, options=self._options)
