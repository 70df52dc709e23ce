"""What governance knows: proposals, operators, audit entries; and what it refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from amends.kernel.errors import AmendsError
from amends.kernel.ids import Operator

JSON: TypeAlias = bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"] | None
"""What a proposal's body is made of: counts, ids and digests, never a person's values."""

SYSTEM = "system"
"""The actor of what Amends does by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something that two operators have to decide. ``body`` is canonical JSON."""

    digest: str
    kind: str
    body: str

    @property
    def short(self) -> str:
        """Enough of the digest for people to tell proposals apart."""
        return self.digest[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A proposal that is not approved yet, and who approved it so far."""

    proposal: Proposal
    approvers: tuple[Operator, ...]
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An operator's stored signature over a proposal; it counts only if it verifies."""

    operator: Operator
    public_key: bytes
    signature: bytes


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
class Export:
    """One line of the register of exports."""

    what: str
    file_sha256: str
    rows: int
    actor: str
    occurred_at: datetime


class GovernanceError(AmendsError):
    """An operator or a proposal is not there, or not what it should be."""

    code = "governance"


class AuditBrokenError(AmendsError):
    """The audit trail was changed."""

    code = "audit_broken"
