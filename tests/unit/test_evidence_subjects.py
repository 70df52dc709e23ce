"""What the name of a table says of its columns: a weak mark, and no more than that."""

from pathlib import Path

import pytest

from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import decide
from amends.evidence.categories.subjects import Rows, subject_of
from amends.evidence.model import Role, Source
from amends.evidence.readers.members import Member
from amends.evidence.readers.opening import open_content, open_member
from amends.evidence.taking import tell_columns
from made_columns import Columns, fields

_DAYS = tuple(f"2024-03-{day:02}" for day in range(1, 29))
_FEW = ("standard", "basic", "other", "regular") * 7
_CODES = tuple(f"KX{at:06}" for at in range(28))
_GOODS = ("USB-C cable 2m", "coffee beans 1kg", "toy set", "sheets") * 7
_GIVEN = ("伟", "秀英", "建国", "丽华", "敏")
_NAMES = tuple(f"{one}{two}" for one in "王李张刘陈杨" for two in _GIVEN)


@pytest.mark.parametrize(
    ("table", "themes", "rows"),
    [
        ("t_hotel_checkin", {"lodge"}, Rows.RECORDS),
        ("会员信息表", set(), Rows.PEOPLE),
        ("會員資料.csv", set(), Rows.PEOPLE),
        ("ods_loan_apply", {"loan"}, Rows.RECORDS),
        ("patients.csv", {"health"}, Rows.PEOPLE),
        ("HotelGuests2019.xlsx", {"lodge"}, Rows.PEOPLE),
        ("酒店开房2000W.csv", {"lodge"}, Rows.RECORDS),
        ("jiudian_ruzhu", {"lodge"}, Rows.RECORDS),
        ("服刑人员名单.xls", {"crime"}, Rows.PEOPLE),
        ("orderitems", {"order"}, Rows.RECORDS),
        ("hotel_staff", {"occupation"}, Rows.PEOPLE),
        ("public.products", set(), Rows.THINGS),
        ("evidence/hotel.sql!users", {"lodge"}, Rows.PEOPLE),
        ("evidence/dump.zip!2024/患者.xlsx!Sheet1", {"health"}, Rows.PEOPLE),
        ("shop.sql!t1", set(), None),
        ("hotel/data.csv", set(), None),
        ("border_control.csv", {"track"}, None),
        ("reorder", set(), None),
        ("3M_mysql_tencent.txt", set(), None),
        ("", set(), None),
    ],
)
def test_a_name_says_what_a_table_is_of(table: str, themes: set[str], rows: Rows | None) -> None:
    """Its own words, or those of what it lies in; nothing of folders, and of words in words."""
    said = subject_of(table)
    assert said.themes - {"number", "nobodys", "body", "terminal"} == themes
    assert said.rows is rows


@pytest.mark.parametrize(
    ("table", "columns", "last"),
    [
        ("vaccinations", {"name": _NAMES, "vaccine": _FEW, "date": _DAYS}, "health_2"),
        ("fingerprints", {"user_id": _CODES, "template": _CODES}, "finger"),
        ("voices", {"user_id": _CODES, "feature_vector": _CODES}, "voice"),
        ("t_hotel_checkin", {"name": _NAMES, "date": _DAYS}, "lodge"),
        ("残疾人信息", {"姓名": _NAMES, "等级": _FEW}, "disability"),
        ("party_members", {"name": _NAMES, "join_date": _DAYS}, "politic"),
        ("wallets", {"user_id": _CODES, "amount": _FEW}, "balance"),
        ("parcel_2021", {"name": _NAMES, "status": _FEW}, "logistics"),
        ("members", {"name": _NAMES, "bh": _CODES}, "account_id"),
        ("staff.xlsx", {"name": _NAMES, "role": _FEW}, "occupation"),
        ("cards", {"number": _CODES, "year": _FEW}, "cvv"),
        ("exam_results", {"student_id": _CODES, "score": _FEW}, "education"),
        ("insurance_policy", {"name": _NAMES, "no": _CODES}, "order"),
        ("order_items", {"order_id": _CODES, "name": _GOODS}, "order_2"),
        ("shipping", {"tracking_number": _CODES, "id": _CODES}, "id"),
        ("products", {"price": _FEW, "name": _GOODS}, "column_name"),
    ],
)
def test_a_name_tells_what_a_plain_header_means(table: str, columns: Columns, last: str) -> None:
    """What says nothing by itself is of what the table is called; without a name it is not."""
    assert fields(table, columns)[-1] == last
    assert fields("", columns)[-1] != last


@pytest.mark.parametrize("table", ["users2", "data", "Sheet1", "export1.csv", "dump.sql!t_1"])
def test_a_name_that_says_nothing_changes_nothing(table: str) -> None:
    """Columns are told as they are without a name."""
    columns = {"name": _NAMES, "status": _FEW, "date": _DAYS, "level": _FEW, "template": _CODES}
    assert fields(table, columns) == fields("", columns)


def test_a_name_that_misleads_is_not_heard() -> None:
    """Two headers say more than a name, values more than both, and case.toml most of all."""
    calls = {"caller": _CODES, "callee": _CODES, "call_type": _FEW, "status": _FEW, "name": _NAMES}
    assert fields("vitals", calls) == fields("", calls)
    people = {"name": _NAMES, "date": _DAYS}
    assert fields("products", people)[0] == "name"
    mobiles = tuple(f"138{at:08}" for at in range(10_000_000, 10_000_028))
    assert fields("orders", {"name": _NAMES, "number": mobiles})[-1] == "phone"
    samples = [Sample(position=0, header="date", values=_DAYS)]
    told = decide(samples, {0: "visited"}, {}, Role.EVIDENCE, table="vaccinations")
    assert told[0].field == "visited"
    goods = [Sample(position=0, header="name", values=_GOODS)]
    told = decide(goods, {0: "name"}, {}, Role.EVIDENCE, table="products")
    assert told[0].field == "name"


def test_a_registry_keeps_its_numbers() -> None:
    """Whatever it is called: people are found by them."""
    columns = {"id": _CODES, "name": _NAMES}
    assert fields("accounts/orders.csv", columns, Role.REGISTRY)[0] == "account_id"


def test_a_vague_number_is_no_identity_number() -> None:
    """Where another column is the account's, what does not look like one is nobody's."""
    told = fields("", {"user_id": _CODES, "id": tuple(map(str, range(5000, 5028)))})
    assert told == ["account_id", "id"]


def test_a_place_alone_is_nobodys_but_keeps_no_name_of_a_category() -> None:
    """A ``location`` of cities is neither where somebody was born nor where they were."""
    cities = ("Austin", "Leeds", "Dayton", "Oakland") * 7
    assert fields("", {"name": _NAMES, "location": cities})[-1] == "column_location"


def test_intake_says_what_a_table_is_called(tmp_path: Path) -> None:
    """The name of a file reaches the decision: the same rows are told otherwise."""
    rows = "".join(f"{name},{day}\n" for name, day in zip(_NAMES, _DAYS, strict=False))
    told = []
    for name in ("evidence/vaccinations.csv", "evidence/data.csv"):
        path = tmp_path / Path(name).name
        path.write_text("name,date\n" + rows, encoding="utf-8")
        source = Source(role=Role.EVIDENCE, path=name, file=path, overrides=())
        member = Member(content=open_content(path, name))
        with open_member(member, (), lambda _: None) as opened:
            first = next(opened.table.batches())
            decisions = tell_columns(opened.table, first, source, member, lambda _: {})
        told.append([one.field for one in decisions])
    assert told == [["name", "health"], ["name", "date"]]
