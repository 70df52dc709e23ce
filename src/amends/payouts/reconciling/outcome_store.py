"""The SQL of what two people found became of a payment, and of the arrows that it opens."""

from dataclasses import dataclass
from datetime import datetime

from amends.kernel.ids import InstructionId
from amends.store.connection import Connection

NOT_PAID = "not_paid"
"""Why a payment ended that was settled by answer and never paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a payment. ``amount_minor``: of it; where it was paid short, what is missing.

    ``provider_says``: the kind of its answer when it was asked for this, or ``its_bill``.
    """

    number: InstructionId
    what: str
    exception_id: str
    amount_minor: int
    provider_says: str
    proposal_sha256: str


def insert(connection: Connection, found: Outcome, now: datetime) -> None:
    """Write down what two people found; its explanation came before."""
    connection.execute(
        "INSERT INTO payouts.outcome (instruction_id, what, exception_id, amount_minor, "
        "provider_says, proposal_sha256, found_at) VALUES (%(number)s, %(what)s, %(exception)s, "
        "%(amount)s, %(says)s, %(proposal)s, %(now)s)",
        {
            "number": found.number,
            "what": found.what,
            "exception": found.exception_id,
            "amount": found.amount_minor,
            "says": found.provider_says,
            "proposal": found.proposal_sha256,
            "now": now,
        },
    )


def never_paid(connection: Connection, number: InstructionId) -> None:
    """It was settled by answer and never paid: it ends as refused, and another may follow."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'refused', reason = %(reason)s, advice = NULL, "
        "settled_at = NULL, provider_reference = COALESCE(payment.provider_reference, "
        "payouts.settled_reference(payment.chunk_no, payment.place)), "
        "request_sha256 = COALESCE(payment.request_sha256, "
        "substr(chunk.request_sha256s, 32 * payment.place + 1, 32)), "
        "attempts = GREATEST(payment.attempts, 1), "
        "sent_at = COALESCE(payment.sent_at, chunk.sent_at), "
        "last_sent_at = COALESCE(payment.last_sent_at, chunk.sent_at) "
        "FROM payouts.chunk WHERE instruction_id = %(number)s "
        "AND chunk.chunk_no = payment.chunk_no",
        {"number": number, "reason": NOT_PAID},
    )


def never_returned(connection: Connection, number: InstructionId) -> None:
    """It came back by answer and never did: it is settled."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'settled', reason = NULL, returned_at = NULL "
        "WHERE instruction_id = %(number)s",
        {"number": number},
    )


def paid_after_all(connection: Connection, number: InstructionId, at: datetime) -> None:
    """It was refused, and a bill shows that it was paid: it is settled."""
    connection.execute(
        "UPDATE payouts.payment SET state = 'settled', reason = NULL, settled_at = %(at)s "
        "WHERE instruction_id = %(number)s",
        {"number": number, "at": at},
    )
