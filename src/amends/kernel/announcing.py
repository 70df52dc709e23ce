"""Reads what case.toml says of the companies and of the announcement.

Every text stands in Chinese and in English; every company and every signatory can be named by it.
"""

from collections.abc import Callable
from fractions import Fraction
from typing import TypeVar

from amends.kernel.case import (
    AnnouncementSource,
    CaseFile,
    Company,
    Contact,
    LegalCharacter,
    SetOff,
    Signatory,
    Text,
)
from amends.kernel.saying import said
from amends.kernel.tomltable import Table, a_text, both_languages, choice, matching, texts

_Value = TypeVar("_Value")

ONLY_COMPANY = "controller"
"""Id of the one company of a case that names none: the controller."""

_CREDIT_CODE = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015: no I, O, S, V, Z
_CREDIT_CODE_LENGTH = 18
_PERMILLE = 1000
_an_id = matching(r"[a-z0-9-]{1,32}", said("lower-case letters, digits and -"))


def read_companies(top: Table, controller: Text) -> tuple[Company, ...]:
    """The companies of ``[[company]]``; without any, the controller alone bears everything."""
    tables = top.tables("company")
    if not tables:
        return (Company(id=ONLY_COMPANY, name=controller),)
    given = [table for table in tables if "share" in table]
    if given and len(given) < len(tables):
        raise top.error(
            "company", said("has shares for some only: give every company one, or none")
        )
    found = tuple(_company(table, default=Fraction(1, len(tables))) for table in tables)
    ids = [company.id for company in found]
    if len(set(ids)) < len(ids):
        raise top.error("company", said("has one id twice"))
    whole = sum(company.share for company in found)
    if whole != 1:
        raise top.error(
            "company",
            said("has shares that add up to {sum}; right is 1 (1000 permille)", sum=whole),
        )
    return found


def read_announcement(top: Table, companies: tuple[Company, ...]) -> AnnouncementSource | None:
    """What ``[announcement]`` says; None where there is no such table."""
    if "announcement" not in top:
        return None
    table = top.table("announcement")
    character, set_off = _in_law(table)
    source = AnnouncementSource(
        signatories=table.required("signatories", _several(_signatory(companies))),
        what_happened=table.required("what_happened", _both),
        cause=table.required("cause", _both),
        measures=table.required("measures", _several(_both)),
        contact=_contact(table),
        legal_character=character,
        set_off=set_off,
        basis=table.required("basis", _both),
        changes=table.optional("changes", _several(_both), ()),
        lines={name: table.line(name) for name in ("what_happened", "cause", "measures", *_PLAIN)},
    )
    unsigned = {company.id for company in companies} - {one.company for one in source.signatories}
    if unsigned:
        raise table.error(
            "signatories", said("has nobody who signs for company {names}", names=_listed(unsigned))
        )
    operators = [signatory.operator for signatory in source.signatories]
    if len(set(operators)) < len(operators):
        raise table.error(
            "signatories", said("names one operator twice: each signs with a key of theirs")
        )
    return source


def _in_law(table: Table) -> tuple[LegalCharacter, SetOff]:
    """What the payment is, and whether it counts towards damages: two words that have to agree."""
    character: LegalCharacter = table.optional(
        "legal_character", choice(LegalCharacter), LegalCharacter.TORT_DAMAGES
    )
    advance = character is LegalCharacter.ON_ACCOUNT
    set_off: SetOff = table.optional(
        "set_off", choice(SetOff), SetOff.PROVEN_LOSS if advance else SetOff.NONE
    )
    if advance and set_off is SetOff.NONE:
        raise table.error(
            "set_off",
            said(
                "contradicts legal_character: what is paid on account of damages counts towards "
                "them; write proven loss, or another legal_character"
            ),
        )
    if character is LegalCharacter.EX_GRATIA and set_off is not SetOff.NONE:
        raise table.error(
            "set_off",
            said(
                "contradicts legal_character: what is paid ex gratia replaces no damages; write "
                "none, or another legal_character"
            ),
        )
    return character, set_off


_PLAIN = ("signatories", "app", "hours", "basis", "changes")


def check_companies(top: Table, file: CaseFile) -> None:
    """Refuse a registry whose company is not there, or missing where there are several."""
    known = {company.id for company in file.companies}
    for number, registry in enumerate(file.registries, start=1):
        if registry.company is None and len(known) > 1:
            raise top.error(
                "registry",
                said(
                    "number {number} has no company; it is one of: {names}",
                    number=number,
                    names=_listed(known),
                ),
            )
        if registry.company is not None and registry.company not in known:
            raise top.error(
                "registry",
                said(
                    'number {number} has company = "{company}"; it is one of: {names}',
                    number=number,
                    company=registry.company,
                    names=_listed(known),
                ),
            )


def _company(table: Table, *, default: Fraction) -> Company:
    return Company(
        id=table.required("id", _an_id),
        name=table.required("name", _both),
        registration=table.required("registration", a_credit_code),
        share=table.optional("share", a_share, default),
    )


def _contact(table: Table) -> Contact:
    contact = Contact(
        site=table.optional("site", _a_host, None),
        app=table.optional("app", _both, None),
        hotline=table.optional(
            "hotline", matching(r"\+?[0-9][0-9 -]{3,19}", said("digits, blanks and -")), None
        ),
        hours=table.optional("hours", _both, None),
        senders=table.optional("senders", texts, ()),
    )
    if contact.hotline is None:
        raise table.error("hotline", said("is missing: PIPL art. 57 asks for a way to reach you"))
    if contact.hours is None:
        raise table.error(
            "hours", said('is missing: when is the hotline answered? {{ zh = "…", en = "…" }}')
        )
    if contact.site is None and contact.app is None:
        raise table.error(
            "site", said("is missing: name the site or the app that people know already")
        )
    return contact


def _signatory(companies: tuple[Company, ...]) -> Callable[[object], Signatory]:
    known = {company.id for company in companies}

    def read(value: object) -> Signatory:
        wanted = {"name", "role", "operator", "company"}
        if not isinstance(value, dict) or not set(value) <= wanted:
            raise ValueError(said("is a table with name, role, company and operator"))
        company = value.get("company", next(iter(known)) if len(known) == 1 else None)
        if company not in known:
            raise ValueError(
                said("has no company that is there; it is one of: {names}", names=_listed(known))
            )
        for key in ("name", "role", "operator"):
            if key not in value:
                raise ValueError(said("has no {key}", key=key))
        return Signatory(
            name=both_languages(value["name"]),
            role=_both(value["role"]),
            company=str(company),
            operator=a_text(value["operator"]),
        )

    return read


def _several(read: Callable[[object], _Value]) -> Callable[[object], tuple[_Value, ...]]:
    """A list with at least one; an error says which of them is wrong."""

    def each(value: object) -> tuple[_Value, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError(said("is a list with at least one entry"))
        found = []
        for number, item in enumerate(value, start=1):
            try:
                found.append(read(item))
            except ValueError as error:
                wrong = said("entry {number} {problem}", number=number, problem=error.args[0])
                raise ValueError(wrong) from None
        return tuple(found)

    return each


def _both(value: object) -> Text:
    """A text in both languages: what the public reads is never in one alone."""
    if isinstance(value, str):
        wrong = said('is said in both languages: {{ zh = "…", en = "…" }}')
        raise ValueError(wrong)  # noqa: TRY004  # the file's mistake, not a caller's
    return both_languages(value)


def _a_host(value: object) -> str:
    """The name of a site, as people type it."""
    return matching(
        r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}",
        said("a host name alone, like www.example.com (no https:, no path)"),
    )(value)


def a_share(value: object) -> Fraction:
    """A part of 1: ``"1/3"``, or a whole number of permille.

    Raises:
        ValueError: not that, or not above 0 and at most 1.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        wrong = said('is a fraction like "1/3", or a whole number of permille')
        raise ValueError(wrong)  # noqa: TRY004  # the file's mistake, not a caller's
    try:
        share = Fraction(value, _PERMILLE) if isinstance(value, int) else Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise ValueError(said('is a fraction like "1/3", or a whole number of permille')) from None
    if not 0 < share <= 1:
        raise ValueError(said("is more than 0 and at most 1 (1000 permille)"))
    return share


def a_credit_code(value: object) -> str:
    """A unified social credit code whose check character is right (GB 32100-2015 §5.2, annex A).

    Raises:
        ValueError: it is not one; the message says which check character would be right.
    """
    text = matching(r"[0-9A-Z]{18}", said("18 digits and capital letters (GB 32100)"))(value)
    if any(sign not in _CREDIT_CODE for sign in text):
        raise ValueError(said("has a letter that GB 32100 does not use: I, O, S, V or Z"))
    right = credit_code_check(text)
    if text[-1] != right:
        raise ValueError(
            said(
                "has check character {found}; by GB 32100 it would be {right}",
                found=text[-1],
                right=right,
            )
        )
    return text


def credit_code_check(code: str) -> str:
    """The 18th character that belongs to the first 17."""
    weighted = sum(
        _CREDIT_CODE.index(sign) * pow(3, place, 31)
        for place, sign in enumerate(code[: _CREDIT_CODE_LENGTH - 1])
    )
    return _CREDIT_CODE[-weighted % 31]


def _listed(words: set[str]) -> str:
    return ", ".join(sorted(words))
