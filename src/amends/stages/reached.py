"""How far each stage of a case is, told without running it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from amends.awards import service as awards
from amends.evidence import service as evidence
from amends.evidence.model import Role
from amends.governance import shown as governance
from amends.governance.shown import Shown
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.linkage.telling import runs
from amends.notices import service as notices
from amends.payouts.showing import shown
from amends.payouts.showing.shown import Funnel
from amends.roster import claiming
from amends.vault.opened import OpenCase

NAMES: Final[Mapping[str, str]] = {
    "intake": said("Take files into custody"),
    "determine": said("Determine who is affected"),
    "award": said("Fix what is owed to whom"),
    "publish": said("Publish the roster"),
    "notify": said("Write everybody's notice"),
    "pay": said("Pay everybody once"),
    "reconcile": said("Reconcile, publish the epoch"),
}
_WAITING: Final = {"award": {"award", "correction"}, "publish": {"publish"}, "pay": {"pay"}}
"""Which proposals hold a stage up."""
_OPEN: Final = frozenset({"planned", "approved", "sending", "unknown", "accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a stage is; ``at``: when it was last run to its end."""

    told: str
    at: datetime | None
    whole: bool = True


def reached(opened: OpenCase, stage: str, funnel: Callable[[], Funnel]) -> Reached | None:
    """How far a stage is, None before it has begun. *funnel* counts payments, which may be kept."""
    try:
        if stage == "pay":
            return _paid(funnel())
        return _REACHED[stage](opened)
    except AmendsError:
        return None


def waiting(opened: OpenCase, stage: str) -> list[Shown]:
    """The proposals that hold a stage up."""
    return [
        one
        for one in governance.proposals(opened)
        if one.waiting and one.proposal.kind in _WAITING.get(stage, ())
    ]


def _taken(opened: OpenCase) -> Reached:
    files = [one for role in Role for one in evidence.held(opened, role)]
    told = said(
        "{files:,} tables, {rows:,} rows",
        files=len(files),
        rows=sum(one.custody.records for one in files),
    )
    return Reached(told=told, at=max(one.custody.taken_at for one in files))


def _determined(opened: OpenCase) -> Reached | None:
    found = runs.runs(opened)
    if not found:
        return None
    people = found[-1].counts.get("affected", 0)
    told = said("run {number}: {people:,} people", number=found[-1].run_no, people=people)
    return Reached(told=told, at=found[-1].finished_at)


def _paid(funnel: Funnel) -> Reached | None:
    if not funnel.states:
        return None
    settled = sum(number for _, state, number, _ in funnel.states if state == "settled")
    opened = sum(number for _, state, number, _ in funnel.states if state in _OPEN)
    told = said(
        "{settled:,} arrived, {open:,} under way, {ended:,} ended otherwise",
        settled=settled,
        open=opened,
        ended=sum(number for _, _, number, _ in funnel.states) - settled - opened,
    )
    at = max((hour for hour, *_ in funnel.hours), default=None)
    return Reached(told=told, at=at, whole=not opened)


def _reconciled(opened: OpenCase) -> Reached | None:
    bills = shown.bills(opened)
    if not bills:
        return None
    still = sum(shown.open_exceptions(opened).values())
    told = said(
        "{bills:,} statements in, {waiting:,} exceptions open", bills=len(bills), waiting=still
    )
    return Reached(told=told, at=max(one[5] for one in bills), whole=not still)


def _awarded(opened: OpenCase) -> Reached | None:
    rounds, people, total = awards.made(opened)
    if not rounds:
        return None
    told = said(
        "{people:,} awards of {total}, in {rounds} rounds",
        people=people,
        total=total.display(),
        rounds=rounds,
    )
    return Reached(told=told, at=_audited(opened, "awarded"))


def _published(opened: OpenCase) -> Reached | None:
    people, entries, codes = claiming.in_log(opened)
    if not people:
        return None
    told = said(
        "{people:,} awards in {entries:,} entries of the log, {codes:,} claim codes",
        people=people,
        entries=entries,
        codes=codes,
    )
    behind = awards.made(opened)[1] > people
    return Reached(told=told, at=_audited(opened, "roster.publish"), whole=not behind)


def _notified(opened: OpenCase) -> Reached | None:
    written, texts = notices.queued(opened)
    if not written:
        return None
    told = said("{notices:,} notices, {texts:,} texts", notices=written, texts=texts)
    behind = awards.made(opened)[1] > written
    return Reached(told=told, at=_audited(opened, "notices queued"), whole=not behind)


def _audited(opened: OpenCase, action: str) -> datetime | None:
    """When this was last done, as the audit trail says."""
    found = governance.entries(opened, action=action, most=1)
    return found[0].occurred_at if found else None


_REACHED: Final[Mapping[str, Callable[[OpenCase], Reached | None]]] = {
    "intake": _taken,
    "determine": _determined,
    "award": _awarded,
    "publish": _published,
    "notify": _notified,
    "reconcile": _reconciled,
}
