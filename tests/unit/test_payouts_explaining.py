"""What an exception can be explained as, and what an answer says for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from amends.payouts.rails.model import Advice, Capabilities, NotFound, QueryAnswer, Settled, Unknown
from amends.payouts.reconciling.closing_model import Explanation, Found
from amends.payouts.reconciling.explaining_rules import explained, heard, not_yet, possible
from fake_provider import limits

DAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
NOBODY_KNOWS = NotFound(raw=b"x")


def found(kind: str, **about: object) -> Found:
    """An exception of a settled payment of CNY 5.00 without a line."""
    given: dict[str, object] = {
        "exception_id": "x",
        "kind": kind,
        "rail": "alipay",
        "day": DAY,
        "number": "N",
        "amount_minor": 500,
        "owner": None,
        "direction": None,
        "state": "settled",
        "payment_minor": 500,
        "live": True,
        "sent": True,
        "settled_on": DAY,
        "at": None,
    }
    return Found(**(given | about))  # type: ignore[arg-type]  # as they are listed


def test_that_a_number_is_not_found_says_nothing_beyond_the_reach_of_queries() -> None:
    """Then thirty closed days are wanted, as of a provider that says nothing."""
    missing = found("missing_at_provider")
    reaching, not_so_far = limits(), _reaching(timedelta(days=7))
    assert heard(missing, NOBODY_KNOWS, reaching, NOW) is NOBODY_KNOWS
    assert heard(missing, NOBODY_KNOWS, _reaching(timedelta(days=30)), NOW) is NOBODY_KNOWS
    told = heard(missing, NOBODY_KNOWS, not_so_far, NOW)
    assert told == Unknown(advice=Advice.ASK, code="too_old", raw=b"x")
    paid = Settled(provider_reference=None, settled_at=None, raw=b"y")
    assert heard(missing, paid, not_so_far, NOW) is paid
    answers: list[tuple[QueryAnswer, int]] = [(NOBODY_KNOWS, 5), (told, 30), (paid, 30)]
    for answer, days in answers:
        last = DAY + timedelta(days=days)
        assert not_yet(missing, Explanation.NOT_PAID, answer, last) is None
        early = last - timedelta(days=1)
        assert not_yet(missing, Explanation.NOT_PAID, answer, early) is not None
        assert not_yet(missing, Explanation.NOT_PAID, answer, None) is not None


def _reaching(back: timedelta) -> Capabilities:
    return replace(limits(), queries_reach_back=back)


KINDS = {
    "missing_at_provider": ((None, "settled"),),
    "return_not_proved": ((None, "returned"), (None, "settled")),
    "amount_differs": (
        *(("out", "settled"), ("out", "returned"), ("out", "refused")),
        *(("out", "unknown"), ("out", "accepted")),
        *(("in", "settled"), ("in", "returned"), ("in", "refused")),
    ),
    "state_differs": (("out", "refused"), ("in", "refused"), (None, "refused")),
    "unknown_to_us": (("out", None), ("in", None)),
    "does_not_add_up": (("out", None), ("in", None)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("amount", [1, 499, 500, 501])
def test_whatever_is_explained_leaves_no_money_in_suspense(kind: str, amount: int) -> None:
    """Each reading that is offered takes out of suspense exactly what the line put there."""
    for direction, state in KINDS[kind]:
        one = found(kind, direction=direction, state=state, amount_minor=amount)
        put = {"out": amount, "in": -amount, None: 0}[direction]
        assert possible(one)
        for what in possible(one):
            moved = list(explained(one, what, "bank"))
            taken = sum(minor for _, credit, minor in moved if credit == "suspense")
            taken -= sum(minor for debit, _, minor in moved if debit == "suspense")
            assert taken == put
            assert all(minor > 0 for *_, minor in moved)
