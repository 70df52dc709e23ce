"""Birth dates: ``yyyymmdd`` where the text tells one day, and otherwise what it does tell.

Day and month that could be either way round are kept as ``yyyy?`` and the two as found.
An impossible day (month 87) is a slip of the pen, and still tells the year. Lunar dates name
another day in every year, and stay text.
"""

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import mended

_FINE: Final = r"^(?:1[89]|20)[0-9]{6}$|^[0-9]{4}\?[0-9]{4}$"
_ISO: Final = r"^([0-9]{4})[\-/.]([0-9]{2})[\-/.]([0-9]{2})(?:[ T](?:[0-9:.+Z\-]+)?)?$"
_DIGITS: Final = dict(zip("〇零○一二三四五六七八九", "000123456789", strict=True))
_TENS: Final = re.compile(r"(?<![0-9十])([1-9]?)十([1-9]?)")
_LUNAR: Final = re.compile("农历|農曆|阴历|陰曆|旧历|正月|冬月|腊月|臘月|初|廿|卅")
_REPUBLIC: Final = re.compile(r"民[国國]\s*([0-9]{1,3}|元)\s*年?")
_FIRST_YEAR_OF_REPUBLIC: Final = 1912
_WORDS: Final = re.compile(
    r"^([0-9]{4})\s*[年\-/.\s]\s*([0-9]{1,2})\s*[月\-/.\s]\s*([0-9]{1,2})\s*[日号號]?$"
)
_NO_DAY: Final = re.compile(r"^([0-9]{4})\s*[年\-/.]\s*([0-9]{1,2})\s*月?$")
_ENDS_IN_YEAR: Final = re.compile(
    r"^([0-9]{1,2})\s*[\-/.\s]\s*([0-9]{1,2})\s*[\-/.\s]\s*([0-9]{4})$"
)
_SHORT: Final = re.compile(
    r"^([0-9]{2})\s*[年\-/.]\s*([0-9]{1,2})\s*[月\-/.]\s*([0-9]{1,2})\s*[日号號]?$"
)
_SHORT_END: Final = re.compile(r"^([0-9]{1,2})[\-/.]([0-9]{1,2})[\-/.]([0-9]{2})$")
_TIME: Final = re.compile(
    r"[t\s]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?\s*(?:z|[ap]m|utc|[+\-][0-9:]+)?$"
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        start=1,
    )
}
_DAY_MONTH: Final = re.compile(
    r"^([0-9]{1,2})(?:st|nd|rd|th)?[\s\-]*(?:of )?([a-z]{3})[a-z]*\.?,?[\s\-]*([0-9]{4})$"
)
_MONTH_DAY: Final = re.compile(
    r"^([a-z]{3})[a-z]*\.?\s*([0-9]{1,2})(?:st|nd|rd|th)?,?\s*([0-9]{4})$"
)
_MOMENT: Final = re.compile(r"^-?[0-9]{9,10}(?:[0-9]{3})?$")
_SERIAL: Final = re.compile(r"^[1-4][0-9]{4}(?:\.0+)?$")
_MILLISECONDS: Final = 10**11
_DAY_S: Final = 86_400
_CHINA_S: Final = 8 * 3_600
_SHEET_DAY_0: Final = date(1899, 12, 30)
_FIRST_OF_CENTURY: Final = 27
"""Two digits from here are of 19…, below of 20…: nobody leaked in 2026 was born later."""

_MONTHS_A_YEAR: Final = 12
_DAYS_A_MONTH: Final = 31


def births(found: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Dates in canonical form, and what was changed."""
    result = mended(found, found.str.contains(_FINE), _mend, once=True)
    return result["value"], result["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    """ISO dates in columns, every other one by itself; a day that there was not is kept, too."""
    groups = found.str.extract_groups(_ISO).struct.unnest()
    iso = groups["1"] + groups["2"] + groups["3"]
    odd = found.filter(iso.is_null() & found.is_not_null()).unique()
    read = {text: _read(text) for text in odd.to_list()}
    other = found.replace_strict(read, default=None, return_dtype=pl.String)
    value = pl.select(pl.coalesce(iso, other)).to_series()
    value = pl.select(pl.when(~value.str.contains("^0+$")).then(value)).to_series()
    note = pl.when(value.ne_missing(found)).then(Change.DATE_REWRITTEN.value).otherwise(0)
    return pl.DataFrame({"value": value}).with_columns(note.cast(pl.UInt32).alias("changes"))


def _read(text: str) -> str | None:
    """The canonical form of one text."""
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().split())
    plain = "".join(c for c in plain if unicodedata.category(c) not in {"Cc", "Cf"}).strip()
    if _LUNAR.search(plain):
        return plain
    plain = _TIME.sub("", _arabic(plain))
    day = _moment(plain) or _named(plain) or _numbered(plain)
    if day:
        return day
    digits = re.sub(r"[^0-9]", "", plain)
    if digits and digits != plain:
        return _read(digits)
    return plain if plain.strip("0") else None


def _arabic(text: str) -> str:
    """Chinese numerals as digits, years of the Republic as years."""
    digits = "".join(_DIGITS.get(c, c) for c in text)
    digits = _TENS.sub(lambda m: f"{m[1] or '1'}{m[2] or '0'}", digits)

    def year(match: re.Match[str]) -> str:
        number = 1 if match[1] == "元" else int(match[1])
        return f"{_FIRST_YEAR_OF_REPUBLIC + number - 1}年"

    return _REPUBLIC.sub(year, digits)


def _moment(text: str) -> str | None:
    """Seconds or milliseconds since 1970 that are a midnight, or the days of a sheet."""
    if _SERIAL.match(text):
        return f"{_SHEET_DAY_0 + timedelta(days=int(float(text))):%Y%m%d}"
    if not _MOMENT.match(text) or not text.strip("-0"):
        return None
    seconds = int(text) // 1000 if abs(int(text)) >= _MILLISECONDS else int(text)
    for offset in (0, _CHINA_S):
        if (seconds + offset) % _DAY_S == 0:
            at = datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds + offset)
            return f"{at:%Y%m%d}"
    return None


def _named(text: str) -> str | None:
    """A day whose month is written in English."""
    if match := _DAY_MONTH.match(text):
        day, month, year = match[1], match[2], match[3]
    elif match := _MONTH_DAY.match(text):
        month, day, year = match[1], match[2], match[3]
    else:
        return None
    return f"{year}{_MONTHS[month]:02}{int(day):02}" if month in _MONTHS else None


def _numbered(text: str) -> str | None:
    """A day in numbers, in one of the orders that there are."""
    if match := _WORDS.match(text):
        return f"{match[1]}{int(match[2]):02}{int(match[3]):02}"
    if match := _NO_DAY.match(text):
        return f"{match[1]}{int(match[2]):02}"
    if match := _ENDS_IN_YEAR.match(text):
        return _either(match[3], int(match[1]), int(match[2]))
    if match := _SHORT.match(text):
        century = "19" if int(match[1]) >= _FIRST_OF_CENTURY else "20"
        if 1 <= int(match[2]) <= _MONTHS_A_YEAR and int(match[3]) <= _DAYS_A_MONTH:
            return f"{century}{match[1]}{int(match[2]):02}{int(match[3]):02}"
    if match := _SHORT_END.match(text):
        century = "19" if int(match[3]) >= _FIRST_OF_CENTURY else "20"
        return _either(century + match[3], int(match[1]), int(match[2]))
    return None


def _either(year: str, one: int, other: int) -> str:
    """Day and month in an order that only the numbers can tell."""
    if one > _MONTHS_A_YEAR or one == other:
        return f"{year}{other:02}{one:02}"
    if other > _MONTHS_A_YEAR:
        return f"{year}{one:02}{other:02}"
    return f"{year}?{one:02}{other:02}"
