"""Money that was paid too much or to the wrong person: what it is, and what its letter says. Pure.

Unjust enrichment (Civil Code 985 to 988): asked back, never taken; not asked of somebody who has
it no more in good faith (986). Nothing else that is owed to the person is ever less for it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Final

from amends.kernel.errors import AmendsError
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import Said, said

LIMIT_YEARS: Final = 3
"""From knowing of the claim (Civil Code 188)."""


class Ground(StrEnum):
    """Why money is asked back."""

    TOO_MUCH = "too_much"
    WRONG_PERSON = "wrong_person"
    NOT_OWED = "not_owed"


GROUNDS: Final = {
    Ground.TOO_MUCH: said("more was paid than was owed"),
    Ground.WRONG_PERSON: said("it was paid to somebody else than it was owed to"),
    Ground.NOT_OWED: said("nothing was owed"),
}
"""Each ground in words."""


class Standing(StrEnum):
    """Where a recovery stands."""

    OPEN = "open"
    TOLD = "told"
    PARTLY_REPAID = "partly_repaid"
    REPAID = "repaid"
    WAIVED = "waived"


STANDINGS: Final = {
    Standing.OPEN: said("nobody was told yet"),
    Standing.TOLD: said("asked back by letter"),
    Standing.PARTLY_REPAID: said("came back in part"),
    Standing.REPAID: said("paid back"),
    Standing.WAIVED: said("let go"),
}
"""Each standing in words."""


class RecoveryError(AmendsError):
    """Money cannot be asked back, matched or let go like this."""

    code: ClassVar[str] = "recovery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What is asked back of one payment. ``because``: sealed. ``steps``: events so far."""

    recovery_no: int
    payment: InstructionId
    award_index: int
    amount: Money
    ground: Ground
    because: bytes = field(repr=False)
    opened_at: datetime
    repaid_minor: int
    waived_minor: int
    told: bool
    steps: int

    @property
    def rest(self) -> Money:
        """What is neither back nor let go."""
        done = self.repaid_minor + self.waived_minor
        return Money(amount_minor=self.amount.amount_minor - done, currency=self.amount.currency)

    @property
    def standing(self) -> Standing:
        """Where it stands. What was let go in part and came back in part is let go."""
        if not self.rest.amount_minor:
            return Standing.WAIVED if self.waived_minor else Standing.REPAID
        if self.repaid_minor:
            return Standing.PARTLY_REPAID
        return Standing.TOLD if self.told else Standing.OPEN

    @property
    def last_day(self) -> date:
        """Until when a court would hear of it, if nothing else happens (Civil Code 188)."""
        day = self.opened_at.date()
        year = day.year + LIMIT_YEARS
        leap = day.month == 2 and day.day == 29  # noqa: PLR2004 - the day that three years lack
        return day.replace(year=year, day=28) if leap else day.replace(year=year)


def payment_of(
    paid: list[tuple[InstructionId, Money]], award_index: int, amount: Money
) -> InstructionId:
    """The payment of an award that *amount* is asked back of.

    *paid*: payments that arrived, and what of each nobody asks back.

    Raises:
        RecoveryError: nothing arrived, or no payment brought so much.
    """
    if not paid:
        raise RecoveryError(
            said(
                "no payment of award {award} arrived: there is nothing to ask back",
                award=award_index,
            )
        )
    enough = [
        number for number, left in paid if amount.currency == left.currency and amount <= left
    ]
    if amount.amount_minor <= 0 or not enough:
        most = max((left for _, left in paid), key=lambda left: left.amount_minor)
        raise RecoveryError(
            said(
                "of one payment of award {award} at most {most} can be asked back",
                award=award_index,
                most=most.display(),
            )
        )
    return enough[0]


def letter(one: Recovery) -> dict[str, Said]:
    """What a letter says, by the name of the paragraph. It presses nobody and threatens nothing."""
    amount = one.rest.display()
    return {
        "what": said(
            "Of our payment {payment} we ask {amount} back: {ground}.",
            payment=one.payment,
            amount=amount,
            ground=GROUNDS[one.ground],
        ),
        "law": said(
            "We rest this on Civil Code 985 to 987. Whoever did not know of it and no longer has "
            "the money owes nothing (986): tell us, and two people decide that we let it go."
        ),
        "nothing_else": said(
            "Nothing else that we owe you becomes less for it, and we take nothing ourselves."
        ),
        "how": said(
            "Pay only into the account that stands in our announcement, with the reference "
            "RECOVERY-{number}. Nobody of ours asks for codes or passwords, and no third party "
            "collects for us.",
            number=one.recovery_no,
        ),
        "until": said(
            "By law our claim ends after {day} (Civil Code 188).",
            day=one.last_day,
        ),
    }
