"""What WeChat Pay's states, reasons and codes mean for a payer.

Sources: the pages of `transfer-bills` (merchant/4012716434, 4012716437, 4012716458) and the
project's payout report §1.2; reasons of failed transfers also by public clients that list them.
What a contract says goes before this. **A code describes a request and never an order**: whatever
the status of an answer, only a state in a signed answer ends an order. What is not listed is
`Unknown`.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from amends.kernel.money import Money
from amends.payouts.rails.model import (
    AMOUNT_DIFFERS,
    Accepted,
    Advice,
    Outcome,
    RefusalReason,
    Refused,
    Settled,
    Unknown,
)
from amends.payouts.rails.wechat_wire import Node

CALLS_PER_SECOND = 100.0
"""Of each kind, by WeChat Pay's own rules (doc/v3/merchant/4012716434)."""

CONFIRM_WITHIN = timedelta(hours=24)
"""How long a payee has to confirm; then the transfer is closed."""

QUERIES_REACH_BACK = timedelta(days=30)

_R = RefusalReason


def _words(text: str) -> frozenset[str]:
    """The words of *text*."""
    return frozenset(text.split())


PAYEE_SIDE: dict[str, RefusalReason] = {
    "ACCOUNT_NOT_EXIST": _R.UNKNOWN_ACCOUNT,
    "OPENID_INVALID": _R.UNKNOWN_ACCOUNT,
    "NAME_NOT_CORRECT": _R.NAME_MISMATCH,
    "ID_CARD_NOT_CORRECT": _R.NAME_MISMATCH,
    "REAL_NAME_CHECK_FAIL": _R.NOT_REAL_NAME,
    "PAYEE_ACCOUNT_ABNORMAL": _R.NOT_REAL_NAME,  # identity has to be completed
    "ACCOUNT_FROZEN": _R.ACCOUNT_BLOCKED,
    "TRANSFER_RISK": _R.ACCOUNT_BLOCKED,
    "TRANSFER_QUOTA_EXCEED": _R.ACCOUNT_LIMIT,
    "DAY_RECEIVED_QUOTA_EXCEED": _R.ACCOUNT_LIMIT,
    "MONTH_RECEIVED_QUOTA_EXCEED": _R.ACCOUNT_LIMIT,
    "DAY_RECEIVED_COUNT_EXCEED": _R.ACCOUNT_LIMIT,
    "REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED": _R.ACCOUNT_LIMIT,
    "BLOCK_B2C_USERLIMITAMOUNT_MONTH": _R.ACCOUNT_LIMIT,
    "BLOCK_B2C_USERLIMITAMOUNT_BSRULE_MONTH": _R.ACCOUNT_LIMIT,
    "OVERDUE_CLOSE": _R.NOT_CONFIRMED,
    "MCH_CANCEL": _R.CANCELLED,
}
"""Why an order ended that is the payee's matter (or nobody's): others may go on."""

PAYER_SIDE = _words("""
    PAYER_ACCOUNT_ABNORMAL PRODUCT_AUTH_CHECK_FAIL TRANSFER_SCENE_UNAVAILABLE TRANSFER_SCENE_INVALID
    TRANSFER_REMARK_SET_FAIL RECEIVE_ACCOUNT_NOT_CONFIGURE RECEIVE_ACCOUNT_NOT_PERMMIT
    BUDGET_NOT_ENOUGH MERCHANT_REJECT MERCHANT_NOT_CONFIRM
""")
"""Why an order ended that the next one would meet too: contract, scene, budget."""

USED_UP = _words("QUOTA_EXCEED")
"""Our quota of the day or the month is used up: nothing passes until the next begins."""

STOPPING = USED_UP | _words("""
    NOT_ENOUGH NOTENOUGH NO_AUTH NOAUTH SIGN_ERROR ACCOUNT_ERROR ACCOUNTERROR MCH_NOT_EXISTS
    APPID_MCHID_NOT_MATCH REQUEST_BLOCKED
""")
"""Answers to a request by which every other would be answered too: balance, contract, key."""

PASSING = _words("""
    SYSTEM_ERROR SYSTEMERROR FREQUENCY_LIMITED FREQUENCY_LIMIT_EXCEED RATELIMIT_EXCEEDED
    BIZ_ERR_NEED_RETRY http_429 http_500 http_502 http_503 http_504
""")
"""Nobody can know: ask, and send the same number again."""

UNKNOWN_NUMBER = _words("NOT_FOUND RESOURCE_NOT_EXISTS")
"""To a query: perhaps still on its way, perhaps older than 30 days. Never a failure."""

NO_BILL = _words("NO_STATEMENT_EXIST")
"""Nothing moved that day."""

BILL_LATER = _words("STATEMENT_CREATING")
"""The bill is being made."""

BILL_TOO_EARLY = _words("INVALID_REQUEST PARAM_ERROR NO_STATEMENT_EXIST")
"""What is said of a day whose bill is not due; later it means something else."""


DONE = _words("SUCCESS")
WORKING = _words("ACCEPTED PROCESSING TRANSFERING CANCELING")
PAYEES_TURN = _words("WAIT_USER_CONFIRM")
OVER = _words("FAIL")
TAKEN_BACK = _words("CANCELLED")
"""The states of an order, by what they mean."""


def advice_of(code: str) -> Advice:
    """What to do about an answer that says no state."""
    if code in PASSING:
        return Advice.ASK
    return Advice.STOP_RAIL if code in STOPPING else Advice.ALARM


def reason_of(code: str) -> RefusalReason:
    """Why an order ended, by the reason that it carries."""
    if code in PAYEE_SIDE:
        return PAYEE_SIDE[code]
    return _R.PAYER if code in PAYER_SIDE else _R.UNLISTED


def order_outcome(node: Node, raw: bytes, number: str, amount: Money | None = None) -> Outcome:
    """Read the signed answer about the order *number*: its state, and nothing else, decides.

    *amount*: what it was ordered with; an answer that says another is about nobody knows what.
    """
    if (another := _about_another(node, number, amount)) is not None:
        return Unknown(advice=Advice.ALARM, code=another, raw=raw)
    state, reference = text_of(node, "state") or "no_state", text_of(node, "transfer_bill_no")
    if state in DONE:
        at = time_of(node, "update_time")
        return Settled(provider_reference=reference, settled_at=at, raw=raw)
    if state in WORKING:
        return Accepted(provider_reference=reference, raw=raw)
    if state in PAYEES_TURN:
        begun = time_of(node, "create_time")
        confirm_by = begun + CONFIRM_WITHIN if begun else None
        return Accepted(provider_reference=reference, raw=raw, confirm_by=confirm_by)
    if state in OVER or state in TAKEN_BACK:
        unsaid = _R.CANCELLED if state in TAKEN_BACK else _R.FAILED
        code = text_of(node, "fail_reason") or state
        return Refused(
            provider_reference=reference,
            reason=unsaid if code == state else reason_of(code),
            code=code,
            raw=raw,
            stops_rail=code in PAYER_SIDE,
        )
    return Unknown(advice=Advice.ALARM, code=state, raw=raw)


def _about_another(node: Node, number: str, amount: Money | None) -> str | None:
    """Whether an answer is about another order than ours: by what."""
    if text_of(node, "out_bill_no") != number:
        return "other_number"
    return AMOUNT_DIFFERS if amount is not None and says_another(node, amount) else None


def says_another(node: Node, amount: Money) -> bool:
    """Whether an answer, or a notification, states another amount (fen), or currency."""
    stated, currency = node.get("transfer_amount"), node.get("currency")
    return stated not in (None, amount.amount_minor) or currency not in (None, amount.currency)


def text_of(node: Node, name: str) -> str | None:
    """A text of the node; None where there is none."""
    value = node.get(name)
    return value if isinstance(value, str) and value else None


def time_of(node: Node, name: str) -> datetime | None:
    """A time of the node (RFC 3339), in UTC."""
    return _time(text_of(node, name) or "")


@lru_cache(maxsize=64)
def _time(text: str) -> datetime | None:
    """Many answers in a row say the same second."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
