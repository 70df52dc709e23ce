"""Sounds of names: 张伟, ``Zhang Wei``, ``wei zhang`` and ``ZHANGWEI`` are written alike.

The form is the toneless syllables in alphabetical order, so that it says nothing about which part
stands first. It is evidence and never a key: hundreds of names sound like one.
"""

import re
from functools import cache
from typing import Final

import polars as pl

from amends.kernel import facts

_SURNAMES: Final = {
    "单": "shan", "單": "shan", "解": "xie", "仇": "qiu", "查": "zha", "曾": "zeng", "任": "ren",
    "朴": "piao", "区": "ou", "區": "ou", "盖": "ge", "蓋": "ge", "乐": "yue", "樂": "yue",
    "覃": "qin", "缪": "miao", "繆": "miao", "翟": "zhai", "冼": "xian", "员": "yun", "員": "yun",
    "种": "chong", "宓": "mi", "秘": "bi", "燕": "yan", "华": "hua", "華": "hua", "纪": "ji",
    "紀": "ji", "哈": "ha", "隗": "wei", "洗": "xian", "折": "she", "繁": "po", "召": "shao",
    "黑": "he", "那": "na", "能": "nai", "祭": "zhai", "宁": "ning", "逄": "pang", "郇": "huan",
    "尉": "wei", "阚": "kan", "闞": "kan", "佟": "tong", "褚": "chu", "葛": "ge", "费": "fei",
    "石": "shi", "沈": "shen", "贾": "jia", "曲": "qu", "都": "du", "牟": "mu", "车": "che",
    "車": "che", "重": "chong", "长": "chang", "尹": "yin", "晁": "chao", "柏": "bai", "卜": "bu",
    "俞": "yu", "厦": "sha", "谌": "chen", "諶": "chen", "芮": "rui", "薄": "bo", "便": "pian",
    "适": "kuo", "盛": "sheng", "谭": "tan", "行": "xing", "幺": "yao",
}  # fmt: skip
"""Readings of characters as surnames that are not their usual ones (Xinhua dictionary)."""

_COMPOUND: Final = {
    "尉迟": "yu chi", "尉遲": "yu chi", "万俟": "mo qi", "長孫": "zhang sun", "长孙": "zhang sun",
    "令狐": "ling hu", "澹台": "tan tai", "澹臺": "tan tai", "单于": "chan yu",
}  # fmt: skip
_HAN: Final = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_LETTERS: Final = re.compile(r"^[a-zü]+$")
_SPELLINGS: Final = {"lyu": "lv", "nyu": "nv", "lü": "lv", "nü": "nv"}
_LONGEST: Final = 6
_MOST_SYLLABLES: Final = 6


@cache
def sound(character: str) -> str:
    """The toneless syllable of a character in given names; '' where none is known."""
    known = _given().get(character)
    if known is not None:
        return known
    from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 -- 0.6 s that few commands need

    read = lazy_pinyin(character, style=Style.NORMAL, errors="ignore", v_to_u=False)
    return read[0].replace("lve", "lue").replace("nve", "nue") if read else ""


@cache
def _given() -> dict[str, str]:
    table = facts.rows("given-name-characters")
    return {
        row["character"]: row["pinyin"].rstrip("012345").replace("ü", "v").replace("u:", "v")
        for row in table
    }


@cache
def syllables() -> frozenset[str]:
    """All syllables that characters of names and surnames have."""
    characters = {*_given(), *"".join(row["surname"] for row in facts.rows("surnames"))}
    known = {sound(character) for character in characters} | set(_SURNAMES.values())
    return frozenset(s for s in known if s.isascii() and s.isalpha())


def of_names(name: pl.Series) -> pl.Series:
    """The sound of each canonical name or pattern; null where no part of it is pinyin."""
    distinct = name.drop_nulls().unique()
    table = {text: _of_name(text) for text in distinct.to_list()}
    if not table:
        return pl.Series("pinyin", [None] * len(name), dtype=pl.String)
    return name.replace_strict(table, default=None, return_dtype=pl.String).alias("pinyin")


def _of_name(name: str) -> str | None:
    if _HAN.search(name):
        found = _of_han(name)
    else:
        found = []
        for token in name.split():
            parts = segments(token)
            if parts is None:
                return None
            found.extend(parts)
    return " ".join(sorted(found)) if 0 < len(found) <= _MOST_SYLLABLES else None


def _of_han(name: str) -> list[str]:
    """Syllables of surname and given name; Latin letters among them are one syllable each."""
    compound = next((word for word in _COMPOUND if name.startswith(word)), None)
    surname = compound or name[0]
    read = _COMPOUND[surname].split() if compound else [_SURNAMES.get(surname) or sound(surname)]
    given = "".join(
        sound(c) if _HAN.match(c) else c for c in name[len(surname) :] if c not in "*? "
    )
    if not all(read):
        return []
    rest = segments(given)
    return [] if rest is None else [*read, *rest]


@cache
def segments(letters: str) -> tuple[str, ...] | None:
    """*letters* as the fewest syllables; None where they are no pinyin.

    Among as few, those of which fewer begin with a vowel: an apostrophe would part these
    (GB/T 16159-2012, 6.2.2).

    >>> segments("zhangwei")
    ('zhang', 'wei')
    >>> segments("nana")
    ('na', 'na')
    """
    if not letters:
        return ()
    if not _LETTERS.match(letters):
        return None
    best: tuple[str, ...] | None = None
    for length in range(min(_LONGEST, len(letters)), 0, -1):
        head = _SPELLINGS.get(letters[:length], letters[:length])
        if head not in syllables():
            continue
        rest = segments(letters[length:])
        if rest is not None and (best is None or _cost((head, *rest)) < _cost(best)):
            best = (head, *rest)
    return best


def _cost(parts: tuple[str, ...]) -> tuple[int, int]:
    return len(parts), sum(part[0] in "aoe" for part in parts)
