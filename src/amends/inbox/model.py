"""What is sent, what comes back, and why a file is not taken."""

from dataclasses import dataclass, field
from datetime import date, datetime
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


class AnswerState(StrEnum):
    """How far a message is, beyond that it came."""

    READING = "reading"
    MORE_NEEDED = "more_needed"
    GRANTED = "granted"
    REFUSED = "refused"
    PAID = "paid"
    HANDED_OVER = "handed_over"


ANSWERS: Final = {
    Kind.LOSS: (
        AnswerState.READING,
        AnswerState.MORE_NEEDED,
        AnswerState.GRANTED,
        AnswerState.REFUSED,
        AnswerState.PAID,
    ),
    Kind.SCAM: (AnswerState.READING, AnswerState.HANDED_OVER),
}
"""What can become of a message of each kind."""
LONGEST_WORDS: Final = 400
"""Of what is written to a sender beside the state, in characters."""
KEPT_DAYS: Final = 7
"""So long a file waits for its message."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One thing that a sender is told. ``words``: what was written beside it, or nothing."""

    state: AnswerState
    words: str = field(repr=False)
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What the sender of a message is told, the oldest first; no answers: it came, that is all."""

    kind: Kind | None
    reference: str
    answers: tuple[Answer, ...]


class GoneError(AmendsError):
    """A file that was to be sent along waited too long for its message, and was cleared away."""

    code = "inbox_file_gone"


class AnswerError(AmendsError):
    """A sender cannot be answered like this."""

    code = "inbox_answer"


class UnopenedError(AmendsError):
    """A message cannot be opened: it was sealed for another key, or changed, or is not there."""

    code = "inbox_unopened"
