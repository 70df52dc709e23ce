"""A file that the other side never got, it says: two people let it go out again, byte for byte.

Nobody is paid twice by it: the numbers are the same, and a bank that has the file after all rejects
the second one. Whatever reason it gives for that (a duplicate, or that the day is over), it is an
alarm and no refusal: the first one may be paid.
"""

import asyncio
from typing import cast

import uvloop

from amends.governance.model import SYSTEM
from amends.governance.service import audit, require_approval
from amends.kernel.saying import said
from amends.payouts.model import RailNotAvailableError
from amends.payouts.opening import open_rails
from amends.payouts.rails.model import FileRail, Rail, RailUnavailableError
from amends.vault.opened import OpenCase

KIND = "resend"
"""The kind of the proposal."""


def resend(opened: OpenCase, file: str, reason: str, *, dry_run: bool = False) -> str | None:
    """Let a file go out again; the rail by which it does. None in a dry run.

    *file*: its name without ending, as it lies in the outbox. *reason*: who of the bank said so.

    Raises:
        RailNotAvailableError: no rail of the case hands files over, or none has such a file.
        RailUnavailableError: the file is not lost: not handed over, still in the outbox, answered.
        WaitingForApprovalError: two people have to sign.
    """
    return uvloop.run(_resend(opened, file, reason, dry_run=dry_run))


async def _resend(opened: OpenCase, file: str, reason: str, *, dry_run: bool) -> str | None:
    async with open_rails(opened) as rails:
        rail = _lost_by(rails, file)
        name = rail.capabilities.rail
        if dry_run:
            return None
        body = {"rail": name, "file": file, "reason": reason}
        await asyncio.to_thread(require_approval, opened, KIND, body)
        rail.never_came(file)
        await asyncio.to_thread(audit, opened, SYSTEM, "file sent again", {**body})
        return name


def _lost_by(rails: tuple[Rail, ...], file: str) -> FileRail:
    """The rail that handed the file over and has no answer to it."""
    by_files = [cast("FileRail", one) for one in rails if one.capabilities.orders_per_file > 1]
    problems = []
    for rail in by_files:
        try:
            rail.never_came(file, dry_run=True)
        except RailUnavailableError as problem:
            problems.append(problem)
            continue
        return rail
    if problems:
        raise problems[0]
    raise RailNotAvailableError(said("no rail of this case hands files over"))
