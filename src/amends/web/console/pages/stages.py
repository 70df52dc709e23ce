"""The seven stages: how far each is, what it waits for, and the command that takes it further."""

from amends.access.model import Right
from amends.governance.telling import kind_told
from amends.journey import STAGES
from amends.kernel.saying import said
from amends.stages import reached
from amends.stages.reached import NAMES, Reached
from amends.web.console.desk import Desk
from amends.web.console.pages import payouts
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Cell, Column, Html, Table, View, code, joined_html, link, tag


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
    found = reached.reached(desk.opened, name, lambda: payouts.counted(desk))
    return (
        desk.say(NAMES[name]),
        _state(desk, found),
        "" if found is None else desk.say(found.told),
        "" if found is None else desk.time(found.at),
        _waiting(desk, name),
        code(f"amends {name} {desk.opened.case.root.name}"),
    )


def _state(desk: Desk, found: Reached | None) -> Html:
    if found is None:
        return tag(desk.say(said("not yet")))
    if found.whole:
        return tag(desk.say(said("done")), "good")
    return tag(desk.say(said("under way")), "warn")


def _waiting(desk: Desk, name: str) -> Cell:
    if not desk.may(Right.AUDIT):
        return ""
    return joined_html(
        link(f"/approvals/{one.proposal.digest}", desk.say(kind_told(one.proposal.kind)))
        for one in reached.waiting(desk.opened, name)
    )


PAGES = (Page(path="/stages", right=Right.SEE, show=show),)
