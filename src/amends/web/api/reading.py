"""Questions: what the console's pages show, as structures."""

from datetime import datetime

from amends import __version__
from amends.access import revealing, saved
from amends.access import service as access
from amends.access.model import Account
from amends.awards import promised
from amends.claims import service as claim_service
from amends.governance import decisions as decision_log
from amends.governance import exports as register
from amends.governance import service as governance
from amends.governance import shown as governance_shown
from amends.governance.shown import Shown
from amends.linkage.review import service as review_service
from amends.linkage.telling import runs as run_service
from amends.payees import shown as payees
from amends.payouts.sending import switch
from amends.payouts.showing import shown
from amends.payouts.showing.listed import PaymentRow
from amends.payouts.showing.shown import Wanted
from amends.reasons.service import explain
from amends.reasons.words import told
from amends.store.asking import Asking
from amends.web import keyset
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.people import masked_of
from amends.web.keyset import Key


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


def views(desk: Desk) -> model.Views:
    """What the operator saved, by page and name."""
    return model.Views(
        views=[
            model.View(path=one.path, name=one.name, query=one.query)
            for one in saved.views(desk.opened)
        ]
    )


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
    )


def runs(desk: Desk) -> model.Runs:
    """Every determination, oldest first."""
    return model.Runs(
        runs=[
            model.Run(
                run=one.run_no,
                finished_at=one.finished_at,
                input_digest=one.input_digest,
                result_digest=one.result_digest,
                counts=one.counts,
            )
            for one in run_service.runs(desk.opened)
        ]
    )


def difference(desk: Desk, before: int, after: int) -> model.Difference:
    """Two determinations held against each other."""
    found = run_service.compare(desk.opened, before, after)
    return model.Difference(before=found.before, after=found.after, counts=found.counts)


def funding(desk: Desk) -> model.Funding:
    """Funds against obligations."""
    found = promised.funds(desk.opened)
    return model.Funding(
        currency=found.currency,
        level=found.level.value,
        funds_minor=found.funds_minor,
        obligations_minor=found.obligations_minor,
        free_minor=found.free_minor,
        settled_minor=found.settled_minor,
        in_flight_minor=found.in_flight_minor,
        owed_minor=found.owed_minor,
        released_minor=found.released_minor,
    )


def payouts(desk: Desk) -> model.Payouts:
    """Payments by rail and state, and whether they are halted."""
    funnel = shown.funnel(desk.opened)
    halted = switch.halted(desk.opened)
    return model.Payouts(
        counted_at=funnel.counted_at,
        halted=halted is not None,
        halted_because=None if halted is None else halted.reason,
        states=[
            model.StateCount(rail=rail, state=state, payments=number, amount_minor=minor)
            for rail, state, number, minor in funnel.states
        ],
    )


def payments(desk: Desk, wanted: Wanted, *, cursor: str, limit: int) -> model.Payments:
    """A page of payments."""
    page = shown.payments(desk.opened, wanted, after=shown.place_of(cursor), most=limit)
    following = page.following
    return model.Payments(
        payments=[_payment(row) for row in page.rows],
        next_cursor=None if following is None else shown.cursor_of(following),
    )


async def payment(asking: Asking, number: str) -> model.Payment:
    """One payment by its number."""
    return _payment(await shown.payment_asked(asking, number))


def story(desk: Desk, number: str) -> model.Story:
    """One payment from the decision to the books."""
    found = shown.story(desk.opened, number)
    return model.Story(
        payment=_payment(found.row),
        person_id=found.person_id,
        awarded_at=found.awarded_at,
        plan=found.plan_no,
        planned_at=found.planned_at,
        approved_at=found.approved_at,
        steps=[
            model.Step(at=one.at, kind=one.kind, told=one.told, digest=one.digest.hex())
            for one in found.traces
        ],
        transfers=[one.transfer_id for one, _ in found.transfers],
    )


def exceptions(
    desk: Desk, *, kind: str, cleared: bool, cursor: str, limit: int
) -> model.Exceptions:
    """What a person has to explain, oldest first."""
    found = shown.exceptions(
        desk.opened, kind=kind, cleared=cleared, after=_found_after(cursor), most=limit + 1
    )
    last = found[limit - 1] if len(found) > limit else None
    return model.Exceptions(
        next_cursor=None if last is None else keyset.cursor_of((last[5].isoformat(), last[0])),
        exceptions=[
            model.Exceptional(
                id=name,
                kind=what,
                rail=rail,
                number=number,
                amount_minor=minor,
                found_at=since,
                cleared_at=done,
            )
            for name, what, rail, number, minor, since, done in found[:limit]
        ],
    )


def _found_after(cursor: str) -> tuple[datetime, str] | None:
    """Where a page of exceptions begins; None, the beginning, of a cursor of something else."""
    match keyset.key_of(cursor):
        case (str(at), str(name)):
            try:
                found = datetime.fromisoformat(at)
            except ValueError:
                return None
            return (found, name.replace("\0", "")) if found.tzinfo else None
        case _:
            return None


def review(desk: Desk, cursor: str, limit: int) -> model.Review:
    """What waits for readers, most valuable first."""
    items = review_service.listed(desk.opened)
    report = review_service.report(desk.opened)
    page = keyset.page(items, _worth, after=cursor, most=limit, down=True)
    return model.Review(
        items=[
            model.ReviewItem(
                item=one.item_id,
                kind=one.kind.value,
                questions=one.questions,
                probability=one.probability,
                waits_for=one.waits_for,
            )
            for one in page.rows
        ],
        next_cursor=page.following or None,
        open_items=report.open_items,
        answers=report.answers,
        agreement=report.agreement.rate,
    )


def _worth(one: review_service.Item) -> Key:
    return -1 if one.money is None else one.money.amount_minor, one.item_id


def claims(desk: Desk, cursor: str, limit: int) -> model.Claims:
    """Claims of later losses by number."""
    found = claim_service.standing(desk.opened)
    page = keyset.page(found.claims, lambda one: (one.claim_no,), after=cursor, most=limit)
    return model.Claims(
        claims=[
            model.Claim(
                claim=one.claim_no,
                person_id=one.person_id,
                kind=one.asked.kind.value,
                state=one.state.value,
                given_minor=found.given[one.claim_no].amount_minor
                if one.claim_no in found.given
                else one.granted_minor,
            )
            for one in page.rows
        ],
        next_cursor=page.following or None,
    )


def proposals(desk: Desk, cursor: str, limit: int) -> model.Proposals:
    """What people sign, newest first."""
    page = keyset.page(
        governance_shown.proposals(desk.opened),
        lambda one: (one.proposed_at.isoformat(), one.proposal.digest),
        after=cursor,
        most=limit,
        down=True,
    )
    return model.Proposals(
        proposals=[proposal_of(one) for one in page.rows],
        next_cursor=page.following or None,
    )


def proposal(desk: Desk, digest: str) -> model.ProposalShown:
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


def person(desk: Desk, person_id: str) -> model.Person:
    """A person: why they get what they get, where the money goes (masked), who looked."""
    found = explain(desk.opened, person_id)
    return model.Person(
        person_id=found.person_id,
        sentences=told(found, "en"),
        masked=masked_of(desk.opened, found.person_id),
        looks=len(revealing.looks(desk.opened, found.person_id)),
    )


def audit(desk: Desk, *, action: str, actor: str, cursor: str, limit: int) -> model.Audit:
    """The audit trail, newest first."""
    before = int(cursor.partition(".")[0]) if cursor else None
    entries = governance_shown.entries(
        desk.opened, action=action, actor=actor, before=before, most=limit
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


def decisions(desk: Desk) -> model.Decisions:
    """The decision log."""
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
            for one in decision_log.log(desk.opened)
        ]
    )


def exports(desk: Desk) -> model.Exports:
    """The register of exports."""
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
            for one in register.exports(desk.opened)
        ]
    )


def users(desk: Desk) -> model.Users:
    """Operators with their roles and factors."""
    return model.Users(users=[user_of(one) for one in access.accounts(desk.opened)])


def user_of(one: Account) -> model.User:
    """An operator as it goes over the wire."""
    return model.User(
        name=one.operator,
        roles=[role.value for role in one.roles],
        passkeys=one.passkeys,
        code=one.totp,
        sessions=one.sessions,
    )


def health(desk: Desk) -> model.Health:
    """Version, time, length of the trail."""
    return model.Health(
        version=__version__,
        now=desk.opened.clock.now(),
        simulated=desk.opened.clock.simulated,
        audit_entries=governance.audit_head(desk.opened)[0],
    )


def _payment(row: PaymentRow) -> model.Payment:
    return model.Payment(
        number=row.instruction_id,
        award=row.award_index,
        generation=row.generation,
        rail=row.rail,
        amount_minor=row.amount_minor,
        currency=row.currency,
        state=row.state,
        reason=row.reason,
        attempts=row.attempts,
        provider_reference=row.provider_reference,
        sent_at=row.sent_at,
        settled_at=row.settled_at,
    )
