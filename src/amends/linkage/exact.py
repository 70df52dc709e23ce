"""What exact keys decide: which accounts are surely one person's, and which leaked rows are theirs.

A key (national number, mobile, mail address, device, and a user name where it behaves like a key)
joins the accounts that carry it, unless the key itself contradicts: a mobile seen with two national
numbers, or with names that do not fit each other, was recycled or is a family's, and then joins
only accounts of one name. The refusal is a property of the key, or of a whole component, never of
the order in which accounts come; so the same accounts make the same components, however they are
sorted and on however many threads. Every refusal is kept, with its reason and the accounts that it
keeps apart.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl

from amends.kernel.ahead import processors
from amends.linkage import keys, model, settings
from amends.linkage.compiled import entries, guards, joins, matching
from amends.linkage.compiled.components import (
    Nodes,
    of_components,
    of_marked,
    settle,
    settle_some,
    tie_all,
)
from amends.linkage.compiled.entries import Bytes, Integers, Places
from amends.linkage.compiled.groups import Groups, accounts_of, contradicting, group, note_bearers
from amends.linkage.compiled.guards import Flags, Verdict
from amends.linkage.compiled.strings import Spelled, Texts, spelled
from amends.linkage.keys import Side
from amends.linkage.shelf import Shelf

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
_NO_KIND: Final = 255
_ACCOUNT_BITS: Final = 32


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
        reasons = pl.Series([f"key:{kind}" for kind in KEYS], dtype=model.REASONS)
        return pl.DataFrame(
            {
                "record": found.astype(np.uint32),
                "component": self.owner[found].astype(np.uint32),
                "reason": reasons.gather(self.via[found]),
            }
        )


class PutAway:
    """What exact keys decide, with what is said of every account and row on a shelf."""

    def __init__(self, exact: Exact, shelf: Shelf) -> None:
        self.component, self.owner = shelf.put(exact.component), shelf.put(exact.owner)
        self._via, nobody = shelf.put(exact.via), exact.component[:0].copy()
        self._rest = replace(exact, component=nobody, owner=nobody, via=exact.via[:0].copy())

    def read(self) -> Exact:
        """All of it again."""
        return replace(
            self._rest,
            component=self.component.read(),
            owner=self.owner.read(),
            via=self._via.read(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    """Joins of one *kind* that were refused, and why each; no account is in two of them.

    The *accounts* that a join keeps apart stand together, *sizes* says how many they are.
    """

    kind: str
    reasons: pl.Series
    sizes: Integers
    accounts: Nodes


def decide(accounts: Side, leaked: Side, names: Texts) -> Exact:
    """Join accounts, and give leaked rows to them, by exact keys.

    A row with keys of two components that do not contradict each other joins them: it says that the
    nameless account with that device is the person's too.

    Args:
        accounts: in canonical order.
        leaked: in any order.
        names: the texts of both sides' names.
    """
    written = spelled(names)
    with ThreadPoolExecutor(processors()) as pool:
        groups, hits = _grouped(accounts, leaked, written, pool)
        portraits = _Portraits(accounts, written)
        component, torn = _join(accounts, groups, portraits)
        rows = _Rows(leaked, accounts.name, groups, hits, portraits, pool)
        component, unbridged = rows.match(component)
    refused = sorted([*_of_keys(groups), torn, *unbridged], key=lambda one: one.kind)
    return Exact(
        component=component,
        owner=rows.owner,
        via=rows.via,
        refused=_counted(refused),
        refusals=_refusals(refused),
    )


def _grouped(
    accounts: Side, leaked: Side, names: Spelled, pool: Executor
) -> tuple[dict[str, Groups], matching.Hits]:
    """Accounts by keys of each kind, every key judged; by kind, what rows have of these."""
    most = {kind: accounts.columns[kind].size for kind in KEYS}
    known_room = np.empty(max(most.values()), dtype=entries.ACCOUNT)
    room = np.empty(max(some.size for some in leaked.columns.values()), entries.ROW)
    hits = np.empty((len(KEYS), leaked.size), dtype=np.int32)
    groups: dict[str, Groups] = {}
    bearer = np.full(accounts.size, matching.NOBODY, dtype=np.int32)
    for rank, kind in enumerate(KEYS):
        bits = entries.bits_for(most[kind])
        known = entries.part_accounts(
            accounts.columns[kind], bits, accounts.name, bearer, known_room
        )
        rows = entries.part_rows(leaked.columns[kind], bits, room)
        hits[rank] = matching.NOBODY
        groups[kind] = group(
            known,
            rows,
            names,
            settings.KEY_MAX_ACCOUNTS,
            _least(kind),
            hits[rank],
            pool,
        )
        if kind == "idno":  # the first, so that all others are judged by it
            for some in accounts.columns[kind]:
                bearer[some.nodes] = some.nodes
            note_bearers(groups[kind], bearer)
        for side in (accounts, leaked):
            side.columns[kind].forget()
    if not trusted(groups["username"], accounts.name):
        del groups["username"]
    return groups, hits[: len(groups)]


def trusted(user_names: Groups, name: Nodes) -> bool:
    """Whether user names are one person's across products, as this case's own accounts show.

    Two products may give the same user name to two people. Where those that named accounts share
    stand with two national numbers or unlike names too often, or there are too few to see it, no
    user name joins anybody; the weighing still compares them.

    Args:
        user_names: judged groups.
        name: the number of each account's name, or -1.
    """
    shown, against = contradicting(user_names, name)
    enough = shown >= settings.USERNAME_SHOWN
    return enough and against <= settings.USERNAME_CONTRADICTS * shown


def _least(kind: str) -> float:
    """Names under one key of this kind that are less alike are two people's."""
    return settings.NUMBER_NAME_SIMILAR if kind == "idno" else settings.NAME_SIMILAR


class _Portraits:
    """What is known of components, each at its smallest account, and which of them contradict."""

    def __init__(self, accounts: Side, names: Spelled) -> None:
        self.names, self._accounts = names, accounts
        self.own = np.empty(accounts.size, dtype=guards.PORTRAIT)
        self.contradicts = np.zeros(accounts.size, dtype=np.bool_)
        self.lists: Nodes = np.zeros(0, dtype=np.int32)
        self.bounds: Places = np.zeros(1, dtype=np.int64)

    def draw(self, nodes: Nodes, component: Nodes) -> None:
        """Draw the components that have *nodes*, all of these rising, anew."""
        name, number = self._accounts.name, self._accounts.number
        mixed = guards.portray(nodes, component, name, number, self.own, self.contradicts)
        mixed = _together(mixed, component)
        owners, lists, beside, bounds = guards.distinct_names(
            mixed, component, name, number, len(self.bounds) - 1, self.own
        )
        guards.condemn(
            owners,
            lists,
            beside,
            bounds,
            self.names,
            settings.KEY_MAX_ACCOUNTS,
            settings.NAME_SIMILAR,
            self.contradicts,
        )
        self.bounds = np.concatenate([self.bounds, bounds[1:] + len(self.lists)])
        self.lists = np.concatenate([self.lists, lists])


def _join(
    accounts: Side, groups: Mapping[str, Groups], portraits: _Portraits
) -> tuple[Nodes, _Refused]:
    """Components of accounts, and those that were taken apart because they contradict."""
    whole = np.arange(accounts.size, dtype=np.int32)
    every = whole.copy()
    for one in groups.values():
        joins.tie_whole(one, accounts.name, accounts.number, whole)
    settle(whole)
    portraits.draw(every, whole)
    apart, safe = of_marked(whole, portraits.contradicts), every
    refused = _of_components("component", apart, whole)
    whole[apart] = matching.NOBODY
    for kind, one in groups.items():
        joins.tie_safe(one, accounts.name, accounts.number, kind == "idno", whole, safe)
    settle_some(safe, apart)
    whole[apart] = safe[apart]
    portraits.draw(apart, whole)
    return whole, refused


class _Rows:
    """Leaked rows: whose each may be by every kind of key, and whose it is."""

    def __init__(
        self,
        leaked: Side,
        name: Nodes,
        groups: Mapping[str, Groups],
        hits: matching.Hits,
        portraits: _Portraits,
        pool: Executor,
    ) -> None:
        self._leaked, self._name, self._size = leaked, name, leaked.size
        self._groups, self._hits, self._portraits, self._pool = groups, hits, portraits, pool
        self.owner = np.full(self._size, matching.NOBODY, dtype=np.int32)
        self.via = np.full(self._size, _NO_KIND, dtype=np.uint8)
        self._several = np.zeros(self._size, dtype=np.bool_)

    def match(self, component: Nodes) -> tuple[Nodes, list[_Refused]]:
        """Give rows to components, and join components that rows bridge.

        After that only rows with a key of accounts whose component has changed are gone through
        again.

        Returns:
            Components after that, and the joins that contradict.
        """
        self._follow(component)
        left = self._plainly_owned(np.arange(self._size, dtype=np.int32))
        bridges = self._owned(left, component, bridging=True)
        if not len(bridges):
            return component, []
        merged, changed, refused = _bridged(component, bridges, self._portraits)
        again = self._unsettled(left, changed)
        self.owner[self._several] = matching.SEVERAL
        matching.follow_again(again, self._hits, merged)
        self.owner[again], self.via[again] = matching.NOBODY, _NO_KIND
        self._owned(self._plainly_owned(again), merged, bridging=False)
        return merged, [refused]

    def _unsettled(self, left: Nodes, changed: Flags) -> Nodes:
        """The rows whose owner has *changed*; of those that were *left*, any that may have it."""
        again = matching.owned_by(self.owner, changed)
        for one, hits in zip(self._groups.values(), self._hits, strict=True):
            matching.note_changed(one, left, hits, changed, again)
        return np.flatnonzero(again).astype(np.int32)

    def _follow(self, component: Nodes) -> None:
        """Tell rows whose they may be by each kind of key."""
        for one, hits in zip(self._groups.values(), self._hits, strict=True):

            def follow(bounds: tuple[int, int], one: Groups = one, hits: Nodes = hits) -> None:
                matching.follow(hits, *bounds, component, one.whose)

            list(self._pool.map(follow, _shares(self._size)))

    def _plainly_owned(self, rows: Nodes) -> Nodes:
        """Find the owners of *rows* with one component; those that have several, or doubts."""

        def match(some: Nodes) -> Nodes:
            return matching.match_plain(
                some,
                self._hits,
                self._leaked.name,
                self._leaked.number,
                self._portraits.own,
                self.owner,
                self.via,
            )

        return np.concatenate(list(self._pool.map(match, np.array_split(rows, processors()))))

    def _owned(self, rows: Nodes, component: Nodes, *, bridging: bool) -> Nodes:
        """Find the owners of *rows*, or their bridges too: see :func:`matching.match`."""
        bridges: list[Nodes] = []
        leaked, portraits = self._leaked, self._portraits
        for rank, one in enumerate(self._groups.values()):

            def match(some: Nodes, rank: int = rank, one: Groups = one) -> Nodes:
                return matching.match(
                    one,
                    some,
                    self._hits[rank],
                    component,
                    leaked.name,
                    leaked.number,
                    self._name,
                    portraits.own,
                    portraits.lists,
                    portraits.bounds,
                    portraits.names,
                    rank,
                    _least(KEYS[rank]),
                    self.owner,
                    self.via,
                    self._several,
                    bridging,
                )

            bridges.extend(self._pool.map(match, np.array_split(rows, processors())))
        return np.concatenate(bridges)


def _shares(size: int) -> list[tuple[int, int]]:
    """About as much for each processor: from where, to where."""
    return list(pairwise(np.linspace(0, size, processors() + 1).astype(np.int64).tolist()))


def _bridged(
    component: Nodes, bridges: Nodes, portraits: _Portraits
) -> tuple[Nodes, Flags, _Refused]:
    """Components joined by *bridges*, which accounts' have changed, and joins that contradict."""
    left, right = bridges[::2].copy(), bridges[1::2].copy()
    merged = component.copy()
    tie_all(merged, left, right)
    accounts = of_components(component, np.concatenate([left, right]))
    settle_some(merged, accounts)
    changed = np.zeros(len(component), dtype=np.bool_)
    changed[accounts] = True
    portraits.draw(accounts, merged)
    apart = accounts[portraits.contradicts[merged[accounts]]]
    refused = _of_components("bridge", apart[component[apart] == apart], merged)
    merged[apart], changed[apart] = component[apart], False
    portraits.draw(apart, merged)
    return merged, changed, refused


def _of_keys(groups: Mapping[str, Groups]) -> Iterator[_Refused]:
    """The keys that were refused."""
    for kind, one in groups.items():
        refused = np.flatnonzero(one.verdicts > Verdict.GOOD)
        reasons = pl.Series(one.verdicts[refused]).replace_strict(
            {int(verdict): reason for verdict, reason in REASONS.items()}, return_dtype=pl.String
        )
        sizes = one.ends[refused] - one.begins[refused]
        accounts = accounts_of(one, refused)
        yield _Refused(kind=kind, reasons=reasons, sizes=sizes, accounts=accounts)


def _of_components(kind: str, parts: Nodes, component: Nodes) -> _Refused:
    """Components that contradict: the *parts* that they were made of."""
    parts = _together(parts, component)
    _, sizes = np.unique(component[parts], return_counts=True)
    reasons = pl.Series(["contradicts"], dtype=pl.String).new_from_index(0, len(sizes))
    return _Refused(kind=kind, reasons=reasons, sizes=sizes, accounts=parts)


def _together(nodes: Nodes, component: Nodes) -> Nodes:
    """*nodes* component by component, rising in each."""
    both = component[nodes].astype(np.int64) << _ACCOUNT_BITS | nodes
    both.sort()
    return both.astype(np.int32)  # the lower half


def _refusals(every: list[_Refused]) -> pl.DataFrame:
    """All refusals in one order: by kind, reason, and the accounts that each keeps apart."""
    frames, before = [pl.DataFrame(schema=REFUSALS)], 0
    for one in every:
        if not len(one.sizes):
            continue
        smallest = np.minimum.reduceat(one.accounts, np.cumsum(one.sizes) - one.sizes)
        ranked = pl.DataFrame({"reason": one.reasons, "smallest": smallest}).with_row_index()
        order = ranked.sort("reason", "smallest")["index"].to_numpy()
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        both = np.sort(np.repeat(place, one.sizes) << _ACCOUNT_BITS | one.accounts)
        each = both >> _ACCOUNT_BITS
        frames.append(
            pl.DataFrame(
                {
                    "refusal": each + before,
                    "kind": pl.Series([one.kind], dtype=pl.String).new_from_index(0, len(each)),
                    "reason": one.reasons.gather(order).gather(each),
                    "accounts": one.sizes[order][each].astype(np.int64),
                    "account": both & ((1 << _ACCOUNT_BITS) - 1),
                }
            )
        )
        before += len(order)
    return pl.concat(frames)


def _counted(every: list[_Refused]) -> dict[str, int]:
    """How many joins were refused, by kind and reason; of a bridge one less than its parts."""
    counts: dict[str, int] = {}
    for one in every:
        joins = one.sizes - 1 if one.kind == "bridge" else np.ones(len(one.sizes), dtype=np.int64)
        for reason in one.reasons.unique().sort():
            of_reason = (one.reasons == reason).to_numpy()
            counts[f"{one.kind}_{reason}"] = int(joins[of_reason].sum())
    return counts
