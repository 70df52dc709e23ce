"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[object, ...]]

APP_ROLE = "amends_app"
"""The role of ordinary work: it may not change history."""


_KEEPING = threading.Lock()
"""Held while a connection is put aside or taken, never while one is used."""


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history)."""

    _keepers: int = 0
    _idle: list[Connection]

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
        with _KEEPING:
            if not self._keepers:
                self._idle = []
            self._keepers += 1
        try:
            yield
        finally:
            with _KEEPING:
                self._keepers -= 1
                ended = [] if self._keepers else self._idle
            for connection in ended:
                connection.close()

    @contextmanager
    def _kept_or_new(self) -> Iterator[Connection]:
        """A connection for a transaction; one that failed is not kept."""
        connection = self._kept_one() or self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with _KEEPING:
            keeps = self._keepers > 0
            if keeps:
                self._idle.append(connection)
        if not keeps:
            connection.close()

    def _kept_one(self) -> Connection | None:
        """A connection that was put aside and that the server has not ended since; None: none."""
        while True:
            with _KEEPING:
                if not self._keepers or not self._idle:
                    return None
                connection = self._idle.pop()
            if not select.select([connection.fileno()], [], [], 0)[0]:
                return connection
            connection.close()  # what waits to be read is the server's last word

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
