"""What is sent, what comes back, and why a file is not taken."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from amends.kernel.errors import AmendsError

MEGABYTE: Final = 1_000_000
MOST_BYTES: Final = 10 * MEGABYTE
"""Of one file."""
MOST_BYTES_TOGETHER: Final = 30 * MEGABYTE
MOST_FILES: Final = 5
ID_BYTES: Final = 16
"""Of a form's number, and of a file's."""


class Kind(StrEnum):
    """What somebody writes to us about."""

    LOSS = "loss"
    SCAM = "scam"


class Reception(StrEnum):
    """What became of something that was sent."""

    NEW = "new"
    AGAIN = "again"
    """The same was there already: sent twice, or at the same time."""
    CHANGED = "changed"
    """Something else was there under the same number: the first counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the sender is told. ``secret``: the only way back to it; nobody else has it."""

    reception: Reception
    reference: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that was sent along. ``attachment_id``: 32 hexadecimal digits, by chance."""

    attachment_id: str
    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it lies in the inbox, unopened."""

    message_no: int
    kind: Kind
    reference: str
    received_at: datetime
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that was opened. ``answers``: by the name of the question."""

    message: Message
    answers: dict[str, str] = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    language: str = "zh"


class UnopenedError(AmendsError):
    """A message cannot be opened: it was sealed for another key, or changed, or is not there."""

    code = "inbox_unopened"
