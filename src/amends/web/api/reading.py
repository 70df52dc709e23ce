"""Questions: what the console's pages show, as structures."""

import msgspec

from amends.access import saved
from amends.access import service as access
from amends.access.model import Account, Right
from amends.governance import decisions as decision_log
from amends.governance import exports as register
from amends.governance import shown as governance_shown
from amends.governance.shown import Shown
from amends.kernel.money import Money
from amends.linkage.telling import runs as run_service
from amends.payees import shown as payees
from amends.web import keyset
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks
from amends.web.api.parameters import Cursor, Digest, Limit, Place, Signed, Word, Words, before
from amends.web.running import running


@asks("/me", Right.HALT)
def me(desk: Desk) -> model.Me:
    """Who is signed in, and what they may do."""
    standing = desk.session
    return model.Me(
        operator=standing.operator,
        roles=[role.value for role in standing.roles],
        rights=sorted(right.value for right in standing.rights),
        method=standing.method.value,
        expires_at=standing.expires_at,
    )


@asks("/views", Right.HALT)
def views(desk: Desk) -> model.Views:
    """Views of lists that the operator saved."""
    return model.Views(
        views=[
            model.View(path=one.path, name=one.name, query=one.query)
            for one in saved.views(desk.opened)
        ]
    )


@asks("/case", Right.SEE)
def case(desk: Desk) -> model.Case:
    """The case, its time, and how many people are in which state."""
    file = desk.opened.case.file
    found = run_service.runs(desk.opened)
    return model.Case(
        id=file.id,
        title_zh=file.title.zh,
        title_en=file.title.en,
        currency=file.currency,
        simulated=file.made_up,
        now=desk.opened.clock.now(),
        people=found[-1].counts.get("affected") if found else None,
        payees=payees.counted(desk.opened),
        controller_zh=file.controller.zh,
        controller_en=file.controller.en,
        jurisdictions=list(file.jurisdictions),
        discovered_at=file.discovered_at,
        announced_at=file.announced_at,
        promised_each_minor=_minor(file.promise.per_person),
        promised_people=file.promise.people,
        promised_total_minor=_minor(file.promise.total),
        rails=[f"{one.kind} ({one.protocol})" for one in file.rails],
    )


@asks("/proposals", Right.AUDIT)
def proposals(
    desk: Desk, in_state: Signed = "", kind: Word = "", place: Place = "", limit: Limit = 100
) -> model.Proposals:
    """What people sign, newest first."""
    wanted = governance_shown.Wanted(
        approved=in_state == "approved" if in_state else None,
        kind=kind,
        after=keyset.words_of(place),
    )
    page = governance_shown.page(desk.opened, wanted, most=limit)
    return model.Proposals(
        proposals=[proposal_of(one) for one in page.rows],
        next_cursor=keyset.cursor_of(page.following) if page.following else None,
    )


@asks("/proposals/{digest:str}", Right.AUDIT, finds=True)
def proposal(desk: Desk, digest: Digest) -> model.ProposalShown:
    """A proposal with its exact difference to the one approved before."""
    found, before = governance_shown.proposal(desk.opened, digest)
    lines = governance_shown.difference(found.proposal, None if before is None else before.proposal)
    return model.ProposalShown(
        proposal=proposal_of(found),
        compared_with=None if before is None else before.proposal.digest,
        difference=[
            model.Changed(where=one.where, before=one.before, after=one.after)
            for one in lines
            if one.differs
        ],
    )


def proposal_of(one: Shown) -> model.Proposal:
    """A proposal as it goes over the wire."""
    return model.Proposal(
        digest=one.proposal.digest,
        kind=one.proposal.kind,
        body=one.proposal.body,
        proposed_by=one.proposed_by,
        proposed_at=one.proposed_at,
        approvers=list(one.approvers),
        needed=one.need.people,
        approved=one.approved,
    )


@asks("/audit", Right.AUDIT)
def audit(
    desk: Desk,
    action: Word = "",
    actor: Word = "",
    text: Words = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> model.Audit:
    """The audit trail, newest first."""
    entries = governance_shown.entries(
        desk.opened, action=action, actor=actor, text=text, before=before(cursor), most=limit
    )
    last = entries[-1].entry_no if len(entries) == limit else None
    return model.Audit(
        entries=[
            model.AuditEntry(
                number=one.entry_no,
                occurred_at=one.occurred_at,
                actor=one.actor,
                action=one.action,
                details=one.details,
                previous=one.previous.hex(),
            )
            for one in entries
        ],
        next_cursor=None if last is None else str(last),
    )


@asks("/decisions", Right.SEE)
def decisions(desk: Desk, place: Place = "", limit: Limit = 100) -> model.Decisions:
    """The decision log, newest first."""
    page = decision_log.page(desk.opened, before=keyset.moment_of(place), most=limit)
    return model.Decisions(
        decisions=[
            model.Decision(
                decided_on=one.decided_on.isoformat(),
                kind=one.kind.value,
                what=one.what,
                reason=one.reason,
                decided_by=one.decided_by,
                proposal=one.proposal,
            )
            for one in page.rows
        ],
        next_cursor=keyset.of_moment(*page.following) if page.following else None,
    )


@asks("/tax", Right.SEE)
def tax(desk: Desk) -> model.Tax:
    """What the payments are by law."""
    found = decision_log.tax_position(desk.opened)
    return model.Tax(
        legal_character=found.legal_character, zh=found.zh, en=found.en, recorded=found.recorded
    )


@asks("/exports", Right.SEE)
def exports(desk: Desk, what: Word = "", cursor: Cursor = "", limit: Limit = 100) -> model.Exports:
    """The register of exports, newest first."""
    rows = register.page(desk.opened, what=what, before=before(cursor), most=limit)
    return model.Exports(
        exports=[
            model.Export(
                occurred_at=one.occurred_at,
                what=one.what,
                rows=one.rows,
                weight=one.weight_millionths / 1_000_000,
                recipient=one.recipient,
                purpose=one.purpose,
                actor=one.actor,
                sha256=one.file_sha256,
            )
            for _, one in rows
        ],
        next_cursor=str(rows[-1][0]) if len(rows) == limit else None,
    )


@asks("/users", Right.HALT)
def users(desk: Desk) -> model.Users:
    """Operators with their roles and factors, and who is signed in."""
    return model.Users(
        users=[user_of(one) for one in access.accounts(desk.opened)],
        sessions=[
            model.SessionShown(
                operator=one.operator,
                method=one.method.value,
                begun_at=one.begun_at,
                seen_at=one.seen_at,
                expires_at=one.expires_at,
            )
            for one in access.sessions(desk.opened)
        ],
    )


def user_of(one: Account) -> model.User:
    """An operator as it goes over the wire."""
    return model.User(
        name=one.operator,
        roles=[role.value for role in one.roles],
        passkeys=one.passkeys,
        code=one.totp,
        invited=one.invited,
        sessions=one.sessions,
        seen_at=one.seen_at,
    )


@asks("/health", Right.HALT)
def health(desk: Desk) -> model.Health:
    """What the case runs on."""
    return msgspec.convert(running(desk.opened), model.Health, from_attributes=True)


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.amount_minor
