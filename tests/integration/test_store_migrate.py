"""Migrations on a real database."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from amends.kernel.errors import AmendsError
from amends.store.migrate import Migration, migrate, shipped_migrations
from amends.vault.opened import open_case
from made_cases import MINIMAL_CASE, CaseDirectory, SharedServer

ONE = Migration(number=1, name="one", sql=b"CREATE TABLE one (n integer); SELECT 1;")
TWO = Migration(number=2, name="two", sql=b"CREATE TABLE two (n integer);")
BROKEN = Migration(number=2, name="two", sql=b"CREATE TABLE half (n integer); SELECT 1 / 0;")


@pytest.fixture
def empty(server: SharedServer) -> Iterator[str]:
    """How the owner reaches a database in which nothing was done."""
    yield server.fresh_database("empty", "template0")
    server.drop_database("empty")


def _tables(conninfo: str) -> list[str]:
    """The tables outside schemas of rooms."""
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
        )
        return [str(name) for (name,) in rows]


def test_migrations_are_applied_once_in_order(empty: str) -> None:
    """A new file is applied, an applied one is not applied again."""
    migrate(empty, (ONE,))
    migrate(empty, (ONE, TWO))
    migrate(empty, (ONE, TWO))
    assert _tables(empty) == ["one", "two"]


def test_a_broken_migration_leaves_nothing(empty: str) -> None:
    """What fails is undone whole, and what came before it stays."""
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, (ONE, BROKEN))
    assert _tables(empty) == ["one"]
    migrate(empty, (ONE, TWO))
    assert _tables(empty) == ["one", "two"]


def test_a_changed_migration_is_refused(empty: str) -> None:
    """A file that was changed after it was applied is named, and nothing else is applied."""
    migrate(empty, (ONE,))
    with pytest.raises(AmendsError, match="0001_one was changed"):
        migrate(empty, (replace(ONE, sql=ONE.sql + b" "), TWO))
    assert _tables(empty) == ["one"]


def test_a_newer_database_is_refused(empty: str) -> None:
    """A database that a newer version made is left alone."""
    migrate(empty, (ONE, TWO))
    with pytest.raises(AmendsError, match="use the newer version"):
        migrate(empty, (ONE,))


def test_shipped_migrations_have_numbers_of_their_own() -> None:
    """No two files share a number, and each says its room."""
    migrations = shipped_migrations()
    assert len({migration.number for migration in migrations}) == len(migrations)
    assert [(one.number, one.name) for one in migrations[:2]] == [(1, "store"), (2, "governance")]


def test_a_database_belongs_to_one_case(case_directory: CaseDirectory) -> None:
    """A database that another case has used is refused by name."""
    root = case_directory()
    with open_case(root):
        pass
    (root / "case.toml").write_text(MINIMAL_CASE.replace('id = "test"', 'id = "other"'))
    with (
        pytest.raises(AmendsError, match="belongs to the case test, not to other"),
        open_case(root),
    ):
        pass
