"""Claims of later losses: what waits, what the tariff gives, decisions that two people sign."""

from amends.access.model import Right
from amends.claims import service as claims
from amends.claims.model import State
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.web.console.desk import ROWS, Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Field,
    Figures,
    Filters,
    Form,
    Part,
    Table,
    View,
    code,
)

_STATES = {
    State.WAITING.value: said("waiting for a decision"),
    State.GRANTED.value: said("granted, not awarded yet"),
    State.AWARDED.value: said("awarded"),
    State.REFUSED.value: said("refused"),
}


def show(desk: Desk) -> View:
    """The queue of claims by state."""
    found = claims.standing(desk.opened)
    state, start = desk.word("state"), desk.number("start", 0) or 0
    chosen = [one for one in found.claims if state in ("", one.state.value)]
    currency = desk.opened.case.file.currency
    parts: list[Part] = [
        Figures(
            items=[
                (
                    desk.say(words),
                    f"{sum(one.state.value == name for one in found.claims):,}",
                    f"/claims?state={name}",
                )
                for name, words in _STATES.items()
            ]
        ),
        Filters(
            fields=(
                Field(
                    name="state",
                    label=desk.say(said("State")),
                    value=state,
                    choices=[
                        ("", desk.say(said("every state"))),
                        *((name, desk.say(words)) for name, words in _STATES.items()),
                    ],
                ),
            )
        ),
        Table(
            caption=desk.say(said("Claims")),
            columns=(
                Column(label=desk.say(said("Claim")), figures=True),
                Column(label=desk.say(said("Person"))),
                Column(label=desk.say(said("Kind"))),
                Column(label=desk.say(said("Day of the loss"))),
                Column(label=desk.say(said("Asked")), figures=True),
                Column(label=desk.say(said("Given")), figures=True),
                Column(label=desk.say(said("State"))),
            ),
            rows=[
                (
                    str(one.claim_no),
                    code(one.person_id, f"/people/{one.person_id}"),
                    desk.say(one.asked.kind.value.replace("_", " ")),
                    one.asked.occurred_on.isoformat(),
                    desk.say(said("{minutes:,} minutes", minutes=one.asked.minutes))
                    if one.asked.minutes is not None
                    else desk.minor(one.asked.claimed_minor or 0),
                    (
                        found.given.get(one.claim_no)
                        or Money(amount_minor=one.granted_minor or 0, currency=currency)
                    ).display(),
                    desk.say(_STATES[one.state.value]),
                )
                for one in chosen[start : start + ROWS]
            ],
            empty=desk.say(said("No claim of this kind.")),
            following=desk.here(start=start + ROWS) if start + ROWS < len(chosen) else "",
            following_text=desk.say(said("More")),
            note=desk.say(said("{number:,} rows are set aside", number=len(found.set_aside)))
            if found.set_aside
            else "",
        ),
    ]
    if desk.may(Right.PROPOSE) and any(one.state is State.WAITING for one in found.claims):
        parts.append(_form(desk))
    return View(title=desk.say(said("Claims")), parts=parts)


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


PAGES = (Page(path="/claims", right=Right.SEE, show=show),)
ACTIONS = (Action(path="/claims", right=Right.PROPOSE, act=decide, show=show),)
