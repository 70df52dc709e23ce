import re
from datetime import UTC, datetime, timedelta

import pytest

from amends.kernel.money import Money
from amends.payouts.rails import wechat_codes as codes
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    RefusalReason,
    Refused,
    Settled,
    Unknown,
)

RAW = b"as received"
BEGUN = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


def order_in(state: object, **more: object) -> dict[str, object]:
    """A signed answer about an order in a state."""
    return {
        "out_bill_no": "N1",
        "transfer_bill_no": "T1",
        "create_time": "2026-11-22T09:00:00+08:00",
        "state": state,
        **more,
    }


def test_classes_of_codes_do_not_overlap() -> None:
    """A reason is the payee's matter or ours; a code stops the rail or passes: never both."""
    assert not frozenset(codes.PAYEE_SIDE) & codes.PAYER_SIDE
    assert not codes.STOPPING & codes.PASSING
    assert not (codes.STOPPING | codes.PASSING) & codes.UNKNOWN_NUMBER
    assert not codes.NO_BILL & codes.BILL_LATER
    assert codes.NO_BILL < codes.BILL_TOO_EARLY


def test_states_decide() -> None:
    """Each of the eight states has one meaning; only two of them say that nothing was paid."""
    paid = order_in("SUCCESS", update_time="2026-11-22T09:01:00+08:00")
    assert codes.order_outcome(paid, RAW, "N1") == Settled(
        provider_reference="T1", settled_at=BEGUN + timedelta(minutes=1), raw=RAW
    )
    for state in ("ACCEPTED", "PROCESSING", "TRANSFERING", "CANCELING"):
        working = codes.order_outcome(order_in(state), RAW, "N1")
        assert working == Accepted(provider_reference="T1", raw=RAW)
    waiting = codes.order_outcome(order_in("WAIT_USER_CONFIRM"), RAW, "N1")
    assert waiting == Accepted(
        provider_reference="T1", raw=RAW, confirm_by=BEGUN + timedelta(hours=24)
    )
    for state, reason in (("FAIL", RefusalReason.FAILED), ("CANCELLED", RefusalReason.CANCELLED)):
        ended = codes.order_outcome(order_in(state), RAW, "N1")
        assert ended == Refused(provider_reference="T1", reason=reason, code=state, raw=RAW)


@pytest.mark.parametrize("reason", sorted({*codes.PAYEE_SIDE, *codes.PAYER_SIDE, "OF_TOMORROW"}))
def test_a_failed_order_has_its_reason(reason: str) -> None:
    """The payee's is told as what it is, one of ours stops the rail, one unlisted says so."""
    failed = codes.order_outcome(order_in("FAIL", fail_reason=reason), RAW, "N1")
    assert failed == Refused(
        provider_reference="T1",
        reason=codes.PAYEE_SIDE.get(
            reason,
            RefusalReason.PAYER if reason in codes.PAYER_SIDE else RefusalReason.UNLISTED,
        ),
        code=reason,
        raw=RAW,
        stops_rail=reason in codes.PAYER_SIDE,
    )


@pytest.mark.parametrize("state", ["REFUND", "success", "", None, 1, ["SUCCESS"], {"a": 1}])
def test_a_state_that_nobody_listed_is_an_alarm(state: object) -> None:
    """Neither paid nor failed: a person has to look."""
    outcome = codes.order_outcome(order_in(state), RAW, "N1")
    assert isinstance(outcome, Unknown)
    assert outcome.advice is Advice.ALARM
    assert re.fullmatch(r"\w+", outcome.code)


def test_an_answer_about_another_number_says_nothing() -> None:
    """A signed answer that names another number is an alarm, whatever its state."""
    for state in ("SUCCESS", "FAIL"):
        outcome = codes.order_outcome(order_in(state), RAW, "N2")
        assert outcome == Unknown(advice=Advice.ALARM, code="other_number", raw=RAW)


ORDERED = Money.parse("CNY 5000.00")


@pytest.mark.parametrize("state", ["SUCCESS", "PROCESSING", "FAIL", "CANCELLED", "WHO_KNOWS"])
@pytest.mark.parametrize(
    "stated",
    [
        *({"transfer_amount": fen} for fen in (1, 500_001, -500_000, 5_000, "500000", "", 0)),
        {"transfer_amount": 500_000, "currency": "USD"},
        {"currency": "HKD"},
    ],
)
def test_an_answer_with_another_amount_says_nothing(state: str, stated: dict[str, object]) -> None:
    """About what order it is, nobody knows: a person has to look, whatever its state."""
    outcome = codes.order_outcome(order_in(state, **stated), RAW, "N1", ORDERED)
    assert outcome == Unknown(advice=Advice.ALARM, code="amount_differs", raw=RAW)


@pytest.mark.parametrize("stated", [{}, {"transfer_amount": 500_000}, {"transfer_amount": None}])
def test_an_answer_may_state_what_was_ordered(stated: dict[str, object]) -> None:
    """A transfer's states none, a question's does."""
    for amount in (ORDERED, None):
        outcome = codes.order_outcome(order_in("SUCCESS", **stated), RAW, "N1", amount)
        assert isinstance(outcome, Settled)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("SYSTEM_ERROR", Advice.ASK),
        ("FREQUENCY_LIMITED", Advice.ASK),
        ("http_502", Advice.ASK),
        ("NOT_ENOUGH", Advice.STOP_RAIL),
        ("NO_AUTH", Advice.STOP_RAIL),
        ("QUOTA_EXCEED", Advice.STOP_RAIL),
        ("SIGN_ERROR", Advice.STOP_RAIL),
        ("INVALID_REQUEST", Advice.ALARM),
        ("PARAM_ERROR", Advice.ALARM),
        ("ALREADY_EXISTS", Advice.ALARM),
        ("http_404", Advice.ALARM),
        ("A_CODE_OF_TOMORROW", Advice.ALARM),
    ],
)
def test_a_code_advises_and_ends_nothing(code: str, advice: Advice) -> None:
    """Codes describe a request: what to do next, never what became of the order."""
    assert codes.advice_of(code) is advice


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-22T09:00:00", "9" * 40, None, 7])
def test_a_time_without_a_zone_is_none(text: object) -> None:
    """A time that is not one, or of no zone, is not guessed."""
    assert codes.time_of({"update_time": text}, "update_time") is None
