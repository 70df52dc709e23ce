"""What every simulated gateway does: keep time, let faults happen, remember bills for a while.

Nothing is answered before it is committed; who serves it calls `commit` before it sends.
"""

import secrets
import time
from collections.abc import Callable
from datetime import date
from typing import Generic, Protocol, TypeVar

from amends.simulators.callbacks import Callbacks
from amends.simulators.faults import CallFault, FaultRule, Faults
from amends.simulators.front import Answer
from amends.simulators.store import Store
from amends.simulators.written import DAY_MS, read_time

_Thing = TypeVar("_Thing")

DROPPED = (CallFault.LOST_REQUEST, CallFault.LOST_ANSWER)
_NOT_DONE = (CallFault.HTTP_500, CallFault.SYSTEM_ERROR)


class Books(Protocol):
    """The provider's side of orders."""

    def advance(self, now_ms: int) -> None:
        """Let everything happen that was due by *now_ms*."""


class Gateway:
    """One simulated merchant's gateway. ``now`` reads the clock: milliseconds, or None.

    Where ``now`` is None the time is the latest one that a verified call was signed with.
    """

    def __init__(
        self,
        *,
        store: Store,
        books: Books,
        faults: Faults,
        callbacks: Callbacks,
        now: Callable[[], int] | None,
    ) -> None:
        self.store = store
        self.faults = faults
        self.callbacks = callbacks
        self.now = now
        self.base_url = ""
        self._books = books
        self._call_faults = tuple(fault for fault in CallFault if fault in faults.rules)

    def commit(self) -> None:
        """Make all that was answered last; called once for all calls of a loop's turn."""
        if self.store.dirty:
            self.store.commit()
            self.callbacks.wake()

    def advance(self) -> None:
        """Let happen what is due by now (real clock)."""
        if self.now is not None:
            self.store.now_ms = max(self.store.now_ms, self.now())
            self._books.advance(self.store.now_ms)
            self.store.commit()
        self.callbacks.wake()

    def observe(self, signed_ms: int) -> int:
        """The time of a call that was signed at *signed_ms*; a clock never goes back."""
        store = self.store
        now_ms = max(self.now() if self.now else signed_ms, store.now_ms)
        if self.now is not None:
            store.now_ms = now_ms
        elif now_ms != store.now_ms:
            store.set_now(now_ms)
        self._books.advance(now_ms)
        return now_ms

    def fault(self, call: str, number: object) -> tuple[CallFault | None, FaultRule | None]:
        """The first fault that meets this try of a call about *number*."""
        if call in {"transfer", "query"} and isinstance(number, str):
            for fault in self._call_faults:
                rule = self.faults.rule(fault, number)
                if rule is None or call not in rule.on:
                    continue
                if self.store.fired(f"{fault}:{call}", number, limit=rule.attempts):
                    return fault, rule
        return None, None

    def comes_first(self, fault: CallFault | None, rule: FaultRule | None, number: object) -> bool:
        """Whether a fault keeps the work from being done: its request was lost, or it failed."""
        if fault is CallFault.LOST_REQUEST:
            return True
        if fault not in _NOT_DONE or rule is None:
            return False
        return self.faults.share(f"{fault}_done", str(number)) >= rule.done


def as_it_goes_wrong(answer: Answer, fault: CallFault | None, rule: FaultRule | None) -> Answer:
    """*answer* as a fault lets it be: dropped, late, or another one."""
    if fault in DROPPED:
        return Answer(b"", dropped=True)
    if fault is CallFault.HTTP_500:
        return Answer(b"this is a simulator: 500 on purpose", 500)
    if fault is CallFault.SLOW and rule is not None:
        return answer._replace(delay_s=rule.delay.total_seconds())
    return answer


class ShortLived(Generic[_Thing]):
    """Things that can be fetched for *seconds* by a token that nobody guesses."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: dict[str, tuple[_Thing, float]] = {}

    def keep(self, thing: _Thing) -> str:
        """Its token."""
        now = time.monotonic()
        self._kept = {token: kept for token, kept in self._kept.items() if kept[1] > now}
        token = secrets.token_urlsafe(16)
        self._kept[token] = (thing, now + self._seconds)
        return token

    def get(self, token: str) -> _Thing | None:
        """What the token stands for, while it does."""
        kept = self._kept.get(token)
        return kept[0] if kept is not None and kept[1] > time.monotonic() else None


def real_time() -> int:
    """The machine's time."""
    return time.time_ns() // 1_000_000


def bill_start(day: date) -> int:
    """The first millisecond of *day* in Shanghai."""
    return read_time(f"{day} 00:00:00")


def has_bill(store: Store, day: date) -> bool:
    """Whether anything moved that day: without movements there is no bill."""
    first, end = store.movement_range(bill_start(day), bill_start(day) + DAY_MS)
    return end > first
