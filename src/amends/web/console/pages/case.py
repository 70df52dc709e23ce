"""The case: what it is, its people, sources with digests, what was decided when."""

from typing import Final

from amends.access.model import Right
from amends.evidence import service as evidence
from amends.evidence.model import Role
from amends.governance import decisions
from amends.governance.telling import kind_told
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage.telling import runs
from amends.payees import shown as payees
from amends.payees.model import Situation
from amends.payees.words import SITUATIONS
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Page
from amends.web.console.parts import (
    Column,
    Event,
    Facts,
    Part,
    Table,
    Timeline,
    View,
    code,
    link,
)

_EVENTS: Final = 40
"""How much of what happened the page tells."""


def show(desk: Desk) -> View:
    """One case at a glance."""
    file = desk.opened.case.file
    found = runs.page(desk.opened, most=1)
    promise = file.promise
    rows = [
        (desk.say(said("Case")), code(file.id)),
        (desk.say(said("Controller")), desk.text(file.controller)),
        (desk.say(said("Jurisdictions")), ", ".join(file.jurisdictions)),
        (desk.say(said("Discovered")), desk.time(file.discovered_at)),
        (desk.say(said("Announced")), desk.time(file.announced_at)),
        (desk.say(said("Promised")), _promised(desk)),
        (
            desk.say(said("People affected")),
            f"{found[0].counts.get('affected', 0):,}" if found else "",
        ),
        (desk.say(said("Rails")), ", ".join(f"{one.kind} ({one.protocol})" for one in file.rails)),
    ]
    if promise.pay_within is not None:
        days, seconds = promise.pay_within.days, promise.pay_within.seconds
        told = said("{days} days, {hours} hours", days=days, hours=seconds // 3600)
        rows.append((desk.say(said("To be paid within")), desk.say(told)))
    parts: list[Part] = [
        Facts(title=desk.say(said("What it is")), rows=rows),
        _people(desk),
        _timeline(desk),
        _sources(desk),
    ]
    return View(title=desk.say(said("The case")), lead=desk.text(file.title), parts=parts)


def _promised(desk: Desk) -> str:
    promise = desk.opened.case.file.promise
    told = [promise.per_person and desk.money(promise.per_person)]
    if promise.people is not None:
        told.append(desk.say(said("{people:,} people", people=promise.people)))
    if promise.total is not None:
        told.append(desk.money(promise.total))
    return " · ".join(one for one in told if one)


def _people(desk: Desk) -> Table:
    counted = payees.counted(desk.opened)
    return Table(
        caption=desk.say(said("Who is paid")),
        columns=(
            Column(label=desk.say(said("State"))),
            Column(label=desk.say(said("People")), figures=True),
        ),
        rows=[
            (
                link(
                    f"/people?state={state}",
                    desk.say(SITUATIONS[Situation(state)]) if state in set(Situation) else state,
                ),
                number,
            )
            for state, number in sorted(counted.items(), key=lambda pair: -pair[1])
        ],
        empty=desk.say(said("Nobody has been looked at yet.")),
        narrow=True,
    )


def _timeline(desk: Desk) -> Timeline:
    events = [
        Event(
            at=desk.time(one.recorded_at),
            title=desk.say(kind_told(one.what)),
            text=desk.say(said("by {who}", who=one.decided_by)),
        )
        for one in decisions.page(desk.opened, most=_EVENTS).rows
    ]
    events += [
        Event(
            at=desk.time(one.finished_at),
            title=desk.say(said("determination {number}", number=one.run_no)),
            text=desk.say(said("{people:,} people", people=one.counts.get("affected", 0))),
        )
        for one in runs.page(desk.opened, most=_EVENTS)
    ]
    return Timeline(
        title=desk.say(said("What was decided, newest first")),
        events=sorted(events, key=lambda event: event.at, reverse=True)[:_EVENTS],
    )


def _sources(desk: Desk) -> Table:
    rows = []
    for role, words in ((Role.EVIDENCE, said("leaked file")), (Role.REGISTRY, said("registry"))):
        try:
            held = evidence.held(desk.opened, role)
        except AmendsError:
            continue
        rows += [
            (
                desk.say(words),
                one.original.path,
                one.product or "",
                code(one.original.sha256[:16], f"/evidence/{one.custody_no}"),
                desk.time(one.received_at),
            )
            for one in held
        ]
    return Table(
        caption=desk.say(said("Sources in custody")),
        columns=(
            Column(label=desk.say(said("Kind"))),
            Column(label=desk.say(said("File"))),
            Column(label=desk.say(said("Product"))),
            Column(label="SHA-256"),
            Column(label=desk.say(said("Received"))),
        ),
        rows=rows,
        empty=desk.say(said("Nothing is in custody yet.")),
    )


PAGES = (Page(path="/case", right=Right.SEE, show=show),)
