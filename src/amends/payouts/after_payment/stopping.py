"""A stop: payments are halted, and what was handed over is taken back, where it still can be.

Files that nobody has fetched leave the outbox; payments that wait for their payees are cancelled
with the provider. Nothing of it makes a second payment: a file that certainly was not fetched goes
out again with the same bytes when two people let payments go on; one that may have been is the
bank's to call off, and its payments stay unknown until the bank has spoken; what a provider
cancelled has ended unpaid by the provider's own word. Whoever has turned the switch is enough:
taking back pays nobody.

It is carried out by `amends halt --withdraw`, by a command that was sending, and by every
reconciliation while payments are stopped; doing it again does nothing twice.
"""

import asyncio
from collections.abc import Sequence
from typing import cast

import uvloop

from amends.governance.model import JSON, SYSTEM
from amends.governance.service import audit
from amends.kernel.saying import Said, said
from amends.payouts.after_payment.revoking import revoke_stopped
from amends.payouts.opening import open_rails
from amends.payouts.rails.file_marks import DropDiffersError
from amends.payouts.rails.model import Delivery, FileRail, Rail, StoppedFile
from amends.payouts.sending.switch import halted
from amends.vault.opened import OpenCase


def take_back(opened: OpenCase) -> tuple[Said, ...]:
    """Take back by every rail of the case, if payments are stopped; what came of it.

    Raises:
        RailNotAvailableError: the case names no way to pay.
    """
    return uvloop.run(_take_back(opened))


async def _take_back(opened: OpenCase) -> tuple[Said, ...]:
    async with open_rails(opened) as rails:
        return await take_back_through(opened, rails)


async def take_back_through(opened: OpenCase, rails: Sequence[Rail]) -> tuple[Said, ...]:
    """The same, through rails that are open."""
    halt = await asyncio.to_thread(halted, opened)
    if halt is None or not halt.withdraws:
        return ()
    told: list[Said] = []
    for rail in rails:
        if rail.capabilities.orders_per_file > 1:
            try:
                told += await _files(opened, cast("FileRail", rail))
            except DropDiffersError as differs:  # wallets are taken back from here all the same
                told.append(
                    said("no file is taken back from this machine: {why}", why=differs.message)
                )
        elif rail.capabilities.delivery is Delivery.CONFIRM:
            counts = await revoke_stopped(opened, rail, halt)
            told += [_revoked(rail, counts)] if counts else []
    return tuple(told)


async def _files(opened: OpenCase, rail: FileRail) -> list[Said]:
    """Take files out of the outbox, and say of each where it is."""
    name = rail.capabilities.rail
    told = []
    for file in await rail.withdraw():
        if file.withdrawn:
            body: dict[str, JSON] = {
                "rail": name,
                "file": file.message_id,
                "payments": file.payments,
            }
            await asyncio.to_thread(audit, opened, SYSTEM, "file withdrawn", body)
        told.append(_file_told(name, file))
    return told


def _file_told(rail: str, file: StoppedFile) -> Said:
    """Where a file is, and what is to be done."""
    if file.withdrawn:
        return said(
            "{rail}: file {file} was not fetched and is withdrawn: {payments:,} payments, {total}; "
            "it goes out as it is when payments go on",
            rail=rail,
            file=file.message_id,
            payments=file.payments,
            total=file.total.display(),
        )
    return said(
        "{rail}: call the other side at once: file {file} may be there, {payments:,} payments "
        "of it have no end yet, {total}",
        rail=rail,
        file=file.message_id,
        payments=file.payments,
        total=file.total.display(),
    )


def _revoked(rail: Rail, counts: dict[str, int]) -> Said:
    return said(
        "{rail}: of what waited for its payee {back:,} were taken back, {paid:,} had been "
        "confirmed, {open:,} have no answer yet",
        rail=rail.capabilities.rail,
        back=counts.get("refused", 0),
        paid=counts.get("settled", 0),
        open=sum(counts.values()) - counts.get("refused", 0) - counts.get("settled", 0),
    )
