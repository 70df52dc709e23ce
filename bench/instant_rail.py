"""A rail that costs nothing: a provider inside this process that pays at once, and keeps a bill."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from hashlib import sha256

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import (
    BillNotReady,
    CallbackRejected,
    Capabilities,
    Direction,
    LineKind,
    Order,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    Settled,
    Statement,
    StatementLine,
)

AMOUNT_MINOR = 500_000
FUNDING_MINOR = 10**16
_MOST = Money(amount_minor=10**12, currency="CNY")
_PAID = b'{"alipay_fund_trans_uni_transfer_response":{"code":"10000","out_biz_no":'
"""Every answer begins so; what was asked follows, so that no two are alike."""
_SAME_TIME = 100
"""So many payments in a row have one time: providers tell seconds."""


@dataclass(slots=True)
class InstantRail:
    """Pays at once. ``keeps``: whether it remembers what it paid, for a bill."""

    now: Callable[[], datetime]
    keeps: bool = False
    paid: int = 0
    at: datetime = datetime(2026, 11, 21, 13, tzinfo=UTC)
    numbers: list[InstructionId] = field(default_factory=list)
    capabilities: Capabilities = field(
        default_factory=lambda: Capabilities(
            rail="alipay",
            account_kinds=frozenset(AccountKind),
            number_max_length=32,
            number_alphabet="0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            transfer_min=Money(amount_minor=1, currency="CNY"),
            transfer_max=_MOST,
            day_max=None,
            payee_day_max=None,
            calls_per_second=None,
            calls_in_flight=32,
            bill_zone="Asia/Shanghai",
            bill_ready_at=clock_time(9),
            callback_acknowledgement=b"success",
        )
    )

    def prepare(self, order: Order) -> PreparedRequest:
        """Bytes of an order."""
        number, amount, account, *_ = order
        body = f"{number} {amount.amount_minor} {account}".encode()
        return tuple.__new__(PreparedRequest, (number, body, sha256(body).digest(), amount))

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Pay."""
        number, body, *_ = prepared
        if not self.paid % _SAME_TIME:
            self.at = self.now()
        self.paid += 1
        if self.keeps:
            self.numbers.append(number)
        return tuple.__new__(Settled, ("2026" + number, self.at, _PAID + body))

    async def query(self, number: InstructionId, _amount: Money | None = None) -> QueryAnswer:
        """Whatever was written down was paid, also where the worker died."""
        return Settled(
            provider_reference="2026" + number, settled_at=self.now(), raw=number.encode()
        )

    async def balance(self) -> Money:
        """What is left."""
        return Money(amount_minor=FUNDING_MINOR - AMOUNT_MINOR * self.paid, currency="CNY")

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bill: everything was paid on the first day."""
        if self.now() < datetime.combine(day + timedelta(days=1), clock_time(1), UTC):
            return BillNotReady(day=day, code="bill_not_exist")
        first = day == date(2026, 11, 21)
        closing = await self.balance()
        opening = Money(amount_minor=FUNDING_MINOR, currency="CNY") if first else closing
        lines = self._lines() if first else []
        return Statement(day=day, opening=opening, closing=closing, lines=lines, raw=b"bill")

    def _lines(self) -> list[StatementLine]:
        amount = Money(amount_minor=AMOUNT_MINOR, currency="CNY")
        return [
            StatementLine(
                line_id=f"L{place:09d}",
                number=number,
                provider_reference=None,
                direction=Direction.OUT,
                amount=amount,
                balance_after=amount,
                kind=LineKind.TRANSFER,
                at=datetime(2026, 11, 21, 13, tzinfo=UTC),
            )
            for place, number in enumerate(self.numbers)
        ]

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """The same lines."""
        for line in self._lines():
            if start <= line.at < end:
                yield line

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> CallbackRejected:
        """Nobody calls."""
        del headers, body
        return CallbackRejected(code="malformed")

    async def close(self) -> None:
        """Nothing to give back."""
