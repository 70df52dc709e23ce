"""What was decided, determined, run, written and taken in, and the trail: the lists as files."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from amends.evidence import looking
from amends.evidence.model import Role
from amends.governance import shown
from amends.governance.model import AuditEntry
from amends.governance.shown import Shown, Wanted
from amends.linkage.telling import runs as determinations
from amends.notices import printed
from amends.stages import service as stages
from amends.vault.opened import OpenCase
from amends.web.listings.model import AT_ONCE, Listing, through

_ENTRY: Final = ("entry_no", "occurred_at", "actor", "action", "details", "previous")
_PROPOSAL: Final = (
    *("digest", "kind", "body", "proposed_by", "proposed_at"),
    *("approvers", "needed", "approved"),
)
_RUN: Final = ("run", "finished_at", "affected", "input_digest", "result_digest")
_PRINTED: Final = ("number", "occurred_at", "what", "details", "actor")
_ASK: Final = ("run", "stage", "asked_at", "asked_by", "state", "taken_at", "ended_at", "code")
_TABLE: Final = (
    *("number", "role", "path", "size_bytes", "rows", "set_aside", "sha256"),
    *("taken_at", "taken_by", "came_from"),
)


def audit(opened: OpenCase, *, action: str, actor: str, text: str) -> Listing:
    """Entries of the audit trail, the newest first."""
    found = through(
        lambda last: shown.entries(
            opened,
            action=action,
            actor=actor,
            text=text,
            before=None if last is None else last.entry_no,
            most=AT_ONCE,
        )
    )
    return Listing(what="audit", columns=_ENTRY, rows=map(_entry, found))


def _entry(one: AuditEntry) -> tuple[object, ...]:
    return one.entry_no, one.occurred_at, one.actor, one.action, one.details, one.previous.hex()


def proposals(opened: OpenCase, wanted: Wanted) -> Listing:
    """Proposals, narrowed and sorted."""
    return Listing(what="proposals", columns=_PROPOSAL, rows=_proposals(opened, wanted))


def _proposals(opened: OpenCase, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    page = shown.page(opened, wanted, most=AT_ONCE)
    yield from map(_proposal, page.rows)
    while page.following is not None:
        page = shown.page(opened, replace(wanted, after=page.following), most=AT_ONCE)
        yield from map(_proposal, page.rows)


def _proposal(one: Shown) -> tuple[object, ...]:
    return (
        one.proposal.digest,
        one.proposal.kind,
        one.proposal.body,
        one.proposed_by,
        one.proposed_at,
        ";".join(one.approvers),
        one.need.people,
        one.approved,
    )


def runs(opened: OpenCase) -> Listing:
    """Determinations, the newest first."""
    found = through(
        lambda last: determinations.page(
            opened, before=None if last is None else last.run_no, most=_FEW
        ),
        _FEW,
    )
    rows = (
        (
            one.run_no,
            one.finished_at,
            one.counts.get("affected", 0),
            one.input_digest,
            one.result_digest,
        )
        for one in found
    )
    return Listing(what="runs", columns=_RUN, rows=rows)


_FEW: Final = 200
"""Rows that are asked for at once where each is long."""


def print_runs(opened: OpenCase, *, what: str) -> Listing:
    """Notices, letters and codes that were written to people, the newest first."""
    found = through(
        lambda last: printed.runs(
            opened, what=what, before=None if last is None else last.entry_no, most=AT_ONCE
        )
    )
    rows = ((one.entry_no, one.occurred_at, one.action, one.details, one.actor) for one in found)
    return Listing(what="print_runs", columns=_PRINTED, rows=rows)


def stage_runs(opened: OpenCase, *, stage: str) -> Listing:
    """Runs of stages that were asked for, the newest first."""
    found = through(
        lambda last: stages.asks(
            opened, stage=stage, before=None if last is None else last.ask_no, most=AT_ONCE
        )
    )
    rows = (
        (
            one.ask_no,
            one.stage,
            one.asked_at,
            one.asked_by,
            one.state.value,
            one.taken_at,
            one.ended_at,
            one.outcome.code if one.outcome else "",
        )
        for one in found
    )
    return Listing(what="stage_runs", columns=_ASK, rows=rows)


def tables(opened: OpenCase, role: Role | None) -> Listing:
    """Tables of the newest intake, in the order of the case file."""
    found = through(
        lambda last: looking.held_files(
            opened, role=role, after=None if last is None else last.file_no, most=_FEW
        ),
        _FEW,
    )
    rows = (
        (
            one.custody_no,
            one.custody.role.value,
            one.custody.path,
            one.custody.size_bytes,
            one.custody.records,
            one.custody.quarantined,
            one.custody.sha256,
            one.custody.taken_at,
            one.original.taken_by,
            one.came_from,
        )
        for one in found
    )
    return Listing(what="tables", columns=_TABLE, rows=rows)
