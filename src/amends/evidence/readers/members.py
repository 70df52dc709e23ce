"""The tables that a file of the case holds: itself, or members of an archive, workbook, database.

A member is called ``path!member``, at every depth: ``evidence/dump.zip!2024/users.xlsx!Sheet1``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Protocol

from amends.evidence.limits import LIMITS, Limits
from amends.evidence.model import Encoding, FileFormat
from amends.evidence.readers import databases, dumps, mail, sheets
from amends.evidence.readers.archives import Budget, NewSpool, leaves
from amends.evidence.readers.content import Content
from amends.evidence.readers.jsonarray import ElementReader, looks_like_array
from amends.evidence.readers.jsonlines import JsonLinesFile, known_keys
from amends.evidence.readers.table import TableFile
from amends.evidence.readers.text import sample, tell_spelling
from amends.evidence.readers.transcoding import in_utf8


class OpenPart(Protocol):
    """Opens a part of a file as the table that it is.

    *names*: columns that case.toml mentions. *all_keys*: look for columns in all of it first.
    """

    def __call__(self, names: Sequence[str], *, all_keys: bool) -> TableFile:
        """The table, ready to be read."""


_LOOK_BYTES = 1 << 18
_MAIL_ENDINGS = (".eml", ".mbox", ".mbx", ".txt", "")
_JSON_ENDINGS = (".json", ".jsonl", ".txt", "")
_DUMP_ENDINGS = (".sql", ".dump", ".dmp", ".txt", ".bak", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A table: the bytes that it stands in, and which part of them it is.

    ``part``: the name of a sheet or table; None where the bytes are one table. ``open_part`` opens
    what is not read line by line.
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
        elif _is_array(leaf):
            yield from _array(leaf, new_spool)
        elif leaf.ending in _MAIL_ENDINGS and mail.is_mail(
            leaf.beginning(_LOOK_BYTES), leaf.ending
        ):
            yield from _mail(leaf, limits)
        else:
            yield Member(content=leaf)


def _sheets(content: Content, limits: Limits) -> Iterator[Member | Content]:
    names = sheets.sheets_with_rows(content, limits)
    if not names:
        yield content
    for name in names:
        open_part = partial(_sheet, content, name, limits)
        yield Member(content=content, part=name, open_part=open_part)


def _sheet(
    content: Content, name: str, limits: Limits, names: Sequence[str], *, all_keys: bool
) -> TableFile:
    del all_keys
    return sheets.SheetTable(content, name, names, limits)


def _database(content: Content, limits: Limits) -> Iterator[Member | Content]:
    names = databases.tables_with_rows(content, limits)
    if not names:
        yield content
    for name in names:
        open_part = partial(_database_table, content, name, limits)
        yield Member(content=content, part=name, open_part=open_part)


def _database_table(
    content: Content, name: str, limits: Limits, names: Sequence[str], *, all_keys: bool
) -> TableFile:
    del names, all_keys  # a database says what its columns are called
    return databases.DatabaseTable(content, name, limits)


def _is_dump(content: Content) -> bool:
    return content.ending in _DUMP_ENDINGS and dumps.looks_like_dump(_beginning(content))


def _beginning(content: Content) -> str:
    """The first letters; only those of ASCII can be relied upon."""
    beginning = content.beginning(_LOOK_BYTES)
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")) or (
        beginning.count(0) * 3 > len(beginning)
    ):
        return beginning.replace(b"\0", b"").lstrip(b"\xff\xfe").decode("latin-1")
    return beginning.removeprefix(b"\xef\xbb\xbf").decode("latin-1")


def _mail(content: Content, limits: Limits) -> Iterator[Member | Content]:
    with content.open() as file:
        open_part = partial(_mail_table, content, file, limits)
        yield Member(content=content, open_part=open_part)


def _mail_table(
    content: Content, file: BinaryIO, limits: Limits, names: Sequence[str], *, all_keys: bool
) -> TableFile:
    del names, all_keys  # what is found has its own names
    return mail.MailTable(content, file, limits)


def _is_array(content: Content) -> bool:
    return content.ending in _JSON_ENDINGS and looks_like_array(_beginning(content))


def _array(content: Content, new_spool: NewSpool) -> Iterator[Member | Content]:
    spelling = tell_spelling(sample(content), content.name)
    with in_utf8(content, spelling, new_spool) as text, text.open() as file:
        open_part = partial(_array_table, text, file, spelling.encoding)
        yield Member(content=content, open_part=open_part)


def _array_table(
    content: Content, file: BinaryIO, encoding: Encoding, names: Sequence[str], *, all_keys: bool
) -> TableFile:
    file.seek(0)
    blocks = ElementReader(file, content.name).blocks()
    keys = known_keys(blocks, names, content.name, everywhere=all_keys)
    file.seek(0)
    reader = ElementReader(file, content.name)
    return JsonLinesFile(reader, encoding, keys, FileFormat.JSON_ARRAY)


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


def _dump_table(dump: dumps.Dump, name: str, names: Sequence[str], *, all_keys: bool) -> TableFile:
    del names, all_keys  # a dump says what its columns are called, or nothing does
    return dump.table(name)
