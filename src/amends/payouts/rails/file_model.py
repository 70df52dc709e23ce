"""What a rail of files is made of: rows that it remembers, words of the other side, its language.

Kept true: nothing here holds a name, an account or a number of a document.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Final, Protocol

from amends.kernel.errors import AmendsError
from amends.kernel.saying import Said as SaidText
from amends.payouts.rails.model import Capabilities, Order, PreparedRequest, QueryAnswer
from amends.statements.service import Walked

_CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DIGITS: Final = 26


class Said(StrEnum):
    """What a word of the bank is about."""

    FILE = "file"
    """A status of the whole file, or of its one batch."""
    PAYMENT = "payment"
    """A status of one payment."""
    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing that the bank said of a payment. ``raw``: where it stands, without any name."""

    kind: Said
    status: str
    code: str
    reference: str | None
    amount_minor: int | None
    at: datetime | None
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRow:
    """A file that was written, and how far it is."""

    message_id: str
    sha256: bytes
    made_at: datetime
    count: int
    total_minor: int
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """A number in its file. ``mark``: what its language wants to know again of it, in no clear."""

    number: str
    message_id: str
    sha256: bytes
    amount_minor: int
    mark: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRow:
    """A statement in the inbox: where it is, its days and balances."""

    sha256: bytes
    position: int
    name: str
    first_day: date
    last_day: date
    opening_minor: int
    closing_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedRow:
    """A movement that a notification told of."""

    line_id: str
    day: date
    at: datetime
    number: str | None
    reference: str | None
    direction: str
    kind: str
    amount_minor: int


Addressed = tuple[str | None, str | None, Word]
"""A word, with the number or the name of the file that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is remembered of a file. Words and movements are told once, while they are written."""

    words: Iterable[Addressed] = ()
    statements: tuple[StatementRow, ...] = ()
    advised: Iterable[AdvisedRow] = ()


class FileRejectedError(AmendsError):
    """A file that is not as it has to be; nothing of it left the machine."""

    code: ClassVar[str] = "payment_file_invalid"


def name_of(prepared: Sequence[PreparedRequest]) -> str:
    """The name of the file that holds exactly these payments: a pure function of their bytes.

    27 letters and digits, which every bank takes as a ``MsgId`` (Max35Text).
    """
    hashed = hashlib.sha256(b"amends file\0")
    for one in prepared:
        hashed.update(one.sha256)
    value = int.from_bytes(hashed.digest()[:17])
    return "A" + "".join(_CROCKFORD[value >> 5 * at & 31] for at in range(_DIGITS))


class Language(Protocol):
    """How payments are written for the other side, and how its answers are read."""

    capabilities: Capabilities
    currency: str
    account: str
    """Whose movements its statements tell."""
    taken_by_rename: bool
    """Whether the other side fetches a file by renaming it out of the outbox, and reads it then."""
    zone: str
    suffix: str
    """Of the files that go out, with its dot."""

    def problem_of(self, order: Order) -> SaidText | None:
        """Why a file cannot carry an order; None where it can."""

    def payment(self, order: Order) -> bytes:
        """The bytes of one payment: the same for the same order, for ever."""

    def amount_of(self, body: bytes) -> int:
        """The amount of a payment in minor units, from the bytes that are sent."""

    def mark_of(self, body: bytes) -> bytes:
        """What has to be known again of a payment when its answer is read, in no clear."""

    def written(self, prepared: Sequence[PreparedRequest], made_at: datetime) -> Iterator[bytes]:
        """A file, piece by piece: pure."""

    def check(self, path: Path) -> None:
        """Hold a written file against what it has to be.

        Raises:
            FileRejectedError: it does not hold.
        """

    def take(
        self, path: Path, name: str, sha256: bytes, sent: Callable[[str], SentRow | None]
    ) -> Taken:
        """What a file from the other side says. *sent*: the payment of a number, if it is ours.

        Nothing of it can be refused any more when it is told.

        Raises:
            StatementError, RailUnavailableError: it cannot be read; says why and what to do.
        """

    def statements(self, path: Path, name: str) -> list[Walked]:
        """The statements of a file that `take` found to be one.

        Raises:
            StatementError: it cannot be read.
        """

    def redacted(self, path: Path) -> bytes | None:
        """A file that was read, without what must not be kept; None: it stays as it is."""

    def answer(self, words: Sequence[Word], amount_minor: int, *, resent: bool) -> QueryAnswer:
        """What all words about a payment come to.

        *resent*: its file went out twice, so what is said of the file may be of either copy.
        """
