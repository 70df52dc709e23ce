"""Lines of a statement as columns, in its order, some thousands at a time.

A statement of a day may have millions of them: then they lie in a file of their own, which has no
name and is gone with whoever holds it.
"""

import io
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from amends.statements.model import Direction, Line

LINES: Final = pl.Schema(
    {
        "reference": pl.String(),
        "moved_minor": pl.Int64(),
        "booked_on": pl.Date(),
        "is_fee": pl.Boolean(),
        "end_to_end_id": pl.String(),
        "text": pl.String(),
        "came_back": pl.Boolean(),
        "return_reason": pl.String(),
        "booked_at": pl.Datetime("us", "UTC"),
        "own_funds": pl.Boolean(),
    }
)
"""What a line says; ``moved_minor``: what it adds to the balance."""

_AT_ONCE: Final = 4_096


class Lines:
    """Lines that can be walked again and again; with a *folder*, they lie there."""

    def __init__(self, folder: Path | None = None) -> None:
        self._aside = None if folder is None else _aside(self, folder)
        self._places: list[tuple[int, int]] = []
        self._held: list[pl.DataFrame] = []
        self._count = 0
        self.moved_minor = 0
        """What all of them add to the balance."""
        self.amount_minor = 0
        """What all of them move, in or out."""

    def add(self, lines: pl.DataFrame) -> None:
        """Take some more (``LINES``)."""
        if not lines.height:
            return
        self._count += lines.height
        self.moved_minor += int(lines["moved_minor"].sum())
        self.amount_minor += int(lines["moved_minor"].abs().sum())
        if self._aside is None:
            self._held.append(lines)
            return
        packed = io.BytesIO()
        lines.write_ipc_stream(packed, compression="lz4")
        left = packed.getbuffer()
        start = sum(self._places[-1]) if self._places else 0
        self._places.append((start, len(left)))
        while left:
            left = left[os.write(self._aside, left) :]

    def batches(self) -> Iterator[pl.DataFrame]:
        """All of them."""
        if self._aside is None:
            yield from self._held
            return
        for start, size in self._places:
            yield pl.read_ipc_stream(io.BytesIO(os.pread(self._aside, size, start)))

    def first_day(self) -> date | None:
        """The first day on which something was booked."""
        days: list[date] = [
            batch.select(pl.col("booked_on").min()).item() for batch in self.batches()
        ]
        return min(days, default=None)

    def __len__(self) -> int:
        """How many there are."""
        return self._count

    def __iter__(self) -> Iterator[Line]:
        """Each as an object."""
        for batch in self.batches():
            for row in batch.iter_rows(named=True):
                moved = row.pop("moved_minor")
                yield Line(
                    direction=Direction.IN if moved > 0 else Direction.OUT,
                    amount_minor=abs(moved),
                    **row | {"text": row["text"] or ""},
                )


def _aside(lines: Lines, folder: Path) -> int:
    """A file without a name that is closed when nobody holds *lines* any more."""
    with tempfile.TemporaryFile(dir=folder) as file:
        aside = os.dup(file.fileno())
    weakref.finalize(lines, os.close, aside)
    return aside


def lines_of(found: Iterable[Line], folder: Path | None = None) -> Lines:
    """Objects as columns."""
    lines, rest = Lines(folder), iter(found)
    while some := list(islice(rest, _AT_ONCE)):
        lines.add(
            pl.DataFrame(
                [
                    (
                        *(line.reference, line.signed_minor, line.booked_on, line.is_fee),
                        *(line.end_to_end_id, line.text, line.came_back, line.return_reason),
                        *(line.booked_at, line.own_funds),
                    )
                    for line in some
                ],
                schema=LINES,
                orient="row",
            )
        )
    return lines
