"""Reads Parquet tables (registries), a batch at a time.

Every value becomes text as it would be written in a csv file: whole numbers without a point, dates
as ISO 8601, nested values as JSON.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from amends.evidence.model import FileFormat, Reason
from amends.evidence.readers.cells import kept, table_of, trimmed_texts
from amends.evidence.readers.content import Content
from amends.evidence.readers.table import Batch, quarantine
from amends.kernel.ahead import worked_ahead
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

BATCH_ROWS = 100_000


class ParquetTable:
    """A Parquet file as a company exports it."""

    format = FileFormat.PARQUET
    encoding = "parquet"

    def __init__(self, content: Content) -> None:
        name = content.name
        self._bytes = content.open()
        try:
            self._file = pq.ParquetFile(self._bytes)
        except (pa.ArrowException, OSError) as error:
            self._bytes.close()
            raise InputFileError(
                said(
                    "{name}: its ending says Parquet, but it cannot be read as that ({error}); "
                    "export the table again, or give it as csv",
                    name=name,
                    error=type(error).__name__,
                )
            ) from None
        self._name = name

    @property
    def headers(self) -> tuple[str | None, ...]:
        """The names of the columns."""
        return tuple(self._file.schema_arrow.names)

    def batches(self) -> Iterator[Batch]:
        """All rows from first to last.

        Raises:
            InputFileError: a part of the file is damaged.
        """
        row = 1
        try:
            for part, texts in worked_ahead(self._file.iter_batches(BATCH_ROWS), _texts):
                yield _batch(texts, row)
                row += part.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputFileError(
                said(
                    "{name}: the Parquet file is damaged behind row {row} ({error}); export the "
                    "table again",
                    name=self._name,
                    row=row - 1,
                    error=type(error).__name__,
                )
            ) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._bytes.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """Columns as trimmed texts, and which rows hold a value that is none."""

    columns: list[pa.Array]
    lost: npt.NDArray[np.bool_]


def _texts(part: pa.RecordBatch) -> _Texts:
    lost = np.zeros(part.num_rows, np.bool_)
    columns = []
    for values in part.columns:
        texts = _plain_texts(values)
        if texts is None:
            before = pl.Series(values)
            after = as_text(before)
            lost |= (before.is_not_null() & after.is_null()).to_numpy()
            texts = after.to_arrow(compat_level=pl.CompatLevel.oldest())
        columns.append(trimmed_texts(texts.cast(pa.large_string())))
    return _Texts(columns=columns, lost=lost)


def _plain_texts(values: pa.Array) -> pa.Array | None:
    """A column of texts as it is; None where it holds something else, or no UTF-8."""
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return None
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return None
    return values


def _batch(texts: _Texts, row: int) -> Batch:
    numbers = np.arange(row, row + len(texts.lost))
    lost = numbers[texts.lost]
    return Batch(
        rows=kept(table_of(numbers, None, texts.columns), ~texts.lost),
        quarantined=quarantine(
            lost, None, [Reason.UNDECODABLE_BYTES] * len(lost), np.zeros_like(lost)
        ),
    )


def as_text(values: pl.Series) -> pl.Series:
    """Values of any type as text; null where bytes are no text."""
    kind = values.dtype
    if kind == pl.String:
        return values
    if kind == pl.Binary:
        return pl.Series(values.name, map(_decoded, values), dtype=pl.String)
    if kind.is_nested():
        return _json_texts(values)
    if kind.is_float():
        whole = values.cast(pl.Int64, strict=False)
        if (whole.cast(kind) == values).all(ignore_nulls=True):
            values = whole
    if kind == pl.Datetime and (values.dt.time() == time()).all():
        values = values.dt.date()
    return values.cast(pl.String, strict=False)


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def _json_texts(values: pl.Series) -> pl.Series:
    struct = values.to_frame("value").select(pl.struct(pl.all()).struct.json_encode()).to_series()
    text = struct.str.slice(len('{"value":')).str.head(-1)
    return pl.select(pl.when(values.is_not_null()).then(text)).to_series().alias(values.name)
