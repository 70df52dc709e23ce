"""The SQL of packs of payees."""

from collections.abc import Sequence
from typing import NamedTuple

from amends.store.columns import octets, texts, truths, whole
from amends.store.connection import Connection


class PayeePack(NamedTuple):
    """Where the money of a chunk goes, sealed, and how many changes of payees there were then."""

    chunk_no: int
    changes: int
    sealed: bytes


def changes(connection: Connection) -> int:
    """How often payees were changed, as this snapshot sees it."""
    row = connection.execute("SELECT count(*) FROM payees.change").fetchone()
    assert row is not None  # noqa: S101 - an aggregate gives a row
    return whole(row[0])


def to_gather(connection: Connection) -> list[int]:
    """The approved chunks without a pack that is still true, in order."""
    cursor = connection.execute(
        "SELECT chunk_no FROM payouts.chunk WHERE state = 'approved' AND NOT EXISTS "
        "(SELECT FROM payouts.payee_pack AS pack WHERE pack.chunk_no = chunk.chunk_no "
        "AND pack.changes = (SELECT count(*) FROM payees.change)) ORDER BY chunk_no"
    )
    return [whole(chunk) for (chunk,) in cursor]


class Places(NamedTuple):
    """Of a chunk, place by place: what is planned there, and whether a page may tell of its person.

    ``heads``: number, award, generation, amount and person, with tabs between; empty where nothing
    is planned. ``paged``: not those who have a row of their own.
    """

    chunk_no: int
    heads: list[str]
    paged: list[bool]


def places_of(connection: Connection, first: int, last: int) -> list[Places]:
    """What is planned in approved chunks from one to another.

    Just now a plan of millions may have come to a first batch of a hundred: the server, which knows
    of those alone, would look through all chunks for each payment.
    """
    connection.execute("SET LOCAL enable_nestloop TO off")
    cursor = connection.execute(
        "WITH sending AS MATERIALIZED (SELECT chunk_no, first_award, last_award "
        "FROM payouts.chunk "
        "WHERE chunk_no BETWEEN %(first)s AND %(last)s AND state = 'approved') "
        "SELECT chunk_no, array_agg(head ORDER BY place), array_agg(paged ORDER BY place) FROM ("
        "SELECT payment.chunk_no, payment.place, CASE WHEN payment.state <> 'planned' THEN '' "
        "ELSE payment.instruction_id || E'\\t' || payment.award_index || E'\\t' "
        "|| payment.generation || E'\\t' || payment.amount_minor || E'\\t' "
        "|| award.person_id END AS head, "
        "payment.state = 'planned' AND payee.person_id IS NULL AS paged "
        "FROM payouts.payment JOIN awards.award AS award USING (award_index) "
        "LEFT JOIN payees.payee AS payee ON payee.person_id = award.person_id "
        "WHERE payment.award_index BETWEEN (SELECT min(first_award) FROM sending) "
        "AND (SELECT max(last_award) FROM sending) "
        "AND payment.chunk_no IN (SELECT chunk_no FROM sending)) AS placed "
        "GROUP BY chunk_no ORDER BY chunk_no",
        {"first": first, "last": last},
        binary=True,
    )
    found = [Places(whole(chunk), texts(heads), truths(paged)) for chunk, heads, paged in cursor]
    connection.execute("SET LOCAL enable_nestloop TO on")
    return found


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


def true_packs(connection: Connection, chunks: Sequence[int]) -> dict[int, tuple[PayeePack, str]]:
    """The packs of chunks; not of those that have none, or all whose payees were changed since.

    And for each place of a chunk ``1`` where something was told of the payment, else ``0``.
    """
    cursor = connection.execute(
        "SELECT chunk_no, changes, sealed, COALESCE(apart, 0::bit(1000))::text "
        "FROM payouts.payee_pack JOIN payouts.chunk USING (chunk_no) "
        "WHERE chunk_no = ANY(%(chunks)s) AND changes = (SELECT count(*) FROM payees.change)",
        {"chunks": list(chunks)},
        binary=True,
    )
    return {
        whole(chunk): (PayeePack(whole(chunk), whole(then), octets(sealed)), str(apart))
        for chunk, then, sealed, apart in cursor
    }


def remove_packs(connection: Connection, chunks: Sequence[int]) -> None:
    """Remove the packs of chunks, which are through."""
    connection.execute(
        "DELETE FROM payouts.payee_pack WHERE chunk_no = ANY(%(chunks)s)",
        {"chunks": list(chunks)},
    )
