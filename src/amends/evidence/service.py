"""What the rest of Amends does with the evidence room: read what was taken in, and destroy it.

Values come back as they were found, trimmed; an empty one is null. Nothing here normalises.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence import store
from amends.evidence.categories.bits import within_mask
from amends.evidence.model import Custody, HeldFile, Role
from amends.governance.service import audit
from amends.kernel.errors import StageOrderError
from amends.kernel.saying import said
from amends.kernel.summary import StageSummary
from amends.vault.opened import OpenCase

Masks = npt.NDArray[np.integer[Any]]

_SHORT_MASK_BITS = 31
_ORIGINALS = said(
    "The originals in evidence/, registries/ and people/ are the company's own: destroy them, and "
    "copies and backups of them, where they lie."
)


def read_accounts(opened: OpenCase, fields: Sequence[str]) -> pl.DataFrame:
    """The accounts of all registries, in the order of case.toml and of the files.

    ``account`` (Int64, dense from 0), ``product`` (Enum, categories in alphabetical order),
    ``account_id`` (String), then each of *fields* (String; null where a registry has none).

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    own = [field for field in fields if field not in _ACCOUNT]
    return pl.concat(accounts_in_parts(opened, ("account_id", *own)))


def accounts_in_parts(opened: OpenCase, fields: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The same, some rows at a time, in bounded memory.

    ``account_id`` is read only where it is one of *fields*, and a registry only where it has any.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    return map(pl.DataFrame, account_batches(opened, fields))


def account_batches(opened: OpenCase, fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The same as Arrow holds them, texts where they were read to.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    registries = held(opened, Role.REGISTRY)
    products = pl.Enum(sorted({file.product or "" for file in registries}))
    first = 0
    for file in registries:
        at = first
        if any(decision.field in fields for decision in file.custody.columns):
            for part in _batches(opened, file.custody, fields):
                number = pl.int_range(at, at + part.num_rows, dtype=pl.Int64, eager=True)
                product = pl.lit(file.product, dtype=products).alias("product")
                yield _beside(number.alias("account").to_frame().with_columns(product), part)
                at += part.num_rows
        first += file.custody.kept


def accounts_taken(opened: OpenCase) -> int:
    """How many accounts all registries have.

    Raises:
        StageOrderError: nothing was taken in yet.
    """
    return sum(file.custody.kept for file in held(opened, Role.REGISTRY))


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
    return map(pl.DataFrame, leaked_batches(opened, fields))


def leaked_batches(opened: OpenCase, fields: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """The same as Arrow holds them, texts where they were read to.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    files = held(opened, Role.EVIDENCE)
    paths = pl.Enum(sorted({file.custody.path for file in files}))
    wanted = [field for field in fields if field not in _RECORD]
    first = 0
    for file in files:
        for part in _batches(opened, file.custody, wanted, "row"):
            number = pl.int_range(first, first + part.num_rows, dtype=pl.Int64, eager=True)
            own = (
                number.alias("record")
                .to_frame()
                .with_columns(
                    pl.lit(file.custody.path, dtype=paths).alias("evidence"),
                    pl.Series("row", part["row"]),
                    pl.lit(file.tranche, dtype=pl.Int32).alias("tranche"),
                )
            )
            yield _beside(own, part.select(wanted))
            first += part.num_rows


def leaked_categories(opened: OpenCase) -> tuple[list[str], Masks]:
    """Codes, and of every record a mask: bit *i* set = it has the category ``codes[i]``.

    Masks have 32 bits where these are enough, else 64. The account id is no category; parts of a
    name count as NAME. Where there are more than 63 categories the last bit is OTHER.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    files = held(opened, Role.EVIDENCE)
    codes = within_mask(sorted({code for file in files for code in file.custody.codes}))
    bit_of = {code: bit for bit, code in enumerate(codes)}
    kind: npt.DTypeLike = np.int32 if len(codes) <= _SHORT_MASK_BITS else np.int64
    masks: list[Masks] = [np.zeros(0, dtype=kind)]
    for file in files:
        path = opened.case.evidence_room / file.custody.stored_as
        own = pl.Series(opened.vault.read_parquet(path, ["mask"]).column("mask")).to_numpy()
        common = np.zeros(len(own), dtype=np.int64)
        for bit, code in enumerate(file.custody.codes):
            common |= (own >> bit & 1) << bit_of.get(code, len(codes) - 1)
        masks.append(common.astype(kind))
    return list(codes), np.concatenate(masks)


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
        for file in held(opened, Role.PEOPLE)
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
    for path in files:
        path.unlink(missing_ok=True)
    audit(opened, opened.by, "evidence.destroyed", {"files": len(files)})
    return StageSummary(
        counts={"files_removed": len(files)},
        notes=(
            said("The evidence room of this case can never be read again: its key is destroyed."),
            _ORIGINALS,
        ),
    )


_ROWS = 131_072
_ACCOUNT = ("account", "product", "account_id")
_RECORD = ("record", "evidence", "row", "tranche")


def held(opened: OpenCase, role: Role) -> list[HeldFile]:
    """The tables of a role in the room, in the order of case.toml.

    Raises:
        StageOrderError: nothing was taken in yet.
    """
    with opened.database.reading() as connection:
        files = store.newest_files(connection)
    if not files:
        raise _not_yet()
    return [file for file in files if file.custody.role is role]


def _not_yet() -> StageOrderError:
    return StageOrderError(said("no files were taken in yet: run `amends intake CASE` first"))


def _read(opened: OpenCase, custody: Custody, fields: Sequence[str], *always: str) -> pl.DataFrame:
    """Columns of a file in the room; fields that it does not have are null."""
    return pl.concat(map(pl.DataFrame, _batches(opened, custody, fields, *always)))


def _batches(
    opened: OpenCase, custody: Custody, fields: Sequence[str], *always: str
) -> Iterator[pa.RecordBatch]:
    """The same, some rows at a time; of a file without rows one batch without rows."""
    there = {decision.field for decision in custody.columns}
    columns = [*always, *(field for field in fields if field in there)] or ["row"]
    path = opened.case.evidence_room / custody.stored_as
    batch = None
    for batch in opened.vault.iter_parquet(path, columns, _ROWS):
        absent = pa.nulls(batch.num_rows, pa.large_string())
        wanted = {
            field: batch[field] if field in columns else absent for field in (*always, *fields)
        }
        yield pa.RecordBatch.from_pydict(wanted)
    if batch is None:
        numbers = [pa.field(field, pa.int64()) for field in always]
        texts = [pa.field(field, pa.large_string()) for field in fields]
        yield pa.RecordBatch.from_pylist([], pa.schema([*numbers, *texts]))


def _beside(own: pl.DataFrame, part: pa.RecordBatch) -> pa.RecordBatch:
    """What we say of rows, and beside it what stands in them."""
    ours = own.to_arrow().combine_chunks()
    arrays = [column.chunk(0) for column in ours.columns] if part.num_rows else []
    arrays = arrays or [pa.array([], field.type) for field in ours.schema]
    return pa.RecordBatch.from_arrays(
        [*arrays, *part.columns], schema=pa.schema([*ours.schema, *part.schema])
    )
