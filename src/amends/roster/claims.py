"""Claim buckets: everybody's opening in files of one size, which tell nothing without a code. Pure.

A bucket is 32 KiB whatever is in it: 186 slots of one length, sorted by tags that look random, the
rest of them fillers that look like the others. How many buckets there are follows from how many
awards are public, never from how many codes exist. Byte by byte in docs/formats/claims.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from amends.kernel.canonical import canonical
from amends.roster.codes import PLAIN_BYTES, TAG_BYTES, sealed, slot_label, slot_tag, unsealed
from amends.roster.commitment import HIDDEN, SEED_BYTES, Opening

MAGIC = b"amends claims v1"
BUCKET_BYTES = 32_768
HEAD_BYTES = 32
SLOT_BYTES = TAG_BYTES + PLAIN_BYTES
SLOTS = (BUCKET_BYTES - HEAD_BYTES) // SLOT_BYTES
MEAN = 126
"""Awards to a bucket: 186 slots are 5.3 standard deviations above it."""

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

_CODES = """
    NAME BIRTH GENDER PHONE EMAIL ADDRESS IDNO IDPHOTO PASSPORT FACE FINGER VOICE GENE RELIGION
    DISABILITY SECRETJOB HEALTH BANKCARD BALANCE CVV PWD PWDHASH SECQA TOKEN CREDIT LOAN TRACK
    LODGE COMMS CALLLOG ORDER LOGISTICS CONTACTS CRIME SEX UNION POLITIC DEVICE CHILD SURNAME
    GIVEN_NAME BIRTH_PLACE POSTCODE IP USERNAME PERMIT PLATE OCCUPATION EMPLOYER EDUCATION
    MARITAL ETHNICITY NATIONALITY AGE INCOME OTHER
"""
CATEGORIES = tuple(_CODES.split())
"""Those that have a bit of the mask, in the order of the bits; a new one goes to the end."""
MASK_BYTES = 23
_HEAD = Struct(">II")
_FIXED = SEED_BYTES + 32 * len(HIDDEN)
_BIT = {code: 1 << bit for bit, code in enumerate(CATEGORIES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a code opens: whose award, where it stands in the log, and its opening."""

    award_index: int
    entry_index: int
    opening: Opening


def mask_of(categories: str) -> tuple[bytes, bytes]:
    """The mask of the categories that have a bit, and the others as text with ``;`` between.

    What would not come back as it was goes into the text whole, beside an empty mask.
    """
    codes = categories.split(";")
    mask = sum({_BIT[code] for code in codes if code in _BIT}).to_bytes(MASK_BYTES, "big")
    rest = ";".join(code for code in codes if code not in _BIT).encode()
    if categories_of(mask, rest) == categories:
        return mask, rest
    return bytes(MASK_BYTES), categories.encode()


def categories_of(mask: bytes, rest: bytes) -> str:
    """The categories as they were committed to: of mask and text together, sorted."""
    bits = int.from_bytes(mask, "big")
    if not bits:
        return rest.decode()
    known = [code for code, bit in _BIT.items() if bits & bit]
    return ";".join(sorted([*known, *filter(None, rest.decode().split(";"))]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What of some claims is to be sealed, part by part.

    ``owners``: whose claim a part is of, by its place among them. ``numbers``: which part of it.
    ``plain``: what it has, ``PLAIN_BYTES`` a row.
    """

    owners: Numbers
    numbers: Numbers
    plain: Bytes


def parts_of(awards: Numbers, places: Numbers, packed: Sequence[bytes]) -> Parts:
    """The parts of claims: one of each, and more where a category has no bit.

    Args:
        awards: the award of each claim.
        places: of its AWARD entry in the log.
        packed: its opening, as :meth:`Opening.packed` has it.
    """
    tails = [_tail(one[_FIXED:]) for one in packed]
    plain = np.empty((len(packed), PLAIN_BYTES), dtype=np.uint8)
    head = np.stack([awards, places], axis=1).astype(">u4")
    plain[:, : _HEAD.size] = head.view(np.uint8)
    fixed = b"".join([one[:_FIXED] for one in packed])
    plain[:, _HEAD.size : -MASK_BYTES - 1] = _rows(fixed, _FIXED)
    plain[:, -MASK_BYTES - 1 :] = _rows(b"".join([tail for tail, _ in tails]), MASK_BYTES + 1)
    more = [
        (owner, number, part)
        for owner, (_, parts) in enumerate(tails)
        if parts
        for number, part in enumerate(parts, 1)
    ]
    first = np.arange(len(packed))
    return Parts(
        owners=np.append(first, [owner for owner, _, _ in more]).astype(np.int64),
        numbers=np.append(np.zeros_like(first), [number for _, number, _ in more]).astype(np.int64),
        plain=np.concatenate([plain, _rows(b"".join([part for *_, part in more]), PLAIN_BYTES)]),
    )


def sealed_parts(parts: Parts, roots: Bytes, publication: int) -> Bytes:
    """The slot of each part, a row each: :func:`amends.roster.codes.sealed` of many at once.

    *roots*: of the claims, a row each.
    """
    from amends.roster.compiled import slots as kernel  # noqa: PLC0415 - the compiler: half a second

    numbers = range(int(parts.numbers.max(initial=-1)) + 1)
    labels = _words(
        _rows(b"".join([slot_label(publication, one) + b"\0" for one in numbers]), _LABEL_BYTES)
    )
    slots = kernel.sealed(_words(roots)[parts.owners], labels[parts.numbers], _words(parts.plain))
    return slots.astype(">u4").view(np.uint8)


_LABEL_BYTES = 20  # what slot_label gives, and a byte more


def _rows(data: bytes, width: int) -> Bytes:
    """Bytes in rows of one width."""
    return np.frombuffer(data, dtype=np.uint8).reshape(-1, width)


def _words(rows: Bytes) -> npt.NDArray[np.uint32]:
    """Rows of bytes as the big-endian numbers that they are."""
    return np.ascontiguousarray(rows).view(">u4").astype(np.uint32)


def sealed_slots(
    award_index: int, entry_index: int, packed: bytes, root: bytes, publication: int
) -> list[bytes]:
    """The slots of one claim, one by one."""
    parts = parts_of(np.array([award_index]), np.array([entry_index]), [packed])
    return [
        sealed(root, slot_label(publication, number), plain.tobytes())
        for number, plain in enumerate(parts.plain)
    ]


@lru_cache(maxsize=1 << 16)
def _tail(categories: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    """The end of the first part, and the further parts: many people have the same."""
    mask, rest = mask_of(categories.decode())
    room = PLAIN_BYTES - 1
    more = [rest[at : at + room] for at in range(0, len(rest), room)]
    parts = tuple(bytes([len(part)]) + part.ljust(room, b"\0") for part in more)
    return mask + bytes([len(parts)]), parts


def bucket_count(awards: int) -> int:
    """The least number of buckets for a log of so many awards."""
    return max(1, -(-awards // MEAN))


def bucket_file(slots: bytes, filler_key: bytes, *, publication: int, bucket: int) -> bytes:
    """A bucket: its head, then its slots among fillers, by tag. The same content is the same bytes.

    *slots*: one after the other. *filler_key*: 32 bytes that nobody else has; fillers are
    AES-256-CTR under it.
    """
    taken = _rows(slots, SLOT_BYTES)
    assert len(taken) <= SLOTS  # noqa: S101 - whoever fits claims into buckets has counted
    place = publication.to_bytes(4, "big") + bucket.to_bytes(4, "big") + bytes(8)
    stream = Cipher(algorithms.AES256(filler_key), modes.CTR(place)).encryptor()
    fillers = _rows(stream.update(bytes(SLOT_BYTES * (SLOTS - len(taken)))), SLOT_BYTES)
    rows = np.concatenate([taken, fillers])
    tags = np.ascontiguousarray(rows[:, :8]).view(">u8").ravel()  # no two of 64 bits are the same
    order = np.argsort(tags.astype(np.uint64), kind="stable")  # in the machine's own order: a third
    return MAGIC + place + rows[order].tobytes()


def bucket_path(bucket: int) -> str:
    """Where a bucket lies in the published directory."""
    return f"claims/{bucket // 1000:03d}/{bucket % 1000:03d}"


MANIFEST = "claims/manifest"
ABOUT = "claims/claims.json"


def about(publication: int, hashes: bytes) -> bytes:
    """``claims/claims.json``: what a reader of buckets has to know. *hashes*: of all buckets."""
    return canonical(
        {
            "bucket_bytes": BUCKET_BYTES,
            "buckets": len(hashes) // 32,
            "categories": list(CATEGORIES),
            "manifest_sha256": sha256(hashes).hexdigest(),
            "publication": publication,
            "slot_bytes": SLOT_BYTES,
            "slots": SLOTS,
            "v": 1,
        }
    ).encode()


def found(bucket: bytes, root: bytes, publication: int) -> Claim | None:
    """What a code opens in its bucket; None where it opens nothing."""
    slots = [bucket[at : at + SLOT_BYTES] for at in range(HEAD_BYTES, BUCKET_BYTES, SLOT_BYTES)]
    head = _opened(slots, root, publication, 0)
    if head is None:
        return None
    award_index, entry_index = _HEAD.unpack_from(head)
    fixed, mask = head[_HEAD.size :][:_FIXED], head[-1 - MASK_BYTES : -1]
    rest = b""
    for number in range(1, head[-1] + 1):
        part = _opened(slots, root, publication, number)
        if part is None:
            return None
        rest += part[1 : 1 + part[0]]
    opening = Opening.unpacked(fixed + categories_of(mask, rest).encode())
    return Claim(award_index=award_index, entry_index=entry_index, opening=opening)


def _opened(slots: Sequence[bytes], root: bytes, publication: int, part: int) -> bytes | None:
    """One part of a claim."""
    label = slot_label(publication, part)
    for slot in slots:
        tag, body = slot[:TAG_BYTES], slot[TAG_BYTES:]
        if slot_tag(root, label, body) == tag:
            return unsealed(root, label, body)
    return None
