"""The report to the authorities as everybody may have it: a PDF of what is published alone. Pure.

It says what its page says, in the same order. The same publication makes the same bytes: it bears
the newest day that the public files name, and the root whose state it is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import Final

from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.printing.model import (
    Attached,
    Bar,
    Bars,
    Document,
    Facts,
    Heading,
    Items,
    Paragraph,
    Part,
    Table,
)
from amends.web import saying
from amends.web.saying import PageLanguage, sentence, text_of
from amends.web.site import data
from amends.web.site.model import Log, Site

_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def document(
    site: Site, language: PageLanguage, *, categories: str, standings: dict[str, str]
) -> Document:
    """The report. *categories*: what leaked, in words; *standings*: the name of each state."""
    days = [event.day for event in data.events(site) if event.day]
    title = sentence(said("Report to the authorities"), language)
    root = site.log.root if site.log else ""
    return Document(
        language=language,
        title=title,
        subtitle=text_of(site.title, language),
        author=text_of(site.controller, language),
        made_at=datetime.combine(max(days), time(), UTC) if days else _BEGINNING,
        foot=" · ".join(filter(None, (title, site.case_id, root))),
        lead=sentence(
            said(
                "What the authorities and the public are told, from what is published alone. Every "
                "figure can be checked in the roster."
            ),
            language,
        ),
        warning=sentence(said("Simulated exercise: no real people, no real money."), language)
        if site.made_up
        else "",
        parts=[
            *_who(site, language),
            *_what(site, language, categories),
            *_received(site, language, standings),
            *_checked(site, language),
        ],
        attached=(
            Attached(
                name="progress.json",
                content=data.progress_json(site),
                media_type="application/json",
                told=sentence(said("Progress (JSON)"), language),
            ),
        ),
    )


def _who(site: Site, language: PageLanguage) -> Iterator[Part]:
    yield Heading(text=sentence(said("Who reports, and about what"), language))
    products = _list([text_of(one, language) for one in site.products], language)
    rows = [
        (said("Who answers for it"), text_of(site.controller, language)),
        (said("Products concerned"), products),
        (said("The leak was found on"), _time(site.discovered_at, language)),
        (said("It was announced on"), _time(site.announced_at, language)),
        (said("Line for those concerned"), site.hotline or ""),
    ]
    yield Facts(rows=[(sentence(name, language), value) for name, value in rows if value])


def _what(site: Site, language: PageLanguage, categories: str) -> Iterator[Part]:
    missing = sentence(said("This is not published yet."), language)
    yield Heading(text=sentence(said("What happened"), language))
    told = [text_of(one, language) for one in (site.what_happened, site.cause) if one]
    for one in told or [missing]:
        yield Paragraph(text=one)
    yield Heading(text=sentence(said("What leaked, and of how many people"), language))
    people = saying.count(site.log.people) if site.log else missing
    yield Facts(
        rows=[
            (sentence(said("People concerned"), language), people),
            (sentence(said("What leaked"), language), categories or missing),
        ]
    )
    yield Heading(text=sentence(said("What has been done"), language))
    if site.measures:
        yield Items(items=[text_of(one, language) for one in site.measures])
    else:
        yield Paragraph(text=missing)


def _received(site: Site, language: PageLanguage, standings: dict[str, str]) -> Iterator[Part]:
    yield Heading(text=sentence(said("What those concerned receive"), language))
    log = site.log
    if log is None:
        yield Paragraph(text=sentence(said("This is not published yet."), language))
        return
    corrected = sentence(
        said("{number} times, each time by two people", number=log.corrections)
        if log.corrections
        else said("Nothing"),
        language,
    )
    rows = [
        (said("Each receives"), log.per_person.display() if log.per_person else ""),
        (said("In all"), log.total.display()),
        (said("Arrives by"), saying.day(log.pay_by, language) if log.pay_by else ""),
        (said("Batches of payments"), saying.count(len(log.batches))),
        (said("Corrected since"), corrected),
        (said("In law the payment rests on:"), text_of(site.basis, language) if site.basis else ""),
    ]
    yield Facts(rows=[(sentence(name, language), value) for name, value in rows if value])
    yield from _states(log, language, standings)


def _states(log: Log, language: PageLanguage, standings: dict[str, str]) -> Iterator[Part]:
    lines = [line for line in log.newest.lines if line.people] if log.newest else []
    if not lines:
        yield Paragraph(text=sentence(said("Nothing has been paid yet."), language))
        return
    names = [(standings[line.standing], line) for line in lines]
    caption = sentence(said("People and money by state"), language)
    bars = [Bar(name=name, size=one.people, shown=f"{one.people:,}") for name, one in names]
    whole = Money(
        amount_minor=sum(line.amount.amount_minor for line in lines), currency=log.total.currency
    )
    yield Bars(
        caption=sentence(said("How many people have their money"), language),
        bars=bars,
        told="; ".join(f"{one.name} {one.shown}" for one in bars),
    )
    yield Table(
        caption=caption,
        columns=[sentence(one, language) for one in (said("State"), said("People"), said("Money"))],
        rows=[(name, f"{one.people:,}", one.amount.display()) for name, one in names],
        total=(
            sentence(said("In all"), language),
            f"{sum(line.people for line in lines):,}",
            whole.display(),
        ),
        figures=frozenset({1, 2}),
    )


def _checked(site: Site, language: PageLanguage) -> Iterator[Part]:
    yield Heading(text=sentence(said("By what it can be checked"), language))
    log = site.log
    if log is None:
        yield Paragraph(text=sentence(said("This is not published yet."), language))
        return
    announced = site.announced.sha256 if site.announced else ""
    rows = [
        (said("Name of the log"), log.origin, True),
        (said("Entries"), saying.count(log.entries), False),
        (said("Root of the roster"), log.root, True),
        (said("Signed by"), ", ".join(log.signatures), False),
        (said("Announcement, SHA-256"), announced, True),
    ]
    yield Facts(
        rows=[(sentence(name, language), value) for name, value, _ in rows if value],
        code=frozenset(sentence(name, language) for name, _, code in rows if code),
    )


def _list(names: list[str], language: PageLanguage) -> str:
    return (", " if language == "en" else "、").join(names)


def _time(moment: datetime | None, language: PageLanguage) -> str:
    return saying.time(moment, language) if moment else ""
