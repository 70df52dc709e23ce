"""Governance's use cases: approvals by two operators, the audit trail."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from amends.governance import excluding, keys, rules, store, telling
from amends.governance.model import (
    JSON,
    SYSTEM,
    Approval,
    AuditBrokenError,
    AuditEntry,
    GovernanceError,
    Need,
    Pending,
    Proposal,
)
from amends.kernel.canonical import canonical
from amends.kernel.case import GovernanceSettings
from amends.kernel.errors import WaitingForApprovalError
from amends.kernel.ids import Operator
from amends.kernel.saying import Said, joined, said
from amends.store.connection import Connection
from amends.vault.opened import ApproveAsError, OpenCase, refuse_approve_as


def require_approval(
    opened: OpenCase, kind: str, body: Mapping[str, JSON], barred: Collection[str] = ()
) -> str:
    """The digest of what two different operators have signed exactly; else propose it and refuse.

    ``body``: counts, ids and digests of what is decided. With ``opened.approve_as`` the operators
    named there sign at once. ``barred``: operators who may not sign this, for what they did before.

    Raises:
        WaitingForApprovalError: approvals are missing.
        GovernanceError: whoever proposes has signed what excludes it.
        ApproveAsError: ``approve_as`` names too few operators, or real money could move.
    """
    proposal = rules.proposal(opened.case.file.id, kind, body)
    with excluding.by_role(opened.by), opened.database.unit_of_work() as connection:
        if store.add_proposal(connection, proposal, opened.by, opened.clock.now()):
            excluding.refuse_maker(connection, kind, opened.by)
            audit_in(connection, opened, SYSTEM, "proposed", _about(proposal))
        if barred:
            store.bar(connection, proposal.digest, barred)
        approvers = _approvers(connection, proposal)
    need = rules.need(opened.case.file.governance, proposal.body)
    if not need.met(approvers) and opened.approve_as:
        approvers = _approve_at_once(opened, proposal, approvers)
    if not need.met(approvers):
        raise WaitingForApprovalError(_what_to_do(opened, proposal, approvers))
    return proposal.digest


def with_signers(opened: OpenCase, body: Mapping[str, JSON]) -> dict[str, JSON]:
    """A body that also says who has to sign it, where that is not any two operators."""
    need = rules.need(opened.case.file.governance, canonical(body))
    if need == Need():
        return dict(body)
    named: dict[str, JSON] = {"one_of": need.one_of} if need.one_of else {}
    return {**body, "signers": need.people, **named}


def proposal_sha256(opened: OpenCase, kind: str, body: Mapping[str, JSON]) -> str:
    """The digest of a proposal: what approvals of it are given to."""
    return rules.proposal(opened.case.file.id, kind, body).digest


def signed_proposal(connection: Connection, digest: str) -> tuple[Proposal, tuple[Approval, ...]]:
    """A proposal that was made, and the signatures under it that verify: one of each key."""
    found = [one for one, _ in store.proposals(connection, digest)]
    assert found  # noqa: S101 - who knows the digest has made the proposal
    by_key = {
        one.public_key: one
        for one in store.approvals(connection, digest)
        if rules.valid_approvers(digest, [one])
    }
    return found[0], tuple(by_key[key] for key in sorted(by_key))


def pending(opened: OpenCase) -> list[Pending]:
    """Proposals that are not approved yet, newest first."""
    with opened.database.reading() as connection:
        found = [
            Pending(
                proposal=proposal,
                approvers=_approvers(connection, proposal),
                proposed_at=proposed_at,
                need=rules.need(opened.case.file.governance, proposal.body),
            )
            for proposal, proposed_at in store.proposals(connection)
        ]
    return [one for one in found if not one.signed and not one.proposal.rejected]


def newest_in(connection: Connection, kind: str, settings: GovernanceSettings) -> Pending | None:
    """The newest proposal of *kind* and who has signed it, approved or not; None: none was made.

    One that was rejected is left out.
    """
    found = [
        each
        for each in store.proposals(connection)
        if each[0].kind == kind and not each[0].rejected
    ]
    if not found:
        return None
    proposal, proposed_at = found[0]
    return Pending(
        proposal=proposal,
        approvers=_approvers(connection, proposal),
        proposed_at=proposed_at,
        need=rules.need(settings, proposal.body),
    )


def approvers(opened: OpenCase, digest: str) -> tuple[Operator, ...]:
    """Whose signatures over a proposal hold; nobody's where there is no such proposal."""
    with opened.database.reading() as connection:
        found = [proposal for proposal, _ in store.proposals(connection, digest)]
        return _approvers(connection, found[0]) if len(found) == 1 else ()


def approve(
    opened: OpenCase,
    proposal: str | None,
    name: str,
    *,
    key_file: Path | None = None,
    reason: str = "",
) -> Pending:
    """Sign a proposal as an operator, and say how many approvals it has now.

    ``proposal``: the beginning of its digest; None means the only one that waits. Signing twice
    changes nothing. ``reason`` goes into the decision log; it names nobody.

    Raises:
        GovernanceError: no such operator, no such proposal, more than one, or a wrong key.
        DecisionError: the reason carries a person's number.
    """
    operator = rules.checked_operator(name)
    rules.refuse_numbers(reason)
    chosen = _chosen(opened, proposal)
    digest = rules.proposal_digest(opened.case.file.id, chosen.kind, chosen.body)
    if digest != chosen.digest:
        raise GovernanceError(
            said("the stored proposal {short} was changed: do not approve it", short=chosen.short)
        )
    if chosen.rejected:
        raise GovernanceError(
            said("{short} was rejected: nobody signs it any more", short=chosen.short)
        )
    key = keys.existing_key(key_file or keys.default_key_file(opened.case, operator))
    with excluding.by_role(operator), opened.database.unit_of_work() as connection:
        _check_key(connection, opened, operator, key)
        if store.proposed_by(connection, digest) == operator:
            raise GovernanceError(
                said("{operator} has proposed this: somebody else signs", operator=operator)
            )
        excluding.refuse_signature(connection, chosen, operator)
        now = opened.clock.now()
        if store.add_approval(
            connection, digest, operator, signature=rules.sign(key, digest), reason=reason, now=now
        ):
            audit_in(connection, opened, operator, "approved", _about(chosen))
        approvers = _approvers(connection, chosen)
    need = rules.need(opened.case.file.governance, chosen.body)
    return Pending(proposal=chosen, approvers=approvers, proposed_at=now, need=need)


def reject_in(connection: Connection, opened: OpenCase, proposal: Proposal) -> None:
    """Let nobody sign a proposal any more. What it was about is ended in the same transaction."""
    store.add_rejection(connection, proposal.digest, opened.by, opened.clock.now())
    audit_in(connection, opened, opened.by, "rejected", _about(proposal))


def proposals_in(connection: Connection, kind: str) -> list[Proposal]:
    """All proposals of a kind, newest first."""
    return [one for one, _ in store.proposals(connection) if one.kind == kind]


def present(
    opened: OpenCase, name: str, *, key_file: Path | None = None, role: str = ""
) -> Operator:
    """The operator of that name, who has shown the private key.

    *role*: what somebody who holds roles has to hold for this.

    Raises:
        GovernanceError: no such operator, a wrong key, or other roles than this.
    """
    operator = rules.checked_operator(name)
    key = keys.existing_key(key_file or keys.default_key_file(opened.case, operator))
    with opened.database.reading() as connection:
        _check_key(connection, opened, operator, key)
        if role:
            excluding.refuse_other_roles(connection, operator, role)
    return operator


def sign_statement(
    opened: OpenCase, name: str, kind: str, body: Mapping[str, JSON], *, key_file: Path | None
) -> bytes:
    """An operator's Ed25519 signature under what the operator states; keep *body* with it.

    ``body``: ids, digests and words of a fixed list; never a person's values.

    Raises:
        GovernanceError: no such operator, or a wrong key.
    """
    operator = present(opened, name, key_file=key_file)
    key = keys.existing_key(key_file or keys.default_key_file(opened.case, operator))
    return rules.sign_statement(key, rules.statement_digest(opened.case.file.id, kind, body))


def statement_holds(
    opened: OpenCase,
    public_keys: Mapping[Operator, bytes],
    name: str,
    kind: str,
    body: Mapping[str, JSON],
    signature: bytes,
) -> bool:
    """Whether the operator signed exactly this; *public_keys* as :func:`operator_keys` has them."""
    key = public_keys.get(Operator(name))
    digest = rules.statement_digest(opened.case.file.id, kind, body)
    return key is not None and rules.states(key, digest, signature)


def operator_keys(opened: OpenCase) -> dict[Operator, bytes]:
    """The public key of every operator of the case."""
    with opened.database.reading() as connection:
        named = (
            (name, store.operator_key(connection, name)) for name in store.operators(connection)
        )
        return {name: key for name, key in named if key is not None}


def refuse_numbers(text: str) -> None:
    """Refuse a reason that carries a person's number or address: it is kept and read by others.

    Raises:
        DecisionError: it does.
    """
    rules.refuse_numbers(text)


def add_operator(opened: OpenCase, name: str, *, key_file: Path | None = None) -> Path:
    """Make an operator with a key of their own, and say where the key is.

    The key comes first: a kill in between leaves a key that the next call uses.

    Raises:
        GovernanceError: the name cannot be used, or is taken.
    """
    operator = rules.checked_operator(name)
    with opened.database.reading() as connection:
        if store.operator_key(connection, operator) is not None:
            raise GovernanceError(
                said(
                    "there is already an operator {operator}: take another name", operator=operator
                )
            )
    path = key_file or keys.default_key_file(opened.case, operator)
    key = keys.made_key(path)
    with opened.database.unit_of_work() as connection:
        store.add_operator(connection, operator, keys.public_bytes(key), opened.clock.now())
        audit_in(connection, opened, SYSTEM, "operator added", {"operator": operator})
    return path


def operators(opened: OpenCase) -> list[Operator]:
    """The case's operators by name."""
    with opened.database.reading() as connection:
        return operators_in(connection)


def operators_in(connection: Connection) -> list[Operator]:
    """The same inside a transaction of the caller's."""
    return store.operators(connection)


def audit(opened: OpenCase, actor: str, action: str, details: Mapping[str, JSON]) -> None:
    """Add to the audit trail, in a transaction of its own. Details are counts and ids only."""
    with opened.database.unit_of_work() as connection:
        audit_in(connection, opened, actor, action, details)


def audit_in(
    connection: Connection,
    opened: OpenCase,
    actor: str,
    action: str,
    details: Mapping[str, JSON],
) -> None:
    """Add to the audit trail together with what the transaction does.

    Call it late in the transaction: one transaction at a time extends the trail.
    """
    store.lock_audit(connection)
    head = store.audit_head(connection)
    last_no, previous = (0, rules.FIRST_PREVIOUS) if head is None else head
    entry = AuditEntry(
        entry_no=last_no + 1,
        occurred_at=opened.clock.now(),
        actor=actor,
        action=action,
        details=canonical(details),
        previous=previous,
    )
    store.add_audit(connection, entry, rules.entry_hash(entry))


def verify_audit(opened: OpenCase) -> Literal[True]:
    """Check that no entry of the audit trail was changed, moved or taken out.

    Raises:
        AuditBrokenError: one was; the message names the first.
    """
    with opened.database.reading() as connection:
        broken = rules.first_break(store.audit_entries(connection))
    if broken is not None:
        raise AuditBrokenError(
            said(
                "the audit trail was changed at entry {broken}: compare it with a backup",
                broken=broken,
            )
        )
    return True


def trail(opened: OpenCase, beginnings: Sequence[str]) -> list[AuditEntry]:
    """Entries of the audit trail whose action begins with one of these words, oldest first."""
    with opened.database.reading() as connection:
        entries = [entry for entry, _ in store.audit_entries(connection)]
    return [entry for entry in entries if entry.action.startswith(tuple(beginnings))]


def audit_head(opened: OpenCase) -> tuple[int, str]:
    """Number and hash (hexadecimal) of the newest audit entry, for others to keep; 0 if none."""
    with opened.database.reading() as connection:
        number, head = store.audit_head(connection) or (0, rules.FIRST_PREVIOUS)
    return number, head.hex()


def _check_key(
    connection: Connection, opened: OpenCase, operator: Operator, key: Ed25519PrivateKey
) -> None:
    """Refuse a key that is not the operator's."""
    public_key = store.operator_key(connection, operator)
    if public_key is None:
        raise GovernanceError(
            said(
                "there is no operator {operator}: `amends operator add {root} {operator}` "
                "makes one",
                operator=operator,
                root=opened.case.root,
            )
        )
    if public_key != keys.public_bytes(key):
        raise GovernanceError(
            said("the key in that file is not the key of operator {operator}", operator=operator)
        )


def _approvers(connection: Connection, proposal: Proposal) -> tuple[Operator, ...]:
    """Who has validly approved; every signature is verified each time it counts."""
    signed = rules.valid_approvers(proposal.digest, store.approvals(connection, proposal.digest))
    return excluding.counted(connection, proposal, signed)


def _approve_at_once(
    opened: OpenCase, proposal: Proposal, approvers: tuple[Operator, ...]
) -> tuple[Operator, ...]:
    """Let the operators of ``--approve-as`` sign, who are made if need be."""
    refuse_approve_as(opened.case)
    with opened.database.reading() as connection:
        out = excluding.excluded(connection, proposal)
    named = [rules.checked_operator(name) for name in dict.fromkeys(opened.approve_as)]
    signing = [one for one in named if one not in out]
    need = rules.need(opened.case.file.governance, proposal.body)
    if not need.met({*approvers, *signing}):
        raise ApproveAsError(joined((_too_few(need), *map(excluding.why, out.intersection(named)))))
    known = operators(opened)
    for operator in signing:
        if operator not in known:
            add_operator(opened, operator)
        approvers = approve(opened, proposal.digest, operator).approvers
    return approvers


def _chosen(opened: OpenCase, prefix: str | None) -> Proposal:
    """The proposal that is meant."""
    if prefix is None:
        waiting = [one.proposal for one in pending(opened)]
    else:
        with opened.database.reading() as connection:
            waiting = [one for one, _ in store.proposals(connection, prefix)]
    if not waiting:
        raise GovernanceError(
            said("no proposal waits for an approval")
            if prefix is None
            else said("there is no proposal {prefix}", prefix=prefix)
        )
    if len(waiting) > 1:
        listed = ", ".join(f"{one.short} ({one.kind})" for one in waiting)
        raise GovernanceError(
            said("more than one proposal is meant: name one of {listed}", listed=listed)
        )
    return waiting[0]


def _too_few(need: Need) -> Said:
    """What --approve-as lacks."""
    if need == Need():
        return said(
            "two different operators have to approve: give --approve-as twice, with two names"
        )
    return said("{whom} operators have to approve: name them with --approve-as", whom=_whom(need))


def _whom(need: Need) -> str:
    """How many have to sign, and who is to be among them."""
    if not need.one_of:
        return str(need.people)
    return said(
        "{people} (one of {names} among them)", people=need.people, names=", ".join(need.one_of)
    )


def _about(proposal: Proposal) -> dict[str, JSON]:
    """What the audit trail says of a proposal."""
    return {"kind": proposal.kind, "digest": proposal.digest}


def _what_to_do(opened: OpenCase, proposal: Proposal, approvers: tuple[Operator, ...]) -> str:
    """The sentence that a person reads who has to get approvals."""
    return said(
        "{kind} {proposal} has {number} of {needed} approvals{by}. It says: {told}. Another "
        "operator types: amends approve {root} {proposal} --as NAME; without --as the exact text "
        "is shown",
        kind=telling.kind_told(proposal.kind),
        proposal=proposal.short,
        number=len(approvers),
        needed=_whom(rules.need(opened.case.file.governance, proposal.body)),
        by=said(" (by {names})", names=", ".join(approvers)) if approvers else "",
        told=telling.told(proposal.body, opened.case.file.currency),
        root=opened.case.root,
    )
