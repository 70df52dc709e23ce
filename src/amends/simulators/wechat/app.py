"""The gateway's front: reads calls, lets faults happen, answers what has been committed."""

import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs

from amends.simulators.callbacks import Callbacks, Message, is_loopback
from amends.simulators.faults import CallFault, Faults
from amends.simulators.front import JSON, Answer, Request
from amends.simulators.gateway import (
    DROPPED,
    Gateway,
    ShortLived,
    as_it_goes_wrong,
    bill_start,
    has_bill,
)
from amends.simulators.meter import Meter
from amends.simulators.store import NoticeRow, Store
from amends.simulators.wechat.bank import Bank, RefusedCall, moment
from amends.simulators.wechat.bill import packed, write_bill
from amends.simulators.wechat.wire import (
    Asked,
    Keys,
    is_signed,
    sealed_resource,
    signature_of,
    signed_words,
)
from amends.simulators.written import COMPACT, DAY_MS, Fields

TRANSFERS = "/v3/fund-app/mch-transfer/transfer-bills"
ACCOUNT = "OPERATION"
"""The one account of the simulated merchant."""

BILL_READY = timedelta(hours=10)
URL_LIVES_S = 300.0
SIGNED_WITHIN_MS = 300_000

_ROUTES = tuple(
    (method, re.compile(pattern), call)
    for method, pattern, call in (
        ("POST", TRANSFERS, "transfer"),
        ("GET", TRANSFERS + r"/out-bill-no/(\w+)", "query"),
        ("POST", TRANSFERS + r"/out-bill-no/(\w+)/cancel", "cancel"),
        ("GET", r"/v3/merchant/fund/balance/(\w+)", "balance"),
        ("GET", r"/v3/merchant/fund/dayendbalance/(\w+)", "day_end"),
        ("GET", r"/v3/bill/fundflowbill", "bill"),
        ("GET", r"/v3/billdownload/file", "file"),
    )
)
_WORDS = frozenset(("mchid", "nonce_str", "signature", "timestamp", "serial_no"))
_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>WeChat Pay simulator</title>
<h1>这是模拟器，不是微信支付 · This is a simulator, not WeChat Pay</h1>
<p>Amends 用它代替微信支付演练：没有真实资金，没有真实账户。</p>
<p>Amends rehearses with it in WeChat Pay's place: no real money moves and no real account exists.
It has taken {orders} made-up orders. Calls go to <code>/v3/…</code>.</p>
"""


class _Call(NamedTuple):
    """A call, once it is known who makes it. ``about``: the number or account in its address."""

    name: str
    about: str
    query: Mapping[str, str]
    content: Fields
    now_ms: int


class WechatGateway(Gateway):
    """One simulated merchant's gateway at WeChat Pay."""

    def __init__(  # noqa: PLR0913  # what a gateway consists of
        self,
        *,
        store: Store,
        bank: Bank,
        faults: Faults,
        keys: Keys,
        now: Callable[[], int] | None,
        calls_per_second: int | None,
        notify_url: str | None = None,
    ) -> None:
        self._bank = bank
        self._keys = keys
        self._notify_url = notify_url
        self._bills = ShortLived[bytes](URL_LIVES_S)
        self._meters = {name: Meter(calls_per_second) for _, _, name in _ROUTES}
        callbacks = Callbacks(store, self._notification, _is_acknowledgement)
        super().__init__(store=store, books=bank, faults=faults, callbacks=callbacks, now=now)

    def answer(self, request: Request) -> Answer:
        """Answer a request, whatever it is; `commit` has to follow before it is sent."""
        target, method = request.target.decode("latin-1"), request.method.decode("latin-1")
        path = target.partition("?")[0]
        if path == "/healthz":
            return Answer(b'{"status": "ok", "simulator": "wechatpay"}', kind=JSON)
        if path == "/":
            return Answer(_PAGE.format(orders=self.store.orders()).encode())
        for asked, pattern, name in _ROUTES:
            match = pattern.fullmatch(path)
            if match and asked == method:
                about = match.group(1) if match.groups() else ""
                return self._answer(request, Asked(method, target, request.body), name, about)
        return Answer(
            b'{"code":"NOT_FOUND","message":"this is a simulator: no such page"}', 404, JSON
        )

    def _answer(self, request: Request, asked: Asked, name: str, about: str) -> Answer:
        """Answer a call: who makes it comes first, then what it asks for."""
        try:
            call = self._opened(request, asked, name, about)
        except RefusedCall as refused:
            return self._signed(refused.fields, self.store.now_ms, status=refused.status)
        if name == "file":
            bill = self._bills.get(call.query.get("token", ""))
            missing = Answer(b'{"code":"INVALID_REQUEST"}', 400, JSON)
            return missing if bill is None else Answer(bill, kind="application/octet-stream")
        number = call.about or call.content.get("out_bill_no")
        fault, rule = self.fault(name, number)
        fields: Fields = {}
        status = 200
        if not self.comes_first(fault, rule, number):
            try:
                fields = self._business(call)
            except RefusedCall as refused:
                fields, status = refused.fields, refused.status
        if fault is CallFault.SYSTEM_ERROR:
            fields, status = {"code": "SYSTEM_ERROR", "message": "系统错误"}, 500
        if fault in DROPPED or fault is CallFault.HTTP_500:
            return as_it_goes_wrong(Answer(b""), fault, rule)
        spoil = fault is CallFault.BAD_SIGNATURE
        answer = self._signed(fields, call.now_ms, status=status, spoil=spoil)
        return as_it_goes_wrong(answer, fault, rule)

    def _opened(self, request: Request, asked: Asked, name: str, about: str) -> _Call:
        """What a call says, if our merchant signed it, lately, and not too many did."""
        words = signed_words(request.headers.get("authorization", ""))
        if not words.keys() >= _WORDS or not words["timestamp"].isdecimal():
            raise RefusedCall("SIGN_ERROR", "Http头Authorization值格式错误", 401)
        if (words["mchid"], words["serial_no"]) != (self._keys.mchid, self._keys.serial_no):
            raise RefusedCall("SIGN_ERROR", "商户号或商户证书序列号有误", 401)
        signed_s = int(words["timestamp"])
        late = self.now is not None and abs(self.now() - signed_s * 1000) > SIGNED_WITHIN_MS
        if late or not is_signed(self._keys, asked, words):
            raise RefusedCall("SIGN_ERROR", "签名错误，请检查后再试", 401)
        if not self._meters[name].lets_in(time.monotonic()):
            raise RefusedCall("FREQUENCY_LIMITED", "请求过于频繁，请降低频率", 429)
        now_ms = self.observe(signed_s * 1000)
        content = _content(asked.body) if name == "transfer" else {}
        platform = request.headers.get("wechatpay-serial")
        if "user_name" in content and platform != self._keys.public_key_id:
            raise RefusedCall("PARAM_ERROR", "敏感信息须注明加密所用公钥：Wechatpay-Serial")
        query = {
            key: values[-1] for key, values in parse_qs(asked.target.partition("?")[2]).items()
        }
        return _Call(name=name, about=about, query=query, content=content, now_ms=now_ms)

    def _business(self, call: _Call) -> Fields:
        """Do what a call asks for."""
        if call.name == "transfer":
            url = call.content.get("notify_url", self._notify_url)
            if url is not None and not (isinstance(url, str) and is_loopback(url)):
                raise RefusedCall("PARAM_ERROR", "模拟器只通知本机（notify_url）")
            return self._bank.transfer(call.content, call.now_ms, url)
        if call.name == "query":
            return self._bank.query(call.about, call.now_ms)
        if call.name == "cancel":
            return self._bank.cancel(call.about, call.now_ms)
        if call.name == "bill":
            return self._bill(call)
        if call.about != ACCOUNT:
            raise RefusedCall("NO_AUTH", "模拟器只有运营账户（OPERATION）", 403)
        return self._bank.balance() if call.name == "balance" else self._day_end(call)

    def _bill(self, call: _Call) -> Fields:
        """Where a day's bill can be fetched, for a short while."""
        day = _day(call.query.get("bill_date"))
        over_ms = bill_start(day) + DAY_MS
        if over_ms > call.now_ms:
            raise RefusedCall("INVALID_REQUEST", "账单日期只能是昨日及以前")
        if call.query.get("account_type") != ACCOUNT or not has_bill(self.store, day):
            raise RefusedCall("NO_STATEMENT_EXIST", "账单文件不存在")
        if call.now_ms < over_ms + BILL_READY // timedelta(milliseconds=1):
            raise RefusedCall("STATEMENT_CREATING", "账单生成中")
        text = write_bill(self.store, self.faults, day, self._bank.currency)
        token = self._bills.keep(packed(text) if call.query.get("tar_type") == "GZIP" else text)
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(text, usedforsecurity=False).hexdigest(),
            "download_url": f"{self.base_url}/v3/billdownload/file?token={token}",
        }

    def _day_end(self, call: _Call) -> Fields:
        """What the account held at the end of a day that is over."""
        end_ms = bill_start(_day(call.query.get("date"))) + DAY_MS
        if end_ms > call.now_ms:
            raise RefusedCall("INVALID_REQUEST", "日期只能是昨日及以前")
        _, end = self.store.movement_range(0, end_ms)
        return {"available_amount": self.store.balance_before(end), "pending_amount": 0}

    def _notification(self, notice: NoticeRow) -> Message:
        """What is posted about a notice, signed once."""
        order = self.store.order_by_no(notice.order_no)
        body = COMPACT.encode(
            {
                "id": str(uuid.uuid4()),
                "create_time": moment(order.changed_ms),
                "resource_type": "encrypt-resource",
                "event_type": "MCHTRANSFER.BILL.FINISHED",
                "summary": "商家转账单据终态通知",
                "resource": sealed_resource(
                    self._keys, self._bank.notice_content(order, notice.status)
                ),
            }
        ).encode()
        seconds = max(self.store.now_ms, order.changed_ms) // 1000
        headers = {
            "Content-Type": "application/json",
            "X-Amends-Simulator": "wechatpay",
            **signature_of(self._keys, body, seconds, spoil=bool(notice.forged)),
        }
        return Message(headers, body)

    def _signed(
        self, fields: Fields, now_ms: int, *, status: int = 200, spoil: bool = False
    ) -> Answer:
        """An answer with the platform's signature."""
        body = COMPACT.encode({**fields, "simulator": "amends"}).encode()
        seconds = now_ms // 1000 or int(time.time())
        signed = signature_of(self._keys, body, seconds, spoil=spoil)
        headers = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        return Answer(body, status, JSON, headers=headers.encode("ascii"))


def _is_acknowledgement(status: int, body: bytes) -> bool:
    """What WeChat Pay wants to see, whatever is said beside it."""
    del body
    return status in {200, 204}


def _content(body: bytes) -> Fields:
    """The object that a call sends."""
    try:
        content = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise RefusedCall("PARAM_ERROR", "请求体不是合法的 JSON")
    return content


def _day(text: str | None) -> date:
    """A day in a query."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise RefusedCall("PARAM_ERROR", "参数错误：日期格式为 YYYY-MM-DD") from None
