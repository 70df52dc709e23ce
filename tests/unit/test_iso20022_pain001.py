"""Files of payments: valid by ISO's own schema, the same for ever, their totals right."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from amends.kernel.accounts import AccountKind
from amends.kernel.ids import InstructionId
from amends.kernel.money import Money
from amends.payouts.rails.file_model import FileRejectedError, name_of
from amends.payouts.rails.iso20022_pain001 import (
    Payer,
    amount_of,
    check_file,
    head_of,
    iban_holds,
    payment,
    problem_of,
    written,
)
from amends.payouts.rails.model import Order, PreparedRequest
from made_bank import bank_order

PAYER = Payer(
    name="示例公司 & <Söhne>", account="6222020200112233445", bank="102100099996", currency="CNY"
)
MADE_AT = datetime(2026, 11, 23, 20, 30, 15, 999, tzinfo=UTC)
ISO = etree.XMLSchema(
    etree.fromstring(files("sepaxml").joinpath("schemas/pain.001.001.09.xsd").read_bytes())
)
"""The schema of ISO 20022 itself."""


def prepared(orders: Sequence[Order]) -> list[PreparedRequest]:
    """Orders as a file takes them."""
    bodies = [(order.number, payment(order)) for order in orders]
    requests = [
        PreparedRequest(number=number, body=body, sha256=hashlib.sha256(body).digest())
        for number, body in bodies
    ]
    return sorted(requests, key=lambda one: one.number)


def file_of(orders: Sequence[Order], payer: Payer = PAYER) -> bytes:
    """The bytes of a file."""
    ready = prepared(orders)
    head = head_of(ready, MADE_AT, "Asia/Shanghai")
    return b"".join(written(head, payer, (one.body for one in ready)))


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=140)
NUMBERS = st.from_regex(r"[0-9A-Za-z-]{1,35}", fullmatch=True).map(InstructionId)
ACCOUNTS = st.from_regex(r"[0-9A-Za-z-]{1,34}", fullmatch=True) | st.sampled_from(
    ["GB82WEST12345698765432", "DE89370400440532013000", "GB82WEST12345698765433"]
)
BANKS = st.sampled_from(["", "BKCHCNBJ", "BKCHCNBJ300", "102100099996"]) | WORDS
ORDERS = st.builds(
    Order,
    number=NUMBERS,
    amount=st.integers(1, 10**13).map(lambda n: Money(amount_minor=n, currency="CNY")),
    payee_account=ACCOUNTS | WORDS,
    payee_account_kind=st.sampled_from(AccountKind),
    payee_name=WORDS,
    payee_bank=BANKS,
    remark=st.just("") | WORDS,
)


@given(st.lists(ORDERS, max_size=6, unique_by=lambda order: order.number))
def test_whatever_is_not_refused_is_valid(orders: list[Order]) -> None:
    """Any orders that pass the checks make a file that our schema and ISO's both take, whole."""
    good = [order for order in orders if problem_of(order, "CNY") is None]
    good.append(bank_order("ALWAYS"))
    data = file_of(good)
    found = etree.fromstring(data)
    ISO.assertValid(found)
    told = {
        (
            one.findtext("{*}PmtId/{*}EndToEndId"),
            one.findtext("{*}Cdtr/{*}Nm"),
            one.findtext("{*}CdtrAcct/{*}Id/{*}IBAN")
            or one.findtext("{*}CdtrAcct/{*}Id/{*}Othr/{*}Id"),
            one.findtext("{*}RmtInf/{*}Ustrd") or "",
        )
        for one in found.iterfind(".//{*}CdtTrfTxInf")
    }
    assert told == {(o.number, o.payee_name, o.payee_account, o.remark) for o in good}
    total = sum(order.amount.amount_minor for order in good)
    sums = [str(Money(amount_minor=total, currency="CNY"))[4:]] * 2
    assert [one.text for one in found.iterfind(".//{*}CtrlSum")] == sums
    assert [one.text for one in found.iterfind(".//{*}NbOfTxs")] == [str(len(good))] * 2


@given(st.lists(ORDERS, max_size=5, unique_by=lambda order: order.number), st.randoms())
def test_a_file_is_a_function_of_what_stands_in_it(orders: list[Order], random: Random) -> None:
    """In whatever order payments come, the file is the same; another payment makes another name."""
    good = [order for order in orders if problem_of(order, "CNY") is None]
    good.append(bank_order("ALWAYS"))
    shuffled = random.sample(good, len(good))
    assert file_of(good) == file_of(shuffled)
    more = prepared([*good, bank_order("ANOTHER")])
    changed = prepared([*good[:-1], bank_order("ALWAYS", amount="CNY 5000.01")])
    names = {name_of(prepared(good)), name_of(more), name_of(changed)}
    assert len(names) == 3
    assert all(re.fullmatch("[0-9A-Z]{27}", name) for name in names)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"number": "N" * 36}, "number"),
        ({"number": "N 1"}, "number"),
        ({"number": ""}, "number"),
        ({"amount": Money.parse("USD 1.00")}, "currency"),
        ({"payee_account_kind": AccountKind.PHONE}, "account or card"),
        ({"payee_account": ""}, "account"),
        ({"payee_account": "6" * 35}, "account"),
        ({"payee_account": "GB82WEST12345698765433"}, "check digits"),
        ({"payee_name": " "}, "name"),
        ({"payee_name": "x" * 141}, "name"),
        ({"payee_name": "a\tb"}, "name"),
        ({"payee_name": "a\x00b"}, "name"),
        ({"payee_name": "\ud800"}, "name"),
        ({"payee_name": "￾"}, "name"),
        ({"payee_bank": "1021"}, "bank"),
        ({"remark": "x" * 141}, "remark"),
        ({"remark": "a\nb"}, "remark"),
    ],
)
def test_what_a_file_cannot_carry_is_told(changed: dict[str, Any], why: str) -> None:
    """Each limit has its own words."""
    order = bank_order("N1")._replace(**changed)
    assert why in str(problem_of(order, "CNY"))


def test_an_iban_is_held_by_its_digits() -> None:
    """The examples of ISO 13616 hold, and no single digit can be changed."""
    for good in ("GB82WEST12345698765432", "DE89370400440532013000", "FR1420041010050500013M02606"):
        assert iban_holds(good)
        for place in range(4, len(good)):
            other = "7" if good[place] != "7" else "8"
            assert not iban_holds(good[:place] + other + good[place + 1 :])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<EndToEndId>N1<", b"<EndToEndId><"),
        (b"<EndToEndId>N1<", b"<EndToEndId>" + b"N" * 36 + b"<"),
        (b">5000.00</InstdAmt>", b">0.00</InstdAmt>"),
        (b">5000.00</InstdAmt>", b">5000.0001</InstdAmt>"),
        (b'Ccy="CNY"', b'Ccy="cny"'),
        (b"<PmtMtd>TRF", b"<PmtMtd>CHK"),
        (b"<BtchBookg>false", b"<BtchBookg>true"),
        (b"</Document>", b""),
        (b"<NbOfTxs>1</NbOfTxs><CtrlSum>5000.00</CtrlSum>", b""),
    ],
)
def test_a_file_that_is_not_as_it_should_be_does_not_leave(
    old: bytes, new: bytes, tmp_path: Path
) -> None:
    """Our own schema finds each thing that is wrong, and says no value."""
    data = file_of([bank_order("N1")])
    path = tmp_path / "file.xml"
    path.write_bytes(data)
    check_file(path)
    assert old in data
    path.write_bytes(data.replace(old, new))
    with pytest.raises(FileRejectedError, match="was not handed over") as caught:
        check_file(path)
    assert "测试甲" not in str(caught.value)


@pytest.mark.parametrize(("amount", "minor"), [("CNY 0.01", 1), ("JPY 5", 5), ("KWD 1.005", 1005)])
def test_an_amount_is_read_from_the_bytes_that_are_sent(amount: str, minor: int) -> None:
    """Currencies with no digits and with three are summed as they are written."""
    assert amount_of(payment(bank_order("N1", amount=amount))) == minor
    with pytest.raises(ValueError, match="not the bytes"):
        amount_of(b"<CdtTrfTxInf/>")
