"""What tells a value from the name of a column, one text at a time. Pure.

Whether a file's first row is a header is asked of single cells, before there are columns; what
whole columns are is told by :mod:`amends.evidence.categories.tells`.
"""

import re
from collections.abc import Callable, Sequence

_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z\u3400-\u9fff]{2,}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_DATE_BACKWARDS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_DATE_COMPACT = re.compile(r"(1[0-9]|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_POSTCODE = re.compile(
    r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"  # United Kingdom
    r"|[0-8]\d{5}"  # China
)
_HAN_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{1,4}(?:[·•][\u3400-\u9fff]{1,8})*")
_LATIN_NAME = re.compile(r"[^\W\d_][^\d@_/\\]*[ ,][^\d@_/\\]*")
_GENDERS = frozenset(
    ("male", "female", "m", "f", "man", "woman", "男", "女", "男性", "女性", "男士", "女士", "先生")
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴"
    "严莫孔向常汤欧阳司马上官诸葛夏侯"
)
_MOST_DIGITS_IN_HEADER = 4


def is_email(value: str) -> bool:
    """An e-mail address."""
    return _EMAIL.fullmatch(value) is not None


def is_date(value: str) -> bool:
    """A day, year first or last, or eight digits; days that do not exist count as well."""
    return any(
        pattern.fullmatch(value) is not None for pattern in (_DATE, _DATE_BACKWARDS, _DATE_COMPACT)
    )


def is_gender(value: str) -> bool:
    """A word for a gender."""
    return value.lower() in _GENDERS


def is_postcode(value: str) -> bool:
    """A Chinese or British postcode."""
    return _POSTCODE.fullmatch(value) is not None


def is_chinese_name(value: str) -> bool:
    """A Chinese name: a frequent surname and up to three characters, or a middle dot."""
    if _HAN_NAME.fullmatch(value) is None:
        return False
    return "·" in value or (len(value) > 1 and value[0] in _SURNAMES)


def is_name(value: str) -> bool:
    """A Chinese name, or words with a space between and no digit."""
    return is_chinese_name(value) or _LATIN_NAME.fullmatch(value) is not None


def is_value(text: str) -> bool:
    """Whether a text is someone's value rather than the name of a column."""
    digits = sum(character.isdigit() for character in text)
    return (
        is_email(text)
        or is_date(text)
        or digits > _MOST_DIGITS_IN_HEADER
        or is_postcode(text)
        or is_gender(text)
    )


def share(values: Sequence[str], test: Callable[[str], bool]) -> float:
    """Of *values*, how many pass."""
    return sum(map(test, values)) / len(values) if values else 0.0
