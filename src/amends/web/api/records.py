"""Evidence, stages and print runs, as the console's pages have them."""

from amends.access import service as access
from amends.access.model import Right
from amends.access.rules import masked
from amends.evidence import looking
from amends.evidence import service as evidence
from amends.evidence.categories.texts import category_label, why
from amends.evidence.model import HeldFile, Role
from amends.journey import STAGES
from amends.kernel.errors import AmendsError
from amends.notices import printed
from amends.payouts.showing import shown
from amends.stages import reached
from amends.stages import service as stages_service
from amends.stages.model import Ask
from amends.web import keyset
from amends.web.api import model
from amends.web.api.calls import Desk
from amends.web.api.operations import asks, does
from amends.web.api.parameters import Limit, Place, Run, Stage, StageWord, Table


@asks("/evidence", Right.SEE)
def files(desk: Desk, place: Place = "", limit: Limit = 100) -> model.Evidence:
    """Tables in custody by number."""
    held: list[HeldFile] = []
    for role in Role:
        try:
            held += evidence.held(desk.opened, role)
        except AmendsError:
            continue
    page = keyset.page(held, lambda one: (one.custody_no,), after=place, most=limit)
    return model.Evidence(
        files=[_file(one) for one in page.rows], next_cursor=page.following or None
    )


@asks("/evidence/{number:int}", Right.SEE, finds=True)
def file(desk: Desk, number: Table) -> model.EvidenceShown:
    """A table in custody and how its columns were read; no value of a person."""
    held = looking.held_file(desk.opened, number)
    return model.EvidenceShown(
        file=_file(held),
        columns=[
            model.EvidenceColumn(
                column=one.column, field=category_label(one, "en"), because=why(one, "en")
            )
            for one in held.custody.columns
        ],
    )


@does("/evidence/{number:int}/looks", Right.SEE, secret=True)
def rows(desk: Desk, number: Table) -> model.EvidenceRows:
    """The first rows of a table, masked; the look is in the trail."""
    held = looking.held_file(desk.opened, number)
    return model.EvidenceRows(
        rows=[
            {name: masked(value) for name, value in row.items()}
            for row in looking.first_rows(desk.opened, held, looking.MOST_ROWS)
        ]
    )


def _file(one: HeldFile) -> model.EvidenceFile:
    custody = one.custody
    return model.EvidenceFile(
        number=one.custody_no,
        role=custody.role.value,
        path=custody.path,
        sha256=custody.sha256,
        size_bytes=custody.size_bytes,
        encoding=custody.encoding,
        rows=custody.records,
        kept=custody.kept,
        set_aside=custody.quarantined,
        taken_at=custody.taken_at,
        taken_by=one.original.taken_by,
        came_from=one.came_from,
    )


@asks("/stages", Right.SEE)
def stages(desk: Desk) -> model.Stages:
    """How far each stage is, and which proposals hold it up."""
    return model.Stages(stages=[_stage(desk, one.name) for one in STAGES])


def _stage(desk: Desk, name: str) -> model.Stage:
    found = reached.reached(desk.opened, name, lambda: shown.funnel(desk.opened))
    state = "not_yet" if found is None else "done" if found.whole else "under_way"
    return model.Stage(
        stage=name,
        state=state,
        told="" if found is None else str(found.told),
        last_at=None if found is None else found.at,
        waits_for=[one.proposal.digest for one in reached.waiting(desk.opened, name)],
    )


@asks("/stages/runs", Right.SEE)
def stage_runs(
    desk: Desk, stage: StageWord = "", place: Place = "", limit: Limit = 100
) -> model.StageRuns:
    """Runs of stages that were asked for, newest first."""
    found = stages_service.asks(
        desk.opened, stage=stage, before=keyset.number_of(place), most=limit + 1
    )
    last = found[limit - 1] if len(found) > limit else None
    return model.StageRuns(
        runs=[_run(one) for one in found[:limit]],
        next_cursor=None if last is None else keyset.cursor_of((last.ask_no,)),
    )


@does("/stages/{stage:str}/runs", Right.PROPOSE)
def ask(desk: Desk, stage: Stage, given: model.Asking) -> model.StageRun:
    """Have a stage run by `amends runner`, in a process of its own; one at a time."""
    number = stages_service.ask(desk.opened, desk.site, desk.session, stage, given.proof)
    (found,) = stages_service.asks(desk.opened, before=number + 1, most=1)
    return _run(found)


@does("/stages/{stage:str}/challenges", Right.PROPOSE, secret=True)
def stage_challenge(desk: Desk, stage: Stage) -> model.Challenge:
    """What a passkey signs for the next run of this stage, once."""
    digest = stages_service.digest(desk.opened, stage)
    options = access.step_up_options(desk.opened, desk.site, desk.session, digest)
    return model.Challenge(options=options)


@does("/stages/runs/{run:int}/withdrawal", Right.PROPOSE)
def withdraw(desk: Desk, run: Run) -> model.Done:
    """Take back a run that waits."""
    stages_service.withdraw(desk.opened, run, by=desk.session.operator)
    return model.Done(status="withdrawn")


def _run(one: Ask) -> model.StageRun:
    return model.StageRun(
        run=one.ask_no,
        stage=one.stage,
        asked_by=one.asked_by,
        asked_at=one.asked_at,
        state=one.state.value,
        taken_at=one.taken_at,
        ended_at=one.ended_at,
        doing=one.doing.label.en if one.doing else "",
        counts=dict(one.outcome.counts) if one.outcome else {},
        notes=[note.en for note in one.outcome.notes] if one.outcome else [],
        code=one.outcome.code if one.outcome else "",
    )


@asks("/print-runs", Right.SEE)
def print_runs(desk: Desk, place: Place = "", limit: Limit = 100) -> model.PrintRuns:
    """Notices, letters and codes that were written to people, newest first."""
    found = printed.runs(desk.opened, before=keyset.number_of(place), most=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    return model.PrintRuns(
        print_runs=[
            model.PrintRun(
                number=one.entry_no,
                occurred_at=one.occurred_at,
                what=one.action,
                details=one.details,
                actor=one.actor,
            )
            for one in found[:limit]
        ],
        next_cursor=None if last is None else keyset.cursor_of((last.entry_no,)),
    )
