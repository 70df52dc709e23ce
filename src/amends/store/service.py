"""The store's use cases: open a case's database, remove it, tell its time, one worker per stage."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime

import psycopg

from amends.kernel.case import Case, ClockKind
from amends.kernel.clock import Clock, RealClock, SimulatedClock
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.store import embedded
from amends.store.connection import Connection, Database
from amends.store.migrate import migrate

URL_VARIABLE = "AMENDS_DATABASE_URL"
STAGE_PATIENCE_S = 10.0
OLDEST_SERVER = 15_00_00


@contextmanager
def open_database(case: Case) -> Iterator[Database]:
    """The case's database, migrated: the server of ``AMENDS_DATABASE_URL``, else an embedded one.

    Raises:
        AmendsError: it does not come up, or it belongs to another case.
    """
    url = os.environ.get(URL_VARIABLE)
    if url:
        with _prepared(case, owner_conninfo=url, login_conninfo=url) as database:
            yield database
        return
    with (
        embedded.running(case) as server,
        _prepared(
            case, owner_conninfo=server.owner_conninfo, login_conninfo=server.login_conninfo
        ) as database,
    ):
        yield database


def remove_database(case: Case) -> None:
    """Remove the embedded database of the case, also what lies outside the case directory.

    A database on a server of the user's own is the user's to drop.

    Raises:
        AmendsError: another command works on the case.
    """
    embedded.remove(case)


def case_clock(database: Database, case: Case) -> Clock:
    """The clock of the case: the machine's, or a simulated one that begins at ``announced_at``.

    A case that does not say when it was announced begins when the leak was discovered, or now.
    """
    if case.file.clock is ClockKind.REAL:
        return RealClock()
    start = case.file.announced_at or case.file.discovered_at or RealClock().now()
    with database.unit_of_work() as connection:
        _begin_simulated_time(connection, start)
        start = _simulated_time(connection)

    def keep(now: datetime) -> None:
        """Make the move last, for the next command."""
        with database.unit_of_work() as connection:
            _move_simulated_time(connection, now)

    return SimulatedClock(start, keep)


@contextmanager
def stage_lock(
    database: Database, stage: str, *, patience_s: float = STAGE_PATIENCE_S
) -> Iterator[None]:
    """The right to be the one command that works at *stage* of this case, while the block runs.

    Waits a little: the connection of a command that was just killed may linger.

    Raises:
        AmendsError: another command works at it.
    """
    key = _key(stage)
    deadline = time.monotonic() + patience_s
    with database.session() as connection:
        while not _try_lock(connection, key):
            if time.monotonic() > deadline:
                raise StageBusyError(
                    said(
                        "another command is working at {stage} of this case: wait until it has "
                        "ended",
                        stage=stage,
                    )
                )
            time.sleep(0.1)
        yield


def is_stage_locked(database: Database, stage: str) -> bool:
    """Whether a command works at *stage* of this case now."""
    with database.reading() as connection:
        row = connection.execute(
            """
            SELECT EXISTS (
                SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND objsubid = 1
                AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND ((classid::bigint << 32) | objid::bigint) = %(key)s
            )
            """,
            {"key": _key(stage)},
        ).fetchone()
    return bool(row and row[0])


def _key(stage: str) -> int:
    """The key of a stage's lock (docs/locking.md)."""
    return int.from_bytes(
        hashlib.sha256(f"amends stage {stage}".encode()).digest()[:8], signed=True
    )


class DatabaseUnreachableError(AmendsError):
    """No connection to the database; its address may hold a password and is not repeated."""

    code = "database_unreachable"


class StageBusyError(AmendsError):
    """Another command works at the same stage of the same case."""

    code = "stage_busy"


@contextmanager
def _prepared(case: Case, *, owner_conninfo: str, login_conninfo: str) -> Iterator[Database]:
    """The database, migrated, after a look at whose it is."""
    _reach(owner_conninfo)
    migrate(owner_conninfo)
    with closing(Database(login_conninfo)) as database:
        with database.unit_of_work() as connection:
            owner = _case_of(connection, case.file.id)
        if owner != case.file.id:
            raise AmendsError(
                said(
                    "this database belongs to the case {owner}, not to {id}: point {url_variable} "
                    "to a database of its own",
                    owner=owner,
                    id=case.file.id,
                    url_variable=URL_VARIABLE,
                )
            )
        yield database


def _reach(conninfo: str) -> None:
    """See whether there is a server that this version can work with.

    Raises:
        DatabaseUnreachableError: it does not answer, does not let us in, or is too old.
    """
    try:
        with psycopg.connect(conninfo) as connection:
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise DatabaseUnreachableError(
            said(
                "the database does not answer, or does not let us in: see whether "
                "{url_variable} is right and the server runs",
                url_variable=URL_VARIABLE,
            )
        ) from error
    if version < OLDEST_SERVER:
        raise DatabaseUnreachableError(
            said(
                "PostgreSQL {oldest_server} or newer is needed: the server is older",
                oldest_server=OLDEST_SERVER // 10000,
            )
        )


def _case_of(connection: Connection, case_id: str) -> str:
    """The id of the case that the database belongs to; *case_id* if it was nobody's."""
    connection.execute(
        "INSERT INTO store.case_identity (case_id) VALUES (%(case_id)s) ON CONFLICT DO NOTHING",
        {"case_id": case_id},
    )
    row = connection.execute("SELECT case_id FROM store.case_identity").fetchone()
    assert row is not None  # noqa: S101 (the statement before made sure of it)
    return str(row[0])


def _begin_simulated_time(connection: Connection, start: datetime) -> None:
    """Set the simulated time, the first time only."""
    connection.execute(
        "INSERT INTO store.clock (simulated_now) VALUES (%(start)s) ON CONFLICT DO NOTHING",
        {"start": start},
    )


def _simulated_time(connection: Connection) -> datetime:
    """The simulated time as the last command left it."""
    row = connection.execute("SELECT simulated_now FROM store.clock").fetchone()
    assert row is not None  # noqa: S101 (begun by the statement before)
    assert isinstance(row[0], datetime)  # noqa: S101 (timestamptz)
    return row[0]


def _move_simulated_time(connection: Connection, now: datetime) -> None:
    """Move the simulated time forward; it never goes back, whichever command moves it."""
    connection.execute(
        "UPDATE store.clock SET simulated_now = greatest(simulated_now, %(now)s)", {"now": now}
    )


def _try_lock(connection: Connection, key: int) -> bool:
    """Take the session's advisory lock if it is free."""
    row = connection.execute("SELECT pg_try_advisory_lock(%(key)s)", {"key": key}).fetchone()
    return bool(row and row[0])
