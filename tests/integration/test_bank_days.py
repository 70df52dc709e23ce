"""Days of a bank's account: each has the movements of the statement that it stands in."""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amends.kernel.ids import InstructionId
from amends.payouts.rails.file_rail import FilesRail
from amends.payouts.rails.model import (
    Advice,
    BillNotReady,
    RailUnavailableError,
    Settled,
    Statement,
    Unknown,
)
from amends.simulators.bank.writing import Books, Day, Movement, mt940, notification, statement
from made_bank import BankSetting, bank, bank_order

BOOKS = Books(account="6222020200112233445", currency="CNY", zone="Asia/Shanghai")
FORMS = {"camt.053": statement, "mt940": mt940}


@pytest.fixture
def setting(tmp_path: Path) -> Iterator[BankSetting]:
    """A rail whose inbox is empty."""
    with bank(tmp_path / "drop") as found:
        for path in found.inbox():
            path.unlink()
        yield found


def moved(minor: int, reference: str, day: int, number: str = "N9") -> Movement:
    """A movement of a day of November."""
    at = datetime(2026, 11, day, 4, tzinfo=UTC)
    return Movement(reference=reference, number=number, amount_minor=minor, at=at)


def written(form: str, day: int, opening_minor: int, *found: Movement) -> bytes:
    """The statement of a day of November."""
    told = Day(
        identifier=f"S{day}",
        number=day,
        day=date(2026, 11, day),
        opening_minor=opening_minor,
        closing_minor=opening_minor + sum(one.amount_minor for one in found),
        moved=found,
    )
    return FORMS[form](BOOKS, told)


def put(setting: BankSetting, name: str, data: bytes) -> None:
    """Lay a file into the inbox."""
    (setting.drop / "inbox" / name).write_bytes(data)


def told(setting: BankSetting, *days: int) -> list[tuple[int, int, int] | None]:
    """Opening, closing and count of lines of days; None where a statement is waited for."""

    async def work(rail: FilesRail) -> list[Statement | BillNotReady]:
        return [await rail.statement(date(2026, 11, day)) for day in days]

    return [
        (one.opening.amount_minor, one.closing.amount_minor, len(list(one.lines)))
        if isinstance(one, Statement)
        else None
        for one in setting.run(work)
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dated", [20, 21, 22, 24, 25])
def test_a_movement_is_of_the_day_whose_statement_has_it(
    setting: BankSetting, form: str, dated: int
) -> None:
    """Whatever day it is dated: days before and after stay as they were, and all join."""
    for day in (20, 21):
        put(setting, f"{day}", written(form, day, 1000))
    put(setting, "23", written(form, 23, 1000, moved(-10, "B1", dated)))
    put(setting, "24", written(form, 24, 990))
    same = (1000, 1000, 0)
    assert told(setting, 20, 21, 22, 23, 24) == [*[same] * 3, (1000, 990, 1), (990, 990, 0)]


@pytest.mark.parametrize("right", ["first", "second"])
def test_of_two_statements_that_differ_the_one_that_stays_counts(
    setting: BankSetting, right: str
) -> None:
    """As the refusal says: the other one is taken out of the inbox, and nothing waits for it."""
    put(setting, "first", written("camt.053", 23, 1000, moved(-10, "B1", 23)))
    put(setting, "second", written("camt.053", 23, 1000, moved(-20, "B2", 23)))
    with pytest.raises(RailUnavailableError, match="two statements of 2026-11-23 that differ"):
        told(setting, 23)
    for path in setting.inbox():
        if path.name != right:
            path.unlink()
    assert told(setting, 23) == [(1000, 990 if right == "first" else 980, 1)]
    for path in setting.inbox():
        path.unlink()
    with pytest.raises(RailUnavailableError, match="two statements of 2026-11-23 that differ"):
        told(setting, 23)


def advised(name: str, *found: Movement) -> bytes:
    """A notification of movements."""
    return notification(name, "2026-11-24T12:00:00", BOOKS, found)


def held(setting: BankSetting) -> int:
    """What the account holds, by statement and notifications."""

    async def work(rail: FilesRail) -> int:
        return (await rail.balance()).amount_minor

    return setting.run(work)


def test_each_movement_that_is_advised_counts_once(setting: BankSetting) -> None:
    """The same in two notifications; a return, or another payment, under the same reference."""
    put(setting, "23", written("camt.053", 23, 1000))
    out = moved(-10, "B1", 24)
    others = [replace(out, amount_minor=10, reason="AC04"), replace(out, number="N8")]
    put(setting, "a1", advised("A1", out))
    put(setting, "a2", advised("A2", out, out))
    assert held(setting) == 990
    for n, other in enumerate(others):
        put(setting, f"b{n}", advised(f"B{n}", other))
        put(setting, f"c{n}", advised(f"C{n}", other))
    assert held(setting) == 990
    put(setting, "d", advised("D", replace(out, amount_minor=-11)))
    assert held(setting) == 979


WRITTEN: dict[str, Callable[[Movement], bytes]] = {
    "camt.053": lambda one: written("camt.053", 23, 1000, one),
    "camt.054": lambda one: advised("A1", one),
    "mt940": lambda one: written("mt940", 23, 1000, one),
}


@pytest.mark.parametrize("form", WRITTEN)
def test_what_moves_nothing_says_nothing_of_a_payment(setting: BankSetting, form: str) -> None:
    """A line of zero under its number is neither its debit nor its return."""
    setting.pay([bank_order("N1", amount="CNY 0.10")])
    [before] = setting.ask("N1")
    put(setting, "nothing", WRITTEN[form](moved(0, "B1", 23, "N1")))
    assert setting.ask("N1") == [before]
    put(setting, "paid", WRITTEN[form](moved(-10, "B2", 23, "N1")))
    [paid] = setting.ask("N1")
    assert isinstance(paid, Settled)


@pytest.mark.parametrize("form", FORMS)
def test_a_day_whose_file_cannot_be_read_is_no_day_without_movements(
    setting: BankSetting, form: str
) -> None:
    """Money left and came back; the file is cut off, and the days around it join."""
    whole = written(form, 21, 1000, moved(-500, "B1", 21), moved(500, "B2", 21))
    put(setting, "20", written(form, 20, 1000))
    put(setting, "22", written(form, 22, 1000))
    assert told(setting, 21) == [(1000, 1000, 0)]
    put(setting, "21", whole[:-40])
    with pytest.raises(RailUnavailableError, match="21 cannot be read"):
        told(setting, 21)
    put(setting, "21", whole)
    assert told(setting, 21) == [(1000, 1000, 2)]


@pytest.mark.parametrize("form", FORMS)
def test_a_day_that_the_bank_told_of_waits_for_its_statement(
    setting: BankSetting, form: str
) -> None:
    """The days around it join; what one of them has is told, as that of a holiday."""
    both = [moved(-500, "B1", 21), moved(500, "B2", 21, "N8")]
    put(setting, "20", written(form, 20, 1000))
    put(setting, "22", written(form, 22, 1000, both[0]))
    put(setting, "advice", advised("A1", both[0]))
    assert told(setting, 21, 22) == [(1000, 1000, 0), (1000, 500, 1)]
    put(setting, "later", advised("A2", both[1]))
    assert told(setting, 21) == [None]
    put(setting, "21", written(form, 21, 1000))
    assert told(setting, 21) == [(1000, 1000, 0)]


def packed(data: bytes) -> bytes:
    """In a zip."""
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as archive:
        archive.writestr("s", data)
    return found.getvalue()


BAD: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[: len(data) * 2 // 3],
    "a zip": packed,
    "a zip that is cut off": lambda data: packed(data)[:-40],
    "another encoding": lambda data: data.decode().encode("utf-16"),
    "another currency": lambda data: data.replace(b"CNY", b"USD"),
}


@pytest.mark.parametrize("form", WRITTEN)
@pytest.mark.parametrize("bad", BAD)
def test_a_file_that_is_bad_in_any_way_is_told_and_says_nothing(
    setting: BankSetting, form: str, bad: str
) -> None:
    """The payment is what it was; the right file after it says the rest."""
    setting.pay([bank_order("N1", amount="CNY 0.10")])
    [before] = setting.ask("N1")
    data = WRITTEN[form](moved(-10, "B1", 23, "N1"))

    async def unread(rail: FilesRail) -> list[str]:
        assert await rail.query(InstructionId("N1")) == before
        return list(rail.unread)

    put(setting, "f", BAD[bad](data))
    assert setting.run(unread) == ["f"]
    put(setting, "f", data)
    assert isinstance(setting.ask("N1")[0], Settled)


@pytest.mark.parametrize("form", WRITTEN)
def test_an_amount_that_is_off_by_a_fen_is_an_alarm(setting: BankSetting, form: str) -> None:
    """It neither settles the payment nor leaves it open to be sent again."""
    setting.pay([bank_order("N1", amount="CNY 0.10")])
    put(setting, "f", WRITTEN[form](moved(-11, "B1", 23, "N1")))
    [found] = setting.ask("N1")
    assert isinstance(found, Unknown)
    assert (found.advice, found.code) == (Advice.ALARM, "amount_differs")
