"""Runs the simulator of Alipay: its keys, limits and books behind its gateway."""

from pathlib import Path

from amends.simulators.alipay.app import AlipayGateway
from amends.simulators.alipay.bank import COURSE, Bank
from amends.simulators.alipay.kinds import KINDS
from amends.simulators.alipay.wire import open_keys
from amends.simulators.faults import Faults, read_faults
from amends.simulators.gateway import real_time
from amends.simulators.limits import ALIPAY
from amends.simulators.process import Simulator, SimulatorClock, SimulatorSettings, run
from amends.simulators.store import Store

NAME = "alipay"


def run_alipay(settings: SimulatorSettings) -> None:
    """Serve as `process.run` does.

    Raises:
        SimulatorError: the address is not loopback or not free, or the state is in use.
        CaseFileError: the faults file is not right.
    """
    currency, faults = settings.balance.currency, Faults()
    if settings.faults is not None:
        faults = read_faults(settings.faults, KINDS, ALIPAY, currency)
    limits = settings.limits.over(faults.limits)

    def build(keys_directory: Path, directory: Path) -> Simulator:
        keys = open_keys(keys_directory)
        store = Store(directory / "alipay.sqlite", settings.balance.amount_minor, COURSE)
        now = real_time if settings.clock is SimulatorClock.REAL else None
        gateway = AlipayGateway(
            store=store,
            bank=Bank(store, faults, limits, currency),
            faults=faults,
            keys=keys,
            now=now,
            calls_per_second=limits.calls_per_second,
        )
        return Simulator(
            name=NAME,
            gateway=gateway,
            answer=gateway.answer,
            path="/gateway.do",
            says={"app_id": keys.app_id},
        )

    run(settings, NAME, build)
