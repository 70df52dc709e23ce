"""Two runs held against each other, person by person, with the reason of each difference. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from amends.kernel.saying import said
from amends.linkage.model import Method


class Change(StrEnum):
    """What became of a person from one run to another."""

    ADDED = "added"
    DROPPED = "dropped"
    MERGED = "merged"  # is one with somebody else now
    SPLIT = "split"  # came out of somebody who was taken for one
    CATEGORIES = "categories"  # more or less of the same person leaked


class Why(StrEnum):
    """What made a difference."""

    TRANCHE = "later find"
    READERS = "readers' decision"
    SETTINGS = "settings"
    FILES = "files"
    PROGRAM = "program"


DIFFERENCES: Final = pl.Schema(
    {
        "change": pl.String,
        "person_id": pl.String,
        "other_person_id": pl.String,
        "why": pl.String,
        "before": pl.String,
        "after": pl.String,
    }
)
"""``before``, ``after``: categories, null where the person was not affected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """What differs between two runs beside their results."""

    files: bool
    settings: bool
    readers: bool


def causes(before: Mapping[str, object], after: Mapping[str, object]) -> Causes:
    """What differs, by ``input_digest`` and ``settings`` of either run."""
    one, other = (_own(run["settings"]) for run in (before, after))
    readers = one.pop("readers", None) != other.pop("readers", None)
    for settings in (one, other):
        settings.pop("sample", None)
    return Causes(
        files=before["input_digest"] != after["input_digest"],
        settings=one != other,
        readers=readers,
    )


def differences(
    before: pl.DataFrame, after: pl.DataFrame, moved: pl.DataFrame, caused: Causes
) -> pl.DataFrame:
    """``DIFFERENCES`` between two runs, sorted by change and person.

    Args:
        before: the people of the earlier run (columns of ``linkage.person``).
        after: those of the later one.
        moved: who was merged or split from the one to the other (``identity.MOVED``).
        caused: what else differs.
    """
    known = before.select("person_id", pl.col("categories").alias("before"), "tranche")
    now = after.select(
        "person_id", pl.col("categories").alias("after"), pl.col("tranche").alias("later"), "method"
    )
    both = known.join(now, on="person_id", how="full", coalesce=True)
    newest = int(str(before["tranche"].max() or 0))
    appeared = both.filter(pl.col("before").is_null())
    split = _first(moved, Change.SPLIT, "person_id", "earlier_id")
    merged = _first(moved, Change.MERGED, "earlier_id", "person_id")
    appeared = appeared.join(split, on="person_id", how="left").with_columns(
        _word(Change.SPLIT, Change.ADDED)
    )
    vanished = (
        both.filter(pl.col("after").is_null())
        .join(merged, on="person_id", how="left")
        .with_columns(_word(Change.MERGED, Change.DROPPED))
    )
    altered = both.filter(pl.col("before") != pl.col("after")).with_columns(
        pl.lit(Change.CATEGORIES.value).alias("change"), pl.lit(None, pl.String).alias("other")
    )
    why = (
        pl.when((pl.col("change") == Change.ADDED.value) & (pl.col("later") > newest))
        .then(pl.lit(Why.TRANCHE.value))
        .when(pl.col("method") == Method.CLERICAL.value)
        .then(pl.lit(Why.READERS.value))
        .otherwise(pl.lit(_why(caused).value))
    )
    every = pl.concat(
        [part.with_columns(why.alias("why")) for part in (appeared, vanished, altered)],
        how="diagonal",
    )
    return (
        every.select(
            "change",
            "person_id",
            pl.col("other").alias("other_person_id"),
            "why",
            "before",
            "after",
        )
        .cast(DIFFERENCES)
        .sort("change", "person_id")
    )


def followed(steps: list[pl.DataFrame]) -> pl.DataFrame:
    """Who was merged or split over several runs: names are followed from step to step."""
    if not steps:
        return pl.DataFrame(
            schema={"earlier_id": pl.String, "person_id": pl.String, "change": pl.String}
        )
    found = steps[0]
    for step in steps[1:]:
        merged = step.filter(pl.col("change") == Change.MERGED.value)
        onward = dict(merged.select("earlier_id", "person_id").iter_rows())
        moved = found.with_columns(pl.col("person_id").replace(onward))
        found = pl.concat([moved.filter(pl.col("earlier_id") != pl.col("person_id")), step])
    return found.unique().sort("earlier_id", "person_id", "change")


def notes(dropped: int, moved: pl.DataFrame) -> list[str]:
    """What a run's summary says of people of earlier runs."""
    counts = {
        str(change): int(count) for change, count in moved.group_by("change").len().iter_rows()
    }
    lines: list[str] = []
    if dropped:
        lines.append(
            said(
                "{dropped:,} people of the run before are not affected any more; whoever has an "
                "award keeps it (`amends runs diff CASE` names them)",
                dropped=dropped,
            )
        )
    if merged := counts.get(Change.MERGED):
        lines.append(
            said(
                "{merged:,} earlier people are one with somebody else now; nobody who was awarded "
                "under either name is awarded again",
                merged=merged,
            )
        )
    if split := counts.get(Change.SPLIT):
        lines.append(
            said("{split:,} people came out of somebody who was taken for one", split=split)
        )
    return lines


def _first(moved: pl.DataFrame, change: Change, of: str, other: str) -> pl.DataFrame:
    """``person_id`` and ``other`` of one kind of move, once per person."""
    return (
        moved.filter(pl.col("change") == change.value)
        .select(pl.col(of).alias("person_id"), pl.col(other).alias("other"))
        .sort("person_id", "other")
        .unique("person_id", keep="first", maintain_order=True)
    )


def _word(with_other: Change, without: Change) -> pl.Expr:
    """The change: one word where there is somebody else, another where there is not."""
    return (
        pl.when(pl.col("other").is_not_null())
        .then(pl.lit(with_other.value))
        .otherwise(pl.lit(without.value))
        .alias("change")
    )


def _why(caused: Causes) -> Why:
    """The likeliest reason where a person's own row does not tell it."""
    if caused.readers:
        return Why.READERS
    if caused.files:
        return Why.FILES
    return Why.SETTINGS if caused.settings else Why.PROGRAM


def _own(settings: object) -> dict[str, object]:
    """The settings of a run as one flat level: the case's beside the method's."""
    if not isinstance(settings, dict):
        return {}
    case = settings.get("case")
    return {**(case if isinstance(case, dict) else {}), "method": settings.get("method")}
