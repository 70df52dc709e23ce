"""A counter as a rail: cash, or a deposit with a notary (提存), taken against identification.

A list goes out, reports come back: deposited, ready, collected with a receipt, or expired and
returned to the deposit. What a counter says of somebody whose document ends otherwise than the
list's, or who collected twice, is for a person. The last digits of documents are compared by a
keyed digest, and taken out of reports once those are read.

A deposit with a notary counts as given from the day on which it is made (Civil Code 571): that is
booked by `amends payee move … deposit_made`, with the certificate whose number the report tells.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.kernel.accounts import ACCOUNT_KINDS, AccountKind
from amends.kernel.clock import Clock
from amends.kernel.money import Money
from amends.kernel.saying import Said as SaidText
from amends.kernel.saying import said
from amends.kernel.tomltable import a_switch, a_text, a_whole_number, an_hour
from amends.payouts.rails.counter_files import (
    BALANCES,
    END_DIGITS,
    LIST_HEADER,
    CounterState,
    Reported,
    cells_of,
    is_report,
    read_report,
    redacted,
    row,
    total,
)
from amends.payouts.rails.file_marks import Book
from amends.payouts.rails.file_model import (
    Addressed,
    FileRejectedError,
    Said,
    SentRow,
    Taken,
    Word,
)
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.file_settings import a_zone, an_amount_alone, table_of
from amends.payouts.rails.iso20022_inbox import Books, stated
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Capabilities,
    Delivery,
    Order,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    RefusalReason,
    Refused,
    Settled,
    Unknown,
)
from amends.statements.model import Direction, Form, Line, Statement
from amends.statements.service import Walked, read_statements, walked

_NUMBER = re.compile(r"[0-9A-Za-z-]{1,35}")
_DOCUMENT = re.compile(r"[0-9A-Za-z]{6,30}")
_WORDS = re.compile("[^\x00-\x1f\x7f\ud800-\udfff]{1,140}")
_FORMULA = ("=", "+", "-", "@")
"""With these a cell begins that a spreadsheet computes instead of showing."""


_PROBLEMS = (
    said("its number is not 1 to 35 letters, digits or -"),
    said("at a counter a person is known by the number of a document"),
    said("the payee's name is not 1 to 140 printable characters"),
    said("the remark is not up to 140 printable characters"),
    said("a spreadsheet would take the name or the remark for a formula"),
)
"""In the order in which `CounterLanguage.problem_of` looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSettings:
    """What is agreed with a branch or a notary, and where files pass.

    ``secret``: 32 bytes that only this purpose of this case has; by it digits are compared.
    ``taken_by_rename``: whoever fetches a list takes it out of the outbox by one rename first.
    """

    drop: Path
    name: str
    secret: bytes = field(repr=False)
    currency: str
    transfer_max: Money
    orders_per_file: int = 1_000
    zone: str = "Asia/Shanghai"
    statement_due: time = time(9)
    taken_by_rename: bool = False


def settings_from_keys(directory: Path, *, secret: bytes, currency: str = "CNY") -> CounterSettings:
    """Settings of the ``counter.toml`` in *directory*, which is the drop too.

    Raises:
        CaseFileError: the file is missing, or something in it is not right; says which key.
    """
    table = table_of(directory / "counter.toml")
    most = table.optional("transfer_max", an_amount_alone, "50000.00")
    found = CounterSettings(
        drop=directory,
        name=table.required("name", a_text),
        secret=secret,
        currency=currency,
        transfer_max=Money.parse(f"{currency} {most}"),
        orders_per_file=table.optional("orders_per_file", a_whole_number, 1_000),
        zone=table.optional("zone", a_zone, "Asia/Shanghai"),
        statement_due=table.optional("statement_due", an_hour, time(9)),
        taken_by_rename=table.optional("taken_by_rename", a_switch, default=False),
    )
    table.refuse_unknown_keys()
    return found


def counter_rail(settings: CounterSettings, clock: Clock, book: Book | None = None) -> FilesRail:
    """The rail of one branch or notary. *book*: what knows its folder from others."""
    return FilesRail(settings.drop, CounterLanguage(settings), clock, book)


class CounterLanguage:
    """Lists and reports of one counter."""

    suffix = ".csv"

    def __init__(self, settings: CounterSettings) -> None:
        self._secret, self.taken_by_rename = settings.secret, settings.taken_by_rename
        self.capabilities = capabilities(settings)
        self.currency, self.account, self.zone = settings.currency, settings.name, settings.zone
        self._books = Books(account=self.account, currency=self.currency, zone=self.zone)

    def problem_of(self, order: Order) -> SaidText | None:
        """Why a list cannot carry an order; None where it can."""
        if order.amount.currency != self.currency:
            return said("its currency is not {currency}", currency=self.currency)
        name, remark = order.payee_name, order.remark
        document = order.payee_account_kind is AccountKind.IDENTITY
        formula = name.strip().startswith(_FORMULA) or remark.strip().startswith(_FORMULA)
        good = (
            _NUMBER.fullmatch(order.number),
            document and _DOCUMENT.fullmatch(order.payee_account),
            _WORDS.fullmatch(name) and name.strip(),
            not remark or _WORDS.fullmatch(remark),
            not formula,
        )
        return next((why for why, holds in zip(_PROBLEMS, good, strict=True) if not holds), None)

    def payment(self, order: Order) -> bytes:
        """One row of the list."""
        return row(order)

    def amount_of(self, body: bytes) -> int:
        """The amount, from the bytes that are sent."""
        cells = cells_of(body)
        return Money.parse(f"{cells[4]} {cells[3]}").amount_minor

    def mark_of(self, body: bytes) -> bytes:
        """By what the end of the document is known again."""
        cells = cells_of(body)
        return self._mark(cells[0], cells[2])

    def written(self, prepared: Sequence[PreparedRequest], made_at: datetime) -> Iterator[bytes]:
        """A list: header, a row for each person, and the total. It says no time."""
        del made_at
        yield b"\xef\xbb\xbf" + LIST_HEADER.encode()
        for one in prepared:
            yield one.body
        minor = sum(self.amount_of(one.body) for one in prepared)
        yield total(len(prepared), Money(amount_minor=minor, currency=self.currency))

    def check(self, path: Path) -> None:
        """See that a list reads back as it was meant: as many rows as its total says, and the sum.

        Raises:
            FileRejectedError: it does not.
        """
        lines = path.read_bytes().decode("utf-8-sig").split("\r\n")[1:-1]
        rows = [cells_of(line.encode()) for line in lines]
        minor = [Money.parse(f"{cells[4]} {cells[3]}").amount_minor for cells in rows]
        if sum(minor[:-1]) != minor[-1] or rows[-1][1] != str(len(rows) - 1):
            raise FileRejectedError(
                said("a list for the counter would not add up and was not handed over")
            )

    def take(
        self, path: Path, name: str, sha256: bytes, sent: Callable[[str], SentRow | None]
    ) -> Taken:
        """What a report says; with balances it is the statement of its day too.

        Raises:
            StatementError, RailUnavailableError: it cannot be read; says why and what to do.
        """
        data = path.read_bytes()
        if not is_report(data):
            found = [walked(one) for one in read_statements(data, name)]
            return stated(found, name, sha256, self._books, sent)
        reported = self._read(data, name)
        words: list[Addressed] = []
        for one in reported:
            if one.state in BALANCES or one.state is CounterState.FUNDED:
                continue
            known = sent(one.number)
            if known is None:
                raise RailUnavailableError(
                    said(
                        "{file}, row {row}: its number stands on no list; ask the counter for a "
                        "correct report",
                        file=name,
                        row=one.place,
                    )
                )
            words.append((one.number, None, self._word(one, known, sha256)))
        days = self._statement(reported, name)
        kept = hashlib.sha256(redacted(data)).digest() if days else sha256
        held = stated([walked(one) for one in days], name, kept, self._books, lambda _: None)
        return Taken(words=tuple(words), statements=held.statements)

    def statements(self, path: Path, name: str) -> list[Walked]:
        """The statement that a report is, or those of another file.

        Raises:
            StatementError, RailUnavailableError: it cannot be read.
        """
        data = path.read_bytes()
        if is_report(data):
            found = self._statement(self._read(data, name), name)
        else:
            found = read_statements(data, name)
        return [walked(one) for one in found]

    def redacted(self, path: Path) -> bytes | None:
        """A report without digits of documents; None for any other file."""
        data = path.read_bytes()
        return redacted(data) if is_report(data) else None

    def answer(self, words: Sequence[Word], amount_minor: int, *, resent: bool) -> QueryAnswer:
        """What all that the counter said of a payment comes to: it says nothing of lists."""
        del resent
        return answer(words, amount_minor)

    def _read(self, data: bytes, name: str) -> list[Reported]:
        return read_report(data, name, currency=self.currency, zone=self.zone)

    def _word(self, one: Reported, known: SentRow, sha256: bytes) -> Word:
        """What a row says. A document that ends otherwise than the list's is told as such."""
        end = one.identification_end
        other = bool(end) and not hmac.compare_digest(self._mark(one.number, end), known.mark)
        hidden = end == "*" * END_DIGITS
        where = {"file": sha256.hex(), "row": one.place, "by": one.by}
        return Word(
            kind=Said.PAYMENT,
            status=str(one.state),
            code="other_identification" if other and not hidden else "",
            reference=one.receipt or None,
            amount_minor=one.amount_minor,
            at=one.at,
            raw=json.dumps(where, separators=(",", ":"), ensure_ascii=False).encode(),
        )

    def _mark(self, number: str, end: str) -> bytes:
        told = f"{number}\0{end[-END_DIGITS:].upper()}".encode()
        return hmac.digest(self._secret, told, "sha256")

    def _statement(self, reported: Sequence[Reported], name: str) -> list[Statement]:
        """The day's statement, where a report opens and closes with a balance."""
        if not reported or reported[0].state is not CounterState.OPENING:
            return []
        zone = ZoneInfo(self.zone)
        last = reported[-1]
        lines = [
            Line(
                reference=one.receipt,
                direction=_MOVES[one.state],
                amount_minor=one.amount_minor,
                booked_on=one.at.astimezone(zone).date(),
                end_to_end_id=one.number or None,
                booked_at=one.at,
                own_funds=one.state is CounterState.FUNDED,
            )
            for one in reported
            if one.state in _MOVES
        ]
        return [
            Statement(
                form=Form.CSV,
                account=self.account,
                currency=self.currency,
                identifier=name,
                number=None,
                first_day=reported[0].at.astimezone(zone).date(),
                last_day=last.at.astimezone(zone).date(),
                opening_minor=reported[0].amount_minor,
                closing_minor=last.amount_minor,
                lines=tuple(lines),
            )
        ]


_MOVES: Mapping[CounterState, Direction] = {
    CounterState.FUNDED: Direction.IN,
    CounterState.COLLECTED: Direction.OUT,
}
"""What changes the money that lies at a counter."""


def answer(words: Sequence[Word], amount_minor: int) -> QueryAnswer:
    """What a counter's words about a payment come to, in whatever order they are told.

    Money in somebody's hands goes before everything; two things that cannot both be are an alarm.
    """
    if not words:
        return Unknown(advice=Advice.ASK, code="no_answer")
    told = {word.status: word for word in words}
    last = words[-1]
    collected, expired = told.get(CounterState.COLLECTED), told.get(CounterState.EXPIRED)
    unidentified = told.get(CounterState.UNIDENTIFIED)
    receipts = {word.reference for word in words if word.status == CounterState.COLLECTED}
    odd = {
        "other_identification": any(word.code for word in words),
        "amount_differs": any(word.amount_minor != amount_minor for word in words),
        "collected_twice": len(receipts) > 1,
        "collected_and_not": bool(collected and (expired or unidentified)),
    }
    for code, holds in odd.items():
        if holds:
            return Unknown(advice=Advice.ALARM, code=code, raw=last.raw)
    if collected:
        return Settled(
            provider_reference=collected.reference, settled_at=collected.at, raw=collected.raw
        )
    if expired:
        return Refused(
            provider_reference=None,
            reason=RefusalReason.NOT_CONFIRMED,
            code="expired",
            raw=expired.raw,
        )
    if unidentified:
        return Refused(
            provider_reference=None,
            reason=RefusalReason.NAME_MISMATCH,
            code="unidentified",
            raw=unidentified.raw,
        )
    deposit = told.get(CounterState.DEPOSITED)
    return Accepted(provider_reference=deposit.reference if deposit else None, raw=last.raw)


def capabilities(settings: CounterSettings) -> Capabilities:
    """What such a contract allows."""
    return Capabilities(
        rail="counter",
        account_kinds=ACCOUNT_KINDS["counter"],
        delivery=Delivery.CONFIRM,
        number_max_length=35,
        number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-",
        transfer_min=Money(amount_minor=1, currency=settings.currency),
        transfer_max=settings.transfer_max,
        day_max=None,
        payee_day_max=None,
        calls_per_second=None,
        calls_in_flight=1,
        bill_zone=settings.zone,
        bill_ready_at=settings.statement_due,
        callback_acknowledgement=b"",
        orders_per_file=settings.orders_per_file,
    )
