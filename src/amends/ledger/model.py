"""What the books are made of: accounts, transfers, postings.

A transfer is one debit, one credit and one positive amount, so it cannot be unbalanced; it is never
changed, and a correction is a transfer in the other direction.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said


class Side(StrEnum):
    """The side on which an account grows."""

    DEBIT = "debit"
    CREDIT = "credit"


BANK: Final = "bank"
FUNDS: Final = "company:funds"
COMPENSATION: Final = "compensation"
OWED: Final = "owed"
SETTLED: Final = "settled"
RETURNED: Final = "returned"
PAID_OUT: Final = "paid_out"
SUSPENSE: Final = "suspense"
DEPOSITED: Final = "deposited"
PAID_BY_HAND: Final = "paid_by_hand"
EARMARKED: Final = "earmarked"
RELEASED: Final = "released"
IN_TRANSIT: Final = "in_transit"
FEES: Final = "fees"
WRITTEN_OFF: Final = "written_off"


def at_rail(rail: str) -> str:
    """The account of the money that lies with a provider."""
    return f"rail:{rail}"


def in_flight(rail: str) -> str:
    """The account of what was given to a provider and has no final answer."""
    return f"in_flight:{rail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account and the side on which it grows."""

    account: str
    side: Side
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One debit, one credit, one positive amount in minor units.

    ``transfer_id`` (at most 80 characters) makes it unique for ever: posting it again with the same
    content changes nothing. ``subject`` points to what it is about (an award, an instruction).
    """

    transfer_id: str
    debit: str
    credit: str
    amount_minor: int
    currency: str
    reason: str
    subject: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A group of transfers written together, and its link to the group before."""

    posting_no: int
    transfers: int
    rows_sha256: bytes
    previous_sha256: bytes
    chain_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Transfers of one day between two accounts for one reason. ``token``: where to find them."""

    day: date
    debit: str
    credit: str
    reason: str
    currency: str
    amount_minor: int
    transfers: int
    first_posting: int
    token: str


class LedgerConflictError(AmendsError):
    """A transfer id is posted again with other content."""

    code = "ledger_conflict"


class LedgerTextError(AmendsError):
    """A transfer carries text that a line of the books cannot hold."""

    code = "ledger_text"


class LedgerChainError(AmendsError):
    """The books are not what was written: a transfer was changed, added or taken away."""

    code: ClassVar[str] = "ledger_chain"

    def __init__(self, posting_no: int, what: str) -> None:
        super().__init__(
            said(
                "posting {posting_no} {what}; restore the database from a backup and compare its "
                "ledger.posting with this one",
                posting_no=posting_no,
                what=said(what),  # one of three, of rules.first_break
            )
        )
        self.posting_no = posting_no
