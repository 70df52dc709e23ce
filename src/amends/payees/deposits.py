"""What a deposit with a notary does to the books. Pure.

What is deposited counts as given (Civil Code 571): it is owed no more, and no rail sends it.
"""

from collections.abc import Iterator
from datetime import datetime

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger.model import DEPOSITED, OWED, RETURNED, Transfer
from amends.ledger.service import DEPOSIT, DEPOSIT_OF_RETURNED
from amends.payees.estates import Entry
from amends.payees.model import PayeeError


def transfers(entry: Entry, now: datetime) -> Iterator[Transfer]:
    """Out of what came back and what is owed, into what is deposited; once for each award.

    Raises:
        PayeeError: nothing is owed, or a payment is planned, under way or made.
    """
    if entry.owed is None or entry.award_index is None:
        raise PayeeError(said("nothing is owed to this person yet: `amends award` comes first"))
    if entry.under_way is not None:
        raise PayeeError(
            said(
                "a payment of this award is planned, under way or made ({state}): nothing is "
                "deposited before it was refused or has come back",
                state=entry.under_way,
            )
        )
    back = entry.came_back or Money(amount_minor=0, currency=entry.owed.currency)
    for reason, debit, amount in (
        (DEPOSIT_OF_RETURNED, RETURNED, back),
        (DEPOSIT, OWED, entry.owed - back),
    ):
        if amount.amount_minor > 0:
            yield Transfer(
                transfer_id=f"{reason}:{entry.award_index}",
                debit=debit,
                credit=DEPOSITED,
                amount_minor=amount.amount_minor,
                currency=amount.currency,
                reason=reason,
                subject=f"award:{entry.award_index}",
                occurred_at=now,
            )
