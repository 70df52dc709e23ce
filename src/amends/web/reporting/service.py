"""The report to the authorities: made, and let out through the register of exports."""

from collections.abc import Sequence
from datetime import UTC
from hashlib import sha256
from typing import Final

from amends.access.model import RevealError
from amends.governance import exports
from amends.governance.model import Outgoing
from amends.kernel.saying import Language, said
from amends.printing import service as printing
from amends.printing.model import Attached, Document, Facts, Heading, Paragraph, Part
from amends.vault.opened import OpenCase
from amends.web.leaving import Sent
from amends.web.reporting import figures, leak_parts, money_parts, open_parts
from amends.web.reporting.gathering import gather
from amends.web.reporting.model import Gathered
from amends.web.reporting.telling import Teller

WHAT: Final = "report"
"""As the register of exports names it."""


def report(opened: OpenCase, language: Language, *, recipient: str, purpose: str = "") -> Sent:
    """The report in a language, for the operator at work; it is in the register first.

    Raises:
        as :func:`files`.
        DecisionError: recipient or purpose carries a person's number.
    """
    (file,) = files(opened, (language,), recipient=recipient)
    exports.let_show(opened, leaving(recipient, purpose), file.content)
    return file


def leaving(recipient: str, purpose: str) -> Outgoing:
    """The report as the register of exports enters it: it is of nobody."""
    return exports.outgoing(WHAT, 0, recipient=recipient, purpose=purpose)


def files(opened: OpenCase, languages: Sequence[Language], *, recipient: str) -> list[Sent]:
    """The report in each language, all of one moment. They have not left yet.

    Raises:
        RevealError: nobody gets it.
        FontError: there is no font to print with.
        NotPublishedError: a published file cannot be read.
    """
    recipient = recipient.strip()
    if not recipient:
        raise RevealError(said("say who gets the report"))
    found = gather(opened, recipient)
    return [
        Sent(
            name=f"report-{found.made_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{language}.pdf",
            content=printing.pdf(document(found, language)),
            media_type=printing.MEDIA_TYPE,
        )
        for language in languages
    ]


def document(found: Gathered, language: Language) -> Document:
    """The report as a document."""
    tell = Teller(language=language, currency=found.file.currency, zone=found.file.zone)
    attached = figures.figures(found)
    parts: list[Part] = []
    for part in (
        *(leak_parts.reporter, leak_parts.happened, leak_parts.leaked, leak_parts.certain),
        *(money_parts.owed, money_parts.paid, money_parts.reconciled),
        *(open_parts.published, open_parts.told, open_parts.still_open, open_parts.signed),
    ):
        parts += part(found, tell)
    title = tell.say(said("Report to the authorities"))
    made = said("State of {time}", time=tell.time(found.made_at))
    return Document(
        language=language,
        title=title,
        subtitle=tell.text(found.file.title),
        author=tell.text(found.file.controller),
        made_at=found.made_at,
        foot=" · ".join((title, found.file.id, tell.say(made))),
        lead=tell.say(
            said(
                "What leaked, of whom, what they are owed and what they have, with every sum to "
                "the cent. Each figure stands as it was at the moment named below; rooms are "
                "counted one after the other, so while payments go out two figures can be seconds "
                "apart."
            )
        ),
        warning=tell.say(said("Simulated exercise: no real people, no real money."))
        if found.simulated
        else "",
        parts=[*parts, *_appendix(attached, tell)],
        attached=(
            Attached(
                name=figures.NAME,
                content=attached,
                media_type="application/json",
                told=tell.say(said("All figures of this report, for programs")),
            ),
        ),
    )


def _appendix(attached: bytes, tell: Teller) -> list[Part]:
    digest = tell.say(said("SHA-256 of it"))
    return [
        Heading(text=tell.say(said("Figures for programs"))),
        Paragraph(
            text=tell.say(
                said(
                    "This file carries {name}, with every figure above, amounts in minor units, "
                    "and each decision with its whole digest. A reader of PDF shows it among the "
                    "attachments; it cannot be parted from the report that it belongs to.",
                    name=figures.NAME,
                )
            )
        ),
        Facts(rows=[(digest, sha256(attached).hexdigest())], code=frozenset({digest})),
    ]
