"""What the baked pages show: all of it public already, or said by the case of itself."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from amends.kernel.case import Text
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money


class NotPublishedError(AmendsError):
    """What lies in the published directory is no log."""

    code = "site_log_unreadable"


class Standing(StrEnum):
    """How far awards are: the words of the roster's files, the best news first."""

    SETTLED = "settled"
    SENT = "sent"
    PROMISED = "promised"
    RETURNED = "returned"
    NEEDS_PERSON = "needs_person"
    DISPUTED = "disputed"
    WAIVED = "waived"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """People in one state, and their money."""

    standing: Standing
    people: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """One publication of states. ``lines``: every state, also those with nobody in it."""

    number: int
    lines: tuple[Line, ...]

    def people(self, standing: Standing) -> int:
        """How many are in a state."""
        return next(line.people for line in self.lines if line.standing is standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Payments that were made together. ``evidence``: SHA-256 of what the payment firm says."""

    number: int
    people: int
    amount: Money
    rail: str
    first_day: date
    last_day: date
    evidence: str
    file_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What an award is by a correction. ``reason``: its code in the roster.

    ``place``: of the correction's entry in the log; ``decision``: the SHA-256 that the entry has.
    """

    award_index: int
    award_class: int
    amount_minor: int
    reason: int
    place: int
    decision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffLine:
    """A class of the tariff and what it gives."""

    award_class: int
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The published roster. ``epochs``: from the first; ``root`` and ``entries``: as signed.

    ``corrections``: how many decisions; ``corrected``: each correction by its
    place, where the case shows its rows.
    """

    origin: str
    key: str
    entries: int
    root: str
    signatures: tuple[str, ...]
    people: int
    total: Money
    per_person: Money | None
    tariff: tuple[TariffLine, ...]
    pay_by: datetime | None
    epochs: tuple[Epoch, ...]
    batches: tuple[Batch, ...]
    corrections: int
    corrected: tuple[Corrected, ...]
    shows_rows: bool
    codes: bool
    closed: bool
    files: tuple[tuple[str, str], ...]
    """Each file that covers the verifier with its SHA-256."""

    @property
    def newest(self) -> Epoch | None:
        """The newest states."""
        return self.epochs[-1] if self.epochs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """Looks of operators at people's values: how many, in how many files, as of which day."""

    day: date
    files: int
    looks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who signs the apology."""

    name: Text
    office: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The announcement that is out. ``apology``: paragraphs in both languages, of one place."""

    version: int
    sha256: str
    published_at: datetime
    categories: tuple[str, ...]
    apology: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that pages are made of. ``menu``: path and title of each page of the footer."""

    case_id: str
    title: Text
    controller: Text
    made_up: bool
    mainland: bool
    products: tuple[Text, ...]
    announced_at: datetime | None
    discovered_at: datetime | None
    what_happened: Text | None
    cause: Text | None
    measures: tuple[Text, ...]
    basis: Text | None
    hotline: str | None
    hours: Text | None
    address: str | None
    app: Text | None
    senders: tuple[str, ...]
    signers: tuple[Signer, ...]
    announced: Announced | None
    log: Log | None
    looks: Looks | None
    policy: str
    menu: tuple["MenuEntry", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEntry:
    """A page in the list that every page ends with."""

    path: str
    title: str
