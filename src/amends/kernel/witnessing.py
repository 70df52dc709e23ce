"""Reads what case.toml says of the witnesses of the roster, and how many of them it takes."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from amends.kernel.saying import said
from amends.kernel.tomltable import (
    Table,
    a_duration,
    a_switch,
    a_text,
    a_whole_number,
    choice,
    matching,
)

COSIGNATURE = b"\x04"
"""The kind of a witness's key (C2SP tlog-cosignature)."""
_KEY_BYTES = 33
_PATIENCE = timedelta(seconds=30)
_EPOCH_DAYS, _MOST_EPOCH_DAYS = 7, 31


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessSource:
    """A witness. ``name``: in the policy; ``key``: its verifier key; ``url``: where it is asked."""

    name: str
    key: str
    url: str


class Rows(StrEnum):
    """What of single awards is public."""

    SHOWN = "shown"
    """Class, amount and state by award number, so that anyone adds them up."""
    COUNTS = "counts"
    """Counts of each class; an auditor who is named can open the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSettings:
    """Who cosigns the roster: ``quorum`` of the witnesses (0 without any).

    ``wait``: how long publication waits for them before it says who is missing. ``auditor``: the
    public key (age) of who may open the rows that are not public. ``epoch_days``: an epoch is
    promised every so many days, also where nothing has changed. ``codes``: everybody gets a claim
    code as soon as the award is in the log.
    """

    witnesses: tuple[WitnessSource, ...] = ()
    quorum: int = 0
    wait: timedelta = _PATIENCE
    rows: Rows = Rows.SHOWN
    auditor: str | None = None
    epoch_days: int = _EPOCH_DAYS
    codes: bool = False


NO_WITNESSES = RosterSettings()


def read_roster(top: Table) -> RosterSettings:
    """``[roster]`` and every ``[[witness]]``; without a quorum more than half of them."""
    table = top.table("roster", required=False)
    tables = top.tables("witness")
    witnesses = tuple(_witness(one) for one in tables)
    for one in ("name", "key"):
        said_so = [getattr(witness, one) for witness in witnesses]
        if len(set(said_so)) < len(said_so):
            raise top.error("witness", said("has one {what} twice", what=one))
    quorum = table.optional("quorum", a_whole_number, len(witnesses) // 2 + 1)
    if "quorum" in table and quorum > len(witnesses):
        raise table.error(
            "quorum", said("is more than there are [[witness]]: {count}", count=len(witnesses))
        )
    rows = table.optional("rows", choice(Rows), Rows.SHOWN)
    auditor = table.optional("auditor", a_recipient, None)
    if (rows is Rows.COUNTS) is not (auditor is not None):
        raise table.error(
            "auditor",
            said('is the key of who may open the rows, with rows = "counts" and only then'),
        )
    return RosterSettings(
        rows=rows,
        auditor=auditor,
        witnesses=witnesses,
        quorum=quorum if witnesses else 0,
        wait=table.optional("wait", a_duration, _PATIENCE),
        epoch_days=table.optional("epoch_every", _whole_days, _EPOCH_DAYS),
        codes=table.optional("codes", a_switch, default=False),
    )


def _whole_days(value: object) -> int:
    """A duration of whole days, a month at most."""
    lasts = a_duration(value)
    if lasts != timedelta(days=lasts.days) or not 1 <= lasts.days <= _MOST_EPOCH_DAYS:
        raise ValueError(
            said("is whole days from P1D to P{most}D, like P7D", most=_MOST_EPOCH_DAYS)
        )
    return lasts.days


def _witness(table: Table) -> WitnessSource:
    return WitnessSource(
        name=table.required(
            "name", matching(r"(?!none$)[a-z0-9-]{1,32}", said("lower-case letters, digits and -"))
        ),
        key=table.required("key", a_witness_key),
        url=table.required("url", an_address),
    )


def a_recipient(value: object) -> str:
    """A public key of age: ``age1…`` (X25519, in Bech32)."""
    from pyrage import RecipientError, x25519  # noqa: PLC0415 -- cases that hide rows only

    text = a_text(value)
    try:
        written = str(x25519.Recipient.from_str(text))
    except RecipientError:
        written = ""
    if written != text:
        raise ValueError(said("is a public key of age, like age1…; `age-keygen` makes one"))
    return text


def a_witness_key(value: object) -> str:
    """The verifier key of a witness: ``<name>+<key id>+<key>`` (C2SP signed-note)."""
    text = a_text(value)
    wrong = ValueError(said("is the verifier key of a witness, as it prints it: name+id+key"))
    try:
        name, key_id, encoded = text.split("+", 2)
        data = b64decode(encoded.encode("ascii"), validate=True)
    except (NotBase64, ValueError):
        raise wrong from None
    digest = sha256(name.encode() + b"\n" + data).hexdigest()
    well_formed = name and not any(letter.isspace() for letter in text)
    canonical = b64encode(data).decode() == encoded and len(data) == _KEY_BYTES
    if not (well_formed and canonical and data[:1] == COSIGNATURE and digest[:8] == key_id):
        raise wrong
    return text


def an_address(value: object) -> str:
    """An address of HTTP without user, query and fragment."""
    text = a_text(value)
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        raise ValueError(said("is an address, like https://witness.example.edu/amends"))
    if parts.query or parts.fragment or any(letter.isspace() for letter in text):
        raise ValueError(said("is an address, like https://witness.example.edu/amends"))
    return text.rstrip("/")
