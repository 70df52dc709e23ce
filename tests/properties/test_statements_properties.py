"""A bank's statements mean the same in every format and in every order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from amends.statements.model import Direction, Form, Line, Statement
from amends.statements.service import check, joined, read_statements
from made_statements import ACCOUNT, FIRST, as_read, daily, statement, table, written

_AMOUNTS = st.integers(1, 10**13)
_TEXTS = st.text(st.characters(whitelist_categories=("Lu", "Ll", "Nd")), max_size=20)
_LINES = st.builds(
    Line,
    reference=st.none() | st.from_regex(r"[A-Z0-9]{1,16}", fullmatch=True),
    direction=st.sampled_from(Direction),
    amount_minor=_AMOUNTS,
    booked_on=st.just(FIRST),
    is_fee=st.booleans(),
    text=_TEXTS,
)


@st.composite
def _statements(draw: st.DrawFn) -> Statement:
    """A statement that adds up, with any opening balance, fees and texts."""
    lines = draw(st.lists(_LINES, max_size=8))
    lines = [replace(one, is_fee=one.is_fee and one.direction is Direction.OUT) for one in lines]
    out = sum(one.amount_minor for one in lines)
    return statement(
        lines, opening_minor=draw(st.integers(out, out + 10**13)), number=draw(st.integers(1, 999))
    )


@settings(max_examples=60)
@given(_statements(), st.sampled_from(Form))
def test_what_is_written_is_read(found: Statement, form: Form) -> None:
    """Every format gives back the statement, as far as the format says it, to the minor unit."""
    (read,) = read_statements(written(found, form), "a file")
    assert read == as_read(found, form)
    check(read, "a file", account=ACCOUNT, currency="CNY", latest=FIRST)


@settings(max_examples=25)
@given(_statements())
def test_a_chinese_table_is_read_as_an_english_one(found: Statement) -> None:
    """Columns, words and GB 18030 make no difference."""
    (read,) = read_statements(table(found, chinese=True), "a file")
    assert read == as_read(found, Form.CSV)


_DAYS = st.lists(st.lists(st.integers(1, 10**9), min_size=1, max_size=3), min_size=2, max_size=6)


@settings(max_examples=30)
@given(_DAYS, st.data())
def test_any_order_gives_one_chain(days: list[list[int]], data: st.DataObject) -> None:
    """Consecutive statements join in whatever order and format they come."""
    made = daily(days, opening_minor=500)
    order = data.draw(st.permutations(range(len(made))))
    forms = data.draw(st.lists(st.sampled_from(Form), min_size=len(made), max_size=len(made)))
    read = [
        ("a file", one)
        for place in order
        for one in read_statements(written(made[place], forms[place]), "a file")
    ]
    chain = [one for _, one in joined(read)]
    assert [one.last_day for one in chain] == [FIRST + timedelta(n) for n in range(len(made))]
    assert chain[0].opening_minor == 500
    assert chain[-1].closing_minor == 500 + sum(sum(day) for day in days)
