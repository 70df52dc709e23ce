"""Payments, their funds and their claims."""

from typing import Final

from litestar import Response, get, post

from amends.access.model import Right
from amends.payouts.showing.listed import Order
from amends.payouts.showing.shown import Wanted
from amends.web.api import acting, leaving, model, money, noticing, paying, people, records
from amends.web.api.calls import ACTS, FINDS, READS, Call, Desk, Key
from amends.web.api.parameters import (
    Award,
    ClaimState,
    Cursor,
    Limit,
    Number,
    Place,
    Sort,
    State,
    Word,
    calls_of,
)


@get("/funding", responses=READS)
async def funding(request: Call) -> Response[money.Funding]:
    """Funds against obligations."""
    return await calls_of(request).get(request, Right.SEE, paying.funding)


@post("/funding/releases", responses=ACTS)
async def release(request: Call, data: money.Release, key: Key) -> Response[model.Done]:
    """Propose, or carry out, the release of a part of the earmarked money."""
    return await calls_of(request).post(
        request, Right.PROPOSE, key=key, body=data, make=lambda desk: acting.release(desk, data)
    )


@get("/payouts", responses=READS)
async def payouts(request: Call) -> Response[money.Payouts]:
    """Payments by rail and state, and whether they are halted."""
    return await calls_of(request).get(request, Right.SEE, paying.payouts)


@post("/payouts/halt", responses=ACTS)
async def halt(request: Call, data: model.Halt, key: Key) -> Response[model.Done]:
    """Halt payments at once."""
    return await calls_of(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.halt(desk, data)
    )


@post("/payouts/resume", responses=ACTS)
async def resume(request: Call, key: Key) -> Response[model.Done]:
    """Propose that payments go on, or carry it out when two have signed."""
    return await calls_of(request).post(
        request, Right.PROPOSE, key=key, body=None, make=acting.resume
    )


@get("/payments", responses=READS)
async def payments(  # noqa: PLR0913, PLR0917 -- a parameter of the address each
    request: Call,
    in_state: State = "",
    rail: Word = "",
    reason: Word = "",
    sort: Sort = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response[money.Payments]:
    """Payments in the order of awards, or as they are sorted."""
    order = Order(sort) if sort else Order.AWARD
    wanted = Wanted(state=in_state, rail=rail, reason=reason, order=order)

    def make(desk: Desk) -> money.Payments:
        return paying.payments(desk, wanted, cursor=cursor, limit=limit)

    return await calls_of(request).get(request, Right.SEE, make)


@get("/payments/{number:str}", responses=FINDS)
async def payment(request: Call, number: Number) -> Response[money.Payment]:
    """One payment by its number."""
    return await calls_of(request).get_quick(
        request, Right.SEE, lambda asking: paying.payment(asking, number)
    )


@get("/payments/{number:str}/story", responses=FINDS)
async def story(request: Call, number: Number) -> Response[money.Story]:
    """One payment from the decision to the books."""
    return await calls_of(request).get(request, Right.SEE, lambda desk: paying.story(desk, number))


@get("/exceptions", responses=READS)
async def exceptions(
    request: Call,
    kind: Word = "",
    rail: Word = "",
    place: Place = "",
    limit: Limit = 100,
    *,
    cleared: bool = False,
) -> Response[money.Exceptions]:
    """What a person has to explain, oldest first."""

    def make(desk: Desk) -> money.Exceptions:
        return paying.exceptions(
            desk, kind=kind, rail=rail, cleared=cleared, cursor=place, limit=limit
        )

    return await calls_of(request).get(request, Right.SEE, make)


@post("/exceptions/taken", responses=ACTS)
async def take_exception(
    request: Call, data: money.ExceptionTaken, key: Key
) -> Response[model.Done]:
    """Look after an exception from now on."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.take_exception(desk, data),
    )


@post("/exceptions/explanations", responses=ACTS)
async def explain_exception(
    request: Call, data: money.ExceptionExplained, key: Key
) -> Response[model.Done]:
    """Propose what an exception was, or have the books follow when two have signed."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.explain_exception(desk, data),
    )


@post("/payments/{number:str}/receipts", responses=ACTS)
async def receipt(
    request: Call, number: Number, data: leaving.Receipt, key: Key
) -> Response[leaving.Report]:
    """The person's receipt, after the look is written down; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: leaving.receipt(desk, number, data),
        secret=True,
    )


@get("/print-runs", responses=READS)
async def print_runs(
    request: Call, place: Place = "", limit: Limit = 100
) -> Response[model.PrintRuns]:
    """Notices, letters and codes that were written to people, newest first."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: records.print_runs(desk, place, limit)
    )


@get("/claims", responses=READS)
async def claims(
    request: Call, in_state: ClaimState = "", place: Place = "", limit: Limit = 100
) -> Response[money.Claims]:
    """Claims of later losses by number."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: paying.claims(desk, in_state, place, limit)
    )


@post("/claims/decisions", responses=ACTS)
async def decide_claims(request: Call, data: money.ClaimDecision, key: Key) -> Response[model.Done]:
    """Propose a decision on claims, or record it when two have signed."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.decide_claims(desk, data),
    )


@post("/payments/files", responses=ACTS)
async def take_payments(
    request: Call, data: leaving.PaymentsFile, key: Key
) -> Response[leaving.Report]:
    """The list of payments as CSV; entered in the register, never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.EXPORT,
        key=key,
        body=data,
        make=lambda desk: leaving.payments(desk, data),
        secret=True,
    )


@get("/awards/{award:int}/payments", responses=FINDS)
async def payments_of_award(request: Call, award: Award) -> Response[money.Payments]:
    """Every payment of an award."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: paying.of_award(desk, award)
    )


@post("/payments/{number:str}/messages", responses=ACTS)
async def raw_message(
    request: Call, number: Number, data: people.MessageLook, key: Key
) -> Response[people.RawMessage]:
    """A raw message, after the look is written down; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: people.message(desk, number, data),
        secret=True,
    )


@get("/statements", responses=READS)
async def statements(
    request: Call, place: Place = "", limit: Limit = 100
) -> Response[money.RailStatements]:
    """Statements of rails that are in hand, newest first."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: paying.statements(desk, place, limit)
    )


@get("/notices", responses=READS)
async def notices(
    request: Call, place: Place = "", limit: Limit = 100
) -> Response[noticing.Notices]:
    """How far letters and notices are, and who has to be told of a correction."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: noticing.standing(desk, place, limit)
    )


@get("/awards/{award:int}/notice", responses=FINDS)
async def notice(request: Call, award: Award) -> Response[noticing.Notice]:
    """The notice of an award as it was queued."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: noticing.notice(desk, award)
    )


HANDLERS: Final = (
    funding,
    release,
    payouts,
    halt,
    resume,
    payments,
    payment,
    story,
    exceptions,
    take_exception,
    explain_exception,
    receipt,
    print_runs,
    claims,
    decide_claims,
    take_payments,
    payments_of_award,
    raw_message,
    statements,
    notices,
    notice,
)
