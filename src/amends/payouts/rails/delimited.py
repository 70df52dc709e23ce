"""Reads a bill that is a table of text into columns, block by block: no line becomes an object.

A block is whole lines, as they stand in the file. What the columns mean is the provider's; here is
how amounts and times are written in a Chinese wallet's bill, as expressions over columns.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import BinaryIO, Final, NamedTuple

import polars as pl

from amends.kernel.saying import Said, said
from amends.payouts.rails.columns import LINES
from amends.payouts.rails.written import MalformedBillError

_PIECE_BYTES: Final = 1 << 18
_BLOCK_BYTES: Final = 3 << 19
_EDGE_BYTES: Final = 1 << 16
_SHANGHAI: Final = timedelta(hours=8)
_NUMBER: Final = re.compile(rb'[ \t"`]*([0-9]+)[ \t"]*,')


def blocks(file: BinaryIO, *, quoted: bool) -> Iterator[bytes]:
    """Whole lines of a text, some megabytes at a time.

    In UTF-8 as in GB 18030, no part of a longer sign looks like a break or a quote.

    Raises:
        MalformedBillError: a line does not end.
    """
    held = b""
    while piece := file.read(_BLOCK_BYTES):
        held += piece
        end = _end_of_lines(held, quoted=quoted)
        if end:
            yield held[:end]
        held = held[end:]
        if len(held) > _BLOCK_BYTES:
            raise _endless(held)
    if quoted and held.count(b'"') % 2:
        raise _endless(held[_end_of_lines(held, quoted=True) :])
    if held:
        yield held


def edges(file: BinaryIO) -> tuple[bytes, bytes]:
    """The first and the last lines of a text: where it says what it is, and sums up."""
    head = file.read(_EDGE_BYTES)
    tail = head
    while piece := file.read(_PIECE_BYTES):
        tail = (tail + piece)[-_EDGE_BYTES:] if len(piece) < _EDGE_BYTES else piece[-_EDGE_BYTES:]
    if tail is not head:
        tail = tail[tail.find(b"\n") + 1 :]
        head = head[: head.rfind(b"\n") + 1]
    return head, tail


def _end_of_lines(text: bytes, *, quoted: bool) -> int:
    """Where the last whole line ends; a break between quotes ends none."""
    end = text.rfind(b"\n") + 1
    opened = text.count(b'"', 0, end) if quoted else 0
    while end and opened % 2:
        begin = text.rfind(b"\n", 0, end - 1) + 1
        opened -= text.count(b'"', begin, end)
        end = begin
    return end


def _endless(line: bytes) -> MalformedBillError:
    """That a line does not end; it is named by what it begins with, if that is a number."""
    number = _NUMBER.match(line)
    return MalformedBillError(
        said(
            "{line} does not end: a quote opens in it that none closes, or the file was changed",
            line=said("line {line}", line=number[1].decode()) if number else said("a line"),
        )
    )


class Form(NamedTuple):
    """How cells are written.

    ``framed``: lines that begin with ``#`` are none. ``around``: signs that stand around what is in
    a cell (if not told: blanks). ``between``: what stands between cells.
    """

    quoted: bool
    framed: bool = False
    around: str | None = None
    between: str = ","


def table(block: bytes, columns: Mapping[str, int], width: int, form: Form) -> pl.DataFrame:
    """Rows of a block as texts, by the names of their *columns* (name → place of *width* ones).

    *block*: in UTF-8. Cells are null where they are empty.

    Raises:
        MalformedBillError: it cannot be read as a table.
    """
    if not block or block.isspace():
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String()))
    try:
        rows = pl.read_csv(
            block,
            has_header=False,
            separator=form.between,
            schema={f"column_{at + 1}": pl.String() for at in range(width)},
            columns=[f"column_{at + 1}" for at in sorted(columns.values())],
            comment_prefix="#" if form.framed else None,
            quote_char='"' if form.quoted else None,
            truncate_ragged_lines=True,
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema=dict.fromkeys(columns, pl.String()))
    except pl.exceptions.PolarsError as error:
        raise MalformedBillError(
            said("it is not a table: its rows cannot be told apart")
        ) from error
    return rows.select(
        pl.col(f"column_{at + 1}").str.strip_chars(form.around).alias(name)
        for name, at in columns.items()
    )


def minor(name: str, digits: int) -> pl.Expr:
    """Minor units of an amount with at most *digits* digits after the point; else null."""
    text = pl.col(name).str.strip_prefix("+")
    exact = text.cast(pl.Decimal(18, digits), strict=False)
    written = text.str.contains(rf"^-?[0-9]+(?:\.[0-9]{{0,{digits}}})?$")
    return pl.when(written).then((exact * 10**digits).cast(pl.Int64, strict=False))


def moment(name: str) -> pl.Expr:
    """A time of Shanghai's clock, in UTC; null where it is none."""
    local = pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    return (local - _SHANGHAI).dt.replace_time_zone("UTC")


def require_whole(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines, each with all that a line has, and in the order of ``LINES``.

    ``today``: whether a line is of the bill's day.

    Raises:
        MalformedBillError: one lacks something; it says which, and what.
    """
    wrong = {
        "line_id": pl.col("line_id").fill_null("") == "",
        "amount_minor": pl.col("amount_minor").is_null(),
        "balance_after_minor": pl.col("balance_after_minor").is_null(),
        "at": pl.col("at").is_null(),
        "direction": pl.col("direction").is_null(),
        "kind": pl.col("kind").is_null(),
        "nothing": pl.col("amount_minor") == 0,
        "today": ~pl.col("today"),
    }
    first = lines.select(
        pl.when(broken.any()).then(broken.arg_max()).alias(name) for name, broken in wrong.items()
    ).row(0, named=True)
    for name, place in first.items():
        if place is not None:
            raise MalformedBillError(
                said("{line} {fault}", line=where(lines, place), fault=_FAULTS[name])
            )
    return lines.select(*LINES)


_FAULTS: Final = {
    "line_id": said("has no number of its own"),
    "amount_minor": said("moves an amount that is none, or has too many decimals"),
    "balance_after_minor": said(
        "leaves a balance that is no amount: it is cut off, or was changed"
    ),
    "at": said("has a time that is none"),
    "direction": said("says neither income nor expense, or both"),
    "kind": said("is cut off: it says not what it is about"),
    "nothing": said("moves nothing"),
    "today": said("is of another day"),
}


def where(lines: pl.DataFrame, place: int) -> Said:
    """Which of the *lines* it is, by its own number (``line_id``) or that of the one before."""
    own = lines["line_id"][place]
    if own:
        return said("line {line}", line=own)
    before = lines["line_id"][place - 1] if place else None
    return said("the line after {line}", line=before) if before else said("the first line")
