"""The limits of paying, in plain SQL: what PostgreSQL alone takes for the same rows.

Tables without a constraint but their keys, in a schema of their own, and no work of ours: the rows
of instructions by COPY; transfers by INSERT, and their key afterwards; and the chunk protocol. A
chunk is claimed, its payments are written down as sending with a hash, their money goes in flight,
commit; they are settled with a reference, their money is settled, the chunk is through, commit.
"""

from collections.abc import Iterable

import psycopg

from amends.payouts.numbers import CHUNK

WORKERS = 2

_TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.copied (number text NOT NULL, award_index integer NOT NULL,
    generation smallint NOT NULL, chunk_no integer NOT NULL, place smallint NOT NULL,
    rail text NOT NULL, amount_minor bigint NOT NULL, currency text NOT NULL, state text NOT NULL,
    PRIMARY KEY (number), UNIQUE (award_index, generation));
CREATE TABLE bare.chunk (chunk_no integer PRIMARY KEY, state text NOT NULL);
CREATE INDEX ON bare.chunk (chunk_no) WHERE state = 'approved';
CREATE TABLE bare.payment (payment_no integer PRIMARY KEY, number text NOT NULL,
    amount_minor bigint NOT NULL, state text NOT NULL, request_sha256 bytea, sent_at timestamptz,
    reference text, settled_at timestamptz) WITH (fillfactor = 35);
CREATE TABLE bare.entry (payment_no integer NOT NULL, event smallint NOT NULL,
    debit smallint NOT NULL, credit smallint NOT NULL, amount_minor bigint NOT NULL,
    occurred_at timestamptz NOT NULL, PRIMARY KEY (payment_no, event));
"""
_ENTRY = (
    "INSERT INTO bare.entry SELECT payment_no, {event}, {event}, {event} + 1, amount_minor, now() "
    "FROM bare.payment WHERE payment_no BETWEEN %(first)s AND %(last)s"
)


def make_tables(owner: str) -> None:
    """The tables of this module."""
    with psycopg.connect(owner) as connection:
        connection.execute(_TABLES.encode())


def copied(owner: str, blocks: Iterable[bytes]) -> None:
    """Instructions into a table with both keys, by COPY: the limit of planning."""
    with (
        psycopg.connect(owner) as connection,
        connection.cursor().copy("COPY bare.copied FROM STDIN (FORMAT binary)") as copy,
    ):
        for block in blocks:
            copy.write(block)


def posted(owner: str, payments: int) -> None:
    """A transfer of each payment by INSERT, and then the key: the limit of posting."""
    with psycopg.connect(owner) as connection:
        connection.execute(
            "CREATE TABLE bare.posted AS SELECT g::integer AS payment_no, 1::smallint AS event, "
            "1::smallint AS debit, 2::smallint AS credit, 500000::bigint AS amount_minor, "
            "now() AS occurred_at FROM generate_series(1, %(payments)s) AS g",
            {"payments": payments},
        )
        connection.execute("ALTER TABLE bare.posted ADD PRIMARY KEY (payment_no, event)")


def fill(owner: str, payments: int) -> None:
    """Payments and chunks to work off."""
    with psycopg.connect(owner) as connection:
        connection.execute(
            "INSERT INTO bare.chunk SELECT g, 'approved' FROM generate_series(0, %(last)s) AS g",
            {"last": (payments - 1) // CHUNK},
        )
        connection.execute(
            "INSERT INTO bare.payment SELECT g, 'CASE' || lpad(g::text, 26, '0'), 500000, "
            "'planned' "
            "FROM generate_series(0, %(last)s) AS g",
            {"last": payments - 1},
        )
        connection.execute("ANALYZE bare.payment")


def work_off(owner: str) -> int:
    """The chunk protocol until no chunk is left; how many payments. One of several workers."""
    done = 0
    with psycopg.connect(owner) as connection:
        while True:
            row = connection.execute(
                "UPDATE bare.chunk SET state = 'sending' WHERE chunk_no = (SELECT chunk_no "
                "FROM bare.chunk WHERE state = 'approved' ORDER BY chunk_no LIMIT 1 "
                "FOR UPDATE SKIP LOCKED) RETURNING chunk_no"
            ).fetchone()
            if row is None:
                return done
            chunk = int(row[0])
            bounds = {"first": chunk * CHUNK, "last": chunk * CHUNK + CHUNK - 1}
            connection.execute(
                "UPDATE bare.payment SET state = 'sending', sent_at = now(), "
                "request_sha256 = sha256(number::bytea) "
                "WHERE payment_no BETWEEN %(first)s AND %(last)s",
                bounds,
            )
            connection.execute(_ENTRY.format(event=1).encode(), bounds)
            connection.commit()
            done += connection.execute(
                "UPDATE bare.payment SET state = 'settled', settled_at = now(), "
                "reference = '2026' || number WHERE payment_no BETWEEN %(first)s AND %(last)s",
                bounds,
            ).rowcount
            connection.execute(_ENTRY.format(event=2).encode(), bounds)
            connection.execute(
                "UPDATE bare.chunk SET state = 'sent' WHERE chunk_no = %(chunk)s", {"chunk": chunk}
            )
            connection.commit()


def remove_tables(owner: str) -> None:
    """Give the room back."""
    with psycopg.connect(owner) as connection:
        connection.execute("SET client_min_messages = warning")
        connection.execute("DROP SCHEMA bare CASCADE")
