"""Which leaked rows fit what a person shows who says that they were missed. Pure.

A row fits where a key of it is one that the person shows (national number, mobile, mail address,
device), or where two weaker things agree: name (also by its sound), birth date, address, user name,
a mobile of which some digits are hidden. That is no decision: two readers decide.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import polars as pl

from amends.linkage.weighing.details import DETAILS

STRONG: Final = ("idno", "phone", "email", "device")
WEAK: Final = ("name", "birth", "address", "username", "phone, masked")
WEAK_NEEDED: Final = 2


def fitting(rows: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The rows that fit, in their order, with ``strong`` and ``weak``: how much of each agrees.

    Args:
        rows: canonical columns (:mod:`~amends.linkage.canonical.normalise`); others stay.
        told: one row of canonical columns: what the person shows.
    """
    agreeing = _agreeing(told.row(0, named=True), _sound(told))
    counted = rows.with_columns(
        _how_many(agreeing, STRONG).alias("strong"), _how_many(agreeing, WEAK).alias("weak")
    )
    return counted.filter((pl.col("strong") > 0) | (pl.col("weak") >= WEAK_NEEDED))


def _how_many(agreeing: Mapping[str, pl.Expr], names: Sequence[str]) -> pl.Expr:
    """How many of *names* agree; what a row does not have does not."""
    return pl.sum_horizontal(
        pl.lit(0, pl.Int64),
        *(
            agreeing[name].fill_null(value=False).cast(pl.Int64)
            for name in names
            if name in agreeing
        ),
    )


def _agreeing(told: dict[str, object], sound: object) -> dict[str, pl.Expr]:
    """Per thing that is shown, whether a row has the same."""
    plain = (*STRONG, "birth", "username")
    found = {name: pl.col(name) == pl.lit(told[name]) for name in plain if told[name] is not None}
    if told["name"] is not None:
        _, expression = DETAILS["pinyin"]
        found["name"] = (pl.col("name") == pl.lit(told["name"])).fill_null(value=False)
        if sound is not None:
            found["name"] = found["name"] | (expression == pl.lit(sound)).fill_null(value=False)
    if told["address"] is not None:
        _, form = DETAILS["address_form"]
        own = pl.DataFrame({"address": [told["address"]]}).select(form).item()
        found["address"] = (pl.col("address") == pl.lit(told["address"])) | (
            form == pl.lit(own, pl.String)
        ).fill_null(value=False)
    if told["phone"] is not None:
        _, pattern = DETAILS["phone_pattern"]
        hidden = pattern.str.replace_all("*", ".", literal=True)
        found["phone, masked"] = pl.lit(str(told["phone"])).str.contains(hidden)
    return found


def _sound(told: pl.DataFrame) -> object:
    """How the name sounds, in pinyin."""
    return told.select(DETAILS["pinyin"][1]).item()
