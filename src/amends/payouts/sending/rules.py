"""The protocol as a table: what an answer makes of an instruction, and what is done next. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, assert_never

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

OPEN_STATES = frozenset((State.SENDING, State.UNKNOWN, State.ACCEPTED))

RESEND_AFTER: Final = timedelta(minutes=2)
"""How long a number stays unknown to the provider before its request is sent again.

Alipay: ORDER_NOT_EXIST may mean "still in process"; ask again some minutes later or send the same
number again (docs/adr/0005)."""

MOST_ATTEMPTS: Final = 8
"""Submissions of one number before it is left to a person."""

NEVER_ANSWERED: Final = "not_found"

REQUEST_CHANGED: Final = "request_changed"
"""It would go out again with other bytes: the payee's details, or what we say beside, changed."""


class Step(StrEnum):
    """What an open instruction needs after the provider said that it does not know the number."""

    WAIT = "wait"
    SEND_AGAIN = "send_again"
    LEAVE = "leave"


def after(state: State, answer: QueryAnswer, now: datetime) -> Change | Contradiction | None:
    """What *answer* makes of an instruction in *state*; None when it says nothing new.

    Applying the same answer again gives None: applying twice changes nothing. Answers arrive in any
    order, so an "accepted", "unknown" or "not found" about a payment that has ended is old news; a
    contradiction is an answer by which the money would lie somewhere else, or be another sum.
    """
    if state in OPEN_STATES:
        return _of_open(state, answer, now)
    match state:
        case State.SETTLED if isinstance(answer, Returned):
            return _returned(answer, now, Move.RETURN)
        case State.SETTLED:
            wrong = isinstance(answer, Refused) or _says_another_amount(answer)
        case State.RETURNED:
            wrong = False
        case State.REFUSED | State.SUPERSEDED:
            wrong = isinstance(answer, Settled)
        case _:
            wrong = not isinstance(answer, Unknown | NotFound)
    return Contradiction(known=state, told=told(answer)) if wrong else None


def _of_open(state: State, answer: QueryAnswer, now: datetime) -> Change | None:
    """Of an instruction that is sending, unknown or accepted."""
    change: Change | None = None
    match answer:
        case Settled(provider_reference=reference, settled_at=at):
            change = Change(
                state=State.SETTLED,
                moves=(Move.SETTLE,),
                provider_reference=reference,
                settled_at=at or now,
            )
        case Refused(provider_reference=reference, reason=reason):
            change = Change(
                state=State.REFUSED,
                moves=(Move.REFUSE,),
                reason=str(reason),
                advice=Advice.ALARM if reason is RefusalReason.UNLISTED else None,
                provider_reference=reference,
            )
        case Returned():
            change = _returned(answer, now, Move.SETTLE, Move.RETURN)
        case Accepted(provider_reference=reference) if state is not State.ACCEPTED:
            change = Change(state=State.ACCEPTED, provider_reference=reference)
        case Unknown(advice=advice, code=code):
            accepted = state is State.ACCEPTED
            if not accepted or advice is Advice.ALARM:
                known = State.ACCEPTED if accepted else State.UNKNOWN
                change = Change(state=known, reason=code, advice=advice)
        case NotFound() if state is State.SENDING:
            change = Change(state=State.UNKNOWN, reason=NEVER_ANSWERED, advice=Advice.ASK)
        case Accepted() | NotFound():  # it says nothing new
            pass
        case _:
            assert_never(answer)
    return change


def _says_another_amount(answer: QueryAnswer) -> bool:
    """Whether an answer states another amount than was ordered."""
    return isinstance(answer, Unknown) and answer.code == AMOUNT_DIFFERS


def _returned(answer: Returned, now: datetime, *moves: Move) -> Change:
    """The money was paid and came back."""
    at = answer.returned_at or now
    return Change(
        state=State.RETURNED,
        moves=moves,
        reason=answer.code,
        provider_reference=answer.provider_reference,
        settled_at=at,
        returned_at=at,
    )


def told(answer: QueryAnswer) -> str:
    """The kind of an answer, in one word."""
    return _TOLD[type(answer)]


_TOLD: Final[Mapping[type[QueryAnswer], str]] = {
    Accepted: "accepted",
    Settled: "settled",
    Refused: "refused",
    Unknown: "unknown",
    Returned: "returned",
    NotFound: "not_found",
}


def after_not_found(
    instruction: OpenInstruction, now: datetime, reach_back: timedelta | None = None
) -> Step:
    """What to do about a number that the provider says it does not know.

    Only the same number with the same bytes is ever sent again, and only after a while. A number
    that the provider has seen (accepted), or about which something is wrong (alarm), is left to a
    person: but for one whose bytes changed, which a person can change back. So is one that was sent
    longer ago than the provider's queries reach back (None: they reach back for ever), for then
    "not found" says nothing about it.
    """
    age = now - instruction.last_sent_at
    alarms = instruction.advice is Advice.ALARM and instruction.reason != REQUEST_CHANGED
    if instruction.state is State.ACCEPTED or alarms:
        return Step.LEAVE
    if instruction.attempts >= MOST_ATTEMPTS:
        return Step.LEAVE
    if reach_back is not None and age >= reach_back:
        return Step.LEAVE
    return Step.SEND_AGAIN if age >= RESEND_AFTER else Step.WAIT
