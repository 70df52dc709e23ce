"""Opens a file of the case as the table that it is, or refuses it and says what to do.

A refusal names the file and quotes nothing from it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from amends.evidence.columnar import ParquetTable
from amends.evidence.delimited import DelimitedFile
from amends.evidence.detect import has_header
from amends.evidence.dialect import Dialect, split_records, tell_dialect
from amends.evidence.jsonlines import MOST_COLUMNS, JsonLinesFile, keys_of
from amends.evidence.model import FileFormat
from amends.evidence.table import TableFile
from amends.evidence.text import (
    BLOCK_BYTES,
    HashedFile,
    LineReader,
    Spelling,
    sample,
    tell_spelling,
)
from amends.evidence.words import word_of
from amends.kernel.errors import InputFileError

SAMPLE_LINES = 2000
SAMPLE_TEXT_BYTES = 1 << 20
HASH_BYTES = 4 << 20

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a zip archive or an Excel workbook: unpack it, or export the table as csv"),
    (b"\x1f\x8b", "compressed (gzip): unpack it"),
    (b"7z\xbc\xaf\x27\x1c", "compressed (7z): unpack it"),
    (b"Rar!", "compressed (rar): unpack it"),
    (b"BZh", "compressed (bzip2): unpack it"),
    (b"\xfd7zXZ", "compressed (xz): unpack it"),
    (b"\x28\xb5\x2f\xfd", "compressed (zstd): unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Office document: export the table as csv"),
    (b"%PDF", "a PDF document: export the table as csv"),
    (b"SQLite format 3", "an SQLite database: export the table as csv"),
    (b"PAR1", "a Parquet file: give it the ending .parquet"),
)
_MARKUP = ("<!doctype", "<html", "<?xml", "<table")
_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
_TEXT_ENDINGS = (".csv", ".tsv", ".tab", ".txt", *_JSON_ENDINGS)
_SEPARATOR_OF = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTable:
    """A table that is ready to be read, and the bytes that it is read from."""

    table: TableFile
    hashed: HashedFile


@contextmanager
def open_table(
    path: Path,
    name: str,
    names: Sequence[str],
    read: Callable[[int], None],
    *,
    all_keys: bool = False,
    block_bytes: int = BLOCK_BYTES,
) -> Iterator[OpenTable]:
    """The table in the file *path*, which messages call *name*.

    *names*: columns that case.toml mentions. *read* hears how many bytes were read. *all_keys*:
    look for the keys of JSON lines in the whole file first.

    Raises:
        InputFileError: missing, empty, no text, or not what its ending says.
    """
    data = _look(path, name)
    ending = path.suffix.lower()
    with path.open("rb") as file:
        hashed = HashedFile(file, read)
        if ending == ".parquet":
            parquet = ParquetTable(path, name)
            try:
                while hashed.read(HASH_BYTES):
                    pass
                yield OpenTable(table=parquet, hashed=hashed)
            finally:
                parquet.close()
            return
        text = _Text(path=path, name=name, data=data)
        reader = LineReader(hashed, text.spelling, name, block_bytes=block_bytes)
        if text.tell_format(ending) is FileFormat.JSON_LINES:
            table: TableFile = JsonLinesFile(
                reader, text.spelling.encoding, text.keys(names, everywhere=all_keys)
            )
        else:
            dialect, header = text.tell_header(ending, names)
            table = DelimitedFile(reader, text.spelling.encoding, dialect, header)
        yield OpenTable(table=table, hashed=hashed)


def hash_file(path: Path, read: Callable[[int], None]) -> str:
    """The SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        hashed = HashedFile(file, read)
        while hashed.read(HASH_BYTES):
            pass
    return hashed.sha256()


def size_of(path: Path, name: str) -> int:
    """The size of an ordinary file in bytes.

    Raises:
        InputFileError: it is missing, no file, or empty.
    """
    if not path.exists():
        raise InputFileError(
            f"{name}: there is no such file: put it there, or correct its path in case.toml"
        )
    if not path.is_file():
        raise InputFileError(f"{name}: is not a file: name the table itself in case.toml")
    try:
        with path.open("rb"):
            size_bytes = path.stat().st_size
    except OSError as error:
        raise InputFileError(
            f"{name}: cannot be opened ({type(error).__name__}): let this user read it"
        ) from None
    if size_bytes == 0:
        raise InputFileError(f"{name}: is empty: get it again, or take it out of case.toml")
    return size_bytes


def _look(path: Path, name: str) -> bytes:
    """Some of the file, after what can be refused at first sight.

    Raises:
        InputFileError: see :func:`open_table`.
    """
    size_of(path, name)
    ending = path.suffix.lower()
    is_parquet = ending == ".parquet"
    data = b"" if is_parquet else sample(path)
    if not is_parquet:
        for magic, what in _MAGIC:
            if data.startswith(magic):
                wrong = "is not what its ending says: it is" if ending in _TEXT_ENDINGS else "is"
                raise InputFileError(f"{name}: {wrong} {what}")
        if not data.strip(b"\xef\xbb\xbf\xff\xfe\x00\t\r\n "):
            raise InputFileError(f"{name}: is empty: get it again, or take it out of case.toml")
    return data


class _Text:
    """What a sample of a text file tells about it."""

    def __init__(self, *, path: Path, name: str, data: bytes) -> None:
        self._path = path
        self._name = name
        self.spelling: Spelling = tell_spelling(data, name)
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
            raise InputFileError(
                f"{self._name}: is not what its ending says: it is a web page or XML; export the "
                "table as csv"
            )
        objects = sum(map(_is_object, self._lines[:100]))
        mostly = objects * 2 > min(len(self._lines), 100)
        if ending in _JSON_ENDINGS:
            if not objects:
                raise InputFileError(
                    f"{self._name}: is not what its ending says: no line of its beginning is a "
                    "JSON object; write one object per line, or give the file its right ending"
                )
            return FileFormat.JSON_LINES
        if mostly and ending in _SEPARATOR_OF:
            raise InputFileError(
                f"{self._name}: is not what its ending says: its lines are JSON objects; give it "
                "the ending .jsonl"
            )
        return FileFormat.JSON_LINES if mostly else FileFormat.DELIMITED

    def tell_header(
        self, ending: str, names: Sequence[str]
    ) -> tuple[Dialect, tuple[str, ...] | None]:
        """The dialect, and the header if the file has one."""
        dialect = tell_dialect(self._lines, _SEPARATOR_OF.get(ending, ","))
        records = split_records(iter([line + "\n" for line in self._lines]), dialect, SAMPLE_LINES)
        first, rest = records[0], records[1:]
        if has_header(first, rest, names, usual=ending in _SEPARATOR_OF):
            return dialect, tuple(cell.strip() for cell in first)
        return dialect, None

    def keys(self, names: Sequence[str], *, everywhere: bool) -> tuple[str, ...]:
        """The keys of the file's objects: of the sample's, or of all.

        Raises:
            InputFileError: more keys than a table has columns.
        """
        keys: dict[str, None] = {}
        with self._path.open("rb") as file:
            reader = LineReader(HashedFile(file, lambda _: None), self.spelling, self._name)
            for lines in reader.blocks():
                keys_of(lines, keys)
                if len(keys) > MOST_COLUMNS:
                    raise InputFileError(
                        f"{self._name}: its objects have more than {MOST_COLUMNS} different keys: "
                        "this is no table; give one object per person with keys for its columns"
                    )
                known = {word_of(key) for key in keys} | set(keys)
                all_named = all(name in known or word_of(name) in known for name in names)
                if not everywhere and all_named:
                    break
        return tuple(keys)


def _is_object(line: str) -> bool:
    line = line.strip()
    if not (line.startswith("{") and line.endswith("}")):
        return False
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
