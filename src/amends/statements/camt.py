"""Reads camt.053 and camt.054 (ISO 20022, BankToCustomerStatement and -Notification).

Versions 02 to 14, each held against its schema. A statement proves its closing balance; a
notification tells of movements before the day's statement comes.

Source of every element name: ISO 20022 message definition report "Bank-to-Customer Cash
Management". Only booked entries count (``Sts`` BOOK); the direction is ``CdtDbtInd``, which says it
of the entry itself also where ``RvslInd`` is true.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

import polars as pl

from amends.kernel.saying import said
from amends.statements import camt_text, camt_tree
from amends.statements.camt_columns import (
    NOTHING,
    Counted,
    MisplacedError,
    columns_of,
    other_currency,
)
from amends.statements.camt_text import NotPlainError
from amends.statements.camt_tree import Pieces, root_of
from amends.statements.lines import Lines, MakeAside
from amends.statements.model import Direction, Form, Problem, StatementError
from amends.statements.values import UnreadableError, day, minor_units, whole
from amends.statements.walked import Advice, Walked

_STATEMENTS: Final = re.compile(r"camt\.053\.001\.\d\d")
_AT_ONCE: Final = 8_192
"""Entries that are made columns together."""
_ADVICES: Final = re.compile(r"camt\.054\.001\.\d\d")


@dataclass(slots=True, kw_only=True)
class _Section:
    """A statement or notification: all of it but its entries, and these as lines."""

    head: Element
    lines: Lines
    currency: str | None
    counted: Counted


@dataclass(slots=True, kw_only=True)
class _Taking:
    """Takes statements as they are read, with their booked entries."""

    name: str
    aside: MakeAside | None
    apart: bool
    texts: bool
    sections: list[_Section] = field(default_factory=list)
    lines: Lines = field(init=False)
    came: list[pl.Series] = field(default_factory=list)
    currency: str | None = None
    counted: Counted = NOTHING
    misplaced: StatementError | None = None
    is_last_page: bool = True

    def __post_init__(self) -> None:
        """Begin with the first."""
        self.lines = Lines(self.aside)

    def anew(self) -> "_Taking":
        """With nothing taken."""
        return _Taking(name=self.name, aside=self.aside, apart=self.apart, texts=self.texts)

    def entries(self, entries: pl.Series) -> None:
        """Entries of the statement that goes on.

        Raises:
            StatementError: a value cannot be read.
        """
        self.came.append(entries)
        if sum(map(len, self.came)) >= _AT_ONCE:
            self._add()

    def section(self, head: Element) -> None:
        """A statement has ended.

        Raises:
            StatementError: a value cannot be read.
        """
        self._add()
        self.sections.append(
            _Section(head=head, lines=self.lines, currency=self.currency, counted=self.counted)
        )
        self.lines, self.currency, self.counted = Lines(self.aside), None, NOTHING

    def around(self, rest: Element) -> None:
        """All sections have ended."""
        self.is_last_page = _is_last_page(rest, ".//GrpHdr/MsgPgntn")

    def _add(self) -> None:
        """Read what came."""
        if not self.came:
            return
        try:
            lines, self.currency, counted = columns_of(
                pl.concat(self.came), self.currency, apart=self.apart, texts=self.texts
            )
            self.lines.add(lines)
            self.counted = self.counted.plus(counted)
        except MisplacedError as error:
            self.misplaced = self.misplaced or _unreadable(self.name, len(self.sections) + 1, error)
        except UnreadableError as error:
            raise _unreadable(self.name, len(self.sections) + 1, error) from None
        self.came = []


def is_advice(data: bytes) -> bool:
    """Whether the head of a file names camt.054."""
    return b"tech:xsd:camt.054." in data[:2048]


def walk_advices(pieces: Pieces, name: str, aside: MakeAside | None = None) -> list[Advice]:
    """Every notification of a camt.054 file, each transaction of a batch a line of its own.

    Raises:
        StatementError: it is cut off, or not what it says it is.
    """
    wrong = said("{file}: is XML but not camt.054", file=name)
    taking = _Taking(name=name, aside=aside, apart=True, texts=False)
    taking = _read(pieces, "Ntfctn", _ADVICES, wrong, taking)
    if not taking.is_last_page:
        raise _one_page(name)
    return [_advice(one, name, number) for number, one in enumerate(taking.sections, 1)]


def walk_camt(
    pieces: Pieces, name: str, aside: MakeAside | None = None, *, apart: bool, texts: bool
) -> list[Walked]:
    """Every statement of a file; their lines lie *aside*, where one is given.

    *apart*: each transaction of a batch is a line of its own. *texts*: with what is for people.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    wrong = said(
        "{file}: is XML but not camt.053; ask the bank for the end-of-day statement (camt.053), "
        "not for advices or reports",
        file=name,
    )
    taking = _Taking(name=name, aside=aside, apart=apart, texts=texts)
    found = _read(pieces, "Stmt", _STATEMENTS, wrong, taking).sections
    if not found:
        raise StatementError(
            Problem.TRUNCATED,
            said("{file}: holds no statement (Stmt); ask the bank for it again", file=name),
        )
    return [_statement(one, name, number) for number, one in enumerate(found, 1)]


def _read(
    pieces: Pieces, section: str, kind: re.Pattern[str], wrong: str, taking: _Taking
) -> _Taking:
    """What a file says, *taking* it from its text, or else anew from a tree."""
    message = root_of(pieces, taking.name)
    if not kind.fullmatch(message):
        raise StatementError(Problem.NOT_A_STATEMENT, wrong)
    try:
        camt_text.parse(pieces, taking.name, message, section, taking)
    except NotPlainError:
        taking = taking.anew()
        camt_tree.parse(pieces, taking.name, message, section, taking)
    if taking.misplaced is not None:
        raise taking.misplaced
    return taking


def _unreadable(name: str, number: int, error: UnreadableError) -> StatementError:
    """A value that cannot be read is told with the statement it stands in."""
    return StatementError(
        Problem.VALUE,
        said(
            "{file}, statement {number}: {why}; ask the bank for a correct file",
            file=name,
            number=number,
            why=error.args[0],
        ),
    )


def _advice(found: _Section, name: str, number: int) -> Advice:
    """A notification has no balances: its own count and sum are all that it can be held against."""
    if not _is_last_page(found.head, "NtfctnPgntn"):
        raise _one_page(name)
    try:
        _check_count(found, name, found.currency or "")
        return Advice(
            account=_account(found.head),
            currency=found.currency or "",
            identifier=_text(found.head, "Id"),
            lines=found.lines,
        )
    except UnreadableError as error:
        raise _unreadable(name, number, error) from None


def _statement(found: _Section, name: str, number: int) -> Walked:
    try:
        return _walked(found, name)
    except UnreadableError as error:
        raise _unreadable(name, number, error) from None


def _walked(found: _Section, name: str) -> Walked:
    element = found.head
    account = _account(element)
    balances = {kind: balance for balance in element.findall("Bal") for kind in _kind(balance)}
    closing = balances.get("CLBD")
    opening = balances.get("OPBD", balances.get("PRCD"))
    if closing is None or opening is None:
        raise UnreadableError(said("opening (OPBD or PRCD) or closing balance (CLBD) is missing"))
    currency = _of(closing, "Amt").get("Ccy", "")
    if not _is_last_page(element, "StmtPgntn"):
        raise _one_page(name)
    if found.currency not in (None, currency):
        raise other_currency(currency)
    _check_count(found, name, currency)
    return Walked(
        form=Form.CAMT_053,
        account=account,
        currency=currency,
        identifier=_text(element, "Id"),
        number=_number(element),
        first_day=_first_day(element, opening, begins="OPBD" in balances),
        last_day=_day_of(closing),
        opening_minor=_signed(opening, currency),
        closing_minor=_signed(closing, currency),
        lines=found.lines,
    )


def _is_last_page(element: Element, pages: str) -> bool:
    return element.findtext(f"{pages}/LastPgInd", "true").strip() in ("true", "1")


def _one_page(name: str) -> StatementError:
    return StatementError(
        Problem.TRUNCATED,
        said(
            "{file}: is one page of several (LastPgInd is false); ask the bank for the whole",
            file=name,
        ),
    )


def _account(element: Element) -> str:
    found = element.findtext("Acct/Id/IBAN") or element.findtext("Acct/Id/Othr/Id")
    if not found:
        raise UnreadableError(said("the account (Acct/Id) is missing"))
    return found.strip()


def _number(element: Element) -> int | None:
    """The running number: the electronic one, else the legal one."""
    return whole(element.findtext("ElctrncSeqNb") or element.findtext("LglSeqNb"))


def _kind(balance: Element) -> Iterator[str]:
    code = balance.findtext("Tp/CdOrPrtry/Cd")
    if code:
        yield code.strip()


def _first_day(element: Element, opening: Element, *, begins: bool) -> date:
    """As the statement says it; else the day of the opening balance (after a previous closing)."""
    said_so = element.findtext("FrToDt/FrDtTm")
    if said_so:
        return day(said_so)
    first = _day_of(opening)
    return first if begins else first + timedelta(days=1)


def _day_of(element: Element) -> date:
    """The day of a balance, which is ``Dt/Dt`` or ``Dt/DtTm``."""
    text, moment = (element.findtext(path, "").strip() for path in ("Dt/Dt", "Dt/DtTm"))
    return _told_day(text, moment, "Dt")


def _told_day(text: str, moment: str, tag: str) -> date:
    """The day of a date, or else of a time."""
    if not text and not moment:
        raise UnreadableError(said("the date of a balance or an entry ({tag}) is missing", tag=tag))
    return _day(text or moment)


_day = lru_cache(maxsize=64)(day)
"""Days of a statement are few."""


def _signed(balance: Element, currency: str) -> int:
    found = _of(balance, "Amt")
    amount = _amount((found.text or "").strip(), found.get("Ccy", ""), currency)
    direction = _direction(balance.findtext("CdtDbtInd", "").strip())
    return amount if direction is Direction.IN else -amount


def _amount(text: str, written_in: str, currency: str) -> int:
    if written_in != currency:
        raise other_currency(currency)
    return _minor(text, currency)


_minor = lru_cache(maxsize=4096)(minor_units)
"""Amounts come again and again."""


def _direction(word: str) -> Direction:
    match word:
        case "CRDT":
            return Direction.IN
        case "DBIT":
            return Direction.OUT
        case _:
            raise UnreadableError(said("CdtDbtInd is neither CRDT nor DBIT"))


def _check_count(found: _Section, name: str, currency: str) -> None:
    """Hold the bank's own count and sum against the entries that are there: booked ones, or all."""
    summary = found.head.find("TxsSummry/TtlNtries")
    if summary is None:
        return
    count, total = summary.findtext("NbOfNtries"), summary.findtext("Sum")
    told = None if count is None else whole(count) or 0
    told_minor = None if total is None else minor_units(total, currency)
    booked, others, others_minor = found.counted
    for entries, minor in (
        (booked, found.lines.amount_minor),
        (booked + others, found.lines.amount_minor + others_minor),
    ):
        if told in (None, entries) and told_minor in (None, minor):
            return
    raise StatementError(
        Problem.TRUNCATED,
        said(
            "{file}: the bank counts {told} entries and {found} are there; fetch the file again",
            file=name,
            told=count or "other",
            found=found.counted.booked,
        ),
    )


def _of(element: Element, tag: str) -> Element:
    found = element.find(tag)
    if found is None:
        raise UnreadableError(said("{tag} is missing", tag=tag))
    return found


def _text(element: Element, path: str) -> str:
    found = element.findtext(path)
    if not found or not found.strip():
        raise UnreadableError(said("{tag} is missing", tag=path))
    return found.strip()
