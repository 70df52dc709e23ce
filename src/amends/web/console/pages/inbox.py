"""The inbox: what came by the public forms, sealed until somebody opens it for a reason."""

from amends.access.model import RevealError, Right
from amends.governance import service as governance
from amends.inbox import opening
from amends.inbox.model import Kind
from amends.kernel.saying import said
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Facts,
    Field,
    Figures,
    Form,
    Part,
    Sent,
    Table,
    View,
    code,
    link,
)

_KINDS = {Kind.LOSS: said("claim of a loss"), Kind.SCAM: said("report of a suspicious call")}
_LEAST = 3


def show(desk: Desk) -> View:
    """Messages, newest first, unopened."""
    rows = opening.messages(desk.opened, before=desk.number("before"), most=ROWS + 1)
    counts = opening.counts(desk.opened)
    more = len(rows) > ROWS
    rows = rows[:ROWS]
    return View(
        title=desk.say(said("Inbox")),
        lead=desk.say(
            said("Each message is sealed; opening one takes a reason, which goes into the trail.")
        ),
        parts=[
            Figures(
                items=[
                    (desk.say(words), f"{counts.get(kind, 0):,}", "")
                    for kind, words in _KINDS.items()
                ]
            ),
            Table(
                caption=desk.say(said("Messages, newest first")),
                columns=(
                    Column(label=desk.say(said("Number")), figures=True),
                    Column(label=desk.say(said("Reference"))),
                    Column(label=desk.say(said("Kind"))),
                    Column(label=desk.say(said("Received"))),
                    Column(label=desk.say(said("Octets")), figures=True),
                ),
                rows=[
                    (
                        link(f"/inbox/{one.message_no}", str(one.message_no)),
                        code(one.reference),
                        desk.say(_KINDS[one.kind]),
                        desk.time(one.received_at),
                        one.size_bytes,
                    )
                    for one in rows
                ],
                empty=desk.say(said("Nothing has come in yet.")),
                following=desk.here(before=rows[-1].message_no) if more else "",
                following_text=desk.say(said("Older")),
            ),
        ],
    )


def one(desk: Desk) -> View:
    """One message, sealed: the form that opens it."""
    number = desk.named["number"]
    return View(
        title=desk.say(said("Message {number}", number=number)),
        up=("/inbox", desk.say(said("Inbox"))),
        parts=[
            Form(
                title=desk.say(said("Open the message")),
                action=f"/inbox/{number}",
                fields=(_reason(desk),),
                buttons=(Button(label=desk.say(said("Open"))),),
            )
        ],
    )


def _reason(desk: Desk) -> Field:
    return Field(
        name="reason",
        label=desk.say(said("Why, in a few words")),
        value=desk.form.get("reason", ""),
        required=True,
        wide=True,
    )


def read(desk: Desk) -> Answer:
    """The message, after who opens it and why is in the trail."""
    number, reason = int(desk.named["number"]), _checked(desk)
    letter = opening.open_message(
        desk.opened, min(number, 2**31 - 1), by=desk.session.operator, reason=reason
    )
    parts: list[Part] = [
        Facts(
            title=desk.say(_KINDS[letter.message.kind]),
            rows=[
                (desk.say(said("Reference")), code(letter.message.reference)),
                (desk.say(said("Received")), desk.time(letter.message.received_at)),
            ],
        ),
        Facts(
            title=desk.say(said("What was written")),
            rows=[(name.replace("_", " "), str(value)) for name, value in letter.answers.items()],
        ),
        *(
            Form(
                title=one.name,
                text=desk.say(
                    said(
                        "{type}, {size:,} octets. It is handed over as a file, never shown here.",
                        type=one.media_type,
                        size=one.size_bytes,
                    )
                ),
                action=f"/inbox/{number}/files/{one.attachment_id}",
                fields=(_reason(desk),),
                buttons=(Button(label=desk.say(said("Take the file")), tone="plain"),),
            )
            for one in letter.attachments
        ),
    ]
    return View(
        title=desk.say(said("Message {number}", number=number)),
        up=("/inbox", desk.say(said("Inbox"))),
        parts=parts,
    )


def take(desk: Desk) -> Answer:
    """A file that was sent along, as a file of no type that a browser would open."""
    name = desk.named["file"]
    if len(name) != 32 or any(sign not in "0123456789abcdef" for sign in name):  # noqa: PLR2004
        return Elsewhere(to="/inbox")
    content = opening.open_attachment(
        desk.opened, name, by=desk.session.operator, reason=_checked(desk)
    )
    return Sent(name=f"{name}.bin", content=content, media_type="application/octet-stream")


def _checked(desk: Desk) -> str:
    """The reason, if it says something and names nobody.

    Raises:
        RevealError: it says nothing.
        DecisionError: it carries a person's number.
    """
    reason = desk.form.get("reason", "").strip()
    if len(reason) < _LEAST:
        raise RevealError(said("say in a few words why you have to see it"))
    governance.refuse_numbers(reason)
    return reason[:500]


PAGES = (
    Page(path="/inbox", right=Right.SEE, show=show),
    Page(path="/inbox/{number:int}", right=Right.REVEAL, show=one),
)
ACTIONS = (
    Action(path="/inbox/{number:int}", right=Right.REVEAL, act=read, show=one),
    Action(path="/inbox/{number:int}/files/{file:str}", right=Right.REVEAL, act=take, show=one),
)
