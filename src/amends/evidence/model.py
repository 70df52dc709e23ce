"""What the evidence room knows: files in custody, how their columns were told, why rows wait."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType

CustodyNo = NewType("CustodyNo", int)
"""The number of one taking of one file; a changed file gets a new one, the old entry stays."""

RESERVED = frozenset(
    {"account", "evidence", "kind", "mask", "product", "record", "row", "tranche", "path"}
)
"""Column names that the room itself writes; a file's own column of that name gets another."""


class Role(StrEnum):
    """What a file is to the case."""

    REGISTRY = "registry"
    EVIDENCE = "evidence"
    PEOPLE = "people"


class FileFormat(StrEnum):
    """How a file holds its records."""

    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    PARQUET = "parquet"


class Encoding(StrEnum):
    """How a text file spells its characters (names of Python's codecs)."""

    UTF8 = "utf-8"
    GB18030 = "gb18030"
    UTF16_LE = "utf-16-le"
    UTF16_BE = "utf-16-be"


class How(StrEnum):
    """What told the field of a column."""

    OVERRIDE = "override"  # case.toml says so
    HEADER = "header"  # its header is a known word
    CONTENT = "content"  # its values have a format or a checksum
    OVERLAP = "overlap"  # its values are those of a registry's field
    OWN = "own"  # nothing did: its header (or column_N) is a category of its own


class Reason(StrEnum):
    """Why a row waits in quarantine."""

    TOO_MANY_FIELDS = "too_many_fields"
    BROKEN_QUOTES = "broken_quotes"
    UNDECODABLE_BYTES = "undecodable_bytes"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_ACCOUNT_ID = "missing_account_id"
    DUPLICATE_ACCOUNT_ID = "duplicate_account_id"
    MISSING_KEY = "missing_key"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDecision:
    """Which field a column of a file is, and what told it.

    ``column`` is the header where that is a word, else ``column_N``; never a value.
    """

    position: int
    column: str
    field: str
    how: How


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that case.toml names: where it is and what case.toml says about it."""

    role: Role
    path: str
    file: Path
    overrides: tuple[tuple[str, str], ...] = ()
    product: str | None = None
    kind: str | None = None
    tranche: int = 1
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """One taking of one file: what came in, byte for byte, and what was read from it."""

    path: str
    role: Role
    sha256: str
    size_bytes: int
    settings: str
    """Digest of everything but the bytes that decided how the file was read."""
    encoding: str
    format: FileFormat
    columns: tuple[ColumnDecision, ...]
    codes: tuple[str, ...]
    """Category codes in the order of the bits of the stored masks."""
    records: int
    kept: int
    quarantined: int
    short_rows: int
    undecodable_bytes: int
    stored_as: str
    """The Parquet file in the evidence room, relative to it."""
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldFile:
    """A file of the newest intake: its custody entry and its place in the case."""

    custody_no: CustodyNo
    file_no: int
    product: str | None
    kind: str | None
    tranche: int
    received_at: datetime | None
    custody: Custody
