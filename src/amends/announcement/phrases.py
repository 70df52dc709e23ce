"""Amounts, counts, days and companies as the announcement says them. Pure."""

from datetime import datetime, timedelta

from amends.kernel.case import BEIJING
from amends.kernel.money import Money, exponent
from amends.kernel.numerals import chinese, chinese_short, english, english_short
from amends.kernel.saying import Language

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_IN_WORDS = 10_000
"""From here a number is easier to read in words than in digits."""
_HOUR_S = 3600


def count_said(count: int, language: Language) -> str:
    """``300万``, ``3 million``: short and exact."""
    if count < _IN_WORDS:
        return f"{count:,}"
    return chinese_short(count) if language == "zh" else english_short(count)


def people_said(count: int, language: Language) -> str:
    """``300万人``, ``3 million people``, ``1 person``."""
    if language == "zh":
        return f"{count_said(count, 'zh')}人"
    return f"{count_said(count, 'en')} {'person' if count == 1 else 'people'}"


def amount_said(amount: Money, language: Language) -> str:
    """``150亿元``, ``CNY 15 billion``; with its minor units where there are any."""
    whole, part = divmod(amount.amount_minor, 10 ** exponent(amount.currency))
    if part or amount.currency != "CNY":
        return _with_code(amount, language, whole=whole, part=part)
    said = count_said(whole, language)
    if language == "en":
        return f"CNY {said}"
    return f"{said}元"


def _with_code(amount: Money, language: Language, *, whole: int, part: int) -> str:
    shown = amount.display()
    if amount.currency == "CNY" and language == "zh":
        return f"{shown[4:]}元"
    return shown if part else f"{amount.currency} {count_said(whole, language)}"


def count_in_full(count: int, language: Language, *, unit: str) -> str:
    """``3,000,000人（300万，三百万）``: digits, short and words."""
    figure = f"{count:,}{unit}" if language == "zh" else f"{count:,} {unit}"
    if count < _IN_WORDS:
        return figure
    if language == "zh":
        short, words = chinese_short(count), chinese(count)
        return f"{figure}（{words}）" if short == f"{count:,}" else f"{figure}（{short}，{words}）"
    short, words = english_short(count), english(count)
    return f"{figure} ({words})" if short == f"{count:,}" else f"{figure} ({short}, {words})"


def amount_in_full(amount: Money, language: Language) -> str:
    """``15,000,000,000.00元（150亿元，一百五十亿元）``."""
    whole, part = divmod(amount.amount_minor, 10 ** exponent(amount.currency))
    shown = amount.display()
    if language == "zh":
        figure = f"{shown[4:]}元" if amount.currency == "CNY" else shown
        if part or amount.currency != "CNY":
            return figure
        short = chinese_short(whole)
        short = f"{short}元，" if whole >= _IN_WORDS and short != f"{whole:,}" else ""
        return f"{figure}（{short}{chinese(whole)}元）"
    if part:
        return shown
    unit = "yuan" if amount.currency == "CNY" else amount.currency
    short = english_short(whole)
    short = f"{short}, " if whole >= _IN_WORDS and short != f"{whole:,}" else ""
    return f"{shown} ({short}{english(whole)} {unit})"


def day(when: datetime, language: Language) -> str:
    """``2026年11月24日``; ``24 November 2026``, in the zone of *when*."""
    if language == "zh":
        return f"{when.year}年{when.month}月{when.day}日"
    return f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def moment(when: datetime, language: Language) -> str:
    """Day and minute with the zone."""
    offset = when.strftime("%z")
    zone = f"UTC{offset[:3]}:{offset[3:5]}"
    if when.utcoffset() == BEIJING.utcoffset(None):
        zone = "北京时间" if language == "zh" else "Beijing time"
    if language == "zh":
        return f"{day(when, 'zh')}{when:%H:%M}（{zone}）"
    return f"{when:%H:%M} on {day(when, 'en')} ({zone})"


def within(duration: timedelta, language: Language) -> str:
    """``3天（72小时）``; ``3 days (72 hours)``."""
    hours, days = int(duration.total_seconds()) // _HOUR_S, duration.days
    if days * 24 != hours or not days:
        return f"{hours}小时" if language == "zh" else _plural(hours, "hour")
    if language == "zh":
        return f"{days}天（{hours}小时）"
    return f"{_plural(days, 'day')} ({_plural(hours, 'hour')})"


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
