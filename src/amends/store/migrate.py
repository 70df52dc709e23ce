"""Migrations: forward-only SQL files, applied once, whole or not at all, in order of number."""

import hashlib
from dataclasses import dataclass
from importlib import resources

import psycopg

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.store.connection import APP_ROLE, PUBLIC_ROLE, Connection

# Any number that other programs on the server do not take: "amends" in ASCII.
_LOCK = 0x616D656E6473


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file of ``store/migrations``."""

    number: int
    name: str
    sql: bytes

    @property
    def sha256(self) -> str:
        """The digest that shows whether an applied file was changed."""
        return hashlib.sha256(self.sql).hexdigest()


def shipped_migrations() -> tuple[Migration, ...]:
    """The migrations of this version of Amends, by number."""
    found = []
    for file in resources.files("amends.store").joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            number, _, name = file.name.removesuffix(".sql").partition("_")
            found.append(Migration(number=int(number), name=name, sql=file.read_bytes()))
    return tuple(sorted(found, key=lambda migration: migration.number))


def migrate(owner_conninfo: str, migrations: tuple[Migration, ...] | None = None) -> None:
    """Bring the database to this version, as the owner of its tables.

    Raises:
        AmendsError: an applied file was changed, or the database is of a newer version.
    """
    wanted = shipped_migrations() if migrations is None else migrations
    with psycopg.connect(owner_conninfo, autocommit=True) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("SET lock_timeout = '15s'")
        if _applied(connection) == {(one.number, one.sha256) for one in wanted}:
            return
        connection.execute("SELECT pg_advisory_lock(%(lock)s)", {"lock": _LOCK})
        _prepare(connection)
        applied = dict(_applied(connection))
        _check(applied, wanted)
        for migration in wanted:
            if migration.number not in applied:
                _apply(connection, migration)


def is_current(connection: Connection) -> bool:
    """Whether the database is exactly of this version. Nothing is changed."""
    return _applied(connection) == {(one.number, one.sha256) for one in shipped_migrations()}


def _applied(connection: Connection) -> set[tuple[int, str]]:
    """Number and digest of every applied migration; none in a new database."""
    exists = connection.execute("SELECT to_regclass('store.migration') IS NOT NULL").fetchone()
    if exists is None or not exists[0]:
        return set()
    rows = connection.execute("SELECT number, sha256 FROM store.migration ORDER BY number")
    return {(int(str(number)), str(sha256)) for number, sha256 in rows}


def _prepare(connection: Connection) -> None:
    """The roles of ordinary work and of the public process, and the table of what was applied."""
    for role in (APP_ROLE, PUBLIC_ROLE):
        _prepare_role(connection, role)
    connection.execute("CREATE SCHEMA IF NOT EXISTS store")
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS store.migration (
            number integer NOT NULL CONSTRAINT migration_key PRIMARY KEY,
            name text NOT NULL,
            sha256 text NOT NULL
                CONSTRAINT migration_sha256_is_hex CHECK (sha256 ~ '^[0-9a-f]{64}$'),
            applied_at timestamptz NOT NULL DEFAULT now()
        )
        """
    )


def _prepare_role(connection: Connection, role: str) -> None:
    """Make a role that nobody signs in as, and let the owner of the tables take it."""
    known = connection.execute(
        "SELECT 1 FROM pg_roles WHERE rolname = %(role)s", {"role": role}
    ).fetchone()
    try:
        if known is None:
            connection.execute(f"CREATE ROLE {role} NOLOGIN".encode())
        connection.execute(f"GRANT {role} TO CURRENT_USER".encode())
    except psycopg.errors.InsufficientPrivilege as error:
        raise AmendsError(
            said(
                "the database's role may not make the role {app_role}: ask the administrator "
                "of the server for CREATE ROLE {app_role} NOLOGIN; GRANT {app_role} TO the "
                "role in use",
                app_role=role,
            )
        ) from error
    except psycopg.errors.DuplicateObject:
        connection.execute(f"GRANT {role} TO CURRENT_USER".encode())


def _check(applied: dict[int, str], wanted: tuple[Migration, ...]) -> None:
    """Refuse a database whose history is not this version's."""
    shipped = {migration.number: migration for migration in wanted}
    for number, sha256 in sorted(applied.items()):
        if number not in shipped:
            raise AmendsError(
                said(
                    "the database knows migration {number:04d}, which this version of Amends does "
                    "not have: use the newer version",
                    number=number,
                )
            )
        if shipped[number].sha256 != sha256:
            raise AmendsError(
                said(
                    "migration {number:04d}_{name} was changed after it was applied: use the "
                    "version of Amends that made this database, or begin the case anew",
                    number=number,
                    name=shipped[number].name,
                )
            )


def _apply(connection: Connection, migration: Migration) -> None:
    """Run one file and note it, in one transaction. It may rewrite what otherwise stays."""
    with connection.transaction():
        connection.execute("SET LOCAL amends.rewriting = 'on'")
        connection.execute(migration.sql)
        connection.execute(
            "INSERT INTO store.migration (number, name, sha256) "
            "VALUES (%(number)s, %(name)s, %(sha256)s)",
            {"number": migration.number, "name": migration.name, "sha256": migration.sha256},
        )
