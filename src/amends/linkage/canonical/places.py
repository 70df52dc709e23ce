"""Addresses: the text without separators, and from it province, city, county, street and numbers.

Divisions are told by GB/T 2260 (see :mod:`amends.kernel.facts`), with their suffixes or without,
and what a narrower one implies is filled in; a county's name that several counties have
says nothing by itself. Codes are texts: ``33``, ``3308``, ``330822``; a municipality is its own
city (``1100``).
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl

from amends.kernel import facts
from amends.linkage.canonical.changes import Change
from amends.linkage.canonical.mending import Mended, mended, settled

PARTS: Final = ("province", "city", "county", "street")
_FINE: Final = r"^[一-鿿0-9a-z]+$"
_MUNICIPALITIES: Final = frozenset(("11", "12", "31", "50"))
_BEYOND: Final = {"71": "台湾省", "81": "香港特别行政区", "82": "澳门特别行政区"}
_NO_CITY: Final = frozenset(("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"))
_PEOPLES: Final = (
    "蒙古族?|回族?|藏族|维吾尔族?|苗族|彝族|壮族|布依族|朝鲜族|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族?|傣族|"
    "黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族?|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|"
    "毛南族|仡佬族|锡伯族?|阿昌族|普米族|塔吉克族?|怒族|鄂温克族|鄂伦春族?|德昂族|保安族|裕固族|京族|独龙族|"
    "门巴族|珞巴族|各族"
)
_SUFFIX: Final = re.compile(
    rf"(?:(?:{_PEOPLES})*(?:自治区|自治州|自治县|自治旗)|特别行政区|矿区|地区|林区|省|市|盟|区|县|旗)$"
)
_PROVINCE_SUFFIX: Final = re.compile(r"(?:(?:壮族|回族|维吾尔)?自治区|特别行政区|省|市)$")
_LONGER: Final = re.compile(
    r"[省市州盟区县旗镇乡村]|[东西南北中新一二三环]{0,2}(?:路|街|道|巷|胡同|大道|大街|大厦|村|镇)"
)
"""After a name without suffix: it is part of another division's name, or of a street's."""

_COUNTRY: Final = re.compile(r"^(?:中华人民共和国|中国)")
_EMPTY_WORDS: Final = re.compile(r"^(?:市辖区|省直辖县级行政区划)")
_NUMERAL: Final = re.compile(r"([一二三四五六七八九十百零〇]+)(?=号|弄|栋|幢|座|单元|室|楼|层)")
_TAIL: Final = re.compile(r"(?:第|no|自编)?$")
_DIGIT: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0}


def addresses(found: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Addresses in lower case without spaces and punctuation, and what was changed.

    A dash stays between two numbers, because without it they would be one.
    """
    result = mended(found, found.str.contains(_FINE), _mend)
    return result["value"], result["changes"]


def _mend(found: pl.Series) -> pl.DataFrame:
    return settled(found, _FINE, _steps)


def _steps(found: Mended) -> Mended:
    """From an address as found to its canonical form."""
    return found.plain().then(
        Change.SEPARATORS_REMOVED,
        lambda t: (
            t.str.replace_all(r"[‐‑‒–—―−~]", "-")
            .str.replace_all(r"([0-9])\s*-+\s*([0-9])", "$1\x1f$2")
            .str.replace_all(r"([0-9])\s*-+\s*([0-9])", "$1\x1f$2")
            .str.replace_all(r"[\s,，.。、;；:：\-#'\"()\[\]【】]", "")
            .str.replace_all("\x1f", "-")
            .replace("", None)
        ),
    )


def numbers(address: pl.Expr) -> pl.Expr:
    """The numbers of a canonical address, as written from the road to the room: ``189-3-501``."""
    arabic = address.map_batches(_arabic, return_dtype=pl.String)
    return arabic.str.extract_all(r"[0-9]+").list.join("-").replace("", None)


def divided(address: pl.Series) -> pl.DataFrame:
    """``province`` ``city`` ``county`` (codes) and ``street`` of canonical addresses."""
    head = _arabic(address).str.extract(r"^([^0-9]+)").alias("head")
    schema = dict.fromkeys(("head", *PARTS), pl.String)
    known = [(text, *_divide(text)) for text in head.drop_nulls().unique().to_list()]
    table = pl.DataFrame(known, schema=schema, orient="row")
    return head.to_frame().join(table, on="head", how="left", maintain_order="left").select(PARTS)


def forms(address: pl.Series) -> pl.Series:
    """County, street and numbers: one text for all ways to write an address; else null.

    北京市朝阳区建国路88号 and 北京朝阳建国路八十八号 have one form.
    """
    parts = divided(address).with_columns(address.alias("address"))
    form = pl.concat_str("county", "street", numbers(pl.col("address")), separator=" ")
    return parts.select(form.alias("address_form")).to_series()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Divisions read from the front of a text: a code ('' where none), and what is left."""

    code: str
    rest: str


def _divide(text: str) -> tuple[str | None, str | None, str | None, str | None]:
    """The parts of the front of an address: of all ways to read it the one that leaves least."""
    best = min(
        _readings(_COUNTRY.sub("", text)), key=lambda found: (len(found.rest), -len(found.code))
    )
    street = _TAIL.sub("", best.rest) or None
    if street is not None and not re.search(r"[一-鿿]", street):
        street = None
    code = best.code
    if code[:2] in _MUNICIPALITIES:
        city: str | None = f"{code[:2]}00"
    else:
        city = code[:4] if len(code) >= 4 else None  # noqa: PLR2004 -- digits of a city's code
    county = code if len(code) == 6 else None  # noqa: PLR2004 -- digits of a county's code
    return code[:2] or None, city, county, street


def _readings(text: str) -> Iterator[_Found]:
    """Every way to read divisions at the front of a text, the one of reading none included."""
    yield _Found(code="", rest=text)
    for province in [_Found(code="", rest=text), *_matches(text, "province", "")]:
        if province.code:
            yield province
        rest = _EMPTY_WORDS.sub("", province.rest)
        cities = list(_matches(rest, "city", province.code))
        yield from cities
        again = [f for f in _matches(rest, "province", "") if f.code == province.code != ""]
        for outer in [_Found(code=province.code, rest=rest), *cities, *again]:
            inner = _EMPTY_WORDS.sub("", outer.rest)
            yield from _matches(inner, "county" if outer.code else "whole county", outer.code)


def _matches(text: str, level: str, within: str) -> Iterator[_Found]:
    """Divisions *within* one whose word *text* begins with, where that names exactly one."""
    words = _words(level)
    for length in _lengths(level).get(text[:2], ()):
        found = words.get(text[:length], ())
        rest = text[length:]
        codes = {
            code
            for code, whole in found
            if code.startswith(within) and (whole or not _LONGER.match(rest))
        }
        if len(codes) == 1:
            yield _Found(code=codes.pop(), rest=rest)


@cache
def _words(level: str) -> Mapping[str, Sequence[tuple[str, bool]]]:
    """Name with or without suffix → codes, and whether the name is whole.

    A county's name without its suffix says nothing where its province or city is not known.
    """
    if level == "whole county":
        every = _words("county").items()
        whole = {word: [entry for entry in entries if entry[1]] for word, entries in every}
        return {word: entries for word, entries in whole.items() if entries}
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    rows = facts.rows(f"{level}-codes")
    named = [(row["code"], row["name"]) for row in rows if row["name"] not in _NO_CITY]
    if level == "province":
        named.extend(_BEYOND.items())
    for code, name in named:
        found[name].append((code, True))
        suffix = _PROVINCE_SUFFIX if level == "province" else _SUFFIX
        short = suffix.sub("", name)
        if short != name and len(short) > 1:
            found[short].append((code, False))
            if name.endswith("自治州"):
                found[f"{short}州"].append((code, True))
    return dict(found)


@cache
def _lengths(level: str) -> Mapping[str, Sequence[int]]:
    """First two signs → how long the words are that begin so, longest first."""
    found: dict[str, set[int]] = defaultdict(set)
    for word in _words(level):
        found[word[:2]].add(len(word))
    return {head: sorted(lengths, reverse=True) for head, lengths in found.items()}


def _arabic(address: pl.Series) -> pl.Series:
    written = address.str.contains(_NUMERAL.pattern.replace("(?=", "(?:")).fill_null(value=False)
    if not written.any():
        return address
    table = {text: _arabic_text(text) for text in address.filter(written).unique().to_list()}
    return address.replace(table)


def _arabic_text(text: str) -> str:
    """Numerals before a word for a part of a house, as digits: 三单元 → 3单元."""
    return _NUMERAL.sub(lambda match: str(_number(match[1])), text)


def _number(numeral: str) -> int:
    """A Chinese numeral below 1,000, or a row of digits: 二十三 and 二三 are both 23."""
    if not set(numeral) & set("十百"):
        return int("".join(str(_DIGIT[c]) for c in numeral))
    hundreds, _, rest = numeral.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    value = 100 * (_digits(hundreds) or int("百" in numeral))
    value += 10 * (_digits(tens) or 1) if ten else 0
    return value + _digits(ones)


def _digits(numeral: str) -> int:
    return int("".join(str(_DIGIT.get(c, 0)) for c in numeral) or "0")
