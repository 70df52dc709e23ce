"""The arrows between the states of a payee: what may happen when, who may say so, by which rule.

Kept true: from a state an event leads to one state; money goes to somebody else than the person
only with the papers and statements that the rule asks for. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from amends.payees.model import Situation
from amends.payees.states import (
    ABOUT,
    LIVING,
    Actor,
    Clock,
    Event,
    EvidenceKind,
    StatementKind,
)

Papers = tuple[frozenset[EvidenceKind], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One arrow of the machine. ``papers``: one of each group; ``statements``: all of them."""

    origin: Situation
    event: Event
    target: Situation
    actor: Actor
    basis: str
    papers: tuple[frozenset[EvidenceKind], ...] = ()
    statements: frozenset[StatementKind] = frozenset()

    @property
    def clock(self) -> Clock | None:
        """What runs from this move on."""
        return ABOUT[self.target].clock


def _one(*kinds: EvidenceKind) -> Papers:
    """One paper, of any of these kinds."""
    return (frozenset(kinds),)


def _all(*kinds: EvidenceKind) -> Papers:
    """A paper of each of these kinds."""
    return tuple(frozenset({kind}) for kind in kinds)


def _when(
    event: Event,
    origins: Situation | tuple[Situation, ...],
    target: Situation,
    said_by: tuple[Actor, str],
    papers: Papers = (),
    *statements: StatementKind,
) -> Iterable[Move]:
    """The arrows of an event; *said_by*: who may say it, and the rule it rests on."""
    actor, basis = said_by
    for origin in (origins,) if isinstance(origins, Situation) else origins:
        yield Move(
            origin=origin,
            event=event,
            target=target,
            actor=actor,
            basis=basis,
            papers=papers,
            statements=frozenset(statements),
        )


_S, _E, _A, _P, _T = Situation, Event, Actor, EvidenceKind, StatementKind
_FAMILY: Final = _one(_P.HOUSEHOLD_BOOK, _P.BIRTH_CERTIFICATE, _P.GUARDIAN_APPOINTMENT)
_WARDED: Final = _one(_P.HOUSEHOLD_BOOK, _P.GUARDIAN_APPOINTMENT)
_DEATH: Final = _all(_P.DEATH_CERTIFICATE)
_KIN: Final = _all(_P.DEATH_CERTIFICATE, _P.KINSHIP)
_HIMSELF: Final = _all(_P.IDENTITY)
_FOUND: Final = _all(_P.COURT_FINDING)
_RECEIPT: Final = _all(_P.PAYMENT_RECEIPT)
_TEENS: Final = (_S.AGED_8_TO_17, _S.AGED_8_TO_17_GUARDED)
_OWN: Final = (_S.ADULT, _S.AGED_8_TO_17)
_STUCK: Final = (_S.NO_ACCOUNT, _S.WALLET_TOO_LOW, _S.HELD)
_ASKED: Final = (_S.ADULT, *_STUCK)
_UNKNOWN: Final = (
    *(_S.UNDER_8, _S.INCAPABLE, _S.MISSING, _S.REFUSED, _S.DIED_AFTER, _S.DIED_BEFORE),
    _S.HEIRS,
)

_DOUBTED: Final = (*LIVING[1:], _S.DIED_AFTER, _S.DIED_BEFORE)

GENERAL: Final = (
    *_when(_E.DOUBT_RAISED, _DOUBTED, _S.IN_REVIEW, (_A.OFFICER, "POLICY-REVIEW")),
    *_when(_E.DIED_AFTER_LEAK, LIVING, _S.DIED_AFTER, (_A.RELATIVES, "CN-CC-1122"), _DEATH),
    *_when(_E.DIED_BEFORE_LEAK, LIVING, _S.DIED_BEFORE, (_A.RELATIVES, "CN-CC-994"), _DEATH),
)
"""What can happen in every living state."""

_CAPACITY: Final = (
    *_when(_E.FOUND_ADULT, _S.IN_REVIEW, _S.ADULT, (_A.OFFICER, "CN-CC-17")),
    *_when(_E.FOUND_AGED_8_TO_17, _S.IN_REVIEW, _S.AGED_8_TO_17, (_A.OFFICER, "CN-CC-19")),
    *_when(_E.FOUND_UNDER_8, _S.IN_REVIEW, _S.UNDER_8, (_A.OFFICER, "CN-CC-20")),
    *_when(_E.FOUND_INCAPABLE, _S.IN_REVIEW, _S.INCAPABLE, (_A.COURT, "CN-CC-24"), _FOUND),
    *_when(_E.FOUND_WITHOUT_ACCOUNT, _S.IN_REVIEW, _S.NO_ACCOUNT, (_A.OFFICER, "POLICY-REACH")),
    *_when(_E.TURNED_EIGHT, _S.UNDER_8, _S.AGED_8_TO_17, (_A.OFFICER, "CN-CC-19")),
    *_when(
        _E.TURNED_EIGHT,
        _S.UNDER_8_GUARDED,
        _S.AGED_8_TO_17_GUARDED,
        (_A.OFFICER, "CN-CC-19"),
    ),
    *_when(_E.CAME_OF_AGE, _TEENS, _S.ADULT, (_A.OFFICER, "CN-CC-17")),
    *_when(
        _E.LIVES_ON_EARNINGS,
        _TEENS,
        _S.ADULT,
        (_A.PERSON, "CN-CC-18"),
        _HIMSELF,
        _T.EARNINGS,
    ),
    *_when(
        _E.CAPACITY_LOST,
        (_S.ADULT, _S.NO_ACCOUNT),
        _S.INCAPABLE,
        (_A.COURT, "CN-CC-24"),
        _FOUND,
    ),
    *_when(
        _E.CAPACITY_RESTORED,
        (_S.INCAPABLE, _S.INCAPABLE_GUARDED),
        _S.ADULT,
        (_A.COURT, "CN-CC-24"),
        _FOUND,
    ),
)

_GUARDIANS: Final = tuple(
    move
    for wards, guarded, basis, papers in (
        ((_S.UNDER_8,), _S.UNDER_8_GUARDED, "CN-CC-27", _FAMILY),
        ((_S.AGED_8_TO_17, *_STUCK), _S.AGED_8_TO_17_GUARDED, "CN-CC-27", _FAMILY),
        ((_S.INCAPABLE,), _S.INCAPABLE_GUARDED, "CN-CC-28", _WARDED),
    )
    for move in (
        *_when(
            _E.GUARDIAN_NAMED,
            wards,
            guarded,
            (_A.GUARDIAN, basis),
            papers,
            _T.GUARDIAN,
            _T.NO_WAIVER,
        ),
        *_when(_E.GUARDIAN_ENDED, guarded, wards[0], (_A.OFFICER, "CN-CC-35")),
    )
)

_ACCOUNTS: Final = (
    *_when(
        _E.ACCOUNT_NAMED,
        _STUCK,
        _S.ADULT,
        (_A.PERSON, "CN-NBPI-23"),
        _HIMSELF,
        _T.NO_WAIVER,
    ),
    *_when(
        _E.MINOR_ACCOUNT_NAMED,
        (*_STUCK, _S.AGED_8_TO_17_GUARDED),
        _S.AGED_8_TO_17,
        (_A.PERSON, "CN-CC-145"),
        _HIMSELF,
        _T.NO_WAIVER,
    ),
    *_when(
        _E.ACCOUNT_LOST,
        (*_OWN, _S.WALLET_TOO_LOW, _S.HELD),
        _S.NO_ACCOUNT,
        (_A.PROVIDER, "POLICY-REACH"),
    ),
    *_when(_E.WALLET_CLASS_TOO_LOW, _OWN, _S.WALLET_TOO_LOW, (_A.PROVIDER, "CN-WALLET")),
    *_when(_E.WALLET_UPGRADED, _S.WALLET_TOO_LOW, _S.ADULT, (_A.PROVIDER, "CN-WALLET")),
    *_when(_E.PROVIDER_HOLDS, _OWN, _S.HELD, (_A.PROVIDER, "CN-ATF-18")),
    *_when(_E.HOLD_RELEASED, _S.HELD, _S.ADULT, (_A.PROVIDER, "CN-ATF-18")),
)

_WILL: Final = (
    *_when(_E.NOT_REACHED, _ASKED, _S.MISSING, (_A.OFFICER, "CN-CC-570")),
    *_when(
        _E.CAME_BACK,
        (_S.MISSING, _S.CUSTODIAN),
        _S.ADULT,
        (_A.PERSON, "CN-CC-45"),
        _HIMSELF,
    ),
    *_when(
        _E.CUSTODIAN_APPOINTED,
        _S.MISSING,
        _S.CUSTODIAN,
        (_A.COURT, "CN-CC-42"),
        _all(_P.COURT_FINDING, _P.CUSTODIAN_APPOINTMENT),
        _T.NO_WAIVER,
    ),
    *_when(_E.CUSTODIAN_ENDED, _S.CUSTODIAN, _S.MISSING, (_A.COURT, "CN-CC-42"), _FOUND),
    *_when(_E.REFUSES, _ASKED, _S.REFUSED, (_A.PERSON, "CN-CC-570"), _HIMSELF, _T.REFUSAL),
    *_when(_E.RECONSIDERS, _S.REFUSED, _S.ADULT, (_A.PERSON, "POLICY-OWED"), _HIMSELF),
    *_when(_E.DONATES, _ASKED, _S.DONATED, (_A.PERSON, "POLICY-GIFT"), _HIMSELF, _T.DONATION),
    *_when(
        _E.PAID_BY_HAND,
        _S.DONATED,
        _S.DONEE_PAID,
        (_A.OFFICER, "CN-CC-557"),
        _RECEIPT,
        _T.DONATION,
    ),
    *_when(_E.DONATION_WITHDRAWN, _S.DONATED, _S.ADULT, (_A.PERSON, "CN-CC-658"), _HIMSELF),
)

_ESTATES: Final = (
    *_when(
        _E.ADMINISTRATOR_APPOINTED,
        _S.DIED_AFTER,
        _S.ADMINISTRATOR,
        (_A.RELATIVES, "CN-CC-1145"),
        _all(_P.DEATH_CERTIFICATE, _P.ADMINISTRATOR_APPOINTMENT),
        _T.NO_WAIVER,
    ),
    *_when(
        _E.ADMINISTRATOR_ENDED,
        _S.ADMINISTRATOR,
        _S.DIED_AFTER,
        (_A.RELATIVES, "CN-CC-1146"),
    ),
    *_when(
        _E.HEIRS_AGREE,
        _S.DIED_AFTER,
        _S.HEIRS,
        (_A.RELATIVES, "CN-CC-1130"),
        _KIN,
        _T.CONSENT,
    ),
    *_when(
        _E.SMALL_ESTATE,
        _S.DIED_AFTER,
        _S.HEIRS,
        (_A.RELATIVES, "CN-SMALL"),
        _KIN,
        _T.UNDERTAKING,
    ),
    *_when(
        _E.PAID_BY_HAND,
        _S.HEIRS,
        _S.HEIRS_PAID,
        (_A.OFFICER, "CN-CC-557"),
        _RECEIPT,
        _T.CONSENT,
    ),
    *_when(_E.AGREEMENT_DISPUTED, _S.HEIRS, _S.DIED_AFTER, (_A.RELATIVES, "CN-CC-1132")),
    *_when(
        _E.RELATIVE_AGREED,
        _S.DIED_BEFORE,
        _S.RELATIVE,
        (_A.RELATIVES, "CN-CC-994"),
        _KIN,
        _T.CONSENT,
    ),
    *_when(_E.AGREEMENT_DISPUTED, _S.RELATIVE, _S.DIED_BEFORE, (_A.RELATIVES, "CN-CC-994")),
    *_when(_E.NO_HEIR_FOUND, _S.DIED_AFTER, _S.NO_HEIR, (_A.OFFICER, "CN-CC-1160"), _DEATH),
    *_when(
        _E.HEIR_FOUND,
        _S.NO_HEIR,
        _S.DIED_AFTER,
        (_A.RELATIVES, "CN-CC-1127"),
        _all(_P.KINSHIP),
    ),
    *_when(
        _E.HANDED_OVER,
        _S.NO_HEIR,
        _S.ESCHEATED,
        (_A.OFFICER, "CN-CC-1160"),
        _all(_P.HANDOVER_RECEIPT),
    ),
)

_DEPOSITS: Final = (
    *_when(_E.DEPOSIT_DECIDED, _UNKNOWN, _S.DEPOSIT_PENDING, (_A.OFFICER, "CN-CC-570")),
    *_when(_E.PAYEE_FOUND, _S.DEPOSIT_PENDING, _S.IN_REVIEW, (_A.OFFICER, "CN-CC-570")),
    *_when(
        _E.DEPOSIT_MADE,
        _S.DEPOSIT_PENDING,
        _S.DEPOSITED,
        (_A.NOTARY, "CN-CC-571"),
        _all(_P.DEPOSIT_CERTIFICATE),
    ),
    *_when(
        _E.DEPOSIT_COLLECTED,
        _S.DEPOSITED,
        _S.COLLECTED,
        (_A.NOTARY, "CN-CC-574"),
        _all(_P.HANDOVER_RECEIPT),
    ),
    *_when(_E.RIGHT_ENDED, _S.DEPOSITED, _S.ESCHEATED, (_A.NOTARY, "CN-CC-574")),
)

ARROWS: Final = (*(*GENERAL, *_CAPACITY, *_GUARDIANS, *_ACCOUNTS, *_WILL, *_ESTATES, *_DEPOSITS),)
MOVES: Final = {(move.origin, move.event): move for move in ARROWS}


def possible(origin: Situation) -> list[Move]:
    """The moves that a state has, by event."""
    return sorted((m for m in ARROWS if m.origin is origin), key=lambda move: move.event)
