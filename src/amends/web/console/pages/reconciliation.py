"""Reconciliation: what a person has to explain, and the statements that are in."""

from datetime import datetime
from typing import Final

from amends.access.model import Right
from amends.kernel.saying import said
from amends.payouts.showing import shown
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk, utc_now
from amends.web.console.pages.registry import Page
from amends.web.console.parts import Column, Field, Figures, Filters, Table, View, code
from amends.web.console.words import KINDS_OF_EXCEPTION, choices

_WHAT_TO_DO: Final = {
    "missing_at_provider": said(
        "ask the rail; `amends reconcile` clears it when a statement has it"
    ),
    "unknown_to_us": said("ask the rail what it is; it is money that we did not send"),
    "amount_differs": said("ask the rail for a correction"),
    "duplicate_at_provider": said("ask the rail to take one back"),
    "state_differs": said("look at the payment's answers"),
    "top_up_unreleased": said("find out whose money it is: no release is for it"),
    "repeated": said("nothing moved; ask the rail why it says it twice"),
    "does_not_add_up": said(
        "look at the other exceptions of that day, then ask the rail for the statement again"
    ),
}


def show(desk: Desk) -> View:
    """Exceptions, the oldest first, and bills by day."""
    return View(
        title=desk.say(said("Reconciliation")),
        parts=[_counts(desk), _filters(desk), _exceptions(desk), _statements(desk)],
    )


def _counts(desk: Desk) -> Figures:
    """How many exceptions of each kind are open."""
    counts = shown.open_exceptions(desk.opened)
    return Figures(
        items=[
            (desk.say(words), f"{counts.get(name, 0):,}", f"/reconciliation?kind={name}")
            for name, words in KINDS_OF_EXCEPTION.items()
        ]
    )


def _filters(desk: Desk) -> Filters:
    return lists.filters(
        desk,
        Field(
            name="kind",
            label=desk.say(said("Kind")),
            value=desk.word("kind"),
            choices=choices(desk, KINDS_OF_EXCEPTION, said("every kind")),
        ),
        Field(name="rail", label=desk.say(said("Rail")), value=desk.word("rail")),
        Field(
            name="cleared",
            label=desk.say(said("Cleared")),
            value=desk.word("cleared"),
            choices=[("", desk.say(said("still open"))), ("yes", desk.say(said("cleared")))],
        ),
    )


def _narrowed(desk: Desk) -> bool:
    """Whether the address asks for some of the exceptions only."""
    return any(desk.word(name) for name in ("kind", "rail", "cleared"))


def _exceptions(desk: Desk) -> Table:
    """A page of the exceptions that the address asks for."""
    found = shown.exceptions(
        desk.opened,
        kind=desk.word("kind"),
        rail=desk.word("rail"),
        cleared=desk.word("cleared") == "yes",
        after=_after(desk.word("after")),
        most=ROWS + 1,
    )
    rows, now = found[:ROWS], utc_now()
    more = len(found) > ROWS
    return Table(
        caption=desk.say(said("Exceptions, the oldest first")),
        columns=(
            Column(label=desk.say(said("Found"))),
            Column(label=desk.say(said("Days")), figures=True),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Rail"))),
            Column(label=desk.say(said("Payment"))),
            Column(label=desk.say(said("Amount")), figures=True),
            Column(label=desk.say(said("What to do"))),
        ),
        rows=[
            (
                desk.time(since),
                max((now - since).days, 0),
                desk.say(KINDS_OF_EXCEPTION.get(what, what)),
                where,
                code(number, f"/payments/{number}") if number else "",
                desk.minor(amount),
                desk.time(done) if done else desk.say(_WHAT_TO_DO.get(what, "")),
            )
            for _, what, where, number, amount, since, done in rows
        ],
        empty=desk.say(
            said("No exception is like this.")
            if _narrowed(desk)
            else said("Books and statements agree.")
        ),
        following=desk.here(after=f"{rows[-1][5].isoformat()}~{rows[-1][0]}") if more else "",
        following_text=desk.say(said("More")),
    )


def _statements(desk: Desk) -> Table:
    """The statements that are in, the newest first."""
    return Table(
        caption=desk.say(said("Statements in hand")),
        columns=(
            Column(label=desk.say(said("Rail"))),
            Column(label=desk.say(said("Day"))),
            Column(label=desk.say(said("Opening balance")), figures=True),
            Column(label=desk.say(said("Closing balance")), figures=True),
            Column(label=desk.say(said("Lines")), figures=True),
            Column(label=desk.say(said("Imported"))),
        ),
        rows=[
            (name, day, desk.minor(opening), desk.minor(closing), lines, desk.time(at))
            for name, day, opening, closing, lines, at in shown.bills(desk.opened)
        ],
        empty=desk.say(said("No statement is in yet: `amends reconcile CASE`.")),
    )


def _after(text: str) -> tuple[datetime, str] | None:
    """The place that a cursor names; None where it names none."""
    at, sign, name = text.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, name[:200]) if sign and moment.tzinfo is not None else None


PAGES = (Page(path="/reconciliation", right=Right.SEE, show=show),)
