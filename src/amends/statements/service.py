"""What other rooms do with statements: read a file, prove each statement, join them to a chain."""

from amends.kernel.saying import said
from amends.statements.camt import is_advice, read_camt
from amends.statements.camt import read_advices as read_camt_advices
from amends.statements.model import Advice, Problem, Statement, StatementError
from amends.statements.plain import looks_like_a_table, read_table
from amends.statements.rules import check, joined, plain
from amends.statements.swift import looks_like_mt940, read_mt940

__all__ = [
    "MOST_BYTES",
    "check",
    "is_advice",
    "joined",
    "plain",
    "read_advices",
    "read_statements",
]

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is read: one day of an escrow account is far smaller."""


def read_advices(data: bytes, name: str, *, most_bytes: int = MOST_BYTES) -> list[Advice]:
    """The notifications of a camt.054 file: movements before the day's statement comes.

    Raises:
        StatementError: it is none, is cut off, or cannot be read.
    """
    _check_size(data, name, most_bytes)
    return read_camt_advices(data, name)


def read_statements(
    data: bytes, name: str, *, apart: bool = False, most_bytes: int = MOST_BYTES
) -> list[Statement]:
    """The statements of a file; its format is told by what it holds, not by its ending.

    *apart*: each transaction of an entry that books several is a line of its own.

    Raises:
        StatementError: it is none, is cut off, or cannot be read.
    """
    _check_size(data, name, most_bytes)
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return read_camt(data, name, apart=apart)
    text = _decoded(data)
    if looks_like_mt940(text):
        return read_mt940(text, name)
    if looks_like_a_table(text):
        return read_table(text, name)
    raise StatementError(
        Problem.NOT_A_STATEMENT,
        said(
            "{file}: is neither camt.053 nor MT940 nor the plain table of "
            "docs/reference/funding.md; ask the bank for one of these",
            file=name,
        ),
    )


def _check_size(data: bytes, name: str, most_bytes: int) -> None:
    if len(data) > most_bytes:
        raise StatementError(
            Problem.TOO_LARGE,
            said(
                "{file}: is larger than {most:,} bytes; export shorter periods",
                file=name,
                most=most_bytes,
            ),
        )


def _decoded(data: bytes) -> str:
    """Text in UTF-8, else in GB 18030, which Chinese banks write."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", errors="replace")
