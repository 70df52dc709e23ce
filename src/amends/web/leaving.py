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
from amends.governance import exports
from amends.inbox import opening, reported
from amends.inbox.model import Letter
from amends.kernel.errors import AmendsError
from amends.kernel.ids import AwardIndex
from amends.kernel.saying import said
from amends.payouts.showing import shown as payouts
from amends.roster.letters import receipt_page
from amends.roster.proving import receipt_of
from amends.vault.opened import OpenCase
from amends.web.listings.model import Listing

MOST_ROWS: Final = 100_000
_CSV: Final = "text/csv; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_PAGE: Final = "text/html; charset=utf-8"
_MARKDOWN: Final = "text/markdown; charset=utf-8"
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


def listed(opened: OpenCase, listing: Listing, *, purpose: str) -> Sent:
    """A list as a file, whole.

    Raises:
        LongListError: it is too long.
        WaitingForApprovalError: two people have to sign it.
    """
    count, content = csv_of(listing.columns, listing.rows)
    file = Sent(name=f"{listing.what}.csv", content=content)
    return _let_out(opened, listing.what, count, file, purpose=purpose)


def decisions(opened: OpenCase) -> Sent:
    """The decision log."""
    return _table(opened, "decisions", decision_log.export_decisions(opened))


def register(opened: OpenCase, *, what: str = "") -> Sent:
    """The register of exports, of one kind alone or whole; that it leaves is its next line."""
    lines = [one for one in exports.exports(opened) if what in {"", one.what}]
    return _table(opened, "exports", exports.register_table(lines))


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
            one.answers.get("number", ""),
            reported.day_of(one).isoformat(),
            one.answers.get("said", ""),
        )


def _table(opened: OpenCase, what: str, table: pa.Table) -> Sent:
    rows = pl.DataFrame(table).iter_rows()
    return listed(opened, Listing(what=what, columns=table.column_names, rows=rows), purpose="")


def _let_out(opened: OpenCase, what: str, rows: int, file: Sent, *, purpose: str = "") -> Sent:
    """A file of *rows* for the operator at work, entered as *what*."""
    leaves = exports.outgoing(what, rows, recipient=opened.by, purpose=purpose)
    exports.let_show(opened, leaves, file.content)
    return file


def csv_of(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> tuple[int, bytes]:
    """How many rows there are, and all of them as CSV; moments in ISO 8601, no cell a formula.

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
        writer.writerow(map(_plain, row))
    return count, out.getvalue().encode()


def _plain(cell: object) -> object:
    """A cell as it is written: what strangers wrote no spreadsheet takes for a formula."""
    if isinstance(cell, datetime):
        return cell.isoformat()
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
