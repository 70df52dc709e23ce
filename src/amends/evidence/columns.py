"""What an operator sees of the columns of a case: how each was told, with masked samples."""

from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from amends.evidence.categories.masking import masked_samples
from amends.evidence.categories.placeholders import says_something
from amends.evidence.model import ColumnDecision, Custody, HeldFile, Role
from amends.evidence.service import held
from amends.kernel.categories import code_of, is_category
from amends.vault.opened import OpenCase

SAMPLE_ROWS = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnReport:
    """A column of a file in the room.

    ``category``: code, None where the column says nothing of a person. ``filled``: share of the
    first :data:`SAMPLE_ROWS` rows that have a value which is no placeholder. ``samples``: masked.
    """

    path: str
    role: Role
    decision: ColumnDecision
    category: str | None
    filled: float
    samples: tuple[str, ...]


def column_reports(opened: OpenCase) -> list[ColumnReport]:
    """How every column of every file was told, in the order of case.toml, with masked samples.

    Raises:
        StageOrderError: nothing was taken in yet.
        EvidenceDestroyedError: the evidence of the case was destroyed.
    """
    files = [file for role in Role for file in held(opened, role)]
    return [column for file in files for column in _report(opened, file)]


def _report(opened: OpenCase, file: HeldFile) -> list[ColumnReport]:
    """The columns of one file, in their order."""
    custody = file.custody
    rows = _first_rows(opened, custody)
    reports = []
    for decision in custody.columns:
        values = rows[decision.field]
        there = rows.select(says_something(pl.col(decision.field), decision.field)).to_series()
        reports.append(
            ColumnReport(
                path=custody.path,
                role=custody.role,
                decision=decision,
                category=code_of(decision.field) if is_category(decision.field) else None,
                filled=round(float(there.sum()) / len(rows), 3) if len(rows) else 0.0,
                samples=masked_samples(values.filter(there)),
            )
        )
    return reports


def _first_rows(opened: OpenCase, custody: Custody) -> pl.DataFrame:
    fields = [decision.field for decision in custody.columns]
    path = opened.case.evidence_room / custody.stored_as
    for part in opened.vault.iter_parquet(path, fields, SAMPLE_ROWS):
        return pl.DataFrame(pa.Table.from_batches([part]))
    return pl.DataFrame(schema=dict.fromkeys(fields, pl.String))
