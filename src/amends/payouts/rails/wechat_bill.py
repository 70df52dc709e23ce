"""Reads WeChat Pay's fund-flow bill: CSV in UTF-8, packed with gzip, walked without unpacking.

Before each value stands a backtick, so a comma in a text ends no value. The last two lines sum the
list up: a bill whose lines do not make that sum is no bill (half of one, or one that somebody
edited). Columns are found by their names. Balances of the day are those of its first and last line:
the bill states none.
"""

import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import BinaryIO, cast

import polars as pl

from amends.kernel.money import Money, exponent
from amends.kernel.saying import said
from amends.payouts.rails.columns import lines_of
from amends.payouts.rails.delimited import (
    Form,
    blocks,
    edges,
    minor,
    moment,
    require_whole,
    table,
    where,
)
from amends.payouts.rails.model import Direction, LineKind, Statement, StatementLine
from amends.payouts.rails.written import (
    MalformedBillError,
    line_text,
    minor_of,
    not_text,
    places_of,
    plain_name,
    reads,
)

_COLUMNS = {
    "记账时间": "at",
    "微信支付业务单号": "reference",
    "资金流水单号": "line_id",
    "业务类型": "word",
    "收支类型": "way",
    "收支金额": "moved",
    "账户结余": "balance",
    "业务凭证号": "number",
}
_SUMS = ("资金流水总笔数", "收入笔数", "收入金额", "支出笔数", "支出金额")
_KINDS = (
    ("退回|退款|退票", LineKind.RETURN),
    ("手续费|服务费", LineKind.FEE),
    ("转账", LineKind.TRANSFER),
    ("充值", LineKind.TOP_UP),
)
"""What a 业务类型 speaks of, in the order in which it is looked for."""
_OTHER = LineKind.OTHER
_WAYS = {"收入": str(Direction.IN), "支出": str(Direction.OUT)}
_SUMS_BEGIN = _SUMS[0].encode()
_SUMMED = re.compile(rb"^[^\S\n]*`?" + _SUMS_BEGIN, re.MULTILINE)

_AROUND = " \t\r,`"
"""What stands around a value: blanks, the mark before it, a comma at a line's end."""

_BETWEEN = b",`"
_SPARE = "spare"
_SEPARATOR = b"\x1f"
"""Stands for what is between values: one byte, which no text has that somebody can type."""

_ENCODING = "utf-8"
_NO_TEXT = said("it is not CSV in UTF-8, packed with gzip")
_UNREADABLE = (EOFError, OSError, zlib.error)
_CHUNK_BYTES = 1 << 20
_MARK = b"\xef\xbb\xbf"


class BillLines:
    """The lines of a packed bill; each walk reads it anew and sees that the sums are right.

    A walk raises ``MalformedBillError`` where a line cannot be read, or the sums are not those of
    the lines.
    """

    def __init__(self, raw: bytes, day: date, currency: str) -> None:
        self._raw = raw
        self._day = str(day)
        self._currency = currency

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk the lines in the order of the bill."""
        return lines_of(self.batches(), self._currency)

    def batches(self) -> Iterator[pl.DataFrame]:
        """The lines as columns."""
        found = _Sums()
        columns: dict[str, int] = {}
        width, sums = 0, b""
        for block in self._unpacked(partial(blocks, quoted=False)):
            rows = block
            if not columns:
                header, _, rows = block.removeprefix(_MARK).partition(b"\n")
                columns, width = _columns(header)
            summed = _SUMMED.search(rows) if not sums and _SUMS_BEGIN in rows else None
            if summed or sums:
                at = summed.start() if summed else 0
                sums, rows = sums + rows[at:], rows[:at]
            _require_text(rows, columns)
            lines = self._read(_table(rows, columns, width))
            found.add(lines)
            if lines.height:
                yield lines
        found.require(sums, exponent(self._currency))

    def balances(self) -> tuple[Money, Money]:
        """Before the first line, and after the last one.

        Raises:
            MalformedBillError: there is none, or it cannot be read.
        """
        (head, tail) = self._unpacked(lambda packed: iter(edges(packed)))
        header, _, rows = head.removeprefix(_MARK).partition(b"\n")
        columns, width = _columns(header)
        summed = _SUMMED.search(tail)
        if summed is None:
            raise MalformedBillError(said("it ends without its sums: it is cut off"))
        first = next((one for one in rows.splitlines() if one.strip()), b"")
        last = next(
            (one for one in reversed(tail[: summed.start()].splitlines()) if one.strip()), b""
        )
        if _SUMMED.match(first) or not last:
            raise MalformedBillError(said("it has no line"))
        try:
            first_line, last_line = (
                next(lines_of([self._read(_table(one, columns, width))], self._currency))
                for one in (first, last)
            )
        except MalformedBillError:
            for _ in self.batches():  # where it is, the walk through all says more exactly
                pass
            raise
        return first_line.balance_before, last_line.balance_after

    def _unpacked(self, read: Callable[[BinaryIO], Iterator[bytes]]) -> Iterator[bytes]:
        """What *read* makes of the text."""
        try:
            with gzip.open(io.BytesIO(self._raw)) as packed:
                yield from read(cast("BinaryIO", packed))
        except _UNREADABLE as error:
            raise MalformedBillError(_NO_TEXT) from error

    def _read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Lines of rows of texts."""
        digits = exponent(self._currency)
        word = rows["word"].unique().drop_nulls()
        kinds = {one: _kind(one) for one in word}
        lines = (
            rows.lazy()
            .select(
                "line_id",
                "number",
                "reference",
                direction=pl.col("way").replace_strict(_WAYS, default=None, return_dtype=pl.String),
                kind=pl.col("word").replace_strict(kinds, default=None, return_dtype=pl.String),
                amount_minor=minor("moved", digits).abs(),
                balance_after_minor=minor("balance", digits),
                at=moment("at"),
                today=pl.col("at").str.starts_with(self._day),
            )
            .collect()
        )
        return require_whole(lines)


def _require_text(rows: bytes, columns: dict[str, int]) -> None:
    """Refuse rows that are not UTF-8.

    Raises:
        MalformedBillError: one is not; it says which.
    """
    try:  # in an eighth of the time that decoding takes
        pl.Series([rows], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError as error:
        lines = [line for line in rows.split(b"\n") if line.strip()]
        place = next(at for at, line in enumerate(lines) if not reads(line, _ENCODING))
        named = [_own_number(line, columns["line_id"]) for line in lines[: place + 1]]
        which = where(pl.DataFrame({"line_id": named}, schema={"line_id": pl.String()}), place)
        raise not_text(which, _ENCODING) from error


def _own_number(line: bytes, place: int) -> str | None:
    """What a line says that it is; None where it does not, or not in ASCII."""
    cells = line.split(_BETWEEN)
    own = cells[place] if place < len(cells) else b""
    return own.decode().strip(_AROUND) if own.isascii() else None


def _table(rows: bytes, columns: dict[str, int], width: int) -> pl.DataFrame:
    """Rows as texts, each without the mark before it.

    Most have a comma nowhere but between values. Where one has more, all are read by the marks.

    Raises:
        MalformedBillError: they cannot be told apart.
    """
    found = _read_by(b",", rows, columns, width)
    if _too_many(found):
        marked = rows.replace(_SEPARATOR, b" ").replace(_BETWEEN, _SEPARATOR)
        found = _read_by(_SEPARATOR, marked, columns, width)
        if _too_many(found):
            raise MalformedBillError(said("it is not a table: its rows cannot be told apart"))
    return found.with_columns(
        pl.when(pl.col(name) != "").then(name)
        for name in ("line_id", "number", "reference", "word", "way")
    )


def _read_by(between: bytes, rows: bytes, columns: dict[str, int], width: int) -> pl.DataFrame:
    """Rows as texts, with whatever follows the last column.

    How many values a row may have is read from the first one, so one of so many goes before.
    """
    widest = between * width + b"\n"
    form = Form(quoted=False, around=_AROUND, between=between.decode())
    return table(widest + rows, {**columns, _SPARE: width}, width + 1, form)[1:]


def _too_many(found: pl.DataFrame) -> bool:
    """Whether a row has more values than there are columns."""
    return bool((found[_SPARE] != "").any())


def _kind(word: str) -> str:
    """What a 业务类型 speaks of."""
    return next((str(kind) for words, kind in _KINDS if re.search(words, word)), str(_OTHER))


class _Sums:
    """Lines and minor units, by direction."""

    def __init__(self) -> None:
        self.lines = dict.fromkeys(Direction, 0)
        self.minor = dict.fromkeys(Direction, 0)

    def add(self, lines: pl.DataFrame) -> None:
        """Count lines."""
        for direction in Direction:
            amounts = lines.filter(pl.col("direction") == str(direction))["amount_minor"]
            self.lines[direction] += amounts.len()
            self.minor[direction] += int(amounts.sum())

    def require(self, sums: bytes, digits: int) -> None:
        """Refuse a bill whose last lines do not sum it up.

        Raises:
            MalformedBillError: they do not, or more stands behind them.
        """
        text = line_text(sums, _ENCODING, said("its sums"))
        rows = [
            [cell.strip().removeprefix("`").strip() for cell in row.split(",")]
            for row in text.splitlines()
            if row.strip()
        ]
        if len(rows) < 2:  # noqa: PLR2004 - a header and its row
            raise MalformedBillError(said("it ends without its sums: it is cut off"))
        if rows[2:]:
            raise MalformedBillError(said("a line stands after the sums"))
        stated = dict(zip(map(plain_name, rows[0]), rows[1], strict=False))
        counted = {
            "资金流水总笔数": 100 * sum(self.lines.values()),
            "收入笔数": 100 * self.lines[Direction.IN],
            "收入金额": self.minor[Direction.IN],
            "支出笔数": 100 * self.lines[Direction.OUT],
            "支出金额": self.minor[Direction.OUT],
        }
        for name, value in counted.items():  # counts are written as 20 or as 20.0
            places = 2 if "笔数" in name else digits
            if _summed(stated.get(name), name, places) != value:
                raise MalformedBillError(
                    said(
                        "it sums up {name} as {stated}, and its lines make {counted}: lines are "
                        "missing, too many, or changed",
                        name=name,
                        stated=stated[name],
                        counted=_written(value, places),
                    )
                )


def _summed(text: str | None, name: str, places: int) -> int:
    """What the sum *name* says.

    Raises:
        MalformedBillError: it is not there, or no number.
    """
    if text is None:
        raise MalformedBillError(said("its sums lack {name}: it was changed", name=name))
    try:
        return minor_of(text, places)
    except MalformedBillError as error:
        raise MalformedBillError(
            said("it sums up {name} as {stated}, which is no number", name=name, stated=text)
        ) from error


def _written(value: int, places: int) -> str:
    """Hundredths or minor units, as a number with a point where it has a part."""
    whole, part = divmod(value, 10**places)
    return f"{whole}.{part:0{places}}" if part else str(whole)


def read_bill(raw: bytes, day: date, currency: str) -> Statement:
    """The bill of *day*; its lines are read when they are walked.

    Raises:
        MalformedBillError: it cannot be read, or has no line.
    """
    lines = BillLines(raw, day, currency)
    opening, closing = lines.balances()
    return Statement(
        day=day, opening=opening, closing=closing, lines=lines, raw=raw, batches=lines.batches
    )


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


def _columns(header: bytes) -> tuple[dict[str, int], int]:
    """Where the columns stand that are read, and how many there are.

    Raises:
        MalformedBillError: one is not there.
    """
    try:
        cells = header.decode().strip().split(",")
    except UnicodeDecodeError as error:
        raise MalformedBillError(_NO_TEXT) from error
    names = [plain_name(cell.strip().removeprefix("`").strip()) for cell in cells]
    return places_of(names, _COLUMNS), len(names)
