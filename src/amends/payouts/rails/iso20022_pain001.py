"""Writes pain.001.001.09 (ISO 20022, CustomerCreditTransferInitiation): one file, many payments.

The bytes of one payment are made once, alone; a file is a head, those bytes, and a tail. Count and
control sum are taken from the very bytes that are sent. Everything here is pure but `check_file`,
which holds a whole file against the schema of what is written (``iso20022_pain001.xsd``).
"""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from lxml import etree

from amends.kernel.accounts import AccountKind
from amends.kernel.money import Money
from amends.kernel.saying import Said, said
from amends.payouts.rails.file_model import FileRejectedError, name_of
from amends.payouts.rails.model import Order, PreparedRequest

NAMESPACE: Final = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
ID_LENGTH: Final = 35  # Max35Text
ID_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
"""What every bank takes in an identification, of SWIFT's characters."""

_ID = re.compile(r"[0-9A-Za-z-]{1,35}")
_ACCOUNT = re.compile(r"[0-9A-Za-z-]{1,34}")
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")
_CNAPS = re.compile(r"[0-9]{12}")
_WORDS = re.compile("[\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]{1,140}")
_AMOUNT = re.compile(rb'<InstdAmt Ccy="[A-Z]{3}">([0-9]+)(?:\.([0-9]+))?</InstdAmt>')


_PROBLEMS: Final = (
    said("its number is not 1 to 35 letters, digits or -"),
    said("a bank pays to an account or card at a bank"),
    said("the payee's account is not 1 to 34 letters, digits or -"),
    said("the check digits of the payee's IBAN are wrong"),
    said("the payee's name is not 1 to 140 printable characters"),
    said("the payee's bank is neither a BIC nor the 12 digits of CNAPS"),
    said("the remark is not up to 140 printable characters"),
)
"""In the order in which `problem_of` looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """Whose account pays, as a file names it. ``bank``: its BIC, or its 12 digits in CNAPS."""

    name: str
    account: str = field(repr=False)
    bank: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a file says once. ``made_at``: to the second, kept to make the same file again."""

    message_id: str
    made_at: datetime
    zone: str
    count: int
    total_minor: int

    @property
    def execute_on(self) -> date:
        """The day on which the bank is asked to pay: that of the file, where the bank is."""
        return self.made_at.astimezone(ZoneInfo(self.zone)).date()


def problem_of(order: Order, currency: str) -> Said | None:
    """Why a file cannot carry an order; None where it can."""
    if order.amount.currency != currency:
        return said("its currency is not {currency}", currency=currency)
    account, name, bank = order.payee_account, order.payee_name, order.payee_bank
    good = (
        _ID.fullmatch(order.number),
        order.payee_account_kind is AccountKind.BANK,
        _ACCOUNT.fullmatch(account),
        not _IBAN.fullmatch(account) or iban_holds(account),
        _WORDS.fullmatch(name) and name.strip(),
        not bank or _BIC.fullmatch(bank) or _CNAPS.fullmatch(bank),
        not order.remark or _WORDS.fullmatch(order.remark),
    )
    return next((why for why, holds in zip(_PROBLEMS, good, strict=True) if not holds), None)


def iban_holds(account: str) -> bool:
    """Whether the check digits of an IBAN are right (ISO 13616, ISO 7064 mod 97-10)."""
    return int("".join(str(int(sign, 36)) for sign in account[4:] + account[:4])) % 97 == 1


def payment(order: Order) -> bytes:
    """One ``CdtTrfTxInf``: the same for the same order, for ever."""
    number = order.number
    agent = f"<CdtrAgt>{_agent(order.payee_bank)}</CdtrAgt>" if order.payee_bank else ""
    remark = f"<RmtInf><Ustrd>{escape(order.remark)}</Ustrd></RmtInf>" if order.remark else ""
    return (
        f"<CdtTrfTxInf><PmtId><InstrId>{number}</InstrId><EndToEndId>{number}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="{order.amount.currency}">{str(order.amount)[4:]}</InstdAmt></Amt>'
        f"{agent}<Cdtr><Nm>{escape(order.payee_name)}</Nm></Cdtr>"
        f"<CdtrAcct><Id>{_account(order.payee_account)}</Id></CdtrAcct>{remark}</CdtTrfTxInf>\n"
    ).encode()


def amount_of(body: bytes) -> int:
    """The amount of a payment in minor units, from the bytes that are sent.

    `payment` writes all the digits that the currency has.
    """
    match = _AMOUNT.search(body)
    if match is None:
        raise ValueError("these are not the bytes of a payment")
    return int(match[1] + (match[2] or b""))


def head_of(prepared: Sequence[PreparedRequest], made_at: datetime, zone: str) -> Head:
    """What stands above these payments. *made_at* counts to the second."""
    return Head(
        message_id=name_of(prepared),
        made_at=made_at.replace(microsecond=0),
        zone=zone,
        count=len(prepared),
        total_minor=sum(amount_of(one.body) for one in prepared),
    )


def written(head: Head, payer: Payer, bodies: Iterable[bytes]) -> Iterator[bytes]:
    """A file, piece by piece."""
    yield _opening(head, payer)
    yield from bodies
    yield b"</PmtInf></CstmrCdtTrfInitn></Document>\n"


def _opening(head: Head, payer: Payer) -> bytes:
    total = Money(amount_minor=head.total_minor, currency=payer.currency)
    sums = f"<NbOfTxs>{head.count}</NbOfTxs><CtrlSum>{str(total)[4:]}</CtrlSum>"
    name = f"<Nm>{escape(payer.name)}</Nm>"
    made_at = head.made_at.astimezone(ZoneInfo(head.zone)).isoformat()
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{NAMESPACE}">'
        f"<CstmrCdtTrfInitn><GrpHdr><MsgId>{head.message_id}</MsgId><CreDtTm>{made_at}</CreDtTm>"
        f"{sums}<InitgPty>{name}</InitgPty></GrpHdr>\n"
        f"<PmtInf><PmtInfId>{head.message_id}-1</PmtInfId><PmtMtd>TRF</PmtMtd>"
        f"<BtchBookg>false</BtchBookg>{sums}"
        f"<ReqdExctnDt><Dt>{head.execute_on.isoformat()}</Dt></ReqdExctnDt><Dbtr>{name}</Dbtr>"
        f"<DbtrAcct><Id>{_account(payer.account)}</Id><Ccy>{payer.currency}</Ccy></DbtrAcct>"
        f"<DbtrAgt>{_agent(payer.bank)}</DbtrAgt><ChrgBr>DEBT</ChrgBr>\n"
    ).encode()


def _account(account: str) -> str:
    """An IBAN as such, any other number as what it is."""
    if _IBAN.fullmatch(account):
        return f"<IBAN>{account}</IBAN>"
    return f"<Othr><Id>{account}</Id></Othr>"


def _agent(bank: str) -> str:
    """A bank, by BIC or by its number in China's clearing."""
    if _CNAPS.fullmatch(bank):
        named = (
            f"<ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId><MmbId>{bank}</MmbId></ClrSysMmbId>"
        )
    else:
        named = f"<BICFI>{bank}</BICFI>"
    return f"<FinInstnId>{named}</FinInstnId>"


@functools.cache
def _schema() -> etree.XMLSchema:
    source = files("amends.payouts.rails").joinpath("iso20022_pain001.xsd").read_bytes()
    return etree.XMLSchema(etree.fromstring(source))


def check_file(path: Path) -> None:
    """Hold a written file against the schema.

    Raises:
        FileRejectedError: it does not hold; names the line and the rule, and no value.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    try:
        found = etree.parse(path, parser)
    except etree.XMLSyntaxError as error:
        raise _rejected(error.lineno or 0, "XML") from None
    schema = _schema()
    if not schema.validate(found):
        first = schema.error_log[0]
        raise _rejected(first.line, first.type_name)


def _rejected(line: int, rule: str) -> FileRejectedError:
    return FileRejectedError(
        said(
            "a payment file would not be valid (line {line}: {rule}) and was not handed over; this "
            "is an error in Amends or in the names of payer and bank: look at bank.toml",
            line=line,
            rule=rule,
        )
    )
