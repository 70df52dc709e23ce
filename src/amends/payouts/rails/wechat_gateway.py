"""The way to WeChat Pay: signed JSON out, verified answers in, everything else `Unknown`.

Every answer of success has to be signed by the platform, and lately. Answers that are none (4xx,
5xx) are not always signed; they end nothing, whatever they say, so a signature is asked of them
only where there is one.
"""

import asyncio
import hashlib
import json
import os
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import NamedTuple

from yarl import URL

from amends.kernel.clock import Clock
from amends.kernel.saying import said
from amends.payouts.rails import rsa
from amends.payouts.rails import wechat_codes as codes
from amends.payouts.rails import wechat_wire as wire
from amends.payouts.rails.connections import Connections, Reply
from amends.payouts.rails.model import Advice, RailUnavailableError, Unknown
from amends.payouts.rails.pacing import Pace
from amends.payouts.rails.ways import HTTP_OK, READ_TRIES, download, pauses, require_private_way

_ANSWER_MAX_BYTES = 4 << 20
_APIV3_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatSettings:
    """What a contract with WeChat Pay says, and where its gateway is. Keys are PEM.

    ``gateway``: https, or http on loopback (a simulator). Of several public keys the first seals
    names. ``apiv3_key``: the 32 bytes that seal notifications. ``name_secret``: up to 64 bytes that
    only this purpose of this case has; they and ``notify_url`` make part of a request, so they stay
    the same as long as the case does. ``scene_reports``: type and content of what the scene has to
    report; 1011 is compensation by a company. ``account``: from which of the merchant's accounts
    transfers go (``OPERATION`` or ``BASIC``). Limits are those of the public pages; a contract's
    own go before them. ``calls_per_second``: of each kind of call; None for no pacing.
    """

    gateway: str
    mchid: str
    appid: str
    merchant_serial_no: str
    merchant_private_key: bytes = field(repr=False)
    platform_public_keys: dict[str, bytes] = field(repr=False)
    apiv3_key: bytes = field(repr=False)
    name_secret: bytes = field(repr=False)
    currency: str = "CNY"
    notify_url: str | None = None
    scene_id: str = "1011"
    scene_reports: tuple[tuple[str, str], ...] = (("赔付原因", "个人信息泄露赔偿"),)
    perception: str | None = "商家赔付"
    remark: str = "个人信息泄露赔偿"
    account: str = "OPERATION"
    transfer_max: str = "20000.00"
    day_max: str | None = None
    payee_day_max: str | None = "20000.00"
    calls_per_second: float | None = codes.CALLS_PER_SECOND
    calls_in_flight: int = 64
    timeout_s: float = 15.0
    bill_timeout_s: float = 300.0


def settings_from_keys(directory: Path, *, gateway: str, currency: str = "CNY") -> WechatSettings:
    """Settings with the key files that ``amends simulate wechatpay --keys`` writes.

    The secret of names comes from the APIv3 key; who has a secret of the case puts it in its place.
    """
    merchant = json.loads((directory / "merchant.json").read_text(encoding="utf-8"))
    apiv3_key = (directory / "apiv3_key.txt").read_bytes().strip()
    platform = (directory / "platform_public_key.pem").read_bytes()
    return WechatSettings(
        gateway=gateway,
        mchid=merchant["mchid"],
        appid=merchant["appid"],
        merchant_serial_no=merchant["serial_no"],
        merchant_private_key=(directory / "merchant_private_key.pem").read_bytes(),
        platform_public_keys={merchant["public_key_id"]: platform},
        apiv3_key=apiv3_key,
        name_secret=hashlib.sha256(b"names\0" + apiv3_key).digest(),
        currency=currency,
    )


class Answered(NamedTuple):
    """A signed answer of success: its node, and the body as received."""

    node: wire.Node
    raw: bytes


class Problem(NamedTuple):
    """An answer that is none of success. ``code``: its word, or ``http_500``."""

    code: str
    raw: bytes


class Gateway:
    """Calls of one merchant. Used inside a running event loop; give it back by `close`."""

    def __init__(self, settings: WechatSettings, clock: Clock) -> None:
        require_private_way(settings.gateway)
        if len(settings.apiv3_key) != _APIV3_KEY_BYTES:
            raise ValueError("the APIv3 key has 32 characters")
        self._clock = clock
        self._settings = settings
        self._merchant = wire.Merchant(
            mchid=settings.mchid,
            serial_no=settings.merchant_serial_no,
            key=rsa.load_private_key(settings.merchant_private_key),
        )
        self.public_keys = {
            name: rsa.load_public_key(pem) for name, pem in settings.platform_public_keys.items()
        }
        self.key_id = next(iter(self.public_keys))
        self._nonces, self._calls = os.urandom(12).hex().upper(), count()
        gateway = URL(settings.gateway)
        self._prefix = gateway.raw_path.rstrip("/")
        self._connections = Connections(
            gateway,
            most=settings.calls_in_flight,
            timeout_s=settings.timeout_s,
            answer_max_bytes=_ANSWER_MAX_BYTES,
            content="application/json",
            kept_headers=wire.SIGNED_BY,
        )
        self._paces = {kind: Pace(settings.calls_per_second) for kind in ("GET", "POST")}

    async def call(self, method: str, path: str, body: bytes = b"") -> Answered | Problem | Unknown:
        """One signed call. GET and POST are counted apart, as the provider does."""
        target = f"{self._prefix}{path}"
        headers = (
            f"Authorization: {self._authorization(method, target, body)}\r\n"
            f"Accept: application/json\r\nWechatpay-Serial: {self.key_id}\r\n"
        )
        try:
            reply = await self._connections.call(method, target, body, headers, self._paces[method])
        except TimeoutError:
            return Unknown(advice=Advice.ASK, code="timeout")
        except OSError:
            return Unknown(advice=Advice.ASK, code="connection_lost")
        if reply.body is None:
            return Unknown(advice=Advice.ASK, code=f"http_{reply.status}")
        try:
            return self._read(reply, reply.body)
        except rsa.BadSignatureError:
            return Unknown(advice=Advice.ASK, code="bad_signature", raw=reply.body)
        except wire.MalformedAnswerError:
            return Unknown(advice=Advice.ASK, code="malformed_answer", raw=reply.body)

    async def read(self, path: str) -> Answered | Problem:
        """A question that may be repeated freely, repeated until there is an answer.

        Raises:
            RailUnavailableError: there was none.
        """
        code = ""
        for pause_s in pauses():
            answer = await self.call("GET", path)
            if isinstance(answer, Answered):
                return answer
            code = answer.code
            if isinstance(answer, Problem) and code not in codes.PASSING:
                return answer
            await asyncio.sleep(pause_s)
        raise RailUnavailableError(
            said(
                "WeChat Pay gave no usable answer to {path} in {read_tries} tries ({code}); "
                "nothing was changed, run the command again",
                path=path.partition("?")[0],
                read_tries=READ_TRIES,
                code=code,
            )
        )

    async def download(self, address: str) -> bytes | None:
        """The bill at *address*; None when it did not come (whole). Its answer is not signed."""
        target = URL(address, encoded=True).raw_path_qs
        headers = {
            "Authorization": self._authorization("GET", target),
            "Accept-Encoding": "identity",
        }
        return await download(address, self._settings.bill_timeout_s, headers)

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()

    def _authorization(self, method: str, target: str, body: bytes = b"") -> str:
        """The header that says who asks."""
        seconds = int(self._clock.now().timestamp())
        nonce = f"{self._nonces}{next(self._calls):08X}"  # to ask for chance each time takes longer
        return self._merchant.authorization(method, target, body, seconds=seconds, nonce=nonce)

    def _read(self, reply: Reply, body: bytes) -> Answered | Problem:
        """What an answer says, once it is known whose it is."""
        success = reply.status == HTTP_OK
        if success or "wechatpay-signature" in reply.headers:
            signed_at = wire.require_signed(reply.headers, body, self.public_keys)
            wire.require_fresh(signed_at, self._clock.now())
        if success:
            return Answered(wire.read_node(body), body)
        try:
            code = codes.text_of(wire.read_node(body), "code")
        except wire.MalformedAnswerError:
            code = None
        return Problem(code=code or f"http_{reply.status}", raw=body)
