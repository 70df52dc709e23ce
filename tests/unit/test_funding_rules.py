"""What a movement is, how far funds reach, and what the promised days need."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from amends.funding import rules
from amends.funding.model import FindingKind, Level, LineClass, Position
from amends.kernel.case import CaseFile, Escrow, RailSettings
from amends.kernel.casefile import parse_case_file
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from made_cases import MINIMAL_CASE
from made_statements import FIRST, line, statement

NOW = datetime(2026, 11, 22, tzinfo=UTC)
CASE = parse_case_file(MINIMAL_CASE)
ACCOUNTS = (
    "bank in_transit paid_out paid_by_hand owed settled returned deposited earmarked released fees "
    "suspense"
)


def books(**amounts: int) -> dict[str, int]:
    """Balances, zero where none is given."""
    return dict.fromkeys([*ACCOUNTS.split(), "earmarked", "released"], 0) | amounts


def found(file: CaseFile | None = None, statements: int = 1, **amounts: int) -> Position:
    """The position of those balances."""
    return rules.position(
        file or CASE,
        books(**amounts),
        statements=statements,
        proved_until=FIRST,
        promised_minor=0,
    )


@pytest.mark.parametrize(
    ("amount", "kind", "text", "what"),
    [
        (5, "", "", LineClass.PUT_IN),
        (5, "", "back from TEST-R1", LineClass.TO_RAIL),
        (-5, "", "TEST-R12 first part", LineClass.TO_RAIL),
        (-5, "", "test-r1", LineClass.TO_RAIL),
        (-5, "", "LATEST-R1", LineClass.UNEXPLAINED),
        (-5, "", "TEST-R", LineClass.UNEXPLAINED),
        (-5, "fee", "", LineClass.FEE),
        (-5, "", "", LineClass.UNEXPLAINED),
    ],
)
def test_a_movement_is_told_by_release_fee_or_direction(
    amount: int, kind: str, text: str, what: LineClass
) -> None:
    """Money that goes out and is neither a release nor a fee waits for an explanation."""
    assert rules.class_of(line(amount, "R", fee=kind == "fee", text=text), "test") is what


def test_a_statement_moves_the_bank_by_what_it_says() -> None:
    """The transfers of a statement change the bank's account by closing minus opening."""
    lines = [line(900, "A"), line(-5, "B", fee=True), line(-300, "C", text="TEST-R1")]
    one = statement([*lines, line(-7, "D")])
    moved = {
        (transfer.debit, transfer.credit): transfer.amount_minor
        for transfer in rules.transfers_of(3, one, "test", NOW)
    }
    assert moved == {
        ("bank", "company:funds"): 900,
        ("fees", "bank"): 5,
        ("in_transit", "bank"): 300,
        ("suspense", "bank"): 7,
    }


def test_a_line_is_the_same_in_every_file() -> None:
    """Same reference, amount and day make one movement; without a reference its place does."""
    one, other = statement([line(5, "A")]), statement([line(5, "A")], number=8)
    assert rules.line_key(one, 0) == rules.line_key(other, 0)
    assert rules.line_key(one, 0) != rules.line_key(statement([line(6, "A")]), 0)
    bare = replace(line(5, "A"), reference=None)
    twice = statement([bare, bare])
    assert rules.line_key(twice, 0) != rules.line_key(twice, 1)


@pytest.mark.parametrize(
    ("funds", "owed", "level"),
    [
        (1000, 0, Level.AMPLE),
        (0, 0, Level.AMPLE),
        (1000, 899, Level.AMPLE),
        (1000, 900, Level.TIGHT),
        (1000, 1000, Level.TIGHT),
        (1000, 1001, Level.SHORT),
        (0, 1, Level.SHORT),
    ],
)
def test_the_alarm_comes_before_the_shortfall(funds: int, owed: int, level: Level) -> None:
    """From 90 % on it is tight, above the whole it is short."""
    assert found(bank=funds, owed=owed).level is level


def test_the_share_of_the_alarm_is_the_case_s() -> None:
    """funding.alarm says from where on it is tight."""
    early = replace(CASE, escrow=Escrow(alarm=0.5))
    assert found(early, bank=1000, owed=500).level is Level.TIGHT


def test_money_counts_wherever_it_is_and_not_what_went_elsewhere() -> None:
    """Bank, in transit, at rails and paid out are funds; fees and what nobody explains are not."""
    moved = books(bank=100, in_transit=-20, paid_out=50, fees=3, suspense=4, owed=60, settled=50)
    moved |= {"rail:a": 9}
    position = rules.position(CASE, moved, statements=1, proved_until=FIRST, promised_minor=0)
    assert position.funds_minor == 139
    assert position.obligations_minor == 110
    assert position.free_minor == 29
    assert position.outstanding_minor == 60


def test_a_promise_counts_before_it_is_awarded() -> None:
    """What is promised is an obligation from the announcement on."""
    position = rules.position(
        CASE, books(bank=10), statements=1, proved_until=FIRST, promised_minor=11
    )
    assert (position.obligations_minor, position.level) == (11, Level.SHORT)


def test_where_a_rail_is_real_declared_funding_proves_nothing() -> None:
    """Evidence is demanded by default where real money moves, and can be demanded anywhere."""
    real = replace(CASE, rails=(RailSettings(kind="alipay", protocol="alipay"),))
    asked = replace(CASE, escrow=Escrow(evidenced=True))
    for file in (real, asked):
        position = found(file, statements=0)
        assert position.level is Level.UNPROVED
        (finding,) = rules.findings(position, file.funding, 5)
        assert finding.kind is FindingKind.UNPROVED
        assert rules.findings(found(file, bank=5), file.funding, 5) == []
    simulated = found(statements=0)
    assert simulated.funds_minor == 100_000_000
    assert rules.findings(simulated, CASE.funding, 100_000_000) == []


def test_findings_name_what_is_missing() -> None:
    """None given, another currency, short: each with the figure."""
    yen = Money(amount_minor=5, currency="JPY")
    for declared, kind in ((None, FindingKind.NONE), (yen, FindingKind.CURRENCY)):
        position = found(replace(CASE, funding=declared), statements=0)
        assert [one.kind for one in rules.findings(position, declared, 5)] == [kind]
    (short,) = rules.findings(found(bank=5), None, 105)
    assert short.kind is FindingKind.SHORT
    assert "CNY 1.00 are missing" in short.message


def test_no_more_is_released_than_is_awarded_and_there() -> None:
    """The lesser of both limits."""
    assert rules.releasable_minor(found(bank=100, owed=60)) == 60
    assert rules.releasable_minor(found(bank=100, owed=130, released=70)) == 30
    assert rules.releasable_minor(found(bank=10, owed=130, released=70)) == 0


@pytest.mark.parametrize(
    ("owed", "moved"),
    [
        (60, []),
        (65, [("company:funds", "earmarked", 5)]),
        (58, [("earmarked", "company:funds", 2)]),
    ],
)
def test_what_corrections_changed_is_earmarked_before_a_release(
    owed: int, moved: list[tuple[str, str, int]]
) -> None:
    """Earmarked and released together are what is awarded."""
    position = found(bank=100, owed=owed, earmarked=50, released=10)
    transfers = list(rules.earmark_after(position, 2, NOW))
    assert [(one.debit, one.credit, one.amount_minor) for one in transfers] == moved


def test_the_forecast_adds_up_and_names_the_day_that_lacks() -> None:
    """The last promised day needs everything; days before it their even share."""
    position = found(bank=70, owed=100, released=34)
    days = rules.forecast(position, start=date(2026, 11, 21), until=date(2026, 11, 24))
    assert [day.day.day for day in days] == [22, 23, 24]
    assert [day.due_minor for day in days] == [34, 67, 100]
    assert [day.short_minor for day in days] == [0, 0, 30]
    assert [day.unreleased_minor for day in days] == [0, 33, 66]


def test_the_case_cannot_renounce_evidence_where_money_is_real() -> None:
    """Evidenced = false goes with simulated rails only."""
    with pytest.raises(CaseFileError, match="evidenced"):
        parse_case_file(
            MINIMAL_CASE.replace('clock = "simulated"', "")
            .replace('kind = "simulator"', 'kind = "alipay"')
            .replace('"CNY 1000000.00"', '"CNY 1000000.00"\nevidenced = false')
        )
