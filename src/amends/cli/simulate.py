"""The outside parties, each its own process on loopback. None of them moves real money."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click

from amends.kernel.money import Money
from amends.simulators.alipay.service import run_alipay
from amends.simulators.bank.bank import StatementForm
from amends.simulators.bank.service import ACCOUNT, BankSimulatorSettings, run_bank
from amends.simulators.process import SimulatorClock, SimulatorSettings, read_amount
from amends.simulators.wechat.service import WechatSimulatorSettings, run_wechatpay

_RICH = "100000000000.00"  # more than any case promises; with --balance a shortage can be rehearsed


@click.group()
def simulate() -> None:
    """Serve a provider's protocol on loopback, with made-up money."""


def _common(command: Callable[..., None]) -> Callable[..., None]:
    """The options of every simulator."""
    options = (
        click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address."),
        click.option(
            "--port", default=0, show_default=True, help="0 takes a free one and says which."
        ),
        click.option(
            "--keys",
            type=click.Path(path_type=Path, file_okay=False),
            help="Where the keys are put.",
        ),
        click.option(
            "--balance",
            default=_RICH,
            metavar="AMOUNT",
            help='What the account holds, like "CNY 5000.00".',
        ),
        click.option("--currency", default="CNY", show_default=True, help="Of the account."),
        click.option(
            "--faults",
            type=click.Path(path_type=Path, exists=True),
            help="TOML of what goes wrong when.",
        ),
        click.option(
            "--state",
            type=click.Path(path_type=Path, file_okay=False),
            help="Where orders are kept over a restart.",
        ),
        click.option(
            "--clock",
            default=SimulatorClock.REAL.value,
            show_default=True,
            type=click.Choice([kind.value for kind in SimulatorClock]),
            help="The machine's time, or that of the latest request (simulated cases).",
        ),
        click.option("--parent-pipe", is_flag=True, help="Stop when standard input ends."),
    )
    for option in reversed(options):
        command = option(command)
    return command


class _Common(TypedDict):
    """What the common options give."""

    host: str
    port: int
    keys: Path | None
    balance: str
    currency: str
    faults: Path | None
    state: Path | None
    clock: str
    parent_pipe: bool


def _settings(options: _Common) -> "_Settings":
    """Common options as settings."""
    return {
        "host": options["host"],
        "port": options["port"],
        "keys": options["keys"],
        "balance": read_amount(options["balance"], options["currency"]),
        "faults": options["faults"],
        "state": options["state"],
        "clock": SimulatorClock(options["clock"]),
        "parent_pipe": options["parent_pipe"],
    }


class _Settings(TypedDict):
    """The same as settings of a simulator."""

    host: str
    port: int
    keys: Path | None
    balance: Money
    faults: Path | None
    state: Path | None
    clock: SimulatorClock
    parent_pipe: bool


@simulate.command()
@_common
def alipay(**options: Unpack[_Common]) -> None:
    """Serve Alipay's open-platform protocol: transfer, query, balance, bills, callbacks."""
    run_alipay(SimulatorSettings(**_settings(options)))


@simulate.command()
@_common
@click.option(
    "--calls-per-second",
    default=100,
    show_default=True,
    help="Of each kind of call; 0 takes any number.",
)
@click.option("--payee-day-max", metavar="AMOUNT", help="To one payee in a day; none by default.")
@click.option(
    "--notify-url", metavar="URL", help="Where transfers that name no address are notified."
)
def wechatpay(
    *,
    calls_per_second: int,
    payee_day_max: str | None,
    notify_url: str | None,
    **options: Unpack[_Common],
) -> None:
    """Serve WeChat Pay's API v3: transfers that payees confirm, queries, bills, callbacks."""
    most = read_amount(payee_day_max, options["currency"]) if payee_day_max else None
    run_wechatpay(
        WechatSimulatorSettings(
            **_settings(options),
            calls_per_second=calls_per_second or None,
            payee_day_max=most,
            notify_url=notify_url,
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
