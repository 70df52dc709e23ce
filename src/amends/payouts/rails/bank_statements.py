"""A bank's statements as a rail's: each movement once, an identity for each, balances that join.

The reading and its refusals are those of `amends.statements`; here is only what a rail adds: which
line is a payment of ours, its return, or other money. Lines are columns, some thousands at a time.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails.columns import LINES, lines_of
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.statements.lines import LINES as BANK_LINES
from amends.statements.lines import Lines
from amends.statements.model import Problem, StatementError, outside_period
from amends.statements.walked import Walked

_PLACES: Final = pl.Schema({"place": pl.UInt32(), "renamed": pl.String(), "again": pl.Boolean()})
_IN: Final = pl.col("moved_minor") > 0
_NUMBER: Final = pl.col("end_to_end_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Movements with identities of their own. What moves nothing (a fee of zero, a word) is none.

    The identity is the bank's reference, else the place in *identifier*; ``odd`` has those places
    where it is another (``renamed``), or the movement stands there once more (``again``).
    """

    lines: Lines
    identifier: str
    odd: pl.DataFrame

    @property
    def moved_minor(self) -> int:
        """What they add to the balance, each once."""
        again = self.odd.filter("again")
        return self.lines.moved_minor - int(again["moved_minor"].sum())

    def batches(self) -> Iterator[pl.DataFrame]:
        """``amends.statements.lines.LINES`` with ``line_id`` and ``again``."""
        first = 1
        for batch in self.lines.batches():
            told = _moving(
                batch.with_row_index("place", first).with_columns(
                    line_id=_identity(self.identifier)
                )
            )
            first += batch.height
            if not self.odd.height:
                yield told.with_columns(again=pl.lit(value=False))
                continue
            yield told.join(
                self.odd.select(_PLACES.names()), on="place", how="left", maintain_order="left"
            ).with_columns(
                line_id=pl.coalesce("renamed", "line_id"),
                again=pl.col("again").fill_null(value=False),
            )


def _moving(lines: pl.DataFrame) -> pl.DataFrame:
    """Those that move money."""
    moves = lines["moved_minor"] != 0
    return lines if moves.all() else lines.filter(moves)


def _identity(identifier: str) -> pl.Expr:
    """The bank's reference; where there is none, the place in its statement."""
    return pl.coalesce("reference", pl.lit(f"{identifier}#") + pl.col("place").cast(pl.String))


def named(statement: Walked, name: str) -> Named:
    """Every movement of a statement with an identity; one that is written twice has the same twice.

    Whether two equal lines are one movement or two is told by the balances: one of the two ways
    has to make the closing balance.

    Raises:
        StatementError: neither does, or it ends before it begins.
    """
    first, last = statement.first_day, statement.last_day
    if first > last:  # it would be in no bill
        raise outside_period(name, first, last, len(statement.lines))
    moved = statement.closing_minor - statement.opening_minor
    lines, identifier = statement.lines, _once(statement)
    if lines.moved_minor == moved:
        return Named(lines=lines, identifier=identifier, odd=_odd(lines, identifier, repeats=False))
    repeated = identified(lines, identifier)
    if repeated.moved_minor == moved:
        return repeated
    right = Money(
        amount_minor=statement.opening_minor + lines.moved_minor, currency=statement.currency
    )
    raise StatementError(
        Problem.DOES_NOT_ADD_UP,
        said(
            "{file}: opening balance and movements make {right}, and the closing balance says "
            "{closing}; a movement is missing or was changed: ask the bank",
            file=name,
            right=right.display(),
            closing=Money(
                amount_minor=statement.closing_minor, currency=statement.currency
            ).display(),
        ),
    )


def _once(statement: Walked) -> str:
    """What no other statement has: many banks have one identifier for all of them."""
    return f"{statement.identifier}/{statement.number or 0}/{statement.first_day.isoformat()}"


def identified(lines: Lines, identifier: str) -> Named:
    """Movements that a notification told of; one that is told twice has the same identity."""
    return Named(lines=lines, identifier=identifier, odd=_odd(lines, identifier, repeats=True))


def _odd(lines: Lines, identifier: str, *, repeats: bool) -> pl.DataFrame:
    """Places with another identity than the bank's reference: a second movement under one.

    *repeats*: a line that is equal to the first one of its reference is that, once more.
    """
    found = list(_under_one(lines, identifier))
    if not found:
        return pl.DataFrame(schema={**_PLACES, "moved_minor": pl.Int64})
    under_one = pl.concat(found)
    same = pl.all_horizontal(
        pl.col(one).eq_missing(pl.col(one).first().over("line_id")) for one in BANK_LINES
    )
    later = pl.int_range(pl.len()).over("line_id") > 0
    again = later & same if repeats else pl.lit(value=False)
    return (
        under_one.with_columns(again=again, later=later)
        .with_columns(nth=(pl.col("later") & ~pl.col("again")).cum_sum().over("line_id"))
        .filter("later")
        .select(
            "place",
            pl.when(~pl.col("again"))
            .then(pl.col("line_id") + "~" + pl.col("nth").cast(pl.String))
            .alias("renamed"),
            "again",
            "moved_minor",
        )
    )


def _under_one(lines: Lines, identifier: str) -> Iterator[pl.DataFrame]:
    """Lines whose identity others have, too (by a short digest: perhaps a few more)."""
    marks, first = np.empty(len(lines), np.uint32), 0
    for batch in _with_identity(lines, identifier):
        marks[first : first + batch.height] = _marks(batch)
        first += batch.height
    marks.sort()
    several = np.unique(marks[1:][marks[1:] == marks[:-1]])
    if len(several):
        for batch in _with_identity(lines, identifier):
            yield _alone(batch.filter(np.isin(_marks(batch), several)))


def _alone(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines with texts of their own, which keep none of the lines beside them in memory."""
    return lines.with_columns(pl.col(pl.String) + "")


def _marks(lines: pl.DataFrame) -> npt.NDArray[np.uint32]:
    """A short digest of each identity, which takes little room for millions of them."""
    return lines["line_id"].hash().to_numpy().astype(np.uint32)


def _with_identity(lines: Lines, identifier: str) -> Iterator[pl.DataFrame]:
    first = 1
    for batch in lines.batches():
        yield batch.with_row_index("place", first).with_columns(line_id=_identity(identifier))
        first += batch.height


def kinds(lines: pl.DataFrame, ours: Callable[[str], bool]) -> pl.Series:
    """What lines are about. *ours*: whether a number is one that went out from here.

    Money that comes in under a number of ours is its return, whatever the bank calls it: MT940 has
    no word for that which every bank uses.
    """
    asked = lines.filter(_IN & ~pl.col("came_back"))["end_to_end_id"].drop_nulls().unique()
    known = [number for number in asked if ours(number)]
    back = pl.col("came_back") | _NUMBER.is_in(known).fill_null(value=False)
    words = {kind: pl.lit(str(kind)) for kind in LineKind}
    return lines.select(
        pl.when("own_funds")
        .then(words[LineKind.TOP_UP])
        .when(_IN & back)
        .then(words[LineKind.RETURN])
        .when(~_IN & _NUMBER.is_not_null() & ~pl.col("is_fee"))
        .then(words[LineKind.TRANSFER])
        .otherwise(words[LineKind.OTHER])
        .alias("kind")
    )["kind"]


def booked(zone: str) -> pl.Expr:
    """When lines were booked, in UTC; noon of their day where the bank says only that."""
    noon = pl.col("booked_on").cast(pl.Datetime("us")) + pl.duration(hours=12)
    return pl.coalesce(
        "booked_at", noon.dt.replace_time_zone(zone).dt.convert_time_zone("UTC")
    ).alias("at")


def of_day(
    statement: Walked,
    name: str,
    day: date,
    *,
    zone: str,
    raw: bytes | Path,
    ours: Callable[[str], bool],
) -> Statement:
    """The part of a bank's statement that is of one day, as a rail's statement.

    What was booked for days before a statement is of its first day; what is dated after it, of its
    last: every movement between two balances is of one of the days between them.

    Raises:
        StatementError: its movements do not make its closing balance.
    """
    every = named(statement, name)
    stands_in = pl.col("booked_on").clip(statement.first_day, statement.last_day)
    adds = pl.when("again").then(0).otherwise("moved_minor")
    before = moved = 0
    for batch in every.batches():
        sums = batch.select(
            adds.filter(stands_in < day).sum().alias("before"),
            adds.filter(stands_in == day).sum().alias("moved"),
        ).row(0)
        before, moved = before + sums[0], moved + sums[1]
    opening, currency = statement.opening_minor + before, statement.currency

    def batches() -> Iterator[pl.DataFrame]:
        held = opening
        for batch in every.batches():
            today = batch.filter(stands_in == day)
            if not today.height:
                continue
            read = today.with_columns(
                kinds(today, ours),
                booked(zone),
                number=_NUMBER,
                direction=pl.when(_IN)
                .then(pl.lit(str(Direction.IN)))
                .otherwise(pl.lit(str(Direction.OUT))),
                amount_minor=pl.col("moved_minor").abs(),
                balance_after_minor=held + adds.cum_sum(),
            ).select(*LINES)
            held = int(read.item(-1, "balance_after_minor"))
            yield read

    return Statement(
        day=day,
        opening=Money(amount_minor=opening, currency=currency),
        closing=Money(amount_minor=opening + moved, currency=currency),
        lines=_Again(lambda: lines_of(batches(), currency)),
        raw=raw,
        batches=batches,
    )


def had_of(statement: Walked, name: str, asked: set[str]) -> set[str]:
    """Which identities and numbers a statement has, of those that are *asked* for.

    Raises:
        StatementError: its movements do not make its closing balance.
    """
    found: set[str] = set()
    for batch in named(statement, name).batches():
        for column in ("line_id", "end_to_end_id"):
            found.update(batch[column].filter(batch[column].is_in(list(asked))))
    return found


class _Again:
    """What can be walked again and again."""

    def __init__(self, walk: Callable[[], Iterator[StatementLine]]) -> None:
        self._walk = walk

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk it anew."""
        return self._walk()
