"""Of a report: who reports, what happened, what leaked, and how sure the people are. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from amends.announcement.figures import filled, places
from amends.kernel.case import Text
from amends.kernel.saying import said
from amends.printing.model import Bar, Bars, Facts, Heading, Items, Paragraph, Part, Table
from amends.web.console.words import ROLES
from amends.web.reporting.model import Gathered
from amends.web.reporting.telling import Teller

NOT_YET: Final = said("Nothing is known of it yet.")
_BASES: Final = {
    "model": said("by the model's own probabilities (not calibrated)"),
    "readers": said("by what readers judged at random"),
}
_MEASURES: Final = {
    "precision": said("Precision: of those found, these are affected"),
    "recall": said("Recall: of those affected, these are found"),
    "people": said("People truly affected"),
    "rows_of_nobody": said("Leaked records that are nobody's"),
}
_SHARES: Final = frozenset({"precision", "recall"})


def reporter(found: Gathered, tell: Teller) -> Iterator[Part]:
    """Who reports, to whom, about which case."""
    file = found.file
    yield Heading(text=tell.say(said("Who reports, to whom, and about what")))
    rows = [
        (tell.say(said("Reported to")), found.recipient),
        (tell.say(said("Who answers for it")), tell.text(file.controller)),
    ]
    rows += [
        (
            tell.say(said("Company")),
            " · ".join(filter(None, (tell.text(one.name), one.registration))),
        )
        for one in file.companies
    ]
    rows += [
        (tell.say(said("Case")), f"{tell.text(file.title)} ({file.id})"),
        (tell.say(said("Jurisdictions")), tell.list(list(file.jurisdictions))),
        (tell.say(said("The leak was found on")), tell.time(file.discovered_at)),
        (tell.say(said("It was announced on")), tell.time(file.announced_at)),
        (tell.say(said("State of")), tell.time(found.made_at)),
        (tell.say(said("Made by")), _made_by(found, tell)),
    ]
    if file.announcement is not None:
        contact = file.announcement.contact
        hours = tell.text(contact.hours) if contact.hours else ""
        line = " · ".join(filter(None, (contact.hotline, hours)))
        rows.append((tell.say(said("Line for those concerned")), line))
    rows.append(
        (
            tell.say(said("What the payments are by law")),
            found.tax.en if tell.language == "en" else found.tax.zh,
        )
    )
    yield Facts(rows=[row for row in rows if row[1]])


def _made_by(found: Gathered, tell: Teller) -> str:
    roles = next((one.roles for one in found.operators if one.operator == found.by), ())
    told = tell.list([tell.word(ROLES, role.value) for role in roles])
    return f"{found.by} ({told})" if told else found.by


def happened(found: Gathered, tell: Teller) -> Iterator[Part]:
    """What happened, why, and what has been done."""
    yield Heading(text=tell.say(said("What happened")))
    source = found.file.announcement
    if source is None:
        yield Paragraph(text=tell.say(NOT_YET))
        return

    def told(text: Text) -> str:
        own = tell.text(text)
        return filled(own, places(found.figures, tell.language)) if found.figures else own

    yield Paragraph(text=told(source.what_happened))
    yield Paragraph(text=told(source.cause))
    if source.measures:
        yield Paragraph(text=tell.say(said("What has been done:")))
        yield Items(items=[told(one) for one in source.measures])


def leaked(found: Gathered, tell: Teller) -> Iterator[Part]:
    """What leaked: files, records, people by kind of data."""
    yield Heading(text=tell.say(said("What leaked, and of how many people")))
    custody = [one.custody for one in found.held]
    files = len({(one.original.path, one.original.sha256) for one in found.held})
    products = [tell.text(one.name) if one.name else one.product for one in found.file.registries]
    rows = [(tell.say(said("Products concerned")), tell.list(products))]
    if custody:
        rows += [
            (tell.say(said("Leaked files in custody")), f"{files:,}"),
            (tell.say(said("Records in them")), f"{sum(one.records for one in custody):,}"),
            (tell.say(said("Of which read")), f"{sum(one.kept for one in custody):,}"),
            (
                tell.say(said("Of which set aside, with the reason")),
                f"{sum(one.quarantined for one in custody):,}",
            ),
        ]
    yield Facts(rows=rows)
    if found.determined is None:
        yield Paragraph(text=tell.say(NOT_YET))
        return
    yield from _categories(found.determined.people, found.determined.categories, tell)


def _categories(people: int, by_code: Mapping[str, int], tell: Teller) -> Iterator[Part]:
    ordered = sorted(by_code.items(), key=lambda pair: (-pair[1], pair[0]))
    names = [(tell.category(code), number) for code, number in ordered]
    yield Bars(
        caption=tell.say(said("People by kind of data")),
        bars=[Bar(name=name, size=number, shown=f"{number:,}") for name, number in names],
        told=_told(tell.say(said("People by kind of data")), names),
    )
    yield Table(
        caption=tell.say(said("People by kind of data; one person can have several")),
        columns=[
            tell.say(said("Kind of data")),
            tell.say(said("People")),
            tell.say(said("Of all affected")),
        ],
        rows=[
            (name, f"{number:,}", f"{number / people:.1%}" if people else "")
            for name, number in names
        ],
        total=(tell.say(said("People affected, each counted once")), f"{people:,}", ""),
        figures=frozenset({1, 2}),
    )


def _told(title: str, bars: list[tuple[str, int]]) -> str:
    return f"{title}: " + "; ".join(f"{name} {number:,}" for name, number in bars)


def certain(found: Gathered, tell: Teller) -> Iterator[Part]:
    """How right the determination says that it is."""
    yield Heading(text=tell.say(said("How sure the number of people is")))
    estimates = found.stated.get("estimates")
    if not isinstance(estimates, dict) or not estimates:
        yield Paragraph(text=tell.say(NOT_YET))
        return
    yield Table(
        caption=tell.say(said("Stated error of the determination, with intervals of 95 %")),
        columns=[
            tell.say(said("Measure")),
            tell.say(said("Rests on")),
            tell.say(said("Estimate")),
            tell.say(said("Lower end")),
            tell.say(said("Upper end")),
        ],
        rows=[
            (
                tell.say(words),
                tell.word(_BASES, basis),
                *(
                    _number(one[name][end], share=name in _SHARES)
                    for end in ("estimate", "low", "high")
                ),
            )
            for basis, one in estimates.items()
            for name, words in _MEASURES.items()
        ],
        figures=frozenset({2, 3, 4}),
        widths=(6, 6, 3, 3, 3),
    )
    yield from _doubt(found, tell)
    yield Paragraph(
        text=tell.say(
            said(
                "Estimates by the model rest on its own probabilities, which were held against no "
                "truth of this case. What readers judged at random, and records that the company "
                "planted itself, are measured."
            )
        ),
        quiet=True,
    )


def _doubt(found: Gathered, tell: Teller) -> Iterator[Part]:
    doubt, planted = found.stated.get("undecided"), found.planted
    rows = []
    if isinstance(doubt, dict):
        rows = [
            (tell.say(said("People in doubt")), f"{doubt['people']:,}"),
            (tell.say(said("Of whom are counted now")), f"{doubt['paid']:,}"),
            (
                tell.say(said("Of whom are affected, by the model")),
                f"{doubt['expected_affected']:,.0f}",
            ),
        ]
    if planted is not None:
        rows += [
            (tell.say(said("Planted records")), f"{planted['rows']:,}"),
            (tell.say(said("Planted records found")), f"{planted['found']:,}"),
            (tell.say(said("Given to somebody else")), f"{planted['wrong']:,}"),
        ]
    if rows:
        yield Facts(rows=rows)


def _number(value: float, *, share: bool) -> str:
    return f"{value:.2%}" if share else f"{value:,.0f}"
