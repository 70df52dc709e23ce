"""What the simulated provider does with an order: its checks, its books, its faults of payees.

The rules are those of the public pages: one number is one order for ever, the same number with
other parameters is refused, balance and limits are checked, a payee's trouble makes no order.
"""

import re
from datetime import timedelta
from functools import lru_cache
from hashlib import blake2b

from amends.kernel.money import Money
from amends.simulators.faults import Faults, OrderFault, PayeeFault
from amends.simulators.limits import Limits
from amends.simulators.notices import notify
from amends.simulators.store import Course, MovementRow, OrderRow, Store
from amends.simulators.written import (
    COMPACT,
    DAY_MS,
    SORTED,
    Fields,
    day_start,
    local_time,
    month_start,
    read_time,
    yuan,
)

COURSE = Course(holding=frozenset(("DEALING",)), unpaid=frozenset(("FAIL",)))
"""How orders go here."""

_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,64}")
_LOGIN = re.compile(r"\S{3,100}")
_USER_ID = re.compile(r"2088\d{12}")
_CARD = re.compile(r"\d{13,19}")
_PAYEE_FORMS = {
    "ALIPAY_LOGON_ID": _LOGIN,
    "ALIPAY_USER_ID": _USER_ID,
    "BANKCARD_ACCOUNT": _CARD,
}
_TO_ACCOUNT, _TO_CARD = "TRANS_ACCOUNT_NO_PWD", "TRANS_BANKCARD_NO_PWD"
_CARD_TAKES_MS = 120_000
"""A bank takes its time: two minutes here, up to two hours elsewhere."""
_PAGE_MAX = 2000
_MEMO_FROM_MINOR = 5_000_000
_TRANSFER_MIN = "0.10"
_TRANSFER_MAX = "50000.00"
"""To a personal account, by the public pages, where the contract says nothing else."""
_UNVERIFIED_DAY_MAX = "1000.00"
"""What an account whose owner has not proved the name may receive in a day."""

PAYEE_TROUBLE: dict[PayeeFault, tuple[str, str]] = {
    PayeeFault.PAYEE_UNKNOWN: (
        "PAYEE_NOT_EXIST",
        "收款账号不存在或姓名有误",
    ),
    PayeeFault.NAME_MISMATCH: (
        "PAYEE_USER_INFO_ERROR",
        "支付宝账号和姓名不匹配，请确认姓名是否正确",
    ),
    PayeeFault.NOT_REAL_NAME: (
        "PERM_AML_NOT_REALNAME_REV",
        "根据监管部门的要求，需要收款用户补充身份信息才能继续操作",
    ),
    PayeeFault.PAYEE_BLOCKED: ("BLOCK_USER_FORBBIDEN_RECIEVE", "账户异常被冻结，无法收款"),
}

WRONG_MINOR = 1
"""What answers state where that fault is: less than any transfer."""

FAIL_CODE = "PAYEE_USERINFO_STATUS_ERROR"
FAIL_REASON = "收款方用户状态不正常"


class RefusedCall(Exception):  # noqa: N818  # not an error of ours: an answer with a code
    """A business answer that is not a success."""

    def __init__(self, sub_code: str, sub_msg: str, code: str = "40004") -> None:
        super().__init__(sub_code)
        self.fields: Fields = {
            "code": code,
            "msg": "Business Failed" if code == "40004" else "Invalid Arguments",
            "sub_code": sub_code,
            "sub_msg": sub_msg,
        }


class Bank:
    """The provider's side of transfers, on one store and one set of faults."""

    def __init__(self, store: Store, faults: Faults, limits: Limits, currency: str) -> None:
        self._store = store
        self._faults = faults
        self._limits = limits
        self.currency = currency
        self._least = Money.parse(f"{currency} {_TRANSFER_MIN}")
        self._most = limits.transfer_max or Money.parse(f"{currency} {_TRANSFER_MAX}")
        unverified = Money.parse(f"{currency} {_UNVERIFIED_DAY_MAX}")
        self._unverified_most = limits.unverified_day_max or unverified
        self._counts_payees = (
            limits.payee_day_count is not None or PayeeFault.UNVERIFIED in faults.rules
        )

    def advance(self, now_ms: int) -> None:
        """Let everything happen that was due by *now_ms*."""
        while self._store.next_due_ms <= now_ms:
            order = self._store.change_due(now_ms)
            if order is None:
                return
            if order.status == "SUCCESS":
                self._plan_return(order)
            if order.notify_url is not None:
                notify(self._store, self._faults, order)

    def transfer(self, content: Fields, now_ms: int, notify_url: str | None) -> Fields:
        """Take an order, or say what became of it before."""
        number, amount = self._order_words(content)
        digest = self._digest(content, amount)
        known = self._store.order(number)
        if known is not None:
            if known.digest != digest:
                raise RefusedCall(
                    "PAYMENT_INFO_INCONSISTENCY", "两次请求商户单号一样，但是参数不一致"
                )
            return self._order_fields(known)
        account = self._require_payee(content)
        self._require_transfer(content, amount)
        payee = self._digest_of({"account": account}) if self._counts_payees else None
        if payee is not None:
            self._require_payee_limits(account, payee, amount, now_ms)
        self._require_quota(amount, now_ms)
        dealing = self._faults.rule(OrderFault.DEALING, number)
        to_card = content["product_code"] == _TO_CARD
        fails = dealing and self._faults.share("dealing_fails", number) < dealing.fail
        order = self._store.take(
            OrderRow(
                order_no=0,
                number=number,
                digest=digest,
                amount_minor=amount.amount_minor,
                status="DEALING" if dealing or to_card else "SUCCESS",
                error_code=FAIL_CODE if fails else None,
                taken_ms=now_ms,
                changed_ms=now_ms,
                notify_url=notify_url,
            ),
            payee,
        )
        if to_card:
            self._store.keep_product(number, _TO_CARD)
        if dealing or to_card:
            takes_ms = dealing.after // timedelta(milliseconds=1) if dealing else _CARD_TAKES_MS
            due_ms = now_ms + takes_ms
            self._store.plan(due_ms, order.order_no, "FAIL" if fails else "SUCCESS")
        else:
            self._plan_return(order)
        return self._order_fields(order)

    def query(self, content: Fields) -> Fields:
        """Say what became of a number."""
        number = content.get("out_biz_no")
        if not isinstance(number, str) or not number:
            raise RefusedCall("INVALID_PARAMETER", "参数有误。out_biz_no 必填")
        order = self._store.order(number)
        product = content.get("product_code")
        if order and product and product != self._store.product(number, _TO_ACCOUNT):
            order = None
        hidden = self._faults.rule(OrderFault.QUERY_NOT_EXIST_FIRST, number)
        if order is None or (
            hidden
            and self._store.fired(OrderFault.QUERY_NOT_EXIST_FIRST, number, limit=hidden.attempts)
        ):
            raise RefusedCall("ORDER_NOT_EXIST", "转账订单不存在")
        fields = self._order_fields(order)
        fields["trans_amount"] = self._stated(order)
        fields["order_fee"] = self._yuan(0)
        if order.status == "SUCCESS":
            fields["pay_date"] = local_time(order.changed_ms)
        if order.status == "REFUND":
            fields.update(error_code="REFUND", fail_reason="资金已退回付款方")
        return fields

    def account(self) -> Fields:
        """What the account holds."""
        store = self._store
        return {
            "available_amount": self._yuan(store.balance_minor - store.frozen_minor),
            "freeze_amount": self._yuan(store.frozen_minor),
            "total_amount": self._yuan(store.balance_minor),
        }

    def account_log(self, content: Fields) -> Fields:
        """A page of the account's movements, both ends of the time included."""
        try:
            start_ms, end_ms = (read_time(str(content[n])) for n in ("start_time", "end_time"))
            page, size = int(str(content["page_no"])), int(str(content["page_size"]))
        except (KeyError, ValueError):
            raise RefusedCall("INVALID_PARAMETER", "参数有误") from None
        if page < 1 or not 1 <= size <= _PAGE_MAX or end_ms - start_ms > 31 * DAY_MS:
            raise RefusedCall("INVALID_PARAMETER", "参数有误")
        first, end = self._store.movement_range(start_ms, end_ms + 1000)
        begin = first + (page - 1) * size
        rows = self._store.movements(begin, min(begin + size, end))
        return {
            "page_no": str(page),
            "page_size": str(size),
            "total_size": str(end - first),
            "detail_list": [self._log_line(MovementRow(*row)) for row in rows],
        }

    def notice_content(self, order: OrderRow, status: str) -> str:
        """The ``biz_content`` of a notification that an order came into *status*."""
        content: Fields = {
            "out_biz_no": order.number,
            "order_id": order_id(order),
            "status": status,
            "trans_amount": self._stated(order),
            "product_code": self._store.product(order.number, _TO_ACCOUNT),
            "biz_scene": "DIRECT_TRANSFER",
            "pay_date": local_time(order.changed_ms),
            "simulator": "amends",
        }
        return COMPACT.encode(content)

    def _order_words(self, content: Fields) -> tuple[str, Money]:
        """Number and amount, if they are well-formed."""
        number, amount = content.get("out_biz_no"), content.get("trans_amount")
        if not isinstance(number, str) or _NUMBER.fullmatch(number) is None:
            raise RefusedCall("INVALID_PARAMETER", "参数有误。out_biz_no")
        product, scene = content.get("product_code"), content.get("biz_scene")
        if product not in (_TO_ACCOUNT, _TO_CARD) or scene != "DIRECT_TRANSFER":
            raise RefusedCall("PRODUCT_NOT_SIGN", "产品未签约")
        try:
            return number, _amount(f"{self.currency} {amount}")
        except ValueError:
            raise RefusedCall("INVALID_PARAMETER", "参数有误。trans_amount") from None

    def _digest(self, content: Fields, amount: Money) -> bytes:
        """Stands for everything an order says, under this simulator's secret."""
        return self._digest_of({**content, "trans_amount": amount.amount_minor})

    def _digest_of(self, said: object) -> bytes:
        """Stands for something that was said, under this simulator's secret."""
        text = SORTED.encode(said).encode()
        return blake2b(text, key=self._store.secret, digest_size=16).digest()

    def _require_payee(self, content: Fields) -> str:
        """Refuse malformed payees, and those whom a fault meets; the account of any other."""
        payee = content.get("payee_info")
        if not isinstance(payee, dict):
            raise RefusedCall("INVALID_PARAMETER", "参数有误。payee_info")
        account, kind, name = (payee.get(word) for word in ("identity", "identity_type", "name"))
        if not isinstance(account, str) or kind not in _PAYEE_FORMS:
            raise RefusedCall("INVALID_PARAMETER", "参数有误。identity_type")
        if _PAYEE_FORMS[kind].fullmatch(account) is None:
            raise RefusedCall(*PAYEE_TROUBLE[PayeeFault.PAYEE_UNKNOWN])
        if kind != "ALIPAY_USER_ID" and not name:
            raise RefusedCall("INVALID_PARAMETER", "参数有误。name")
        card = payee.get("bankcard_ext_info")
        of_whom = card.get("account_type") if isinstance(card, dict) else None
        if (kind == "BANKCARD_ACCOUNT") != (content.get("product_code") == _TO_CARD):
            raise RefusedCall("INVALID_PARAMETER", "参数有误。identity_type")
        if kind == "BANKCARD_ACCOUNT" and of_whom != "2":  # of a company: nobody here is one
            raise RefusedCall("INVALID_PARAMETER", "参数有误。bankcard_ext_info")
        for fault, trouble in PAYEE_TROUBLE.items():
            if self._faults.rule(fault, account):
                raise RefusedCall(*trouble)
        return account

    def _require_transfer(self, content: Fields, amount: Money) -> None:
        """Refuse a transfer that is too small or too large, or does not say what for."""
        minor = amount.amount_minor
        if minor < self._least.amount_minor:
            raise RefusedCall("EXCEED_LIMIT_SM_MIN_AMOUNT", "单笔最低转账金额0.1元")
        if minor > self._most.amount_minor:
            if self._limits.transfer_max is not None:
                raise RefusedCall("EXCEED_LIMIT_SM_AMOUNT", "转账金额单笔额度超限")
            raise RefusedCall("EXCEED_LIMIT_PERSONAL_SM_AMOUNT", "超出转账给个人账户的单笔限额")
        if minor >= _MEMO_FROM_MINOR and not content.get("remark"):
            raise RefusedCall("MEMO_REQUIRED_IN_TRANSFER_ERROR", "单笔达到50000元需要填写付款理由")

    def _require_payee_limits(self, account: str, payee: bytes, amount: Money, now_ms: int) -> None:
        """Refuse what the payee may not receive today."""
        minor, count = self._store.ordered_for(payee, day_start(now_ms))
        most = self._limits.payee_day_count
        if most is not None and count >= most:
            raise RefusedCall("EXCEED_LIMIT_DC_RECEIVED", "收款方超过单日可收款笔数，请次日再收")
        unverified = self._faults.rule(PayeeFault.UNVERIFIED, account) is not None
        if unverified and minor + amount.amount_minor > self._unverified_most.amount_minor:
            raise RefusedCall("EXCEED_LIMIT_UNRN_DM_AMOUNT", "收款账户未实名，超出其单日收款限额")

    def _require_quota(self, amount: Money, now_ms: int) -> None:
        """Refuse what the merchant's quota or the balance does not cover."""
        minor, limits, store = amount.amount_minor, self._limits, self._store
        quotas = (
            (limits.day_max, day_start, "EXCEED_LIMIT_DM_MAX_AMOUNT", "超出单日转账限额"),
            (limits.month_max, month_start, "EXCEED_LIMIT_MM_MAX_AMOUNT", "超出单月转账限额"),
        )
        for most, start, code, message in quotas:
            if most is not None:
                ordered_minor = store.ordered_minor(start(now_ms))
                if ordered_minor + minor > most.amount_minor:
                    raise RefusedCall(code, message)
        if minor > store.balance_minor - store.frozen_minor:
            raise RefusedCall("PAYER_BALANCE_NOT_ENOUGH", "付款方余额不足")

    def _plan_return(self, order: OrderRow) -> None:
        """Let the money of a paid order come back, if a fault meets it."""
        rule = self._faults.rule(OrderFault.RETURNED, order.number)
        if rule is not None:
            due_ms = order.changed_ms + rule.after // timedelta(milliseconds=1)
            self._store.plan(due_ms, order.order_no, "REFUND")

    def _order_fields(self, order: OrderRow) -> Fields:
        fields: Fields = {
            "code": "10000",
            "msg": "Success",
            "out_biz_no": order.number,
            "order_id": order_id(order),
            "pay_fund_order_id": order_id(order, "0015"),
            "status": order.status,
            "trans_date": local_time(order.taken_ms),
        }
        if order.status == "FAIL":
            fields.update(error_code=order.error_code, fail_reason=FAIL_REASON)
        if self._says_another(order):
            fields["amount"] = self._stated(order)
        return fields

    def _says_another(self, order: OrderRow) -> bool:
        """Whether answers are to state another amount than was ordered."""
        return self._faults.rule(OrderFault.ANSWER_WRONG_AMOUNT, order.number) is not None

    def _stated(self, order: OrderRow) -> str:
        """What answers say that was ordered."""
        return self._yuan(WRONG_MINOR if self._says_another(order) else order.amount_minor)

    def _log_line(self, row: MovementRow) -> Fields:
        return {
            "account_log_id": movement_id(row),
            "alipay_order_no": order_id_of(row.order_no, row.taken_ms),
            "merchant_order_no": row.number,
            "direction": "收入" if row.amount_minor > 0 else "支出",
            "trans_amount": self._yuan(abs(row.amount_minor)),
            "balance": self._yuan(row.balance_minor),
            "type": "转账退回" if row.amount_minor > 0 else "转账",
            "trans_dt": local_time(row.at_ms),
        }

    def _yuan(self, amount_minor: int) -> str:
        return yuan(amount_minor, self.currency)


def order_id(order: OrderRow, kind: str = "0006") -> str:
    """The provider's number of an order: 32 digits that begin with its day."""
    return order_id_of(order.order_no, order.taken_ms, kind)


def order_id_of(order_no: int, taken_ms: int, kind: str = "0006") -> str:
    """The provider's number of an order, from its parts."""
    return f"{local_time(taken_ms)[:10].replace('-', '')}1100{kind}{order_no:016d}"


def movement_id(row: MovementRow) -> str:
    """The number of a movement of the account."""
    return f"{local_time(row.at_ms)[:10].replace('-', '')}88{row.movement_no:010d}"


_amount = lru_cache(maxsize=1024)(Money.parse)
"""Amounts come again and again."""
