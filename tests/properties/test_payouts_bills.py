"""Lines of bills: each is exactly one class, and the books move as the provider's do."""

from collections import Counter
from datetime import UTC, date, datetime

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from amends.payouts.bills import KNOWN, LINES, book_of_day, classified
from amends.payouts.model import LineClass, State

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NUMBERS = ["A", "B", "C", None]
LINE = st.tuples(
    st.sampled_from(NUMBERS),
    st.sampled_from(["out", "in"]),
    st.sampled_from(["transfer", "return", "top_up", "other"]),
    st.sampled_from([500, 499]),
)
STATES = st.fixed_dictionaries({}, optional=dict.fromkeys("AB", st.sampled_from(list(State))))
Line = tuple[str | None, str, str, int]
GIVEN_AWAY = {State.SENDING, State.UNKNOWN, State.ACCEPTED, State.SETTLED, State.RETURNED}


def _frames(
    lines: list[Line], states: dict[str, State], paid_before: int = 0
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [
        (f"L{place}", number, None, direction, kind, amount, 0, NOW)
        for place, (number, direction, kind, amount) in enumerate(lines)
    ]
    known = [
        (number, str(state), 500, paid_before, paid_before, 0) for number, state in states.items()
    ]
    return (
        pl.DataFrame(rows, schema=LINES, orient="row"),
        pl.DataFrame(known, schema=KNOWN, orient="row"),
    )


def _one_by_one(lines: list[Line], states: dict[str, State]) -> list[str]:
    """The same, said plainly: one line after the other."""
    seen: Counter[tuple[str, str]] = Counter()
    proved: set[str] = set()
    found = []
    for number, direction, kind, amount in lines:
        state = states.get(number or "")
        what = (direction, kind)
        if what == ("in", "top_up"):
            found.append(LineClass.TOP_UP)
            continue
        if number is None or state is None or what not in {("out", "transfer"), ("in", "return")}:
            found.append(LineClass.UNKNOWN_TO_US)
            continue
        seen[number, direction] += 1
        if seen[number, direction] > 1:
            found.append(LineClass.DUPLICATE_AT_PROVIDER)
        elif amount != 500:
            found.append(LineClass.AMOUNT_DIFFERS)
        elif state not in GIVEN_AWAY or (direction == "in" and number not in proved):
            found.append(LineClass.STATE_DIFFERS)
        elif direction == "out":
            proved.add(number)
            found.append(LineClass.MATCHED)
        else:
            found.append(LineClass.RETURNED)
    return [str(one) for one in found]


@given(lines=st.lists(LINE, max_size=12), states=STATES)
def test_payouts_bill_lines_are_classified_as_one_by_one(
    lines: list[Line], states: dict[str, State]
) -> None:
    """The columns say of each line what reading them one after the other says."""
    found = classified(*_frames(lines, states))
    assert found["class"].to_list() == _one_by_one(lines, states)
    assert found["line_id"].to_list() == [f"L{place}" for place in range(len(lines))]


@given(lines=st.lists(LINE, max_size=12), states=STATES)
def test_payouts_bill_moves_the_rail_by_what_the_provider_moved(
    lines: list[Line], states: dict[str, State]
) -> None:
    """Whatever the lines are, the rail's account moves by their sum: nothing is left out."""
    found = classified(*_frames(lines, states))
    day = list(book_of_day(found, rail="alipay", day=date(2026, 11, 22), currency="CNY", now=NOW))
    into = sum(one.amount_minor for one in day if one.debit == "rail:alipay")
    out_of = sum(one.amount_minor for one in day if one.credit == "rail:alipay")
    theirs = sum(amount if direction == "in" else -amount for _, direction, _, amount in lines)
    assert into - out_of == theirs
    assert len({one.transfer_id for one in day}) == len(day)


def test_payouts_bill_of_a_later_day_knows_the_earlier_ones() -> None:
    """A second payment on another day is a duplicate, and a return of a proved one is a return."""
    lines: list[Line] = [("A", "out", "transfer", 500), ("A", "in", "return", 500)]
    found = classified(*_frames(lines, {"A": State.SETTLED}, paid_before=1))
    assert found["class"].to_list() == ["duplicate_at_provider", "returned"]
