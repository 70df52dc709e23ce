"""A bank's file in pieces, and the lines of one: in a file without a name, beside it."""

import io
import os
import tempfile
import weakref
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

import polars as pl

from amends.statements.service import MakeAside, Pieces

_PIECE_BYTES: Final = 1 << 17


def pieces_of(path: Path) -> Pieces:
    """A file, piece by piece, as often as it is asked for."""

    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece

    return pieces


def beside(path: Path) -> MakeAside:
    """Lines of a file lie in its folder, and are gone when nobody holds them any more."""
    return partial(_Aside, path.parent)


class _Aside:
    def __init__(self, folder: Path) -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        self._places: list[tuple[int, int]] = []

    def add(self, lines: pl.DataFrame) -> None:
        """Take some more."""
        packed = io.BytesIO()
        lines.write_ipc_stream(packed, compression="lz4")
        left = packed.getbuffer()
        start = sum(self._places[-1]) if self._places else 0
        self._places.append((start, len(left)))
        while left:
            left = left[os.write(self._file, left) :]

    def batches(self) -> Iterator[pl.DataFrame]:
        """All of them, as they came."""
        for start, size in self._places:
            yield pl.read_ipc_stream(io.BytesIO(os.pread(self._file, size, start)))
