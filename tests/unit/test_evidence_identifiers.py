import polars as pl
import pytest

from amends.evidence.categories import checksums
from amends.evidence.categories.identifiers import FIELDS, FOUND, found_in, mentions


def told(text: str) -> list[tuple[str, str]]:
    """Field and value of everything found in one text."""
    return mentions(pl.Series([text])).select("field", "value").rows()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "您好，客户张伟手机13800009999，身份证号11010519491231002X，邮箱zhang.wei@example.test。",
            [
                ("name", "张伟"),
                ("phone", "13800009999"),
                ("idno", "11010519491231002X"),
                ("email", "zhang.wei@example.test"),
            ],
        ),
        (
            "收货地址：北京市朝阳区建国路88号3单元502室，请尽快发货",
            [("address", "北京市朝阳区建国路88号3单元502室")],
        ),
        ("住在成都市武侯区人民南路四段1号。", [("address", "成都市武侯区人民南路四段1号")]),
        (
            "尊敬的王小明先生，订单号：DD20240115887766，快递单号SF1234567890123，密码：abc@123",
            [
                ("name", "王小明"),
                ("order", "DD20240115887766"),
                ("logistics", "SF1234567890123"),
                ("pwd", "abc@123"),
            ],
        ),
        ("联系人：欧阳修远 电话 010-62345678", [("name", "欧阳修远"), ("phone", "010-62345678")]),
        ("姓名：买买提·艾山，男", [("name", "买买提·艾山")]),
        ("生日1990年1月2日", [("birth", "1990年1月2日")]),
        ("李娜----13800009999", [("name", "李娜"), ("phone", "13800009999")]),
        (
            "+86 138-0000-9999 卡 6228480402564890018 车牌京A·12345",
            [
                ("phone", "+86 138-0000-9999"),
                ("bankcard", "6228480402564890018"),
                ("plate", "京A·12345"),
            ],
        ),
        (
            "My name is John Smith, phone +44 20 7946 0958, SSN 123-45-6789. DOB: 12/03/1980",
            [
                ("name", "John Smith"),
                ("phone", "+44 20 7946 0958"),
                ("idno", "123-45-6789"),
                ("birth", "12/03/1980"),
            ],
        ),
        (
            "Dear Mary Jones, we deliver to 12 Baker Street, London, NW1 6XE. Password: hunter2",
            [
                ("name", "Mary Jones"),
                ("address", "12 Baker Street, London, NW1 6XE"),
                ("pwd", "hunter2"),
            ],
        ),
        (
            "IMEI:490154203237518 00:1A:2B:3C:4D:5E fe80::1ff:fe23:4567:890a 192.0.2.4",
            [
                ("device", "490154203237518"),
                ("device", "00:1A:2B:3C:4D:5E"),
                ("ip", "fe80::1ff:fe23:4567:890a"),
                ("ip", "192.0.2.4"),
            ],
        ),
        ("护照号：E12345678", [("passport", "E12345678")]),
        ("hash " + "5f4dcc3b" * 4, [("pwdhash", "5f4dcc3b" * 4)]),
    ],
)
def test_identifiers_are_found_where_they_stand(text: str, found: list[tuple[str, str]]) -> None:
    """Chinese and English sentences give their identifiers, in the order of the text."""
    assert told(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好，高兴地走在北京路上。",
        "2024-01-15 12:30:01 version 1.2.300.4 build 20240115",
        "卡号尾号 6228480402564890019",  # wrong check digit, and no word that leads to a card
        "编号 110105194912310021 和 138000099990",
        "https://example.test/item/13800009999/abc",
        "256.1.1.1 999.2.3.4",
        "",
    ],
)
def test_what_is_no_identifier_is_not_found(text: str) -> None:
    """Days, versions, pages, and numbers whose check fails are nobody's."""
    assert [pair for pair in told(text) if pair[0] != "bankcard" or "尾号" not in text] == []


def test_found_in_gives_a_row_per_text() -> None:
    """Each text has its row, in order; the first of a kind stands in its column, all in ``all``."""
    found = found_in(pl.Series(["a@b.cn 和 c@d.cn", None, "无", "13800009999"]))
    assert found.schema == pl.Schema(FOUND)
    assert found["email"].to_list() == ["a@b.cn", None, None, None]
    assert found["phone"].to_list() == [None, None, None, "13800009999"]
    assert found["all"].to_list() == [
        [{"field": "email", "value": "a@b.cn"}, {"field": "email", "value": "c@d.cn"}],
        [],
        [],
        [{"field": "phone", "value": "13800009999"}],
    ]


def test_nothing_in_nothing() -> None:
    """No texts, or texts of nothing, give a table of the same schema."""
    for texts in (pl.Series([], dtype=pl.String), pl.Series([None, ""], dtype=pl.String)):
        found = found_in(texts)
        assert found.schema == pl.Schema(FOUND)
        assert len(found) == len(texts)
        assert found.select(pl.col(FIELDS).is_null().all()).row(0) == (True,) * len(FIELDS)


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (checksums.citizen_number, "360426199101010071", "360426199101010072"),
        (checksums.citizen_number, "11010519491231002x", "110105194913310021"),
        (checksums.old_citizen_number, "110105491231002", "110105491331002"),
        (checksums.card_number, "6228480402564890018", "6228480402564890019"),
        (checksums.card_number, "4111111111111111", "411111111111111"),
        (checksums.company_number, "91110000600037341L", "91110000600037341K"),
        (checksums.hongkong_number, "A123456(3)", "A123456(4)"),
        (checksums.taiwan_number, "A123456789", "A123456788"),
        (checksums.device_number, "490154203237518", "490154203237519"),
        (checksums.account_iban, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
    ],
)
def test_check_digits(check: object, good: str, bad: str) -> None:
    """The published examples of each standard pass; one digit away they fail; nothing fails too."""
    assert callable(check)
    assert check(pl.Series([good, bad, None, "", "姓名"])).to_list() == [True] + [False] * 4
