"""The routes of ``/api/v1/``. Each is one call of a use case, as an operator."""

from typing import Annotated, Any, Final

import psycopg
from litestar import Request, Response, Router, get, post
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter

from amends.access.model import Right
from amends.kernel.errors import AmendsError
from amends.payouts.showing.listed import Order
from amends.payouts.showing.shown import Wanted
from amends.web.api import acting, described, inbox, letters, model, reading, records
from amends.web.api.calls import (
    ACTS,
    FINDS,
    READS,
    Calls,
    Desk,
    Ended,
    Key,
    ended,
    problem,
    refused_by_framework,
    unreachable,
)
from amends.web.keyset import CURSOR_PATTERN

Call = Request[Any, Any, Any]
_Number = Annotated[str, Parameter(pattern="^[0-9A-Za-z]{1,32}$")]
_Digest = Annotated[str, Parameter(pattern="^[0-9a-f]{6,64}$")]
_PersonId = Annotated[str, Parameter(pattern="^[0-9a-z]{26}$")]
_Name = Annotated[str, Parameter(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_Item = Annotated[str, Parameter(pattern="^[0-9A-Za-z._:-]{1,64}$")]
_Limit = Annotated[int, Parameter(ge=1, le=1000, description="At most so many.")]
_State = Annotated[
    str,
    Parameter(
        query="state",
        pattern="^(planned|approved|sending|unknown|accepted|settled|returned|refused|superseded)?$",
    ),
]
_Word = Annotated[str, Parameter(max_length=64, pattern=r"^[^\x00]*$")]
_Cursor = Annotated[str, Parameter(pattern=r"^([0-9]{1,10}(\.[0-9]{1,5}(\.[0-9]{1,16})?)?)?$")]
_Place = Annotated[str, Parameter(query="cursor", pattern=CURSOR_PATTERN)]
_Sort = Annotated[
    str,
    Parameter(
        pattern="^(-?(award|since|amount))?$",
        description="`since`, `amount`: of a state that few are in; `-`: the greatest first.",
    ),
]
_Stage = Annotated[
    str, Parameter(pattern="^(intake|determine|award|publish|notify|pay|reconcile)$")
]
_Table = Annotated[int, Parameter(ge=1, le=2**31 - 1)]
_Kind = Annotated[str, Parameter(query="kind", pattern="^(loss|scam)?$")]
_Run = Annotated[int, Parameter(ge=1, le=2**31 - 1)]

OPENAPI: Final = OpenAPIConfig(
    title="Amends",
    version="1",
    path="/api/v1",
    render_plugins=[described.Described(path="/openapi.json")],
    security=[{"token": []}],
    components=Components(
        security_schemes={
            "token": SecurityScheme(
                type="http",
                scheme="bearer",
                description="`amends operator token CASE NAME` prints one.",
            )
        }
    ),
)
"""OpenAPI 3.1 as JSON, without a viewer."""


def api() -> Router:
    """The interface. The application's state holds the ``Calls`` over its case."""
    return Router(
        path="/api/v1",
        route_handlers=[
            *(me, views, case, runs, funding, payouts, decisions, exports, users, health),
            *(payments, payment, story, exceptions, difference, review, claims),
            *(proposals, proposal, person, audit),
            *(approve, halt, resume, release, decide_claims),
            *(save_view, remove_view),
            *(answer, reveal, decision, verify, add, roles, lock_out),
            *(evidence, evidence_file, custody_report, stages, print_runs, receipt),
            *(stage_runs, ask_for_stage),
            *(messages, read_message, answer_message),
            *(reported, look_up_number, open_reports, hand_over_reports),
        ],
        before_request=described.only_its_parameters,
        exception_handlers={
            HTTPException: refused_by_framework,
            AmendsError: problem,
            Ended: ended,
            psycopg.OperationalError: unreachable,
        },
    )


def _calls(request: Call) -> Calls:
    found = request.app.state.calls
    assert isinstance(found, Calls)  # noqa: S101 - the application puts it there
    return found


@get("/me", responses=READS)
async def me(request: Call) -> Response[model.Me]:
    """Who is signed in, and what they may do."""
    return await _calls(request).get(request, Right.HALT, reading.me)


@get("/views", responses=READS)
async def views(request: Call) -> Response[model.Views]:
    """Views of lists that the operator saved."""
    return await _calls(request).get(request, Right.HALT, reading.views)


@get("/case", responses=READS)
async def case(request: Call) -> Response[model.Case]:
    """The case, its time, and how many people are in which state."""
    return await _calls(request).get(request, Right.SEE, reading.case)


@get("/runs", responses=READS)
async def runs(request: Call) -> Response[model.Runs]:
    """Every determination, oldest first."""
    return await _calls(request).get(request, Right.SEE, reading.runs)


@get("/funding", responses=READS)
async def funding(request: Call) -> Response[model.Funding]:
    """Funds against obligations."""
    return await _calls(request).get(request, Right.SEE, reading.funding)


@get("/payouts", responses=READS)
async def payouts(request: Call) -> Response[model.Payouts]:
    """Payments by rail and state, and whether they are halted."""
    return await _calls(request).get(request, Right.SEE, reading.payouts)


@get("/decisions", responses=READS)
async def decisions(request: Call) -> Response[model.Decisions]:
    """The decision log."""
    return await _calls(request).get(request, Right.SEE, reading.decisions)


@get("/exports", responses=READS)
async def exports(request: Call) -> Response[model.Exports]:
    """The register of exports."""
    return await _calls(request).get(request, Right.SEE, reading.exports)


@get("/users", responses=READS)
async def users(request: Call) -> Response[model.Users]:
    """Operators with their roles and factors."""
    return await _calls(request).get(request, Right.HALT, reading.users)


@get("/health", responses=READS)
async def health(request: Call) -> Response[model.Health]:
    """Version, time, length of the trail."""
    return await _calls(request).get(request, Right.HALT, reading.health)


@get("/payments", responses=READS)
async def payments(  # noqa: PLR0913, PLR0917 -- a parameter of the address each
    request: Call,
    in_state: _State = "",
    rail: _Word = "",
    reason: _Word = "",
    sort: _Sort = "",
    cursor: _Cursor = "",
    limit: _Limit = 100,
) -> Response[model.Payments]:
    """Payments in the order of awards, or as they are sorted."""
    order = Order(sort) if sort else Order.AWARD
    wanted = Wanted(state=in_state, rail=rail, reason=reason, order=order)

    def make(desk: Desk) -> model.Payments:
        return reading.payments(desk, wanted, cursor=cursor, limit=limit)

    return await _calls(request).get(request, Right.SEE, make)


@get("/payments/{number:str}", responses=FINDS)
async def payment(request: Call, number: _Number) -> Response[model.Payment]:
    """One payment by its number."""
    return await _calls(request).get_quick(
        request, Right.SEE, lambda asking: reading.payment(asking, number)
    )


@get("/payments/{number:str}/story", responses=FINDS)
async def story(request: Call, number: _Number) -> Response[model.Story]:
    """One payment from the decision to the books."""
    return await _calls(request).get(request, Right.SEE, lambda desk: reading.story(desk, number))


@get("/exceptions", responses=READS)
async def exceptions(
    request: Call,
    kind: _Word = "",
    place: _Place = "",
    limit: _Limit = 100,
    *,
    cleared: bool = False,
) -> Response[model.Exceptions]:
    """What a person has to explain, oldest first."""

    def make(desk: Desk) -> model.Exceptions:
        return reading.exceptions(desk, kind=kind, cleared=cleared, cursor=place, limit=limit)

    return await _calls(request).get(request, Right.SEE, make)


@get("/runs/difference", responses=FINDS)
async def difference(request: Call, before: _Run, after: _Run) -> Response[model.Difference]:
    """Two determinations held against each other."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: reading.difference(desk, before, after)
    )


@get("/evidence", responses=READS)
async def evidence(
    request: Call, place: _Place = "", limit: _Limit = 100
) -> Response[model.Evidence]:
    """Tables in custody by number."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: records.files(desk, place, limit)
    )


@get("/evidence/{number:int}", responses=FINDS)
async def evidence_file(request: Call, number: _Table) -> Response[model.EvidenceShown]:
    """A table in custody and how its columns were read; no value of a person."""
    return await _calls(request).get(request, Right.SEE, lambda desk: records.file(desk, number))


@post("/evidence/custody-reports", responses=ACTS)
async def custody_report(request: Call, key: Key) -> Response[model.Report]:
    """The chain of custody; it is entered in the register of exports."""
    return await _calls(request).post(
        request, Right.EXPORT, key=key, body=None, make=records.custody_report, secret=True
    )


@get("/stages", responses=READS)
async def stages(request: Call) -> Response[model.Stages]:
    """How far each stage is, and which proposals hold it up."""
    return await _calls(request).get(request, Right.SEE, records.stages)


@get("/stages/runs", responses=READS)
async def stage_runs(
    request: Call, place: _Place = "", limit: _Limit = 100
) -> Response[model.StageRuns]:
    """Runs of stages that were asked for, newest first."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: records.stage_runs(desk, place, limit)
    )


@post("/stages/{stage:str}/runs", responses=ACTS)
async def ask_for_stage(
    request: Call, stage: _Stage, data: model.Asking, key: Key
) -> Response[model.StageRun]:
    """Have a stage run by `amends runner`, in a process of its own; one at a time."""
    return await _calls(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: records.ask(desk, _calls(request).sessions.site, stage, data),
    )


@get("/print-runs", responses=READS)
async def print_runs(
    request: Call, place: _Place = "", limit: _Limit = 100
) -> Response[model.PrintRuns]:
    """Notices, letters and codes that were written to people, newest first."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: records.print_runs(desk, place, limit)
    )


@post("/payments/{number:str}/receipts", responses=ACTS)
async def receipt(
    request: Call, number: _Number, data: model.Look, key: Key
) -> Response[model.Report]:
    """The person's receipt, after the look is written down; never kept for a second answer."""
    return await _calls(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: records.receipt(desk, number, data),
        secret=True,
    )


@get("/inbox", responses=READS)
async def messages(
    request: Call, kind: _Kind = "", place: _Place = "", limit: _Limit = 100
) -> Response[letters.Messages]:
    """Messages of the public forms, newest first, unopened."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: inbox.messages(desk, kind, place, limit)
    )


@post("/inbox/{number:int}/openings", responses=ACTS)
async def read_message(
    request: Call, number: _Table, data: letters.Why, key: Key
) -> Response[letters.Letter]:
    """What a message says, after the look is written down; never kept for a second answer."""
    return await _calls(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.read(desk, number, data),
        secret=True,
    )


@post("/inbox/{number:int}/answers", responses=ACTS)
async def answer_message(
    request: Call, number: _Table, data: letters.Telling, key: Key
) -> Response[model.Done]:
    """Tell the sender of a message how far it is; only their secret code shows it."""
    return await _calls(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: inbox.answer(desk, number, data),
    )


@get("/scams", responses=READS)
async def reported(request: Call, limit: _Limit = 100) -> Response[letters.ReportedCounts]:
    """How often numbers were reported, most first; a mark says that two are the same."""
    return await _calls(request).get(request, Right.SEE, lambda desk: inbox.numbers(desk, limit))


@post("/scams/look-ups", responses=ACTS)
async def look_up_number(request: Call, data: letters.Number, key: Key) -> Response[letters.Times]:
    """How often a number was reported."""
    return await _calls(request).post(
        request, Right.SEE, key=key, body=data, make=lambda desk: inbox.times(desk, data)
    )


@post("/scams/openings", responses=ACTS)
async def open_reports(
    request: Call, data: letters.Why, key: Key
) -> Response[letters.ReportedNumbers]:
    """Reported numbers, after the look is written down; never kept for a second answer."""
    return await _calls(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.opened(desk, data),
        secret=True,
    )


@post("/scams/handed-over", responses=ACTS)
async def hand_over_reports(request: Call, data: letters.Between, key: Key) -> Response[model.Done]:
    """Tell the senders of reports that the police has them, each once."""
    return await _calls(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: inbox.handed_over(desk, data),
    )


@get("/review", responses=READS)
async def review(request: Call, place: _Place = "", limit: _Limit = 100) -> Response[model.Review]:
    """What waits for readers; no value of a person."""
    return await _calls(request).get(
        request, Right.READ_LEAK, lambda desk: reading.review(desk, place, limit)
    )


@get("/claims", responses=READS)
async def claims(request: Call, place: _Place = "", limit: _Limit = 100) -> Response[model.Claims]:
    """Claims of later losses by number."""
    return await _calls(request).get(
        request, Right.SEE, lambda desk: reading.claims(desk, place, limit)
    )


@get("/proposals", responses=READS)
async def proposals(
    request: Call, place: _Place = "", limit: _Limit = 100
) -> Response[model.Proposals]:
    """What people sign, newest first."""
    return await _calls(request).get(
        request, Right.AUDIT, lambda desk: reading.proposals(desk, place, limit)
    )


@get("/proposals/{digest:str}", responses=FINDS)
async def proposal(request: Call, digest: _Digest) -> Response[model.ProposalShown]:
    """A proposal with its exact difference to the one approved before."""
    return await _calls(request).get(
        request, Right.AUDIT, lambda desk: reading.proposal(desk, digest)
    )


@get("/people/{person:str}", responses=FINDS)
async def person(request: Call, person: _PersonId) -> Response[model.Person]:
    """A person, masked."""
    return await _calls(request).get(request, Right.SEE, lambda desk: reading.person(desk, person))


@get("/audit", responses=READS)
async def audit(
    request: Call,
    action: _Word = "",
    actor: _Word = "",
    cursor: _Cursor = "",
    limit: _Limit = 100,
) -> Response[model.Audit]:
    """The audit trail, newest first."""

    def make(desk: Desk) -> model.Audit:
        return reading.audit(desk, action=action, actor=actor, cursor=cursor, limit=limit)

    return await _calls(request).get(request, Right.AUDIT, make)


@post("/proposals/{digest:str}/approvals", responses=ACTS)
async def approve(
    request: Call, digest: _Digest, data: model.Approval, key: Key
) -> Response[model.Proposal]:
    """Sign a proposal, with a second factor now."""
    return await _calls(request).post(
        request,
        Right.APPROVE,
        key=key,
        body=data,
        make=lambda desk: acting.approve(desk, _calls(request).sessions.site, digest, data),
    )


@post("/payouts/halt", responses=ACTS)
async def halt(request: Call, data: model.Halt, key: Key) -> Response[model.Done]:
    """Halt payments at once."""
    return await _calls(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.halt(desk, data)
    )


@post("/payouts/resume", responses=ACTS)
async def resume(request: Call, key: Key) -> Response[model.Done]:
    """Propose that payments go on, or carry it out when two have signed."""
    return await _calls(request).post(
        request, Right.PROPOSE, key=key, body=None, make=acting.resume
    )


@post("/funding/releases", responses=ACTS)
async def release(request: Call, data: model.Release, key: Key) -> Response[model.Done]:
    """Propose, or carry out, the release of a part of the earmarked money."""
    return await _calls(request).post(
        request, Right.PROPOSE, key=key, body=data, make=lambda desk: acting.release(desk, data)
    )


@post("/claims/decisions", responses=ACTS)
async def decide_claims(request: Call, data: model.ClaimDecision, key: Key) -> Response[model.Done]:
    """Propose a decision on claims, or record it when two have signed."""
    return await _calls(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.decide_claims(desk, data),
    )


@post("/review/{item:str}/answers", responses=ACTS)
async def answer(
    request: Call, item: _Item, data: model.GivenAnswer, key: Key
) -> Response[model.Answered]:
    """Answer an item of clerical review."""
    return await _calls(request).post(
        request,
        Right.READ_LEAK,
        key=key,
        body=data,
        make=lambda desk: acting.review(desk, item, data),
    )


@post("/people/{person:str}/reveals", responses=ACTS)
async def reveal(
    request: Call, person: _PersonId, data: model.Look, key: Key
) -> Response[model.Revealed]:
    """See a person's values, after the look is written down; never kept for a second answer."""
    return await _calls(request).post(
        request,
        Right.REVEAL,
        key=key,
        body=data,
        make=lambda desk: acting.reveal(desk, person, data),
        secret=True,
    )


@post("/decisions", responses=ACTS)
async def decision(request: Call, data: model.NewDecision, key: Key) -> Response[model.Done]:
    """Write down a decision that was made outside the program."""
    return await _calls(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: acting.decision(desk, data),
    )


@post("/audit/verifications", responses=ACTS)
async def verify(request: Call, key: Key) -> Response[model.Verified]:
    """Recompute the audit trail and the books."""
    return await _calls(request).post(request, Right.AUDIT, key=key, body=None, make=acting.verify)


@post("/views", responses=ACTS)
async def save_view(request: Call, data: model.View, key: Key) -> Response[model.Done]:
    """Save a view of a list; one of the same page and name is replaced."""
    return await _calls(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.save_view(desk, data)
    )


@post("/views/removals", responses=ACTS)
async def remove_view(request: Call, data: model.ViewName, key: Key) -> Response[model.Done]:
    """Remove a saved view; one that is not there is removed already."""
    return await _calls(request).post(
        request, Right.HALT, key=key, body=data, make=lambda desk: acting.remove_view(desk, data)
    )


@post("/users", responses=ACTS)
async def add(request: Call, data: model.NewUser, key: Key) -> Response[model.Done]:
    """Make an operator with a key of their own."""
    return await _calls(request).post(
        request, Right.MANAGE, key=key, body=data, make=lambda desk: acting.add_user(desk, data)
    )


@post("/users/{name:str}/roles", responses=ACTS)
async def roles(request: Call, name: _Name, data: model.Roles, key: Key) -> Response[model.User]:
    """Give an operator exactly these roles."""
    return await _calls(request).post(
        request,
        Right.MANAGE,
        key=key,
        body=data,
        make=lambda desk: acting.set_roles(desk, name, data),
    )


@post("/users/{name:str}/lock-out", responses=ACTS)
async def lock_out(request: Call, name: _Name, key: Key) -> Response[model.Done]:
    """End every session of an operator, and let none of their factors count."""
    return await _calls(request).post(
        request,
        Right.MANAGE,
        key=key,
        body=None,
        make=lambda desk: acting.lock_out(desk, name),
    )
