"""Reads camt.053 and camt.054 (ISO 20022, BankToCustomerStatement and -Notification).

Versions 02 to 13. A statement proves its closing balance; a notification tells of movements before
the day's statement comes.

Source of every element name: ISO 20022 message definition report "Bank-to-Customer Cash
Management". Only booked entries count (``Sts`` BOOK); the direction is ``CdtDbtInd``, which says it
of the entry itself also where ``RvslInd`` is true.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from typing import TypeVar
from xml.etree.ElementTree import Element

from amends.kernel.saying import said
from amends.statements.camt_tree import Entry, Texts, Tree, parse
from amends.statements.model import (
    Advice,
    Direction,
    Form,
    Line,
    Problem,
    Statement,
    StatementError,
)
from amends.statements.values import UnreadableError, day, given, minor_units, whole

_ROOT = r"\{urn:iso:std:iso:20022:tech:xsd:camt\.%s\.001\.\d\d\}Document"
_STATEMENTS = re.compile(_ROOT % "053")
_ADVICES = re.compile(_ROOT % "054")
_FEES = frozenset(("CHRG", "FEES", "COMM"))
_RETURNS = frozenset(("RRTN", "RPCR"))
"""Sub-families of bank transactions: reversal of a payment that was returned, or called back."""

_Said = TypeVar("_Said")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """A booked entry: its currency, and a line, or one for each transaction of a batch."""

    currency: str
    lines: tuple[Line, ...]


def is_advice(data: bytes) -> bool:
    """Whether the head of a file names camt.054."""
    return b"tech:xsd:camt.054." in data[:2048]


def read_advices(data: bytes, name: str) -> list[Advice]:
    """Every notification of a camt.054 file, each transaction of a batch a line of its own.

    Raises:
        StatementError: it is cut off, or not what it says it is.
    """
    wrong = said("{file}: is XML but not camt.054", file=name)
    found = _sections(data, name, "Ntfctn", kind=_ADVICES, wrong=wrong, apart=True)
    return [_or_told(partial(_advice, *one), name, number) for number, one in enumerate(found, 1)]


def read_camt(data: bytes, name: str, *, apart: bool = False) -> list[Statement]:
    """Every statement of the file. *apart*: each transaction of a batch is a line of its own.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    wrong = said(
        "{file}: is XML but not camt.053; ask the bank for the end-of-day statement (camt.053), "
        "not for advices or reports",
        file=name,
    )
    found = _sections(data, name, "Stmt", kind=_STATEMENTS, wrong=wrong, apart=apart)
    if not found:
        raise StatementError(
            Problem.TRUNCATED,
            said("{file}: holds no statement (Stmt); ask the bank for it again", file=name),
        )
    return [
        _or_told(partial(_statement, *one, name), name, number)
        for number, one in enumerate(found, 1)
    ]


def _sections(
    data: bytes, name: str, section: str, *, kind: re.Pattern[str], wrong: str, apart: bool
) -> list[tuple[Element, list[_Entry]]]:
    """Each statement or notification, with its booked entries."""

    def entry(element: Entry) -> _Entry | None:
        return _entry(element, apart=apart)

    tree = Tree(section, entry)
    _or_told(lambda: parse(data, name, tree), name, lambda: len(tree.sections) + 1)
    if not kind.fullmatch(tree.root):
        raise StatementError(Problem.NOT_A_STATEMENT, wrong)
    return [
        (head, [one for one in entries if one is not None])
        for head, entries in zip(tree.heads, tree.sections, strict=True)
    ]


def _or_told(work: Callable[[], _Said], name: str, number: int | Callable[[], int]) -> _Said:
    """What *work* gives; a value that cannot be read is told with the statement it stands in."""
    try:
        return work()
    except UnreadableError as error:
        raise StatementError(
            Problem.VALUE,
            said(
                "{file}, statement {number}: {why}; ask the bank for a correct file",
                file=name,
                number=number if isinstance(number, int) else number(),
                why=error.args[0],
            ),
        ) from None


def _advice(element: Element, entries: Sequence[_Entry]) -> Advice:
    currency = entries[0].currency if entries else ""
    return Advice(
        account=_account(element),
        currency=currency,
        identifier=_text(element, "Id"),
        lines=_lines_in(entries, currency),
    )


def _statement(element: Element, entries: Sequence[_Entry], name: str) -> Statement:
    account = _account(element)
    balances = {kind: balance for balance in element.findall("Bal") for kind in _kind(balance)}
    closing = balances.get("CLBD")
    opening = balances.get("OPBD", balances.get("PRCD"))
    if closing is None or opening is None:
        raise UnreadableError(said("opening (OPBD or PRCD) or closing balance (CLBD) is missing"))
    currency = _of(closing, "Amt").get("Ccy", "")
    if element.findtext("StmtPgntn/LastPgInd", "true") not in ("true", "1"):
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}: is one page of a statement (LastPgInd is false); ask the bank for the "
                "whole",
                file=name,
            ),
        )
    lines = _lines_in(entries, currency)
    _check_count(element, entries, name, currency)
    return Statement(
        form=Form.CAMT_053,
        account=account,
        currency=currency,
        identifier=_text(element, "Id"),
        number=_number(element),
        first_day=_first_day(element, opening, begins="OPBD" in balances),
        last_day=_day_of(closing),
        opening_minor=_signed(opening, currency),
        closing_minor=_signed(closing, currency),
        lines=lines,
    )


def _lines_in(entries: Sequence[_Entry], currency: str) -> tuple[Line, ...]:
    """The lines of all entries, which have to be in one currency."""
    if any(entry.currency != currency for entry in entries):
        raise _other_currency(currency)
    return tuple(line for entry in entries for line in entry.lines)


def _other_currency(currency: str) -> UnreadableError:
    return UnreadableError(
        said("an amount is not in {currency}, as the closing balance is", currency=currency)
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
        raise _other_currency(currency)
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


def _entry(element: Entry, *, apart: bool) -> _Entry | None:
    """What an entry says; None for one that is not booked."""
    told = element.told
    if (told.get("Sts/Cd") or told.get("Ntry/Sts")) != "BOOK":
        return None
    if "Ntry/Amt" not in told:
        raise UnreadableError(said("{tag} is missing", tag="Amt"))
    currency, details = told["Ccy"], element.details
    whole_entry = _line(element)
    if not apart or not details:
        return _Entry(currency=currency, lines=(whole_entry,))
    if len(details) == 1:
        return _Entry(currency=currency, lines=(_of_transaction(whole_entry, details[0]),))
    reference = whole_entry.reference
    lines = tuple(
        _of_transaction(
            replace(
                whole_entry,
                reference=f"{reference}/{number}" if reference else None,
                amount_minor=_amount(one.get("TxDtls/Amt", ""), one.get("Ccy", ""), currency),
            ),
            one,
        )
        for number, one in enumerate(details, 1)
    )
    if sum(line.amount_minor for line in lines) != whole_entry.amount_minor:
        raise UnreadableError(said("the transactions of an entry are not its amount"))
    return _Entry(currency=currency, lines=lines)


def _line(element: Entry) -> Line:
    """An entry as one line; of its transactions, what the first one says."""
    told, first = element.told, element.details[0] if element.details else {}
    reference = (
        told.get("Ntry/AcctSvcrRef") or first.get("Refs/AcctSvcrRef") or told.get("Ntry/NtryRef")
    )
    codes = {told.get("Fmly/Cd"), told.get("Fmly/SubFmlyCd")}
    direction = _direction(told.get("Ntry/CdtDbtInd", ""))
    back = direction is Direction.IN and (
        told.get("Ntry/RvslInd") in ("true", "1") or not codes.isdisjoint(_RETURNS)
    )
    moment = told.get("BookgDt/DtTm", "")
    return Line(
        reference=given(reference),
        direction=direction,
        amount_minor=_minor(told["Ntry/Amt"], told["Ccy"]),
        booked_on=_told_day(told.get("BookgDt/Dt", ""), moment, "BookgDt"),
        is_fee=not codes.isdisjoint(_FEES),
        end_to_end_id=given(first.get("Refs/EndToEndId")),
        text=" ".join(element.texts),
        came_back=back,
        booked_at=_moment(moment),
    )


def _of_transaction(line: Line, details: Texts) -> Line:
    """A line with number, reference and return as the details of one transaction say them."""
    returned = "TxDtls/RtrInf" in details
    reference = given(details.get("Refs/AcctSvcrRef")) or line.reference
    end_to_end_id = given(details.get("Refs/EndToEndId"))
    if not returned and (reference, end_to_end_id) == (line.reference, line.end_to_end_id):
        return line
    reason = details.get("Rsn/Cd") or details.get("Rsn/Prtry")
    return replace(
        line,
        reference=reference,
        end_to_end_id=end_to_end_id,
        came_back=returned or line.came_back,
        return_reason=given(reason),
    )


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime | None:
    """A time with its zone, in UTC; None where the bank gives a day, or a time in no zone."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        raise UnreadableError(said("a time is not written as ISO 8601 does")) from None


def _check_count(element: Element, entries: Sequence[_Entry], name: str, currency: str) -> None:
    """Hold the bank's own count and sum of entries against those that are there."""
    summary = element.find("TxsSummry/TtlNtries")
    if summary is None:
        return
    count, total = summary.findtext("NbOfNtries"), summary.findtext("Sum")
    found = sum(line.amount_minor for entry in entries for line in entry.lines)
    if (count is None or whole(count) == (len(entries) or None)) and (
        total is None or minor_units(total, currency) == found
    ):
        return
    raise StatementError(
        Problem.TRUNCATED,
        said(
            "{file}: the bank counts {told} entries and {found} are there; fetch the file again",
            file=name,
            told=count or "other",
            found=len(entries),
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
