"""Files that leave by the console or its interface: each is in the register of exports first."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

import polars as pl
import pyarrow as pa

from amends.access import revealing
from amends.access.model import Ground, RevealError
from amends.evidence import inspection
from amends.governance import decisions as decision_log
from amends.governance import exports, shown
from amends.inbox import opening, reported
from amends.inbox.model import Letter
from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import said
from amends.payouts.showing import shown as payouts
from amends.payouts.showing.listed import PaymentRow, Place
from amends.payouts.showing.shown import Wanted
from amends.roster.letters import receipt_page
from amends.roster.proving import receipt_of
from amends.vault.opened import OpenCase

MOST_ROWS: Final = 100_000
_AT_ONCE: Final = 10_000
_CSV: Final = "text/csv; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_PAGE: Final = "text/html; charset=utf-8"
_MARKDOWN: Final = "text/markdown; charset=utf-8"
_ENTRIES: Final = ("entry_no", "occurred_at", "actor", "action", "details", "previous")
_REPORTS: Final = ("reference", "received_at", "number", "day", "words")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class LongListError(AmendsError):
    """A list is too long for a file of the console."""

    code: ClassVar[str] = "long_list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A file."""

    name: str
    content: bytes = field(repr=False)
    media_type: str = _CSV


def payments(opened: OpenCase, wanted: Wanted, *, after: Place | None, purpose: str) -> Sent:
    """The list of payments from a place on.

    Raises:
        LongListError: it is too long.
        WaitingForApprovalError: two people have to sign it.
    """
    rows = _payments(opened, wanted, after)
    return _listed(opened, "payments", PaymentRow._fields, rows, purpose=purpose)


def _payments(opened: OpenCase, wanted: Wanted, after: Place | None) -> Iterator[PaymentRow]:
    while True:
        page = payouts.payments(opened, wanted, after=after, most=_AT_ONCE)
        yield from page.rows
        if page.following is None:
            return
        after = page.following


def audit(
    opened: OpenCase, *, action: str, actor: str, text: str, before: int | None = None
) -> Sent:
    """The entries of the audit trail, narrowed as its list is, newest first.

    Raises:
        LongListError: they are too many.
    """
    entries = shown.entries(
        opened, action=action, actor=actor, text=text, before=before, most=MOST_ROWS + 1
    )
    rows = (
        (one.entry_no, one.occurred_at, one.actor, one.action, one.details, one.previous.hex())
        for one in entries
    )
    return _listed(opened, "audit", _ENTRIES, rows)


def decisions(opened: OpenCase) -> Sent:
    """The decision log."""
    return _table(opened, "decisions", decision_log.export_decisions(opened))


def register(opened: OpenCase) -> Sent:
    """The register of exports; that it leaves is its next line."""
    return _table(opened, "exports", exports.register_table(exports.exports(opened)))


def custody(opened: OpenCase) -> Sent:
    """The chain of custody."""
    content = inspection.custody_report(opened).encode()
    file = Sent(name="custody.md", content=content, media_type=_MARKDOWN)
    return _let_out(opened, "custody", content.count(b"\n## "), file)


def receipt(opened: OpenCase, number: str, *, printed: bool, ground: Ground, reason: str) -> Sent:
    """The receipt of whom a payment is for, as a file or as a page, after the look is written down.

    Raises:
        NoPaymentError: there is no such payment.
        RevealError: the reason says nothing.
    """
    index = payouts.payment_row(opened, number).award_index
    text = receipt_of(opened, AwardIndex(index))
    with opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection,
            opened,
            payouts.person_of(opened, number),
            fields=("receipt",),
            ground=ground,
            reason=reason,
        )
    if printed:
        page = receipt_page(opened.case.file, text)
        file = Sent(name=f"receipt-{index}.html", content=page, media_type=_PAGE)
    else:
        file = Sent(name=f"receipt-{index}.txt", content=text.encode(), media_type=_TEXT)
    return _let_out(opened, "receipt", 1, file)


def scam_reports(opened: OpenCase, *, first: int, last: int, recipient: str, purpose: str) -> Sent:
    """Reports of suspicious calls among messages *first* to *last*, for the police.

    Raises:
        UnopenedError: there are no such reports, or too many for one file.
        RevealError: nobody gets the file.
        WaitingForApprovalError: two people have to sign.
    """
    rows = reported.require_between(opened, first, last)
    if not recipient:
        raise RevealError(said("say who gets the file"))
    leaves = exports.outgoing("scam_reports", rows, recipient=recipient, purpose=purpose)
    exports.ask_for(opened, [leaves])
    letters = opening.open_reports(
        opened, by=opened.by, reason=purpose, most=rows, first=first, last=last
    )
    _, content = csv_of(_REPORTS, _reports(letters))
    exports.let_show(opened, leaves, content)
    return Sent(name="scam_reports.csv", content=content)


def _reports(letters: Iterable[Letter]) -> Iterator[tuple[str, str, str, str, str]]:
    for one in letters:
        yield (
            one.message.reference,
            one.message.received_at.isoformat(),
            _plain(one.answers.get("number", "")),
            reported.day_of(one).isoformat(),
            _plain(one.answers.get("said", "")),
        )


def _plain(text: str) -> str:
    """What strangers wrote, so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _listed(
    opened: OpenCase,
    what: str,
    heading: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    purpose: str = "",
) -> Sent:
    count, content = csv_of(heading, rows)
    return _let_out(opened, what, count, Sent(name=f"{what}.csv", content=content), purpose=purpose)


def _table(opened: OpenCase, what: str, table: pa.Table) -> Sent:
    content = pl.DataFrame(table).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ").encode()
    return _let_out(opened, what, table.num_rows, Sent(name=f"{what}.csv", content=content))


def _let_out(opened: OpenCase, what: str, rows: int, file: Sent, *, purpose: str = "") -> Sent:
    """A file of *rows* for the operator at work, entered as *what*."""
    leaves = exports.outgoing(what, rows, recipient=opened.by, purpose=purpose)
    exports.let_show(opened, leaves, file.content)
    return file


def csv_of(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[int, bytes]:
    """How many rows there are, and all of them as CSV; moments in ISO 8601.

    Raises:
        LongListError: there are more than a page may send.
    """
    out, count = io.StringIO(), 0
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heading)
    for count, row in enumerate(rows, 1):
        if count > MOST_ROWS:
            raise LongListError(
                said("the list has more than {most:,} rows: narrow it first", most=MOST_ROWS)
            )
        writer.writerow(one.isoformat() if isinstance(one, datetime) else one for one in row)
    return count, out.getvalue().encode()
