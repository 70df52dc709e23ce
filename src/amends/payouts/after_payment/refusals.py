"""What a provider's final refusal says about a person, as a move that an operator signs.

A refusal moves nobody by itself: an operator looks at the list and enters all of it at once. Who
has a further account is not in it, for the next payment goes there. Whom it concerns is owed as
before, in a state with a clock and a next step (docs/reference/payee-states.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from amends.kernel.saying import said
from amends.payees import moves
from amends.payees.estates import Entry
from amends.payees.model import PayeeError
from amends.payees.states import Event
from amends.payouts.planning import plan_store
from amends.payouts.rails.model import RefusalReason
from amends.vault.opened import OpenCase

RETURNED: Final = "returned"
"""The reason of whatever came back, by whatever code."""

EVENTS: Final[Mapping[str, Event]] = {
    RefusalReason.UNKNOWN_ACCOUNT.value: Event.ACCOUNT_LOST,
    RefusalReason.AMBIGUOUS_ACCOUNT.value: Event.ACCOUNT_LOST,
    RefusalReason.NAME_MISMATCH.value: Event.ACCOUNT_LOST,
    RefusalReason.NOT_REAL_NAME.value: Event.ACCOUNT_LOST,
    RefusalReason.ACCOUNT_CLOSED.value: Event.ACCOUNT_LOST,
    RefusalReason.ACCOUNT_UNSUITABLE.value: Event.ACCOUNT_LOST,
    RefusalReason.ACCOUNT_LIMIT.value: Event.WALLET_CLASS_TOO_LOW,
    RefusalReason.ACCOUNT_BLOCKED.value: Event.PROVIDER_HOLDS,
    RefusalReason.PAYEE_DECEASED.value: Event.DOUBT_RAISED,
    RETURNED: Event.ACCOUNT_LOST,
}
"""By reason: what happened to the person. What is not here says nothing of them: they are paid
again as they are (`amends retry`), or after a word to them (not confirmed in time)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How many people were moved, or would be, by reason; and whom the state machine kept back."""

    by_reason: Mapping[str, int]
    left: int


def enter(
    opened: OpenCase, by: str, *, key_file: Path | None = None, dry_run: bool = False
) -> Told:
    """Move everybody of whom a final refusal says something; each move is signed.

    Raises:
        GovernanceError: no such operator, or a wrong key.
    """
    with opened.database.reading() as connection:
        found = [one for one in plan_store.ended_of_people(connection) if one[2] in EVENTS]
    by_reason: dict[str, int] = {}
    left = 0
    for person, number, reason in found:
        if not dry_run:
            words = said("payment {number} ended: {reason}", number=number, reason=reason)
            entry = Entry(event=EVENTS[reason], by=by, reason=words)
            try:
                moves.move(opened, person, entry, key_file=key_file)
            except PayeeError:  # a guardian's or an heir's account: people look at each
                left += 1
                continue
        by_reason[reason] = by_reason.get(reason, 0) + 1
    return Told(by_reason=dict(sorted(by_reason.items())), left=left)
