"""Vouchers: debits equal credits equal the ledger; what is numbered keeps its number."""

import re
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from amends.governance.decisions import DEFAULTS
from amends.kernel.case import LegalCharacter
from amends.ledger.model import Movement
from amends.ledger.vouchers import CHART, book_account, vouchers

ACCOUNTS = st.sampled_from(
    ["bank", "company:funds", "compensation", "owed", "rail:alipay", "in_flight:alipay", "new:one"]
)
EARLY = st.integers(1, 50)
DAY = st.integers(0, 60).map(lambda days: date(2026, 11, 20) + timedelta(days=days))


@st.composite
def movement(draw: st.DrawFn, posting: st.SearchStrategy[int] = EARLY) -> Movement:
    """Any movement between two accounts."""
    debit = draw(ACCOUNTS)
    first = draw(posting)
    return Movement(
        day=draw(DAY),
        debit=debit,
        credit=draw(ACCOUNTS.filter(lambda account: account != debit)),
        reason=draw(st.sampled_from(["award", "send", "settle", "of_others"])),
        currency="CNY",
        amount_minor=draw(st.integers(1, 10**15)),
        transfers=draw(st.integers(1, 3_000_000)),
        first_posting=first,
        token=f"postings {first}–{first}",
    )


def written(movements: list[Movement]) -> list[dict[str, object]]:
    """The lines of their vouchers."""
    return list(
        vouchers(movements, own={}, tax=DEFAULTS[LegalCharacter.TORT_DAMAGES], case_id="model")
    )


@settings(max_examples=50)
@given(st.lists(movement(), max_size=30))
def test_debits_equal_credits_equal_the_ledger(movements: list[Movement]) -> None:
    """To the fen, in all and in every voucher."""
    lines = written(movements)
    total = Decimal(sum(one.amount_minor for one in movements)) / 100
    for side in ("debit", "credit"):
        assert sum((Decimal(str(line.get(side, 0))) for line in lines), Decimal()) == total
    per_voucher: Counter[object] = Counter()
    for line in lines:
        sign = 1 if "debit" in line else -1
        per_voucher[line["voucher_no"]] += sign * int(Decimal(str(line[line_side(line)])) * 100)
    assert not any(per_voucher.values())
    assert len(per_voucher) == len(movements)


def line_side(line: dict[str, object]) -> str:
    """On which side a line stands."""
    return "debit" if "debit" in line else "credit"


@settings(max_examples=50)
@given(st.lists(movement(), max_size=20), st.lists(movement(st.integers(51, 99)), max_size=10))
def test_what_was_numbered_keeps_its_number(before: list[Movement], later: list[Movement]) -> None:
    """Movements that come later in the books go behind, whatever day they are of."""
    first = written(before)
    again = written([*later, *before])
    known = {str(line["voucher_no"]) for line in first}
    assert [line for line in again if str(line["voucher_no"]) in known] == first


@settings(max_examples=50)
@given(st.lists(movement(), max_size=20))
def test_numbers_run_without_a_gap_within_a_month(movements: list[Movement]) -> None:
    """As books want it: 1, 2, 3 from the first of each month."""
    months: dict[str, list[int]] = {}
    for line in written(movements)[::2]:
        found = re.fullmatch(r"记-(\d{6})-(\d{4,})", str(line["voucher_no"]))
        assert found
        assert found[1] == f"{line['voucher_date']:%Y%m}"
        months.setdefault(found[1], []).append(int(found[2]))
    for numbers in months.values():
        assert numbers == list(range(1, len(numbers) + 1))


def test_accounts_are_named_by_the_case_then_the_chart_then_themselves() -> None:
    """A company's own chart is used where it is given, for one account or for its kind."""
    assert book_account("in_flight:alipay", {}).code == CHART["in_flight"].code
    assert book_account("in_flight:alipay", {}).zh.endswith("（alipay）")
    assert book_account("rail:alipay", {"rail": "1012 其他货币资金"}).code == "1012"
    both = {"rail": "1012 其他货币资金", "rail:alipay": "1012.9 支付宝 户"}
    assert book_account("rail:alipay", both).zh == "支付宝 户"
    assert book_account("unheard_of", {}).code == "unheard_of"
