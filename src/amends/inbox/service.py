"""What the public process does with what is sent: seal it, and put it in. It cannot read it back.

Kept true: what was confirmed is committed; the same form, sent twice or twice at once, is one
message; the first that came counts, and whoever sends something else under it is told so.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amends.inbox import store
from amends.inbox.model import ID_BYTES, Attachment, Kind, Receipt, Reception
from amends.inbox.rules import (
    content_mark,
    media_type_of,
    name_refused,
    reference_of,
    secret_mark,
    secret_of,
    submission_key,
)
from amends.inbox.sealing import letter, sealed
from amends.kernel.saying import Said
from amends.store.connection import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """Where messages go. ``recipient``: the public key that they are sealed to."""

    database: Database
    recipient: str


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
    """Seal a message and put it in."""
    plain = letter(answers, attachments, language)
    key, mark = submission_key(submission), content_mark(submission, plain)
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
    if new:
        return receipt_of(submission)
    with inbox.database.reading() as connection:
        first = store.mark_of(connection, key)
    return receipt_of(submission, Reception.AGAIN if first == mark else Reception.CHANGED)


def receipt_of(submission: bytes, reception: Reception = Reception.NEW) -> Receipt:
    """What the sender of this form is told."""
    return Receipt(
        reception=reception, reference=reference_of(submission), secret=secret_of(submission)
    )
