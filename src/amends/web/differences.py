"""Two determinations person by person, as both the console and programs are shown them."""

from dataclasses import dataclass

import polars as pl

from amends.governance.exports import let_show, outgoing
from amends.linkage.telling import runs
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A page of ``DIFFERENCES`` between two runs; ``following``: where the next one begins."""

    found: runs.Difference
    people: pl.DataFrame
    following: int | None


def differing(
    opened: OpenCase, before: int | None, after: int | None, *, change: str, start: int, most: int
) -> Differing:
    """People from *start* on whose determination changed; what is shown is in the register first.

    *change*: of one kind alone; empty: of every kind.

    Raises:
        UnknownRunError: there is no such run, or they are not in order.
        WaitingForApprovalError: two people have to sign it.
    """
    found = runs.compare(opened, before, after)
    every = found.changed(change)
    page = every.slice(start, most)
    leaves = outgoing("runs_diff", page.height, recipient=opened.by)
    let_show(opened, leaves, page.write_ndjson().encode())
    more = start + most < every.height
    return Differing(found=found, people=page, following=start + most if more else None)
