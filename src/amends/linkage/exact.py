"""What exact keys decide: which accounts are surely one person's, and which leaked rows are theirs.

A key (national number, mobile, mail address, device, and a user name where it behaves like a key)
joins the accounts that carry it, unless the key itself contradicts: a mobile seen with two national
numbers, or with names that do not fit each other, was recycled or is a family's, and then joins
only accounts of one name. The refusal is a
property of the key, or of a whole component, never of the order in which accounts come; so the
same accounts make the same components, however they are sorted and on however many threads. Every
refusal is kept, with its reason and the accounts that it keeps apart.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from amends.linkage import keys, settings
from amends.linkage.compiled import guards, matching
from amends.linkage.compiled.components import Nodes, settle, tie_all
from amends.linkage.compiled.groups import Bytes, Groups, Places, group
from amends.linkage.compiled.guards import Verdict
from amends.linkage.compiled.parsing import Integers
from amends.linkage.compiled.strings import CodePoints, Texts, sorted_tokens
from amends.linkage.keys import Column, Side

KEYS: Final = keys.KEYS
"""Exact keys, strongest first."""

REASONS: Final = {
    Verdict.TOO_MANY: "on_too_many_accounts",
    Verdict.NUMBERS: "with_several_numbers",
    Verdict.NAMES: "with_unlike_names",
}
REFUSALS: Final = {
    "refusal": pl.Int64,
    "kind": pl.String,
    "reason": pl.String,
    "accounts": pl.Int64,
    "account": pl.Int64,
}
_WORKERS: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact:
    """``component``: per account its component's smallest account.

    ``owner``: per leaked row a component, or :data:`~amends.linkage.compiled.matching.NOBODY`, or
    ``SEVERAL``; ``via``: the place in ``KEYS`` of the strongest key that says so.
    ``refused``: how many joins were refused, by kind and reason.
    ``refusals``: the accounts that each refused join keeps apart: ``refusal`` (from 0), ``kind``
    of key (or ``component``, ``bridge``), ``reason``, ``accounts`` (how many), ``account``.
    """

    component: Nodes
    owner: Nodes
    via: Bytes
    refused: Mapping[str, int]
    refusals: pl.DataFrame

    def matched(self) -> pl.DataFrame:
        """``record``, ``component``, ``reason`` (the strongest key) of rows that have an owner."""
        found = np.flatnonzero(self.owner >= 0)
        reasons = pl.Series([f"key:{kind}" for kind in KEYS], dtype=pl.String)
        return pl.DataFrame(
            {
                "record": found.astype(np.int64),
                "component": self.owner[found].astype(np.int64),
                "reason": reasons.gather(self.via[found]),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """Accounts and, after them, leaked rows, with their names' texts."""

    accounts: int
    name: Nodes
    number: Integers
    codepoints: CodePoints
    by_parts: CodePoints
    offsets: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Portraits:
    """What is known of components, each at its smallest account; lists of several names."""

    names: Nodes
    numbers: Integers
    states: Bytes
    slots: Nodes
    lists: Nodes
    bounds: Places


def decide(accounts: Side, leaked: Side, names: Texts) -> Exact:
    """Join accounts, and give leaked rows to them, by exact keys.

    A row with keys of two components that do not contradict each other joins them: it says that the
    nameless account with that device is the person's too.

    Args:
        accounts: in canonical order.
        leaked: in any order.
        names: the texts of both sides' names.
    """
    world = _World(
        accounts=accounts.size,
        name=np.concatenate([accounts.name, leaked.name]),
        number=np.concatenate([accounts.number, leaked.number]),
        codepoints=names.codepoints,
        by_parts=sorted_tokens(names.codepoints, names.offsets),
        offsets=names.offsets,
    )
    with ThreadPoolExecutor(_WORKERS) as pool:
        groups = {
            kind: _grouped(world, kind, accounts.columns[kind], leaked.columns[kind], pool)
            for kind in KEYS
        }
        if not trusted(groups["username"], world.name, world.accounts):
            del groups["username"]
        component, contradicting = _join(world, groups)
        component, unbridged = _bridge(world, groups, component, pool)
        owner, via, _ = _match(world, groups, component, pool, bridging=False)
    refusals = _refusals([*_of_keys(world, groups), *contradicting, *unbridged])
    return Exact(
        component=component,
        owner=owner,
        via=via,
        refused=_counted(refusals),
        refusals=refusals,
    )


def _grouped(world: _World, kind: str, accounts: Column, leaked: Column, pool: Executor) -> Groups:
    """Accounts and rows by their keys of one kind, each key judged."""
    nodes = np.concatenate([accounts.nodes, leaked.nodes + np.int32(world.accounts)])
    groups = group(
        np.concatenate([accounts.keys, leaked.keys]),
        np.concatenate([accounts.checks, leaked.checks]),
        nodes,
        world.accounts,
        pool,
    )

    def judge(share: tuple[int, int]) -> None:
        guards.judge(
            groups.members,
            groups.opens,
            groups.starts,
            groups.ends,
            *share,
            world.accounts,
            world.name,
            world.number,
            world.codepoints,
            world.by_parts,
            world.offsets,
            settings.KEY_MAX_ACCOUNTS,
            _least(kind),
        )

    list(pool.map(judge, groups.shares(_WORKERS)))
    return groups


def trusted(user_names: Groups, name: Nodes, accounts: int) -> bool:
    """Whether user names are one person's across products, as this case's own accounts show.

    Two products may give the same user name to two people. Where those that named accounts share
    stand with two national numbers or unlike names too often, or there are too few to see it, no
    user name joins anybody; the weighing still compares them.

    Args:
        user_names: judged groups.
        name: the number of each node's name, or -1.
        accounts: nodes below it are accounts.
    """
    within = [slice(*bounds) for bounds in zip(user_names.starts, user_names.ends, strict=True)]
    if not within:
        return False
    members = np.concatenate([user_names.members[part] for part in within])
    opens = np.concatenate([user_names.opens[part] for part in within])
    begins = np.flatnonzero(opens)
    if not len(begins):
        return False
    named = (members < accounts) & (name[members] >= 0)
    shown = np.add.reduceat(named, begins, dtype=np.int64) > 1
    against = shown & np.isin(opens[begins], (Verdict.NUMBERS, Verdict.NAMES))
    enough = int(shown.sum()) >= settings.USERNAME_SHOWN
    return enough and int(against.sum()) <= settings.USERNAME_CONTRADICTS * int(shown.sum())


def _least(kind: str) -> float:
    """Names under one key of this kind that are less alike are two people's."""
    return settings.NUMBER_NAME_SIMILAR if kind == "idno" else settings.NAME_SIMILAR


def _join(world: _World, groups: Mapping[str, Groups]) -> tuple[Nodes, list[pl.DataFrame]]:
    """Components of accounts, and those that were taken apart because they contradict."""
    safe = np.arange(world.accounts, dtype=np.int32)
    for kind, one in groups.items():
        guards.tie_safe(
            one.members,
            one.opens,
            one.starts,
            one.ends,
            world.accounts,
            world.name,
            world.number,
            kind == "idno",
            safe,
        )
    settle(safe)
    whole = safe.copy()
    for kind, one in groups.items():
        if kind != "idno":
            guards.tie_plain(one.members, one.opens, one.starts, one.ends, world.accounts, whole)
    settle(whole)
    states = _portraits(world, whole).states
    return guards.undone(safe, whole, states), _of_components(whole, states, "component")


def _bridge(
    world: _World, groups: Mapping[str, Groups], component: Nodes, pool: Executor
) -> tuple[Nodes, list[pl.DataFrame]]:
    """Components after leaked rows have joined some, and the joins that contradict."""
    _, _, pairs = _match(world, groups, component, pool, bridging=True)
    if not len(pairs):
        return component, []
    merged = component.copy()
    tie_all(merged, pairs[::2].copy(), pairs[1::2].copy())
    settle(merged)
    several = np.zeros(world.accounts, dtype=np.bool_)
    parts = np.flatnonzero(component == np.arange(world.accounts))
    several[merged[parts[merged[parts] != parts]]] = True
    states = np.where(several, _portraits(world, merged).states, 0).astype(np.uint8)
    refused = _of_components(merged, states, "bridge", parts)
    return guards.undone(component, merged, states), refused


def _match(
    world: _World,
    groups: Mapping[str, Groups],
    component: Nodes,
    pool: Executor,
    *,
    bridging: bool,
) -> tuple[Nodes, Bytes, Nodes]:
    """Every row's owner and by which kind; or, when *bridging*, pairs that rows have keys of."""
    portraits = _portraits(world, component)
    rows = len(world.name) - world.accounts
    owner = np.full(rows, matching.NOBODY, dtype=np.int32)
    via = np.full(rows, 255, dtype=np.uint8)
    pairs = [np.zeros(0, dtype=np.int32)]
    for kind, one in groups.items():
        rank = KEYS.index(kind)

        def match(
            share: tuple[int, int],
            one: Groups = one,
            rank: int = rank,
            least: float = _least(kind),
        ) -> Nodes:
            return matching.match(
                one.members,
                one.opens,
                one.starts,
                one.ends,
                *share,
                component,
                world.name,
                world.number,
                portraits.names,
                portraits.numbers,
                portraits.states,
                portraits.slots,
                portraits.lists,
                portraits.bounds,
                world.codepoints,
                world.by_parts,
                world.offsets,
                rank,
                least,
                owner,
                via,
                bridging,
            )

        pairs.extend(pool.map(match, one.shares(_WORKERS)))
    return owner, via, np.concatenate(pairs)


def _portraits(world: _World, component: Nodes) -> _Portraits:
    """What is known of every component, and which of them contradict themselves."""
    size = world.accounts
    names, numbers = np.empty(size, dtype=np.int32), np.empty(size, dtype=np.int64)
    states, slots = np.empty(size, dtype=np.uint8), np.full(size, -1, dtype=np.int32)
    total = guards.portraits(component, world.name, world.number, names, numbers, states)
    members = guards.mixed_members(component, states, total)
    members = members[np.argsort(component[members], kind="stable")]
    lists, beside, bounds = guards.distinct_names(
        members, component, world.name, world.number, slots
    )
    owners = np.flatnonzero(slots >= 0).astype(np.int32)  # lists are in their order
    guards.condemn(
        owners,
        lists,
        beside,
        bounds,
        world.codepoints,
        world.by_parts,
        world.offsets,
        settings.KEY_MAX_ACCOUNTS,
        settings.NAME_SIMILAR,
        states,
    )
    return _Portraits(
        names=names, numbers=numbers, states=states, slots=slots, lists=lists, bounds=bounds
    )


def _of_keys(world: _World, groups: Mapping[str, Groups]) -> Iterator[pl.DataFrame]:
    """``kind``, ``reason``, ``of`` (its smallest account), ``account`` of refused keys."""
    for kind, one in groups.items():
        starts = np.flatnonzero(one.opens >= Verdict.TOO_MANY)
        sizes, accounts = guards.accounts_of(
            one.members, one.opens, starts, one.ends, one.starts, world.accounts
        )
        yield _listed(
            kind,
            pl.Series(one.opens[starts]).replace_strict(
                {int(verdict): reason for verdict, reason in REASONS.items()},
                return_dtype=pl.String,
            ),
            sizes,
            accounts,
        )


def _of_components(
    component: Nodes, states: Bytes, kind: str, parts: Places | None = None
) -> list[pl.DataFrame]:
    """The same of components that contradict: their accounts, or the *parts* they are made of."""
    some = np.arange(len(component)) if parts is None else parts
    some = some[states[component[some]] & guards.CONTRADICTS != 0]
    some = some[np.argsort(component[some], kind="stable")]
    _, sizes = np.unique(component[some], return_counts=True)
    reasons = pl.Series(["contradicts"], dtype=pl.String).new_from_index(0, len(sizes))
    return [_listed(kind, reasons, sizes, some)]


def _listed(kind: str, reasons: pl.Series, sizes: Places, accounts: Nodes) -> pl.DataFrame:
    """A row per refusal and account; *accounts* of one refusal after those of another."""
    each = pl.Series(np.repeat(np.arange(len(sizes)), sizes), dtype=pl.Int64)
    return pl.DataFrame(
        {
            "kind": pl.Series([kind], dtype=pl.String).new_from_index(0, len(each)),
            "reason": reasons.gather(each),
            "at": each,
            "account": pl.Series(accounts, dtype=pl.Int64),
        }
    )


def _refusals(listed: list[pl.DataFrame]) -> pl.DataFrame:
    """All refusals in one order: by kind, reason, and the accounts that each keeps apart."""
    every = pl.concat(listed)
    by = ["kind", "reason", "at"]
    each = (
        every.group_by(by)
        .agg(pl.len().cast(pl.Int64).alias("accounts"), pl.col("account").sort())
        .sort("kind", "reason", "account")
        .with_row_index("refusal")
    )
    return each.explode("account").select(
        pl.col(column).cast(kind) for column, kind in REFUSALS.items()
    )


def _counted(refusals: pl.DataFrame) -> dict[str, int]:
    """How many joins were refused, by kind and reason; of a bridge one less than its parts."""
    joins = pl.when(pl.col("kind") == "bridge").then(pl.col("accounts") - 1).otherwise(1).sum()
    counts = (
        refusals.unique("refusal")
        .group_by(pl.col("kind") + "_" + pl.col("reason"))
        .agg(joins.alias("joins"))
        .sort("kind")
    )
    return dict(counts.iter_rows())
