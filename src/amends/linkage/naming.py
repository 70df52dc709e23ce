"""The names of an earlier run, read for the next one: what :mod:`identity` works on."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from amends.linkage import identity, store
from amends.linkage.compiled.lookups import Places
from amends.linkage.dictionaries import Dictionary, whole
from amends.linkage.identity import MOVED, NAMES, Before
from amends.linkage.model import Determination
from amends.linkage.registered import Registered
from amends.linkage.weighing.records import Codes
from amends.vault.opened import OpenCase

_ACCOUNT: Final = ("product", "account_id")
_SLICE: Final = 131_072
_NAMED: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """``names``: all name-givers, those of this run too, some at a time.

    ``moved``: who was merged or split.

    ``dropped``: how many people of the run before are affected no more, under no name.
    """

    names: Iterator[pl.DataFrame]
    moved: pl.DataFrame
    dropped: int


def before(
    opened: OpenCase,
    folder: Path | None,
    accounts: Registered,
    order: Places,
    seeds: tuple[int, int],
) -> Before:
    """What the run in *folder* leaves; nothing before the first run.

    Args:
        opened: the case.
        folder: where the files of that run lie.
        accounts: those that there are now.
        order: these by product and account_id.
        seeds: of the hashes by which texts are told apart.
    """
    nobody = np.zeros(0, dtype=np.int32)
    names_path = None if folder is None else folder / "names.parquet"
    if folder is None or names_path is None or not names_path.exists():
        names, one = pl.DataFrame(schema=NAMES), pl.DataFrame(schema=MOVED).drop("change")
        return Before(
            names=names,
            bearers=nobody.astype(np.int64),
            name=nobody,
            account=nobody,
            affected=nobody,
            one=one,
        )
    names = pl.DataFrame(opened.vault.read_parquet(names_path)).cast(NAMES)
    people, owned = _owned(opened, folder)
    secret = np.array(seeds, dtype=np.uint64)
    ids, known = Dictionary(secret), Dictionary(secret)
    ids.numbers(names["person_id"])
    borne = ids.numbers(people["person_id"])[0]
    for part in accounts.parts():
        _numbers(known, part)
    givers = _numbers(known, names).astype(np.int64)
    givers[givers >= accounts.height] = -1
    parts = [(nobody, nobody)]
    for part in owned:
        name, account = borne[part["person"].to_numpy()], _numbers(known, part)
        still = (name < names.height) & (account < accounts.height)
        parts.append((name[still], account[still]))
    name, account = (np.concatenate(some) for some in zip(*parts, strict=True))
    with opened.database.reading() as connection:
        one = store.merged(connection)
    return Before(
        names=names,
        bearers=identity.bearers(givers, name, account, order),
        name=name,
        account=account,
        affected=borne[people["affected"].to_numpy()],
        one=one,
    )


def _owned(opened: OpenCase, folder: Path) -> tuple[pl.DataFrame, Iterator[pl.DataFrame]]:
    """The people of a run (person_id, affected), and whose of them its accounts were (person)."""
    people, accounts = (folder / f"{name}.parquet" for name in ("people", "accounts"))
    if people.exists():
        parts = opened.vault.iter_parquet(accounts, [*_ACCOUNT, "person"])
        return pl.DataFrame(opened.vault.read_parquet(people)), map(pl.DataFrame, parts)
    return _owned_by_name(opened, pl.DataFrame(opened.vault.read_parquet(accounts)))


def _owned_by_name(
    opened: OpenCase, accounts: pl.DataFrame
) -> tuple[pl.DataFrame, Iterator[pl.DataFrame]]:
    """The same of *accounts* as earlier versions wrote them: with person_id."""
    with opened.database.reading() as connection:
        affected = store.affected(connection, ["person_id"])["person_id"]
    people = accounts.select(pl.col("person_id").unique()).with_columns(
        pl.col("person_id").is_in(affected.implode()).alias("affected")
    )
    return people, accounts.join(people.with_row_index("person"), on="person_id").iter_slices(
        _SLICE
    )


def _numbers(known: Dictionary, accounts: pl.DataFrame) -> Codes:
    """The accounts' numbers; those that were not *known* before are from now on."""
    return known.numbers(whole(accounts.select(pl.col(_ACCOUNT).cast(pl.String))))[0]


def _slices(people: pl.Series) -> Iterator[pl.Series]:
    """*people* some at a time; once at least."""
    return (people[at : at + _NAMED] for at in range(0, max(len(people), 1), _NAMED))


def names(
    first: pl.DataFrame,
    ids: pl.DataFrame,
    found: Determination,
    earlier: Before,
    run_no: int,
) -> Names:
    """Name-givers after a run, and what happened to earlier people.

    Args:
        first: person, and account and place of everybody's first account, by person_id as borne.
        ids: person, person_id as borne, its place among the earlier names, in the same order.
        found: what the run found.
        earlier: of the run before.
        run_no: of this run.
    """
    affected = found.affected["person"]
    new = identity.unnamed(first, ids, affected)
    moved = identity.moves(found.owner.to_numpy(), ids, earlier)
    return Names(
        names=(
            identity.with_new(
                earlier.names, identity.named_first(first, found.accounts, ids, some), run_no
            )
            for some in ([new] if earlier.names.height else _slices(new))
        ),
        moved=moved,
        dropped=identity.dropped(ids["name"].gather(affected), moved, earlier),
    )
