"""Reads pain.002 (ISO 20022, CustomerPaymentStatusReport), versions 03 to 14.

Banks reject at the file, at its batch, or at single payments, and say which by the level at which
a status stands. What was booked is told by camt alone. Nothing personal is taken from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from amends.kernel.saying import said
from amends.payouts.rails.model import RailUnavailableError

_DOCUMENT = re.compile(r"\{urn:iso:std:iso:20022:tech:xsd:pain\.002\.001\.\d\d\}Document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A status and its reason (both the bank's codes). ``number``: None for the whole file."""

    number: str | None
    status: str
    code: str
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a bank says of one file of ours."""

    message_id: str
    original_message_id: str
    statuses: tuple[Status, ...]


def is_report(data: bytes) -> bool:
    """Whether the head of a file names pain.002."""
    return b"tech:xsd:pain.002." in data[:2048]


def read_report(data: bytes, name: str) -> Report:
    """The report of a pain.002 file.

    Raises:
        RailUnavailableError: it is cut off, or not what it says it is; says what to do.
    """
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise _unreadable(name, said("its XML breaks off or is none")) from None
    report = root.find("{*}CstmrPmtStsRpt")
    if not _DOCUMENT.fullmatch(root.tag) or report is None:
        raise _unreadable(name, said("it is XML but not pain.002"))
    original = report.find("{*}OrgnlGrpInfAndSts")
    message_id = _text(report, "{*}GrpHdr/{*}MsgId")
    original_id = "" if original is None else _text(original, "{*}OrgnlMsgId")
    if original is None or not message_id or not original_id:
        raise _unreadable(name, said("it does not say which file it is about"))
    return Report(
        message_id=message_id,
        original_message_id=original_id,
        statuses=tuple(_statuses(report, original)),
    )


def _statuses(report: Element, original: Element) -> Iterator[Status]:
    """Of the file, then of its batches, then of payments."""
    yield from _of(original, "GrpSts", None)
    for batch in report.iterfind("{*}OrgnlPmtInfAndSts"):
        yield from _of(batch, "PmtInfSts", None)
        for one in batch.iterfind("{*}TxInfAndSts"):
            number = _text(one, "{*}OrgnlEndToEndId") or _text(one, "{*}OrgnlInstrId")
            if number:
                yield from _of(one, "TxSts", number)


def _of(element: Element, tag: str, number: str | None) -> Iterator[Status]:
    """The status at one level, where there is one."""
    status = _text(element, f"{{*}}{tag}")
    if status:
        reason = "{*}StsRsnInf/{*}Rsn"
        yield Status(
            number=number,
            status=status,
            code=_text(element, f"{reason}/{{*}}Cd") or _text(element, f"{reason}/{{*}}Prtry"),
            reference=_text(element, "{*}AcctSvcrRef") or None,
        )


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _unreadable(name: str, why: str) -> RailUnavailableError:
    return RailUnavailableError(
        said(
            "{file}: this answer of the bank cannot be read ({why}); fetch it from the bank again",
            file=name,
            why=why,
        )
    )
