"""What values look like: formats and checksums of personal data. Pure.

Shares are of the values that are there. Damaged data is the rule, so a field is told by what most
values are, and by checksums where chance would have to be very lucky.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

_PHONE_NOISE = re.compile(r"[\s\-()（）.]")
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?1[3-9]\d{9}")
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+\.[A-Za-z\u3400-\u9fff]{2,}")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_DATE_BACKWARDS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_DATE_COMPACT = re.compile(r"(1[0-9]|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_ID_18 = re.compile(r"[1-9]\d{16}[\dXx]")
_ID_15 = re.compile(r"[1-9]\d{14}")
_CARD = re.compile(r"(?:62|81|4|5[1-5]|35|37)\d{11,17}")
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)")
_HASH = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|\$2[aby]\$.{56}")
_POSTCODE = re.compile(
    r"[A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}"  # United Kingdom
    r"|[0-8]\d{5}"  # China
)
_HAN_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]{1,4}(?:[·•][\u3400-\u9fff]{1,8})*")
_LATIN_NAME = re.compile(r"[^\W\d_][^\d@_/\\]*[ ,][^\d@_/\\]*")
_PLACE = re.compile("[省市区县州路街道镇乡村号]")
_GENDERS = frozenset(
    ("male", "female", "m", "f", "man", "woman", "男", "女", "男性", "女性", "男士", "女士", "先生")
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁"
    "任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴"
    "严莫孔向常汤欧阳司马上官诸葛夏侯"
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_FIRST_YEAR = 1800
_LEAST_CHECKED = 0.3  # of numbers with a right check digit; chance gives 1/11, typing errors 0.9
_LONGEST_NAME = 5
_MOST_DIGITS_IN_HEADER = 4


def bare_phone(value: str) -> str:
    """The value without what people put between digits."""
    return _PHONE_NOISE.sub("", value)


def is_mobile(value: str) -> bool:
    """A mainland mobile number, with or without +86, spaces and dashes."""
    return _MOBILE.fullmatch(bare_phone(value)) is not None


def is_email(value: str) -> bool:
    """An e-mail address."""
    return _EMAIL.fullmatch(value) is not None


def is_date(value: str) -> bool:
    """A day, year first or last, or eight digits; days that do not exist count as well."""
    return any(
        pattern.fullmatch(value) is not None for pattern in (_DATE, _DATE_BACKWARDS, _DATE_COMPACT)
    )


def has_id_shape(value: str) -> bool:
    """18 or 15 digits with a day of birth where a citizen number has it (GB 11643-1999)."""
    if _ID_18.fullmatch(value):
        return _is_day(value[6:14])
    return _ID_15.fullmatch(value) is not None and _is_day("19" + value[6:12])


def has_id_check(value: str) -> bool:
    """Whether the last place of an 18-digit number follows from the others (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(value, _ID_WEIGHTS, strict=False))
    return _ID_CHECKS[total % 11] == value[17].upper()


def _is_day(digits: str) -> bool:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return day.year >= _FIRST_YEAR


def is_card(value: str) -> bool:
    """A bank card number by its first digits, its length and its last digit (ISO/IEC 7812-1)."""
    digits = value.replace(" ", "")
    if _CARD.fullmatch(digits) is None:
        return False
    doubled = (sum(divmod(int(digit) * 2, 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10 == 0


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


def is_chinese_address(value: str) -> bool:
    """A text with a character for a province, city or street, and more than a name's length."""
    return len(value) > _LONGEST_NAME and _PLACE.search(value) is not None


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


def id_share(values: Sequence[str]) -> float:
    """Of *values*, how many look like citizen numbers; 0 where their check digits are chance."""
    shaped = [value for value in values if has_id_shape(value)]
    long = [value for value in shaped if _ID_18.fullmatch(value)]
    if long and share(long, has_id_check) < _LEAST_CHECKED:
        return 0.0
    return len(shaped) / len(values) if values else 0.0


CERTAIN: tuple[tuple[str, Callable[[Sequence[str]], float]], ...] = (
    ("email", lambda values: share(values, is_email)),
    ("idno", id_share),
    ("phone", lambda values: share(values, is_mobile)),
    ("bankcard", lambda values: share(values, is_card)),
    ("ip", lambda values: share(values, lambda value: _IPV4.fullmatch(value) is not None)),
)
"""Formats that hardly anything else has."""

LIKELY: tuple[tuple[str, Callable[[Sequence[str]], float]], ...] = (
    ("gender", lambda values: share(values, is_gender)),
    ("birth", lambda values: share(values, is_date)),
    ("pwdhash", lambda values: share(values, lambda value: _HASH.fullmatch(value) is not None)),
    ("postcode", lambda values: share(values, is_postcode)),
    ("address", lambda values: share(values, is_chinese_address)),
    ("name", lambda values: share(values, is_chinese_name)),
)
"""Formats that other columns may have as well: they decide only where no header speaks."""
