"""The folders through which files pass to a bank and back, and what ``bank.toml`` says of both.

``outbox/`` is emptied and ``inbox/`` filled by whatever speaks to the bank (its client, SFTP). A
file is written aside, in ``making/``, whole and on disk, and comes into the outbox by one rename:
while it lies aside it has not left. All of it is for its owner alone (0700, 0600).
"""

import hashlib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from zoneinfo import ZoneInfo

from amends.kernel.errors import CaseFileError
from amends.kernel.money import Money
from amends.kernel.saying import said
from amends.kernel.tomltable import Places, Table, a_text, a_whole_number, matching
from amends.payouts.rails.iso20022_pain001 import Payer
from amends.store.files import OWNER_ONLY_FILE, private_directory, sync_directory

ORDERS_PER_FILE = 10_000
"""Payments in a file, unless the bank's contract says another number (payout report §1.3)."""

_BANK = r"[0-9]{12}|[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?"
_ACCOUNT = r"[0-9A-Za-z-]{1,34}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankSettings:
    """What a contract with a bank says, and where files pass. ``zone``: of the bank's days.

    ``statement_due``: the bank's time of the next day from which a day's statement is there.
    """

    drop: Path
    payer: Payer
    transfer_max: Money
    orders_per_file: int = ORDERS_PER_FILE
    zone: str = "Asia/Shanghai"
    statement_due: time = time(9)


def settings_from_keys(directory: Path, *, currency: str = "CNY") -> BankSettings:
    """Settings of the ``bank.toml`` in *directory*, which is the drop too.

    Raises:
        CaseFileError: the file is missing, or something in it is not right; says which key.
    """
    path = directory / "bank.toml"
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except FileNotFoundError:
        raise CaseFileError(
            said("{path}: there is no such file; docs/reference/banks.md has one", path=path)
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CaseFileError(
            said("{path}: is not TOML in UTF-8: {error}", path=path, error=error)
        ) from None
    table = Table(content, (), Places(str(path), text))
    most = table.optional("transfer_max", _amount, "1000000000.00")
    found = BankSettings(
        drop=directory,
        payer=Payer(
            name=table.required("name", a_text),
            account=table.required(
                "account", matching(_ACCOUNT, "is a number of 1 to 34 letters or digits")
            ),
            bank=table.required("bank", matching(_BANK, "is a BIC, or 12 digits of CNAPS")),
            currency=currency,
        ),
        transfer_max=Money.parse(f"{currency} {most}"),
        orders_per_file=table.optional("orders_per_file", a_whole_number, ORDERS_PER_FILE),
        zone=table.optional("zone", _zone, "Asia/Shanghai"),
        statement_due=table.optional("statement_due", _time, time(9)),
    )
    table.refuse_unknown_keys()
    return found


def _amount(value: object) -> str:
    if not isinstance(value, str) or re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,3})?", value) is None:
        raise ValueError(said('is an amount like "50000.00"'))
    return value


def _zone(value: object) -> str:
    try:
        return ZoneInfo(a_text(value)).key
    except (KeyError, OSError, ValueError):
        raise ValueError(said('is a zone like "Asia/Shanghai"')) from None


def _time(value: object) -> time:
    if not isinstance(value, time):
        raise ValueError(said("is a time of day like 09:00:00"))  # noqa: TRY004 -- the file's mistake
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A file in the inbox, as the folder lists it."""

    path: Path
    size_bytes: int
    mtime_ns: int


class Drop:
    """The folders of one account at one bank."""

    def __init__(self, root: Path) -> None:
        self.root = private_directory(root)
        self._making = private_directory(root / "making")
        self._outbox = private_directory(root / "outbox")
        self._inbox = private_directory(root / "inbox")

    def write_aside(self, message_id: str, pieces: Iterable[bytes]) -> tuple[Path, bytes]:
        """Write a file in ``making/``, synced; its path and SHA-256."""
        path = self._making / f"{message_id}.xml"
        hashed = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(path, flags, OWNER_ONLY_FILE), "wb", 1 << 16) as file:
            for piece in pieces:
                hashed.update(piece)
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        sync_directory(self._making)
        return path, hashed.digest()

    def clear_aside(self, is_noted: Callable[[str], bool]) -> None:
        """Remove what was written aside and never noted: whoever made it was killed."""
        for path in self._making.glob("*.xml"):
            if not is_noted(path.stem):
                path.unlink()

    def lies_aside(self, message_id: str) -> bool:
        """Whether a file is written and was not handed over."""
        return (self._making / f"{message_id}.xml").exists()

    def lies_in_outbox(self, message_id: str) -> bool:
        """Whether a file was handed over and nobody has fetched it."""
        return (self._outbox / f"{message_id}.xml").exists()

    def hand_over(self, message_id: str) -> None:
        """Put a file in the outbox, at once and whole. That another command did it is no error."""
        name = f"{message_id}.xml"
        try:
            (self._making / name).rename(self._outbox / name)
        except FileNotFoundError:
            return
        sync_directory(self._outbox)
        sync_directory(self._making)

    def inbox_changed_ns(self) -> int:
        """When a name in the inbox came or went, as the file system counts."""
        return self._inbox.stat().st_mtime_ns

    def arrived(self) -> Iterator[Arrived]:
        """What lies in the inbox, oldest first. Names that begin with a dot are not there yet."""
        found = []
        with os.scandir(self._inbox) as entries:
            for entry in entries:
                if entry.is_file() and not entry.name.startswith("."):
                    stat = entry.stat()
                    found.append((stat.st_mtime_ns, entry.name, stat.st_size))
        for mtime_ns, name, size_bytes in sorted(found):
            yield Arrived(path=self._inbox / name, size_bytes=size_bytes, mtime_ns=mtime_ns)

    def read(self, name: str) -> bytes:
        """The bytes of a file of the inbox."""
        return (self._inbox / name).read_bytes()
