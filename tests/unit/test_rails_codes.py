import json
import re

import pytest

from amends.kernel.money import Money
from amends.payouts.rails import alipay_codes as codes
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    NotFound,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)

RAW = b"as received"


def failure(sub_code: str, code: str = "40004") -> dict[str, object]:
    """A verified answer with a sub-code."""
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code}


def order_in(status: object) -> dict[str, object]:
    """A verified answer about an order in a status."""
    return {"code": "10000", "out_biz_no": "N1", "order_id": "P1", "status": status}


def test_classes_of_codes_do_not_overlap() -> None:
    """A code is the payee's trouble, the payer's, or passing: never two of them."""
    payee = frozenset(codes.PAYEE_SIDE)
    assert not payee & codes.PAYER_SIDE
    assert not payee & codes.PASSING
    assert not codes.PAYER_SIDE & codes.PASSING


@pytest.mark.parametrize("sub_code", sorted(codes.PAYEE_SIDE))
def test_payee_trouble_is_refused_for_good(sub_code: str) -> None:
    """Only a listed trouble of the payee's ends a number, with its reason."""
    outcome = codes.transfer_outcome(failure(sub_code), RAW, "N1")
    assert outcome == Refused(
        provider_reference=None, reason=codes.PAYEE_SIDE[sub_code], code=sub_code, raw=RAW
    )


@pytest.mark.parametrize(
    ("sub_code", "advice"),
    [
        ("SYSTEM_ERROR", Advice.ASK),
        ("REQUEST_PROCESSING", Advice.ASK),
        ("RESOURCE_LIMIT_EXCEED", Advice.ASK),
        ("isp.unknow-error", Advice.ASK),
        ("PAYER_BALANCE_NOT_ENOUGH", Advice.STOP_RAIL),
        ("EXCEED_LIMIT_SM_AMOUNT", Advice.STOP_RAIL),
        ("EXCEED_LIMIT_SM_MIN_AMOUNT", Advice.STOP_RAIL),
        ("EXCEED_LIMIT_PERSONAL_SM_AMOUNT", Advice.STOP_RAIL),
        ("isv.method-call-limited", Advice.ASK),
        ("isv.invalid-signature", Advice.STOP_RAIL),
        ("PAYMENT_INFO_INCONSISTENCY", Advice.ALARM),
        ("BIZ_UNIQUE_EXCEPTION", Advice.ALARM),
        ("ORDER_NOT_EXIST", Advice.ALARM),
        ("A_CODE_OF_TOMORROW", Advice.ALARM),
    ],
)
def test_everything_else_is_unknown(sub_code: str, advice: Advice) -> None:
    """No other code, listed or not, says that a payment failed."""
    outcome = codes.transfer_outcome(failure(sub_code), RAW, "N1")
    assert outcome == Unknown(advice=advice, code=sub_code, raw=RAW)


@pytest.mark.parametrize("sub_code", sorted(codes.USED_UP))
def test_a_quota_that_is_used_up_stops_the_rail_until_the_next(sub_code: str) -> None:
    """A day's or a month's: to a transfer or a question, and the number stays."""
    told = Unknown(advice=Advice.STOP_RAIL, code=sub_code, raw=RAW, used_up=True)
    assert codes.transfer_outcome(failure(sub_code), RAW, "N1") == told
    assert codes.query_answer(failure(sub_code), RAW, "N1") == told
    assert sub_code.startswith(("EXCEED_LIMIT_DM_", "EXCEED_LIMIT_MM_"))


@pytest.mark.parametrize(
    ("error_code", "reason", "stops"),
    [
        *((code, reason, False) for code, reason in sorted(codes.PAYEE_SIDE.items())),
        *((code, RefusalReason.PAYER, True) for code in sorted(codes.PAYER_SIDE)),
        ("WHO_KNOWS", RefusalReason.UNLISTED, False),
        ("", RefusalReason.FAILED, False),
        (None, RefusalReason.FAILED, False),
    ],
)
def test_a_failed_order_has_its_reason(
    error_code: str | None, reason: RefusalReason, *, stops: bool
) -> None:
    """It is over by the provider's word, whatever the reason; one that is not listed says so."""
    failed = codes.query_answer({**order_in("FAIL"), "error_code": error_code}, RAW, "N1")
    assert failed == Refused(
        provider_reference="P1",
        reason=reason,
        code=error_code or "FAIL",
        raw=RAW,
        stops_rail=stops,
    )


def test_a_query_that_finds_nothing_is_not_a_failure() -> None:
    """ORDER_NOT_EXIST says that the number is not known yet, and nothing more."""
    assert codes.query_answer(failure("ORDER_NOT_EXIST"), RAW, "N1") == NotFound(raw=RAW)


@pytest.mark.parametrize("sub_code", sorted(codes.PAYEE_SIDE))
def test_a_query_is_never_refused_by_its_own_sub_code(sub_code: str) -> None:
    """The sub-code of a query is about the query; only an order's status ends an order."""
    assert isinstance(codes.query_answer(failure(sub_code), RAW, "N1"), Unknown)


def test_status_decides_and_not_the_code() -> None:
    """Code 10000 says that the call was understood; the order's status says what became of it."""
    assert isinstance(codes.query_answer(order_in("SUCCESS"), RAW, "N1"), Settled)
    assert isinstance(codes.query_answer(order_in("DEALING"), RAW, "N1"), Accepted)
    assert isinstance(codes.query_answer(order_in("REFUND"), RAW, "N1"), Returned)
    assert isinstance(codes.query_answer(order_in("FAIL"), RAW, "N1"), Refused)
    for status in ("SOMETHING", "", None, 1, ["SUCCESS"]):
        answer = codes.query_answer(order_in(status), RAW, "N1")
        assert isinstance(answer, Unknown)
        assert answer.advice is Advice.ALARM


@pytest.mark.parametrize("at", ["0001-01-01 00:00:00", "9999-99-99", "", None, 7])
def test_a_time_that_is_none_is_left_out(at: object) -> None:
    """Whatever stands where a time should, a paid order is paid."""
    answer = codes.query_answer({**order_in("SUCCESS"), "pay_date": at}, RAW, "N1")
    assert answer == Settled(provider_reference="P1", settled_at=None, raw=RAW)


def test_an_answer_about_another_number_says_nothing() -> None:
    """A signed answer that names another number is an alarm, whatever its status."""
    assert codes.query_answer(order_in("SUCCESS"), RAW, "N2") == Unknown(
        advice=Advice.ALARM, code="other_number", raw=RAW
    )


ORDERED = Money.parse("CNY 5000.00")
OURS: list[dict[str, object]] = [
    {},
    {"trans_amount": "5000.00"},
    {"trans_amount": "5000"},
    {"trans_amount": 5000.0},
]
OURS += [{"amount": ""}, {"amount": None}, {"amount": "5000.0"}, {"trans_currency": "CNY"}]
WRONG: list[object] = ["0.01", "5000.01", "-5000.00", "500000", 0.01, "5,000.00", "5000.001"]
WRONG += ["much", True, []]
ANOTHER: list[dict[str, object]] = [
    *({"trans_amount": stated} for stated in WRONG),
    {"amount": "0.01"},
    {"trans_amount": "5000.00", "amount": "0.01"},
    {"trans_amount": "5000.00", "currency": "USD"},
    {"trans_currency": "HKD"},
]


@pytest.mark.parametrize("stated", OURS)
def test_an_answer_may_state_what_was_ordered(stated: dict[str, object]) -> None:
    """However the same amount is written; most answers state none."""
    node = {**order_in("SUCCESS"), **stated}
    for read in (codes.query_answer, codes.transfer_outcome):
        assert isinstance(read(node, RAW, "N1", ORDERED), Settled)


@pytest.mark.parametrize("status", ["SUCCESS", "DEALING", "FAIL", "REFUND", "WHO_KNOWS"])
@pytest.mark.parametrize("stated", ANOTHER)
def test_an_answer_with_another_amount_says_nothing(status: str, stated: dict[str, object]) -> None:
    """About what order it is, nobody knows: a person has to look, whatever its status."""
    node = {**order_in(status), **stated}
    alarm = Unknown(advice=Advice.ALARM, code="amount_differs", raw=RAW)
    for read in (codes.query_answer, codes.transfer_outcome):
        assert read(node, RAW, "N1", ORDERED) == alarm


def test_a_return_is_told_by_a_query_only() -> None:
    """A repeated transfer that meets a returned order makes us ask."""
    outcome = codes.transfer_outcome(order_in("REFUND"), RAW, "N1")
    assert outcome == Unknown(advice=Advice.ASK, code="REFUND", raw=RAW)


@pytest.mark.parametrize("node", [{}, {"code": 10000}, {"code": None, "sub_code": 7}])
def test_an_answer_without_a_code_is_unknown(node: dict[str, object]) -> None:
    """Missing or odd codes are never read as success."""
    outcome = codes.transfer_outcome(node, RAW, "N1")
    assert isinstance(outcome, Unknown), json.dumps(node)
    assert re.fullmatch(r"[\w.-]+", outcome.code)
