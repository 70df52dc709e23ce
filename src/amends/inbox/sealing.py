"""Seals for the inbox's public key, in the format of age: whoever seals cannot open again."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pyrage import encrypt, x25519

from amends.inbox.model import Answer, AnswerState, Attachment, Kind, Told
from amends.inbox.rules import shown_key

_STEP_BYTES: Final = 4_096
"""What is written is filled up to a multiple, so that its length says little."""
_SHOWN_BYTES: Final = 4_096
"""What a sender is told is filled up to this, whatever it is."""
_NONCE_BYTES: Final = 12


def sealed(plain: bytes, recipient: str) -> bytes:
    """These bytes for *recipient* (``age1…``)."""
    return bytes(encrypt(plain, [x25519.Recipient.from_str(recipient)]))


def letter(answers: Mapping[str, str], attachments: Sequence[Attachment], language: str) -> bytes:
    """What is sealed of a message: JSON, filled up with blanks."""
    content = {
        "answers": dict(answers),
        "attachments": [
            [one.attachment_id, one.name, one.media_type, one.size_bytes] for one in attachments
        ],
        "language": language,
        "v": 1,
    }
    plain = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
    return plain + b" " * (-len(plain) % _STEP_BYTES)


def sealed_told(told: Told, mark: bytes) -> bytes:
    """What the sender is told, for whoever has the secret of this mark: 4,124 bytes, always.

    Where not all of it has room, the oldest answers are left out.
    """
    rows = [[one.state.value, one.day.isoformat(), one.words] for one in told.answers]
    while True:
        content = {"answers": rows, "kind": told.kind, "reference": told.reference, "v": 1}
        plain = json.dumps(content, ensure_ascii=False, sort_keys=True).encode()
        if len(plain) <= _SHOWN_BYTES:
            break
        rows = rows[1:]
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(shown_key(mark)).encrypt(nonce, plain.ljust(_SHOWN_BYTES), None)


def opened_told(closed: bytes, mark: bytes) -> Told | None:
    """What was sealed for the secret of this mark; None where it was for another, or changed."""
    try:
        plain = AESGCM(shown_key(mark)).decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], None)
    except InvalidTag:
        return None
    content = json.loads(plain)
    return Told(
        kind=Kind(content["kind"]),
        reference=content["reference"],
        answers=tuple(
            Answer(state=AnswerState(state), words=words, day=date.fromisoformat(day))
            for state, day, words in content["answers"]
        ),
    )
