"""How the bank reads a file of payments (pain.001.001.09), and why it refuses the whole of it."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from amends.kernel.money import exponent

_ROOT = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}Document"
_ID = re.compile(r"[0-9A-Za-z/\-?:().,'+]{1,35}")


class RefusedFile(Exception):  # noqa: N818 -- not an error of ours: an answer with a code
    """A file that is refused as a whole; the code is ISO 20022's."""

    def __init__(self, code: str, message_id: str = "UNKNOWN") -> None:
        super().__init__(code)
        self.code = code
        self.message_id = message_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """A payment as it stands in the file; ``at_once``: booked with the others in one entry."""

    number: str
    amount_minor: int
    account: str
    name: str
    at_once: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A file of payments."""

    message_id: str
    payments: tuple[Payment, ...]


def read_message(data: bytes, *, account: str, currency: str) -> Message:
    """The payments of a file that is right in itself and pays from *account*.

    Raises:
        RefusedFile: FF01 not well-formed, AM18 wrong count, AM10 wrong control sum, AC02 another
            account, AM03 another currency.
    """
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        raise RefusedFile("FF01") from None
    message = root.find("{*}CstmrCdtTrfInitn")
    head = None if message is None else message.find("{*}GrpHdr")
    if root.tag != _ROOT or message is None or head is None:
        raise RefusedFile("FF01")
    message_id = head.findtext("{*}MsgId") or ""
    if _ID.fullmatch(message_id) is None:
        raise RefusedFile("FF01")
    try:
        payments = _checked(message, head, account=account, currency=currency)
    except RefusedFile as refused:
        raise RefusedFile(refused.code, message_id) from None
    return Message(message_id=message_id, payments=tuple(payments))


def _checked(message: Element, head: Element, *, account: str, currency: str) -> "list[Payment]":
    """The payments of all batches, their totals and payer being right."""
    payments: list[Payment] = []
    for batch in message.iterfind("{*}PmtInf"):
        found = _payments(batch, currency)
        _require_totals(batch, found, currency)
        if _account(batch.find("{*}DbtrAcct")) != account:
            raise RefusedFile("AC02")
        payments += found
    _require_totals(head, payments, currency)
    if not payments or len({one.number for one in payments}) < len(payments):
        raise RefusedFile("FF01")
    return payments


def _payments(batch: Element, currency: str) -> "list[Payment]":
    at_once = (batch.findtext("{*}BtchBookg") or "false").strip() in ("true", "1")
    found = []
    for one in batch.iterfind("{*}CdtTrfTxInf"):
        number = one.findtext("{*}PmtId/{*}EndToEndId") or ""
        amount, name = one.find("{*}Amt/{*}InstdAmt"), one.findtext("{*}Cdtr/{*}Nm") or ""
        account = _account(one.find("{*}CdtrAcct"))
        if _ID.fullmatch(number) is None or amount is None or not account or not name.strip():
            raise RefusedFile("FF01")
        if amount.get("Ccy") != currency:
            raise RefusedFile("AM03")
        found.append(
            Payment(
                number=number,
                amount_minor=_minor(amount.text or "", currency),
                account=account,
                name=name,
                at_once=at_once,
            )
        )
    return found


def _require_totals(element: Element, payments: "list[Payment]", currency: str) -> None:
    """Count and control sum of a level."""
    if (element.findtext("{*}NbOfTxs") or "") != str(len(payments)):
        raise RefusedFile("AM18")
    if _minor(element.findtext("{*}CtrlSum") or "", currency) != sum(
        one.amount_minor for one in payments
    ):
        raise RefusedFile("AM10")


def _account(element: Element | None) -> str:
    if element is None:
        return ""
    return (
        element.findtext("{*}Id/{*}IBAN") or element.findtext("{*}Id/{*}Othr/{*}Id") or ""
    ).strip()


def _minor(text: str, currency: str) -> int:
    try:
        scaled = Decimal(text).scaleb(exponent(currency))
        whole = int(scaled)
    except (InvalidOperation, ValueError, OverflowError):
        raise RefusedFile("FF01") from None
    if whole != scaled or whole <= 0:
        raise RefusedFile("FF01")
    return whole
