"""From evidence to people: tables, stages, determinations, clerical review."""

from typing import Final

from litestar import Response, get, post

from amends.access.model import Right
from amends.web.api import determined, leaving, model, records, reviewing
from amends.web.api.calls import ACTS, FINDS, READS, Call, Key
from amends.web.api.parameters import (
    Item,
    Limit,
    Place,
    Run,
    Stage,
    StageWord,
    Table,
    Tariffs,
    calls_of,
)


@get("/evidence", responses=READS)
async def evidence(
    request: Call, place: Place = "", limit: Limit = 100
) -> Response[model.Evidence]:
    """Tables in custody by number."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: records.files(desk, place, limit)
    )


@get("/evidence/{number:int}", responses=FINDS)
async def evidence_file(request: Call, number: Table) -> Response[model.EvidenceShown]:
    """A table in custody and how its columns were read; no value of a person."""
    return await calls_of(request).get(request, Right.SEE, lambda desk: records.file(desk, number))


@post("/evidence/custody-reports", responses=ACTS)
async def custody_report(request: Call, key: Key) -> Response[leaving.Report]:
    """The chain of custody; it is entered in the register of exports."""
    return await calls_of(request).post(
        request, Right.EXPORT, key=key, body=None, make=leaving.custody, secret=True
    )


@get("/stages", responses=READS)
async def stages(request: Call) -> Response[model.Stages]:
    """How far each stage is, and which proposals hold it up."""
    return await calls_of(request).get(request, Right.SEE, records.stages)


@get("/stages/runs", responses=READS)
async def stage_runs(
    request: Call, stage: StageWord = "", place: Place = "", limit: Limit = 100
) -> Response[model.StageRuns]:
    """Runs of stages that were asked for, newest first."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: records.stage_runs(desk, stage, place, limit)
    )


@post("/stages/{stage:str}/runs", responses=ACTS)
async def ask_for_stage(
    request: Call, stage: Stage, data: model.Asking, key: Key
) -> Response[model.StageRun]:
    """Have a stage run by `amends runner`, in a process of its own; one at a time."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=data,
        make=lambda desk: records.ask(desk, calls_of(request).sessions.site, stage, data),
    )


@get("/runs", responses=READS)
async def runs(request: Call) -> Response[model.Runs]:
    """Every determination, oldest first."""
    return await calls_of(request).get(request, Right.SEE, determined.every)


@get("/runs/difference", responses=FINDS)
async def difference(request: Call, before: Run, after: Run) -> Response[model.Difference]:
    """Two determinations held against each other."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: determined.counts(desk, before, after)
    )


@get("/review", responses=READS)
async def review(
    request: Call, place: Place = "", limit: Limit = 100, *, sample: bool = False
) -> Response[model.Review]:
    """What waits for readers; no value of a person."""
    return await calls_of(request).get(
        request, Right.READ_LEAK, lambda desk: reviewing.queue(desk, place, limit, sample=sample)
    )


@post("/review/{item:str}/answers", responses=ACTS)
async def answer(
    request: Call, item: Item, data: model.GivenAnswer, key: Key
) -> Response[model.Answered]:
    """Answer an item of clerical review."""
    return await calls_of(request).post(
        request,
        Right.READ_LEAK,
        key=key,
        body=data,
        make=lambda desk: reviewing.answer(desk, item, data),
    )


@post("/evidence/{number:int}/looks", responses=ACTS)
async def look_at_rows(request: Call, number: Table, key: Key) -> Response[model.EvidenceRows]:
    """The first rows of a table, masked; the look is in the trail."""
    return await calls_of(request).post(
        request,
        Right.SEE,
        key=key,
        body=None,
        make=lambda desk: records.rows(desk, number),
        secret=True,
    )


@post("/stages/{stage:str}/challenges", responses=ACTS)
async def stage_challenge(request: Call, stage: Stage, key: Key) -> Response[model.Challenge]:
    """What a passkey signs for the next run of this stage, once; never kept for later."""
    return await calls_of(request).post(
        request,
        Right.PROPOSE,
        key=key,
        body=None,
        make=lambda desk: records.challenge(desk, calls_of(request).sessions.site, stage),
        secret=True,
    )


@post("/stages/runs/{run:int}/withdrawal", responses=ACTS)
async def withdraw_run(request: Call, run: Run, key: Key) -> Response[model.Done]:
    """Take back a run that waits."""
    return await calls_of(request).post(
        request, Right.PROPOSE, key=key, body=None, make=lambda desk: records.withdraw(desk, run)
    )


@get("/runs/{number:int}", responses=FINDS)
async def run(request: Call, number: Run) -> Response[determined.RunShown]:
    """One determination, and what it was made with."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: determined.one(desk, number)
    )


@post("/runs/differences", responses=ACTS)
async def people_differing(
    request: Call, data: determined.Comparing, key: Key
) -> Response[determined.PeopleDiffering]:
    """People whose determination changed; entered in the register, never kept for later."""
    return await calls_of(request).post(
        request,
        Right.SEE,
        key=key,
        body=data,
        make=lambda desk: determined.people(desk, data),
        secret=True,
    )


@get("/tariff", responses=READS)
async def tariff(request: Call, beside: Tariffs = "") -> Response[determined.Simulated]:
    """What the tariff gives and costs, and others beside it; nothing is decided."""
    return await calls_of(request).get(
        request, Right.SEE, lambda desk: determined.simulated(desk, beside)
    )


@post("/review/openings", responses=ACTS)
async def read_next(request: Call, key: Key) -> Response[reviewing.ReviewNext]:
    """Open the item whose answer by this reader is worth most; never kept for a second answer."""
    return await calls_of(request).post(
        request, Right.READ_LEAK, key=key, body=None, make=reviewing.following, secret=True
    )


@post("/review/{item:str}/openings", responses=ACTS)
async def read_item(request: Call, item: Item, key: Key) -> Response[reviewing.ReviewShown]:
    """Open an item of clerical review; never kept for a second answer."""
    return await calls_of(request).post(
        request,
        Right.READ_LEAK,
        key=key,
        body=None,
        make=lambda desk: reviewing.opened(desk, item),
        secret=True,
    )


HANDLERS: Final = (
    evidence,
    evidence_file,
    custody_report,
    stages,
    stage_runs,
    ask_for_stage,
    runs,
    difference,
    review,
    answer,
    look_at_rows,
    stage_challenge,
    withdraw_run,
    run,
    people_differing,
    tariff,
    read_next,
    read_item,
)
