"""The folder of a rail of files is lost for good: two people let another one take its place.

Nobody is paid twice by it. Of what was handed over before the new folder knows the numbers and that
they have left: none goes out again, and each stays unknown until a statement or the other side says
what became of it. The lost folder, should it turn up, hands over nothing any more.
"""

import asyncio
from collections.abc import Iterator
from typing import cast

import uvloop

from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit, require_approval
from amends.kernel.saying import said
from amends.payouts.model import RailNotAvailableError
from amends.payouts.opening import open_rails
from amends.payouts.rails import mark_store
from amends.payouts.rails.model import FileRail, Rail, RailUnavailableError
from amends.vault.opened import OpenCase

KIND = "adopt"
"""The kind of the proposal."""


def adopt(opened: OpenCase, rail: str, reason: str, *, dry_run: bool = False) -> bool:
    """Make the folder that case.toml names a rail's; False in a dry run.

    *reason*: what became of the one before.

    Raises:
        RailNotAvailableError: no such rail of the case hands files over, or the folder is its own.
        WaitingForApprovalError: two people have to sign.
    """
    return uvloop.run(_adopt(opened, rail, reason, dry_run=dry_run))


async def _adopt(opened: OpenCase, name: str, reason: str, *, dry_run: bool) -> bool:
    async with open_rails(opened) as rails:
        rail = _refused(rails, name)
        if dry_run:
            return False
        with opened.database.reading() as connection:
            known = mark_store.known(connection, name)
        newest = "" if known is None else known.newest.hex()  # signed once, for the state of now
        body: dict[str, JSON] = {"rail": name, "reason": reason, "newest_mark": newest}
        proposal = await asyncio.to_thread(require_approval, opened, KIND, body)
        await asyncio.to_thread(rail.take_over, proposal, lambda: _handed(opened, name))
        await asyncio.to_thread(audit, opened, SYSTEM, "folder adopted", {**body})
        return True


def _refused(rails: tuple[Rail, ...], name: str) -> FileRail:
    """The rail whose folder is refused."""
    for rail in rails:
        if rail.capabilities.rail == name and rail.capabilities.orders_per_file > 1:
            by_files = cast("FileRail", rail)
            try:
                by_files.require_own()
            except RailUnavailableError:
                return by_files
            raise RailNotAvailableError(
                said("the folder is {rail}'s own, and its memory whole: nothing to do", rail=name)
            )
    raise RailNotAvailableError(said("no rail {rail} of this case hands files over", rail=name))


def _handed(opened: OpenCase, name: str) -> Iterator[tuple[str, int]]:
    """Number and amount of everything that was handed over."""
    with opened.database.reading() as connection:
        yield from mark_store.handed(connection, name)
