"""Lines of a statement as columns: what a rail reads them into, and what reconciliation takes.

A statement may have millions of lines, so they come in batches and no line is an object on its way
into the database. Whoever wants objects makes them of the columns.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC
from itertools import chain, islice

import polars as pl

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import Direction, LineKind, StatementLine

LINES_AT_ONCE = 50_000

LINES = pl.Schema(
    {
        "line_id": pl.String(),
        "number": pl.String(),
        "reference": pl.String(),
        "direction": pl.String(),
        "kind": pl.String(),
        "amount_minor": pl.Int64(),
        "balance_after_minor": pl.Int64(),
        "at": pl.Datetime("us", "UTC"),
    }
)
"""Lines of a statement in its order."""


def batches_of(lines: Iterable[StatementLine]) -> Iterator[pl.DataFrame]:
    """Lines as ``LINES``, some at a time."""
    rows = (
        (
            line.line_id,
            line.number,
            line.provider_reference,
            str(line.direction),
            str(line.kind),
            line.amount.amount_minor,
            line.balance_after.amount_minor,
            line.at.astimezone(UTC),
        )
        for line in lines
    )
    while some := list(islice(rows, LINES_AT_ONCE)):
        yield pl.DataFrame(some, schema=LINES, orient="row")


def lines_of(batches: Iterable[pl.DataFrame], currency: str) -> Iterator[StatementLine]:
    """Columns as lines."""
    rows = chain.from_iterable(batch.iter_rows() for batch in batches)
    for line_id, number, reference, direction, kind, amount, balance, at in rows:
        yield StatementLine(
            line_id=line_id,
            number=InstructionId(number) if number else None,
            provider_reference=reference,
            direction=Direction(direction),
            amount=Money(amount_minor=amount, currency=currency),
            balance_after=Money(amount_minor=balance, currency=currency),
            kind=LineKind(kind),
            at=at,
        )
