"""Runs the simulator of WeChat Pay: its keys, limits and books behind its gateway."""

from dataclasses import dataclass
from pathlib import Path

from amends.kernel.money import Money
from amends.simulators.faults import Faults, read_faults
from amends.simulators.gateway import real_time
from amends.simulators.process import Simulator, SimulatorClock, SimulatorSettings, run
from amends.simulators.store import Store
from amends.simulators.wechat.app import WechatGateway
from amends.simulators.wechat.bank import COURSE, Bank, Limits
from amends.simulators.wechat.kinds import KINDS
from amends.simulators.wechat.wire import open_keys

NAME = "wechatpay"


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatSimulatorSettings(SimulatorSettings):
    """What ``amends simulate wechatpay`` takes besides.

    ``calls_per_second``: of each kind of call; None for any number. ``notify_url``: where transfers
    that name no address are notified. ``payee_day_max``: to one payee in a day; None: no limit.
    """

    calls_per_second: int | None = 100
    notify_url: str | None = None
    payee_day_max: Money | None = None


def run_wechatpay(settings: WechatSimulatorSettings) -> None:
    """Serve as `process.run` does.

    Raises:
        SimulatorError: the address is not loopback or not free, or the state is in use.
        CaseFileError: the faults file is not right.
    """
    faults = Faults() if settings.faults is None else read_faults(settings.faults, KINDS)
    currency = settings.balance.currency
    limits = Limits(
        transfer_min=Money.parse(f"{currency} 0.10"),
        transfer_max=settings.transfer_max or Money.parse(f"{currency} 20000.00"),
        day_max=settings.day_max,
        payee_day_max=settings.payee_day_max,
    )

    def build(keys_directory: Path, directory: Path) -> Simulator:
        keys = open_keys(keys_directory)
        store = Store(directory / "wechatpay.sqlite", settings.balance.amount_minor, COURSE)
        gateway = WechatGateway(
            store=store,
            bank=Bank(store, faults, limits, keys),
            faults=faults,
            keys=keys,
            now=real_time if settings.clock is SimulatorClock.REAL else None,
            calls_per_second=settings.calls_per_second,
            notify_url=settings.notify_url,
        )
        return Simulator(
            name=NAME,
            gateway=gateway,
            answer=gateway.answer,
            path="",
            says={"mchid": keys.mchid},
            headed=True,
        )

    run(settings, NAME, build)
