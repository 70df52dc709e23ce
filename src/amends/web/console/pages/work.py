"""My work: what waits for this operator, and what stands in the way of the promise."""

from amends.access.model import Right
from amends.awards import promised
from amends.governance import shown as governance
from amends.governance.telling import kind_told
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage import review
from amends.linkage.service import standing_run
from amends.payouts import shown as payouts
from amends.payouts import switch
from amends.web.console.desk import Desk
from amends.web.console.pages import payouts as payouts_page
from amends.web.console.pages import views
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Figures, Note, Part, Table, View, code, link
from amends.web.console.words import KINDS_OF_EXCEPTION


def show(desk: Desk) -> View:
    """Queues of the operator's roles, each with its oldest item."""
    parts: list[Part] = []
    halted = switch.halted(desk.opened)
    if halted is not None:
        parts.append(
            Note(
                text=desk.say(halted.told()),
                tone="bad",
                href="/payouts",
                href_text=desk.say(said("To the switch")),
            )
        )
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
        waiting = [one for one in governance.proposals(desk.opened) if not one.approved]
        mine = [one for one in waiting if one.waits_for(desk.session.operator)]
        number = mine if desk.may(Right.APPROVE) else waiting
        found.append((desk.say(said("Proposals that wait")), f"{len(number):,}", "/approvals"))
    if desk.may(Right.READ_LEAK):
        found.append((desk.say(said("Items for readers")), f"{_review_items(desk):,}", "/review"))
    if desk.may(Right.SEE):
        funnel = payouts_page.counted(desk)
        ended = sum(n for _, state, n, _ in funnel.states if state in {"returned", "refused"})
        doubt = sum(n for _, state, n, _ in funnel.states if state == "unknown")
        differ = sum(payouts.open_exceptions(desk.opened).values())
        found += [
            (desk.say(said("Came back or refused")), f"{ended:,}", "/payments?state=returned"),
            (desk.say(said("Outcome unknown")), f"{doubt:,}", "/payments?state=unknown"),
            (desk.say(said("Exceptions")), f"{differ:,}", "/reconciliation"),
        ]
        try:
            position = promised.funds(desk.opened)
        except AmendsError:
            return found
        found.append((desk.say(said("Free funds")), desk.currency(position.free_minor), "/funding"))
    return found


def _review_items(desk: Desk) -> int:
    try:
        standing_run(desk.opened)
        return len(review.listed(desk.opened))
    except AmendsError:
        return 0


def _proposals(desk: Desk) -> Table:
    waiting = [one for one in governance.proposals(desk.opened) if not one.approved]
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
                desk.time(found),
                desk.say(KINDS_OF_EXCEPTION.get(kind, kind)),
                link(f"/payments/{number}", number) if number else "",
                desk.minor(amount),
            )
            for _, kind, _, number, amount, found, _ in rows
        ],
        empty=desk.say(said("Books and statements agree.")),
    )


PAGES = (Page(path="/", right=Right.HALT, show=show),)
