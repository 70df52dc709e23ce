"""Who opened a person's values: files that everybody has and only the person can read.

Each look of an operator is a row of 32 bytes under a key that only the seed of the award gives, so
whoever holds the receipt code finds when it was and why, and nobody else whose it was. Byte by byte
in docs/formats/claims.md. The files lie beside the log, whose verifier takes no file of its own.
"""

import hmac
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntFlag
from functools import reduce
from operator import or_
from pathlib import Path
from struct import Struct
from typing import Final

import numpy as np

from amends.access.model import Ground
from amends.access.revealing import looked_at
from amends.kernel.canonical import canonical
from amends.kernel.clock import RealClock
from amends.roster import buckets, site, store
from amends.roster.commitment import SEED_BYTES
from amends.store.connection import Connection
from amends.vault.opened import OpenCase

FOLDER: Final = "looks"
ABOUT: Final = f"{FOLDER}/looks.json"
ROW_BYTES: Final = 32
MOST_ROWS: Final = 4_096
"""In a file, unless one person's are more: 128 kB, which a phone fetches with all the rest."""
_LABEL: Final = b"amends/look/v1\0"
_MARK_BYTES: Final = 16
_PLAIN: Final = Struct(">QBH5x")
"""Second (Unix), ground, kinds, zeros."""
GROUNDS: Final = {
    Ground.PERSON_ASKED: 1,
    Ground.PAYMENT_FAILED: 2,
    Ground.CLAIM: 3,
    Ground.CORRECTION: 4,
    Ground.AUDIT: 5,
}
"""The number of each ground, as it is published."""


class Kind(IntFlag):
    """What of a person was opened, as it is published."""

    NAME = 1
    ACCOUNT = 2
    MESSAGE = 4
    RECEIPT = 8
    OTHER = 128


_KINDS: Final = {
    "name": Kind.NAME,
    "account": Kind.ACCOUNT,
    "account_kind": Kind.ACCOUNT,
    "message": Kind.MESSAGE,
    "receipt": Kind.RECEIPT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look as its person is told of it."""

    second: int
    ground: int
    kinds: Kind

    @classmethod
    def of(cls, fields: Iterable[str], ground: Ground, at: datetime) -> "Seen":
        """What is told of a look at these fields; those of no kind of their own are others."""
        kinds = reduce(or_, (_KINDS.get(field, Kind.OTHER) for field in fields), Kind(0))
        return cls(second=int(at.timestamp()), ground=GROUNDS[ground], kinds=kinds)

    def packed(self) -> bytes:
        """16 bytes."""
        return _PLAIN.pack(self.second, self.ground, self.kinds)

    @classmethod
    def unpacked(cls, plain: bytes) -> "Seen":
        """Read what :meth:`packed` wrote."""
        second, ground, kinds = _PLAIN.unpack(plain)
        return cls(second=second, ground=ground, kinds=Kind(kinds))


def row(seed: bytes, number: int, seen: Seen) -> bytes:
    """The row of a person's look, by its *number* from 0: its mark, and what only they can read."""
    mark, pad = _key(seed, number)
    return mark + _xor(seen.packed(), pad)


def found(rows: bytes, seed: bytes) -> list[Seen]:
    """The looks that a seed finds in a file, from the first."""
    each = (rows[at : at + ROW_BYTES] for at in range(0, len(rows), ROW_BYTES))
    sealed = {one[:_MARK_BYTES]: one[_MARK_BYTES:] for one in each}
    seen = list[Seen]()
    while True:
        mark, pad = _key(seed, len(seen))
        if mark not in sealed:
            return seen
        seen.append(Seen.unpacked(_xor(sealed[mark], pad)))


def _key(seed: bytes, number: int) -> tuple[bytes, bytes]:
    """The mark of a row, and what the rest of it is hidden by."""
    made = hmac.digest(seed, _LABEL + number.to_bytes(4, "big"), "sha512")
    return made[:_MARK_BYTES], made[_MARK_BYTES:ROW_BYTES]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def files_of(rows: Mapping[int, list[bytes]], day: date) -> Iterator[tuple[str, bytes]]:
    """The published files: of *rows* by award, as of a day. In a file rows stand by their marks."""
    count = 1
    while count < len(rows) and max(map(len, _parted(rows, count))) > MOST_ROWS:
        count *= 2
    parts = _parted(rows, count)
    for number, part in enumerate(parts):
        yield f"{FOLDER}/{count}/{number}", b"".join(sorted(part))
    looks = sum(map(len, parts))
    about = {"day": day.isoformat(), "files": count, "looks": looks, "v": 1}
    yield ABOUT, canonical(about).encode() + b"\n"


def _parted(rows: Mapping[int, list[bytes]], count: int) -> list[list[bytes]]:
    """The rows in so many parts, by award."""
    parts = [list[bytes]() for _ in range(count)]
    for award, some in rows.items():
        parts[award % count] += some
    return parts


def show(opened: OpenCase) -> None:
    """Have every look at somebody in the log lie beside it, for its person.

    Once the keys are destroyed nobody can say whose award is whose: what is there stays.
    """
    if opened.vault.erased:
        return
    with opened.database.reading() as connection:
        rows = _rows(opened, connection)
    folders = set[Path]()
    for name, content in files_of(rows, RealClock().now().astimezone(UTC).date()):
        folder = (opened.case.site / name).parent
        folder.mkdir(parents=True, exist_ok=True)
        folders.add(folder)
        site.show(opened.case, name, content)
    for path in (opened.case.site / FOLDER).iterdir():
        if path.is_dir() and path not in folders:  # those of another number of files
            shutil.rmtree(path)


def _rows(opened: OpenCase, connection: Connection) -> dict[int, list[bytes]]:
    """The rows of every look at somebody in the log, by award."""
    looks = list(looked_at(connection))
    awards = store.awards_of(connection, {look.person_id for look in looks})
    numbers = np.array(sorted(awards.values()), dtype=np.int64)
    if not len(numbers):
        return {}
    _, packed = buckets.openings_of(opened, connection, numbers)
    seeds = {award: one[:SEED_BYTES] for award, one in zip(numbers.tolist(), packed, strict=True)}
    rows = dict[int, list[bytes]]()
    for look in looks:
        award = awards.get(look.person_id)
        if award is not None:
            own = rows.setdefault(award, [])
            seen = Seen.of(look.fields, look.ground, look.occurred_at)
            own.append(row(seeds[award], len(own), seen))
    return rows
