"""The sections of the announcement in English. Pure."""

from amends.announcement.facts import (
    Facts,
    amounts_go_by,
    company_names,
    leaked_kinds,
    own_words,
    shown_classes,
    shown_companies,
)
from amends.announcement.model import Section
from amends.announcement.phrases import amount_said, count_said, day, moment, people_said
from amends.kernel.case import LegalCharacter, SetOff
from amends.notices.texts import harms, steps

_CHARACTER = {
    LegalCharacter.TORT_DAMAGES: (
        "In law this payment is damages for a tort. It does not bind you to anything."
    ),
    LegalCharacter.ON_ACCOUNT: (
        "In law this payment is damages paid in advance. It does not bind you to anything."
    ),
    LegalCharacter.EX_GRATIA: (
        "We pay this of our own will. It does not replace damages that the law gives you."
    ),
}
_SET_OFF = {
    SetOff.NONE: "If a court later awards you damages, this payment is not deducted from them.",
    SetOff.PROVEN_LOSS: (
        "If a court later awards you damages for this leak, this payment counts towards them, and "
        "we pay the rest."
    ),
}


def sections_en(facts: Facts) -> tuple[Section, ...]:
    """All sections but the apology, in their order."""
    own = own_words(facts, "en")
    return (
        _who(facts),
        _what(facts, own),
        Section(
            heading="What leaked",
            paragraphs=(
                f"These kinds of information leaked: {leaked_kinds(facts, 'en')}.",
                "It is not the same for everybody.",
                (
                    "Whether you are affected, and which of these were yours, we tell you in the "
                    "product that you already use."
                ),
            ),
        ),
        Section(
            heading="What others could do with it", items=harms(facts.figures.categories, "en")
        ),
        _done(facts, own),
        Section(heading="What you can do now", items=steps(facts.figures.categories, "en")),
        _receive(facts),
        _rights(facts),
        _contacting(facts),
        _finding(facts),
    )


def _who(facts: Facts) -> Section:
    several = len(facts.companies) > 1
    names = company_names(facts, "en")
    first = f"We are {facts.controller.en if several else names[0]}."
    together = ("These companies answer for the leak together:",) if several else ()
    products = ", ".join(name.en for name in facts.product_names)
    return Section(
        heading="Who we are",
        paragraphs=(first, f"The products concerned: {products}.", *together),
        items=names if several else (),
    )


def _what(facts: Facts, own: dict[str, tuple[str, ...]]) -> Section:
    found = facts.figures.discovered_at
    first = f"On {day(found, 'en')} we found" if found else "We found"
    return Section(
        heading="What happened",
        paragraphs=(
            f"{first} that user information in our care had leaked.",
            *own["what_happened"],
            *own["cause"],
        ),
    )


def _done(facts: Facts, own: dict[str, tuple[str, ...]]) -> Section:
    people, total = count_said(facts.figures.people, "en"), amount_said(facts.figures.total, "en")
    return Section(
        heading="What we did",
        items=(
            *own["measures"],
            f"We checked the leaked records one by one: {people} people are affected.",
            *_waiting(facts),
            f"The money, {total} in total, is set aside.",
            (
                "We published a roster: with it anyone can check the number of people, the total "
                "and the payments, and nobody can look anyone up."
            ),
        ),
    )


def _waiting(facts: Facts) -> tuple[str, ...]:
    if not facts.figures.waiting:
        return ()
    people = people_said(facts.figures.waiting, "en")
    return (f"We still check another {people} by hand; who is affected is paid just the same.",)


def _receive(facts: Facts) -> Section:
    figures = facts.figures
    each = amount_said(figures.least, "en")
    if figures.least != figures.most:
        by = amounts_go_by(facts, "en")
        each = f"{each} to {amount_said(figures.most, 'en')}" + (f", by {by}," if by else "")
    classes = tuple(
        f"{amount_said(one.amount, 'en')}: {people_said(one.people, 'en')}"
        for one in shown_classes(figures)
    )
    borne = tuple(
        f"Of the total, {name} bears {cost}" for name, cost in shown_companies(facts, "en")
    )
    source = facts.source
    return Section(
        heading="What you receive",
        paragraphs=(
            f"{each} for each person, in one payment.",
            f"It arrives by {moment(figures.pay_by, 'en')}.",
            (
                "It goes to the account on record for you, usually the wallet of the mobile "
                "number you registered with. You do not have to do anything."
            ),
            ("No claim, no sign-in, no new registration, no purchase; and you give up no right."),
            "If we know no account of yours yet, the money is kept for you in full.",
            (
                "A child's money belongs to the child, and goes to the guardian or to the child. "
                "The money of somebody who has died goes to the heirs or near relatives."
            ),
            f"{_CHARACTER[source.legal_character]} Basis: {source.basis.en}.",
            _SET_OFF[source.set_off],
        ),
        items=(*classes, *borne),
    )


def _rights(facts: Facts) -> Section:
    authority = (
        "the cyberspace administration" if facts.mainland else "the data protection authority"
    )
    return Section(
        heading="Your rights",
        paragraphs=(
            f"You can complain to {authority}, ask for mediation, or sue.",
            (
                "Taking this money waives nothing. If someone later uses this leak to defraud you, "
                "you can claim that loss from us."
            ),
        ),
    )


def _contacting(facts: Facts) -> Section:
    police = " (96110, the anti-fraud line, or 110)" if facts.mainland else ""
    senders = facts.source.contact.senders
    only = "Messages for you appear only in the product that you already use."
    if senders:
        only = (
            "Every message for you can also be seen in the product that you already use. Text "
            f"messages come from these numbers only: {', '.join(senders)}."
        )
    return Section(
        heading="How we will contact you",
        paragraphs=(
            only,
            "We never send links or QR codes.",
            (
                "We never ask you for a password, a code or a face scan. We never ask you to "
                "transfer money, to pay a fee or to install anything."
            ),
            (
                "Anyone who claims to be compensation support and asks you to share your screen, "
                "read out a code or transfer money is running a scam."
            ),
            f"If that happens, hang up and call the police{police}.",
        ),
    )


def _finding(facts: Facts) -> Section:
    contact = facts.source.contact
    lines = []
    if contact.hotline and contact.hours:
        hours = contact.hours.en
        lines.append(f"Telephone: {contact.hotline}, {hours}; you can ask to speak to a person")
    if contact.app:
        lines.append(f"Our app: {contact.app.en}")
    if contact.site:
        lines.append(f"Our site: {contact.site} (type it yourself; do not open it from a message)")
    return Section(
        heading="Where to find us",
        paragraphs=(
            "If reading, hearing or going online is hard for you, someone you trust can help you.",
        ),
        items=tuple(lines),
    )
