"""Mending a column: cheap test first, the rest step by step, and what each step changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from amends.linkage.canonical.changes import Change

INVISIBLE: Final = r"[\p{Cc}\p{Cf}]"
"""Zero-width signs, direction marks, soft hyphens, controls (also tab and line feed)."""

_ROUNDS: Final = 6

Step = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """A column on its way to the canonical form, and per value the bits of what was changed.

    ``lazy``: ``value`` and ``changes``; nothing is done before :meth:`frame` asks for it.
    """

    lazy: pl.LazyFrame

    @classmethod
    def of(cls, found: pl.Series) -> "Mended":
        """Nothing is changed yet."""
        return cls(
            lazy=found.alias("value")
            .to_frame()
            .lazy()
            .with_columns(pl.lit(0, dtype=pl.UInt32).alias("changes"))
        )

    def then(self, change: Change, step: Step) -> "Mended":
        """The values after *step*; where it made a difference, *change* is noted."""
        after = self.lazy.with_columns(step(pl.col("value")).alias("after"))
        differs = pl.col("value").ne_missing(pl.col("after"))
        noted = after.with_columns(_with(change, differs))
        return Mended(lazy=noted.select(pl.col("after").alias("value"), "changes"))

    def note(self, change: Change, where: pl.Expr) -> "Mended":
        """The same values, with *change* noted *where* ``value`` says so."""
        return Mended(lazy=self.lazy.with_columns(_with(change, where)))

    def frame(self, *columns: pl.Expr) -> pl.DataFrame:
        """``value`` and ``changes``, and any *columns* made of them."""
        return self.lazy.with_columns(columns).collect()

    def plain(self) -> "Mended":
        """Ordinary signs for wide and compatibility ones (NFKC), none invisible; then lower case.

        White space becomes single spaces, outer ones go.
        """
        wide = self.then(
            Change.FULL_WIDTH,
            lambda text: (
                text.str.normalize("NFKC")
                .str.replace_all(r"[\t\n\r\x0b\x0c\x1c-\x1f\x85]", " ")
                .str.replace_all(INVISIBLE, "")
            ),
        )
        low = wide.then(
            Change.CASE_FOLDED, lambda text: text.str.to_lowercase().str.normalize("NFKC")
        )
        return low.then(
            Change.SPACES_REMOVED, lambda text: text.str.replace_all(r"\s+", " ").str.strip_chars()
        )


def _with(change: Change, where: pl.Expr) -> pl.Expr:
    """``changes`` and this one, *where* it was made."""
    bit = pl.when(where).then(pl.lit(change.value, pl.UInt32)).otherwise(pl.lit(0, pl.UInt32))
    return (pl.col("changes") | bit).alias("changes")


def mended(
    found: pl.Series,
    fine: pl.Series,
    mend: Callable[[pl.Series], pl.DataFrame],
    *,
    once: bool = False,
) -> pl.DataFrame:
    """*found* with every value that is not *fine* mended.

    Args:
        found: texts; nulls stay.
        fine: per value whether it is canonical already; null for null.
        mend: gives, per text, ``value`` and ``changes`` (see :meth:`Mended.frame`), and any columns
            beside; they are null for what is fine.
        once: mend equal values once; worth it where values repeat.
    """
    places = (~fine).arg_true()
    rest = found.gather(places)
    distinct = rest.unique() if once and len(rest) else rest
    done = mend(distinct)
    own = np.arange(len(distinct), dtype=np.int64)
    if once and len(rest):
        numbers = pl.DataFrame({"found": distinct, "at": own})
        asked = rest.alias("found").to_frame()
        own = asked.join(numbers, on="found", how="left", maintain_order="left")["at"].to_numpy()
    height, nothing = len(found), len(distinct)
    index = np.arange(height, dtype=np.int64)
    index[places.to_numpy()] = height + own
    beside = np.full(height, nothing, dtype=np.int64)
    beside[places.to_numpy()] = own
    columns = {"value": pl.concat([found, done["value"]]).gather(index)}
    for name in done.columns:
        if name != "value":
            empty = pl.Series([0 if name == "changes" else None], dtype=done.schema[name])
            columns[name] = pl.concat([done[name], empty]).gather(beside)
    return pl.DataFrame(columns)


def settled(found: pl.Series, fine: str, steps: Callable[[Mended], Mended]) -> pl.DataFrame:
    """``value`` and ``changes`` after *steps*, taken until they change nothing more.

    One round is enough for nearly everything. But taking one sign away may put two others together
    that are one character (O, space and a combining macron), or that an earlier step waits for.

    Args:
        found: texts.
        fine: the pattern of values that no step changes.
        steps: what is done.
    """
    result, places = steps(Mended.of(found)).frame(), np.arange(len(found), dtype=np.int64)
    before = found
    for _ in range(_ROUNDS):
        after = result["value"].gather(places)
        open_ = (after != before) & ~after.str.contains(fine)
        places = places[open_.fill_null(value=False).to_numpy()]
        if not len(places):
            break
        before = result["value"].gather(places)
        again = steps(Mended.of(before)).frame()
        index = np.arange(len(found), dtype=np.int64)
        index[places] = len(found) + np.arange(len(places))
        bits = result["changes"].to_numpy().copy()
        bits[places] |= again["changes"].to_numpy()
        value = pl.concat([result["value"], again["value"]]).gather(index)
        result = pl.DataFrame({"value": value, "changes": bits})
    return result


def or_null(text: pl.Expr) -> pl.Expr:
    """The text, or null where it is empty."""
    return pl.when(text != "").then(text)
