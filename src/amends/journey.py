"""The order of the stages: from leaked files to reconciled payments.

Each stage is idempotent and resumes after a kill, so running the journey again does what is left.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pkgutil import resolve_name

from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.store.service import stage_lock
from amends.vault.opened import OpenCase


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A step of the journey: its name and the use cases that it is made of, in order.

    A use case is named as ``room.module:function`` and imported when it runs: a stage needs few of
    the rooms, and importing all of them takes longer than a small stage does. *ready*, named
    likewise, loads what the stage would otherwise load when it meets its first row.
    """

    name: str
    steps: tuple[str, ...]
    ready: tuple[str, ...] = ()


_WITNESSED = "roster.releasing:require_witnessed"
"""Nobody is told of an award, or paid, before the witnesses stand behind it."""

STAGES = (
    Stage(name="intake", steps=("evidence.intake:intake",), ready=("evidence.ready:make_ready",)),
    Stage(name="determine", steps=("linkage.determine:determine", "awards.service:kept_awards")),
    Stage(name="award", steps=("payees.service:settle", "awards.service:award")),
    Stage(name="publish", steps=("roster.service:publish", "roster.claiming:as_wanted")),
    Stage(name="notify", steps=(_WITNESSED, "notices.service:notify")),
    Stage(name="pay", steps=(_WITNESSED, "payouts.service:pay")),
    Stage(
        name="reconcile",
        steps=("payouts.service:reconcile_payments", "roster.service:publish_epoch"),
    ),
)


def make_ready(stages: Iterable[Stage]) -> None:
    """Import what *stages* are made of, for a thread to do while the case is being opened."""
    for stage in stages:
        for name in stage.steps:
            resolve_name(f"amends.{name}")
        for name in stage.ready:
            resolve_name(f"amends.{name}")()


def run_stage(opened: OpenCase, stage: Stage) -> StageSummary:
    """Run one stage; two commands never run a stage of one case at the same time."""
    counts: dict[str, int] = {}
    notes: list[str] = []
    details: dict[str, object] = {}
    with stage_lock(opened.database, "stage"):
        for step in stage.steps:
            use_case: Callable[[OpenCase], StageSummary] = resolve_name(f"amends.{step}")
            summary = use_case(opened)
            counts.update(summary.counts)
            notes.extend(summary.notes)
            details.update(summary.details)
    if opened.clock.simulated:
        notes.append(
            said("time is simulated: it is now {now:%Y-%m-%d %H:%M} UTC", now=opened.clock.now())
        )
    return StageSummary(counts=counts, notes=tuple(notes), details=details)


def run(opened: OpenCase, until: str = STAGES[-1].name) -> Iterator[tuple[Stage, StageSummary]]:
    """Run the stages in order, up to and with *until*; each is handed out when it is done."""
    for stage in STAGES:
        yield stage, run_stage(opened, stage)
        if stage.name == until:
            return
