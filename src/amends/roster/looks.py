"""Who opened a person's values: files that everybody has and only the person can read.

Each look of an operator is a row of 32 bytes under a key that only the seed of the award gives, so
whoever holds the receipt code finds when it was and why, and nobody else whose it was. Byte by byte
in docs/formats/claims.md. The files lie beside the log, whose verifier takes no file of its own.
"""

import hmac
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
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
"""In a file: 128 kB, which a phone fetches with everything else."""
_LABEL: Final = b"amends/look/v1\0"
_MARK_BYTES: Final = 16
_GROUNDS: Final = {
    Ground.PERSON_ASKED: 1,
    Ground.PAYMENT_FAILED: 2,
    Ground.CLAIM: 3,
    Ground.CORRECTION: 4,
    Ground.AUDIT: 5,
}
_OTHER: Final = 128
_FIELDS: Final = {"name": 1, "account": 2, "account_kind": 2, "message": 4, "receipt": 8}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A look as its person is told of it. ``fields``: a bit for each kind of value."""

    second: int
    ground: int
    fields: int

    @classmethod
    def of(cls, fields: Iterable[str], ground: Ground, at: datetime) -> "Seen":
        """What is told of a look at these fields; those without a bit of their own have one."""
        bits = 0
        for field in fields:
            bits |= _FIELDS.get(field, _OTHER)
        return cls(second=int(at.timestamp()), ground=_GROUNDS[ground], fields=bits)

    def packed(self) -> bytes:
        """16 bytes: second u64, ground u8, fields u16, zeros."""
        return (
            self.second.to_bytes(8, "big")
            + self.ground.to_bytes(1, "big")
            + self.fields.to_bytes(2, "big")
        ).ljust(ROW_BYTES - _MARK_BYTES, b"\0")


def row(seed: bytes, number: int, seen: Seen) -> bytes:
    """The row of a person's look, by its *number* from 0: its mark, and what only they can read."""
    made = _key(seed, number)
    pad = made[_MARK_BYTES:ROW_BYTES]
    return made[:_MARK_BYTES] + bytes(a ^ b for a, b in zip(seen.packed(), pad, strict=True))


def found(rows: bytes, seed: bytes) -> list[Seen]:
    """The looks that a seed finds in a file, from the first."""
    by_mark = {rows[at : at + _MARK_BYTES]: at for at in range(0, len(rows), ROW_BYTES)}
    seen = list[Seen]()
    while True:
        made = _key(seed, len(seen))
        at = by_mark.get(made[:_MARK_BYTES])
        if at is None:
            return seen
        sealed = rows[at + _MARK_BYTES : at + ROW_BYTES]
        plain = bytes(a ^ b for a, b in zip(sealed, made[_MARK_BYTES:ROW_BYTES], strict=True))
        second, ground, fields = plain[:8], plain[8], plain[9:11]
        seen.append(Seen(second=_number(second), ground=ground, fields=_number(fields)))


def _key(seed: bytes, number: int) -> bytes:
    return hmac.digest(seed, _LABEL + number.to_bytes(4, "big"), "sha512")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def files_of(rows: Mapping[int, list[bytes]], day: date) -> Iterator[tuple[str, bytes]]:
    """The published files: of *rows* by award, as of a day. In a file rows stand by their marks."""
    total = sum(map(len, rows.values()))
    count = 1
    while count * MOST_ROWS < total:
        count *= 2
    parts = [list[bytes]() for _ in range(count)]
    for award, some in rows.items():
        parts[award % count] += some
    for number, part in enumerate(parts):
        yield f"{FOLDER}/{count}/{number}", b"".join(sorted(part))
    about = {"day": day.isoformat(), "files": count, "looks": total, "v": 1}
    yield ABOUT, canonical(about).encode() + b"\n"


def show(opened: OpenCase) -> None:
    """Have every look at somebody in the log lie beside it, for its person.

    Once the keys are destroyed nobody can say whose award is whose: what is there stays.
    """
    if opened.vault.erased:
        return
    with opened.database.reading() as connection:
        rows = _rows(opened, connection)
    for name, content in files_of(rows, RealClock().now().astimezone(UTC).date()):
        (opened.case.site / name).parent.mkdir(parents=True, exist_ok=True)
        site.show(opened.case, name, content)
    _clear(opened.case.site)


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


def _clear(folder: Path) -> None:
    """Remove the files of another number of files."""
    count = json.loads((folder / ABOUT).read_bytes())["files"]
    for path in (folder / FOLDER).iterdir():
        if path.is_dir() and path.name != str(count):
            shutil.rmtree(path)
