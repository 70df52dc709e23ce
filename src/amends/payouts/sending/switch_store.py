"""The SQL of the switch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amends.store.columns import moment, whole
from amends.store.connection import Connection

TURNED: Final = "switch_is_turned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn of the switch."""

    switch_no: int
    halted: bool
    withdraws: bool
    reason: str
    entered_by: str
    occurred_at: datetime


def newest(connection: Connection) -> Turn | None:
    """The turn that counts."""
    row = connection.execute(
        "SELECT switch_no, halted, withdraws, reason, entered_by, occurred_at FROM payouts.switch "
        "ORDER BY switch_no DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return None
    number, halted, withdraws, reason, by, at = row
    return Turn(
        switch_no=whole(number),
        halted=bool(halted),
        withdraws=bool(withdraws),
        reason=str(reason),
        entered_by=str(by),
        occurred_at=moment(at),
    )


def turn(  # noqa: PLR0913 -- a row
    connection: Connection,
    *,
    halted: bool,
    reason: str,
    by: str,
    now: datetime,
    withdraws: bool = False,
    proposal: str | None = None,
) -> None:
    """Turn it. Waits for whoever turns it at the same time."""
    connection.execute(
        "INSERT INTO payouts.switch (halted, withdraws, reason, entered_by, proposal_sha256, "
        "occurred_at) VALUES (%(halted)s, %(withdraws)s, %(reason)s, %(by)s, %(proposal)s, "
        "%(now)s)",
        {
            "halted": halted,
            "withdraws": withdraws,
            "reason": reason,
            "by": by,
            "proposal": proposal,
            "now": now,
        },
    )
