"""Takes one file into the evidence room: read, told apart, checked, encrypted, counted.

What is written counts only once its custody entry is committed; until then it is a stray file.
"""

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path

import polars as pl
import pyarrow as pa

from amends.evidence.categories.bits import codes_of
from amends.evidence.categories.claims import Sample
from amends.evidence.categories.detect import (
    asks_for_overlap,
    decide,
    overrides_there,
    resolve_overrides,
)
from amends.evidence.categories.placeholders import without_placeholders
from amends.evidence.checks import RowChecks, require_columns
from amends.evidence.masks import masks_of
from amends.evidence.model import (
    ColumnDecision,
    Custody,
    Reason,
    Role,
    Source,
    Unread,
    UnreadError,
)
from amends.evidence.readers.cells import numbers
from amends.evidence.readers.members import Member
from amends.evidence.readers.opening import OpenTable, open_member
from amends.evidence.readers.table import (
    QUARANTINE,
    Batch,
    ColumnsGrewError,
    TableFile,
    column,
    comments_of,
)
from amends.evidence.seen import Seen
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said
from amends.vault.service import Vault

READER_VERSION = 4
"""Raise it when the same bytes are to be read otherwise: every file is then read again."""
SAMPLE_VALUES = 2000
OVERLAP_VALUES = 500
OVERLAP_ROWS = 400_000
"""Rows of each registry that leaked values are compared with."""
UNDECODABLE_SHARE = 0.5
"""More undecodable rows than this: the encoding is not understood, the file is refused."""
FOLDERS = {Role.REGISTRY: "accounts", Role.EVIDENCE: "leaked", Role.PEOPLE: "people"}

Overlap = Callable[[Mapping[int, Sequence[str]]], Mapping[int, Mapping[str, float]]]
"""Values by column → shares of them by registry field, by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """A file that was read: its custody entry and its quarantined rows."""

    custody: Custody
    quarantined: pl.DataFrame


@dataclass(slots=True)
class _Tally:
    kept: int = 0
    short_rows: int = 0
    quarantined: list[pl.DataFrame] = field(default_factory=list)

    def add(self, batch: Batch) -> None:
        """Count a batch."""
        self.kept += batch.height
        self.short_rows += batch.short_rows
        if len(batch.quarantined):
            self.quarantined.append(batch.quarantined)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The encrypted folder, and how files are put there."""

    vault: Vault
    folder: Path

    def new_name(self, source: Source, file_no: int) -> str:
        """A name that no file has had: encrypted files are bound to their names."""
        stem = source.product if source.role is Role.REGISTRY else f"{file_no:03d}"
        return f"{FOLDERS[source.role]}/{stem}-{secrets.token_hex(6)}.parquet"

    def overlap(self, registries: Sequence[Custody]) -> Overlap:
        """Compares values with those of registries that are in the room."""

        def compare(values: Mapping[int, Sequence[str]]) -> Mapping[int, Mapping[str, float]]:
            wanted = pl.Series(sorted({value for column in values.values() for value in column}))
            found: dict[str, set[str]] = {}
            for registry in registries:
                for name, there in self._values_in(registry, wanted):
                    found.setdefault(name, set()).update(there)
            return {
                at: {
                    name: sum(value in there for value in column) / len(column)
                    for name, there in found.items()
                }
                for at, column in values.items()
                if column
            }

        return compare

    def _values_in(
        self, registry: Custody, wanted: pl.Series
    ) -> Iterator[tuple[str, Sequence[str]]]:
        fields = [decision.field for decision in registry.columns]
        seen = 0
        for part in self.vault.iter_parquet(self.folder / registry.stored_as, fields):
            frame = pl.DataFrame(pa.Table.from_batches([part]))
            for name in fields:
                values = frame[name].str.to_lowercase()
                yield name, values.filter(values.is_in(wanted.implode())).unique().to_list()
            seen += part.num_rows
            if seen >= OVERLAP_ROWS:
                return


def settings_digest(source: Source, registries: Sequence[Custody]) -> str:
    """SHA-256 over everything but its bytes that decides how a file is read."""
    content = {
        "reader": READER_VERSION,
        "role": source.role,
        "columns": sorted(source.overrides),
        "registries": [(registry.sha256, registry.settings) for registry in registries],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def take(  # noqa: PLR0913  # one argument per thing that a table is read with
    room: Room,
    source: Source,
    stored_as: str,
    registries: Sequence[Custody],
    *,
    taken_at: datetime,
    read: Callable[[int], None],
    member: Member,
    sha256: Callable[[], str],
    seen: Seen,
) -> Taking:
    """Read the table *member* of *source* into the room under the name *stored_as*.

    *sha256*: tells that of the bytes that it stands in; asked when they are read. *seen*: account
    ids of the tables before it in the same registry; it grows.

    Raises:
        UnreadError: it holds no table for the case; nothing of it is left in the room.
        InputFileError: it cannot be taken; likewise.
    """
    names = [key for key, _ in source.overrides]
    known = seen.known
    for all_keys in (False, True):
        try:
            with open_member(member, names, read, all_keys=all_keys) as opened:
                held = _Held(member=member, sha256=sha256, seen=seen, taken_at=taken_at)
                return _take(room, source, opened, stored_as, registries, held)
        except ColumnsGrewError:
            seen.forget(known)
    raise InputFileError(
        said("{name}: changed while it was read: let it rest, then try again", name=member.name)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What is known of a table before it is read."""

    member: Member
    sha256: Callable[[], str]
    seen: Seen
    taken_at: datetime


def _take(
    room: Room,
    source: Source,
    opened: OpenTable,
    stored_as: str,
    registries: Sequence[Custody],
    held: _Held,
) -> Taking:
    member, table = held.member, opened.table
    batches = table.batches()
    first = next(batches, None)
    if first is None and source.role is not Role.PEOPLE:
        raise UnreadError(
            said(
                "{name}: has no rows: get it again, or take it out of case.toml", name=member.name
            ),
            Unread.NO_ROWS,
        )
    decisions = tell_columns(table, first, source, member, room.overlap(registries))
    codes = codes_of([decision.field for decision in decisions])
    tally = _Tally()
    checks = RowChecks(decisions, source.role, held.seen)

    def checked() -> Iterator[pa.RecordBatch]:
        for batch in chain([] if first is None else [first], batches):
            good = checks.look(batch)
            tally.add(good)
            yield from _stored(good, decisions, codes)

    path = room.folder / stored_as
    room.vault.write_parquet(checked(), path, _schema(decisions))
    quarantined = (
        pl.concat(tally.quarantined) if tally.quarantined else pl.DataFrame(schema=QUARANTINE)
    )
    records = tally.kept + len(quarantined)
    unread = (quarantined["reason"] == str(Reason.UNDECODABLE_BYTES)).sum()
    if unread > UNDECODABLE_SHARE * records:
        path.unlink()
        raise InputFileError(
            said(
                "{name}: its encoding is not understood: {unread} of {records} rows have bytes "
                "that are not {encoding}; save it as UTF-8 or GB18030",
                name=member.name,
                unread=unread,
                records=records,
                encoding=table.encoding,
            )
        )
    return Taking(
        custody=Custody(
            path=member.name,
            role=source.role,
            sha256=held.sha256(),
            size_bytes=member.content.size_bytes,
            settings=settings_digest(source, registries),
            encoding=table.encoding,
            format=table.format,
            columns=decisions,
            codes=codes,
            records=records,
            kept=tally.kept,
            quarantined=len(quarantined),
            short_rows=tally.short_rows,
            undecodable_bytes=int(quarantined["undecodable_bytes"].sum()),
            stored_as=stored_as,
            taken_at=held.taken_at,
        ),
        quarantined=quarantined,
    )


def tell_columns(
    table: TableFile, first: Batch | None, source: Source, member: Member, overlap: Overlap
) -> tuple[ColumnDecision, ...]:
    """Which field each column of a table is, by its headers and its first rows.

    What case.toml says of a file's columns goes for every table in it that has such columns.

    Raises:
        InputFileError: case.toml names a column that is not there, or one that is needed is not.
    """
    headers = table.headers
    said = dict(source.overrides)
    if member.name != source.path:
        said = overrides_there(headers, said)
    overrides = resolve_overrides(headers, said, member.name, source.role)
    samples = [
        Sample(
            position=at,
            header=header,
            values=_some(first, at),
            filled=_filled(first, at),
            comment=comment,
        )
        for at, (header, comment) in enumerate(zip(headers, comments_of(table), strict=True))
    ]
    asked = {
        sample.position: sorted({value.lower() for value in sample.values})[:OVERLAP_VALUES]
        for sample in samples
        if asks_for_overlap(sample, overrides)
    }
    shared = overlap(asked) if asked else {}
    decisions = decide(samples, overrides, shared, source.role, table=member.name)
    require_columns(decisions, source.role, member.name)
    return decisions


def _some(batch: Batch | None, position: int) -> tuple[str, ...]:
    """Values of a column, from all over the batch."""
    if batch is None:
        return ()
    values = without_placeholders(batch.rows[column(position)])
    return tuple(values.gather_every(max(1, len(values) // SAMPLE_VALUES)).to_list())


def _filled(batch: Batch | None, position: int) -> float:
    """Share of the batch's rows with a value in a column."""
    if batch is None or not len(batch.rows):
        return 0.0
    return len(without_placeholders(batch.rows[column(position)])) / len(batch.rows)


def _schema(decisions: Sequence[ColumnDecision]) -> pa.Schema:
    return pa.schema(
        [
            ("row", pa.int64()),
            ("mask", pa.int64()),
            *((decision.field, pa.large_string()) for decision in decisions),
        ]
    )


def _stored(
    batch: Batch, decisions: Sequence[ColumnDecision], codes: Sequence[str]
) -> list[pa.RecordBatch]:
    """Rows as they lie in the room: row number, mask of categories, fields."""
    masks = numbers(masks_of(batch.arrow, decisions, codes))
    columns = [batch.arrow.column(column(decision.position)) for decision in decisions]
    table = pa.Table.from_arrays(
        [batch.arrow.column("row"), pa.chunked_array([masks]), *columns],
        names=_schema(decisions).names,
    )
    return list(table.cast(_schema(decisions)).to_batches())
