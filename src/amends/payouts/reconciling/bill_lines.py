"""A bill's lines on their way into the database: batch by batch, none of them an object.

On the way they are counted, and places are noted of what stands more than once, of lines and of
payments: only such lines need to be looked at in order. Memory grows by 8 bytes a line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.saying import said
from amends.payouts.rails.columns import batches_of
from amends.payouts.rails.model import Direction, RailUnavailableError, Statement
from amends.payouts.rails.written import MalformedBillError

_Hashes = npt.NDArray[np.uint32]
_SEED: Final = 0x616D656E6473
_NONE: Final = pl.Series([0], dtype=pl.UInt64)


@dataclass(slots=True)
class Sums:
    """What a bill's lines come to.

    ``again``: places of lines whose own number, or whose payment, stands on several lines; and of a
    few that do not (of three million, some two thousand).
    """

    lines: int = 0
    in_minor: int = 0
    out_minor: int = 0
    again: list[int] = field(default_factory=list)


def summed(statement: Statement, rail: str, sums: Sums) -> Iterator[pl.DataFrame]:
    """The lines of a statement; *sums* is right at their end.

    Raises:
        RailUnavailableError: a line cannot be read.
    """
    lines: list[_Hashes] = []
    numbers: list[_Hashes] = []
    try:
        for batch in _batches(statement):
            lines.append(_hashes(batch["line_id"]))
            numbers.append(_hashes(batch["number"]))
            _add(sums, batch)
            yield batch
    except MalformedBillError as error:
        raise RailUnavailableError(
            said(
                "the bill of {day} from {rail} cannot be read: {why}; nothing of it counts; fetch "
                "it again, or ask the provider for a correct one",
                day=statement.day,
                rail=rail,
                why=error.message,
            )
        ) from error
    sums.again = sorted({*_several(lines), *_several(numbers)})


def _batches(statement: Statement) -> Iterable[pl.DataFrame]:
    return statement.batches() if statement.batches else batches_of(statement.lines)


def _add(sums: Sums, lines: pl.DataFrame) -> None:
    """Count a batch."""
    came = pl.col("direction") == str(Direction.IN)
    signed = pl.when(came).then("amount_minor").otherwise(-pl.col("amount_minor"))
    in_minor, moved = lines.select(
        pl.col("amount_minor").filter(came).sum(), signed.sum().alias("moved")
    ).row(0)
    sums.lines += lines.height
    sums.in_minor += in_minor
    sums.out_minor += in_minor - moved


def _hashes(texts: pl.Series) -> _Hashes:
    """A short hash of each text; 0 for none."""
    found = texts.hash(seed=_SEED).zip_with(texts.is_not_null(), _NONE).to_numpy()
    return (found >> 32).astype(np.uint32)


def _several(parts: Iterable[_Hashes]) -> Iterator[int]:
    """Places (from 1) of values that are there several times."""
    parts = list(parts)
    ordered = np.concatenate([*parts, np.empty(0, np.uint32)])
    ordered.sort()
    several = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    several = several[several > 0]
    del ordered
    first = 1
    for part in parts if len(several) else ():
        near = np.searchsorted(several, part)
        near[near == len(several)] = 0
        yield from (np.flatnonzero(several[near] == part) + first).tolist()
        first += len(part)
