"""Use cases of the evidence room: take files in, read them back, destroy them.

Values come back as they were found, trimmed; an empty one is null. Nothing here normalises.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from amends.evidence import store
from amends.evidence.checks import within_mask
from amends.evidence.model import Custody, HeldFile, Role, Source
from amends.evidence.opening import hash_file, size_of
from amends.evidence.taking import FOLDERS, Room, Taking, settings_digest, take
from amends.governance.service import audit, audit_in
from amends.kernel.errors import StageOrderError
from amends.kernel.summary import StageSummary
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

ACTOR = "system"
_ORIGINALS = (
    "The originals in evidence/, registries/ and people/ are the company's own: destroy them, and "
    "copies and backups of them, where they lie."
)


def intake(opened: OpenCase) -> StageSummary:
    """Read every file that case.toml names into the evidence room, or refuse all of them.

    A file that lies there already, read in the same way, is not read again.

    Raises:
        InputFileError: a file cannot be taken; nothing has changed then.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    sources = _sources(opened)
    sizes = [size_of(source.file, source.path) for source in sources]
    opened.progress.start("intake", sum(sizes))
    with opened.database.reading() as connection:
        held = store.newest_files(connection)
        digest = store.newest_digest(connection)
    room = Room(vault=opened.vault, folder=opened.case.evidence_room)
    takings: list[Taking | HeldFile] = []
    try:
        _take_all(opened, room, sources, held, takings)
        with opened.database.unit_of_work() as connection:
            _record(opened, connection, sources, takings, digest)
    except BaseException:
        _remove(room.folder / one.custody.stored_as for one in takings if isinstance(one, Taking))
        raise
    with opened.database.reading() as connection:
        files = store.newest_files(connection)
        notes = _notes(connection, files)
    _remove(_strays(room.folder, files))
    return StageSummary(counts=_counts(files), notes=notes)


def read_accounts(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """The accounts of all registries, in the order of case.toml and of the files.

    ``account`` (Int64, dense from 0), ``product`` (Enum, categories in alphabetical order),
    ``account_id`` (String), then each of *fields* (String; null where a registry has none).

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    return pl.concat(accounts_in_parts(opened, fields))


def accounts_in_parts(opened: OpenCase, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
    """What :func:`read_accounts` reads, some rows at a time: one part or more, in bounded memory.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    registries = _held(opened, Role.REGISTRY)
    products = pl.Enum(sorted({file.product or "" for file in registries}))
    wanted = ["account_id", *(field for field in fields if field not in _ACCOUNT)]
    first = 0
    for file in registries:
        for part in _parts(opened, file.custody, wanted):
            yield part.select(
                pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("account"),
                pl.lit(file.product, dtype=products).alias("product"),
                *wanted,
            )
            first += part.height


def read_leaked(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """The kept rows of all leaked files, in the order of case.toml and of the files.

    ``record`` (Int64, dense from 0), ``evidence`` (Enum of paths), ``row`` (Int64, from 1),
    ``tranche`` (Int32), then each of *fields* (String; null where a file has none).

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    return pl.concat(leaked_in_parts(opened, fields))


def leaked_in_parts(opened: OpenCase, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
    """What :func:`read_leaked` reads, some rows at a time: one part or more, in bounded memory.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    files = _held(opened, Role.EVIDENCE)
    paths = pl.Enum(sorted({file.custody.path for file in files}))
    wanted = [field for field in fields if field not in _RECORD]
    first = 0
    for file in files:
        for part in _parts(opened, file.custody, wanted, "row"):
            yield part.select(
                pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("record"),
                pl.lit(file.custody.path, dtype=paths).alias("evidence"),
                "row",
                pl.lit(file.tranche, dtype=pl.Int32).alias("tranche"),
                *wanted,
            )
            first += part.height


def leaked_categories(opened: OpenCase) -> tuple[list[str], pl.DataFrame]:
    """Codes, and (``record`` Int64, ``mask`` Int64): bit *i* set = the record has ``codes[i]``.

    The account id is no category; parts of a name count as NAME. Where there are more than 63
    categories the last bit is OTHER.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    files = _held(opened, Role.EVIDENCE)
    codes = within_mask(sorted({code for file in files for code in file.custody.codes}))
    bit_of = {code: bit for bit, code in enumerate(codes)}
    masks = []
    for file in files:
        path = opened.case.evidence_room / file.custody.stored_as
        own = opened.vault.read_parquet(path, ["mask"]).column("mask").to_numpy()
        common = np.zeros(len(own), np.int64)
        for bit, code in enumerate(file.custody.codes):
            common |= (own >> bit & 1) << bit_of.get(code, len(codes) - 1)
        masks.append(common)
    whole = np.concatenate(masks)
    return list(codes), pl.DataFrame({"record": np.arange(len(whole)), "mask": whole})


def read_people(opened: OpenCase, kind: str) -> pl.DataFrame | None:
    """All rows of the people files of a kind; None where case.toml names no such file.

    ``path``, ``row`` (Int64), and every field that one of the files has (String; null in rows of
    the others).

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    frames = [
        _read(
            opened, file.custody, [decision.field for decision in file.custody.columns], "row"
        ).insert_column(0, pl.lit(file.custody.path).alias("path"))
        for file in _held(opened, Role.PEOPLE)
        if file.kind == kind
    ]
    return pl.concat(frames, how="diagonal") if frames else None


def quarantined(opened: OpenCase) -> pl.DataFrame:
    """Quarantined rows of the leaked files: ``evidence``, ``row`` (Int64, from 1), ``reason``."""
    with opened.database.reading() as connection:
        rows = store.quarantine_of_evidence(connection)
    schema = {"evidence": pl.String, "row": pl.Int64, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def input_digest(opened: OpenCase) -> str:
    """SHA-256 (hex) over what the newest intake took in; changes when any byte or setting does.

    Raises:
        StageOrderError: nothing was taken in yet.
    """
    with opened.database.reading() as connection:
        digest = store.newest_digest(connection)
    if digest is None:
        raise _not_yet()
    return digest


def destroy(opened: OpenCase) -> StageSummary:
    """Shred the evidence key, remove the encrypted files, write it into the audit trail.

    Everything else of the case stays. Calling it again finishes what a kill interrupted.
    """
    opened.vault.destroy_evidence()
    files = [path for path in opened.case.evidence_room.rglob("*") if path.is_file()]
    _remove(files)
    audit(opened, ACTOR, "evidence.destroyed", {"files": len(files)})
    return StageSummary(
        counts={"files_removed": len(files)},
        notes=(
            "The evidence room of this case can never be read again: its key is destroyed.",
            _ORIGINALS,
        ),
    )


_ROWS = 131_072
_ACCOUNT = ("account", "product", "account_id")
_RECORD = ("record", "evidence", "row", "tranche")


def _sources(opened: OpenCase) -> list[Source]:
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


def _take_all(
    opened: OpenCase,
    room: Room,
    sources: Sequence[Source],
    held: Sequence[HeldFile],
    takings: list[Taking | HeldFile],
) -> None:
    """Read the files that are new or changed; *takings* grows as they are read."""
    known = {(file.custody.path, file.custody.settings): file for file in held}
    registries: list[Custody] = []
    for file_no, source in enumerate(sources, start=1):
        settings = settings_digest(source, registries)
        before = known.get((source.path, settings))
        if before is not None and _unchanged(opened, room, source, before.custody):
            taking: Taking | HeldFile = before
        else:
            taking = take(
                room,
                source,
                room.new_name(source, file_no),
                registries,
                taken_at=opened.clock.now(),
                read=opened.progress.advance,
            )
        takings.append(taking)
        if source.role is Role.REGISTRY:
            registries.append(taking.custody)


def _unchanged(opened: OpenCase, room: Room, source: Source, custody: Custody) -> bool:
    """Whether a file is the one that lies in the room."""
    if source.file.stat().st_size != custody.size_bytes:
        return False
    if not (room.folder / custody.stored_as).exists():
        return False
    return hash_file(source.file, opened.progress.advance) == custody.sha256


def _record(
    opened: OpenCase,
    connection: Connection,
    sources: Sequence[Source],
    takings: Sequence[Taking | HeldFile],
    before: str | None,
) -> None:
    """Enter custody and quarantine of what was read, and make these files the ones that count."""
    digest = _digest(sources, takings)
    if digest == before and not any(isinstance(one, Taking) for one in takings):
        return
    files = []
    for file_no, (source, taking) in enumerate(zip(sources, takings, strict=True), start=1):
        if isinstance(taking, Taking):
            custody_no = store.insert_custody(connection, taking.custody)
            store.copy_quarantine(connection, custody_no, taking.quarantined)
        else:
            custody_no = taking.custody_no
        files.append(
            HeldFile(
                custody_no=custody_no,
                file_no=file_no,
                product=source.product,
                kind=source.kind,
                tranche=source.tranche,
                received_at=source.received_at,
                custody=taking.custody,
            )
        )
    intake_no = store.insert_intake(connection, digest, files, opened.clock.now())
    audit_in(
        connection,
        opened,
        ACTOR,
        "evidence.taken",
        {"intake": intake_no, "input_digest": digest, "files": len(files)},
    )


def _digest(sources: Sequence[Source], takings: Sequence[Taking | HeldFile]) -> str:
    content = [
        {
            "role": source.role,
            "path": source.path,
            "product": source.product,
            "kind": source.kind,
            "tranche": source.tranche,
            "received_at": source.received_at.isoformat() if source.received_at else None,
            "sha256": taking.custody.sha256,
            "settings": taking.custody.settings,
        }
        for source, taking in zip(sources, takings, strict=True)
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _held(opened: OpenCase, role: Role) -> list[HeldFile]:
    with opened.database.reading() as connection:
        files = store.newest_files(connection)
    if not files:
        raise _not_yet()
    return [file for file in files if file.custody.role is role]


def _not_yet() -> StageOrderError:
    return StageOrderError("no files were taken in yet: run `amends intake CASE` first")


def _read(opened: OpenCase, custody: Custody, fields: Sequence[str], *always: str) -> pl.DataFrame:
    """Columns of a file in the room; fields that it does not have are null."""
    return pl.concat(_parts(opened, custody, fields, *always))


def _parts(
    opened: OpenCase, custody: Custody, fields: Sequence[str], *always: str
) -> Iterator[pl.DataFrame]:
    """The same, some rows at a time; of a file without rows one part without rows."""
    there = {decision.field for decision in custody.columns}
    columns = ["row", *(field for field in fields if field in there)]
    absent = [pl.lit(None, pl.String).alias(field) for field in fields if field not in there]
    path = opened.case.evidence_room / custody.stored_as
    batch = None
    for batch in opened.vault.iter_parquet(path, columns, _ROWS):
        frame = pl.DataFrame(pa.Table.from_batches([batch]))
        yield frame.with_columns(absent).select(*always, *fields)
    if batch is None:
        schema = {**dict.fromkeys(always, pl.Int64), **dict.fromkeys(fields, pl.String)}
        yield pl.DataFrame(schema=schema)


def _counts(files: Sequence[HeldFile]) -> dict[str, int]:
    def total(role: Role) -> int:
        return sum(file.custody.kept for file in files if file.custody.role is role)

    return {
        "files": len(files),
        "bytes": sum(file.custody.size_bytes for file in files),
        "records": sum(file.custody.records for file in files),
        "accounts": total(Role.REGISTRY),
        "leaked_rows": total(Role.EVIDENCE),
        "people_rows": total(Role.PEOPLE),
        "quarantined": sum(file.custody.quarantined for file in files),
        "short_rows": sum(file.custody.short_rows for file in files),
        "undecodable_bytes": sum(file.custody.undecodable_bytes for file in files),
    }


def _notes(connection: Connection, files: Sequence[HeldFile]) -> tuple[str, ...]:
    """A sentence for every file with rows in quarantine."""
    found: dict[str, list[str]] = {}
    for path, reason, count in store.reasons(connection):
        found.setdefault(path, []).append(f"{reason} {count}")
    return tuple(
        f"{file.custody.path}: {file.custody.quarantined} of {file.custody.records} rows are in "
        f"quarantine ({', '.join(found[file.custody.path])})"
        for file in files
        if file.custody.path in found
    )


def _strays(folder: Path, files: Sequence[HeldFile]) -> Iterator[Path]:
    """Files in the room's folders that no file of the newest intake is stored as."""
    stored = {folder / file.custody.stored_as for file in files}
    for name in FOLDERS.values():
        yield from (path for path in (folder / name).glob("*") if path not in stored)


def _remove(paths: Iterator[Path] | Sequence[Path]) -> None:
    for path in list(paths):
        path.unlink(missing_ok=True)
