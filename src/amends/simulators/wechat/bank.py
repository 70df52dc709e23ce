"""What the simulated provider does with a transfer: its checks, its books, its payees.

The rules are those of the public pages: one number is one order for ever, the same number with
other parameters is refused, balance and limits are checked. A payee's trouble shows as a failed
order. Money is held back while the payee is waited for, leaves when it is confirmed, and is free
again when a day has passed without that.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import blake2b

from amends.kernel.money import Money
from amends.simulators.faults import Faults, OrderFault, PayeeFault
from amends.simulators.limits import Limits
from amends.simulators.notices import notify
from amends.simulators.store import PAID, Course, OrderRow, Store
from amends.simulators.wechat.wire import Keys, opened_name
from amends.simulators.written import DAY_MS, SHANGHAI, SORTED, Fields, day_start, month_start

WAITING = "WAIT_USER_CONFIRM"
UNPAID = frozenset(("FAIL", "CANCELLED"))
COURSE = Course(
    holding=frozenset(("PROCESSING", WAITING, "TRANSFERING", "CANCELING")),
    unpaid=UNPAID,
    follows={
        WAITING: frozenset(("PROCESSING",)),
        "TRANSFERING": frozenset((WAITING,)),
        PAID: frozenset(("TRANSFERING",)),
        "FAIL": frozenset(("PROCESSING", WAITING)),
        "CANCELLED": frozenset(("CANCELING",)),
    },
)
"""How orders go here."""

ENDED = frozenset((PAID, *UNPAID))
CONFIRMED_AFTER = timedelta(minutes=1)
"""How long a payee takes, if no fault says otherwise."""

CLOSED_AFTER_MS = DAY_MS
"""Not confirmed within 24 hours is closed."""

REACH_BACK_MS = 30 * DAY_MS
_SOON_MS = 1000

PAYEE_TROUBLE: dict[PayeeFault, str] = {
    PayeeFault.PAYEE_UNKNOWN: "ACCOUNT_NOT_EXIST",
    PayeeFault.NAME_MISMATCH: "NAME_NOT_CORRECT",
    PayeeFault.NOT_REAL_NAME: "REAL_NAME_CHECK_FAIL",
    PayeeFault.PAYEE_BLOCKED: "ACCOUNT_FROZEN",
}
DAY_QUOTA = "DAY_RECEIVED_QUOTA_EXCEED"
MONTH_QUOTA = "MONTH_RECEIVED_QUOTA_EXCEED"
DAY_COUNT = "DAY_RECEIVED_COUNT_EXCEED"
OVERDUE = "OVERDUE_CLOSE"
TAKEN_BACK = "MCH_CANCEL"
FAIL_CODE = "TRANSFER_RISK"

_NUMBER = re.compile(r"[0-9A-Za-z]{1,32}")
_OPENID = re.compile(r"[0-9A-Za-z_-]{6,64}")
_SCENE = re.compile(r"1\d{3}")
_REMARK_LENGTH = 32
_TRANSFER_MIN = "0.10"
_TRANSFER_MAX = "20000.00"
WRONG_MINOR = 1
"""What answers state where they are to state a wrong amount: less than any transfer."""
_NAME_FROM_MINOR = 200_000
_NO_NAME_BELOW_MINOR = 30


class RefusedCall(Exception):  # noqa: N818  # not an error of ours: an answer with a code
    """An answer that is no success."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.status = status
        self.fields: Fields = {"code": code, "message": message}


class Bank:
    """The provider's side of transfers, on one store and one set of faults."""

    def __init__(
        self, store: Store, faults: Faults, limits: Limits, currency: str, keys: Keys
    ) -> None:
        self._store = store
        self._faults = faults
        self._limits = limits
        self._keys = keys
        self.currency = currency
        self._least = Money.parse(f"{currency} {_TRANSFER_MIN}")
        self._most = limits.transfer_max or Money.parse(f"{currency} {_TRANSFER_MAX}")

    def advance(self, now_ms: int) -> None:
        """Let everything happen that was due by *now_ms*."""
        while self._store.next_due_ms <= now_ms:
            order = self._store.change_due(now_ms)
            if order is None:
                return
            if order.status == WAITING:
                self._wait_for_payee(order)
            elif order.status == "TRANSFERING":
                self._store.plan(order.changed_ms + _SOON_MS, order.order_no, PAID)
            elif order.notify_url is not None and order.status in ENDED:
                notify(self._store, self._faults, order)

    def transfer(self, content: Fields, now_ms: int, notify_url: str | None) -> Fields:
        """Take an order, or say what became of it before."""
        number, minor = self._order_words(content)
        digest = self._digest(content)
        known = self._store.order(number)
        if known is not None:
            if known.digest != digest:
                raise RefusedCall("INVALID_REQUEST", "单号已存在但信息不一致，请查单后比较确认")
            return self._taken(known)
        self._require_scene(content)
        self._require_payee(content, minor)
        self._require_limits(minor, now_ms)
        payee = self._digest({"openid": content["openid"]})
        trouble = self._trouble(content, minor, payee, now_ms)
        dealing = self._faults.rule(OrderFault.DEALING, number)
        order = self._store.take(
            OrderRow(
                order_no=0,
                number=number,
                digest=digest,
                amount_minor=minor,
                status="PROCESSING" if trouble or dealing else WAITING,
                error_code=trouble,
                taken_ms=now_ms,
                changed_ms=now_ms,
                notify_url=notify_url,
            ),
            payee,
        )
        if order.status == WAITING:
            self._wait_for_payee(order)
        else:
            after_ms = dealing.after // timedelta(milliseconds=1) if dealing else _SOON_MS
            self._store.plan(now_ms + after_ms, order.order_no, "FAIL" if trouble else WAITING)
        return self._taken(order)

    def query(self, number: str, now_ms: int) -> Fields:
        """Say what became of a number, if it is not too old."""
        order = self._store.order(number)
        hidden = self._faults.rule(OrderFault.QUERY_NOT_EXIST_FIRST, number)
        if (
            order is None
            or now_ms - order.taken_ms >= REACH_BACK_MS
            or (
                hidden
                and self._store.fired(
                    OrderFault.QUERY_NOT_EXIST_FIRST, number, limit=hidden.attempts
                )
            )
        ):
            raise RefusedCall("NOT_FOUND", "记录不存在", 404)
        fields = {
            **self._taken(order),
            "mch_id": self._keys.mchid,
            "appid": self._keys.appid,
            "transfer_amount": self._stated_minor(order),
            "update_time": moment(order.changed_ms),
        }
        fields.pop("package_info", None)
        return fields

    def cancel(self, number: str, now_ms: int) -> Fields:
        """Begin to take an order back that its payee has not confirmed."""
        order = self._store.order(number)
        if order is None:
            raise RefusedCall("NOT_FOUND", "记录不存在", 404)
        if order.status == WAITING:
            order = self._store.change(order, "CANCELING", now_ms, TAKEN_BACK)
            self._store.plan(now_ms + _SOON_MS, order.order_no, "CANCELLED")
        elif order.status not in {"CANCELING", "CANCELLED"}:
            raise RefusedCall("INVALID_REQUEST", "当前转账单状态不支持撤销")
        return {
            "out_bill_no": order.number,
            "transfer_bill_no": bill_no(order),
            "state": order.status,
            "update_time": moment(order.changed_ms),
        }

    def balance(self) -> Fields:
        """What the account holds now."""
        store = self._store
        return {
            "available_amount": store.balance_minor - store.frozen_minor,
            "pending_amount": store.frozen_minor,
        }

    def notice_content(self, order: OrderRow, status: str) -> Fields:
        """What a notification says: that an order came into *status*."""
        fields: Fields = {
            "out_bill_no": order.number,
            "transfer_bill_no": bill_no(order),
            "state": status,
            "mch_id": self._keys.mchid,
            "transfer_amount": self._stated_minor(order),
            "create_time": moment(order.taken_ms),
            "update_time": moment(order.changed_ms),
            "simulator": "amends",
        }
        if status in UNPAID:
            fields["fail_reason"] = order.error_code
        return fields

    def _taken(self, order: OrderRow) -> Fields:
        """An order as the answer to a transfer has it."""
        fields: Fields = {
            "out_bill_no": order.number,
            "transfer_bill_no": bill_no(order),
            "create_time": moment(order.taken_ms),
            "state": order.status,
        }
        if order.status == WAITING:
            fields["package_info"] = f"simulator-{bill_no(order)}"
        if order.status in UNPAID and order.error_code is not None:
            fields["fail_reason"] = order.error_code
        if (stated_minor := self._stated_minor(order)) != order.amount_minor:
            fields["transfer_amount"] = stated_minor
        return fields

    def _stated_minor(self, order: OrderRow) -> int:
        """What answers say that was ordered."""
        wrong = self._faults.rule(OrderFault.ANSWER_WRONG_AMOUNT, order.number)
        return order.amount_minor if wrong is None else WRONG_MINOR

    def _wait_for_payee(self, order: OrderRow) -> None:
        """Plan what the payee does, or that nothing is done for a day."""
        late = self._faults.rule(OrderFault.CONFIRMED_LATE, order.number)
        takes = late.after if late else CONFIRMED_AFTER
        confirmed_ms = order.changed_ms + takes // timedelta(milliseconds=1)
        closed_ms = order.taken_ms + CLOSED_AFTER_MS
        never = self._faults.rule(OrderFault.NEVER_CONFIRMED, order.number)
        if never or confirmed_ms >= closed_ms:
            self._store.change(order, WAITING, order.changed_ms, OVERDUE)
            self._store.plan(closed_ms, order.order_no, "FAIL")
        else:
            self._store.plan(confirmed_ms, order.order_no, "TRANSFERING")

    def _trouble(self, content: Fields, minor: int, payee: bytes, now_ms: int) -> str | None:
        """For which reason an order will fail; None if it will not."""
        account, number = str(content["openid"]), str(content["out_bill_no"])
        for fault, reason in PAYEE_TROUBLE.items():
            if self._faults.rule(fault, account):
                return reason
        if (too_much := self._too_much(minor, payee, now_ms)) is not None:
            return too_much
        dealing = self._faults.rule(OrderFault.DEALING, number)
        fails = dealing and self._faults.share("dealing_fails", number) < dealing.fail
        return FAIL_CODE if fails else None

    def _too_much(self, minor: int, payee: bytes, now_ms: int) -> str | None:
        """Which limit of what a payee receives an amount would exceed."""
        limits, store = self._limits, self._store
        if limits.payee_day_max is not None or limits.payee_day_count is not None:
            received_minor, count = store.ordered_for(payee, day_start(now_ms))
            most = limits.payee_day_max
            if most is not None and received_minor + minor > most.amount_minor:
                return DAY_QUOTA
            if limits.payee_day_count is not None and count >= limits.payee_day_count:
                return DAY_COUNT
        if (most := limits.payee_month_max) is not None:
            received_minor, _ = store.ordered_for(payee, month_start(now_ms))
            if received_minor + minor > most.amount_minor:
                return MONTH_QUOTA
        return None

    def _order_words(self, content: Fields) -> tuple[str, int]:
        """Number and amount, if they are well-formed."""
        number, minor = content.get("out_bill_no"), content.get("transfer_amount")
        if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
            raise RefusedCall("PARAM_ERROR", "参数错误：out_bill_no 只能由数字、大小写字母组成")
        if not isinstance(minor, int) or isinstance(minor, bool):
            raise RefusedCall("PARAM_ERROR", "参数错误：transfer_amount")
        if content.get("appid") != self._keys.appid:
            raise RefusedCall("INVALID_REQUEST", "商户号与 appid 不匹配")
        return number, minor

    def _digest(self, content: Mapping[str, object]) -> bytes:
        """Stands for everything an order says, as it was sent, under this simulator's secret."""
        text = SORTED.encode(content).encode()
        return blake2b(text, key=self._store.secret, digest_size=16).digest()

    def _require_scene(self, content: Fields) -> None:
        """Refuse a transfer that does not say what it is for."""
        scene, reports = (
            content.get("transfer_scene_id"),
            content.get("transfer_scene_report_infos"),
        )
        if not isinstance(scene, str) or _SCENE.fullmatch(scene) is None:
            raise RefusedCall("INVALID_REQUEST", "你尚未获取该转账场景")
        words = [
            report.get(name)
            for report in (reports if isinstance(reports, list) else [None])
            for name in ("info_type", "info_content")
            if isinstance(report, dict)
        ]
        if not words or not all(isinstance(word, str) and word for word in words):
            raise RefusedCall("PARAM_ERROR", "参数错误：transfer_scene_report_infos")
        remark = content.get("transfer_remark")
        if not isinstance(remark, str) or not 1 <= len(remark) <= _REMARK_LENGTH:
            raise RefusedCall("PARAM_ERROR", "参数错误：transfer_remark")

    def _require_payee(self, content: Fields, minor: int) -> None:
        """Refuse malformed payees, and names that are missing or cannot be read."""
        account, name = content.get("openid"), content.get("user_name")
        if not isinstance(account, str) or _OPENID.fullmatch(account) is None:
            raise RefusedCall("PARAM_ERROR", "参数错误：OpenID 格式错误或者不属于商家公众账号")
        if name is None:
            if minor >= _NAME_FROM_MINOR:
                raise RefusedCall("PARAM_ERROR", "转账金额大于等于 2,000 元时收款用户姓名必填")
            return
        if minor < _NO_NAME_BELOW_MINOR:
            raise RefusedCall("PARAM_ERROR", "转账金额小于 0.3 元时不支持传入收款用户姓名")
        if not isinstance(name, str) or not opened_name(self._keys, name):
            raise RefusedCall("PARAM_ERROR", "敏感信息解密失败：user_name")

    def _require_limits(self, minor: int, now_ms: int) -> None:
        """Refuse what the contract or the balance does not allow."""
        limits, store = self._limits, self._store
        if minor < self._least.amount_minor:
            raise RefusedCall("PARAM_ERROR", "转账金额低于单笔最低限额")
        if minor > self._most.amount_minor:
            raise RefusedCall("INVALID_REQUEST", "超出单笔转账限额")
        quotas = (
            (limits.day_max, day_start, "超出商户单日转账额度"),
            (limits.month_max, month_start, "超出商户单月转账额度"),
        )
        for most, start, message in quotas:
            if most is not None:
                ordered_minor = store.ordered_minor(start(now_ms))
                if ordered_minor + minor > most.amount_minor:
                    raise RefusedCall("QUOTA_EXCEED", message, 403)
        if minor > store.balance_minor - store.frozen_minor:
            raise RefusedCall("NOT_ENOUGH", "商户账户余额不足", 403)


def moment(at_ms: int) -> str:
    """A moment as the gateway writes it: RFC 3339, Shanghai."""
    return datetime.fromtimestamp(at_ms // 1000, SHANGHAI).isoformat()


def bill_no(order: OrderRow) -> str:
    """The provider's number of an order."""
    return bill_no_of(order.order_no, order.taken_ms)


def bill_no_of(order_no: int, taken_ms: int) -> str:
    """The provider's number of an order, from its parts."""
    return f"1330{moment(taken_ms)[:10].replace('-', '')}{order_no:016d}"
