"""Lines of a statement as columns, in its order, some thousands at a time.

A statement of a day may have millions of them: then they lie aside, with whoever walks them.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final, Protocol

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


class Aside(Protocol):
    """Where lines lie: in a file, for whoever has many."""

    def add(self, lines: pl.DataFrame) -> None:
        """Take some more."""

    def batches(self) -> Iterator[pl.DataFrame]:
        """All of them, as they came; again and again."""


class _Held:
    """In memory."""

    def __init__(self) -> None:
        self._held: list[pl.DataFrame] = []

    def add(self, lines: pl.DataFrame) -> None:
        """Take some more."""
        self._held.append(lines)

    def batches(self) -> Iterator[pl.DataFrame]:
        """All of them, as they came."""
        return iter(self._held)


MakeAside = Callable[[], Aside]


class Lines:
    """Lines that can be walked again and again; they lie *aside*, where one is given."""

    def __init__(self, aside: MakeAside | None = None) -> None:
        self._aside: Aside = (aside or _Held)()
        self._count = 0
        self.moved_minor = 0
        """What all of them add to the balance."""
        self.amount_minor = 0
        """What all of them move, in or out."""

    def add(self, lines: pl.DataFrame) -> None:
        """Take some more (``LINES``)."""
        if lines.height:
            self._count += lines.height
            self.moved_minor += int(lines["moved_minor"].sum())
            self.amount_minor += int(lines["moved_minor"].abs().sum())
            self._aside.add(lines)

    def batches(self) -> Iterator[pl.DataFrame]:
        """All of them."""
        return self._aside.batches()

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


def lines_of(found: Iterable[Line], aside: MakeAside | None = None) -> Lines:
    """Objects as columns."""
    lines, rest = Lines(aside), iter(found)
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
