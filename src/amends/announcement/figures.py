"""Figures in what people write: filled in where a place is left, refused where they disagree. Pure.

A free text leaves a place for a figure: ``{people}``, ``{per_person}``, ``{total}``, ``{pay_by}``,
``{records}``, ``{products}``. A figure that is typed all the same has to be the computed one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from amends.announcement.model import Figures, Told
from amends.announcement.phrases import amount_said, count_said, moment
from amends.kernel.money import exponent
from amends.kernel.numerals import CHINESE_NUMBER, ENGLISH_NUMBER, read_number
from amends.kernel.saying import Language, Said, said
from amends.kernel.wording import sentences

_PLACE: Final = re.compile(r"\{([^{}]*)\}")


class Kind(StrEnum):
    """What a figure counts."""

    PEOPLE = "people"
    MONEY = "money"
    RECORDS = "records"
    PRODUCTS = "products"
    DAYS = "days"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongFigure:
    """A figure that is not the computed one, and the figure that would be right."""

    found: str
    problem: Said
    right: str


_C, _E = f"(?P<number>{CHINESE_NUMBER})", f"(?P<number>{ENGLISH_NUMBER})"
_C2, _E2 = f"(?P<other>{CHINESE_NUMBER})", f"(?P<other>{ENGLISH_NUMBER})"
_UNITS: Final[Mapping[Language, Mapping[Kind, str]]] = {
    "zh": {
        Kind.PEOPLE: rf"{_C} ?[多余]?(?:名|位|个)? ?(?:人(?!民币)|用户|网民|客户|受害者)",
        Kind.MONEY: rf"(?:人民币|￥|¥|CNY|RMB) ?{_C}|{_C2} ?[多余]?(?:元|块钱|圆)",
        Kind.RECORDS: rf"{_C} ?[多余]?条",
        Kind.PRODUCTS: rf"{_C} ?(?:款|个产品|项产品)",
        Kind.DAYS: rf"{_C} ?(?:天|日(?=内|之内|以内))",
        Kind.HOURS: rf"{_C} ?(?:个)?小时",
    },
    "en": {
        Kind.PEOPLE: rf"\b{_E} (?:\w+ )?(?:people|persons|users|customers|individuals|victims)\b",
        Kind.MONEY: rf"(?:\b(?:CNY|RMB)|¥|￥) ?{_E}|\b{_E2} ?(?:yuan|CNY|RMB)\b",
        Kind.RECORDS: rf"\b{_E} (?:\w+ )?(?:records|rows|entries)\b",
        Kind.PRODUCTS: rf"\b{_E} (?:products|apps|services)\b",
        Kind.DAYS: rf"\b{_E} (?:\w+ )?days?\b",
        Kind.HOURS: rf"\b{_E} hours?\b",
    },
}
_PATTERNS: Final = {
    language: tuple((kind, re.compile(text, re.IGNORECASE)) for kind, text in units.items())
    for language, units in _UNITS.items()
}
_PAYING: Final = re.compile(
    r"付|赔|到账|发放|\b(?:pa(?:y|id)\w*|arriv\w*|compensat\w*|receiv\w*)\b", re.IGNORECASE
)
_HOUR_S, _DAY_S = 3600, 86400


def filled(text: str, values: Mapping[str, str], *, unknown: str | None = None) -> str:
    """*text* with figures in the places that it leaves; one that is not known stays, or says so."""
    return _PLACE.sub(lambda match: values.get(match[1], unknown or match[0]), text)


def places(figures: Figures | Told, language: Language) -> dict[str, str]:
    """What stands in each place that a text may leave."""
    least, most = (amount_said(one, language) for one in (figures.least, figures.most))
    between = "至" if language == "zh" else " to "
    return {
        "people": count_said(figures.people, language),
        "per_person": least if least == most else f"{least}{between}{most}",
        "total": amount_said(figures.total, language),
        "pay_by": moment(figures.pay_by, language),
        "records": count_said(figures.records, language),
        "products": count_said(figures.products, language),
    }


def wrong_figures(text: str, figures: Figures, language: Language) -> Iterator[WrongFigure]:
    """Every figure in *text* that is not the computed one, and every place that is none."""
    known = places(figures, language)
    for match in _PLACE.finditer(text):
        if match[1] not in known:
            yield WrongFigure(
                found=match[0],
                problem=said("there is no such place for a figure"),
                right=", ".join(f"{{{name}}}" for name in known),
            )
    right = _right(figures, language)
    for sentence in sentences(text):
        for kind, pattern in _PATTERNS[language]:
            if kind in (Kind.DAYS, Kind.HOURS) and not _PAYING.search(sentence):
                continue
            for match in pattern.finditer(sentence):
                typed = match["number"] or match.groupdict().get("other") or ""
                value = read_number(typed)
                if value is None or value <= 1 or value in right[kind]:  # "one by one" counts none
                    continue
                yield WrongFigure(
                    found=match[0].strip(),
                    problem=said("the figure is not the computed one"),
                    right=right[kind][_nearest(value, right[kind])],
                )


def _right(figures: Figures, language: Language) -> dict[Kind, dict[Fraction, str]]:
    """Every figure that may be said, by kind, and how it is said."""
    within = int(figures.pay_within.total_seconds())
    unit = 10 ** exponent(figures.total.currency)
    money = [figures.total, *(one.amount for one in figures.classes)]
    money += [one.cost for one in figures.companies]
    people = [figures.people, *(one.people for one in figures.classes)]
    people += [one.people for one in figures.companies]
    days, hours = ("{}天", "{}小时") if language == "zh" else ("{} days", "{} hours")
    by_kind = {
        Kind.PEOPLE: {Fraction(one): count_said(one, language) for one in people},
        Kind.MONEY: {Fraction(one.amount_minor, unit): amount_said(one, language) for one in money},
        Kind.RECORDS: {Fraction(figures.records): count_said(figures.records, language)},
        Kind.PRODUCTS: {Fraction(figures.products): count_said(figures.products, language)},
        Kind.HOURS: {Fraction(within, _HOUR_S): hours.format(within // _HOUR_S)},
        Kind.DAYS: {Fraction(within, _DAY_S): days.format(within // _DAY_S)},
    }
    if within % _DAY_S:
        by_kind[Kind.DAYS] = {
            Fraction(within, _DAY_S): by_kind[Kind.HOURS][Fraction(within, _HOUR_S)]
        }
    return by_kind


def _nearest(value: Fraction, right: Mapping[Fraction, str]) -> Fraction:
    """The figure that was most likely meant: off by noughts alone, or else the nearest by ratio."""

    def distance(one: Fraction) -> tuple[bool, Fraction]:
        low, high = sorted((one, value))
        if low <= 0:
            return True, Fraction(high + 10**18)
        ratio = high / low
        return re.fullmatch("10+", str(ratio)) is None, ratio

    return min(right, key=distance)
