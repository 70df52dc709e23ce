"""What exact keys decide: which accounts are surely one person's, and which leaked rows are theirs.

A key (national number, mobile, mail address, device, and a user name where it behaves like a key)
joins the accounts that carry it, unless the key itself contradicts: a mobile seen with two national
numbers, or with names that do not fit each other, was recycled or is a family's, and then joins
only accounts of one name. The refusal is a property of the key, or of a whole component, never of
the order in which accounts come; so the same accounts make the same components, however they are
sorted and on however many threads. Every refusal is kept, with its reason and the accounts that it
keeps apart.
"""

from collections.abc import Iterator, Mapping, Sequence
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
from amends.linkage.shelf import Kept, Shelf

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
_ROWS_AT_ONCE: Final = 4_000_000


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


def decide(accounts: Side, leaked: Side, names: Texts, shelf: Shelf | None = None) -> Exact:
    """Join accounts, and give leaked rows to them, by exact keys.

    A row with keys of two components that do not contradict each other joins them: it says that the
    nameless account with that device is the person's too.

    Args:
        accounts: in canonical order.
        leaked: in any order.
        names: the texts of both sides' names.
        shelf: where is put what is said of every row; without it that stays in memory.
    """
    written = spelled(names)
    with ThreadPoolExecutor(processors()) as pool:
        groups, hits = _grouped(accounts, leaked, written, pool, shelf or Shelf())
        portraits = _Portraits(accounts, written)
        component, torn = _join(groups, portraits)
        rows = _Rows(leaked, groups, hits, portraits, pool)
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
    accounts: Side, leaked: Side, names: Spelled, pool: Executor, shelf: Shelf
) -> tuple[dict[str, Groups], list[Kept[np.int32]]]:
    """Accounts by keys of each kind, every key judged; by kind, what rows have of these."""
    name = accounts.name.read()
    most = {kind: accounts.columns[kind].size for kind in KEYS}
    known_room = np.empty(max(most.values()), dtype=entries.ACCOUNT)
    room = np.empty(max(some.size for some in leaked.columns.values()), entries.ROW)
    hits: list[Kept[np.int32]] = []
    groups: dict[str, Groups] = {}
    bearer = np.full(accounts.size, matching.NOBODY, dtype=np.int32)
    for kind in KEYS:
        bits = entries.bits_for(most[kind])
        known = entries.part_accounts(accounts.columns[kind], bits, name, bearer, known_room)
        rows = entries.part_rows(leaked.columns[kind], bits, room)
        said = np.full(leaked.size, matching.NOBODY, dtype=np.int32)
        groups[kind] = group(
            known,
            rows,
            names,
            settings.KEY_MAX_ACCOUNTS,
            _least(kind),
            said,
            pool,
        )
        hits.append(shelf.put(said))
        if kind == "idno":  # the first, so that all others are judged by it
            for some in accounts.columns[kind]:
                bearer[some.nodes] = some.nodes
            note_bearers(groups[kind], bearer)
        for side in (accounts, leaked):
            side.columns[kind].forget()
    if not trusted(groups["username"], name):
        del groups["username"]
        hits.pop().forget()
    return groups, hits


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
        self.names, self.name, self.number = names, accounts.name.read(), accounts.number.read()
        self.own = np.empty(accounts.size, dtype=guards.PORTRAIT)
        self.contradicts = np.zeros(accounts.size, dtype=np.bool_)
        self.lists: Nodes = np.zeros(0, dtype=np.int32)
        self.bounds: Places = np.zeros(1, dtype=np.int64)

    def draw(self, nodes: Nodes, component: Nodes) -> None:
        """Draw the components that have *nodes*, all of these rising, anew."""
        name, number = self.name, self.number
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


def _join(groups: Mapping[str, Groups], portraits: _Portraits) -> tuple[Nodes, _Refused]:
    """Components of accounts, and those that were taken apart because they contradict."""
    name, number = portraits.name, portraits.number
    whole = np.arange(len(name), dtype=np.int32)
    every = whole.copy()
    for one in groups.values():
        joins.tie_whole(one, name, number, whole)
    settle(whole)
    portraits.draw(every, whole)
    apart, safe = of_marked(whole, portraits.contradicts), every
    refused = _of_components("component", apart, whole)
    whole[apart] = matching.NOBODY
    for kind, one in groups.items():
        joins.tie_safe(one, name, number, kind == "idno", whole, safe)
    settle_some(safe, apart)
    whole[apart] = safe[apart]
    portraits.draw(apart, whole)
    return whole, refused


@dataclass(frozen=True, slots=True, kw_only=True)
class _Some:
    """Some leaked *rows*: their hits by kind of key, names and numbers, and whose each is."""

    rows: Nodes
    hits: matching.Hits
    name: Nodes
    number: Integers
    owner: Nodes
    via: Bytes

    def at(self, places: Nodes) -> "_Some":
        """Only those at these *places*."""
        return _Some(
            rows=self.rows[places],
            hits=np.ascontiguousarray(self.hits[:, places]),
            name=self.name[places],
            number=self.number[places],
            owner=self.owner[places],
            via=self.via[places],
        )


def _together_again(parts: Sequence[_Some]) -> _Some:
    """The rows of all *parts*."""
    return _Some(
        rows=np.concatenate([one.rows for one in parts]),
        hits=np.concatenate([one.hits for one in parts], axis=1),
        name=np.concatenate([one.name for one in parts]),
        number=np.concatenate([one.number for one in parts]),
        owner=np.concatenate([one.owner for one in parts]),
        via=np.concatenate([one.via for one in parts]),
    )


class _Rows:
    """Leaked rows: whose each may be by every kind of key, and whose it is.

    What is said of all of them lies on the shelf: they are gone through some at a time, and kept
    are only those that are not plainly somebody's.
    """

    def __init__(
        self,
        leaked: Side,
        groups: Mapping[str, Groups],
        hits: Sequence[Kept[np.int32]],
        portraits: _Portraits,
        pool: Executor,
    ) -> None:
        self._leaked, self._size = leaked, leaked.size
        self._groups, self._hits, self._portraits, self._pool = groups, hits, portraits, pool
        self.owner = np.full(self._size, matching.NOBODY, dtype=np.int32)
        self.via = np.full(self._size, _NO_KIND, dtype=np.uint8)

    def match(self, component: Nodes) -> tuple[Nodes, list[_Refused]]:
        """Give rows to components, and join components that rows bridge.

        After that only rows with a key of accounts whose component has changed are gone through
        again.

        Returns:
            Components after that, and the joins that contradict.
        """
        left = self._plainly_owned(None, component)
        several = np.zeros(len(left.rows), dtype=np.bool_)
        bridges = self._owned(left, component, several, bridging=True)
        self._note(left)
        if not len(bridges):
            return component, self._forgotten([])
        merged, changed, refused = _bridged(component, bridges, self._portraits)
        again = self._unsettled(left, changed)
        self.owner[left.rows[several]] = matching.SEVERAL
        self.owner[again], self.via[again] = matching.NOBODY, _NO_KIND
        some = self._plainly_owned(again, component, merged)
        self._owned(some, merged, np.zeros(len(some.rows), dtype=np.bool_), bridging=False)
        self._note(some)
        return merged, self._forgotten([refused])

    def _forgotten(self, refused: list[_Refused]) -> list[_Refused]:
        for hits in self._hits:
            hits.forget()
        return refused

    def _note(self, some: _Some) -> None:
        """Write down whose *some* rows are."""
        self.owner[some.rows], self.via[some.rows] = some.owner, some.via

    def _unsettled(self, left: _Some, changed: Flags) -> Nodes:
        """The rows whose owner has *changed*; of those that were *left*, any that may have it."""
        every = np.arange(len(left.rows), dtype=np.int32)
        noted = np.zeros(len(every), dtype=np.bool_)
        for one, hits in zip(self._groups.values(), left.hits, strict=True):
            matching.note_changed(one, every, hits, changed, noted)
        again = matching.owned_by(self.owner, changed)
        again[left.rows[noted]] = True
        return np.flatnonzero(again).astype(np.int32)

    def _read(self, first: int, last: int, among: Nodes | None, component: Nodes) -> _Some:
        """Rows *first* to *last*, or those *among* them, told whose they may be."""
        rows = np.arange(first, last, dtype=np.int32)
        if among is not None:
            rows = among[slice(*np.searchsorted(among, (first, last)))]
        hits = np.empty((len(self._hits), len(rows)), dtype=np.int32)
        for own, kept in zip(hits, self._hits, strict=True):
            own[:] = kept.read(first, last)[rows - first]
        for one, own in zip(self._groups.values(), hits, strict=True):

            def follow(bounds: tuple[int, int], one: Groups = one, own: Nodes = own) -> None:
                matching.follow(own, *bounds, component, one.whose)

            list(self._pool.map(follow, _shares(len(rows))))
        return _Some(
            rows=rows,
            hits=hits,
            name=self._leaked.name.read(first, last)[rows - first],
            number=self._leaked.number.read(first, last)[rows - first],
            owner=np.full(len(rows), matching.NOBODY, dtype=np.int32),
            via=np.full(len(rows), _NO_KIND, dtype=np.uint8),
        )

    def _plainly_owned(
        self, among: Nodes | None, component: Nodes, merged: Nodes | None = None
    ) -> _Some:
        """Find the owners of rows with one component; those that have several, or doubts.

        Args:
            among: which rows, rising; without it all.
            component: whose keys are.
            merged: where these components have become others, which.
        """
        left: list[_Some] = []
        for first in range(0, max(self._size, 1), _ROWS_AT_ONCE):
            some = self._read(first, min(first + _ROWS_AT_ONCE, self._size), among, component)
            every = np.arange(len(some.rows), dtype=np.int32)
            if merged is not None:
                matching.follow_again(every, some.hits, merged)

            def match(rows: Nodes, some: _Some = some) -> Nodes:
                own = self._portraits.own
                return matching.match_plain(
                    rows, some.hits, some.name, some.number, own, some.owner, some.via
                )

            doubts = list(self._pool.map(match, np.array_split(every, processors())))
            self._note(some)
            left.append(some.at(np.concatenate(doubts)))
        return _together_again(left)

    def _owned(self, some: _Some, component: Nodes, several: Flags, *, bridging: bool) -> Nodes:
        """Find the owners of rows, or their bridges too: see :func:`matching.match`."""
        bridges: list[Nodes] = []
        every, portraits = np.arange(len(some.rows), dtype=np.int32), self._portraits
        for rank, one in enumerate(self._groups.values()):

            def match(rows: Nodes, rank: int = rank, one: Groups = one) -> Nodes:
                return matching.match(
                    one,
                    rows,
                    some.hits[rank],
                    component,
                    some.name,
                    some.number,
                    portraits.name,
                    portraits.own,
                    portraits.lists,
                    portraits.bounds,
                    portraits.names,
                    rank,
                    _least(KEYS[rank]),
                    some.owner,
                    some.via,
                    several,
                    bridging,
                )

            bridges.extend(self._pool.map(match, np.array_split(every, processors())))
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
