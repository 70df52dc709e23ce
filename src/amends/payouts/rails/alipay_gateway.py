"""The way to Alipay's gateway: signed forms out, verified answers in, everything else `Unknown`.

Connections stay open, each key is loaded once, and a call is signed once: nearly all of a call's
cost is that one RSA signature.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from yarl import URL

from amends.kernel.clock import Clock
from amends.kernel.saying import said
from amends.payouts.rails import alipay_codes as codes
from amends.payouts.rails import alipay_wire as wire
from amends.payouts.rails import rsa
from amends.payouts.rails.connections import Connections
from amends.payouts.rails.model import Advice, RailUnavailableError, Unknown
from amends.payouts.rails.pacing import Pace
from amends.payouts.rails.ways import (
    HTTP_OK,
    READ_TRIES,
    download,
    json_bytes,
    pauses,
    require_private_way,
)
from amends.payouts.rails.written import local_time

_ANSWER_MAX_BYTES = 4 << 20
_SECOND = timedelta(seconds=1)
_PLACE = "\0"
"""Where the content stands in a signed text: no parameter has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipaySettings:
    """What a contract with Alipay says, and where its gateway is. Keys are PEM.

    ``gateway``: https, or http on loopback (a simulator). Limits are those of the public pages;
    a contract's own go before them. ``calls_per_second``: None for no pacing. ``bank_cards``:
    whether the contract has transfers to bank cards.
    """

    gateway: str
    app_id: str
    app_private_key: bytes = field(repr=False)
    alipay_public_key: bytes = field(repr=False)
    currency: str = "CNY"
    notify_url: str | None = None
    order_title: str = "赔偿金"
    bank_cards: bool = False
    transfer_max: str = "50000.00"
    day_max: str | None = None
    calls_per_second: float | None = None
    calls_in_flight: int = 32
    timeout_s: float = 15.0
    bill_timeout_s: float = 300.0


def settings_from_keys(directory: Path, *, gateway: str, currency: str = "CNY") -> AlipaySettings:
    """Settings with the key files that ``amends simulate alipay --keys`` writes."""
    return AlipaySettings(
        gateway=gateway,
        app_id=(directory / "app_id.txt").read_text(encoding="ascii").strip(),
        app_private_key=(directory / "app_private_key.pem").read_bytes(),
        alipay_public_key=(directory / "alipay_public_key.pem").read_bytes(),
        currency=currency,
    )


class Answered(NamedTuple):
    """A signed answer: its node, and the body as received."""

    node: wire.Node
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Frame:
    """Around the content of a call: the signed text before and after it, and the quoted target.

    True for the second that begins at ``second`` and ends before ``end``.
    """

    second: datetime
    end: datetime
    notify_url: str | None
    before: bytes
    after: bytes
    target: str


class Gateway:
    """Calls of one merchant. Used inside a running event loop; give it back by `close`."""

    def __init__(self, settings: AlipaySettings, clock: Clock) -> None:
        require_private_way(settings.gateway)
        self._settings = settings
        self._clock = clock
        self._private_key = rsa.load_private_key(settings.app_private_key)
        self._pace = Pace(settings.calls_per_second)
        gateway = URL(settings.gateway)
        self._path = gateway.raw_path
        self._connections = Connections(
            gateway,
            most=settings.calls_in_flight,
            timeout_s=settings.timeout_s,
            answer_max_bytes=_ANSWER_MAX_BYTES,
        )
        self._common = {
            "app_id": settings.app_id,
            "charset": "utf-8",
            "format": "json",
            "sign_type": "RSA2",
            "version": "1.0",
        }
        self._frames: dict[str, _Frame] = {}
        self.public_key = rsa.load_public_key(settings.alipay_public_key)

    async def call(
        self, method: str, content: bytes, notify_url: str | None = None
    ) -> Answered | Unknown:
        """One signed call; everything but a signed answer is `Unknown`."""
        target, form = self._request(method, content, notify_url)
        try:
            reply = await self._connections.call("POST", target, form, pace=self._pace)
        except TimeoutError:
            return Unknown(advice=Advice.ASK, code="timeout")
        except OSError:
            return Unknown(advice=Advice.ASK, code="connection_lost")
        raw = reply.body
        if raw is None or reply.status != HTTP_OK:
            return Unknown(advice=Advice.ASK, code=f"http_{reply.status}", raw=raw or b"")
        try:
            return Answered(wire.open_answer(raw, method, self.public_key), raw)
        except rsa.BadSignatureError:
            return Unknown(advice=Advice.ASK, code="bad_signature", raw=raw)
        except wire.MalformedAnswerError:
            return Unknown(advice=Advice.ASK, code="malformed_answer", raw=raw)

    def _request(self, method: str, content: bytes, notify_url: str | None) -> tuple[str, bytes]:
        """Target and form of a call; what stands where is as the official SDK writes it."""
        frame = self._frame(method, notify_url)
        sign = rsa.sign(self._private_key, b"%s%s%s" % (frame.before, content, frame.after))
        quoted = sign.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        target = f"{frame.target}&sign={quoted}"
        return target, f"biz_content={wire.quoted(content)}".encode("ascii")

    def _frame(self, method: str, notify_url: str | None) -> "_Frame":
        """What is the same of all calls of a method within a second."""
        now = self._clock.now()
        known = self._frames.get(method)
        if known is not None and known.second <= now < known.end and known.notify_url == notify_url:
            return known
        now = now.replace(microsecond=0)
        parameters = {**self._common, "method": method, "timestamp": local_time(now)}
        if notify_url is not None:
            parameters["notify_url"] = notify_url
        text = wire.signing_text({**parameters, "biz_content": _PLACE})
        before, _, after = text.partition(_PLACE.encode())
        query = "&".join(f"{name}={wire.quoted(of.encode())}" for name, of in parameters.items())
        frame = _Frame(
            second=now,
            end=now + _SECOND,
            notify_url=notify_url,
            before=before,
            after=after,
            target=f"{self._path}?{query}",
        )
        self._frames[method] = frame
        return frame

    async def read(self, method: str, content: Mapping[str, str]) -> wire.Node:
        """A call that may be repeated freely, repeated until there is an answer."""
        code = ""
        for pause_s in pauses():
            answer = await self.call(method, json_bytes(content))
            if isinstance(answer, Answered):
                code = codes.problem_of(answer.node) or ""
                if code not in codes.PASSING:
                    return answer.node
            else:
                code = answer.code
            await asyncio.sleep(pause_s)
        raise RailUnavailableError(
            said(
                "Alipay gave no usable answer to {method} in {read_tries} tries ({code}); "
                "nothing was changed, run the command again",
                method=method,
                read_tries=READ_TRIES,
                code=code,
            )
        )

    async def download(self, address: str) -> bytes | None:
        """The bill at *address*; None when it did not come (whole)."""
        return await download(address, self._settings.bill_timeout_s)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()
