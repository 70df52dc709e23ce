"""A bill's lines on their way into the database: batch by batch, none of them an object.

On the way each line gets its place, and a repeat where its own number stood before; numbers of
payments that stand more than once are noted, for only such lines need to be looked at in order.
Memory grows by 16 bytes a line.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.saying import said
from amends.payouts.rails.columns import batches_of
from amends.payouts.rails.model import Direction, RailUnavailableError, Statement
from amends.payouts.rails.written import MalformedBillError

_Hashes = npt.NDArray[np.uint64]
_LAST: Final = 1 << 18


@dataclass(slots=True)
class Sums:
    """What a bill's lines come to. ``repeated_minor``: of those that stood before, in minus out.

    ``again``: numbers of payments that stand on several lines, and perhaps one or two that do not.
    """

    lines: int = 0
    in_minor: int = 0
    out_minor: int = 0
    repeated: int = 0
    repeated_minor: int = 0
    again: list[str] = field(default_factory=list)


def marked(
    statement: Statement, rail: str, sums: Sums, known: Mapping[str, int] | None = None
) -> Iterator[pl.DataFrame]:
    """The lines of a statement with ``place`` and ``repeat``; *sums* is right at their end.

    *known*: lines that earlier bills had, and how often.

    Raises:
        RailUnavailableError: a line cannot be read.
    """
    lines, numbers = _Seen(), _Seen()
    repeats: Counter[str] = Counter(known or {})
    try:
        for batch in _batches(statement):
            stood = lines.before(batch["line_id"])
            if known:
                stood |= batch["line_id"].is_in(list(known)).to_numpy()
            repeat = np.zeros(batch.height, dtype=np.int16)
            for place in np.flatnonzero(stood).tolist():
                line_id = batch["line_id"][place]
                repeats[line_id] += 1
                repeat[place] = repeats[line_id]
            several = numbers.before(batch["number"]) & batch["number"].is_not_null().to_numpy()
            sums.again += batch["number"].filter(pl.Series(several)).to_list()
            whole = batch.with_columns(
                place=pl.int_range(sums.lines + 1, sums.lines + batch.height + 1, dtype=pl.Int32),
                repeat=pl.Series(repeat),
            )
            _add(sums, whole)
            yield whole
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


def _batches(statement: Statement) -> Iterable[pl.DataFrame]:
    return statement.batches() if statement.batches else batches_of(statement.lines)


def _add(sums: Sums, lines: pl.DataFrame) -> None:
    """Count a batch."""
    came = pl.col("direction") == str(Direction.IN)
    signed = pl.when(came).then("amount_minor").otherwise(-pl.col("amount_minor"))
    in_minor, moved, repeated, repeated_minor = lines.select(
        pl.col("amount_minor").filter(came).sum(),
        signed.sum().alias("moved"),
        (pl.col("repeat") > 0).sum().alias("repeated"),
        signed.filter(pl.col("repeat") > 0).sum().alias("repeated_minor"),
    ).row(0)
    sums.lines += lines.height
    sums.in_minor += in_minor
    sums.out_minor += in_minor - moved
    sums.repeated += repeated
    sums.repeated_minor += repeated_minor


class _Seen:
    """Texts that came before, by hash: many in order, the last ones in an order of their own."""

    def __init__(self) -> None:
        self._many: _Hashes = np.empty(0, dtype=np.uint64)
        self._last: _Hashes = np.empty(0, dtype=np.uint64)

    def before(self, texts: pl.Series) -> npt.NDArray[np.bool_]:
        """Which of *texts* came before: in an earlier batch, or further up in this one."""
        hashes = texts.hash(seed=0x616D656E6473).to_numpy()
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        seen = np.zeros(len(hashes), dtype=bool)
        seen[order[1:]] = ordered[1:] == ordered[:-1]
        for held in (self._many, self._last):
            if len(held):
                place = np.searchsorted(held, ordered)
                place[place == len(held)] = 0
                seen[order] |= held[place] == ordered
        self._last = _merged(self._last, ordered)
        if len(self._last) > _LAST:
            self._many, self._last = _merged(self._many, self._last), self._last[:0]
        return seen


def _merged(one: _Hashes, other: _Hashes) -> _Hashes:
    """Two runs in order as one."""
    both = np.concatenate((one, other))
    both.sort(kind="stable")
    return both
