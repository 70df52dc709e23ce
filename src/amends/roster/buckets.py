"""Claim buckets on disk: built in bounded memory, resumed after a kill, linked into the directory.

Kept true: the same rows make the same bytes, so buckets that were lost are made again; a folder of
half-built buckets has a name that says of what it is made, and what stands in it under its name is
whole.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from amends.kernel.saying import said
from amends.roster import claims, codes_store, site
from amends.roster.codes import DERIVED_BYTES, ROOT_BYTES
from amends.roster.codes_store import Page, Published
from amends.roster.model import RosterDamagedError
from amends.store.connection import Connection
from amends.store.files import private_directory
from amends.vault.opened import OpenCase

SEALED = "claim-codes"
OPENING = "roster-opening"
_FOLDER = "roster-claims"
SLOTS_AT_ONCE = 1 << 20
"""How many slots are held in memory, of about 230 bytes each."""


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
            _fill(opened, connection, made, active, count, folder)
        except BucketFullError:
            count += 1
            continue
        hashes = b"".join(
            sha256((folder / claims.bucket_path(at)).read_bytes()).digest() for at in range(count)
        )
        return Built(folder=folder, hashes=hashes)


def clear(opened: OpenCase) -> None:
    """Remove half-built buckets, and those that are published."""
    shutil.rmtree(opened.case.workspace / _FOLDER, ignore_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Active:
    """Codes that open something, by page and place in it, and what chooses their bucket."""

    pages: npt.NDArray[np.int32]
    places: npt.NDArray[np.int32]
    awards: npt.NDArray[np.int32]
    spreads: npt.NDArray[np.uint64]


def _active(opened: OpenCase, connection: Connection, made: Plan) -> _Active:
    """Every code up to the newest page that was not revoked: 20 bytes each."""
    gone = codes_store.revoked(connection, upto=made.newest_revocation)
    by_page: dict[int, set[int]] = {}
    for award, number in gone:
        by_page.setdefault(number, set()).add(award)
    parts: list[tuple[npt.NDArray[np.int32], ...]] = []
    spreads = []
    for number in range(1, made.newest_page + 1):
        page = codes_store.page(connection, number)
        awards = np.array(codes_store.awards_of(connection, page), dtype=np.int32)
        kept = ~np.isin(awards, list(by_page.get(number, ())))
        places = np.flatnonzero(kept).astype(np.int32)
        spread = _derived(opened, page)[:, ROOT_BYTES:].copy().view(">u8").ravel()
        parts.append((np.full(len(places), number, np.int32), places, awards[kept]))
        spreads.append(spread[kept].astype(np.uint64))
    pages, places, awards = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Active(pages=pages, places=places, awards=awards, spreads=np.concatenate(spreads))


def _derived(opened: OpenCase, page: Page) -> npt.NDArray[np.uint8]:
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
) -> None:
    """Write the buckets that are not there yet, range by range."""
    opened.progress.start(said("claim buckets"), count)
    private_directory(opened.case.workspace / _FOLDER)
    buckets = (active.spreads % count).astype(np.int64)
    width = max(1, count * SLOTS_AT_ONCE // max(len(buckets), 1))
    fillers = filler_key(opened)
    for first in range(0, count, width):
        numbers = range(first, min(first + width, count))
        if not all(_whole(folder / claims.bucket_path(number)) for number in numbers):
            chosen = np.flatnonzero((buckets >= first) & (buckets < numbers.stop))
            slots = _slots(opened, connection, made, active, chosen, buckets, numbers)
            _write(folder, numbers, slots, made.publication, fillers)
        opened.progress.advance(len(numbers))


def _whole(path: Path) -> bool:
    """Whether a bucket stands under its name."""
    return path.is_file() and path.stat().st_size == claims.BUCKET_BYTES


def _slots(  # noqa: PLR0913, PLR0917 - flat arrays travel one by one
    opened: OpenCase,
    connection: Connection,
    made: Plan,
    active: _Active,
    chosen: npt.NDArray[np.int64],
    buckets: npt.NDArray[np.int64],
    numbers: range,
) -> list[list[bytes]]:
    """The slots of each bucket of a range. *chosen*: the codes whose bucket is in it."""
    slots: list[list[bytes]] = [[] for _ in numbers]
    unseal, sealed_slots = opened.vault.unseal, claims.sealed_slots
    for page, members in _by_page(connection, active, chosen):
        roots = _derived(opened, page)[:, :ROOT_BYTES]
        inside = (buckets[members] - numbers.start).tolist()
        keys = [roots[place].tobytes() for place in active.places[members].tolist()]
        awards = active.awards[members].tolist()
        of_award = dict(zip(awards, zip(inside, keys, strict=True), strict=True))
        for award, entry, sealed in codes_store.openings(connection, awards):
            bucket, root = of_award[award]
            packed = unseal(sealed, OPENING, str(award))
            slots[bucket] += sealed_slots(award, entry, packed, root, made.publication)
    return slots


def _by_page(
    connection: Connection, active: _Active, chosen: npt.NDArray[np.int64]
) -> Iterator[tuple[Page, npt.NDArray[np.int64]]]:
    """The pages that have codes of *chosen*, and which these are. Codes stand by page."""
    pages = active.pages[chosen]
    starts = np.flatnonzero(np.diff(pages, prepend=0))
    for members in np.split(chosen, starts[1:]):
        if len(members):
            yield codes_store.page(connection, int(active.pages[members[0]])), members


def _write(
    folder: Path, numbers: range, slots: Sequence[list[bytes]], publication: int, fillers: bytes
) -> None:
    """Write buckets; each gets its name when it is whole."""
    for number, inside in zip(numbers, slots, strict=True):
        if len(inside) > claims.SLOTS:
            raise BucketFullError
        path = folder / claims.bucket_path(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(
            claims.bucket_file(inside, fillers, publication=publication, bucket=number)
        )
        part.replace(path)


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
    return digest is None or sha256(path.read_bytes()).digest() == digest
