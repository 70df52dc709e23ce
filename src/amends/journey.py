"""The order of the stages: from leaked files to reconciled payments.

Each stage is idempotent and resumes after a kill, so running the journey again does what is left.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from amends.awards.service import award, kept_awards
from amends.evidence.service import intake
from amends.kernel.summary import StageSummary
from amends.linkage.service import determine
from amends.notices.service import notify
from amends.payees.service import settle
from amends.payouts.service import pay, reconcile_payments
from amends.roster.service import publish, publish_epoch
from amends.store.service import stage_lock
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of the journey: its name and the use cases that it is made of, in order."""

    name: str
    steps: tuple[Callable[[OpenCase], StageSummary], ...]


STAGES = (
    Stage(name="intake", steps=(intake,)),
    Stage(name="determine", steps=(determine, kept_awards)),
    Stage(name="award", steps=(settle, award)),
    Stage(name="publish", steps=(publish,)),
    Stage(name="notify", steps=(notify,)),
    Stage(name="pay", steps=(pay,)),
    Stage(name="reconcile", steps=(reconcile_payments, publish_epoch)),
)


def run_stage(opened: OpenCase, stage: Stage) -> StageSummary:
    """Run one stage; two commands never run a stage of one case at the same time."""
    counts: dict[str, int] = {}
    notes: list[str] = []
    details: dict[str, object] = {}
    with stage_lock(opened.database, "stage"):
        for step in stage.steps:
            summary = step(opened)
            counts.update(summary.counts)
            notes.extend(summary.notes)
            details.update(summary.details)
    if opened.clock.simulated:
        notes.append(f"time is simulated: it is now {opened.clock.now():%Y-%m-%d %H:%M} UTC")
    return StageSummary(counts=counts, notes=tuple(notes), details=details)


def run(opened: OpenCase, until: str = STAGES[-1].name) -> Iterator[tuple[Stage, StageSummary]]:
    """Run the stages in order, up to and with *until*; each is handed out when it is done."""
    for stage in STAGES:
        yield stage, run_stage(opened, stage)
        if stage.name == until:
            return
