"""The seven stages: how far each is, what it waits for, and the command that takes it further.

A stage may run for hours and asks for keys, so it runs on the command line, never in a page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amends.access.model import Right
from amends.evidence import service as evidence
from amends.evidence.model import Role
from amends.governance import shown as governance
from amends.governance.telling import kind_told
from amends.journey import STAGES
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage.telling import runs
from amends.payouts.showing import shown
from amends.web.console.desk import Desk
from amends.web.console.pages import payouts
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Cell, Column, Table, View, code, joined_html, link, tag

_NAMES: Final = {
    "intake": said("Take files into custody"),
    "determine": said("Determine who is affected"),
    "award": said("Fix what is owed to whom"),
    "publish": said("Publish the roster"),
    "notify": said("Write everybody's notice"),
    "pay": said("Pay everybody once"),
    "reconcile": said("Reconcile, publish the epoch"),
}
_WAITING: Final = {"award": {"award", "correction"}, "publish": {"publish"}, "pay": {"pay"}}
"""Which proposals hold a stage up."""
_OPEN: Final = frozenset({"planned", "approved", "sending", "unknown", "accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a stage is; ``at``: when it was last run to its end."""

    told: str
    at: datetime | None
    whole: bool = True


def show(desk: Desk) -> View:
    """Every stage in order."""
    return View(
        title=desk.say(said("Stages")),
        lead=desk.say(
            said(
                "Each is run on the command line, resumes where it stopped, and does nothing twice."
            )
        ),
        parts=[
            Table(
                caption=desk.say(said("From leaked files to reconciled payments")),
                columns=(
                    Column(label=desk.say(said("Stage"))),
                    Column(label=desk.say(said("State"))),
                    Column(label=desk.say(said("How far"))),
                    Column(label=desk.say(said("Last run"))),
                    Column(label=desk.say(said("Waits for signatures"))),
                    Column(label=desk.say(said("Command"))),
                ),
                rows=[_row(desk, stage.name) for stage in STAGES],
            )
        ],
    )


def _row(desk: Desk, name: str) -> tuple[Cell, ...]:
    try:
        reached = _REACHED[name](desk)
    except AmendsError:
        reached = None
    if reached is None:
        state = tag(desk.say(said("not yet")))
    elif reached.whole:
        state = tag(desk.say(said("done")), "good")
    else:
        state = tag(desk.say(said("under way")), "warn")
    return (
        desk.say(_NAMES[name]),
        state,
        "" if reached is None else reached.told,
        "" if reached is None else desk.time(reached.at),
        _waiting(desk, name),
        code(f"amends {name} {desk.opened.case.root.name}"),
    )


def _waiting(desk: Desk, name: str) -> Cell:
    if not desk.may(Right.AUDIT):
        return ""
    return joined_html(
        link(f"/approvals/{one.proposal.digest}", desk.say(kind_told(one.proposal.kind)))
        for one in governance.proposals(desk.opened)
        if not one.approved and one.proposal.kind in _WAITING.get(name, ())
    )


def _taken(desk: Desk) -> Reached:
    files = [one for role in Role for one in evidence.held(desk.opened, role)]
    told = desk.say(
        said(
            "{files:,} tables, {rows:,} rows",
            files=len(files),
            rows=sum(one.custody.records for one in files),
        )
    )
    return Reached(told=told, at=max(one.custody.taken_at for one in files))


def _determined(desk: Desk) -> Reached | None:
    found = runs.runs(desk.opened)
    if not found:
        return None
    people = found[-1].counts.get("affected", 0)
    told = desk.say(said("run {number}: {people:,} people", number=found[-1].run_no, people=people))
    return Reached(told=told, at=found[-1].finished_at)


def _paid(desk: Desk) -> Reached | None:
    funnel = payouts.counted(desk)
    if not funnel.states:
        return None
    settled = sum(number for _, state, number, _ in funnel.states if state == "settled")
    opened = sum(number for _, state, number, _ in funnel.states if state in _OPEN)
    told = said(
        "{settled:,} arrived, {open:,} under way, {ended:,} ended otherwise",
        settled=settled,
        open=opened,
        ended=sum(number for _, _, number, _ in funnel.states) - settled - opened,
    )
    at = max((hour for hour, *_ in funnel.hours), default=None)
    return Reached(told=desk.say(told), at=at, whole=not opened)


def _reconciled(desk: Desk) -> Reached | None:
    bills = shown.bills(desk.opened)
    if not bills:
        return None
    waiting = sum(shown.open_exceptions(desk.opened).values())
    told = said(
        "{bills:,} statements in, {waiting:,} exceptions open", bills=len(bills), waiting=waiting
    )
    return Reached(told=desk.say(told), at=max(one[5] for one in bills), whole=not waiting)


def _audited(action: str) -> Callable[[Desk], Reached | None]:
    """A stage that is done as the audit trail says."""

    def reached(desk: Desk) -> Reached | None:
        found = governance.entries(desk.opened, action=action, most=1)
        return Reached(told="", at=found[0].occurred_at) if found else None

    return reached


_REACHED: Final[dict[str, Callable[[Desk], Reached | None]]] = {
    "intake": _taken,
    "determine": _determined,
    "award": _audited("awarded"),
    "publish": _audited("roster.publish"),
    "notify": _audited("notices queued"),
    "pay": _paid,
    "reconcile": _reconciled,
}

PAGES = (Page(path="/stages", right=Right.SEE, show=show),)
