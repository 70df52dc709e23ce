"""The outside parties, each its own process on loopback. None of them moves real money."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, cast

import click

from amends.kernel.money import Money
from amends.simulators.alipay.service import run_alipay
from amends.simulators.bank.bank import StatementForm
from amends.simulators.bank.service import ACCOUNT, BankSimulatorSettings, run_bank
from amends.simulators.limits import ALIPAY, WECHATPAY, Limits
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


_LIMITS = {
    "transfer_max": "One transfer; by default what the provider's public pages say.",
    "day_max": "All transfers of a day in Shanghai; no limit by default.",
    "month_max": "All transfers of a month in Shanghai; no limit by default.",
    "payee_day_max": "To one payee in a day; no limit by default.",
    "payee_month_max": "To one payee in a month; no limit by default.",
    "payee_day_count": "Transfers to one payee in a day; any number by default.",
    "unverified_day_max": "To a payee without a proved name in a day; 1,000.00 by default.",
    "calls_per_second": "Of each kind of call; 0 takes any number. By default 100 at WeChat Pay, "
    "any at Alipay.",
}
"""What each limit is of."""
_COUNTS = frozenset(("payee_day_count", "calls_per_second"))


def _limited(words: Sequence[str]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of the limits that a provider has. They go before the file of faults."""

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        for word in reversed(words):
            counts = word in _COUNTS
            least = 1 if word == "payee_day_count" else 0
            option = click.option(
                _option(word),
                type=click.IntRange(min=least) if counts else str,
                metavar="NUMBER" if counts else "AMOUNT",
                help=_LIMITS[word],
            )
            command = option(command)
        return command

    return decorate


def _option(word: str) -> str:
    """How the command line writes it."""
    return f"--{word.replace('_', '-')}"


def _limits(options: Mapping[str, object], currency: str) -> Limits:
    """What the options name."""
    named = {
        word: read_amount(value, currency, _option(word)) if isinstance(value, str) else value
        for word, value in options.items()
    }
    return Limits(**named)  # type: ignore[arg-type]  # each option is read as what it is


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


def _apart(options: Mapping[str, object]) -> tuple[_Common, dict[str, object]]:
    """The options of every simulator, and those of the limits."""
    common = {name: value for name, value in options.items() if name not in _LIMITS}
    return cast("_Common", common), {n: v for n, v in options.items() if n in _LIMITS}


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
@_limited(ALIPAY)
def alipay(**options: object) -> None:
    """Serve Alipay's open-platform protocol: transfer, query, balance, bills, callbacks."""
    common, limits = _apart(options)
    named = _limits(limits, common["currency"])
    run_alipay(SimulatorSettings(**_settings(common), limits=named))


@simulate.command()
@_common
@_limited(WECHATPAY)
@click.option(
    "--notify-url", metavar="URL", help="Where transfers that name no address are notified."
)
def wechatpay(*, notify_url: str | None, **options: object) -> None:
    """Serve WeChat Pay's API v3: transfers that payees confirm, queries, bills, callbacks."""
    common, limits = _apart(options)
    named = _limits(limits, common["currency"])
    run_wechatpay(WechatSimulatorSettings(**_settings(common), limits=named, notify_url=notify_url))


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
