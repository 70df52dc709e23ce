"""Use cases of custody: hold sealed copies against what was recorded; report on the chain."""

import hashlib

from amends.evidence import custody, store
from amends.evidence.custody import InCustody, Seal
from amends.evidence.model import CustodyError, Original
from amends.governance.model import AuditBrokenError
from amends.governance.service import audit, audit_head, trail, verify_audit
from amends.kernel.case import ClockKind
from amends.kernel.errors import InputFileError, StageOrderError
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.vault.model import SealError
from amends.vault.opened import OpenCase

_CUSTODY_ACTIONS = ("evidence.", "exported", "determined")
"""What the audit trail calls the things that were done with the evidence, and what came of it."""


def verify(opened: OpenCase) -> StageSummary:
    """Open every sealed copy and hold its digest against the one that was recorded.

    Raises:
        CustodyError: one is missing, changed, or has another digest; all of them are named.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    with opened.database.reading() as connection:
        originals = store.originals(connection)
    if not originals:
        raise StageOrderError(said("no files were taken in yet: run `amends intake CASE` first"))
    opened.progress.start(said("verify"), sum(original.size_bytes for _, original in originals))
    seals = {number: _seal(opened, original) for number, original in originals}
    broken = sorted({one.path for number, one in originals if seals[number] is Seal.BROKEN})
    counts = {
        "files": len(originals),
        "whole": sum(seal is Seal.WHOLE for seal in seals.values()),
        "without_copy": sum(seal is Seal.NONE for seal in seals.values()),
        "broken": sum(seal is Seal.BROKEN for seal in seals.values()),
    }
    audit(opened, opened.by, "evidence.verified", counts)
    if broken:
        raise CustodyError(
            said(
                "the sealed copies of {broken} are not what was taken in: keep everything as "
                "it is, and bring back the evidence room from a backup",
                broken=", ".join(broken),
            )
        )
    return StageSummary(counts=counts, notes=())


def custody_report(opened: OpenCase) -> str:
    """The chain of custody of every file that was ever received, as Markdown in two languages.

    Raises:
        StageOrderError: nothing was taken in yet.
    """
    with opened.database.reading() as connection:
        originals = store.originals(connection)
        held = store.newest_files(connection)
        unread = store.unread_members(connection, [number for number, _ in originals])
    if not originals:
        raise StageOrderError(said("no files were taken in yet: run `amends intake CASE` first"))
    opened.progress.start(said("report"), sum(original.size_bytes for _, original in originals))
    counting = {file.original_no for file in held}
    files = tuple(
        InCustody(
            original_no=number,
            original=original,
            seal=_seal(opened, original),
            counts_now=number in counting,
            tables=tuple(file for file in held if file.original_no == number),
            unread=tuple(member for of, member in unread if of == number),
        )
        for number, original in originals
    )
    audit(opened, opened.by, "evidence.reported", {"files": len(files)})
    return custody.written(_report(opened, files))


def _report(opened: OpenCase, files: tuple[InCustody, ...]) -> custody.Report:
    try:
        whole = bool(verify_audit(opened))
    except AuditBrokenError:
        whole = False
    number, head = audit_head(opened)
    return custody.Report(
        case_id=opened.case.file.id,
        controller=opened.case.file.controller,
        written_at=opened.clock.now(),
        written_by=opened.by,
        simulated=opened.case.file.clock is ClockKind.SIMULATED,
        files=files,
        events=tuple(
            custody.Event(
                occurred_at=entry.occurred_at,
                actor=entry.actor,
                action=entry.action,
                details=entry.details,
            )
            for entry in trail(opened, _CUSTODY_ACTIONS)
        ),
        audit_entries=number,
        audit_head=head,
        audit_whole=whole,
    )


def _seal(opened: OpenCase, original: Original) -> Seal:
    """Whether the sealed copy has the recorded digest."""
    opened.progress.advance(original.size_bytes)
    if original.sealed_as is None:
        return Seal.NONE
    if opened.vault.evidence_destroyed:
        return Seal.DESTROYED
    try:
        with opened.vault.read_sealed(opened.case.evidence_room / original.sealed_as) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # reads as a file does
    except (InputFileError, SealError):
        return Seal.BROKEN
    return Seal.WHOLE if digest == original.sha256 else Seal.BROKEN
