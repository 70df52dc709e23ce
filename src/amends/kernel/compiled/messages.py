"""Messages as a hash takes them in: many at once, each in blocks with its length behind it.

Message *i* is a head that all share, a row of fixed width, and a text: ``head ‖ rows[i] ‖ text i``.
Each part may be empty.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from amends.kernel.compiling import borrowing

Bytes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.uint8]
Offsets = npt.NDArray[np.int64]

_LENGTH: Final = 8
"""Octets of a message's length; SHA-512 has as many more before them, which are 0 here."""


class Texts(NamedTuple):
    """Text *i* is ``octets[bounds[i]:bounds[i + 1]]``."""

    octets: Bytes
    bounds: Offsets


def texts_of(texts: pl.Series) -> Texts:
    """The octets of texts (UTF-8), of which none is missing."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, bounds, octets = array.buffers()
    ends = np.frombuffer(bounds, dtype=np.int64) if len(array) else np.zeros(1, dtype=np.int64)
    return Texts(
        np.frombuffer(octets or b"", dtype=np.uint8),
        ends[array.offset : array.offset + len(array) + 1],
    )


class Messages(NamedTuple):
    """Messages as kernels are given them. Nobody may change their arrays."""

    head: Bytes
    rows: Rows
    octets: Bytes
    bounds: Offsets

    def room(self, block: int) -> int:
        """Octets that the longest message takes, in whole blocks."""
        longest = int(np.diff(self.bounds).max(initial=0))
        return blocks_of(len(self.head) + self.rows.shape[1] + longest, block) * block


def messages(head: bytes, rows: Rows, texts: Texts | None) -> Messages:
    """``head ‖ rows[i] ‖ text i`` for each row; without *texts* every text is empty."""
    octets = texts.octets if texts else np.empty(0, dtype=np.uint8)
    bounds = texts.bounds if texts else np.zeros(len(rows) + 1, dtype=np.int64)
    found = Messages(
        np.frombuffer(head, dtype=np.uint8),
        np.ascontiguousarray(rows).view(),
        np.ascontiguousarray(octets).view(),
        np.ascontiguousarray(bounds).view(),
    )
    for array in found:  # kernels are compiled once, whoever asks
        array.setflags(write=False)
    return found


@borrowing
def blocks_of(size: int, block: int) -> int:
    """Blocks that a message fills, with one bit and its length."""
    return (size + block // 8 + block) // block


@borrowing
def lay(
    head: Bytes,
    row: Bytes,
    octets: Bytes,
    begin: int,
    end: int,
    before: int,
    block: int,
    into: Bytes,
) -> int:
    """Lay a message down as FIPS 180-4 §5.1 pads it; how many blocks it fills.

    *before*: octets that the hash took in before this message.
    """
    text = len(head) + len(row)
    size = text + end - begin
    blocks = blocks_of(size, block)
    _copy(head, into)
    _copy(row, into[len(head) :])
    _copy(octets[begin:end], into[text:])
    into[size] = 128
    into[size + 1 : blocks * block] = 0
    length = into[blocks * block - _LENGTH : blocks * block]
    for at in range(_LENGTH):
        length[at] = (before + size) * 8 >> 8 * (_LENGTH - 1 - at) & 255
    return blocks


@borrowing
def _copy(octets: Bytes, into: Bytes) -> None:
    """The same as an assignment of a slice, in a fifth of the time for such few."""
    for at in range(len(octets)):
        into[at] = octets[at]
