"""What exact keys leave: its records, their weighed pairs, and from these persons and owners.

Each different record is compared once, whatever the number of rows and accounts that say the same.
An account carries into the comparison what is known of its whole component. Where no account of a
component says a name, the leaked rows that keys gave to it are heard as its *witnesses*.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.linkage import settings
from amends.linkage.assign import Ints, cluster, share_out
from amends.linkage.blocking import Blocks, pairs_of
from amends.linkage.compiled import records as kernel
from amends.linkage.learning import Model, share_of_pairs
from amends.linkage.normalise import COLUMNS
from amends.linkage.probabilistic import PAIRS, Engine, frequencies_of, train
from amends.linkage.texts import coded

_FILLED: Final = ("idno", "idno_text", "birth", "gender")
_SLICE: Final = 500_000

_UNSURE: Final = pl.col("idno").is_null() | (pl.col("idno") < 0)
"""No national number, or one without a check digit: that may be mistyped, so it forbids nothing."""


def _from_zero() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int64)


def nameless(accounts: pl.DataFrame, component: Ints) -> npt.NDArray[np.bool_]:
    """Per component (by its smallest account) whether none of its accounts says a name."""
    result = np.zeros(len(component), dtype=np.bool_)
    result[component] = True
    result[component[accounts["name"].is_not_null().to_numpy()]] = False
    return result


def records_of(
    accounts: pl.DataFrame, residual: pl.DataFrame, component: Ints, witnesses: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What is compared, each different record once; and which leaked rows each stands for.

    Records are numbered from 0: those of accounts (and *witnesses*), by component, then leaked
    ones.
    """
    columns = list(COLUMNS)
    heard = coded(_agreeing(witnesses))
    spoken = pl.concat([accounts.select(columns), heard.select(columns)])
    units = np.concatenate([component, heard["unit"].to_numpy()])
    known = pl.concat(list(_known(spoken, units)))
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


def _agreeing(witnesses: pl.DataFrame) -> pl.DataFrame:
    """Witnesses of a unit who all say one name; where they say several, the key is shared."""
    return witnesses.filter(pl.col("name").n_unique().over("unit") == 1)


def _known(accounts: pl.DataFrame, component: Ints) -> Iterator[pl.DataFrame]:
    """The records of accounts, a number of whole components at a time, each different one once.

    An account carries what is known of its component (name, national number, birth date, sex):
    gaps are filled by the commonest value, of equally common ones by the smaller.
    """
    named = accounts["name"].to_frame().with_row_index("row").drop_nulls("name")
    givers = named.unique("name", keep="first").select("name", pl.col("row").cast(pl.Int64))
    order = np.argsort(component, kind="stable")
    units = component[order]
    ends = np.searchsorted(units, units[_SLICE - 1 :: _SLICE], side="right")
    for start, end in pairwise([0, *ends.tolist(), len(units)]):
        if start == end:
            continue
        own = units[start:end]
        bounds = np.append(np.flatnonzero(np.diff(own, prepend=-1)), len(own))
        filled = _filled(accounts, order[start:end], bounds, givers)
        rows = _distinct(filled, bounds)
        yield (
            filled[rows]
            .with_columns(pl.Series("unit", own[rows]))
            .select("unit", *COLUMNS)
            .with_columns(pl.lit(value=False).alias("leaked"), _UNSURE.alias("open"))
        )


def _filled(accounts: pl.DataFrame, some: Ints, bounds: Ints, givers: pl.DataFrame) -> pl.DataFrame:
    """*some* of the accounts, component by component, with their gaps filled.

    *givers*: ``name``, and the ``row`` of the account that gives first and last name with it.
    """
    frame = accounts[some]
    sizes = np.diff(bounds)
    filled: list[pl.Series] = []
    for column in (*_FILLED, "name"):
        best = np.repeat(_commonest(frame[column], bounds), sizes)
        gap = frame[column].is_null().to_numpy()
        at = np.where(gap & (best >= 0), best, np.arange(len(gap)))
        filled.append(frame[column].gather(at))
        if column == "name":
            known = filled[-1].to_frame().join(givers, on="name", how="left", maintain_order="left")
            giver = known["row"].fill_null(0).to_numpy()
            source = pl.Series(np.where(gap, giver, some))
            source = source.set(pl.Series(gap & (best < 0)), None)
            filled += [accounts[part].gather(source) for part in ("first", "last")]
    return frame.with_columns(filled)


def _commonest(column: pl.Series, bounds: Ints) -> Ints:
    """Per component a row with its commonest value, of equally common ones the smaller."""
    values = _numbers(column)
    marks = np.zeros(len(values), dtype=np.bool_)
    ranks = np.zeros(len(values), dtype=np.int32)
    found = kernel.commonest(values, bounds, ranks, marks)
    if not marks.any():
        return found
    _rank(column, marks, ranks)
    return kernel.commonest(values, bounds, ranks, marks)


def _distinct(frame: pl.DataFrame, bounds: Ints) -> Ints:
    """The rows of each component that differ, in the order of their values."""
    columns = list(COLUMNS)
    cells = np.stack([_numbers(frame[column]) for column in columns], axis=1)
    kept, begins = kernel.distinct(cells, bounds)
    marks = kernel.compared(cells, kept, begins)
    ranks = np.zeros(cells.shape, dtype=np.int32)
    for at, column in enumerate(columns):
        own = np.zeros(len(cells), dtype=np.int32)
        _rank(frame[column], marks[:, at], own)
        ranks[:, at] = own
    kernel.sort(cells, ranks, kept, begins)
    return kept


def _numbers(column: pl.Series) -> Ints:
    """Equal values as equal numbers, :data:`kernel.NONE` where there is none."""
    return column.to_physical().cast(pl.Int64).fill_null(kernel.NONE).to_numpy()


def _rank(column: pl.Series, some: npt.NDArray[np.bool_], ranks: npt.NDArray[np.int32]) -> None:
    """Put into *ranks* the places in order of the values of *some* rows."""
    at = np.flatnonzero(some)
    if len(at):
        values = column.gather(at)
        texts = values.cast(pl.String) if values.dtype != pl.Int64 else values
        ranks[at] = texts.rank("dense").to_numpy()


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
