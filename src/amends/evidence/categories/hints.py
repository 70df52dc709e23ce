"""What a part of a header, or a misspelt one, hints at: believed where the values agree. Pure.

``nativeaddr`` alone says little, and so do values that are names of places; together they tell.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from amends.evidence.categories.words import FIELD_OF, KNOWN_TO_DIFFER, read_table

_STEMS: Final = (
    (
        "birth_place",
        re.compile(
            "nativ|hometown|birthplace|huji|hukou|jiguan|domicile|resident_place|籍|户口|出生地"
        ),
    ),
    ("phone", re.compile("phone|mobile|mobil|tele|cell|handset|landline|dianhua|shouji|电话|手机")),
    ("birth", re.compile("birth|born|dob|shengri|chusheng|生日|出生")),
    ("postcode", re.compile("post|zip|youbian|邮编|邮政")),
    ("passport", re.compile("passport|huzhao|护照")),
    ("nationality", re.compile("nation|citizen|guoji|国籍")),
    ("username", re.compile("nick|login|handle|chat|wangming|昵称|登录|网名")),
    ("pwd", re.compile("passw|pwd|mima|密码|口令")),
    ("name", re.compile("name|xingming|姓名")),
    ("ethnicity", re.compile("(?:^|_)race(?:_|$)|ethni")),
    ("order", re.compile("order|dingdan|订单")),
    ("occupation", re.compile("role|duty|job|post|career|zhiwu|zhicheng|职")),
    ("income", re.compile("salar|income|wage|earning|(?:^|_)ctc(?:_|$)|revenue|薪|收入|工资")),
    ("balance", re.compile("balance|wallet|余额|存款")),
    ("device", re.compile("device|idfa|oaid|udid|android|终端|设备|手机标识")),
    ("employer", re.compile("单位|employ|work|job|firm|(?:^|_)unit")),
    ("age", re.compile("(?:^|_)age$|年龄")),
    (
        "logistics",
        re.compile(
            "(?:ship|express|deliver|logistic|waybill|track|courier).*_(?:sn|no|num|number|code|id)$"
            "|(?:快递|运单|物流|包裹).*号"
        ),
    ),
)
"""Fields with a test of their values, and what in a header speaks for them."""
_RARE: Final = tuple(
    (field, re.compile("|".join(stems))) for field, stems in read_table("stems").items()
)
_OF_THE_RECORD: Final = re.compile(
    "(?:_(?:id|no|num|time|date|at|by|flag|switch|enabled|count|level_id|user|person|doctor|dept|city"
    "|verified|source|version|threshold|similarity|algo\\w*|method|way|len(?:gth)?|strength|policy|expired|expires?|expiry"
    "|salt|status|state|template|config|price|fee|cost|format|size|operator|reason|rate)"
    "|编号|编码|时间|日期|人|医生|科室|机构|单位|部门|地点|次数|类别代码|状态|标准|价格|费用|规格|厂家|有效期|来源|模板|方式|原因|要求|版本|押金|图片|设施)$"
)
"""What stands at the end of headers that say when, where and by whom, not what."""
_SHORTEST_MISSPELT: Final = 6
_SHORTEST_SLIP: Final = 4
"""A part of a header that is shorter is no other word with a slip; nor is a known part."""


def hinted(word: str) -> Iterator[str]:
    """Fields that a part of a header speaks for."""
    return (field for field, stem in _STEMS if stem.search(word))


@cache
def rare(word: str) -> str | None:
    """The field of a part that hardly any other header has: ``staff_religion_code``."""
    if _OF_THE_RECORD.search(word) or not word:
        return None
    return next((field for field, stem in _RARE if stem.search(word)), None)


@cache
def misspelt(word: str) -> str | None:
    """The field of the one known word from which a header differs by a letter too many or few.

    Exchanged letters count as well; other letters do not: ``lender`` is no ``gender``.
    """
    doubtful = [part for part in word.split("_") if part not in _PARTS]
    if len(word) < _SHORTEST_MISSPELT or not word.isascii() or not doubtful:
        return None
    if max(map(len, doubtful)) < _SHORTEST_SLIP:
        return None
    shorter = {word[:at] + word[at + 1 :] for at in range(1, len(word))}
    swapped = {
        word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)
    }
    near = {
        FIELD_OF[one]
        for one in shorter | swapped
        if one in FIELD_OF and len(one) >= _SHORTEST_MISSPELT
    }
    near |= {_lacking()[word]} if word in _lacking() else set()
    return near.pop() if len(near) == 1 else None


@cache
def shortened(word: str) -> str | None:
    """The field of the known words whose parts a header has in short: ``birt_plac``, ``surn``.

    A part in short is the beginning of a word, or the word without some of its vowels. Parts that
    are words themselves are never short for others. None where two fields could be meant.
    """
    parts = word.split("_")
    known_parts = all(part in _PARTS for part in parts)
    if known_parts or not word.isascii() or len(word) <= _SHORTEST_PART:
        return None
    near = {
        FIELD_OF[known]
        for known in _by_initials().get(tuple(part[:1] for part in parts), ())
        if all(map(_is_short_for, parts, known.split("_")))
    }
    return near.pop() if len(near) == 1 else None


def _is_short_for(part: str, whole: str) -> bool:
    if part == whole:
        return True
    if part in _PARTS or len(part) < _SHORTEST_PART:
        return False
    if whole.startswith(part):
        return True
    rest = iter(whole)
    return all(letter in rest for letter in part) and _bare(part) == _bare(whole)


def _bare(word: str) -> str:
    return word[:1] + _VOWELS.sub("", word[1:])


_VOWELS: Final = re.compile("[aeiou]")
_SHORTEST_PART: Final = 3
_PARTS: Final = frozenset(
    part for one in (*FIELD_OF, *KNOWN_TO_DIFFER) if one.isascii() for part in one.split("_")
)


@cache
def _by_initials() -> dict[tuple[str, ...], list[str]]:
    """Known words by the first letters of their parts."""
    words: dict[tuple[str, ...], list[str]] = {}
    for word in {word for line in read_table("fields").values() for word in line if word.isascii()}:
        words.setdefault(tuple(part[:1] for part in word.split("_")), []).append(word)
    return words


@cache
def _lacking() -> dict[str, str]:
    """Known words without one of their letters."""
    return {
        one[:at] + one[at + 1 :]: field
        for one, field in FIELD_OF.items()
        if len(one) > _SHORTEST_MISSPELT and one.isascii()
        for at in range(1, len(one))
    }
