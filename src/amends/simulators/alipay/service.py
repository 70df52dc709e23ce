"""Runs the simulator of Alipay: its keys, limits and books behind its gateway."""

from pathlib import Path

from amends.kernel.money import Money
from amends.simulators.alipay.app import AlipayGateway
from amends.simulators.alipay.bank import COURSE, Bank, Limits
from amends.simulators.alipay.kinds import KINDS
from amends.simulators.alipay.wire import open_keys
from amends.simulators.faults import Faults, read_faults
from amends.simulators.gateway import real_time
from amends.simulators.process import Simulator, SimulatorClock, SimulatorSettings, run
from amends.simulators.store import Store

NAME = "alipay"


def run_alipay(settings: SimulatorSettings) -> None:
    """Serve as `process.run` does.

    Raises:
        SimulatorError: the address is not loopback or not free, or the state is in use.
        CaseFileError: the faults file is not right.
    """
    faults = Faults() if settings.faults is None else read_faults(settings.faults, KINDS)
    currency = settings.balance.currency
    limits = Limits(
        transfer_min=Money.parse(f"{currency} 0.10"),
        transfer_max=settings.transfer_max or Money.parse(f"{currency} 50000.00"),
        day_max=settings.day_max,
    )

    def build(keys_directory: Path, directory: Path) -> Simulator:
        keys = open_keys(keys_directory)
        store = Store(directory / "alipay.sqlite", settings.balance.amount_minor, COURSE)
        now = real_time if settings.clock is SimulatorClock.REAL else None
        gateway = AlipayGateway(
            store=store, bank=Bank(store, faults, limits), faults=faults, keys=keys, now=now
        )
        return Simulator(
            name=NAME,
            gateway=gateway,
            answer=gateway.answer,
            path="/gateway.do",
            says={"app_id": keys.app_id},
        )

    run(settings, NAME, build)
