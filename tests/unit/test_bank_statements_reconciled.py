"""Statements of banks, as reconciliation takes them: every line in exactly one class."""

import io
import re
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from polars import CompatLevel

from amends.kernel.money import Money
from amends.payouts.rails import bank_statements
from amends.payouts.rails.bank_statements import of_day
from amends.payouts.rails.file_aside import beside
from amends.payouts.rails.model import Statement
from amends.simulators.bank.writing import Books, Day, Movement, mt940, statement
from amends.statements.lines import lines_of
from amends.statements.model import Direction, Line, Problem, StatementError
from amends.statements.service import walk_statements

DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 4, tzinfo=UTC)
BOOKS = Books(account="6222020200112233445", currency="CNY", zone="Asia/Shanghai")
OURS = {
    "PAID": "sending",
    "BACK": "settled",
    "FEN": "sending",
    "TWICE": "settled",
    "OVER": "refused",
}
FORMS = {"camt.053": statement, "mt940": mt940}


def moved(number: str, minor: int, reference: str, reason: str = "") -> Movement:
    """A movement of the day."""
    return Movement(reference=reference, number=number, amount_minor=minor, at=AT, reason=reason)


EVERY = [
    moved("PAID", -1000, "B1"),
    moved("BACK", -1000, "B2"),
    moved("BACK", 1000, "B3", "AC04"),
    moved("FEN", -1001, "B4"),
    moved("TWICE", -1000, "B5"),
    moved("TWICE", -1000, "B6"),
    moved("OVER", -1000, "B7"),
    moved("NOBODY", -1000, "B8"),
    moved("STRANGE", 7, "B9", "MS03"),
]


def test_lines_under_one_reference_keep_no_others_in_memory() -> None:
    """However many stand between them: what is told of two is as large as two."""
    one = Line(
        reference="", direction=Direction.OUT, amount_minor=1000, booked_on=DAY, end_to_end_id=""
    )
    told = (
        replace(one, reference=f"reference {max(number, 1):020d}", end_to_end_id=f"{number:026d}")
        for number in range(4_000)
    )
    [both] = bank_statements._under_one(lines_of(told), "S1")
    assert both["end_to_end_id"].to_list() == [f"{number:026d}" for number in range(2)]
    for name in ("reference", "end_to_end_id", "line_id"):
        column = both[name].to_arrow(compat_level=CompatLevel.newest())
        assert sum(buffer.size for buffer in column.buffers() if buffer) < 1_000, name


def written(form: str, found: Sequence[Movement], *, closing_off: int = 0) -> bytes:
    """A statement of the day whose closing balance is right, or is off."""
    once = {one.reference: one for one in found}.values()
    closing = 100_000 + sum(one.amount_minor for one in once) + closing_off
    told = Day(
        identifier="S1",
        number=1,
        day=DAY,
        opening_minor=100_000,
        closing_minor=closing,
        moved=found,
    )
    return FORMS[form](BOOKS, told)


def read(data: bytes) -> Statement:
    """The statement as the rail gives it."""
    [found] = walk_statements(lambda: (data,), "s", beside(Path(tempfile.gettempdir(), "s")))
    return of_day(found, "s", DAY, zone=BOOKS.zone, raw=data, ours=OURS.__contains__)


def kinds(found: Statement) -> dict[str, str]:
    """What each line is about, by its identity."""
    return {line.line_id: str(line.kind) for line in found.lines}


@pytest.mark.parametrize("form", FORMS)
def test_every_line_says_what_it_is_about(form: str) -> None:
    """What leaves under a number is a payment, what comes under one of ours is its return."""
    found = kinds(read(written(form, EVERY)))
    paid = dict.fromkeys(("B1", "B2", "B4", "B5", "B6", "B7", "B8"), "transfer")
    assert found == {**paid, "B3": "return", "B9": "return"}


@pytest.mark.parametrize("form", FORMS)
def test_a_line_that_is_written_twice_is_one_movement(form: str) -> None:
    """It keeps its identity, so that it is noted and booked once; the balances say so."""
    found = read(written(form, [*EVERY, EVERY[0]]))
    ids = [line.line_id for line in found.lines]
    assert ids.count("B1") == 2
    assert len(kinds(found)) == len(EVERY)
    assert list(found.lines)[-1].balance_after == found.closing


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("days", [-3, 3])
def test_what_is_dated_outside_a_statement_is_a_line_of_its_day(form: str, days: int) -> None:
    """Booked for a day before, or after: it keeps its own date, and the balances hold with it."""
    late = replace(moved("PAID", -1000, "LATE"), at=AT + timedelta(days=days))
    found = read(written(form, [late, *EVERY]))
    assert kinds(found)["LATE"] == "transfer"
    assert len(kinds(found)) == len(EVERY) + 1
    assert found.opening == Money(amount_minor=100_000, currency="CNY")
    assert list(found.lines)[-1].balance_after == found.closing
    assert next(iter(found.lines)).at.date() == DAY + timedelta(days=days)


@pytest.mark.parametrize("entry", [b"2611261120", b"261126", b"261120"])
def test_mt940_begins_after_the_balance_that_it_repeats(entry: bytes) -> None:
    """``:60F:`` of a Friday, ``:62F:`` of the Monday: no day of another statement is covered."""
    data = written("mt940", EVERY).replace(b":60F:C261123", b":60F:C261120")
    data = data.replace(b":61:2611231123", b":61:" + entry, 1)
    [told] = walk_statements(lambda: (data,), "s")
    assert (told.first_day, told.last_day) == (DAY - timedelta(days=2), DAY)
    days = [DAY - timedelta(days=before) for before in (2, 1, 0)]
    found = [
        of_day(told, "s", day, zone=BOOKS.zone, raw=data, ours=OURS.__contains__) for day in days
    ]
    assert sum(len(kinds(one)) for one in found) == len(EVERY)
    for before, after in pairwise(found):
        assert before.closing == after.opening
    assert found[-1].closing == read(written("mt940", EVERY)).closing


def test_a_statement_that_ends_before_it_begins_is_refused() -> None:
    """It would be of no day, and what it books in no bill."""
    data = written("camt.053", EVERY).replace(b"<FrDtTm>2026-11-23", b"<FrDtTm>2026-11-24")
    with pytest.raises(StatementError, match="covers 2026-11-24 to 2026-11-23") as caught:
        read(data)
    assert caught.value.problem is Problem.OUTSIDE_PERIOD


@pytest.mark.parametrize("form", FORMS)
def test_two_movements_under_one_reference_are_two(form: str) -> None:
    """Where the balances say that money left twice, the second has an identity of its own."""
    found = read(written(form, [*EVERY, EVERY[0]], closing_off=-1000))
    assert kinds(found)["B1~1"] == "transfer"
    assert found.closing == Money(amount_minor=100_000 - 6994, currency="CNY")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("off", [1, -1, 1000])
def test_a_wrong_total_is_not_taken(form: str, off: int) -> None:
    """By a fen or by a whole payment."""
    with pytest.raises(StatementError, match="missing or was changed") as caught:
        read(written(form, EVERY, closing_off=off))
    assert caught.value.problem is Problem.DOES_NOT_ADD_UP


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_statement_that_is_cut_off_is_not_taken(form: str, part: float) -> None:
    """Wherever it ends."""
    data = written(form, EVERY)
    with pytest.raises(StatementError) as caught:
        read(data[: int(len(data) * part)])
    assert caught.value.problem in (Problem.TRUNCATED, Problem.VALUE)


def test_another_currency_and_encoding_are_told() -> None:
    """An entry in another currency, an encoding that is not declared, a zip that is cut off."""
    data = written("camt.053", EVERY)
    with pytest.raises(StatementError, match="not in CNY"):
        read(data.replace(b'<Amt Ccy="CNY">10.01', b'<Amt Ccy="USD">10.01'))
    chinese = data.replace(b"<Id>S1</Id>", "<Id>对账单</Id>".encode("gb18030"))
    with pytest.raises(StatementError) as caught:
        read(chinese)
    assert caught.value.problem is Problem.TRUNCATED
    dollars = written("mt940", EVERY).replace(b":62F:C261123CNY", b":62F:C261123USD")
    with pytest.raises(StatementError, match="two currencies"):
        read(dollars)
    with pytest.raises(StatementError, match="neither"):
        read(written("mt940", EVERY).decode().encode("utf-16"))
    for form in FORMS:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("s", written(form, EVERY))
        for part in (packed.getvalue(), packed.getvalue()[:-40]):
            with pytest.raises(StatementError) as caught:
                read(part)
            assert caught.value.problem is Problem.NOT_A_STATEMENT


def test_transactions_of_a_batch_are_lines_of_their_own() -> None:
    """One entry of the account for many payments: each is found by its number."""
    batch = [
        Movement(reference=f"B{n}", number=number, amount_minor=-1000, at=AT, batch="FILE1")
        for n, number in enumerate(("PAID", "BACK", "TWICE"))
    ]
    whole = written("camt.053", batch)
    assert whole.count(b"<Ntry>") == 1
    for data in (whole, in_detail(whole), as_version_02(whole)):
        assert kinds(read(data)) == dict.fromkeys(("B0", "B1", "B2"), "transfer")
        short = data.replace(b'<Amt Ccy="CNY">10.00', b'<Amt Ccy="CNY">9.99', 1)
        with pytest.raises(StatementError, match="not its amount"):
            read(short)
        with pytest.raises(StatementError, match="not in CNY"):
            read(data.replace(b'Ccy="CNY">10.00', b'Ccy="USD">10.00', 1))
    with pytest.raises(StatementError, match="not a number"):
        read(in_detail(whole).replace(b"TxAmt>", b"CntrValAmt>"))


PART = re.compile(rb"(</Refs>)(<Amt [^>]*>[^<]*</Amt>)<CdtDbtInd>(\w+)</CdtDbtInd>")
IN_DETAIL = rb'<AmtDtls><InstdAmt><Amt Ccy="USD">1.00</Amt></InstdAmt><TxAmt>\2</TxAmt></AmtDtls>'


def in_detail(data: bytes) -> bytes:
    """Amounts of transactions where version 02 has them, and later ones may."""
    return PART.sub(rb"\1<CdtDbtInd>\3</CdtDbtInd>" + IN_DETAIL, data)


def as_version_02(data: bytes) -> bytes:
    """The same in the version of 2009."""
    old = PART.sub(rb"\1" + IN_DETAIL, data).replace(b"camt.053.001.08", b"camt.053.001.02")
    return re.sub(rb"<Sts><Cd>(\w+)</Cd></Sts>", rb"<Sts>\1</Sts>", old)
