"""What an AWARD entry hides: a commitment to a person's fields, and its opening.

Everything secret of an award comes from one random seed of 32 bytes, by HMAC under distinct labels,
so that a revealed nonce reveals no salt and one revealed salt no other. Nothing that is published
depends on a person without the seed.
"""

import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

SEED_BYTES = 32
SALT_BYTES = 16
AWARD_HEAD = b"amends/award/v1\0"
_PERSON = b"amends/person/v1\0"
FIELD_HEAD = b"amends/field/v1\0"
NONCE_LABEL = b"amends/nonce/v1"
_SALTS = b"amends/salts/v1\0"

SHOWN = ("award", "case", "categories", "currency")
"""Fields that a receipt opens."""

HIDDEN = ("idno", "name", "phone")
"""Fields that a receipt keeps closed: only their salted digests stand in it."""

_PHONE_COUNTRY = "+86"


def nonce_of(seed: bytes) -> bytes:
    """The nonce of a commitment, 32 bytes."""
    return hmac.digest(seed, NONCE_LABEL, "sha256")


def salts_of(seed: bytes, fields: tuple[str, ...]) -> list[bytes]:
    """The salts of ``SHOWN`` or ``HIDDEN`` fields, 16 bytes each: pieces of one HMAC-SHA-512.

    Pieces of one output say as little of each other as outputs under labels of their own.
    """
    block = hmac.digest(seed, salts_label(fields), "sha512")
    return [block[at : at + SALT_BYTES] for at in range(0, len(fields) * SALT_BYTES, SALT_BYTES)]


def salts_label(fields: tuple[str, ...]) -> bytes:
    """What is hashed under a seed for the salts of these fields."""
    return _SALTS + ";".join(fields).encode()


def field_digest(field: str, salt: bytes, value: str) -> bytes:
    """The digest of one field: salt, then name and value, each after its length (u16)."""
    text = value.encode()
    told = told_name(field) + len(text).to_bytes(2, "big") + text
    return sha256(FIELD_HEAD + salt + told).digest()


def told_name(field: str) -> bytes:
    """A field's name after its length."""
    name = field.encode()
    return len(name).to_bytes(2, "big") + name


def person_root(digests: list[bytes]) -> bytes:
    """The hash over the sorted digests of a person's fields, after their number (u16)."""
    return sha256(person_head(len(digests)) + b"".join(sorted(digests))).digest()


def person_head(count: int) -> bytes:
    """What stands before the digests of so many fields."""
    return _PERSON + count.to_bytes(2, "big")


def commitment(nonce: bytes, root: bytes) -> bytes:
    """What an AWARD entry carries."""
    return sha256(AWARD_HEAD + nonce + root).digest()


def normal_value(field: str, value: str | None) -> str:
    """A registry's value in the one form that is committed to; a missing one is empty.

    Compatibility forms, full-width digits and blanks at the ends are made one (Unicode NFKC); a
    mobile number is its digits without China's +86; a national number is in capitals.
    """
    text = unicodedata.normalize("NFKC", value or "").strip()
    if field == "phone":
        text = text.removeprefix(_PHONE_COUNTRY)
        return "".join(filter(str.isdigit, text)) or text
    return text.upper() if field == "idno" else text


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What is kept, sealed, of an award: enough for a receipt, without a name or a number."""

    seed: bytes
    categories: str
    hidden: tuple[bytes, ...]
    """Digests of the ``HIDDEN`` fields, in that order."""

    def packed(self) -> bytes:
        """Seed, hidden digests, categories: what is sealed."""
        return self.seed + b"".join(self.hidden) + self.categories.encode()

    @classmethod
    def unpacked(cls, data: bytes) -> "Opening":
        """Read what :meth:`packed` wrote."""
        end = SEED_BYTES + 32 * len(HIDDEN)
        digests = tuple(data[at : at + 32] for at in range(SEED_BYTES, end, 32))
        return cls(seed=data[:SEED_BYTES], categories=data[end:].decode(), hidden=digests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What of the case a commitment is bound to."""

    case: str
    currency: str

    def shown(self, award_index: int, categories: str) -> dict[str, str]:
        """The values of the fields that a receipt opens."""
        return {
            "award": str(award_index),
            "case": self.case,
            "categories": categories,
            "currency": self.currency,
        }


def commit(
    bound: Bound, award_index: int, seed: bytes, categories: str, values: Mapping[str, str | None]
) -> tuple[bytes, Opening]:
    """The commitment of an award and its opening. *values* by ``HIDDEN`` field, as found."""
    hidden = tuple(
        field_digest(field, salt, normal_value(field, values.get(field)))
        for field, salt in zip(HIDDEN, salts_of(seed, HIDDEN), strict=True)
    )
    opening = Opening(seed=seed, categories=categories, hidden=hidden)
    return commitment(nonce_of(seed), root_of(bound, award_index, opening)), opening


def root_of(bound: Bound, award_index: int, opening: Opening) -> bytes:
    """The person root that an opening leads to."""
    return person_root(digests_of(bound, award_index, opening))


def digests_of(bound: Bound, award_index: int, opening: Opening) -> list[bytes]:
    """The digests of all fields of an award, sorted."""
    shown = bound.shown(award_index, opening.categories)
    salts = salts_of(opening.seed, SHOWN)
    open_ones = [
        field_digest(field, salt, shown[field]) for field, salt in zip(SHOWN, salts, strict=True)
    ]
    return sorted([*open_ones, *opening.hidden])
