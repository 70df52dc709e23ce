"""Between a program and a provider: calls that get lost, late, twice, or answered in any order.

A call is a message to the provider and one back. Each copy of a message has its own fate, drawn
from the seed; what arrives changes the provider's books whether or not anybody still waits for the
answer. The provider's books are `FakeProvider`'s, without faults of its own on the way.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    BillNotReady,
    CallbackHint,
    CallbackRejected,
    Capabilities,
    Delivery,
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
    Statement,
    StatementLine,
    Unknown,
)
from fake_provider import Booked, FakeProvider, Rates
from simulated_loop import SimulatedLoop

TIMEOUT_S = 0.3
HOUR_S = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How often something happens to a call, from 0 to 1. ``rates``: what the provider does."""

    lost_request: float = 0.0
    lost_answer: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    broken: float = 0.0
    reset: float = 0.0
    busy: float = 0.0
    shown_late: float = 0.0
    unavailable: float = 0.0
    rates: Rates = field(default_factory=Rates)


CALM = Weather()


def weather(chance: random.Random) -> Weather:
    """Of a seed: each fault has its own rate, many none, so that no fault hides another."""

    def rate(most: float) -> float:
        return chance.choice((0.0, chance.uniform(0.0, most), most))

    return Weather(
        lost_request=rate(0.3),
        lost_answer=rate(0.3),
        twice=rate(0.3),
        late=rate(0.25),
        broken=rate(0.25),
        reset=rate(0.15),
        busy=rate(0.05),
        shown_late=rate(0.5),
        unavailable=rate(0.1),
        rates=Rates(
            dealing=rate(0.4), dealing_fails=rate(0.5), refused=rate(0.3), returned=rate(0.4)
        ),
    )


def owner_of(account: str) -> int:
    """Whose account it is, by the award's index: a person's accounts end with it, of every kind."""
    return int(account[3:] if account.isdigit() else account[1:])


@dataclass(slots=True)
class People:
    """What everybody may have, and has: who has more was paid twice, by whatever bank and account.

    ``may_have``: in minor units, by award index.
    """

    may_have: dict[int, int]
    banks: "list[Bank]" = field(default_factory=list)
    kept: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def order(self, account: str, amount_minor: int) -> None:
        """A new order arrives at one of the banks."""
        owner = owner_of(account)
        has = sum(
            order.amount.amount_minor
            for bank in self.banks
            for order in bank.orders.values()
            if owner_of(order.payee) == owner and order.status in ("SUCCESS", "DEALING")
        )
        if has + amount_minor > self.may_have[owner]:
            self.wrong.append("a second order for whoever has one")

    def pay(self, account: str, amount_minor: int) -> None:
        """Money arrives, or (less than nothing) goes back."""
        owner = owner_of(account)
        self.kept[owner] += amount_minor
        if self.kept[owner] > self.may_have[owner]:
            self.wrong.append("paid twice")


class Bank(FakeProvider):
    """The provider's books, which know when somebody is paid twice.

    Where payees confirm (``confirms``), what is under way can be taken back.
    """

    people: People
    shown_from: dict[str, datetime]
    on_change: Callable[[str], None]
    late_days: int
    confirms: bool
    cancelled: set[str]

    def open_books(
        self,
        on_change: Callable[[str], None],
        people: People,
        *,
        late_days: int,
        confirms: bool = False,
    ) -> None:
        """Before the first call. *on_change* is told of every number that changes later.

        *late_days*: within which money comes back.
        """
        self.late_days, self.confirms = late_days, confirms
        self.returned_within = timedelta(hours=20.5 * late_days)
        self.people, self.shown_from, self.cancelled = people, {}, set()
        people.banks.append(self)
        self.on_change = on_change

    def taken(self, prepared: PreparedRequest, *, shown_after: timedelta) -> Outcome:
        """An order arrives."""
        if prepared.number not in self.orders:
            self._let_time_pass()
            self.shown_from[prepared.number] = self.now() + shown_after
            amount = self.amounts[prepared.number].amount_minor
            self.people.order(self.payees[prepared.number], amount)
        return self._take(prepared)

    def told(self, number: InstructionId) -> QueryAnswer:
        """A question arrives; the books are slow to show what is new."""
        shown_from = self.shown_from.get(number)
        if shown_from is None or self.now() < shown_from:
            return NotFound(raw=b"ORDER_NOT_EXIST")
        self._let_time_pass()
        return self._told(number)

    def taken_back(self, number: InstructionId) -> QueryAnswer:
        """A wish to take an order back arrives: what is not confirmed yet ends unpaid."""
        shown = self.told(number)
        if isinstance(shown, Accepted):
            order = self.orders[number]
            order.status, order.due, order.then = "FAIL", None, ""
            self.cancelled.add(number)
            self.on_change(number)
        return shown

    def _answer(self, order: Booked) -> Outcome:
        if order.number in self.cancelled:
            return Refused(
                provider_reference=f"r{order.number}",
                reason=RefusalReason.CANCELLED,
                code="MCH_CANCEL",
                raw=b"cancelled " + order.number.encode(),
            )
        return super()._answer(order)

    def _pay_out(self, order: Booked, at: datetime) -> None:
        super()._pay_out(order, at)
        self.people.pay(order.payee, order.amount.amount_minor)
        self.on_change(order.number)

    def _move(self, order: Booked, direction: Direction, kind: LineKind, at: datetime) -> None:
        super()._move(order, direction, kind, at)
        if direction is Direction.IN:
            self.people.pay(order.payee, -order.amount.amount_minor)
            self.on_change(order.number)


class Network:
    """What lies between every process and the banks."""

    def __init__(self, loop: SimulatedLoop, chance: random.Random) -> None:
        self._loop = loop
        self._chance = chance
        self.weather = CALM
        self.played: Counter[str] = Counter()

    async def call(
        self, arrive: Callable[[], QueryAnswer], give_up: Unknown | None = None
    ) -> QueryAnswer:
        """Send a message, wait for what comes back first."""
        future: asyncio.Future[QueryAnswer] = asyncio.get_running_loop().create_future()
        lost = give_up or Unknown(advice=Advice.ASK, code="timeout")

        def answered(answer: QueryAnswer) -> None:
            if not future.done():
                future.set_result(answer)
            elif not isinstance(answer, Unknown):
                self.played["answer after another answer, or after the timeout"] += 1

        if self._happens("reset"):
            self.played["connection lost"] += 1
            lost = Unknown(advice=Advice.ASK, code="connection_lost")
            self._loop.later(self._chance.uniform(0.0, 0.2), lambda: answered(lost))
        else:
            self._loop.later(TIMEOUT_S, lambda: answered(lost))
        copies = 0 if self._happens("lost_request") else 1
        copies += self._happens("twice")
        self.played[("request lost", "request", "request twice")[copies]] += 1
        for _ in range(copies):
            self._loop.later(self._delay(), lambda: self._arrived(arrive, answered))
        return await future

    def _arrived(
        self, arrive: Callable[[], QueryAnswer], answered: Callable[[QueryAnswer], None]
    ) -> None:
        """A copy is there: it has its effect, and its answer its own way back."""
        if self._happens("busy"):
            self.played["refused for now: the rail's own trouble"] += 1
            answer: QueryAnswer = Unknown(
                advice=Advice.STOP_RAIL, code="RESOURCE_LIMIT_EXCEED", raw=b"busy"
            )
        elif self._happens("broken") and self._chance.random() < 0.5:
            self.played["5xx before anything happened"] += 1
            answer = Unknown(advice=Advice.ASK, code="http_503")
        else:
            answer = arrive()
            if self._happens("broken"):
                self.played["5xx after it happened"] += 1
                answer = Unknown(advice=Advice.ASK, code="http_502")
        if self._happens("lost_answer"):
            self.played["answer lost"] += 1
            return
        self._loop.later(self._delay(), lambda: answered(answer))

    def _delay(self) -> float:
        """Of one message: mostly milliseconds; some are in a queue for minutes or hours."""
        if self._happens("late"):
            self.played["message late"] += 1
            longest = self._chance.choice((2 * TIMEOUT_S, 600.0, 6 * HOUR_S))
            return self._chance.uniform(TIMEOUT_S / 2, longest)
        return self._chance.uniform(0.001, 0.06)

    def happens(self, what: str) -> bool:
        """Whether something of the weather happens now."""
        return self._happens(what)

    def _happens(self, what: str) -> bool:
        return self._chance.random() < float(getattr(self.weather, what))

    def shown_after(self) -> timedelta:
        """How long the books do not show an order."""
        if not self._happens("shown_late"):
            return timedelta(0)
        self.played["books that show an order late"] += 1
        return timedelta(seconds=self._chance.uniform(1.0, 900.0))


class SimulatedRail:
    """Implements ``Rail`` for one process. *inspect* is told of every order before it leaves."""

    def __init__(
        self, network: Network, bank: Bank, inspect: Callable[[PreparedRequest], None]
    ) -> None:
        self._network = network
        self._bank = bank
        self._inspect = inspect

    @property
    def capabilities(self) -> Capabilities:
        """Limits that no test meets."""
        delivery = Delivery.CONFIRM if self._bank.confirms else Delivery.PUSH
        return replace(self._bank.capabilities, calls_in_flight=3, delivery=delivery)

    def prepare(self, order: Order) -> PreparedRequest:
        """Bytes that depend on everything in the order."""
        return self._bank.prepare(order)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Send it; at most once or twice it arrives."""
        self._inspect(prepared)
        after = self._network.shown_after()
        answer = await self._network.call(lambda: self._bank.taken(prepared, shown_after=after))
        assert isinstance(answer, Outcome)
        return answer

    async def query(self, number: InstructionId, _amount: Money | None = None) -> QueryAnswer:
        """Ask what became of a number."""
        return await self._network.call(lambda: self._bank.told(number))

    async def cancel(self, number: InstructionId) -> QueryAnswer:
        """Take back what its payee has not confirmed."""
        return await self._network.call(lambda: self._bank.taken_back(number))

    async def balance(self) -> Money:
        """What is left."""
        self._or_unavailable()
        return await self._bank.balance()

    async def statement(self, day: date) -> Statement | BillNotReady:
        """The bill of a day."""
        self._or_unavailable()
        return await self._bank.statement(day)

    async def account_log(self, start: datetime, end: datetime) -> AsyncIterator[StatementLine]:
        """The movements from *start* to *end*."""
        self._or_unavailable()
        async for line in self._bank.account_log(start, end):
            yield line

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes
    ) -> CallbackHint | CallbackRejected:
        """Nobody knocks here: hints come another way."""
        return self._bank.parse_callback(headers, body)

    async def close(self) -> None:
        """Nothing to give back."""

    def _or_unavailable(self) -> None:
        if self._network.happens("unavailable"):
            self._network.played["no answer in several tries"] += 1
            raise RailUnavailableError("no answer in several tries")
