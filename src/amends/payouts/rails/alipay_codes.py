"""What Alipay's codes mean for a payer: the table, and the reading of answers by it.

Sources: the sub-code lists of `alipay.fund.trans.uni.transfer` and the older
`alipay.fund.trans.toaccount.transfer` with their "what to do" texts, and the gateway's public
codes, as collected in the project's payout report §1.1. What a contract says goes before this.
Everything that is not listed is `Unknown`: a code that nobody has read decides nothing about money.
"""

from datetime import UTC, datetime
from functools import lru_cache

from amends.kernel.money import Money, exponent
from amends.payouts.rails.alipay_wire import Node
from amends.payouts.rails.model import (
    AMOUNT_DIFFERS,
    Accepted,
    Advice,
    NotFound,
    Outcome,
    QueryAnswer,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.rails.written import SHANGHAI, MalformedBillError, minor_of

_R = RefusalReason


def _words(text: str) -> frozenset[str]:
    """The words of *text*."""
    return frozenset(text.split())


PAYEE_SIDE: dict[str, RefusalReason] = {
    "PAYEE_NOT_EXIST": _R.UNKNOWN_ACCOUNT,
    "PAYEE_ACCOUNT_NOT_EXSIT": _R.UNKNOWN_ACCOUNT,  # sic
    "PAYEE_ACC_OCUPIED": _R.AMBIGUOUS_ACCOUNT,  # sic: one login, several accounts
    "PAYEE_USER_INFO_ERROR": _R.NAME_MISMATCH,
    "PAYEE_CERT_INFO_ERROR": _R.NAME_MISMATCH,
    "PERM_AML_NOT_REALNAME_REV": _R.NOT_REAL_NAME,
    "PERMIT_NON_BANK_LIMIT_PAYEE": _R.NOT_REAL_NAME,
    "PAYEE_NOT_RELNAME_CERTIFY": _R.NOT_REAL_NAME,  # sic
    "EXCEED_LIMIT_UNRN_DM_AMOUNT": _R.NOT_REAL_NAME,  # 1,000 a day without real-name check
    "EXCEED_LIMIT_DC_RECEIVED": _R.ACCOUNT_LIMIT,  # so many payments in a day
    "PAYEE_TRUSTEESHIP_ACC_OVER_LIMIT": _R.ACCOUNT_LIMIT,
    "BLOCK_USER_FORBBIDEN_RECIEVE": _R.ACCOUNT_BLOCKED,  # sic
    "RELEASE_USER_FORBBIDEN_RECIEVE": _R.ACCOUNT_BLOCKED,  # the phone number has a new owner
    "NO_ACCOUNT_USER_FORBBIDEN_RECIEVE": _R.ACCOUNT_BLOCKED,
    "NO_ACCOUNT_RECEIVE_PERMISSION": _R.ACCOUNT_BLOCKED,
    "PERMIT_CHECK_RECEIVE_LIMIT": _R.ACCOUNT_BLOCKED,
    "PAYEE_USERINFO_STATUS_ERROR": _R.ACCOUNT_BLOCKED,
    "PAYEE_ACCOUNT_STATUS_ERROR": _R.ACCOUNT_BLOCKED,
    "PAYEE_USER_TYPE_ERROR": _R.ACCOUNT_UNSUITABLE,
    "PAYER_PAYEE_CANNOT_SAME": _R.ACCOUNT_UNSUITABLE,
}
"""The payee's account is the trouble: this number is over, another rail or a person may help."""

USED_UP = _words("""
    EXCEED_LIMIT_DM_AMOUNT EXCEED_LIMIT_DM_MAX_AMOUNT EXCEED_LIMIT_MM_AMOUNT
    EXCEED_LIMIT_MM_MAX_AMOUNT
""")
"""Our quota of the day (DM) or the month (MM) is used up: nothing passes until the next begins."""

PAYER_SIDE = USED_UP | _words("""
    PAYER_BALANCE_NOT_ENOUGH BALANCE_IS_NOT_ENOUGH PAYMENT_MONEY_NOT_ENOUGH
    EXCEED_LIMIT_SM_AMOUNT EXCEED_LIMIT_SM_MIN_AMOUNT EXCEED_LIMIT_PERSONAL_SM_AMOUNT
    EXCEED_LIMIT_ENT_SM_AMOUNT
    MEMO_REQUIRED_IN_TRANSFER_ERROR REMARK_HAS_SENSITIVE_WORD PERMIT_PAYER_FORBIDDEN
    PERMIT_PAYER_LOWEST_FORBIDDEN PERMIT_CHECK_PERM_LIMITED PERMIT_CHECK_PERM_IDENTITY_THEFT
    PAYER_CERT_EXPIRED PAYER_STATUS_ERROR PAYER_USER_INFO_ERROR PAYER_DATA_INCOMPLETE
    PAYER_CERTIFY_CHECK_FAIL CERT_MISS_TRANS_LIMIT CERT_MISS_ACC_LIMIT
    BLOCK_USER_FORBBIDEN_SEND PAYCARD_UNABLE_PAYMENT MONEY_PAY_CLOSED
    NO_AVAILABLE_PAYMENT_TOOLS NO_ACCOUNT_PAYMENT_PERMISSION NO_ACCOUNTBOOK_PERMISSION
    NO_PERMISSION_ACCOUNT NO_ORDER_PERMISSION NOT_IN_WHITE_LIST INVALID_PAYER_ACCOUNT
    NOT_SUPPORT_PAYER_ACCOUNT_TYPE PRODUCT_NOT_SIGN MRCHPROD_QUERY_ERROR ILLEGAL_OPERATION
    ISV_AUTH_ERROR SIGN_INVALID TRANSFER_SCENE_NAME_ILLEGAL isv.invalid-signature
    isv.missing-signature isv.invalid-signature-type isv.missing-app-id isv.invalid-app-id
    isv.invalid-timestamp isv.insufficient-isv-permissions isv.insufficient-user-permissions
    isv.invalid-method isv.missing-method
""")
"""Our balance, quota, contract or key is the trouble: the next payment would meet it too."""

PASSING = _words("""
    SYSTEM_ERROR REQUEST_PROCESSING RESOURCE_LIMIT_EXCEED MAX_VISIT_LIMIT isp.unknow-error
    aop.unknow-error isp.unknown-error aop.unknown-error isv.app-call-limited
    isv.method-call-limited app-call-limited method-call-limited
""")
"""Nobody can know: ask, and send the same number again. SYSTEM_ERROR is no failure."""

UNKNOWN_NUMBER = frozenset(("ORDER_NOT_EXIST",))
"""To a query: perhaps still on its way. To read it as a failure is to pay twice."""

_AMOUNTS = ("trans_amount", "amount")
"""Where an answer states an amount: a query's always, a transfer's in some contracts."""


NO_BILL = _words("""
    isp.bill_not_exist BILL_NOT_EXIST isv.bill-not-exist BILL_DATE_BEFORE_TODAY
    invalid_arguments isv.invalid_arguments INVAILID_ARGUMENTS
""")
"""No bill (yet). The gateway's word and the documentation's differ (seen on a live account)."""


DONE = _words("SUCCESS")
WORKING = _words("DEALING INIT WAIT_PAY")
OVER = _words("FAIL CLOSED")
BACK = _words("REFUND")
"""The states of an order, by what they mean."""


def advice_of(code: str) -> Advice:
    """What to do about a code that is not the payee's trouble."""
    if code in PASSING:
        return Advice.ASK
    return Advice.STOP_RAIL if code in PAYER_SIDE else Advice.ALARM


def reason_of(code: str) -> RefusalReason:
    """Why an order ended, by the code that it carries."""
    if code in PAYEE_SIDE:
        return PAYEE_SIDE[code]
    return _R.PAYER if code in PAYER_SIDE else _R.UNLISTED


def transfer_outcome(node: Node, raw: bytes, number: str, amount: Money | None = None) -> Outcome:
    """Read the verified answer to a transfer of *amount* under *number*."""
    code = problem_of(node)
    if code is not None:
        if code in PAYEE_SIDE:
            return Refused(provider_reference=None, reason=PAYEE_SIDE[code], code=code, raw=raw)
        return _unknown(code, raw)
    answer = _by_status(node, raw, number, amount)
    if isinstance(answer, Returned):
        return Unknown(advice=Advice.ASK, code="REFUND", raw=raw)
    return answer


def query_answer(node: Node, raw: bytes, number: str, amount: Money | None = None) -> QueryAnswer:
    """Read the verified answer to a question about *number*, which was ordered with *amount*."""
    code = problem_of(node)
    if code is None:
        return _by_status(node, raw, number, amount)
    if code in UNKNOWN_NUMBER:
        return NotFound(raw=raw)
    return _unknown(code, raw)


def _about_another(node: Node, number: str, amount: Money | None) -> str | None:
    """Whether an answer is about another order than ours: by what."""
    if text_of(node, "out_biz_no") != number:
        return "other_number"
    return AMOUNT_DIFFERS if amount is not None and says_another(node, amount) else None


def says_another(node: Node, amount: Money) -> bool:
    """Whether an answer, or a notification, states another amount, or currency, than the order."""
    for name in _AMOUNTS:
        stated = node.get(name)
        if stated not in (None, "") and _minor(str(stated), amount.currency) != amount.amount_minor:
            return True
    currency = node.get("trans_currency") or node.get("currency") or amount.currency
    return currency != amount.currency


@lru_cache(maxsize=1024)
def _minor(text: str, currency: str) -> int | None:
    """Minor units of yuan with a point; the same for many people."""
    try:
        return minor_of(text, exponent(currency))
    except MalformedBillError:
        return None


def _unknown(code: str, raw: bytes) -> Unknown:
    """An answer by whose code nobody can know."""
    return Unknown(advice=advice_of(code), code=code, raw=raw, used_up=code in USED_UP)


def problem_of(node: Node) -> str | None:
    """The code of an answer that is not a success; None for a success."""
    if node.get("code") == "10000":
        return None
    return text_of(node, "sub_code") or text_of(node, "code") or "no_code"


def text_of(node: Node, name: str) -> str | None:
    """A text of the node; None when it is missing, empty, or no text."""
    value = node.get(name)
    return value if isinstance(value, str) and value else None


def time_of(node: Node, name: str) -> datetime | None:
    """A time of the node (``2026-11-22 10:00:00``, Shanghai), in UTC."""
    return _time(text_of(node, name) or "")


@lru_cache(maxsize=64)
def _time(text: str) -> datetime | None:
    """Many answers in a row say the same second."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _by_status(
    node: Node, raw: bytes, number: str, amount: Money | None = None
) -> Outcome | Returned:
    """Read an order by its status: code 10000 alone says nothing about the money."""
    if (another := _about_another(node, number, amount)) is not None:
        return Unknown(advice=Advice.ALARM, code=another, raw=raw)
    status, reference = text_of(node, "status") or "no_status", text_of(node, "order_id")
    if status in DONE:
        at = time_of(node, "pay_date") or time_of(node, "trans_date")
        return Settled(provider_reference=reference, settled_at=at, raw=raw)
    if status in WORKING:
        return Accepted(provider_reference=reference, raw=raw)
    if status in OVER:
        code = text_of(node, "error_code") or status
        return Refused(
            provider_reference=reference,
            reason=_R.FAILED if code == status else reason_of(code),
            code=code,
            raw=raw,
            stops_rail=code in PAYER_SIDE,
        )
    if status in BACK:
        code = text_of(node, "error_code") or status
        return Returned(provider_reference=reference, returned_at=None, code=code, raw=raw)
    return Unknown(advice=Advice.ALARM, code=status, raw=raw)
