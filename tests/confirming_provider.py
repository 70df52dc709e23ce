"""A provider whose payees confirm: until they do, what was sent can be taken back."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import timedelta

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Capabilities,
    Delivery,
    Outcome,
    PreparedRequest,
    QueryAnswer,
    RefusalReason,
    Refused,
    Unknown,
)
from amends.vault.opened import OpenCase
from fake_provider import FakeProvider, Rates, limits


def openid(at: int) -> str:
    """The account of a made-up person at WeChat Pay."""
    return f"o{at:027d}"


@dataclass(slots=True)
class Confirming(FakeProvider):
    """Waits for payees who do not confirm, unless they just did; of some it says nothing."""

    confirmed: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    cancels: list[str] = field(default_factory=list)

    @property
    def capabilities(self) -> Capabilities:
        """Payees confirm."""
        return replace(limits(self.rail, self.account_kinds), delivery=Delivery.CONFIRM)

    async def submit(self, prepared: PreparedRequest) -> Outcome:
        """Take it, and wait."""
        outcome = await FakeProvider.submit(self, prepared)
        self.orders[prepared.number].due = self.now() + timedelta(days=300)
        return outcome

    async def cancel(self, number: InstructionId) -> QueryAnswer:
        """Begin to take it back, if nobody has confirmed."""
        order = self.orders[number]
        self.cancels.append(order.payee)
        if order.payee in self.silent:
            return Unknown(advice=Advice.ASK, code="timeout")
        if order.payee in self.confirmed:
            order.due = None
            self._pay_out(order, self.now())
            return Unknown(advice=Advice.ALARM, code="INVALID_REQUEST", raw=b"confirmed")
        order.status = "CANCELING"
        return Accepted(provider_reference=None, raw=b"canceling")

    async def query(self, number: InstructionId, amount: Money | None = None) -> QueryAnswer:
        """What is being taken back is, when asked."""
        if number in self.orders and self.orders[number].status == "CANCELING":
            self.orders[number].due = None
            return Refused(
                provider_reference=None,
                reason=RefusalReason.CANCELLED,
                code="MCH_CANCEL",
                raw=b"cancelled",
            )
        return await FakeProvider.query(self, number, amount)


def waiting_for_payees(
    opened: OpenCase, *, confirmed: Collection[str] = (), silent: Collection[str] = ()
) -> Confirming:
    """WeChat Pay, whose payees have not confirmed yet."""
    return Confirming(
        seed=1,
        rates=Rates(dealing=1.0),
        now=opened.clock.now,
        funds_minor=20_000_000,
        rail="wechatpay",
        account_kinds=frozenset((AccountKind.OPENID,)),
        confirmed=set(confirmed),
        silent=set(silent),
    )
