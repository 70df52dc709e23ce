"""Who keeps which name when a case is determined again. Pure.

The rule. Every person id is the keyed function of one account, its *name-giver*. Whoever was once
affected keeps a name: the person who holds the name-giver of an earlier id bears that id. A person
who holds several (two were found to be one) bears the one that was affected first, then the one
whose name-giver comes first by product and account id. Of a person who is parted, the part that
holds the name-giver keeps the id; the others are named by name-givers of their own. If a name-giver
has left the registries, the first account that is left of that person stands for it.

So an id never means two people of one run, and never returns for somebody else.

Accounts are their places among all accounts here, and earlier ids their places among all names.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from amends.linkage.assign import Ints
from amends.linkage.compiled.lookups import Places
from amends.linkage.registered import Registered
from amends.linkage.weighing.records import Codes

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What earlier runs leave.

    ``names``: ``NAMES``, by product, account_id and first run. ``bearers``: per name the account
    that bears it now, -1 where none is left. ``name`` and ``account``: which names the accounts
    bore that are still there. ``affected``: the names of those who were affected in the run before.
    ``one``: earlier_id, person_id of those who were one with somebody else until now.
    """

    names: pl.DataFrame
    bearers: Ints
    name: Codes
    account: Codes
    affected: Codes
    one: pl.DataFrame


def bearers(givers: Ints, name: Codes, account: Codes, order: Places) -> Ints:
    """Per name the account that bears it now; -1 where none is left.

    Args:
        givers: per name its name-giver; -1 where that has left.
        name: the names that accounts bore in the run before.
        account: these accounts.
        order: the accounts by product and account_id.
    """
    orphaned = givers[name] < 0
    if not orphaned.any():
        return givers
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    first = np.full(len(givers), len(order), dtype=np.int64)
    np.minimum.at(first, name[orphaned], rank[account[orphaned]])
    left = np.flatnonzero(first < len(order))
    found = givers.copy()
    found[left] = order[first[left]]
    return found


def keep_names(person: Places, natural: pl.DataFrame, before: Before) -> pl.DataFrame:
    """person, person_id and ``name`` of everybody, by the rule above.

    ``name``: the place of the id among the earlier ones; null where it is none of them.

    Args:
        person: per account its person.
        natural: person, person_id by the person's own first account.
        before: what earlier runs leave.
    """
    borne = np.flatnonzero(before.bearers >= 0)
    first = (
        before.names.select("first_run", pl.int_range(pl.len(), dtype=pl.Int64).alias("name"))[
            borne
        ]
        .with_columns(pl.Series("person", person[before.bearers[borne]], dtype=pl.Int64))
        .sort("first_run", "name")
        .unique("person", keep="first", maintain_order=True)
    )
    borne_by = np.full(len(person), -1, dtype=np.int32)
    borne_by[first["person"].to_numpy()] = first["name"].to_numpy()
    name = pl.Series("name", borne_by[natural["person"].to_numpy()])
    name = name.set(name < 0, None)
    kept = before.names["person_id"].gather(name)
    return natural.select("person", pl.coalesce(kept, "person_id").alias("person_id"), name)


def with_new(names: pl.DataFrame, new: pl.DataFrame, run_no: int) -> pl.DataFrame:
    """*names* and the name-givers of people who are affected for the first time.

    *names* are sorted by product, account_id and first run. *new*: product, account_id, person_id,
    sorted by product and account_id.
    """
    added = new.with_columns(pl.lit(run_no, pl.Int64).alias("first_run")).select(
        pl.col(column).cast(kind) for column, kind in NAMES.items()
    )
    if names.is_empty():
        return added
    key = pl.concat_str("product", "account_id", separator="\0").alias("key")
    both = names.with_columns(key).merge_sorted(added.with_columns(key), "key")
    return both.drop("key")


def moves(person: Ints, ids: pl.DataFrame, before: Before) -> pl.DataFrame:
    """Who was merged into whom, and who came out of whom: ``MOVED``, sorted.

    Args:
        person: per account the place of its person in *ids*.
        ids: person_id and ``name`` of everybody, as :func:`keep_names` says.
        before: what earlier runs leave.
    """
    borne = np.flatnonzero(before.bearers >= 0)
    merged = _other(borne, person[before.bearers[borne]], ids["name"])
    came = _other(before.name, person[before.account], ids["name"])
    came = came.join(merged, on=["name", "person"], how="anti")
    looked_at = ids if before.one.height else ids.clear()
    back = before.one.join(looked_at, left_on="earlier_id", right_on="person_id", how="semi")
    return (
        pl.concat(
            [
                _moved(merged, "merged", before.names, ids),
                _moved(came, "split", before.names, ids),
                back.select(
                    pl.col("person_id").alias("earlier_id"),
                    pl.col("earlier_id").alias("person_id"),
                    pl.lit("split").alias("change"),
                ),
            ]
        )
        .unique()
        .sort(MOVED.names())
    )


def _other(name: Ints | Codes, person: Ints, names: pl.Series) -> pl.DataFrame:
    """name, person: where a person who has what *name* stood for bears another one (*names*)."""
    both = pl.DataFrame({"name": name, "person": person}).cast(pl.Int64)
    return both.filter(names.gather(both["person"]).ne_missing(both["name"])).unique()


def _moved(
    pairs: pl.DataFrame, change: str, names: pl.DataFrame, ids: pl.DataFrame
) -> pl.DataFrame:
    """``MOVED`` of such *pairs*."""
    return pl.DataFrame(
        {
            "earlier_id": names["person_id"].gather(pairs["name"]),
            "person_id": ids["person_id"].gather(pairs["person"]),
        }
    ).with_columns(pl.lit(change).alias("change"))


def dropped(affected: pl.Series, moved: pl.DataFrame, before: Before) -> int:
    """How many people of the run before are affected no more, under no name.

    Args:
        affected: the earlier names that affected people bear, null for those who have none.
        moved: what became of the others, as :func:`moves` says.
        before: what earlier runs leave.
    """
    left = np.zeros(before.names.height, dtype=np.bool_)
    left[before.affected] = True
    left[affected.drop_nulls().to_numpy()] = False
    ids = before.names.filter(pl.Series(left)).select("person_id")
    merged = moved.filter(pl.col("change") == "merged")
    return ids.join(merged, left_on="person_id", right_on="earlier_id", how="anti").height


def unnamed(first: pl.DataFrame, ids: pl.DataFrame, affected: pl.Series) -> pl.Series:
    """The *affected* who have no earlier name, by product and account_id of their first account.

    Args:
        first: everybody's first ``account``, and its ``place`` by product and account_id.
        ids: what :func:`keep_names` says, in the same order.
        affected: places of affected people in that order.
    """
    some = affected.filter(ids["name"].gather(affected).is_null())
    return some.gather(first["place"].gather(some).arg_sort())


def named_first(
    first: pl.DataFrame, accounts: Registered, ids: pl.DataFrame, some: pl.Series
) -> pl.DataFrame:
    """product, account_id, person_id of *some* people, who are named by their own first account."""
    named = accounts.named(first["account"].gather(some))
    return named.with_columns(
        pl.col("product").cast(pl.String), ids["person_id"].gather(some).alias("person_id")
    )
