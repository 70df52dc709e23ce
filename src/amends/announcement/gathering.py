"""What an announcement is made of, read from the case: figures, facts, findings in what is written.

Every figure is computed from the awards, or for people who have none yet from the one amount of the
tariff; none is taken from a text.
"""

from collections.abc import Sequence

from amends.announcement import rules, store
from amends.announcement.document import figure_changes
from amends.announcement.facts import Facts, goes_by
from amends.announcement.figures import filled, places, wrong_figures
from amends.announcement.model import (
    Figures,
    Finding,
    Group,
    NoAnnouncementError,
    Published,
    Words,
)
from amends.announcement.texts import plain_text
from amends.awards import promised
from amends.kernel.case import AnnouncementSource, Text, given
from amends.kernel.casefile import FILE_NAME
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import LANGUAGES, Language, both, said
from amends.kernel.wording import Violation, lint
from amends.vault.opened import OpenCase


def source_of(opened: OpenCase) -> AnnouncementSource:
    """What case.toml says of the announcement.

    Raises:
        NoAnnouncementError: nothing.
    """
    source = opened.case.file.announcement
    if source is None:
        raise NoAnnouncementError(
            said(
                "case.toml has no [announcement] table; docs/reference/announcement.md has one to "
                "begin with"
            )
        )
    return source


def figures_of(opened: OpenCase) -> Figures:
    """Every figure, computed.

    Raises:
        StageOrderError: nobody is determined, or amounts differ and are not awarded yet.
        CaseFileError: case.announced_at is missing.
    """
    file = opened.case.file
    promise = promised.right_promise(opened)  # refuses a case in which nobody is determined
    groups, unawarded = _groups(opened, promise.people)
    if not groups:
        raise StageOrderError(said("nobody is affected, so there is nothing to announce"))
    with opened.database.reading() as connection:
        categories, records = store.leaked(connection)
        waiting = store.waiting(connection)
    classes = rules.class_figures(groups)
    return Figures(
        people=sum(group.people for group in groups),
        unawarded=unawarded,
        waiting=waiting,
        total=rules.total_of(classes, file.currency),
        classes=classes,
        companies=rules.costs(
            groups,
            file.companies,
            rules.company_of_products(file.registries, file.companies),
            file.currency,
        ),
        categories=categories,
        records=records,
        products=len(file.registries),
        discovered_at=file.discovered_at.astimezone(file.zone) if file.discovered_at else None,
        announced_at=given(file.announced_at, "case.announced_at"),
        pay_within=promise.pay_within,
    )


def _groups(opened: OpenCase, people: int | None) -> tuple[list[Group], int]:
    """Everybody who is owed (*people* in all), and how many of them have no award yet."""
    one_amount = opened.case.file.tariff.one_amount
    with opened.database.reading() as connection:
        awarded = store.awarded_groups(connection)
        without = people != sum(group.people for group in awarded)
        waiting = store.unawarded_groups(connection) if without else []
        granted = promised.granted_minor_in(connection) if without else 0
    unawarded = sum(count for _, count in waiting)
    if unawarded and (one_amount is None or granted):
        raise StageOrderError(
            said(
                "{people:,} people have no award yet, and are owed different amounts; run "
                "`amends award CASE` first",
                people=unawarded,
            )
        )
    if one_amount is not None:
        awarded += [
            Group(products=products, award_class=0, amount=one_amount, people=count)
            for products, count in waiting
        ]
    return awarded, unawarded


def facts_of(
    opened: OpenCase, figures: Figures, version: int, changes: Sequence[Text] = ()
) -> Facts:
    """Everything that the text of a version depends on."""
    file = opened.case.file
    return Facts(
        version=version,
        controller=file.controller,
        companies=file.companies,
        product_names=tuple(
            one.name or Text(zh=one.product, en=one.product) for one in file.registries
        ),
        figures=figures,
        source=source_of(opened),
        mainland="CN" in file.jurisdictions,
        simulated=opened.clock.simulated or file.made_up,
        changes=tuple(changes),
        by=goes_by(file.tariff),
    )


def changes_since(source: AnnouncementSource, before: Published, figures: Figures) -> list[Text]:
    """What is different from the version before: the company's reason, and the figures.

    The list is without a reason where case.toml gives none for this version.
    """
    reasons = [
        Text(zh=filled(one.zh, places(figures, "zh")), en=filled(one.en, places(figures, "en")))
        for one in source.changes[before.version - 1 : before.version]
    ]
    held = before.document["figures"]
    assert isinstance(held, dict)  # noqa: S101 - a document has figures
    return [*reasons, *figure_changes(held, figures)]


def findings_in(opened: OpenCase, figures: Figures, words: Sequence[Words]) -> tuple[Finding, ...]:
    """Everything that may not be said so, in what people wrote and in the text as a whole."""
    source, lines = source_of(opened), _lines(opened)
    found: list[Finding] = []
    for key, texts in _written(source).items():
        for text in texts:
            for language in LANGUAGES:
                said_so = text.in_language(language)
                start = source.lines.get(key, 1)
                found += [
                    _word_finding(lines, start, key, violation, language)
                    for violation in lint(said_so, allowed=_own(opened))
                ]
                if key in _HOLD_FIGURES:
                    found += [
                        Finding(
                            place=_place(lines, start, wrong.found),
                            key=f"announcement.{key}",
                            found=wrong.found,
                            rule="figure",
                            problem=wrong.problem,
                            instead=wrong.right,
                        )
                        for wrong in wrong_figures(said_so, figures, language)
                    ]
    known = {finding.found for finding in found}
    for whole in words:
        found += [
            _word_finding(lines, 1, "text", violation, whole.language)
            for violation in lint(plain_text(whole), allowed=_own(opened))
            if violation.found not in known
        ]
    return tuple(dict.fromkeys(found))


_HOLD_FIGURES = frozenset({"what_happened", "cause", "measures", "changes"})


def _written(source: AnnouncementSource) -> dict[str, Sequence[Text]]:
    """Every free text by its key."""
    contact = source.contact
    return {
        "what_happened": (source.what_happened,),
        "cause": (source.cause,),
        "measures": source.measures,
        "basis": (source.basis,),
        "changes": source.changes,
        "app": (contact.app,) if contact.app else (),
        "hours": (contact.hours,) if contact.hours else (),
        "signatories": tuple(one.role for one in source.signatories),
    }


def _own(opened: OpenCase) -> list[str]:
    """The case's own address and numbers, which its text may hold."""
    contact = source_of(opened).contact
    own = [contact.site, contact.hotline, *contact.senders]
    own += [company.registration for company in opened.case.file.companies]
    return [one for one in own if one]


def _word_finding(
    lines: Sequence[str], start: int, key: str, violation: Violation, language: Language
) -> Finding:
    return Finding(
        place=_place(lines, start, violation.found),
        key=f"announcement.{key}",
        found=violation.found,
        rule=violation.rule.value,
        problem=both(zh=violation.reason.zh, en=violation.reason.en),  # for whoever reads it
        instead=violation.instead.in_language(language),
    )


def _lines(opened: OpenCase) -> list[str]:
    return (opened.case.root / FILE_NAME).read_text(encoding="utf-8-sig").splitlines()


def _place(lines: Sequence[str], start: int, found: str) -> str:
    """File and line: the first line from that of the key on which the words stand."""
    number = next(
        (n for n, line in enumerate(lines[start - 1 :], start=start) if found in line), start
    )
    return f"{FILE_NAME}:{number}"
