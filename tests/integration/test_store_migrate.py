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


BEFORE_CHUNKS = """
INSERT INTO awards.award VALUES (0, 'P0', 0, 5, 'CNY', 1, now()), (1, 'P1', 0, 5, 'CNY', 1, now()),
    (2, 'P2', 0, 5, 'CNY', 1, now()), (3, 'P3', 0, 5, 'CNY', 1, now());
INSERT INTO payouts.plan (plan_no, rail, instructions, total_minor, currency, numbers_sha256,
    planned_at, approved_at) VALUES (1, 'alipay', 4, 20, 'CNY', repeat('0', 64), now(), now());
INSERT INTO payouts.chunk (chunk_no, plan_no, instructions, state)
    VALUES (0, 1, 2, 'sending'), (1, 1, 2, 'approved');
INSERT INTO payouts.instruction (instruction_id, award_index, generation, chunk_no, rail,
    amount_minor, currency, state, request_sha256, attempts, sent_at, last_sent_at, settled_at)
    VALUES ('A', 0, 0, 0, 'alipay', 5, 'CNY', 'sending', sha256('a'), 1, now(), now(), NULL),
    ('B', 1, 0, 0, 'alipay', 5, 'CNY', 'settled', sha256('b'), 1, now(), now(), now()),
    ('D', 2, 0, 1, 'alipay', 5, 'CNY', 'approved', NULL, 0, NULL, NULL, NULL),
    ('C', 3, 0, 1, 'alipay', 5, 'CNY', 'approved', NULL, 0, NULL, NULL, NULL);
"""
"""A chunk that was being sent when the command died, and one that is next."""


def test_payments_of_the_version_before_chunks_stand_as_they_stood(empty: str) -> None:
    """What was being sent is unknown, what is approved is approved and has places; all move on."""
    shipped = shipped_migrations()
    migrate(empty, tuple(one for one in shipped if one.number < 49))
    with psycopg.connect(empty) as connection:
        connection.execute(BEFORE_CHUNKS.encode())
    migrate(empty, shipped)
    with psycopg.connect(empty) as connection:
        stood = connection.execute(
            "SELECT instruction_id, state, place, attempts FROM payouts.instruction "
            "ORDER BY instruction_id"
        ).fetchall()
        assert stood == [("A", "unknown", 0, 1), ("B", "settled", 0, 1)] + [
            (number, "approved", place, 0) for place, number in enumerate("CD")
        ]
        connection.execute(
            "UPDATE payouts.payment SET state = 'settled', settled_at = now() "
            "WHERE instruction_id = 'A'"
        )
        chunks = connection.execute(
            "SELECT state, first_award, last_award, length(request_sha256s) FROM payouts.chunk "
            "ORDER BY chunk_no"
        ).fetchall()
        assert chunks == [("sent", 0, 1, None), ("approved", 2, 3, None)]


FIRST_BILL = """
INSERT INTO payouts.rail VALUES ('alipay', 100000, 'CNY', 'Asia/Shanghai', '2026-11-21T00:00:00Z');
INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, file,
    imported_at) VALUES ('alipay', '2026-11-21', sha256('1'), 100000, 99996, 3, 'x', now());
INSERT INTO payouts.bill_line (rail, line_id, day, instruction_id, provider_reference, direction,
    kind, amount_minor, balance_after_minor, occurred_at, class)
VALUES
    ('alipay', 'l2', '2026-11-21', 'Z', NULL, 'out', 'other', 1, 99994, '2026-11-21T02:00:00Z',
        'unknown_to_us'),
    ('alipay', 'l1', '2026-11-21', 'B', 'r1', 'out', 'transfer', 5, 99995, '2026-11-21T01:00:00Z',
        'matched'),
    ('alipay', 'l3', '2026-11-21', NULL, 'r3', 'in', 'top_up', 2, 99996, '2026-11-21T03:00:00Z',
        'top_up');
"""
"""Before lines had places."""

SECOND_BILL = """
INSERT INTO payouts.bill_line (rail, line_id, repeat, day, place, instruction_id,
    provider_reference, direction, kind, amount_minor, balance_after_minor, occurred_at)
SELECT 'alipay', 'm' || least(n, 8999), (n = 9000)::integer, '2026-11-22', n, NULL, 'r' || n,
    'out', 'fee', 1, 99996 - least(n, 8999),
    '2026-11-22T00:00:00Z'::timestamptz + n * '1s'::interval
FROM generate_series(1, 9000) AS n;
INSERT INTO payouts.odd_line (rail, line_id, repeat, day, instruction_id, direction, amount_minor,
    class)
SELECT rail, line_id, repeat, day, instruction_id, direction, amount_minor,
    CASE WHEN repeat > 0 THEN 'repeated' ELSE 'fee' END
FROM payouts.bill_line WHERE day = '2026-11-22';
INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, in_minor,
    out_minor, repeated_minor, gap_minor, previous_day, file, imported_at)
VALUES ('alipay', '2026-11-22', sha256('2'), 99996, 90997, 9000, 0, 9000, -1, 0, '2026-11-21',
    'y', now());
"""
"""Lines with rows of their own; the last one stands there once more."""

LINES = (
    "SELECT rail, day, place, line_id, instruction_id, provider_reference, direction, kind, "
    "amount_minor, balance_after_minor, occurred_at FROM payouts.bill_line ORDER BY day, place"
)
CLASSES = "SELECT * FROM payouts.line_class ORDER BY rail, day, class, direction"


def test_bills_of_the_versions_before_packs_say_what_they_said(empty: str) -> None:
    """Every line stands at its place, in its class, and a bill follows the last one as before."""
    shipped = shipped_migrations()
    for before, state in ((49, BEFORE_CHUNKS), (52, FIRST_BILL), (67, SECOND_BILL)):
        migrate(empty, tuple(one for one in shipped if one.number < before))
        with psycopg.connect(empty) as connection:
            connection.execute(state.encode())
    with psycopg.connect(empty) as connection:
        lines = connection.execute(LINES.encode()).fetchall()
        classes = connection.execute(CLASSES.encode()).fetchall()
    assert [line[3] for line in lines[:4]] == ["l1", "l2", "l3", "m1"]
    assert len(lines) == 9_003
    migrate(empty, shipped)
    with psycopg.connect(empty) as connection:
        assert connection.execute(LINES.encode()).fetchall() == lines
        assert connection.execute(CLASSES.encode()).fetchall() == classes
        packs = connection.execute(
            "SELECT day::text, first_place, lines, lowest_number FROM payouts.line_pack "
            "ORDER BY day, first_place"
        ).fetchall()
        assert [pack[1:] for pack in packs] == [(1, 3, "B"), (1, 8192, None), (8193, 808, None)]
        odd = connection.execute(
            "SELECT count(*) FROM payouts.odd_line AS odd JOIN payouts.bill_line AS line "
            "USING (rail, day, place, line_id, kind, balance_after_minor, occurred_at)"
        ).fetchone()
        assert odd == (9_002,)
        apart = connection.execute(
            "SELECT what FROM payouts.apart WHERE kind LIKE '%line%' ORDER BY what"
        ).fetchall()
        assert apart == []
