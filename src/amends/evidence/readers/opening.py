"""Opens a file of the case as the table that it is, or refuses it and says what to do.

A refusal names the file and quotes nothing from it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.evidence.model import FileFormat, Unread, UnreadError
from amends.evidence.readers import databases, sheets
from amends.evidence.readers.columnar import ParquetTable
from amends.evidence.readers.content import Content, on_disk
from amends.evidence.readers.delimited import DelimitedFile
from amends.evidence.readers.dialect import Dialect, split_records, tell_dialect
from amends.evidence.readers.heading import Heading, find_heading
from amends.evidence.readers.jsonlines import JsonLinesFile, known_keys
from amends.evidence.readers.members import Member
from amends.evidence.readers.prose import ProseFile, reads_like_prose
from amends.evidence.readers.table import TableFile
from amends.evidence.readers.text import (
    BLOCK_BYTES,
    CountedFile,
    LineReader,
    Spelling,
    sample,
    tell_spelling,
)
from amends.kernel.errors import InputFileError
from amends.kernel.saying import said

SAMPLE_LINES = 2000
SAMPLE_TEXT_BYTES = 1 << 20
_MAGIC_BYTES = 16

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK", said("a zip archive or an Excel workbook")),
    (b"\x1f\x8b", said("compressed (gzip)")),
    (b"7z\xbc\xaf\x27\x1c", said("compressed (7z)")),
    (b"BZh", said("compressed (bzip2)")),
    (b"\xfd7zXZ", said("compressed (xz)")),
    (b"\x28\xb5\x2f\xfd", said("compressed (zstd)")),
    (sheets.OLE_MAGIC, said("an office document")),
    (databases.MAGIC, said("an SQLite database")),
    (b"PAR1", said("a Parquet file")),
)
"""What is read, but not under the ending of a text file."""
_NOT_READ: tuple[tuple[bytes, str], ...] = (
    (b"Rar!", said("compressed (rar), which is not read here: unpack it")),
    (b"%PDF", said("a PDF document: export the table as csv")),
    (b"PK", said("a document or program: export its tables as csv")),
    (b"\x89PNG", said("a picture")),
    (b"\xff\xd8\xff", said("a picture")),
    (b"GIF8", said("a picture")),
    (b"\x7fELF", said("a program")),
    (b"MZ", said("a program")),
)
_MARKUP = ("<!doctype", "<html", "<?xml", "<table")
_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
_TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".txt", *_JSON_ENDINGS)
_SEPARATOR_OF = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """A table that is ready to be read, and the bytes that it is read from."""

    table: TableFile
    counted: CountedFile


def open_table(
    path: Path,
    name: str,
    names: Sequence[str],
    read: Callable[[int], None],
    *,
    all_keys: bool = False,
    block_bytes: int = BLOCK_BYTES,
) -> AbstractContextManager[OpenTable]:
    """The table that is the file *path*, which messages call *name*: see :func:`open_member`."""
    member = Member(content=open_content(path, name))
    return open_member(member, names, read, all_keys=all_keys, block_bytes=block_bytes)


def open_content(path: Path, name: str) -> Content:
    """The bytes of a file of the case.

    Raises:
        InputFileError: missing, empty, or not what its ending says.
    """
    size_of(path, name)
    content = on_disk(path, name)
    if content.ending in _TEXT_ENDINGS:
        beginning = content.beginning(_MAGIC_BYTES)
        for magic, what in _MAGIC:
            if beginning.startswith(magic):
                raise InputFileError(
                    said(
                        "{name}: is not what its ending says: it is {what}; give it its right "
                        "ending",
                        name=name,
                        what=what,
                    )
                )
    return content


@contextmanager
def open_member(
    member: Member,
    names: Sequence[str],
    read: Callable[[int], None],
    *,
    all_keys: bool = False,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[OpenTable]:
    """The table *member*, ready to be read.

    *names*: columns that case.toml mentions. *read* hears how many bytes were read. *all_keys*:
    look for the keys of JSON lines in the whole file first.

    Raises:
        UnreadError: it holds no table.
        InputFileError: it is damaged, or not what its ending says.
    """
    content = member.content
    with content.open() as file:
        counted = CountedFile(file, read)
        if member.open_part is not None:
            yield OpenTable(table=member.open_part(names, all_keys=all_keys), counted=counted)
        elif content.ending == ".parquet" or content.beginning(_MAGIC_BYTES).startswith(b"PAR1"):
            with closing(ParquetTable(content)) as parquet:
                yield OpenTable(table=parquet, counted=counted)
        else:
            table = _text_table(content, names, counted, all_keys=all_keys, block_bytes=block_bytes)
            yield OpenTable(table=table, counted=counted)


def _text_table(
    content: Content,
    names: Sequence[str],
    counted: CountedFile,
    *,
    all_keys: bool,
    block_bytes: int,
) -> TableFile:
    text = _Text(content, _look(content))
    encoding = text.spelling.encoding
    reader = LineReader(counted, text.spelling, content.name, block_bytes=block_bytes)
    if text.tell_format(content.ending) is FileFormat.JSON_LINES:
        return JsonLinesFile(reader, encoding, text.keys(names, everywhere=all_keys))
    dialect, heading = text.tell_header(content.ending, names)
    told = heading is not None or names or content.ending in _SEPARATOR_OF
    if not told and text.is_prose(dialect):
        return ProseFile(reader, encoding)
    return DelimitedFile(reader, encoding, dialect, heading)


def size_of(path: Path, name: str) -> int:
    """The size of an ordinary file in bytes.

    Raises:
        InputFileError: it is missing, no file, or empty.
    """
    if not path.exists():
        raise InputFileError(
            said(
                "{name}: there is no such file: put it there, or correct its path in case.toml",
                name=name,
            )
        )
    if not path.is_file():
        raise InputFileError(
            said("{name}: is not a file: name the table itself in case.toml", name=name)
        )
    try:
        with path.open("rb"):
            size_bytes = path.stat().st_size
    except OSError as error:
        raise InputFileError(
            said(
                "{name}: cannot be opened ({error}): let this user read it",
                name=name,
                error=type(error).__name__,
            )
        ) from None
    if size_bytes == 0:
        raise InputFileError(
            said("{name}: is empty: get it again, or take it out of case.toml", name=name)
        )
    return size_bytes


def _look(content: Content) -> bytes:
    """Some of a text file, after what can be refused at first sight.

    Raises:
        UnreadError: it is empty, or no table.
    """
    name, data = content.name, sample(content)
    for magic, what in (*_NOT_READ, *_MAGIC):
        if data.startswith(magic):
            mislabelled = content.ending in _TEXT_ENDINGS
            message = (
                said("{name}: is not what its ending says: it is {what}", name=name, what=what)
                if mislabelled
                else said("{name}: is {what}", name=name, what=what)
            )
            raise UnreadError(message, Unread.NOT_A_TABLE)
    if not data.strip(b"\xef\xbb\xbf\xff\xfe\x00\t\r\n "):
        raise UnreadError(
            said("{name}: is empty: get it again, or take it out of case.toml", name=name),
            Unread.EMPTY,
        )
    return data


class _Text:
    """What a sample of a text file tells about it."""

    def __init__(self, content: Content, data: bytes) -> None:
        self._content = content
        self._name = content.name
        self.spelling: Spelling = tell_spelling(data, content.name)
        beginning = data[self.spelling.mark_bytes :][:SAMPLE_TEXT_BYTES]
        text = beginning.decode(self.spelling.encoding, "replace")
        lines = text.split(chr(self.spelling.line_end))[:SAMPLE_LINES]
        if len(lines) > 1 and len(beginning) == SAMPLE_TEXT_BYTES:
            lines = lines[:-1]
        self._lines = [line for line in lines if line.strip()]

    def tell_format(self, ending: str) -> FileFormat:
        """JSON lines or delimited text.

        Raises:
            InputFileError: the ending says another thing than the lines.
        """
        first = self._lines[0].strip().lower() if self._lines else ""
        if first.startswith(_MARKUP):
            raise UnreadError(
                said(
                    "{name}: is not what its ending says: it is a web page or XML; export the "
                    "table as csv",
                    name=self._name,
                ),
                Unread.NOT_A_TABLE,
            )
        objects = sum(map(_is_object, self._lines[:100]))
        mostly = objects * 2 > min(len(self._lines), 100)
        if ending in _JSON_ENDINGS:
            if not objects:
                raise UnreadError(
                    said(
                        "{name}: is not what its ending says: no line of its beginning is a JSON "
                        "object; write one object per line, or give the file its right ending",
                        name=self._name,
                    ),
                    Unread.NOT_A_TABLE,
                )
            return FileFormat.JSON_LINES
        if mostly and ending in _SEPARATOR_OF:
            raise InputFileError(
                said(
                    "{name}: is not what its ending says: its lines are JSON objects; give it the "
                    "ending .jsonl",
                    name=self._name,
                )
            )
        return FileFormat.JSON_LINES if mostly else FileFormat.DELIMITED

    def is_prose(self, dialect: Dialect) -> bool:
        """Whether the lines are sentences rather than rows."""
        return reads_like_prose(self._lines, dialect)

    def tell_header(self, ending: str, names: Sequence[str]) -> tuple[Dialect, Heading | None]:
        """The dialect, and the header if the file has one."""
        dialect = tell_dialect(self._lines, _SEPARATOR_OF.get(ending, ","))
        records = split_records(iter([line + "\n" for line in self._lines]), dialect, SAMPLE_LINES)
        usual = ending in _SEPARATOR_OF
        return dialect, find_heading(records, dialect.width, names, usual=usual)

    def keys(self, names: Sequence[str], *, everywhere: bool) -> tuple[str, ...]:
        """The keys of the file's objects: of the sample's, or of all.

        Raises:
            InputFileError: more keys than a table has columns.
        """
        with self._content.open() as file:
            reader = LineReader(CountedFile(file, lambda _: None), self.spelling, self._name)
            return known_keys(reader.blocks(), names, self._name, everywhere=everywhere)


def _is_object(line: str) -> bool:
    line = line.strip()
    if not (line.startswith("{") and line.endswith("}")):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
