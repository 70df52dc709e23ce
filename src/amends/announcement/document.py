"""The one document behind web, press and print: canonical JSON that signatories sign. Pure.

It holds the figures, the companies, the legal character, both texts, and the signatories with their
public keys; so a signature under its SHA-256 is a signature under all of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from typing import Any

from amends.announcement.facts import Facts
from amends.announcement.model import Figures, Published, Section, Told, Words
from amends.announcement.phrases import amount_said, moment, people_said
from amends.announcement.texts import announcement_words, plain_text
from amends.kernel.canonical import canonical
from amends.kernel.case import Text
from amends.kernel.money import Money
from amends.kernel.saying import LANGUAGES

VERSION = 1
"""Of the format."""

STATEMENT = "announcement"
"""What a signatory states: the kind of the signed statement."""


def digest(body: str) -> str:
    """SHA-256 of a document's canonical form."""
    return sha256(body.encode()).hexdigest()


def document(
    facts: Facts, *, case_id: str, keys: Mapping[str, bytes], supersedes: str | None
) -> dict[str, object]:
    """The document. ``keys``: public key by operator; ``supersedes``: the version before."""
    words = {language: announcement_words(facts, language) for language in LANGUAGES}
    source, figures = facts.source, facts.figures
    by_company = {one.company: one for one in figures.companies}
    return {
        "case": case_id,
        "changes": [_text(change) for change in facts.changes],
        "companies": [
            {
                "cost_minor": by_company[company.id].cost.amount_minor,
                "id": company.id,
                "name": _text(company.name),
                "people": by_company[company.id].people,
                "registration": company.registration,
                "share": str(company.share),
            }
            for company in facts.companies
        ],
        "controller": _text(facts.controller),
        "figures": _figures(figures),
        "legal": {
            "basis": _text(source.basis),
            "character": source.legal_character.value,
            "claim": "none",
            "purchase": "none",
            "registration": "none",
            "set_off": source.set_off.value,
            "waiver": "none",
        },
        "signatories": [
            {
                "company": one.company,
                "key": keys[one.operator].hex() if one.operator in keys else None,
                "name": _text(one.name),
                "role": _text(one.role),
            }
            for one in source.signatories
        ],
        "simulated": facts.simulated,
        "supersedes": supersedes,
        "text": {language: plain_text(words[language]) for language in LANGUAGES},
        "v": VERSION,
        "version": facts.version,
        "words": {language: asdict(words[language]) for language in LANGUAGES},
    }


def words_of(content: Mapping[str, Any], language: str) -> Words:
    """The words that a document holds in one language."""
    held = content["words"][language]
    return Words(
        language=held["language"],
        title=held["title"],
        day=held["day"],
        lead=tuple(held["lead"]),
        facts=tuple((label, value) for label, value in held["facts"]),
        changes=tuple(held["changes"]),
        sections=tuple(_section(section) for section in held["sections"]),
        apology=_section(held["apology"]),
        signatures=tuple((one[0], one[1], one[2]) for one in held["signatures"]),
        exercise=held["exercise"],
    )


def statement(body_sha256: str, version: int) -> dict[str, str | int]:
    """What a signatory signs."""
    return {"document_sha256": body_sha256, "version": version}


def figure_changes(before: Mapping[str, Any], now: Figures) -> tuple[Text, ...]:
    """What is different in the figures, as sentences; ``before``: the figures of a document."""
    currency = str(before["currency"])
    pairs = (
        (
            Text(zh="受影响的人", en="People affected"),
            [people_said(int(before["people"]), language) for language in LANGUAGES],
            [people_said(now.people, language) for language in LANGUAGES],
        ),
        (
            Text(zh="合计", en="Total"),
            [
                amount_said(Money(amount_minor=int(before["total_minor"]), currency=currency), one)
                for one in LANGUAGES
            ],
            [amount_said(now.total, language) for language in LANGUAGES],
        ),
        (
            Text(zh="最晚到账", en="Arrives by"),
            [moment(_in_zone(str(before["pay_by"]), now), language) for language in LANGUAGES],
            [moment(now.pay_by, language) for language in LANGUAGES],
        ),
    )
    return tuple(
        Text(
            zh=f"{what.zh}：原来是{old[0]}，现在是{new[0]}",
            en=f"{what.en}: was {old[1]}, is now {new[1]}",
        )
        for what, old, new in pairs
        if old != new
    )


def published_json(version: Published, log_key: str) -> bytes:
    """``announcement.json``: the document with its signatures, for whoever wants to check them.

    ``log_key``: the verifier key of the roster that stands beside it.
    """
    content = {
        "document": version.document,
        "document_sha256": version.sha256,
        "log": log_key,
        "published_at": time_of(version.published_at),
        "signatures": [
            {"key": one.public_key.hex(), "signature": one.signature.hex()}
            for one in version.signatures
        ],
        "v": VERSION,
    }
    return canonical(content).encode()


def told_in(document: Mapping[str, Any], zone: tzinfo | None) -> Told:
    """The figures of a published document; times in a zone."""
    figures = document["figures"]
    currency = figures["currency"]
    amounts = [one["amount_minor"] for one in figures["classes"]]
    least, most, total = (
        Money(amount_minor=minor, currency=currency)
        for minor in (min(amounts), max(amounts), figures["total_minor"])
    )
    return Told(
        people=figures["people"],
        least=least,
        most=most,
        total=total,
        pay_by=datetime.fromisoformat(figures["pay_by"]).astimezone(zone),
        records=figures["records"],
        products=figures["products"],
    )


def time_of(when: datetime | None) -> str | None:
    """RFC 3339 in UTC, to the second."""
    return None if when is None else when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _in_zone(text: str, figures: Figures) -> datetime:
    return datetime.fromisoformat(text).astimezone(figures.announced_at.tzinfo)


def _text(text: Text) -> dict[str, str]:
    return {"en": text.en, "zh": text.zh}


def _figures(figures: Figures) -> dict[str, object]:
    return {
        "announced_at": time_of(figures.announced_at),
        "categories": list(figures.categories),
        "classes": [
            {
                "amount_minor": one.amount.amount_minor,
                "class": one.award_class,
                "people": one.people,
            }
            for one in figures.classes
        ],
        "currency": figures.total.currency,
        "discovered_at": time_of(figures.discovered_at),
        "pay_by": time_of(figures.pay_by),
        "people": figures.people,
        "products": figures.products,
        "records": figures.records,
        "total_minor": figures.total.amount_minor,
        "waiting": figures.waiting,
    }


def _section(held: Mapping[str, Sequence[str]]) -> Section:
    return Section(
        heading=str(held["heading"]),
        paragraphs=tuple(held["paragraphs"]),
        items=tuple(held["items"]),
    )
