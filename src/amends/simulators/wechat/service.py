"""Runs the simulator of WeChat Pay: its keys, limits and books behind its gateway."""

from dataclasses import dataclass
from pathlib import Path

from amends.simulators.faults import Faults, read_faults
from amends.simulators.gateway import real_time
from amends.simulators.limits import WECHATPAY, Limits
from amends.simulators.process import Simulator, SimulatorClock, SimulatorSettings, run
from amends.simulators.store import Store
from amends.simulators.wechat.app import WechatGateway
from amends.simulators.wechat.bank import COURSE, Bank
from amends.simulators.wechat.kinds import KINDS
from amends.simulators.wechat.wire import open_keys

NAME = "wechatpay"
CALLS_PER_SECOND = 100
"""Of each kind, by the public pages, where the contract says nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatSimulatorSettings(SimulatorSettings):
    """What ``amends simulate wechatpay`` takes besides.

    ``notify_url``: where transfers that name no address are notified.
    """

    notify_url: str | None = None


def run_wechatpay(settings: WechatSimulatorSettings) -> None:
    """Serve as `process.run` does.

    Raises:
        SimulatorError: the address is not loopback or not free, or the state is in use.
        CaseFileError: the faults file is not right.
    """
    currency, faults = settings.balance.currency, Faults()
    if settings.faults is not None:
        faults = read_faults(settings.faults, KINDS, WECHATPAY, currency)
    public = Limits(calls_per_second=CALLS_PER_SECOND)
    limits = settings.limits.over(faults.limits).over(public)

    def build(keys_directory: Path, directory: Path) -> Simulator:
        keys = open_keys(keys_directory)
        store = Store(directory / "wechatpay.sqlite", settings.balance.amount_minor, COURSE)
        gateway = WechatGateway(
            store=store,
            bank=Bank(store, faults, limits, currency, keys),
            faults=faults,
            keys=keys,
            now=real_time if settings.clock is SimulatorClock.REAL else None,
            calls_per_second=limits.calls_per_second,
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
