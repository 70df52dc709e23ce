"""Accounts and leaked rows brought together by their keys, a share of all keys at a time.

Each share is worked on in the memory of one before: the system clears new memory, which takes as
long as half of what is done there. What comes out is the same whoever works on which share, and
in whatever order.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from queue import SimpleQueue

import numpy as np

from amends.kernel.ahead import processors
from amends.linkage import settings
from amends.linkage.compiled import entries, matching
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import SHARES, Entries
from amends.linkage.compiled.groups import (
    Groups,
    contradicting,
    group_parts,
    note_bearers,
    room_for,
)
from amends.linkage.compiled.strings import Spelled
from amends.linkage.keys import KEYS, Columns, Side


def grouped(
    accounts: Side, leaked: Side, names: Spelled, pool: Executor
) -> tuple[dict[str, Groups], matching.Hits]:
    """Accounts by keys of each kind, every key judged; by kind, what rows have of these."""
    kinds = KEYS if accounts.columns["username"].size else KEYS[:-1]
    rooms = _Rooms(accounts, leaked)
    hits = np.full((len(kinds), leaked.size), matching.NOBODY, dtype=np.int32)
    groups: dict[str, Groups] = {}
    bearer = np.full(accounts.size, matching.NOBODY, dtype=np.int32)
    for kind, told in zip(kinds, hits, strict=True):
        known = accounts.columns[kind]
        groups[kind] = room_for(known.size)
        work = _Work(
            known=known,
            rows=leaked.columns[kind],
            name=accounts.name,
            bearer=bearer,
            names=names,
            least=least_alike(kind),
            groups=groups[kind],
            hits=told,
            rooms=rooms,
        )
        list(pool.map(work.group, range(SHARES), accumulate(known.sizes(), initial=0)))
        if kind == "idno":  # the first, so that all others are judged by it
            for nodes, _, _ in known:
                bearer[nodes] = nodes
            note_bearers(groups[kind], bearer)
        for side in (accounts, leaked):
            side.columns[kind].forget()
    if "username" in groups and not trusted(groups["username"], accounts.name):
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


def least_alike(kind: str) -> float:
    """Names under one key of this kind that are less alike are two people's."""
    return settings.NUMBER_NAME_SIMILAR if kind == "idno" else settings.NAME_SIMILAR


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """Accounts with keys of one kind, and the rows with such keys; where it is put what is found.

    Of every account ``name`` and ``bearer``, who else has its national number.
    """

    known: Columns
    rows: Columns
    name: Nodes
    bearer: Nodes
    names: Spelled
    least: float
    groups: Groups
    hits: Nodes
    rooms: "_Rooms"

    def group(self, share: int, before: int) -> None:
        """Group a *share* of them, *before* which so many accounts are in others."""
        bits = entries.bits_for(self.known.size)
        with self.rooms.one() as (room, row_room):
            own = entries.accounts_of(self.known, share, bits, self.name, self.bearer, room)
            others = entries.rows_of(self.rows, share, bits, row_room)
            group_parts(
                own.entries,
                own.starts,
                others.entries,
                others.starts,
                before,
                self.names,
                settings.KEY_MAX_ACCOUNTS,
                self.least,
                self.groups,
                self.hits,
            )


class _Rooms:
    """Memory for the entries of any share, of accounts and of rows, for each who works on one."""

    def __init__(self, accounts: Side, leaked: Side) -> None:
        most, most_rows = (_largest(side.columns.values()) for side in (accounts, leaked))
        self._free: SimpleQueue[tuple[Entries, Entries]] = SimpleQueue()
        for _ in range(processors()):
            self._free.put((np.empty(most, entries.ACCOUNT), np.empty(most_rows, entries.ROW)))

    @contextmanager
    def one(self) -> Iterator[tuple[Entries, Entries]]:
        """A room that nobody else uses for so long."""
        room = self._free.get()
        try:
            yield room
        finally:
            self._free.put(room)


def _largest(columns: Iterable[Columns]) -> int:
    """The size of the largest share."""
    return max(max(one.sizes()) for one in columns)
