import polars as pl
import pytest

from amends.linkage.canonical.normalise import normalise
from amends.linkage.review.fitting import fitting

ROWS = [
    {"name": "王伟", "phone": "13800001111"},
    {"name": "Wang Wei", "birth": "1980-03-05"},
    {"name": "李娜", "birth": "1980-03-05"},
    {"name": "王伟"},
    {"name": "王伟", "phone": "138****1111"},
    {"name": "张三", "phone": "138****2222"},
    {"address": "北京市朝阳区建国路88号", "birth": "19800305"},
    {"email": "WEI@example.com"},
    {"username": "weiwei"},
    {"username": "weiwei", "birth": "1980/3/5"},
]


def fits(**told: str) -> list[int]:
    """Which of the rows fit what is told."""
    rows = normalise(pl.DataFrame(ROWS, schema=dict.fromkeys(FIELDS, pl.String)))
    rows = rows.with_row_index("row")
    shown = normalise(pl.DataFrame([told], schema=dict.fromkeys(told, pl.String)))
    return fitting(rows, shown)["row"].to_list()


FIELDS = ("name", "phone", "birth", "address", "email", "username")


@pytest.mark.parametrize(
    ("told", "rows"),
    [
        ({"phone": "+86 138-0000-1111"}, [0]),
        ({"phone": "13800001111", "name": "王伟"}, [0, 4]),
        ({"name": "王伟"}, []),
        ({"name": "王伟", "birth": "1980-03-05"}, [1]),
        ({"address": "北京朝阳建国路八十八号", "birth": "1980-03-05"}, [6]),
        ({"email": "wei@example.com"}, [7]),
        ({"username": "weiwei"}, []),
        ({"username": "WeiWei", "birth": "1980-03-05"}, [9]),
        ({"phone": "138****1111", "name": "王伟"}, []),
        ({"name": "*"}, []),
    ],
)
def test_a_row_fits_by_one_key_or_by_two_weaker_things(
    told: dict[str, str], rows: list[int]
) -> None:
    """A key is enough, in whatever form; a name, a day, a place or a masked mobile is not alone."""
    assert fits(**told) == rows


def test_rows_that_fit_say_how_well() -> None:
    """How many keys and how many weaker things agree stands beside each row, and the rest stays."""
    rows = normalise(pl.DataFrame(ROWS[:2], schema=dict.fromkeys(FIELDS, pl.String)))
    told = {"name": "王伟", "phone": "13800001111"}
    shown = normalise(pl.DataFrame([told], schema=dict.fromkeys(told, pl.String)))
    found = fitting(rows.with_columns(pl.lit("x").alias("other")), shown)
    assert found.select("strong", "weak", "other").rows() == [(1, 1, "x")]
