"""Reads Alipay's account bill (``signcustomer``): a zip of GB18030 CSV, walked without unpacking.

The movements are in one list or several, each with a header of its own; what sums them up is left
out. Columns are found by their names. Lines that begin with ``#`` frame a list; where frames state
the balances of the day they are taken from there, otherwise from the first and last line.
"""

import io
import re
import struct
import zipfile
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
    amount_of,
    line_text,
    not_text,
    places_of,
    plain_name,
    reads,
)

KINDS = {
    "转账": LineKind.TRANSFER,
    "转账退回": LineKind.RETURN,
    "退票": LineKind.RETURN,
    "充值": LineKind.TOP_UP,
    "服务费": LineKind.FEE,
    "收费": LineKind.FEE,
}
"""业务类型 → what the line is about. Other words are other business."""

_ENCODING = "gb18030"
_AS_BYTES = "latin-1"
"""Each byte is a sign: what a table is split by looks the same, and reading it costs a tenth."""
_FRAME = re.compile(rb"^#[^\n]*", re.MULTILINE)
_WORDS = {word.encode(_ENCODING).decode(_AS_BYTES): str(kind) for word, kind in KINDS.items()}
_BALANCE = re.compile("^#(期初|期末)余额：(-?[0-9.]+)元")
_BEGINS = re.compile(r"^#起始[^\[]*\[([0-9]{4})[-年]([0-9]{2})[-月]([0-9]{2})日? 00:00:00\]")
_HEADER = re.compile(
    rb'^[ \t"]*' + re.escape("账务流水号".encode(_ENCODING)) + rb"[^\n]*(?:\n|$)", re.MULTILINE
)
_LINE = re.compile(rb"^(?!#)[^\n]*\S[^\n]*$", re.MULTILINE)
_FORM = Form(quoted=True, framed=True)
_LIST, _SUMMARY = "账务明细", "汇总"
_PART = re.compile(r"_([0-9]+)\.csv$")
"""Of which file of several: ``…_账务明细_2.csv``."""
_COLUMNS = {
    "账务流水号": "line_id",
    "业务流水号": "reference",
    "商户订单号": "number",
    "发生时间": "at",
    "收入金额": "income",
    "支出金额": "expense",
    "账户余额": "balance",
    "业务类型": "word",
}
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, OSError, ValueError, NotImplementedError, RuntimeError),  # damaged headers
)


def text_of_amount(money: Money) -> str:
    """``5000.00``: how Alipay writes an amount."""
    return str(money)[4:]


class BillLines:
    """The lines of a zipped bill; each walk reads the zip anew.

    A walk raises ``MalformedBillError`` where a line or the zip cannot be read.
    """

    def __init__(self, raw: bytes, day: date, currency: str) -> None:
        self._raw = raw
        self._day = day
        self._currency = currency

    def __iter__(self) -> Iterator[StatementLine]:
        """Walk the lines in the order of the bill."""
        return lines_of(self.batches(), self._currency)

    def batches(self) -> Iterator[pl.DataFrame]:
        """The lines as columns."""
        stated: dict[str, Money] = {}
        columns: dict[str, int] = {}
        width, place = 0, 0
        for part, block in self._unpacked(partial(blocks, quoted=True)):
            if part != place:
                place, columns = part, {}
            self._note(stated, block)
            rows = block
            if not columns:
                columns, width, rows = _headed(block)
            if columns:
                lines = self._read(_table(rows, columns, width))
                if lines.height:
                    yield lines
        if "期初" in stated and "期末" not in stated:
            raise MalformedBillError(
                said(
                    "it states its opening balance and ends without its closing one: it is cut off"
                )
            )

    def balances(self) -> tuple[Money, Money]:
        """Opening and closing balance: as the frame states them, else of the first and last line.

        Raises:
            MalformedBillError: there are neither, or they cannot be read.
        """
        found = [block for _, block in self._unpacked(lambda packed: iter(edges(packed)))]
        stated: dict[str, Money] = {}
        for block in found:
            self._note(stated, block)
        opening, closing = stated.get("期初"), stated.get("期末")
        if opening is None or closing is None:
            ends = [
                end
                for head, tail in zip(found[::2], found[1::2], strict=True)
                for end in self._ends(head, tail)
            ]
            if not ends:
                raise MalformedBillError(
                    said("it says no balances: neither around its list nor in a line of it")
                )
            opening = opening or ends[0].balance_before
            closing = closing or ends[-1].balance_after
        return opening, closing

    def _ends(self, head: bytes, tail: bytes) -> list[StatementLine]:
        """The first line of a list, and the last; of one without lines none."""
        columns, width, rows = _headed(head)
        first, last = _LINE.search(rows), _LINE.findall(tail)[-1:]
        if not columns or first is None or not last or _HEADER.match(last[0]):
            return []
        try:
            return [
                next(lines_of([self._read(_table(one, columns, width))], self._currency))
                for one in (first[0], last[0])
            ]
        except MalformedBillError:
            for _ in self.batches():  # where it is, the walk through all says more exactly
                pass
            raise

    def _unpacked(self, read: Callable[[BinaryIO], Iterator[bytes]]) -> Iterator[tuple[int, bytes]]:
        """What *read* makes of each list of movements, with its place among them.

        Names are in GBK where the zip does not say that they are in UTF-8.

        Raises:
            MalformedBillError: it is no zip, or has no list.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(self._raw), metadata_encoding=_ENCODING) as archive:
                names = [name for name in archive.namelist() if name.endswith(".csv")]
                lists = [name for name in names if _LIST in name and _SUMMARY not in name]
                for place, name in enumerate(sorted(lists, key=_part_of)):
                    with archive.open(name) as packed:
                        for block in read(cast("BinaryIO", packed)):
                            yield place, block
        except _UNREADABLE as error:
            raise MalformedBillError(said("it is not a zip of GB18030 CSV")) from error
        if not lists:
            raise MalformedBillError(said("its zip has no list of movements (账务明细)"))

    def _note(self, stated: dict[str, Money], block: bytes) -> None:
        """Put what the lines around the list state into *stated*."""
        for found in _FRAME.findall(block) if b"#" in block else ():
            line = line_text(found, _ENCODING, said("a line around its list"))
            for word, amount in _BALANCE.findall(line):
                if word not in stated or word == "期末":  # of several lists, what the ends state
                    stated[word] = amount_of(amount, self._currency)
            begins = _BEGINS.match(line)
            day = "-".join(begins.groups()) if begins is not None else str(self._day)
            if day != str(self._day):
                raise MalformedBillError(said("it says that it is of {day}", day=day))

    def _read(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Lines of rows of texts."""
        digits = exponent(self._currency)
        income, expense = minor("income", digits), minor("expense", digits)
        unread = pl.any_horizontal(
            read.is_null() & (pl.col(name) != "").fill_null(value=False)
            for name, read in (("income", income), ("expense", expense))
        )
        came = income.fill_null(0) > 0
        both = (income != 0) & (expense != 0)
        lines = (
            rows.lazy()
            .select(
                "line_id",
                "number",
                "reference",
                direction=pl.when(both)
                .then(None)
                .when(came)
                .then(pl.lit(str(Direction.IN)))
                .otherwise(pl.lit(str(Direction.OUT))),
                kind=pl.when(pl.col("word").is_not_null()).then(
                    pl.col("word").replace_strict(_WORDS, default=str(LineKind.OTHER))
                ),
                amount_minor=pl.when(~unread).then(
                    pl.when(came).then(income).otherwise(expense.abs())
                ),
                balance_after_minor=minor("balance", digits),
                at=moment("at"),
                today=pl.col("at").str.starts_with(str(self._day)),
            )
            .collect()
        )
        return require_whole(lines)


def read_bill(raw: bytes, day: date, currency: str) -> Statement:
    """The bill of *day*; its lines are read when they are walked.

    Raises:
        MalformedBillError: it cannot be read, or is empty and states no balances.
    """
    lines = BillLines(raw, day, currency)
    opening, closing = lines.balances()
    return Statement(
        day=day, opening=opening, closing=closing, lines=lines, raw=raw, batches=lines.batches
    )


def _part_of(name: str) -> int:
    """The place of a list among several, as its name says."""
    part = _PART.search(name)
    return int(part[1]) if part else 0


def _headed(block: bytes) -> tuple[dict[str, int], int, bytes]:
    """Where the columns stand, how many there are, and what follows; no column: no header yet.

    Raises:
        MalformedBillError: a line stands before the header, or it lacks a column.
    """
    header = _HEADER.search(block)
    if _LINE.search(block if header is None else block[: header.start()]):
        raise MalformedBillError(
            said(
                "a line stands before the header with the names of the columns: it is another "
                "file, or in another encoding"
            )
        )
    if header is None:
        return {}, 0, b""
    return *_columns(line_text(header[0], _ENCODING, said("its header"))), block[header.end() :]


def _table(rows: bytes, columns: dict[str, int], width: int) -> pl.DataFrame:
    """Rows as texts; but for words, which stay as :data:`_AS_BYTES`, in the signs that they have.

    Raises:
        MalformedBillError: one is not in this encoding.
    """
    found = table(rows.decode(_AS_BYTES).encode(), columns, width, _FORM)
    texts = found.select("line_id", "number", "reference")
    longer = texts.select(pl.all().str.len_bytes().sum() > pl.all().str.len_chars().sum())
    read = [_decoded(found, name) for name, more in longer.row(0, named=True).items() if more]
    if any(not _reads(word) for word in found["word"].unique() if word not in _WORDS):
        _decoded(found, "word")
    return found.with_columns(read)


def _decoded(found: pl.DataFrame, name: str) -> pl.Series:
    """A column in its encoding.

    Raises:
        MalformedBillError: one of its texts is not; it says of which line.
    """
    texts = found[name]
    try:
        decoded = [text and text.encode(_AS_BYTES).decode(_ENCODING) for text in texts]
    except UnicodeDecodeError as error:
        place = next(at for at, text in enumerate(texts) if not _reads(text))
        plain = pl.col("line_id").str.contains("^[ -~]*$")
        named = found.select(pl.when(plain).then("line_id"))
        raise not_text(where(named, place), _ENCODING) from error
    return pl.Series(name, decoded, pl.String())


def _reads(text: str | None) -> bool:
    """Whether a text is in the encoding of the bill."""
    return reads((text or "").encode(_AS_BYTES), _ENCODING)


def _columns(header: str) -> tuple[dict[str, int], int]:
    """Where the columns stand that are read, and how many there are.

    Raises:
        MalformedBillError: one is not there.
    """
    names = [plain_name(cell.strip(' \t\r\n"')) for cell in header.split(",")]
    return places_of(names, _COLUMNS), len(names)
