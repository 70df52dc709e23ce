"""Actions: what the console's forms do, through the same use cases."""

from amends.access import saved
from amends.access import service as access
from amends.access.model import Right, Role, RoleError, SavedView
from amends.claims import service as claims
from amends.funding import service as funding
from amends.governance import decisions, shown
from amends.governance import service as governance
from amends.kernel.errors import AmendsError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.ledger import service as ledger
from amends.payouts.reconciling import explaining
from amends.payouts.reconciling.closing_model import Explanation
from amends.payouts.sending import switch
from amends.web.api import model, money
from amends.web.api.calls import Desk
from amends.web.api.operations import does
from amends.web.api.parameters import Digest, Name
from amends.web.api.reading import proposal_of, user_of


class AmountError(AmendsError):
    """An amount cannot be read."""

    code = "amount"


@does("/proposals/{digest:str}/approvals", Right.APPROVE)
def approve(desk: Desk, digest: Digest, given: model.Approval) -> model.Proposal:
    """Sign a proposal, with a second factor now."""
    found, _ = shown.proposal(desk.opened, digest)
    whole = found.proposal.digest
    governance.refuse_numbers(given.reason)
    access.step_up(desk.opened, desk.site, desk.session, whole, access.proof_of(given.proof))
    governance.approve(desk.opened, whole, desk.session.operator, reason=given.reason)
    return proposal_of(shown.proposal(desk.opened, whole)[0])


@does("/proposals/{digest:str}/challenges", Right.APPROVE, secret=True)
def challenge(desk: Desk, digest: Digest) -> model.Challenge:
    """What a passkey signs for this proposal alone, once."""
    found, _ = shown.proposal(desk.opened, digest)
    whole = found.proposal.digest
    options = access.step_up_options(desk.opened, desk.site, desk.session, whole)
    return model.Challenge(options=options)


@does("/proposals/{digest:str}/refusals", Right.APPROVE)
def refuse(desk: Desk, digest: Digest, given: model.Refusal) -> model.Done:
    """Write into the decision log that a proposal is not signed, and why."""
    found, _ = shown.proposal(desk.opened, digest)
    decisions.refuse(
        desk.opened, found.proposal, reason=given.reason, decided_by=desk.session.operator
    )
    return model.Done(status="refused", detail=found.proposal.digest)


@does("/views", Right.HALT)
def save_view(desk: Desk, given: model.View) -> model.Done:
    """Save a view of a list; one of the same page and name is replaced."""
    saved.save(desk.opened, SavedView(path=given.path, name=given.name, query=given.query))
    return model.Done(status="saved")


@does("/views/removals", Right.HALT)
def remove_view(desk: Desk, given: model.ViewName) -> model.Done:
    """Remove a saved view; one that is not there is removed already."""
    saved.remove(desk.opened, given.path, given.name)
    return model.Done(status="removed")


@does("/payouts/halt", Right.HALT)
def halt(desk: Desk, given: model.Halt) -> model.Done:
    """Halt payments at once."""
    found = switch.halt(desk.opened, given.reason, withdraws=given.withdraw)
    return model.Done(status="stopped" if found.withdraws else "halted", detail=found.reason)


@does("/payouts/resume", Right.PROPOSE)
def resume(desk: Desk) -> model.Done:
    """Propose that payments go on, or carry it out when two have signed."""
    return model.Done(status="going" if switch.resume(desk.opened) else "not halted")


@does("/funding/releases", Right.PROPOSE)
def release(desk: Desk, given: money.Release) -> model.Done:
    """Propose, or carry out, the release of a part of the earmarked money."""
    try:
        amount = Money.parse(given.amount)
    except ValueError as error:
        raise AmountError(str(error)) from error
    return model.Done(status="released", detail=funding.release(desk.opened, amount).reference)


@does("/exceptions/taken", Right.PROPOSE)
def take_exception(desk: Desk, given: money.ExceptionTaken) -> model.Done:
    """Look after an exception from now on."""
    explaining.take(desk.opened, given.id)
    return model.Done(status="taken")


@does("/exceptions/explanations", Right.PROPOSE)
def explain_exception(desk: Desk, given: money.ExceptionExplained) -> model.Done:
    """Propose what an exception was, or have the books follow when two have signed."""
    explaining.explain(desk.opened, given.id, Explanation(given.what))
    return model.Done(status="explained")


@does("/claims/decisions", Right.PROPOSE)
def decide_claims(desk: Desk, given: money.ClaimDecision) -> model.Done:
    """Propose a decision on claims, or record it when two have signed."""
    claims.decide(desk.opened, given.claims, grant=given.grant, because=given.because)
    return model.Done(status="decided")


@does("/decisions", Right.PROPOSE)
def decision(desk: Desk, given: model.NewDecision) -> model.Done:
    """Write down a decision that was made outside the program."""
    decisions.add(
        desk.opened, what=given.what, reason=given.reason, decided_by=desk.session.operator
    )
    return model.Done(status="recorded")


@does("/audit/verifications", Right.AUDIT)
def verify(desk: Desk) -> model.Verified:
    """Recompute the audit trail and the books."""
    governance.verify_audit(desk.opened)
    transfers = ledger.verify_books(desk.opened)
    number, head = governance.audit_head(desk.opened)
    return model.Verified(entries=number, transfers=transfers, head=head)


@does("/users", Right.MANAGE)
def add_user(desk: Desk, given: model.NewUser) -> model.Done:
    """Make an operator with a key of their own."""
    governance.add_operator(desk.opened, given.name)
    return model.Done(status="added")


@does("/users/{name:str}/roles", Right.MANAGE)
def set_roles(desk: Desk, name: Name, given: model.Roles) -> model.User:
    """Give an operator exactly these roles."""
    access.set_roles(desk.opened, name, [Role(role) for role in given.roles])
    found = [one for one in access.accounts(desk.opened) if one.operator == name]
    if not found:
        raise RoleError(said("there is no operator {operator}", operator=name))
    return user_of(found[0])


@does("/users/{name:str}/invitations", Right.MANAGE, secret=True)
def invite(desk: Desk, name: Name) -> model.Invitation:
    """Make a link for a new passkey or code."""
    return model.Invitation(link=access.invitation_link(desk.opened, desk.site, name))


@does("/users/{name:str}/lock-out", Right.MANAGE)
def lock_out(desk: Desk, name: Name) -> model.Done:
    """End every session of an operator, and let none of their factors count."""
    access.lock_out(desk.opened, name)
    return model.Done(status="locked out")
