"""Payments: the list, one payment from decision to receipt, its raw messages for a reason."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from html import escape
from typing import Final, TypeAlias

from amends.access import revealing
from amends.access.model import Ground, RevealError, Right
from amends.governance.exports import let_show, outgoing
from amends.kernel.money import exponent
from amends.kernel.saying import Said, said
from amends.payouts import shown
from amends.payouts.listed import PaymentLine, PaymentRow
from amends.payouts.shown import Page as Rows
from amends.payouts.shown import Story, Wanted
from amends.roster import service as roster
from amends.web import saying
from amends.web.console.desk import ROWS, Desk, minor_text
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Cell,
    Column,
    Elsewhere,
    Event,
    Facts,
    Field,
    Filters,
    Form,
    Html,
    Part,
    Sent,
    Table,
    Text,
    Timeline,
    Tone,
    View,
    code,
    link,
)
from amends.web.console.words import GROUNDS, STATES, TRACES, choices, state
from amends.web.saying import PageLanguage

_CSV_MOST: Final = 100_000
_CSV_AT_ONCE: Final = 10_000

_Dated: TypeAlias = tuple[datetime, Event]
"""An event with the moment that orders it."""


def listed(desk: Desk) -> View:
    """Payments in the order of awards, narrowed by the address."""
    wanted = _wanted(desk)
    page = shown.payment_lines(desk.opened, wanted, after=_after(desk), most=ROWS)
    return View(
        title=desk.say(said("All payments")),
        parts=[
            _filters(desk, wanted),
            Table(
                caption=desk.say(
                    said(
                        "In the order of awards, {currency}",
                        currency=desk.opened.case.file.currency,
                    )
                ),
                columns=_columns(desk),
                body=_body(desk, page.rows),
                empty=desk.say(said("No payment of this kind.")),
                following=_following(desk, page),
                following_text=desk.say(
                    said(
                        "Look further: up to award {award:,} there are no more",
                        award=page.looked_until,
                    )
                    if page.looked_until is not None
                    else said("More")
                ),
                csv=desk.here(after="").replace("/payments", "/payments.csv", 1)
                if desk.may(Right.EXPORT)
                else "",
            ),
        ],
    )


def _is_quick(query: Mapping[str, str]) -> bool:
    """Whether the list that an address asks for is found without looking through payments."""
    rest = {name for name, value in query.items() if value} - {"state", "after"}
    return not rest and shown.found_at_once(Wanted(state=query.get("state", "")))


def _wanted(desk: Desk) -> Wanted:
    return Wanted(
        state=desk.word("state") if desk.word("state") in STATES else "",
        rail=desk.word("rail")[:64],
        reason=desk.word("reason")[:64],
    )


def _after(desk: Desk) -> tuple[int, int]:
    return shown.place_of(desk.word("after"))


def _following(desk: Desk, page: Rows[PaymentLine]) -> str:
    return "" if page.following is None else desk.here(after=shown.cursor_of(page.following))


def _filters(desk: Desk, wanted: Wanted) -> Filters:
    rails = [rail.protocol or rail.kind for rail in desk.opened.case.file.rails]
    return Filters(
        fields=(
            Field(
                name="state",
                label=desk.say(said("State")),
                value=wanted.state,
                choices=choices(
                    desk, {name: words for name, (words, _) in STATES.items()}, said("every state")
                ),
            ),
            Field(
                name="rail",
                label=desk.say(said("Rail")),
                value=wanted.rail,
                choices=[("", desk.say(said("every rail"))), *((one, one) for one in rails)],
            ),
            Field(name="reason", label=desk.say(said("Cause")), value=wanted.reason),
        )
    )


def _columns(desk: Desk) -> tuple[Column, ...]:
    return (
        Column(label=desk.say(said("Number"))),
        Column(label=desk.say(said("Award")), figures=True),
        Column(label=desk.say(said("Rail"))),
        Column(label=desk.say(said("Amount")), figures=True),
        Column(label=desk.say(said("State"))),
        Column(label=desk.say(said("Cause"))),
        Column(label=desk.say(said("Tries")), figures=True),
        Column(label=desk.say(said("Sent"))),
        Column(label=desk.say(said("Arrived"))),
    )


@cache
def _state_cells(language: PageLanguage) -> dict[str, str]:
    """Each state as a cell of a table."""
    return {
        name: f'<span class="tag {tone}">{escape(saying.sentence(words, language))}</span>'
        for name, (words, tone) in STATES.items()
    }


def _body(desk: Desk, rows: list[PaymentLine]) -> Html:
    """The rows as markup. Numbers are of letters and digits by the database's own rule."""
    states = _state_cells(desk.language)
    digits = 2 if not rows else exponent(rows[0].currency)
    return Html(
        "".join(
            f'<tr><td><a href="/payments/{row[0]}"><code>{row[0]}</code></a></td>'
            f'<td class="num">{row[1]:,}</td><td>{row[3]}</td>'
            f'<td class="num">{minor_text(row[4], digits)}</td><td>{states[row[6]]}</td>'
            f'<td>{escape(row[7]) if row[7] else ""}</td><td class="num">{row[8]}</td>'
            f"<td>{row[10] or ''}</td><td>{row[11] or ''}</td></tr>\n"
            for row in rows
        )
    )


def _lines(desk: Desk, rows: Sequence[PaymentRow]) -> list[PaymentLine]:
    """Payments as lines of text."""
    return [
        PaymentLine._make((*row[:10], desk.time(row.sent_at), desk.time(row.settled_at)))
        for row in rows
    ]


def as_csv(desk: Desk) -> Answer:
    """The list as a file, as far as one may; it is entered in the register of exports first."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(PaymentRow._fields)
    after, count = _after(desk), 0
    while count < _CSV_MOST:
        page = shown.payments(desk.opened, _wanted(desk), after=after, most=_CSV_AT_ONCE)
        for row in page.rows:
            writer.writerow(
                value.isoformat() if isinstance(value, datetime) else value for value in row
            )
        count += len(page.rows)
        if page.following is None:
            break
        after = page.following
    content = out.getvalue().encode()
    leaving = outgoing(
        "payments", count, recipient=desk.opened.by, purpose=desk.say(said("list of the console"))
    )
    let_show(desk.opened, leaving, content)
    return Sent(name="payments.csv", content=content)


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
                    link(f"/awards/{row.award_index}", f"{row.award_index:,}"),
                ),
                (desk.say(said("Rail")), row.rail),
                (desk.say(said("Number at the provider")), row.provider_reference or ""),
                (desk.say(said("Cause")), row.reason or ""),
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
                columns=_columns(desk),
                body=_body(desk, _lines(desk, story.others)),
            )
        )
    if desk.may(Right.REVEAL) and any(trace.kind != "bill_line" for trace in story.traces):
        parts.append(_message_form(desk, story))
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
        told = code(f"{trace.told} {trace.digest.hex()[:12]}".strip())
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
            f"{desk.time(trace.at)} {desk.say(TRACES.get(trace.kind, trace.kind))} {trace.told}",
        )
        for trace in story.traces
        if trace.kind in {"submission", "question", "callback"}
    ]
    return Form(
        title=desk.say(said("Open a raw message")),
        text=desk.say(
            said("It names the payee. Your look and your reason are kept; the person sees them.")
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
    person_id = shown.person_of(desk.opened, number)
    with desk.opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection,
            desk.opened,
            person_id,
            fields=("message",),
            ground=ground_of(desk),
            reason=desk.form.get("reason", ""),
        )
        raw = shown.message(desk.opened, connection, number, digest)
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
                columns=_columns(desk),
                body=_body(desk, _lines(desk, rows)),
                empty=desk.say(said("No payment of this award is planned.")),
            )
        ],
    )


PAGES = (
    Page(path="/payments", right=Right.SEE, show=listed, at_once=_is_quick),
    Page(path="/payments.csv", right=Right.EXPORT, show=as_csv),
    Page(path="/payments/{number:str}", right=Right.SEE, show=one),
    Page(path="/awards/{award:int}", right=Right.SEE, show=award),
)
ACTIONS = (
    Action(path="/payments/{number:str}/message", right=Right.REVEAL, act=message, show=one),
)
