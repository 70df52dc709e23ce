"""Simulators of Alipay for tests: processes on loopback, and the rail that speaks to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.alipay_gateway import AlipaySettings, settings_from_keys
from amends.payouts.rails.model import Order
from made_simulators import START, RailSetting, SimulatorProcess

__all__ = ["START", "AlipayProcess", "Setting", "alipay", "cards", "order", "to_card"]

Setting = RailSetting[AlipayRail, AlipaySettings]
"""A rail, the simulator behind it, and the clock that both live by."""


class AlipayProcess(SimulatorProcess):
    """``amends simulate alipay`` as a process of its own."""

    def __init__(self, *options: str) -> None:
        super().__init__("alipay", *options)

    def settings(self) -> AlipaySettings:
        """What a rail needs to speak to it."""
        return settings_from_keys(self.keys, gateway=self.url)


@contextmanager
def alipay(*options: str, **settings: object) -> Iterator[Setting]:
    """A simulator that lives by the time of its requests, and what speaks to it."""
    with AlipayProcess("--clock", "requests", *options) as process:
        yield RailSetting(
            process=process,
            clock=SimulatedClock(START, lambda _: None),
            settings=replace(process.settings(), **settings),  # type: ignore[arg-type]  # a test's
            opened=AlipayRail,
            made=order,
            unknown_payee="13800000404",
        )


@contextmanager
def cards(*options: str) -> Iterator[Setting]:
    """The same of a contract that has transfers to bank cards, with such payees."""
    with alipay(*options, bank_cards=True) as setting:
        setting.made, setting.unknown_payee = to_card, "6228480402564890406"
        yield setting


def to_card(
    number: str, *, account: str = "6228480402564890018", amount: str = "CNY 5000.00"
) -> Order:
    """An order to a made-up payee's bank card."""
    return order(number, account=account, amount=amount)._replace(
        payee_account_kind=AccountKind.BANK
    )


def order(number: str, *, account: str = "13800000000", amount: str = "CNY 5000.00") -> Order:
    """An order to a made-up payee."""
    return Order(
        number=InstructionId(number),
        amount=Money.parse(amount),
        payee_account=account,
        payee_account_kind=AccountKind.PHONE,
        payee_name="测试甲",
        remark="测试赔付",
    )
