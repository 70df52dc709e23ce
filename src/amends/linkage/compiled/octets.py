"""Texts of a column as Polars and Arrow hold them, brought one after the other.

A view is four numbers of 32 bits: a text's size, and then its octets where they are twelve or
fewer, else their first four, a buffer's number, and where in that buffer the text begins
(Arrow Columnar Format, Variable-size Binary View Layout).
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from amends.kernel.compiling import compiled
from amends.linkage.compiled.components import Nodes
from amends.linkage.compiled.entries import Bytes
from amends.linkage.compiled.strings import Offsets

Views = npt.NDArray[np.uint32]
_INLINE: Final = 12
_VIEW: Final = 16
_BUFFERS: Final = 3


class Octets(NamedTuple):
    """Texts that are neither null nor empty: UTF-8; where each begins, and the end; its row."""

    octets: Bytes
    bounds: Offsets
    rows: Nodes


def octets_of(texts: pl.Series) -> Octets:
    """The octets of *texts* (String)."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    if len(array.buffers()) > _BUFFERS:
        array = array.cast(pa.large_string()).cast(pa.string_view())
    valid, views, *data = (
        np.frombuffer(one or b"", dtype=np.uint8) for one in (*array.buffers(), b"")
    )
    own = views[_VIEW * array.offset : _VIEW * (array.offset + len(array))]
    return Octets(*laid_out(own, own.view(np.uint32), data[0], valid, array.offset))


@compiled
def laid_out(
    inline: Bytes, views: Views, data: Bytes, valid: Bytes, first: int
) -> tuple[Bytes, Offsets, Nodes]:
    """Lay texts out one after the other: see :class:`Octets`.

    Args:
        inline: the views' octets.
        views: four numbers per text.
        data: the octets of longer texts.
        valid: a bit per text, 0 where it is null; empty where none is.
        first: which bit is the first text's.
    """
    count, total = 0, np.int64(0)
    rows = np.empty(len(views) // 4, dtype=np.int32)
    for row in range(len(rows)):
        bit = first + row
        if views[4 * row] > 0 and (len(valid) == 0 or valid[bit >> 3] >> (bit & 7) & 1):
            rows[count] = row
            count += 1
            total += np.int64(views[4 * row])
    octets, bounds = np.empty(total, dtype=np.uint8), np.empty(count + 1, dtype=np.int64)
    to = np.int64(0)
    for i in range(count):
        bounds[i] = to
        view = 4 * rows[i]
        size = np.int64(views[view])
        start = np.int64(views[view + 3])
        if size <= _INLINE:
            for at in range(size):
                octets[to + at] = inline[4 * view + 4 + at]
        else:
            for at in range(size):
                octets[to + at] = data[start + at]
        to += size
    bounds[count] = to
    return octets, bounds, rows[:count].copy()
