"""What the roster is made of beside its formats: what is known of awards and payments, refusals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.roster.entries import Total


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment that was given to a rail and not refused. ``on_top``: of a raise, after another."""

    instruction_id: str
    award_index: int
    rail: str
    sent_day: date
    amount_minor: int
    on_top: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Payments that are published together. ``on_top``: their awards are in earlier batches."""

    rail: str
    payments: tuple[Payment, ...]
    on_top: bool = False

    @property
    def total(self) -> Total:
        """How many payments, and how much."""
        return Total(
            count=len(self.payments), amount_minor=sum(p.amount_minor for p in self.payments)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What one step adds to the log: entries in order, and the files that they cover."""

    entries: tuple[bytes, ...]
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """An entry with its place in the log, and the way from it to the root."""

    index: int
    entry: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """What a checkpoint says. ``cosigned``: witness of the policy → its newest time, in seconds."""

    origin: str
    size: int
    root: bytes
    cosigned: Mapping[str, int]


class PolicyError(AmendsError):
    """A policy that is not one."""

    code: ClassVar[str] = "policy"


class CheckpointError(AmendsError):
    """A checkpoint that the policy does not accept."""

    code: ClassVar[str] = "checkpoint"


class ReceiptError(AmendsError):
    """A receipt that does not hold."""

    code: ClassVar[str] = "receipt"


class RosterInequalityError(AmendsError):
    """Figures that have to be equal differ; nothing goes out."""

    code: ClassVar[str] = "roster_inequality"


class RosterDamagedError(AmendsError):
    """The published files are not those of the log."""

    code: ClassVar[str] = "roster_damaged"


class LogSealedError(AmendsError):
    """The log is closed."""

    code: ClassVar[str] = "log_sealed"


class NotFinalError(AmendsError):
    """Something of the case is open still, so that its log cannot be closed."""

    code: ClassVar[str] = "not_final"


class UnknownAwardError(AmendsError):
    """No award of that number stands in the log."""

    code: ClassVar[str] = "unknown_award"


class UnknownValueError(AmendsError):
    """What a receipt should open is not the value that was committed to."""

    code: ClassVar[str] = "unknown_value"
