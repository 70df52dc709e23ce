"""The languages of pages, and sentences, amounts, days and numbers in each of them. Pure.

A page's sentence is written in English in its template, ``{{ _("Am I affected?") }}``, as ``said``
does in code. Its simplified Chinese stands in ``kernel/words/zh/*.po`` with everybody else's, its
traditional Chinese in ``web/words/zh-hant.po``.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from html import escape
from importlib.resources import files
from typing import Final, Literal

from amends.kernel.case import Text
from amends.kernel.money import Money
from amends.kernel.saying import Language, Said, in_language, translation

PageLanguage = Literal["zh", "en", "zh-hant"]
"""In which languages pages are; the first is the one that a page has without being asked."""

PAGE_LANGUAGES: Final[tuple[PageLanguage, ...]] = ("zh", "en", "zh-hant")
TAGS: Final[Mapping[PageLanguage, str]] = {"zh": "zh-Hans-CN", "en": "en-GB", "zh-hant": "zh-Hant"}
"""BCP 47: which glyphs and which voice a page gets."""
NAMES: Final[Mapping[PageLanguage, str]] = {
    "zh": "简体中文",
    "en": "English",
    "zh-hant": "繁體中文",
}
"""Each language in its own words."""

BEIJING: Final = timezone(timedelta(hours=8))
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def page_language(text: str) -> PageLanguage | None:
    """The language that a path or a form names, or None."""
    return next((one for one in PAGE_LANGUAGES if one == text), None)


def spoken(language: PageLanguage) -> Language:
    """In which of the program's two languages its own texts are said on such a page."""
    return "en" if language == "en" else "zh"


def sentence(text: str, language: PageLanguage, /, **values: object) -> str:
    """*text* in *language* with *values* in its places; English where a catalogue lacks it."""
    if isinstance(text, Said):
        return in_language(text, spoken(language)) if language != "zh-hant" else _traditional(text)
    found = traditional().get(text) if language == "zh-hant" else None
    template = found or translation(text, spoken(language)) or text
    return template.format(**values) if values else template


def text_of(text: Text, language: PageLanguage) -> str:
    """A text that a case gives in two languages."""
    return text.en if language == "en" else text.zh


@cache
def traditional() -> Mapping[str, str]:
    """The catalogue of traditional Chinese: English sentence → its words."""
    import polib  # noqa: PLC0415 -- the other languages need none of it

    text = files("amends.web").joinpath("words/zh-hant.po").read_text(encoding="utf-8")
    return {entry.msgid: entry.msgstr for entry in polib.pofile(text) if entry.msgstr}


def _traditional(text: Said) -> str:
    """A sentence of the program's; in simplified Chinese where there is no traditional one."""
    template = traditional().get(text.template)
    if template is None:
        return in_language(text, "zh")
    values = {
        name: sentence(value, "zh-hant") if isinstance(value, Said) else value
        for name, value in text.values.items()
    }
    return template.format(**values)


def money(amount: Money, language: PageLanguage) -> str:
    """``5,000 元`` and ``CNY 5,000``: what people read, never a bare ``$``."""
    shown = amount.display().removesuffix(".00")
    if language == "en" or amount.currency != "CNY":
        return shown
    return f"{shown.removeprefix('CNY ')} 元"


def count(number: int) -> str:
    """``3,000,000``."""
    return f"{number:,}"


def rounded(number: int, language: PageLanguage) -> str:
    """A large count in the reader's steps: ``300 万``; empty where the exact one is as short."""
    steps = ((10**8, "亿", "億"), (10**4, "万", "萬"))
    if language == "en":
        steps = ((10**9, "billion", ""), (10**6, "million", ""))
    for step, plain, old in steps:
        if number >= 10 * step or (number >= step and number % step == 0):
            return f"{number / step:,.4g} {old if language == 'zh-hant' else plain}"
    return ""


def day(moment: date, language: PageLanguage) -> str:
    """``2026 年 11 月 23 日`` and ``23 November 2026``; a moment is taken in Beijing's zone."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(BEIJING).date()
    if language == "en":
        return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
    return f"{moment.year} 年 {moment.month} 月 {moment.day} 日"


def time(moment: datetime, language: PageLanguage) -> str:
    """The day and the hour in Beijing, and that it is Beijing's."""
    here = moment.astimezone(BEIJING)
    zone = {"zh": "北京时间", "zh-hant": "北京時間", "en": "Beijing time"}[language]
    if language == "en":
        return f"{day(here, language)}, {here:%H:%M} {zone}"
    return f"{day(here, language)} {here:%H:%M}（{zone}）"


def calls(text: str, *numbers: str | None) -> str:
    """HTML of *text* in which each of the *numbers*, and 110 and 96110, can be rung by a touch."""
    known = sorted({*(one for one in numbers if one), "110", "96110"}, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<![0-9]){re.escape(one)}(?![0-9])" for one in known))
    parts, at = [], 0
    for found in pattern.finditer(text):
        digits = re.sub(r"[^0-9+]", "", found[0])
        link = f'<a class="nowrap" href="tel:{digits}">{escape(found[0])}</a>'
        parts += [escape(text[at : found.start()]), link]
        at = found.end()
    return "".join([*parts, escape(text[at:])])


def moment(text: str) -> datetime:
    """The moment that a published file writes as RFC 3339."""
    return datetime.fromisoformat(text).astimezone(UTC)
