"""The states of a payee, as a machine: what may follow what, who may say so, on which basis. Pure.

Kept true: from a state an event leads to one state; every state but the last ones has a way out;
money goes to nobody but the person without papers, and never without a word on who receives it.
``docs/reference/payee-states.md`` is drawn from this module. Rule ids: CN-CC-19 is article 19 of
the Civil Code (民法典), CN-SMALL the notice on small deposits of the dead, CN-WALLET the measure on
wallet classes, CN-ATF the Anti-Fraud Law; POLICY is a choice of Amends, and each says why.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from amends.payees.model import Reason, Situation


class Event(StrEnum):
    """What happens to a payee."""

    DOUBT_RAISED = "doubt_raised"
    FOUND_ADULT = "found_adult"
    FOUND_AGED_8_TO_17 = "found_aged_8_to_17"
    FOUND_UNDER_8 = "found_under_8"
    FOUND_INCAPABLE = "found_incapable"
    FOUND_WITHOUT_ACCOUNT = "found_without_account"
    DIED_AFTER_LEAK = "died_after_leak"
    DIED_BEFORE_LEAK = "died_before_leak"
    TURNED_EIGHT = "turned_eight"
    CAME_OF_AGE = "came_of_age"
    LIVES_ON_EARNINGS = "lives_on_earnings"
    CAPACITY_LOST = "capacity_lost"
    CAPACITY_RESTORED = "capacity_restored"
    GUARDIAN_NAMED = "guardian_named"
    GUARDIAN_ENDED = "guardian_ended"
    ACCOUNT_NAMED = "account_named"
    MINOR_ACCOUNT_NAMED = "minor_account_named"
    ACCOUNT_LOST = "account_lost"
    WALLET_CLASS_TOO_LOW = "wallet_class_too_low"
    WALLET_UPGRADED = "wallet_upgraded"
    PROVIDER_HOLDS = "provider_holds"
    HOLD_RELEASED = "hold_released"
    NOT_REACHED = "not_reached"
    CAME_BACK = "came_back"
    CUSTODIAN_APPOINTED = "custodian_appointed"
    CUSTODIAN_ENDED = "custodian_ended"
    REFUSES = "refuses"
    RECONSIDERS = "reconsiders"
    DONATES = "donates"
    DONATION_WITHDRAWN = "donation_withdrawn"
    ADMINISTRATOR_APPOINTED = "administrator_appointed"
    ADMINISTRATOR_ENDED = "administrator_ended"
    HEIRS_AGREE = "heirs_agree"
    SMALL_ESTATE = "small_estate"
    RELATIVE_AGREED = "relative_agreed"
    AGREEMENT_DISPUTED = "agreement_disputed"
    NO_HEIR_FOUND = "no_heir_found"
    HEIR_FOUND = "heir_found"
    HANDED_OVER = "handed_over"
    DEPOSIT_DECIDED = "deposit_decided"
    PAYEE_FOUND = "payee_found"
    DEPOSIT_MADE = "deposit_made"
    DEPOSIT_COLLECTED = "deposit_collected"
    RIGHT_ENDED = "right_ended"


class Actor(StrEnum):
    """Who may say that an event has happened; an operator enters it and signs."""

    OFFICER = "officer"
    PERSON = "person"
    GUARDIAN = "guardian"
    RELATIVES = "relatives"
    COURT = "court"
    NOTARY = "notary"
    PROVIDER = "provider"


class Recipient(StrEnum):
    """Who receives the money in a state."""

    SELF = "self"
    GUARDIAN = "guardian"
    ADMINISTRATOR = "administrator"
    HEIRS = "heirs"
    RELATIVE = "relative"
    CUSTODIAN = "custodian"
    DONEE = "donee"
    NOTARY = "notary"
    STATE = "state"


class EvidenceKind(StrEnum):
    """A paper that shows standing. Its image is never kept."""

    IDENTITY = "identity"
    HOUSEHOLD_BOOK = "household_book"
    BIRTH_CERTIFICATE = "birth_certificate"
    GUARDIAN_APPOINTMENT = "guardian_appointment"
    COURT_FINDING = "court_finding"
    DEATH_CERTIFICATE = "death_certificate"
    KINSHIP = "kinship"
    ADMINISTRATOR_APPOINTMENT = "administrator_appointment"
    CUSTODIAN_APPOINTMENT = "custodian_appointment"
    DEPOSIT_CERTIFICATE = "deposit_certificate"
    HANDOVER_RECEIPT = "handover_receipt"


class StatementKind(StrEnum):
    """What somebody states in writing."""

    NO_WAIVER = "no_waiver"
    GUARDIAN = "guardian"
    EARNINGS = "earnings"
    REFUSAL = "refusal"
    DONATION = "donation"
    UNDERTAKING = "undertaking"
    CONSENT = "consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """By when a state ends, and what happens then; ``then`` is None where a person must act.

    ``years`` count by the calendar and end on the same day of the year (Civil Code 201, 202).
    """

    days: int = 0
    years: int = 0
    then: Event | None
    basis: str

    def due(self, began: date) -> date:
        """The last day."""
        if self.years:
            return _years_on(began, self.years)
        return began + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a state means: who receives, why nobody does yet, and its clock."""

    recipient: Recipient | None = None
    reason: Reason | None = None
    clock: Clock | None = None


def _waits(days: int, then: Event | None, basis: str) -> Clock:
    return Clock(days=days, then=then, basis=basis)


_S = Situation
_DEPOSIT: Final = _waits(180, Event.DEPOSIT_DECIDED, "CN-CC-570")

ABOUT: Final[dict[Situation, About]] = {
    _S.IN_REVIEW: About(reason=Reason.IN_REVIEW, clock=_waits(14, None, "POLICY-REVIEW")),
    _S.ADULT: About(recipient=Recipient.SELF),
    _S.AGED_8_TO_17: About(recipient=Recipient.SELF),
    _S.AGED_8_TO_17_GUARDED: About(recipient=Recipient.GUARDIAN),
    _S.UNDER_8: About(reason=Reason.MINOR_WITHOUT_GUARDIAN_ACCOUNT, clock=_DEPOSIT),
    _S.UNDER_8_GUARDED: About(recipient=Recipient.GUARDIAN),
    _S.INCAPABLE: About(reason=Reason.NO_CAPACITY, clock=_DEPOSIT),
    _S.INCAPABLE_GUARDED: About(recipient=Recipient.GUARDIAN),
    _S.NO_ACCOUNT: About(
        reason=Reason.NO_ACCOUNT, clock=_waits(180, Event.NOT_REACHED, "POLICY-REACH")
    ),
    _S.WALLET_TOO_LOW: About(
        reason=Reason.WALLET_TOO_LOW, clock=_waits(30, Event.ACCOUNT_LOST, "CN-WALLET")
    ),
    _S.HELD: About(reason=Reason.HELD, clock=_waits(7, Event.ACCOUNT_LOST, "CN-ATF-18")),
    _S.MISSING: About(reason=Reason.MISSING, clock=_DEPOSIT),
    _S.CUSTODIAN: About(recipient=Recipient.CUSTODIAN),
    _S.REFUSED: About(reason=Reason.REFUSED, clock=_waits(90, None, "CN-CC-570")),
    _S.DONATED: About(recipient=Recipient.DONEE, reason=Reason.DONATED),
    _S.DIED_AFTER: About(reason=Reason.DECEASED, clock=_DEPOSIT),
    _S.DIED_BEFORE: About(reason=Reason.DECEASED, clock=_DEPOSIT),
    _S.ADMINISTRATOR: About(recipient=Recipient.ADMINISTRATOR),
    _S.HEIRS: About(recipient=Recipient.HEIRS, reason=Reason.DECEASED),
    _S.RELATIVE: About(recipient=Recipient.RELATIVE),
    _S.NO_HEIR: About(
        recipient=Recipient.STATE, reason=Reason.DECEASED, clock=_waits(30, None, "CN-CC-1160")
    ),
    _S.DEPOSIT_PENDING: About(
        recipient=Recipient.NOTARY, reason=Reason.DEPOSIT, clock=_waits(30, None, "CN-CC-571")
    ),
    _S.DEPOSITED: About(
        recipient=Recipient.NOTARY,
        reason=Reason.DEPOSIT,
        clock=Clock(years=5, then=Event.RIGHT_ENDED, basis="CN-CC-574"),
    ),
    _S.COLLECTED: About(recipient=Recipient.SELF, reason=Reason.DEPOSIT),
    _S.ESCHEATED: About(recipient=Recipient.STATE, reason=Reason.DEPOSIT),
}

LIVING: Final = (
    *(_S.IN_REVIEW, _S.ADULT, _S.AGED_8_TO_17, _S.AGED_8_TO_17_GUARDED, _S.UNDER_8),
    *(_S.UNDER_8_GUARDED, _S.INCAPABLE, _S.INCAPABLE_GUARDED, _S.NO_ACCOUNT, _S.WALLET_TOO_LOW),
    *(_S.HELD, _S.MISSING, _S.CUSTODIAN, _S.REFUSED, _S.DONATED),
)
"""States of somebody who is not known to have died: each can lead to death, and to review."""

INITIAL: Final = (
    *(_S.IN_REVIEW, _S.ADULT, _S.AGED_8_TO_17, _S.AGED_8_TO_17_GUARDED, _S.UNDER_8),
    *(_S.UNDER_8_GUARDED, _S.INCAPABLE, _S.INCAPABLE_GUARDED, _S.NO_ACCOUNT),
    *(_S.DIED_AFTER, _S.DIED_BEFORE),
)
"""States in which settling puts people, by what the files tell."""

FINAL: Final = (_S.COLLECTED, _S.ESCHEATED)


def _years_on(day: date, years: int) -> date:
    """The same day of the year, so many years on; 29 February becomes 28."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
