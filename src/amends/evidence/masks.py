"""Which categories a row has values of, as the bits of one number. Pure."""

from collections.abc import Sequence

import polars as pl

from amends.evidence.model import ColumnDecision
from amends.evidence.placeholders import says_something
from amends.evidence.table import column
from amends.kernel.categories import code_of, is_category

MASK_BITS = 63
"""Categories that one mask (a signed 64-bit number) can hold."""
OTHER = "OTHER"
"""The last bit of a mask when there are more categories than bits."""


def codes_of(fields: Sequence[str]) -> tuple[str, ...]:
    """The categories of these fields, each once, in the order of the bits of a mask."""
    return within_mask(sorted({code_of(field) for field in fields if is_category(field)}))


def within_mask(codes: Sequence[str]) -> tuple[str, ...]:
    """*codes*, the last ones joined as OTHER where there are more than bits."""
    if len(codes) <= MASK_BITS:
        return tuple(codes)
    known = [code for code in codes if code != OTHER]
    return (*known[: MASK_BITS - 1], OTHER)


def mask(decisions: Sequence[ColumnDecision], codes: Sequence[str]) -> pl.Expr:
    """Bit *i* is set where a row has a value of category ``codes[i]``; a placeholder is none."""
    bit_of = {code: bit for bit, code in enumerate(codes)}
    columns_of: dict[int, list[pl.Expr]] = {}
    for decision in decisions:
        if is_category(decision.field):
            bit = bit_of.get(code_of(decision.field), len(codes) - 1)
            there = says_something(pl.col(column(decision.position)), decision.field)
            columns_of.setdefault(bit, []).append(there)
    bits = [
        pl.any_horizontal(columns).cast(pl.Int64) * (1 << bit)
        for bit, columns in columns_of.items()
    ]
    return (pl.sum_horizontal(bits) if bits else pl.lit(0, dtype=pl.Int64)).alias("mask")
