"""What a reader sees of a question: both records as they were found, and why they look alike."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from amends.evidence.service import accounts_in_parts, leaked_in_parts
from amends.linkage import service
from amends.linkage.canonical.normalise import FIELDS, normalise
from amends.linkage.weighing.weights import Weight, rest_bits, weights
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One record as a reader sees it: where it is from, and its values as they were found."""

    where: str
    values: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownQuestion:
    """One question with both sides, why they look alike, and who else it may be.

    ``rest_bits``: what the comparisons do not explain of the probability.
    ``others``: other people the row resembles, with their probabilities.
    """

    question_id: str
    one: Shown
    other: Shown
    probability: float | None
    weights: list[Weight]
    rest_bits: float | None
    others: list[tuple[Shown, float]]


def shown(
    opened: OpenCase, questions: pl.DataFrame, model: Mapping[str, object]
) -> list[ShownQuestion]:
    """The questions with the values of both sides."""
    candidates = service.read_run(opened, "candidates").join(
        questions, on=["evidence", "row"], how="semi"
    )
    rows = leaked_rows(opened, questions)
    accounts = registry_accounts(
        opened,
        pl.concat(
            [
                questions.select("product", "account_id"),
                questions.select(
                    pl.col("other_product").alias("product"),
                    pl.col("other_account_id").alias("account_id"),
                ),
                candidates.select("product", "account_id"),
            ]
        ).drop_nulls(),
    )
    return [
        _question(row, rows, accounts, candidates, model) for row in questions.iter_rows(named=True)
    ]


def _question(
    row: Mapping[str, object],
    rows: pl.DataFrame,
    accounts: pl.DataFrame,
    candidates: pl.DataFrame,
    model: Mapping[str, object],
) -> ShownQuestion:
    """One question with both sides."""
    other = _account(accounts, row["product"], row["account_id"])
    is_row = row["sha256"] is not None
    if is_row:
        one = rows.filter(_place(row))
        where = f"{row['evidence']}, {row['row']}"
    else:
        one = _account(accounts, row["other_product"], row["other_account_id"])
        where = f"{row['other_product']}, {row['other_account_id']}"
    found = weights(normalise(one), normalise(other), model) if one.height and other.height else []
    own = candidates.filter(_place(row)).sort("probability", descending=True)
    mine = own.filter(
        (pl.col("product") == row["product"]) & (pl.col("account_id") == row["account_id"])
    )
    probability = row["probability"]
    if probability is None and mine.height:
        probability = mine["probability"][0]
    others = [
        (_seen(_account(accounts, product, account), f"{product}, {account}"), float(share))
        for product, account, share in own.select(
            "product", "account_id", "probability"
        ).iter_rows()
        if (product, account) != (row["product"], row["account_id"])
    ]
    known = None if probability is None else float(str(probability))
    return ShownQuestion(
        question_id=str(row["question_id"]),
        one=_seen(one, where),
        other=_seen(other, f"{row['product']}, {row['account_id']}"),
        probability=known,
        weights=found,
        rest_bits=rest_bits(known, found) if known is not None and found else None,
        others=others if is_row else [],
    )


def leaked_rows(opened: OpenCase, questions: pl.DataFrame) -> pl.DataFrame:
    """The leaked rows that questions are about, as they were found."""
    wanted = questions.select("evidence", "row").drop_nulls().unique()
    parts = [
        part.with_columns(pl.col("evidence").cast(pl.String), pl.col("row").cast(pl.Int64)).join(
            wanted, on=["evidence", "row"], how="semi"
        )
        for part in leaked_in_parts(opened, FIELDS)
    ]
    return pl.concat(parts)


def registry_accounts(opened: OpenCase, wanted: pl.DataFrame) -> pl.DataFrame:
    """Accounts as they were found."""
    parts = [
        part.with_columns(pl.col("product").cast(pl.String)).join(
            wanted.unique(), on=["product", "account_id"], how="semi"
        )
        for part in accounts_in_parts(opened, ("account_id", *FIELDS))
    ]
    return pl.concat(parts)


def _place(row: Mapping[str, object]) -> pl.Expr:
    """The leaked row that a question is about; none where it is about accounts."""
    if row["evidence"] is None:
        return pl.lit(value=False)
    return pl.col("evidence").eq(row["evidence"]) & pl.col("row").eq(row["row"])


def _account(accounts: pl.DataFrame, product: object, account_id: object) -> pl.DataFrame:
    return accounts.filter((pl.col("product") == product) & (pl.col("account_id") == account_id))


def _seen(record: pl.DataFrame, where: str) -> Shown:
    """The values that a record has."""
    values = record.select(c for c in FIELDS if c in record.columns).to_dicts()
    return Shown(
        where=where,
        values={name: str(value) for name, value in (values[0] if values else {}).items() if value},
    )
