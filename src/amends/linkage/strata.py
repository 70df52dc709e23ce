"""The units of a stated error: people by their strongest row, and pairs, each in its stratum. Pure.

A *unit* is something a reader can be asked once: whether a row is of the person who holds an
account, or whether two accounts are one person's. Strata are units of one kind of evidence, so that
a sample of each says something of all of it.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

from amends.kernel.case import LinkageSettings
from amends.linkage.estimate import Side, Stratum
from amends.linkage.exact import KEYS
from amends.linkage.model import Method, Outcome
from amends.linkage.settings import EXACT_PROBABILITY

UNITS: Final = pl.Schema(
    {
        "side": pl.String,
        "stratum": pl.String,
        "person_id": pl.String,
        "other_person_id": pl.String,
        "evidence": pl.String,
        "row": pl.Int64,
        "product": pl.String,
        "account_id": pl.String,
        "other_product": pl.String,
        "other_account_id": pl.String,
        "probability": pl.Float64,
    }
)
"""A row and an account (and null), or two accounts (and no row)."""

VERY_LIKELY: Final = 0.99
READERS: Final = "readers"
"""The stratum of what readers have settled: it is known, and no part of any estimate."""

JOINED: Final = "accounts, joined"
"""The stratum of people with several accounts, by whatever they were joined."""

_MODEL: Final = 1_000_000


def strength(reasons: Sequence[str]) -> pl.Expr:
    """How strong the evidence of a row is, the smaller the stronger.

    0: readers; then exact keys, by kind; from a million on the model, by falling probability in
    millionths. *reasons*: what exact matches rest on, of all rows.
    """
    exact = pl.lit(len(set(reasons)) + 1)
    for at, reason in enumerate(_by_strength(reasons), start=1):
        exact = pl.when(pl.col("reason") == reason).then(at).otherwise(exact)
    doubt = ((1 - pl.col("probability")) * _MODEL).round().clip(0, _MODEL)
    return (
        pl.when(pl.col("method") == Method.CLERICAL.value)
        .then(0)
        .when(pl.col("method") == Method.EXACT.value)
        .then(exact)
        .otherwise(_MODEL + doubt)
        .cast(pl.Int32)
    )


def found_strata(
    people: pl.Series, reasons: Sequence[str], settings: LinkageSettings
) -> list[Stratum]:
    """The strata of affected people by the :func:`strength` of each one's strongest row."""
    alike = people.alias("strength").to_frame().group_by("strength").agg(pl.len().alias("units"))
    units = alike.with_columns(
        pl.lit(Side.FOUND.value).alias("side"),
        _band(reasons, settings),
        pl.when(pl.col("strength") >= _MODEL)
        .then(1 - (pl.col("strength") - _MODEL) / _MODEL)
        .otherwise(EXACT_PROBABILITY)
        .alias("probability"),
    )
    return _counted(units)


def found_units(
    matches: pl.DataFrame, reasons: Sequence[str], settings: LinkageSettings
) -> pl.DataFrame:
    """A unit per affected person: the strongest matched row, of equal ones the first."""
    matched = matches.filter(pl.col("outcome") == Outcome.MATCHED.value)
    rated = matched.with_columns(strength(reasons).alias("strength"))
    best = rated.filter(pl.col("strength") == pl.col("strength").min().over("person_id"))
    first = (
        best.with_columns(_plain(best))
        .sort("person_id", "evidence", "row")
        .unique("person_id", keep="first", maintain_order=True)
    )
    return _as_units(first.with_columns(_band(reasons, settings)), Side.FOUND)


def exact_reasons(matches: pl.DataFrame) -> list[str]:
    """What exact matches rest on, the strongest first."""
    exact = pl.col("method") == Method.EXACT.value
    found = matches.select(pl.col("reason").filter(exact).drop_nulls().unique())["reason"]
    return _by_strength([str(reason) for reason in found])


def joined_units(accounts: pl.DataFrame, affected: pl.DataFrame) -> pl.DataFrame:
    """A unit per affected person with several accounts: the first and the last of them.

    *accounts*: product, account_id, person_id.
    """
    own = accounts.select(pl.col("product").cast(pl.String), "account_id", "person_id").join(
        affected.select("person_id"), on="person_id", how="semi"
    )
    ends = (
        own.sort("person_id", "product", "account_id")
        .group_by("person_id", maintain_order=True)
        .agg(
            pl.col("product").first(),
            pl.col("account_id").first(),
            pl.col("product").last().alias("other_product"),
            pl.col("account_id").last().alias("other_account_id"),
            pl.len().alias("n"),
        )
        .filter(pl.col("n") > 1)
    )
    return ends.select(
        pl.lit(Side.JOINED.value).alias("side"),
        pl.lit(JOINED).alias("stratum"),
        "person_id",
        pl.col("person_id").alias("other_person_id"),
        pl.lit(None, pl.String).alias("evidence"),
        pl.lit(None, pl.Int64).alias("row"),
        "product",
        "account_id",
        "other_product",
        "other_account_id",
        pl.lit(EXACT_PROBABILITY).alias("probability"),
    ).cast(UNITS)


def missed_units(
    candidates: pl.DataFrame, affected: pl.DataFrame, settings: LinkageSettings
) -> pl.DataFrame:
    """A unit per person who is not counted and resembles a row: the row most alike.

    *candidates*: evidence, row, person_id, product, account_id, probability.
    """
    strongest = (
        candidates.join(_among(affected, candidates["person_id"]), on="person_id", how="anti")
        .with_columns(_plain(candidates))
        .sort("person_id", "probability", "evidence", "row", descending=[False, True, False, False])
        .unique("person_id", keep="first", maintain_order=True)
    )
    return _as_units(strongest.with_columns(_model_band(settings)), Side.MISSED)


def _among(affected: pl.DataFrame, *some: pl.Series) -> pl.DataFrame:
    """``person_id`` of *some* people who are affected; they are few beside all."""
    people = pl.concat([one.alias("person_id") for one in some]).unique().to_frame()
    return affected.select("person_id").join(people, on="person_id", how="semi")


def pair_units(doubts: pl.DataFrame, affected: pl.DataFrame) -> pl.DataFrame:
    """A unit per two affected people who may be one, and per affected person who may be two.

    *doubts*: product, account_id, person_id of either side (``other_…``), probability, joined,
    reason. Of several pairs between the same people the one that says most stands for all.
    """
    known = _among(affected, doubts["person_id"], doubts["other_person_id"])
    both = doubts.join(known, on="person_id", how="semi").join(
        known.rename({"person_id": "other_person_id"}), on="other_person_id", how="semi"
    )
    doubt = pl.when("joined").then(1 - pl.col("probability")).otherwise("probability")
    named = both.with_columns(
        pl.min_horizontal("person_id", "other_person_id").alias("one"),
        pl.max_horizontal("person_id", "other_person_id").alias("two"),
        doubt.alias("doubt"),
    )
    first = named.sort(
        "one",
        "two",
        "doubt",
        "product",
        "account_id",
        "other_product",
        "other_account_id",
        descending=[False, False, True, False, False, False, False],
    ).unique(["one", "two"], keep="first", maintain_order=True)
    side = pl.when("joined").then(pl.lit(Side.JOINED.value)).otherwise(pl.lit(Side.APART.value))
    return first.select(
        side.alias("side"),
        pl.concat_str(pl.lit("accounts, "), pl.col("reason").cast(pl.String)).alias("stratum"),
        "person_id",
        "other_person_id",
        pl.lit(None, pl.String).alias("evidence"),
        pl.lit(None, pl.Int64).alias("row"),
        "product",
        "account_id",
        "other_product",
        "other_account_id",
        pl.col("probability"),
    ).cast(UNITS)


def strata_of(units: pl.DataFrame) -> list[Stratum]:
    """The strata of *units*, with what the model expects of each; readers' units are left out.

    Of accounts that are joined, what is expected is that they are two people's.
    """
    return _counted(units.with_columns(pl.lit(1).alias("units")))


def _counted(alike: pl.DataFrame) -> list[Stratum]:
    """The same of rows that stand for so many ``units``."""
    joined = pl.col("side") == Side.JOINED.value
    true = pl.when(joined).then(1 - pl.col("probability")).otherwise("probability")
    counted = (
        alike.filter(pl.col("stratum") != READERS)
        .group_by("side", "stratum")
        .agg(
            pl.col("units").cast(pl.Int64).sum().alias("population"),
            (true * pl.col("units")).sum().alias("expected"),
            (true * (1 - true) * pl.col("units")).sum().alias("variance"),
        )
        .sort("side", "stratum")
    )
    return [
        Stratum(
            name=str(name),
            side=Side(side),
            population=int(population),
            expected=float(expected),
            variance=max(float(variance), 0.0),
        )
        for side, name, population, expected, variance in counted.iter_rows()
    ]


def near_rows(
    candidates: pl.DataFrame, unmatched: pl.DataFrame, settings: LinkageSettings
) -> Stratum:
    """Rows that match nobody and resemble somebody; *unmatched*: evidence, row."""
    rows = (
        candidates.join(unmatched, on=["evidence", "row"], how="semi")
        .group_by("evidence", "row")
        .agg(pl.col("probability").sum().clip(0, 1).alias("p"))
    )
    expected, variance = rows.select(
        pl.col("p").sum(), (pl.col("p") * (1 - pl.col("p"))).sum().alias("variance")
    ).row(0)
    return Stratum(
        name=f"model, below {settings.review}",
        side=Side.ROWS,
        population=rows.height,
        expected=float(expected),
        variance=float(variance),
    )


def gathered(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """All units in one frame."""
    return pl.concat([pl.DataFrame(schema=UNITS), *parts])


def _by_strength(reasons: Sequence[str]) -> list[str]:
    """Reasons of exact matches in the order of their kinds of key."""
    kinds = {f"key:{kind}": at for at, kind in enumerate(KEYS)}
    return sorted(set(reasons), key=lambda reason: (kinds.get(reason, len(kinds)), reason))


def _band(reasons: Sequence[str], settings: LinkageSettings) -> pl.Expr:
    """``stratum`` of a ``strength``: the kind of key, or the band of the probability."""
    names = {at: f"exact, {reason}" for at, reason in enumerate(_by_strength(reasons), start=1)}
    doubt = (pl.col("strength") - _MODEL) / _MODEL
    return (
        pl.when(pl.col("strength") == 0)
        .then(pl.lit(READERS))
        .when(pl.col("strength") < _MODEL)
        .then(pl.col("strength").replace_strict(names, default="exact", return_dtype=pl.String))
        .otherwise(_bands(1 - doubt, settings))
        .alias("stratum")
    )


def _model_band(settings: LinkageSettings) -> pl.Expr:
    """``stratum`` of a ``probability`` of the model."""
    return _bands(pl.col("probability"), settings).alias("stratum")


def _bands(probability: pl.Expr, settings: LinkageSettings) -> pl.Expr:
    """The name of the band that a probability lies in."""
    expr = pl.lit(f"model, below {settings.review}")
    for least in (settings.review, settings.threshold, max(VERY_LIKELY, settings.threshold)):
        expr = pl.when(probability >= least).then(pl.lit(f"model, from {least}")).otherwise(expr)
    return expr


def _plain(frame: pl.DataFrame) -> list[pl.Expr]:
    """Words as texts, so that they sort by the alphabet."""
    wanted = ("evidence", "product", "account_id", "method", "reason", "person_id")
    return [pl.col(name).cast(pl.String) for name in wanted if name in frame.columns]


def _as_units(strongest: pl.DataFrame, side: Side) -> pl.DataFrame:
    """People by their strongest row as units."""
    return strongest.select(
        pl.lit(side.value).alias("side"),
        "stratum",
        "person_id",
        pl.lit(None, pl.String).alias("other_person_id"),
        "evidence",
        "row",
        "product",
        "account_id",
        pl.lit(None, pl.String).alias("other_product"),
        pl.lit(None, pl.String).alias("other_account_id"),
        "probability",
    ).cast(UNITS)
