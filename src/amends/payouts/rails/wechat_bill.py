"""Reads WeChat Pay's fund-flow bill: CSV in UTF-8, packed with gzip, walked without unpacking.

Before each value stands a backtick. The last two lines sum the list up: a bill whose lines do not
make that sum is no bill (half of one, or one that somebody edited). Columns are found by their
names. Balances of the day are those of its first and last line: the bill states none.
"""

import csv
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from operator import itemgetter

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money, exponent
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.payouts.rails.written import (
    MalformedBillError,
    balance_before,
    line_time,
    minor_of,
)

_COLUMNS = (
    *("记账时间", "微信支付业务单号", "资金流水单号", "业务类型", "收支类型"),
    *("收支金额", "账户结余", "业务凭证号"),
)
_SUMS = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
_KINDS = (
    (re.compile(r"退回|退款|退票"), LineKind.RETURN),
    (re.compile(r"转账"), LineKind.TRANSFER),
    (re.compile(r"充值"), LineKind.TOP_UP),
)
"""What a 业务类型 speaks of, in the order in which it is looked for."""

_UNREADABLE = (EOFError, OSError, zlib.error, csv.Error, UnicodeDecodeError)
_CHUNK_BYTES = 1 << 20


@dataclass(slots=True)
class _Sums:
    """Lines and minor units, in and out."""

    lines_in: int = 0
    minor_in: int = 0
    lines_out: int = 0
    minor_out: int = 0

    def add(self, line: StatementLine) -> None:
        """Count a line."""
        if line.direction is Direction.IN:
            self.lines_in, self.minor_in = self.lines_in + 1, self.minor_in + _minor(line)
        else:
            self.lines_out, self.minor_out = self.lines_out + 1, self.minor_out + _minor(line)


class BillLines:
    """The lines of a packed bill; each walk reads it anew and sees that the sums are right."""

    def __init__(self, raw: bytes, day: date, currency: str) -> None:
        self._raw = raw
        self._day = str(day)
        self._currency = currency

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk the lines in the order of the bill.

        Raises:
            MalformedBillError: a line cannot be read, or the sums are not those of the lines.
        """
        rows, sums, stated = self._rows(), _Sums(), False
        read = self._reader(next(rows, []))
        for row in rows:
            if row[0] == _SUMS[0]:
                _require_sums(row, next(rows, []), sums, exponent(self._currency))
                stated = True
            elif stated:
                raise MalformedBillError("a line stands after the sums")
            else:
                line = read(row)
                sums.add(line)
                yield line
        if not stated:
            raise MalformedBillError("the bill ends without its sums")

    def _rows(self) -> Iterator[list[str]]:
        """The rows that are not empty, without their backticks."""
        try:
            with gzip.open(io.BytesIO(self._raw), "rt", encoding="utf-8-sig", newline="") as text:
                for row in csv.reader(text, quoting=csv.QUOTE_NONE):
                    if row:
                        yield [cell.removeprefix("`").strip() for cell in row]
        except _UNREADABLE as error:
            raise MalformedBillError("the bill is not CSV in UTF-8, packed with gzip") from error

    def _reader(self, header: list[str]) -> Callable[[list[str]], StatementLine]:
        """What makes a line of a row, under this header."""
        positions = {_plain(name): at for at, name in enumerate(header)}
        try:
            pick = itemgetter(*[positions[name] for name in _COLUMNS])
        except KeyError as error:
            raise MalformedBillError("the header lacks a column") from error
        currency, digits, width, day = (
            self._currency,
            exponent(self._currency),
            len(header),
            self._day,
        )

        def read(row: list[str]) -> StatementLine:
            if len(row) < width:
                raise MalformedBillError("a line is too short")
            at, reference, line_id, kind, direction, moved, balance, number = pick(row)
            if not at.startswith(day):
                raise MalformedBillError("a line is of another day")
            return StatementLine(
                line_id=line_id,
                number=InstructionId(number) if number else None,
                provider_reference=reference or None,
                direction=_direction(direction),
                amount=Money(amount_minor=abs(minor_of(moved, digits)), currency=currency),
                balance_after=Money(amount_minor=minor_of(balance, digits), currency=currency),
                kind=next((one for word, one in _KINDS if word.search(kind)), LineKind.OTHER),
                at=line_time(at),
            )

        return read


def read_bill(raw: bytes, day: date, currency: str) -> Statement:
    """The bill of *day*, every line read once to see that it can be.

    Raises:
        MalformedBillError: it cannot be read, or has no line.
    """
    lines = BillLines(raw, day, currency)
    first: StatementLine | None = None
    last: StatementLine | None = None
    for line in lines:
        first, last = first or line, line
    if first is None or last is None:
        raise MalformedBillError("the bill has no line")
    opening, closing = balance_before(first), last.balance_after
    return Statement(day=day, opening=opening, closing=closing, lines=lines, raw=raw)


def has_digest(raw: bytes, digest: str) -> bool:
    """Whether *digest* (SHA-1, hexadecimal) is that of a packed bill.

    The provider takes it over what is unpacked in its example and leaves it open in words: either
    will do, each says that nothing was lost.
    """
    if hashlib.sha1(raw, usedforsecurity=False).hexdigest() == digest.lower():
        return True
    plain = hashlib.sha1(usedforsecurity=False)
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            while chunk := file.read(_CHUNK_BYTES):
                plain.update(chunk)
    except _UNREADABLE:
        return False
    return plain.hexdigest() == digest.lower()


def _require_sums(header: list[str], row: list[str], sums: _Sums, digits: int) -> None:
    """Refuse a bill whose last line does not sum it up."""
    names = [_plain(name) for name in header]
    stated = dict(zip(names, row, strict=False))
    counted = {
        "资金流水总笔数": 100 * (sums.lines_in + sums.lines_out),
        "收入笔数": 100 * sums.lines_in,
        "收入金额": sums.minor_in,
        "支出笔数": 100 * sums.lines_out,
        "支出金额": sums.minor_out,
    }
    for name, value in counted.items():  # counts are written as 20 or as 20.0
        places = 2 if "笔数" in name else digits
        if minor_of(stated.get(name, ""), places) != value:
            raise MalformedBillError("the sums of the bill are not those of its lines")


def _direction(word: str) -> Direction:
    if word not in {"收入", "支出"}:
        raise MalformedBillError("a line says neither income nor expense")
    return Direction.IN if word == "收入" else Direction.OUT


def _minor(line: StatementLine) -> int:
    return line.amount.amount_minor


def _plain(name: str) -> str:
    """A column's name without its note: ``收支金额（元）`` → ``收支金额``."""
    return re.split(r"[（(]", name)[0]
