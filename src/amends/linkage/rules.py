"""From links to the answers of a case: outcomes, person ids, what of each person leaked. Pure."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.case import LinkageSettings, Undecided
from amends.kernel.keyed import hmac_sha256
from amends.linkage.assign import Ints
from amends.linkage.estimate import Side, Stratum
from amends.linkage.linking import Linked
from amends.linkage.model import Determination, Leaked, Method, Outcome
from amends.linkage.settings import EXACT_PROBABILITY, KEY_MAX_ACCOUNTS
from amends.linkage.strata import JOINED, exact_reasons, found_strata, strength

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
    texts = [
        keyed(
            (
                f"{product}\0{account}"
                for product, account in part.select("product", "account_id").iter_rows()
            ),
            key,
        )
        for part in first.iter_slices(_SLICE)
    ]
    return first.select("person").with_columns(pl.concat([_NOBODY, *texts]).alias("person_id"))


def keyed(texts: Iterable[str], key: bytes) -> pl.Series:
    """A name of 26 signs for each text: HMAC-SHA-256, 128 bits, Crockford's base32."""
    keyed_digest = hmac_sha256(key)
    digests = b"".join(keyed_digest(text.encode())[:_DIGEST_BYTES] for text in texts)
    if not digests:
        return _NOBODY
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
    *,
    in_doubt_most: int | None = None,
) -> Determination:
    """Decide every leaked row, and who is affected.

    Args:
        accounts: account, product, account_id.
        leaked: the leaked records.
        linked: who is who, and whose each row probably is.
        settings: thresholds of the case.
        ids: person, person_id.
        in_doubt_most: how many people in doubt count where the case pays them; None: all.
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
    decided = _outcomes(
        leaked.rows, linked.rows, settings, _in_doubt(linked, settings, ids, in_doubt_most)
    )
    best = named.select(pl.col("account").alias("best"), "product", "account_id")
    matches = (
        decided.join(ids, on="person", how="left", maintain_order="left")
        .join(best, on="best", how="left", maintain_order="left")
        .with_columns(pl.col("evidence").cast(pl.String).cast(files))
    )
    reasons = exact_reasons(matches)
    people = _affected(matches, named, leaked, reasons)
    affected = people.drop("strength")
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
        candidates=_named_candidates(linked, decided, named, files),
        doubts=_named_doubts(linked, named),
        refusals=linked.refusals.join(
            named.drop("person"), on="account", maintain_order="left"
        ).drop("account"),
        strata=tuple(found_strata(people["strength"], reasons, settings)),
        joined=_joined(linked, ids, affected),
    )


def _joined(linked: Linked, ids: pl.DataFrame, affected: pl.DataFrame) -> Stratum:
    """Affected people with several accounts, whom exact keys or weights have put together."""
    sizes = np.bincount(linked.person, minlength=len(linked.person))
    several = ids.filter(pl.Series(sizes[ids["person"].to_numpy()] > 1, dtype=pl.Boolean))
    people = several.join(affected.select("person_id"), on="person_id", how="semi").height
    wrong = 1 - EXACT_PROBABILITY
    return Stratum(
        name=JOINED,
        side=Side.JOINED,
        population=people,
        expected=people * wrong,
        variance=people * wrong * EXACT_PROBABILITY,
    )


def _named_candidates(
    linked: Linked, decided: pl.DataFrame, accounts: pl.DataFrame, files: pl.Enum
) -> pl.DataFrame:
    """Whom weighed rows may be of, with the names that outlive the run."""
    return (
        linked.candidates.join(
            decided.select("record", "evidence", "row"), on="record", maintain_order="left"
        )
        .join(accounts.rename({"account": "best"}).drop("person"), on="best", maintain_order="left")
        .select(
            "record",
            pl.col("evidence").cast(pl.String).cast(files),
            pl.col("row").cast(pl.Int64),
            "person_id",
            "product",
            "account_id",
            "probability",
        )
    )


def _named_doubts(linked: Linked, accounts: pl.DataFrame) -> pl.DataFrame:
    """Accounts in doubt, weighed ones and refused joins, with the names that outlive the run."""
    named = accounts.drop("person")
    other = named.rename({c: f"other_{c}" for c in named.columns if c != "account"})
    return (
        pl.concat([linked.doubts, _refused(linked)])
        .join(named, left_on="left", right_on="account", maintain_order="left")
        .join(other, left_on="right", right_on="account", maintain_order="left")
        .drop("left", "right")
    )


def _refused(linked: Linked) -> pl.DataFrame:
    """Refused joins as doubts: the first account of one person, and of each of the others.

    Their probability is what is missing to that of an exact match; it is stated, not estimated.
    """
    some = linked.refusals.filter(pl.col("accounts") <= KEY_MAX_ACCOUNTS)
    people = (
        some.with_columns(
            pl.Series("person", linked.person[some["account"].to_numpy()], dtype=pl.Int64)
        )
        .sort("refusal", "account")
        .unique(["refusal", "person"], keep="first", maintain_order=True)
    )
    first = pl.col("account").first().over("refusal")
    starred = people.with_columns(first.alias("left"))
    return starred.filter(pl.col("account") != pl.col("left")).select(
        "left",
        pl.col("account").alias("right"),
        pl.lit(1 - EXACT_PROBABILITY).alias("probability"),
        pl.lit(value=False).alias("joined"),
        (pl.lit("refused, ") + pl.col("kind")).alias("reason"),
    )


def _in_doubt(
    linked: Linked, settings: LinkageSettings, ids: pl.DataFrame, most: int | None
) -> pl.DataFrame:
    """``person`` of those whose undecided rows count: the likeliest first, as many as may be.

    People who are affected for certain are among them, and cost nothing more.
    """
    if settings.undecided is Undecided.WAIT:
        return linked.rows.select("person").clear()
    rows = linked.rows.filter(pl.col("probability") >= settings.review).select(
        "person", "probability"
    )
    people = rows.group_by("person").agg(pl.col("probability").max())
    sure = pl.col("probability") >= settings.threshold
    doubtful = people.filter(~sure).join(ids, on="person", how="left")
    doubtful = doubtful.sort("probability", "person_id", descending=[True, False])
    paid = doubtful if most is None else doubtful.head(most)
    return pl.concat([people.filter(sure).select("person"), paid.select("person")])


def _outcomes(
    leaked: pl.DataFrame, rows: pl.DataFrame, settings: LinkageSettings, in_doubt: pl.DataFrame
) -> pl.DataFrame:
    """Every leaked row with its outcome; only matches and reviews keep a person."""
    probability = pl.col("probability")
    counted = (probability >= settings.review) & pl.col("counted").fill_null(value=False)
    outcome = (
        pl.when((probability >= settings.threshold) | counted)
        .then(pl.lit(Outcome.MATCHED.value, _OUTCOME))
        .when(probability >= settings.review)
        .then(pl.lit(Outcome.REVIEW.value, _OUTCOME))
        .otherwise(pl.lit(Outcome.UNMATCHED.value, _OUTCOME))
    )
    links = rows.join(
        in_doubt.with_columns(pl.lit(value=True).alias("counted")),
        on="person",
        how="left",
        maintain_order="left",
    ).with_columns(pl.col("method").cast(_METHOD), pl.col("reason").cast(_REASON))
    decided = leaked.select("record", "evidence", "row", "tranche").join(
        links, on="record", how="left", maintain_order="left"
    )
    decided = decided.with_columns(outcome.alias("outcome"))
    found = pl.col("outcome") != Outcome.UNMATCHED.value
    reason = (
        pl.when(probability.is_null())
        .then(pl.lit("resembles_nobody", _REASON))
        .when(~found & (pl.col("method") == Method.CLERICAL.value))
        .then("reason")
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


def _affected(
    matches: pl.DataFrame, accounts: pl.DataFrame, leaked: Leaked, reasons: list[str]
) -> pl.DataFrame:
    """One row per person with a matched leaked row, by person_id; and its ``strength``."""
    matched = matches.filter(pl.col("outcome") == Outcome.MATCHED.value).select(
        "record",
        "person",
        "method",
        "probability",
        "tranche",
        strength(reasons).alias("strength"),
    )
    people = (
        matched.join(leaked.masks, on="record", how="left")
        .group_by("person")
        .agg(
            pl.col("mask").fill_null(0).bitwise_or(),
            pl.len().cast(pl.Int64).alias("leaked_rows"),
            (pl.col("method") == Method.EXACT.value).any().alias("exact"),
            (pl.col("method") == Method.CLERICAL.value).any().alias("clerical"),
            pl.col("probability").max(),
            pl.col("strength").min(),
            pl.col("tranche").min().cast(pl.Int32),
        )
    )
    words = {
        mask: ";".join(sorted(code for i, code in enumerate(leaked.codes) if mask >> i & 1))
        for mask in people["mask"].unique().to_list()
    }
    ids = accounts.select("person", "person_id").unique("person", keep="any")
    return (
        people.join(_products(accounts, people), on="person", how="left")
        .join(ids, on="person", how="left")
        .with_columns(
            pl.col("mask")
            .replace_strict(words, return_dtype=pl.String, default="")
            .alias("categories"),
            pl.when("exact")
            .then(pl.lit(Method.EXACT.value))
            .when("clerical")
            .then(pl.lit(Method.CLERICAL.value))
            .otherwise(pl.lit(Method.PROBABILISTIC.value))
            .alias("method"),
        )
        .select("person_id", pl.exclude("person_id", "person", "mask", "exact", "clerical"))
        .sort("person_id")
    )


def _products(accounts: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """``person`` and ``products``: those of the person's accounts, in order, with ``;`` between."""
    return (
        accounts.select("person", pl.col("product").cast(pl.String))
        .join(people.select("person"), on="person", how="semi")
        .unique()
        .sort("person", "product")
        .group_by("person")
        .agg(pl.col("product").str.join(";").alias("products"))
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
