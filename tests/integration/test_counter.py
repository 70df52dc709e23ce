"""Lists to a counter and reports from it: who collected, who did not, and what does not fit."""

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import (
    Accepted,
    Advice,
    LineKind,
    OrderNotPayableError,
    QueryAnswer,
    RefusalReason,
    Refused,
    Settled,
    Statement,
    Unknown,
)
from made_bank import START
from made_counter import CounterSetting, counter, counter_order

DAY = date(2026, 11, 23)
HEADER = "number,state,amount,at,receipt,by,identification_end\n"
COLLECTED = "N1,collected,5000.00,2026-11-24 10:00:00,SJ1,teller 7,002X\n"


def told(setting: CounterSetting, rows: str, name: str = "r.csv") -> tuple[QueryAnswer, str]:
    """What N1 is after a report of these rows, and why the report was not read."""
    setting.report(name, HEADER + rows)

    async def work(rail: FilesRail) -> tuple[QueryAnswer, Mapping[str, str]]:
        return await rail.query(InstructionId("N1")), rail.unread

    answer, unread = setting.run(work)
    return answer, unread.get(name, "")


def test_people_collect_what_lies_ready(tmp_path: Path) -> None:
    """Listed, deposited, ready, collected with a receipt; a day's report is its statement."""
    with counter(tmp_path / "drop") as setting:
        setting.pay([counter_order(f"N{n}") for n in range(8)])
        setting.let_pass()
        assert setting.ask("N0") == [Unknown(advice=Advice.ASK, code="no_answer")]
        setting.let_pass(days=1)
        [ready] = setting.ask("N0")
        assert isinstance(ready, Accepted)
        assert ready.provider_reference is not None
        setting.let_pass(days=6)
        answers = setting.ask(*(f"N{n}" for n in range(8)))
        assert [type(answer) for answer in answers] == [Settled] * 8

        async def work(rail: FilesRail) -> list[object]:
            return [await rail.statement(DAY + timedelta(days=n)) for n in range(6)]

        found = setting.run(work)
        statements = [one for one in found if isinstance(one, Statement)]
        assert len(statements) > 2
        lines = [line for statement in statements for line in statement.lines]
        for before, statement in pairwise(statements):
            assert before.closing == statement.opening
        assert lines[0].kind is LineKind.TOP_UP
        paid = [line for line in lines if line.kind is LineKind.TRANSFER]
        assert sorted(str(line.number) for line in paid) == [f"N{n}" for n in range(8)]
        assert {line.provider_reference for line in paid} == {
            answer.provider_reference for answer in answers if isinstance(answer, Settled)
        }
        assert statements[-1].closing.amount_minor == 0


def test_what_nobody_takes_in_time_goes_back(tmp_path: Path) -> None:
    """Expired is refused for good under this number: the money never reached anybody."""
    with counter(tmp_path / "drop", faults='[never_comes]\nonly = ["N1"]\n') as setting:
        setting.pay([counter_order("N0"), counter_order("N1")])
        setting.let_pass()
        setting.let_pass(days=32)
        kept, back = setting.ask("N0", "N1")
        assert isinstance(kept, Settled)
        assert isinstance(back, Refused)
        assert (back.reason, back.code) == (RefusalReason.NOT_CONFIRMED, "expired")


def test_what_does_not_fit_is_for_a_person(tmp_path: Path) -> None:
    """Another document, and money collected twice, are alarms; who is not known is refused."""
    faults = """
[other_document]
only = ["N1"]
[collects_twice]
only = ["N2"]
[unidentified]
only = ["N3"]
"""
    with counter(tmp_path / "drop", faults=faults) as setting:
        setting.pay([counter_order(f"N{n}") for n in range(1, 4)])
        setting.let_pass()
        setting.let_pass(days=7)
        other, twice, refused = setting.ask("N1", "N2", "N3")
        assert isinstance(other, Unknown)
        assert (other.advice, other.code) == (Advice.ALARM, "other_identification")
        assert isinstance(twice, Unknown)
        assert (twice.advice, twice.code) == (Advice.ALARM, "collected_twice")
        assert isinstance(refused, Refused)
        assert refused.reason is RefusalReason.NAME_MISMATCH


def test_digits_of_documents_do_not_stay(tmp_path: Path) -> None:
    """Once the list is fetched and the reports are read, no file of ours has a digit of them."""
    document = "110105194912318642"
    with counter(tmp_path / "drop") as setting:
        setting.pay([counter_order("N1", document=document)])
        [out] = (setting.drop / "outbox").iterdir()
        assert document not in out.read_text(encoding="utf-8")
        assert "8642" in out.read_text(encoding="utf-8")
        setting.let_pass()
        setting.let_pass(days=7)
        reports = sorted((setting.drop / "inbox").iterdir())
        assert any(b"8642" in path.read_bytes() for path in reports)
        assert isinstance(setting.ask("N1")[0], Settled)
        (setting.drop / "counter.json").unlink()  # the counter's own memory
        setting.clock.sleep(timedelta(days=1))
        assert isinstance(setting.ask("N1")[0], Settled)
        for path in setting.drop.rglob("*"):
            assert not path.is_file() or b"8642" not in path.read_bytes(), path.name

        async def work(rail: FilesRail) -> list[object]:
            return [await rail.statement(DAY + timedelta(days=n)) for n in range(3)]

        assert all(isinstance(one, Statement) for one in setting.run(work))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("N1,taken,5000.00,2026-11-24 10:00,SJ1,t,002X\n", "state is none"),
        (",collected,5000.00,2026-11-24 10:00,SJ1,t,002X\n", "number is missing"),
        ("N1,collected,5000.00,2026-11-24 10:00,,t,002X\n", "receipt"),
        ("N1,collected,5000.00,2026-11-24 10:00,SJ1,,002X\n", "who paid out"),
        ("N1,collected,5000.00,2026-11-24 10:00,SJ1,t,\n", "on which document"),
        ("N1,collected,5000.001,2026-11-24 10:00,SJ1,t,002X\n", "amount"),
        ("N1,collected,0.00,2026-11-24 10:00,SJ1,t,002X\n", "amount"),
        ("N1,collected,5000.00,yesterday,SJ1,t,002X\n", "time"),
        ("N9,collected,5000.00,2026-11-24 10:00,SJ1,t,002X\n", "stands on no list"),
        (COLLECTED + "N2,collected,5000.00,2026-11-24 10:00,SJ1,t,002X\n", "its receipt"),
        (COLLECTED + "N2,collected,5000.00\n", "as many cells"),
        (COLLECTED + 'N2,"coll', "breaks off"),
        (",opening,5000.00,2026-11-24 08:00,,,\n" + COLLECTED, "cut off"),
        (f"N1,ready,5000.00,2026-11-24 10:00,,{'t' * 65},\n", "more than 64"),
        (
            ",opening,9000.00,2026-11-24 08:00,,,\n"
            + COLLECTED
            + ",closing,4000.01,2026-11-24 18:00,,,\n",
            "missing or was changed",
        ),
    ],
)
def test_a_report_that_is_not_right_is_not_believed(tmp_path: Path, rows: str, why: str) -> None:
    """Nothing of such a report counts; file, row and reason are told, and never a value."""
    with counter(tmp_path / "drop") as setting:
        setting.pay([counter_order("N1"), counter_order("N2")])
        answer, problem = told(setting, rows)
        assert answer == Unknown(advice=Advice.ASK, code="no_answer")
        assert why in problem
        assert "r.csv" in problem
        assert "002X" not in problem
        good, nothing = told(setting, COLLECTED, name="r.csv")
        assert isinstance(good, Settled)
        assert nothing == ""


def test_reports_are_read_in_the_words_and_letters_of_counters(tmp_path: Path) -> None:
    """English or Chinese columns, UTF-8 or GB 18030; any other file is told."""
    with counter(tmp_path / "drop") as setting:
        setting.pay([counter_order("N1")])
        setting.report("utf16.csv", HEADER + COLLECTED, "utf-16")
        answer, _ = told(setting, "", name="empty.csv")
        assert answer == Unknown(advice=Advice.ASK, code="no_answer")
        chinese = "编号,状态,金额,时间,收据号,经办,证件尾号\n"
        chinese += "N1,已领取,5000.00,2026-11-24 10:00,SJ1,柜员,002x\n"
        setting.report("gb.csv", chinese, "gb18030")
        assert isinstance(setting.ask("N1")[0], Settled)

        async def work(rail: FilesRail) -> Mapping[str, str]:
            await rail.query(InstructionId("N1"))
            return dict(rail.unread)

        assert list(setting.run(work)) == ["utf16.csv"]


def test_what_a_list_cannot_carry_is_told(tmp_path: Path) -> None:
    """A wallet, a number that is no document, and a name that a spreadsheet would compute."""
    order = counter_order("N1")
    wrong = [
        order._replace(payee_account_kind=AccountKind.WALLET),
        order._replace(payee_account="12"),
        order._replace(payee_name="=1+1"),
        order._replace(payee_name="a\nb"),
        order._replace(remark="+cmd"),
        order._replace(number=InstructionId("N 1")),
    ]
    with counter(tmp_path / "drop") as setting:

        async def work(rail: FilesRail) -> None:
            rail.prepare(order)
            for one in wrong:
                with pytest.raises(OrderNotPayableError):
                    rail.prepare(one)

        setting.run(work)


def test_a_list_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    """Two counters on two days are handed the same bytes for the same people."""
    found = []
    for days in (0, 9):
        with counter(tmp_path / f"drop{days}") as setting:
            setting.clock.sleep(timedelta(days=days))
            setting.pay([counter_order("N2", name='测"试,乙'), counter_order("N1")])
            [path] = (setting.drop / "outbox").iterdir()
            found.append((path.name, path.read_bytes()))
    assert found[0] == found[1]
    assert found[0][1].decode("utf-8-sig").splitlines()[-1] == "合计,2,,10000.00,CNY,"
    assert START.hour == 1
