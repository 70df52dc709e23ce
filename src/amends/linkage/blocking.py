"""Which records are compared: blocking values as columns, counted before any pair is made.

Of every rule the largest blocks are left out until its pairs fit a budget, so that memory is
bounded by settings and not by how common a surname is. Samples are whole blocks chosen by hash:
the same records, the same sample.
"""

import math
from collections.abc import Sequence
from typing import Final

import polars as pl

from amends.linkage import settings
from amends.linkage.settings import BLOCKS
from amends.linkage.shortforms import SHORT_FORMS
from amends.linkage.texts import plain

_SLICE: Final = 1_000_000


_PHONE = pl.col("phone").cast(pl.String)
_FIRST = pl.col("first")
_LAST = pl.col("last")
_POSTCODE = pl.col("postcode")
_TOKENS = pl.col("name").str.split(" ")

_DERIVED: Final[dict[str, tuple[str, pl.Expr]]] = {
    "tokens": ("name", _TOKENS),
    "parts": ("name", _TOKENS.list.len().fill_null(0)),
    "name_sorted": ("name", _TOKENS.list.sort().list.join(" ")),
    "initial": ("first", _FIRST.str.slice(0, 1)),
    "root": ("first", _FIRST.replace(SHORT_FORMS)),
    "first2": ("first", _FIRST.str.slice(0, 2)),
    "first3": ("first", _FIRST.str.slice(0, 3)),
    "last2": ("last", _LAST.str.slice(0, 2)),
    "last4": ("last", _LAST.str.slice(0, 4)),
    "phone_text": ("phone", _PHONE),
    "phone_head": ("phone", _PHONE.str.slice(0, 7)),
    "phone_tail": ("phone", _PHONE.str.slice(4, 7)),
    "district": (
        "postcode",
        pl.coalesce(
            _POSTCODE.str.extract(r"^([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}$"), _POSTCODE.str.slice(0, 4)
        ),
    ),
    "area": ("postcode", _POSTCODE.str.extract(r"^([a-z]+|\d{2})")),
    "year": ("birth", pl.col("birth").str.slice(0, 4)),
    "day": ("birth", pl.col("birth").str.slice(4, 4)),
    "email_local": ("email", pl.col("email").str.extract(r"^([^@]{5,})@")),
    "idno_head": ("idno_text", pl.col("idno_text").str.slice(0, 14)),
    "idno_tail": ("idno_text", pl.col("idno_text").str.slice(6)),
}
"""Column → the canonical column that it is made of, and how. Made of no more rows than needed."""


def source(column: str) -> str:
    """The canonical column that a column is made of, or is."""
    return _DERIVED[column][0] if column in _DERIVED else column


def derive(records: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """The *wanted* columns of *records*, as texts; derived ones are made here."""
    texts = plain(records.select(sorted({source(column) for column in wanted})))
    return texts.select(
        _DERIVED[column][1].alias(column) if column in _DERIVED else column for column in wanted
    )


def block_columns(records: pl.DataFrame) -> pl.DataFrame:
    """``record`` and an integer column per blocking rule, of records that a rule pairs.

    Null where the rule makes no pair of the record. Of every rule the largest blocks are left out
    until its pairs are within the budget.

    Args:
        records: ``record`` (from 0, in order), ``leaked``, ``open``, canonical columns.
    """
    budget = min(
        settings.PAIRS_PER_RULE_MAX, settings.PAIRS_PER_RECORD * int(records["open"].sum())
    )
    sides = _sides(records).with_columns(records["record"])
    found: list[pl.DataFrame] = []
    for name, parts in BLOCKS.items():
        keyed = sides.with_columns(_keys(records, parts)).drop_nulls("key")
        kept = keyed.filter(pl.col("key").is_in(_within(keyed, budget).implode()))
        if kept.height:
            found.append(kept.select("record", pl.col("key").alias(f"b_{name}")))
    blocks = pl.concat([records.select("record").clear(), *(b.select("record") for b in found)])
    blocks = blocks.unique().sort("record")
    for one in found:
        blocks = blocks.join(one, on="record", how="left", maintain_order="left")
    return blocks


def _keys(records: pl.DataFrame, parts: tuple[str, ...]) -> pl.Series:
    """``key``: a number for what a record has in *parts*; null where it lacks one of them."""
    whole = pl.all_horizontal(pl.col(p).is_not_null() for p in parts)
    key = pl.when(whole).then(pl.struct(parts).hash(seed=settings.SEED)).alias("key")
    some = (records.slice(at, _SLICE) for at in range(0, max(records.height, 1), _SLICE))
    return pl.concat([derive(part, parts).select(key).to_series() for part in some])


def _sides(records: pl.DataFrame) -> pl.DataFrame:
    """What the number of pairs depends on: two leaked or two known records make none."""
    return records.select("leaked", (~pl.col("leaked") & ~pl.col("open")).alias("known"))


def pairs_made(records: pl.DataFrame, blocks: pl.DataFrame) -> int:
    """How many pairs the rules make, a pair of several rules counted as often."""
    sides = _sides(records[blocks["record"]])
    return sum(
        int(_sized(sides.with_columns(blocks[rule].alias("key")).drop_nulls("key"))["pairs"].sum())
        for rule in blocks.columns
        if rule != "record"
    )


def _sized(keyed: pl.DataFrame) -> pl.DataFrame:
    """``key`` and how many ``pairs`` may be made under it."""
    pairs = _pairs(pl.len()) - _pairs(pl.col("known").sum()) - _pairs(pl.col("leaked").sum())
    return keyed.group_by("key").agg(pairs.cast(pl.Int64).alias("pairs"))


def _within(keyed: pl.DataFrame, budget: int) -> pl.Series:
    """The keys of the smaller blocks, as many as make at most *budget* pairs in all."""
    blocks = _sized(keyed)
    useful = blocks.filter(pl.col("pairs").is_between(1, settings.BLOCK_PAIRS_MAX))
    by_size = useful.group_by("pairs").agg(pl.len().alias("blocks")).sort("pairs")
    fitting = by_size.filter((pl.col("pairs") * pl.col("blocks")).cum_sum() <= budget)
    largest = fitting["pairs"][-1] if fitting.height else 0
    return useful.filter(pl.col("pairs") <= largest)["key"]


def _pairs(count: pl.Expr) -> pl.Expr:
    wide = count.cast(pl.Int64)
    return wide * (wide - 1) // 2


def sample_blocks(blocks: pl.DataFrame, every: int) -> pl.DataFrame:
    """One block in *every*, chosen by hash, with the records that are in one."""
    rules = [c for c in blocks.columns if c != "record"]
    kept = (
        pl.when(pl.col(rule).hash(seed=settings.SEED) % every == 0).then(pl.col(rule))
        for rule in rules
    )
    if not rules:
        return blocks.clear()
    sampled = blocks.with_columns(kept) if every > 1 else blocks
    return sampled.filter(pl.any_horizontal(pl.col(rule).is_not_null() for rule in rules))


def pairs_of(records: pl.DataFrame) -> float:
    """How many pairs of *records* may be compared: see the condition of the blocking rules."""
    leaked, known = (
        records.select(
            pl.col("leaked").sum(), (~pl.col("leaked") & ~pl.col("open")).sum().alias("known")
        ).row(0)
        if records.height
        else (0, 0)
    )
    return max(math.comb(records.height, 2) - math.comb(leaked, 2) - math.comb(known, 2), 1)
