"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[object, ...]]

APP_ROLE = "amends_app"
"""The role of ordinary work: it may not change history."""
PUBLIC_ROLE = "amends_public"
"""The role of the public process: it reaches what a migration grants it by name, nothing else."""


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history)."""

    _kept: list[Connection] | None = None
    _keepers = 0

    def __init__(self, conninfo: str, role: str = APP_ROLE) -> None:
        self._conninfo = conninfo
        given = conninfo_to_dict(conninfo).get("options") or ""
        self._options = f"{given} -c role={role} -c timezone=UTC".strip()

    @property
    def conninfo(self) -> str:
        """How it is reached: for a process of our own, never for a log."""
        return self._conninfo

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises or cannot be."""
        with self._kept_or_new() as connection:
            yield connection
            connection.commit()

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Units of work use connections again while the block runs: for many of them in a row."""
        if self._kept is None:
            self._kept = []
        self._keepers += 1
        try:
            yield
        finally:
            self._keepers -= 1
            if not self._keepers:
                kept, self._kept = self._kept, None
                for connection in kept:
                    connection.close()

    @contextmanager
    def _kept_or_new(self) -> Iterator[Connection]:
        """A connection for a transaction; one that failed is not kept."""
        kept = self._kept
        connection = (self._taken(kept) if kept else None) or self._connect()
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

    @staticmethod
    def _taken(idle: list[Connection]) -> Connection | None:
        """One that is idle; another thread may be quicker."""
        try:
            return idle.pop()
        except IndexError:
            return None

    def _connect(self) -> Connection:
        """A new connection; psycopg commits at the end of its ``with``, or rolls back."""
        return psycopg.connect(self._conninfo, options=self._options)


class PooledDatabase(Database):
    """The same with connections that stay open, for a process that answers many short requests.

    Threads share it: each block has a connection of its own while it runs. A statement ends after
    *statement_s* seconds, so that no page holds a connection for ever.
    """

    def __init__(
        self, conninfo: str, role: str = APP_ROLE, *, most: int = 8, statement_s: int = 30
    ) -> None:
        super().__init__(conninfo, role)
        self._options += f" -c statement_timeout={statement_s}s"
        self._most = most
        self._idle: dict[str, list[Connection]] = {"write": [], "read": [], "session": []}

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises or cannot be."""
        with self._lent("write") as connection, connection.transaction():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only snapshot: all statements of the block see the same state."""
        with self._lent("read") as connection, connection.transaction():
            yield connection

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection without a transaction: each statement sees its own state."""
        with self._lent("session") as connection:
            yield connection

    def close(self) -> None:
        """Close what is idle."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    @contextmanager
    def _lent(self, use: str) -> Iterator[Connection]:
        """A connection for one use; it comes back unless it broke or there are enough."""
        idle = self._idle[use]
        connection = self._taken(idle) or self._opened(use)
        try:
            yield connection
        except psycopg.OperationalError:
            connection.close()
            while idle:  # the server went away: the others are dead as well
                with suppress(IndexError):
                    idle.pop().close()
            raise
        finally:
            if not connection.closed and len(idle) < self._most:
                idle.append(connection)
            elif not connection.closed:
                connection.close()

    def _opened(self, use: str) -> Connection:
        connection = self._connect()
        connection.autocommit = True  # transactions begin where a block says so
        if use == "read":
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        elif use == "session":
            connection.execute("SET default_transaction_read_only = on")
        return connection
