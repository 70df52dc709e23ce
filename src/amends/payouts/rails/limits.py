"""What the rails of a case can do, before any of them is opened."""

from dataclasses import replace
from typing import Final

from amends.kernel.case import Case, RailSettings
from amends.payouts.rails import alipay, counter, iso20022, wechat
from amends.payouts.rails.alipay_gateway import AlipaySettings
from amends.payouts.rails.iso20022_settings import settings_from_keys
from amends.payouts.rails.model import Capabilities
from amends.payouts.rails.wechat_gateway import WechatSettings

_BY_FILES: Final = ("iso20022", "counter")


def limits_of(case: Case) -> tuple[Capabilities, ...]:
    """By the contracts, as far as case.toml and the files of a drop name them; in their order.

    Raises:
        CaseFileError: what is agreed with a bank or a counter is missing, or not right.
    """
    return tuple(_limits(case, rail) for rail in case.file.rails)


def _limits(case: Case, rail: RailSettings) -> Capabilities:
    currency, pace = case.file.currency, rail.calls_per_second
    if rail.protocol in _BY_FILES:
        drop = case.root / (rail.drop or "")
        if rail.protocol == "counter":
            agreed = counter.settings_from_keys(drop, secret=b"", currency=currency)
            return counter.capabilities(agreed)
        return iso20022.capabilities(settings_from_keys(drop, currency=currency))
    if rail.protocol == "wechatpay":
        by_wechat = WechatSettings(
            gateway="",
            mchid="",
            appid="",
            merchant_serial_no="",
            merchant_private_key=b"",
            platform_public_keys={},
            apiv3_key=b"",
            name_secret=b"",
            currency=currency,
        )
        if pace is not None:
            by_wechat = replace(by_wechat, calls_per_second=pace)
        return wechat.capabilities(by_wechat)
    by_alipay = AlipaySettings(
        gateway="",
        app_id="",
        app_private_key=b"",
        alipay_public_key=b"",
        currency=currency,
        calls_per_second=pace,
        bank_cards=rail.bank_cards,
    )
    return alipay.capabilities(by_alipay)
