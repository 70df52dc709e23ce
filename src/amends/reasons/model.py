"""What can be told of one person. No value of an identifier is in it, not even a masked one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from amends.awards.correcting import Channel, Reason
from amends.awards.model import AwardReason
from amends.kernel.case import Text
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.tariff import LaterKind


class UnknownPersonError(AmendsError):
    """A person or award that the case does not know, or more than one of that beginning."""

    code = "unknown_person"


class PaymentState(StrEnum):
    """Where the money of an award is, by the state codes of ``payouts.award_standing``."""

    OPEN = "open"
    SENT = "sent"
    SETTLED = "settled"
    RETURNED = "returned"
    NEEDS_ATTENTION = "needs_attention"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsFound:
    """Leaked rows of one file that are the person's, or may be (``outcome`` ``review``).

    ``reason``: by what; ``probability``: the least sure of them.
    """

    evidence: str
    outcome: str
    method: str
    reason: str
    rows: int
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Affected:
    """What the newest determination says of the person."""

    categories: tuple[str, ...]
    products: tuple[str, ...]
    rows: int
    method: str
    probability: float
    tranche: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Where the money of an award is. ``rail`` is None before anything is planned.

    ``amount``: of the payment that was planned, where it is less than what is owed since a
    correction; the rest is not paid.
    """

    state: PaymentState
    reason: str | None
    rail: str | None
    attempts: int
    sent_on: date | None
    settled_on: date | None
    amount: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """The newest correction of an award, what was awarded before the first, and who was told.

    ``told``: by which channels the person was told of it; nobody where it is empty.
    """

    correction_no: int
    reason: Reason
    awarded: Money
    told: tuple[Channel, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AwardTold:
    """An award as it is now, by what it was given, who approved it, and where its money is.

    ``amount`` is zero and ``payment`` None where it was annulled.
    ``reason`` is None for awards from before tariffs were kept. ``earlier_id``: under which id of
    the person it was given, where that is not the present one.
    """

    award_index: int
    amount: Money
    tranche: int
    reason: AwardReason | None
    approved_by: tuple[str, ...]
    payment: Payment | None
    earlier_id: str | None
    corrected: Corrected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTold:
    """A claim of the person, and what became of it.

    ``granted`` is None until it is decided, nothing where it was refused; ``award_index``: the
    award that holds it, ``correction_no``: the correction by which it came to it.
    """

    claim_no: int
    kind: LaterKind
    occurred_on: date
    granted: Money | None
    award_index: int | None
    correction_no: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeTold:
    """Who receives the money (``kind``), or why nobody does yet (``reason``).

    ``situation``: the state of the payee, as the machine of states names it.
    """

    state: str
    kind: str | None
    reason: str | None
    situation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTold:
    """Everything about one person.

    ``affected`` is None where the newest determination does not count the person. ``found`` is None
    where rows and accounts cannot be looked at any more, because the evidence is destroyed.
    ``products``: what the public calls each product, by its code.
    """

    person_id: str
    run_no: int
    earlier_ids: tuple[str, ...]
    affected: Affected | None
    found: tuple[RowsFound, ...] | None
    accounts: int | None
    awards: tuple[AwardTold, ...]
    payee: PayeeTold | None
    claims: tuple[ClaimTold, ...] = ()
    products: Mapping[str, Text] = field(default_factory=dict)
