"""One payment from decision to receipt, its raw messages and its receipt for a reason."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeAlias

from amends.access.model import Ground, RevealError, Right
from amends.kernel.saying import Said, said
from amends.payouts.showing import shown
from amends.payouts.showing.listed import PaymentRow
from amends.payouts.showing.shown import Story
from amends.roster import service as roster
from amends.web import leaving, people
from amends.web.console.desk import Desk
from amends.web.console.pages.payments import body, columns, lines
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Cell,
    Elsewhere,
    Event,
    Facts,
    Field,
    Form,
    Part,
    Table,
    Text,
    Timeline,
    Tone,
    View,
    code,
    joined_html,
    link,
)
from amends.web.console.words import GROUNDS, TRACES, reason, state, traced

_Dated: TypeAlias = tuple[datetime, Event]
"""An event with the moment that orders it."""


def one(desk: Desk) -> View:
    """One payment: decision, instruction, answers, books, receipt."""
    story = shown.story(desk.opened, desk.named["number"])
    row = story.row
    parts: list[Part] = [
        Facts(
            title=desk.say(said("The payment")),
            rows=[
                (desk.say(said("State")), state(desk, row.state)),
                (desk.say(said("Amount")), desk.money(story.amount)),
                (desk.say(said("Person")), code(story.person_id, f"/people/{story.person_id}")),
                (
                    desk.say(said("Award")),
                    link(f"/awards/{row.award_index}", str(row.award_index)),
                ),
                (desk.say(said("Rail")), row.rail),
                (desk.say(said("Number at the provider")), row.provider_reference or ""),
                (desk.say(said("Cause")), reason(desk, row.reason)),
                (desk.say(said("Tries")), row.attempts),
            ],
        ),
        Timeline(
            title=desk.say(said("From the decision to the receipt")), events=_events(desk, story)
        ),
    ]
    if story.others:
        parts.append(
            Table(
                caption=desk.say(said("Other payments of the same award")),
                columns=columns(desk),
                body=body(desk, lines(desk, story.others)),
            )
        )
    if desk.may(Right.REVEAL) and any(trace.kind != "bill_line" for trace in story.traces):
        parts.append(_message_form(desk, story))
    if desk.may(Right.REVEAL) and roster.published_key(desk.opened) is not None:
        parts.append(_receipt_form(desk, story))
    return View(
        title=desk.say(said("Payment {number}", number=row.instruction_id)),
        up=("/payments", desk.say(said("All payments"))),
        parts=parts,
    )


def _events(desk: Desk, story: Story) -> list[Event]:
    """What happened, the oldest first, and at the end the receipt."""
    found = [
        *_decided(desk, story),
        *_sent(desk, story.row),
        *_answered(desk, story),
        *_booked(desk, story),
    ]
    events = [event for _, event in sorted(found, key=lambda pair: pair[0])]
    return [*events, _receipt(desk, story.row)]


def _decided(desk: Desk, story: Story) -> Iterator[_Dated]:
    """What people decided: the award, its plan, that the plan is approved."""
    decided = said(
        "award {award}, class {number}: {amount}",
        award=story.row.award_index,
        number=story.award_class,
        amount=desk.currency(story.awarded_minor),
    )
    yield _event(desk, story.awarded_at, said("Decision"), desk.say(decided))
    planned = said(
        "number {number} in plan {plan}", number=story.row.instruction_id, plan=story.plan_no
    )
    yield _event(desk, story.planned_at, said("Instruction"), desk.say(planned))
    if story.approved_at is not None:
        yield _event(desk, story.approved_at, said("Approved by two people"))


def _sent(desk: Desk, row: PaymentRow) -> Iterator[_Dated]:
    """When the payment left, and when it arrived."""
    if row.sent_at is not None:
        tries = desk.say(said("tries: {number}", number=row.attempts))
        yield _event(desk, row.sent_at, said("Sent"), tries)
    if row.settled_at is not None:
        yield _event(desk, row.settled_at, said("Arrived"), tone="good")


def _answered(desk: Desk, story: Story) -> Iterator[_Dated]:
    """What the rail and its statements told."""
    for trace in story.traces:
        of_text = trace.kind in {"bill_line", "exception"}
        name = trace.digest.decode() if of_text else trace.digest.hex()[:12]
        told = joined_html((traced(desk, trace.told), code(name)))
        tone: Tone = "bad" if trace.kind == "exception" else ""
        yield _event(desk, trace.at, TRACES.get(trace.kind, trace.kind), told, tone=tone)


def _booked(desk: Desk, story: Story) -> Iterator[_Dated]:
    """What moved the money in the books."""
    for one, payments in story.transfers:
        moved = said(
            "{debit} → {credit}: {amount}, {payments:,} payments together",
            debit=one.debit,
            credit=one.credit,
            amount=desk.currency(one.amount_minor),
            payments=payments,
        )
        yield _event(desk, one.occurred_at, said("Books"), desk.say(moved))


def _event(
    desk: Desk, at: datetime, title: Said | str, text: Cell = "", *, tone: Tone = ""
) -> _Dated:
    return at, Event(at=desk.time(at), title=desk.say(title), text=text, tone=tone)


def _receipt(desk: Desk, row: PaymentRow) -> Event:
    """Whether the person can hold a receipt against the published roster."""
    if roster.published_key(desk.opened) is None:
        return Event(
            at="",
            title=desk.say(said("Receipt")),
            text=desk.say(said("the roster is not published yet")),
        )
    command = f"amends receipt {desk.opened.case.root.name} --award {row.award_index} --to FILE"
    return Event(at="", title=desk.say(said("Receipt")), text=code(command), tone="good")


def _message_form(desk: Desk, story: Story) -> Form:
    messages = [
        (
            trace.digest.hex(),
            f"{desk.time(trace.at)} {desk.say(TRACES.get(trace.kind, trace.kind))} "
            + traced(desk, trace.told),
        )
        for trace in story.traces
        if trace.kind in {"submission", "question", "callback"}
    ]
    return Form(
        title=desk.say(said("Open a raw message")),
        text=desk.say(
            said(
                "It names the payee. Your look and your reason are kept; the person sees when, "
                "and on which ground."
            )
        ),
        action=f"/payments/{story.row.instruction_id}/message",
        fields=(
            Field(name="message", label=desk.say(said("Message")), choices=messages, wide=True),
            *reason_fields(desk),
        ),
        buttons=(Button(label=desk.say(said("Open")), tone="plain"),),
    )


def reason_fields(desk: Desk) -> tuple[Field, Field]:
    """The fields of every look at a person's values."""
    return (
        Field(
            name="ground",
            label=desk.say(said("On which ground; the person reads this")),
            value=desk.form.get("ground", ""),
            choices=[(ground.value, desk.say(GROUNDS[ground.value])) for ground in Ground],
        ),
        Field(
            name="reason",
            label=desk.say(said("Why, in a few words")),
            value=desk.form.get("reason", ""),
            required=True,
            wide=True,
        ),
    )


def ground_of(desk: Desk) -> Ground:
    """The ground that a form names.

    Raises:
        RevealError: it names none.
    """
    chosen = desk.form.get("ground", "")
    if chosen not in set(Ground):
        raise RevealError(said("say on which ground"))
    return Ground(chosen)


def message(desk: Desk) -> Answer:
    """A raw message, after the look is written down."""
    digest = shown.digest_of(desk.form.get("message", ""))
    number = desk.named["number"]
    raw = people.message(
        desk.opened, number, digest, ground=ground_of(desk), reason=desk.form.get("reason", "")
    )
    return View(
        title=desk.say(said("Raw message of payment {number}", number=number)),
        up=(f"/payments/{number}", number),
        parts=[
            Text(title=digest.hex(), text=raw.decode("utf-8", errors="replace")),
        ],
    )


def award(desk: Desk) -> Answer:
    """An award: to its payment, or its payments."""
    rows = shown.payments_of_award(desk.opened, int(desk.named["award"]))
    if len(rows) == 1:
        return Elsewhere(to=f"/payments/{rows[0].instruction_id}")
    return View(
        title=desk.say(said("Award {award}", award=desk.named["award"])),
        up=("/payments", desk.say(said("All payments"))),
        parts=[
            Table(
                caption=desk.say(said("Its payments")),
                columns=columns(desk),
                body=body(desk, lines(desk, rows)),
                empty=desk.say(said("No payment of this award is planned.")),
            )
        ],
    )


def _receipt_form(desk: Desk, story: Story) -> Form:
    return Form(
        title=desk.say(said("Give the person their receipt")),
        text=desk.say(
            said(
                "The proof that the award is in the published log. It is the person's: your look "
                "and your reason are kept, and they see them."
            )
        ),
        action=f"/payments/{story.row.instruction_id}/receipt",
        fields=(
            Field(
                name="form",
                label=desk.say(said("As")),
                choices=[
                    ("file", desk.say(said("a file, to check in the browser"))),
                    ("page", desk.say(said("a printed page"))),
                ],
            ),
            *reason_fields(desk),
        ),
        buttons=(Button(label=desk.say(said("Download")), tone="plain"),),
    )


def receipt(desk: Desk) -> Answer:
    """A person's receipt, after the look is written down; it is entered in the register."""
    return leaving.receipt(
        desk.opened,
        desk.named["number"],
        printed=desk.form.get("form") == "page",
        ground=ground_of(desk),
        reason=desk.form.get("reason", ""),
    )


PAGES = (
    Page(path="/payments/{number:str}", right=Right.SEE, show=one),
    Page(path="/awards/{award:int}", right=Right.SEE, show=award),
)
ACTIONS = (
    Action(path="/payments/{number:str}/message", right=Right.REVEAL, act=message, show=one),
    Action(path="/payments/{number:str}/receipt", right=Right.REVEAL, act=receipt, show=one),
)
