"""What a line of a bill is, and what a bill does to the books. Pure; lines are columns.

Each line is exactly one class. Money that moved for a reason we know (a payment of ours, its
return) is proof; all other money is in suspense until a person explains it. Either way the rail's
account in our books moves as the provider's does.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import polars as pl

from amends.ledger.model import BANK, PAID_OUT, SUSPENSE, Transfer, at_rail
from amends.payouts.model import LineClass, State

_TIME: pl.DataType = pl.Datetime("us", "UTC")
_TEXT: pl.DataType = pl.String()
_WHOLE: pl.DataType = pl.Int64()

LINES = pl.Schema(
    {
        "line_id": _TEXT,
        "number": _TEXT,
        "reference": _TEXT,
        "direction": _TEXT,
        "kind": _TEXT,
        "amount_minor": _WHOLE,
        "balance_after_minor": _WHOLE,
        "at": _TIME,
    }
)
"""Lines of a bill in its order, each ``line_id`` once."""

KNOWN = pl.Schema(
    {
        "number": _TEXT,
        "state": _TEXT,
        "amount_known": _WHOLE,
        "paid_before": _WHOLE,
        "proved_before": _WHOLE,
        "returned_before": _WHOLE,
    }
)
"""Our instructions among a bill's numbers, and how often earlier bills showed each: paid out (in
any class), paid out as ours (matched), returned."""

_GIVEN_AWAY = [State.SENDING, State.UNKNOWN, State.ACCEPTED, State.SETTLED, State.RETURNED]


def classified(lines: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The lines with ``class``, and ``state`` as it is known (null: no instruction of ours)."""
    joined = lines.join(known, on="number", how="left", maintain_order="left")
    paid = (pl.col("direction") == "out") & (pl.col("kind") == "transfer")
    came_back = (pl.col("direction") == "in") & (pl.col("kind") == "return")
    topped_up = (pl.col("direction") == "in") & (pl.col("kind") == "top_up")
    ours = pl.col("state").is_not_null()
    same_amount = pl.col("amount_minor") == pl.col("amount_known")
    given_away = pl.col("state").is_in([str(state) for state in _GIVEN_AWAY])
    nth = pl.int_range(1, pl.len() + 1).over("number", "direction", "kind")
    payments = joined.with_columns(nth=nth).with_columns(
        _class=pl.when(topped_up)
        .then(_is(LineClass.TOP_UP))
        .when(~ours | ~(paid | came_back))
        .then(_is(LineClass.UNKNOWN_TO_US))
        .when(
            (paid & (pl.col("nth") + pl.col("paid_before") > 1))
            | (came_back & (pl.col("nth") + pl.col("returned_before") > 1))
        )
        .then(_is(LineClass.DUPLICATE_AT_PROVIDER))
        .when(~same_amount)
        .then(_is(LineClass.AMOUNT_DIFFERS))
        .when(~given_away)
        .then(_is(LineClass.STATE_DIFFERS))
        .when(paid)
        .then(_is(LineClass.MATCHED))
        .otherwise(_is(LineClass.RETURNED))
    )
    matched = pl.col("_class") == str(LineClass.MATCHED)
    proved = (
        pl.col("proved_before").fill_null(0) + matched.cast(pl.Int64).cum_sum().over("number")
    ) > 0
    unproved_return = (pl.col("_class") == str(LineClass.RETURNED)) & ~proved
    return payments.with_columns(
        pl.when(unproved_return)
        .then(_is(LineClass.STATE_DIFFERS))
        .otherwise(pl.col("_class"))
        .alias("class")
    ).select([*lines.columns, "state", "class"])


def _is(what: LineClass) -> pl.Expr:
    return pl.lit(str(what))


def book_of_day(
    lines: pl.DataFrame, *, rail: str, day: date, currency: str, now: datetime, source: str = BANK
) -> Iterator[Transfer]:
    """What a day's bill does to the books: at most one transfer per account and direction.

    *source*: the account that a top-up comes from.
    """
    money = at_rail(rail)
    booked: Mapping[tuple[str, str], tuple[str, str]] = {
        ("matched", "out"): (PAID_OUT, money),
        ("returned", "in"): (money, PAID_OUT),
        ("top_up", "in"): (money, source),
        ("suspense", "out"): (SUSPENSE, money),
        ("suspense", "in"): (money, SUSPENSE),
    }
    known = [str(LineClass.MATCHED), str(LineClass.RETURNED), str(LineClass.TOP_UP)]
    groups = (
        lines.with_columns(
            group=pl.when(pl.col("class").is_in(known))
            .then(pl.col("class"))
            .otherwise(pl.lit("suspense"))
        )
        .group_by("group", "direction")
        .agg(pl.col("amount_minor").sum())
        .sort("group", "direction")
    )
    for group, direction, amount in groups.iter_rows():
        debit, credit = booked[group, direction]
        yield Transfer(
            transfer_id=f"statement:{rail}:{day}:{group}:{direction}",
            debit=debit,
            credit=credit,
            amount_minor=amount,
            currency=currency,
            reason="statement",
            subject=f"{rail} {day}",
            occurred_at=now,
        )


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
