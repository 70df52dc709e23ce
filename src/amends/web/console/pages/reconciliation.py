"""Reconciliation: what a person has to explain, and the statements that are in."""

from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from amends.access.model import Right
from amends.kernel.saying import said
from amends.payouts.reconciling import explaining
from amends.payouts.reconciling.closing_model import Explanation, Found
from amends.payouts.reconciling.explaining_rules import possible
from amends.payouts.showing import shown
from amends.payouts.showing.listed import ExceptionRow
from amends.web import keyset
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Cell,
    Column,
    Elsewhere,
    Facts,
    Field,
    Figures,
    Filters,
    Form,
    Html,
    Part,
    Table,
    View,
    code,
    link,
)
from amends.web.console.words import EXPLANATIONS, KINDS_OF_EXCEPTION, choices
from amends.web.listings import paying
from amends.web.listings.model import Listing

_ONE: Final = "/reconciliation/exception"
_WHAT_TO_DO: Final = {
    "missing_at_provider": said(
        "ask the rail; `amends reconcile` clears it when a statement has it; if it never paid, say "
        "so, and the person is owed again"
    ),
    "return_not_proved": said(
        "ask the rail where the money is; `amends reconcile` clears it when a statement has it"
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
        after=keyset.moment_of(desk.word("after")),
        most=ROWS + 1,
    )
    rows, now = found[:ROWS], desk.opened.clock.now()
    more = len(found) > ROWS
    return Table(
        caption=desk.say(said("Exceptions, the oldest first")),
        columns=(
            Column(label=desk.say(said("Found"))),
            Column(label=desk.say(said("Days")), figures=True),
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Looked after by"))),
            Column(label=desk.say(said("Rail"))),
            Column(label=desk.say(said("Payment"))),
            Column(label=desk.say(said("Amount")), figures=True),
            Column(label=desk.say(said("What to do"))),
        ),
        rows=[_row(desk, row, now) for row in rows],
        empty=desk.say(
            said("No exception is like this.")
            if _narrowed(desk)
            else said("Books and statements agree.")
        ),
        following=desk.here(after=keyset.of_moment(rows[-1].found_at, rows[-1].exception_id))
        if more
        else "",
        following_text=desk.say(said("More")),
        csv=lists.csv(desk, "/reconciliation.csv"),
    )


def _listing(desk: Desk) -> Listing:
    return paying.exceptions(
        desk.opened,
        kind=desk.word("kind"),
        rail=desk.word("rail"),
        cleared=desk.word("cleared") == "yes",
    )


def _row(desk: Desk, row: ExceptionRow, now: datetime) -> tuple[Cell, ...]:
    return (
        desk.time(row.found_at),
        max((now - row.found_at).days, 0),
        _kind(desk, row) if row.cleared_at else named(desk, row),
        row.owner or "",
        row.rail,
        code(row.number, f"/payments/{row.number}") if row.number else "",
        desk.minor(row.amount_minor),
        desk.time(row.cleared_at) if row.cleared_at else desk.say(_WHAT_TO_DO.get(row.kind, "")),
    )


def named(desk: Desk, row: ExceptionRow) -> Html:
    """What an exception is, as the way to its own page."""
    return link(_address(row.exception_id), _kind(desk, row))


def _kind(desk: Desk, row: ExceptionRow | Found) -> str:
    return desk.say(KINDS_OF_EXCEPTION.get(row.kind, row.kind))


def _address(name: str) -> str:
    return f"{_ONE}?{urlencode({'id': name})}"


def one(desk: Desk) -> Answer:
    """An exception: what is known of it, who looks after it, what it can be said to be.

    Raises:
        SuspenseError: none waits under this name.
    """
    if not desk.word("id"):
        return Elsewhere(to="/reconciliation")
    found = explaining.waiting(desk.opened, desk.word("id"))
    number = found.number
    return View(
        title=_kind(desk, found),
        up=("/reconciliation", desk.say(said("Reconciliation"))),
        parts=[
            Facts(
                title=desk.say(said("What is known")),
                rows=[
                    (desk.say(said("Rail")), found.rail),
                    (desk.say(said("Day")), str(found.day or "")),
                    (
                        desk.say(said("Payment")),
                        code(number, f"/payments/{number}") if number else "",
                    ),
                    (desk.say(said("Amount")), desk.currency(found.amount_minor)),
                    (desk.say(said("Looked after by")), found.owner or ""),
                    (desk.say(said("What to do")), desk.say(_WHAT_TO_DO.get(found.kind, ""))),
                ],
            ),
            *_forms(desk, found),
        ],
    )


def _forms(desk: Desk, found: Found) -> list[Part]:
    """To look after it, and to say what it was."""
    if not desk.may(Right.PROPOSE):
        return []
    hidden = {"id": found.exception_id}
    take = Form(
        title=desk.say(said("Look after it")),
        action=f"{_ONE}/take",
        fields=(),
        buttons=(Button(label=desk.say(said("I look after it"))),),
        hidden=hidden,
    )
    explain = Form(
        title=desk.say(said("Say what it was")),
        text=desk.say(said("Two others sign exactly that; then the books follow.")),
        action=f"{_ONE}/explain",
        fields=(
            Field(
                name="what",
                label=desk.say(said("It was")),
                value=desk.form.get("what", ""),
                choices=[(name, desk.say(EXPLANATIONS[name])) for name in possible(found)],
            ),
        ),
        buttons=(Button(label=desk.say(said("Propose it"))),),
        hidden=hidden,
    )
    return [explain] if found.owner == desk.session.operator else [take, explain]


def take(desk: Desk) -> Answer:
    """Look after an exception from now on."""
    name = desk.form.get("id", "")
    explaining.take(desk.opened, name)
    return Elsewhere(to=_address(name), told=desk.say(said("it is yours now")))


def explain(desk: Desk) -> Answer:
    """Propose what an exception was, or have the books follow when two have signed."""
    name, what = desk.form.get("id", ""), desk.form.get("what", "")
    if what not in EXPLANATIONS:
        return Elsewhere(to=_address(name), told=desk.say(said("say what it was")), tone="bad")
    explaining.explain(desk.opened, name, Explanation(what))
    return Elsewhere(to="/reconciliation", told=desk.say(said("it is explained")))


def _statements(desk: Desk) -> Table:
    """The statements that are in, of the rail that the address names, the newest first."""
    found = shown.bills(
        desk.opened,
        rail=desk.word("rail"),
        after=keyset.day_of(desk.word("statements")),
        most=ROWS + 1,
    )
    last = found[ROWS - 1] if len(found) > ROWS else None
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
            for name, day, opening, closing, lines, at in found[:ROWS]
        ],
        empty=desk.say(said("No statement is in yet: `amends reconcile CASE`.")),
        following=desk.here(statements=keyset.cursor_of((last[1], last[0]))) if last else "",
        following_text=desk.say(said("Older")),
        csv=lists.csv(desk, "/reconciliation/statements.csv"),
    )


def _statement_listing(desk: Desk) -> Listing:
    return paying.statements(desk.opened, rail=desk.word("rail"))


PAGES = (
    Page(path="/reconciliation", right=Right.SEE, show=show),
    Page(path="/reconciliation.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(
        path="/reconciliation/statements.csv",
        right=Right.EXPORT,
        show=lists.file(_statement_listing),
    ),
    Page(path=_ONE, right=Right.SEE, show=one),
)
ACTIONS = (
    Action(path=f"{_ONE}/take", right=Right.PROPOSE, act=take),
    Action(path=f"{_ONE}/explain", right=Right.PROPOSE, act=explain),
)
