"""What is due of shares that no rail pays, and what paying them by hand does to the books.

Kept true: the shares add up to what is owed, no share is paid twice, and whoever was paid by hand
is paid by no rail any more.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from amends.kernel.money import Money, allocate
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.ledger.model import OWED, PAID_BY_HAND, RETURNED, Transfer
from amends.payees import moves_store
from amends.payees.estates import REASON, Entry
from amends.payees.machine import Move
from amends.payees.model import PayeeError, PayeeState, Situation
from amends.payees.states import Event
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_AFTERWARDS: Final = (
    *(Event.PAID_BY_HAND, Event.DEPOSIT_DECIDED, Event.DEPOSIT_MADE),
    *(Event.DEPOSIT_COLLECTED, Event.RIGHT_ENDED),
)
"""What can happen once somebody was paid by hand: the rest too, or it goes to a notary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A payment by hand. ``to``: the number of the heir, in the order of their file; 1 of a donee.

    ``amount``: as the receipt says; ``paper``: the number of the receipt among the person's papers.
    """

    to: int
    amount: Money
    paper: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What is due by hand of an award: of each share, from the first on, and what came back."""

    award_index: int
    due: Sequence[Money]
    back: Money

    @property
    def rest(self) -> Money:
        """All that is due."""
        return sum(self.due[1:], start=self.due[0])


def due(owed: Money, weights: Sequence[int], paid: Mapping[int, int]) -> list[Money]:
    """What is due of each share: by weights of what is owed now, less what was paid of it.

    *paid*: minor units by the number of the share, from 1. The parts add up to what is left.
    """
    left = owed.amount_minor - sum(paid.values())
    whole = allocate(owed, weights)
    wanted = [max(part.amount_minor - paid.get(no, 0), 0) for no, part in enumerate(whole, 1)]
    rest = Money(amount_minor=left, currency=owed.currency)
    return allocate(rest, wanted if any(wanted) else weights)


def transfers(account: Account, share: Share, number: str, now: datetime) -> Iterator[Transfer]:
    """Out of what came back and what is owed, into what is paid by hand."""
    back = min(account.back.amount_minor, share.amount.amount_minor)
    for reason, debit, minor in (
        (ledger.BY_HAND_OF_RETURNED, RETURNED, back),
        (ledger.BY_HAND, OWED, share.amount.amount_minor - back),
    ):
        if minor > 0:
            yield Transfer(
                transfer_id=f"{reason}:{number}",
                debit=debit,
                credit=PAID_BY_HAND,
                amount_minor=minor,
                currency=share.amount.currency,
                reason=reason,
                subject=f"award:{account.award_index}",
                occurred_at=now,
            )


def rest(connection: Connection, entry: Entry) -> Entry:
    """*entry* with what is still owed, and still back, beside what was paid by hand."""
    if entry.owed is None or entry.award_index is None:
        return entry
    paid = ledger.paid_by_hand(connection, [entry.award_index]).get(entry.award_index, 0)
    if not paid:
        return entry
    of_returned = ledger.by_hand_of_returned(connection, entry.award_index)
    return replace(
        entry,
        owed=_less(entry.owed, paid),
        came_back=_less(entry.came_back, of_returned) if entry.came_back else None,
    )


def check_begun(connection: Connection, person_id: str, chosen: Move) -> None:
    """Once a share is paid by hand, nothing leads back to where a rail would pay the whole.

    Raises:
        PayeeError: something is paid, and the move is another one.
    """
    if chosen.event not in _AFTERWARDS and moves_store.hand_payments(connection, person_id):
        raise PayeeError(
            said(
                "a part of this award is paid by hand already: pay the rest (`amends payee paid`), "
                "or let it go to a notary (deposit_decided)"
            )
        )


def account_of(
    opened: OpenCase, connection: Connection, person_id: str, entry: Entry, now: moves_store.Row
) -> Account:
    """What is due by hand now.

    Raises:
        PayeeError: nothing is owed, or a rail pays it.
    """
    if entry.owed is None or entry.award_index is None:
        raise PayeeError(said("nothing is owed to this person yet: `amends award` comes first"))
    if now["state"] == PayeeState.PAYABLE.value:
        raise PayeeError(said("one heir is paid by a rail: `amends pay CASE` does it"))
    if entry.under_way is not None:
        raise PayeeError(
            said(
                "a payment of this award is planned, under way or made ({state}): nothing is paid "
                "by hand before it was refused or has come back",
                state=entry.under_way,
            )
        )
    paid: dict[int, int] = {}
    for row in moves_store.hand_payments(connection, person_id):
        paid[row["share_no"]] = paid.get(row["share_no"], 0) + row["amount_minor"]
    back = entry.came_back or Money(amount_minor=0, currency=entry.owed.currency)
    return Account(
        award_index=entry.award_index,
        due=due(entry.owed, _weights(opened, connection, person_id, now), paid),
        back=max(
            _less(back, ledger.by_hand_of_returned(connection, entry.award_index)),
            Money(amount_minor=0, currency=back.currency),
        ),
    )


def _weights(
    opened: OpenCase, connection: Connection, person_id: str, now: moves_store.Row
) -> list[int]:
    """By which the award is shared: as the heirs agreed, or one for whom it is given to."""
    if now["situation"] != Situation.HEIRS.value:
        return [1]
    agreed = [
        row
        for row in moves_store.moves(connection, person_id)
        if row["target"] == Situation.HEIRS.value
    ]
    told = json.loads(opened.vault.unseal(bytes(agreed[-1]["sealed"]), REASON, person_id))
    return [int(heir.get("share", heir["amount_minor"])) for heir in told["heirs"]]


def _less(amount: Money, minor: int) -> Money:
    return amount - Money(amount_minor=minor, currency=amount.currency)
