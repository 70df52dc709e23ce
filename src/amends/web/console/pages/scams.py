"""Reported numbers: how often each was named; which they are, for a reason; a file for the police.

A number that somebody types travels in a form, never in an address.
"""

import re
from typing import Final

from amends.access.model import Right
from amends.inbox import answering, opening, reported
from amends.inbox.model import Kind, Letter
from amends.kernel.saying import said
from amends.web import keyset, leaving
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.inbox import checked_reason, reason_field
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Field,
    Figures,
    Form,
    Note,
    Part,
    Table,
    View,
    code,
)
from amends.web.listings import people
from amends.web.listings.model import Listing


def show(desk: Desk) -> View:
    """How often numbers were reported, and the forms that open them."""
    return _view(desk, _times(desk))


def _view(desk: Desk, *found: Part) -> View:
    counts = reported.counts(desk.opened, 0)
    came = opening.counts(desk.opened)[Kind.SCAM]
    parts: list[Part] = [
        Figures(
            items=[
                (desk.say(said("Reports")), f"{came:,}", "/inbox?kind=scam"),
                (desk.say(said("of these with a number")), f"{counts.reports:,}", ""),
                (desk.say(said("Different numbers")), f"{counts.numbers:,}", ""),
            ]
        ),
        *found,
        _look_up(desk),
    ]
    if desk.may(Right.REVEAL):
        parts += [_open_form(desk), _police_form(desk)]
    return View(
        title=desk.say(said("Reported numbers")),
        lead=desk.say(
            said("Reports stay sealed: which numbers were named is seen by who opens them.")
        ),
        parts=parts,
    )


def _times(desk: Desk) -> Table:
    found = reported.counts(desk.opened, ROWS + 1, after=_after(desk.word("after"))).times
    rows = found[:ROWS]
    return Table(
        caption=desk.say(said("How often a number was reported, most first")),
        columns=(
            Column(label=desk.say(said("Mark of the number"))),
            Column(label=desk.say(said("Reports")), figures=True),
        ),
        rows=[(code(mark), times) for mark, times in rows],
        empty=desk.say(said("No report names a number yet.")),
        note=desk.say(said("A mark says that two reports name the same number, not which.")),
        narrow=True,
        following=desk.here(after=keyset.cursor_of((rows[-1][1], rows[-1][0])))
        if len(found) > ROWS
        else "",
        following_text=desk.say(said("More")),
        csv=lists.csv(desk, "/scams.csv"),
    )


def _after(cursor: str) -> tuple[int, str] | None:
    """How often a number was reported behind which a page begins, and its mark."""
    match keyset.key_of(cursor):
        case (int(times), str(mark)) if 0 < times < _MOST and _MARK.fullmatch(mark):
            return times, mark
    return None


_MARK: Final = re.compile("[0-9a-f]{12}")
_MOST: Final = 2**63


def _listing(desk: Desk) -> Listing:
    return people.marks(desk.opened)


def _look_up(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Was this number reported?")),
        action="/scams/number",
        fields=(
            Field(
                name="number",
                label=desk.say(said("Telephone number")),
                value=desk.form.get("number", ""),
                required=True,
            ),
        ),
        buttons=(Button(label=desk.say(said("Look up")), tone="plain"),),
    )


def _open_form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Open the reports")),
        text=desk.say(
            said(
                "The newest {most:,} are opened at once; your reason goes into the trail, and "
                "their senders are told that somebody reads them.",
                most=reported.MOST_OPENED,
            )
        ),
        action="/scams",
        fields=(reason_field(desk),),
        buttons=(Button(label=desk.say(said("Show the numbers"))),),
        tone="warn",
    )


def _police_form(desk: Desk) -> Form:
    """The file for the police, and afterwards the word to the senders."""
    newest = next(iter(opening.messages(desk.opened, most=1, kind=Kind.SCAM)), None)
    last = str(newest.message_no) if newest else ""
    return Form(
        title=desk.say(said("Hand over to the police")),
        text=desk.say(
            said(
                "The file names each report, its number and its words. Two people sign it first; "
                "then send the same again. When the police has it, tell the senders: each is told "
                "once."
            )
        ),
        action="/scams/police",
        fields=(
            Field(
                name="recipient",
                label=desk.say(said("Which police station")),
                value=desk.form.get("recipient", ""),
            ),
            Field(
                name="first",
                label=desk.say(said("From message")),
                value=desk.form.get("first", "1"),
                required=True,
            ),
            Field(
                name="last",
                label=desk.say(said("Up to message")),
                value=desk.form.get("last", last),
                required=True,
            ),
        ),
        buttons=(
            Button(label=desk.say(said("Take the file")), name="do", value="file"),
            Button(label=desk.say(said("Tell the senders")), name="do", value="tell", tone="plain"),
        ),
        tone="warn",
    )


def look_up(desk: Desk) -> Answer:
    """How often one number was reported."""
    times = reported.times(desk.opened, desk.form.get("number", ""))
    told = (
        said("this is no telephone number")
        if times is None
        else said("this number was reported {times:,} times", times=times)
    )
    return _view(desk, Note(text=desk.say(told), tone="warn" if times else ""), _times(desk))


def opened(desk: Desk) -> Answer:
    """The numbers, after who opens them and why is in the trail."""
    reason = checked_reason(desk)
    letters = opening.open_reports(
        desk.opened, by=desk.session.operator, reason=reason, most=reported.MOST_OPENED
    )
    return _view(desk, _numbers(desk, letters))


def _numbers(desk: Desk, letters: list[Letter]) -> Table:
    found = reported.by_number(letters)
    return Table(
        caption=desk.say(said("Reported numbers, most reports first")),
        columns=(
            Column(label=desk.say(said("Number"))),
            Column(label=desk.say(said("Reports")), figures=True),
            Column(label=desk.say(said("First day"))),
            Column(label=desk.say(said("Last day"))),
            Column(label=desk.say(said("References"))),
        ),
        rows=[
            (
                code(one.number),
                one.times,
                one.first,
                one.last,
                " ".join(one.references[:3]) + (" …" if one.times > 3 else ""),  # noqa: PLR2004
            )
            for one in found[:ROWS]
        ],
        empty=desk.say(said("Nothing has come in yet.")),
        note=desk.say(
            said("{shown:,} of {all:,} numbers", shown=min(len(found), ROWS), all=len(found))
        ),
    )


def police(desk: Desk) -> Answer:
    """The file for the police, when two people have signed; or the word to the senders.

    Raises:
        UnopenedError: there are no such reports, or too many for one file.
        RevealError: nobody gets the file.
        WaitingForApprovalError: two people have to sign.
    """
    first, last = (_number(desk.form.get(name, "")) for name in ("first", "last"))
    if desk.form.get("do") != "file":
        reported.require_between(desk.opened, first, last)
        told = answering.tell_handed_over(
            desk.opened, first=first, last=last, by=desk.session.operator
        )
        return Elsewhere(to="/scams", told=desk.say(said("{told:,} senders are told", told=told)))
    return leaving.scam_reports(
        desk.opened,
        first=first,
        last=last,
        recipient=desk.form.get("recipient", "").strip()[:100],
        purpose=desk.say(
            said("messages {first} to {last}, for the police", first=first, last=last)
        ),
    )


def _number(text: str) -> int:
    """A message's number; 0 where it is none."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


PAGES = (
    Page(path="/scams", right=Right.SEE, show=show),
    Page(path="/scams.csv", right=Right.EXPORT, show=lists.file(_listing)),
)
ACTIONS = (
    Action(path="/scams", right=Right.REVEAL, act=opened, show=show),
    Action(path="/scams/number", right=Right.SEE, act=look_up, show=show),
    Action(path="/scams/police", right=Right.REVEAL, act=police, show=show),
)
