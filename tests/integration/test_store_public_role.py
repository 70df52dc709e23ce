"""The public process's database role reaches nothing of people, money or evidence."""

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from amends.store.connection import PUBLIC_ROLE, Database
from made_cases import OpenedCase

_OPEN = ["inbox.shown", "store.case_identity"]
"""What the public process may read: answers under codes, sealed, and which case it is."""


def test_the_public_role_reaches_no_room(opened_case: OpenedCase) -> None:
    """Neither evidence nor linkage, payees, payouts, keys or the trail: by grant, and by trying."""
    opened = opened_case()
    with opened.database.reading() as connection:
        rows = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') "
            "AND has_schema_privilege('amends_public', table_schema, 'USAGE') "
            "AND has_table_privilege('amends_public', "
            "quote_ident(table_schema) || '.' || quote_ident(table_name), 'SELECT') ORDER BY 1"
        ).fetchall()
    assert [name for (name,) in rows] == _OPEN
    public = Database(opened.database._conninfo, PUBLIC_ROLE)
    for table in ("evidence.source", "linkage.person", "payouts.instruction", "access.session"):
        with (
            pytest.raises(psycopg.errors.Error, match=r"permission denied|does not exist"),
            public.reading() as connection,
        ):
            connection.execute(SQL("SELECT 1 FROM {}").format(Identifier(*table.split("."))))
