"""How the bank writes: pain.002.001.10, camt.054.001.08, camt.053.001.08, and MT940."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from amends.kernel.money import Money

_URN = "urn:iso:std:iso:20022:tech:xsd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """An entry of the account: below zero for money that left. ``reason``: of a return."""

    reference: str
    number: str
    amount_minor: int
    at: datetime
    reason: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What the statement of a day says."""

    identifier: str
    number: int
    day: date
    opening_minor: int
    closing_minor: int
    moved: Sequence[Movement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Whose account it is, and where the bank is."""

    account: str
    currency: str
    zone: str

    def amount(self, minor: int) -> str:
        """``5000.00``, without sign."""
        return str(Money(amount_minor=abs(minor), currency=self.currency))[4:]

    def local(self, moment: datetime) -> str:
        """A moment with the bank's offset."""
        return moment.astimezone(ZoneInfo(self.zone)).isoformat(timespec="seconds")

    def day(self, moment: datetime) -> date:
        """The bank's day of a moment."""
        return moment.astimezone(ZoneInfo(self.zone)).date()


def report(
    message_id: str,
    original: str,
    made_at: str,
    verdict: tuple[str, str],
    rejected: Sequence[tuple[str, str]],
) -> bytes:
    """pain.002: status and code of the file, and rejections (number, code) of single payments."""
    group = f"<GrpSts>{verdict[0]}</GrpSts>{_reason(verdict[1])}"
    payments = "".join(
        f"<TxInfAndSts><OrgnlInstrId>{escape(number)}</OrgnlInstrId>"
        f"<OrgnlEndToEndId>{escape(number)}</OrgnlEndToEndId><TxSts>RJCT</TxSts>{_reason(why)}"
        "</TxInfAndSts>"
        for number, why in rejected
    )
    batch = (
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{escape(original)}-1</OrgnlPmtInfId>{payments}"
        "</OrgnlPmtInfAndSts>"
        if rejected
        else ""
    )
    return _document(
        "pain.002.001.10",
        f"<CstmrPmtStsRpt><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{made_at}</CreDtTm></GrpHdr>"
        f"<OrgnlGrpInfAndSts><OrgnlMsgId>{escape(original)}</OrgnlMsgId>"
        f"<OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>{group}</OrgnlGrpInfAndSts>{batch}"
        "</CstmrPmtStsRpt>",
    )


def _reason(code: str) -> str:
    return f"<StsRsnInf><Rsn><Cd>{code}</Cd></Rsn></StsRsnInf>" if code else ""


def notification(message_id: str, made_at: str, books: Books, moved: Sequence[Movement]) -> bytes:
    """camt.054: movements as they happen."""
    return _document(
        "camt.054.001.08",
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>{message_id}</MsgId><CreDtTm>{made_at}</CreDtTm>"
        f"</GrpHdr><Ntfctn><Id>{message_id}</Id><CreDtTm>{made_at}</CreDtTm>{_acct(books)}"
        f"{''.join(_entries(books, moved))}</Ntfctn></BkToCstmrDbtCdtNtfctn>",
    )


def statement(books: Books, told: Day) -> bytes:
    """camt.053: all movements of a day between two balances."""
    day, name = told.day, told.identifier
    made_at = f"{day.isoformat()}T23:59:59"
    entries = list(_entries(books, told.moved))
    total = books.amount(sum(abs(one.amount_minor) for one in told.moved))
    summary = (
        f"<TxsSummry><TtlNtries><NbOfNtries>{len(entries)}</NbOfNtries><Sum>{total}</Sum>"
        "</TtlNtries></TxsSummry>"
    )
    return _document(
        "camt.053.001.08",
        f"<BkToCstmrStmt><GrpHdr><MsgId>{name}</MsgId><CreDtTm>{made_at}</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{name}</Id><ElctrncSeqNb>{told.number}</ElctrncSeqNb>"
        f"<CreDtTm>{made_at}</CreDtTm><FrToDt><FrDtTm>{day}T00:00:00</FrDtTm>"
        f"<ToDtTm>{day}T23:59:59</ToDtTm></FrToDt>{_acct(books)}"
        f"{_balance(books, 'OPBD', told.opening_minor, day)}"
        f"{_balance(books, 'CLBD', told.closing_minor, day)}"
        f"{summary}{''.join(entries)}</Stmt></BkToCstmrStmt>",
    )


def mt940(books: Books, told: Day) -> bytes:
    """MT940: the same in SWIFT's older form."""

    def balance(tag: str, minor: int) -> str:
        mark, amount = "D" if minor < 0 else "C", books.amount(minor).replace(".", ",")
        return f":{tag}:{mark}{told.day:%y%m%d}{books.currency}{amount}\n"

    lines = [
        f":20:{told.identifier[:16]}\n:25:{books.account}\n:28C:{told.number}/1\n",
        balance("60F", told.opening_minor),
    ]
    for one in told.moved:
        back = one.amount_minor > 0
        amount = books.amount(one.amount_minor).replace(".", ",")
        reason = f"/RTRN/{one.reason}/" if back else ""
        mark, kind = ("C", "NRTI") if back else ("D", "NTRF")
        lines.append(
            f":61:{told.day:%y%m%d}{books.day(one.at):%m%d}{mark}{amount}{kind}"
            f"{one.number[:16]}//{one.reference}\n:86:/EREF/{one.number}/{reason}\n"
        )
    lines.append(balance("62F", told.closing_minor) + "-\n")
    return "".join(lines).encode()


def _document(kind: str, content: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{_URN}:{kind}">{content}'
        "</Document>\n"
    ).encode()


def _acct(books: Books) -> str:
    return f"<Acct><Id><Othr><Id>{books.account}</Id></Othr></Id><Ccy>{books.currency}</Ccy></Acct>"


def _balance(books: Books, kind: str, minor: int, day: date) -> str:
    sign = "DBIT" if minor < 0 else "CRDT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{books.currency}">{books.amount(minor)}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def _entries(books: Books, moved: Sequence[Movement]) -> Iterable[str]:
    """An entry for each movement; those of one batch stand in one."""
    batches: dict[str, list[Movement]] = {}
    for place, one in enumerate(moved):
        batches.setdefault(one.batch or f"#{place}", []).append(one)
    return (_entry(books, batch) for batch in batches.values())


def _entry(books: Books, batch: Sequence[Movement]) -> str:
    first = batch[0]
    total = sum(one.amount_minor for one in batch)
    back = total > 0
    family = (
        "<Cd>RCDT</Cd><SubFmlyCd>RRTN</SubFmlyCd>"
        if back
        else "<Cd>ICDT</Cd><SubFmlyCd>DMCT</SubFmlyCd>"
    )
    details = "".join(_transaction(books, one) for one in batch)
    return (
        f"<Ntry><NtryRef>{first.reference}</NtryRef>"
        f'<Amt Ccy="{books.currency}">{books.amount(total)}</Amt>'
        f"<CdtDbtInd>{'CRDT' if back else 'DBIT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>"
        f"<BookgDt><DtTm>{books.local(first.at)}</DtTm></BookgDt>"
        f"<AcctSvcrRef>{first.batch or first.reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly>{family}</Fmly></Domn></BkTxCd>"
        f"<NtryDtls>{details}</NtryDtls></Ntry>\n"
    )


def _transaction(books: Books, one: Movement) -> str:
    returned = f"<RtrInf><Rsn><Cd>{one.reason}</Cd></Rsn></RtrInf>" if one.reason else ""
    sign = "CRDT" if one.amount_minor > 0 else "DBIT"
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{one.reference}</AcctSvcrRef>"
        f"<EndToEndId>{escape(one.number)}</EndToEndId></Refs>"
        f'<Amt Ccy="{books.currency}">{books.amount(one.amount_minor)}</Amt>'
        f"<CdtDbtInd>{sign}</CdtDbtInd>{returned}</TxDtls>"
    )
