"""What an exception can be explained as, when, and what that does to the books. Pure."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from amends.kernel.saying import Said, said
from amends.ledger.model import FEES, PAID_OUT, SUSPENSE, WRITTEN_OFF
from amends.payouts.model import ExceptionKind, Move, State
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    Capabilities,
    NotFound,
    QueryAnswer,
    Refused,
    Returned,
    Settled,
    Unknown,
)
from amends.payouts.reconciling.closing_model import Explanation, Found

DAYS_WITHOUT: Final = 5
"""Closed days after that of a settlement without its line, where the provider says by now that it
did not pay: money, and bills, may be late (LATE_DAYS)."""

DAYS_AGAINST_ITS_WORD: Final = 30
"""The same where it goes on saying that it paid, or nothing: its statements then say otherwise for
as long as its queries reach back."""

ASKED: Final = frozenset((Explanation.NOT_PAID, Explanation.NOT_RETURNED))
"""Explanations that contradict an answer of the provider: it is asked again."""

PAID: Final = frozenset((Explanation.PAID, Explanation.PAID_SHORT))
"""Explanations by which a line is a payment of ours."""

OUTCOMES: Final[Mapping[tuple[str, Explanation], str]] = {
    (ExceptionKind.MISSING_AT_PROVIDER, Explanation.NOT_PAID): Move.NOT_PAID,
    (ExceptionKind.RETURN_NOT_PROVED, Explanation.NOT_RETURNED): Move.NOT_RETURNED,
    (ExceptionKind.STATE_DIFFERS, Explanation.PAID): Move.PAID_AFTER_ALL,
    (ExceptionKind.AMOUNT_DIFFERS, Explanation.PAID_SHORT): Explanation.PAID_SHORT,
    (ExceptionKind.AMOUNT_DIFFERS, Explanation.RETURNED): Explanation.RETURNED,
}
"""By kind of exception and explanation: what becomes of the payment."""


def possible(found: Found) -> tuple[Explanation, ...]:
    """What an exception can be, by what moved and how its payment stands.

    Of a payment that left by another amount nothing else is possible than that it was this payment:
    whatever else would leave the books saying that it is still to be proved, or under way.
    """
    may_be = _possible(found)
    return tuple(one for one in Explanation if one in may_be)


def _possible(found: Found) -> frozenset[Explanation]:
    is_short = found.amount_minor < (found.payment_minor or 0)
    match found.kind, found.direction, found.state:
        case ExceptionKind.MISSING_AT_PROVIDER, _, State.SETTLED:
            may_be = _just(Explanation.NOT_PAID)
        case ExceptionKind.RETURN_NOT_PROVED, _, State.RETURNED if found.live:
            may_be = _just(Explanation.NOT_RETURNED, Explanation.WRITTEN_OFF)
        case ExceptionKind.RETURN_NOT_PROVED, _, _:
            may_be = _just(Explanation.WRITTEN_OFF)
        case ExceptionKind.AMOUNT_DIFFERS, "out", state if state in _MAY_BE_SHORT and is_short:
            may_be = _just(Explanation.PAID, Explanation.PAID_SHORT)
        case ExceptionKind.AMOUNT_DIFFERS, "out", state if state in _MAY_BE_PAID:
            may_be = _just(Explanation.PAID)
        case ExceptionKind.AMOUNT_DIFFERS, "in", State.RETURNED:
            may_be = _just(Explanation.RETURNED)
        case ExceptionKind.AMOUNT_DIFFERS, "in", State.SETTLED:
            may_be = _just(Explanation.RETURNED) | _BY_WAY["in"]
        case ExceptionKind.STATE_DIFFERS, "out", State.REFUSED if _is_whole(found):
            may_be = _just(Explanation.PAID) | _BY_WAY["out"]
        case _, way, _:
            may_be = _BY_WAY[way]
    return may_be


def _just(*these: Explanation) -> frozenset[Explanation]:
    return frozenset(these)


_MAY_BE_SHORT: Final = frozenset((State.SETTLED, State.UNKNOWN, State.ACCEPTED))
_MAY_BE_PAID: Final = _MAY_BE_SHORT | {State.RETURNED}
"""States of a payment that left by another amount: it was paid, whatever answers say yet."""

_BY_WAY: Final[Mapping[str | None, frozenset[Explanation]]] = {
    "out": _just(Explanation.FEE, Explanation.WRITTEN_OFF),
    "in": _just(Explanation.TOP_UP, Explanation.WRITTEN_OFF),
    None: _just(Explanation.CHECKED),
}


def _is_whole(found: Found) -> bool:
    """Whether a line is all of a payment that was sent, and that no other follows."""
    return found.live and found.sent and found.amount_minor == found.payment_minor


def heard(found: Found, answer: QueryAnswer, limits: Capabilities, now: datetime) -> QueryAnswer:
    """What an answer says: that a number is not found says nothing where queries do not reach."""
    reach = limits.queries_reach_back
    if reach is None or found.settled_on is None or not isinstance(answer, NotFound):
        return answer
    settled = datetime.combine(found.settled_on, time(), ZoneInfo(limits.bill_zone))
    if now - settled < reach:
        return answer
    return Unknown(advice=Advice.ASK, code="too_old", raw=answer.raw)


def not_yet(
    found: Found, what: Explanation, answer: QueryAnswer | None, closed: date | None
) -> Said | None:
    """Why it cannot be said yet that a payment was not paid, or did not come back.

    *answer*: what the provider says of it now. *closed*: the last closed day of the rail.
    """
    if what is Explanation.NOT_RETURNED and not isinstance(answer, Settled):
        return said(
            "the provider does not say now that {number} is paid: ask it for that; if its money is "
            "nowhere, the company bears it (written_off)",
            number=found.number,
        )
    return _not_paid_yet(found, answer, closed) if what is Explanation.NOT_PAID else None


def _not_paid_yet(found: Found, answer: QueryAnswer | None, closed: date | None) -> Said | None:
    """Why it cannot be said yet that a payment was not paid."""
    if isinstance(answer, Returned):
        return said(
            "the provider says that {number} came back, and that is noted: the person is owed "
            "again; say of this one that nothing moved by it (checked)",
            number=found.number,
        )
    if isinstance(answer, Accepted):
        return said(
            "the provider says that it is still at work on {number}: money may leave yet",
            number=found.number,
        )
    denies = isinstance(answer, Refused | NotFound)
    days = DAYS_WITHOUT if denies else DAYS_AGAINST_ITS_WORD
    assert found.settled_on is not None  # noqa: S101 - it is settled
    wanted = found.settled_on + timedelta(days=days)
    if closed is not None and closed >= wanted:
        return None
    words = {"number": found.number, "rail": found.rail, "day": wanted}
    if denies:
        return said(
            "the provider says that {number} was not paid; bills may be late: {rail} has to be "
            "closed to {day} without it (`amends close day CASE`)",
            **words,
        )
    return said(
        "the provider does not say that {number} was not paid: have it put that in order, or close "
        "{rail} to {day} without it (`amends close day CASE`)",
        **words,
    )


def explained(found: Found, what: Explanation, source: str) -> Iterator[tuple[str, str, int]]:
    """What an explanation does to the books beside the payment: debit, credit and amount.

    *source*: the account that a top-up comes from.
    """
    amount, due = found.amount_minor, found.payment_minor or 0
    match what:
        case Explanation.PAID | Explanation.PAID_SHORT:
            yield PAID_OUT, SUSPENSE, due
            yield from _rest(SUSPENSE, WRITTEN_OFF, due - amount)
        case Explanation.RETURNED:
            yield SUSPENSE, PAID_OUT, due
            yield from _rest(SUSPENSE, WRITTEN_OFF, amount - due)
        case Explanation.FEE:
            yield FEES, SUSPENSE, amount
        case Explanation.TOP_UP:
            yield SUSPENSE, source, amount
        case Explanation.WRITTEN_OFF if found.kind == ExceptionKind.RETURN_NOT_PROVED:
            yield WRITTEN_OFF, PAID_OUT, amount
        case Explanation.WRITTEN_OFF if found.direction == "out":
            yield WRITTEN_OFF, SUSPENSE, amount
        case Explanation.WRITTEN_OFF:
            yield SUSPENSE, WRITTEN_OFF, amount
        case _:  # it moves the payment, or nothing
            pass


def _rest(debit: str, credit: str, signed_minor: int) -> Iterator[tuple[str, str, int]]:
    """The difference to what a payment is: the company's, in the one direction or the other."""
    if signed_minor > 0:
        yield debit, credit, signed_minor
    elif signed_minor < 0:
        yield credit, debit, -signed_minor
