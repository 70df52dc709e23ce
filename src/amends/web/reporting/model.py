"""What the report to the authorities is made of: figures and decisions, of no single person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from amends.access.model import Account
from amends.announcement.model import Draft, Figures
from amends.awards.model import Standing
from amends.evidence.model import HeldFile
from amends.funding.model import Position
from amends.governance.model import Decision, TaxPosition
from amends.governance.model import Facts as Determined
from amends.kernel.case import CaseFile, Promise
from amends.kernel.money import Money
from amends.web.site.model import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A statement of a rail in hand, minor units."""

    rail: str
    day: str
    opening_minor: int
    closing_minor: int
    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Payments:
    """Payments by rail and state, and what reconciliation says of them.

    ``states``: rail, state, payments, minor units. ``exceptions``: open ones by kind. ``counts``:
    what `reconcile` counts; empty before the first payment.
    """

    states: tuple[tuple[str, str, int, int], ...] = ()
    counts: Mapping[str, int]
    bills: tuple[Bill, ...] = ()
    exceptions: Mapping[str, int]

    @property
    def standing(self) -> tuple[tuple[str, str, int, int], ...]:
        """Those that no other payment has replaced."""
        return tuple(one for one in self.states if one[1] != "superseded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What waits for people."""

    proposals: int
    review_items: int | None
    claims: int
    messages: int
    untold: int
    last_promised: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The state of a case as it is reported. What a stage has not brought yet is None or empty.

    ``stated``: the determination's statement of its own error. ``site``: what is published.
    """

    file: CaseFile
    made_at: datetime
    recipient: str
    by: str
    simulated: bool
    site: Site
    held: tuple[HeldFile, ...]
    determined: Determined | None
    counts: Mapping[str, int]
    stated: Mapping[str, object]
    planted: Mapping[str, object] | None
    figures: Figures | None
    owed: tuple[Standing, Money] | None
    awarded: tuple[int, int, Money]
    promise: Promise
    position: Position
    payments: Payments
    notices: tuple[int, int]
    claims: Mapping[str, int]
    payees: Mapping[str, int]
    open: Open
    tax: TaxPosition
    announcement: Draft | None
    operators: tuple[Account, ...]
    decisions: tuple[Decision, ...]
