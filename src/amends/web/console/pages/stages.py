"""The seven stages: how far each is, what it waits for, and how it is taken further.

A page runs no stage: it asks for one, and ``amends runner`` runs it in a process of its own.
"""

from collections.abc import Sequence
from datetime import datetime

from amends.access import service as access
from amends.access.model import Right
from amends.governance.telling import kind_told
from amends.journey import STAGES
from amends.kernel.saying import said
from amends.stages import reached
from amends.stages import service as stages
from amends.stages.model import STATES, WITH_FACTOR, Ask, AskError, AskState, Doing, Told
from amends.stages.reached import NAMES, Reached
from amends.web import saying
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages import payouts
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Cell,
    Column,
    Elsewhere,
    Facts,
    Field,
    Form,
    Html,
    Note,
    Part,
    Table,
    Text,
    Tone,
    View,
    code,
    joined_html,
    link,
    tag,
)
from amends.web.listings import records
from amends.web.listings.model import Listing

_TONES: dict[AskState, Tone] = {
    AskState.WAITING: "warn",
    AskState.RUNNING: "warn",
    AskState.DONE: "good",
    AskState.SIGNATURES: "warn",
    AskState.REFUSED: "bad",
    AskState.BROKEN: "bad",
    AskState.WITHDRAWN: "",
}
_SHOWN = 10
_SHORT = 60


def show(desk: Desk) -> View:
    """Every stage in order."""
    return View(
        title=desk.say(said("Stages")),
        lead=desk.say(
            said(
                "Each resumes where it stopped and does nothing twice. It runs in a process of its "
                "own: on the command line, or by the runner when it is asked for here."
            )
        ),
        parts=[
            *_now(desk),
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
            ),
            _asks(desk, "", _SHOWN),
        ],
    )


def _row(desk: Desk, name: str) -> tuple[Cell, ...]:
    found = reached.reached(desk.opened, name, lambda: payouts.counted(desk))
    return (
        link(f"/stages/{name}", desk.say(NAMES[name])),
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


def _now(desk: Desk) -> list[Part]:
    """The run that has not ended, and whether somebody takes it."""
    found = stages.now(desk.opened)
    if found is None:
        return []
    words = said(
        "{stage}: {state}, asked for by {by}",
        stage=NAMES[found.stage],
        state=STATES[found.state],
        by=found.asked_by,
    )
    parts: list[Part] = [
        Note(
            text=f"{desk.say(words)} {_doing(desk, found.doing)}".strip(),
            tone="warn",
            href=f"/stages/{found.stage}",
            href_text=desk.say(said("To the stage")),
        )
    ]
    if stages.waits_in_vain(desk.opened, found):
        command = f"amends runner {desk.opened.case.root.name}"
        told = said("no runner is there to take it: start `{command}`", command=command)
        parts.append(Note(text=desk.say(told), tone="bad"))
    return parts


def _doing(desk: Desk, doing: Doing | None) -> str:
    if doing is None:
        return ""
    done = f"{doing.done:,}" if doing.total is None else f"{doing.done:,} / {doing.total:,}"
    return f"· {_told(desk, doing.label)} {done}"


def _told(desk: Desk, told: Told) -> str:
    return told.en if saying.spoken(desk.language) == "en" else told.zh


def _asks(desk: Desk, stage: str, most: int) -> Table:
    """Runs of a stage, or of all, newest first."""
    found = stages.asks(desk.opened, stage=stage, before=desk.number("before"), most=most + 1)
    return Table(
        caption=desk.say(said("Runs that were asked for here, newest first")),
        columns=(
            Column(label=desk.say(said("Run")), figures=True),
            Column(label=desk.say(said("Stage"))),
            Column(label=desk.say(said("Asked for"))),
            Column(label=desk.say(said("By"))),
            Column(label=desk.say(said("State"))),
            Column(label=desk.say(said("Took"))),
            Column(label=desk.say(said("What it says"))),
        ),
        rows=[
            (
                str(one.ask_no),
                link(f"/stages/{one.stage}", desk.say(NAMES[one.stage])),
                desk.time(one.asked_at),
                one.asked_by,
                tag(desk.say(STATES[one.state]), _TONES[one.state]),
                _took(desk, one.taken_at, one.ended_at),
                _short(desk, one.outcome.notes) if one.outcome else _doing(desk, one.doing),
            )
            for one in found[:most]
        ],
        empty=desk.say(said("Nothing was asked for here yet.")),
        following=desk.here(before=found[most - 1].ask_no) if len(found) > most else "",
        following_text=desk.say(said("Older")),
        csv=lists.csv(desk, "/stages/runs.csv", stage=stage),
    )


def _listing(desk: Desk) -> Listing:
    return records.stage_runs(desk.opened, stage=desk.word("stage")[:64])


def _short(desk: Desk, notes: Sequence[Told]) -> str:
    """The beginning of what a run says; its stage's page has all of what the newest one says."""
    text = " ".join(_told(desk, note) for note in notes)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _took(desk: Desk, began: datetime | None, ended: datetime | None) -> str:
    if began is None or ended is None:
        return ""
    return desk.say(said("{seconds:,.1f} s", seconds=(ended - began).total_seconds()))


def one(desk: Desk) -> View:
    """One stage: how far it is, the form that asks for it, its runs and what the last one said.

    Raises:
        AskError: there is no such stage.
    """
    name = desk.named["stage"]
    if name not in NAMES:
        raise AskError(said("there is no stage {stage}", stage=name[:40]))
    found = reached.reached(desk.opened, name, lambda: payouts.counted(desk))
    newest = stages.asks(desk.opened, stage=name, most=1)
    return View(
        title=desk.say(NAMES[name]),
        up=("/stages", desk.say(said("Stages"))),
        parts=[
            *_now(desk),
            Facts(
                title=desk.say(said("How far it is")),
                rows=[
                    (desk.say(said("State")), _state(desk, found)),
                    (desk.say(said("How far")), desk.say(found.told) if found else ""),
                    (desk.say(said("Last run")), desk.time(found.at) if found else ""),
                    (desk.say(said("Waits for signatures")), _waiting(desk, name)),
                    (desk.say(said("Command")), code(f"amends {name} {_case(desk)}")),
                ],
            ),
            *_forms(desk, name),
            *(_said(desk, newest[0]) if newest else ()),
            _asks(desk, name, ROWS),
        ],
    )


def _case(desk: Desk) -> str:
    return desk.opened.case.root.name


def _forms(desk: Desk, name: str) -> list[Part]:
    if not desk.may(Right.PROPOSE):
        return []
    standing = stages.now(desk.opened)
    if standing is None:
        return [_ask_form(desk, name)]
    if standing.stage == name and standing.state is AskState.WAITING:
        return [
            Form(
                title=desk.say(said("It waits")),
                action=f"/stages/{name}/withdrawn",
                fields=(),
                buttons=(Button(label=desk.say(said("Withdraw")), tone="plain"),),
                hidden={"run": str(standing.ask_no)},
            )
        ]
    return []


def _ask_form(desk: Desk, name: str) -> Form:
    needed = name in WITH_FACTOR
    proof = Field(
        name="proof",
        label=desk.say(said("Code of six digits, now")),
        hint=desk.say(said("This stage asks for a second factor.")),
        autocomplete="one-time-code",
    )
    options = (
        access.step_up_options(
            desk.opened, desk.site, desk.session, stages.digest(desk.opened, name)
        )
        if needed
        else None
    )
    return Form(
        title=desk.say(said("Have it run")),
        text=desk.say(
            said(
                "It runs in your name, as the command does; what it proposes is signed by others. "
                "When they have signed, have it run again."
            )
        ),
        action=f"/stages/{name}",
        fields=(proof,) if needed and not desk.site.development else (),
        buttons=(Button(label=desk.say(said("Run it")), name="do", value="run"),),
        passkey=options or "",
    )


def _said(desk: Desk, ask: Ask) -> list[Part]:
    """What the newest run said: its sentences and its figures."""
    if ask.outcome is None:
        return []
    title = desk.say(said("What run {number} says", number=ask.ask_no))
    notes = "\n".join(_told(desk, note) for note in ask.outcome.notes)
    figures = [
        (
            desk.say(name.removesuffix("_minor").replace("_", " ")),
            desk.currency(value) if _is_amount(name) else value,
        )
        for name, value in ask.outcome.counts.items()
    ]
    return [
        *((Text(title=title, text=notes),) if notes else ()),
        *((Facts(title=desk.say(said("In figures")), rows=figures),) if figures else ()),
    ]


def _is_amount(name: str) -> bool:
    return name.endswith("_minor") and name != "payees_minor"


def ask(desk: Desk) -> Answer:
    """Ask for a stage."""
    name = desk.named["stage"]
    number = stages.ask(desk.opened, desk.site, desk.session, name, desk.form.get("proof", ""))
    return Elsewhere(
        to=f"/stages/{name}",
        told=desk.say(said("run {number} is asked for", number=number)),
    )


def withdrawn(desk: Desk) -> Answer:
    """Take back what waits."""
    number = desk.form.get("run", "")
    known = number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004
    stages.withdraw(desk.opened, int(number) if known else 0, by=desk.session.operator)
    name = desk.named["stage"]
    return Elsewhere(to=f"/stages/{name}", told=desk.say(said("it is withdrawn")))


PAGES = (
    Page(path="/stages", right=Right.SEE, show=show),
    Page(path="/stages/runs.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/stages/{stage:str}", right=Right.SEE, show=one),
)
ACTIONS = (
    Action(path="/stages/{stage:str}", right=Right.PROPOSE, act=ask, show=one),
    Action(path="/stages/{stage:str}/withdrawn", right=Right.PROPOSE, act=withdrawn, show=one),
)
