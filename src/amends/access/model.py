"""Roles and what they may do, sessions, proofs of a second factor; and what is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Final, TypeAlias

from amends.kernel.errors import AmendsError
from amends.kernel.ids import Operator


class Role(StrEnum):
    """What an operator is for."""

    ADMINISTRATOR = "administrator"
    CASEWORKER = "caseworker"
    APPROVER = "approver"
    READER = "reader"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What a page or an action asks for."""

    SEE = "see"
    REVEAL = "reveal"
    READ_LEAK = "read_leak"
    PROPOSE = "propose"
    APPROVE = "approve"
    HALT = "halt"
    AUDIT = "audit"
    EXPORT = "export"
    MANAGE = "manage"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.ADMINISTRATOR: frozenset({Right.MANAGE, Right.AUDIT, Right.HALT}),
    Role.CASEWORKER: frozenset(
        {Right.SEE, Right.REVEAL, Right.PROPOSE, Right.HALT, Right.EXPORT, Right.AUDIT}
    ),
    Role.APPROVER: frozenset({Right.SEE, Right.APPROVE, Right.HALT, Right.AUDIT}),
    Role.READER: frozenset({Right.SEE, Right.READ_LEAK, Right.HALT}),
    Role.AUDITOR: frozenset({Right.SEE, Right.AUDIT, Right.EXPORT, Right.HALT}),
}
"""What each role may do; an operator of several roles may do what any of them may."""

EXCLUDING: Final = frozenset(
    frozenset(pair)
    for pair in (
        *((Role.ADMINISTRATOR, other) for other in Role if other is not Role.ADMINISTRATOR),
        (Role.CASEWORKER, Role.APPROVER),
        (Role.AUDITOR, Role.CASEWORKER),
        (Role.AUDITOR, Role.APPROVER),
        (Role.AUDITOR, Role.READER),
    )
)
"""Pairs that nobody holds together: who gives roles does not act, who proposes does not approve,
and who audits does neither. The database keeps the same pairs apart."""


class Method(StrEnum):
    """By what an operator has shown who they are."""

    PASSKEY = "passkey"
    TOTP = "totp"
    DEVELOPMENT = "development"
    PROGRAM = "token"


class Ground(StrEnum):
    """Why somebody looks at a person's values; the person reads it."""

    PERSON_ASKED = "person_asked"
    PAYMENT_FAILED = "payment_failed"
    CLAIM = "claim"
    CORRECTION = "correction"
    AUDIT = "audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A list as an operator wants it: its page, and the query that narrows and sorts it."""

    path: str
    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """An operator who is signed in. ``session_id`` names it in lists and opens nothing."""

    session_id: str
    operator: Operator
    roles: tuple[Role, ...]
    method: Method
    begun_at: datetime
    rotated_at: datetime
    seen_at: datetime
    expires_at: datetime
    rights: frozenset[Right] = frozenset()
    views: tuple[SavedView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A new session and its token, which is shown once and stored as a hash."""

    session: Session
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the console is reached, as passkeys are bound to it: ``http://localhost:8443``."""

    origin: str
    development: bool = False

    @property
    def rp_id(self) -> str:
        """The host: what WebAuthn calls the relying party."""
        return self.origin.partition("://")[2].partition("/")[0].partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class TotpProof:
    """A code of six digits (RFC 6238)."""

    code: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyProof:
    """An authenticator's answer to a challenge of ours, as the browser hands it over (JSON)."""

    answer: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DevelopmentProof:
    """No proof at all: only where the console was started for development."""


Proof: TypeAlias = TotpProof | PasskeyProof | DevelopmentProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A second factor that was shown. ``evidence``: a passkey's answer, to be checked later."""

    method: Method
    nonce: bytes | None
    evidence: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A factor that an operator has enrolled."""

    credential_no: int
    operator: Operator
    kind: Method
    credential_id: bytes
    public_key: bytes | None
    sign_count: int
    sealed: bytes | None = field(repr=False)
    last_step: int
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an invited operator is shown, once: the secret for a code, options for a passkey."""

    operator: Operator
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)
    passkey_options: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An operator as the page of users shows them."""

    operator: Operator
    roles: tuple[Role, ...]
    passkeys: int
    totp: bool
    invited: bool
    sessions: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """That somebody looked at a person's values. ``operator`` and ``reason`` stay inside."""

    person_id: str
    fields: tuple[str, ...]
    ground: Ground
    occurred_at: datetime
    operator: Operator | None = None
    reason: str = ""


class SignInError(AmendsError):
    """Nobody was signed in. It never says which part was wrong."""

    code: ClassVar[str] = "sign_in"


class SignedOutError(AmendsError):
    """There is no session, or it has ended."""

    code: ClassVar[str] = "signed_out"


class ForbiddenError(AmendsError):
    """The operator's roles do not allow it."""

    code: ClassVar[str] = "forbidden"


class RoleError(AmendsError):
    """A role is not given or taken."""

    code: ClassVar[str] = "role"


class RevealError(AmendsError):
    """A person's values are not shown."""

    code: ClassVar[str] = "reveal"


class ReplayError(AmendsError):
    """An idempotency key is missing, in use, or was used for something else."""

    code: ClassVar[str] = "idempotency"
