"""The whole determination as one pure step: accounts and leaked rows in, persons and matches out.

Exact keys first; what they leave (leaked rows without an owner, and accounts that carry no national
number) goes through the probabilistic stage against everybody. The result does not depend on the
order in which rows come.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from amends.linkage import settings
from amends.linkage.assign import Ints
from amends.linkage.blocking import blocks_of
from amends.linkage.exact import bridge, join_accounts, match_rows
from amends.linkage.model import CANDIDATES, DOUBTS
from amends.linkage.probabilistic import ENGINES, as_splink
from amends.linkage.residual import likely, persons, records_of, weighed
from amends.linkage.texts import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """``person``: per account (from 0) its person's first account, by product and account_id.

    ``rows``: ``record``, ``person``, ``best`` (account), ``probability``, ``method``, ``reason``:
    the likeliest person of every leaked row that resembles anybody; which probability is enough is
    decided elsewhere.
    ``candidates``: ``record``, ``person``, ``best``, ``probability``: all people whom a row that
    was weighed may be of, likeliest first; what is missing to 1 is nobody's share.
    ``doubts``: ``left``, ``right`` (accounts), ``probability`` of one person, ``joined``
    (what was decided), ``reason``: where a reader's answer could change who is who.
    """

    person: Ints
    rows: pl.DataFrame
    refused: Mapping[str, int]
    model: Mapping[str, object]
    counts: Mapping[str, int]
    candidates: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CANDIDATES))
    doubts: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=DOUBTS))


def link(
    accounts: pl.DataFrame,
    leaked: pl.DataFrame,
    tell: Callable[[str], None],
    engine: str = "amends",
) -> Linked:
    """Link normalised *accounts* and *leaked* rows, in whatever order they come.

    Args:
        accounts: ``account`` (from 0, in order), ``product`` (text, or an Enum in alphabetical
            order), ``account_id``, canonical columns.
        leaked: ``record``, canonical columns.
        tell: is told what is being done.
        engine: what weighs pairs, one of :data:`probabilistic.ENGINES`.
    """
    number = accounts.select("product", "account_id").with_row_index("at")
    order = number.sort("product", "account_id")["at"].cast(pl.Int64)
    accounts = accounts[order].with_columns(_from_zero().alias("account"))
    tell("joining accounts by exact keys")
    joined = bridge(leaked, accounts, join_accounts(accounts))
    exact = match_rows(leaked, accounts, joined)
    component, refused = joined.component, joined.refused
    residual = plain(leaked.join(exact, on="record", how="anti"))
    del leaked, joined
    tell("comparing what exact keys leave")
    records, copies = records_of(accounts, residual, component)
    del accounts
    blocks = blocks_of(records)
    pairs, model = weighed(records, blocks, ENGINES[engine])
    del blocks
    tell("deciding who is who")
    owner, doubts = persons(records, pairs, len(component))
    candidates = likely(records, pairs, owner, copies)
    rows = _rows(exact, candidates, owner)
    back = order.to_numpy()
    person = np.empty_like(owner)
    person[back] = back[owner[component]]
    return Linked(
        person=person,
        rows=_numbered(rows, back, "person", "best"),
        candidates=_numbered(candidates, back, "person", "best"),
        doubts=_numbered(doubts, back, "left", "right"),
        refused=refused,
        model=as_splink(model) if model else {},
        counts={
            "components": len(np.unique(component)),
            "persons": len(np.unique(person)),
            "rows_exact": exact.height,
            "rows_residual": residual.height,
            "records_compared": records.height,
            "pairs_weighed": pairs.height,
        },
    )


def _from_zero() -> pl.Expr:
    return pl.int_range(pl.len(), dtype=pl.Int64)


def _numbered(frame: pl.DataFrame, back: Ints, *columns: str) -> pl.DataFrame:
    """*frame* with the accounts in *columns* by the numbers that they came with."""
    return frame.with_columns(
        pl.Series(column, back[frame[column].to_numpy()], dtype=pl.Int64) for column in columns
    )


def _rows(exact: pl.DataFrame, likely: pl.DataFrame, owner: Ints) -> pl.DataFrame:
    """Both kinds of match under common columns, sorted by record."""
    sure = exact.select(
        "record",
        pl.Series("person", owner[exact["component"].to_numpy()], dtype=pl.Int64),
        pl.col("component").alias("best"),
        pl.lit(settings.EXACT_PROBABILITY).alias("probability"),
        pl.lit("exact").alias("method"),
        "reason",
    )
    perhaps = likely.unique("record", keep="first", maintain_order=True).with_columns(
        pl.lit("probabilistic").alias("method"), pl.lit("model").alias("reason")
    )
    return pl.concat([sure, perhaps]).sort("record")
