"""The tables that a file of the case holds: itself, or members of an archive, workbook, database.

A member is called ``path!member``, at every depth: ``evidence/dump.zip!2024/users.xlsx!Sheet1``.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from amends.evidence import databases, sheets
from amends.evidence.archives import Budget, NewSpool, is_archive, leaves
from amends.evidence.content import Content
from amends.evidence.limits import LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A table: the bytes that it stands in, and which part of them it is.

    ``part``: the name of a sheet or table; None where the bytes are one table.
    """

    content: Content
    part: str | None = None
    limits: Limits = LIMITS

    @property
    def name(self) -> str:
        """The file's path, or ``path!member``."""
        return self.content.name if self.part is None else f"{self.content.name}!{self.part}"


def members(
    content: Content, new_spool: NewSpool, *, limits: Limits = LIMITS
) -> Iterator[Member | Content]:
    """The tables in *content*, each good until the next is asked for.

    A workbook or database without rows comes as itself: bytes that hold no table.

    Raises:
        InputFileError: something in it cannot be opened.
    """
    budget = Budget(limits=limits, outer_bytes=content.size_bytes, new_spool=new_spool)
    for leaf in leaves(content, budget):
        parts = _parts(leaf, limits)
        if parts is None:
            yield Member(content=leaf, limits=limits)
        elif not parts:
            yield leaf
        for part in parts or ():
            yield Member(content=leaf, part=part, limits=limits)


def may_hold_several(content: Content) -> bool:
    """Whether *content* is an archive, a workbook or a database."""
    return is_archive(content) or sheets.is_workbook(content) or databases.is_database(content)


def _parts(content: Content, limits: Limits) -> list[str] | None:
    """The names of the tables in a file that can hold several; None where it is one table."""
    if sheets.is_workbook(content):
        return sheets.sheets_with_rows(content, limits)
    if databases.is_database(content):
        return databases.tables_with_rows(content, limits)
    return None
