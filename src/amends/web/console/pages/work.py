"""My work: what waits for this operator, and what stands in the way of the promise."""

from typing import Final

from amends.access.model import Right
from amends.awards import promised
from amends.claims import service as claims
from amends.claims.model import State
from amends.funding import service as funding
from amends.governance import shown as governance
from amends.governance.telling import kind_told
from amends.inbox import opening as inbox
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage.review import service as review
from amends.linkage.service import standing_run
from amends.payouts.showing import shown as payouts
from amends.web.console.desk import Desk
from amends.web.console.pages import payouts as payouts_page
from amends.web.console.pages import views
from amends.web.console.pages.reconciliation import named
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Figures, Part, Table, View, code

_STATES: Final = {
    "returned": said("Came back"),
    "refused": said("Refused"),
    "unknown": said("Outcome unknown"),
}
"""Payments that somebody has to look at; their lists begin with the oldest."""


def show(desk: Desk) -> View:
    """Queues of the operator's roles, each with its oldest item."""
    parts: list[Part] = []
    parts.append(Figures(items=_figures(desk)))
    if desk.may(Right.AUDIT):
        parts.append(_proposals(desk))
    if desk.may(Right.SEE):
        parts.append(_exceptions(desk))
    parts += views.parts(desk)
    return View(
        title=desk.say(said("My work")),
        parts=parts,
        lead=desk.say(said("What waits for you, the oldest first.")),
    )


def _figures(desk: Desk) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    if desk.may(Right.AUDIT):
        waiting = [one for one in governance.proposals(desk.opened) if one.waiting]
        mine = [one for one in waiting if one.waits_for(desk.session.operator)]
        shown = mine if desk.may(Right.APPROVE) else waiting
        found.append((desk.say(said("Proposals that wait")), f"{len(shown):,}", "/approvals"))
    if desk.may(Right.READ_LEAK):
        found.append((desk.say(said("Items for readers")), f"{_review_items(desk):,}", "/review"))
    if desk.may(Right.SEE):
        funnel = payouts_page.counted(desk)
        for state, words in _STATES.items():
            number = sum(n for _, one, n, _ in funnel.states if one == state)
            address = f"/payments?state={state}&sort=since"
            found.append((desk.say(words), f"{number:,}", address))
        differ = sum(payouts.open_exceptions(desk.opened).values())
        asked = claims.counts(desk.opened).get(State.WAITING, 0)
        came = sum(inbox.counts(desk.opened).values())
        found += [
            (desk.say(said("Exceptions")), f"{differ:,}", "/reconciliation"),
            (desk.say(said("Claims that wait")), f"{asked:,}", "/claims?state=waiting"),
            (desk.say(said("Messages in the inbox")), f"{came:,}", "/inbox"),
        ]
        try:
            position = promised.funds(desk.opened)
        except AmendsError:
            return found
        due = next((one for one in funding.forecast(desk.opened, position) if one.due_minor), None)
        if due is not None:
            over = due.day < desk.opened.clock.now().astimezone(desk.opened.case.file.zone).date()
            words = said("Last promised day, which is over") if over else said("Next promised day")
            found.append((desk.say(words), due.day.isoformat(), "/funding"))
        found.append((desk.say(said("Free funds")), desk.currency(position.free_minor), "/funding"))
    return found


def _review_items(desk: Desk) -> int:
    try:
        standing_run(desk.opened)
        return len(review.listed(desk.opened))
    except AmendsError:
        return 0


def _proposals(desk: Desk) -> Table:
    waiting = [one for one in governance.proposals(desk.opened) if one.waiting]
    return Table(
        caption=desk.say(said("Proposals that wait for signatures")),
        columns=(
            Column(label=desk.say(said("Proposal"))),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Proposed by"))),
            Column(label=desk.say(said("Since"))),
            Column(label=desk.say(said("Signed"))),
        ),
        rows=[
            (
                code(one.proposal.short, f"/approvals/{one.proposal.digest}"),
                desk.say(kind_told(one.proposal.kind)),
                one.proposed_by,
                desk.time(one.proposed_at),
                f"{len(one.approvers)}/{one.need.people}",
            )
            for one in reversed(waiting)
        ],
        empty=desk.say(said("No proposal waits.")),
    )


def _exceptions(desk: Desk) -> Table:
    rows = payouts.exceptions(desk.opened, most=10)
    return Table(
        caption=desk.say(said("Oldest exceptions of reconciliation")),
        columns=(
            Column(label=desk.say(said("Found"))),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Payment"))),
            Column(label=desk.say(said("Amount")), figures=True),
        ),
        rows=[
            (
                desk.time(one.found_at),
                named(desk, one),
                code(one.number, f"/payments/{one.number}") if one.number else "",
                desk.minor(one.amount_minor),
            )
            for one in rows
        ],
        empty=desk.say(said("Books and statements agree.")),
    )


PAGES = (Page(path="/", right=Right.HALT, show=show),)
