"""The outside parties, each its own process on loopback. None of them moves real money."""

from pathlib import Path

import click

from amends.simulators.alipay.service import run_alipay
from amends.simulators.process import SimulatorClock, SimulatorSettings, read_amount

_RICH = "100000000000.00"  # more than any case promises; with --balance a shortage can be rehearsed


@click.group()
def simulate() -> None:
    """Serve a provider's protocol on loopback, with made-up money."""


@simulate.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=0, show_default=True, help="0 takes a free one and says which.")
@click.option(
    "--keys", type=click.Path(path_type=Path, file_okay=False), help="Where the keys are put."
)
@click.option(
    "--balance", default=_RICH, metavar="AMOUNT", help='What the account holds, like "CNY 5000.00".'
)
@click.option("--currency", default="CNY", show_default=True, help="Of the account.")
@click.option(
    "--faults", type=click.Path(path_type=Path, exists=True), help="TOML of what goes wrong when."
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where orders are kept over a restart.",
)
@click.option(
    "--clock",
    default=SimulatorClock.REAL.value,
    show_default=True,
    type=click.Choice([kind.value for kind in SimulatorClock]),
    help="The machine's time, or that of the latest request (simulated cases).",
)
@click.option("--parent-pipe", is_flag=True, help="Stop when standard input ends.")
def alipay(  # noqa: PLR0913, PLR0917  # one for each setting of the simulator
    host: str,
    port: int,
    keys: Path | None,
    balance: str,
    currency: str,
    faults: Path | None,
    state: Path | None,
    clock: str,
    *,
    parent_pipe: bool,
) -> None:
    """Serve Alipay's open-platform protocol: transfer, query, balance, bills, callbacks."""
    run_alipay(
        SimulatorSettings(
            host=host,
            port=port,
            keys=keys,
            balance=read_amount(balance, currency),
            faults=faults,
            state=state,
            clock=SimulatorClock(clock),
            parent_pipe=parent_pipe,
        )
    )
