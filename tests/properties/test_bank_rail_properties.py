"""Whatever goes wrong at the bank, nobody is paid twice, nothing is lost, and the sums agree."""

import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    Direction,
    QueryAnswer,
    RailUnavailableError,
    Refused,
    Returned,
    Settled,
    Statement,
    Unknown,
)
from amends.simulators.bank.bank import StatementForm
from made_bank import BankSetting, bank, bank_order

FIRST = date(2026, 11, 23)
DAYS = 6

FAULTS = (
    *("file_lost", "file_rejected", "silent", "report_late", "report_truncated"),
    *("account_unknown", "account_closed", "account_frozen", "name_mismatch", "payment_rejected"),
    *("returned", "booked_wrong_amount", "line_missing", "line_duplicate", "line_wrong_amount"),
    *("statement_late", "statement_truncated"),
)

STORIES = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10**6),
        "rates": st.dictionaries(
            st.sampled_from(FAULTS), st.sampled_from([0.1, 0.4, 1.0]), max_size=5
        ),
        "sizes": st.lists(st.integers(1, 9), min_size=1, max_size=3),
        "cap": st.integers(1, 5),
        "form": st.sampled_from(StatementForm),
        "impatient": st.booleans(),
    }
)


def statements(setting: BankSetting) -> list[Statement]:
    """Every statement of the days that can be read."""

    async def work(rail: FilesRail) -> list[Statement]:
        found: list[Statement | BillNotReady] = []
        for n in range(-1, DAYS):
            try:
                found.append(await rail.statement(FIRST + timedelta(days=n)))
            except RailUnavailableError:
                continue
        return [one for one in found if isinstance(one, Statement)]

    return setting.run(work)


def told(seed: int, rates: dict[str, float]) -> str:
    """The file of faults."""
    tables = [f"[{fault}]\nrate = {rate}\n" for fault, rate in rates.items()]
    return f"seed = {seed}\n" + "".join(tables)


def books(setting: BankSetting) -> dict[str, list[int]]:
    """What the bank's own books say of each number: amounts out (below zero) and back."""
    found: dict[str, list[int]] = {}
    for one in setting.bank.movements():
        found.setdefault(one.number, []).append(one.amount_minor)
    return found


def agrees(answer: QueryAnswer, moved: Sequence[int], amount: int) -> bool:
    """Whether an answer claims no more than is so, and misses nothing that was told."""
    match answer:
        case Settled():
            return list(moved) == [-amount]
        case Returned():
            return list(moved) == [-amount, amount]
        case Refused():
            return not moved
        case Unknown(advice=Advice.ALARM):
            return True
        case _:
            return not moved


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STORIES)
def test_no_answer_says_more_than_is_so(story: dict[str, object]) -> None:
    """Files of any size, sent again at any time, any faults: the bank's books are the witness."""
    sizes, cap, rates = story["sizes"], story["cap"], story["rates"]
    assert isinstance(sizes, list)
    assert isinstance(cap, int)
    assert isinstance(rates, dict)
    form = StatementForm(str(story["form"]))
    with tempfile.TemporaryDirectory() as folder:
        faults = told(int(str(story["seed"])), rates)
        drop = Path(folder) / "drop"
        with bank(drop, faults=faults, orders_per_file=cap, statements=form) as setting:
            everybody = [
                [
                    bank_order(f"F{f}N{n}", account=f"A{f}{n}", amount=f"CNY {f + 1}{n}.07")
                    for n in range(size)
                ]
                for f, size in enumerate(sizes)
            ]
            for orders in everybody:
                setting.pay(orders)
                setting.let_pass(minutes=3)
                if story["impatient"]:
                    setting.pay(orders)
                    setting.let_pass(hours=1)
            for _ in range(DAYS):
                setting.let_pass(days=1)
            orders = [one for file in everybody for one in file]
            answers = setting.ask(*(one.number for one in orders))
            moved = books(setting)
            for one, answer in zip(orders, answers, strict=True):
                minor = one.amount.amount_minor
                assert sum(1 for amount in moved.get(one.number, []) if amount < 0) <= 1
                assert agrees(answer, moved.get(one.number, []), minor), answer
            for statement in statements(setting):
                once = {line.line_id: line for line in statement.lines}.values()
                change = sum(
                    line.amount.amount_minor * (1 if line.direction is Direction.IN else -1)
                    for line in once
                )
                assert statement.opening.amount_minor + change == statement.closing.amount_minor
