"""Opens what the public has sent: with the private key, a reason, and a line in the audit trail."""

import json
import os
from typing import TYPE_CHECKING, Final

from pyrage import DecryptError, decrypt, x25519

from amends.governance.service import audit_in
from amends.inbox import store
from amends.inbox.answering import note_reading
from amends.inbox.model import Attachment, Kind, Letter, Message, UnopenedError
from amends.kernel.saying import said
from amends.vault.opened import OpenCase

if TYPE_CHECKING:
    from amends.governance.model import JSON

KEY: Final = "inbox.key"
"""The private key's file in ``amends/keys``, as age writes it."""
NUMBERS_KEY: Final = "numbers.key"
"""The key under which reports of a telephone number are counted."""
_KEY_BYTES: Final = 32


def recipient(opened: OpenCase) -> str:
    """The public key that messages are sealed to; the first call makes the pair."""
    return str(_identity(opened).to_public())


def numbers_key(opened: OpenCase) -> bytes:
    """The key under which reports of a number are counted; the first call makes it."""
    return opened.vault.secret_file(NUMBERS_KEY, lambda: os.urandom(_KEY_BYTES))


def counts(opened: OpenCase) -> dict[Kind, int]:
    """How many messages of each kind have come."""
    with opened.database.reading() as connection:
        return store.counts(connection)


def messages(
    opened: OpenCase, *, before: int | None = None, most: int = 85, kind: Kind | None = None
) -> list[Message]:
    """Messages from the newest down, unopened; *before*: only those below a number."""
    with opened.database.reading() as connection:
        return list(store.messages(connection, before=before, most=most, kind=kind))


def message(opened: OpenCase, message_no: int) -> Message:
    """A message, unopened.

    Raises:
        UnopenedError: there is no such message.
    """
    with opened.database.reading() as connection:
        found = store.message(connection, message_no)
    if found is None:
        raise _missing(message_no)
    return found[0]


def open_message(opened: OpenCase, message_no: int, *, by: str, reason: str) -> Letter:
    """Open a message. Who opens it and why goes into the audit trail first.

    From then on its sender is told that it is being read.

    Raises:
        UnopenedError: it is not there, or not of this key.
    """
    with opened.database.unit_of_work() as connection:
        found = store.message(connection, message_no)
        if found is None:
            raise _missing(message_no)
        note_reading(connection, found[0])
        audit_in(
            connection,
            opened,
            by,
            "inbox message opened",
            {"message_no": message_no, "reason": reason},
        )
    return _letter(*found, _identity(opened))


def open_reports(
    opened: OpenCase,
    *,
    by: str,
    reason: str,
    most: int,
    first: int = 1,
    last: int = 2**31 - 1,
) -> list[Letter]:
    """Open the newest *most* reports of suspicious calls of these numbers, the newest first.

    Who opens them and why goes into the audit trail first, in one line with their numbers; from
    then on their senders are told that they are being read.

    Raises:
        UnopenedError: one of them is not of this key.
    """
    with opened.database.unit_of_work() as connection:
        found = store.sealed_reports(connection, most, first=first, last=last)
        if found:
            details: dict[str, JSON] = {
                "messages": len(found),
                "first": found[-1][0].message_no,
                "last": found[0][0].message_no,
                "reason": reason,
            }
            note_reading(connection, *(one for one, _ in found))
            audit_in(connection, opened, by, "inbox reports opened", details)
    identity = _identity(opened)
    return [_letter(one, closed, identity) for one, closed in found]


def _missing(message_no: int) -> UnopenedError:
    return UnopenedError(
        said("there is no message {message_no} in the inbox", message_no=message_no)
    )


def _letter(message: Message, closed: bytes, identity: x25519.Identity) -> Letter:
    content = json.loads(_unsealed(identity, closed))
    return Letter(
        message=message,
        answers=dict(content["answers"]),
        attachments=tuple(
            Attachment(attachment_id=one[0], name=one[1], media_type=one[2], size_bytes=one[3])
            for one in content["attachments"]
        ),
        language=content["language"],
    )


def open_attachment(opened: OpenCase, attachment_id: str, *, by: str, reason: str) -> bytes:
    """The bytes of a file that was sent along; to be looked at in a sandbox.

    Raises:
        UnopenedError: it is not there, or not of this key.
    """
    with opened.database.unit_of_work() as connection:
        closed = store.attachment(connection, bytes.fromhex(attachment_id))
        if closed is None:
            raise UnopenedError(said("there is no such file in the inbox"))
        details = {"attachment_id": attachment_id, "reason": reason}
        audit_in(connection, opened, by, "inbox file opened", details)
    return _unsealed(_identity(opened), closed)


def _identity(opened: OpenCase) -> x25519.Identity:
    made = opened.vault.secret_file(KEY, lambda: str(x25519.Identity.generate()).encode())
    return x25519.Identity.from_str(made.decode())


def _unsealed(identity: x25519.Identity, closed: bytes) -> bytes:
    try:
        return bytes(decrypt(closed, [identity]))
    except DecryptError:
        raise UnopenedError(
            said("something in the inbox was sealed for another key, or changed on the way")
        ) from None
