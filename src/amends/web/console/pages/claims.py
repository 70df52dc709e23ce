"""Claims of later losses: what waits, what the tariff gives, decisions that two people sign."""

from amends.access.model import Right
from amends.claims import service as claims
from amends.claims.model import Claim, State
from amends.claims.service import Standing
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.web.console import lists
from amends.web.console.desk import Desk
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
    state = desk.word("state")
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
        lists.filters(
            desk,
            Field(
                name="state",
                label=desk.say(said("State")),
                value=state,
                choices=[
                    ("", desk.say(said("every state"))),
                    *((name, desk.say(words)) for name, words in _STATES.items()),
                ],
            ),
        ),
        _table(desk, found, state),
    ]
    if desk.may(Right.PROPOSE) and any(one.state is State.WAITING for one in found.claims):
        parts.append(_form(desk))
    return View(title=desk.say(said("Claims")), parts=parts)


def _table(desk: Desk, found: Standing, state: str) -> Table:
    """The claims of a state, sorted and paged as the address says."""
    currency = desk.opened.case.file.currency

    def given(one: Claim) -> Money:
        granted = Money(amount_minor=one.granted_minor or 0, currency=currency)
        return found.given.get(one.claim_no) or granted

    page = lists.page(
        desk,
        (one for one in found.claims if state in ("", one.state.value)),
        {
            "claim": lambda one: (one.claim_no,),
            "day": lambda one: (one.asked.occurred_on.isoformat(), one.claim_no),
            "asked": lambda one: (one.asked.claimed_minor or 0, one.claim_no),
            "given": lambda one: (given(one).amount_minor, one.claim_no),
        },
        first="claim",
    )
    return Table(
        caption=desk.say(said("Claims")),
        columns=(
            lists.column(desk, said("Claim"), "claim", figures=True, first="claim"),
            Column(label=desk.say(said("Person"))),
            Column(label=desk.say(said("Kind"))),
            lists.column(desk, said("Day of the loss"), "day"),
            lists.column(desk, said("Asked"), "asked", figures=True),
            lists.column(desk, said("Given"), "given", figures=True),
            Column(label=desk.say(said("State"))),
        ),
        rows=[
            (
                str(one.claim_no),
                code(one.person_id, f"/people/{one.person_id}"),
                desk.say(one.asked.kind.value.replace("_", " ")),
                one.asked.occurred_on,
                desk.say(said("{minutes:,} minutes", minutes=one.asked.minutes))
                if one.asked.minutes is not None
                else desk.minor(one.asked.claimed_minor or 0),
                given(one).display(),
                desk.say(_STATES[one.state.value]),
            )
            for one in page.rows
        ],
        empty=desk.say(said("No claim of this kind.")),
        following=lists.following(desk, page),
        following_text=desk.say(said("More")),
        note=desk.say(said("{number:,} rows are set aside", number=len(found.set_aside)))
        if found.set_aside
        else "",
    )


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
