"""What closing is made of: what waits for a person, days, and why books cannot be closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.saying import Said, joined, said


class Explanation(StrEnum):
    """What two people found an exception to be."""

    PAID = "paid"
    """The payment that it names: it was paid, whatever its answer or the amount of its line say."""
    PAID_SHORT = "paid_short"
    """The payment that it names brought less: its award is raised by the rest."""
    NOT_PAID = "not_paid"
    """The payment that it names was never paid, whatever its answer said: the person is owed."""
    RETURNED = "returned"
    """The return of the payment that it names, by another amount."""
    NOT_RETURNED = "not_returned"
    """The payment that it names never came back, whatever its answer said: the person has it."""
    FEE = "fee"
    TOP_UP = "top_up"
    """The company's own money."""
    WRITTEN_OFF = "written_off"
    """For nobody who is owed it (or back from there): the company bears it (or has it again)."""
    CHECKED = "checked"
    """No money moved by it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What waits for a person. ``direction``: of money in suspense; None: there is none.

    Of its payment, where it names one of ours: ``state`` (of one that another follows, how it
    ended), ``payment_minor``, whether it is ``live``, and when it was settled, by the rail's day.
    ``at``: of its line.
    """

    exception_id: str
    kind: str
    rail: str
    day: date | None
    number: str | None
    amount_minor: int
    owner: str | None
    direction: str | None
    state: str | None
    payment_minor: int | None
    live: bool
    sent: bool
    settled_on: date | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDay:
    """A day that has its bill. ``newest_minor``: what the rail's newest bill closes with.

    ``unowned``: what is unexplained until then and has no owner.
    """

    rail: str
    day: date
    zone: str
    opening_minor: int
    closing_minor: int
    newest_minor: int
    lines: int
    unowned: int

    def books_minor(self, now_minor: int) -> int:
        """What our books held at its end, from what they hold after the newest bill."""
        return now_minor - self.newest_minor + self.closing_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A rail at the end: its newest bill, and how many days of it are not closed."""

    rail: str
    newest: date | None
    days: int
    closing_minor: int | None


class NotClosedError(AmendsError):
    """A day or the case's books cannot be closed: says which accounts, how much and why."""

    code: ClassVar[str] = "not_closed"

    def __init__(self, why: Sequence[Said]) -> None:
        super().__init__(said("the books cannot be closed: {why}", why=joined(why, "; ")))
        self.why = tuple(why)


class SuspenseError(AmendsError):
    """No exception has this name, or it cannot be what is said of it."""

    code: ClassVar[str] = "suspense"


class Difference(StrEnum):
    """In what bill, answers and books may not say alike of a payment."""

    LINE_IS_NO_PAYMENT = "line_is_no_payment"
    """A line counts as matched and is not a settled payment of this rail by its amount."""
    LINES_OF_ONE_PAYMENT = "lines_of_one_payment"
    PAYMENT_HAS_NO_LINE = "payment_has_no_line"
    BOOKS_SAY_OTHERWISE = "books_say_otherwise"
    """Its movements in the books are not those of its state."""
    TRANSFER_IS_NOT_ITS_PAYMENTS = "transfer_is_not_its_payments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Differences of a kind: how many there are, and of what the first one is."""

    what: Difference
    count: int
    first: str
