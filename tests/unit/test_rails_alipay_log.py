"""Alipay's account log: what cannot be read is no movement, and no end either."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from amends.kernel.clock import SimulatedClock
from amends.payouts.rails.alipay import AlipayRail
from amends.payouts.rails.alipay_gateway import AlipaySettings, Gateway
from amends.payouts.rails.model import Direction, RailUnavailableError, StatementLine

BEGIN = datetime(2026, 11, 22, tzinfo=UTC)
DETAIL = {
    "account_log_id": "L1",
    "merchant_order_no": "N1",
    "alipay_order_no": "P1",
    "direction": "支出",
    "trans_amount": "5000.00",
    "balance": "95000.00",
    "type": "转账",
    "trans_dt": "2026-11-22 10:00:00",
}


@cache
def alipay() -> AlipayRail:
    """A rail of which nothing is asked over the network."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    settings = AlipaySettings(
        gateway="https://openapi.example.com/gateway.do",
        app_id="2021000000000001",
        app_private_key=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        alipay_public_key=public,
    )
    return AlipayRail(settings, SimulatedClock(BEGIN, lambda _: None))


def logged(monkeypatch: pytest.MonkeyPatch, **page: object) -> list[StatementLine]:
    """The log of a day that has one page."""

    async def read(_self: Gateway, _method: str, _content: object) -> dict[str, object]:
        return {"code": "10000", "total_size": "1", **page}

    async def walk() -> list[StatementLine]:
        log = alipay().account_log(BEGIN, BEGIN + timedelta(days=1))
        return [line async for line in log]

    monkeypatch.setattr(Gateway, "read", read)
    return asyncio.run(walk())


@pytest.mark.parametrize(("word", "direction"), [("支出", Direction.OUT), ("收入", Direction.IN)])
def test_alipay_a_line_of_the_log_goes_one_way(
    monkeypatch: pytest.MonkeyPatch, word: str, direction: Direction
) -> None:
    """By its word."""
    (line,) = logged(monkeypatch, detail_list=[{**DETAIL, "direction": word}])
    assert (line.direction, str(line.amount)) == (direction, "CNY 5000.00")


@pytest.mark.parametrize("word", ["", "in", "冻结", None, ["收入"]])
def test_alipay_a_line_of_the_log_that_goes_no_way_is_refused(
    monkeypatch: pytest.MonkeyPatch, word: object
) -> None:
    """It was an expense before."""
    with pytest.raises(RailUnavailableError, match="a line of Alipay's account log is malformed"):
        logged(monkeypatch, detail_list=[{**DETAIL, "direction": word}])


@pytest.mark.parametrize("size", [None, "", "many", "-1", 1.5])
def test_alipay_a_log_that_says_not_how_long_it_is_is_refused(
    monkeypatch: pytest.MonkeyPatch, size: object
) -> None:
    """Whether more pages follow cannot be told."""
    with pytest.raises(RailUnavailableError, match="says not how many lines it has"):
        logged(monkeypatch, detail_list=[DETAIL], total_size=size)
    assert len(logged(monkeypatch, detail_list=[DETAIL], total_size=1)) == 1
