"""Headers spelled in pinyin, by what they end with, numbers of rows, and phone books."""

import pytest

from amends.evidence.categories.spelled import in_characters
from amends.evidence.model import Role
from made_columns import Columns, fields

_NAMES = ("张伟", "王芳", "李娜", "刘洋", "陈杰", "杨帆", "赵敏") * 4
_DAYS = tuple(f"2021-0{at % 9 + 1}-1{at % 9}" for at in range(28))
_NUMBERS = tuple(map(str, range(5000, 5028)))
_CODES = tuple(f"U{at:07}" for at in range(0, 84, 3))
_MOBILES = tuple(f"138{at:08}" for at in range(10_000_000, 10_000_028))
_FEW = ("A", "B", "C", "D") * 7
_SUMS = tuple(f"{at * 37 % 90}.{at:02}" for at in range(10, 38))


@pytest.mark.parametrize(
    ("header", "characters"),
    [
        ("ruzhushijian", "入住时间"),
        ("suoshu_jiudian", "所属酒店"),
        ("huankuanriqi", "还款日期"),
        ("application", None),
        ("information", None),
        ("shijian", "时间"),
        ("name", None),
    ],
)
def test_pinyin_is_read_where_it_is_made_of_known_parts(
    header: str, characters: str | None
) -> None:
    """English words are none, and a part that nobody knows makes the whole unknown."""
    assert in_characters(header) == characters
    assert in_characters(f"{header}qzx") is None


def test_a_header_in_pinyin_means_what_its_characters_mean() -> None:
    """But a column of its own keeps the spelling that the file has."""
    told = fields("", {"xingming": _NAMES, "zhuanzhengshijian": _DAYS, "rudangshijian": _DAYS})
    assert told[0] == "name"
    assert told[1].startswith("politic")
    assert fields("", {"xingming": _NAMES, "jibenxinxi": _FEW})[1] == "jibenxinxi"


def test_a_plain_id_numbers_its_row() -> None:
    """A registry's are kept, and so is one that is no number of rows."""
    assert fields("users", {"id": _NUMBERS, "name": _NAMES})[0] == "id"
    assert fields("users", {"id": _CODES, "name": _NAMES})[0] == "account_id"
    assert fields("users", {"id": _NUMBERS, "name": _NAMES}, Role.REGISTRY)[0] == "account_id"


def test_what_a_header_ends_with_is_of_the_record() -> None:
    """Whatever stands before it, unless that tells of the office."""
    loan = {"user_id": _CODES, "loan_type": _FEW, "loan_rate": _SUMS}
    assert fields("", loan | {"pact_xyz_money": _SUMS})[-1].startswith("loan")
    assert not fields("", loan | {"service_fee_money": _SUMS})[-1].startswith("loan")
    assert not fields("", {"user_id": _CODES, "pact_xyz_money": _SUMS})[-1].startswith("loan")


def test_a_phone_book_is_somebodys() -> None:
    """Where a column says whose it is; a firm's list of contacts is of the people themselves."""
    people: Columns = {"name": _NAMES, "phone": _MOBILES}
    told = fields("user_contacts", {"user_id": _CODES} | people)
    assert told[0] == "account_id"
    assert {one.removesuffix("_2") for one in told[1:]} == {"contacts"}
    assert fields("contacts", people) == ["name", "phone"]
    for called in ("leak/user_contacts.csv", "dump.sql!public.user_contacts"):
        assert fields(called, {"user_id": _CODES} | people)[1] == "contacts"
    assert fields("emergency_contacts", {"user_id": _CODES} | people)[1:] == ["name", "phone"]


def test_a_parcel_goes_to_a_person_and_an_address() -> None:
    """``delivery_name`` is no service's, and a city of an address no place of a parcel's way."""
    columns: Columns = {"delivery_name": _NAMES, "delivery_street": _FEW, "delivery_city": _FEW}
    told = fields("taco_order", columns)
    assert told[0] == "name"
    assert not told[2].startswith(("logistics", "birth_place"))
