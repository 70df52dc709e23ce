import polars as pl
import pytest

from amends.linkage.canonical.normalise import COLUMNS, KEY_COLUMNS, keys, normalise


def one(column: str, field: str, value: str) -> object:
    """The canonical *column* of a record that has only *field*."""
    return normalise(pl.DataFrame({field: [value]}))[column][0]


@pytest.mark.parametrize(
    "text",
    [
        "13800001234",
        "+86 138-0000-1234",
        "008613800001234",
        "8613800001234",
        "１３８００００１２３４",
    ],
)
def test_a_mobile_is_the_same_in_every_way_of_writing_it(text: str) -> None:
    """Country codes, spaces, dashes and wide digits do not make another number."""
    assert one("phone", "phone", text) == 13800001234


@pytest.mark.parametrize("text", ["138****1234", "23800001234", "1380000123", "138000012345", "x"])
def test_what_is_no_whole_mobile_is_no_key(text: str) -> None:
    """A masked, short, long or foreign-looking number joins nobody."""
    assert one("phone", "phone", text) is None


def test_fifteen_digits_are_the_eighteen_of_the_same_person() -> None:
    """The old form of a national number gets its century and check digit."""
    old, new = one("idno", "idno", "110105491231002"), one("idno", "idno", "11010519491231002x")
    assert old == new == 11010519491231002


@pytest.mark.parametrize("text", ["110105194912310021", "110105194913310022", "1101051949****002X"])
def test_a_wrong_national_number_is_text_and_no_key(text: str) -> None:
    """Without its check digit, or with month 13, a number is compared but joins nobody."""
    assert one("idno", "idno", text) is None
    assert one("idno_text", "idno", text) == text


def test_another_countrys_number_is_a_key_of_its_own() -> None:
    """Numbers that are not of the Chinese form are keys too, and never equal to one of those."""
    number = one("idno", "idno", "qq 12-34-56 c")
    assert isinstance(number, int)
    assert number < 0
    assert number == one("idno", "idno", "QQ123456C")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Sir  John Hewett, 1st Baronet", "john hewett"),
        ("Doe, Jane", "doe jane"),
        ("王 小明", "王小明"),
        ("王小明先生", "王小明"),
        ("阿卜杜拉·买买提", "阿卜杜拉买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉买买提"),
        ("O'Brien", "obrien"),
        ("张*", None),
        ("Sir", None),
    ],
)
def test_a_name_loses_what_is_not_the_name(text: str, name: str | None) -> None:
    """Titles, dots, commas and spaces between Han characters go; a masked name is none."""
    assert one("name", "name", text) == name


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [("欧阳娜娜", "娜娜", "欧阳"), ("王伟", "伟", "王"), ("john hewett", "john", "hewett")],
)
def test_surname_and_given_name_are_told_apart(text: str, first: str, last: str) -> None:
    """Han surnames stand first, also those of two characters; others stand last."""
    assert one("first", "name", text) == first
    assert one("last", "name", text) == last


def test_a_name_in_parts_is_a_whole_name() -> None:
    """Surname and given name in columns of their own give the name in its usual order."""
    parts = pl.DataFrame({"surname": ["王", "Smith"], "given_name": ["小明", "Ann"]})
    assert normalise(parts)["name"].to_list() == ["王小明", "ann smith"]


@pytest.mark.parametrize(
    "text", ["1949-01-02", "1949/1/2", "19490102", "1949年1月2日", "1949-01-02 00:00:00"]
)
def test_a_date_is_the_same_in_every_way_of_writing_it(text: str) -> None:
    """Dates come out as eight digits."""
    assert one("birth", "birth", text) == "19490102"


def test_an_impossible_date_is_kept() -> None:
    """Month 87 is a slip of the pen, and still tells year and day."""
    assert one("birth", "birth", "1862-87-22") == "18628722"


def test_birth_and_sex_come_from_the_national_number_where_they_are_missing() -> None:
    """Digits 7 to 14 are the birth date; an even 17th digit is a woman's."""
    assert one("birth", "idno", "11010519491231002X") == "19491231"
    assert one("gender", "idno", "11010519491231002X") == "f"


@pytest.mark.parametrize(("text", "is_key"), [(" A@B.cn ", True), ("a*@b.cn", False), ("a", False)])
def test_an_address_is_a_key_when_it_is_whole(text: str, *, is_key: bool) -> None:
    """Mail addresses are compared in lower case; masked ones join nobody."""
    assert one("email", "email", text) == ("a@b.cn" if is_key else None)


@pytest.mark.parametrize("text", ["0000000000000", "unknown", "a1*****9f0e"])
def test_a_placeholder_is_no_device(text: str) -> None:
    """Zeros, short words and masks stand for no device in particular."""
    assert one("device", "device", text) is None


def test_other_columns_stay() -> None:
    """What is not a field is handed through, before the canonical columns."""
    frame = normalise(pl.DataFrame({"record": [7], "name": ["x"]}))
    assert frame.columns == ["record", *COLUMNS, "changes"]


def test_the_keys_alone_are_those_of_the_whole() -> None:
    """The exact stage gets what the whole gives of the same rows, and hands other columns on."""
    frame = pl.DataFrame(
        {
            "record": [1, 2],
            "surname": ["王", "Smith"],
            "given_name": ["小明", "Ann"],
            "phone": ["+86 138-0000-1234", "x"],
            "idno": ["110105491231002", "QQ123456C"],
            "email": ["A@B.cn", None],
            "device": ["AA:BB:CC:DD:EE:01", "0000000000"],
            "birth": ["1949-12-31", None],
        }
    )
    assert keys(frame).drop("changes").equals(normalise(frame).select("record", *KEY_COLUMNS))
