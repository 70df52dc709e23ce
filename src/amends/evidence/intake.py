"""Files into the evidence room: all that case.toml names, or none of them.

A file that lies in the room already, read in the same way, is not read again; what a kill leaves
behind is removed by the next intake.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from amends.evidence import store
from amends.evidence.model import Custody, HeldFile, Original, OriginalNo, Role, Source
from amends.evidence.readers.content import on_disk
from amends.evidence.readers.opening import size_of
from amends.evidence.receiving import SEALED, Receipt, Received, receive
from amends.evidence.taking import FOLDERS, Room, settings_digest
from amends.governance.service import audit_in
from amends.kernel.memory import one_heap_for_arrow
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

_MOST_NOTES = 20


def intake(opened: OpenCase) -> StageSummary:
    """Read every file that case.toml names into the evidence room, or refuse all of them.

    A file that lies there already, read in the same way, is not read again.

    Raises:
        InputFileError: a file cannot be taken; nothing has changed then.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    sources = sources_of(opened)
    sizes = [size_of(source.file, source.path) for source in sources]
    opened.progress.start(said("intake"), sum(sizes))
    with opened.database.reading() as connection:
        held = store.newest_files(connection)
        digest = store.newest_digest(connection)
    room = Room(vault=opened.vault, folder=opened.case.evidence_room)
    taken: list[_Taken] = []
    try:
        with one_heap_for_arrow():
            _take_all(opened, room, sources, held, taken)
        with opened.database.unit_of_work() as connection:
            _record(opened, connection, sources, taken, digest)
    except BaseException:
        _remove(
            room.folder / name
            for one in taken
            if isinstance(one, Received)
            for name in one.stored_as
        )
        raise
    with opened.database.reading() as connection:
        files = store.newest_files(connection)
        notes = _notes(connection, files)
        sealed = [original for _, original in store.originals(connection)]
    _remove(_strays(room.folder, files, sealed))
    return StageSummary(counts=_counts(files), notes=notes)


def sources_of(opened: OpenCase) -> list[Source]:
    """The files of the case in the order in which they are read: registries tell the others."""
    root, file = opened.case.root, opened.case.file
    return [
        *(
            Source(
                role=Role.REGISTRY,
                path=one.path,
                file=root / one.path,
                overrides=tuple(one.columns.items()),
                product=one.product,
            )
            for one in file.registries
        ),
        *(
            Source(
                role=Role.EVIDENCE,
                path=one.path,
                file=root / one.path,
                overrides=tuple(one.columns.items()),
                product=one.product,
                tranche=one.tranche,
                received_at=one.received_at,
                came_from=one.source,
            )
            for one in file.evidence
        ),
        *(
            Source(
                role=Role.PEOPLE,
                path=one.path,
                file=root / one.path,
                overrides=tuple(one.columns.items()),
                kind=str(one.kind),
            )
            for one in file.people
        ),
    ]


_Taken = Received | tuple[HeldFile, ...]
"""A file that was read now, or the tables of one that lies in the room already."""


def _take_all(
    opened: OpenCase,
    room: Room,
    sources: Sequence[Source],
    held: Sequence[HeldFile],
    taken: list[_Taken],
) -> None:
    """Read the files that are new or changed; *taken* grows as they are read."""
    known: dict[tuple[Role, str, str], tuple[HeldFile, ...]] = {}
    for file in held:
        key = (file.original.role, file.original.path, file.custody.settings)
        known[key] = (*known.get(key, ()), file)
    registries: list[Custody] = []
    receipt = Receipt(
        taken_by=opened.by,
        taken_at=opened.clock.now(),
        sealed_copies=opened.case.file.sealed_copies,
    )
    for file_no, source in enumerate(sources, start=1):
        settings = settings_digest(source, registries)
        before = known.get((source.role, source.path, settings))
        if before is not None and _unchanged(opened, room, source, before):
            taken.append(before)
        else:
            taken.append(
                receive(room, source, file_no, registries, receipt, opened.progress.advance)
            )
        if source.role is Role.REGISTRY:
            registries.extend(_custodies(taken[-1]))


def _custodies(taken: _Taken) -> list[Custody]:
    if isinstance(taken, Received):
        return [taking.custody for taking in taken.takings]
    return [file.custody for file in taken]


def _unchanged(opened: OpenCase, room: Room, source: Source, held: Sequence[HeldFile]) -> bool:
    """Whether a file is the one that lies in the room, whole."""
    original = held[0].original
    stored = [file.custody.stored_as for file in held]
    if original.sealed_as is not None:
        stored.append(original.sealed_as)
    elif opened.case.file.sealed_copies:
        return False
    if source.file.stat().st_size != original.size_bytes:
        return False
    if not all((room.folder / name).exists() for name in stored):
        return False
    if on_disk(source.file, source.path).sha256() != original.sha256:
        return False
    opened.progress.advance(original.size_bytes)
    return True


def _record(
    opened: OpenCase,
    connection: Connection,
    sources: Sequence[Source],
    taken: Sequence[_Taken],
    before: str | None,
) -> None:
    """Enter custody and quarantine of what was read, and make these files the ones that count."""
    digest = _digest(sources, taken)
    if digest == before and not any(isinstance(one, Received) for one in taken):
        return
    files: list[HeldFile] = []
    for source, one in zip(sources, taken, strict=True):
        held = _enter(connection, source, one) if isinstance(one, Received) else one
        first = len(files) + 1
        files.extend([_placed(file, source, no) for no, file in enumerate(held, first)])
    intake_no = store.insert_intake(connection, digest, files, opened.clock.now())
    audit_in(
        connection,
        opened,
        opened.by,
        "evidence.taken",
        {"intake": intake_no, "input_digest": digest, "files": len(sources), "tables": len(files)},
    )


def _enter(connection: Connection, source: Source, received: Received) -> list[HeldFile]:
    """Enter one file and the tables read from it."""
    original_no = store.insert_original(connection, received.original)
    store.insert_unread(connection, original_no, received.unread)
    files = []
    for taking in received.takings:
        custody_no = store.insert_custody(connection, taking.custody, original_no)
        store.copy_quarantine(connection, custody_no, taking.quarantined)
        files.append(
            HeldFile(
                custody_no=custody_no,
                original_no=original_no,
                original=received.original,
                file_no=0,
                product=source.product,
                kind=source.kind,
                tranche=source.tranche,
                received_at=source.received_at,
                came_from=source.came_from,
                custody=taking.custody,
            )
        )
    return files


def _placed(file: HeldFile, source: Source, file_no: int) -> HeldFile:
    """The table with its place in this intake, and what case.toml says of it now."""
    return replace(
        file,
        file_no=file_no,
        product=source.product,
        kind=source.kind,
        tranche=source.tranche,
        received_at=source.received_at,
        came_from=source.came_from,
    )


def _digest(sources: Sequence[Source], taken: Sequence[_Taken]) -> str:
    content = [
        {
            "role": source.role,
            "path": source.path,
            "product": source.product,
            "kind": source.kind,
            "tranche": source.tranche,
            "received_at": source.received_at.isoformat() if source.received_at else None,
            "source": source.came_from,
            "sha256": one.original.sha256 if isinstance(one, Received) else one[0].original.sha256,
            "settings": _custodies(one)[0].settings,
        }
        for source, one in zip(sources, taken, strict=True)
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _counts(files: Sequence[HeldFile]) -> dict[str, int]:
    def total(role: Role) -> int:
        return sum(file.custody.kept for file in files if file.custody.role is role)

    originals = {file.original_no: file.original for file in files}
    return {
        "files": len(originals),
        "tables": len(files),
        "bytes": sum(original.size_bytes for original in originals.values()),
        "records": sum(file.custody.records for file in files),
        "accounts": total(Role.REGISTRY),
        "leaked_rows": total(Role.EVIDENCE),
        "people_rows": total(Role.PEOPLE),
        "quarantined": sum(file.custody.quarantined for file in files),
        "short_rows": sum(file.custody.short_rows for file in files),
        "undecodable_bytes": sum(file.custody.undecodable_bytes for file in files),
    }


def _notes(connection: Connection, files: Sequence[HeldFile]) -> tuple[str, ...]:
    """A sentence for every table with rows in quarantine, and for every member without a table."""
    found: dict[str, list[str]] = {}
    for path, reason, count in store.reasons(connection):
        found.setdefault(path, []).append(f"{reason} {count}")
    waiting = [
        said(
            "{path}: {quarantined:,} of {records:,} rows are in quarantine ({reasons})",
            path=file.custody.path,
            quarantined=file.custody.quarantined,
            records=file.custody.records,
            reasons=", ".join(found[file.custody.path]),
        )
        for file in files
        if file.custody.path in found
    ]
    originals: list[OriginalNo] = list(dict.fromkeys(file.original_no for file in files))
    unread = [
        said(
            "{name}: holds no table and is not read ({reason})",
            name=member.name,
            reason=member.reason,
        )
        for _, member in store.unread_members(connection, originals)
    ]
    more = unread[_MOST_NOTES:]
    if more:
        unread[_MOST_NOTES:] = [
            said("{more} more members hold no table: see the custody report", more=len(more))
        ]
    return (*waiting, *unread)


def _strays(
    folder: Path, files: Sequence[HeldFile], originals: Sequence[Original]
) -> Iterator[Path]:
    """Files in the room that are no rows of the newest intake, and no sealed copy of any."""
    stored = {folder / file.custody.stored_as for file in files}
    stored |= {folder / original.sealed_as for original in originals if original.sealed_as}
    for name in (*FOLDERS.values(), SEALED):
        yield from (path for path in (folder / name).glob("*") if path not in stored)


def _remove(paths: Iterator[Path] | Sequence[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)
