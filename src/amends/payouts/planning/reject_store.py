"""The SQL of plans that somebody says no to."""

from datetime import datetime
from typing import Final

from amends.store.connection import Connection

REJECTED: Final = "plan_rejected"
"""Why a payment ended that never left."""


def reject(connection: Connection, plan_no: int, now: datetime) -> bool:
    """Let a plan never go out; False where it was approved or rejected before."""
    cursor = connection.execute(
        "UPDATE payouts.plan SET rejected_at = %(now)s "
        "WHERE plan_no = %(plan)s AND approved_at IS NULL AND rejected_at IS NULL",
        {"plan": plan_no, "now": now},
    )
    return cursor.rowcount == 1


def end(connection: Connection, plan_no: int) -> int:
    """End the payments of a rejected plan; how many."""
    return connection.execute(
        "UPDATE payouts.payment SET state = 'refused', reason = %(reason)s "
        "WHERE state = 'planned' AND chunk_no IN "
        "(SELECT chunk_no FROM payouts.chunk WHERE plan_no = %(plan)s)",
        {"plan": plan_no, "reason": REJECTED},
    ).rowcount
