"""The publisher's own verifier, in one file: no receipt is handed out that does not pass it.

It reads policies, checkpoints and receipts (C2SP signed-note, tlog-policy, tlog-checkpoint,
tlog-cosignature, tlog-proof). Kept true: it shares no line with the outsiders' verifiers, nor with
what writes logs, and refuses what they refuse, in the same sentences (docs/formats/receipts.md).
"""

import json
import re
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from amends.kernel.errors import AmendsError
from amends.kernel.saying import Said, said
from amends.roster.model import CheckpointError, PolicyError, ReceiptError, SignedHead

MOST_BYTES = 1 << 16  # of a checkpoint or a receipt
_OF_A_LOG, _OF_A_WITNESS = b"\1", b"\4"
_HASH, _SALT, _ID, _TIME, _SIGNED, _FIELD, _SAFE = 32, 16, 4, 8, 64, 2**255 - 19, 2**53
_EXACTLY = json.JSONDecoder(  # RFC 7493 §2.2; other numbers stay texts, and then they are not one
    parse_int=lambda n: int(n) if abs(float(n)) < _SAFE else n, parse_float=str, parse_constant=str
)
_SIGNATURE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)")
_CONTROL = re.compile("[\0-\x09\x0b-\x1f\ufffd]")  # U+FFFD: of bytes that are no UTF-8
_RECEIPT = re.compile(rb"c2sp\.org/tlog-proof@v1\nextra (.*)\nindex (.*)\n((?:.+\n)*)\n")
_NUMBERS = dict.fromkeys(("amount_minor", "award_index", "class", "v"), int)
_TEXTS = dict.fromkeys(("case", "currency", "nonce", "person_root"), str)
_OPENING = {**_NUMBERS, **_TEXTS, "digests": list, "opened": dict}
_CHANGES = dict.fromkeys(("amount_minor", "class", "index", "reason"), int)
_CORRECTION = {**_CHANGES, "decision": str, "path": list}
_BITS = {"amount_minor": 64, "award_index": 32, "class": 8}
_ALWAYS, _CHOSEN = {"award", "case", "currency"}, {"categories", "idno", "name", "phone"}
"""Fields that are open in every receipt, and those that its person may open or not."""


def refuse(sentence: Said) -> NoReturn:
    """Say why something is not what it should be."""
    raise CheckpointError(sentence)


def must(condition: object, sentence: Said) -> None:
    """Go on only if *condition* holds."""
    if not condition:
        refuse(sentence)


@contextmanager
def _refusing_as(error: type[AmendsError]) -> Iterator[None]:
    try:
        yield
    except CheckpointError as reason:
        raise error(reason.message) from None


def _bytes(text: str, size: int | None = None) -> bytes:
    """Bytes from base64 in its one form."""
    data = b""
    with suppress(ValueError):
        data = b64decode(text.encode("ascii"), validate=True)
    must(b64encode(data).decode() == text, said("base64 is not canonical"))
    must(size in {None, len(data)}, said("a value does not have its length"))
    return data


def _unhexed(text: object, size: int) -> bytes:
    """Bytes from lower-case hexadecimal."""
    form = isinstance(text, str) and re.fullmatch("[0-9a-f]*", text) and len(text) == 2 * size
    must(form, said("hexadecimal is not canonical"))
    return bytes.fromhex(str(text))


def _number(text: str) -> int:
    must(re.fullmatch("0|[1-9][0-9]{0,14}", text), said("a number is not written as one"))
    return int(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerKey:
    """A verifier key: the name in signature lines, four bytes of id, the public key."""

    name: str
    key_id: bytes
    public: bytes

    def signed(self, message: str, signature: bytes) -> bool:
        """Whether *signature* is this key's over *message*."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message.encode())
        except InvalidSignature:
            return False
        return True

    def cosigned(self, body: str, signature: bytes) -> int | None:
        """When this witness cosigned *body*, by its clock; None if the signature is not right."""
        time_s = int.from_bytes(signature[:_TIME], "big")
        message = f"cosignature/v1\ntime {time_s}\n{body}"
        return time_s if self.signed(message, signature[_TIME:]) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Logs by origin, witnesses by the policy's name, groups with their least number, quorum."""

    logs: Mapping[str, SignerKey]
    witnesses: Mapping[str, SignerKey]
    groups: Mapping[str, tuple[int, Sequence[str]]]
    quorum: str

    def met_by(self, cosigned: Mapping[str, int]) -> bool:
        """Whether these witnesses are enough."""
        met = {*cosigned}
        for name, (least, members) in self.groups.items():  # each after its members
            met |= {name} if len(met.intersection(members)) >= least else set()
        return self.quorum in met


def signer_key(text: str, kind: bytes = _OF_A_WITNESS) -> SignerKey:
    """The key in *text*; *kind*: the byte before it."""
    name, key_id, encoded = (*text.split("+", 2), "", "")[:3]
    data = _bytes(encoded, len(kind) + _HASH)
    digest = sha256(name.encode() + b"\n" + data).digest()[:_ID]
    must(name and digest.hex() == key_id, said("a key in the policy is not whole"))
    point = int.from_bytes(data[1:], "little")  # in its one encoding; libraries take others, too
    y = point & ((1 << 255) - 1)
    canonical = y < _FIELD and (y == point or y * y % _FIELD != 1)
    must(canonical, said("a key in the policy has another encoding"))
    must(data[:1] == kind, said("a key in the policy is of another kind"))
    return SignerKey(name=name, key_id=digest, public=data[1:])


@_refusing_as(PolicyError)
def parse_policy(text: str) -> Policy:
    """Read a policy; a PolicyError says why it is none."""
    logs, witnesses = dict[str, SignerKey](), dict[str, SignerKey]()
    groups, free, quorums = {"none": (0, list[str]())}, set[str](), list[str]()
    for line in text.split("\n"):
        match re.split("[ \t]+", line.strip(" \t")):
            case "log", key, *_:
                found = signer_key(key, _OF_A_LOG)
                must(found.name not in logs, said("the policy names a log twice"))
                logs[found.name] = found
            case "witness", name, key, *_:
                must(name not in groups | witnesses, said("the policy uses a name twice"))
                witnesses[name] = signer_key(key)
                free.add(name)
            case "group", name, how, *members:
                must(name not in groups | witnesses, said("the policy uses a name twice"))
                least = {"any": 1, "all": len(members)}.get(how) or _number(how)
                fits = 1 <= least <= len(members) == len({*members}) and free.issuperset(members)
                must(fits, said("a group of the policy is not made of earlier names"))
                groups[name] = least, members
                free = free.difference(members) | {name}
            case "quorum", name:
                quorums.append(name)
            case word, *_:
                must(word[:1] in {"", "#"}, said("a line of the policy is not understood"))
    must(logs and len(quorums) == 1, said("the policy needs a log and one quorum"))
    must(quorums[0] in groups | witnesses, said("the quorum is no name of the policy"))
    keys = [key.public for key in (*logs.values(), *witnesses.values())]
    must(len({*keys}) == len(keys), said("one key stands twice in the policy"))
    return Policy(logs=logs, witnesses=witnesses, groups=groups, quorum=quorums[0])


def accepted(note: bytes, policy: Policy) -> SignedHead:
    """What a checkpoint says that the policy accepts; otherwise a CheckpointError says why not."""
    head = read_checkpoint(note, policy)
    missing = ", ".join(name for name in policy.witnesses if name not in head.cosigned)
    must(policy.met_by(head.cosigned), said("witnesses are missing: {missing}", missing=missing))
    return head


def read_checkpoint(note: bytes, policy: Policy) -> SignedHead:
    """What a checkpoint says that a log of the policy has signed, cosigned by enough or not."""
    must(len(note) <= MOST_BYTES, said("it is too long"))
    body, _, tail = note.decode(errors="replace").rpartition("\n\n")
    must(not _CONTROL.search(body + tail), said("it is not plain text"))
    must(tail.endswith("\n"), said("it was cut off, or something was added at its end"))
    origin, size, root = (*body.split("\n"), "", "")[:3]
    must(body.count("\n") == 2, said("the checkpoint has not three lines"))  # noqa: PLR2004
    must(origin in policy.logs, said("the checkpoint is of a log that the policy does not name"))
    log, body, lines = policy.logs[origin], body + "\n", tail[:-1].split("\n")
    signatures = [signature_of(line) for line in lines]
    mine = [data for *name, data in signatures if name == [log.name, log.key_id]]
    must(mine, said("the log's key has not signed"))
    must(len(mine) == 1, said("the log's key has signed more than once"))
    must(len(mine[0]) == _SIGNED, said("a signature does not have its length"))
    must(log.signed(body, mine[0]), said("the log's signature is wrong"))
    cosigned: dict[str, int] = {}
    for witness, key in policy.witnesses.items():
        for data in (data for *name, data in signatures if name == [key.name, key.key_id]):
            must(len(data) == _TIME + _SIGNED, said("a signature does not have its length"))
            time_s = key.cosigned(body, data)
            must(time_s is not None, said("a cosignature is wrong: {witness}", witness=witness))
            cosigned[witness] = max(time_s or 0, cosigned.get(witness, 0))
    count, top = _number(size), _bytes(root, _HASH)
    return SignedHead(origin=origin, size=count, root=top, cosigned=cosigned)


def signature_of(line: str) -> tuple[str, bytes, bytes]:
    """Name, key id and signature in a line of a note."""
    form = _SIGNATURE.fullmatch(line) or refuse(said("a line is no signature"))
    data = _bytes(form[2])
    return form[1], data[:_ID], data[_ID:]


@_refusing_as(ReceiptError)
def read_receipt(data: bytes, policy: Policy) -> Literal[True]:
    """See that a receipt holds under *policy*; otherwise a ReceiptError says why not."""
    must(len(data) <= MOST_BYTES, said("it is too long"))
    form = _RECEIPT.match(data) or refuse(said("this is no receipt, or not all of it"))
    extra, place, way = (part.decode(errors="replace") for part in form.groups())
    opening, index = _object(_bytes(extra)), _number(place)
    path = [_bytes(step, _HASH) for step in way.split("\n")[:-1]]
    corrections = opening.pop("corrections", ())
    entry, award = _award(opening), opening["award_index"]
    must(award <= index - 2, said("the award's number does not fit its place in the log"))
    head = accepted(data[form.end() :], policy)
    must(head.origin.startswith(opening["case"] + "."), said("the award is of another case"))
    must(_root(entry, index, head.size, path) == head.root, said("the award is not in the log"))
    _see_corrections(corrections, award, head)
    return True


def _object(raw: bytes) -> dict[str, Any]:
    """An object of version 1 in its one canonical form (RFC 8785 for texts and whole numbers)."""
    with suppress(ValueError, RecursionError):
        value = _EXACTLY.decode(raw.decode())
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        if isinstance(value, dict) and text.encode() == raw:
            must(repr(value.get("v")) == "1", said("JSON is of another version"))
            return value
    refuse(said("JSON is not canonical"))


def _fit(value: Any, form: Mapping[str, type], otherwise: Said) -> None:  # noqa: ANN401  # JSON
    """See that it is an object with these fields, and that its numbers have room in an entry."""
    must(isinstance(value, dict) and {n: type(it) for n, it in value.items()} == form, otherwise)
    for name in _BITS.keys() & value.keys():
        must(0 <= value[name] < 1 << _BITS[name], said("a number is not written as one"))


def _award(opening: dict[str, Any]) -> bytes:
    """The AWARD entry that an opening leads to."""
    _fit(opening, _OPENING, said("the opening has other fields"))
    listed, opened = opening["digests"], opening["opened"]
    digests = [_unhexed(digest, _HASH) for digest in listed]
    whole = len(listed) == len(_ALWAYS | _CHOSEN) and listed == sorted({*listed})
    must(whole, said("the digests are not seven, in order"))
    must(opened.keys() - _CHOSEN == _ALWAYS, said("other fields are opened"))
    same = {**{name: opening.get(name) for name in _ALWAYS}, "award": str(opening["award_index"])}
    for name, pair in opened.items():
        is_pair = isinstance(pair, list) and [*map(type, pair)] == [str, str]
        must(is_pair, said("other fields are opened"))
        told = [struct.pack(">H", len(part)) + part for part in map(str.encode, (name, pair[1]))]
        digest = sha256(b"amends/field/v1\0" + _unhexed(pair[0], _SALT) + b"".join(told))
        must(digest.digest() in digests, said("a field is not the award's"))
        must(same.get(name, pair[1]) == pair[1], said("an opened field says something else"))
    root = sha256(b"amends/person/v1\0" + struct.pack(">H", len(digests)) + b"".join(digests))
    of_digests = root.hexdigest() == opening["person_root"]
    must(of_digests, said("the person root is not that of the digests"))
    hidden = sha256(b"amends/award/v1\0" + _unhexed(opening["nonce"], _HASH) + root.digest())
    return struct.pack(">BBIQ32s", 1, opening["class"], 0, opening["amount_minor"], hidden.digest())


def _see_corrections(listed: Any, award: int, head: SignedHead) -> None:  # noqa: ANN401  # JSON
    """See that an award's corrections are in the log, in order."""
    form, last = said("corrections have another form"), award + 1
    must(listed == () or (isinstance(listed, list) and listed), form)
    for one in listed:
        _fit(one, _CORRECTION, form)
        ordered = one["index"] > last and one["reason"] in range(1, 8)
        must(ordered, said("corrections lack their order or reason"))
        changed = one["class"], one["reason"], one["amount_minor"]
        entry = struct.pack(">BIBBQ32s", 5, award, *changed, _unhexed(one["decision"], _HASH))
        path, last = [_unhexed(step, _HASH) for step in one["path"]], one["index"]
        found = _root(entry, last, head.size, path)
        must(found == head.root, said("a correction is not in the log"))


def _root(entry: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a path leads to from an entry (RFC 9162 §2.1.3.2)."""
    must(index < size, said("the checkpoint is older than the entry, or the index is wrong"))
    last, result = size - 1, sha256(b"\0" + entry).digest()
    for step in path:
        must(last, said("the proof is too long"))
        right = index & 1 or index == last
        result = sha256(b"\1" + (step + result if right else result + step)).digest()
        while right and index and not index & 1:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    must(last == 0, said("the proof is too short"))
    return result
