"""Rows of an SQL dump as columns: values in a block, copied and unescaped column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence.compiled import dumps as scan
from amends.evidence.compiled.decoding import utf8_faults
from amends.evidence.compiled.memory import Octets, Places
from amends.evidence.model import Encoding, Reason
from amends.evidence.readers.cells import large_string, table_of, trimmed_texts
from amends.evidence.readers.table import Batch, quarantine
from amends.evidence.readers.text import memory, undecodable_bytes


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

    data: Octets
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
        if utf8_faults(self.data[starts[0] : stops[-1]]):
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
    good = np.flatnonzero(~(wide | (undecodable > 0)))
    first = rows.scratch.row_first[: rows.count][good]
    value_of = {position: value for value, position in enumerate(positions)}
    columns = []
    for position in range(width):
        value = value_of.get(position)
        index = np.full(len(good), -1, np.int64)
        if value is not None:
            index = np.where(value < widths[good], first + value, -1)
        columns.append(_column(rows, index))
    places = rows.scratch.row_at[good] + rows.base
    return Batch(
        rows=table_of(good + row, places if offsets_hold else None, columns),
        quarantined=_quarantined(rows, wide, undecodable, row=row, offsets_hold=offsets_hold),
        short_rows=int((widths[good] < len(positions)).sum()),
    )


def _quarantined(
    rows: Rows, wide: npt.NDArray[np.bool_], undecodable: Places, *, row: int, offsets_hold: bool
) -> pl.DataFrame:
    at = np.flatnonzero(wide | (undecodable > 0))
    broken = np.array(rows.broken, dtype=np.int64)
    reasons = [
        Reason.UNDECODABLE_BYTES if undecodable[one] else Reason.TOO_MANY_FIELDS
        for one in at.tolist()
    ]
    places = np.concatenate((rows.scratch.row_at[at], broken)) + rows.base
    return quarantine(
        np.concatenate((at, rows.count + np.arange(len(broken)))) + row,
        places if offsets_hold else None,
        [*reasons, *[Reason.NOT_SQL] * len(broken)],
        np.concatenate((undecodable[at], np.zeros(len(broken), np.int64))),
    )


def _column(rows: Rows, index: Places) -> pa.Array:
    """Values as texts, trimmed; null where empty."""
    scratch, count = rows.scratch, len(index)
    there = index[index >= 0]
    out = memory(max(1, int((scratch.stops[there] - scratch.starts[there]).sum())))
    offsets = memory(8 * (count + 1)).view(np.int64)
    valid = np.empty(count, np.bool_)
    _, to_trim = scan.fill_column(
        rows.data, scratch.starts, scratch.stops, scratch.kinds, index, offsets, valid, out
    )
    bits = np.packbits(valid, bitorder="little")
    texts = large_string(count, offsets, out, bits, count - int(valid.sum()))
    return trimmed_texts(texts) if to_trim else texts
