"""Claims of later losses: what waits, what the tariff gives, decisions that two people sign."""

from dataclasses import replace
from typing import Final

from amends.access.model import Right
from amends.claims import service as claims
from amends.claims.model import Claim, Order, State, Wanted
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.web import keyset
from amends.web.console import lists
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Field,
    Figures,
    Form,
    Part,
    Row,
    Table,
    View,
    code,
)
from amends.web.listings import people
from amends.web.listings.model import Listing

_STATES: Final = {
    State.WAITING: said("waiting for a decision"),
    State.GRANTED: said("granted, not awarded yet"),
    State.AWARDED: said("awarded"),
    State.REFUSED: said("refused"),
}
_DECIDED: Final = frozenset(State) - {State.WAITING}
_MOST: Final = 2**53
"""More than any amount, day or number."""


def show(desk: Desk) -> View:
    """The queue of claims by state."""
    counts = claims.counts(desk.opened)
    parts: list[Part] = [
        Figures(
            items=[
                (desk.say(words), f"{counts.get(state, 0):,}", f"/claims?state={state.value}")
                for state, words in _STATES.items()
            ]
        ),
        lists.filters(
            desk,
            Field(
                name="state",
                label=desk.say(said("State")),
                value=desk.word("state"),
                choices=[
                    ("", desk.say(said("every state"))),
                    *((state.value, desk.say(words)) for state, words in _STATES.items()),
                ],
            ),
        ),
        _table(desk),
    ]
    if desk.may(Right.PROPOSE) and counts.get(State.WAITING):
        parts.append(_form(desk))
    return View(title=desk.say(said("Claims")), parts=parts)


def _wanted(desk: Desk) -> Wanted:
    """The claims that the address asks for; what is given orders those alone that are decided."""
    state = State(desk.word("state")) if desk.word("state") in set(State) else None
    sort = desk.word("sort")
    order = sort.removeprefix("-")
    known = set(Order) if state in _DECIDED else set(Order) - {Order.GIVEN}
    if order not in known:
        order = sort = Order.CLAIM.value
    return Wanted(
        state=state,
        order=Order(order),
        down=sort.startswith("-"),
        after=_after(desk.word("after")),
    )


def _after(cursor: str) -> tuple[int, int] | None:
    match keyset.key_of(cursor):
        case (int(place), int(number)) if max(abs(place), abs(number)) < _MOST:
            return place, number
    return None


def _table(desk: Desk) -> Table:
    """The claims of a state, sorted and paged as the address says."""
    wanted = _wanted(desk)
    found = claims.listed(desk.opened, wanted, most=ROWS)
    aside = claims.set_aside(desk.opened)
    given = said("Given")
    return Table(
        caption=desk.say(said("Claims")),
        columns=(
            lists.column(desk, said("Claim"), "claim", figures=True, first="claim"),
            Column(label=desk.say(said("Person"))),
            Column(label=desk.say(said("Kind"))),
            lists.column(desk, said("Day of the loss"), "day"),
            lists.column(desk, said("Asked"), "asked", figures=True),
            lists.column(desk, given, "given", figures=True)
            if wanted.state in _DECIDED
            else Column(label=desk.say(given), figures=True),
            Column(label=desk.say(said("State"))),
        ),
        rows=[_row(desk, one, found.given.get(one.claim_no)) for one in found.claims],
        empty=desk.say(said("No claim of this kind.")),
        following=desk.here(after=keyset.cursor_of(found.following)) if found.following else "",
        following_text=desk.say(said("More")),
        csv=lists.csv(desk, "/claims.csv"),
        note=desk.say(said("{number:,} rows are set aside", number=aside)) if aside else "",
    )


def _row(desk: Desk, one: Claim, given: Money | None) -> Row:
    currency = desk.opened.case.file.currency
    granted = Money(amount_minor=one.granted_minor or 0, currency=currency)
    return (
        str(one.claim_no),
        code(one.person_id, f"/people/{one.person_id}"),
        desk.say(one.asked.kind.value.replace("_", " ")),
        one.asked.occurred_on,
        desk.say(said("{minutes:,} minutes", minutes=one.asked.minutes))
        if one.asked.minutes is not None
        else desk.minor(one.asked.claimed_minor or 0),
        (granted if given is None else given).display(),
        desk.say(_STATES[one.state]),
    )


def _listing(desk: Desk) -> Listing:
    return people.claims(desk.opened, replace(_wanted(desk), after=None))


def _form(desk: Desk) -> Form:
    return Form(
        title=desk.say(said("Decide on claims")),
        text=desk.say(
            said("What the tariff gives, or a refusal with its reason. Two others sign the list.")
        ),
        action="/claims",
        fields=(
            Field(
                name="numbers",
                label=desk.say(said("Claims, by number, with commas")),
                value=desk.form.get("numbers", ""),
                required=True,
            ),
            Field(
                name="because",
                label=desk.say(said("Why, in words; kept sealed")),
                value=desk.form.get("because", ""),
                wide=True,
                type="textarea",
            ),
        ),
        buttons=(
            Button(label=desk.say(said("Propose to grant")), name="do", value="grant"),
            Button(
                label=desk.say(said("Propose to refuse")), name="do", value="refuse", tone="plain"
            ),
        ),
    )


def decide(desk: Desk) -> Answer:
    """Propose a decision, or record it when two have signed."""
    words = desk.form.get("numbers", "").replace(",", " ").replace("，", " ").split()
    numbers = [int(word) for word in words if word.isascii() and word.isdigit()]
    if not numbers or len(numbers) != len(words):
        return show(desk)
    grant = desk.form.get("do") == "grant"
    claims.decide(desk.opened, numbers, grant=grant, because=desk.form.get("because", ""))
    return Elsewhere(to="/claims", told=desk.say(said("the decision is recorded")))


PAGES = (
    Page(path="/claims", right=Right.SEE, show=show),
    Page(path="/claims.csv", right=Right.EXPORT, show=lists.file(_listing)),
)
ACTIONS = (Action(path="/claims", right=Right.PROPOSE, act=decide, show=show),)
