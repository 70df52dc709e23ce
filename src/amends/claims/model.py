"""What people claim beside what the tariff gives them, and why a row is not taken for a claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said
from amends.kernel.tariff import LaterKind

MOST_SAID = 20
"""Wrong claims that one message names."""


class ClaimError(AmendsError):
    """A file of claims or a decision that cannot be; the message says everything that is wrong."""

    code: ClassVar[str] = "claims"

    def __init__(self, wrong: Sequence[str]) -> None:
        self.wrong = tuple(wrong)
        lines = [*wrong[:MOST_SAID]]
        if len(wrong) > MOST_SAID:
            lines.append(said("and {more:,} more", more=len(wrong) - MOST_SAID))
        super().__init__(joined(lines))


class Fault(StrEnum):
    """Why a row is set aside. Nobody loses a claim by it: the row is mended and taken in anew."""

    ROW = "row"
    KIND = "kind"
    NOT_IN_TARIFF = "not_in_tariff"
    AMOUNT = "amount"
    CURRENCY = "currency"
    HOURS = "hours"
    DATE = "date"
    FUTURE = "future"
    BEFORE_LEAK = "before_leak"
    EVIDENCE = "evidence"
    NO_EVIDENCE = "no_evidence"
    PERSON_UNKNOWN = "person_unknown"
    NOT_AFFECTED = "not_affected"
    TWO_PEOPLE = "two_people"
    CHECK_DIGIT = "check_digit"
    NAME_DIFFERS = "name_differs"
    CLAIM_TWICE = "claim_twice"
    EVIDENCE_USED = "evidence_used"


WHAT_TO_DO: Mapping[Fault, Said] = {
    Fault.ROW: said("the row has more or fewer cells than the first line; mend it"),
    Fault.KIND: said("the kind is none of loss, time and costs; write which it is"),
    Fault.NOT_IN_TARIFF: said(
        "the tariff gives nothing for this kind; tell the person, or adopt a tariff that does"
    ),
    Fault.AMOUNT: said(
        "the amount is none above zero without a part of a fen; write it like 1200.00"
    ),
    Fault.CURRENCY: said("the amount is in another currency than the case; ask in which it was"),
    Fault.HOURS: said("the hours are none above zero in whole minutes; write them like 2.5"),
    Fault.DATE: said("the day is none of the calendar; write it like 2026-11-20"),
    Fault.FUTURE: said("the day is to come; ask the person when it was"),
    Fault.BEFORE_LEAK: said(
        "the day is before the leak; ask the person when it was, or set payees.leaked_on in "
        "case.toml where the leak was earlier"
    ),
    Fault.EVIDENCE: said(
        "the result is neither accepted nor rejected, or the digest is no SHA-256 in hexadecimal; "
        "look at the evidence, and write what came of it"
    ),
    Fault.NO_EVIDENCE: said(
        "the tariff asks for a document, and the row has no digest of one; ask the person for it"
    ),
    Fault.PERSON_UNKNOWN: said(
        "nobody is known by this account, number or id; ask the person for the account"
    ),
    Fault.NOT_AFFECTED: said(
        "the person is known and not affected by the newest determination; if that is wrong, "
        "`amends review` puts it right"
    ),
    Fault.TWO_PEOPLE: said(
        "the row names two people; find out whose claim it is, and write the id into person"
    ),
    Fault.CHECK_DIGIT: said("the last digit of the number is wrong; ask the person for the number"),
    Fault.NAME_DIFFERS: said(
        "the account has another name; ask who claims, and write the id into person"
    ),
    Fault.CLAIM_TWICE: said(
        "the same claim is there already, in this file or in one before; decide on that one"
    ),
    Fault.EVIDENCE_USED: said(
        "the same document stands for another claim; ask the person, and look at both"
    ),
}
"""What is wrong with a row, and what to do."""


class State(StrEnum):
    """How far a claim has come."""

    WAITING = "waiting"
    GRANTED = "granted"
    AWARDED = "awarded"
    REFUSED = "refused"


class Order(StrEnum):
    """What claims are ordered by; ``given``: what was granted, so of those that are decided."""

    CLAIM = "claim"
    DAY = "day"
    ASKED = "asked"
    GIVEN = "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which claims, of any state where it is None, in which order, behind which place.

    ``after``: what orders a claim, and its number.
    """

    state: State | None = None
    order: Order = Order.CLAIM
    down: bool = False
    after: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a row asks for: money (``claimed_minor``), or time (``minutes``).

    ``accepted``: what came of looking at the evidence; ``evidence_sha256``: of its image, which was
    destroyed.
    """

    kind: LaterKind
    claimed_minor: int | None
    minutes: int | None
    occurred_on: date
    accepted: bool
    evidence_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A row whose person is known."""

    row_no: int
    person_id: str
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Placed):
    """A claim as it is kept, whose it is by now, and what became of it.

    ``granted_minor``: None until it is decided, 0 where it was refused.
    """

    claim_no: int
    file: str
    granted_minor: int | None = None
    award_index: int | None = None
    correction_no: int | None = None

    @property
    def state(self) -> State:
        """How far it has come."""
        if self.granted_minor is None:
            return State.WAITING
        if self.granted_minor == 0:
            return State.REFUSED
        return State.GRANTED if self.award_index is None else State.AWARDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of the rows of a file. ``known``: how many are claims already."""

    file: str
    rows: int
    new: tuple[Placed, ...]
    known: int
    set_aside: Mapping[int, Fault]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A row of a file that could not be taken for a claim, and why."""

    file: str
    row_no: int
    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What is to be decided of a claim: nothing is a refusal."""

    claim: Claim
    granted: Money

    @property
    def line(self) -> str:
        """What of it two people approve."""
        return f"{self.claim.claim_no} {self.granted.amount_minor}\n"
