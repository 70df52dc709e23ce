"""Dates of birth, from national numbers and from what registries hold. Pure."""

from datetime import date

import polars as pl


def birth_number(column: pl.Expr) -> pl.Expr:
    """A date of birth as the number yyyymmdd; null when it is no day of a calendar."""
    parts = column.str.extract_groups(r"^\s*(\d{4})\D?(\d{1,2})\D?(\d{1,2})(?:\D.*)?$")
    year, month, day = (
        parts.struct.field(name).cast(pl.Int32, strict=False) for name in ("1", "2", "3")
    )
    return (
        pl.when(month.is_between(1, 12) & day.is_between(1, 31))
        .then(year * 10_000 + month * 100 + day)
        .otherwise(None)
    )


def day_number(day: date) -> int:
    """A day as the number yyyymmdd."""
    return day.year * 10_000 + day.month * 100 + day.day


def number_says(column: pl.Expr) -> pl.Expr:
    """The date of birth in a citizen's number of 18 or 15 digits (GB 11643), as yyyymmdd."""
    bare = column.str.to_uppercase().str.replace_all(r"[^0-9A-Z]", "")
    return birth_number(
        pl.coalesce(
            bare.str.extract(r"^\d{6}(\d{8})\d{3}[0-9X]$"),
            pl.lit("19") + bare.str.extract(r"^\d{6}(\d{6})\d{3}$"),
        )
    )


def born(accounts: pl.DataFrame, *, until: int) -> pl.DataFrame:
    """``person_id`` and ``born`` (yyyymmdd) of the people whose date of birth is known.

    A national number counts before a date that a product was told; among several the one that most
    accounts have, and of these the earliest. Who is born after *until* is not known.

    Args:
        accounts: person_id, idno and birth, a row per account (text).
        until: the last day that can be right, as yyyymmdd.
    """
    text = accounts.select(
        "person_id", pl.col("idno", "birth").str.normalize("NFKC").str.strip_chars()
    )
    days = text.select(
        "person_id",
        number_says(pl.col("idno")).alias("proved"),
        birth_number(pl.col("birth")).alias("told"),
    ).select(
        "person_id",
        pl.coalesce("proved", "told").alias("born"),
        pl.col("proved").is_not_null().alias("by_number"),
    )
    return (
        days.filter(pl.col("born") <= until)
        .group_by("person_id", "born", "by_number")
        .len()
        .sort("by_number", "len", "born", descending=[True, True, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "born")
    )
