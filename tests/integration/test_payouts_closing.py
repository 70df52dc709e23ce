"""Days and books close when all is explained and agrees; otherwise it is said what is open."""

import asyncio
from datetime import date, timedelta

import psycopg
import pytest

from amends.kernel.saying import in_language, said
from amends.ledger import service as ledger
from amends.ledger.model import SUSPENSE, Transfer, at_rail
from amends.payouts.paying import pay_through, reconcile_through
from amends.payouts.rails.model import Direction
from amends.payouts.reconciling import closing, closing_store, explaining
from amends.payouts.reconciling.closing_model import Explanation, NotClosedError, SuspenseError
from amends.payouts.showing import shown
from amends.vault.opened import OpenCase
from amends.web.listings import paying
from amends.web.listings.model import through
from fake_provider import FakeProvider, Rates
from made_awards import make_awards
from made_bills import DAY, make_instructions, make_rail, statement, taken
from made_cases import OpenedCase, SharedServer

AGREED = {"alipay": None}
DISAGREED = {"alipay": said("another balance")}
TOMORROW = DAY + timedelta(days=1)


def _told(refused: pytest.ExceptionInfo[NotClosedError | SuspenseError]) -> str:
    """What a refusal says; it is said in Chinese, too."""
    message = refused.value.message
    assert in_language(message, "zh") != in_language(message, "en")
    return in_language(message, "en")


def _suspense(opened: OpenCase) -> int:
    with opened.database.reading() as connection:
        return ledger.balances(connection)["suspense"]


def test_closing_a_day_needs_owners_the_days_before_and_the_providers_word(
    opened_case: OpenedCase,
) -> None:
    """What is unexplained needs an owner; days close in order; a dry run closes nothing."""
    opened = opened_case()
    make_rail(opened, "alipay")
    one = statement([(None, "out", "other", 500)])
    taken(opened, "alipay", one)
    opening = one.closing.amount_minor
    taken(opened, "alipay", statement([], opening_minor=opening, day=TOMORROW))
    with pytest.raises(NotClosedError) as refused:
        closing.close_days_agreed(opened, AGREED, None, dry_run=False)
    assert "1 unexplained movements have no owner" in _told(refused)
    close = "INSERT INTO payouts.closed_day VALUES ('alipay', %s, 0, %s, %s, %s, 'x', now())"
    for values, constraint in (
        ([TOMORROW, opening, opening, opening], "closed_day_in_order"),
        ([DAY, opening, opening, opening], "closed_day_all_owned"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation) as failed:
            _run(opened, close, values)
        assert failed.value.diag.constraint_name == constraint
    [found] = explaining.suspense(opened)
    explaining.take(opened, found.exception_id)
    assert explaining.suspense(opened)[0].owner == opened.by
    for values, constraint in (
        ([DAY, opening, opening, opening - 1], "closed_day_is_that_of_the_books"),
        ([DAY, opening - 1, opening, opening], "closed_day_adds_up"),
    ):
        with pytest.raises(psycopg.errors.CheckViolation) as failed:
            _run(opened, close, values)
        assert failed.value.diag.constraint_name == constraint
    with pytest.raises(NotClosedError) as refused:
        closing.close_days_agreed(opened, DISAGREED, None, dry_run=False)
    assert "another balance" in _told(refused)
    for _ in range(2):
        told = closing.close_days_agreed(opened, AGREED, None, dry_run=True)
        assert told.counts == {"days": 2, "statement_lines": 1}
    assert "from 00:00 to 24:00 in Asia/Shanghai" in in_language(told.notes[0], "en")
    assert closing.close_days_agreed(opened, AGREED, DAY, dry_run=False).counts["days"] == 1
    assert closing.close_days_agreed(opened, AGREED, None, dry_run=False).counts["days"] == 1
    assert closing.close_days_agreed(opened, AGREED, None, dry_run=False).counts["days"] == 0


def _run(opened: OpenCase, statement_: str, values: list[object]) -> None:
    with opened.database.unit_of_work() as connection:
        connection.execute(statement_.encode(), values)


def test_exceptions_and_statements_leave_as_they_are_listed(opened_case: OpenedCase) -> None:
    """Narrowed by rail; a page goes on where one ended."""
    opened = opened_case()
    for rail in ("alipay", "wechatpay"):
        make_rail(opened, rail)
        one = statement([(None, "out", "other", 500), (None, "in", "other", 7)], mark=rail)
        taken(opened, rail, one)
        next_one = statement([], opening_minor=one.closing.amount_minor, day=TOMORROW, mark=rail)
        taken(opened, rail, next_one)
    every = shown.bills(opened)
    assert [(rail, day) for rail, day, *_ in every] == [
        (rail, str(day)) for day in (TOMORROW, DAY) for rail in ("alipay", "wechatpay")
    ]
    paged = through(
        lambda last: shown.bills(
            opened, after=(date.fromisoformat(last[1]), last[0]) if last else None, most=1
        ),
        1,
    )
    assert list(paged) == every
    file = paying.statements(opened, rail="wechatpay")
    assert list(file.rows) == [bill for bill in every if bill[0] == "wechatpay"]
    found = list(paying.exceptions(opened, kind="", rail="", cleared=False).rows)
    assert len(found) == len(explaining.suspense(opened)) == 4
    some = list(paying.exceptions(opened, kind="unknown_to_us", rail="alipay", cleared=False).rows)
    assert some == [row for row in found if row[2] == "alipay"]
    assert list(paying.exceptions(opened, kind="", rail="", cleared=True).rows) == []


def test_closing_a_day_needs_books_that_are_the_bills(opened_case: OpenedCase) -> None:
    """Books that moved without the bill are told with both figures."""
    opened = opened_case()
    make_rail(opened, "alipay")
    taken(opened, "alipay", statement([]))
    with opened.database.unit_of_work() as connection:
        astray = Transfer(
            transfer_id="astray",
            debit=SUSPENSE,
            credit=at_rail("alipay"),
            amount_minor=3,
            currency="CNY",
            reason="x",
            subject="x",
            occurred_at=opened.clock.now(),
        )
        ledger.post(connection, [astray])
    with pytest.raises(NotClosedError) as refused:
        closing.close_days_agreed(opened, AGREED, None, dry_run=True)
    assert "closes with CNY 1,000,000.00, our books with CNY 999,999.97" in _told(refused)


WAYS = {
    "other out": ((None, "out", "other", 500), Explanation.FEE, {"fees": 500}),
    "other in": ((None, "in", "other", 500), Explanation.TOP_UP, {"bank": -500}),
    "for nobody": ((None, "out", "other", 7), Explanation.WRITTEN_OFF, {"written_off": 7}),
    "back": ((None, "in", "other", 7), Explanation.WRITTEN_OFF, {"written_off": -7}),
    "a fen more": (
        ("A", "out", "transfer", 501),
        Explanation.PAID,
        {"written_off": 1, "paid_out": 500},
    ),
    "a fen less": (
        ("B", "out", "transfer", 499),
        Explanation.PAID,
        {"written_off": -1, "paid_out": 500},
    ),
}


def test_closing_explains_what_is_in_suspense(opened_case: OpenedCase) -> None:
    """Two people say what it was; the books follow, and it cannot be said twice or be otherwise."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_rail(opened, "alipay")
    make_instructions(opened, "alipay", {"A": "settled", "B": "settled"})
    day, held = DAY, 100_000_000
    for line, what, moved in WAYS.values():
        bill = statement([line], day=day, opening_minor=held, mark=f"{day}L")
        taken(opened, "alipay", bill)
        day, held = day + timedelta(days=1), bill.closing.amount_minor
        found = next(one for one in explaining.suspense(opened) if one.direction)
        with opened.database.reading() as connection:
            before = ledger.balances(connection)
        with pytest.raises(SuspenseError) as refused:
            explaining.explain(opened, found.exception_id, Explanation.CHECKED)
        assert "it can be" in _told(refused)
        explaining.explain(opened, found.exception_id, what)
        with opened.database.reading() as connection:
            after = ledger.balances(connection)
        assert {name: after[name] - before[name] for name in moved} == moved
        with pytest.raises(SuspenseError):
            explaining.explain(opened, found.exception_id, what)


def test_closing_the_case_says_what_is_open_until_nothing_is(opened_case: OpenedCase) -> None:
    """Accounts, amounts and reasons; then days, then two signatures; then it is closed."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 4)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000)
    asyncio.run(pay_through(opened, provider))
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, AGREED, dry_run=True)
    assert "settled − paid_out: CNY 20,000.00 paid by a provider's answer" in _told(refused)
    assert "bills are wanted to" in _told(refused)
    good = list(provider.lines)
    provider.lines = [line for line in good if line.direction is Direction.OUT]
    assert asyncio.run(reconcile_through(opened, provider)).counts["unproved"] == 0
    with opened.database.reading() as connection:
        assert closing_store.instruction_classes(connection) == {"proved": 4}
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, AGREED, dry_run=True)
    assert "days are not closed" in _told(refused)
    assert len(refused.value.why) == 1
    assert closing.close_days_agreed(opened, AGREED, None, dry_run=False).counts["days"] > 1
    with pytest.raises(NotClosedError) as refused:
        closing.close_case_agreed(opened, DISAGREED, dry_run=True)
    assert "another balance" in _told(refused)
    for dry_run, word in ((True, "can be closed"), (False, "are closed"), (False, "are closed")):
        told = closing.close_case_agreed(opened, AGREED, dry_run=dry_run)
        assert word in in_language(told.notes[0], "en")
        assert told.counts["settled_minor"] == 2_000_000
        assert told.counts["left_minor"] == 98_000_000
    assert not _suspense(opened)


def test_closing_puts_every_payment_in_one_class(opened_case: OpenedCase) -> None:
    """Payments in every state, with lines of every kind or none: each has exactly one class."""
    opened = opened_case()
    make_rail(opened, "alipay")
    states = {
        "NEW": "approved",
        "PAID": "settled",
        "GONE": "settled",
        "OPEN": "unknown",
        "FEN": "settled",
        "TWICE": "settled",
        "BACK": "settled",
        "BACK0": "returned",
        "NO": "refused",
        "NOYET": "refused",
    }
    make_instructions(opened, "alipay", states)
    bill = statement(
        [
            *((number, "out", "transfer", 500) for number in ("PAID", "TWICE", "BACK", "BACK0")),
            *(("TWICE", "out", "transfer", 500), ("BACK", "in", "return", 500)),
            *(("FEN", "out", "transfer", 501), ("NO", "out", "transfer", 500)),
        ]
    )
    make = {"BACK": "proved_returned", "BACK0": "return_not_proved", "FEN": "amount_differs"}
    taken(opened, "alipay", bill)
    opening = bill.closing.amount_minor
    taken(opened, "alipay", statement([], opening_minor=opening, day=TOMORROW))
    with opened.database.reading() as connection:
        rows = connection.execute("SELECT instruction_id, class FROM payouts.instruction_class")
        found = {str(number): str(what) for number, what in rows}
    assert found == {
        **make,
        "NEW": "not_sent",
        "PAID": "proved",
        "TWICE": "paid_twice",
        "OPEN": "open",
        "GONE": "missing_at_provider",
        "NO": "state_differs",
        "NOYET": "refused",
    }


_A_FEN = """
UPDATE payouts.payment
SET amount_minor = amount_minor + CASE award_index WHEN 0 THEN 1 WHEN 1 THEN -1 ELSE 0 END
"""
_ANOTHER_LINE = "UPDATE payouts.line_pack SET numbers = array_replace(numbers, numbers[1], {})"
_ANOTHER_MOVEMENT = """
UPDATE payouts.movement SET generations = array_replace(generations, 0::smallint, 1::smallint)
WHERE move = 'settle'
"""
_BACK = """
UPDATE payouts.payment
SET state = 'returned', returned_at = now(), settled_at = told.settled_at, attempts = 1,
request_sha256 = told.request_sha256, sent_at = told.sent_at, last_sent_at = told.sent_at
FROM payouts.instruction AS told
WHERE told.instruction_id = payment.instruction_id AND payment.award_index = 2
"""
TAMPERED = [
    (_A_FEN, {"line_is_no_payment": 2}),
    (_ANOTHER_LINE.format("numbers[2]"), {"lines_of_one_payment": 1, "payment_has_no_line": 1}),
    (_ANOTHER_LINE.format("'X'"), {"line_is_no_payment": 1, "payment_has_no_line": 1}),
    (_BACK, {"books_say_otherwise": 1}),
    (_ANOTHER_MOVEMENT, {"books_say_otherwise": 8, "transfer_is_not_its_payments": 1}),
]
"""Changes that leave every sum as it was, or nearly, and what is found payment by payment."""


def test_closing_holds_bill_answers_and_books_payment_by_payment(
    opened_case: OpenedCase, server: SharedServer
) -> None:
    """A fen moved from one payment to another, lines and movements of another one: all found."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 4)
    provider = FakeProvider(seed=1, rates=Rates(), now=opened.clock.now, funds_minor=100_000_000)
    asyncio.run(pay_through(opened, provider))
    provider.lines = [line for line in provider.lines if line.direction is Direction.OUT]
    asyncio.run(reconcile_through(opened, provider))
    with opened.database.reading() as connection:
        assert not closing_store.apart(connection)
        name = connection.info.dbname
    root = psycopg.conninfo.make_conninfo(server.root_conninfo, dbname=name)
    for change, found in TAMPERED:
        with psycopg.connect(root) as connection:
            connection.execute("SET session_replication_role = replica")
            connection.execute(change.encode())
            apart = closing_store.apart(connection)
            assert {str(one.what): one.count for one in apart} == found
            for words in map(str, closing.told_apart(apart)):
                assert "somebody changed the database" in words
            connection.rollback()
    with psycopg.connect(root) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(TAMPERED[0][0].encode())
    with pytest.raises(NotClosedError) as refused:
        closing.close_days_agreed(opened, AGREED, None, dry_run=True)
    assert "2 lines of bills count as payments of ours and are none" in _told(refused)
