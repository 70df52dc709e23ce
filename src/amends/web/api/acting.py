"""Actions: what the console's forms do, through the same use cases."""

from amends.access import saved
from amends.access import service as access
from amends.access.model import Role, RoleError, SavedView, Site
from amends.claims import service as claims
from amends.funding import service as funding
from amends.governance import decisions, shown
from amends.governance import service as governance
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.payouts.reconciling import closing
from amends.payouts.reconciling.closing_model import Explanation
from amends.payouts.sending import switch
from amends.web.api import model, money
from amends.web.api.calls import Desk
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


def challenge(desk: Desk, site: Site, digest: str) -> model.Challenge:
    """A challenge for a passkey, bound to what two people sign."""
    found, _ = shown.proposal(desk.opened, digest)
    whole = found.proposal.digest
    return model.Challenge(options=access.step_up_options(desk.opened, site, desk.session, whole))


def refuse(desk: Desk, digest: str, given: model.Refusal) -> model.Done:
    """Write into the decision log that a proposal is not signed."""
    found, _ = shown.proposal(desk.opened, digest)
    decisions.refuse(
        desk.opened, found.proposal, reason=given.reason, decided_by=desk.session.operator
    )
    return model.Done(status="refused", detail=found.proposal.digest)


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


def release(desk: Desk, given: money.Release) -> model.Done:
    """Release a part of the earmarked money, when two have signed."""
    try:
        amount = Money.parse(given.amount)
    except ValueError as error:
        raise AmountError(str(error)) from error
    return model.Done(status="released", detail=funding.release(desk.opened, amount).reference)


def take_exception(desk: Desk, given: money.ExceptionTaken) -> model.Done:
    """Look after an exception from now on."""
    closing.take(desk.opened, given.id)
    return model.Done(status="taken")


def explain_exception(desk: Desk, given: money.ExceptionExplained) -> model.Done:
    """Say what an exception was, when two have signed exactly that."""
    closing.explain(desk.opened, given.id, Explanation(given.what))
    return model.Done(status="explained")


def decide_claims(desk: Desk, given: money.ClaimDecision) -> model.Done:
    """Record a decision on claims, when two have signed."""
    claims.decide(desk.opened, given.claims, grant=given.grant, because=given.because)
    return model.Done(status="decided")


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


def invite(desk: Desk, site: Site, name: str) -> model.Invitation:
    """A link for a new passkey or code, shown once."""
    return model.Invitation(link=access.invitation_link(desk.opened, site, name))


def lock_out(desk: Desk, name: str) -> model.Done:
    """End every session of an operator."""
    access.lock_out(desk.opened, name)
    return model.Done(status="locked out")
