"""What a file from a bank says, in the form in which the rail remembers it.

pain.002 gives statuses, camt.054 the movements of the day, camt.053 (or MT940, or the plain table
of docs/reference/funding.md) the day's statement. A file of another account says nothing here.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from amends.kernel.saying import said
from amends.payouts.rails.bank_statements import (
    MOST_BYTES,
    Named,
    at_of,
    identified,
    kind_of,
    named,
    number_of,
)
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
from amends.statements.model import Direction, Problem, Statement, StatementError
from amends.statements.service import is_advice, plain, read_advices, read_statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Whose account statements are about, and where its days are."""

    account: str
    currency: str
    zone: str


def take(
    data: bytes, name: str, sha256: bytes, books: Books, sent: Callable[[str], SentRow | None]
) -> Taken:
    """What a file says. *sent*: the payment of a number, if it went out from here.

    Raises:
        StatementError, RailUnavailableError: it cannot be read; says why and what to do.
    """
    if is_report(data):
        return Taken(words=tuple(_statuses(data, name, sha256)))
    if is_advice(data):
        return _advised(data, name, sha256, books, sent)
    found = read_statements(data, name, apart=True, most_bytes=MOST_BYTES)
    return stated(found, name, sha256, books, sent)


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
    data: bytes, name: str, sha256: bytes, books: Books, sent: Callable[[str], SentRow | None]
) -> Taken:
    words: list[Addressed] = []
    rows: list[AdvisedRow] = []

    def ours(number: str) -> bool:
        return sent(number) is not None

    for advice in read_advices(data, name, most_bytes=MOST_BYTES):
        if plain(advice.account) != plain(books.account):
            continue
        if advice.lines and advice.currency != books.currency:
            raise _other_currency(name, books)
        found = list(identified(advice.lines, advice.identifier))
        words += _moved(found, sha256, books, sent)
        rows += (
            AdvisedRow(
                line_id=one.line_id,
                day=one.line.booked_on,
                at=at_of(one.line, books.zone),
                number=number_of(one.line),
                reference=one.line.reference,
                direction=one.line.direction.value,
                kind=str(kind_of(one.line, ours)),
                amount_minor=one.line.amount_minor,
            )
            for one in found
        )
    return Taken(words=tuple(words), advised=tuple(rows))


def stated(
    found: Sequence[Statement],
    name: str,
    sha256: bytes,
    books: Books,
    sent: Callable[[str], SentRow | None],
) -> Taken:
    """What statements say: of payments that moved money, and which days they are of."""
    words: list[Addressed] = []
    rows: list[StatementRow] = []
    for position, statement in enumerate(found):
        if plain(statement.account) != plain(books.account):
            continue
        if statement.currency != books.currency:
            raise _other_currency(name, books)
        words += _moved(named(statement, name), sha256, books, sent)
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
    return Taken(words=tuple(words), statements=tuple(rows))


def _moved(
    found: Iterable[Named], sha256: bytes, books: Books, sent: Callable[[str], SentRow | None]
) -> Iterator[Addressed]:
    """Movements of payments of ours, as words about them."""
    for one in {one.line_id: one for one in found}.values():
        line, number = one.line, number_of(one.line)
        if number is None or line.is_fee or sent(number) is None:
            continue
        yield (
            number,
            None,
            Word(
                kind=Said.DEBIT if line.direction is Direction.OUT else Said.CREDIT,
                status="BOOK",
                code=line.return_reason or "",
                reference=line.reference,
                amount_minor=line.amount_minor,
                at=at_of(line, books.zone),
                raw=_where(sha256, one.line_id),
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
