"""Paying and reconciling through the simulated provider as a process of its own."""

import pytest

from amends.payouts.service import export_awards, export_payments, pay, reconcile_payments
from amends.payouts.showing import shown
from made_awards import make_awards
from made_cases import OpenedCase


@pytest.mark.whole
def test_payouts_pay_and_reconcile_end_with_every_payment_proved(opened_case: OpenedCase) -> None:
    """Without faults everybody payable is settled, proved by the bill, and the books balance."""
    opened = opened_case(approve_as=("anna", "bert"))
    make_awards(opened, 60, needs_person=7)
    paid = pay(opened)
    assert paid.counts["settled"] == 53
    counts = reconcile_payments(opened).counts
    assert counts["matched"] == counts["statement_lines"] == 53
    assert counts["unproved"] == counts["exceptions"] == counts["open"] == 0
    assert counts["books_balanced"] == counts["rail_balance_agrees"] == 1
    assert export_payments(opened).num_rows == 53
    states = export_awards(opened)["state"].to_pylist()
    assert (states.count("settled"), states.count("needs_person")) == (53, 7)
    # One of them, from the decision to the books: its first answer comes out of its pack.
    number = shown.payments(opened, shown.Wanted(), most=1).rows[0].instruction_id
    story = shown.story(opened, number)
    (answer,) = (trace for trace in story.traces if trace.kind == "submission")
    with opened.database.session() as connection:
        assert number.encode() in shown.message(opened, connection, number, answer.digest)
    assert max(payments for _, payments in story.transfers) == 53
