"""Sending: claim a chunk, write it down, commit, then call; results are written as they come.

Transaction one (`begin_chunks`): the chunk is ``sending`` and so are its instructions, the hash of
each request is stored in its row, the money in flight. Only after its commit does anything leave.
What comes back goes through `record` in transaction two. Wherever the process dies in between, the
next run finds instructions that are ``sending`` and nobody's: they are unknown, and it asks.
"""

import asyncio
import contextlib
import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import attrgetter
from typing import Final, TypeVar, cast

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.payees.model import PayeeKind, PaymentDetails
from amends.payees.service import payment_details
from amends.payouts.model import Chunk, RailStoppedError, Unsent
from amends.payouts.planning.allowance import UsedUpError, hand_over
from amends.payouts.planning.stopped import Stopped, note_stopped, note_works, stopped_in
from amends.payouts.rails.model import (
    Advice,
    FileRail,
    Order,
    OrderNotPayableError,
    PreparedRequest,
    QueryAnswer,
    Rail,
    Refused,
    Settled,
    Unknown,
)
from amends.payouts.sending import store
from amends.payouts.sending.gathering import Waiting, waiting_in
from amends.payouts.sending.record import SEND, Result, first_result, post_moves, record_results
from amends.payouts.sending.rules import REQUEST_CHANGED
from amends.payouts.sending.switch import halted, halted_in
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

FLUSH_RESULTS = 4_000
FLUSH_AFTER_S = 0.5
LOOK_EVERY_S = 0.5
"""Between two looks at the switch of payments."""
CHUNKS_AT_ONCE = 4
"""Chunks that are written down together where a rail takes calls as fast as they come."""
SILENT_CALLS = 256
"""Calls in a row without a usable answer, after which the rail counts as gone."""

_LINGERING_S = 5.0
_HASH_BYTES: Final = 32
_BANK: Final = AccountKind.BANK
_T = TypeVar("_T")


Prepared = tuple[PreparedRequest, Unsent]
"""A request, and the instruction that it is of."""

Refusal = tuple[InstructionId, str]
"""An instruction that cannot be sent at all, and the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A chunk that is ours: its requests, committed as sending."""

    chunk_no: int
    sent: tuple[Prepared, ...]

    @property
    def requests(self) -> list[PreparedRequest]:
        """What goes out, in the order of places."""
        return [request for request, _ in self.sent]


def begin_chunks(opened: OpenCase, rail: Rail, session: Connection, most: int = 1) -> list[Claimed]:
    """Transaction one: take the next approved chunks and write down that they go out now.

    None where there are no more, or payments are halted. *session* holds the locks by which others
    see that somebody works on the chunks.

    Raises:
        UsedUpError: the contract's quota does not cover the next one; nothing is taken.
    """
    now, name = opened.clock.now(), rail.capabilities.rail
    with opened.database.unit_of_work() as connection:
        if halted_in(connection):
            return []
        chunks = store.claim_chunks(connection, name, most)
        if not chunks:
            return []
        found = _covered(opened, connection, rail, chunks)
        numbers = [chunk.chunk_no for chunk, _, _ in found]
        if others := set(numbers) - _locked(session, numbers, _LINGERING_S):
            raise AssertionError(f"somebody works on chunks {others}, yet they are approved")
        claimed: list[Claimed] = []
        hashes: dict[int, bytes] = {}
        for chunk, prepared, refusals in found:
            if refusals:
                store.refuse_unsent(connection, refusals)
            hashes[chunk.chunk_no] = _by_place(chunk, prepared)
            claimed.append(Claimed(chunk_no=chunk.chunk_no, sent=tuple(prepared)))
        store.mark_sending(connection, hashes, now)
        sent = [one for each in claimed for _, one in each.sent]
        post_moves(opened, connection, {SEND: sent} if sent else {}, name, now)
    return claimed


def _covered(
    opened: OpenCase, connection: Connection, rail: Rail, chunks: Sequence[Chunk]
) -> list[tuple[Chunk, list[Prepared], list[Refusal]]]:
    """Chunks with what goes out of each, and what cannot, as far as the contract's quota covers.

    What goes out is counted; what cannot uses up no quota.
    """
    covered: list[tuple[Chunk, list[Prepared], list[Refusal]]] = []
    for chunk, waiting in zip(chunks, waiting_in(opened, connection, chunks), strict=True):
        prepared, refusals = _prepared(rail, waiting)
        try:
            hand_over(
                opened,
                connection,
                rail.capabilities,
                chunk_no=chunk.chunk_no,
                amount_minor=sum([one.amount_minor for _, one in prepared]),
            )
        except UsedUpError:
            if covered:
                break
            raise
        covered.append((chunk, prepared, refusals))
    return covered


def _by_place(chunk: Chunk, prepared: Iterable[Prepared]) -> bytes:
    """The hashes of what goes out, 32 bytes for each place of a chunk; zeros: nothing does."""
    found = [bytes(_HASH_BYTES)] * chunk.instructions
    for request, one in prepared:
        found[one.place] = request.sha256
    return b"".join(found)


_REMARKS: Final = {
    PayeeKind.GUARDIAN: "监护人代被监护人收取的赔偿金",
    PayeeKind.CUSTODIAN: "财产代管人代为收取的赔偿金",
    PayeeKind.ADMINISTRATOR: "遗产管理人收取的赔偿金",
    PayeeKind.HEIR: "继承人收取的赔偿金",
    PayeeKind.RELATIVE: "近亲属收取的赔偿金",
}
"""Whoever receives it for somebody else is told so beside the payment (Civil Code 20, 35)."""


def _prepared(rail: Rail, waiting: Iterable[Waiting]) -> tuple[list[Prepared], list[Refusal]]:
    """The requests of instructions, and which of them cannot be sent at all, with the reason."""
    requests: list[Prepared] = []
    refusals: list[Refusal] = []
    taken = rail.capabilities.account_kinds
    for one, payee in waiting:
        if payee is None:
            refusals.append((one.number, "payee_not_payable"))
            continue
        if payee.account_kind not in taken:
            refusals.append((one.number, "not_payable_on_rail"))
            continue
        try:
            requests.append((rail.prepare(_order(one, payee)), one))
        except OrderNotPayableError:
            refusals.append((one.number, "not_payable_on_rail"))
    return requests, refusals


@functools.lru_cache(maxsize=1_000)
def _money(amount_minor: int, currency: str) -> Money:
    """An amount: the same for many people."""
    return Money(amount_minor=amount_minor, currency=currency)


def _order(one: Unsent, payee: PaymentDetails) -> Order:
    """An instruction and where its money goes, as a rail takes it.

    An account at a bank may be written as ``ACCOUNT@BANK``; every other has no bank.
    """
    account, kind, name, received_as = payee
    bank = ""
    if kind is _BANK:
        account, _, bank = account.partition("@")
    amount = _money(one.amount_minor, one.currency)
    fields = (one.number, amount, account, kind, name, bank, _REMARKS.get(received_as, ""))
    return tuple.__new__(Order, fields)  # as `rows_of`, for one


def begin_again(
    opened: OpenCase, rail: Rail, numbers: Sequence[InstructionId]
) -> list[PreparedRequest]:
    """Transaction one for numbers that go out again, with the very bytes of the first time.

    A request that would differ (the payee's details changed since) is not sent: a person looks. It
    is tried again each time, and goes out once they are changed back.
    """
    with opened.database.unit_of_work() as connection:
        waiting = [] if halted_in(connection) else store.to_send_again(connection, numbers)
        known = {one.number: one.request_sha256 for one in waiting}
        details = payment_details(opened, connection, [one.person_id for one in waiting])
        payees = [(one, details.get(one.person_id)) for one in waiting]
        prepared, impossible = _prepared(rail, payees)
        requests = [request for request, _ in prepared]
        same = [r for r in requests if known[r.number] == r.sha256]
        changed = [r.number for r in requests if known[r.number] != r.sha256]
        changed += [number for number, _ in impossible]
        if changed:
            store.alarm(connection, changed, REQUEST_CHANGED)
        store.mark_sending_again(connection, [r.number for r in same], opened.clock.now())
    return same


def recover(opened: OpenCase, session: Connection, *, patience_s: float = _LINGERING_S) -> int:
    """Find what a killed process was sending: it is unknown now. How many instructions.

    A chunk whose lock is held is being worked on by another command; the connection of a killed one
    may linger a little.
    """
    with opened.database.reading() as connection:
        chunks = store.chunks_in(connection, "sending")
    found = 0
    for chunk_no in sorted(_locked(session, chunks, patience_s)):
        with opened.database.unit_of_work() as connection:
            found += store.abandon_chunk(connection, chunk_no)
        store.unlock_chunks(session, [chunk_no])
    return found


def _locked(session: Connection, chunks: Collection[int], patience_s: float) -> set[int]:
    """Those of the chunks that are ours now: a killed command's connection may still hold some."""
    until = time.monotonic() + patience_s
    ours = store.try_lock_chunks(session, chunks)
    while (left := set(chunks) - ours) and time.monotonic() <= until:
        time.sleep(0.1)
        ours |= store.try_lock_chunks(session, left)
    return ours


class Recorder:
    """Collects results and writes them: 4,000 at a time, or what there is after half a second."""

    def __init__(self, opened: OpenCase, rail: Rail, session: Connection) -> None:
        self._opened = opened
        self._rail = rail.capabilities.rail
        self._answers_at_once = rail.capabilities.orders_per_file == 1
        self._session = session
        self._waiting: list[Result] = []
        self._left: dict[int, int] = {}
        self._enough = asyncio.Event()
        self._writing = asyncio.Lock()
        self._silent = 0
        self._over = asyncio.Event()
        self.stopped_by: str | None = None
        self._stopped: tuple[str, bool] | None = None  # code, and whether it is silent
        self._known_stopped: Stopped | None = None
        self._works = False
        self._noted: bool | None = None  # whether it was noted as silent
        self._quota_is_used_up = False
        self.halted = False
        self.begun = 0
        """How many chunks were begun."""
        self.used_up: UsedUpError | None = None
        """That the rail's quota covers nothing more today."""

    @property
    def sends(self) -> bool:
        """Whether anything may leave."""
        return self.stopped_by is None and not self.halted

    def expect(self, claimed: Claimed) -> None:
        """A chunk whose results will come."""
        self._left[claimed.chunk_no] = len(claimed.sent)
        self.begun += 1

    def add(self, result: Result) -> bool:
        """Take a result; writing it follows soon.

        Whether more waits to be written than is written at once: whoever adds more writes first.
        """
        if self._known_stopped is not None:
            self._works |= _proves(result, self._known_stopped)
        if isinstance(result.answer, Settled):  # nearly all
            self._silent = 0
        else:
            self._watch(result.answer)
        self._waiting.append(result)
        waiting = len(self._waiting)
        if waiting == FLUSH_RESULTS:
            self._enough.set()
        return waiting >= 2 * FLUSH_RESULTS

    def _watch(self, answer: QueryAnswer) -> None:
        """See when going on has no sense: the trouble is ours, or nobody answers."""
        if not isinstance(answer, Unknown):
            self._silent = 0
            if isinstance(answer, Refused) and answer.stops_rail:
                self.stopped_by, self._stopped = answer.code, (answer.code, False)
            return
        self._silent += 1
        if answer.advice is Advice.STOP_RAIL:
            self.stopped_by, self._quota_is_used_up = answer.code, answer.used_up
            if not answer.used_up:  # a quota is no trouble: the forecast knows its days
                self._stopped = (answer.code, False)
        elif self._answers_at_once and self._silent >= SILENT_CALLS and not self._told_to_stop:
            self.stopped_by = said("no usable answer, {code} at last", code=answer.code)
            self._stopped = (answer.code, True)

    @property
    def _told_to_stop(self) -> bool:
        """Whether the provider itself said so; that it is silent says no more."""
        return self._stopped is not None and not self._stopped[1]

    @property
    def _stops_anew(self) -> bool:
        """Whether it is not written down yet that the rail carries nothing, or by whose word."""
        return self._stopped is not None and self._noted != self._stopped[1]

    async def run(self) -> None:
        """Write until closed, then what is left."""
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._enough.wait(), FLUSH_AFTER_S)
            await self.flush()

    async def watch(self) -> None:
        """Look until closed at what others do, however long writing takes.

        In a thread of its own: pauses of questions and of quotas may take all others.
        """
        own = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look")
        try:
            while not self._over.is_set():
                await asyncio.get_running_loop().run_in_executor(own, self._look)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), LOOK_EVERY_S)
        finally:
            own.shutdown(wait=False)

    def _look(self) -> None:
        """See whether payments are halted, and whether the rail is known to carry nothing."""
        with self._opened.database.reading() as connection:
            self.halted = halted_in(connection) is not None
            known = [one for one in stopped_in(connection) if one.rail == self._rail]
        self._known_stopped = known[0] if known else None

    def _note(self) -> None:
        """Write down that the rail carries nothing, or does again: forecasts count by it."""
        if self._stopped is not None and self._stops_anew:
            code, silent = self._stopped
            note_stopped(self._opened, self._rail, silent=silent, code=code)
            self._noted = silent
        elif self._stopped is None and self._works:
            note_works(self._opened, self._rail)
            self._known_stopped, self._works = None, False

    def close(self) -> None:
        """Let :meth:`run` and :meth:`watch` end."""
        self._over.set()
        self._enough.set()

    async def flush(self) -> None:
        """Write everything that has come so far."""
        async with self._writing:
            self._enough.clear()
            results, self._waiting = self._waiting, []
            answered = Counter(map(attrgetter("chunk_no"), results))
            finished = self._finished(answered)
            if self._works or self._stops_anew:
                await asyncio.to_thread(self._note)
            if not results and not finished:
                return
            await asyncio.to_thread(record_results, self._opened, self._rail, results, finished)
            if finished:
                await asyncio.to_thread(store.unlock_chunks, self._session, finished)
            self._opened.progress.advance(len(results) - answered[None])

    def _finished(self, answered: Mapping[int | None, int]) -> list[int]:
        """The chunks of which so many results of each are the last."""
        for chunk_no, results in answered.items():
            if chunk_no is not None:
                self._left[chunk_no] -= results
        finished = [chunk_no for chunk_no, left in self._left.items() if left == 0]
        for chunk_no in finished:
            del self._left[chunk_no]
        return finished

    def require_rail(self) -> None:
        """Refuse to go on when the rail does not.

        Raises:
            RailStoppedError: it told so, or is silent.
        """
        if self.stopped_by is not None and self._quota_is_used_up:
            raise RailStoppedError(
                said(
                    "our quota at {rail} is used up ({stopped_by}): run `amends pay` again when "
                    "the next day or month has begun there. With `day_most` and `month_most` in "
                    "case.toml it is kept, and not tried",
                    rail=self._rail,
                    stopped_by=self.stopped_by,
                )
            )
        if self.stopped_by is not None:
            raise RailStoppedError(
                said(
                    "{rail} takes no payment of ours ({stopped_by}); put that in order with the "
                    "provider and run `amends pay` again: it asks before it sends anything",
                    rail=self._rail,
                    stopped_by=self.stopped_by,
                )
            )


def _proves(result: Result, stopped: Stopped) -> bool:
    """Whether an answer shows that a rail carries payments again.

    Of a silent one any usable answer does; of one that takes no payment of ours, that it takes one.
    """
    answer = result.answer
    if isinstance(answer, Unknown) or (isinstance(answer, Refused) and answer.stops_rail):
        return False
    return stopped.silent or not result.asked


async def in_lanes(lanes: int, items: Iterable[_T], work: Callable[[_T], Awaitable[None]]) -> None:
    """Do *work* for every item, at most *lanes* at once."""
    waiting = iter(items)

    async def lane() -> None:
        for item in waiting:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(lanes):
            group.create_task(lane())


async def send_approved(
    opened: OpenCase, rail: Rail, session: Connection, recorder: Recorder
) -> None:
    """Send every approved chunk that nobody else takes; results are with the recorder."""
    if rail.capabilities.orders_per_file > 1:
        await _send_files(opened, cast("FileRail", rail), session, recorder)
    else:
        await _send_calls(opened, rail, session, recorder)


async def _begin(
    opened: OpenCase, rail: Rail, session: Connection, recorder: Recorder
) -> list[Claimed]:
    """The next chunks, whose results the recorder expects; there may be none, or none today."""
    paced = rail.capabilities.calls_per_second or rail.capabilities.orders_per_file > 1
    most = 1 if paced else CHUNKS_AT_ONCE
    try:
        claimed = await asyncio.to_thread(begin_chunks, opened, rail, session, most)
    except UsedUpError as used_up:
        recorder.used_up = used_up
        return []
    for one in claimed:
        recorder.expect(one)
    return claimed


_Begun = tuple[int, Iterator[Prepared]]


class _Requests:
    """The requests of chunks, one chunk after the other: lanes take them from one iterator."""

    def __init__(self) -> None:
        self.claimed: asyncio.Queue[Claimed | None] = asyncio.Queue(maxsize=1)
        self._taking = asyncio.Lock()
        self._now: _Begun | None = None
        self._begun = False

    async def after(self, through: _Begun | None) -> _Begun | None:
        """The chunk after the one that a lane found at its end (None at first); None: no more."""
        async with self._taking:
            if self._now is through and not (self._begun and through is None):
                claimed = await self.claimed.get()
                self._begun = True
                self._now = (claimed.chunk_no, iter(claimed.sent)) if claimed else None
            return self._now


async def _send_calls(
    opened: OpenCase, rail: Rail, session: Connection, recorder: Recorder
) -> None:
    """A call for each payment, as many at once as the rail takes."""
    requests = _Requests()

    async def claim() -> None:
        while recorder.sends and (claimed := await _begin(opened, rail, session, recorder)):
            for one in claimed:
                await requests.claimed.put(one)
        await requests.claimed.put(None)

    async def lane() -> None:
        begun: _Begun | None = None
        while (begun := await requests.after(begun)) is not None:
            chunk_no, waiting = begun
            for request, sent in waiting:
                if recorder.sends:
                    answer = await rail.submit(request)
                    if recorder.add(first_result(answer, chunk_no, sent)):
                        await recorder.flush()

    async with asyncio.TaskGroup() as group:
        group.create_task(claim())
        for _ in range(rail.capabilities.calls_in_flight):
            group.create_task(lane())


async def _send_files(
    opened: OpenCase, rail: FileRail, session: Connection, recorder: Recorder
) -> None:
    """Hand every approved chunk over, in files of as many as the rail takes."""
    while recorder.sends:
        begun = await _begin(opened, rail, session, recorder)
        if not begun:
            break
        for claimed in begun:
            answers = (
                await rail.submit_together(claimed.requests, lambda: not halted(opened))
                if claimed.sent
                else []
            )
            for (_, sent), answer in zip(claimed.sent, answers, strict=True):
                recorder.add(first_result(answer, claimed.chunk_no, sent))
