"""The facts that people are made from, as arrays: names by frequency, places, days, and text."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel import facts
from amends.synth.draws import Numbers

_DIRECT: Final = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")

FIRST_DAY: Final = date(1930, 1, 1)
ANNOUNCED_DAY: Final = date(2026, 11, 21)
COHORTS: Final = (
    (date(1930, 1, 1), date(1960, 1, 1), 0.08),
    (date(1960, 1, 1), date(1970, 1, 1), 0.13),
    (date(1970, 1, 1), date(1980, 1, 1), 0.19),
    (date(1980, 1, 1), date(1990, 1, 1), 0.26),
    (date(1990, 1, 1), date(2000, 1, 1), 0.22),
    (date(2000, 1, 1), date(2008, 11, 22), 0.12),
    (date(2008, 11, 22), date(2023, 1, 1), 0.0),
)
"""Birth from, birth before, share of adults. The last one are the minors on the announced day."""

MINOR_COHORT: Final = len(COHORTS) - 1

RARE_CHARACTERS: Final = (
    "\U00020bb7\U0002cb5a\U0002b37d\U0002cd03\U0002b2b7\U00029f7e\U0002ebf0\U00030edd䶮㛃"
)
"""Of real names (𠮷 and others beyond U+FFFF, one of CJK Extension I), and two rare ones below."""

MINORITY_GIVEN: Final = (
    ("阿依古丽", "古丽娜尔", "帕提古丽", "热依汗", "卓玛拉姆", "央金措", "萨仁高娃", "其其格"),
    ("买买提", "阿卜杜拉", "艾尔肯", "吐尔逊", "多吉才让", "扎西顿珠", "巴特尔", "朝鲁门"),
)
MINORITY_PATRONYM: Final = ("艾山", "玉素甫", "吾守尔", "卡德尔", "热合曼", "次仁", "那仁", "苏和")
FOREIGN_GIVEN: Final = (
    ("Anna", "Emily", "Grace", "Helen", "Laura", "Nora", "Rose", "Sophie"),
    ("Adam", "Brian", "Daniel", "George", "Henry", "Martin", "Peter", "Thomas"),
)
FOREIGN_SURNAME: Final = (
    "Baker",
    "Carter",
    "Fisher",
    "Hughes",
    "Miller",
    "Parker",
    "Smith",
    "Wood",
)
MAIL_HOSTS: Final = ("mail.example.invalid", "post.example.test", "box.example.invalid")
MADE_UP_STREETS: Final = ("虚构路", "示例街", "样例大道", "杜撰巷", "假想路", "虚拟街")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """Everything that is looked up by an index."""

    surnames: pl.Series
    surname_steps: npt.NDArray[np.float64]
    characters: pl.Series
    """Given-name characters, then the rare ones, then '' (for a given name of one character)."""
    common_characters: int
    character_steps: npt.NDArray[np.float64]
    """Cumulative shares for cohort * 2 + male, one after the other, each raised by its index."""
    sounds: pl.Series
    """Toneless pinyin of each of ``characters``."""
    homophones: dict[str, str]
    regions: npt.NDArray[np.uint8]
    """Six digits of each made-up region: 99 (assigned to nobody) and a real county's last four."""
    places: pl.Series
    """Province, city and county, as they begin an address."""
    streets: pl.Series
    houses: pl.Series
    days: pl.Series
    """``1930-01-01`` and on."""
    day_digits: npt.NDArray[np.uint8]


@cache
def tables() -> Tables:
    """All tables; read once."""
    surnames = facts.rows("surnames")
    given = facts.rows("given-name-characters")
    counties = facts.rows("county-codes")
    characters = [row["character"] for row in given]
    plain = [row["pinyin"].rstrip("012345") for row in given]
    steps = _steps([float(row["per_million"]) for row in surnames])
    days = [FIRST_DAY + timedelta(days=n) for n in range((ANNOUNCED_DAY - FIRST_DAY).days + 1)]
    regions = sorted({"99" + row["code"][2:] for row in counties})
    return Tables(
        surnames=pl.Series([row["surname"] for row in surnames]),
        surname_steps=steps,
        characters=pl.Series([*characters, *RARE_CHARACTERS, ""]),
        common_characters=len(characters),
        character_steps=_character_steps(given),
        sounds=pl.Series([*plain, *["syn"] * (len(RARE_CHARACTERS) + 1)]),
        homophones=_homophones(characters, plain),
        regions=_digit_rows(regions),
        places=pl.Series(_places(counties)),
        streets=pl.Series(MADE_UP_STREETS),
        houses=pl.Series(
            [
                f"{house}号{unit}单元{floor}0{door}室"
                for house in range(1, 200)
                for unit in range(1, 4)
                for floor in range(1, 7)
                for door in (1, 2)
            ]
        ),
        days=pl.Series([day.isoformat() for day in days]),
        day_digits=_digit_rows([day.strftime("%Y%m%d") for day in days]),
    )


def pick(steps: npt.NDArray[np.float64], uniform: npt.NDArray[np.float64]) -> Numbers:
    """The index whose cumulative share first exceeds each number."""
    return np.searchsorted(steps, uniform, side="right").astype(np.int64)


def digits(numbers: Numbers, width: int) -> npt.NDArray[np.uint8]:
    """Each number as *width* decimal digits (ASCII), one row each."""
    result = np.empty((len(numbers), width), dtype=np.uint8)
    rest = numbers.astype(np.uint64)
    ten = np.uint64(10)
    for column in range(width - 1, -1, -1):
        rest, digit = np.divmod(rest, ten)
        result[:, column] = digit.astype(np.uint8) + np.uint8(48)
    return result


def text(matrix: npt.NDArray[np.uint8]) -> pl.Series:
    """Rows of ASCII bytes as strings, without a copy per row."""
    rows, width = matrix.shape
    offsets = np.arange(rows + 1, dtype=np.int64) * width
    data = np.ascontiguousarray(matrix)
    array = pa.LargeStringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))
    series = pl.from_arrow(array)
    assert isinstance(series, pl.Series)  # noqa: S101 - an array makes a series, by pl's overloads
    return series


def prefix(word: str, rows: int) -> npt.NDArray[np.uint8]:
    """The same ASCII word in every row."""
    return np.tile(np.frombuffer(word.encode("ascii"), dtype=np.uint8), (rows, 1))


def _steps(weights: list[float]) -> npt.NDArray[np.float64]:
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    cumulative /= cumulative[-1]
    cumulative[-1] = 1.0
    return cumulative


def _character_steps(given: Sequence[Mapping[str, str]]) -> npt.NDArray[np.float64]:
    """By cohort and gender: frequency in the cohort times the character's share in the gender."""
    cohorts = [column for column in given[0] if column.startswith("born_")]
    men = np.array([float(row["men"]) for row in given]) + 1.0
    women = np.array([float(row["women"]) for row in given]) + 1.0
    steps: list[npt.NDArray[np.float64]] = []
    for cohort in range(len(COHORTS)):
        column = cohorts[min(cohort, len(cohorts) - 1)]
        frequency = np.array([float(row[column]) for row in given])
        for share in (women / (men + women), men / (men + women)):
            steps.append(_steps(list(frequency * share)) + len(steps))
    return np.concatenate(steps)


def _homophones(characters: list[str], sounds: list[str]) -> dict[str, str]:
    """For each character the next that sounds alike: how a name is misheard and mistyped."""
    groups: dict[str, list[str]] = defaultdict(list)
    for character, sound in zip(characters, sounds, strict=True):
        groups[sound].append(character)
    return {
        one: group[(i + 1) % len(group)]
        for group in groups.values()
        for i, one in enumerate(group)
        if len(group) > 1
    }


def _places(counties: Sequence[Mapping[str, str]]) -> list[str]:
    provinces = {row["code"]: row["name"] for row in facts.rows("province-codes")}
    cities = {row["code"]: row["name"] for row in facts.rows("city-codes")}
    return [
        provinces[row["provinceCode"]]
        + ("" if (city := cities.get(row["cityCode"], "")) in _DIRECT else city)
        + row["name"]
        for row in counties
    ]


def _digit_rows(words: list[str]) -> npt.NDArray[np.uint8]:
    return np.frombuffer("".join(words).encode("ascii"), dtype=np.uint8).reshape(len(words), -1)
