"""A rail whose payments travel in files, whatever they are written in.

What is true at any moment: a number stands in one file and in no other ever; a file that may have
left is never made anew with other bytes; it goes out again only where the other side said that it
never came. Silence is `Unknown`.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.kernel.clock import Clock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payouts.rails.bank_statements import had_of, of_day
from amends.payouts.rails.file_drop import Drop
from amends.payouts.rails.file_handing import Handing
from amends.payouts.rails.file_inbox import Inbox, digest
from amends.payouts.rails.file_marks import Book, DropDiffersError, Marks
from amends.payouts.rails.file_model import Language, StatementRow
from amends.payouts.rails.file_store import Store
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    CallbackHint,
    CallbackRejected,
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
    StoppedFile,
    Unknown,
)
from amends.statements.walked import Walked

_NOWHERE = b'{"file":null}'


class FilesRail:
    """One account on the other side, through one drop. Give it back with `close`.

    *book*: what knows the drop from others. With another drop, or one whose memory is not whole,
    whatever is asked of the rail raises `DropDiffersError`; other rails go on.
    """

    def __init__(
        self, drop: Path, language: Language, clock: Clock, book: Book | None = None
    ) -> None:
        self._language = language
        self._clock = clock
        self._drop = Drop(drop)
        self._store = Store(drop / "rail.sqlite")
        marks = Marks(self._drop, self._store, book, rail=language.capabilities.rail)
        self._marks = marks
        self._handing = Handing(self._drop, self._store, marks, language)
        self._inbox = Inbox(self._drop, self._store, language)
        self._busy = asyncio.Lock()
        self.capabilities = language.capabilities
        self._differs: DropDiffersError | None = None
        try:
            marks.require_own(language.suffix)
        except DropDiffersError as differs:
            self._differs = differs

    def prepare(self, order: Order) -> PreparedRequest:
        """The bytes of one payment of a file.

        Raises:
            OrderNotPayableError: the order breaks a limit of the rail.
        """
        limits, amount = self.capabilities, order.amount
        problem = self._language.problem_of(order)
        if problem is None and amount.amount_minor < limits.transfer_min.amount_minor:
            problem = said("the least amount is {least}", least=limits.transfer_min)
        if problem is None and amount.amount_minor > limits.transfer_max.amount_minor:
            problem = said("the largest amount is {largest}", largest=limits.transfer_max)
        if problem is not None:
            raise OrderNotPayableError(
                said(
                    "payment {number} cannot go by {rail}: {problem}",
                    number=order.number,
                    rail=limits.rail,
                    problem=problem,
                )
            )
        body = self._language.payment(order)
        return PreparedRequest(number=order.number, body=body, sha256=hashlib.sha256(body).digest())

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """A file of one payment; files of many are `submit_together`'s."""
        return (await self.submit_together((prepared,)))[0]

    async def submit_together(
        self,
        prepared: Sequence[PreparedRequest],
        may_leave: Callable[[], bool] = lambda: True,
    ) -> list[Outcome]:
        """Hand payments over, in files of at most ``orders_per_file``; an outcome for each.

        *may_leave* is asked right before they do.

        Raises:
            FileRejectedError: a file would not be valid; nothing left.
            DropDiffersError: this is not the rail's folder, or its memory is not whole.
        """
        self.require_own()
        async with self._busy:
            now = self._clock.now()
            try:
                outcomes = await asyncio.to_thread(
                    self._handing.hand_over, prepared, now, may_leave
                )
            except OSError as error:
                failed = Unknown(advice=Advice.ASK, code=f"drop_{error.errno}")
                return [failed] * len(prepared)
        return [outcomes[one.number] for one in prepared]

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """What the files in the inbox say of *number* so far."""
        del amount  # the order itself is kept
        await self._look()
        sent = self._store.sent(number)
        if sent is None:
            return NotFound(raw=_NOWHERE)
        told = self._handing.said_of(sent)
        if told is not None:
            return told
        if self._handing.has_not_come(sent.message_id):
            return NotFound(raw=_NOWHERE)
        return self._language.answer((), sent.amount_minor, resent=False)

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

        A day without a statement between two that join had no movements, where every file could be
        read and nothing was told of it but what one of the two has.

        Raises:
            RailUnavailableError: a file that may be it cannot be read, or two say different things.
        """
        await self._look()
        rows = self._store.statements_of(day)
        found = _by_balances(rows)
        if len(found) > 1:  # whichever was taken out says nothing any more
            found = _by_balances([row for row in rows if self._drop.path_of(row.name).exists()])
        if len(found) != 1 and rows:
            raise RailUnavailableError(
                said(
                    "the bank's inbox holds two statements of {day} that differ; ask the bank "
                    "which is right and take the other one out",
                    day=day,
                )
            )
        for row in found.values():
            return await asyncio.to_thread(self._read_statement, row, day)
        if self._inbox.unread:
            name, why = next(iter(sorted(self._inbox.unread.items())))
            raise RailUnavailableError(
                said("the bank's file {name} cannot be read: {why}", name=name, why=why)
            )
        before, after = self._store.statement_before(day), self._store.statement_after(day)
        if (
            before
            and after
            and before.closing_minor == after.opening_minor
            and await asyncio.to_thread(self._is_told, day, (before, after))
        ):
            held = self._money(before.closing_minor)
            return Statement(day=day, opening=held, closing=held, lines=(), raw=b"")
        return BillNotReady(day=day, code="no_statement")

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """Movements of the account: of statements, and of later days as the bank told of them.

        Raises:
            RailUnavailableError: there is no statement to begin from.
        """
        zone = ZoneInfo(self._language.zone)
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

    def require_own(self) -> None:
        """Refuse a folder that is not the rail's, or whose memory is not whole.

        Raises:
            DropDiffersError: it is that.
        """
        if self._differs is not None:
            raise DropDiffersError(self._differs.message)

    def take_over(self, proposal: str, handed: Callable[[], Iterable[tuple[str, int]]]) -> None:
        """Make this folder the rail's, by a *proposal* that two people signed.

        What is *handed* over by then never goes out again.

        Raises:
            DropDiffersError: meanwhile files left from another folder.
        """
        self._marks.take_over(proposal, self._clock.now(), handed)
        self._differs = None

    def never_came(self, message_id: str, *, dry_run: bool = False) -> None:
        """The other side never got a file, it says: its payments may go out again, as they were.

        *dry_run*: only look whether it may be so.

        Raises:
            RailUnavailableError: it was not handed over, lies in the outbox still, or was answered.
        """
        self.require_own()
        self._handing.never_came(message_id, dry_run=dry_run)

    async def withdraw(self) -> list[StoppedFile]:
        """Take files out of the outbox again; everything that may have to be called off."""
        await self._look()
        async with self._busy:
            return await asyncio.to_thread(self._handing.withdraw)

    @property
    def unread(self) -> Mapping[str, str]:
        """Files of the inbox that cannot be read (yet), with why."""
        return self._inbox.unread

    async def _look(self) -> None:
        """Read what is new in the inbox."""
        self.require_own()
        await self._inbox.look()

    def _is_ours(self, number: str) -> bool:
        return self._store.sent(number) is not None

    def _is_told(self, day: date, rows: Sequence[StatementRow]) -> bool:
        """Whether these statements have every movement that the bank told of for *day*."""
        left = list(self._store.advised(day, day))
        for row in rows if left else ():
            asked = {name for one in left for name in (one.line_id, one.number) if name}
            found = had_of(self._walked(row), row.name, asked)
            left = [one for one in left if not {one.line_id, one.number} & found]
        return not left

    def _read_statement(self, row: StatementRow, day: date) -> Statement:
        """The part of a statement that is of *day*."""
        return of_day(
            self._walked(row),
            row.name,
            day,
            zone=self._language.zone,
            raw=self._drop.path_of(row.name),
            ours=self._is_ours,
        )

    def _walked(self, row: StatementRow) -> Walked:
        """A statement, read anew."""
        try:
            path = self._drop.path_of(row.name)
            if digest(path) != row.sha256:
                raise RailUnavailableError(
                    said(
                        "the bank's file {name} has changed since it was read; put the first one "
                        "back",
                        name=row.name,
                    )
                )
            return self._language.statements(path, row.name)[row.position]
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
        return Money(amount_minor=amount_minor, currency=self._language.currency)


def _by_balances(rows: Sequence[StatementRow]) -> dict[tuple[int, int], StatementRow]:
    """Statements that differ by their balances."""
    return {(row.opening_minor, row.closing_minor): row for row in rows}


def _signed(direction: str, amount_minor: int) -> int:
    return amount_minor if direction == Direction.IN.value else -amount_minor
