"""A provider that lives in the test: deterministic, forgetful on the wire, never in its books.

It outlives every crash of the program under test. What it does with a call depends on the seed, the
number and how often the number was seen, not on order or time of day.
"""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    BillNotReady,
    CallbackHint,
    CallbackRejected,
    Capabilities,
    Direction,
    LineKind,
    NotFound,
    Order,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RailUnavailableError,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Statement,
    StatementLine,
    Unknown,
)

ZONE = ZoneInfo("Asia/Shanghai")
RAIL = "alipay"


def limits(
    rail: str = RAIL, account_kinds: frozenset[AccountKind] = frozenset(AccountKind)
) -> Capabilities:
    """Of a rail that takes everything: limits that no test meets."""
    return Capabilities(
        rail=rail,
        account_kinds=account_kinds,
        number_max_length=32,
        number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        transfer_min=Money(amount_minor=10, currency="CNY"),
        transfer_max=Money(amount_minor=5_000_000, currency="CNY"),
        day_max=None,
        payee_day_max=None,
        calls_per_second=None,
        calls_in_flight=4,
        bill_zone="Asia/Shanghai",
        bill_ready_at=time(9),
        callback_acknowledgement=b"success",
    )


class CrashError(BaseException):
    """The program dies here. Nothing in the program may catch it."""


@dataclass(slots=True)
class Fuse:
    """Burns a step with each call and breaks the program after so many; then it is spent."""

    steps: int = -1
    burnt: int = 0

    def burn(self) -> None:
        """One step nearer."""
        self.burnt += 1
        if self.steps == 0:
            self.steps = -1
            raise CrashError
        if self.steps > 0:
            self.steps -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How often something goes wrong, from 0 to 1."""

    lost_request: float = 0.0
    lost_answer: float = 0.0
    delivered_twice: float = 0.0
    dealing: float = 0.0
    dealing_fails: float = 0.0
    refused: float = 0.0
    query_lost: float = 0.0
    not_found_first: float = 0.0
    returned: float = 0.0


@dataclass(slots=True)
class Booked:
    """An order in the provider's books."""

    number: InstructionId
    sha256: bytes
    payee: str
    amount: Money
    status: str
    due: datetime | None = None
    then: str = ""


@dataclass(slots=True)
class FakeProvider:
    """Implements ``Rail``. *inspect* is told of every submission before it has any effect."""

    seed: int
    rates: Rates
    now: Callable[[], datetime]
    funds_minor: int
    fuse: Fuse = field(default_factory=Fuse)
    inspect: Callable[[PreparedRequest], None] = lambda _: None
    orders: dict[str, Booked] = field(default_factory=dict)
    lines: list[StatementLine] = field(default_factory=list)
    payees: dict[str, str] = field(default_factory=dict)
    amounts: dict[str, Money] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    changed_bytes: list[str] = field(default_factory=list)
    rail: str = RAIL
    account_kinds: frozenset[AccountKind] = frozenset(AccountKind)
    returned_within: timedelta = timedelta(hours=60)

    @property
    def capabilities(self) -> Capabilities:
        """Limits that no test meets."""
        return limits(self.rail, self.account_kinds)

    def prepare(self, order: Order) -> PreparedRequest:
        """Bytes that depend on everything in the order."""
        parts = (order.number, order.amount, order.payee_account, order.payee_name, order.remark)
        body = " ".join(map(str, parts)).encode()
        self.payees[order.number] = order.payee_account
        self.amounts[order.number] = order.amount
        self.remarks[order.payee_account] = order.remark
        return PreparedRequest(number=order.number, body=body, sha256=hashlib.sha256(body).digest())

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Lose the request, lose the answer, take it twice, or do what was asked."""
        self.fuse.burn()
        self.inspect(prepared)
        attempt = self._next("submit", prepared.number)
        if self._happens("lost_request", prepared.number, attempt):
            return Unknown(advice=Advice.ASK, code="timeout")
        if self._happens("delivered_twice", prepared.number, attempt):
            self._take(prepared)
        answer = self._take(prepared)
        self.fuse.burn()
        if self._happens("lost_answer", prepared.number, attempt):
            return Unknown(advice=Advice.ASK, code="SYSTEM_ERROR", raw=b"system error")
        return answer

    async def query(self, number: InstructionId, _amount: Money | None = None) -> QueryAnswer:
        """Say what the books say, unless the answer is lost or the books are slow to show."""
        self.fuse.burn()
        attempt = self._next("query", number)
        if self._happens("query_lost", number, attempt):
            return Unknown(advice=Advice.ASK, code="connection_lost")
        self._let_time_pass()
        if number not in self.orders or (
            attempt == 1 and self._happens("not_found_first", number, 0)
        ):
            return NotFound(raw=b"ORDER_NOT_EXIST")
        return self._told(number)

    def _told(self, number: InstructionId) -> QueryAnswer:
        """What the books say of an order that is in them."""
        order = self.orders[number]
        if order.status == "REFUND":
            return Returned(
                provider_reference=f"r{number}",
                returned_at=order.due,
                code="REFUND",
                raw=b"refund " + number.encode(),
            )
        return self._answer(order)

    async def balance(self) -> Money:
        """What is left."""
        moved = sum(
            line.amount.amount_minor * (1 if line.direction is Direction.IN else -1)
            for line in self.lines
        )
        return Money(amount_minor=self.funds_minor + moved, currency="CNY")

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bill of a day, from nine o'clock of the next."""
        self.fuse.burn()
        self._let_time_pass()
        if self.now() < datetime.combine(day + timedelta(days=1), time(9), ZONE):
            return BillNotReady(day=day, code="bill_not_exist")
        lines = [line for line in self.lines if line.at.astimezone(ZONE).date() == day]
        before = [line for line in self.lines if line.at.astimezone(ZONE).date() < day]
        opening = before[-1].balance_after.amount_minor if before else self.funds_minor
        closing = lines[-1].balance_after.amount_minor if lines else opening
        return Statement(
            day=day,
            opening=Money(amount_minor=opening, currency="CNY"),
            closing=Money(amount_minor=closing, currency="CNY"),
            lines=lines,
            raw=f"{day} {closing}".encode(),
        )

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """The movements from *start* to *end*."""
        for line in self.lines:
            if start <= line.at < end:
                yield line

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """``number`` is genuine, everything else is not."""
        del headers
        if body.decode() not in self.orders:
            return CallbackRejected(code="malformed")
        return CallbackHint(number=InstructionId(body.decode()))

    async def close(self) -> None:
        """Nothing to give back."""

    def paid(self) -> Counter[str]:
        """How often each payee was paid and kept it or sent it back."""
        return Counter(o.payee for o in self.orders.values() if o.status in ("SUCCESS", "REFUND"))

    def _next(self, what: str, number: str) -> int:
        self.seen[f"{what} {number}"] += 1
        return self.seen[f"{what} {number}"]

    def _share(self, what: str, number: str, attempt: int) -> float:
        text = f"{self.seed} {what} {number} {attempt}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") / 2**64

    def _happens(self, what: str, number: str, attempt: int) -> bool:
        return self._share(what, number, attempt) < float(getattr(self.rates, what))

    def _take(self, prepared: PreparedRequest) -> Outcome:
        """Book an order once; the same number again is the same order."""
        self._let_time_pass()
        known = self.orders.get(prepared.number)
        if known is not None:
            if known.sha256 != prepared.sha256:
                self.changed_bytes.append(prepared.number)
                return Unknown(advice=Advice.ALARM, code="PAYMENT_INFO_INCONSISTENCY", raw=b"x")
            return self._answer(known)
        payee = self.payees[prepared.number]
        order = Booked(
            number=prepared.number,
            sha256=prepared.sha256,
            payee=payee,
            amount=self.amounts[prepared.number],
            status="SUCCESS",
        )
        self.orders[prepared.number] = order
        if self._happens("refused", payee, 0):
            order.status = "FAIL"
        elif self._happens("dealing", prepared.number, 0):
            fails = self._happens("dealing_fails", prepared.number, 0)
            order.status, order.then = "DEALING", "FAIL" if fails else "SUCCESS"
            order.due = self.now() + timedelta(minutes=20)
        else:
            self._pay_out(order, self.now())
        return self._answer(order)

    def _pay_out(self, order: Booked, at: datetime) -> None:
        order.status = "SUCCESS"
        self._move(order, Direction.OUT, LineKind.TRANSFER, at)
        if self._happens("returned", order.number, 0):
            share = self._share("returned_after", order.number, 0)
            order.due = at + timedelta(hours=1) + share * self.returned_within
            order.then = "REFUND"

    def _let_time_pass(self) -> None:
        while due := [o for o in self.orders.values() if o.due and o.then and o.due <= self.now()]:
            order = min(due, key=lambda one: (one.due or self.now(), one.number))
            at, then = order.due or self.now(), order.then
            order.then = ""
            if then == "SUCCESS":
                order.due = None
                self._pay_out(order, at)
            else:
                order.status = then
                if then == "REFUND":
                    self._move(order, Direction.IN, LineKind.RETURN, at)

    def _move(self, order: Booked, direction: Direction, kind: LineKind, at: datetime) -> None:
        before = self.lines[-1].balance_after.amount_minor if self.lines else self.funds_minor
        sign = 1 if direction is Direction.IN else -1
        after = before + sign * order.amount.amount_minor
        self.lines.append(
            StatementLine(
                line_id=f"L{len(self.lines):06d}",
                number=order.number,
                provider_reference=f"r{order.number}",
                direction=direction,
                amount=order.amount,
                balance_after=Money(amount_minor=after, currency="CNY"),
                kind=kind,
                at=max(at, self.lines[-1].at) if self.lines else at.astimezone(UTC),
            )
        )

    def _answer(self, order: Booked) -> Outcome:
        reference, raw = f"r{order.number}", f"{order.status} {order.number}".encode()
        if order.status == "FAIL":
            return Refused(
                provider_reference=reference,
                reason=RefusalReason.NAME_MISMATCH,
                code="PAYEE_USER_INFO_ERROR",
                raw=raw,
            )
        if order.status == "DEALING":
            return Accepted(provider_reference=reference, raw=raw)
        return Settled(provider_reference=reference, settled_at=self.now(), raw=raw)


class Away(FakeProvider):
    """Nobody is there."""

    async def balance(self) -> Money:
        """Say so."""
        raise RailUnavailableError("no answer")
