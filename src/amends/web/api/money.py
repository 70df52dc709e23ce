"""Payments, funds, exceptions and claims over the wire: minor units, times RFC 3339."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from amends.web.api.model import Reason

_ClaimNumber = Annotated[int, Meta(ge=1, le=2**31 - 1)]
PaymentState = Annotated[
    str,
    Meta(
        pattern="^(planned|approved|sending|unknown|accepted|settled|returned|refused|superseded)?$"
    ),
]
PaymentSort = Annotated[str, Meta(pattern="^(-?(award|since|amount))?$")]


class PromisedDay(Struct, kw_only=True):
    """A promised day: what is due by its end, and what is missing for it."""

    day: date
    due_minor: int
    short_minor: int
    unreleased_minor: int


class FundingStatement(Struct, kw_only=True):
    """A statement of the escrow account in custody."""

    number: int
    form: str
    sha256: str
    name: str


class Funding(Struct, kw_only=True):
    """Funds against obligations, in minor units."""

    currency: str
    level: str
    funds_minor: int
    obligations_minor: int
    free_minor: int
    settled_minor: int
    in_flight_minor: int
    owed_minor: int
    released_minor: int
    days: list[PromisedDay]
    statements: list[FundingStatement]


class Release(Struct, kw_only=True, forbid_unknown_fields=True):
    """A part of the earmarked money that is to be released: ``CNY 5000.00``."""

    amount: Annotated[str, Meta(pattern=r"^[A-Z]{3} [0-9]{1,12}(\.[0-9]{1,3})?$")]


class StateCount(Struct, kw_only=True):
    """How many payments of a rail are in a state."""

    rail: str
    state: str
    payments: int
    amount_minor: int


class NotArrived(Struct, kw_only=True):
    """How many payments ended unpaid, or are not there yet, for a cause."""

    state: str
    reason: str | None
    payments: int


class Hour(Struct, kw_only=True):
    """How many payments were sent in an hour, and how many arrived."""

    hour: datetime
    sent: int
    arrived: int


class PlanShown(Struct, kw_only=True):
    """A set of payments that two people approve as one."""

    plan: int
    rail: str
    payments: int
    total_minor: int
    numbers_sha256: str
    approved: bool


class Promise(Struct, kw_only=True):
    """What becomes of the promise if nothing changes.

    ``in_time``: people who have their money by then; ``by_nobody``: whom no rail can carry;
    ``refused``: about how many the providers' checks of names and real names will refuse;
    ``last_at``: when the last who can be paid has it, ``proved_at``: when the bills are there that
    say so; null where it cannot be said. ``ended_unpaid``: besides ``people``, whose payment was
    refused or came back, with no other under way. ``kept``: there are none of these, either.
    """

    promised_at: datetime
    kept: bool
    people: int
    in_time: int
    by_nobody: int
    refused: int
    ended_unpaid: int
    last_at: datetime | None
    proved_at: datetime | None


class Outlook(Struct, kw_only=True):
    """What was last foreseen of the promise while money went out.

    ``since``: when it broke, or could be kept again; ``looked_at``: when the figures were these.
    ``late`` are whom contracts let through too late, ``by_stopped`` who wait for the rails of
    ``stopped``, ``by_nobody`` whom no rail carries; ``by_refused``: about how many checks will
    refuse, whether late or not; ``ended_unpaid``: besides ``people``, whose payment was refused or
    came back. Where ``people`` is 0 nobody waits. ``movable``: payments that another rail can carry
    sooner; ``late_moved``: who is late then, null where none can be moved.
    """

    kept: bool
    since: datetime
    looked_at: datetime
    promised_at: datetime
    last_at: datetime | None
    people: int
    late: int
    by_stopped: int
    by_nobody: int
    by_refused: int
    ended_unpaid: int
    stopped: list[str]
    movable: int
    late_moved: int | None


class Payouts(Struct, kw_only=True):
    """Where the money is."""

    counted_at: datetime
    halted: bool
    halted_because: str | None
    promise: Promise | None
    outlook: Outlook | None
    states: list[StateCount]
    not_arrived: list[NotArrived]
    hours: list[Hour]
    plans: list[PlanShown]


class Payment(Struct, kw_only=True):
    """One payment."""

    number: str
    award: int
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


class Payments(Struct, kw_only=True):
    """In the order of awards; ``next_cursor`` until the end, also past awards without a match."""

    payments: list[Payment]
    next_cursor: str | None


class Step(Struct, kw_only=True):
    """Something that happened to a payment."""

    at: datetime
    kind: str
    told: str
    digest: str


class Story(Struct, kw_only=True):
    """One payment from the decision to the books."""

    payment: Payment
    person_id: str
    awarded_at: datetime
    plan: int
    planned_at: datetime
    approved_at: datetime | None
    steps: list[Step]
    transfers: list[str]
    others: list[Payment]


class Exceptional(Struct, kw_only=True):
    """What a person has to explain."""

    id: str
    kind: str
    rail: str
    number: str | None
    amount_minor: int
    owner: str | None
    found_at: datetime
    cleared_at: datetime | None


class ExceptionTaken(Struct, kw_only=True, forbid_unknown_fields=True):
    """An exception to look after."""

    id: Annotated[str, Meta(min_length=1, max_length=300)]


class ExceptionExplained(ExceptionTaken, kw_only=True, forbid_unknown_fields=True):
    """What an exception was."""

    what: Annotated[
        str,
        Meta(
            pattern="^(paid|paid_short|not_paid|returned|not_returned|fee|top_up|written_off|"
            "checked)$"
        ),
    ]


class RailStatement(Struct, kw_only=True):
    """A statement of a rail that is in hand, of a day."""

    rail: str
    day: str
    opening_minor: int
    closing_minor: int
    lines: int
    imported_at: datetime


class RailStatements(Struct, kw_only=True):
    """Newest first."""

    statements: list[RailStatement]
    next_cursor: str | None


class Exceptions(Struct, kw_only=True):
    """Oldest first; ``open``: how many of each kind wait for a person."""

    open: dict[str, int]
    exceptions: list[Exceptional]
    next_cursor: str | None


class Claim(Struct, kw_only=True):
    """A claim of a later loss: of money, or of time in minutes."""

    claim: int
    person_id: str
    kind: str
    state: str
    occurred_on: date
    asked_minor: int | None
    asked_minutes: int | None
    given_minor: int | None


class Claims(Struct, kw_only=True):
    """By number."""

    claims: list[Claim]
    next_cursor: str | None


class ClaimDecision(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which claims are granted what the tariff gives, or refused."""

    claims: Annotated[list[_ClaimNumber], Meta(min_length=1, max_length=1000)]
    grant: bool
    because: Reason
