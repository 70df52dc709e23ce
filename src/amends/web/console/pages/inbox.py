"""The inbox: what came by the public forms, sealed until opened for a reason; its answers."""

from amends.access.model import RevealError, Right
from amends.governance import service as governance
from amends.inbox import answering, opening
from amends.inbox.model import ANSWERS, LONGEST_WORDS, AnswerState, Kind, Message
from amends.inbox.words import KINDS, STATES, UNOPENED
from amends.kernel.saying import said
from amends.web.console import lists
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
    Table,
    View,
    code,
    link,
)
from amends.web.leaving import Sent
from amends.web.listings import people
from amends.web.listings.model import Listing

_LEAST = 3


def show(desk: Desk) -> View:
    """Messages, newest first, unopened."""
    kind = _kind(desk)
    found = opening.messages(desk.opened, before=desk.number("before"), most=ROWS + 1, kind=kind)
    counts = opening.counts(desk.opened)
    rows = found[:ROWS]
    told = answering.last_told(desk.opened, [one.message_no for one in rows])
    return View(
        title=desk.say(said("Inbox")),
        lead=desk.say(
            said("Each message is sealed; opening one takes a reason, which goes into the trail.")
        ),
        parts=[
            Figures(
                items=[
                    (desk.say(words), f"{counts.get(one, 0):,}", f"/inbox?kind={one.value}")
                    for one, words in KINDS.items()
                ]
            ),
            lists.filters(
                desk,
                Field(
                    name="kind",
                    label=desk.say(said("Kind")),
                    value=kind.value if kind else "",
                    choices=[
                        ("", desk.say(said("every kind"))),
                        *((one.value, desk.say(words)) for one, words in KINDS.items()),
                    ],
                ),
            ),
            Table(
                caption=desk.say(said("Messages, newest first")),
                columns=(
                    Column(label=desk.say(said("Number")), figures=True),
                    Column(label=desk.say(said("Reference"))),
                    Column(label=desk.say(said("Kind"))),
                    Column(label=desk.say(said("Received"))),
                    Column(label=desk.say(said("Its sender was told"))),
                    Column(label=desk.say(said("Octets")), figures=True),
                ),
                rows=[
                    (
                        link(f"/inbox/{one.message_no}", str(one.message_no)),
                        code(one.reference),
                        desk.say(KINDS[one.kind]),
                        desk.time(one.received_at),
                        _told(desk, told.get(one.message_no)),
                        one.size_bytes,
                    )
                    for one in rows
                ],
                empty=desk.say(said("Nothing has come in yet.")),
                following=desk.here(before=rows[-1].message_no) if len(found) > ROWS else "",
                following_text=desk.say(said("Older")),
                csv=lists.csv(desk, "/inbox.csv"),
            ),
        ],
    )


def _kind(desk: Desk) -> Kind | None:
    return Kind(desk.word("kind")) if desk.word("kind") in set(Kind) else None


def _listing(desk: Desk) -> Listing:
    return people.messages(desk.opened, _kind(desk))


def _told(desk: Desk, state: AnswerState | None) -> str:
    return desk.say(UNOPENED if state is None else STATES[state])


def one(desk: Desk) -> View:
    """One message, sealed: the form that opens it, and what its sender is told."""
    message = _message(desk)
    return View(
        title=desk.say(said("Message {number}", number=message.message_no)),
        up=("/inbox", desk.say(said("Inbox"))),
        parts=[
            _facts(desk, message),
            Form(
                title=desk.say(said("Open the message")),
                action=f"/inbox/{message.message_no}",
                fields=(reason_field(desk),),
                buttons=(Button(label=desk.say(said("Open"))),),
            ),
            *_answers(desk, message),
        ],
    )


def _message(desk: Desk) -> Message:
    return opening.message(desk.opened, min(int(desk.named["number"]), 2**31 - 1))


def _facts(desk: Desk, message: Message) -> Facts:
    return Facts(
        title=desk.say(KINDS[message.kind]),
        rows=[
            (desk.say(said("Reference")), code(message.reference)),
            (desk.say(said("Received")), desk.time(message.received_at)),
        ],
    )


def _answers(desk: Desk, message: Message) -> list[Part]:
    """What the sender was told, and the form for the next answer."""
    parts: list[Part] = [
        Table(
            caption=desk.say(said("What its sender was told, the oldest first")),
            columns=(
                Column(label=desk.say(said("Day"))),
                Column(label=desk.say(said("State"))),
                Column(label=desk.say(said("Words"))),
            ),
            rows=[
                (one.day, desk.say(STATES[one.state]), one.words)
                for one in answering.answers(desk.opened, message.message_no)
            ],
            empty=desk.say(said("Nothing yet, but that it came.")),
        )
    ]
    if desk.may(Right.PROPOSE):
        parts.append(_answer_form(desk, message))
    return parts


def _answer_form(desk: Desk, message: Message) -> Form:
    states = [(one.value, desk.say(STATES[one])) for one in ANSWERS[message.kind]]
    return Form(
        title=desk.say(said("Tell its sender")),
        text=desk.say(
            said(
                "Only the sender's secret code shows it. Nobody is asked for a code, a link or "
                "money; something that is missing and a refusal need words."
            )
        ),
        action=f"/inbox/{message.message_no}/answer",
        fields=(
            Field(
                name="state",
                label=desk.say(said("State")),
                value=desk.form.get("state", states[0][0]),
                choices=states,
            ),
            Field(
                name="words",
                label=desk.say(
                    said("Words beside it, at most {most} characters", most=LONGEST_WORDS)
                ),
                value=desk.form.get("words", ""),
                type="textarea",
                wide=True,
            ),
        ),
        buttons=(Button(label=desk.say(said("Tell"))),),
    )


def answered(desk: Desk) -> Answer:
    """Tell the sender, as ``amends inbox answer`` does."""
    message, state = _message(desk), desk.form.get("state", "")
    told = answering.answer(
        desk.opened,
        message.message_no,
        AnswerState(state) if state in set(AnswerState) else AnswerState.READING,
        desk.form.get("words", ""),
        by=desk.session.operator,
    )
    return Elsewhere(
        to=f"/inbox/{message.message_no}",
        told=desk.say(
            said(
                "the sender of {reference} is told: {state}",
                reference=told.reference,
                state=STATES[told.answers[-1].state],
            )
        ),
    )


def reason_field(desk: Desk) -> Field:
    """Why something sealed is opened."""
    return Field(
        name="reason",
        label=desk.say(said("Why, in a few words")),
        value=desk.form.get("reason", ""),
        required=True,
        wide=True,
    )


def read(desk: Desk) -> Answer:
    """The message, after who opens it and why is in the trail."""
    number, reason = _message(desk).message_no, checked_reason(desk)
    letter = opening.open_message(desk.opened, number, by=desk.session.operator, reason=reason)
    parts: list[Part] = [
        _facts(desk, letter.message),
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
                fields=(reason_field(desk),),
                buttons=(Button(label=desk.say(said("Take the file")), tone="plain"),),
            )
            for one in letter.attachments
        ),
        *_answers(desk, letter.message),
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
        desk.opened, name, by=desk.session.operator, reason=checked_reason(desk)
    )
    return Sent(name=f"{name}.bin", content=content, media_type="application/octet-stream")


def checked_reason(desk: Desk) -> str:
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
    Page(path="/inbox.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/inbox/{number:int}", right=Right.REVEAL, show=one),
)
ACTIONS = (
    Action(path="/inbox/{number:int}", right=Right.REVEAL, act=read, show=one),
    Action(path="/inbox/{number:int}/answer", right=Right.PROPOSE, act=answered, show=one),
    Action(path="/inbox/{number:int}/files/{file:str}", right=Right.REVEAL, act=take, show=one),
)
