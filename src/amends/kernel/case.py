"""A case: what case.toml says, and where its files are. Shapes only; `casefile` reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from amends.kernel.accounts import ACCOUNT_KINDS, AccountKind
from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tariff import Tariff
from amends.kernel.text import Text as Text  # noqa: PLC0414  # where others look for it
from amends.kernel.witnessing import NO_WITNESSES, RosterSettings

_Value = TypeVar("_Value")
BEIJING = timezone(timedelta(hours=8))


class ClockKind(StrEnum):
    """Which clock a case runs on."""

    REAL = "real"
    SIMULATED = "simulated"


class PeopleKind(StrEnum):
    """What a file of people's circumstances tells."""

    DEATH = "death"
    GUARDIANSHIP = "guardianship"
    PAYOUT_ACCOUNT = "payout_account"
    CONTACT = "contact"


class LinkageEngine(StrEnum):
    """What weighs pairs of records."""

    AMENDS = "amends"
    SPLINK = "splink"


class AssessmentGate(StrEnum):
    """Which cases need an impact assessment before they decide, publish and pay."""

    REAL = "real"  # those with a rail that is not simulated
    REQUIRED = "required"


class Undecided(StrEnum):
    """What happens to people whose match a person has to decide."""

    WAIT = "wait"
    PAY = "pay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the announcement says. ``people`` and ``total`` are checked when they are given.

    ``per_person`` is None where a tariff gives different amounts, and none was announced.
    """

    per_person: Money | None
    pay_within: timedelta
    people: int | None = None
    total: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrySource:
    """The account table of a product. ``columns``: column → field word; the rest is detected.

    ``jurisdiction``: under whose law its people stand; None is under each of the case.
    ``name``: what the public calls the product. ``company``: id of the company whose product it is.
    """

    product: str
    path: str
    jurisdiction: str | None = None
    columns: dict[str, str] = field(default_factory=dict)
    name: Text | None = None
    company: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSource:
    """A leaked file, as found. ``source``: where from and by whom, in the finder's words."""

    path: str
    columns: dict[str, str] = field(default_factory=dict)
    product: str | None = None
    received_at: datetime | None = None
    source: str | None = None
    tranche: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleSource:
    """Deaths, guardianships, payout accounts or contacts, keyed by product + account_id or idno."""

    kind: PeopleKind
    path: str
    columns: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageSettings:
    """From which probability a match counts, and from which a person decides.

    ``undecided_budget``: most that is paid to people in doubt (with ``undecided = "pay"``).
    ``planted``: path of a file of rows whose account the company knows, to measure by.
    """

    threshold: float = 0.95
    review: float = 0.60
    undecided: Undecided = Undecided.WAIT
    engine: LinkageEngine = LinkageEngine.AMENDS
    undecided_budget: Money | None = None
    planted: str | None = None


_FIRST_OF_A_REAL_RAIL = 100
APPROVALS_NEEDED = 2
"""How many different operators sign what people have to decide, at least."""

_SMALL_ESTATE = Money(amount_minor=5_000_000, currency="CNY")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeSettings:
    """When a person looks before somebody is paid.

    ``leaked_on``: who died before that day had no claim of their own (default: the day of
    discovery). ``wards_per_guardian``: more wards than a family has point to a home, a school, or
    to somebody who collects (Civil Code 35). ``small_estate``: up to it three papers do.
    """

    leaked_on: date | None = None
    people_per_wallet: int = 5
    wards_per_guardian: int = 10
    small_estate: Money = _SMALL_ESTATE


@dataclass(frozen=True, slots=True, kw_only=True)
class RailSettings:
    """A way to pay: a provider's protocol, or ``kind = "simulator"`` of one.

    Paths are relative to the case. ``faults``: TOML file that says what goes wrong when, ``holds``:
    what lies there at first (both of a simulator). ``keys``, ``gateway``: folder of key files and
    address of a provider that is called. ``drop``: folder through which files pass.
    ``calls_per_second``, ``day_most``, ``month_most``: what the contract allows; None: not named.
    ``opens``, ``closes``: hours of the rail's day in which it takes payments (None: day and night),
    ``weekends``: whether also then. ``arrives_within``: after which the person has the money.
    ``bank_cards``: whether that is transfers to bank cards, too (Alipay).
    """

    kind: str
    protocol: str
    faults: str | None = None
    holds: Money | None = None
    keys: str | None = None
    gateway: str | None = None
    drop: str | None = None
    calls_per_second: float | None = None
    day_most: Money | None = None
    month_most: Money | None = None
    opens: time | None = None
    closes: time | None = None
    weekends: bool = True
    arrives_within: timedelta | None = None
    bank_cards: bool = False

    @property
    def account_kinds(self) -> frozenset[AccountKind]:
        """What the account of a payee may be written as."""
        cards = frozenset((AccountKind.BANK,)) if self.bank_cards else frozenset()
        return ACCOUNT_KINDS[self.protocol] | cards


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSettings:
    """Where providers' notifications come to, and where a command that pays listens for them.

    ``url``: https, ends in ``/``, public; a rail's name follows. ``listen``: host and port on the
    machine, behind what ends the https; None: commands listen nowhere.
    """

    url: str
    listen: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Who has to sign what costs *least* or more: *people*, among them one of *one_of* (if any)."""

    least: Money
    people: int
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceSettings:
    """The gate of the impact assessment, and how much may leave on one person's word.

    ``export_quota``: sum of weights (records by the threshold of their kind) per operator in
    24 hours; None for the default. ``accounts``: account of the ledger → ``code name`` in the
    company's books. ``bands``: who signs by amount, each from its least on.
    """

    assessment: AssessmentGate = AssessmentGate.REAL
    export_quota: float | None = None
    accounts: dict[str, str] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Escrow:
    """Where the money for the case lies, and what counts as proof that it does.

    ``account``: number of the account whose statements are imported. ``evidenced``: whether only
    they count (None: where a rail is real). ``alarm``: from which share of the funds on what is
    owed is told as tight.
    """

    account: str | None = None
    evidenced: bool | None = None
    alarm: float = 0.90


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company that answers for the case.

    ``registration``: its unified social credit code (GB 32100), or the number of another register.
    ``share``: its weight in the costs of people whose data leaked from products of several.
    """

    id: str
    name: Text
    registration: str | None = None
    share: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signatory:
    """Who signs the announcement by name. ``operator``: whose key signs for this person."""

    name: Text
    role: Text
    company: str
    operator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where people find the company: what they know already, no address made for the case."""

    site: str | None = None
    app: Text | None = None
    hotline: str | None = None
    hours: Text | None = None
    senders: tuple[str, ...] = ()


class LegalCharacter(StrEnum):
    """What the payment is in law; never a settlement: that would ask for a waiver."""

    TORT_DAMAGES = "tort damages"
    ON_ACCOUNT = "on account of damages"
    EX_GRATIA = "ex gratia"

    @property
    def code(self) -> str:
        """The word for it in vouchers and records."""
        return self.value.replace(" ", "_")


class SetOff(StrEnum):
    """Whether the payment counts against a later award of damages for the same leak."""

    NONE = "none"
    PROVEN_LOSS = "proven loss"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementSource:
    """What people write of the announcement; every figure in it is computed, never written here.

    ``changes``: the n-th says what changed in version n + 1, and why. ``lines``: where in case.toml
    each key stands.
    """

    signatories: tuple[Signatory, ...]
    what_happened: Text
    cause: Text
    measures: tuple[Text, ...]
    contact: Contact
    legal_character: LegalCharacter
    set_off: SetOff
    basis: Text
    changes: tuple[Text, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """Everything that case.toml says, checked. :func:`given` asks for what may be missing."""

    id: str
    title: Text
    controller: Text
    jurisdictions: tuple[str, ...]
    clock: ClockKind
    promise: Promise
    registries: tuple[RegistrySource, ...]
    evidence: tuple[EvidenceSource, ...]
    people: tuple[PeopleSource, ...]
    linkage: LinkageSettings
    tariff: Tariff
    rails: tuple[RailSettings, ...]
    discovered_at: datetime | None = None
    announced_at: datetime | None = None
    funding: Money | None = None
    escrow: Escrow = Escrow()
    payees: PayeeSettings = PayeeSettings()
    first_batch: int | None = None
    callbacks: CallbackSettings | None = None
    sealed_copies: bool = True
    taken_by: str | None = None
    governance: GovernanceSettings = field(default_factory=GovernanceSettings)
    companies: tuple[Company, ...] = ()
    announcement: AnnouncementSource | None = None
    roster: RosterSettings = NO_WITNESSES

    @property
    def currency(self) -> str:
        """The one currency of the case: the tariff's."""
        return self.tariff.currency

    @property
    def legal_character(self) -> LegalCharacter:
        """What the payment is in law: as the announcement says it, for books and records too."""
        if self.announcement is None:
            return LegalCharacter.TORT_DAMAGES
        return self.announcement.legal_character

    @property
    def most_per_person(self) -> Money:
        """What one person costs at most: as promised, else as the tariff says."""
        return self.promise.per_person or self.tariff.most

    @property
    def first_payments(self) -> int | None:
        """How many payments go out before people look at what became of them; None: all at once.

        Where a rail is real 100, unless case.toml says otherwise.
        """
        default = None if self.all_rails_simulated else _FIRST_OF_A_REAL_RAIL
        return self.first_batch or default

    @property
    def zone(self) -> tzinfo:
        """Where the days of the case begin: that of the announcement, else Beijing."""
        announced = self.announced_at
        return (announced.tzinfo if announced else None) or BEIJING

    @property
    def all_rails_simulated(self) -> bool:
        """Whether no real money can move."""
        return all(rail.kind == "simulator" for rail in self.rails)

    @property
    def made_up(self) -> bool:
        """Whether the case pays by simulators; one that names no rail yet is as real as any."""
        return bool(self.rails) and self.all_rails_simulated

    @property
    def demands_evidence(self) -> bool:
        """Whether funding that is only declared does not count."""
        demanded = self.escrow.evidenced
        return not self.all_rails_simulated if demanded is None else demanded


def given(value: _Value | None, key: str) -> _Value:
    """The value that case.toml gives for *key*, which a stage needs now.

    Raises:
        CaseFileError: the key is not there.
    """
    if value is None:
        raise CaseFileError(
            said("case.toml: {key} is missing, and this stage needs it: add it", key=key)
        )
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case directory and what its case.toml says."""

    root: Path
    file: CaseFile

    @property
    def workspace(self) -> Path:
        """``amends/``: everything that Amends makes. Folders in it are private (0700)."""
        return self.root / "amends"

    @property
    def keys(self) -> Path:
        """Key files, 0600 in a folder of 0700."""
        return self.workspace / "keys"

    @property
    def evidence_room(self) -> Path:
        """Leaked rows, registries and what matching made of them: encrypted Parquet."""
        return self.workspace / "evidence"

    @property
    def site(self) -> Path:
        """What the public gets: immutable files."""
        return self.workspace / "site"
