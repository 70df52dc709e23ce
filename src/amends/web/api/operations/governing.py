"""What people sign and what is on record."""

from typing import Final

from litestar import Response, get, post

from amends.access.model import Right
from amends.web.api import acting, leaving, model, reading
from amends.web.api.calls import ACTS, FINDS, READS, Call, Desk, Key
from amends.web.api.parameters import Cursor, Digest, Limit, Place, Signed, Word, Words, calls_of


@get("/proposals", responses=READS)
async def proposals(
    request: Call, in_state: Signed = "", kind: Word = "", place: Place = "", limit: Limit = 100
) -> Response[model.Proposals]:
    """What people sign, newest first."""
    return await calls_of(request).get(
        request,
        Right.AUDIT,
        lambda desk: reading.proposals(desk, state=in_state, kind=kind, cursor=place, limit=limit),
    )


@get("/proposals/{digest:str}", responses=FINDS)
async def proposal(request: Call, digest: Digest) -> Response[model.ProposalShown]:
    """A proposal with its exact difference to the one approved before."""
    return await calls_of(request).get(
        request, Right.AUDIT, lambda desk: reading.proposal(desk, digest)
    )


@post("/proposals/{digest:str}/approvals", responses=ACTS)
async def approve(
    request: Call, digest: Digest, data: model.Approval, key: Key
) -> Response[model.Proposal]:
    """Sign a proposal, with a second factor now."""
    return await calls_of(request).post(
        request,
        Right.APPROVE,
        key=key,
        body=data,
        make=lambda desk: acting.approve(desk, calls_of(request).sessions.site, digest, data),
    )


@get("/decisions", responses=READS)
async def decisions(request: Call) -> Response[model.Decisions]:
    """The decision log."""
    return await calls_of(request).get(request, Right.SEE, reading.decisions)


@post("/decisions", responses=ACTS)
async def decision(request: Call, data: model.NewDecision, key: Key) -> Response[model.Done]:
    """Write down a decision that was made outside the program."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.decision(desk, data),
    )


@get("/exports", responses=READS)
async def exports(request: Call) -> Response[model.Exports]:
    """The register of exports."""
    return await calls_of(request).get(request, Right.SEE, reading.exports)


@get("/audit", responses=READS)
async def audit(
    request: Call,
    action: Word = "",
    actor: Word = "",
    text: Words = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response[model.Audit]:
    """The audit trail, newest first."""

    def make(desk: Desk) -> model.Audit:
        return reading.audit(
            desk, action=action, actor=actor, text=text, cursor=cursor, limit=limit
        )

    return await calls_of(request).get(request, Right.AUDIT, make)


@post("/audit/verifications", responses=ACTS)
async def verify(request: Call, key: Key) -> Response[model.Verified]:
    """Recompute the audit trail and the books."""
    return await calls_of(request).post(
        request, Right.AUDIT, key=key, body=None, make=acting.verify
    )


@post("/proposals/{digest:str}/challenges", responses=ACTS)
async def challenge(request: Call, digest: Digest, key: Key) -> Response[model.Challenge]:
    """What a passkey signs for this proposal alone, once; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.APPROVE,
        key=key,
        body=None,
        make=lambda desk: acting.challenge(desk, calls_of(request).sessions.site, digest),
        secret=True,
    )


@post("/proposals/{digest:str}/refusals", responses=ACTS)
async def refuse(
    request: Call, digest: Digest, data: model.Refusal, key: Key
) -> Response[model.Done]:
    """Write into the decision log that a proposal is not signed, and why."""
    return await calls_of(request).post(
        request,
        Right.APPROVE,
        key=key,
        body=data,
        make=lambda desk: acting.refuse(desk, digest, data),
    )


@get("/tax", responses=READS)
async def tax(request: Call) -> Response[model.Tax]:
    """What the payments are by law."""
    return await calls_of(request).get(request, Right.SEE, reading.tax)


@post("/decisions/files", responses=ACTS)
async def take_decisions(request: Call, key: Key) -> Response[leaving.Report]:
    """The decision log as CSV; entered in the register, never kept for a second answer."""
    return await calls_of(request).post(
        request, Right.EXPORT, key=key, body=None, make=leaving.decisions, secret=True
    )


@post("/exports/files", responses=ACTS)
async def take_exports(request: Call, key: Key) -> Response[leaving.Report]:
    """The register of exports as CSV; that it leaves is its next line."""
    return await calls_of(request).post(
        request, Right.EXPORT, key=key, body=None, make=leaving.register, secret=True
    )


@post("/audit/files", responses=ACTS)
async def take_audit(request: Call, data: leaving.AuditFile, key: Key) -> Response[leaving.Report]:
    """The audit trail as CSV; entered in the register, never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.EXPORT,
        key=key,
        body=data,
        make=lambda desk: leaving.audit(desk, data),
        secret=True,
    )


HANDLERS: Final = (
    proposals,
    proposal,
    approve,
    decisions,
    decision,
    exports,
    audit,
    verify,
    challenge,
    refuse,
    tax,
    take_decisions,
    take_exports,
    take_audit,
)
