"""The SQL of packs of payees."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from amends.store.columns import octets, texts, whole
from amends.store.connection import Connection

_CHANGES: Final = "(SELECT count(*) FROM payees.change)"


class PayeePack(NamedTuple):
    """Where the money of a chunk goes, sealed, and how many changes of payees there were then."""

    chunk_no: int
    changes: int
    sealed: bytes


def changes(connection: Connection) -> int:
    """How often payees were changed, as this snapshot sees it."""
    row = connection.execute(f"SELECT {_CHANGES}".encode()).fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def to_gather(connection: Connection) -> list[int]:
    """The approved chunks without a pack that is still true, in order."""
    cursor = connection.execute(
        "SELECT chunk_no FROM payouts.chunk WHERE state = 'approved' AND NOT EXISTS "
        "(SELECT FROM payouts.payee_pack AS pack WHERE pack.chunk_no = chunk.chunk_no "
        f"AND pack.changes = {_CHANGES}) ORDER BY chunk_no"
    )
    return [whole(chunk) for (chunk,) in cursor]


def payees_of(connection: Connection, first: int, last: int) -> list[tuple[int, list[str]]]:
    """Of approved chunks from one to another: who is at each place.

    Empty: nobody whose details stand in a page alone, or nothing is planned there.
    """
    cursor = connection.execute(
        "WITH sending AS MATERIALIZED (SELECT chunk_no, first_award, last_award "
        "FROM payouts.chunk "
        "WHERE chunk_no BETWEEN %(first)s AND %(last)s AND state = 'approved') "
        "SELECT payment.chunk_no, array_agg(CASE WHEN payment.state = 'planned' AND NOT EXISTS "
        "(SELECT FROM payees.payee AS payee WHERE payee.person_id = award.person_id) "
        "THEN award.person_id ELSE '' END ORDER BY payment.place) "
        "FROM payouts.payment JOIN awards.award AS award USING (award_index) "
        "WHERE payment.award_index BETWEEN (SELECT min(first_award) FROM sending) "
        "AND (SELECT max(last_award) FROM sending) "
        "AND payment.chunk_no IN (SELECT chunk_no FROM sending) "
        "GROUP BY payment.chunk_no ORDER BY payment.chunk_no",
        {"first": first, "last": last},
        binary=True,
    )
    return [(whole(chunk), texts(people)) for chunk, people in cursor]


def insert_packs(connection: Connection, packs: Sequence[PayeePack]) -> None:
    """Keep packs in place of those that there were of their chunks."""
    connection.execute(
        "DELETE FROM payouts.payee_pack WHERE chunk_no = ANY(%(chunks)s)",
        {"chunks": [pack.chunk_no for pack in packs]},
    )
    for pack in packs:
        connection.execute(
            "INSERT INTO payouts.payee_pack (chunk_no, changes, sealed) "
            "VALUES (%(chunk)s, %(changes)s, %(sealed)b) "
            "ON CONFLICT ON CONSTRAINT payee_pack_pkey DO NOTHING",
            {"chunk": pack.chunk_no, "changes": pack.changes, "sealed": pack.sealed},
        )


def true_pack(connection: Connection, chunk_no: int) -> PayeePack | None:
    """The pack of a chunk; None: there is none, or payees were changed since."""
    row = connection.execute(
        "SELECT chunk_no, changes, sealed FROM payouts.payee_pack "
        f"WHERE chunk_no = %(chunk)s AND changes = {_CHANGES}",
        {"chunk": chunk_no},
        binary=True,
    ).fetchone()
    if row is None:
        return None
    chunk, then, sealed = row
    return PayeePack(whole(chunk), whole(then), octets(sealed))


def remove_packs(connection: Connection, chunks: Sequence[int]) -> None:
    """Remove the packs of chunks, which are through."""
    connection.execute(
        "DELETE FROM payouts.payee_pack WHERE chunk_no = ANY(%(chunks)s)",
        {"chunks": list(chunks)},
    )
