"""Reads Alipay's account bill (``signcustomer``): a zip of GB18030 CSV, walked without unpacking.

Columns are found by their names. Lines that begin with ``#`` frame the list; where a frame states
the balances of the day they are taken from there, otherwise from the first and last line.
"""

import csv
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.alipay_codes import SHANGHAI
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine

KINDS = {
    "转账": LineKind.TRANSFER,
    "转账退回": LineKind.RETURN,
    "退票": LineKind.RETURN,
    "充值": LineKind.TOP_UP,
}
"""业务类型 → what the line is about. Other words are other business."""

_BALANCE = re.compile(r"#(期初|期末)余额：(-?[\d.]+)元")
_SUMMARY = "汇总"
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, csv.Error),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),  # damaged headers
)


class MalformedBillError(ValueError):
    """A bill that cannot be read as one."""


def amount_of(text: str, currency: str) -> Money:
    """An amount in yuan with the currency's digits, sign included.

    Raises:
        MalformedBillError: not an amount.
    """
    sign = -1 if text.startswith("-") else 1
    try:
        return Money.parse(f"{currency} {text.lstrip('+-')}") * sign
    except ValueError as error:
        raise MalformedBillError("an amount is not an amount") from error


def text_of_amount(money: Money) -> str:
    """``5000.00``: how Alipay writes an amount."""
    return str(money)[4:]


def line_time(text: str) -> datetime:
    """A bill's time (Shanghai), as an aware UTC one.

    Raises:
        MalformedBillError: not a time.
    """
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)
    except ValueError as error:
        raise MalformedBillError("a time is not a time") from error


class BillLines:
    """The lines of a zipped bill; each walk reads the zip anew."""

    def __init__(self, raw: bytes, currency: str) -> None:
        self._raw = raw
        self._currency = currency

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk the lines in the order of the bill.

        Raises:
            MalformedBillError: a line or the zip cannot be read.
        """
        columns: dict[str, int] = {}
        for row in self._rows():
            if not row or row[0].startswith("#"):
                continue
            cells = [cell.strip() for cell in row]
            if cells[0] == "账务流水号":
                columns = {_plain(name): position for position, name in enumerate(cells)}
            elif not columns:
                raise MalformedBillError("a line stands before the header")
            elif len(cells) < len(columns):
                raise MalformedBillError("a line is too short")
            else:
                yield self._line({name: cells[at] for name, at in columns.items()})

    def stated_balances(self) -> dict[str, Money]:
        """The balances that the frame of the list states, by ``期初`` and ``期末``."""
        found: dict[str, Money] = {}
        for row in self._rows():
            if row and (match := _BALANCE.match(row[0])):
                found[match[1]] = amount_of(match[2], self._currency)
        return found

    def _rows(self) -> Iterator[list[str]]:
        try:
            with zipfile.ZipFile(io.BytesIO(self._raw)) as archive:
                names = [name for name in archive.namelist() if name.endswith(".csv")]
                for name in names:
                    if _SUMMARY not in name:
                        with archive.open(name) as packed:
                            yield from csv.reader(
                                io.TextIOWrapper(packed, encoding="gb18030", newline="")
                            )
        except _UNREADABLE as error:
            raise MalformedBillError("the bill is not a zip of GB18030 CSV") from error

    def _line(self, cells: dict[str, str]) -> StatementLine:
        try:
            income, expense = cells["收入金额"], cells["支出金额"]
            moved = amount_of(income or expense, self._currency)
            direction = Direction.IN if income else Direction.OUT
            return StatementLine(
                line_id=cells["账务流水号"],
                number=InstructionId(cells["商户订单号"]) if cells["商户订单号"] else None,
                provider_reference=cells["业务流水号"] or None,
                direction=direction,
                amount=Money(amount_minor=abs(moved.amount_minor), currency=self._currency),
                balance_after=amount_of(cells["账户余额"], self._currency),
                kind=KINDS.get(cells["业务类型"], LineKind.OTHER),
                at=line_time(cells["发生时间"]),
            )
        except KeyError as error:
            raise MalformedBillError("a line lacks a column") from error


def read_bill(raw: bytes, day: date, currency: str) -> Statement:
    """The bill of *day*, every line read once to see that it can be.

    Raises:
        MalformedBillError: it cannot be read, or is empty and states no balances.
    """
    lines = BillLines(raw, currency)
    stated = lines.stated_balances()
    first: StatementLine | None = None
    last: StatementLine | None = None
    for line in lines:
        first, last = first or line, line
    opening, closing = stated.get("期初"), stated.get("期末")
    if opening is None and first is not None:
        opening = balance_before(first)
    if closing is None and last is not None:
        closing = last.balance_after
    if opening is None or closing is None:
        raise MalformedBillError("the bill says no balances")
    return Statement(day=day, opening=opening, closing=closing, lines=lines, raw=raw)


def balance_before(line: StatementLine) -> Money:
    """What the account held just before *line*."""
    if line.direction is Direction.IN:
        return line.balance_after - line.amount
    return line.balance_after + line.amount


def _plain(name: str) -> str:
    """A column's name without its note: ``收入金额（+元）`` → ``收入金额``."""
    return re.split(r"[（(]", name)[0]
