"""What a file from a bank says, in the form in which the rail remembers it.

pain.002 gives statuses, camt.054 the movements of the day, camt.053 (or MT940, or the plain table
of docs/reference/funding.md) the day's statement. A file of another account says nothing here.
Movements are told one by one while they are written down: of millions, none is kept in memory.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import polars as pl

from amends.kernel.saying import said
from amends.payouts.rails.bank_statements import Named, booked, identified, kinds, named
from amends.payouts.rails.file_aside import beside, pieces_of
from amends.payouts.rails.file_model import (
    Addressed,
    AdvisedRow,
    Said,
    SentRow,
    StatementRow,
    Taken,
    Word,
)
from amends.payouts.rails.iso20022_pain002 import is_report, read_report
from amends.statements.model import Direction, Problem, StatementError
from amends.statements.service import (
    Advice,
    Walked,
    is_advice,
    plain,
    walk_advices,
    walk_statements,
)

_HEAD_BYTES = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Whose account statements are about, and where its days are."""

    account: str
    currency: str
    zone: str


def take(
    path: Path, name: str, sha256: bytes, books: Books, sent: Callable[[str], SentRow | None]
) -> Taken:
    """What a file says. *sent*: the payment of a number, if it went out from here.

    Raises:
        StatementError, RailUnavailableError: it cannot be read; says why and what to do.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if is_report(head):
        return Taken(words=tuple(_statuses(path.read_bytes(), name, sha256)))
    pieces, aside = pieces_of(path), beside(path)
    if is_advice(head):
        return _advised(walk_advices(pieces, name, aside), name, sha256, books, sent)
    return stated(walk_statements(pieces, name, aside), name, sha256, books, sent)


def _statuses(data: bytes, name: str, sha256: bytes) -> Iterator[Addressed]:
    report = read_report(data, name)
    for place, one in enumerate(report.statuses):
        word = Word(
            kind=Said.FILE if one.number is None else Said.PAYMENT,
            status=one.status,
            code=one.code,
            reference=one.reference,
            amount_minor=None,
            at=None,
            raw=_where(sha256, place),
        )
        yield one.number, report.original_message_id if one.number is None else None, word


def _advised(
    found: Sequence[Advice],
    name: str,
    sha256: bytes,
    books: Books,
    sent: Callable[[str], SentRow | None],
) -> Taken:
    told: list[Named] = []
    for advice in found:
        if plain(advice.account) != plain(books.account):
            continue
        if len(advice.lines) and advice.currency != books.currency:
            raise _other_currency(name, books)
        told.append(identified(advice.lines, advice.identifier))
    return Taken(
        words=chain.from_iterable(_moved(one, sha256, books, sent) for one in told),
        advised=chain.from_iterable(_rows(one, books, sent) for one in told),
    )


def _rows(told: Named, books: Books, sent: Callable[[str], SentRow | None]) -> Iterator[AdvisedRow]:
    for batch in told.batches():
        kind = kinds(batch, lambda number: sent(number) is not None)
        for row in batch.with_columns(kind, booked(books.zone)).iter_rows(named=True):
            moved = row["moved_minor"]
            yield AdvisedRow(
                line_id=row["line_id"],
                day=row["booked_on"],
                at=row["at"],
                number=row["end_to_end_id"],
                reference=row["reference"],
                direction=(Direction.IN if moved > 0 else Direction.OUT).value,
                kind=row["kind"],
                amount_minor=abs(moved),
            )


def stated(
    found: Sequence[Walked],
    name: str,
    sha256: bytes,
    books: Books,
    sent: Callable[[str], SentRow | None],
) -> Taken:
    """What statements say: of payments that moved money, and which days they are of."""
    told: list[Named] = []
    rows: list[StatementRow] = []
    for position, statement in enumerate(found):
        if plain(statement.account) != plain(books.account):
            continue
        if statement.currency != books.currency:
            raise _other_currency(name, books)
        told.append(named(statement, name))
        rows.append(
            StatementRow(
                sha256=sha256,
                position=position,
                name=name,
                first_day=statement.first_day,
                last_day=statement.last_day,
                opening_minor=statement.opening_minor,
                closing_minor=statement.closing_minor,
            )
        )
    words = chain.from_iterable(_moved(one, sha256, books, sent) for one in told)
    return Taken(words=words, statements=tuple(rows))


def _moved(
    told: Named, sha256: bytes, books: Books, sent: Callable[[str], SentRow | None]
) -> Iterator[Addressed]:
    """Movements of payments of ours, as words about them."""
    numbered = pl.col("end_to_end_id").is_not_null() & ~pl.col("is_fee") & ~pl.col("again")
    for batch in told.batches():
        for row in batch.filter(numbered).with_columns(booked(books.zone)).iter_rows(named=True):
            number, moved = row["end_to_end_id"], row["moved_minor"]
            if sent(number) is None:
                continue
            yield (
                number,
                None,
                Word(
                    kind=Said.DEBIT if moved < 0 else Said.CREDIT,
                    status="BOOK",
                    code=row["return_reason"] or "",
                    reference=row["reference"],
                    amount_minor=abs(moved),
                    at=row["at"],
                    raw=_where(sha256, row["line_id"]),
                ),
            )


def _where(sha256: bytes, place: int | str) -> bytes:
    """Which file says it, and where in it: the file itself stays in the inbox."""
    return json.dumps({"file": sha256.hex(), "place": place}, separators=(",", ":")).encode()


def _other_currency(name: str, books: Books) -> StatementError:
    return StatementError(
        Problem.WRONG_CURRENCY,
        said(
            "{file}: is of the account that pays, and not in {currency}; ask the bank",
            file=name,
            currency=books.currency,
        ),
    )
