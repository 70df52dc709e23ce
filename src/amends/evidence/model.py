"""What the evidence room knows: files in custody, how their columns were told, why rows wait."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType

from amends.kernel.errors import AmendsError, InputFileError

OriginalNo = NewType("OriginalNo", int)
"""The number of one receipt of one file that case.toml names."""
CustodyNo = NewType("CustodyNo", int)
"""The number of one taking of one table; a changed file gets new ones, the old entries stay."""

RESERVED = frozenset(
    {"account", "evidence", "kind", "mask", "product", "record", "row", "tranche", "path"}
)
"""Column names that the room itself writes; a file's own column of that name gets another."""


ASK_BELOW = 0.7
"""A column told with less confidence than this is shown to the operator as a question."""


class Role(StrEnum):
    """What a file is to the case."""

    REGISTRY = "registry"
    EVIDENCE = "evidence"
    PEOPLE = "people"


class FileFormat(StrEnum):
    """How a file holds its records."""

    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    JSON_ARRAY = "json_array"
    PARQUET = "parquet"
    WORKBOOK = "workbook"
    SQLITE = "sqlite"
    SQL = "sql"
    MAIL = "mail"
    TEXT = "text"


class Encoding(StrEnum):
    """How a text file spells its characters (names of Python's codecs)."""

    UTF8 = "utf-8"
    GB18030 = "gb18030"
    BIG5 = "big5hkscs"
    SHIFT_JIS = "cp932"
    EUC_KR = "cp949"
    LATIN1 = "latin-1"
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

    BEFORE_HEADER = "before_header"
    TOO_MANY_FIELDS = "too_many_fields"
    BROKEN_QUOTES = "broken_quotes"
    UNDECODABLE_BYTES = "undecodable_bytes"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    NOT_SQL = "not_sql"
    MISSING_ACCOUNT_ID = "missing_account_id"
    DUPLICATE_ACCOUNT_ID = "duplicate_account_id"
    MISSING_KEY = "missing_key"


class Unread(StrEnum):
    """Why a member of an archive, workbook or database holds no table for the case."""

    EMPTY = "empty"  # no bytes
    NOT_A_TABLE = "not_a_table"  # a picture, a program, a document
    NO_ROWS = "no_rows"
    NO_KEY = "no_key"  # a registry's or people file's member without the columns that it needs


class UnreadError(InputFileError):
    """A file that holds no table. Among other members of an archive it is only noted."""

    def __init__(self, message: str, reason: Unread) -> None:
        super().__init__(message)
        self.reason = reason


class CustodyError(AmendsError):
    """A sealed copy is not what was taken in."""

    code = "custody"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDecision:
    """Which field a column of a file is, and what told it.

    ``column`` is the header where that is a word, else ``column_N``; never a value. ``confidence``
    goes from 0 to 1; under :data:`ASK_BELOW` the operator is asked. ``rule`` names what told it
    (words for it: :mod:`amends.evidence.categories.texts`), ``share`` how many of the values speak
    for it. ``instead``: fields that it may be as well, the likeliest first.
    """

    position: int
    column: str
    field: str
    how: How
    confidence: float = 1.0
    rule: str = ""
    share: float | None = None
    instead: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the operator should look at it."""
        return self.confidence < ASK_BELOW


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
    came_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """One receipt of one file: what came in, byte for byte, by whom, and its sealed copy."""

    path: str
    role: Role
    sha256: str
    size_bytes: int
    sealed_as: str | None
    """The encrypted copy in the evidence room, relative to it; None where none was wanted."""
    taken_by: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadMember:
    """A member of a file that holds no table: that it was there is kept."""

    name: str
    sha256: str
    size_bytes: int
    reason: Unread


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """One taking of one table: the bytes that it stood in, and what was read from them."""

    path: str
    """As in case.toml, or ``path!member`` inside an archive, workbook or database."""
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
    """A table of the newest intake: its custody entry and its place in the case."""

    custody_no: CustodyNo
    original_no: OriginalNo
    file_no: int
    original: Original
    product: str | None
    kind: str | None
    tranche: int
    received_at: datetime | None
    came_from: str | None
    custody: Custody
