"""The rails that case.toml names, open for as long as a command needs them."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import psycopg

from amends.kernel.case import Case, RailSettings
from amends.kernel.saying import said
from amends.payouts.model import RailNotAvailableError
from amends.payouts.rails import (
    alipay_gateway,
    counter,
    iso20022_settings,
    mark_store,
    wechat_gateway,
)
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.file_marks import Known, Mark
from amends.payouts.rails.iso20022 import bank_rail
from amends.payouts.rails.model import Rail
from amends.payouts.rails.wechat import WechatRail
from amends.payouts.simulated import SIMULATED, simulated
from amends.vault.opened import OpenCase

DIGITS_PURPOSE: Final = "counter-digits"
NAMES_PURPOSE: Final = "wechatpay-names"


def require_rails(case: Case) -> tuple[RailSettings, ...]:
    """The ways to pay that case.toml names, in their order.

    Raises:
        RailNotAvailableError: it names none, or a simulator that there is none of.
    """
    rails = case.file.rails
    if not rails:
        raise RailNotAvailableError(
            said("no way to pay is named: a table [[rail]] in case.toml says how people are paid")
        )
    for rail in rails:
        if rail.kind == "simulator" and rail.protocol not in SIMULATED:
            raise RailNotAvailableError(
                said(
                    '`amends pay` simulates {simulated}; for "{protocol}" name the way itself and '
                    "let `amends simulate bank` stand behind its folder",
                    simulated=", ".join(sorted(SIMULATED)),
                    protocol=rail.protocol,
                )
            )
        _require_way(rail)
    return rails


def _require_way(rail: RailSettings) -> None:
    """Refuse a real rail of which case.toml does not say how it is reached."""
    if rail.kind == "simulator":
        return
    if rail.protocol in SIMULATED:
        missing = [name for name in ("keys", "gateway") if getattr(rail, name) is None]
    else:
        missing = ["drop"] if rail.drop is None else []
    if missing:
        raise RailNotAvailableError(
            said(
                'the [[rail]] of kind "{kind}" does not say {missing} (docs/reference/rails.md)',
                kind=rail.kind,
                missing=", ".join(missing),
            )
        )


@asynccontextmanager
async def open_rails(
    opened: OpenCase, notify_url: Callable[[str], str] | None = None, *, share: float = 1.0
) -> AsyncIterator[tuple[Rail, ...]]:
    """The rails of the case, in its order. *notify_url*: where a simulator's notifications come to.

    *share*: of the calls that a rail allows in a second; the rest is other commands'.

    Raises:
        RailNotAvailableError: case.toml names none, or one that there is none of.
        CaseFileError: keys or settings of one are missing.
    """
    async with AsyncExitStack() as stack:
        rails = []
        for settings in require_rails(opened.case):
            url = _notify_url(opened.case, settings, notify_url)
            rail = _opened(opened, settings, stack, url, share)
            stack.push_async_callback(rail.close)
            rails.append(rail)
        yield tuple(rails)


def _notify_url(
    case: Case, settings: RailSettings, local: Callable[[str], str] | None
) -> str | None:
    """Where a rail's notifications come to: of a real one the public address, or nowhere.

    The public address is of the case and not of a command: it makes part of what WeChat Pay is
    asked, which is the same bytes whoever asks again.
    """
    if settings.kind == "simulator":
        return None if local is None else local(settings.protocol)
    public = case.file.callbacks
    return None if public is None else f"{public.url}{settings.protocol}"


def _opened(
    opened: OpenCase,
    settings: RailSettings,
    stack: AsyncExitStack,
    url: str | None,
    share: float,
) -> Rail:
    """One rail."""
    root, currency = opened.case.root, opened.case.file.currency
    if settings.drop is not None:
        drop = root / settings.drop
        if settings.protocol == "counter":
            secret = opened.vault.derive(DIGITS_PURPOSE)
            agreed = counter.settings_from_keys(drop, secret=secret, currency=currency)
            return counter.counter_rail(agreed, opened.clock, DropBook(opened, settings.protocol))
        contract = iso20022_settings.settings_from_keys(drop, currency=currency)
        return bank_rail(contract, opened.clock, DropBook(opened, settings.protocol))
    if settings.kind == "simulator":
        gateway, keys = stack.enter_context(simulated(opened.case, settings, notify_url=url))
    else:
        assert settings.gateway is not None  # noqa: S101 - case.toml has both
        assert settings.keys is not None  # noqa: S101
        gateway, keys = settings.gateway, root / settings.keys
    try:
        if settings.protocol == "wechatpay":
            own = None if settings.kind == "simulator" else url
            return WechatRail(_wechat(opened, settings, gateway, keys, own, share), opened.clock)
        return AlipayRail(_alipay(opened, settings, gateway, keys, url, share), opened.clock)
    except ValueError:  # its words are of a library, and may quote a key
        raise RailNotAvailableError(
            said(
                "a file in {keys} is no key of {rail}'s; put the provider's files there "
                "(docs/reference/rails.md)",
                keys=keys,
                rail=settings.protocol,
            )
        ) from None


class DropBook:
    """The marks that the database has of a rail's folder."""

    def __init__(self, opened: OpenCase, rail: str) -> None:
        self._opened = opened
        self._rail = rail

    def known(self) -> Known | None:
        """The marks of the rail's folder; None while none was opened."""
        with self._opened.database.reading() as connection:
            return mark_store.known(connection, self._rail)

    def add(self, mark: Mark) -> bool:
        """Note a mark; False where another command has noted one, before or instead."""
        now = self._opened.clock.now()
        try:
            with self._opened.database.unit_of_work() as connection:
                return mark_store.add(connection, self._rail, mark, now)
        except psycopg.errors.CheckViolation as refused:
            if refused.diag.constraint_name == "drop_mark_adopted_as_signed":
                return False  # files left after it was signed
            raise


def _wechat(
    opened: OpenCase,
    settings: RailSettings,
    gateway: str,
    keys: Path,
    url: str | None,
    share: float,
) -> wechat_gateway.WechatSettings:
    """Of a simulator no address is in the request: it changes, and a payment is the same bytes."""
    currency = opened.case.file.currency
    found = wechat_gateway.settings_from_keys(keys, gateway=gateway, currency=currency)
    pace = settings.calls_per_second or found.calls_per_second
    return replace(
        found,
        notify_url=url,
        name_secret=opened.vault.derive(NAMES_PURPOSE),
        calls_per_second=pace and pace * share,
    )


def _alipay(
    opened: OpenCase,
    settings: RailSettings,
    gateway: str,
    keys: Path,
    url: str | None,
    share: float,
) -> alipay_gateway.AlipaySettings:
    currency = opened.case.file.currency
    found = alipay_gateway.settings_from_keys(keys, gateway=gateway, currency=currency)
    pace = settings.calls_per_second or found.calls_per_second
    return replace(
        found,
        notify_url=url,
        calls_per_second=pace and pace * share,
        bank_cards=settings.bank_cards,
    )
