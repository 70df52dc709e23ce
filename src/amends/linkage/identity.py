"""Who keeps which name when a case is determined again. Pure.

The rule. Every person id is the keyed function of one account, its *name-giver*. Whoever was once
affected keeps a name: the person who holds the name-giver of an earlier id bears that id. A person
who holds several (two were found to be one) bears the one that was affected first, then the one
whose name-giver comes first by product and account id. Of a person who is parted, the part that
holds the name-giver keeps the id; the others are named by name-givers of their own. If a name-giver
has left the registries, the first account that is left of that person stands for it.

So an id never means two people of one run, and never returns for somebody else.
"""

from typing import Final

import polars as pl

from amends.linkage.assign import Ints

NAMES: Final = pl.Schema(
    {
        "product": pl.String,
        "account_id": pl.String,
        "person_id": pl.String,
        "first_run": pl.Int64,
    }
)
"""Name-givers of everybody who was ever affected; kept with every run."""

MOVED: Final = pl.Schema({"earlier_id": pl.String, "person_id": pl.String, "change": pl.String})
"""``change``: ``merged`` (earlier_id is now person_id) or ``split`` (person_id came out of it).

Who was merged is one with the other until it comes out of somebody again."""


def keep_names(
    accounts: pl.DataFrame, person: Ints, natural: pl.DataFrame, bearers: pl.DataFrame
) -> pl.DataFrame:
    """person, person_id of everybody, by the rule above.

    Args:
        accounts: product, account_id, in the order of *person*.
        person: per account its person.
        natural: person, person_id by the person's own first account.
        bearers: earlier ids (``NAMES``), each with the account that bears it now.
    """
    if bearers.is_empty():
        return natural
    held = accounts.select(
        pl.col("product").cast(pl.String),
        pl.col("account_id").cast(pl.String),
        pl.Series("person", person),
    ).join(bearers, on=["product", "account_id"])
    first = held.sort("first_run", "product", "account_id", "person_id").unique(
        "person", keep="first", maintain_order=True
    )
    return natural.join(
        first.select("person", pl.col("person_id").alias("kept")),
        on="person",
        how="left",
        maintain_order="left",
    ).select("person", pl.coalesce("kept", "person_id").alias("person_id"))


def bearers(names: pl.DataFrame, earlier: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """``NAMES`` with name-givers that have left replaced by the first account that is left.

    Args:
        names: ``NAMES`` of the earlier runs.
        earlier: product, account_id, person_id of the earlier run's accounts.
        there: product, account_id of the accounts that there are now.
    """
    keys = ["product", "account_id"]
    gone = names.join(there, on=keys, how="anti")
    if gone.is_empty():
        return names
    left = (
        earlier.join(gone, on="person_id", how="semi")
        .join(there, on=keys, how="semi")
        .sort("person_id", *keys)
        .unique("person_id", keep="first", maintain_order=True)
    )
    stand_in = left.join(gone.select("person_id", "first_run"), on="person_id")
    present = names.join(there, on=keys, how="semi")
    return pl.concat([present, stand_in.select(NAMES.names())]).sort(*keys, "first_run")


def with_new(names: pl.DataFrame, affected: pl.DataFrame, run_no: int) -> pl.DataFrame:
    """*names* and the name-givers of people who are affected for the first time.

    *names* are sorted by product, account_id and first run. *affected*: product, account_id (of the
    first account), person_id of affected people, sorted by product and account_id.
    """
    known = names.select("person_id")
    new = affected.join(known, on="person_id", how="anti", maintain_order="left")
    added = new.with_columns(pl.lit(run_no, pl.Int64).alias("first_run")).select(
        pl.col(column).cast(kind) for column, kind in NAMES.items()
    )
    key = pl.concat_str("product", "account_id", separator="\0").alias("key")
    both = names.with_columns(key).merge_sorted(added.with_columns(key), "key")
    return both.drop("key")


def moves(
    accounts: pl.DataFrame, names: pl.DataFrame, earlier: pl.DataFrame, one: pl.DataFrame
) -> pl.DataFrame:
    """Who was merged into whom, and who came out of whom: ``MOVED``, sorted.

    Args:
        accounts: product, account_id, person_id as they are now.
        names: earlier ids, each with the account that bears it now.
        earlier: product, account_id, person_id of the accounts of people affected before.
        one: earlier_id, person_id of those who were one with somebody else until now.
    """
    keys = ["product", "account_id"]
    now = accounts.select(*keys, "person_id")
    merged = _moved(names.join(now, on=keys, suffix="_now"), "merged")
    came = _moved(earlier.join(now, on=keys, suffix="_now"), "split")
    came = came.join(merged, on=["earlier_id", "person_id"], how="anti")
    back = one.join(now.select("person_id").unique(), left_on="earlier_id", right_on="person_id")
    apart = back.select(
        pl.col("person_id").alias("earlier_id"),
        pl.col("earlier_id").alias("person_id"),
        pl.lit("split").alias("change"),
    )
    return pl.concat([merged, came, apart]).unique().sort(MOVED.names())


def _moved(joined: pl.DataFrame, change: str) -> pl.DataFrame:
    """``MOVED`` of accounts whose ``person_id`` is another one now."""
    return (
        joined.filter(pl.col("person_id") != pl.col("person_id_now"))
        .select(
            pl.col("person_id").alias("earlier_id"),
            pl.col("person_id_now").alias("person_id"),
            pl.lit(change).alias("change"),
        )
        .unique()
    )


def named_first(
    first: pl.DataFrame, natural: pl.DataFrame, ids: pl.DataFrame, affected: pl.Series
) -> pl.DataFrame:
    """product, account_id, person_id of the *affected* who are named by their own first account.

    By product and account_id.

    Args:
        first: person, product, account_id of everybody's first account, and its ``place`` by
            product and account_id.
        natural: person, person_id by that account, in the same order.
        ids: person, person_id as borne, in the same order.
        affected: places of affected people in that order.
    """
    ordered = affected.gather(first["place"].gather(affected).arg_sort())
    borne = ids["person_id"].gather(ordered)
    return pl.DataFrame(
        [
            first["product"].gather(ordered).cast(pl.String),
            first["account_id"].gather(ordered),
            borne,
        ]
    ).filter(borne == natural["person_id"].gather(ordered))
