"""Connections and the unit of work: the one place that commits.

A room's ``store.py`` gets a connection and runs its statements; whether they last is decided here,
at the end of the ``with`` block, and nowhere else.
"""

import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psycopg
from psycopg.conninfo import conninfo_to_dict

Connection = psycopg.Connection[tuple[object, ...]]

APP_ROLE = "amends_app"
"""The role of ordinary work: it may not change history."""

PUBLIC_ROLE = "amends_public"
"""The role of the public process: it reaches what a migration grants it by name, nothing else."""

_Idle = tuple[Connection, int, float]
"""A connection, the process that opened it, and since when it is idle."""

_MOST_IDLE = 8
_IDLE_S = 60.0
"""After this long, what lies between us and the server may have forgotten a connection."""


class Database:
    """The database of one case, as the role that ordinary work has (no UPDATE on history).

    Threads share it: each block has a connection of its own while it runs. Connections of units of
    work and of snapshots are used again; those of sessions end with their block, and with them the
    locks that they hold.
    """

    def __init__(self, conninfo: str, role: str = APP_ROLE) -> None:
        self._conninfo = conninfo
        given = conninfo_to_dict(conninfo).get("options") or ""
        self._options = f"{given} -c role={role} -c timezone=UTC".strip()
        self._idle: list[_Idle] = []
        self._most_idle = _MOST_IDLE

    @property
    def conninfo(self) -> str:
        """How it is reached: for a process of our own, never for a log."""
        return self._conninfo

    @contextmanager
    def unit_of_work(self) -> Iterator[Connection]:
        """A transaction: committed when the block ends, undone when it raises or cannot be."""
        with self._lent(self._idle, self._connect) as connection:
            connection.read_only = connection.isolation_level = None
            yield connection
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only snapshot: all statements of the block see the same state."""
        with self._lent(self._idle, self._connect) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection
            connection.commit()

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

    def close(self) -> None:
        """Close what is idle; from now on nothing is kept."""
        self._most_idle = 0
        _close(self._idle)

    def _connect(self) -> Connection:
        """A new connection."""
        return psycopg.connect(self._conninfo, options=self._options)

    @contextmanager
    def _lent(self, idle: list[_Idle], connect: Callable[[], Connection]) -> Iterator[Connection]:
        """A connection for one block; it comes back unless the block failed or there are enough."""
        connection = _alive(idle) or connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if len(idle) < self._most_idle:
            idle.append((connection, os.getpid(), time.monotonic()))
        else:
            connection.close()


def _alive(idle: list[_Idle]) -> Connection | None:
    """One that was used lately and that the server has not ended since; None: there is none."""
    while True:
        try:  # another thread may be quicker
            connection, process, since = idle.pop()
        except IndexError:
            return None
        if process != os.getpid():
            continue  # our parent's, who goes on with it
        unread = select.poll()
        unread.register(connection.fileno(), select.POLLIN)
        if time.monotonic() - since < _IDLE_S and not unread.poll(0):
            return connection
        connection.close()  # what waits to be read is the server's last word


def _close(idle: list[_Idle]) -> None:
    while idle:
        with suppress(IndexError):
            idle.pop()[0].close()


class PooledDatabase(Database):
    """The same for a process that answers many short requests: sessions are used again, too.

    A statement ends after *statement_s* seconds, so that no page holds a connection for ever. Who
    takes a lock in a session gives it back.
    """

    def __init__(self, conninfo: str, role: str = APP_ROLE, *, statement_s: int = 30) -> None:
        super().__init__(conninfo, role)
        self._options += f" -c statement_timeout={statement_s}s"
        self._sessions: list[_Idle] = []

    @contextmanager
    def session(self) -> Iterator[Connection]:
        """A connection without a transaction: each statement sees its own state."""
        with self._lent(self._sessions, self.lasting) as connection:
            yield connection

    def close(self) -> None:
        """Close what is idle; from now on nothing is kept."""
        super().close()
        _close(self._sessions)
