"""What exact keys leave: its records, their weighed pairs, and from these persons and owners.

Each different record is compared once, whatever the number of rows and accounts that say the same.
An account carries into the comparison what is known of its whole component.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.assign import Ints, cluster, share_out
from amends.linkage.blocking import Blocks, pairs_of
from amends.linkage.learning import Model, share_of_pairs
from amends.linkage.normalise import COLUMNS
from amends.linkage.probabilistic import PAIRS, Engine, frequencies_of, train
from amends.linkage.texts import coded, plain

_FILLED: Final = ("idno", "idno_text", "birth", "gender")
_NAME: Final = ("name", "first", "last")
_SLICE: Final = 500_000

_UNSURE: Final = pl.col("idno").is_null() | (pl.col("idno") < 0)
"""No national number, or one without a check digit: that may be mistyped, so it forbids nothing."""


def _from_zero() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int64)


def records_of(
    accounts: pl.DataFrame, residual: pl.DataFrame, component: Ints
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is compared, each different record once; and which leaked rows each stands for.

    Records are numbered from 0: those of accounts, by component, then leaked ones.
    """
    columns = list(COLUMNS)
    known = pl.concat(list(_known(accounts, component)))
    distinct = residual.select(columns).unique().sort(columns)
    distinct = distinct.with_columns(
        (accounts.height + _from_zero()).alias("unit"),
        pl.lit(value=True).alias("leaked"),
        pl.lit(value=True).alias("open"),
        (known.height + _from_zero()).alias("record"),
    )
    copies = residual.select(pl.col("record").alias("leaked_record"), *columns).join(
        distinct, on=columns, nulls_equal=True
    )
    known = known.with_columns(_from_zero().alias("record")).select(distinct.columns)
    return pl.concat([known, coded(distinct)], rechunk=True), copies.select(
        "leaked_record", "record"
    )


def _known(accounts: pl.DataFrame, component: Ints) -> Iterator[pl.DataFrame]:
    """The records of accounts, a number of whole components at a time.

    An account carries what is known of its component (name, national number, birth date, sex).
    """
    columns = list(COLUMNS)
    names = plain(accounts.select(_NAME).drop_nulls("name").unique("name", keep="first"))
    order = np.argsort(component, kind="stable")
    units = component[order]
    ends = np.searchsorted(units, units[_SLICE - 1 :: _SLICE], side="right")
    for start, end in pairwise([0, *ends.tolist(), len(units)]):
        some = order[start:end]
        filled = _filled(
            plain(accounts[some]).with_columns(pl.Series("unit", component[some])), names
        )
        yield coded(
            filled.select("unit", *columns)
            .unique()
            .sort("unit", *columns)
            .with_columns(pl.lit(value=False).alias("leaked"), _UNSURE.alias("open"))
        )


def _filled(accounts: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """Accounts with gaps filled from their component: by the commonest value, or the smaller.

    *names*: ``name``, ``first``, ``last`` of every name.
    """
    filled = accounts
    for column in (*_FILLED, "name"):
        best = (
            accounts.select("unit", column)
            .drop_nulls()
            .group_by("unit", column)
            .len()
            .sort("unit", "len", column, descending=[False, True, False])
            .unique("unit", keep="first", maintain_order=True)
            .select("unit", pl.col(column).alias("known"))
        )
        filled = filled.join(best, on="unit", how="left", maintain_order="left")
        if column == "name":
            parts = names.join(best, left_on="name", right_on="known", how="semi")
            gap = pl.col("name").is_null()
            filled = filled.with_columns(
                pl.coalesce("name", "known").alias("name"), gap.alias("gap")
            ).join(parts, on="name", how="left", suffix="_known", maintain_order="left")
            filled = filled.with_columns(
                pl.when("gap").then(f"{part}_known").otherwise(part).alias(part)
                for part in ("first", "last")
            ).drop("gap", "first_known", "last_known", "known")
        else:
            filled = filled.with_columns(pl.coalesce(column, "known").alias(column)).drop("known")
    return filled


def weighed(
    records: pl.DataFrame, blocks: Blocks, engine: Engine
) -> tuple[pl.DataFrame, Model | None]:
    """Candidate pairs with their weights, and the model; nothing where nothing can be compared."""
    nothing = pl.DataFrame(schema=PAIRS)
    if not blocks.rules:
        return nothing, None
    model = train(records, blocks, engine)
    if not model.comparisons:
        return nothing, None
    prior_bits = float(np.log2(model.prior / (1 - model.prior)))
    return engine.weigh(
        records,
        blocks,
        model,
        frequencies_of(records, model),
        at_least_bits=-prior_bits + settings.LEAST_BITS,
    ), model


def persons(records: pl.DataFrame, pairs: pl.DataFrame, accounts: int) -> tuple[Ints, pl.DataFrame]:
    """Per component (by its smallest account) the smallest account of its person; and the doubts.

    Doubts: see :class:`~amends.linkage.linking.Linked`.
    """
    units = records.filter(~pl.col("leaked")).select("unit", "leaked", "open")
    unit = units["unit"].to_numpy()
    within = pairs.filter(pl.col("right") < units.height)
    one, other = unit[within["left"].to_numpy()], unit[within["right"].to_numpy()]
    between = (
        within.select(
            pl.Series("left", np.minimum(one, other), dtype=pl.Int64),
            pl.Series("right", np.maximum(one, other), dtype=pl.Int64),
            "bits",
        )
        .group_by("left", "right")
        .agg(pl.col("bits").max())
        .sort("left", "right")
    )
    units = units.unique("unit")
    numbered = np.zeros(accounts, dtype=np.bool_)
    numbered[units.filter(~pl.col("open"))["unit"].to_numpy()] = True
    prior = share_of_pairs(between["bits"].to_numpy(), np.ones(between.height), pairs_of(units))
    owner = cluster(between, accounts, prior, numbered)
    return owner, _doubts(between, prior, owner)


def _doubts(between: pl.DataFrame, prior: float, owner: Ints) -> pl.DataFrame:
    """Pairs of units that are kept apart and may be one person, or are joined and may be two."""
    odds = prior / (1 - prior) * (pl.col("bits").clip(-100, 100) * np.log(2)).exp()
    weighed = between.with_columns(
        (odds / (1 + odds)).round(6).alias("probability"),
        pl.Series(
            "joined", owner[between["left"].to_numpy()] == owner[between["right"].to_numpy()]
        ).cast(pl.Boolean),
    )
    doubtful = (
        pl.when("joined")
        .then(pl.col("probability") < 1 - settings.DOUBT)
        .otherwise(pl.col("probability") > settings.DOUBT)
    )
    return weighed.filter(doubtful).select(
        "left", "right", "probability", "joined", pl.lit("model").alias("reason")
    )


def likely(
    records: pl.DataFrame, pairs: pl.DataFrame, owner: Ints, copies: pl.DataFrame
) -> pl.DataFrame:
    """``record``, ``person``, ``best``, ``probability``: each residual row's likeliest people.

    The likeliest comes first; of the others, those that a reader has to know of.
    """
    unit = records.filter(~pl.col("leaked"))["unit"].to_numpy()
    meeting = pairs.filter(pl.col("right") >= len(unit))
    met = unit[meeting["left"].to_numpy()]
    meeting = meeting.select(
        pl.col("right").alias("row"),
        pl.Series("person", owner[met], dtype=pl.Int64),
        pl.Series("unit", met, dtype=pl.Int64),
        "bits",
    )
    rank = pl.int_range(pl.len()).over("row")
    known_of = (rank < settings.ALTERNATIVES) & (pl.col("probability") > settings.DOUBT)
    best = share_out(meeting, records=len(unit)).filter((rank == 0) | known_of)
    return (
        copies.join(best, left_on="record", right_on="row")
        .select(pl.col("leaked_record").alias("record"), "person", "best", "probability")
        .sort("record", "probability", "person", descending=[False, True, False])
    )
