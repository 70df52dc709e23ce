"""People: by the state of their payee, and one person, masked until a reason is on record."""

from contextlib import suppress
from datetime import date
from typing import Final

from amends.access import paging, revealing
from amends.access.model import Right
from amends.access.revealing import Values
from amends.kernel.ids import PersonId
from amends.kernel.saying import said
from amends.payees import service as payees
from amends.payees import shown
from amends.payees.model import Situation
from amends.payees.words import SITUATIONS
from amends.reasons.model import PersonTold, UnknownPersonError
from amends.reasons.service import explain
from amends.reasons.words import told
from amends.web import keyset, saying
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

_FIELDS: Final = {
    "name": said("Name"),
    "account": said("Account"),
    "account_kind": said("Kind of account"),
}

_STATES: Final = {"payable": said("a rail pays"), "needs_person": said("needs a person")}


def listed(desk: Desk) -> View:
    """Who is paid, by state; those whose clock has run out first."""
    chosen = desk.word("state", Situation.ADULT.value)
    situation = Situation(chosen) if chosen in set(Situation) else Situation.ADULT
    after = _after(desk)
    if after is not None:
        paging.note_page(desk.opened, situation.value)
    counts = shown.counted(desk.opened) if after is None else {}
    found = shown.listed(desk.opened, situation, ROWS + 1, after=after)
    rows = found[:ROWS]
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
                            + (f" ({counts.get(one.value, 0):,})" if after is None else ""),
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
                    for row in rows
                ],
                empty=desk.say(said("Nobody is in this state.")),
                note=desk.say(
                    said("By id; each further page is noted in the audit trail.")
                    if situation is Situation.ADULT
                    else said("Longest first; each further page is noted in the audit trail.")
                ),
                following=desk.here(after=_cursor(rows[-1])) if len(found) > ROWS else "",
                following_text=desk.say(said("More")),
            ),
        ],
    )


def _cursor(row: shown.Shown) -> str:
    return keyset.cursor_of((str(row["since"]), str(row["person_id"])))


def _after(desk: Desk) -> tuple[date, str] | None:
    """The day and id behind which the address goes on; None at the beginning."""
    match keyset.key_of(desk.word("after")):
        case (str(day), str(person_id)):
            with suppress(ValueError):
                return date.fromisoformat(day), person_id.replace("\0", "")
    return None


def one(desk: Desk) -> View:
    """One person, masked."""
    person, values = _found(desk)
    return _view(desk, person, values.masked(), opened=False)


def _found(desk: Desk) -> tuple[PersonTold, Values]:
    """What can be told of the person, and where the money goes."""
    person_id = desk.named["person"]
    if not (person_id.isascii() and person_id.isalnum()):
        raise UnknownPersonError(said("there is no person {person}", person=person_id[:40]))
    person = explain(desk.opened, person_id)
    known = PersonId(person.person_id)
    with desk.opened.database.reading() as connection:
        details = payees.payment_details(desk.opened, connection, [known]).get(known)
    if details is None:
        return person, Values(values={})
    return person, Values(
        values={
            "name": details.name,
            "account": details.account,
            "account_kind": details.account_kind.value,
        }
    )


def _view(desk: Desk, person: PersonTold, values: dict[str, str], *, opened: bool) -> View:
    kind = values.pop("account_kind", "")
    rows = [(desk.say(_FIELDS[name]), value) for name, value in values.items()]
    if kind:
        rows.append((desk.say(_FIELDS["account_kind"]), kind.rstrip("*") if opened else ""))
    parts: list[Part] = [
        Text(
            title=desk.say(said("Why this person gets what they get")),
            text="\n".join(told(person, saying.spoken(desk.language))),
        ),
    ]
    if rows:
        title = said("Where the money goes") if opened else said("Where the money goes, masked")
        parts.append(Facts(title=desk.say(title), rows=[row for row in rows if row[1]]))
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
            said("Your look and your reason are kept; the person sees that it happened.")
        ),
        action=f"/people/{person_id}/reveal",
        fields=reason_fields(desk),
        buttons=(Button(label=desk.say(said("Open")), tone="plain"),),
        tone="warn",
    )


def reveal(desk: Desk) -> Answer:
    """The open values, once, after the look is written down."""
    person, values = _found(desk)
    with desk.opened.database.unit_of_work() as connection:
        revealing.reveal_in(
            connection,
            desk.opened,
            person.person_id,
            fields=tuple(values.values),
            ground=ground_of(desk),
            reason=desk.form.get("reason", ""),
        )
    return _view(desk, person, dict(values.values), opened=True)


PAGES = (
    Page(path="/people", right=Right.SEE, show=listed),
    Page(path="/people/{person:str}", right=Right.SEE, show=one),
)
ACTIONS = (Action(path="/people/{person:str}/reveal", right=Right.REVEAL, act=reveal, show=one),)
