"""The names of an earlier run, read for the next one: what :mod:`identity` works on."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from amends.linkage import identity, store
from amends.linkage.identity import MOVED, NAMES
from amends.linkage.model import Determination
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What an earlier run leaves: name-givers, who bears each id now, accounts and their people.

    ``earlier``: product, account_id, person_id of accounts of people who were ever affected.
    ``one``: earlier_id, person_id of those who are one with somebody else.
    """

    names: pl.DataFrame
    bearers: pl.DataFrame
    earlier: pl.DataFrame
    one: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``names``: all name-givers, those of this run too. ``moved``: who was merged or split."""

    names: pl.DataFrame
    moved: pl.DataFrame


def before(opened: OpenCase, folder: Path | None, accounts: pl.DataFrame) -> Before:
    """What the run in *folder* leaves; nothing before the first run.

    *accounts*: product, account_id of the accounts that there are now.
    """
    names_path = None if folder is None else folder / "names.parquet"
    if folder is None or names_path is None or not names_path.exists():
        nothing = pl.DataFrame(schema=NAMES)
        one = pl.DataFrame(schema=MOVED).drop("change")
        return Before(names=nothing, bearers=nothing, earlier=nothing.drop("first_run"), one=one)
    names = pl.DataFrame(opened.vault.read_parquet(names_path)).cast(NAMES)
    columns = ["product", "account_id", "person_id"]
    owners = pl.DataFrame(opened.vault.read_parquet(folder / "accounts.parquet", columns))
    earlier = owners.join(names.select("person_id"), on="person_id", how="semi")
    there = accounts.select(pl.col("product").cast(pl.String), "account_id")
    bearers = identity.bearers(names, earlier, there)
    with opened.database.reading() as connection:
        one = store.merged(connection)
    return Before(names=names, bearers=bearers, earlier=earlier, one=one)


def names(
    first: pl.DataFrame,
    natural: pl.DataFrame,
    ids: pl.DataFrame,
    found: Determination,
    earlier: Before,
    run_no: int,
) -> Names:
    """Name-givers after a run, and what happened to earlier people.

    Args:
        first: person, product, account_id, place of everybody's first account, by person_id as
            borne.
        natural: person, person_id by that account, in the same order.
        ids: person, person_id as borne, in the same order.
        found: what the run found.
        earlier: of the run before.
        run_no: of this run.
    """
    new = identity.named_first(first, natural, ids, found.affected["person"])
    moved = pl.DataFrame(schema=MOVED)
    if earlier.names.height:
        now = found.accounts_in_full(found.accounts).select(
            pl.col("product").cast(pl.String), "account_id", "person_id"
        )
        moved = identity.moves(now, earlier.bearers, earlier.earlier, earlier.one)
    return Names(names=identity.with_new(earlier.names, new, run_no), moved=moved)
