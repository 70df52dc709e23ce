"""Payments, what a person has to explain about them, statements: the lists as files."""

from collections.abc import Iterator
from dataclasses import astuple
from datetime import date

from amends.payouts.showing import shown
from amends.payouts.showing.listed import PaymentRow
from amends.payouts.showing.shown import Wanted
from amends.vault.opened import OpenCase
from amends.web.listings.model import AT_ONCE, Listing, through

_EXCEPTION = ("id", "kind", "rail", "number", "amount_minor", "owner", "found_at", "cleared_at")
_STATEMENT = ("rail", "day", "opening_minor", "closing_minor", "lines", "imported_at")


def payments(opened: OpenCase, wanted: Wanted) -> Listing:
    """Payments, narrowed and sorted."""
    rows = _payments(opened, wanted)
    return Listing(what="payments", columns=PaymentRow._fields, rows=rows)


def _payments(opened: OpenCase, wanted: Wanted) -> Iterator[PaymentRow]:
    after = None
    while True:
        page = shown.payments(opened, wanted, after=after, most=AT_ONCE)
        yield from page.rows
        if page.following is None:
            return
        after = page.following


def exceptions(opened: OpenCase, *, kind: str, rail: str, cleared: bool) -> Listing:
    """Exceptions of reconciliation, the oldest first."""
    rows = through(
        lambda last: shown.exceptions(
            opened,
            kind=kind,
            rail=rail,
            cleared=cleared,
            after=None if last is None else (last.found_at, last.exception_id),
            most=AT_ONCE,
        )
    )
    return Listing(what="exceptions", columns=_EXCEPTION, rows=map(astuple, rows))


def statements(opened: OpenCase, *, rail: str) -> Listing:
    """Statements of rails that are in hand, the newest first."""
    rows = through(
        lambda last: shown.bills(
            opened,
            rail=rail,
            after=None if last is None else (date.fromisoformat(last[1]), last[0]),
            most=AT_ONCE,
        )
    )
    return Listing(what="statements", columns=_STATEMENT, rows=rows)
