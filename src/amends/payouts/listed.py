"""What lists and stories of payments are made of: rows as they are read, and as text. Pure."""

from datetime import datetime
from typing import NamedTuple


class PaymentRow(NamedTuple):
    """A payment as lists show it. Times are aware."""

    instruction_id: str
    award_index: int
    generation: int
    rail: str
    amount_minor: int
    currency: str
    state: str
    reason: str | None
    attempts: int
    provider_reference: str | None
    sent_at: datetime | None
    settled_at: datetime | None


class PaymentLine(NamedTuple):
    """A payment as a line of text: ``sent`` and ``settled`` as the clock on the wall shows them."""

    instruction_id: str
    award_index: int
    generation: int
    rail: str
    amount_minor: int
    currency: str
    state: str
    reason: str | None
    attempts: int
    provider_reference: str | None
    sent: str | None
    settled: str | None


class Trace(NamedTuple):
    """Something that happened to a payment: when, of what kind, what it was."""

    at: datetime
    kind: str
    told: str
    digest: bytes
