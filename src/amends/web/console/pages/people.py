"""People: by the state of their payee, and one person, masked until a reason is on record."""

from typing import Final

from amends.access import revealing
from amends.access.model import Right
from amends.kernel.saying import said
from amends.payees.model import Situation
from amends.payees.words import SITUATIONS
from amends.reasons.model import PersonTold
from amends.reasons.words import told
from amends.web import people, saying
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.payment import ground_of, reason_fields
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Event,
    Facts,
    Field,
    Form,
    Note,
    Part,
    Table,
    Text,
    Timeline,
    View,
    Whole,
    code,
)
from amends.web.console.words import GROUNDS
from amends.web.listings import people as listings
from amends.web.listings.model import Listing

_FIELDS: Final = {
    "name": said("Name"),
    "account": said("Account"),
    "account_kind": said("Kind of account"),
}

_STATES: Final = {"payable": said("a rail pays"), "needs_person": said("needs a person")}


def listed(desk: Desk) -> View:
    """Who is paid, by state; those whose clock has run out first."""
    situation = _situation(desk)
    found = people.listed(desk.opened, situation, cursor=desk.word("after"), most=ROWS)
    return View(
        title=desk.say(said("People and payees")),
        lead=desk.say(
            said("People are shown by their id in the case, which means nothing outside it.")
        ),
        parts=[
            lists.filters(
                desk,
                Field(
                    name="state",
                    label=desk.say(said("State")),
                    value=situation.value,
                    choices=[
                        (
                            one.value,
                            desk.say(SITUATIONS[one])
                            + (f" ({found.counts.get(one.value, 0):,})" if found.counts else ""),
                        )
                        for one in Situation
                    ],
                ),
            ),
            Table(
                caption=desk.say(SITUATIONS[situation]),
                columns=(
                    Column(label=desk.say(said("Person"))),
                    Column(label=desk.say(said("Since"))),
                    Column(label=desk.say(said("Due"))),
                    Column(label=desk.say(said("State"))),
                ),
                rows=[
                    (
                        code(str(row["person_id"]), f"/people/{row['person_id']}"),
                        Whole(str(row.get("since") or "")[:10]),
                        Whole(str(row.get("due_on") or "")),
                        desk.say(_STATES.get(str(row["state"]), "")),
                    )
                    for row in found.rows
                ],
                empty=desk.say(said("Nobody is in this state.")),
                note=desk.say(
                    said("By id; each further page is noted in the audit trail.")
                    if situation is Situation.ADULT
                    else said("Longest first; each further page is noted in the audit trail.")
                ),
                following=desk.here(after=found.following) if found.following else "",
                following_text=desk.say(said("More")),
                csv=lists.csv(desk, "/people.csv"),
            ),
        ],
    )


def _situation(desk: Desk) -> Situation:
    chosen = desk.word("state")
    return Situation(chosen) if chosen in set(Situation) else Situation.ADULT


def _listing(desk: Desk) -> Listing:
    return listings.people(desk.opened, _situation(desk))


def one(desk: Desk) -> View:
    """One person, masked."""
    person, values = people.found(desk.opened, desk.named["person"])
    return _view(desk, person, people.masked(values), opened=False)


def _view(desk: Desk, person: PersonTold, values: dict[str, str], *, opened: bool) -> View:
    rows = [(desk.say(_FIELDS[name]), value) for name, value in values.items() if value]
    parts: list[Part] = [
        Text(
            title=desk.say(said("Why this person gets what they get")),
            text="\n".join(told(person, saying.spoken(desk.language))),
        ),
    ]
    if rows:
        title = said("Where the money goes") if opened else said("Where the money goes, masked")
        parts.append(Facts(title=desk.say(title), rows=rows))
    else:
        parts.append(Note(text=desk.say(said("No rail pays this person."))))
    if desk.may(Right.REVEAL) and rows and not opened:
        parts.append(_form(desk, person.person_id))
    parts += [_payments(desk, person), _looks(desk, person.person_id)]
    return View(
        title=desk.say(said("Person {person}", person=person.person_id)),
        up=("/people", desk.say(said("People and payees"))),
        parts=parts,
    )


def _payments(desk: Desk, person: PersonTold) -> Table:
    return Table(
        caption=desk.say(said("Awards")),
        columns=(
            Column(label=desk.say(said("Award")), figures=True),
            Column(label=desk.say(said("Amount")), figures=True),
            Column(label=desk.say(said("Approved by"))),
            Column(label=desk.say(said("State"))),
        ),
        rows=[
            (
                code(str(award.award_index), f"/awards/{award.award_index}"),
                award.amount.display(),
                ", ".join(award.approved_by),
                desk.say(award.payment.state.value.replace("_", " ")) if award.payment else "",
            )
            for award in person.awards
        ],
        empty=desk.say(said("Nothing was awarded yet.")),
    )


def _looks(desk: Desk, person_id: str) -> Timeline | Note:
    looks = revealing.looks(desk.opened, person_id)
    if not looks:
        return Note(text=desk.say(said("Nobody has opened this person's values here.")))
    return Timeline(
        title=desk.say(said("Who opened the values; the person sees when and on which ground")),
        events=[
            Event(
                at=desk.time(look.occurred_at),
                title=desk.say(GROUNDS[look.ground.value]),
                text=f"{look.operator} · {look.reason} · {', '.join(look.fields)}",
            )
            for look in looks
        ],
    )


def _form(desk: Desk, person_id: str) -> Form:
    return Form(
        title=desk.say(said("Open the values")),
        text=desk.say(
            said("Your look and your reason are kept; the person sees when, and on which ground.")
        ),
        action=f"/people/{person_id}/reveal",
        fields=reason_fields(desk),
        buttons=(Button(label=desk.say(said("Open")), tone="plain"),),
        tone="warn",
    )


def reveal(desk: Desk) -> Answer:
    """The open values, once, after the look is written down."""
    person, values = people.revealed(
        desk.opened,
        desk.named["person"],
        ground=ground_of(desk),
        reason=desk.form.get("reason", ""),
    )
    return _view(desk, person, dict(values.values), opened=True)


PAGES = (
    Page(path="/people", right=Right.SEE, show=listed),
    Page(path="/people.csv", right=Right.EXPORT, show=lists.file(_listing)),
    Page(path="/people/{person:str}", right=Right.SEE, show=one),
)
ACTIONS = (Action(path="/people/{person:str}/reveal", right=Right.REVEAL, act=reveal, show=one),)
