"""A statement that is cut off, forged, foreign or out of order is refused, with its reason."""

import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest

from amends.kernel.saying import Said, in_language
from amends.statements.model import Direction, Form, Problem, Statement, StatementError
from amends.statements.service import check, joined, read_statements
from made_statements import (
    ACCOUNT,
    FIRST,
    camt,
    daily,
    line,
    mt940,
    statement,
    table,
    written,
)

GOOD = statement([line(700, "R1"), line(-200, "R2", fee=True, text="charge")], opening_minor=100)


def refused(data: bytes) -> StatementError:
    """Why the file is not read."""
    with pytest.raises(StatementError) as caught:
        read_statements(data, "s.xml")
    told = caught.value.args[0]
    assert isinstance(told, Said)
    assert in_language(told, "zh") != told
    assert str(caught.value).startswith("s.xml")
    return caught.value


def unchecked(found: Statement, *, currency: str = "CNY") -> Problem:
    """Why a statement that can be read is not taken."""
    with pytest.raises(StatementError) as caught:
        check(found, "s.xml", account=ACCOUNT, currency=currency, latest=FIRST)
    return caught.value.problem


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("part", [0.45, 0.8, 0.97])
def test_a_file_that_is_cut_off_is_refused(form: Form, part: float) -> None:
    """Wherever a file ends early, it is told as cut off, and nothing of it is believed."""
    whole = written(GOOD, form)
    assert refused(whole[: int(len(whole) * part)]).problem in (Problem.TRUNCATED, Problem.VALUE)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", Problem.NOT_A_STATEMENT),
        (b"PK\x03\x04 a workbook", Problem.NOT_A_STATEMENT),
        (b"<html><body>log in</body></html>", Problem.NOT_A_STATEMENT),
        (camt(GOOD).replace(b"camt.053", b"camt.052"), Problem.NOT_A_STATEMENT),
        (
            b'<!DOCTYPE d [<!ENTITY a "aaaa">]>' + camt(GOOD).split(b"\n", 1)[1],
            Problem.FORBIDDEN_XML,
        ),
        (camt(GOOD).replace(b"<NbOfNtries>2<", b"<NbOfNtries>3<"), Problem.TRUNCATED),
        (camt(GOOD).replace(b"<Sum>9.00<", b"<Sum>9.01<"), Problem.TRUNCATED),
        (camt(GOOD).replace(b"CLBD", b"ITBD"), Problem.VALUE),
        (camt(GOOD).replace(b">7.00<", b">7.001<"), Problem.VALUE),
        (camt(GOOD).replace(b">7.00<", b">7,00<"), Problem.VALUE),
        (camt(GOOD).replace(b">7.00<", b">NaN<"), Problem.VALUE),
        (camt(GOOD).replace(b">7.00<", b">1E30<"), Problem.VALUE),
        (camt(GOOD).replace(b'Ccy="CNY">7.00', b'Ccy="USD">7.00'), Problem.VALUE),
        (camt(GOOD).replace(b"2026-11-20</Dt></BookgDt>", b"20/11</Dt></BookgDt>"), Problem.VALUE),
        (camt(GOOD).replace(b"<CdtDbtInd>CRDT</CdtDbtInd><Sts>", b"<Sts>"), Problem.SCHEMA),
        (camt(GOOD).replace(b"<Cd>PMNT</Cd>", b"<Cd>PAYMENT</Cd>"), Problem.SCHEMA),
        (camt(GOOD).replace(b"</Ntry>", b"<Nm>x</Nm></Ntry>", 1), Problem.SCHEMA),
        (camt(GOOD, version="02"), Problem.SCHEMA),
        (camt(GOOD, version="99"), Problem.NOT_A_STATEMENT),
        (mt940(GOOD).replace(b":62F:", b":62M:"), Problem.TRUNCATED),
        (mt940(GOOD).replace(b":61:2611201120C7,00", b":61:26112C7,00"), Problem.VALUE),
        (mt940(GOOD).replace(b":28C:1/1", b":13Z:1/1"), Problem.VALUE),
        (table(GOOD).replace(b"in,2026", b"into,2026"), Problem.VALUE),
        (table(GOOD).replace(b"in,2026-11-20,7.00", b"in,2026-11-20,-7.00"), Problem.VALUE),
        (table(GOOD).replace(b",7.00,R1", b",7.00,R1,more"), Problem.TRUNCATED),
    ],
)
def test_what_is_no_statement_is_refused(data: bytes, problem: Problem) -> None:
    """Each kind of file or value that is not right is refused for what it is."""
    assert refused(data).problem is problem


@pytest.mark.parametrize(
    "amount", ['"10000,50"', '"1,0000.50"', '"1,00"', "１０", "1_0", "1e1", "", "￥10", '"1,000,5"']
)
def test_a_table_whose_amounts_are_written_otherwise_is_refused(amount: str) -> None:
    """A comma for a point would count a hundred times what it says, balances and all."""
    told = refused(plain_table(amount))
    assert told.problem is Problem.VALUE
    assert "row 3: an amount is not written like 10000.50 or 10,000.50" in told.args[0]


@pytest.mark.parametrize("amount", ["10000.50", '"10,000.50"', "+10000.5"])
def test_a_table_may_part_thousands_by_commas(amount: str) -> None:
    """As spreadsheets and banks write them."""
    [found] = read_statements(plain_table(amount), "s.csv")
    assert (found.closing_minor, [one.amount_minor for one in found.lines]) == (
        10**6 + 50,
        [10**6 + 50],
    )


def plain_table(amount: str) -> bytes:
    """A day on which so much came, and was all there was."""
    rows = (("opening", "0"), ("in", amount), ("closing", amount))
    text = "".join(f"{ACCOUNT},{FIRST},{kind},{much},CNY\n" for kind, much in rows)
    return f"account,date,kind,amount,currency\n{text}".encode()


def test_a_statement_that_does_not_add_up_names_the_right_figure() -> None:
    """Opening and movements are held against the closing balance, and the difference is told."""
    wrong = replace(GOOD, closing_minor=GOOD.closing_minor + 1)
    with pytest.raises(StatementError, match=r"make CNY 6\.00.*says CNY 6\.01") as caught:
        check(wrong, "s.xml", account=ACCOUNT, currency="CNY", latest=FIRST)
    assert caught.value.problem is Problem.DOES_NOT_ADD_UP


def test_foreign_and_future_statements_are_refused() -> None:
    """Another account, another currency, a day that has not come, a debt: each is named."""
    assert unchecked(replace(GOOD, account="6222020200112230000")) is Problem.OTHER_ACCOUNT
    assert unchecked(GOOD, currency="USD") is Problem.WRONG_CURRENCY
    tomorrow = FIRST + timedelta(days=1)
    assert unchecked(replace(GOOD, last_day=tomorrow)) is Problem.FUTURE
    before = FIRST - timedelta(days=9)
    assert unchecked(replace(GOOD, first_day=before, last_day=before)) is Problem.OUTSIDE_PERIOD
    assert unchecked(statement(opening_minor=-5)) is Problem.OVERDRAWN
    assert check(GOOD, "s", account="6222 0202 0011 2233445", currency="CNY", latest=FIRST)


def test_mt940_may_begin_with_the_day_of_its_opening_balance() -> None:
    """Of several days: ``:60F:`` is the day before (SWIFT), or with some banks the first one."""
    last = FIRST + timedelta(days=9)
    lines = [line(700, "R1"), line(-200, "R2", FIRST + timedelta(days=1)), line(1, "R3", last)]
    month = replace(statement(lines), last_day=last)
    for before in (0, 1):
        told = replace(month, first_day=FIRST - timedelta(days=before))
        [found] = read_statements(mt940(told), "s")
        assert found.first_day == told.first_day + timedelta(days=1)
        assert check(found, "s", account=ACCOUNT, currency="CNY", latest=last)
    [found] = read_statements(mt940(replace(month, last_day=FIRST)), "s")
    with pytest.raises(StatementError) as caught:
        check(found, "s", account=ACCOUNT, currency="CNY", latest=last)
    assert caught.value.problem is Problem.OUTSIDE_PERIOD


@pytest.mark.parametrize("form", [Form.CAMT_053, Form.MT940])
def test_what_moves_nothing_is_no_line(form: Form) -> None:
    """A fee that was waived: legal, and nothing that could be booked."""
    [found] = read_statements(written(statement([*GOOD.lines, line(0, "R3")]), form), "s")
    assert [one.reference for one in found.lines] == ["R1", "R2"]


def test_an_account_of_another_is_named_by_its_end_only() -> None:
    """A message says which account is meant, and no whole number of one."""
    with pytest.raises(StatementError) as caught:
        check(
            replace(GOOD, account="6222020200119990000"),
            "s.xml",
            account=ACCOUNT,
            currency="CNY",
            latest=FIRST,
        )
    assert "0000" in str(caught.value)
    assert "2233445" not in str(caught.value)
    assert "6222020200119990000" not in str(caught.value)


def _without(days: list[Statement], place: int) -> list[Statement]:
    return days[:place] + days[place + 1 :]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda days: _without(days, 1), Problem.GAP),
        (lambda days: [*days, days[1]], Problem.DUPLICATE_STATEMENT),
        (lambda days: [replace(days[0], number=None)] * 2, Problem.DUPLICATE_STATEMENT),
        (lambda days: [days[0], replace(days[1], number=4)], Problem.GAP),
        (
            lambda days: [days[0], replace(days[1], first_day=FIRST, number=None)],
            Problem.OVERLAP,
        ),
        (lambda days: [replace(days[0], last_day=days[2].last_day), *days[1:]], Problem.OVERLAP),
    ],
)
def test_a_chain_has_neither_gap_nor_overlap(
    change: Callable[[list[Statement]], list[Statement]], problem: Problem
) -> None:
    """A day told twice, a statement that is there twice, and one that is missing are refused."""
    days = change(daily([[500], [30, 2], [7]]))
    with pytest.raises(StatementError) as caught:
        joined([(f"{place}.xml", one) for place, one in enumerate(days)])
    assert caught.value.problem is problem
    assert ".xml" in str(caught.value)


def test_a_year_begins_again_at_one_and_a_day_may_have_two_statements() -> None:
    """Numbers start anew; two statements of a day join where their numbers do."""
    first = statement([line(5, "A")], number=365)
    anew = statement(opening_minor=5, day=FIRST + timedelta(days=60), number=1)
    assert len(joined([("a", first), ("b", anew)])) == 2
    later = statement([line(5, "B")], opening_minor=5, number=366)
    assert len(joined([("b", later), ("a", first)])) == 2


def test_pages_of_mt940_are_one_statement() -> None:
    """Pages join where the balances between them agree, and are cut off where they do not."""
    first = b":20:X\n:25:1\n:28C:7/1\n:60F:C261119CNY1,00\n:61:2611201120C2,00NTRFN//A\n"
    first += b":62M:C261120CNY3,00\n"
    second = b":20:X\n:25:1\n:28C:7/2\n:60M:C261120CNY3,00\n:61:2611201120RC1,00NTRFN//B\n"
    second += b":62F:C261120CNY2,00\n"
    (found,) = read_statements(first + second, "s.sta")
    assert (found.opening_minor, found.closing_minor, found.number) == (100, 200, 7)
    assert [one.direction for one in found.lines] == [Direction.IN, Direction.OUT]
    assert refused(first).problem is Problem.TRUNCATED
    assert refused(second + first).problem is Problem.TRUNCATED
    assert refused(first + second.replace(b"60M:C261120CNY3", b"60M:C261120CNY4")).problem
    assert refused(first + first + second).problem is Problem.TRUNCATED


def test_pending_entries_of_camt_do_not_count() -> None:
    """Only what is booked is money; older versions write the status without a code."""
    old = camt(GOOD, version="02", booked="BOOK")
    (found,) = read_statements(old, "s.xml")
    assert len(found.lines) == 2
    pending = (
        camt(GOOD, booked="<Cd>PDNG</Cd>")
        .replace(b"<TxsSummry>", b"<!--")
        .replace(b"</TxsSummry>", b"-->")
    )
    (found,) = read_statements(pending, "s.xml")
    assert found.lines == ()


def test_however_an_entry_is_written_it_says_the_same() -> None:
    """Prefixes, comments, character data, blanks, and what a bank adds in names of its own."""
    (plainly,) = read_statements(camt(GOOD), "s.xml")
    text = camt(GOOD).decode()
    head, body = text.split("\n", 1)
    added = (
        "<SplmtryData><Envlp><x xmlns='urn:x'><Refs><EndToEndId>other</EndToEndId></Refs></x>"
        "</Envlp></SplmtryData>"
    )
    prefixed = re.sub(r"<(/?)(?=[A-Z])", r"<\1b:", body).replace(" xmlns=", " xmlns:b=")
    for other in (
        prefixed,
        body.replace("<Amt ", "<!-- <Amt --> <Amt ").replace("</Ntry>", " \n </Ntry>"),
        body.replace(">R1<", "><![CDATA[R1]]><").replace(">charge<", ">&#99;harge<"),
        body.replace("<TxDtls>", "<TxDtls><Refs/>", 1).replace("</TxDtls>", f"{added}</TxDtls>"),
    ):
        assert other != body
        assert read_statements(f"{head}\n{other}".encode(), "s.xml") == [plainly]


@pytest.mark.parametrize("message", ["053", "054"])
def test_there_is_a_schema_of_every_version_that_is_read(message: str) -> None:
    """ISO 20022 has published 02 to 14; each is of its own name."""
    packed = resources.files("amends.statements").joinpath("camt_schemas.zip").read_bytes()
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for version in range(2, 15):
            name = f"camt.{message}.001.{version:02d}"
            assert f'targetNamespace="urn:iso:std:iso:20022:tech:xsd:{name}"' in archive.read(
                f"{name}.xsd"
            ).decode("utf-8-sig")


def test_a_file_of_several_statements_gives_each() -> None:
    """Two statements in one MT940 file are two."""
    one, two = daily([[500], [30]])
    found = read_statements(mt940(one) + mt940(two), "s.sta")
    assert [(found.opening_minor, found.closing_minor) for found in found] == [(0, 500), (500, 530)]


def test_messages_never_carry_what_a_line_says_of_people() -> None:
    """A line that cannot be read is not quoted."""
    named = mt940(GOOD).replace(b":61:2611201120C7,00", b":61:Zhang San 13800138000")
    assert "Zhang" not in str(refused(named))
    assert "138" not in str(refused(camt(GOOD).replace(b">7.00<", b">13800138000x<")))
