"""What the interface says of messages of the public forms and of the numbers that they report."""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from amends.web.api.model import Reason


class Message(Struct, kw_only=True):
    """A message of the public forms, unopened; ``told``: what its sender was told last."""

    number: int
    kind: str
    reference: str
    received_at: datetime
    size_bytes: int
    told: str


class Messages(Struct, kw_only=True):
    """Newest first."""

    messages: list[Message]
    next_cursor: str | None


class Why(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why something sealed is opened; it goes into the audit trail."""

    reason: Reason


class Told(Struct, kw_only=True):
    """What a sender was told on a day."""

    day: date
    state: str
    words: str


class SentAlong(Struct, kw_only=True):
    """A file that was sent along, as its sender names it."""

    file: str
    name: str
    media_type: str
    size_bytes: int


class Letter(Struct, kw_only=True):
    """What somebody wrote, by question, and what they sent along."""

    number: int
    reference: str
    language: str
    answers: dict[str, str]
    attachments: list[SentAlong]
    told: list[Told]


class MessageShown(Struct, kw_only=True):
    """A message, unopened, and what its sender was told, the oldest first."""

    message: Message
    answers: list[Told]


class Telling(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a sender is told; something that is missing and a refusal need words."""

    state: Annotated[str, Meta(pattern="^(reading|more_needed|granted|refused|paid|handed_over)$")]
    words: Annotated[str, Meta(max_length=400)] = ""


class Mark(Struct, kw_only=True):
    """That reports name the same number, not which."""

    mark: str
    times: int


class ReportedCounts(Struct, kw_only=True):
    """How often numbers were reported, most first."""

    reports: int
    with_number: int
    numbers: int
    marks: list[Mark]


class Number(Struct, kw_only=True, forbid_unknown_fields=True):
    """A telephone number; it stands in no address."""

    number: Annotated[str, Meta(min_length=1, max_length=60)]


class Times(Struct, kw_only=True):
    """How often it was reported."""

    times: int


class ReportedNumber(Struct, kw_only=True):
    """A number with its reports; days as their senders wrote them."""

    number: str
    times: int
    first_day: date
    last_day: date
    references: list[str]


class ReportedNumbers(Struct, kw_only=True):
    """Those reported most first."""

    numbers: list[ReportedNumber]


class Between(Struct, kw_only=True, forbid_unknown_fields=True):
    """Messages from one number to another, both included."""

    first: Annotated[int, Meta(ge=1, le=2147483647)]
    last: Annotated[int, Meta(ge=1, le=2147483647)]
