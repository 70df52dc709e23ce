"""Corrections of awards: what may be corrected, why, and what follows of people found to be one.

Pure. An award is never changed: a correction stands beside it, says what is owed instead and why,
and is public. Nobody is owed less than what was already planned or sent.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from struct import Struct
from typing import ClassVar

from amends.governance.telling import REASONS
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import Said, joined, said

OWN = 30
"""The class of awards that have an amount of their own, each another: an amount of no class."""

ANNULLED = 31
"""The class of an award of which nothing is owed any more; no amount has it."""

HEAD = Struct(">IBBQ")
"""Award, class, reason, amount: what of a correction is public, and what people approve."""

MOST_SAID = 20
"""Wrong rows that one message names."""


class Reason(StrEnum):
    """Why an award is corrected."""

    AMOUNT_WRONG = "amount_wrong"
    TWO_WERE_ONE = "two_were_one"
    ONE_WAS_TWO = "one_was_two"
    TARIFF_ERROR = "tariff_error"
    COURT_DECISION = "court_decision"
    AGREED = "agreed"
    NOT_AFFECTED = "not_affected"

    @property
    def code(self) -> int:
        """How the public log writes it, from 1; docs/formats/roster.md."""
        return list(Reason).index(self) + 1


REASON_WORDS = {Reason(code): words for code, words in REASONS.items()}
"""Each reason in words."""

ANNULLING = frozenset((Reason.TWO_WERE_ONE, Reason.COURT_DECISION, Reason.NOT_AFFECTED))
"""Reasons for which an award may be annulled."""


class Channel(StrEnum):
    """How somebody was told of a correction."""

    LETTER = "letter"
    SMS = "sms"
    APP = "app"
    EMAIL = "email"
    PHONE = "phone"
    IN_PERSON = "in_person"


CHANNEL_WORDS = {
    Channel.LETTER: said("by letter"),
    Channel.SMS: said("by text message"),
    Channel.APP: said("in the app"),
    Channel.EMAIL: said("by email"),
    Channel.PHONE: said("by phone"),
    Channel.IN_PERSON: said("in person"),
}
"""Each channel in words."""


class CorrectionError(AmendsError):
    """A correction that may not be; the message names every award that is wrong, and why."""

    code: ClassVar[str] = "correction"

    def __init__(self, wrong: Sequence[str]) -> None:
        self.wrong = tuple(wrong)
        lines = [said("nothing was corrected:"), *wrong[:MOST_SAID]]
        if len(wrong) > MOST_SAID:
            lines.append(said("and {more:,} more", more=len(wrong) - MOST_SAID))
        super().__init__(joined(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A correction that somebody asks for. ``amount`` zero annuls; ``where`` names its row."""

    award_index: int
    amount: Money
    reason: Reason
    because: str
    where: str = ""


DEPOSITED = "deposited"
"""The state of money that lies with a notary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Money of an award that is planned, under way, paid, came back or is deposited."""

    amount_minor: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """How an award stands.

    ``annulled_for``: why it is annulled. ``one_person_with``: awards of what is the same person
    now. ``determined``: whether the person, as who the award was made for, is affected still.
    ``granted_minor``: what of the amount was granted on top of the tariff.
    """

    award_index: int
    award_class: int
    amount_minor: int
    step: int
    annulled_for: Reason | None = None
    one_person_with: tuple[int, ...] = ()
    determined: bool = True
    granted_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction that may be: what it changes to what."""

    award_index: int
    step: int
    class_before: int
    amount_before_minor: int
    award_class: int
    amount_minor: int
    reason: Reason
    because: str

    @property
    def change_minor(self) -> int:
        """By how much more (or less) is owed."""
        return self.amount_minor - self.amount_before_minor

    @property
    def head(self) -> bytes:
        """What of it is public."""
        return HEAD.pack(self.award_index, self.award_class, self.reason.code, self.amount_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A correction as it is kept. ``because`` is sealed; ``told``: by which channels."""

    correction_no: int
    decision_no: int
    award_index: int
    class_before: int
    amount_before_minor: int
    award_class: int
    amount_minor: int
    currency: str
    reason: Reason
    because: bytes
    corrected_at: datetime
    proposal_sha256: str
    told: tuple[str, ...]

    @property
    def head(self) -> bytes:
        """What of it is public."""
        return HEAD.pack(self.award_index, self.award_class, self.reason.code, self.amount_minor)


def list_digest(heads: Iterable[bytes]) -> str:
    """SHA-256 over the heads in the order of awards: the exact list that two people approve."""
    digest = hashlib.sha256()
    for head in sorted(heads):
        digest.update(head)
    return digest.hexdigest()


def checked(
    wanted: Sequence[Wanted],
    present: Mapping[int, Present],
    held: Mapping[int, Held],
    currency: str,
) -> None:
    """Refuse a list of which anything is wrong.

    Raises:
        CorrectionError: naming everything that is wrong.
    """
    wrong: list[str] = []
    seen: set[int] = set()
    for one in wanted:
        if one.award_index in seen:
            wrong.append(_at(one, said("stands twice in the list; an award is corrected once")))
            continue
        seen.add(one.award_index)
        found = fault(one, present.get(one.award_index), held.get(one.award_index), currency)
        if found is not None:
            wrong.append(_at(one, found))
    if wrong:
        raise CorrectionError(wrong)


def fault(one: Wanted, now: Present | None, held: Held | None, currency: str) -> Said | None:
    """Why a correction may not be; None if it may."""
    if now is None:
        return said("there is no such award; `amends export awards CASE` lists them")
    if one.amount.currency != currency:
        return said(
            "is in {given}; the case is in {currency}", given=one.amount.currency, currency=currency
        )
    if one.amount.amount_minor < 0:
        return said("an amount is not below zero; zero annuls the award")
    if not one.because.strip():
        return said("says no reason in words; --because TEXT is kept sealed with the decision")
    if one.amount.amount_minor == now.amount_minor:
        return said(
            "is {amount} already; a correction changes the amount", amount=one.amount.display()
        )
    return _against_reason(one, now) or _against_money(one, held)


def _against_reason(one: Wanted, now: Present) -> Said | None:
    """What the reason does not bear."""
    if one.amount.amount_minor == 0 and one.reason not in ANNULLING:
        return said(
            "cannot be annulled because of {reason}; give an amount",
            reason=REASON_WORDS[one.reason],
        )
    match one.reason:
        case Reason.TWO_WERE_ONE if not now.one_person_with:
            return said("no other award is of the same person; `amends determine CASE` finds that")
        case Reason.NOT_AFFECTED if now.determined:
            return said("the person is affected by the newest determination")
        case Reason.NOT_AFFECTED if one.amount.amount_minor:
            return said("who is not affected is owed nothing; the amount has to be zero")
        case Reason.ONE_WAS_TWO if now.annulled_for is not Reason.TWO_WERE_ONE:
            return said("was not annulled as of somebody who is one with another")
    return None


def _against_money(one: Wanted, held: Held | None) -> Said | None:
    """Nobody is owed less than what was planned or sent."""
    if held is None or held.amount_minor <= one.amount.amount_minor:
        return None
    most = Money(amount_minor=held.amount_minor, currency=one.amount.currency).display()
    if held.state in {"planned", "approved"}:
        return said(
            "a payment of {amount} is planned; what is planned goes out as it was approved, so the "
            "award cannot be less than that",
            amount=most,
        )
    if held.state == DEPOSITED:
        return said(
            "{amount} is deposited with a notary and counts as given (Civil Code 571), so the "
            "award cannot be less",
            amount=most,
        )
    if held.state == "returned":
        return said(
            "a payment of {amount} came back and is owed anew; it cannot be less than that",
            amount=most,
        )
    return said(
        "{amount} was sent; money that was sent is not reclaimed, so the award cannot be less",
        amount=most,
    )


def _at(one: Wanted, what: Said) -> Said:
    """A fault with the award it is of, and with the row where there is one."""
    if one.where:
        return said(
            "{where}: award {award}: {what}", where=one.where, award=one.award_index, what=what
        )
    return said("award {award}: {what}", award=one.award_index, what=what)


def corrections_of(
    wanted: Sequence[Wanted], present: Mapping[int, Present], classes: Mapping[int, Money]
) -> list[Correction]:
    """The corrections of a checked list, in the order of awards. ``classes``: amount by class."""
    class_of = {money.amount_minor: number for number, money in classes.items()} | {0: ANNULLED}
    return [
        Correction(
            award_index=one.award_index,
            step=now.step + 1,
            class_before=now.award_class,
            amount_before_minor=now.amount_minor,
            award_class=class_of.get(one.amount.amount_minor, OWN),
            amount_minor=one.amount.amount_minor,
            reason=one.reason,
            because=one.because,
        )
        for one in sorted(wanted, key=lambda one: one.award_index)
        for now in (present[one.award_index],)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """What follows of people found to be one, or apart again.

    ``both_stand``: awards beside another of the same person, of which money was sent as well.
    """

    wanted: tuple[Wanted, ...]
    both_stand: tuple[int, ...]


def proposed_for_one(
    awards: Sequence[Present], held: Mapping[int, Held], currency: str
) -> Proposed:
    """What to do with the standing awards of one person.

    The award of which money was sent stays, else the earliest. It is raised to the largest of them,
    as if the person had been one from the beginning: the tariff gives the largest, not the sum, and
    what was granted on top of it stands. The others are annulled, unless money was sent of them.
    """
    order = sorted(awards, key=lambda one: (one.award_index not in held, one.award_index))
    kept, others = order[0], order[1:]
    beside = [one for one in others if one.award_index in held]
    annulled = [one for one in others if one.award_index not in held]
    because = said("people found to be one: award {award} stays", award=kept.award_index)
    wanted = [
        Wanted(
            award_index=one.award_index,
            amount=Money(amount_minor=0, currency=currency),
            reason=Reason.TWO_WERE_ONE,
            because=because,
        )
        for one in annulled
    ]
    granted = sum(one.granted_minor for one in awards if one not in beside)
    largest = granted + max(one.amount_minor - one.granted_minor for one in awards)
    if largest > max(one.amount_minor for one in (kept, *beside)):
        wanted.append(
            Wanted(
                award_index=kept.award_index,
                amount=Money(amount_minor=largest, currency=currency),
                reason=Reason.TWO_WERE_ONE,
                because=because,
            )
        )
    return Proposed(wanted=tuple(wanted), both_stand=tuple(one.award_index for one in beside))
