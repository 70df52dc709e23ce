"""Texts of a column where Arrow holds them: their octets one after the other, and what is null."""

from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from amends.kernel.compiling import borrowing
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes
from amends.linkage.compiled.strings import Offsets


class Octets(NamedTuple):
    """Text *i* is ``octets[bounds[i]:bounds[i + 1]]`` (UTF-8).

    ``valid``: a bit per text, 0 where it is null, from bit ``first`` on; empty where none is.
    Kernels take the four apart before they go through rows: Numba would count references in each.
    """

    octets: Bytes
    bounds: Offsets
    valid: Bytes
    first: int


def octets_of(texts: pl.Series | pa.Array | pa.ChunkedArray) -> Octets:
    """The octets of *texts* (of whatever kind of text)."""
    array = texts
    if isinstance(array, pl.Series):
        array = array.to_arrow(compat_level=pl.CompatLevel.oldest())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    array = array.cast(pa.large_string())
    valid, ends, data = (_plain(one) for one in array.buffers())
    size = len(array) + 1
    bounds = np.zeros(1, dtype=np.int64)
    if len(ends):
        bounds = ends.view(np.int64)[array.offset : array.offset + size]
    bounds.setflags(write=False)
    return Octets(data, bounds, valid if array.null_count else _plain(None), array.offset)


def _plain(buffer: pa.Buffer | None) -> Bytes:
    """Octets that nobody may change: kernels are compiled for these."""
    octets = np.frombuffer(buffer or b"", dtype=np.uint8)
    octets.setflags(write=False)
    return octets


@borrowing
def rows_there(bounds: Offsets, valid: Bytes, first: int, rows: Nodes) -> int:
    """The *rows* (as many as there are texts) of those that are there and not empty: how many.

    No row decides which way the processor goes: of columns with gaps it would guess wrong.
    """
    count = 0
    for row in range(len(bounds) - 1):
        bit = first + row if len(valid) else 0
        null = len(valid) > 0 and not valid[bit >> 3] >> (bit & 7) & 1
        rows[count] = row
        count += (bounds[row] < bounds[row + 1]) & (not null)
    return count


@borrowing
def eight(octets: Bytes, at: np.uint64) -> np.uint64:
    """Eight octets as one number, the first of them its lowest: they are read at once."""
    word = np.uint64(0)
    for k in range(8):
        word |= np.uint64(octets[at + np.uint64(k)]) << np.uint64(8 * k)
    return word


@borrowing
def is_there(valid: Bytes, bit: int) -> bool:
    """Whether a bit is set; all are where there is none."""
    return bool(len(valid) == 0 or valid[bit >> 3] >> (bit & 7) & 1)
