"""What the public process does with what is sent: seal it, and put it in. It cannot read it back.

Kept true: what was confirmed is committed; the same form, sent twice or twice at once, is one
message; the first that came counts, and whoever sends something else under it is told so. What
became of a message it can show to whoever has the secret of that message, and to nobody else.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg

from amends.inbox import store
from amends.inbox.model import (
    ID_BYTES,
    Attachment,
    GoneError,
    Kind,
    Receipt,
    Reception,
    Told,
)
from amends.inbox.rules import (
    content_mark,
    mark_of,
    media_type_of,
    name_refused,
    number_mark,
    number_read,
    reference_of,
    secret_mark,
    secret_of,
    secret_read,
    submission_key,
    way_back,
)
from amends.inbox.sealing import letter, opened_told, sealed
from amends.kernel.saying import Said, said
from amends.store.connection import Connection, Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Where messages go.

    ``recipient``: the public key that they are sealed to; ``numbers_key``: under it reports of a
    telephone number are counted, without it they are not.
    """

    database: Database
    recipient: str
    numbers_key: bytes = field(default=b"", repr=False)


MOST_REPORTS: Final = 1_000
"""Further reports of one number are not counted for a page."""


def new_submission() -> bytes:
    """The number of a form that somebody begins; only their page has it."""
    return os.urandom(ID_BYTES)


def keep(inbox: Inbox, name: str, content: bytes) -> Attachment | Said:
    """Seal a file and keep it until its message comes; or say why it is not taken."""
    refused = name_refused(name)
    if refused is not None:
        return refused
    media_type = media_type_of(content)
    if isinstance(media_type, Said):
        return media_type
    attachment_id = os.urandom(ID_BYTES)
    closed = sealed(content, inbox.recipient)
    with inbox.database.unit_of_work() as connection:
        store.add_attachment(connection, attachment_id, closed)
    return Attachment(
        attachment_id=attachment_id.hex(),
        name=name,
        media_type=media_type,
        size_bytes=len(content),
    )


def receive(
    inbox: Inbox,
    kind: Kind,
    submission: bytes,
    answers: Mapping[str, str],
    attachments: Sequence[Attachment] = (),
    *,
    language: str = "zh",
) -> Receipt:
    """Seal a message and put it in; from then on its files stay.

    Raises:
        GoneError: a file was cleared away before its message came. Nothing is put in.
    """
    plain = letter(answers, attachments, language)
    key, mark = submission_key(submission), content_mark(submission, plain)
    digits = number_read(answers.get("number", "")) if kind is Kind.SCAM else ""
    with inbox.database.unit_of_work() as connection:
        new = store.add_message(
            connection,
            submission_key=key,
            mark=mark,
            secret_mark=secret_mark(submission),
            kind=kind,
            reference=reference_of(submission),
            sealed=sealed(plain, inbox.recipient),
        )
        if new and attachments:
            _mark_sent(connection, attachments)
        if new and digits and inbox.numbers_key:
            store.add_report(connection, number_mark(inbox.numbers_key, digits))
    if new:
        return receipt_of(submission)
    with inbox.database.reading() as connection:
        first = store.content_mark_of(connection, key)
    return receipt_of(submission, Reception.AGAIN if first == mark else Reception.CHANGED)


def _mark_sent(connection: Connection, attachments: Sequence[Attachment]) -> None:
    try:
        store.mark_sent(connection, [bytes.fromhex(one.attachment_id) for one in attachments])
    except psycopg.errors.ForeignKeyViolation:
        raise GoneError(
            said("a file waited too long for its message and was cleared away; choose it again")
        ) from None


def other_reports(inbox: Inbox, number: str) -> int:
    """How many other reports name this number, at most so many; 0 where it is none."""
    digits = number_read(number)
    if not digits or not inbox.numbers_key:
        return 0
    mark = number_mark(inbox.numbers_key, digits)
    with inbox.database.reading() as connection:
        return max(store.reports(connection, mark, MOST_REPORTS + 1) - 1, 0)


def secret_in(text: str) -> str:
    """A secret as somebody types it, in the way it is written; empty where it can be none."""
    return secret_read(text)


def told(inbox: Inbox, secret: str) -> Told | None:
    """What became of the message of this secret; None where no message has it."""
    written = secret_read(secret)
    if not written:
        return None
    mark = mark_of(written)
    with inbox.database.reading() as connection:
        came, closed = store.shown(connection, way_back(mark))
    if not came:
        return None
    nothing = Told(kind=None, reference="", answers=())
    return nothing if closed is None else opened_told(closed, mark) or nothing


def receipt_of(submission: bytes, reception: Reception = Reception.NEW) -> Receipt:
    """What the sender of this form is told."""
    return Receipt(
        reception=reception, reference=reference_of(submission), secret=secret_of(submission)
    )
