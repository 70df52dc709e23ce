"""Reads mail: single messages and mailboxes (mbox, RFC 4155), message after message.

A record is somebody whom a message names: each address of its headers with the name beside it, and
each line of its text in which an identifier is found. A message larger than the limit is read as
far as that.
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses
from itertools import islice
from typing import BinaryIO, Final

import numpy as np
import polars as pl

from amends.evidence.categories.identifiers import FIELDS, records_in
from amends.evidence.limits import Limits
from amends.evidence.model import FileFormat
from amends.evidence.readers.content import Content
from amends.evidence.readers.grid import Grid, Row

MESSAGES_AT_ONCE: Final = 500
_ADDRESSED: Final = ("from", "sender", "reply-to", "to", "cc", "bcc")
_ENVELOPE: Final = re.compile(rb"From \S+ .*\d\d:\d\d")
_HEADER: Final = re.compile(rb"[!-9;-~]+:[ \t]")
_USUAL: Final = re.compile(
    rb"^(from|to|date|subject|message-id|received|return-path|mime-version|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)
_MARKUP: Final = re.compile(r"<[^>]{0,2000}>")
_USUAL_NEEDED: Final = 3


def is_mail(beginning: bytes, ending: str) -> bool:
    """Whether the beginning of a file is that of a mailbox or of a message."""
    if _ENVELOPE.match(beginning):
        return bool(_USUAL.search(beginning))
    head = re.split(rb"\r?\n\r?\n", beginning, maxsplit=1)[0]
    usual = {match[1].lower() for match in _USUAL.finditer(head)}
    return bool(_HEADER.match(head)) and (
        len(usual) >= _USUAL_NEEDED or (ending in {".eml", ".mbox"} and bool(usual))
    )


class MailTable(Grid):
    """The people whom the messages of a file name."""

    def __init__(self, content: Content, file: BinaryIO, limits: Limits) -> None:
        file.seek(0)
        boxed = bool(_ENVELOPE.match(content.beginning(1000)))
        super().__init__(
            _records(_messages(file, limits, boxed=boxed)), FileFormat.MAIL, headers=FIELDS
        )


def _messages(file: BinaryIO, limits: Limits, *, boxed: bool) -> Iterator[EmailMessage]:
    """Each message; of one that is larger than the limit, its beginning."""
    parts: list[bytes] = []
    size = 0
    blank = True
    while line := file.readline(limits.message_bytes):
        if boxed and blank and _ENVELOPE.match(line):
            if parts:
                yield _parsed(parts)
            parts, size = [], 0
        elif size < limits.message_bytes:
            parts.append(line.removeprefix(b">") if line.startswith(b">From ") else line)
            size += len(line)
        blank = not line.strip()
    if parts:
        yield _parsed(parts)


def _parsed(parts: list[bytes]) -> EmailMessage:
    message = message_from_bytes(b"".join(parts), policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # policy.default makes these
    return message


def _records(messages: Iterator[EmailMessage]) -> Iterator[Row]:
    """The records of many messages at a time: looking for identifiers is quick for many texts."""
    while some := list(islice(messages, MESSAGES_AT_ONCE)):
        lines = [_lines(message) for message in some]
        texts = pl.Series("text", [line for of in lines for line in of], dtype=pl.String)
        found = records_in(texts).filter(pl.any_horizontal(pl.col(FIELDS).is_not_null()))
        ends = np.searchsorted(found["text"].to_numpy(), np.cumsum([len(of) for of in lines]))
        for message, start, end in zip(some, [0, *ends], ends, strict=False):
            yield from _addressed(message)
            yield from map(list, found[start:end].select(FIELDS).iter_rows())


def _addressed(message: EmailMessage) -> Iterator[Row]:
    """Everybody in the headers: name and address, each pair once."""
    headers = [
        str(value) for name in _ADDRESSED for value in _headers(message, name) if value is not None
    ]
    for name, address in dict.fromkeys(getaddresses(headers)):
        if address or name:
            row: list[str | None] = [None] * len(FIELDS)
            row[FIELDS.index("name")] = name or None
            row[FIELDS.index("email")] = address or None
            yield row


def _headers(message: EmailMessage, name: str) -> list[object]:
    try:
        return list(message.get_all(name, []))
    except Exception:  # noqa: BLE001  # the library raises anything over headers that are none
        return []


def _lines(message: EmailMessage) -> list[str]:
    """The lines of a message's texts, and its subject."""
    lines = [str(value) for value in _headers(message, "subject")]
    for part in message.walk():
        if part.get_content_maintype() != "text":
            continue
        try:
            text = str(part.get_content())
        except Exception:  # noqa: BLE001  # likewise over an encoding that nobody knows
            raw = part.get_payload(decode=True)
            text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
        if part.get_content_subtype() == "html":
            text = _MARKUP.sub(" ", text)
        lines += [line for line in map(str.strip, text.splitlines()) if line]
    return lines
