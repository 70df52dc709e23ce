"""The SQL of quotas: what was handed over of which rail since when."""

from datetime import datetime

from amends.store.columns import whole
from amends.store.connection import Connection

_QUOTA_LOCKS = 0x71756F74  # "quot", with the rail: see docs/locking.md


def lock(connection: Connection, rail: int) -> None:
    """One transaction at a time counts against a rail's quota; held to its end."""
    connection.execute(
        "SELECT pg_advisory_xact_lock(%(class)s, %(rail)s)",
        {"class": _QUOTA_LOCKS, "rail": rail - 0x8000_0000},
    )


def handed_minor(connection: Connection, rail: str, since: datetime) -> int:
    """What a rail was handed since then, in minor units."""
    row = connection.execute(
        "SELECT COALESCE(sum(amount_minor), 0)::bigint FROM payouts.handed "
        "WHERE rail = %(rail)s AND handed_at >= %(since)s",
        {"rail": rail, "since": since},
    ).fetchone()
    return whole(row[0]) if row else 0


def refused_minor(connection: Connection, rail: str, since: datetime) -> int:
    """What of it was refused for good: a provider does not count that.

    It is asked for each chunk at the end of a quota, so it looks at what ended unpaid alone.
    """
    row = connection.execute(
        "SELECT COALESCE(sum(payment.amount_minor), 0)::bigint FROM payouts.attention "
        "JOIN payouts.payment USING (award_index, generation) "
        "WHERE attention.state IN ('refused', 'superseded') AND attention.since >= %(since)s "
        "AND payment.rail = %(rail)s AND payment.returned_at IS NULL "
        "AND payment.sent_at >= %(since)s",
        {"rail": rail, "since": since},
    ).fetchone()
    return whole(row[0]) if row else 0


def insert(
    connection: Connection, chunk_no: int, rail: str, amount_minor: int, now: datetime
) -> None:
    """Count a chunk."""
    connection.execute(
        "INSERT INTO payouts.handed (chunk_no, rail, amount_minor, handed_at) "
        "VALUES (%(chunk)s, %(rail)s, %(amount)s, %(now)s)",
        {"chunk": chunk_no, "rail": rail, "amount": amount_minor, "now": now},
    )
