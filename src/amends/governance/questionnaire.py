"""The questionnaire of an impact assessment: written with what is known, read when it is answered.

What is asked, and which risks are weighed, stands in ``questions.toml`` with the rule behind each.
A questionnaire is read whole or not at all: everything that is missing is named at once.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from amends.governance.model import JSON, AssessmentError, Facts, Purpose, TaxPosition
from amends.kernel.case import Text
from amends.kernel.categories import CATEGORIES, Sensitive, label
from amends.kernel.saying import Said, joined, said
from amends.kernel.tomltable import Places

LEVELS = ("low", "medium", "high")
LEAST_YEARS = 3
"""PIPL article 56: the report is kept for at least three years."""

_QUESTIONS = Path(__file__).with_name("questions.toml")
_HEADS = ("assessed_by", "approver", "conclusion")
_RISK = ("likelihood", "harm", "measures", "remaining")
_TOP = {*_HEADS, "case", "purposes", "assessed_on", "keep_years", "facts", "answers", "risks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question or a risk: for which purposes, by which rule, and what Amends does about it."""

    id: str
    purposes: tuple[Purpose, ...]
    source: str
    text: Text
    measures: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A questionnaire that is complete. ``content`` is everything it says, for ever kept."""

    purposes: tuple[Purpose, ...]
    facts: Facts
    content: Mapping[str, JSON]
    assessed_on: date
    keep_until: date


@cache
def asked(kind: str) -> tuple[Asked, ...]:
    """All questions (``question``) or all risks (``risk``)."""
    table = tomllib.loads(_QUESTIONS.read_text(encoding="utf-8"))[kind]
    return tuple(
        Asked(
            id=row["id"],
            purposes=tuple(Purpose(purpose) for purpose in row["purposes"]),
            source=row["source"],
            text=Text(zh=row["zh"], en=row["en"]),
            measures=Text(zh=row["measures_zh"], en=row["measures_en"])
            if "measures_zh" in row
            else None,
        )
        for row in table
    )


def template(case_id: str, facts: Facts, tax: TaxPosition, today: date) -> str:
    """A questionnaire to answer, with what Amends knows filled in."""
    purposes = ", ".join(f'"{purpose}"' for purpose in Purpose)
    lines = [
        "# 个人信息保护影响评估（《个人信息保护法》第五十五条、第五十六条）",
        "# Personal information protection impact assessment (PIPL articles 55 and 56)",
        "# 填好后由两人批准 / when answered, two people sign:",
        "# amends assessment CASE --record FILE",
        f'case = "{case_id}"',
        "# 评估哪些环节：认定赔偿、公布名册、支付 / which stages it is made for",
        f"purposes = [{purposes}]",
        f"assessed_on = {today.isoformat()}",
        'assessed_by = ""  # 评估人（岗位）/ who assessed (role)',
        'approver = ""  # 批准人（岗位）/ who approves (role)',
        'conclusion = ""  # 评估结论 / conclusion',
        f"keep_years = {LEAST_YEARS}  # 报告保存年限，至少三年 / kept at least three years",
        "",
        "# 以下事实由 Amends 填写，请勿改动 / filled in by Amends: leave as it is",
        "[facts]",
        f"determination = {facts.determination}",
        f"people = {facts.people}",
        "",
        "[facts.categories]  # 受影响人数 / people affected",
        *(_category_line(code, people) for code, people in sorted(facts.categories.items())),
        "",
        f"# 赔偿性质 / legal character: {tax.zh} / {tax.en}",
        f"# 依据 / basis: {' '.join(tax.basis.split())}",
        "",
        "[answers]",
    ]
    for question in asked("question"):
        lines += [*_about(question), f'{question.id} = ""', ""]
    lines.append("# likelihood, harm, remaining（可能性、影响、剩余风险）: low | medium | high")
    for risk in asked("risk"):
        measures = risk.measures or Text(zh="", en="")
        lines += [f"[risks.{risk.id}]", *_about(risk)]
        lines += ['likelihood = ""', 'harm = ""', f'measures = "{measures.zh}"']
        lines += [f"# {measures.en}", 'remaining = ""', ""]
    return "\n".join(lines)


def read(text: str, name: str, *, case_id: str, today: date) -> Answered:
    """What an answered questionnaire says.

    Raises:
        AssessmentError: naming everything that is missing or wrong, each with its line.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise AssessmentError(said("{file}: not valid TOML: {why}", file=name, why=error)) from None
    places = Places(name, text)
    wrong = list(_problems(content, case_id=case_id, today=today))
    if wrong:
        listed = [places.error(key, problem).message for key, problem in wrong]
        raise AssessmentError(
            said("the questionnaire is not complete:\n{list}", list=joined(listed))
        )
    purposes = tuple(Purpose(purpose) for purpose in dict.fromkeys(content["purposes"]))
    day: date = content["assessed_on"]
    return Answered(
        purposes=purposes,
        facts=facts_from(content["facts"]),
        content={**content, "assessed_on": day.isoformat()},
        assessed_on=day,
        keep_until=_years_later(day, content["keep_years"]),
    )


def facts_from(content: Mapping[str, JSON]) -> Facts:
    """The facts as they are kept."""
    categories = content["categories"]
    assert isinstance(categories, Mapping)  # noqa: S101 - written by facts_kept, or checked
    return Facts(
        determination=int(str(content["determination"])),
        people=int(str(content["people"])),
        categories={code: int(str(people)) for code, people in categories.items()},
    )


def facts_kept(facts: Facts) -> dict[str, JSON]:
    """The facts, to be kept with the assessment."""
    return {
        "determination": facts.determination,
        "people": facts.people,
        "categories": dict(sorted(facts.categories.items())),
    }


def outdated(made_for: Facts, now: Facts) -> str | None:
    """Why an assessment no longer fits the facts; None while it does.

    Other categories, or ten in a hundred people more, want a new one.
    """
    other = set(made_for.categories) ^ set(now.categories)
    if other:
        return said(
            "it was made for other categories of data (different: {codes})",
            codes=", ".join(sorted(other)),
        )
    if now.people * 10 >= made_for.people * 11:
        return said(
            "it was made for {then:,} people, and {now:,} are affected now",
            then=made_for.people,
            now=now.people,
        )
    return None


def _category_line(code: str, people: int) -> str:
    """A category with how many people it concerns, and how grave it is."""
    known = CATEGORIES.get(code)
    grave = "，敏感 / sensitive" if known and known.cn is Sensitive.YES else ""
    records = f"，{known.crime_records} 条 / records" if known and known.crime_records else ""
    return f'"{code}" = {people}  # {label(code, "zh")} / {label(code, "en")}{grave}{records}'


def _about(one: Asked) -> Iterable[str]:
    """A question or a risk, in comments above its answer."""
    stages = ", ".join(one.purposes)
    return (f"# {one.text.zh}", f"# {one.text.en}", f"# {one.source}; {stages}")


_Problem = tuple[tuple[str, ...], Said]


def _problems(content: Mapping[str, object], *, case_id: str, today: date) -> Iterable[_Problem]:
    """Everything that is missing or wrong, by its key."""
    for key in content.keys() - _TOP:
        yield (key,), said("is not a key here; make the template anew")
    if content.get("case") != case_id:
        yield ("case",), said("is not this case, {case}", case=case_id)
    given = content.get("purposes")
    purposes = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    if not purposes or set(purposes) - set(Purpose):
        yield ("purposes",), said("names stages of: {stages}", stages=", ".join(Purpose))
    for key in _HEADS:
        if _blank(content.get(key)):
            yield (key,), said("is not answered")
    day, years = content.get("assessed_on"), content.get("keep_years")
    if type(day) is not date or day > today:
        yield ("assessed_on",), said("is a date like {today}, not in the future", today=today)
    if type(years) is not int or not LEAST_YEARS <= years <= 100:  # noqa: PLR2004 -- a lifetime
        yield ("keep_years",), said("is a whole number of years from {least}", least=LEAST_YEARS)
    yield from _wrong_facts(content.get("facts"))
    yield from _unanswered(content.get("answers"), purposes)
    yield from _unweighed(content.get("risks"), purposes)


def _wrong_facts(facts: object) -> Iterable[_Problem]:
    """Facts that Amends did not write."""
    table = facts if isinstance(facts, Mapping) else {}
    categories = table.get("categories")
    counts = [table.get("determination"), table.get("people")]
    counts += list(categories.values()) if isinstance(categories, Mapping) else [None]
    if set(table) != {"determination", "people", "categories"} or not all(
        type(count) is int and count >= 0 for count in counts
    ):
        yield ("facts",), said("is not as Amends wrote it; make the template anew")


def _unanswered(answers: object, purposes: list[str]) -> Iterable[_Problem]:
    """Questions of these purposes without an answer, and answers to no question."""
    table = answers if isinstance(answers, Mapping) else {}
    for question in asked("question"):
        if set(question.purposes) & set(purposes) and _blank(table.get(question.id)):
            yield ("answers", question.id), said("is not answered")
    for key in table.keys() - {question.id for question in asked("question")}:
        yield ("answers", key), said("is not a key here; make the template anew")


def _unweighed(risks: object, purposes: list[str]) -> Iterable[_Problem]:
    """Risks of these purposes that are not weighed, or remain too high."""
    table = risks if isinstance(risks, Mapping) else {}
    for risk in asked("risk"):
        if not set(risk.purposes) & set(purposes):
            continue
        weighed = table.get(risk.id)
        values = weighed if isinstance(weighed, Mapping) else {}
        for key in _RISK:
            value = values.get(key)
            if key == "measures" and _blank(value):
                yield ("risks", risk.id, key), said("is not answered")
            elif key != "measures" and value not in LEVELS:
                yield (
                    ("risks", risk.id, key),
                    said("is one of: {words}", words=", ".join(LEVELS)),
                )
        if values.get("remaining") == LEVELS[-1]:
            yield (
                ("risks", risk.id, "remaining"),
                said("is too high to begin: take measures until at most medium remains"),
            )
    for key in table.keys() - {risk.id for risk in asked("risk")}:
        yield ("risks", key), said("is not a key here; make the template anew")


def _blank(value: object) -> bool:
    """Whether nothing is said."""
    return not isinstance(value, str) or not value.strip(" \t\n.…-—")


def _years_later(day: date, years: int) -> date:
    """The same day *years* later; the first of March where there is no such day."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
