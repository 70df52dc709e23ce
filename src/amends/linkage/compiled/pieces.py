"""Pieces of texts: so many signs of the beginning, of the end, or of both, put together."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa

from amends.kernel.compiling import borrowing
from amends.linkage.compiled.blocks import Flags
from amends.linkage.compiled.entries import Bytes, Integers
from amends.linkage.compiled.octets import Octets, is_there, octets_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The *first* signs after so many that are left out, and the *last* ones.

    There is none of a text of less than the *least* signs, nor one with a masked sign (``*``). What
    stands from the first sign *at* on does not count; without that sign there is none either.
    """

    skip: int = 0
    first: int = 0
    last: int = 0
    least: int = 0
    at: str = ""


def pieces(texts: pl.Series, piece: Piece) -> pl.Series:
    """The *piece* of each text, or null."""
    octets, size = octets_of(texts), len(texts)
    made = np.empty(octets.bounds[-1] - octets.bounds[0], dtype=np.uint8)
    bounds, there = np.zeros(size + 1, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    signs = np.array([piece.skip, piece.first, piece.last, piece.least])
    cut(octets, ord(piece.at) if piece.at else -1, signs, made, bounds, there)
    valid = pa.py_buffer(np.packbits(there, bitorder="little"))
    parts = [valid, pa.py_buffer(bounds), pa.py_buffer(made[: bounds[-1]])]
    array = pa.Array.from_buffers(pa.large_string(), size, parts)
    return pl.Series(texts.name, array, dtype=pl.String)


@borrowing
def cut(
    texts: Octets, at: int, signs: Integers, made: Bytes, bounds: Integers, there: Flags
) -> None:
    """Write pieces one after the other.

    Args:
        texts: UTF-8.
        at: an octet that ends a text, or -1.
        signs: how many are left out, how many first and last ones there are, and how many a
            text has at least.
        made: the octets of pieces go here.
        bounds: where each begins, and the end.
        there: of which texts there is a piece.
    """
    octets, ends, valid, offset = texts
    skip, first, last, least = signs[0], signs[1], signs[2], signs[3]
    to = 0
    for i in range(len(there)):
        bounds[i] = to
        start, end = ends[i], ends[i + 1]
        if not is_there(valid, offset + i):
            continue
        stop = end
        if at >= 0:
            stop = start
            while stop < end and octets[stop] != at:
                stop += 1
            if stop == end:
                continue
        if _after(octets, start, stop, least) > stop:
            continue
        head = min(_after(octets, start, stop, skip), stop)
        middle = min(_after(octets, head, stop, first), stop)
        tail, left = stop, last
        while tail > middle and left > 0:
            tail -= 1
            left -= octets[tail] & 0xC0 != 0x80  # what goes on with a sign is none of its own
        whole = True
        for begin, over in ((head, middle), (tail, stop)):
            for place in range(begin, over):
                made[to] = octets[place]
                whole &= octets[place] != 42
                to += 1
        there[i] = whole
        to = to if whole else bounds[i]
    bounds[len(there)] = to


@borrowing
def _after(octets: Bytes, place: int, stop: int, signs: int) -> int:
    """Where so many signs from a *place* end; beyond *stop* where there are not so many."""
    while signs > 0:
        if place >= stop:
            return stop + 1
        place += 1
        while place < stop and octets[place] & 0xC0 == 0x80:
            place += 1
        signs -= 1
    return place
