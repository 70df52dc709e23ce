"""What a notification has to be before a question follows from it: signed, ours, of a payment."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from amends.kernel.clock import SimulatedClock
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails import alipay_wire, rsa
from amends.payouts.rails.alipay import ORDER_CHANGED, AlipayRail
from amends.payouts.rails.alipay_gateway import AlipaySettings
from amends.payouts.rails.model import CallbackHint, CallbackRejected
from amends.payouts.rails.wechat import FINISHED, WechatRail
from amends.payouts.rails.wechat_gateway import WechatSettings

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
APIV3_KEY = b"k" * 32
HINT = CallbackHint(number=InstructionId("N1"))
ORDERED = Money(amount_minor=500_000, currency="CNY")


@cache
def key() -> RSAPrivateKey:
    """One key for both sides."""
    return generate_private_key(public_exponent=65537, key_size=2048)


def pems() -> tuple[bytes, bytes]:
    """It as files: private, public."""
    private = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key().public_key()
    return private, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def clock() -> SimulatedClock:
    """It is noon in Shanghai."""
    return SimulatedClock(NOW, lambda _: None)


def alipay() -> AlipayRail:
    """The rail of app 2021000000000001."""
    private, public = pems()
    settings = AlipaySettings(
        gateway="https://openapi.example.com/gateway.do",
        app_id="2021000000000001",
        app_private_key=private,
        alipay_public_key=public,
    )
    return AlipayRail(settings, clock())


def form(**changed: str) -> bytes:
    """A notification of Alipay's, signed."""
    fields = {
        "app_id": "2021000000000001",
        "biz_content": json.dumps({"out_biz_no": "N1", "status": "SUCCESS"}),
        "msg_method": ORDER_CHANGED,
        "sign_type": "RSA2",
        **changed,
    }
    text = alipay_wire.signing_text(fields, without=frozenset(("sign",)))
    return urlencode({**fields, "sign": rsa.sign(key(), text)}).encode()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"app_id": "2021000000000002"}, "other_app"),
        ({"msg_method": "alipay.fund.trans.refund.notify"}, "other_message"),
        ({"biz_content": "{}"}, "malformed"),
        ({"biz_content": json.dumps({"out_biz_no": "N 1"})}, "malformed"),
    ],
)
def test_alipay_what_is_signed_and_not_about_our_payments_is_rejected(
    changed: dict[str, str], code: str
) -> None:
    """Of another app of the merchant's, or about something else: no question follows."""
    rail = alipay()
    assert rail.parse_callback({}, form()) == HINT
    assert rail.parse_callback({}, form(**changed)) == CallbackRejected(code=code)


@pytest.mark.parametrize(
    ("states", "another"),
    [
        ({}, False),
        ({"trans_amount": "5000.00"}, False),
        ({"trans_amount": "5000.01"}, True),
        ({"trans_amount": "much"}, True),
        ({"trans_amount": "5000.00", "trans_currency": "USD"}, True),
    ],
)
def test_alipay_a_notification_says_whether_it_states_another_amount(
    states: dict[str, str], *, another: bool
) -> None:
    """A fen is enough."""
    content = json.dumps({"out_biz_no": "N1", "status": "SUCCESS", **states})
    hint = alipay().parse_callback({}, form(biz_content=content))
    assert isinstance(hint, CallbackHint)
    assert hint.says_another(ORDERED) is another


def wechat() -> WechatRail:
    """The rail of merchant 1900000001."""
    private, public = pems()
    settings = WechatSettings(
        gateway="https://api.example.com",
        mchid="1900000001",
        appid="wx0000000000000001",
        merchant_serial_no="1" * 40,
        merchant_private_key=private,
        platform_public_keys={"PUB_KEY_ID_1": public},
        apiv3_key=APIV3_KEY,
        name_secret=b"n" * 32,
    )
    return WechatRail(settings, clock())


def message(
    signed_at: datetime,
    mchid: str = "1900000001",
    event: str = FINISHED,
    states: Mapping[str, object] | None = None,
) -> tuple[dict[str, str], bytes]:
    """A notification of WeChat Pay's, signed at a moment. *states*: what else it says."""
    content = {"mch_id": mchid, "out_bill_no": "N1", "state": "SUCCESS", **(states or {})}
    text = json.dumps(content).encode()
    sealed = AESGCM(APIV3_KEY).encrypt(b"n" * 12, text, b"mch_payment")
    resource = {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": "mch_payment",
        "nonce": "n" * 12,
    }
    body = json.dumps({"event_type": event, "resource": resource}).encode()
    seconds = str(int(signed_at.timestamp()))
    headers = {
        "Wechatpay-Timestamp": seconds,
        "Wechatpay-Nonce": "once",
        "Wechatpay-Serial": "PUB_KEY_ID_1",
        "Wechatpay-Signature": rsa.sign(key(), f"{seconds}\nonce\n".encode() + body + b"\n"),
    }
    return headers, body


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_wechat_pay_a_notification_of_now_is_a_hint(minutes: int) -> None:
    """Within five minutes to either side: clocks differ."""
    signed = message(NOW + timedelta(minutes=minutes))
    assert wechat().parse_callback(*signed) == HINT


@pytest.mark.parametrize(
    ("states", "another"),
    [
        ({}, False),
        ({"transfer_amount": 500_000}, False),
        ({"transfer_amount": 500_001}, True),
        ({"transfer_amount": "500000"}, True),
        ({"transfer_amount": 500_000, "currency": "USD"}, True),
    ],
)
def test_wechat_pay_a_notification_says_whether_it_states_another_amount(
    states: dict[str, object], *, another: bool
) -> None:
    """A fen is enough."""
    hint = wechat().parse_callback(*message(NOW, states=states))
    assert isinstance(hint, CallbackHint)
    assert hint.says_another(ORDERED) is another


@pytest.mark.parametrize("seconds", [-301, -86_400, 301])
def test_wechat_pay_a_notification_that_is_not_of_now_is_rejected(seconds: int) -> None:
    """Whoever kept one and plays it again later, or signs ahead, raises no question."""
    signed = message(NOW + timedelta(seconds=seconds))
    assert wechat().parse_callback(*signed) == CallbackRejected(code="not_fresh")


def test_wechat_pay_what_is_signed_and_not_about_our_payments_is_rejected() -> None:
    """Another merchant's, or about something else."""
    rail = wechat()
    other = CallbackRejected(code="other_app")
    assert rail.parse_callback(*message(NOW, mchid="1900000002")) == other
    refund = message(NOW, event="REFUND.SUCCESS")
    assert rail.parse_callback(*refund) == CallbackRejected(code="other_message")
