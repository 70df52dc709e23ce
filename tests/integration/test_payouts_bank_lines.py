"""Lines of banks whose identities come again: what is the same once more, and what is not."""

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from amends.ledger import service as ledger
from amends.payouts.rails.bank_statements import of_day
from amends.payouts.rails.model import Statement
from amends.payouts.reconciling import bill_store, closing_store
from amends.simulators.bank import writing as banks
from amends.statements.model import Problem, StatementError
from amends.statements.service import walk_statements
from amends.vault.opened import OpenCase
from made_bills import AT, DAY, HELD_MINOR, classes, make_instructions, make_rail, taken
from made_cases import OpenedCase

BOOKS = banks.Books(account="6222020200112233445", currency="CNY", zone="Asia/Shanghai")
FORMS = {"camt.053": banks.statement, "mt940": banks.mt940}
REFERENCES = re.compile(rb"<(NtryRef|AcctSvcrRef)>[^<]*</\1>|//R[0-9]+")

Moved = tuple[str, int, str]
"""Number, what it adds to the balance, the bank's reference."""


def bill(
    form: str,
    days: list[list[Moved]],
    *,
    change: Callable[[bytes], bytes] = lambda data: data,
) -> list[Statement]:
    """Statements of days that follow each other, all under one identifier and number."""
    found, held = [], HELD_MINOR
    for n, lines in enumerate(days):
        day, opening = DAY + timedelta(days=n), held
        held += sum(minor for _, minor, _ in lines)
        told = banks.Day(
            identifier="STARTUMS",
            number=1,
            day=day,
            opening_minor=opening,
            closing_minor=held,
            moved=[
                banks.Movement(
                    reference=reference,
                    number=number,
                    amount_minor=minor,
                    at=AT + timedelta(days=n),
                    reason="AC04" if minor > 0 else "",
                )
                for number, minor, reference in lines
            ],
        )
        raw = change(FORMS[form](BOOKS, told))
        [one] = walk_statements(partial(_piece, raw), "s")
        found.append(of_day(one, "s", day, zone=BOOKS.zone, raw=raw, ours={"A", "B"}.__contains__))
    return found


def _piece(data: bytes) -> list[bytes]:
    return [data]


def begun(opened: OpenCase) -> OpenCase:
    """A bank that has paid two payments of CNY 5.00."""
    make_rail(opened, "bank")
    make_instructions(opened, "bank", dict.fromkeys("AB", "settled"))
    return opened


def explained(opened: OpenCase) -> dict[str, int]:
    """How much of each kind waits for a person."""
    with opened.database.reading() as connection:
        return bill_store.open_exceptions(connection)


@pytest.mark.parametrize("form", FORMS)
def test_payouts_lines_without_references_are_of_their_day(
    opened_case: OpenedCase, form: str
) -> None:
    """Statements that are all called the same: the payment of the second day is proved."""
    opened = begun(opened_case())
    days: list[list[Moved]] = [[("A", -500, "R1")], [("B", -500, "R2")], [("A", -500, "R3")]]
    found = bill(form, days, change=lambda data: REFERENCES.sub(b"", data))
    assert [taken(opened, "bank", one) for one in found] == [
        *(["matched"], ["matched"], ["duplicate_at_provider"]),
    ]
    assert explained(opened) == {"duplicate_at_provider": 1}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("line", "what"),
    [
        (("A", 500, "R1"), "returned"),
        (("B", -500, "R1"), "matched"),
        (("A", -499, "R1"), "duplicate_at_provider"),
        (("X", -500, "R1"), "unknown_to_us"),
    ],
)
def test_payouts_another_movement_under_a_reference_is_its_own(
    opened_case: OpenedCase, form: str, line: Moved, what: str
) -> None:
    """Its return, another payment, another amount: by what it says, and it moves money."""
    opened = begun(opened_case())
    told = bill(form, [[("A", -500, "R1")], [line]])
    for one, expected in zip(told, ("matched", what), strict=True):
        assert taken(opened, "bank", one) == [expected]
        with opened.database.reading() as connection:
            held = ledger.balances(connection)["rail:bank"]
        assert held == one.closing.amount_minor
    assert explained(opened) == ({} if what in ("returned", "matched") else {what: 1})


@pytest.mark.parametrize("form", FORMS)
def test_payouts_odd_lines_under_one_reference_are_explained_each(
    opened_case: OpenedCase, form: str
) -> None:
    """Day by day another amount under one reference, and one of them once more."""
    opened = begun(opened_case())
    days: list[list[Moved]] = [[("X", -minor, "R1")] for minor in (500, 499, 498, 499)]
    for one in bill(form, days):
        taken(opened, "bank", one)
    assert classes(opened, "bank", DAY + timedelta(days=3)) == ["repeated"]
    with opened.database.reading() as connection:
        found = closing_store.exceptions(connection)
    assert [(one.kind, one.amount_minor, one.direction) for one in found] == [
        *(("unknown_to_us", minor, "out") for minor in (500, 499, 498)),
        ("does_not_add_up", 499, "out"),
        ("repeated", 499, None),
    ]


@pytest.mark.parametrize("form", FORMS)
def test_payouts_what_moves_nothing_is_no_line(opened_case: OpenedCase, form: str) -> None:
    """A fee of zero, and a word about a payment of ours, which it does not end."""
    opened = begun(opened_case())
    lines: list[Moved] = [("X", 0, "R1"), ("A", -500, "R2"), ("A", 0, "R3"), ("B", 0, "R4")]
    [one] = bill(form, [lines])
    assert [line.line_id for line in one.lines] == ["R2"]
    assert taken(opened, "bank", one) == ["matched"]
    [nothing] = bill(form, [[("A", 0, "R1")]])
    assert not list(nothing.lines)


@pytest.mark.parametrize("form", FORMS)
def test_payouts_a_number_that_is_damaged_is_nobodys(opened_case: OpenedCase, form: str) -> None:
    """MT940 says no encoding, so what is none is replaced; XML that says another is not read."""
    opened = begun(opened_case())
    make_instructions(opened, "bank", {"PAID": "settled"}, first=2)

    def damaged(data: bytes) -> bytes:
        return data.replace(b"PAID", b"P\xffID")

    lines: list[Moved] = [("PAID", -500, "R1"), ("A", -500, "R2")]
    if form != "mt940":
        with pytest.raises(StatementError) as caught:
            bill(form, [lines], change=damaged)
        assert caught.value.problem is Problem.TRUNCATED
        return
    [one] = bill(form, [lines], change=damaged)
    assert taken(opened, "bank", one) == ["unknown_to_us", "matched"]
    assert explained(opened) == {"unknown_to_us": 1}
