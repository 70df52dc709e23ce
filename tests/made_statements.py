"""A synthetic bank: statements of an escrow account, written as camt.053, MT940 or plain table."""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape

from amends.statements.model import Direction, Form, Line, Statement

ACCOUNT = "6222020200112233445"
FIRST = date(2026, 11, 20)


def line(
    amount_minor: int, reference: str, day: date = FIRST, *, fee: bool = False, text: str = ""
) -> Line:
    """A movement: in where the amount is above zero."""
    return Line(
        reference=reference,
        direction=Direction.IN if amount_minor > 0 else Direction.OUT,
        amount_minor=abs(amount_minor),
        booked_on=day,
        is_fee=fee,
        text=text,
    )


def statement(
    lines: Sequence[Line] = (), *, opening_minor: int = 0, day: date = FIRST, number: int = 1
) -> Statement:
    """A statement of one day whose closing balance is right."""
    return Statement(
        form=Form.CAMT_053,
        account=ACCOUNT,
        currency="CNY",
        identifier=f"STM{day:%y%m%d}",
        number=number,
        first_day=day,
        last_day=day,
        opening_minor=opening_minor,
        closing_minor=opening_minor + sum(one.signed_minor for one in lines),
        lines=tuple(lines),
    )


def daily(days: Sequence[Sequence[int]], *, opening_minor: int = 0) -> list[Statement]:
    """A statement a day: each day's amounts become lines, and days join."""
    made = []
    for place, amounts in enumerate(days):
        day = FIRST + timedelta(days=place)
        lines = [line(amount, f"B{place}X{n}", day) for n, amount in enumerate(amounts)]
        made.append(statement(lines, opening_minor=opening_minor, day=day, number=place + 1))
        opening_minor = made[-1].closing_minor
    return made


def written(found: Statement, form: Form) -> bytes:
    """The statement as the bank would send it."""
    match form:
        case Form.CAMT_053:
            return camt(found)
        case Form.MT940:
            return mt940(found)
        case Form.CSV:
            return table(found)


def as_read(found: Statement, form: Form) -> Statement:
    """What is left of a statement in a form that says less."""
    match form:
        case Form.CAMT_053:
            return found
        case Form.MT940:
            return replace(found, form=form)
        case Form.CSV:
            days = f"{found.first_day}/{found.last_day}"
            return replace(found, form=form, identifier=days)


def amount(minor: int) -> str:
    """``1234.50``, without its sign."""
    return f"{Decimal(abs(minor)) / 100:.2f}"


def camt(found: Statement, *, version: str = "08", booked: str = "<Cd>BOOK</Cd>") -> bytes:
    """camt.053 in the version of 2019 (08), or another."""

    def balance(kind: str, minor: int, day: date) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{kind}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="{found.currency}">{amount(minor)}</Amt>'
            f"<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    def entry(one: Line) -> str:
        family = (
            "<Cd>MDOP</Cd><SubFmlyCd>CHRG</SubFmlyCd>"
            if one.is_fee
            else "<Cd>RCDT</Cd><SubFmlyCd>DMCT</SubFmlyCd>"
        )
        reference = f"<AcctSvcrRef>{escape(one.reference)}</AcctSvcrRef>" if one.reference else ""
        text = f"<RmtInf><Ustrd>{escape(one.text)}</Ustrd></RmtInf>"
        ids = f"<Refs><EndToEndId>{one.end_to_end_id}</EndToEndId></Refs>"
        return (
            f'<Ntry><Amt Ccy="{found.currency}">{amount(one.amount_minor)}</Amt>'
            f"<CdtDbtInd>{'CRDT' if one.direction is Direction.IN else 'DBIT'}</CdtDbtInd>"
            f"<Sts>{booked}</Sts><BookgDt><Dt>{one.booked_on}</Dt></BookgDt>{reference}"
            f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly>{family}</Fmly></Domn></BkTxCd>"
            f"<NtryDtls><TxDtls>{ids if one.end_to_end_id else ''}"
            f"{text if one.text else ''}</TxDtls></NtryDtls></Ntry>"
        )

    total = amount(sum(one.amount_minor for one in found.lines))
    number = f"<ElctrncSeqNb>{found.number}</ElctrncSeqNb>" if found.number else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">'
        "<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-21T00:10:00</CreDtTm></GrpHdr>"
        f"<Stmt><Id>{found.identifier}</Id>{number}<CreDtTm>2026-11-21T00:10:00</CreDtTm>"
        f"<FrToDt><FrDtTm>{found.first_day}T00:00:00+08:00</FrDtTm>"
        f"<ToDtTm>{found.last_day}T23:59:59+08:00</ToDtTm></FrToDt>"
        f"<Acct><Id><Othr><Id>{found.account}</Id></Othr></Id></Acct>"
        + balance("OPBD", found.opening_minor, found.first_day)
        + balance("CLBD", found.closing_minor, found.last_day)
        + f"<TxsSummry><TtlNtries><NbOfNtries>{len(found.lines)}</NbOfNtries>"
        f"<Sum>{total}</Sum></TtlNtries></TxsSummry>\n"
        + "\n".join(entry(one) for one in found.lines)
        + "</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def mt940(found: Statement) -> bytes:
    """MT940 between SWIFT's brackets."""

    def balance(tag: str, minor: int, day: date) -> str:
        figure = amount(minor).replace(".", ",")
        return f":{tag}:{'D' if minor < 0 else 'C'}{day:%y%m%d}{found.currency}{figure}\n"

    def movement(one: Line) -> str:
        mark = "C" if one.direction is Direction.IN else "D"
        figure = amount(one.amount_minor).replace(".", ",")
        kind, own = "NCHG" if one.is_fee else "NTRF", one.end_to_end_id or "NONREF"
        reference = f"//{one.reference}" if one.reference else ""
        day = one.booked_on
        details = f":86:{one.text}\n" if one.text else ""
        return f":61:{day:%y%m%d}{day:%m%d}{mark}{figure}{kind}{own}{reference}\n{details}"

    text = (
        "{1:F01BANKCNBJXXXX0000000000}{2:I940BANKCNBJXXXXN}{4:\n"
        f":20:{found.identifier}\n:25:{found.account}\n:28C:{found.number or 0}/1\n"
        + balance("60F", found.opening_minor, found.first_day)
        + "".join(movement(one) for one in found.lines)
        + balance("62F", found.closing_minor, found.last_day)
        + "-}\n"
    )
    return text.replace("\n", "\r\n").encode()


def table(found: Statement, *, chinese: bool = False) -> bytes:
    """The plain table, with English or Chinese columns and words."""
    header = ["kind", "date", "amount", "reference", "text", "account", "currency", "number"]
    words = {"opening": "期初余额", "in": "收入", "out": "支出", "fee": "手续费"}
    words |= {"closing": "期末余额"}
    if chinese:
        header = ["类型", "日期", "金额", "流水号", "摘要", "账号", "币种", "编号"]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(header)

    def write(kind: str, day: date, minor: int, *rest: object) -> None:
        sign = "-" if minor < 0 else ""
        rows.writerow([words[kind] if chinese else kind, day, sign + amount(minor), *rest])

    place = (found.account, found.currency, found.number or "")
    write("opening", found.first_day, found.opening_minor, "", "", *place)
    for one in found.lines:
        kind = "fee" if one.is_fee else str(one.direction)
        write(kind, one.booked_on, one.amount_minor, one.reference or "", one.text, "", "", "")
    write("closing", found.last_day, found.closing_minor, "", "", "", "", "")
    return out.getvalue().encode("gb18030" if chinese else "utf-8")
