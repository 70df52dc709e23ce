"""Second factors: whether a code or a passkey holds now, for a sign-in or for one thing exactly.

Kept true: what a passkey signs is bound to the digest of what it is shown for, a code counts once,
and after too many refusals of late nothing holds.
"""

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from amends.access import passkeys, rules, store
from amends.access.model import (
    DevelopmentProof,
    Factor,
    Method,
    PasskeyProof,
    Proof,
    Session,
    SignInError,
    Site,
    TotpProof,
)
from amends.governance import service as governance
from amends.kernel.clock import RealClock
from amends.kernel.ids import Operator
from amends.kernel.saying import said
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON

_CLOCK: Final = RealClock()
TOTP_PURPOSE: Final = "operator-totp"


def shown_factor(
    opened: OpenCase,
    site: Site,
    standing: Session,
    digest: str,
    proof: Proof,
    *,
    keep: Callable[[Connection, Factor], None],
) -> None:
    """Have the operator show a second factor for what *digest* stands for; *keep* writes it down.

    Raises:
        SignInError: it does not hold.
    """
    now = _CLOCK.now()
    with opened.database.unit_of_work() as connection:
        nonce = _nonce_of(connection, opened, site, standing.operator, digest, proof)
        if nonce is None:
            refused(connection, opened, standing.operator, method_of(proof))
        else:
            store.add_attempt(connection, standing.operator, now, failed=False)
            evidence = proof.answer if isinstance(proof, PasskeyProof) else ""
            keep(
                connection, Factor(method=method_of(proof), nonce=nonce or None, evidence=evidence)
            )
            about: dict[str, JSON] = {
                "digest": digest,
                "method": method_of(proof),
                "evidence_sha256": hashlib.sha256(evidence.encode()).hexdigest(),
            }
            governance.audit_in(connection, opened, standing.operator, "second factor shown", about)
    if nonce is None:
        raise SignInError(said("the second factor did not hold: nothing was approved"))


def _nonce_of(
    connection: Connection,
    opened: OpenCase,
    site: Site,
    operator: Operator,
    digest: str,
    proof: Proof,
) -> bytes | None:
    """The nonce under a proof that holds for this proposal (none for a code); else None."""
    if waits(connection, operator):
        return None
    match proof:
        case TotpProof(code=code):
            return b"" if code_holds(connection, opened, operator, code) else None
        case PasskeyProof(answer=answer):
            return _asserted_nonce(connection, site, operator, digest, answer)
        case DevelopmentProof():
            return b"" if site.development else None


def _asserted_nonce(
    connection: Connection, site: Site, operator: Operator, digest: str, answer: str
) -> bytes | None:
    """The nonce of the challenge that the operator's own passkey signed for this proposal."""
    named = passkeys.named_in(answer)
    known = None if named is None else store.passkey(connection, named[0])
    if named is None or known is None or known.operator != operator:
        return None
    taken = store.use_challenge(connection, named[1], "step_up", _CLOCK.now())
    if taken is None or taken[0] != operator or taken[2] != digest:
        return None
    challenge = rules.step_up_challenge(digest, taken[1])
    count = passkeys.asserted(site, answer, challenge, known)
    if count is None:
        return None
    store.used(connection, known.credential_no, sign_count=count)
    return taken[1]


def code_holds(connection: Connection, opened: OpenCase, name: str, code: str) -> bool:
    """Whether a code is the operator's, now and for the first time."""
    for known in store.credentials(connection, name, Method.TOTP):
        if known.sealed is None:
            continue
        secret = opened.vault.unseal(known.sealed, TOTP_PURPOSE, known.credential_id.hex())
        step = rules.code_step(secret, code, _CLOCK.now(), known.last_step)
        if step is not None:
            store.used(connection, known.credential_no, last_step=step)
            return True
    return False


def waits(connection: Connection, name: str) -> bool:
    """Whether there were too many refusals of late."""
    since = _CLOCK.now() - rules.FAILURES_IN
    return store.failures(connection, name, since) >= rules.FAILURES_MOST


def refused(connection: Connection, opened: OpenCase, name: str, method: Method) -> None:
    """Note a refusal; what was typed for a name is not kept where nobody has it."""
    known = name if name in governance.operators_in(connection) else "unknown"
    if not waits(connection, known):
        governance.audit_in(connection, opened, known, "sign-in refused", {"method": method})
    store.add_attempt(connection, known, _CLOCK.now(), failed=True)


def method_of(proof: Proof) -> Method:
    """Which kind of factor it is."""
    match proof:
        case TotpProof():
            return Method.TOTP
        case PasskeyProof():
            return Method.PASSKEY
        case DevelopmentProof():
            return Method.DEVELOPMENT
