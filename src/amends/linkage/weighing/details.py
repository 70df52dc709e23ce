"""What canonical columns tell on a closer look: sounds, candidates, places; made when asked for.

Each is a function of one canonical column, so that only the rows and columns that the probabilistic
stage compares are paid for. All of it is evidence: none of these columns is ever an exact key.
"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl

from amends.linkage.canonical import devices, identity, mail, mobiles, pinyin, places, variants


def _batched(column: str, make: Callable[[pl.Series], pl.Series]) -> tuple[str, pl.Expr]:
    """A detail that is made of whole columns at a time."""
    return column, pl.col(column).map_batches(make, return_dtype=pl.String)


def _place(part: str) -> tuple[str, pl.Expr]:
    return _batched("address", lambda address: places.divided(address)[part])


DETAILS: Final[Mapping[str, tuple[str, pl.Expr]]] = {
    "name_simplified": ("name", variants.simplified(pl.col("name"))),
    "pinyin": _batched("name", pinyin.of_names),
    "pattern_pinyin": _batched("name_pattern", pinyin.of_names),
    "phone_pattern": ("phone_other", mobiles.pattern(pl.col("phone_other"))),
    "phone_candidate": ("phone_other", mobiles.candidate(pl.col("phone_other"))),
    "idno_candidate": _batched("idno_text", identity.candidates),
    "idno_region": ("idno_text", identity.region(pl.col("idno_text"))),
    "email_candidate": ("email", mail.candidate(pl.col("email"))),
    "qq": ("email", mail.qq_number(pl.col("email"))),
    "username_qq": ("username", mail.qq_number(pl.col("username"))),
    "province": _place("province"),
    "city": _place("city"),
    "county": _place("county"),
    "street": _place("street"),
    "address_form": _batched("address", places.forms),
    "address_numbers": ("address", places.numbers(pl.col("address"))),
    "device_kind": _batched("device", devices.kind),
}
"""Column → the canonical column that it is made of, and how; all are texts."""


def details(frame: pl.DataFrame) -> pl.DataFrame:
    """*frame* (canonical columns, texts as texts) with every detail of the columns that it has."""
    made = (
        expression.alias(name)
        for name, (column, expression) in DETAILS.items()
        if column in frame.columns
    )
    return frame.with_columns(made)
