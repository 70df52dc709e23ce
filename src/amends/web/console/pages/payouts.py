"""Payouts: the funnel by rail and state, plans, what ended unpaid, and the switch."""

import json
import threading
import time
from datetime import timedelta
from typing import Final

from amends.access.model import Right
from amends.kernel.errors import AmendsError
from amends.kernel.saying import Said, said
from amends.payouts import service
from amends.payouts.model import HaltedError, Plan
from amends.payouts.sending import switch
from amends.payouts.showing import shown
from amends.payouts.showing.shown import Funnel
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Bar,
    Bars,
    Button,
    Cell,
    Column,
    Elsewhere,
    Field,
    Form,
    Note,
    Part,
    Plot,
    Table,
    Tone,
    View,
    link,
)
from amends.web.console.words import STATES, reason

_KEPT_S: Final = 15.0
_lock = threading.Lock()
_kept: dict[str, tuple[float, Funnel]] = {}


def counted(desk: Desk) -> Funnel:
    """The funnel, counted at most every quarter of a minute: it reads every payment."""
    key = desk.opened.case.file.id
    with _lock:
        known = _kept.get(key)
        if known is not None and time.monotonic() - known[0] < _KEPT_S:
            return known[1]
        found = shown.funnel(desk.opened)
        _kept[key] = (time.monotonic(), found)
        return found


def forget() -> None:
    """Count anew at the next request."""
    _kept.clear()


def show(desk: Desk) -> View:
    """Where the money is, and the switch."""
    funnel = counted(desk)
    halted = switch.halted(desk.opened)
    rails = list(dict.fromkeys(rail for rail, *_ in funnel.states))
    parts: list[Part] = [
        Note(text=desk.say(halted.told()), tone="bad")
        if halted
        else Note(text=desk.say(said("Payments go out.")), tone="good")
    ]
    parts += [_bars(desk, funnel, rail) for rail in rails]
    if not rails:
        parts.append(Note(text=desk.say(said("No payment is planned yet: `amends pay CASE`."))))
    parts += _outlook(desk)
    parts += [Note(text=sentence) for sentence in _forecast(desk)]
    parts += [_plot(desk, funnel), _plans(desk, funnel), _reasons(desk, funnel)]
    if (halted is None or not halted.withdraws) and desk.may(Right.HALT):
        parts.append(_halt_form(desk))
    if halted is not None and desk.may(Right.PROPOSE):
        parts.append(_resume_form(desk))
    return View(
        title=desk.say(said("Payouts")),
        lead=desk.say(said("Counted at {time}.", time=desk.time(funnel.counted_at))),
        parts=parts,
    )


def _bars(desk: Desk, funnel: Funnel, rail: str) -> Bars:
    found = {state: (number, minor) for name, state, number, minor in funnel.states if name == rail}
    return Bars(
        title=desk.say(said("Rail {rail}", rail=rail)),
        bars=[
            Bar(
                label=desk.say(words),
                value=found[state][0],
                shown=f"{found[state][0]:,} · {desk.currency(found[state][1])}",
                href=f"/payments?state={state}&rail={rail}",
            )
            for state, (words, _) in STATES.items()
            if state in found
        ],
    )


def _outlook(desk: Desk) -> list[Note]:
    """What was last foreseen of the promise while money went out, and since when."""
    kept = service.last_outlook(desk.opened)
    if kept is None:
        return []
    tone: Tone = "good" if kept.in_time else "bad"
    return [Note(text=desk.say(one), tone=tone) for one in kept.told(desk.opened.case.file.zone)]


def _forecast(desk: Desk) -> list[str]:
    """Whether the promise can be kept, in sentences."""
    try:
        _, told = service.dry_run(desk.opened)
    except AmendsError as refusal:
        return [desk.say(refusal.message)]
    return [desk.say(one) for one in told]


def _plot(desk: Desk, funnel: Funnel) -> Plot:
    """Payments sent and arrived, added up by hour."""
    sent = settled = 0
    times: list[int] = []
    series: tuple[list[int], list[int]] = ([], [])
    rows: list[tuple[Cell, ...]] = []
    if funnel.hours:
        times.append(int(funnel.hours[0][0].timestamp()))
        series[0].append(0)
        series[1].append(0)
    for hour, went, arrived in funnel.hours:
        sent, settled = sent + went, settled + arrived
        times.append(int((hour + timedelta(hours=1)).timestamp()))
        series[0].append(sent)
        series[1].append(settled)
        rows.append((desk.time(hour), went, arrived, sent, settled))
    return Plot(
        title=desk.say(said("Sent and arrived, added up by hour")),
        series=(desk.say(said("sent")), desk.say(said("arrived"))),
        points=json.dumps([times, *series]),
        time=desk.say(said("Hour")),
        offset_s=int((desk.opened.case.file.zone.utcoffset(None) or timedelta()).total_seconds()),
        table=Table(
            caption=desk.say(said("The same as figures")),
            columns=(
                Column(label=desk.say(said("Hour"))),
                Column(label=desk.say(said("Sent")), figures=True),
                Column(label=desk.say(said("Arrived")), figures=True),
                Column(label=desk.say(said("Sent in all")), figures=True),
                Column(label=desk.say(said("Arrived in all")), figures=True),
            ),
            rows=rows,
            empty=desk.say(said("Nothing was sent yet.")),
        ),
    )


def _plans(desk: Desk, funnel: Funnel) -> Table:
    return Table(
        caption=desk.say(said("Plans")),
        columns=(
            Column(label=desk.say(said("Plan")), figures=True),
            Column(label=desk.say(said("Rail"))),
            Column(label=desk.say(said("Payments")), figures=True),
            Column(label=desk.say(said("Sum")), figures=True),
            Column(label=desk.say(said("Numbers, SHA-256"))),
            Column(label=desk.say(said("State"))),
        ),
        rows=[
            (
                str(one.plan_no),
                one.rail,
                one.instructions,
                one.total.display(),
                one.numbers_sha256[:16],
                desk.say(_state(one)),
            )
            for one in reversed(funnel.plans)
        ],
        empty=desk.say(said("There is no plan yet.")),
    )


def _state(plan: Plan) -> Said:
    """Whether a plan goes out, waits, or ended."""
    if plan.rejected:
        return said("rejected")
    return said("approved") if plan.approved else said("waits")


def _reasons(desk: Desk, funnel: Funnel) -> Table:
    return Table(
        caption=desk.say(said("Not arrived, by cause")),
        columns=(
            Column(label=desk.say(said("State"))),
            Column(label=desk.say(said("Cause"))),
            Column(label=desk.say(said("Payments")), figures=True),
        ),
        rows=[
            (
                desk.say(STATES.get(state, (state, ""))[0]),
                link(f"/payments?state={state}&reason={cause}", reason(desk, cause))
                if cause
                else "",
                number,
            )
            for state, cause, number in funnel.reasons
        ],
        empty=desk.say(said("Everything that was sent has arrived or is under way.")),
        note=desk.say(said("`amends retry CASE --reason …` plans second payments.")),
        narrow=True,
    )


def _halt_form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Halt all payments")),
        text=desk.say(
            said(
                "At once, on your word alone; two people let it go on. A stop also takes back "
                "files that nobody has fetched and payments that wait for their payees: a command "
                "that is sending does it, or the next `amends reconcile`."
            )
        ),
        tone="bad",
        action="/payouts/halt",
        fields=(
            Field(
                name="reason",
                label=desk.say(said("Why, in a few words; everybody reads it")),
                value=desk.form.get("reason", ""),
                required=True,
                wide=True,
            ),
            Field(
                name="typed",
                label=desk.say(
                    said("Type the case's name to halt it: {id}", id=desk.opened.case.file.id)
                ),
                required=True,
            ),
            Field(
                name="withdraw",
                label=desk.say(said("What was handed over already")),
                value=desk.form.get("withdraw", ""),
                choices=[
                    ("", desk.say(said("is asked about as ever"))),
                    ("yes", desk.say(said("is taken back where it can be: a stop"))),
                ],
            ),
        ),
        buttons=(Button(label=desk.say(said("Halt payments")), tone="bad"),),
    )


def _resume_form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Let payments go on")),
        text=desk.say(said("This is proposed; two others sign it, then it is carried out here.")),
        action="/payouts/resume",
        fields=(
            Field(
                name="typed",
                label=desk.say(
                    said("Type the case's name to go on: {id}", id=desk.opened.case.file.id)
                ),
                required=True,
            ),
        ),
        buttons=(Button(label=desk.say(said("Propose to go on"))),),
    )


def halt(desk: Desk) -> Answer:
    """Halt payments at once."""
    _check_typed(desk)
    withdraws = desk.form.get("withdraw") == "yes"
    found = switch.halt(desk.opened, desk.form.get("reason", ""), withdraws=withdraws)
    return Elsewhere(to="/payouts", told=desk.say(found.told()), tone="bad")


def resume(desk: Desk) -> Answer:
    """Propose that payments go on, or carry it out when two have signed."""
    _check_typed(desk)
    if switch.resume(desk.opened):
        told = desk.say(said("payments go on: `amends pay` sends what is left"))
    else:
        told = desk.say(said("payments are not halted"))
    return Elsewhere(to="/payouts", told=told)


def _check_typed(desk: Desk) -> None:
    """Nobody turns the switch by a slip.

    Raises:
        HaltedError: the case's name was not typed.
    """
    if desk.form.get("typed", "").strip() != desk.opened.case.file.id:
        raise HaltedError(said("type the case's name as it stands there: nothing was changed"))


PAGES = (Page(path="/payouts", right=Right.SEE, show=show),)
ACTIONS = (
    Action(path="/payouts/halt", right=Right.HALT, act=halt, show=show),
    Action(path="/payouts/resume", right=Right.PROPOSE, act=resume, show=show),
)
