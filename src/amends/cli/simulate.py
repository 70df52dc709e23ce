"""The outside parties, each its own process on loopback. None of them moves real money."""

from datetime import UTC, datetime
from pathlib import Path

import click

from amends.simulators.alipay.service import (
    AlipaySimulatorSettings,
    SimulatorClock,
    read_amount,
    run_alipay,
)
from amends.simulators.bank.bank import StatementForm
from amends.simulators.bank.service import ACCOUNT, BankSimulatorSettings, run_bank

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
        AlipaySimulatorSettings(
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


@simulate.command()
@click.argument("drop", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--balance", default=_RICH, metavar="AMOUNT", help='What the account holds, like "CNY 5000.00".'
)
@click.option("--currency", default="CNY", show_default=True, help="Of the account.")
@click.option("--account", default=ACCOUNT, show_default=True, help="The account that pays.")
@click.option(
    "--statements",
    default=StatementForm.CAMT.value,
    show_default=True,
    type=click.Choice([form.value for form in StatementForm]),
    help="How the day's statement is written.",
)
@click.option(
    "--faults", type=click.Path(path_type=Path, exists=True), help="TOML of what goes wrong when."
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S"]),
    help="Do what is due by this time (UTC), and end; without it, live by the machine's clock.",
)
@click.option("--parent-pipe", is_flag=True, help="Stop when standard input ends.")
def bank(  # noqa: PLR0913, PLR0917  # one for each setting of the simulator
    drop: Path,
    balance: str,
    currency: str,
    account: str,
    statements: str,
    faults: Path | None,
    at: datetime | None,
    *,
    parent_pipe: bool,
) -> None:
    """Be a bank behind folders: payment files out of DROP/outbox, answers into DROP/inbox."""
    run_bank(
        BankSimulatorSettings(
            drop=drop,
            balance=read_amount(balance, currency),
            account=account,
            statements=StatementForm(statements),
            faults=faults,
            at=None if at is None else at.replace(tzinfo=UTC),
            parent_pipe=parent_pipe,
        )
    )
