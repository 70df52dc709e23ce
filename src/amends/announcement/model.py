"""What an announcement is made of, and what it is refused for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import Language, Said, joined, said

FEWEST = 20
"""A class of fewer people is not shown by itself (as in the roster: states of fewer are open)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """People of one class whose data leaked from the same products (codes, sorted)."""

    products: tuple[str, ...]
    award_class: int
    amount: Money
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassFigures:
    """How many people get one amount."""

    award_class: int
    amount: Money
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyFigures:
    """How many people's data leaked from a company's products, and what it bears of the total."""

    company: str
    people: int
    cost: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The figures that the company's own words may leave places for, as they were published."""

    people: int
    least: Money
    most: Money
    total: Money
    pay_by: datetime
    records: int
    products: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Every figure of the announcement. ``categories``: codes, the most frequent first.

    ``unawarded``: people in ``people`` who are determined and have no award yet. ``waiting``: those
    beside them whose match somebody has to decide first.
    """

    people: int
    unawarded: int
    waiting: int
    total: Money
    classes: tuple[ClassFigures, ...]
    companies: tuple[CompanyFigures, ...]
    categories: tuple[str, ...]
    records: int
    products: int
    discovered_at: datetime | None
    announced_at: datetime
    pay_within: timedelta

    @property
    def pay_by(self) -> datetime:
        """When everybody has the money, as promised."""
        return self.announced_at + self.pay_within

    @property
    def least(self) -> Money:
        """The smallest amount that a person gets."""
        return min(one.amount for one in self.classes)

    @property
    def most(self) -> Money:
        """The largest."""
        return max(one.amount for one in self.classes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with what people wrote: where, which word, why, and what to say instead."""

    place: str
    key: str
    found: str
    rule: str
    problem: str
    instead: str

    @property
    def sentence(self) -> Said:
        """All of it for a person."""
        return said(
            "{place}: {key}: “{found}” ({rule}): {problem}; instead: {instead}",
            place=self.place,
            key=self.key,
            found=self.found,
            rule=self.rule,
            problem=self.problem,
            instead=self.instead,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the text: a heading, paragraphs, and then a list."""

    heading: str
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The announcement in one language. ``facts``: label and value of the figures at its head.

    ``signatures``: company, role and name of each signatory. ``exercise``: said first where no real
    money moves.
    """

    language: Language
    title: str
    day: str
    lead: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    sections: tuple[Section, ...]
    apology: Section
    signatures: tuple[tuple[str, str, str], ...]
    exercise: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A signatory's signature over a document."""

    operator: str
    public_key: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that went out: its canonical document, and when."""

    version: int
    document: Mapping[str, object]
    sha256: str
    published_at: datetime
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The announcement as it would go out now. ``missing``: what stands in the way, in sentences.

    ``signed``: operators who have signed exactly this. ``same``: nothing differs from the version
    that is out.
    """

    version: int
    body: str
    sha256: str
    words: tuple[Words, Words]
    figures: Figures
    findings: tuple[Finding, ...]
    missing: tuple[Said, ...]
    signed: tuple[str, ...]
    same: bool


class NoAnnouncementError(AmendsError):
    """case.toml says nothing of an announcement, or there is none out."""

    code: ClassVar[str] = "no_announcement"


class AnnouncementTextError(AmendsError):
    """What people wrote may not be said so. Names every word, its line, and what to say instead."""

    code: ClassVar[str] = "announcement_text"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(joined(finding.sentence for finding in findings))


class UnsignedError(AmendsError):
    """Something that has to be there before the announcement goes out is missing."""

    code: ClassVar[str] = "unsigned"

    def __init__(self, missing: Sequence[Said]) -> None:
        self.missing = tuple(missing)
        super().__init__(joined(missing))


class NotASignatoryError(AmendsError):
    """Somebody signs who is no signatory, or another text than the one they read."""

    code: ClassVar[str] = "not_a_signatory"
