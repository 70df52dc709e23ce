"""Columns of texts as Arrow holds them, made from cells that lie somewhere in a block."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.evidence.compiled.cells import (
    Kinds,
    Lengths,
    Starts,
    column_offsets,
    column_values,
    trim_cells,
)
from amends.evidence.compiled.memory import (
    WORD,
    Octets,
    Places,
)
from amends.evidence.readers.table import column
from amends.evidence.readers.text import memory

MOST_CELLS: Final = 4 << 20
"""Cells that are looked for at a time: a table of many columns is read in fewer rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Where the cells of some lines lie (column × line), and what each line is.

    A start below 0 lies in *aside*, at ``-1 - start``. *kinds* is one of the constants of
    :mod:`amends.evidence.compiled.cells` for each line.
    """

    text: Octets
    aside: Octets
    starts: Starts
    lengths: Lengths
    kinds: Kinds

    def places(self) -> Lengths:
        """Room for a place of every octet of the lines."""
        return memory(4 * (len(self.aside) + 2)).view(np.int32)

    def columns(self, lines: Places) -> list[pa.Array]:
        """The columns (large_string, null where empty) of these lines, in this order."""
        return [
            self._column(starts, lengths, lines)
            for starts, lengths in zip(self.starts, self.lengths, strict=True)
        ]

    def _column(self, starts: Starts, lengths: Lengths, lines: Places) -> pa.Array:
        rows = len(lines)
        offsets = memory(8 * (rows + 1)).view(np.int64)
        valid = memory((rows >> 3) + 1)
        valid[:] = 0
        empty = column_offsets(lengths, lines, offsets, valid)
        values = memory(int(offsets[rows]) + WORD)
        column_values(self.text, self.aside, starts, lines, offsets, values)
        return large_string(rows, offsets, values, valid, empty)


def room_for_cells(text: Octets, bounds: Places, columns: int, first: int) -> Cells:
    """Room for the cells of lines from number *first* on: of all, or of as many as is sensible."""
    lines = min(len(bounds) - 1 - first, max(1, MOST_CELLS // columns))
    size = int(bounds[first + lines] - bounds[first])
    return Cells(
        text=text,
        aside=memory(max(size, 1)),
        starts=memory(8 * columns * lines).view(np.int64).reshape(columns, lines),
        lengths=memory(4 * columns * lines).view(np.int32).reshape(columns, lines),
        kinds=memory(lines),
    )


def trimmed_texts(texts: pa.Array) -> pa.Array:
    """Texts (large_string) without white space around, null instead of an empty one.

    What is null has no bytes then, as in every column of a batch.
    """
    valid, ends, octets = texts.buffers()
    rows = len(texts)
    if octets is None or rows == 0:
        return texts
    text = _read_only(octets)
    bounds = _read_only(ends).view(np.int64)[texts.offset : texts.offset + rows + 1]
    nothing = np.empty(0, np.uint8)
    present = _read_only(b"" if valid is None else valid)
    starts = np.empty((1, rows), np.int64)
    lengths = np.empty((1, rows), np.int32)
    if trim_cells(text, bounds, present, texts.offset, starts[0], lengths[0]) == 0:
        return texts
    cells = Cells(text=text, aside=nothing, starts=starts, lengths=lengths, kinds=nothing)
    return cells.columns(np.arange(rows))[0]


def texts_of(values: Iterable[str | None]) -> pa.Array:
    """Texts of Python as a column: trimmed, null where empty."""
    array = pl.Series(values, dtype=pl.String).to_arrow(compat_level=pl.CompatLevel.oldest())
    return trimmed_texts(array)


def large_string(rows: int, offsets: Places, values: Octets, valid: Kinds, empty: int) -> pa.Array:
    """An Arrow array over these buffers; *empty* is how many of its rows are null."""
    return pa.LargeStringArray.from_buffers(
        rows, pa.py_buffer(offsets), pa.py_buffer(values), pa.py_buffer(valid), empty
    )


def numbers(values: Places) -> pa.Array:
    """An Arrow array over numbers; ``pa.array`` would load a library for it that nobody needs."""
    held = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.int64(), len(values), [None, held])


def table_of(rows: Places, byte_offsets: Places | None, texts: Sequence[pa.Array]) -> pa.Table:
    """The rows of a batch: numbers, places in the file (None: it has none), and texts."""
    names = ["row", "byte_offset", *(column(position) for position in range(len(texts)))]
    places = pa.nulls(len(rows), pa.int64()) if byte_offsets is None else numbers(byte_offsets)
    return pa.Table.from_arrays([numbers(rows), places, *texts], names=names)


def merged(pieces: Sequence[tuple[Places, Sequence[pa.Array]]]) -> tuple[Places, list[pa.Array]]:
    """Pieces of a table, each with the lines of its rows, as one table in the order of lines."""
    at = np.concatenate([lines for lines, _ in pieces])
    order = np.argsort(at, kind="stable")
    columns = [
        pa.chunked_array(chunks).take(numbers(order)).combine_chunks()
        for chunks in zip(*(columns for _, columns in pieces), strict=True)
    ]
    return at[order], columns


def kept(table: pa.Table, keep: npt.NDArray[np.bool_]) -> pa.Table:
    """Those rows of *table* that are marked."""
    return table if keep.all() else table.take(numbers(np.flatnonzero(keep)))


def octets_and_bounds(texts: pa.Array) -> tuple[Octets, Places]:
    """The bytes of a column's texts and where each lies among them; a null one has none."""
    _, ends, octets = texts.buffers()
    if octets is None or not len(texts):
        return _read_only(b""), _read_only(bytes(8 * (len(texts) + 1))).view(np.int64)
    bounds = _read_only(ends).view(np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return _read_only(octets), bounds


def _read_only(data: bytes | pa.Buffer) -> Octets:
    """Bytes for a kernel; Numba compiles anew for bytes that may be written to."""
    octets = np.frombuffer(data, dtype=np.uint8)
    octets.flags.writeable = False
    return octets
