"""Claim buckets on disk: built in bounded memory, resumed after a kill, linked into the directory.

Kept true: the same rows make the same bytes, so buckets that were lost are made again; a folder of
half-built buckets has a name that says of what it is made, and what has its size in it is whole.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from amends.kernel.saying import said
from amends.roster import claims, codes_store, openings, site, store
from amends.roster.claims import Bytes, Numbers
from amends.roster.codes import DERIVED_BYTES, ROOT_BYTES
from amends.roster.codes_store import Page, Published
from amends.roster.model import RosterDamagedError
from amends.store.connection import Connection
from amends.store.files import private_directory
from amends.vault.opened import OpenCase

SEALED = "claim-codes"
_FOLDER = "roster-claims"
CODES_AT_ONCE = 4_096
SLOTS_AT_ONCE = 1 << 22
"""How many slots are held in memory: 740 MB. Openings are read anew for each part of so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a publication is made of, and where its buckets are built."""

    publication: int
    awards: int
    newest_page: int
    newest_revocation: int

    def folder(self, opened: OpenCase) -> Path:
        """The folder of its half-built buckets."""
        name = f"{self.publication}-{self.newest_page}-{self.newest_revocation}-{self.awards}"
        return opened.case.workspace / _FOLDER / name


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Buckets that are whole: their folder and the SHA-256 of each, one after the other."""

    folder: Path
    hashes: bytes


class BucketFullError(Exception):
    """A bucket has more slots to hold than it has: there have to be more buckets."""


def plan(published: Published) -> Plan:
    """The plan of a publication that was made."""
    return Plan(
        publication=published.publication,
        awards=published.awards,
        newest_page=published.newest_page,
        newest_revocation=published.newest_revocation,
    )


def filler_key(opened: OpenCase) -> bytes:
    """The key of the fillers: the case's, and nobody else's."""
    return opened.vault.derive("roster-claims-filler")


def build(opened: OpenCase, connection: Connection, made: Plan) -> Built:
    """Make every bucket of a publication; those that a killed command left whole are kept."""
    active = _active(opened, connection, made)
    count = _bucket_count(active, made.awards)
    while True:
        folder = made.folder(opened) / str(count)
        try:
            hashes = _fill(opened, connection, made, active, count, folder)
        except BucketFullError:
            count += 1
            continue
        return Built(folder=folder, hashes=hashes)


def clear(opened: OpenCase) -> None:
    """Remove half-built buckets, and those that are published."""
    shutil.rmtree(opened.case.workspace / _FOLDER, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Active:
    """Codes that open something, by award: their roots, and what chooses their bucket."""

    awards: Numbers
    roots: Bytes = field(repr=False)
    spreads: npt.NDArray[np.uint64]


def _active(opened: OpenCase, connection: Connection, made: Plan) -> _Active:
    """Every code up to the newest page that was not revoked: 48 bytes each."""
    gone = codes_store.revoked(connection, upto=made.newest_revocation)
    by_page: dict[int, list[int]] = {}
    for award, number in gone:
        by_page.setdefault(number, []).append(award)
    parts: list[tuple[Numbers, Bytes]] = []
    for number in range(1, made.newest_page + 1):
        page = codes_store.page(connection, number)
        awards = np.array(codes_store.awards_of(connection, page), dtype=np.int64)
        derived = _derived(opened, page)
        if number in by_page:
            kept = ~np.isin(awards, by_page[number])
            awards, derived = awards[kept], derived[kept]
        parts.append((awards, derived))
    awards, derived = (np.concatenate(column) for column in zip(*parts, strict=True))
    if (np.diff(awards) < 0).any():  # codes that were issued again come last
        order = np.argsort(awards, kind="stable")
        awards, derived = awards[order], derived[order]
    spreads = derived[:, ROOT_BYTES:].copy().view(">u8").ravel().astype(np.uint64)
    return _Active(awards=awards, roots=derived[:, :ROOT_BYTES], spreads=spreads)


def _derived(opened: OpenCase, page: Page) -> Bytes:
    """Root and spread of each code of a page, a row each."""
    plain = opened.vault.unseal(page.sealed, SEALED, str(page.page_no))
    return np.frombuffer(plain, dtype=np.uint8).reshape(-1, DERIVED_BYTES)


def _bucket_count(active: _Active, awards: int) -> int:
    """The least number of buckets in which no bucket has too many first slots."""
    count = claims.bucket_count(awards)
    while np.bincount((active.spreads % count).astype(np.int64)).max() > claims.SLOTS:
        count += 1
    return count


def _fill(
    opened: OpenCase,
    connection: Connection,
    made: Plan,
    active: _Active,
    count: int,
    folder: Path,
) -> bytes:
    """Write the buckets that are not there yet, range by range; the SHA-256 of each."""
    opened.progress.start(said("claim buckets"), count)
    private_directory(opened.case.workspace / _FOLDER)
    buckets = (active.spreads % count).astype(np.int64)
    width = max(1, count * SLOTS_AT_ONCE // max(len(buckets), 1))
    fillers = filler_key(opened)
    hashes = list[bytes]()
    for first in range(0, count, width):
        numbers = range(first, min(first + width, count))
        paths = (folder / claims.bucket_path(number) for number in numbers)
        if folder.exists() and all(map(_whole, paths)):
            hashes += (_digest(folder / claims.bucket_path(number)) for number in numbers)
        else:
            chosen = np.flatnonzero((buckets >= first) & (buckets < numbers.stop))
            slots, owners = _slots(opened, connection, made, active, chosen)
            sealed = _Sealed(slots, buckets[owners], made.publication, fillers)
            hashes += _write(folder, numbers, sealed)
        opened.progress.advance(len(numbers))
    return b"".join(hashes)


def _digest(path: Path) -> bytes:
    """The SHA-256 of a file."""
    return sha256(path.read_bytes()).digest()


def _whole(path: Path) -> bool:
    """Whether a bucket has its size: it is written in one piece."""
    return path.is_file() and path.stat().st_size == claims.BUCKET_BYTES


def _slots(
    opened: OpenCase, connection: Connection, made: Plan, active: _Active, chosen: Numbers
) -> tuple[Bytes, Numbers]:
    """The slots of the codes *chosen*, a row each, and whose each is."""
    slots, owners = np.empty((len(chosen), claims.SLOT_BYTES), np.uint8), chosen
    further = list[tuple[Bytes, Numbers]]()
    for begin in range(0, len(chosen), CODES_AT_ONCE):
        some = chosen[begin : begin + CODES_AT_ONCE]
        places, packed = openings_of(opened, connection, active.awards[some])
        parts = claims.parts_of(active.awards[some], places, packed)
        sealed = claims.sealed_parts(parts, active.roots[some], made.publication)
        slots[begin : begin + len(some)] = sealed[: len(some)]
        if len(sealed) > len(some):
            further.append((sealed[len(some) :], some[parts.owners[len(some) :]]))
    if further:
        slots = np.concatenate([slots, *(more for more, _ in further)])
        owners = np.concatenate([owners, *(whose for _, whose in further)])
    return slots, owners


def openings_of(
    opened: OpenCase, connection: Connection, awards: Numbers
) -> tuple[Numbers, list[bytes]]:
    """The places of AWARD entries in the log, and the openings, of *awards*, which are in order."""
    places, packed = list[Numbers](), list[bytes]()
    far = np.flatnonzero(np.diff(awards) > openings.AT_ONCE) + 1
    for run in np.split(awards, far):
        for page in store.openings(connection, int(run[0]), int(run[-1]) + 1):
            end = page.first_award + page.openings
            inside = run[np.searchsorted(run, page.first_award) : np.searchsorted(run, end)]
            kept = page.opened(opened.vault) if len(inside) else []
            if len(inside) < len(kept):
                kept = [kept[at] for at in (inside - page.first_award).tolist()]
            packed += kept
            places.append(inside + (page.first_entry - page.first_award))
    return np.concatenate(places), packed


@dataclass(frozen=True, slots=True)
class _Sealed:
    """Slots (n x 176) of a publication, each slot's bucket, and what fillers are made with."""

    slots: Bytes
    buckets: Numbers
    publication: int
    fillers: bytes


def _write(folder: Path, numbers: range, sealed: _Sealed) -> Iterator[bytes]:
    """Write buckets, and give the SHA-256 of each; one has its size when it is whole."""
    order = np.argsort(sealed.buckets, kind="stable")
    bounds = np.searchsorted(sealed.buckets[order], np.arange(numbers.start, numbers.stop + 1))
    if np.diff(bounds).max() > claims.SLOTS:
        raise BucketFullError
    for path in dict.fromkeys(claims.bucket_path(number)[:-4] for number in numbers):
        (folder / path).mkdir(parents=True, exist_ok=True)
    for number, begin, end in zip(numbers, bounds[:-1], bounds[1:], strict=True):
        inside = sealed.slots[order[begin:end]].tobytes()
        bucket = claims.bucket_file(
            inside, sealed.fillers, publication=sealed.publication, bucket=number
        )
        _written(f"{folder}/{claims.bucket_path(number)}", bucket)
        yield sha256(bucket).digest()


def _written(path: str, content: bytes) -> None:
    """Write a file in one piece, in three calls of the system: a folder has thousands of them."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
    try:
        os.write(file, content)
    finally:
        os.close(file)


def small_files(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """The newest publication's files that are no buckets."""
    newest = codes_store.newest_claims(connection)
    if newest is not None:
        yield claims.ABOUT, newest.about
        yield claims.MANIFEST, newest.manifest


def link(
    opened: OpenCase, connection: Connection, staged: site.Staged, *, thorough: bool
) -> site.Staged:
    """Put the newest publication's buckets into a staged directory: those that are out, or built.

    *thorough*: hold what is out against its hash, not its size alone, and make again what is wrong.

    Raises:
        RosterDamagedError: the rows do not lead to the buckets that were published.
    """
    newest = codes_store.newest_claims(connection)
    if newest is None:
        return staged
    live = site.log_directory(opened.case)
    hashes = [newest.manifest[at : at + 32] for at in range(0, len(newest.manifest), 32)]
    made = plan(newest).folder(opened) / str(len(hashes))
    wanting = []
    for number, digest in enumerate(hashes):
        path = claims.bucket_path(number)
        (staged.log / path).parent.mkdir(parents=True, exist_ok=True)
        if not made.exists() and _holds(live / path, digest if thorough else None):
            (staged.log / path).hardlink_to(live / path)
        else:
            wanting.append(number)
    if not all(_whole(made / claims.bucket_path(number)) for number in wanting):
        made = build(opened, connection, plan(newest)).folder
    for number in wanting:
        path = claims.bucket_path(number)
        if not _holds(made / path, hashes[number]):
            raise RosterDamagedError(
                said("the rows do not lead to the claim buckets that were published")
            )
        (staged.log / path).hardlink_to(made / path)
    paths = [claims.bucket_path(number) for number in range(len(hashes))]
    return replace(
        staged,
        written=(*staged.written, *(paths[number] for number in wanting)),
        expected=staged.expected | set(paths),
    )


def _holds(path: Path, digest: bytes | None) -> bool:
    """Whether a bucket is out: of its size, and (with a *digest*) of these bytes."""
    if path.is_symlink() or not _whole(path):
        return False
    return digest is None or _digest(path) == digest
