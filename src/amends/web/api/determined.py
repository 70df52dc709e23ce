"""Determinations: all of them, one with its settings, two person by person; tariffs over one."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from amends.access.model import Right
from amends.awards.simulation import Simulation
from amends.linkage import model as linkage
from amends.linkage.telling import runs
from amends.web import differences, tariffs
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks, does
from amends.web.api.parameters import Cursor, Limit, Run, Tariffs, before

_Run = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RunShown(Struct, kw_only=True):
    """A determination, and what it was made with."""

    run: model.Run
    settings: dict[str, Any]
    provenance: dict[str, Any]
    stated_error: dict[str, Any]
    notes: list[str]


class Comparing(Struct, kw_only=True, forbid_unknown_fields=True):
    """Which determinations, which change (empty: every one), from where on, at most how many."""

    before: _Run
    after: _Run
    change: Annotated[str, Meta(max_length=40)] = ""
    start: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Meta(ge=1, le=1000)] = 100


class PersonDiffering(Struct, kw_only=True):
    """Somebody whose determination changed; ``before`` and ``after``: categories."""

    change: str
    person_id: str
    other_person_id: str | None
    why: str | None
    before: str | None
    after: str | None


class PeopleDiffering(Struct, kw_only=True):
    """By change and person; ``next_start`` is null at the end."""

    counts: dict[str, int]
    people: list[PersonDiffering]
    next_start: int | None


class AmountGiven(Struct, kw_only=True):
    """How many people a tariff gives an amount, and what they get together."""

    amount_minor: int
    people: int
    cost_minor: int


class TariffSimulated(Struct, kw_only=True):
    """What a tariff would cost and give; ``short_minor``: what is missing, null without funds."""

    name: str
    tariff: str
    currency: str
    people: int
    total_minor: int
    mean_minor: int
    granted_minor: int
    amounts: list[AmountGiven]
    short_minor: int | None


class Simulated(Struct, kw_only=True):
    """Tariffs over the people of a determination, the case's first; nothing is decided."""

    run: int
    people: int
    awarded: int
    tariffs: list[TariffSimulated]


@asks("/runs", Right.SEE)
def every(desk: Desk, cursor: Cursor = "", limit: Limit = 100) -> model.Runs:
    """Every determination, newest first."""
    rows = runs.page(desk.opened, before=before(cursor), most=limit)
    return model.Runs(
        runs=[_run(one) for one in rows],
        next_cursor=str(rows[-1].run_no) if len(rows) == limit else None,
    )


def _run(one: linkage.Run) -> model.Run:
    return model.Run(
        run=one.run_no,
        finished_at=one.finished_at,
        input_digest=one.input_digest,
        result_digest=one.result_digest,
        counts=one.counts,
    )


@asks("/runs/{number:int}", Right.SEE, finds=True)
def one(desk: Desk, number: Run) -> RunShown:
    """One determination, and what it was made with.

    Raises:
        UnknownRunError: there is none of this number.
    """
    found = runs.run(desk.opened, number)
    return RunShown(
        run=_run(found),
        settings=found.settings,
        provenance=found.provenance,
        stated_error=found.stated_error,
        notes=[str(one) for one in found.notes],
    )


@asks("/runs/difference", Right.SEE, finds=True)
def counts(desk: Desk, before: Run, after: Run) -> model.Difference:
    """Two determinations held against each other."""
    found = runs.compare(desk.opened, before, after)
    return model.Difference(before=found.before, after=found.after, counts=found.counts)


@does("/runs/differences", Right.SEE, secret=True)
def people(desk: Desk, given: Comparing) -> PeopleDiffering:
    """People whose determination changed; entered in the register of exports first."""
    found = differences.differing(
        desk.opened,
        given.before,
        given.after,
        change=given.change,
        start=given.start,
        most=given.limit,
    )
    return PeopleDiffering(
        counts=found.found.counts,
        people=msgspec.convert(found.people.to_dicts(), list[PersonDiffering]),
        next_start=found.following,
    )


@asks("/tariff", Right.SEE)
def simulated(desk: Desk, beside: Tariffs = "") -> Simulated:
    """What the tariff gives and costs, and others beside it; nothing is decided."""
    found = tariffs.beside(desk.opened, beside)
    return Simulated(
        run=found.run_no,
        people=found.people,
        awarded=found.awarded,
        tariffs=[_simulated(one) for one in found.simulations],
    )


def _simulated(one: Simulation) -> TariffSimulated:
    return TariffSimulated(
        name=one.name,
        tariff=one.tariff.id,
        currency=one.total.currency,
        people=one.people,
        total_minor=one.total.amount_minor,
        mean_minor=one.mean.amount_minor,
        granted_minor=one.granted.amount_minor,
        amounts=[
            AmountGiven(
                amount_minor=share.amount.amount_minor,
                people=share.people,
                cost_minor=share.cost.amount_minor,
            )
            for share in one.amounts
        ],
        short_minor=one.funding.short.amount_minor if one.funding else None,
    )
