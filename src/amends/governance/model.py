"""What governance knows: proposals, operators, audit entries; and what it refuses."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from amends.kernel.case import APPROVALS_NEEDED
from amends.kernel.errors import AmendsError
from amends.kernel.ids import Operator
from amends.kernel.saying import Said, said

JSON: TypeAlias = bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What a proposal's body is made of: counts, ids and digests, never a person's values."""

SYSTEM = "system"
"""The actor of what Amends does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something that two operators have to decide. ``body`` is canonical JSON.

    ``rejected``: somebody said no to it for good; nobody signs it any more.
    """

    digest: str
    kind: str
    body: str
    rejected: bool = False

    @property
    def short(self) -> str:
        """Enough of the digest for people to tell proposals apart."""
        return self.digest[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How many different operators have to sign, and whom of them one has to be of (if any)."""

    people: int = APPROVALS_NEEDED
    one_of: tuple[str, ...] = ()

    def met(self, approvers: Collection[str]) -> bool:
        """Whether these are enough."""
        named = not self.one_of or not set(self.one_of).isdisjoint(approvers)
        return len(set(approvers)) >= self.people and named


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A proposal, who approved it so far, and who has to."""

    proposal: Proposal
    approvers: tuple[Operator, ...]
    proposed_at: datetime
    need: Need = Need()

    @property
    def signed(self) -> bool:
        """Whether enough have signed."""
        return self.need.met(self.approvers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An operator's stored signature over a proposal; it counts only if it verifies."""

    operator: Operator
    public_key: bytes
    signature: bytes
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit trail. ``details`` is canonical JSON of counts and ids."""

    entry_no: int
    occurred_at: datetime
    actor: str
    action: str
    details: str
    previous: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is about to leave: of what, how many rows, to whom, why.

    ``categories``: codes of what a row says of a person; none where it says nothing. ``contract``:
    the contract promises that it needs no approval.
    """

    what: str
    rows: int
    categories: tuple[str, ...] = ()
    recipient: str = ""
    purpose: str = ""
    contract: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One line of the register of exports.

    ``weight_millionths``: rows by the threshold of their gravest category. ``proposal``: digest of
    what two people signed for it.
    """

    what: str
    file_sha256: str
    rows: int
    actor: str
    occurred_at: datetime
    categories: tuple[str, ...] = ()
    weight_millionths: int = 0
    recipient: str = ""
    purpose: str = ""
    proposal: str | None = None


class Purpose(StrEnum):
    """What an impact assessment is made for: the stage that waits for it (PIPL article 55)."""

    AWARD = "award"
    PUBLISH = "publish"
    PAY = "pay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an assessment is made for: the determination, its people, how many per category."""

    determination: int
    people: int
    categories: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """An approved impact assessment. ``content`` is the canonical JSON of all answers."""

    version_no: int
    purposes: tuple[Purpose, ...]
    facts: Facts
    content: str
    content_sha256: str
    proposal: str
    assessed_on: date
    keep_until: date
    recorded_at: datetime


class DecisionKind(StrEnum):
    """Where a line of the decision log comes from."""

    DECISION = "decision"
    TAX_POSITION = "tax_position"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A line of the decision log: what, why, by whom, when.

    ``details`` is canonical JSON; ``proposal`` the digest of what was approved, where two people
    signed.
    """

    kind: DecisionKind
    what: str
    reason: str
    details: str
    decided_by: str
    decided_on: date
    proposal: str | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPosition:
    """What the payment is by law, as case.toml says, and who says what that means for tax.

    ``recorded`` is false for the default. ``given_for``: what the view that was recorded last was
    given for, where case.toml says something else now; that view does not stand.
    """

    legal_character: str
    zh: str
    en: str
    basis: str
    view_of: str
    given_on: date | None
    recorded: bool
    given_for: str | None = None

    @property
    def contradiction(self) -> Said | None:
        """That the recorded view is for another legal character, if it is so."""
        if self.given_for is None:
            return None
        return said(
            "the tax position was recorded for {recorded}, and case.toml says {now}: record one "
            "for it (`amends tax CASE --record`), or put legal_character back",
            recorded=self.given_for,
            now=self.legal_character,
        )


class GovernanceError(AmendsError):
    """An operator or a proposal is not there, or not what it should be."""

    code = "governance"


class AuditBrokenError(AmendsError):
    """The audit trail was changed."""

    code = "audit_broken"


class AssessmentError(AmendsError):
    """An impact assessment is missing, incomplete, or made for other facts."""

    code = "assessment"


class DecisionError(AmendsError):
    """A decision does not say what, why or by whom, or names a person's number."""

    code = "decision"
