"""Evidence, stages and print runs, as the console's pages have them."""

from amends.access import service as access
from amends.access.model import Site
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


def files(desk: Desk, cursor: str, limit: int) -> model.Evidence:
    """Tables of the newest intake by number."""
    held: list[HeldFile] = []
    for role in Role:
        try:
            held += evidence.held(desk.opened, role)
        except AmendsError:
            continue
    page = keyset.page(held, lambda one: (one.custody_no,), after=cursor, most=limit)
    return model.Evidence(
        files=[_file(one) for one in page.rows], next_cursor=page.following or None
    )


def file(desk: Desk, number: int) -> model.EvidenceShown:
    """A table and how its columns were read."""
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


def rows(desk: Desk, number: int) -> model.EvidenceRows:
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


def stages(desk: Desk) -> model.Stages:
    """How far each stage is."""
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


def stage_runs(desk: Desk, stage: str, cursor: str, limit: int) -> model.StageRuns:
    """Runs of stages that were asked for, newest first."""
    found = stages_service.asks(
        desk.opened, stage=stage, before=keyset.number_of(cursor), most=limit + 1
    )
    last = found[limit - 1] if len(found) > limit else None
    return model.StageRuns(
        runs=[_run(one) for one in found[:limit]],
        next_cursor=None if last is None else keyset.cursor_of((last.ask_no,)),
    )


def ask(desk: Desk, site: Site, stage: str, given: model.Asking) -> model.StageRun:
    """Have a stage run by the runner."""
    number = stages_service.ask(desk.opened, site, desk.session, stage, given.proof)
    (found,) = stages_service.asks(desk.opened, before=number + 1, most=1)
    return _run(found)


def challenge(desk: Desk, site: Site, stage: str) -> model.Challenge:
    """A challenge for a passkey, bound to the next run of a stage."""
    digest = stages_service.digest(desk.opened, stage)
    return model.Challenge(options=access.step_up_options(desk.opened, site, desk.session, digest))


def withdraw(desk: Desk, number: int) -> model.Done:
    """Take back a run that waits."""
    stages_service.withdraw(desk.opened, number, by=desk.session.operator)
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


def print_runs(desk: Desk, cursor: str, limit: int) -> model.PrintRuns:
    """What was written to people, newest first."""
    found = printed.runs(desk.opened, before=keyset.number_of(cursor), most=limit + 1)
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
