"""What a bill does to the books, and what is odd about its lines. Pure.

Each line is exactly one class. Money that moved for a reason we know (a payment of ours, its
return, a fee, a release that arrived) is proof; all other money is in suspense until a person
explains it. Either way the rail's account in our books ends as the provider's does.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from amends.ledger.model import BANK, FEES, PAID_OUT, SUSPENSE, Transfer, at_rail
from amends.payouts.model import Bill, ClassTotal, LineClass

EXPLAINED: Final = frozenset(
    (LineClass.MATCHED, LineClass.RETURNED, LineClass.TOP_UP, LineClass.FEE)
)
"""Classes of money that moved for a reason we know."""

_RESTATED, _GAP = "restated", "gap"


def book_of_day(
    totals: Iterable[ClassTotal],
    bill: Bill,
    *,
    currency: str,
    now: datetime,
    source: str = BANK,
    restated_minor: int = 0,
) -> Iterator[Transfer]:
    """What a day's bill does to the books: at most one transfer per account and direction.

    *source*: the account that a top-up comes from. *restated_minor*: what the first bill opens with
    beside what was found when the rail was opened; its lines tell how that came there.
    """
    money = at_rail(bill.rail)
    booked: Mapping[tuple[str, str], tuple[str, str]] = {
        ("matched", "out"): (PAID_OUT, money),
        ("returned", "in"): (money, PAID_OUT),
        ("top_up", "in"): (money, source),
        ("fee", "out"): (FEES, money),
        ("suspense", "out"): (SUSPENSE, money),
        ("suspense", "in"): (money, SUSPENSE),
        (_RESTATED, "in"): (money, source),
        (_RESTATED, "out"): (source, money),
        (_GAP, "in"): (money, SUSPENSE),
        (_GAP, "out"): (SUSPENSE, money),
    }
    sums: dict[tuple[str, str], int] = {}
    for one in totals:
        if one.what is LineClass.REPEATED:
            continue
        group = str(one.what) if one.what in EXPLAINED else "suspense"
        sums[group, one.direction] = sums.get((group, one.direction), 0) + one.amount_minor
    for group, signed in ((_RESTATED, restated_minor), (_GAP, bill.gap_minor)):
        if signed:
            sums[group, "in" if signed > 0 else "out"] = abs(signed)
    for (group, direction), amount in sorted(sums.items()):
        debit, credit = booked[group, direction]
        yield Transfer(
            transfer_id=f"statement:{bill.rail}:{bill.day}:{group}:{direction}",
            debit=debit,
            credit=credit,
            amount_minor=amount,
            currency=currency,
            reason="statement",
            subject=f"{bill.rail} {bill.day}",
            occurred_at=now,
        )


def arrivals(
    top_ups: Sequence[tuple[int, int]], releases: Iterable[tuple[int, int]]
) -> dict[int, int]:
    """Which release each top-up is: the oldest of exactly its amount; others are left out.

    *top_ups*: place of the line and amount. *releases*: number and amount of those that have not
    arrived yet, in order.
    """
    waiting: dict[int, list[int]] = {}
    for number, amount in releases:
        waiting.setdefault(amount, []).append(number)
    return {line: waiting[amount].pop(0) for line, amount in top_ups if waiting.get(amount)}


def books_balance(
    balances: Mapping[str, int],
    *,
    in_flight: int,
    settled: int,
    returned: int,
    rails: Iterable[str],
) -> bool:
    """Whether what people are owed adds up, and ledger and instructions say the same.

    *in_flight*, *settled*, *returned*: the sums of instructions in those states; of what came
    back, what is neither deposited nor paid by hand.
    """
    flying = sum(balances.get(f"in_flight:{rail}", 0) for rail in rails)
    people = balances["owed"] + flying + balances["settled"] + balances["returned"]
    return (
        people + balances["deposited"] + balances["paid_by_hand"] == balances["compensation"]
        and flying == in_flight
        and balances["settled"] == settled
        and balances["returned"] == returned
    )


def last_day_due(active: date, *, late_days: int) -> date:
    """The last day of which a bill is wanted: money may come back for a while."""
    return date.fromordinal(active.toordinal() + late_days)
