"""Reads camt.053 (ISO 20022, BankToCustomerStatement), versions 02 to 13.

Source of every element name: ISO 20022 message definition report "Bank-to-Customer Cash
Management". Only booked entries count (``Sts`` BOOK); the direction is ``CdtDbtInd``, which says it
of the entry itself also where ``RvslInd`` is true.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from amends.kernel.saying import said
from amends.statements.model import Direction, Form, Line, Problem, Statement, StatementError
from amends.statements.values import UnreadableError, day, given, minor_units, whole

_NAMESPACE = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d\d\}Document")
_FEES = frozenset(("CHRG", "FEES", "COMM"))


def read_camt(data: bytes, name: str) -> list[Statement]:
    """Every statement of the file.

    Raises:
        StatementError: it is not whole, or not what it says it is.
    """
    root = _document(data, name)
    found = root.findall("{*}BkToCstmrStmt/{*}Stmt")
    if not found:
        raise StatementError(
            Problem.TRUNCATED,
            said("{file}: holds no statement (Stmt); ask the bank for it again", file=name),
        )
    statements = []
    for number, element in enumerate(found, 1):
        try:
            statements.append(_statement(element, name))
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
    if not _NAMESPACE.fullmatch(root.tag):
        raise StatementError(
            Problem.NOT_A_STATEMENT,
            said(
                "{file}: is XML but not camt.053; ask the bank for the end-of-day statement "
                "(camt.053), not for advices or reports",
                file=name,
            ),
        )
    return root


def _statement(element: Element, name: str) -> Statement:
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
    lines = tuple(_lines(element, currency))
    _check_count(element, lines, name, currency)
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
        lines=lines,
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


def _lines(element: Element, currency: str) -> Iterator[Line]:
    for entry in element.findall("{*}Ntry"):
        status = entry.findtext("{*}Sts/{*}Cd") or entry.findtext("{*}Sts") or ""
        if status.strip() == "BOOK":
            yield _line(entry, currency)


def _line(entry: Element, currency: str) -> Line:
    details = "{*}NtryDtls/{*}TxDtls"
    reference = (
        entry.findtext("{*}AcctSvcrRef")
        or entry.findtext(f"{details}/{{*}}Refs/{{*}}AcctSvcrRef")
        or entry.findtext("{*}NtryRef")
    )
    codes = entry.iterfind("{*}BkTxCd/{*}Domn/{*}Fmly/{*}*")
    texts = entry.iterfind(f"{details}/{{*}}RmtInf/{{*}}Ustrd")
    return Line(
        reference=given(reference),
        direction=_direction(entry),
        amount_minor=_amount(entry, currency),
        booked_on=_day_of(entry, "BookgDt"),
        is_fee=any((code.text or "").strip() in _FEES for code in codes),
        end_to_end_id=given(entry.findtext(f"{details}/{{*}}Refs/{{*}}EndToEndId")),
        text=" ".join((text.text or "").strip() for text in texts),
    )


def _check_count(element: Element, lines: tuple[Line, ...], name: str, currency: str) -> None:
    """Hold the bank's own count and sum of entries against those that are there."""
    summary = element.find("{*}TxsSummry/{*}TtlNtries")
    if summary is None:
        return
    count, total = summary.findtext("{*}NbOfNtries"), summary.findtext("{*}Sum")
    found = sum(line.amount_minor for line in lines)
    if (count is None or whole(count) == (len(lines) or None)) and (
        total is None or minor_units(total, currency) == found
    ):
        return
    raise StatementError(
        Problem.TRUNCATED,
        said(
            "{file}: the bank counts {told} entries and {found} are there; fetch the file again",
            file=name,
            told=count or "other",
            found=len(lines),
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
