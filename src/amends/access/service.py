"""Use cases of access: invite, enrol, sign in, stay signed in, give roles.

Sign-in happens in the world's time, also in a case whose clock is simulated. Every sign-in and
every refusal is in the audit trail; a refusal never says which part was wrong.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import psycopg

from amends.access import factors, passkeys, rules, store
from amends.access.model import (
    Account,
    DevelopmentProof,
    Enrolment,
    Factor,
    ForbiddenError,
    Method,
    PasskeyProof,
    Proof,
    Right,
    Role,
    RoleError,
    Session,
    SignedIn,
    SignedOutError,
    SignInError,
    Site,
    TotpProof,
)
from amends.access.rules import rights_of
from amends.governance import service as governance
from amends.governance.model import JSON
from amends.kernel.clock import RealClock
from amends.kernel.ids import Operator
from amends.kernel.saying import Said, said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_CLOCK: Final = RealClock()
_ROLES_EXCLUDE: Final = "roles_exclude_each_other"
_SEEN_EVERY_S: Final = 60


def invite(opened: OpenCase, name: str) -> str:
    """The token of an invitation for an operator, shown once; it stands for 24 hours.

    Raises:
        GovernanceError: no such operator.
    """
    operator = _known(opened, name)
    token, now = secrets.token_urlsafe(32), _CLOCK.now()
    with opened.database.unit_of_work() as connection:
        store.add_invitation(
            connection, rules.hashed(token), operator, opened.by, now + rules.INVITED_FOR
        )
        _audit(connection, opened, opened.by, "operator invited", {"operator": operator})
    return token


def invitation_link(opened: OpenCase, site: Site, name: str) -> str:
    """Where an invited operator enrols; the token stands behind the ``#``, which no server sees.

    Raises:
        GovernanceError: no such operator.
    """
    return f"{site.origin}/enrol#{invite(opened, name)}"


def begin_enrolment(opened: OpenCase, site: Site, token: str) -> Enrolment:
    """What an invited operator chooses from; nothing is enrolled yet.

    Raises:
        SignInError: the invitation is none, used or old.
    """
    now, challenge = _CLOCK.now(), secrets.token_bytes(32)
    with opened.database.unit_of_work() as connection:
        operator = store.invited(connection, rules.hashed(token), now)
        if operator is None:
            raise SignInError(_no_invitation())
        known = store.credentials(connection, operator, Method.PASSKEY)
        store.add_challenge(
            connection,
            challenge,
            "enrol",
            operator=operator,
            nonce=b"",
            expires_at=now + rules.CHALLENGE_FOR,
        )
    secret = _offered_secret(opened, token)
    return Enrolment(
        operator=operator,
        totp_secret=rules.secret_text(secret),
        totp_uri=rules.secret_uri(secret, operator, opened.case.file.id),
        passkey_options=passkeys.registration_options(
            site,
            opened.case.file.id,
            operator,
            challenge,
            [one.credential_id for one in known],
        ),
    )


def enrol(opened: OpenCase, site: Site, token: str, proof: Proof) -> SignedIn:
    """Enrol what the invited operator shows, use the invitation up, and sign them in.

    Raises:
        SignInError: the invitation is none, or the proof does not hold.
    """
    now = _CLOCK.now()
    with opened.database.unit_of_work() as connection:
        hashed = rules.hashed(token)
        operator = store.invited(connection, hashed, now)
        if operator is None:
            raise SignInError(_no_invitation())
        if not _enrolled(connection, opened, site, operator, token, proof):
            raise SignInError(
                said("that did not fit: try the newest code, or the passkey once more")
            )
        store.use_invitation(connection, hashed, now)
        method = Method.PASSKEY if isinstance(proof, PasskeyProof) else Method.TOTP
        signed_in = _begun(connection, operator, method)
        about: dict[str, JSON] = {"operator": operator, "method": method}
        _audit(connection, opened, operator, "factor enrolled", about)
        _audit(connection, opened, operator, "signed in", about)
    return signed_in


def passkey_options(opened: OpenCase, site: Site) -> str:
    """A challenge for whoever signs in with a passkey, as JSON for the browser."""
    challenge = secrets.token_bytes(32)
    with opened.database.unit_of_work() as connection:
        store.add_challenge(
            connection,
            challenge,
            "sign_in",
            operator=None,
            nonce=b"",
            expires_at=_CLOCK.now() + rules.CHALLENGE_FOR,
        )
    return passkeys.sign_in_options(site, challenge, [])


def sign_in(opened: OpenCase, site: Site, name: str, proof: Proof) -> SignedIn:
    """Sign an operator in. ``name`` counts for codes; a passkey knows whose it is.

    Raises:
        SignInError: nobody was signed in.
    """
    with opened.database.unit_of_work() as connection:
        operator, method = _shown(connection, opened, site, name, proof)
        if operator is None:
            factors.refused(connection, opened, name, method)
            signed_in = None
        else:
            signed_in = _begun(connection, operator, method)
            store.add_attempt(connection, operator, _CLOCK.now(), failed=False)
            about: dict[str, JSON] = {
                "method": method,
                "session": signed_in.session.session_id,
            }
            _audit(connection, opened, operator, "signed in", about)
    if signed_in is None:
        raise SignInError(
            said(
                "nobody was signed in: check name and code, or ask an administrator for a new "
                "invitation; after {most} tries one waits for {minutes} minutes",
                most=rules.FAILURES_MOST,
                minutes=int(rules.FAILURES_IN.total_seconds() // 60),
            )
        )
    return signed_in


def token_for(opened: OpenCase, name: str) -> SignedIn:
    """A session for programs, as long as a day of work; it approves nothing by itself."""
    operator = _known(opened, name)
    with opened.database.unit_of_work() as connection:
        signed_in = _begun(connection, operator, Method.PROGRAM)
        about: dict[str, JSON] = {"operator": operator, "session": signed_in.session.session_id}
        _audit(connection, opened, opened.by, "token made", about)
    return signed_in


def session(opened: OpenCase, token: str) -> Session:
    """Who is signed in.

    Raises:
        SignedOutError: nobody is.
    """
    now = _CLOCK.now()
    with opened.database.reading() as connection:
        found = store.session(connection, rules.hashed(token), now)
    if found is None:
        raise SignedOutError(said("sign in first"))
    standing = found.session
    idle_counts = standing.method is not Method.PROGRAM
    if (idle_counts and not rules.live(standing.seen_at, standing.expires_at, now)) or (
        now >= standing.expires_at
    ):
        raise SignedOutError(said("the session has ended: sign in again"))
    if (now - standing.seen_at).total_seconds() > _SEEN_EVERY_S:
        with opened.database.unit_of_work() as connection:
            store.see_session(connection, standing.session_id, now)
    return replace(standing, rights=rights_of(standing.roles))


def rotated(opened: OpenCase, standing: Session, *, at_once: bool = False) -> str | None:
    """A new token for the session where its time has come; None where it has not."""
    now = _CLOCK.now()
    if standing.method is Method.PROGRAM or (
        not at_once and now - standing.rotated_at < rules.ROTATE_AFTER
    ):
        return None
    token = secrets.token_urlsafe(32)
    with opened.database.unit_of_work() as connection:
        store.rotate_session(
            connection,
            standing.session_id,
            rules.hashed(token),
            now=now,
            until=now + rules.FORMER_FOR,
        )
    return token


def sign_out(opened: OpenCase, standing: Session) -> None:
    """End the session."""
    with opened.database.unit_of_work() as connection:
        store.end_sessions(connection, _CLOCK.now(), session_id=standing.session_id)
        about: dict[str, JSON] = {"session": standing.session_id}
        _audit(connection, opened, standing.operator, "signed out", about)


def require(standing: Session, right: Right) -> None:
    """Refuse what the operator's roles do not allow.

    Raises:
        ForbiddenError: as said.
    """
    if right not in standing.rights:
        raise ForbiddenError(
            said(
                "your roles ({roles}) do not allow this: an administrator gives roles",
                roles=", ".join(standing.roles) or said("none"),
            )
        )


def step_up_options(opened: OpenCase, site: Site, standing: Session, digest: str) -> str | None:
    """A challenge bound to a proposal, for the operator's passkeys; None where they have none."""
    nonce = secrets.token_bytes(16)
    challenge = rules.step_up_challenge(digest, nonce)
    with opened.database.unit_of_work() as connection:
        known = store.credentials(connection, standing.operator, Method.PASSKEY)
        if not known:
            return None
        store.add_challenge(
            connection,
            challenge,
            "step_up",
            operator=standing.operator,
            nonce=nonce,
            about=digest,
            expires_at=_CLOCK.now() + rules.CHALLENGE_FOR,
        )
    return passkeys.sign_in_options(site, challenge, [one.credential_id for one in known])


def step_up(opened: OpenCase, site: Site, standing: Session, digest: str, proof: Proof) -> None:
    """Have the operator show a second factor for exactly this proposal, and keep it.

    Raises:
        SignInError: it does not hold.
    """
    now = _CLOCK.now()

    def keep(connection: Connection, shown: Factor) -> None:
        store.add_step_up(
            connection,
            digest,
            standing.operator,
            shown.method,
            nonce=shown.nonce,
            evidence=shown.evidence,
            now=now,
        )

    factors.shown_factor(opened, site, standing, digest, proof, keep=keep)


def set_roles(opened: OpenCase, name: str, wanted: Sequence[Role]) -> tuple[Role, ...]:
    """Give an operator exactly these roles.

    Raises:
        GovernanceError: no such operator.
        RoleError: two of the roles exclude each other, nobody would be left to give roles, or
            somebody changes their own.
    """
    operator = _known(opened, name)
    pair = rules.excluded(wanted)
    if pair is not None:
        raise RoleError(
            said(
                "{one} and {other} exclude each other: give them to two people",
                one=pair[0].value,
                other=pair[1].value,
            )
        )
    if opened.by == operator:
        raise RoleError(said("nobody changes their own roles: ask another administrator"))
    try:
        with opened.database.unit_of_work() as connection:
            held = store.roles(connection, operator)
            for role in sorted(set(held) - set(wanted)):
                _line(connection, opened, operator, role, granted=False)
            for role in sorted(set(wanted) - set(held)):
                _line(connection, opened, operator, role, granted=True)
            if not store.administrators(connection):
                raise RoleError(said("nobody would be left to give roles"))
    except psycopg.errors.CheckViolation as error:
        if error.diag.constraint_name != _ROLES_EXCLUDE:
            raise
        raise RoleError(said("these roles exclude each other: give them to two people")) from error
    return tuple(sorted(wanted))


def lock_out(opened: OpenCase, name: str) -> None:
    """End every session of an operator, and let none of their factors count any more."""
    operator, now = _known(opened, name), _CLOCK.now()
    with opened.database.unit_of_work() as connection:
        ended = store.end_sessions(connection, now, of=operator)
        revoked = store.revoke(connection, operator, now)
        about: dict[str, JSON] = {"operator": operator, "sessions": ended, "factors": revoked}
        _audit(connection, opened, opened.by, "operator locked out", about)


def accounts(opened: OpenCase) -> list[Account]:
    """Every operator with roles, factors and sessions."""
    with opened.database.reading() as connection:
        return store.accounts(connection, _CLOCK.now())


def sessions(opened: OpenCase) -> list[Session]:
    """The sessions that stand, newest first."""
    with opened.database.reading() as connection:
        return store.sessions(connection, _CLOCK.now())


def step_ups(opened: OpenCase, digest: str) -> list[tuple[str, Method, str]]:
    """By what each approver of a proposal showed who they are, and when."""
    with opened.database.reading() as connection:
        return [
            (name, method, at.isoformat(timespec="seconds"))
            for name, method, at in store.step_ups(connection, digest)
        ]


def _line(
    connection: Connection, opened: OpenCase, operator: Operator, role: Role, *, granted: bool
) -> None:
    """One change of roles, with its line of the trail."""
    store.add_role_line(connection, operator, role, granted=granted, by=opened.by, now=_CLOCK.now())
    about: dict[str, JSON] = {"operator": operator, "role": role}
    action = "role given" if granted else "role taken"
    _audit(connection, opened, opened.by, action, about)


def _known(opened: OpenCase, name: str) -> Operator:
    """The operator of that name.

    Raises:
        SignInError: there is none.
    """
    if name not in governance.operators(opened):
        raise SignInError(
            said(
                "there is no operator {operator}: `amends operator add CASE NAME` makes one",
                operator=name,
            )
        )
    return Operator(name)


def _no_invitation() -> Said:
    return said("this invitation is used up or too old: ask an administrator for another")


def _offered_secret(opened: OpenCase, token: str) -> bytes:
    """The secret that an invitation offers: of the token and the case, so nothing is stored yet."""
    key = opened.vault.derive(factors.TOTP_PURPOSE)
    return hashlib.sha256(key + token.encode()).digest()[: rules.TOTP_SECRET_BYTES]


def _enrolled(
    connection: Connection,
    opened: OpenCase,
    site: Site,
    operator: Operator,
    token: str,
    proof: Proof,
) -> bool:
    """Keep the factor that the proof shows; False where it shows none."""
    match proof:
        case TotpProof(code=code):
            return _code_enrolled(connection, opened, operator, token, code)
        case PasskeyProof(answer=answer):
            return _passkey_enrolled(connection, site, operator, answer)
        case DevelopmentProof():
            return False


def _code_enrolled(
    connection: Connection, opened: OpenCase, operator: Operator, token: str, code: str
) -> bool:
    """Keep the secret that the invitation offers, if the code is of it."""
    now, secret = _CLOCK.now(), _offered_secret(opened, token)
    step = rules.code_step(secret, code, now, 0)
    if step is None:
        return False
    name = secrets.token_bytes(16)
    store.add_credential(
        connection,
        operator,
        Method.TOTP,
        credential_id=name,
        sealed=opened.vault.seal(secret, factors.TOTP_PURPOSE, name.hex()),
        last_step=step,
        now=now,
    )
    return True


def _passkey_enrolled(connection: Connection, site: Site, operator: Operator, answer: str) -> bool:
    """Keep the passkey that was made for this operator's challenge, if it was."""
    now, named = _CLOCK.now(), passkeys.named_in(answer)
    taken = None if named is None else store.use_challenge(connection, named[1], "enrol", now)
    if named is None or taken is None or taken[0] != operator:
        return False
    made = passkeys.registered(site, answer, named[1])
    if made is None:
        return False
    store.add_credential(
        connection,
        operator,
        Method.PASSKEY,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        now=now,
    )
    return True


def _shown(
    connection: Connection, opened: OpenCase, site: Site, name: str, proof: Proof
) -> tuple[Operator | None, Method]:
    """Who has shown who they are, if anybody has, and how."""
    method = factors.method_of(proof)
    match proof:
        case TotpProof(code=code):
            holds = not factors.waits(connection, name) and factors.code_holds(
                connection, opened, name, code
            )
            return (Operator(name) if holds else None), method
        case PasskeyProof(answer=answer):
            named = passkeys.named_in(answer)
            known = None if named is None else store.passkey(connection, named[0])
            if named is None or known is None:
                return None, method
            if store.use_challenge(connection, named[1], "sign_in", _CLOCK.now()) is None:
                return None, method
            count = passkeys.asserted(site, answer, named[1], known)
            if count is None:
                return None, method
            store.used(connection, known.credential_no, sign_count=count)
            return known.operator, method
        case DevelopmentProof():
            allowed = site.development and name in governance.operators_in(connection)
            return (Operator(name) if allowed else None), method


def _begun(connection: Connection, operator: Operator, method: Method) -> SignedIn:
    """A new session."""
    now, token = _CLOCK.now(), secrets.token_urlsafe(32)
    begun = Session(
        session_id=secrets.token_hex(8),
        operator=operator,
        roles=store.roles(connection, operator),
        method=method,
        begun_at=now,
        rotated_at=now,
        seen_at=now,
        expires_at=now + rules.LONGEST,
    )
    store.add_session(connection, begun, rules.hashed(token))
    return SignedIn(session=replace(begun, rights=rights_of(begun.roles)), token=token)


def _audit(
    connection: Connection,
    opened: OpenCase,
    actor: str,
    action: str,
    details: dict[str, JSON],
) -> None:
    governance.audit_in(connection, opened, actor, action, details)


def proof_of(text: str) -> Proof:
    """The proof that a form or a post of the API carries: a passkey's JSON, else a code."""
    content = text.strip()
    if content.startswith("{"):
        return PasskeyProof(answer=content)
    return TotpProof(code=content)
