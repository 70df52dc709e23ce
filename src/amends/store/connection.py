"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[object, ...]]

APP_ROLE = "amends_app"
"""The role of ordinary work: it may not change history."""

PUBLIC_ROLE = "amends_public"
"""The role of the public process: it reaches what a migration grants it by name, nothing else."""

_KEEPING = threading.Lock()
"""Held while a connection is put aside or taken, never while one is used."""


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history)."""

    _keepers: int = 0
    _kept: list[Connection]

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
        with _KEEPING:
            if not self._keepers:
                self._kept = []
            self._keepers += 1
        try:
            yield
        finally:
            with _KEEPING:
                self._keepers -= 1
                ended = [] if self._keepers else self._kept
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
                self._kept.append(connection)
        if not keeps:
            connection.close()

    def _kept_one(self) -> Connection | None:
        """A connection that was put aside and that the server has not ended since; None: none."""
        while True:
            with _KEEPING:
                if not self._keepers or not self._kept:
                    return None
                connection = self._kept.pop()
            unread = select.poll()
            unread.register(connection.fileno(), select.POLLIN)
            if not unread.poll(0):
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

    def lasting(self) -> Connection:
        """A connection like one of ``session``, for who keeps it and closes it."""
        connection = self._connect()
        connection.autocommit = True
        connection.execute("SET default_transaction_read_only = on")
        # What is asked for often is found by an index: helpers would cost more than they save.
        connection.execute("SET max_parallel_workers_per_gather = 0")
        return connection

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

    @staticmethod
    def _taken(idle: list[Connection]) -> Connection | None:
        """One that is idle; another thread may be quicker."""
        try:
            return idle.pop()
        except IndexError:
            return None

    def _opened(self, use: str) -> Connection:
        if use == "session":
            return self.lasting()
        connection = self._connect()
        connection.autocommit = True  # transactions begin where a block says so
        if use == "read":
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        return connection
