"""Reads Parquet tables (registries), a batch at a time.

Every value becomes text as it would be written in a csv file: whole numbers without a point, dates
as ISO 8601, nested values as JSON.
"""

from collections.abc import Iterator
from datetime import time

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from amends.evidence.content import Content
from amends.evidence.model import FileFormat, Reason
from amends.evidence.table import QUARANTINE, Batch, column, trimmed
from amends.kernel.errors import InputFileError

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
                f"{name}: its ending says Parquet, but it cannot be read as that "
                f"({type(error).__name__}); export the table again, or give it as csv"
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
            for part in self._file.iter_batches(batch_size=BATCH_ROWS):
                names = [column(position) for position in range(part.num_columns)]
                frame = pl.DataFrame(pa.Table.from_arrays(part.columns, names=names))
                yield self._batch(frame, row)
                row += part.num_rows
        except (pa.ArrowException, OSError) as error:
            raise InputFileError(
                f"{self._name}: the Parquet file is damaged behind row {row - 1} "
                f"({type(error).__name__}); export the table again"
            ) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        self._bytes.close()

    def _batch(self, frame: pl.DataFrame, row: int) -> Batch:
        numbers = pl.Series("row", range(row, row + len(frame)), dtype=pl.Int64)
        texts = [as_text(frame[name]) for name in frame.columns]
        lost = pl.Series("lost", [False], dtype=pl.Boolean).new_from_index(0, len(frame))
        for before, after in zip(frame, texts, strict=True):
            lost = lost | (before.is_not_null() & after.is_null())
        nowhere = pl.Series("byte_offset", [None], dtype=pl.Int64).new_from_index(0, len(frame))
        rows = pl.DataFrame([numbers, nowhere, *texts]).filter(~lost)
        quarantined = pl.DataFrame(
            {
                "row": numbers.filter(lost),
                "byte_offset": None,
                "reason": str(Reason.UNDECODABLE_BYTES),
                "undecodable_bytes": 0,
            },
            schema=QUARANTINE,
        )
        return Batch(rows=trimmed(rows), quarantined=quarantined)


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
