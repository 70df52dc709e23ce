"""Where the header of a table stands, told from its first records. Pure.

A header may stand below lines that are no records of the table (a title, a note, comments), and in
files that were joined or sorted also below records.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from amends.evidence.detect import has_header
from amends.evidence.formats import is_value
from amends.evidence.words import is_known

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
