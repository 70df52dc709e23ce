"""From links to the answers of a case: outcomes, person ids, what of each person leaked. Pure."""

import hmac
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.case import LinkageSettings, Undecided
from amends.linkage.assign import Ints
from amends.linkage.linking import Linked
from amends.linkage.model import Determination, Leaked, Method, Outcome

_ALPHABET: Final = np.frombuffer(b"0123456789abcdefghjkmnpqrstvwxyz", dtype=np.uint8)
_DIGEST_BYTES: Final = 16
_SYMBOLS: Final = 26
_SLICE: Final = 200_000
_NOBODY: Final = pl.Series([], dtype=pl.String)
_OUTCOME: Final = pl.Enum(Outcome)
_METHOD: Final = pl.Enum(Method)
_REASON: Final = pl.Categorical(pl.Categories("amends.reason"))
"""Words that millions of rows have are kept as numbers."""


def canonical_accounts(accounts: pl.DataFrame, person: Ints) -> pl.DataFrame:
    """``person`` and the product and account_id of its first account, by product and account_id.

    ``product`` is text, or an Enum in alphabetical order.
    """
    named = accounts.select("product", "account_id", pl.Series("person", person))
    return named.sort("product", "account_id").unique("person", keep="first", maintain_order=True)


def person_ids(first: pl.DataFrame, key: bytes) -> pl.DataFrame:
    """``person`` and ``person_id``: the same first account has the same id, for this case only.

    HMAC-SHA-256 of product, zero byte, account_id; its first 128 bits in Crockford's base32, lower
    case, 26 signs.
    """
    texts = [_ids(part, key) for part in first.iter_slices(_SLICE)]
    return first.select("person").with_columns(pl.concat([_NOBODY, *texts]).alias("person_id"))


def _ids(first: pl.DataFrame, key: bytes) -> pl.Series:
    """The ids of some people."""
    digests = b"".join(
        hmac.digest(key, f"{product}\0{account}".encode(), "sha256")[:_DIGEST_BYTES]
        for product, account in first.select("product", "account_id").iter_rows()
    )
    octets = np.frombuffer(digests, dtype=np.uint8).reshape(-1, _DIGEST_BYTES)
    bits = np.unpackbits(octets, axis=1)
    padded = np.concatenate([np.zeros((len(bits), 2), dtype=np.uint8), bits], axis=1)
    values = padded.reshape(-1, _SYMBOLS, 5) @ np.array([16, 8, 4, 2, 1], dtype=np.uint8)
    text = np.ascontiguousarray(_ALPHABET[values]).view(f"S{_SYMBOLS}").ravel()
    return pl.Series(text.astype(str), dtype=pl.String)


def determination(
    accounts: pl.DataFrame,
    leaked: Leaked,
    linked: Linked,
    settings: LinkageSettings,
    ids: pl.DataFrame,
) -> Determination:
    """Decide every leaked row, and who is affected.

    Args:
        accounts: account, product, account_id.
        leaked: the leaked records.
        linked: who is who, and whose each row probably is.
        settings: thresholds of the case.
        ids: person, person_id.
    """
    named = accounts.select("account", "product", "account_id", pl.Series("person", linked.person))
    named = named.join(ids, on="person", how="left", maintain_order="left")
    files = pl.Enum(
        pl.concat(
            [side["evidence"].unique().cast(pl.String) for side in (leaked.rows, leaked.lost)]
        )
        .unique()
        .sort()
    )
    decided = _outcomes(leaked.rows, linked.rows, settings)
    best = named.select(pl.col("account").alias("best"), "product", "account_id")
    matches = (
        decided.join(ids, on="person", how="left", maintain_order="left")
        .join(best, on="best", how="left", maintain_order="left")
        .with_columns(pl.col("evidence").cast(pl.String).cast(files))
    )
    affected = _affected(matches, named, leaked)
    exported = [
        "record",
        "evidence",
        "row",
        "outcome",
        "person_id",
        "product",
        "account_id",
        "method",
        "probability",
        "reason",
    ]
    lost = leaked.lost.select(
        pl.col("evidence").cast(pl.String).cast(files),
        pl.col("row").cast(pl.Int64),
        pl.lit(Outcome.QUARANTINED.value, _OUTCOME).alias("outcome"),
        pl.col("reason").cast(_REASON),
    )
    every = pl.concat([matches.select(exported), lost], how="diagonal").sort("evidence", "row")
    return Determination(
        accounts=named.select("account", "product", "account_id", "person_id"),
        matches=every,
        affected=affected,
        counts=_counts(every, affected, linked, accounts.height),
    )


def _outcomes(leaked: pl.DataFrame, rows: pl.DataFrame, settings: LinkageSettings) -> pl.DataFrame:
    """Every leaked row with its outcome; only matches and reviews keep a person."""
    counts_from = settings.review if settings.undecided is Undecided.PAY else settings.threshold
    probability = pl.col("probability")
    outcome = (
        pl.when(probability >= counts_from)
        .then(pl.lit(Outcome.MATCHED.value, _OUTCOME))
        .when(probability >= settings.review)
        .then(pl.lit(Outcome.REVIEW.value, _OUTCOME))
        .otherwise(pl.lit(Outcome.UNMATCHED.value, _OUTCOME))
    )
    links = rows.with_columns(pl.col("method").cast(_METHOD), pl.col("reason").cast(_REASON))
    decided = leaked.select("record", "evidence", "row", "tranche").join(
        links, on="record", how="left", maintain_order="left"
    )
    decided = decided.with_columns(outcome.alias("outcome"))
    found = pl.col("outcome") != Outcome.UNMATCHED.value
    reason = (
        pl.when(probability.is_null())
        .then(pl.lit("resembles_nobody", _REASON))
        .when(~found)
        .then(pl.lit("too_uncertain", _REASON))
        .when((pl.col("outcome") == Outcome.MATCHED.value) & (probability < settings.threshold))
        .then(pl.lit("undecided_are_paid", _REASON))
        .otherwise("reason")
    )
    return decided.with_columns(
        reason.alias("reason"),
        *(pl.when(found).then(column).alias(column) for column in ("person", "best", "method")),
    )


def _affected(matches: pl.DataFrame, accounts: pl.DataFrame, leaked: Leaked) -> pl.DataFrame:
    """One row per person with a matched leaked row, by person_id."""
    matched = matches.filter(pl.col("outcome") == Outcome.MATCHED.value).select(
        "record", "person_id", "method", "probability", "tranche"
    )
    people = (
        matched.join(leaked.masks, on="record", how="left")
        .group_by("person_id")
        .agg(
            pl.col("mask").fill_null(0).bitwise_or(),
            pl.len().cast(pl.Int64).alias("leaked_rows"),
            (pl.col("method") == Method.EXACT.value).any().alias("exact"),
            pl.col("probability").max(),
            pl.col("tranche").min().cast(pl.Int32),
        )
    )
    products = (
        accounts.join(people, on="person_id", how="semi")
        .select("person_id", "product")
        .unique()
        .sort("person_id", "product")
        .with_columns(pl.col("product").cast(pl.String))
        .group_by("person_id")
        .agg(pl.col("product").str.join(";").alias("products"))
    )
    words = {
        mask: ";".join(sorted(code for i, code in enumerate(leaked.codes) if mask >> i & 1))
        for mask in people["mask"].unique().to_list()
    }
    return (
        people.join(products, on="person_id", how="left")
        .with_columns(
            pl.col("mask")
            .replace_strict(words, return_dtype=pl.String, default="")
            .alias("categories"),
            pl.when("exact")
            .then(pl.lit(Method.EXACT.value))
            .otherwise(pl.lit(Method.PROBABILISTIC.value))
            .alias("method"),
        )
        .drop("mask", "exact")
        .sort("person_id")
    )


def _counts(
    matches: pl.DataFrame, affected: pl.DataFrame, linked: Linked, accounts: int
) -> dict[str, int]:
    """The figures of the stage. ``waiting``: people with rows under review and none matched."""
    by_outcome = dict(matches.group_by("outcome").len().iter_rows())
    review = matches.filter(pl.col("outcome") == Outcome.REVIEW.value).select("person_id").unique()
    waiting = review.join(affected, on="person_id", how="anti").height
    matched = matches.filter(pl.col("outcome") == Outcome.MATCHED.value)
    return {
        "accounts": accounts,
        "persons": linked.counts["persons"],
        "leaked_rows": matches.height,
        **{outcome.value: int(by_outcome.get(outcome.value, 0)) for outcome in Outcome},
        "matched_exact": matched.filter(pl.col("method") == Method.EXACT.value).height,
        "affected": affected.height,
        "waiting": waiting,
        "refused_keys": sum(linked.refused.values()),
        **{f"refused_{reason}": count for reason, count in linked.refused.items()},
    }
