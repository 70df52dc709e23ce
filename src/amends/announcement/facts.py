"""Everything that the announcement's text depends on, and what of it both languages share. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from amends.announcement.figures import filled, places
from amends.announcement.model import FEWEST, ClassFigures, Figures
from amends.announcement.phrases import amount_in_full
from amends.kernel.case import AnnouncementSource, Company, LegalCharacter, Text
from amends.kernel.categories import CATEGORIES, label
from amends.kernel.saying import Language
from amends.kernel.tariff import Tariff


class By(StrEnum):
    """What amounts depend on."""

    LEAKED = "leaked"
    AGE = "age"
    LAW = "law"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that the text depends on. ``product_names``: in the order of the case.

    ``changes``: what is different from the version before, the company's reason first.
    ``by``: what the tariff goes by where it gives several amounts; amounts that differ by
    corrections alone have no reason that holds for everybody.
    """

    version: int
    controller: Text
    companies: tuple[Company, ...]
    product_names: tuple[Text, ...]
    figures: Figures
    source: AnnouncementSource
    mainland: bool
    simulated: bool
    changes: tuple[Text, ...] = ()
    by: tuple[By, ...] = ()


_BY: Final[dict[By, Text]] = {
    By.LEAKED: Text(zh="泄露的信息", en="what leaked"),
    By.AGE: Text(zh="年龄", en="age"),
    By.LAW: Text(zh="适用的法律", en="the law that applies"),
}


def goes_by(tariff: Tariff) -> tuple[By, ...]:
    """What decides which of several amounts somebody gets; nothing where there is one amount."""
    if tariff.one_amount is not None:
        return ()
    looks = (
        (By.LEAKED, tariff.looks_at_categories),
        (By.AGE, tariff.looks_at_ages),
        (By.LAW, tariff.looks_at_jurisdictions),
    )
    return tuple(by for by, does in looks if does)


def amounts_go_by(facts: Facts, language: Language) -> str:
    """``泄露的信息和年龄``, ``what leaked and age``; empty where nothing decides for everybody."""
    names = [_BY[by].in_language(language) for by in facts.by]
    return ("和" if language == "zh" else " and ").join(names)


def own_will(facts: Facts) -> bool:
    """Whether the money is paid beside damages: then no sentence calls it that."""
    return facts.source.legal_character is LegalCharacter.EX_GRATIA


def own_words(facts: Facts, language: Language) -> dict[str, tuple[str, ...]]:
    """What the company wrote, with the figures in their places."""
    written: dict[str, tuple[Text, ...]] = {
        "what_happened": (facts.source.what_happened,),
        "cause": (facts.source.cause,),
        "measures": facts.source.measures,
    }
    figures = places(facts.figures, language)
    return {
        name: tuple(filled(one.in_language(language), figures) for one in texts)
        for name, texts in written.items()
    }


def company_names(facts: Facts, language: Language) -> tuple[str, ...]:
    """The companies, each with its registration."""
    mark = ("（统一社会信用代码 ", "）") if language == "zh" else (" (registration ", ")")
    return tuple(
        one.name.in_language(language)
        + (f"{mark[0]}{one.registration}{mark[1]}" if one.registration else "")
        for one in facts.companies
    )


def leaked_kinds(facts: Facts, language: Language) -> str:
    """The kinds of information by name, the most frequent first; others are not named."""
    codes = facts.figures.categories
    names = [label(code, language) for code in codes if code in CATEGORIES]
    if len(names) < len(codes) or not names:
        names.append("其他信息" if language == "zh" else "other information")
    return ("、" if language == "zh" else ", ").join(names)


def shown_classes(figures: Figures) -> tuple[ClassFigures, ...]:
    """Classes with different amounts, where each has enough people to be shown by itself."""
    different = len({one.amount for one in figures.classes}) > 1
    large = all(one.people >= FEWEST for one in figures.classes)
    return figures.classes if different and large else ()


def shown_companies(facts: Facts, language: Language) -> tuple[tuple[str, str], ...]:
    """Each company of several, with what it bears, in full."""
    if len(facts.companies) == 1:
        return ()
    cost = {one.company: one.cost for one in facts.figures.companies}
    return tuple(
        (one.name.in_language(language), amount_in_full(cost[one.id], language))
        for one in facts.companies
    )
