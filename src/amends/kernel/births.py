"""Dates of birth, from national numbers and from what registries hold. Pure.

The common forms are read from their octets, a column at a time; every other value by patterns, each
distinct one once. Both say the same of every text (a property test).
"""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

_DAYS = ("YYYY-MM-DD", "YYYYMMDD")
_NUMBERS = ("......YYYYMMDD...X", "......yyMMDD...")
"""Forms: Y M D . are digits, y those of a year of 19.., - is a mark between them, X a digit or that
letter in either case."""

_NOUGHT, _NINE = ord("0"), 9
_MARKS, _LETTERS = b"-/.", b"Xx"
_MONTHS, _LAST_DAY = 12, 31


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


def told(values: pl.Series) -> pl.Series:
    """:func:`birth_number` of each text, whatever the width of its digits and the blanks around."""
    return _read(values, _DAYS, birth_number)


def proved(values: pl.Series) -> pl.Series:
    """:func:`number_says` of each text, whatever the width of its digits and the blanks around."""
    return _read(values, _NUMBERS, number_says)


def _read(values: pl.Series, forms: Sequence[str], rule: Callable[[pl.Expr], pl.Expr]) -> pl.Series:
    """The day (Int32) of each of *values*: by its form where it has one, else by the *rule*."""
    widths = values.str.len_bytes()
    found = np.zeros(len(values), dtype=np.int32)  # 0 is no day
    odd = values.is_not_null().to_numpy()
    for form in forms:
        places = (widths == len(form)).fill_null(value=False).arg_true()
        numbers, fits = _by_form(values.gather(places), form)
        fitting = places.to_numpy()[fits]
        found[fitting] = numbers[fits]
        odd[fitting] = False
    if odd.any():
        found[odd] = _by_rule(values.filter(pl.Series(odd)), rule)
    return pl.Series(values.name, found).replace(0, None)


def _by_form(values: pl.Series, form: str) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """The day or 0 of each of *values*, all as wide as the *form*, and whether they have it."""
    octets = values.str.join("").cast(pl.Binary).item() if len(values) else b""
    signs = np.frombuffer(octets, dtype=np.uint8).reshape(-1, len(form))
    digits = signs - np.uint8(_NOUGHT)  # what stands before nought wraps round, above nine
    fits = np.ones(len(values), dtype=np.bool_)
    parts = {part: np.zeros(len(values), dtype=np.int32) for part in "YMD"}
    for place, part in enumerate(form):
        if part == "-":
            fits &= np.isin(signs[:, place], list(_MARKS))
            continue
        is_digit = digits[:, place] <= _NINE
        fits &= is_digit | np.isin(signs[:, place], list(_LETTERS)) if part == "X" else is_digit
        if part in "YyMD":
            sum_ = parts[part.upper()]
            sum_ *= 10
            sum_ += digits[:, place]
    year = parts["Y"] + (1900 if "y" in form else 0)
    month, day = parts["M"], parts["D"]
    right = (month >= 1) & (month <= _MONTHS) & (day >= 1) & (day <= _LAST_DAY)
    return np.where(right, year * 10_000 + month * 100 + day, 0).astype(np.int32), fits


def _by_rule(values: pl.Series, rule: Callable[[pl.Expr], pl.Expr]) -> npt.NDArray[np.int32]:
    """The day or 0 of each of *values* by the *rule*, which sees each distinct one once."""
    text = values.alias("text").to_frame()
    read = text.unique().with_columns(
        rule(pl.col("text").str.normalize("NFKC").str.strip_chars()).fill_null(0).alias("day")
    )
    return text.join(read, on="text", how="left", maintain_order="left")["day"].to_numpy()


def born(accounts: pl.DataFrame, *, until: int) -> pl.DataFrame:
    """``person_id`` and ``born`` (yyyymmdd) of those whose date of birth is known, in any order.

    A national number counts before a date that a product was told; among several the one that most
    accounts have, and of these the earliest. Who is born after *until* is not known.

    Args:
        accounts: person_id, idno and birth, a row per account (text).
        until: the last day that can be right, as yyyymmdd.
    """
    days = pl.DataFrame(
        [
            accounts["person_id"],
            proved(accounts["idno"]).alias("proved"),
            told(accounts["birth"]).alias("told"),
        ]
    ).with_columns(pl.when(pl.col("proved").is_null()).then("told").alias("told"))
    days = days.with_columns(
        pl.when(pl.col(name) <= until).then(name).alias(name) for name in ("proved", "told")
    )
    ends = days.group_by("person_id").agg(
        pl.col("proved", "told").min().name.suffix("_first"),
        pl.col("proved", "told").max().name.suffix("_last"),
    )
    first, last = (pl.coalesce(f"proved_{end}", f"told_{end}") for end in ("first", "last"))
    torn = days.join(ends.filter(first != last), on="person_id", how="semi")
    one = ends.filter(first == last).select("person_id", first.alias("born"))
    return pl.concat([one, _likeliest(torn)])


def _likeliest(days: pl.DataFrame) -> pl.DataFrame:
    """One of the several days of each person: ``person_id`` and ``born``."""
    by_number = pl.col("proved").is_not_null()
    return (
        days.select(
            "person_id", pl.coalesce("proved", "told").alias("born"), by_number.alias("by_number")
        )
        .drop_nulls("born")
        .group_by("person_id", "born", "by_number")
        .len()
        .sort("by_number", "len", "born", descending=[True, True, False])
        .unique("person_id", keep="first", maintain_order=True)
        .select("person_id", "born")
    )
