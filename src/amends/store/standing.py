"""A look at a case's database where its server is up. Nothing is started, migrated or written."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from amends.kernel.case import Case
from amends.store import embedded
from amends.store.connection import Connection, Database
from amends.store.service import URL_VARIABLE


@contextmanager
def standing_database(case: Case) -> Iterator[Connection | None]:
    """A read-only snapshot of the case's database; None where it is not up, or not this case's."""
    conninfo = os.environ.get(URL_VARIABLE) or embedded.standing(case)
    if conninfo is None or not _is_of(conninfo, case):
        yield None
        return
    with Database(conninfo).reading() as connection:
        yield connection


def _is_of(conninfo: str, case: Case) -> bool:
    try:
        with Database(conninfo).reading() as connection:
            there = connection.execute("SELECT to_regclass('store.case_identity')").fetchone()
            if there is None or there[0] is None:
                return False
            row = connection.execute("SELECT case_id FROM store.case_identity").fetchone()
            return row is not None and row[0] == case.file.id
    except psycopg.Error:
        return False
