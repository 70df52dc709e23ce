"""What paying is made of: instructions and their states, plans, answers, classes of bill lines.

An instruction is one payment under one number, for ever. It is not an attempt: the same number may
be sent and asked about many times.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, NamedTuple

from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex, InstructionId, PersonId
from amends.kernel.money import Money
from amends.payouts.rails.model import Advice


class State(StrEnum):
    """Where an instruction stands."""

    PLANNED = "planned"
    APPROVED = "approved"
    SENDING = "sending"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    RETURNED = "returned"
    REFUSED = "refused"
    SUPERSEDED = "superseded"


OPEN = (State.SENDING, State.UNKNOWN, State.ACCEPTED)
"""Given to a provider, without a final answer."""


REISSUE = "reissue"
"""Why what came back is owed again: another payment follows the one that failed."""


class Move(StrEnum):
    """What a change of state does to the books."""

    SETTLE = "settle"
    REFUSE = "refuse"
    RETURN = "return"
    NOT_PAID = "not_paid"
    """These three two people find: it was settled by answer, and never paid; …"""
    NOT_RETURNED = "not_returned"
    """… it came back by answer, and never did; …"""
    PAID_AFTER_ALL = "paid_after_all"
    """… it was refused, or found never paid, and a bill shows that it was."""


class LineClass(StrEnum):
    """What a line of a bill turned out to be. Each line is exactly one."""

    MATCHED = "matched"
    RETURNED = "returned"
    TOP_UP = "top_up"
    FEE = "fee"
    REPEATED = "repeated"
    """It stood before, under the same number of its own, and moves nothing again."""
    UNKNOWN_TO_US = "unknown_to_us"
    AMOUNT_DIFFERS = "amount_differs"
    DUPLICATE_AT_PROVIDER = "duplicate_at_provider"
    STATE_DIFFERS = "state_differs"
    TOP_UP_UNRELEASED = "top_up_unreleased"
    """Money came to the rail, and no release of this amount was on its way."""


class ExceptionKind(StrEnum):
    """What a person has to explain."""

    MISSING_AT_PROVIDER = "missing_at_provider"
    UNKNOWN_TO_US = "unknown_to_us"
    AMOUNT_DIFFERS = "amount_differs"
    DUPLICATE_AT_PROVIDER = "duplicate_at_provider"
    STATE_DIFFERS = "state_differs"
    REPEATED = "repeated"
    TOP_UP_UNRELEASED = "top_up_unreleased"
    RETURN_NOT_PROVED = "return_not_proved"
    """It came back by answer, and the bills of its day and the next show nothing of it."""
    DOES_NOT_ADD_UP = "does_not_add_up"
    """A bill closes with more or less than its opening and its lines make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotal:
    """How many lines of one class and direction a bill has, and their sum."""

    what: LineClass
    direction: str
    lines: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """An instruction as far as an answer about it matters."""

    number: InstructionId
    award_index: AwardIndex
    generation: int
    state: State
    amount: Money
    chunk_no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an answer changes. ``moves``: what happens in the books, in order."""

    state: State
    moves: tuple[Move, ...] = ()
    reason: str | None = None
    advice: Advice | None = None
    provider_reference: str | None = None
    settled_at: datetime | None = None
    returned_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """An answer that cannot be true beside what is known: kept, and shown to a person."""

    known: State
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Instructions that are sent as one unit: of awards from ``first_award`` to ``last_award``."""

    chunk_no: int
    instructions: int
    first_award: int
    last_award: int


class Unsent(NamedTuple):
    """What is needed to make the request of an instruction. ``place``: in its chunk, from 0."""

    number: InstructionId
    award_index: AwardIndex
    generation: int
    person_id: PersonId
    amount_minor: int
    currency: str
    place: int
    request_sha256: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInstruction:
    """An instruction without a final answer, and what was done about it."""

    number: InstructionId
    amount: Money
    state: State
    advice: Advice | None
    attempts: int
    last_sent_at: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A set of instructions that two people approve as one.

    ``again``: each follows another. ``on_top``: each pays a raise of an award that was paid.
    ``moved``: each follows another that had not left, on another rail. ``sources_sha256``: over
    what they follow, where they follow anything. ``case_total``: what the payments of the case came
    to with it, but for those that had ended unpaid (None: not known). ``rejected``: somebody said
    no to it, and its payments ended unsent.
    """

    plan_no: int
    rail: str
    instructions: int
    total: Money
    numbers_sha256: str
    approved: bool
    again: bool = False
    on_top: bool = False
    moved: bool = False
    sources_sha256: str | None = None
    case_total: Money | None = None
    rejected: bool = False

    @property
    def waiting(self) -> bool:
        """Whether it waits for signatures."""
        return not self.approved and not self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A provider's statement of one day, as it came in. ``file``: where it lies, sealed.

    ``in_minor``, ``out_minor``: of all its lines; ``repeated_minor`` of those that stood before, in
    minus out; ``gap_minor``: what it closes with beside its opening and its lines.
    ``previous_day``: of the bill before, which closed with what this one opens with.
    """

    rail: str
    day: date
    raw_sha256: bytes
    opening_minor: int
    closing_minor: int
    lines: int
    file: str
    in_minor: int = 0
    out_minor: int = 0
    repeated_minor: int = 0
    gap_minor: int = 0
    previous_day: date | None = None


class NoAwardsError(AmendsError):
    """`pay` before anything is owed."""

    code: ClassVar[str] = "stage_order"


class RailNotAvailableError(AmendsError):
    """The case names a rail that this release does not have."""

    code: ClassVar[str] = "rail_not_available"


class RailShortError(AmendsError):
    """The money at the provider does not cover what is to be paid."""

    code: ClassVar[str] = "rail_short"


class RailStoppedError(AmendsError):
    """The provider told that no payment of ours will pass, or tells nothing at all."""

    code: ClassVar[str] = "rail_stopped"


class HaltedError(AmendsError):
    """Payments are halted; two people let them go on."""

    code: ClassVar[str] = "halted"


class SimulatorError(AmendsError):
    """The simulated provider did not start."""

    code: ClassVar[str] = "simulator"


class BillChangedError(AmendsError):
    """A bill does not join the one before, or is another one than that which is in."""

    code: ClassVar[str] = "bill_changed"


class PlanChangedError(AmendsError):
    """What is planned is not what was approved."""

    code: ClassVar[str] = "plan_changed"
