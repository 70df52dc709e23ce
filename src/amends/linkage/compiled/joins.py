"""What groups of accounts with one key join."""

from typing import Final

from amends.kernel.compiling import borrowing
from amends.kernel.fetching import AHEAD, fetch
from amends.linkage.compiled.components import Nodes, tie
from amends.linkage.compiled.entries import Integers
from amends.linkage.compiled.groups import Groups
from amends.linkage.compiled.guards import Verdict, several

_GOOD: Final = int(Verdict.GOOD)


@borrowing
def tie_whole(groups: Groups, name: Nodes, number: Integers, parent: Nodes) -> None:
    """Tie all that a good key joins, and the namesakes that a refused one joins."""
    members, begins, ends, verdicts, _ = groups
    for group in range(len(verdicts)):
        if verdicts[group] == _GOOD:
            _tie_everybody(members, begins[group], ends[group], parent)
        elif verdicts[group] != 0:
            _tie_namesakes(members, begins[group], ends[group], name, number, parent)


@borrowing
def tie_safe(
    groups: Groups,
    name: Nodes,
    number: Integers,
    certain: bool,  # noqa: FBT001 -- Numba passes arguments by position
    sure: Nodes,
    parent: Nodes,
) -> None:
    """Tie, of accounts that are in no *sure* component (-1), only what even a refused key joins.

    With *certain* (national numbers) also whatever a good key joins. Good keys of all other
    accounts are their component's; -2 less the group's number stands for keys of which it has to be
    looked at account by account.
    """
    members, begins, ends, verdicts, whose = groups
    last = len(members) - 1
    for group in range(len(verdicts)):
        if verdicts[group] == 0:
            continue
        start, end = begins[group], ends[group]
        fetch(sure, members[min(start + 2 * AHEAD, last)])
        good, of = verdicts[group] == _GOOD, sure[members[start]]
        if good and of >= 0:
            whose[group] = of
            continue
        whose[group] = -2 - group
        if good and certain:
            _tie_everybody(members, start, end, parent)
        else:
            _tie_namesakes(members, start, end, name, number, parent)


@borrowing
def _tie_everybody(members: Nodes, start: int, end: int, parent: Nodes) -> None:
    last, smallest = len(members) - 1, members[start]
    for at in range(start, end):
        fetch(parent, members[min(at + 2 * AHEAD, last)])
        fetch(parent, parent[members[min(at + AHEAD, last)]])
        if at > start:
            smallest = tie(parent, smallest, members[at])


@borrowing
def _tie_namesakes(
    members: Nodes, start: int, end: int, name: Nodes, number: Integers, parent: Nodes
) -> None:
    """Tie accounts, sorted by name, of one name, with one national number at most."""
    at = start
    while at < end and name[members[at]] < 0:
        at += 1
    while at < end:
        to = at + 1
        while to < end and name[members[to]] == name[members[at]]:
            to += 1
        if to > at + 1 and not several(members, at, to, number):
            for one in range(at + 1, to):
                tie(parent, members[at], members[one])
        at = to
