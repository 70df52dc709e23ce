"""The table of the protocol, and what is done about numbers that a provider does not know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.model import Change, Contradiction, Move, OpenInstruction, State
from amends.payouts.rails.model import (
    AMOUNT_DIFFERS,
    Accepted,
    Advice,
    NotFound,
    QueryAnswer,
    RefusalReason,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.sending.rules import (
    MOST_ATTEMPTS,
    REQUEST_CHANGED,
    RESEND_AFTER,
    Step,
    after,
    after_not_found,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ANSWERS: tuple[QueryAnswer, ...] = (
    Accepted(provider_reference="r", raw=b"a"),
    Settled(provider_reference="r", settled_at=NOW, raw=b"s"),
    Refused(provider_reference=None, reason=RefusalReason.NAME_MISMATCH, code="NAME", raw=b"r"),
    Unknown(advice=Advice.ASK, code="timeout"),
    Returned(provider_reference="r", returned_at=NOW, code="REFUND", raw=b"b"),
    NotFound(raw=b"n"),
)
BEGUN = (State.SENDING, State.UNKNOWN, State.ACCEPTED)
ENDED = (State.SETTLED, State.RETURNED, State.REFUSED, State.SUPERSEDED)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: type(answer).__name__)
def test_payouts_answer_applied_twice_changes_nothing(state: State, answer: QueryAnswer) -> None:
    """Whatever an answer makes of an instruction, the same answer again makes nothing more."""
    first = after(state, answer, NOW)
    if isinstance(first, Change):
        again = after(first.state, answer, NOW)
        assert again is None or (isinstance(again, Change) and not again.moves)


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_payouts_an_unlisted_reason_alone_alarms(reason: RefusalReason) -> None:
    """Every refusal ends the payment; one for a reason that nobody has listed wants a person."""
    refused = Refused(provider_reference="r", reason=reason, code="WORD", raw=b"r")
    change = after(State.SENDING, refused, NOW)
    assert isinstance(change, Change)
    assert (change.state, change.moves) == (State.REFUSED, (Move.REFUSE,))
    unlisted = reason is RefusalReason.UNLISTED
    assert change.advice is (Advice.ALARM if unlisted else None)


@given(start=st.sampled_from(BEGUN), answers=st.lists(st.sampled_from(ANSWERS), max_size=12))
def test_payouts_money_of_any_story_lies_in_one_place(
    start: State, answers: list[QueryAnswer]
) -> None:
    """Any answers in any order: the moves lead from in flight to where the state says, once."""
    place, state = "in_flight", start
    ways = {
        Move.SETTLE: ("in_flight", "settled"),
        Move.REFUSE: ("in_flight", "owed"),
        Move.RETURN: ("settled", "returned"),
    }
    for answer in answers:
        result = after(state, answer, NOW)
        if isinstance(result, Change):
            state = result.state
            for move in result.moves:
                assert place == ways[move][0]
                place = ways[move][1]
    expected = {State.SETTLED: "settled", State.RETURNED: "returned", State.REFUSED: "owed"}
    assert place == expected.get(state, "in_flight")


@pytest.mark.parametrize("state", BEGUN)
def test_payouts_unknown_never_ends_a_payment(state: State) -> None:
    """A timeout or "not found" leaves the money in flight."""
    for answer in (ANSWERS[3], ANSWERS[5]):
        result = after(state, answer, NOW)
        assert result is None or (
            isinstance(result, Change) and result.state is State.UNKNOWN and not result.moves
        )


def test_payouts_contradictions_are_shown_and_move_nothing() -> None:
    """Paid after refused, or refused after paid, is for a person; so is any answer too early."""
    settled, refused = ANSWERS[1], ANSWERS[2]
    assert isinstance(after(State.REFUSED, settled, NOW), Contradiction)
    assert isinstance(after(State.SUPERSEDED, settled, NOW), Contradiction)
    assert isinstance(after(State.SETTLED, refused, NOW), Contradiction)
    assert isinstance(after(State.APPROVED, settled, NOW), Contradiction)
    late = [ANSWERS[0], ANSWERS[3], ANSWERS[5]]
    assert [after(state, answer, NOW) for state in ENDED for answer in late] == [None] * 12


def test_payouts_an_alarm_about_a_payment_that_is_worked_on_is_heard() -> None:
    """It stays accepted, and a person is told why; a timeout says nothing of it."""
    alarm = Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS, raw=b"u")
    change = Change(state=State.ACCEPTED, reason=AMOUNT_DIFFERS, advice=Advice.ALARM)
    assert after(State.ACCEPTED, alarm, NOW) == change
    assert after(State.ACCEPTED, ANSWERS[3], NOW) is None


def test_payouts_another_amount_of_what_is_paid_is_a_contradiction() -> None:
    """The answer by which it was settled said none."""
    alarm = Unknown(advice=Advice.ALARM, code=AMOUNT_DIFFERS, raw=b"u")
    assert after(State.SETTLED, alarm, NOW) == Contradiction(known=State.SETTLED, told="unknown")


@pytest.mark.parametrize(
    ("state", "advice", "attempts", "waited", "step"),
    [
        (State.UNKNOWN, Advice.ASK, 1, RESEND_AFTER, Step.SEND_AGAIN),
        (State.UNKNOWN, Advice.STOP_RAIL, 1, RESEND_AFTER, Step.SEND_AGAIN),
        (State.UNKNOWN, Advice.ASK, 1, RESEND_AFTER - timedelta(seconds=1), Step.WAIT),
        (State.UNKNOWN, Advice.ASK, MOST_ATTEMPTS, RESEND_AFTER, Step.LEAVE),
        (State.UNKNOWN, Advice.ALARM, 1, RESEND_AFTER, Step.LEAVE),
        (State.ACCEPTED, None, 1, RESEND_AFTER, Step.LEAVE),
    ],
)
def test_payouts_sends_again_only_after_waiting(
    state: State, advice: Advice | None, attempts: int, waited: timedelta, step: Step
) -> None:
    """A number unknown to the provider goes out again after a while, never at once or for ever."""
    instruction = OpenInstruction(
        amount=Money(amount_minor=500, currency="CNY"),
        number=InstructionId("1"),
        state=state,
        advice=advice,
        attempts=attempts,
        last_sent_at=NOW - waited,
    )
    assert after_not_found(instruction, NOW) is step
    changed = replace(instruction, reason=REQUEST_CHANGED)  # its bytes are looked at again
    if advice is Advice.ALARM:
        assert after_not_found(changed, NOW) is Step.SEND_AGAIN


@pytest.mark.parametrize(
    ("waited", "step"),
    [
        (timedelta(days=29, hours=23), Step.SEND_AGAIN),
        (timedelta(days=30), Step.LEAVE),
        (timedelta(days=400), Step.LEAVE),
    ],
)
def test_payouts_a_query_that_cannot_reach_back_says_nothing(waited: timedelta, step: Step) -> None:
    """Beyond a rail's reach "not found" is no reason to send again; within it, it is."""
    instruction = OpenInstruction(
        amount=Money(amount_minor=500, currency="CNY"),
        number=InstructionId("N1"),
        state=State.UNKNOWN,
        advice=Advice.ASK,
        attempts=1,
        last_sent_at=NOW - waited,
    )
    assert after_not_found(instruction, NOW, timedelta(days=30)) is step
    assert after_not_found(instruction, NOW) is Step.SEND_AGAIN
