"""Claim buckets: everybody's opening in files of one size, which tell nothing without a code. Pure.

A bucket is 32 KiB whatever is in it: 178 slots of one length, sorted by tags that look random, the
rest of them fillers that look like the others. How many buckets there are follows from how many
awards are public, never from how many codes exist. Byte by byte in docs/formats/claims.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from amends.kernel.canonical import canonical
from amends.roster.codes import place
from amends.roster.commitment import HIDDEN, SEED_BYTES, Opening

MAGIC = b"amends claims v1"
BUCKET_BYTES = 32_768
SLOT_BYTES = 184
SLOTS = 178
TAG_BYTES = 8
MEAN = 120
"""Awards to a bucket: 178 slots are 5.3 standard deviations above it."""

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
PLAIN_BYTES = _HEAD.size + _FIXED + MASK_BYTES + 1
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


def sealed_slots(
    award_index: int, entry_index: int, packed: bytes, root: bytes, publication: int
) -> list[bytes]:
    """The slots of a claim: tag, then AES-256-GCM under a key of this code and publication.

    *packed*: the opening, as :meth:`Opening.packed` has it. One slot, and more where a category
    has no bit.
    """
    tail, more = _tail(packed[_FIXED:])
    plain = [_HEAD.pack(award_index, entry_index) + packed[:_FIXED] + tail, *more]
    slots = []
    for part, content in enumerate(plain):
        tag, key, nonce = place(root, publication, part)
        slots.append(tag + AESGCM(key).encrypt(nonce, content, MAGIC))
    return slots


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


def bucket_file(
    slots: Iterable[bytes], filler_key: bytes, *, publication: int, bucket: int
) -> bytes:
    """A bucket: its slots among fillers, sorted by tag. The same content is the same bytes.

    *filler_key*: 32 bytes that nobody else has; fillers are AES-256-CTR under it.
    """
    taken = list(slots)
    assert len(taken) <= SLOTS  # noqa: S101 - whoever fits claims into buckets has counted
    counter = publication.to_bytes(4, "big") + bucket.to_bytes(4, "big") + bytes(8)
    stream = Cipher(algorithms.AES256(filler_key), modes.CTR(counter)).encryptor()
    noise = stream.update(bytes(SLOT_BYTES * (SLOTS - len(taken))))
    fillers = [noise[at : at + SLOT_BYTES] for at in range(0, len(noise), SLOT_BYTES)]
    return MAGIC + b"".join(sorted(taken + fillers))


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
    slots = {
        bucket[at : at + TAG_BYTES]: bucket[at + TAG_BYTES : at + SLOT_BYTES]
        for at in range(len(MAGIC), BUCKET_BYTES, SLOT_BYTES)
    }
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


def _opened(slots: Mapping[bytes, bytes], root: bytes, publication: int, part: int) -> bytes | None:
    """One part of a claim."""
    tag, key, nonce = place(root, publication, part)
    try:
        return AESGCM(key).decrypt(nonce, slots[tag], MAGIC)
    except (KeyError, InvalidTag):
        return None
