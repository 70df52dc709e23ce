"""What a list is, as a file of it sees it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

AT_ONCE: Final = 10_000
"""Rows that are asked for at once."""

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A list: what the register of exports calls it, its columns, all of its rows in order.

    Rows are asked for as they are taken.
    """

    what: str
    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


def through(page: Callable[[Row | None], Sequence[Row]], most: int = AT_ONCE) -> Iterator[Row]:
    """Every row of a list, page by page; *page*: at most *most* rows behind one, or the first."""
    last: Row | None = None
    while True:
        rows = page(last)
        yield from rows
        if len(rows) < most:
            return
        last = rows[-1]
