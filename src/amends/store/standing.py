"""A look at a case's database where its server is up. Nothing is started, migrated or written."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum

import psycopg

from amends.kernel.case import Case
from amends.store import embedded
from amends.store.connection import APP_ROLE, Connection, Database
from amends.store.migrate import is_current
from amends.store.place import known_place
from amends.store.service import URL_VARIABLE


class Absent(StrEnum):
    """Why there is no database to look at."""

    UNMADE = "unmade"  # the case has none yet: no command has worked on it
    DOWN = "down"  # its server is not running
    OTHER = "other"  # the server that was named does not answer, or has another case's
    VERSION = "version"  # another version of Amends made it


@contextmanager
def standing_database(case: Case) -> Iterator[Connection | Absent]:
    """A read-only snapshot of the case's database, or why there is none to look at."""
    url = os.environ.get(URL_VARIABLE)
    conninfo = url or embedded.standing(case)
    if conninfo is None:
        yield Absent.UNMADE if known_place(case) is None else Absent.DOWN
        return
    absent = _absent(conninfo, case)
    if absent is not None:
        yield absent if url or absent is not Absent.OTHER else Absent.DOWN
        return
    with closing(Database(conninfo)) as database, database.reading() as connection:
        yield connection


def _absent(conninfo: str, case: Case) -> Absent | None:
    """Why *conninfo* is not the database to look at; None where it is."""
    try:
        with closing(Database(conninfo)) as database, database.reading() as connection:
            there = connection.execute("SELECT to_regclass('store.case_identity')").fetchone()
            if there is None or there[0] is None:
                return Absent.UNMADE
            current = is_current(connection)
            row = connection.execute("SELECT case_id FROM store.case_identity").fetchone()
    except psycopg.Error:
        return Absent.UNMADE if _is_empty(conninfo) else Absent.OTHER
    if row is None:
        return Absent.UNMADE
    if row[0] != case.file.id:
        return Absent.OTHER
    return None if current else Absent.VERSION


def _is_empty(conninfo: str) -> bool:
    """Whether a server answers that no command of Amends has ever prepared."""
    try:
        with psycopg.connect(conninfo) as connection:
            connection.read_only = True
            role = connection.execute(
                "SELECT 1 FROM pg_roles WHERE rolname = %(role)s", {"role": APP_ROLE}
            ).fetchone()
    except psycopg.Error:
        return False
    return role is None
