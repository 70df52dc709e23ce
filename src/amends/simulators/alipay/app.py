"""The gateway's front: reads calls, lets faults happen, answers what has been committed."""

import json
import time
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

from yarl import URL

from amends.simulators.alipay.bank import Bank, RefusedCall
from amends.simulators.alipay.bill import write_bill
from amends.simulators.alipay.wire import Keys, envelope, is_signed, notification
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
from amends.simulators.written import DAY_MS, SHANGHAI, Fields, read_time

CALLS = {
    "alipay.fund.trans.uni.transfer": "transfer",
    "alipay.fund.trans.common.query": "query",
    "alipay.fund.account.query": "account",
    "alipay.data.dataservice.bill.downloadurl.query": "bill",
    "alipay.data.bill.accountlog.query": "account_log",
}
"""Method → what it is called here."""

BILL_READY = timedelta(hours=9)
URL_LIVES_S = 30.0

_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>Alipay simulator</title>
<h1>这是模拟器，不是支付宝 · This is a simulator, not Alipay</h1>
<p>Amends 用它代替支付宝演练：没有真实资金，没有真实账户。</p>
<p>Amends rehearses with it in Alipay's place: no real money moves and no real account exists.
It has taken {orders} made-up orders. Calls go to <code>POST /gateway.do</code>.</p>
"""


class AlipayGateway(Gateway):
    """One simulated merchant's gateway at Alipay."""

    def __init__(  # what a gateway consists of
        self,
        *,
        store: Store,
        bank: Bank,
        faults: Faults,
        keys: Keys,
        now: Callable[[], int] | None,
        calls_per_second: int | None = None,
    ) -> None:
        self._bank = bank
        self._keys = keys
        self._bills = ShortLived[date](URL_LIVES_S)
        self._meters = {method: Meter(calls_per_second) for method in CALLS}
        callbacks = Callbacks(store, self._notification, _is_acknowledgement)
        super().__init__(store=store, books=bank, faults=faults, callbacks=callbacks, now=now)

    def answer(self, request: Request) -> Answer:
        """Answer a request, whatever it is; `commit` has to follow before it is sent."""
        target = request.target.decode("utf-8", "replace")
        path = target.partition("?")[0]
        if not path.startswith("/"):  # an absolute address, as the official SDK sends it
            path = urlsplit(path).path or "/"
        if path == "/gateway.do":
            return self._call(target, request.body)
        if path.startswith("/bill/") and request.method == b"GET":
            return self._bill_file(path.removeprefix("/bill/"))
        if path == "/healthz":
            text = json.dumps({"status": "ok", "simulator": "alipay"})
            return Answer(text.encode(), kind=JSON)
        if path == "/":
            return Answer(_PAGE.format(orders=self.store.orders()).encode())
        return Answer(b"this is a simulator: no such page", 404)

    def _call(self, target: str, body: bytes) -> Answer:
        """One call of the gateway."""
        parameters = _parameters(target, body)
        method = parameters.get("method", "")
        problem = self._problem(parameters) or self._too_many(method)
        if problem is not None:
            name = f"{method.replace('.', '_')}_response" if method in CALLS else "error_response"
            return self._answer(name, problem)
        name = f"{method.replace('.', '_')}_response"
        now_ms = self.observe(read_time(parameters["timestamp"]))
        content = _content(parameters)
        number = content.get("out_biz_no")
        fault, rule = self.fault(CALLS[method], number)
        fields: Fields = {}
        if not self.comes_first(fault, rule, number):
            fields = self._business(CALLS[method], content, parameters, now_ms)
        if fault is CallFault.SYSTEM_ERROR:
            fields = RefusedCall("SYSTEM_ERROR", "系统繁忙").fields
        if fault in DROPPED or fault is CallFault.HTTP_500:
            return as_it_goes_wrong(Answer(b""), fault, rule)
        answer = self._answer(name, fields, spoil=fault is CallFault.BAD_SIGNATURE)
        return as_it_goes_wrong(answer, fault, rule)

    def _problem(self, parameters: dict[str, str]) -> Fields | None:
        """What is wrong with the envelope of a call."""
        for name in ("app_id", "method", "timestamp", "version", "sign_type", "sign"):
            if not parameters.get(name):
                word = {"sign": "signature", "sign_type": "signature-type"}.get(name, name)
                sub_code = f"isv.missing-{word.replace('_', '-')}"
                fields = RefusedCall(sub_code, f"缺少{name}参数", code="40001").fields
                return {**fields, "msg": "Missing Required Arguments"}
        sub_code, sub_msg = "", ""
        if parameters["app_id"] != self._keys.app_id:
            sub_code, sub_msg = "isv.invalid-app-id", "无效的AppID参数"
        elif parameters["sign_type"] != "RSA2":
            sub_code, sub_msg = "isv.invalid-signature-type", "无效的签名类型"
        elif parameters.get("charset", "utf-8").lower() != "utf-8":
            sub_code, sub_msg = "isv.invalid-charset", "字符集错误"
        elif not is_signed(self._keys, parameters):
            sub_code, sub_msg = "isv.invalid-signature", "无效签名"
        elif parameters["method"] not in CALLS:
            sub_code, sub_msg = "isv.invalid-method", "不存在的方法名"
        elif not _is_time(parameters["timestamp"]):
            sub_code, sub_msg = "isv.invalid-timestamp", "非法的时间戳参数"
        elif not is_loopback(parameters.get("notify_url") or "http://127.0.0.1/"):
            sub_code, sub_msg = "isv.invalid-parameter", "模拟器只通知本机（notify_url）"
        return RefusedCall(sub_code, sub_msg, code="40002").fields if sub_code else None

    def _too_many(self, method: str) -> Fields | None:
        """That calls of *method* come too often."""
        if self._meters[method].lets_in(time.monotonic()):
            return None
        limited = RefusedCall("isv.method-call-limited", "API调用次数超限，包含调用频率超限")
        return {**limited.fields, "code": "40005", "msg": "Call Limited"}

    def _business(
        self, call: str, content: Fields, parameters: dict[str, str], now_ms: int
    ) -> Fields:
        """Do what a call asks for."""
        success: Fields = {"code": "10000", "msg": "Success"}
        try:
            if call == "transfer":
                return self._bank.transfer(content, now_ms, parameters.get("notify_url"))
            if call == "query":
                return self._bank.query(content)
            if call == "account":
                return {**success, **self._bank.account()}
            if call == "account_log":
                return {**success, **self._bank.account_log(content)}
            return {**success, **self._bill_address(content, now_ms)}
        except RefusedCall as refused:
            number = content.get("out_biz_no")
            return {**refused.fields, "out_biz_no": number} if number else refused.fields

    def _bill_address(self, content: Fields, now_ms: int) -> Fields:
        """Where a day's bill can be fetched, for a short while."""
        try:
            day = date.fromisoformat(str(content.get("bill_date")))
        except ValueError:
            raise RefusedCall("invalid_arguments", "参数不合法") from None
        if content.get("bill_type") != "signcustomer" or bill_start(day) + DAY_MS > now_ms:
            raise RefusedCall("invalid_arguments", "参数不合法")
        ready_ms = bill_start(day) + DAY_MS + BILL_READY // timedelta(milliseconds=1)
        if now_ms < ready_ms or not has_bill(self.store, day):
            raise RefusedCall("isp.bill_not_exist", "账单不存在")
        return {"bill_download_url": f"{self.base_url}/bill/{self._bills.keep(day)}"}

    def _bill_file(self, token: str) -> Answer:
        """The bill behind an address, while it lives."""
        day = self._bills.get(token)
        if day is None:
            return Answer(b"this is a simulator: the address has expired", 404)
        content = write_bill(self.store, self.faults, day, self._bank.currency)
        return Answer(content, kind="application/zip")

    def _notification(self, notice: NoticeRow) -> Message:
        """What is posted about a notice, signed once."""
        order = self.store.order_by_no(notice.order_no)
        parameters = {
            "app_id": self._keys.app_id,
            "biz_content": self._bank.notice_content(order, notice.status),
            "charset": "UTF-8",
            "msg_method": "alipay.fund.trans.order.changed",
            "notify_id": uuid.uuid4().hex,
            "sign_type": "RSA2",
            "utc_timestamp": str(int(datetime.now(UTC).timestamp() * 1000)),
            "version": "1.1",
        }
        signed = notification(self._keys, parameters, spoil=bool(notice.forged))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8",
            "X-Amends-Simulator": "alipay",
        }
        return Message(headers, urlencode(signed).encode("ascii"))

    def _answer(self, name: str, fields: Fields, *, spoil: bool = False) -> Answer:
        fields["simulator"] = "amends"
        return Answer(envelope(self._keys, name, fields, spoil=spoil))


def _is_acknowledgement(status: int, body: bytes) -> bool:
    """What Alipay wants to read, whatever the status."""
    del status
    return body.strip() == b"success"


def _parameters(target: str, body: bytes) -> dict[str, str]:
    """Parameters of a call: some in the address, some in the form. Of a name twice, the last."""
    text = f"{target.partition('?')[2]}&{body.decode('utf-8', 'replace')}"
    return dict(URL.build(query_string=text, encoded=True).query.items())


def _content(parameters: dict[str, str]) -> Fields:
    """The business content; nothing, if it is not an object."""
    try:
        content = json.loads(parameters.get("biz_content") or "{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


@lru_cache(maxsize=256)
def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() > 0
    except (ValueError, OverflowError):
        return False
