"""What a bank statement says, in one form for every format; and what may be wrong with it."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said


class Form(StrEnum):
    """The formats that are read."""

    CAMT_053 = "camt.053"
    MT940 = "mt940"
    CSV = "csv"


class Direction(StrEnum):
    """Into the account, or out of it."""

    IN = "in"
    OUT = "out"


class Problem(StrEnum):
    """Why a statement is not taken."""

    NOT_A_STATEMENT = "not_a_statement"
    TRUNCATED = "truncated"
    FORBIDDEN_XML = "forbidden_xml"
    SCHEMA = "schema"
    TOO_LARGE = "too_large"
    VALUE = "value"
    DOES_NOT_ADD_UP = "does_not_add_up"
    OTHER_ACCOUNT = "other_account"
    WRONG_CURRENCY = "wrong_currency"
    FUTURE = "future"
    OUTSIDE_PERIOD = "outside_period"
    OVERDRAWN = "overdrawn"
    DUPLICATE_STATEMENT = "duplicate_statement"
    DUPLICATE_LINE = "duplicate_line"
    GAP = "gap"
    OVERLAP = "overlap"


class StatementError(AmendsError):
    """A statement is not taken. Says which file, where in it, why, and what to do."""

    code: ClassVar[str] = "statement"

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def outside_period(name: str, first: date, last: date, count: int) -> StatementError:
    """That a statement of *first* to *last* books *count* movements on other days."""
    return StatementError(
        Problem.OUTSIDE_PERIOD,
        said(
            "{file}: covers {first} to {last} and books {count} movements on other days; ask "
            "the bank for a correct file",
            file=name,
            first=first.isoformat(),
            last=last.isoformat(),
            count=count,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One booked movement.

    ``reference`` is the bank's own, where it gives one. ``text`` is what the bank wrote for people;
    it may name somebody, so it is looked at and not kept. ``came_back``: money of ours that an
    earlier movement had taken, with the bank's code for why, where it gives one. ``booked_at``: in
    UTC, where the bank says the time. ``own_funds``: money that we put there ourselves, where the
    other side says so.
    """

    reference: str | None
    direction: Direction
    amount_minor: int
    booked_on: date
    is_fee: bool = False
    end_to_end_id: str | None = None
    text: str = ""
    came_back: bool = False
    return_reason: str | None = None
    booked_at: datetime | None = None
    own_funds: bool = False

    @property
    def signed_minor(self) -> int:
        """What it adds to the balance."""
        return self.amount_minor if self.direction is Direction.IN else -self.amount_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a statement says once: two balances, and what they are of.

    ``identifier`` is the bank's (``Stmt/Id``; ``:20:``), ``number`` its running number where it has
    one. Balances are signed minor units; days are the bank's, both included.
    """

    form: Form
    account: str
    currency: str
    identifier: str
    number: int | None
    first_day: date
    last_day: date
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Head):
    """A statement: two balances and everything between them, in the bank's order."""

    lines: tuple[Line, ...]
