"""Which records are compared: blocking values as columns, counted before any pair is made.

Of every rule the largest blocks are left out until its pairs fit a budget, so that memory is
bounded by settings and not by how common a surname is. Samples are whole blocks chosen by hash:
the same records, the same sample.
"""

import math

import polars as pl

from amends.linkage import settings
from amends.linkage.settings import BLOCKS
from amends.linkage.shortforms import SHORT_FORMS


def derive(records: pl.DataFrame) -> pl.DataFrame:
    """*records* (canonical columns, ``record`` from 0) with what comparisons and blocking need."""
    tokens = pl.col("name").str.split(" ")
    phone = pl.col("phone").cast(pl.String)
    derived = records.with_columns(
        tokens.alias("tokens"),
        tokens.list.len().fill_null(0).alias("parts"),
        tokens.list.sort().list.join(" ").alias("name_sorted"),
        pl.col("first").str.slice(0, 1).alias("initial"),
        pl.col("first").replace(SHORT_FORMS).alias("root"),
        phone.alias("phone_text"),
        pl.col("postcode").str.extract(r"^([a-z]{1,2}\d[a-z\d]?)\d[a-z]{2}$").alias("district"),
        pl.col("postcode").str.extract(r"^([a-z]+|\d{2})").alias("area"),
        pl.col("birth").str.slice(0, 4).alias("year"),
        pl.col("birth").str.slice(4, 4).alias("day"),
        pl.col("first").str.slice(0, 2).alias("first2"),
        pl.col("first").str.slice(0, 3).alias("first3"),
        pl.col("last").str.slice(0, 2).alias("last2"),
        pl.col("last").str.slice(0, 4).alias("last4"),
        phone.str.slice(0, 7).alias("phone_head"),
        phone.str.slice(4, 7).alias("phone_tail"),
        pl.col("email").str.extract(r"^([^@]{5,})@").alias("email_local"),
        pl.col("idno_text").str.slice(0, 14).alias("idno_head"),
        pl.col("idno_text").str.slice(6).alias("idno_tail"),
    )
    return derived.with_columns(
        pl.coalesce("district", pl.col("postcode").str.slice(0, 4)).alias("district")
    )


def block_columns(records: pl.DataFrame) -> pl.DataFrame:
    """``record`` and one integer column per blocking rule; null where the rule makes no pair.

    Of every rule the largest blocks are left out until its pairs are within the budget.
    """
    budget = min(
        settings.PAIRS_PER_RULE_MAX, settings.PAIRS_PER_RECORD * int(records["open"].sum())
    )
    columns: list[pl.Series] = [records["record"]]
    sides = records.select("leaked", (~pl.col("leaked") & ~pl.col("open")).alias("known"))
    for name, parts in BLOCKS.items():
        whole = pl.all_horizontal(pl.col(p).is_not_null() for p in parts)
        key = records.select(pl.when(whole).then(pl.struct(parts).hash(seed=settings.SEED)))
        frame = sides.with_columns(key.to_series().alias("key"))
        blocks = _within(frame.drop_nulls("key"), budget)
        kept = frame.select(
            pl.when(pl.col("key").is_in(blocks.implode())).then("key").cast(pl.UInt64)
        )
        columns.append(kept.to_series().alias(f"b_{name}"))
    result = pl.DataFrame(columns)
    return result.drop([c for c in result.columns if result[c].null_count() == result.height])


def pairs_made(records: pl.DataFrame, blocks: pl.DataFrame) -> int:
    """How many pairs the rules make, a pair of several rules counted as often."""
    sides = records.select("leaked", (~pl.col("leaked") & ~pl.col("open")).alias("known"))
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
