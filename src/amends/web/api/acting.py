"""Actions: what the console's forms do, through the same use cases."""

from amends.access import revealing, saved
from amends.access import service as access
from amends.access.model import Ground, Role, RoleError, SavedView, Site
from amends.claims import service as claims
from amends.funding import service as funding
from amends.governance import decisions, shown
from amends.governance import service as governance
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.linkage.review import service as review_service
from amends.linkage.review.answers import Answer
from amends.payouts.sending import switch
from amends.reasons.service import explain
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.people import values_of
from amends.web.api.reading import proposal_of, user_of


class AmountError(AmendsError):
    """An amount cannot be read."""

    code = "amount"


def approve(desk: Desk, site: Site, digest: str, given: model.Approval) -> model.Proposal:
    """Sign a proposal, with a second factor now."""
    found, _ = shown.proposal(desk.opened, digest)
    whole = found.proposal.digest
    governance.refuse_numbers(given.reason)
    access.step_up(desk.opened, site, desk.session, whole, access.proof_of(given.proof))
    governance.approve(desk.opened, whole, desk.session.operator, reason=given.reason)
    return proposal_of(shown.proposal(desk.opened, whole)[0])


def save_view(desk: Desk, given: model.View) -> model.Done:
    """Save a view of a list."""
    saved.save(desk.opened, SavedView(path=given.path, name=given.name, query=given.query))
    return model.Done(status="saved")


def remove_view(desk: Desk, given: model.ViewName) -> model.Done:
    """Remove a saved view."""
    saved.remove(desk.opened, given.path, given.name)
    return model.Done(status="removed")


def halt(desk: Desk, given: model.Halt) -> model.Done:
    """Halt payments at once."""
    return model.Done(status="halted", detail=switch.halt(desk.opened, given.reason).reason)


def resume(desk: Desk) -> model.Done:
    """Let payments go on, when two have signed."""
    return model.Done(status="going" if switch.resume(desk.opened) else "not halted")


def release(desk: Desk, given: model.Release) -> model.Done:
    """Release a part of the earmarked money, when two have signed."""
    try:
        amount = Money.parse(given.amount)
    except ValueError as error:
        raise AmountError(str(error)) from error
    return model.Done(status="released", detail=funding.release(desk.opened, amount).reference)


def decide_claims(desk: Desk, given: model.ClaimDecision) -> model.Done:
    """Record a decision on claims, when two have signed."""
    claims.decide(desk.opened, given.claims, grant=given.grant, because=given.because)
    return model.Done(status="decided")


def review(desk: Desk, item: str, given: model.GivenAnswer) -> model.Answered:
    """Answer an item of clerical review."""
    done = review_service.decide(
        desk.opened, item, Answer(given.answer), desk.session.operator, reason=given.reason
    )
    return model.Answered(
        item=done.item_id, answered=done.answered, settled=done.settled, conflicts=done.conflicts
    )


def reveal(desk: Desk, person_id: str, given: model.Look) -> model.Revealed:
    """A person's values, after the look is written down."""
    found = explain(desk.opened, person_id)
    values = values_of(desk.opened, found.person_id)
    with desk.opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection,
            desk.opened,
            found.person_id,
            fields=tuple(values.values),
            ground=Ground(given.ground),
            reason=given.reason,
        )
    return model.Revealed(person_id=found.person_id, values=values.values)


def decision(desk: Desk, given: model.NewDecision) -> model.Done:
    """Write down a decision that was made outside the program."""
    decisions.add(
        desk.opened, what=given.what, reason=given.reason, decided_by=desk.session.operator
    )
    return model.Done(status="recorded")


def verify(desk: Desk) -> model.Verified:
    """Recompute the audit trail and the books."""
    governance.verify_audit(desk.opened)
    transfers = ledger.verify_books(desk.opened)
    number, head = governance.audit_head(desk.opened)
    return model.Verified(entries=number, transfers=transfers, head=head)


def add_user(desk: Desk, given: model.NewUser) -> model.Done:
    """Make an operator with a key of their own."""
    governance.add_operator(desk.opened, given.name)
    return model.Done(status="added")


def set_roles(desk: Desk, name: str, given: model.Roles) -> model.User:
    """Give an operator exactly these roles."""
    access.set_roles(desk.opened, name, [Role(role) for role in given.roles])
    found = [one for one in access.accounts(desk.opened) if one.operator == name]
    if not found:
        raise RoleError(said("there is no operator {operator}", operator=name))
    return user_of(found[0])


def lock_out(desk: Desk, name: str) -> model.Done:
    """End every session of an operator."""
    access.lock_out(desk.opened, name)
    return model.Done(status="locked out")
