"""People: by state, and one; masked, or open for whoever has written down why."""

from datetime import date, datetime

from msgspec import Struct

from amends.access import revealing
from amends.access.model import Ground, Right
from amends.payouts.showing import shown
from amends.reasons.words import told
from amends.web import people
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks, does
from amends.web.api.parameters import FIRST_STATE, Number, PayeeState, PeopleLimit, PersonId, Place


class PersonListed(Struct, kw_only=True):
    """Somebody in a state; ``payable``: whether a rail pays them now."""

    person_id: str
    since: date | None
    due_on: date | None
    payable: bool


class People(Struct, kw_only=True):
    """People in a state, longest first; ``counts``: of every state, with the first page alone."""

    state: str
    people: list[PersonListed]
    counts: dict[str, int]
    next_cursor: str | None


class AwardOfPerson(Struct, kw_only=True):
    """An award, who approved it, and the state of its payment."""

    award: int
    amount_minor: int
    currency: str
    approved_by: list[str]
    payment: str | None


class LookTaken(Struct, kw_only=True):
    """That somebody opened the person's values; the person reads when, and the ground."""

    occurred_at: datetime
    ground: str
    operator: str | None
    reason: str
    fields: list[str]


class Person(Struct, kw_only=True):
    """A person, masked."""

    person_id: str
    sentences: list[str]
    masked: dict[str, str]
    awards: list[AwardOfPerson]
    looks: int
    looked: list[LookTaken]


class Revealed(Struct, kw_only=True):
    """A person's values, after the look was written down."""

    person_id: str
    values: dict[str, str]


class MessageLook(model.Look, kw_only=True, forbid_unknown_fields=True):
    """Which raw message of a payment has to be seen, by its digest in the story, and why."""

    message: model.Sha256


class RawMessage(Struct, kw_only=True):
    """A message as a provider sent it; it names the payee."""

    digest: str
    text: str


@asks("/people", Right.SEE)
def listed(
    desk: Desk,
    in_state: PayeeState = FIRST_STATE,
    place: Place = "",
    limit: PeopleLimit = people.MOST,
) -> People:
    """People in a state; each page beyond the first is noted in the trail, so many a day."""
    found = people.listed(desk.opened, in_state, cursor=place, most=limit)
    return People(
        state=in_state.value,
        people=[_listed(row) for row in found.rows],
        counts=found.counts,
        next_cursor=found.following or None,
    )


def _listed(row: dict[str, object]) -> PersonListed:
    since, due_on = row.get("since"), row.get("due_on")
    return PersonListed(
        person_id=str(row["person_id"]),
        since=since if isinstance(since, date) else None,
        due_on=due_on if isinstance(due_on, date) else None,
        payable=row["state"] == "payable",
    )


@asks("/people/{person:str}", Right.SEE, finds=True)
def person(desk: Desk, person: PersonId) -> Person:
    """Why somebody gets what they get, where the money goes (masked), who looked."""
    found, values = people.found(desk.opened, person)
    looks = revealing.looks(desk.opened, found.person_id)
    return Person(
        person_id=found.person_id,
        sentences=told(found, "en"),
        masked=people.masked(values),
        awards=[
            AwardOfPerson(
                award=one.award_index,
                amount_minor=one.amount.amount_minor,
                currency=one.amount.currency,
                approved_by=list(one.approved_by),
                payment=one.payment.state.value if one.payment else None,
            )
            for one in found.awards
        ],
        looks=len(looks),
        looked=[
            LookTaken(
                occurred_at=one.occurred_at,
                ground=one.ground.value,
                operator=one.operator,
                reason=one.reason,
                fields=list(one.fields),
            )
            for one in looks
        ],
    )


@does("/people/{person:str}/reveals", Right.REVEAL, secret=True)
def reveal(desk: Desk, person: PersonId, given: model.Look) -> Revealed:
    """A person's values, after the look is written down."""
    found, values = people.revealed(
        desk.opened, person, ground=Ground(given.ground), reason=given.reason
    )
    return Revealed(person_id=found.person_id, values=values.values)


@does("/payments/{number:str}/messages", Right.REVEAL, secret=True)
def message(desk: Desk, number: Number, given: MessageLook) -> RawMessage:
    """A raw message of a payment, after the look is written down."""
    digest = shown.digest_of(given.message)
    raw = people.message(
        desk.opened, number, digest, ground=Ground(given.ground), reason=given.reason
    )
    return RawMessage(digest=digest.hex(), text=raw.decode("utf-8", errors="replace"))
