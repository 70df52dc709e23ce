"""Seals for the inbox's public key, in the format of age: whoever seals cannot open again."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from pyrage import encrypt, x25519

from amends.inbox.model import Attachment

_STEP_BYTES: Final = 4_096
"""What is written is filled up to a multiple, so that its length says little."""


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
