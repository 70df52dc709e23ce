"""Rows of an SQL dump as columns: values in a block, copied and unescaped column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence.compiled import dumps as scan
from amends.evidence.model import Encoding, Reason
from amends.evidence.table import QUARANTINE, Batch, column
from amends.evidence.text import undecodable_bytes

Places = npt.NDArray[np.int64]


class Scratch:
    """Where the scanner puts what it finds; used again for every block."""

    def __init__(self, rows: int, values: int) -> None:
        self.starts = np.empty(values, np.int64)
        self.stops = np.empty(values, np.int64)
        self.kinds = np.empty(values, np.uint8)
        self.row_at = np.empty(rows, np.int64)
        self.row_first = np.empty(rows + 1, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Some rows of one statement, good until the next are asked for.

    *count* rows lie in *scratch* and have their bytes in *data*, which begins at *base* in the
    file. *broken*: where rows begin (in *data*) that cannot be made sense of, behind the others.
    """

    data: npt.NDArray[np.uint8]
    base: int
    scratch: Scratch
    count: int
    broken: tuple[int, ...]

    @property
    def widths(self) -> Places:
        """How many values each row has."""
        return np.diff(self.scratch.row_first[: self.count + 1])

    def undecodable(self) -> Places:
        """How many bytes of each row are no character."""
        counts = np.zeros(self.count, np.int64)
        if not self.count:
            return counts
        starts = self.scratch.row_at[: self.count]
        last = self.scratch.stops[self.scratch.row_first[self.count] - 1]
        stops = np.append(starts[1:], max(last, starts[-1]))
        whole = self.data[starts[0] : stops[-1]].tobytes()
        try:
            whole.decode()
        except UnicodeDecodeError:
            for row, (start, stop) in enumerate(zip(starts, stops, strict=True)):
                counts[row] = undecodable_bytes(self.data[start:stop].tobytes(), Encoding.UTF8)
        return counts


def batch_of(
    rows: Rows, positions: Sequence[int], width: int, *, row: int, offsets_hold: bool
) -> Batch:
    """The rows as columns of a table of *width* columns, numbered from *row*.

    *positions*: the column that each value of a row is.
    """
    widths, undecodable = rows.widths, rows.undecodable()
    wide = widths > len(positions)
    bad = wide | (undecodable > 0)
    good = np.flatnonzero(~bad)
    first = rows.scratch.row_first[: rows.count][good]
    frame: list[pl.Series] = [
        pl.Series("row", good + row, dtype=pl.Int64),
        _offsets(rows.scratch.row_at[good] + rows.base, hold=offsets_hold),
    ]
    value_of = {position: value for value, position in enumerate(positions)}
    for position in range(width):
        value = value_of.get(position)
        if value is None:
            index = np.full(len(good), -1, np.int64)
        else:
            index = np.where(value < widths[good], first + value, -1)
        frame.append(_column(column(position), rows, index))
    return Batch(
        rows=pl.DataFrame(frame),
        quarantined=_quarantined(rows, wide, undecodable, row=row, offsets_hold=offsets_hold),
        short_rows=int((widths[good] < len(positions)).sum()),
    )


def _offsets(places: Places, *, hold: bool) -> pl.Series:
    values = pl.Series("byte_offset", places, dtype=pl.Int64)
    return values if hold else pl.Series("byte_offset", [None] * len(places), dtype=pl.Int64)


def _quarantined(
    rows: Rows, wide: npt.NDArray[np.bool_], undecodable: Places, *, row: int, offsets_hold: bool
) -> pl.DataFrame:
    at = np.flatnonzero(wide | (undecodable > 0))
    broken = np.array(rows.broken, dtype=np.int64)
    reasons = [
        str(Reason.UNDECODABLE_BYTES if undecodable[one] else Reason.TOO_MANY_FIELDS)
        for one in at.tolist()
    ]
    numbers = np.concatenate((at, rows.count + np.arange(len(broken)))) + row
    places = np.concatenate((rows.scratch.row_at[at], broken)) + rows.base
    return pl.DataFrame(
        {
            "row": numbers,
            "byte_offset": _offsets(places, hold=offsets_hold),
            "reason": [*reasons, *[str(Reason.NOT_SQL)] * len(broken)],
            "undecodable_bytes": np.concatenate((undecodable[at], np.zeros(len(broken), np.int64))),
        },
        schema=QUARANTINE,
    )


def _column(name: str, rows: Rows, index: Places) -> pl.Series:
    """Values as texts, trimmed; null where empty."""
    scratch = rows.scratch
    there = index[index >= 0]
    size_bytes = int((scratch.stops[there] - scratch.starts[there]).sum())
    out = np.empty(size_bytes, np.uint8)
    offsets = np.empty(len(index) + 1, np.int64)
    valid = np.empty(len(index), np.bool_)
    _, to_trim = scan.fill_column(
        rows.data, scratch.starts, scratch.stops, scratch.kinds, index, offsets, valid, out
    )
    bits = pa.py_buffer(np.packbits(valid, bitorder="little"))
    texts = pa.LargeStringArray.from_buffers(
        len(index), pa.py_buffer(offsets), pa.py_buffer(out), bits
    )
    values = pl.Series(name, texts)
    if to_trim:
        text = pl.col(name).str.strip_chars()
        values = values.to_frame().select(pl.when(text != "").then(text))[name]
    return values
