"""A bank as a rail: files of payments out (pain.001), answers and statements in (pain.002, camt).

What is true at any moment: a number stands in one file and in no other ever; a file that may have
left is never made anew with other bytes; it goes out again only where the bank said that it never
came. Silence is `Unknown`. Money that moved is told by entries of the account alone.
"""

import asyncio
import hashlib
import time as machine_time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from amends.kernel.clock import Clock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails import iso20022_codes as codes
from amends.payouts.rails import iso20022_pain001 as pain001
from amends.payouts.rails.bank_statements import of_day
from amends.payouts.rails.iso20022_drop import BankSettings, Drop
from amends.payouts.rails.iso20022_inbox import take
from amends.payouts.rails.iso20022_store import FileRow, SentRow, StatementRow, Store
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    CallbackHint,
    CallbackRejected,
    Capabilities,
    Direction,
    LineKind,
    NotFound,
    Order,
    OrderNotPayableError,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    Statement,
    StatementLine,
    Unknown,
)
from amends.statements.model import StatementError
from amends.statements.service import read_statements

HANDED_OVER = Unknown(advice=Advice.ASK, code="handed_over")
"""What a submission ends with when all went well: nobody at the bank has said a word yet."""

_NOWHERE = b'{"file":null}'
_LOOK_AGAIN_NS = 1_000_000_000


class BankFileRail:
    """One account at one bank, through one drop. Give it back with `close`."""

    def __init__(self, settings: BankSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._drop = Drop(settings.drop)
        self._store = Store(settings.drop / "rail.sqlite")
        self._most = settings.orders_per_file
        self._busy = asyncio.Lock()
        self._looked: tuple[int, int] = (-1, 0)
        self.unread: dict[str, str] = {}
        self.capabilities = _capabilities(settings)

    def prepare(self, order: Order) -> PreparedRequest:
        """The bytes of one payment of a file.

        Raises:
            OrderNotPayableError: the order breaks a limit of the rail.
        """
        limits, amount = self.capabilities, order.amount
        problem = pain001.problem_of(order, self._settings.payer.currency)
        if problem is None and amount.amount_minor < limits.transfer_min.amount_minor:
            problem = said("the least amount is {least}", least=limits.transfer_min)
        if problem is None and amount.amount_minor > limits.transfer_max.amount_minor:
            problem = said("the largest amount is {largest}", largest=limits.transfer_max)
        if problem is not None:
            raise OrderNotPayableError(
                said(
                    "payment {number} cannot go in a file to a bank: {problem}",
                    number=order.number,
                    problem=problem,
                )
            )
        body = pain001.payment(order)
        return PreparedRequest(number=order.number, body=body, sha256=hashlib.sha256(body).digest())

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """A file of one payment; files of many are `submit_together`'s."""
        return (await self.submit_together((prepared,)))[0]

    async def submit_together(self, prepared: Sequence[PreparedRequest]) -> list[Outcome]:
        """Hand payments over, in files of at most ``orders_per_file``; an outcome for each.

        Raises:
            FileRejectedError: a file would not be valid; nothing left.
        """
        async with self._busy:
            try:
                outcomes = await asyncio.to_thread(self._hand_over, prepared)
            except OSError as error:
                failed = Unknown(advice=Advice.ASK, code=f"drop_{error.errno}")
                return [failed] * len(prepared)
        return [outcomes[one.number] for one in prepared]

    async def query(self, number: InstructionId) -> QueryAnswer:
        """What the files in the inbox say of *number* so far."""
        await self._look()
        sent = self._store.sent(number)
        if sent is None:
            return NotFound(raw=_NOWHERE)
        words = self._store.words(number, sent.message_id)
        if not words and self._has_not_come(sent.message_id):
            return NotFound(raw=_NOWHERE)
        return codes.answer(words, sent.amount_minor)

    async def balance(self) -> Money:
        """What the newest statement closes with, and what the bank told of since.

        Raises:
            RailUnavailableError: there is no statement of the account yet.
        """
        await self._look()
        newest = self._store.statement_before(date.max)
        if newest is None:
            raise RailUnavailableError(
                said(
                    "no statement of the account that pays is in the bank's inbox yet; fetch the "
                    "one of yesterday (camt.053 or MT940) and run it again"
                )
            )
        since = self._store.advised(newest.last_day + timedelta(days=1), date.max)
        moved = sum(_signed(row.direction, row.amount_minor) for row in since)
        return self._money(newest.closing_minor + moved)

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bank's statement of *day*, in the bank's zone.

        A day without a statement between two that join had no movements.

        Raises:
            RailUnavailableError: a file that may be it cannot be read, or two say different things.
        """
        await self._look()
        found = {
            (row.opening_minor, row.closing_minor): row for row in self._store.statements_of(day)
        }
        if len(found) > 1:
            raise RailUnavailableError(
                said(
                    "the bank's inbox holds two statements of {day} that differ; ask the bank "
                    "which is right and take the other one out",
                    day=day,
                )
            )
        for row in found.values():
            return await asyncio.to_thread(self._read_statement, row, day)
        before, after = self._store.statement_before(day), self._store.statement_after(day)
        if before and after and before.closing_minor == after.opening_minor:
            held = self._money(before.closing_minor)
            return Statement(day=day, opening=held, closing=held, lines=(), raw=b"")
        if self.unread:
            name, why = next(iter(sorted(self.unread.items())))
            raise RailUnavailableError(
                said("the bank's file {name} cannot be read: {why}", name=name, why=why)
            )
        return BillNotReady(day=day, code="no_statement")

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """Movements of the account: of statements, and of later days as the bank told of them.

        Raises:
            RailUnavailableError: there is no statement to begin from.
        """
        zone = ZoneInfo(self._settings.zone)
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        held: Money | None = None
        while day <= last:
            stated = await self.statement(day)
            if isinstance(stated, Statement):
                lines: Iterator[StatementLine] = iter(stated.lines)
                held = stated.closing
            else:
                held = held or await self._held_before(day)
                told = list(self._told(day, held))
                lines, held = iter(told), told[-1].balance_after if told else held
            for line in lines:
                if start <= line.at < end:
                    yield line
            day += timedelta(days=1)

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """A bank that speaks in files sends no notifications: whatever comes is none of its."""
        del headers, body
        return CallbackRejected(code="no_callbacks")

    async def close(self) -> None:
        """Close what the rail remembers."""
        self._store.close()

    def never_came(self, message_id: str) -> None:
        """The bank says that a file never reached it: its payments may go out again, as they were.

        Raises:
            RailUnavailableError: it was not handed over, lies in the outbox still, or was answered.
        """
        with self._store.writing():
            row = self._store.file(message_id)
            problem = None
            if row is None or row.state != "handed":
                problem = said("it was not handed over")
            elif self._drop.lies_in_outbox(message_id):
                problem = said("it lies in the outbox still, nobody has fetched it")
            elif self._store.words("", message_id):
                problem = said("the bank has answered it")
            if problem is not None:
                raise RailUnavailableError(
                    said(
                        "file {message_id} is not lost: {problem}",
                        message_id=message_id,
                        problem=problem,
                    )
                )
            self._store.set_state(message_id, "lost")

    def _hand_over(self, prepared: Sequence[PreparedRequest]) -> dict[InstructionId, Outcome]:
        """Write what is new into files, and files that did not leave again; an outcome for each."""
        with self._store.writing():
            self._drop.clear_aside(lambda message_id: self._store.file(message_id) is not None)
            fresh, again, changed = self._sorted(pain001.in_order(prepared))
            missing = [name for name in again if not self._made_again(name, again[name])]
            leaving = [self._new_file(page) for page in _pages(fresh, self._most)]
            leaving += [name for name in again if name not in missing]
            for message_id in leaving:
                self._store.set_state(message_id, "made")
        for message_id in leaving:
            self._drop.hand_over(message_id)
        with self._store.writing():
            for message_id in leaving:
                self._store.set_state(message_id, "handed")
        alone = [one.number for name in missing for one in again[name]]
        return (
            dict.fromkeys([one.number for one in prepared], HANDED_OVER)
            | dict.fromkeys(changed, Unknown(advice=Advice.ALARM, code="number_used"))
            | dict.fromkeys(alone, Unknown(advice=Advice.ASK, code="rest_of_file_missing"))
        )

    def _sorted(
        self, prepared: Sequence[PreparedRequest]
    ) -> tuple[list[PreparedRequest], dict[str, list[PreparedRequest]], list[InstructionId]]:
        """What stands in no file; what stands in files that have not come; what has changed."""
        fresh: list[PreparedRequest] = []
        again: dict[str, list[PreparedRequest]] = {}
        changed: list[InstructionId] = []
        for one in prepared:
            sent = self._store.sent(one.number)
            if sent is None:
                fresh.append(one)
            elif sent.sha256 != one.sha256:
                changed.append(one.number)
            elif self._has_not_come(sent.message_id):
                again.setdefault(sent.message_id, []).append(one)
        return fresh, again, changed

    def _has_not_come(self, message_id: str) -> bool:
        """Whether a file certainly is not with the bank."""
        row = self._store.file(message_id)
        if row is None or row.state == "lost":
            return True
        return row.state == "made" and self._drop.lies_aside(message_id)

    def _new_file(self, page: Sequence[PreparedRequest]) -> str:
        """Write a file aside, see that it is valid, and note all that stands in it."""
        head = pain001.head_of(page, self._clock.now(), self._settings.zone)
        bodies = (one.body for one in page)
        pieces = pain001.written(head, self._settings.payer, bodies)
        path, sha256 = self._drop.write_aside(head.message_id, pieces)
        pain001.check_file(path)
        self._store.add_file(
            FileRow(
                message_id=head.message_id,
                sha256=sha256,
                made_at=head.made_at,
                count=head.count,
                total_minor=head.total_minor,
                state="made",
            ),
            (
                SentRow(
                    number=one.number,
                    message_id=head.message_id,
                    sha256=one.sha256,
                    amount_minor=pain001.amount_of(one.body),
                )
                for one in page
            ),
        )
        return head.message_id

    def _made_again(self, message_id: str, members: Sequence[PreparedRequest]) -> bool:
        """Write a file again, byte for byte; False where part of it is missing, or differs."""
        row = self._store.file(message_id)
        if row is None or len(members) != row.count:
            return False
        head = pain001.head_of(members, row.made_at, self._settings.zone)
        pieces = pain001.written(head, self._settings.payer, (one.body for one in members))
        if hashlib.sha256(b"".join(pieces)).digest() != row.sha256:
            return False
        pieces = pain001.written(head, self._settings.payer, (one.body for one in members))
        self._drop.write_aside(message_id, pieces)
        return True

    async def _look(self) -> None:
        """Read what is new in the inbox; what could not be read is tried again after a second."""
        changed_ns, now_ns = self._drop.inbox_changed_ns(), machine_time.time_ns()
        was_ns, looked_ns = self._looked
        # File systems count time in steps: only a look well after the last change has seen all.
        all_seen = changed_ns == was_ns and looked_ns - was_ns > _LOOK_AGAIN_NS
        if all_seen and (not self.unread or now_ns - looked_ns < _LOOK_AGAIN_NS):
            return
        async with self._busy:
            await asyncio.to_thread(self._read_inbox)
            self._looked = (changed_ns, now_ns)

    def _read_inbox(self) -> None:
        self.unread = {}
        for arrived in self._drop.arrived():
            name = arrived.path.name
            if self._store.is_seen(name, arrived.size_bytes, arrived.mtime_ns):
                continue
            data = arrived.path.read_bytes()
            sha256 = hashlib.sha256(data).digest()
            try:
                if not self._store.is_read(sha256):
                    self._take(data, name, sha256)
            except (StatementError, RailUnavailableError) as error:
                self.unread[name] = error.args[0]
                continue
            with self._store.writing():
                self._store.note_seen(name, arrived.size_bytes, arrived.mtime_ns, sha256)

    def _take(self, data: bytes, name: str, sha256: bytes) -> None:
        """Remember what a file says, in one transaction."""
        taken = take(data, name, sha256, self._settings, self._is_ours)
        with self._store.writing():
            self._store.add_words(taken.words)
            self._store.add_advised(taken.advised)
            for row in taken.statements:
                self._store.add_statement(row)

    def _is_ours(self, number: str) -> bool:
        return self._store.sent(number) is not None

    def _read_statement(self, row: StatementRow, day: date) -> Statement:
        """The part of a statement that is of *day*."""
        try:
            raw = self._drop.read(row.name)
            if hashlib.sha256(raw).digest() != row.sha256:
                raise RailUnavailableError(
                    said(
                        "the bank's file {name} has changed since it was read; put the first one "
                        "back",
                        name=row.name,
                    )
                )
            statement = read_statements(raw, row.name, apart=True)[row.position]
            return of_day(
                statement, row.name, day, zone=self._settings.zone, raw=raw, ours=self._is_ours
            )
        except FileNotFoundError:
            raise RailUnavailableError(
                said(
                    "the bank's file {name} was read and is gone from the inbox; put it back",
                    name=row.name,
                )
            ) from None

    async def _held_before(self, day: date) -> Money:
        """What the account held when *day* began."""
        before = self._store.statement_before(day)
        if before is None:
            raise RailUnavailableError(
                said("no statement before {day} is in the bank's inbox", day=day)
            )
        since = self._store.advised(before.last_day + timedelta(days=1), day - timedelta(days=1))
        moved = sum(_signed(row.direction, row.amount_minor) for row in since)
        return self._money(before.closing_minor + moved)

    def _told(self, day: date, held: Money) -> Iterator[StatementLine]:
        """Movements of a day of which there is no statement yet."""
        for row in self._store.advised(day, day):
            held += self._money(_signed(row.direction, row.amount_minor))
            yield StatementLine(
                line_id=row.line_id,
                number=InstructionId(row.number) if row.number else None,
                provider_reference=row.reference,
                direction=Direction(row.direction),
                amount=self._money(row.amount_minor),
                balance_after=held,
                kind=LineKind(row.kind),
                at=row.at.astimezone(UTC),
            )

    def _money(self, amount_minor: int) -> Money:
        return Money(amount_minor=amount_minor, currency=self._settings.payer.currency)


def _pages(orders: Sequence[PreparedRequest], most: int) -> Iterator[Sequence[PreparedRequest]]:
    """The orders of each file."""
    return (orders[start : start + most] for start in range(0, len(orders), most))


def _signed(direction: str, amount_minor: int) -> int:
    return amount_minor if direction == Direction.IN.value else -amount_minor


def _capabilities(settings: BankSettings) -> Capabilities:
    return Capabilities(
        rail="iso20022",
        number_max_length=pain001.ID_LENGTH,
        number_alphabet=pain001.ID_ALPHABET,
        transfer_min=Money(amount_minor=1, currency=settings.payer.currency),
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
