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
from collections.abc import Callable, Iterator
from datetime import date
from operator import itemgetter

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money, exponent
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.payouts.rails.written import (
    MalformedBillError,
    amount_of,
    balance_before,
    line_time,
    minor_of,
)

KINDS = {
    "转账": LineKind.TRANSFER,
    "转账退回": LineKind.RETURN,
    "退票": LineKind.RETURN,
    "充值": LineKind.TOP_UP,
}
"""业务类型 → what the line is about. Other words are other business."""

_BALANCE = re.compile(r"#(期初|期末)余额：(-?[\d.]+)元")
_SUMMARY = "汇总"
_COLUMNS = (
    *("账务流水号", "业务流水号", "商户订单号", "发生时间"),
    *("收入金额", "支出金额", "账户余额", "业务类型"),
)
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, csv.Error),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),  # damaged headers
)


def text_of_amount(money: Money) -> str:
    """``5000.00``: how Alipay writes an amount."""
    return str(money)[4:]


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
        return self.walk({})

    def walk(self, stated: dict[str, Money]) -> Iterator[StatementLine]:
        """Walk the lines; balances that the frame states are put into *stated* on the way."""
        read: Callable[[list[str]], StatementLine] | None = None
        for row in self._rows():
            if not row:
                continue
            if row[0].startswith("#"):
                if match := _BALANCE.match(row[0]):
                    stated[match[1]] = amount_of(match[2], self._currency)
            elif row[0].strip() == "账务流水号":
                read = self._reader(row)
            elif read is None:
                raise MalformedBillError("a line stands before the header")
            else:
                yield read(row)

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

    def _reader(self, header: list[str]) -> Callable[[list[str]], StatementLine]:
        """What makes a line of a row, under this header."""
        positions = {_plain(name.strip()): at for at, name in enumerate(header)}
        try:
            columns = [positions[name] for name in _COLUMNS]
        except KeyError as error:
            raise MalformedBillError("the header lacks a column") from error
        pick, width = itemgetter(*columns), len(header)
        currency, digits = self._currency, exponent(self._currency)

        def read(row: list[str]) -> StatementLine:
            if len(row) < width:
                raise MalformedBillError("a line is too short")
            cells = [cell.strip() for cell in pick(row)]
            line_id, reference, number, at, income, expense, balance, kind = cells
            came = minor_of(income, digits) if income else 0
            moved = came or minor_of(expense, digits)
            return StatementLine(
                line_id=line_id,
                number=InstructionId(number) if number else None,
                provider_reference=reference or None,
                direction=Direction.IN if came else Direction.OUT,
                amount=Money(amount_minor=abs(moved), currency=currency),
                balance_after=Money(amount_minor=minor_of(balance, digits), currency=currency),
                kind=KINDS.get(kind, LineKind.OTHER),
                at=line_time(at),
            )

        return read


def read_bill(raw: bytes, day: date, currency: str) -> Statement:
    """The bill of *day*, every line read once to see that it can be.

    Raises:
        MalformedBillError: it cannot be read, or is empty and states no balances.
    """
    lines = BillLines(raw, currency)
    stated: dict[str, Money] = {}
    first: StatementLine | None = None
    last: StatementLine | None = None
    for line in lines.walk(stated):
        first, last = first or line, line
    opening, closing = stated.get("期初"), stated.get("期末")
    if opening is None and first is not None:
        opening = balance_before(first)
    if closing is None and last is not None:
        closing = last.balance_after
    if opening is None or closing is None:
        raise MalformedBillError("the bill says no balances")
    return Statement(day=day, opening=opening, closing=closing, lines=lines, raw=raw)


def _plain(name: str) -> str:
    """A column's name without its note: ``收入金额（+元）`` → ``收入金额``."""
    return re.split(r"[（(]", name)[0]
