"""The words of the announcement, in Chinese and in English, as the law report §3.2 orders them.

Pure. What stands here is true because it is computed or checked: the figures come from the awards,
"the money is set aside" is said because the promise check holds, "no claim" because nothing in
Amends asks for one. What the company did is its own words, which the signatories sign.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from amends.announcement.chinese import sections_zh
from amends.announcement.english import sections_en
from amends.announcement.facts import Facts, own_will
from amends.announcement.model import Section, Words
from amends.announcement.phrases import (
    amount_in_full,
    amount_said,
    count_in_full,
    count_said,
    day,
    moment,
    within,
)
from amends.kernel.saying import Language


def announcement_words(facts: Facts, language: Language) -> Words:
    """The whole announcement in one language."""
    chinese = language == "zh"
    exercise = (
        "【模拟演练】这不是真实的公告，不涉及真实的人和钱。"
        if chinese
        else "[Simulated exercise] This is no real announcement: no real people, no real money."
    )
    companies = {company.id: company.name.in_language(language) for company in facts.companies}
    return Words(
        language=language,
        title=_title(facts, language),
        day=day(facts.figures.announced_at, language),
        lead=_lead_zh(facts) if chinese else _lead_en(facts),
        facts=_table(facts, language),
        changes=tuple(change.in_language(language) for change in facts.changes),
        sections=sections_zh(facts) if chinese else sections_en(facts),
        apology=APOLOGY[language],
        signatures=tuple(
            (companies[one.company], one.role.in_language(language), one.name.in_language(language))
            for one in facts.source.signatories
        ),
        exercise=exercise if facts.simulated else None,
    )


def plain_text(words: Words) -> str:
    """The announcement as plain text: what the press gets, and what is linted."""
    chinese = words.language == "zh"
    blocks = [words.title, words.day, *words.lead]
    if words.exercise:
        blocks.insert(0, words.exercise)
    colon = "：" if chinese else ": "
    blocks.append("\n".join(f"{label}{colon}{value}" for label, value in words.facts))
    if words.changes:
        blocks.append("\n".join([_changes_heading(words.language), *_bullets(words.changes)]))
    for number, section in enumerate(numbered(words), start=1):
        mark = f"{_CHINESE_NUMBERS[number - 1]}、" if chinese else f"{number}. "
        lines = [f"{mark}{section.heading}", *section.paragraphs, *_bullets(section.items)]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def numbered(words: Words) -> tuple[Section, ...]:
    """All sections in their order, the apology with its signatures among them."""
    signed = Section(
        heading=words.apology.heading,
        paragraphs=words.apology.paragraphs,
        items=tuple(_signature(one, words.language) for one in words.signatures),
    )
    return (*words.sections[:APOLOGY_PLACE], signed, *words.sections[APOLOGY_PLACE:])


APOLOGY_PLACE = 6
"""The apology is the seventh section, as in the law report §3.2."""

_CHINESE_NUMBERS = (*"一二三四五六七八九十", "十一")


def _bullets(items: Sequence[str]) -> list[str]:
    return [f"- {item}" for item in items]


def _changes_heading(language: Language) -> str:
    return "与上一版相比" if language == "zh" else "What changed since the last version"


def _signature(signature: tuple[str, str, str], language: Language) -> str:
    company, role, name = signature
    return f"{company} {role} {name}" if language == "zh" else f"{name}, {role}, {company}"


def _title(facts: Facts, language: Language) -> str:
    version = facts.version
    if language == "zh":
        again = f"（第{version}版）" if version > 1 else ""
        done = "付款" if own_will(facts) else "赔偿"
        return f"{facts.controller.zh}关于个人信息泄露的致歉与{done}公告{again}"
    again = f" (version {version})" if version > 1 else ""
    return (
        f"{facts.controller.en}: our apology and what we pay for the leak of personal data{again}"
    )


def _lead_zh(facts: Facts) -> tuple[str, ...]:
    figures = facts.figures
    each = amount_said(figures.least, "zh")
    if figures.least != figures.most:
        each = f"{each}至{amount_said(figures.most, 'zh')}"
    people, total = count_said(figures.people, "zh"), amount_said(figures.total, "zh")
    pay = "付给" if own_will(facts) else "赔偿"
    return (
        f"我们没有保管好{people}人的个人信息。对不起。",
        (
            f"我们{pay}每个人{each}，合计{total}，最晚{moment(figures.pay_by, 'zh')}到账。"
            "您什么都不用做。"
        ),
    )


def _lead_en(facts: Facts) -> tuple[str, ...]:
    figures = facts.figures
    each = amount_said(figures.least, "en")
    if figures.least != figures.most:
        each = f"{each} to {amount_said(figures.most, 'en')}"
    people, total = count_said(figures.people, "en"), amount_said(figures.total, "en")
    return (
        f"We failed to keep the personal information of {people} people safe. We are sorry.",
        (
            f"We are paying each of them {each}, {total} in total. The money arrives by "
            f"{moment(figures.pay_by, 'en')}. You do not have to do anything."
        ),
    )


def _table(facts: Facts, language: Language) -> tuple[tuple[str, str], ...]:
    figures, chinese = facts.figures, language == "zh"
    each = amount_in_full(figures.least, language)
    if figures.least != figures.most:
        each += ("至" if chinese else " to ") + amount_in_full(figures.most, language)
    people = count_in_full(figures.people, language, unit="人" if chinese else "people")
    total = amount_in_full(figures.total, language)
    due = moment(figures.pay_by, language)
    span = within(figures.pay_within, language)
    if chinese:
        return (
            ("受影响的人", people),
            ("每人所得" if own_will(facts) else "每人赔偿", each),
            ("合计", total),
            ("到账", f"最晚{due}，也就是公告后{span}内"),
            ("您要做的", "什么都不用做：不用申领，不用登录，不用重新注册，也不放弃任何权利"),
        )
    return (
        ("People affected", people),
        ("Each receives", each),
        ("Total", total),
        ("Arrives", f"by {due}, within {span} of this announcement"),
        (
            "What you have to do",
            "Nothing: no claim, no sign-in, no new registration, and no right is given up",
        ),
    )


APOLOGY: Final[Mapping[Language, Section]] = {
    "zh": Section(
        heading="我们向您道歉",
        paragraphs=(
            "您把自己的信息交给我们，是信任我们。我们没有保管好，让它落到了不该拿到的人手里。",
            "也许您现在听到陌生来电，心里会一紧；也许您在替家里的老人和孩子担心。这份不安，是我们造成的。",
            "已经泄露的信息，我们收不回来。这笔钱抵不掉我们的过错，我们也不会因此要您原谅。",
            "您没有做错任何事，错在我们。对不起。",
        ),
    ),
    "en": Section(
        heading="We are sorry",
        paragraphs=(
            (
                "You gave us your information because you trusted us. We did not keep it safe, and "
                "it has reached people who should never have had it."
            ),
            (
                "Perhaps a call from an unknown number now makes you uneasy. Perhaps you worry "
                "about your parents or your children. We caused that."
            ),
            (
                "We cannot take back what has leaked. This money does not undo what we did, and we "
                "do not ask you to forgive us for it."
            ),
            "You did nothing wrong. The fault is ours. We are sorry.",
        ),
    ),
}
"""The company's fault, what it means for people, and no word that makes either smaller."""
