"""What the bank does with files of payments, and when: taken, answered, booked, returned, stated.

The rules are those of every bank: a file of a known name is refused, wrong totals refuse all of it,
an account that takes no money refuses one payment, money that left is told at once (camt.054) and
again in the statement of the day (camt.053 or MT940). It lives by the time that it is told.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.simulators.bank import writing
from amends.simulators.bank.faults import ACCOUNT_CODES, Fault, Faults
from amends.simulators.bank.fetching import fetched
from amends.simulators.bank.reading import Message, Payment, RefusedFile, read_message
from amends.simulators.bank.store import Event, Store
from amends.simulators.bank.writing import Books, Movement

ANSWERS_AFTER = timedelta(minutes=1)
BOOKS_AFTER = timedelta(minutes=10)
STATES_AT = time(6)
"""When the statement of a day is there, on the next one, where the bank is."""


class StatementForm(StrEnum):
    """How the bank writes the day's statement."""

    CAMT = "camt.053"
    MT940 = "mt940"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account that pays, and how the bank tells of it."""

    books: Books
    statements: StatementForm = StatementForm.CAMT


class Bank:
    """One account, one drop. `advance` lets time pass."""

    def __init__(self, drop: Path, store: Store, account: Account, faults: Faults) -> None:
        self._drop = drop
        self._store = store
        self._account = account
        self._books = account.books
        self._faults = faults
        self._zone = ZoneInfo(account.books.zone)
        for folder in (drop, drop / "outbox", drop / "inbox", drop / "fetched"):
            folder.mkdir(mode=0o700, exist_ok=True)

    def advance(self, now: datetime) -> None:
        """Let everything happen that was due by *now*, and take the files that lie there."""
        with self._store.step():
            if self._store.once("opened"):
                today = now.astimezone(self._zone).date()
                self._state(today - timedelta(days=1))
                self._plan_statement(today)
        self._happen(now)
        for path in fetched(self._drop, "*.xml"):
            with self._store.step():
                self._take(path.read_bytes(), now)
            path.unlink()
        self._happen(now)

    def movements(self) -> list[Movement]:
        """All entries of the account: the bank's own record."""
        return self._store.movements()

    def _happen(self, now: datetime) -> None:
        while True:
            with self._store.step():
                event = self._store.next_event(now)
                if event is None:
                    return
                self._do(event)

    def _do(self, event: Event) -> None:
        content = event.content
        if event.kind == "put":
            self._put(str(content["name"]), str(content["text"]).encode())
        elif event.kind == "book":
            payments = content["payments"]
            assert isinstance(payments, list)  # noqa: S101 -- written by `_take`
            self._book([(str(n), int(a)) for n, a in payments], str(content["batch"]), event.due)
        elif event.kind == "return":
            amount, reason = int(str(content["amount_minor"])), str(content["reason"])
            self._enter(
                [_moved(str(content["number"]), amount, event.due, reason=reason)], event.due
            )
        else:
            day = date.fromisoformat(str(content["day"]))
            self._state(day)
            self._plan_statement(day + timedelta(days=1))

    def _take(self, data: bytes, now: datetime) -> None:
        """Take a file, or refuse it."""
        books = self._books
        try:
            message = read_message(data, account=books.account, currency=books.currency)
        except RefusedFile as refused:
            self._answer(refused.message_id, ("RJCT", refused.code), now)
            return
        name = message.message_id
        rejected = self._faults.rule(Fault.FILE_REJECTED, name)
        if self._faults.rule(Fault.FILE_LOST, name) and self._store.once(f"lost {name}"):
            return
        if not self._store.take_message(name):
            self._answer(name, ("RJCT", "DUPL"), now)
        elif rejected:
            self._answer(name, ("RJCT", rejected.code), now)
        else:
            self._take_payments(message, now)

    def _take_payments(self, message: Message, now: datetime) -> None:
        """Refuse single payments, and plan what becomes of the others."""
        left = self._store.balance_minor() - self._store.planned_minor()
        good: list[Payment] = []
        rejected: list[tuple[str, str]] = []
        for payment in message.payments:
            code = self._trouble(payment)
            if not code and payment.amount_minor > left:
                code = "AM04"
            if code:
                rejected.append((payment.number, code))
                continue
            left -= payment.amount_minor
            good.append(payment)
        verdict = ("PART" if rejected else "ACCP", "")
        self._answer(message.message_id, verdict, now, rejected)
        if good:
            at_once = message.message_id if good[0].at_once else ""
            content: dict[str, object] = {
                "payments": [(one.number, one.amount_minor) for one in good],
                "total_minor": sum(one.amount_minor for one in good),
                "batch": at_once,
            }
            self._store.plan(now + BOOKS_AFTER, "book", content)

    def _trouble(self, payment: Payment) -> str:
        """Why a payment is refused; empty where it is not."""
        for fault, code in ACCOUNT_CODES.items():
            if self._faults.rule(fault, payment.account):
                return code
        rule = self._faults.rule(Fault.PAYMENT_REJECTED, payment.number)
        if rule:
            return rule.code
        return "" if self._store.take_payment(payment.number) else "AM05"

    def _answer(
        self,
        original: str,
        verdict: tuple[str, str],
        now: datetime,
        rejected: Sequence[tuple[str, str]] = (),
    ) -> None:
        """pain.002, a little later; or never, or cut off."""
        if self._faults.rule(Fault.SILENT, original):
            return
        late = self._faults.rule(Fault.REPORT_LATE, original)
        name = f"S{self._store.count('report'):08d}"
        due = now + (late.after if late else ANSWERS_AFTER)
        made_at = self._books.local(due)
        data = writing.report(name, original, made_at, verdict, rejected)
        if self._faults.rule(Fault.REPORT_TRUNCATED, original):
            data = data[: len(data) * 2 // 3]
        self._store.plan(due, "put", {"name": f"pain002-{name}.xml", "text": data.decode()})

    def _book(self, payments: Sequence[tuple[str, int]], batch: str, at: datetime) -> None:
        """Let payments leave the account, and plan which come back."""
        moved = []
        for number, amount in payments:
            odd = self._faults.rule(Fault.BOOKED_WRONG_AMOUNT, number)
            taken = amount + 1 if odd else amount
            moved.append(_moved(number, -taken, at, batch=batch))
            back = self._faults.rule(Fault.RETURNED, number)
            if back:
                content: dict[str, object] = {
                    "number": number,
                    "amount_minor": taken,
                    "reason": back.code,
                }
                self._store.plan(at + back.after, "return", content)
        self._enter(moved, at)

    def _enter(self, moved: Sequence[Movement], at: datetime) -> None:
        """Enter movements and tell of them."""
        newest = self._store.newest_movement()
        self._store.book(self._books.day(at).isoformat(), moved)
        name = f"N{self._store.count('notification'):08d}"
        entered = self._store.movements(after=newest)
        data = writing.notification(name, self._books.local(at), self._books, entered)
        self._put(f"camt054-{name}.xml", data)

    def _plan_statement(self, day: date) -> None:
        due = datetime.combine(day + timedelta(days=1), STATES_AT, self._zone)
        late = self._faults.rule(Fault.STATEMENT_LATE, day.isoformat())
        self._store.plan(due + (late.after if late else timedelta(0)), "state", {"day": str(day)})

    def _state(self, day: date) -> None:
        """The statement of a day, as far as faults let it be right."""
        moved: list[Movement] = []
        for one in self._store.movements(day=day.isoformat()):
            paid = one.amount_minor < 0
            if paid and self._faults.rule(Fault.LINE_MISSING, one.number):
                continue
            wrong = paid and self._faults.rule(Fault.LINE_WRONG_AMOUNT, one.number)
            moved.append(replace(one, amount_minor=one.amount_minor - 1) if wrong else one)
            if paid and self._faults.rule(Fault.LINE_DUPLICATE, one.number):
                moved.append(moved[-1])
        opening = self._store.balance_minor(day.isoformat())
        closing = self._store.balance_minor((day + timedelta(days=1)).isoformat())
        camt = self._account.statements is StatementForm.CAMT
        write = writing.statement if camt else writing.mt940
        told = writing.Day(
            identifier=f"STM{day:%Y%m%d}",
            number=self._store.count("statement"),
            day=day,
            opening_minor=opening,
            closing_minor=closing,
            moved=moved,
        )
        data = write(self._books, told)
        if self._faults.rule(Fault.STATEMENT_TRUNCATED, day.isoformat()):
            data = data[: len(data) * 2 // 3]
        self._put(f"statement-{day}.{'xml' if camt else 'sta'}", data)

    def _put(self, name: str, data: bytes) -> None:
        """A file in the inbox, at once and whole."""
        aside = self._drop / "inbox" / f".{name}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        aside.rename(self._drop / "inbox" / name)


def _moved(
    number: str, amount_minor: int, at: datetime, *, reason: str = "", batch: str = ""
) -> Movement:
    """A movement that is not entered yet: its reference is given then."""
    return Movement(
        reference="", number=number, amount_minor=amount_minor, at=at, reason=reason, batch=batch
    )
