"""Reads camt.053 and camt.054 (ISO 20022, BankToCustomerStatement and -Notification).

Versions 02 to 13. A statement proves its closing balance; a notification tells of movements before
the day's statement comes.

Source of every element name: ISO 20022 message definition report "Bank-to-Customer Cash
Management". Only booked entries count (``Sts`` BOOK); the direction is ``CdtDbtInd``, which says it
of the entry itself also where ``RvslInd`` is true.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from amends.kernel.saying import said
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

_STATEMENTS = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document")
_ADVICES = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.054\.001\.\d\d\}Document")
_FEES = frozenset(("CHRG", "FEES", "COMM"))
_RETURNS = frozenset(("RRTN", "RPCR"))
"""Sub-families of bank transactions: reversal of a payment that was returned, or called back."""

_DETAILS = "{*}NtryDtls/{*}TxDtls"
_REASON = "{*}RtrInf/{*}Rsn"


def is_advice(data: bytes) -> bool:
    """Whether the head of a file names camt.054."""
    return b"tech:xsd:camt.054." in data[:2048]


def read_advices(data: bytes, name: str) -> list[Advice]:
    """Every notification of a camt.054 file, each transaction of a batch a line of its own.

    Raises:
        StatementError: it is cut off, or not what it says it is.
    """
    root = _document(data, name)
    if not _ADVICES.fullmatch(root.tag):
        raise StatementError(
            Problem.NOT_A_STATEMENT, said("{file}: is XML but not camt.054", file=name)
        )
    try:
        return [_advice(one) for one in root.iterfind("{*}BkToCstmrDbtCdtNtfctn/{*}Ntfctn")]
    except UnreadableError as error:
        raise StatementError(
            Problem.VALUE,
            said("{file}: {why}; ask the bank for a correct file", file=name, why=error.args[0]),
        ) from None


def _advice(element: Element) -> Advice:
    first = element.find("{*}Ntry/{*}Amt")
    currency = "" if first is None else first.get("Ccy", "")
    entries = _entries(element, currency, apart=True)
    return Advice(
        account=_account(element),
        currency=currency,
        identifier=_text(element, "{*}Id"),
        lines=tuple(line for entry in entries for line in entry),
    )


def read_camt(data: bytes, name: str, *, apart: bool = False) -> list[Statement]:
    """Every statement of the file. *apart*: each transaction of a batch is a line of its own.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    root = _document(data, name)
    if not _STATEMENTS.fullmatch(root.tag):
        raise StatementError(
            Problem.NOT_A_STATEMENT,
            said(
                "{file}: is XML but not camt.053; ask the bank for the end-of-day statement "
                "(camt.053), not for advices or reports",
                file=name,
            ),
        )
    found = root.findall("{*}BkToCstmrStmt/{*}Stmt")
    if not found:
        raise StatementError(
            Problem.TRUNCATED,
            said("{file}: holds no statement (Stmt); ask the bank for it again", file=name),
        )
    statements = []
    for number, element in enumerate(found, 1):
        try:
            statements.append(_statement(element, name, apart=apart))
        except UnreadableError as error:
            raise StatementError(
                Problem.VALUE,
                said(
                    "{file}, statement {number}: {why}; ask the bank for a correct file",
                    file=name,
                    number=number,
                    why=error.args[0],
                ),
            ) from None
    return statements


def _document(data: bytes, name: str) -> Element:
    """The root, of a document that declares no entities."""
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        raise StatementError(
            Problem.FORBIDDEN_XML,
            said(
                "{file}: declares a document type or entities, which no bank statement does; it is "
                "not read",
                file=name,
            ),
        ) from None
    except ParseError as error:
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}, line {line}: the XML ends or breaks there; fetch the file from the bank "
                "again",
                file=name,
                line=error.position[0],
            ),
        ) from None
    return root


def _statement(element: Element, name: str, *, apart: bool) -> Statement:
    account = _account(element)
    balances = {kind: balance for balance in element.findall("{*}Bal") for kind in _kind(balance)}
    closing = balances.get("CLBD")
    opening = balances.get("OPBD", balances.get("PRCD"))
    if closing is None or opening is None:
        raise UnreadableError(said("opening (OPBD or PRCD) or closing balance (CLBD) is missing"))
    currency = _of(closing, "Amt").get("Ccy", "")
    if element.findtext("{*}StmtPgntn/{*}LastPgInd", "true") not in ("true", "1"):
        raise StatementError(
            Problem.TRUNCATED,
            said(
                "{file}: is one page of a statement (LastPgInd is false); ask the bank for the "
                "whole",
                file=name,
            ),
        )
    entries = _entries(element, currency, apart=apart)
    _check_count(element, entries, name, currency)
    return Statement(
        form=Form.CAMT_053,
        account=account,
        currency=currency,
        identifier=_text(element, "{*}Id"),
        number=_number(element),
        first_day=_first_day(element, opening, begins="OPBD" in balances),
        last_day=_day_of(closing),
        opening_minor=_signed(opening, currency),
        closing_minor=_signed(closing, currency),
        lines=tuple(line for entry in entries for line in entry),
    )


def _account(element: Element) -> str:
    found = element.findtext("{*}Acct/{*}Id/{*}IBAN") or element.findtext(
        "{*}Acct/{*}Id/{*}Othr/{*}Id"
    )
    if not found:
        raise UnreadableError(said("the account (Acct/Id) is missing"))
    return found.strip()


def _number(element: Element) -> int | None:
    """The running number: the electronic one, else the legal one."""
    return whole(element.findtext("{*}ElctrncSeqNb") or element.findtext("{*}LglSeqNb"))


def _kind(balance: Element) -> Iterator[str]:
    code = balance.findtext("{*}Tp/{*}CdOrPrtry/{*}Cd")
    if code:
        yield code.strip()


def _first_day(element: Element, opening: Element, *, begins: bool) -> date:
    """As the statement says it; else the day of the opening balance (after a previous closing)."""
    said_so = element.findtext("{*}FrToDt/{*}FrDtTm")
    if said_so:
        return day(said_so)
    first = _day_of(opening)
    return first if begins else first + timedelta(days=1)


def _day_of(element: Element, tag: str = "Dt") -> date:
    """The day of a date that is ``Dt/Dt`` or ``Dt/DtTm``."""
    found = element.findtext(f"{{*}}{tag}/{{*}}Dt") or element.findtext(f"{{*}}{tag}/{{*}}DtTm")
    if not found:
        raise UnreadableError(said("the date of a balance or an entry ({tag}) is missing", tag=tag))
    return day(found.strip())


def _signed(balance: Element, currency: str) -> int:
    amount = _amount(balance, currency)
    return amount if _direction(balance) is Direction.IN else -amount


def _amount(element: Element, currency: str) -> int:
    amount = _of(element, "Amt")
    if amount.get("Ccy") != currency:
        raise UnreadableError(
            said("an amount is not in {currency}, as the closing balance is", currency=currency)
        )
    return minor_units((amount.text or "").strip(), currency)


def _direction(element: Element) -> Direction:
    match _text(element, "{*}CdtDbtInd"):
        case "CRDT":
            return Direction.IN
        case "DBIT":
            return Direction.OUT
        case _:
            raise UnreadableError(said("CdtDbtInd is neither CRDT nor DBIT"))


def _entries(element: Element, currency: str, *, apart: bool) -> list[tuple[Line, ...]]:
    """The lines of each booked entry: one, or one for each transaction of a batch."""
    return [
        _lines(entry, currency, apart=apart)
        for entry in element.iterfind("{*}Ntry")
        if (entry.findtext("{*}Sts/{*}Cd") or entry.findtext("{*}Sts") or "").strip() == "BOOK"
    ]


def _lines(entry: Element, currency: str, *, apart: bool) -> tuple[Line, ...]:
    whole = _line(entry, currency)
    details = entry.findall(_DETAILS) if apart else []
    if not details:
        return (whole,)
    if len(details) == 1:
        return (_of_transaction(whole, details[0]),)
    lines = tuple(
        _of_transaction(
            replace(
                whole,
                reference=f"{whole.reference}/{number}" if whole.reference else None,
                amount_minor=_amount(one, currency),
            ),
            one,
        )
        for number, one in enumerate(details, 1)
    )
    if sum(line.amount_minor for line in lines) != whole.amount_minor:
        raise UnreadableError(said("the transactions of an entry are not its amount"))
    return lines


def _of_transaction(line: Line, details: Element) -> Line:
    """A line with number, reference and return as the details of one transaction say them."""
    returned = details.find("{*}RtrInf") is not None
    reason = details.findtext(f"{_REASON}/{{*}}Cd") or details.findtext(f"{_REASON}/{{*}}Prtry")
    return replace(
        line,
        reference=given(details.findtext("{*}Refs/{*}AcctSvcrRef")) or line.reference,
        end_to_end_id=given(details.findtext("{*}Refs/{*}EndToEndId")),
        came_back=returned or line.came_back,
        return_reason=given(reason),
    )


def _line(entry: Element, currency: str) -> Line:
    reference = (
        entry.findtext("{*}AcctSvcrRef")
        or entry.findtext(f"{_DETAILS}/{{*}}Refs/{{*}}AcctSvcrRef")
        or entry.findtext("{*}NtryRef")
    )
    found = entry.iterfind("{*}BkTxCd/{*}Domn/{*}Fmly/{*}*")
    codes = frozenset((code.text or "").strip() for code in found)
    texts = entry.iterfind(f"{_DETAILS}/{{*}}RmtInf/{{*}}Ustrd")
    direction = _direction(entry)
    reversed_entry = (entry.findtext("{*}RvslInd") or "").strip() in ("true", "1")
    return Line(
        reference=given(reference),
        direction=direction,
        amount_minor=_amount(entry, currency),
        booked_on=_day_of(entry, "BookgDt"),
        is_fee=bool(codes & _FEES),
        end_to_end_id=given(entry.findtext(f"{_DETAILS}/{{*}}Refs/{{*}}EndToEndId")),
        text=" ".join((text.text or "").strip() for text in texts),
        came_back=direction is Direction.IN and (reversed_entry or bool(codes & _RETURNS)),
        booked_at=_moment(entry.findtext("{*}BookgDt/{*}DtTm")),
    )


def _moment(text: str | None) -> datetime | None:
    """A time with its zone, in UTC; None where the bank gives a day, or a time in no zone."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        raise UnreadableError(said("a time is not written as ISO 8601 does")) from None


def _check_count(
    element: Element, entries: Sequence[tuple[Line, ...]], name: str, currency: str
) -> None:
    """Hold the bank's own count and sum of entries against those that are there."""
    summary = element.find("{*}TxsSummry/{*}TtlNtries")
    if summary is None:
        return
    count, total = summary.findtext("{*}NbOfNtries"), summary.findtext("{*}Sum")
    found = sum(line.amount_minor for entry in entries for line in entry)
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
    found = element.find(f"{{*}}{tag}")
    if found is None:
        raise UnreadableError(said("{tag} is missing", tag=tag))
    return found


def _text(element: Element, path: str) -> str:
    found = element.findtext(path)
    if not found or not found.strip():
        raise UnreadableError(said("{tag} is missing", tag=path.replace("{*}", "")))
    return found.strip()
