"""The queue of a run: what readers are asked, and which answers are worth most. Pure.

A *question* has an id of its own that does not depend on the run: a keyed function of the file's
digest, the row and the account, or of the two accounts. An *item* is what a reader decides at once:
all open rows of one person, or one pair of accounts.

The value of an item is the number of people by which its answer is expected to change who is paid:
for a person who waits, the probability of the likeliest row (the same row twice is not two
witnesses); for one who is paid in doubt, what is missing to it; for two
affected people who may be one, the probability that they are.
Items that cannot change that (more rows of somebody who is affected anyway) come last, the most
uncertain first.
"""

import json
from collections.abc import Mapping
from typing import Final

import polars as pl

from amends.kernel.case import LinkageSettings
from amends.linkage.model import Method, Outcome
from amends.linkage.person_ids import keyed
from amends.linkage.review.answers import QuestionKind

QUESTIONS: Final = pl.Schema(
    {
        "question_id": pl.String,
        "item_id": pl.String,
        "kind": pl.String,
        "evidence": pl.String,
        "sha256": pl.String,
        "row": pl.Int64,
        "product": pl.String,
        "account_id": pl.String,
        "other_product": pl.String,
        "other_account_id": pl.String,
        "person_id": pl.String,
        "other_person_id": pl.String,
        "probability": pl.Float64,
        "people": pl.Float64,
    }
)
"""``people``: the item's value; the same for all questions of an item."""

ITEMS: Final = pl.Schema(
    {
        "item_id": pl.String,
        "kind": pl.String,
        "person_id": pl.String,
        "questions": pl.Int64,
        "probability": pl.Float64,
        "people": pl.Float64,
    }
)


def named_questions(asked: pl.DataFrame, key: bytes) -> pl.Series:
    """The ids of questions: rows of sha256, row, product, account_id, other_product, other_…."""
    texts, written = [], json.JSONEncoder(ensure_ascii=False).encode
    for sha256, row, *accounts in asked.select(
        "sha256", "row", "product", "account_id", "other_product", "other_account_id"
    ).iter_rows():
        one, other = tuple(accounts[:2]), tuple(accounts[2:])
        if sha256 is None:
            texts.append(written(["accounts", *sorted([one, other])]))
        else:
            texts.append(written(["row", sha256, row, *one]))
    return keyed(pl.Series(texts, dtype=pl.String), key).alias("question_id")


def queue(
    rows: pl.DataFrame,
    pairs: pl.DataFrame,
    digests: Mapping[str, str],
    key: bytes,
) -> pl.DataFrame:
    """The questions of a run (``QUESTIONS``), most valuable item first.

    Args:
        rows: the :func:`open_rows`, with ``product``, ``account_id``, ``person_id``.
        pairs: accounts of affected people in doubt, as :func:`~amends.linkage.strata.pair_units`.
        digests: SHA-256 of every leaked file by its name in *rows*.
        key: of the ids.
    """
    asked = pl.concat([_rows(rows, digests), _pairs(pairs)])
    asked = asked.with_columns(named_questions(asked, key))
    items = (
        asked.sort("question_id")
        .group_by("kind", "person_id", "pair", maintain_order=True)
        .agg(pl.col("question_id").str.join("|").alias("text"))
    )
    items = items.with_columns(keyed(items["text"], key).alias("item_id")).drop("text")
    uncertainty = 1 - (2 * pl.col("probability").max().over("item_id") - 1).abs()
    return (
        asked.join(items, on=["kind", "person_id", "pair"], nulls_equal=True)
        .with_columns(uncertainty.alias("uncertainty"))
        .sort(
            *("people", "uncertainty", "item_id", "evidence", "row"),
            descending=[True, True, False, False, False],
        )
        .select(QUESTIONS.names())
        .cast(QUESTIONS)
    )


def open_rows(matches: pl.DataFrame, settings: LinkageSettings) -> pl.DataFrame:
    """The *matches* between review and threshold, with the value of their person (``people``)."""
    counted = pl.col("outcome") == Outcome.MATCHED.value
    open_ = (
        (pl.col("probability") < settings.threshold)
        & (pl.col("method") == Method.PROBABILISTIC.value)
        & (counted | (pl.col("outcome") == Outcome.REVIEW.value))
    )
    rows = matches.filter(open_)
    asked = pl.col("person").is_in(rows["person"].unique().implode())
    sure = matches.select(pl.col("person").filter(counted & ~open_ & asked).unique())
    nobody = 1 - pl.col("probability").max().over("person")
    value = pl.when(counted.any().over("person")).then(nobody).otherwise(1 - nobody)
    return (
        rows.join(sure.with_columns(pl.lit(value=True).alias("sure")), on="person", how="left")
        .with_columns(pl.when("sure").then(0.0).otherwise(value).round(6).alias("people"))
        .drop("sure")
    )


def items_of(questions: pl.DataFrame) -> pl.DataFrame:
    """The items of *questions*, in their order (``ITEMS``)."""
    return (
        questions.group_by("item_id", maintain_order=True)
        .agg(
            pl.col("kind").first(),
            pl.col("person_id").first(),
            pl.len().cast(pl.Int64).alias("questions"),
            pl.col("probability").max(),
            pl.col("people").first(),
        )
        .select(ITEMS.names())
    )


def _rows(rows: pl.DataFrame, digests: Mapping[str, str]) -> pl.DataFrame:
    """Open rows as questions."""
    evidence = pl.col("evidence").cast(pl.String)
    return rows.select(
        pl.lit(QuestionKind.ROW.value).alias("kind"),
        evidence,
        evidence.replace_strict(digests, return_dtype=pl.String).alias("sha256"),
        pl.col("row").cast(pl.Int64),
        pl.col("product").cast(pl.String),
        "account_id",
        pl.lit(None, pl.String).alias("other_product"),
        pl.lit(None, pl.String).alias("other_account_id"),
        "person_id",
        pl.lit(None, pl.String).alias("other_person_id"),
        "probability",
        "people",
        pl.lit(None, pl.String).alias("pair"),
    )


def _pairs(units: pl.DataFrame) -> pl.DataFrame:
    """Accounts of affected people that may be one person's, or two people's."""
    value = pl.when(pl.col("side") == "joined").then(1 - pl.col("probability"))
    return units.select(
        pl.lit(QuestionKind.ACCOUNTS.value).alias("kind"),
        pl.lit(None, pl.String).alias("evidence"),
        pl.lit(None, pl.String).alias("sha256"),
        pl.lit(None, pl.Int64).alias("row"),
        "product",
        "account_id",
        "other_product",
        "other_account_id",
        "person_id",
        "other_person_id",
        "probability",
        value.otherwise("probability").round(6).alias("people"),
        pl.concat_str(
            "product", "account_id", "other_product", "other_account_id", separator="\0"
        ).alias("pair"),
    )
