"""What ordinary work may do to the tables of every room: add, read, and change states. No more."""

import re

import psycopg
import pytest
from psycopg.sql import SQL, Composed, Identifier

from amends.store.connection import Connection
from amends.store.migrate import shipped_migrations
from made_cases import OpenedCase

STATES = {
    "store.clock": {"simulated_now"},
    "payees.payee": {
        *("state", "reason", "kind", "sealed", "details_mark", "settled_at", "situation"),
    },
    "payees.page": {"members", "sealed", "mark", "settled_at"},
    "payouts.plan": {"approved_at", "proposal_sha256", "rejected_at"},
    "payouts.chunk": {
        *("state", "sent_at", "request_sha256s", "settled", "apart", "settled_from", "settled_to"),
    },
    "payouts.payment": {
        *("state", "live", "reason", "advice", "provider_reference", "request_sha256"),
        *("attempts", "questions", "sent_at", "last_sent_at", "settled_at", "returned_at"),
    },
    "payouts.exception": {"cleared_at", "owner", "owned_at"},
    "payouts.awaited": {"found_on"},
    "roster.code_waiting": {"sealed"},
    "access.invitation": {"used_at"},
    "access.credential": {"sign_count", "last_step", "revoked_at"},
    "access.challenge": {"used_at"},
    "access.session": {
        *("token_sha256", "former_sha256", "former_until", "rotated_at", "seen_at", "ended_at"),
    },
    "access.idempotency": {"status", "answer"},
    "access.saved_view": {"query", "saved_at"},
    "inbox.shown": {"sealed"},
    "stages.asked": {"state", "taken_at", "ended_at", "doing", "outcome"},
}
"""The only columns that ordinary work may update; every other table is history.

A room that adds a state adds it here, with the grant in its migration.
"""
REMOVABLE = {"access.saved_view", "inbox.attachment", "payouts.payee_pack"}
"""What may go: a list as somebody likes to see it, files whose message never came, and packs of
payees whose chunk was sent."""


def _tables(connection: Connection) -> list[str]:
    """All tables of all rooms."""
    rows = connection.execute(
        "SELECT schemaname || '.' || tablename FROM pg_tables "
        "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
    )
    return [str(name) for (name,) in rows]


def _a_column(connection: Connection, table: str) -> str:
    """A column of the table; that no other column may be updated either is asked of the catalog."""
    row = connection.execute(
        "SELECT attname FROM pg_attribute "
        "WHERE attrelid = %(table)s::regclass AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum LIMIT 1",
        {"table": table},
    ).fetchone()
    assert row is not None
    return str(row[0])


def _identifier(table: str) -> Identifier:
    """The table's name in a statement."""
    return Identifier(*table.split("."))


def test_history_cannot_be_changed(opened_case: OpenedCase) -> None:
    """UPDATE, DELETE and TRUNCATE of any append-only table fail with permission denied."""
    database = opened_case().database
    with database.reading() as connection:
        history = [table for table in _tables(connection) if table not in STATES.keys() | REMOVABLE]
        columns = {table: _a_column(connection, table) for table in history}
    assert "governance.audit" in history
    attempts = [
        Composed([SQL(before), _identifier(table), SQL(after).format(Identifier(columns[table]))])
        for table in history
        for before, after in (
            ("UPDATE ", " SET {0} = DEFAULT WHERE false"),
            ("DELETE FROM ", " WHERE false"),
            ("TRUNCATE ", ""),
        )
    ]
    for statement in attempts:
        with (
            pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
            database.unit_of_work() as connection,
        ):
            connection.execute(statement)


def test_only_states_can_be_updated_and_nothing_deleted(opened_case: OpenedCase) -> None:
    """Tables with states let ordinary work update those columns only, and delete no row."""
    with opened_case().database.reading() as connection:
        updatable = connection.execute(
            "SELECT table_schema || '.' || table_name, column_name "
            "FROM information_schema.column_privileges "
            "WHERE grantee = 'amends_app' AND privilege_type = 'UPDATE' ORDER BY 1, 2"
        ).fetchall()
        removable = connection.execute(
            "SELECT DISTINCT table_schema || '.' || table_name "
            "FROM information_schema.table_privileges "
            "WHERE grantee IN ('amends_app', 'PUBLIC') "
            "AND privilege_type IN ('DELETE', 'TRUNCATE', 'TRIGGER') "
            "AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        ).fetchall()
    beyond = [pair for pair in updatable if pair[1] not in STATES.get(str(pair[0]), set())]
    assert beyond == []
    assert [str(table) for (table,) in removable] == sorted(REMOVABLE)


def test_ordinary_work_makes_no_tables(opened_case: OpenedCase) -> None:
    """No schema lets the role of ordinary work create in it, and it owns nothing."""
    with opened_case().database.reading() as connection:
        creatable = connection.execute(
            "SELECT nspname FROM pg_namespace "
            "WHERE nspname NOT LIKE 'pg\\_%%' AND has_schema_privilege(oid, 'CREATE') "
            "ORDER BY nspname",
            {},
        ).fetchall()
        owned = connection.execute(
            "SELECT relname FROM pg_class WHERE relowner = 'amends_app'::regrole ORDER BY relname"
        ).fetchall()
    assert creatable == []
    assert owned == []


def test_constraints_have_names_of_ours(opened_case: OpenedCase) -> None:
    """Every key and check carries a name that its migration gives, because refusals show it."""
    with opened_case().database.reading() as connection:
        found = connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint "
            "JOIN pg_namespace ON pg_namespace.oid = connamespace "
            "WHERE contype IN ('p', 'u', 'f', 'c', 'x') AND conrelid <> 0 "
            "AND nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        ).fetchall()
    written = b" ".join(migration.sql for migration in shipped_migrations()).decode()
    words = {*re.findall(r"\w+", written), "migration_key", "migration_sha256_is_hex"}
    assert [pair for pair in found if pair[1] not in words] == []
