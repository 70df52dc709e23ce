"""Where the header of a table stands, told from its first records. Pure.

A header may stand below lines that are no records of the table (a title, a note, comments), and in
files that were joined or sorted also below records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amends.evidence.categories.formats import is_value, share
from amends.evidence.categories.looks import MOST
from amends.evidence.categories.words import is_known, word_of

LOOK_RECORDS = 200
"""A header further down is a record like any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """The header: its cells, its place among the records (from 0), and what stands above it.

    The first *preamble* records are none of the table; those between them and the header are.
    """

    cells: tuple[str, ...]
    at: int = 0
    preamble: int = 0


def find_heading(
    records: Sequence[Sequence[str]], width: int, names: Sequence[str], *, usual: bool
) -> Heading | None:
    """The header of a table of *width* columns, if it has one.

    *names*: headers that case.toml mentions. *usual*: files with this ending usually have one.
    """
    if not records:
        return None
    if len(records[0]) == width and has_header(records[0], records[1:], names, usual=usual):
        return _heading(records, 0)
    for at, record in enumerate(records[:LOOK_RECORDS]):
        if _names_columns(record, width):
            return _heading(records, at)
    narrow = 0
    while narrow < min(len(records) - 1, LOOK_RECORDS) and _is_narrow(records[narrow], width):
        narrow += 1
    if has_header(records[narrow], records[narrow + 1 :], names, usual=usual):
        return _heading(records, narrow)
    return None


def _heading(records: Sequence[Sequence[str]], at: int) -> Heading:
    width = len(records[at])
    preamble = 0
    while preamble < at and not _is_row(records[preamble], width):
        preamble += 1
    cells = tuple(cell.strip() for cell in records[at])
    return Heading(cells=cells, at=at, preamble=preamble)


def _names_columns(record: Sequence[str], width: int) -> bool:
    """Whether most cells are words for columns, and there are enough of them for this table."""
    filled = [cell for cell in record if cell.strip()]
    if len(record) < width or len(filled) * 2 < width or any(map(is_value, filled)):
        return False
    known = sum(map(is_known, filled))
    return known > 1 and known * 2 >= len(filled)


def _is_narrow(record: Sequence[str], width: int) -> bool:
    filled = sum(1 for cell in record if cell.strip())
    return width > 1 and filled * 2 <= width


def _is_row(record: Sequence[str], width: int) -> bool:
    filled = [cell for cell in record if cell.strip()]
    return len(record) == width and len(filled) * 2 > width and any(map(is_value, filled))


def has_header(
    first: Sequence[str], rest: Sequence[Sequence[str]], names: Sequence[str], *, usual: bool
) -> bool:
    """Whether the *first* record of a file names its columns.

    *names*: headers that case.toml mentions. *usual*: files with this ending usually have one.
    """
    cells = [cell.strip() for cell in first]
    wanted = {word_of(name) for name in names if not name.isdecimal()}
    if wanted & {word_of(cell) for cell in cells if cell}:
        return True
    filled = [cell for cell in cells if cell]
    if not filled or any(map(is_value, filled)):
        return False
    known = sum(map(is_known, filled))
    if known > 1 or known * 2 >= len(filled):
        return True
    return _reads_like_header(cells, rest, usual=usual)


def _reads_like_header(cells: Sequence[str], rest: Sequence[Sequence[str]], *, usual: bool) -> bool:
    """Whether cells of which no word is known differ from what stands below them."""
    filled = [cell for cell in cells if cell]
    words = {word_of(cell) for cell in filled}
    if len(words) < len(filled) or "" in words or len(filled) < len(cells) - 1:
        return False
    columns = [
        [record[at].strip() for record in rest if at < len(record)] for at in range(len(cells))
    ]
    if any(cell and cell in values for cell, values in zip(cells, columns, strict=True)):
        return False
    if usual:
        return True
    return any(share([v for v in values if v], is_value) > MOST for values in columns)
