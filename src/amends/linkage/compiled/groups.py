"""Which accounts have the same key, what each key says against itself, and which rows have it too.

Which group comes first depends on the keys' hashes and means nothing.
"""

from concurrent.futures import Executor
from typing import Final, NamedTuple

import numpy as np

from amends.kernel.ahead import processors
from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes, Checks, Entries, Hashes, Integers, Parted, Places
from amends.linkage.compiled.guards import Verdict, judge
from amends.linkage.compiled.strings import Spelled

_NUMBERS: Final = int(Verdict.NUMBERS)
_NAMES: Final = int(Verdict.NAMES)


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
    groups = Groups(
        members=np.zeros(size, dtype=np.int32),
        begins=np.empty(size // 2, dtype=np.int32),
        ends=np.empty(size // 2, dtype=np.int32),
        verdicts=np.zeros(size // 2, dtype=np.uint8),
        whose=np.empty(size // 2, dtype=np.int32),
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
    slots = 4
    while slots < 2 * largest:
        slots *= 2
    table, own = np.empty(slots, dtype=np.int32), np.empty(largest, dtype=np.int32)
    keys, checks = np.empty(largest, dtype=np.uint64), np.empty(largest, dtype=np.uint32)
    sizes, says = np.empty(largest, dtype=np.int32), np.empty(largest, dtype=np.int32)
    node, name = np.empty(largest, dtype=np.int32), np.empty(largest, dtype=np.int32)
    number = np.empty(largest, dtype=np.int64)
    members, begins, ends, verdicts, _ = groups
    to, among = starts[first], starts[first] // 2
    for part in range(first, last):
        start, end = starts[part], starts[part + 1]
        if start == end:
            continue
        count = number_keys(
            entries["key"], entries["check"], start, end, table, keys, checks, own, sizes
        )
        placed = place_shared(entries, start, end, count, own, sizes, says, node, name, number)
        at = 0
        for one in range(count):
            size = sizes[one]
            if size > 1:
                verdicts[among] = judge(node, name, number, at, at + size, names, most, least)
                begins[among], ends[among] = to + at, to + at + size
                says[one] = -2 - among
                at += size
                among += 1
        for i in range(placed):
            members[to + i] = node[i]
        to += placed
        tell_rows(
            rows,
            row_starts[part],
            row_starts[part + 1],
            end - start,
            table,
            keys,
            checks,
            says,
            hits,
        )


@compiled
def number_keys(
    all_keys: Hashes,
    all_checks: Checks,
    start: int,
    end: int,
    table: Nodes,
    keys: Hashes,
    checks: Checks,
    own: Nodes,
    sizes: Nodes,
) -> int:
    """Number the different keys from *start* to *end*, from 0, and write them down.

    Args:
        all_keys: hashes of the entries.
        all_checks: second hashes.
        start: the first entry.
        end: the one after the last.
        table: has room for twice the entries, a power of two.
        keys: the different keys go here.
        checks: and here.
        own: per entry its key's number.
        sizes: how many entries have each key.

    Returns:
        How many keys there are.
    """
    used = _slots(end - start)
    table[:used] = -1
    mask = np.uint64(used - 1)
    count = 0
    for i in range(start, end):
        key, check = all_keys[i], all_checks[i]
        slot = key & mask
        one = table[slot]
        while one >= 0 and (keys[one] != key or checks[one] != check):
            slot = (slot + np.uint64(1)) & mask
            one = table[slot]
        if one < 0:
            one = np.int32(count)
            table[slot], keys[one], checks[one], sizes[one] = one, key, check, 0
            count += 1
        sizes[one] += 1
        own[i - start] = one
    return count


@compiled
def _slots(entries: int) -> int:
    """How much of a table is used for so many entries."""
    used = 4
    while used < 2 * entries:
        used *= 2
    return used


@compiled
def place_shared(
    entries: Entries,
    start: int,
    end: int,
    count: int,
    own: Nodes,
    sizes: Nodes,
    says: Nodes,
    node: Nodes,
    name: Nodes,
    number: Integers,
) -> int:
    """Put the accounts from *start* to *end* that share a key together, group by group.

    Of a key of one account, that is written to *says*.

    Returns:
        How many accounts share a key.
    """
    nodes, names, numbers = entries["node"], entries["name"], entries["number"]
    placed = 0
    for one in range(count):
        says[one] = placed if sizes[one] > 1 else -1
        placed += sizes[one] if sizes[one] > 1 else 0
    for i in range(start, end):
        one = own[i - start]
        if sizes[one] > 1:
            place = says[one]
            says[one] = place + 1
            node[place], name[place], number[place] = nodes[i], names[i], numbers[i]
        else:
            says[one] = nodes[i]
    return placed


@compiled
def tell_rows(
    rows: Entries,
    start: int,
    end: int,
    entries: int,
    table: Nodes,
    keys: Hashes,
    checks: Checks,
    says: Nodes,
    hits: Nodes,
) -> None:
    """Tell rows from *start* to *end* what is said of their keys, where accounts have them."""
    all_keys, all_checks, nodes = rows["key"], rows["check"], rows["node"]
    mask = np.uint64(_slots(entries) - 1)
    for i in range(start, end):
        key, check = all_keys[i], all_checks[i]
        slot = key & mask
        one = table[slot]
        while one >= 0 and (keys[one] != key or checks[one] != check):
            slot = (slot + np.uint64(1)) & mask
            one = table[slot]
        if one >= 0:
            hits[nodes[i]] = says[one]


@compiled
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
