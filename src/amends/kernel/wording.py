"""Lint for every text to the public: what a scam or a bad apology would say. Pure.

The words stand in ``facts/wording.toml``, each with its rule, the reason, and what to say instead.
A sentence that denies ("we never ask for…") or names the scam may use some of them, as the file
says. Addresses and digits that could be somebody's value are found by their form; a text's own
site and hotline are allowed by name.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from amends.kernel.case import Text


class RuleId(StrEnum):
    """Rules for outgoing texts: ``AP-…`` against phishing, and our own."""

    CONFIDENTIAL = "AP-01"
    LINK = "AP-02"
    URGENCY_OR_PRIZE = "AP-03"
    VALUE = "value"
    WAIVER = "waiver"
    CONDITION = "condition"
    APOLOGY = "apology"
    UNCHECKED = "unchecked"


class Where(StrEnum):
    """In which sentences a word is wrong."""

    ANYWHERE = "anywhere"
    CLAIMED = "claimed"
    ASKED = "asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A rule that a text breaks, and the words that break it (our words, never a person's)."""

    rule: RuleId
    found: str
    reason: Text
    instead: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class WordRule:
    """Words of one rule, ready to look for."""

    rule: RuleId
    where: Where
    words: re.Pattern[str]
    reason: Text
    instead: Text


_SENTENCE_END: Final = re.compile(r"(?<=[。！？；!?])|(?<=[.;])\s|\n")
_CLAUSE_END: Final = re.compile(r"[，；;]|, (?=(?:and|but|so|then)\b)", re.IGNORECASE)
_ADDRESS: Final = re.compile(
    r"https?:|\bwww\.|[\w.+-]+@[\w-]+|\b[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\."
    r"(?:com|cn|net|org|io|gov|edu|info|top|xyz|vip|shop|app|me|cc|co|uk|eu|link|site|online)\b",
    re.IGNORECASE,
)
_HARMLESS_DIGITS: Final = re.compile(
    r"[A-Z]{3} \d{1,3}(?:,\d{3})*(?:\.\d{1,3})?"  # CNY 5,000.00
    r"|\d{1,3}(?:,\d{3})*(?:\.\d{1,4})? ?[万亿]?元"
    r"|\d{1,3}(?:,\d{3})*(?:\.\d{1,4})? (?:million|billion)\b"
    r"|\d{4}年\d{1,2}月\d{1,2}日|\d{1,2} [A-Z][a-z]+ \d{4}"
    r"|(?<!\d)(?:96110|110|12321)(?!\d)"
)
_DIGITS: Final = re.compile(r"\d(?:[\s.\-]?\d){4,}|\d*[*＊]{2,}\d*")
_NO_ADDRESS: Final = (
    Text(zh="地址可以仿冒", en="an address can be imitated"),
    Text(zh="只写 site 里的官方网站", en="name the official site of `site` only"),
)
_NO_VALUE: Final = (
    Text(zh="这串数字可能是某个人的号码", en="these digits could be somebody's number"),
    Text(zh="删去", en="leave them out"),
)


def lint(text: str, *, allowed: Iterable[str] = ()) -> list[Violation]:
    """Every rule that *text* breaks, in the order of the text's sentences.

    *allowed*: the text's own addresses and numbers, which are no finding.
    """
    for own in sorted(allowed, key=len, reverse=True):
        text = text.replace(own, "#")
    found = [violation for sentence in sentences(text) for violation in _sentence(sentence)]
    bare = _HARMLESS_DIGITS.sub("#", text)
    reason, instead = _NO_VALUE
    found += [
        Violation(
            rule=RuleId.VALUE,
            found=f"{len(match.group())} characters",
            reason=reason,
            instead=instead,
        )
        for match in _DIGITS.finditer(bare)
    ]
    return found


@cache
def word_rules() -> tuple[WordRule, ...]:
    """Every rule of the data file."""
    entries = _data()["rule"]
    assert isinstance(entries, list)  # noqa: S101 - our own file
    return tuple(
        WordRule(
            rule=RuleId(entry["rule"]),
            where=Where(entry["where"]),
            words=_pattern(entry["zh"], entry["en"]),
            reason=Text(**entry["reason"]),
            instead=Text(**entry["instead"]),
        )
        for entry in entries
    )


@cache
def _data() -> dict[str, object]:
    return tomllib.loads(
        files("amends.kernel.facts").joinpath("wording.toml").read_text(encoding="utf-8")
    )


@cache
def _sign(name: str) -> re.Pattern[str]:
    """The words of ``[denying]`` or ``[asking]``."""
    words = _data()[name]
    assert isinstance(words, dict)  # noqa: S101 - our own file
    return _pattern(words["zh"], words["en"])


def _pattern(chinese: Iterable[str], english: Iterable[str]) -> re.Pattern[str]:
    """Chinese words as they stand; English as whole words, ``*`` for any ending."""
    whole = (re.escape(word).replace(r"\*", r"\w*").replace(r"\ ", r"\s+") for word in english)
    parts = [*(re.escape(word) for word in chinese), rf"(?<!\w)(?:{'|'.join(whole)})(?!\w)"]
    return re.compile("|".join(parts), re.IGNORECASE)


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text in either language."""
    return (part for part in _SENTENCE_END.split(text) if part and part.strip())


@lru_cache(maxsize=1 << 14)
def _sentence(sentence: str) -> tuple[Violation, ...]:
    """What one sentence breaks. Most sentences stand in every notice: each is looked at once."""
    return tuple(_broken_by(sentence))


def _clause(sentence: str, match: re.Match[str]) -> str:
    """The part of a sentence in which a match stands."""
    begin = max((end.end() for end in _CLAUSE_END.finditer(sentence, 0, match.start())), default=0)
    after = _CLAUSE_END.search(sentence, match.end())
    return sentence[begin : after.start() if after else len(sentence)]


def _broken_by(sentence: str) -> Iterator[Violation]:
    denying = _sign("denying")
    denies = denying.search(sentence) is not None
    asks = _sign("asking").search(sentence) is not None
    for rule in word_rules():
        if rule.where is Where.ASKED and (denies or not asks):
            continue
        for match in rule.words.finditer(sentence):
            if rule.where is Where.CLAIMED and denying.search(_clause(sentence, match)):
                continue
            yield Violation(
                rule=rule.rule, found=match.group(), reason=rule.reason, instead=rule.instead
            )
    reason, instead = _NO_ADDRESS
    for match in _ADDRESS.finditer(sentence):
        yield Violation(rule=RuleId.LINK, found=match.group(), reason=reason, instead=instead)
