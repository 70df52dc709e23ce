"""Which accounts have the same key, what each key says against itself, and which rows have it too.

Which group comes first depends on the keys' hashes and means nothing.
"""

from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from amends.kernel.ahead import processors
from amends.kernel.compiling import borrowing, compiled
from amends.kernel.fetching import fetch
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Entries, Hashes, Parted, Places
from amends.linkage.compiled.guards import Verdict, sort_by_name, unlike
from amends.linkage.compiled.strings import Spelled

_GOOD: Final = int(Verdict.GOOD)
_TOO_MANY: Final = int(Verdict.TOO_MANY)
_NUMBERS: Final = int(Verdict.NUMBERS)
_NAMES: Final = int(Verdict.NAMES)
_ALONE: Final = -1
_NONE: Final = -1
_SEVERAL: Final = -2
_LAST: Final = np.iinfo(np.int32).max


class Groups(NamedTuple):
    """Groups of two accounts or more that have one key.

    Of group *g*, ``members[begins[g]:ends[g]]`` are the accounts, by their names' numbers, and
    ``verdicts[g]`` is a :class:`~.guards.Verdict`; there is no group where that is 0. Whose the key
    is, ``whose[g]``, is found later (:func:`~.joins.tie_safe`).
    """

    members: Nodes
    begins: Nodes
    ends: Nodes
    verdicts: Bytes
    whose: Nodes


def group(
    accounts: Parted,
    rows: Parted,
    names: Spelled,
    most: int,
    least: float,
    hits: Nodes,
    pool: Executor,
) -> Groups:
    """Group accounts by key, judge every key, and tell rows who has theirs.

    Args:
        accounts: entries.
        rows: entries, parted likewise.
        names: the names' texts.
        most: a key on more accounts joins nobody.
        least: names less alike than this contradict.
        hits: per row with a key that accounts have: the account, or -2 less the group's number.
        pool: where the work is done.
    """
    size = len(accounts.entries)
    most_groups = size // 2 + 1
    groups = Groups(
        members=np.zeros(size, dtype=np.int32),
        begins=np.empty(most_groups, dtype=np.int32),
        ends=np.empty(most_groups, dtype=np.int32),
        verdicts=np.zeros(most_groups, dtype=np.uint8),
        whose=np.empty(most_groups, dtype=np.int32),
    )

    def gather(share: tuple[int, int]) -> None:
        group_parts(
            accounts.entries,
            accounts.starts,
            rows.entries,
            rows.starts,
            *share,
            names,
            most,
            least,
            groups,
            hits,
        )

    list(pool.map(gather, accounts.shares(processors())))
    return groups


class _Keys(NamedTuple):
    """The different keys of a part, from 0, and what its entries say of each.

    ``slots`` finds a key by its hash, ``own`` is per entry its key's number. Of the accounts with a
    key, ``counts`` says how many are without a name and with one (and then where the next of either
    goes), ``lowest`` and ``highest`` which names these have, ``bearer`` whose national number they
    have (or none, or that there are several). ``says`` is what rows are told.
    """

    slots: Nodes
    own: Nodes
    key: Hashes
    check: Checks
    counts: Nodes
    lowest: Nodes
    highest: Nodes
    bearer: Nodes
    says: Nodes


class _Shared(NamedTuple):
    """Accounts that share a key, group by group: those without a name first."""

    node: Nodes
    name: Nodes


@compiled
def group_parts(
    entries: Entries,
    starts: Places,
    rows: Entries,
    row_starts: Places,
    first: int,
    last: int,
    names: Spelled,
    most: int,
    least: float,
    groups: Groups,
    hits: Nodes,
) -> None:
    """The same of parts *first* to *last*."""
    largest = 0
    for part in range(first, last):
        largest = max(largest, starts[part + 1] - starts[part])
    keys, shared = _rooms(largest)
    to, before = starts[first], starts[first] // 2
    for part in range(first, last):
        start, end = starts[part], starts[part + 1]
        if start == end:
            continue
        count = number_keys(entries, start, end, keys)
        after = place_shared(entries, start, end, count, to, before, keys, shared, groups)
        judge_shared(count, to, keys, shared, names, most, least, groups)
        tell_rows(rows, row_starts[part], row_starts[part + 1], end - start, keys, hits)
        if after > before:
            placed = groups.ends[after - 1] - to
            groups.members[to : to + placed] = shared.node[:placed]
            to += placed
        before = after


@compiled
def _rooms(largest: int) -> tuple[_Keys, _Shared]:
    """Room for as many entries."""
    keys = _Keys(
        np.empty(_slots(largest), dtype=np.int32),
        np.empty(largest, dtype=np.int32),
        np.empty(largest, dtype=np.uint64),
        np.empty(largest, dtype=np.uint32),
        np.empty(2 * largest, dtype=np.int32),
        np.empty(largest, dtype=np.int32),
        np.empty(largest, dtype=np.int32),
        np.empty(largest, dtype=np.int32),
        np.empty(largest, dtype=np.int32),
    )
    shared = _Shared(
        np.empty(largest, dtype=np.int32),
        np.empty(largest, dtype=np.int32),
    )
    return keys, shared


@borrowing
def _slots(entries: int) -> int:
    """How many slots so many entries use: more than twice as many, a power of two."""
    used = 4
    while used < 2 * entries:
        used *= 2
    return used


@borrowing
def slot_of(
    key: np.uint64,
    check: np.uint32,
    slots: Nodes,
    known: Hashes,
    known_checks: Checks,
    mask: np.uint64,
) -> np.uint64:
    """The slot of a key, or the free one where it would be put."""
    slot = key & mask
    while slots[slot] >= 0 and (known[slots[slot]] != key or known_checks[slots[slot]] != check):
        slot = (slot + np.uint64(1)) & mask
    return slot


@borrowing
def number_keys(entries: Entries, start: int, end: int, keys: _Keys) -> int:
    """Number the different keys of the accounts from *start* to *end*: how many there are."""
    key, check, name, whose = entries["key"], entries["check"], entries["name"], entries["bearer"]
    slots, own, known, known_checks, counts, lowest, highest, bearer, _ = keys
    used = _slots(end - start)
    slots[:used] = -1
    mask = np.uint64(used - 1)
    count = 0
    for i in range(start, end):
        slot = slot_of(key[i], check[i], slots, known, known_checks, mask)
        one = slots[slot]
        if one < 0:
            one = np.int32(count)
            count += 1
            slots[slot], known[one], known_checks[one] = one, key[i], check[i]
            counts[2 * one] = counts[2 * one + 1] = 0
            lowest[one], highest[one], bearer[one] = _LAST, -1, _NONE
        mine = name[i]
        counts[2 * one + (mine >= 0)] += 1
        lowest[one] = min(lowest[one], mine if mine >= 0 else _LAST)
        highest[one] = max(highest[one], mine)
        if whose[i] != _NONE and whose[i] != bearer[one]:
            bearer[one] = whose[i] if bearer[one] == _NONE else _SEVERAL
        own[i - start] = one
    return count


@borrowing
def place_shared(
    entries: Entries,
    start: int,
    end: int,
    count: int,
    to: int,
    before: int,
    keys: _Keys,
    shared: _Shared,
    groups: Groups,
) -> int:
    """Put the accounts from *start* to *end* that share a key together.

    The members of the first group will be those from *to* on, and its number is *before*. Rows are
    told the group's number; of a key of one account, the account.

    Returns:
        The number of the group after these.
    """
    nodes, names = entries["node"], entries["name"]
    node, name = shared
    own, places, says = keys.own, keys.counts, keys.says
    placed, among = 0, before
    for one in range(count):
        nameless, size = places[2 * one], places[2 * one] + places[2 * one + 1]
        places[2 * one], places[2 * one + 1] = placed, placed + nameless
        says[one] = _ALONE
        if size > 1:
            groups.begins[among], groups.ends[among] = to + placed, to + placed + size
            says[one] = -2 - among
            placed += size
            among += 1
    for i in range(start, end):
        one = own[i - start]
        if says[one] == _ALONE:
            says[one] = nodes[i]
        else:
            kind = 2 * one + (names[i] >= 0)
            place = places[kind]
            places[kind] = place + 1
            node[place], name[place] = nodes[i], names[i]
    return among


@borrowing
def judge_shared(
    count: int,
    to: int,
    keys: _Keys,
    shared: _Shared,
    names: Spelled,
    most: int,
    least: float,
    groups: Groups,
) -> None:
    """Judge all keys that accounts share, and sort their accounts by name.

    The first group's members will be those from *to* on.
    """
    begins, ends, verdicts = groups.begins, groups.ends, groups.verdicts
    lowest, highest, mixed, left = keys.lowest, keys.highest, keys.own, 0
    for one in range(count):
        group = -2 - keys.says[one]
        if group < 0:
            continue
        verdicts[group] = _NUMBERS if keys.bearer[one] == _SEVERAL else _GOOD
        if ends[group] - begins[group] > most:
            verdicts[group] = _TOO_MANY
        if lowest[one] < highest[one]:
            mixed[left] = group
            left += 1
            fetch(names.threes, lowest[one])
            fetch(names.threes, highest[one])
    for group in mixed[:left]:
        start, end = begins[group] - to, ends[group] - to
        sort_by_name(shared.node, shared.name, start, end)
        if verdicts[group] == _GOOD and unlike(shared.name, start, end, names, least):
            verdicts[group] = _NAMES


@borrowing
def tell_rows(rows: Entries, start: int, end: int, entries: int, keys: _Keys, hits: Nodes) -> None:
    """Tell rows from *start* to *end* what is said of their keys, where *entries* have them."""
    key, check, node = rows["key"], rows["check"], rows["node"]
    slots, known, known_checks, says = keys.slots, keys.key, keys.check, keys.says
    mask = np.uint64(_slots(entries) - 1)
    for i in range(start, end):
        one = slots[slot_of(key[i], check[i], slots, known, known_checks, mask)]
        if one >= 0:
            hits[node[i]] = says[one]


@borrowing
def note_bearers(groups: Groups, bearer: Nodes) -> None:
    """Note whose national number accounts have that share one: the first one's."""
    members, begins, ends, verdicts, _ = groups
    for group in range(len(verdicts)):
        if verdicts[group] != 0:
            for at in range(begins[group], ends[group]):
                bearer[members[at]] = members[begins[group]]


@borrowing
def contradicting(groups: Groups, name: Nodes) -> tuple[int, int]:
    """How many groups have two named accounts; how many of these have two numbers or names."""
    members, begins, ends, verdicts, _ = groups
    shown, against = 0, 0
    for group in range(len(verdicts)):
        if verdicts[group] == 0:
            continue
        named = 0
        for at in range(begins[group], ends[group]):
            named += name[members[at]] >= 0
        if named > 1:
            shown += 1
            against += verdicts[group] == _NUMBERS or verdicts[group] == _NAMES
    return shown, against


@compiled
def accounts_of(groups: Groups, chosen: Places) -> Nodes:
    """The accounts of the *chosen* groups, one group's after the other's."""
    members, begins, ends, _, _ = groups
    total = 0
    for group in chosen:
        total += ends[group] - begins[group]
    found, to = np.empty(total, dtype=np.int32), 0
    for group in chosen:
        for at in range(begins[group], ends[group]):
            found[to] = members[at]
            to += 1
    return found
