"""What a notice says, and what may be wrong with its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from amends.awards.correcting import Reason as CorrectionReason
from amends.kernel.case import Text
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.wording import Violation
from amends.payees.model import PayeeKind, Reason

Payment = PayeeKind | Reason
"""Who is paid, or why a person has to look at it first."""


def payment_of(word: str) -> Payment:
    """The payment that a stored word stands for."""
    return PayeeKind(word) if word in set(PayeeKind) else Reason(word)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeFacts:
    """Everything that a notice depends on. People with equal facts read the same text.

    ``categories``: sorted codes. ``discovered``, ``announced``, ``pay_by``: days in the zone of
    the announcement; ``pay_by`` is None when that day has passed. ``mainland``: the authorities
    and hotlines are those of mainland China. ``coded``: the person gets a receipt code, which a
    notice never holds.
    """

    controller: Text
    discovered: date | None
    announced: date
    categories: tuple[str, ...]
    payment: Payment
    amount: Money
    pay_by: date | None
    mainland: bool
    simulated: bool
    coded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """An award that was corrected after its notice, and of whose correction nobody was told.

    ``amount``: what is owed now; zero where it was annulled. ``correction_no``: the newest.
    """

    award_index: int
    correction_no: int
    amount: Money
    reason: CorrectionReason
    corrected_at: datetime


class NoticeTextError(AmendsError):
    """A text looks like the scam that it warns of, or could carry a value of a person."""

    code: ClassVar[str] = "notice_text"

    def __init__(self, violations: Sequence[Violation]) -> None:
        self.violations = tuple(violations)
        rules = ", ".join(sorted({violation.rule.value for violation in violations}))
        super().__init__(
            said(
                "a notice breaks the rules for outgoing texts ({rules}); no notice was queued. "
                "Names and titles in case.toml must hold no address, number or link",
                rules=rules,
            )
        )


class NoNoticeError(AmendsError):
    """An award has no notice."""

    code: ClassVar[str] = "no_notice"
