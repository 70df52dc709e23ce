"""What a contract lets through in a day and in a month: never more is handed over, the rest waits.

The day is the rail's. What is handed over is counted by chunks, under a lock, before it is sent, so
that workers on several machines share one quota. What the provider refused in the end does not
count. Before midnight a little of what goes out may arrive after it, so that little counts in both
days.
"""

import asyncio
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from amends.kernel.case import CaseFile, RailSettings
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.payouts.planning import allowance_store
from amends.payouts.rails.model import Capabilities
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

PARTS_OF_A_DAY: Final = 50
"""Into how many chunks a quota goes at least: what the last one does not fill is lost."""

_ARRIVES_WITHIN: Final = timedelta(minutes=10)
_LOOKS_UP: Final = timedelta(seconds=30)


class QuotaError(AmendsError):
    """By its contract a rail lets nothing through."""

    code: ClassVar[str] = "quota"


class UsedUpError(Exception):
    """What is left of the quota does not cover what comes next. ``until``: when there is more."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


def require_quotas(file: CaseFile) -> None:
    """Refuse to plan for a rail that lets nothing through.

    Raises:
        QuotaError: naming it, and what to do.
    """
    for rail in file.rails:
        for key in ("day_most", "month_most"):
            most: Money | None = getattr(rail, key)
            if most is not None and most.amount_minor < 1:
                raise QuotaError(
                    said(
                        "{rail} lets nobody be paid: [[rail]] {key} is {most}; agree on a quota "
                        "with the provider and write it down there, or take the rail out of "
                        "case.toml",
                        rail=rail.protocol,
                        key=key,
                        most=most.display(),
                    )
                )


def within_quota(file: CaseFile, limits: Capabilities) -> Capabilities:
    """The limits of a rail by its contract, too: no payment is above the quota of a day or month.

    ``day_max`` is the smaller of the two: chunks are measured by it.
    """
    quota = _quota(file, limits.rail)
    named = (quota.day_most, quota.month_most) if quota is not None else ()
    quotas = [most for most in named if most is not None]
    if not quotas:
        return limits
    transfer_max = min(limits.transfer_max, *quotas)
    return replace(limits, day_max=min(quotas), transfer_max=transfer_max)


def chunk_most_minor(limits: Capabilities) -> int | None:
    """The most that a chunk should carry, so that a quota is used nearly to its end."""
    return None if limits.day_max is None else limits.day_max.amount_minor // PARTS_OF_A_DAY


def hand_over(
    opened: OpenCase,
    connection: Connection,
    limits: Capabilities,
    *,
    chunk_no: int,
    amount_minor: int,
) -> None:
    """Count a chunk that is about to be sent; the caller's transaction makes it last.

    Raises:
        UsedUpError: the quota does not cover it; nothing is counted.
        QuotaError: no day's quota ever covers it.
    """
    quota, rail = _quota(opened.case.file, limits.rail), limits.rail
    if quota is None or (quota.day_most is None and quota.month_most is None) or not amount_minor:
        return
    now, zone = opened.clock.now(), ZoneInfo(limits.bill_zone)
    allowance_store.lock(connection, zlib.crc32(rail.encode()))
    midnight = _midnight(now, zone)
    month = midnight.replace(day=1)
    for most, since, until in (
        (quota.day_most, midnight, _next_day(midnight)),
        (quota.month_most, month, _next_month(month)),
    ):
        if most is None:
            continue
        if amount_minor > most.amount_minor:
            raise QuotaError(_too_large(opened.case.file, rail, amount_minor, most))
        counted = since - _ARRIVES_WITHIN
        used = allowance_store.handed_minor(connection, rail, counted)
        if used + amount_minor > most.amount_minor:
            used -= allowance_store.refused_minor(connection, rail, counted)
        if used + amount_minor > most.amount_minor:
            raise UsedUpError(until)
    allowance_store.insert(connection, chunk_no, rail, amount_minor, now)


def _quota(file: CaseFile, rail: str) -> RailSettings | None:
    """What case.toml says of a rail."""
    return next((one for one in file.rails if one.protocol == rail), None)


def _too_large(file: CaseFile, rail: str, amount_minor: int, most: Money) -> Said:
    return said(
        "a part of the plan for {rail} carries {amount}, more than the quota of {most}: it was "
        "planned before the quota was written down; agree on more with the provider",
        rail=rail,
        amount=Money(amount_minor=amount_minor, currency=file.currency).display(),
        most=most.display(),
    )


def _midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When the rail's day began."""
    return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _next_day(midnight: datetime) -> datetime:
    """Of its zone: on its clocks, so a day may have 23 or 25 hours."""
    return midnight + timedelta(days=1)


def _next_month(month: datetime) -> datetime:
    return (month + timedelta(days=32)).replace(day=1)


def pause_told(limits: Capabilities, used_up: UsedUpError) -> Said:
    """That a quota is used up, and when it goes on."""
    return said(
        "the quota of {rail} is used up; it goes on at {until:%Y-%m-%d %H:%M} {zone}",
        rail=limits.rail,
        until=used_up.until.astimezone(ZoneInfo(limits.bill_zone)),
        zone=limits.bill_zone,
    )


def quota_told(limits: Capabilities, times: int) -> tuple[Said, ...]:
    """That a command waited so many times for the rail's next day; nothing where it did not."""
    if not times:
        return ()
    return (
        said(
            "the quota of {rail} was used up {times:,} times: paying went on at midnight ({zone})",
            rail=limits.rail,
            times=times,
            zone=limits.bill_zone,
        ),
    )


async def wait_until(opened: OpenCase, until: datetime, waits: Callable[[], bool]) -> None:
    """Let time pass until *until*, as long as *waits* says so: somebody may halt payments."""
    while waits() and (left := until - opened.clock.now()) > timedelta(0):
        piece = left if opened.clock.simulated else min(left, _LOOKS_UP)
        await asyncio.to_thread(opened.clock.sleep, piece)
