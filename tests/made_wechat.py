"""Simulators of WeChat Pay for tests: processes on loopback, and the rail that speaks to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from amends.kernel.accounts import AccountKind
from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.model import Order
from amends.payouts.rails.wechat import WechatRail
from amends.payouts.rails.wechat_gateway import WechatSettings, settings_from_keys
from made_simulators import START, RailSetting, SimulatorProcess

Setting = RailSetting[WechatRail, WechatSettings]
"""A rail, the simulator behind it, and the clock that both live by."""


class WechatProcess(SimulatorProcess):
    """``amends simulate wechatpay`` as a process of its own."""

    def __init__(self, *options: str) -> None:
        super().__init__("wechatpay", *options)

    def settings(self) -> WechatSettings:
        """What a rail needs to speak to it."""
        return settings_from_keys(self.keys, gateway=self.url)


@contextmanager
def wechat(*options: str, paced: bool = False, notify_url: str | None = None) -> Iterator[Setting]:
    """A simulator that lives by the time of its requests, and what speaks to it.

    Unless it is *paced*, neither side counts calls.
    """
    chosen = () if paced else ("--calls-per-second", "0")
    with WechatProcess("--clock", "requests", *chosen, *options) as process:
        settings = replace(process.settings(), notify_url=notify_url)
        yield RailSetting(
            process=process,
            clock=SimulatedClock(START, lambda _: None),
            settings=settings if paced else replace(settings, calls_per_second=None),
            opened=WechatRail,
            made=order,
            unknown_payee="oTEST-13800000404",
        )


def order(number: str, *, account: str = "oTEST-13800000000", amount: str = "CNY 5000.00") -> Order:
    """An order to a made-up payee."""
    return Order(
        number=InstructionId(number),
        amount=Money.parse(amount),
        payee_account=account,
        payee_account_kind=AccountKind.OPENID,
        payee_name="测试甲",
        remark="测试赔付",
    )
