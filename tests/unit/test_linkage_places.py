import polars as pl
import pytest

from amends.kernel import facts
from amends.linkage.canonical import places


def divided(text: str) -> tuple[object, ...]:
    """Province, city, county and street of an address as found."""
    return places.divided(places.addresses(pl.Series([text]))[0]).row(0)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("浙江衢州常山假想路189-3-501", ("33", "3308", "330822", "假想路")),
        ("常山县假想路", ("33", "3308", "330822", "假想路")),
        ("吉林市船营区北京路1号", ("22", "2202", "220204", "北京路")),
        ("新疆伊犁州伊宁市", ("65", "6540", "654002", None)),
        ("上海市上海市浦东新区世纪大道", ("31", "3100", "310115", "世纪大道")),
        ("北京市市辖区朝阳区建国路", ("11", "1100", "110105", "建国路")),
        ("河南省三门峡市渑池县虚拟街", ("41", "4112", "411221", "虚拟街")),
        ("浙江省台州市三门县示例街", ("33", "3310", "331022", "示例街")),
        ("香港九龙", ("81", None, None, "九龙")),
        ("内蒙古呼和浩特", ("15", "1501", None, None)),
    ],
)
def test_divisions_are_read_with_or_without_their_suffix(
    text: str, parts: tuple[object, ...]
) -> None:
    """A county implies its city and province; a municipality is its own city."""
    assert divided(text) == parts


@pytest.mark.parametrize("text", ["南京东路3号", "北京路1号", "朝阳区建国路", "鼓楼区中山路"])
def test_a_street_is_no_city_and_a_common_county_is_nowhere(text: str) -> None:
    """A city's name in that of a street, and a county's that several have, say no place."""
    assert divided(text)[:3] == (None, None, None)


def test_every_county_is_found_under_its_full_name() -> None:
    """Province, city and county written out are read as that county, for all there are."""
    names = facts.divisions()
    without = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}
    rows = [
        (code, names[code[:2]] + ("" if names[code[:4]] in without else names[code[:4]]) + name)
        for code, name in names.items()
        if len(code) == 6 and code[:4] in names
    ]
    table = pl.DataFrame(rows, schema=["code", "text"], orient="row")
    found = places.divided(table["text"])
    wrong = table.with_columns(found["county"]).filter(
        (pl.col("county") != pl.col("code")).fill_null(value=True)
    )
    assert wrong.height / table.height < 0.005, wrong


@pytest.mark.parametrize(
    ("text", "number"),
    [("三", 3), ("十", 10), ("二十三", 23), ("二三", 23), ("一百零五", 105), ("百", 100)],
)
def test_numerals_are_numbers(text: str, number: int) -> None:
    """Houses and rooms are numbered in both ways."""
    assert places._number(text) == number
