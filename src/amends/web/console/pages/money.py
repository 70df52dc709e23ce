"""Tariff with its simulation, and funds against obligations."""

from collections.abc import Mapping
from typing import Final

from amends.access.model import Right
from amends.awards import promised
from amends.awards.simulating import UnknownTariffError
from amends.awards.simulation_words import Sheet, sheets
from amends.funding import service as funding
from amends.funding.model import Position
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tarifffile import preset_names
from amends.web import saying, tariffs
from amends.web.console.desk import Desk
from amends.web.console.pages.registry import Action, Page
from amends.web.console.parts import (
    Answer,
    Button,
    Column,
    Elsewhere,
    Field,
    Filters,
    Form,
    Note,
    Part,
    Table,
    Tone,
    View,
    code,
)

_LEVELS: Final[Mapping[str, Tone]] = {
    "ample": "good",
    "tight": "warn",
    "short": "bad",
    "unproved": "warn",
}


def tariff(desk: Desk) -> View:
    """What the tariff gives and costs, beside others that the address names."""
    simulated = tariffs.beside(desk.opened, desk.word("with"))
    parts: list[Part] = [
        Filters(
            fields=(
                Field(
                    name="with",
                    label=desk.say(said("Beside the tariff of the case")),
                    value=desk.word("with"),
                    hint=desk.say(
                        said("{known}; flat:CNY 3000.00", known=", ".join(preset_names()))
                    ),
                ),
            )
        ),
        *(_sheet(one) for one in sheets(simulated, saying.spoken(desk.language))),
    ]
    return View(
        title=desk.say(said("Tariff and simulation")),
        lead=desk.say(
            said(
                "Over determination {number}: {people:,} people, of whom {awarded:,} have an "
                "award. Nothing is decided here.",
                number=simulated.run_no,
                people=simulated.people,
                awarded=simulated.awarded,
            )
        ),
        parts=parts,
    )


def _sheet(one: Sheet) -> Table:
    return Table(
        caption=one.heading,
        columns=[Column(label=name, figures=at > 0) for at, name in enumerate(one.columns)],
        rows=one.rows,
        note=" · ".join(one.notes),
    )


def funds(desk: Desk) -> View:
    """Funds against obligations, the promised days, statements in custody."""
    found = promised.funds(desk.opened)
    days = funding.forecast(desk.opened, found)
    held = funding.statements(desk.opened)
    parts: list[Part] = [
        Note(
            text=desk.say(funding.told(found.level)),
            tone=_LEVELS.get(found.level.value, ""),
        ),
        _position(desk, found),
        Table(
            caption=desk.say(said("Promised days")),
            columns=(
                Column(label=desk.say(said("Day"))),
                Column(label=desk.say(said("Due by its end")), figures=True),
                Column(label=desk.say(said("Missing")), figures=True),
                Column(label=desk.say(said("Not released yet")), figures=True),
            ),
            rows=[
                (
                    one.day,
                    desk.minor(one.due_minor),
                    desk.minor(one.short_minor),
                    desk.minor(one.unreleased_minor),
                )
                for one in days
            ],
            empty=desk.say(said("No day is promised before an announcement.")),
        ),
        Table(
            caption=desk.say(said("Statements in custody")),
            columns=(
                Column(label=desk.say(said("Number")), figures=True),
                Column(label=desk.say(said("First day"))),
                Column(label=desk.say(said("Last day"))),
                Column(label=desk.say(said("Opening balance")), figures=True),
                Column(label=desk.say(said("Closing balance")), figures=True),
                Column(label=desk.say(said("Form"))),
                Column(label=desk.say(said("File"))),
                Column(label="SHA-256"),
            ),
            rows=[
                (
                    one.statement_no,
                    one.statement.first_day,
                    one.statement.last_day,
                    desk.minor(one.statement.opening_minor),
                    desk.minor(one.statement.closing_minor),
                    one.statement.form,
                    one.name,
                    code(one.sha256[:16]),
                )
                for one in held
            ],
            empty=desk.say(said("No statement of the escrow account is in: funds are declared.")),
        ),
    ]
    if desk.may(Right.PROPOSE) and found.evidenced:
        parts.append(_release_form(desk, found))
    return View(title=desk.say(said("Funding")), parts=parts)


def _position(desk: Desk, found: Position) -> Table:
    return Table(
        caption=desk.say(said("Funds and obligations, {currency}", currency=found.currency)),
        columns=(
            Column(label=desk.say(said("What"))),
            Column(label=desk.say(said("Amount")), figures=True),
        ),
        rows=[
            (desk.say(name), desk.minor(amount))
            for name, amount in funding.position_lines(found)
            if amount is not None
        ],
        narrow=True,
    )


def _release_form(desk: Desk, found: Position) -> Form:
    return Form(
        title=desk.say(said("Release funds to a rail")),
        text=desk.say(
            said(
                "Up to {amount}. Two others sign exactly this part.",
                amount=funding.releasable(found).display(),
            )
        ),
        action="/funding/releases",
        fields=(
            Field(
                name="amount",
                label=desk.say(said("Amount, like CNY 5000.00")),
                value=desk.form.get("amount", ""),
                required=True,
            ),
        ),
        buttons=(Button(label=desk.say(said("Propose"))),),
    )


def release(desk: Desk) -> Answer:
    """Propose, or carry out, the release of a part of the earmarked money."""
    try:
        amount = Money.parse(desk.form.get("amount", "").strip())
    except ValueError as error:
        raise UnknownTariffError(str(error)) from error
    done = funding.release(desk.opened, amount)
    return Elsewhere(
        to="/funding",
        told=desk.say(
            said(
                "released: {amount}, reference {name}", amount=amount.display(), name=done.reference
            )
        ),
    )


PAGES = (
    Page(path="/tariff", right=Right.SEE, show=tariff),
    Page(path="/funding", right=Right.SEE, show=funds),
)
ACTIONS = (Action(path="/funding/releases", right=Right.PROPOSE, act=release, show=funds),)
