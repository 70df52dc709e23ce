"""What other rooms do with statements: read a file, prove each statement, join them to a chain."""

from amends.kernel.saying import said
from amends.statements.camt import is_advice, walk_advices, walk_camt
from amends.statements.camt_tree import Pieces
from amends.statements.lines import MakeAside
from amends.statements.model import Problem, Statement, StatementError
from amends.statements.plain import looks_like_a_table, read_table
from amends.statements.rules import check, joined, plain
from amends.statements.swift import looks_like_mt940, read_mt940
from amends.statements.walked import Advice, Walked, walked

__all__ = [
    "MOST_BYTES",
    "Advice",
    "MakeAside",
    "Pieces",
    "Walked",
    "check",
    "is_advice",
    "joined",
    "plain",
    "read_statements",
    "walk_advices",
    "walk_statements",
    "walked",
]

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is held whole: one day of an escrow account is far smaller."""

_BLANKS = b"\xef\xbb\xbf \t\r\n"


def read_statements(data: bytes, name: str, *, apart: bool = False) -> list[Statement]:
    """The statements of a file; its format is told by what it holds, not by its ending.

    *apart*: each transaction of an entry that books several is a line of its own.

    Raises:
        StatementError: it is none, is cut off, or cannot be read.
    """
    _check_size(len(data), name)
    if data.lstrip(_BLANKS).startswith(b"<"):
        found = walk_camt(lambda: (data,), name, apart=apart, texts=True)
    else:
        found = _texts(data, name)
    return [one.whole() for one in found]


def walk_statements(pieces: Pieces, name: str, aside: MakeAside | None = None) -> list[Walked]:
    """The statements of a file of any number of lines, which lie *aside* meanwhile.

    Each transaction of an entry that books several is a line of its own; what is written for people
    is left out. Only camt.053 may be of any size: other formats are held whole.

    Raises:
        StatementError: it is none, is cut off, or cannot be read.
    """
    if next(iter(pieces()), b"").lstrip(_BLANKS).startswith(b"<"):
        return walk_camt(pieces, name, aside, apart=True, texts=False)
    data = bytearray()
    for piece in pieces():
        data += piece
        _check_size(len(data), name)
    return _texts(data, name, aside)


def _texts(data: bytes | bytearray, name: str, aside: MakeAside | None = None) -> list[Walked]:
    """The statements of a file that is no XML."""
    text = _decoded(data)
    if looks_like_mt940(text):
        return read_mt940(text, name, aside)
    if looks_like_a_table(text):
        return [walked(one) for one in read_table(text, name)]
    raise StatementError(
        Problem.NOT_A_STATEMENT,
        said(
            "{file}: is neither camt.053 nor MT940 nor the plain table of "
            "docs/reference/funding.md; ask the bank for one of these",
            file=name,
        ),
    )


def _check_size(size_bytes: int, name: str) -> None:
    if size_bytes > MOST_BYTES:
        raise StatementError(
            Problem.TOO_LARGE,
            said(
                "{file}: is larger than {most:,} bytes; export shorter periods",
                file=name,
                most=MOST_BYTES,
            ),
        )


def _decoded(data: bytes | bytearray) -> str:
    """Text in UTF-8, else in GB 18030, which Chinese banks write."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")
