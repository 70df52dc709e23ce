"""The tables that a file of the case holds: itself, or members of an archive, workbook, database.

A member is called ``path!member``, at every depth: ``evidence/dump.zip!2024/users.xlsx!Sheet1``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from amends.evidence import databases, dumps, sheets
from amends.evidence.archives import Budget, NewSpool, leaves
from amends.evidence.content import Content
from amends.evidence.limits import LIMITS, Limits
from amends.evidence.model import Encoding
from amends.evidence.table import TableFile
from amends.evidence.text import sample, tell_spelling
from amends.evidence.transcoding import in_utf8

OpenPart = Callable[[Sequence[str]], TableFile]
"""Opens a part of a file as the table that it is, given columns that case.toml mentions."""

_LOOK_BYTES = 1 << 18
_DUMP_ENDINGS = (".sql", ".dump", ".dmp", ".txt", ".bak", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A table: the bytes that it stands in, and which part of them it is.

    ``part``: the name of a sheet or table, which ``open_part`` opens; None where the bytes are one
    table.
    """

    content: Content
    part: str | None = None
    open_part: OpenPart | None = None

    @property
    def name(self) -> str:
        """The file's path, or ``path!member``."""
        return self.content.name if self.part is None else f"{self.content.name}!{self.part}"


def members(
    content: Content, new_spool: NewSpool, *, limits: Limits = LIMITS
) -> Iterator[Member | Content]:
    """The tables in *content*, each good until the next is asked for.

    A workbook, database or dump without rows comes as itself: bytes that hold no table.

    Raises:
        InputFileError: something in it cannot be opened.
    """
    budget = Budget(limits=limits, outer_bytes=content.size_bytes, new_spool=new_spool)
    for leaf in leaves(content, budget):
        if sheets.is_workbook(leaf):
            yield from _sheets(leaf, limits)
        elif databases.is_database(leaf):
            yield from _database(leaf, limits)
        elif _is_dump(leaf):
            yield from _dump(leaf, new_spool)
        else:
            yield Member(content=leaf)


def _sheets(content: Content, limits: Limits) -> Iterator[Member | Content]:
    names = sheets.sheets_with_rows(content, limits)
    if not names:
        yield content
    for name in names:
        open_part = partial(_sheet, content, name, limits)
        yield Member(content=content, part=name, open_part=open_part)


def _sheet(content: Content, name: str, limits: Limits, names: Sequence[str]) -> TableFile:
    return sheets.SheetTable(content, name, names, limits)


def _database(content: Content, limits: Limits) -> Iterator[Member | Content]:
    names = databases.tables_with_rows(content, limits)
    if not names:
        yield content
    for name in names:
        open_part = partial(_database_table, content, name, limits)
        yield Member(content=content, part=name, open_part=open_part)


def _database_table(content: Content, name: str, limits: Limits, names: Sequence[str]) -> TableFile:
    del names  # a database says what its columns are called
    return databases.DatabaseTable(content, name, limits)


def _is_dump(content: Content) -> bool:
    if content.ending not in _DUMP_ENDINGS:
        return False
    beginning = content.beginning(_LOOK_BYTES)
    wide = beginning.count(0) * 3 > len(beginning)  # UTF-16, either way round
    text = beginning.replace(b"\0", b"") if wide else beginning
    return dumps.looks_like_dump(text.decode("latin-1"))


def _dump(content: Content, new_spool: NewSpool) -> Iterator[Member | Content]:
    spelling = tell_spelling(sample(content), content.name)
    with in_utf8(content, spelling, new_spool) as text:
        hold = spelling.encoding is Encoding.UTF8
        dump = dumps.Dump(text, spelling.encoding, offsets_hold=hold)
        tables = dump.tables()
        if not tables:
            yield content
        for name in tables:
            open_part = partial(_dump_table, dump, name)
            yield Member(content=content, part=name, open_part=open_part)


def _dump_table(dump: dumps.Dump, name: str, names: Sequence[str]) -> TableFile:
    del names  # a dump says what its columns are called, or nothing does
    return dump.table(name)
