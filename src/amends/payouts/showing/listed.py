"""What lists and stories of payments are made of: rows as they are read, and as text. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias


class Order(StrEnum):
    """In which order a list is; ``-``: the greatest or newest first."""

    AWARD = "award"
    AWARD_DOWN = "-award"
    AGE = "since"
    AGE_DOWN = "-since"
    AMOUNT = "amount"
    AMOUNT_DOWN = "-amount"

    @property
    def down(self) -> bool:
        """Whether it begins with the greatest."""
        return self.value.startswith("-")

    @property
    def by_award(self) -> bool:
        """Whether it is the order of awards, which every list has."""
        return self in {Order.AWARD, Order.AWARD_DOWN}


class Place(NamedTuple):
    """A payment's place in a list. ``value``: what it is ordered by, where that is not the award.

    Amounts are in minor units, ages in microseconds since 1970.
    """

    award_index: int
    generation: int
    value: int = 0


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


PaymentLine: TypeAlias = tuple[
    str, int, int, str, int, str, str | None, int, str | None, str | None
]
"""A line of a list: number, award, generation, rail, amount in minor units of the case's currency,
state, reason, attempts, sent, settled; times as the clock on the wall shows them.

A plain tuple, as it is read: lists are made of eighty of them at each request.
"""


class Trace(NamedTuple):
    """Something that happened to a payment: when, of what kind, what it was."""

    at: datetime
    kind: str
    told: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionRow:
    """What a person has to explain, as a list shows it."""

    exception_id: str
    kind: str
    rail: str
    number: str | None
    amount_minor: int
    owner: str | None
    found_at: datetime
    cleared_at: datetime | None
