"""Outcomes attacked by hand: each needs its evidence, and the signatures of two people."""

from collections.abc import Mapping

import psycopg
import pytest

from amends.governance.service import require_approval
from amends.vault.opened import OpenCase
from made_bills import make_instructions, make_rail, statement, taken
from made_cases import OpenedCase

OUTCOME = """
INSERT INTO payouts.outcome (instruction_id, what, exception_id, amount_minor, provider_says,
    proposal_sha256, found_at) VALUES (%(number)s, %(what)s, %(exception)s, %(amount)s, %(says)s,
    %(digest)s, now())
"""
EXPLANATION = "INSERT INTO payouts.explanation VALUES (%(exception)s, %(explained)s, now())"
EXCEPTION = """
INSERT INTO payouts.exception (exception_id, kind, rail, instruction_id, line_id, amount_minor, day,
    found_at) VALUES (%(exception)s, %(kind)s, 'alipay', %(number)s, %(line)s, %(amount)s,
    '2026-11-22', now()) ON CONFLICT DO NOTHING
"""
CLOSED = """
INSERT INTO payouts.awaited (instruction_id, rail, since) VALUES ('GONE', 'alipay', '2026-11-22')
ON CONFLICT DO NOTHING
"""
DAYS = """
INSERT INTO payouts.bill (rail, day, raw_sha256, opening_minor, closing_minor, lines, in_minor,
    out_minor, file, imported_at, previous_day) SELECT rail, day + n, raw_sha256, closing_minor,
    closing_minor, 0, 0, 0, 'x', imported_at, day + n - 1
    FROM (SELECT * FROM payouts.bill ORDER BY day DESC LIMIT 1) AS bill,
    generate_series(1, %(days)s) AS n;
INSERT INTO payouts.bill_total (rail, day, lines, in_minor, out_minor)
    SELECT rail, day, 0, 0, 0 FROM payouts.bill ON CONFLICT DO NOTHING;
"""
CLOSE = """
INSERT INTO payouts.closed_day SELECT rail, day, opening_minor, closing_minor - opening_minor,
    closing_minor, closing_minor, 'x', now() FROM payouts.bill ORDER BY day
"""

NOT_PAID = {
    "number": "GONE",
    "what": "not_paid",
    "explained": "not_paid",
    "kind": "missing_at_provider",
    "exception": "missing:GONE",
    "says": "refused",
    "amount": 500,
    "line": None,
}
NOT_RETURNED = NOT_PAID | {
    "number": "BACK",
    "what": "not_returned",
    "explained": "not_returned",
    "kind": "return_not_proved",
    "exception": "return:BACK",
    "says": "settled",
}
AFTER_ALL = NOT_PAID | {
    "number": "NO",
    "what": "paid_after_all",
    "explained": "paid",
    "kind": "state_differs",
    "exception": "line:alipay:L0",
    "says": "its_bill",
    "line": "L0",
}
SHORT = NOT_PAID | {
    "number": "LESS",
    "what": "paid_short",
    "explained": "paid_short",
    "kind": "amount_differs",
    "exception": "line:alipay:L1",
    "says": "its_bill",
    "amount": 10,
    "line": "L1",
}
SOUND = {"not paid": NOT_PAID, "not back": NOT_RETURNED, "after all": AFTER_ALL, "short": SHORT}
ATTACKS: dict[str, tuple[str, Mapping[str, object]]] = {
    "of one that is not settled": ("outcome_of_its_payment", NOT_PAID | {"number": "NO"}),
    "of another amount": ("outcome_of_its_payment", NOT_PAID | {"amount": 499}),
    "short by all of it": ("outcome_of_its_payment", SHORT | {"amount": 500}),
    "not paid, and at work": (
        "outcome_not_paid_without_a_line",
        NOT_PAID | {"says": "accepted"},
    ),
    "not paid, and it has a line": (
        "outcome_not_paid_without_a_line",
        NOT_PAID | {"number": "LESS"},
    ),
    "not paid, and its bill proves it": (
        "outcome_not_paid_without_a_line",
        NOT_PAID | {"number": "PAID"},
    ),
    "not paid, against its word": (
        "outcome_not_paid_after_its_days",
        NOT_PAID | {"says": "settled"},
    ),
    "not back, and it says so": (
        "outcome_not_returned_by_its_word",
        NOT_RETURNED | {"says": "returned"},
    ),
    "after all, by no line": (
        "outcome_by_its_line",
        AFTER_ALL | {"exception": "line:alipay:L1", "line": "L1"},
    ),
    "short by another amount": ("outcome_by_its_line", SHORT | {"amount": 11}),
    "signed by nobody": ("outcome_signed", NOT_PAID | {"digest": "0" * 64}),
    "signed as something else": ("outcome_signed", NOT_PAID | {"signed": "checked"}),
    "signed on another word": ("outcome_signed", NOT_PAID | {"signed_says": "settled"}),
    "of nothing known": ("outcome_known", NOT_PAID | {"what": "lost"}),
    "of no answer": ("outcome_of_an_answer", NOT_PAID | {"says": "paid"}),
}


def lived(opened: OpenCase) -> None:
    """Payments in every state of which something may be found; all days are closed."""
    make_rail(opened, "alipay")
    states = {
        "PAID": "settled",
        "GONE": "settled",
        "BACK": "returned",
        "NO": "refused",
        "LESS": "settled",
    }
    make_instructions(opened, "alipay", states)
    lines = [("NO", "out", "transfer", 500), ("LESS", "out", "transfer", 490)]
    more = [("PAID", "out", "transfer", 500), ("BACK", "out", "transfer", 500)]
    taken(opened, "alipay", statement([*lines, *more]))
    with opened.database.unit_of_work() as connection:
        connection.execute(CLOSED.encode())
        connection.execute("UPDATE payouts.exception SET owner = 'x', owned_at = now()")
        connection.execute(DAYS.replace("%(days)s", "6").encode())
        connection.execute(CLOSE.encode())


def written(opened: OpenCase, given: Mapping[str, object]) -> str | None:
    """Write an outcome down with what it needs, and undo it: the constraint that refuses it."""
    body = {
        "exception": str(given["exception"]),
        "what": str(given.get("signed", given["explained"])),
    }
    if given["says"] != "its_bill":
        body["provider_says"] = str(given.get("signed_says", given["says"]))
    digest = given.get("digest") or require_approval(opened, "suspense", body)
    values = dict(given) | {"digest": digest}
    refused = None
    with opened.database.unit_of_work() as connection:
        connection.execute(EXCEPTION.encode(), values)
        connection.execute(EXPLANATION.encode(), values)
        try:
            connection.execute(OUTCOME.encode(), values)
        except psycopg.errors.IntegrityError as error:
            refused = error.diag.constraint_name
        connection.rollback()
    return refused


def test_each_false_outcome_is_refused_by_its_name(opened_case: OpenedCase) -> None:
    """Sound ones are let in; each other is refused for what it changes."""
    opened = opened_case(approve_as=("anna", "bert"))
    lived(opened)
    assert {name: written(opened, given) for name, given in SOUND.items()} == dict.fromkeys(SOUND)
    found = {name: written(opened, given) for name, (_, given) in ATTACKS.items()}
    assert found == {name: constraint for name, (constraint, _) in ATTACKS.items()}


ARROWS = {
    "GONE": "UPDATE payouts.payment SET state = 'refused', settled_at = NULL",
    "BACK": "UPDATE payouts.payment SET state = 'settled', returned_at = NULL",
    "NO": "UPDATE payouts.payment SET state = 'settled', settled_at = now()",
}


@pytest.mark.parametrize("number", ARROWS)
def test_no_payment_goes_back_without_an_outcome(opened_case: OpenedCase, number: str) -> None:
    """What was settled, came back or was refused stays so, whatever the program does."""
    opened = opened_case(approve_as=("anna", "bert"))
    lived(opened)
    with (
        pytest.raises(psycopg.errors.CheckViolation) as refused,
        opened.database.unit_of_work() as connection,
    ):
        connection.execute(f"{ARROWS[number]} WHERE instruction_id = %s".encode(), [number])
    assert refused.value.diag.constraint_name == "instruction_protocol"
