"""A plan that nobody will sign is rejected: its payments end unsent, and are planned anew.

One person is enough, as nothing moves by it; why stands in the log of decisions.
"""

import json

from amends.governance import decisions
from amends.governance.model import GovernanceError, Proposal
from amends.governance.service import audit_in, proposals_in, reject_in
from amends.governance.shown import proposal as proposal_of
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.payouts.planning import plan_store, reject_store
from amends.vault.opened import OpenCase


def reject(opened: OpenCase, prefix: str, reason: str) -> StageSummary:
    """End the plan that a proposal is about, by the beginning of its digest.

    Raises:
        GovernanceError: there is no such proposal, it is about something else, or its plan was
            approved or rejected before.
        DecisionError: the reason says nothing, or carries a person's number.
    """
    chosen = proposal_of(opened, prefix)[0].proposal
    if chosen.kind != "pay":
        raise GovernanceError(
            said(
                "{short} is no plan of payments: what is not to be done, nobody signs",
                short=chosen.short,
            )
        )
    plan_no = _plan_of(chosen)
    with opened.database.unit_of_work() as connection:
        plan_store.lock_plans(connection)
        if not reject_store.reject(connection, plan_no, opened.clock.now()):
            raise GovernanceError(
                said("plan {plan_no} was approved or rejected before", plan_no=plan_no)
            )
        ended = reject_store.end(connection, plan_no)
        for one in proposals_in(connection, "pay"):
            if _plan_of(one) == plan_no and not one.rejected:
                reject_in(connection, opened, one)
        about = {"plan": plan_no, "count": ended}
        audit_in(connection, opened, opened.by, "plan rejected", about)
        decisions.refuse_in(connection, opened, chosen, reason=reason, decided_by=opened.by)
    return StageSummary(
        counts={"ended_unsent": ended},
        notes=(said("`amends pay` plans these anew, and asks for signatures"),),
    )


def _plan_of(proposal: Proposal) -> int:
    """Which plan a proposal is about."""
    return int(json.loads(proposal.body)["plan"])
