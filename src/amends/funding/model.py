"""What stands behind a promise, and what is owed against it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import joined
from amends.statements.model import Statement


class Level(StrEnum):
    """How far the funds reach."""

    AMPLE = "ample"
    TIGHT = "tight"
    SHORT = "short"
    UNPROVED = "unproved"


class LineClass(StrEnum):
    """What a movement of the escrow account is."""

    PUT_IN = "put_in"
    TO_RAIL = "to_rail"
    FEE = "fee"
    UNEXPLAINED = "unexplained"


class Explanation(StrEnum):
    """What two people find an unexplained movement to be."""

    TO_RAIL = "to_rail"
    FEE = "fee"
    TAKEN_BACK = "taken_back"
    TO_NOTARY = "to_notary"


class FindingKind(StrEnum):
    """What about the funding does not hold."""

    NONE = "none"
    UNPROVED = "unproved"
    CURRENCY = "currency"
    SHORT = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that keeps a promise from being published, or people from being paid."""

    kind: FindingKind
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A statement in custody: which, and where from."""

    statement_no: int
    name: str
    sha256: str
    statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import did. ``known``: files whose very bytes were in custody before."""

    files: int
    known: int
    statements: int
    lines: int
    unexplained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unexplained:
    """A movement out of the account that nobody has explained: its statement and place there."""

    statement_no: int
    place: int
    reference: str | None
    booked_on: date
    amount: Money

    @property
    def name(self) -> str:
        """How it is named on the command line."""
        return f"{self.statement_no}/{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """A part of the earmarked money that a rail may use. ``reference`` goes on the bank order."""

    release_no: int
    rail: str
    amount: Money
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Funds and obligations at one moment. All amounts in minor units of one currency.

    ``funds`` is what was put in for people and has not gone elsewhere: ``bank``, ``in_transit`` (by
    one statement of two), ``at_rails`` and what was ``paid_out``. Where evidence counts it comes
    from statements; else it is what case.toml declares. ``obligations``: all awards, or what is
    promised where that is more.
    """

    currency: str
    declared_minor: int | None
    demands_evidence: bool
    statements: int
    proved_until: date | None
    funds_minor: int
    bank_minor: int
    in_transit_minor: int
    at_rails_minor: int
    paid_out_minor: int
    fees_minor: int
    unexplained_minor: int
    owed_minor: int
    in_flight_minor: int
    settled_minor: int
    returned_minor: int
    deposited_minor: int
    obligations_minor: int
    earmarked_minor: int
    released_minor: int
    level: Level

    @property
    def evidenced(self) -> bool:
        """Whether statements say what is there."""
        return self.statements > 0

    @property
    def counts(self) -> bool:
        """Whether the funds are of the kind that the case demands."""
        return self.evidenced or not self.demands_evidence

    @property
    def free_minor(self) -> int:
        """What is left when everybody has got what is owed; below zero where it is short."""
        return self.funds_minor - self.obligations_minor

    @property
    def awarded_minor(self) -> int:
        """All awards, as corrected."""
        people = self.owed_minor + self.in_flight_minor + self.settled_minor
        return people + self.returned_minor + self.deposited_minor

    @property
    def outstanding_minor(self) -> int:
        """What people have not got yet."""
        return self.obligations_minor - self.settled_minor - self.deposited_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One promised day: what has to have been paid by its end, and what is missing for it."""

    day: date
    due_minor: int
    short_minor: int
    unreleased_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A change of the level."""

    alarm_no: int
    level: Level
    raised_at: datetime


class EscrowAccountError(AmendsError):
    """Statements are imported and case.toml does not say of which account."""

    code = "escrow_account"


class DeclaredUsedError(AmendsError):
    """Declared funding was used before evidence came: the two would be counted together."""

    code = "declared_funding_used"


class UnfundedError(AmendsError):
    """The funding does not carry what is to be done."""

    code: ClassVar[str] = "unfunded"

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(joined((finding.message for finding in findings), "; "))
        self.findings = tuple(findings)


class ReleaseError(AmendsError):
    """More is to be released than is there, or to a rail that the case does not have."""

    code = "release"


class ExplanationError(AmendsError):
    """A movement is to be explained that is not there, or is explained."""

    code = "explanation"
