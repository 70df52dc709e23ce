"""The publisher's own reading of a receipt: none is handed out that does not pass it.

Kept true: a receipt has one form, byte by byte, and leads from its opened fields to a root that the
log has signed and enough witnesses have cosigned. It shares no line with the outsiders' verifiers,
and refuses what they refuse, in the same sentences (docs/formats/receipts.md).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from amends.kernel.canonical import canonical
from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.roster import entries
from amends.roster.commitment import (
    HIDDEN,
    SALT_BYTES,
    SHOWN,
    commitment,
    field_digest,
    person_root,
)
from amends.roster.merkle import HASH_BYTES, ProofError, leaf_hash, root_from_inclusion
from amends.roster.policy import (
    MOST_BYTES,
    CheckpointError,
    Policy,
    SignedHead,
    accepted,
    base64_of,
    hash_of,
    must,
    number_of,
)

_FORM = re.compile(rb"c2sp\.org/tlog-proof@v1\nextra (.*)\nindex (.*)\n((?:.+\n)*)\n")
_OPENING = {
    "amount_minor": int,
    "award_index": int,
    "case": str,
    "class": int,
    "currency": str,
    "digests": list,
    "nonce": str,
    "opened": dict,
    "person_root": str,
    "v": int,
}
_CORRECTION = {
    "amount_minor": int,
    "class": int,
    "decision": str,
    "index": int,
    "path": list,
    "reason": int,
}
_BITS = {"amount_minor": 64, "award_index": 32, "class": 8}
_REASONS = range(1, 8)
_CHOSEN = {"categories", *HIDDEN}
"""Fields that a person may open or not; the others always are."""
_ALWAYS = {*SHOWN} - _CHOSEN

Json = dict[str, Any]


class ReceiptError(AmendsError):
    """A receipt that does not hold."""

    code: ClassVar[str] = "receipt"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReceipt:
    """What a receipt says that holds. ``amounts_minor``: as awarded, then as of each correction."""

    award_index: int
    entry_index: int
    amounts_minor: tuple[int, ...]
    opened: Mapping[str, str]
    head: SignedHead


def read_receipt(data: bytes, policy: Policy) -> ReadReceipt:
    """Read a receipt under *policy*, to its last byte.

    Raises:
        ReceiptError: it does not hold; it says why.
    """
    try:
        return _read(data, policy)
    except CheckpointError as reason:
        raise ReceiptError(reason.message) from None


def _read(data: bytes, policy: Policy) -> ReadReceipt:
    must(len(data) <= MOST_BYTES, said("it is too long"))
    form = _FORM.match(data)
    if form is None:
        raise CheckpointError(said("this is no receipt, or not all of it"))
    extra, place, way = (part.decode(errors="replace") for part in form.groups())
    opening, index = _object(base64_of(extra)), number_of(place)
    path = [hash_of(step) for step in way.split("\n")[:-1]]
    corrected = "corrections" in opening
    corrections = opening.pop("corrections", None)
    award = _award(opening)
    fitting = opening["award_index"] <= index - 2
    must(fitting, said("the award's number does not fit its place in the log"))
    head = accepted(data[form.end() :], policy)
    same = head.origin.startswith(opening["case"] + ".")
    must(same, said("the award is of another case"))
    must(_leads(award, index, path, head), said("the award is not in the log"))
    later = _corrections(corrections, opening["award_index"], head) if corrected else []
    return ReadReceipt(
        award_index=opening["award_index"],
        entry_index=index,
        amounts_minor=(opening["amount_minor"], *later),
        opened={name: value for name, (_, value) in opening["opened"].items()},
        head=head,
    )


def _object(raw: bytes) -> Json:
    """An object of version 1 in its one canonical form."""
    try:
        value = json.loads(raw, parse_float=str, parse_constant=str)
        one = isinstance(value, dict) and canonical(value).encode() == raw
    except (ValueError, RecursionError):
        one = False
    must(one, said("JSON is not canonical"))
    version = value.get("v")
    must(type(version) is int and version == 1, said("JSON is of another version"))
    return dict(value)


def _kinds(value: object) -> dict[str, type]:
    """The names in an object, each with its type; of anything else none."""
    return {name: type(one) for name, one in value.items()} if isinstance(value, dict) else {}


def _fit(value: Json) -> None:
    """See that amount, award and class are as large as their fields in an entry at most."""
    fitting = all(0 <= value[name] < 1 << bits for name, bits in _BITS.items() if name in value)
    must(fitting, said("a number is not written as one"))


def _award(opening: Json) -> bytes:
    """The AWARD entry that an opening leads to."""
    must(_kinds(opening) == _OPENING, said("the opening has other fields"))
    _fit(opening)
    listed, opened = opening["digests"], opening["opened"]
    digests = [_unhexed(digest, HASH_BYTES) for digest in listed]
    whole = len(listed) == len(_ALWAYS) + len(_CHOSEN) and listed == sorted(set(listed))
    must(whole, said("the digests are not seven, in order"))
    same = {
        "award": str(opening["award_index"]),
        "case": opening["case"],
        "currency": opening["currency"],
    }
    must(opened.keys() - _CHOSEN == _ALWAYS, said("other fields are opened"))
    for name, pair in opened.items():
        must(_is_pair(pair), said("other fields are opened"))
        salt, value = pair
        found = field_digest(name, _unhexed(salt, SALT_BYTES), value) in digests
        must(found, said("a field is not the award's"))
        must(same.get(name, value) == value, said("an opened field says something else"))
    root = person_root(digests)
    of_digests = root.hex() == opening["person_root"]
    must(of_digests, said("the person root is not that of the digests"))
    hidden = commitment(_unhexed(opening["nonce"], HASH_BYTES), root)
    return entries.award_entry(opening["class"], opening["amount_minor"], hidden)


def _is_pair(value: object) -> bool:
    """Whether it is a list of two texts."""
    return isinstance(value, list) and [type(one) for one in value] == [str, str]


def _corrections(listed: object, award_index: int, head: SignedHead) -> list[int]:
    """The amounts of an award's corrections, each in the log, in order."""
    form = said("corrections have another form")
    if not isinstance(listed, list) or not listed:
        raise CheckpointError(form)
    amounts, last = [], award_index + 1
    for one in listed:
        must(_kinds(one) == _CORRECTION, form)
        _fit(one)
        ordered = one["index"] > last and one["reason"] in _REASONS
        must(ordered, said("corrections lack their order or reason"))
        decision = _unhexed(one["decision"], HASH_BYTES)
        entry = entries.correction_entry(
            award_index, one["class"], one["reason"], one["amount_minor"], decision
        )
        path, last = [_unhexed(step, HASH_BYTES) for step in one["path"]], one["index"]
        must(_leads(entry, last, path, head), said("a correction is not in the log"))
        amounts.append(one["amount_minor"])
    return amounts


def _leads(entry: bytes, index: int, path: Sequence[bytes], head: SignedHead) -> bool:
    """Whether a path leads from an entry to the root."""
    newer = said("the checkpoint is older than the entry, or the index is wrong")
    must(index < head.size, newer)
    try:
        return root_from_inclusion(leaf_hash(entry), index, head.size, path) == head.root
    except ProofError as reason:
        raise CheckpointError(reason.args[0]) from None


def _unhexed(text: object, size: int) -> bytes:
    """Bytes from lower-case hexadecimal."""
    form = isinstance(text, str) and re.fullmatch("[0-9a-f]*", text) and len(text) == 2 * size
    must(form, said("hexadecimal is not canonical"))
    return bytes.fromhex(str(text))
