"""Whom a reader of a log believes (C2SP tlog-policy), and the checkpoints that this lets pass.

The publisher's and the mirror's own reading; the outsider's verifier shares no line with it.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from amends.kernel.errors import AmendsError
from amends.kernel.saying import said
from amends.kernel.witnessing import COSIGNATURE, NO_WITNESSES, RosterSettings

NONE = "none"
_GROUP = "WITNESSES"  # no witness of a case.toml has capitals
_ED25519 = b"\x01"
_KEY_BYTES, _ID_BYTES, _HASH_BYTES, _TIME_BYTES, _SIGNATURE_BYTES = 33, 4, 32, 8, 64
_FIELD = 2**255 - 19
MOST_BYTES = 1 << 16
"""How long a checkpoint or a receipt may be."""
_LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/=]+)")
_NUMBER = re.compile("0|[1-9][0-9]{0,15}")
_CONTROL = re.compile("[\0-\x09\x0b-\x1f\ufffd]")  # U+FFFD: of bytes that are no UTF-8


class PolicyError(AmendsError):
    """A policy that is not one."""

    code: ClassVar[str] = "policy"


class CheckpointError(AmendsError):
    """A checkpoint that the policy does not accept."""

    code: ClassVar[str] = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerKey:
    """A verifier key: the name in signature lines, four bytes of id, the public key."""

    name: str
    key_id: bytes
    public: bytes
    text: str

    def signed(self, message: str, signature: bytes) -> bool:
        """Whether *signature* is this key's over *message*."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Logs by origin, witnesses by the policy's name, groups with their least number, quorum."""

    logs: Mapping[str, SignerKey]
    witnesses: Mapping[str, SignerKey]
    groups: Mapping[str, tuple[int, tuple[str, ...]]]
    quorum: str

    def met_by(self, cosigned: Mapping[str, int]) -> bool:
        """Whether these witnesses are enough."""
        met = {NONE, *cosigned}
        for name, (least, members) in self.groups.items():  # each after its members
            if len(met.intersection(members)) >= least:
                met.add(name)
        return self.quorum in met


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """What a checkpoint says. ``cosigned``: witness of the policy → its newest time, in seconds."""

    origin: str
    size: int
    root: bytes
    cosigned: Mapping[str, int]


def signer_key(text: str, kind: bytes) -> SignerKey:
    """The key in *text*.

    Raises:
        PolicyError: it is none, or of another kind.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _unbase64(encoded)
    digest = sha256(name.encode() + b"\n" + (data or b"")).digest()[:_ID_BYTES]
    if not name or data is None or len(data) != _KEY_BYTES or digest.hex() != key_id:
        raise PolicyError(said("a key in the policy is not whole"))
    if not _encoded_canonically(data[1:]):
        raise PolicyError(said("a key in the policy has another encoding"))
    if data[:1] != kind:
        raise PolicyError(said("a key in the policy is of another kind"))
    return SignerKey(name=name, key_id=digest, public=data[1:], text=text)


def _encoded_canonically(key: bytes) -> bool:
    """Whether a point is written in its one way (RFC 8032 §5.1.3); libraries take others, too."""
    number = int.from_bytes(key, "little")
    y = number & ((1 << 255) - 1)
    minus_zero = y != number and pow(y, 2, _FIELD) == 1
    return y < _FIELD and not minus_zero


def policy_of(log_key: str, settings: RosterSettings) -> Policy:
    """The policy of a case's own log."""
    return parse_policy(policy_text(log_key, settings))


def policy_text(log_key: str, settings: RosterSettings = NO_WITNESSES) -> str:
    """The verifier's policy: this log, its witnesses, and how many of them it takes."""
    origin = log_key.partition("+")[0]
    lines = [
        f"# Amends: how to check the roster {origin}",
        "# Compare the key with the one printed in letters and newspapers.",
        *(["# So the keys of the witnesses."] if settings.witnesses else []),
        f"log {log_key}",
        *(f"witness {one.name} {one.key} {one.url}" for one in settings.witnesses),
    ]
    if settings.witnesses:
        names = " ".join(one.name for one in settings.witnesses)
        lines += [f"group {_GROUP} {settings.quorum} {names}", f"quorum {_GROUP}"]
    else:
        lines.append(f"quorum {NONE}")
    return "\n".join(lines) + "\n"


def parse_policy(text: str) -> Policy:
    """Read a policy.

    Raises:
        PolicyError: it is not in the form of C2SP tlog-policy, or cannot be met.
    """
    reading = _Reading()
    for line in text.split("\n"):
        words = re.split("[ \t]+", line.strip(" \t"))
        if words[0] and not words[0].startswith("#"):
            reading.take(*words)
    return reading.policy()


class _Reading:
    """A policy as far as it was read."""

    def __init__(self) -> None:
        self.logs: dict[str, SignerKey] = {}
        self.witnesses: dict[str, SignerKey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.free: set[str] = set()
        self.quorums: list[str] = []

    def take(self, word: str, *rest: str) -> None:
        """One line."""
        match word, rest:
            case "log", (key, *_):
                found = signer_key(key, _ED25519)
                if found.name in self.logs:
                    raise PolicyError(said("the policy names a log twice"))
                self.logs[found.name] = found
            case "witness", (name, key, *_):
                self._new(name)
                self.witnesses[name] = signer_key(key, COSIGNATURE)
                self.free.add(name)
            case "group", (name, how, *members):
                self._new(name)
                self.groups[name] = self._least(how, members), tuple(members)
                self.free.difference_update(members)
                self.free.add(name)
            case "quorum", (name,):
                self.quorums.append(name)
            case _:
                raise PolicyError(said("a line of the policy is not understood"))

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise PolicyError(said("the policy uses a name twice"))

    def _least(self, how: str, members: list[str]) -> int:
        """How many members a group needs."""
        numeric = int(how) if _NUMBER.fullmatch(how) else 0
        least = {"any": 1, "all": len(members)}.get(how, numeric)
        whole = len(set(members)) == len(members) and self.free.issuperset(members)
        if not whole or not 1 <= least <= len(members):
            raise PolicyError(said("a group of the policy is not made of earlier names"))
        return least

    def policy(self) -> Policy:
        """What was read, if it is whole."""
        if not self.logs or len(self.quorums) != 1:
            raise PolicyError(said("the policy needs a log and one quorum"))
        quorum = self.quorums[0]
        if quorum not in {NONE, *self.witnesses, *self.groups}:
            raise PolicyError(said("the quorum is no name of the policy"))
        keys = [one.public for one in (*self.logs.values(), *self.witnesses.values())]
        if len(set(keys)) < len(keys):
            raise PolicyError(said("one key stands twice in the policy"))
        return Policy(logs=self.logs, witnesses=self.witnesses, groups=self.groups, quorum=quorum)


def read_checkpoint(note: bytes, policy: Policy) -> SignedHead:
    """What a checkpoint says that a log of the policy has signed, cosigned by enough or not.

    Raises:
        CheckpointError: it is not in its form, or a signature is not right.
    """
    must(len(note) <= MOST_BYTES, said("it is too long"))
    text = note.decode(errors="replace")
    body, _, tail = text.rpartition("\n\n")
    must(not _CONTROL.search(text), said("it is not plain text"))
    must(tail.endswith("\n"), said("it was cut off, or something was added at its end"))
    must(body.count("\n") == 2, said("the checkpoint has not three lines"))  # noqa: PLR2004
    origin, size, root = body.split("\n")
    known = said("the checkpoint is of a log that the policy does not name")
    must(origin in policy.logs, known)
    log, signed, signatures = policy.logs[origin], body + "\n", _signatures(tail)
    mine = [data for name, data in signatures if _names(log, name, data)]
    must(mine, said("the log's key has not signed"))
    must(len(mine) == 1, said("the log's key has signed more than once"))
    signature = _sized(mine[0][_ID_BYTES:], _SIGNATURE_BYTES)
    must(log.signed(signed, signature), said("the log's signature is wrong"))
    cosigned = _cosigned(policy.witnesses, signed, signatures)
    return SignedHead(origin=origin, size=number_of(size), root=hash_of(root), cosigned=cosigned)


def must(condition: object, sentence: str) -> None:
    """Go on only if *condition* holds.

    Raises:
        CheckpointError: it does not; it says *sentence*.
    """
    if not condition:
        raise CheckpointError(sentence)


def _cosigned(
    witnesses: Mapping[str, SignerKey], signed: str, signatures: list[tuple[str, bytes]]
) -> dict[str, int]:
    """Witness of the policy → its newest time.

    Raises:
        CheckpointError: a cosignature of one of them is not right.
    """
    cosigned: dict[str, int] = {}
    for witness, key in witnesses.items():
        for data in (data for name, data in signatures if _names(key, name, data)):
            signature = _sized(data[_ID_BYTES:], _TIME_BYTES + _SIGNATURE_BYTES)
            time_s = cosigning_time(key, signed, signature)
            if time_s is None:
                raise CheckpointError(said("a cosignature is wrong: {witness}", witness=witness))
            cosigned[witness] = max(time_s, cosigned.get(witness, 0))
    return cosigned


def accepted(note: bytes, policy: Policy) -> SignedHead:
    """What a checkpoint says that the policy accepts.

    Raises:
        CheckpointError: it does not, or witnesses are missing: it says which.
    """
    head = read_checkpoint(note, policy)
    if not policy.met_by(head.cosigned):
        missing = ", ".join(name for name in policy.witnesses if name not in head.cosigned)
        raise CheckpointError(said("witnesses are missing: {missing}", missing=missing))
    return head


def cosigning_time(key: SignerKey, body: str, signature: bytes) -> int | None:
    """When the witness cosigned *body*, by its clock; None if the signature is not right.

    *signature*: eight bytes of time and 64 of Ed25519 (C2SP tlog-cosignature).
    """
    time_s = int.from_bytes(signature[:_TIME_BYTES], "big")
    message = f"cosignature/v1\ntime {time_s}\n{body}"
    return time_s if key.signed(message, signature[_TIME_BYTES:]) else None


def cosignature_in(answer: str, key: SignerKey, body: str) -> tuple[str, int] | None:
    """The witness's line and its time in what it answered; None if there is no right one."""
    for line in answer.split("\n"):
        match = _LINE.fullmatch(line)
        data = _unbase64(match[2]) if match else None
        if match and data is not None and _names(key, match[1], data):
            time_s = cosigning_time(key, body, data[_ID_BYTES:])
            if time_s is not None:
                return line + "\n", time_s
    return None


def _signatures(tail: str) -> list[tuple[str, bytes]]:
    """Name and bytes of each signature line."""
    found = []
    for line in tail[:-1].split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            raise CheckpointError(said("a line is no signature"))
        found.append((match[1], base64_of(match[2])))
    return found


def _names(key: SignerKey, name: str, data: bytes) -> bool:
    return (name, data[:_ID_BYTES]) == (key.name, key.key_id)


def base64_of(text: str) -> bytes:
    """Bytes from base64.

    Raises:
        CheckpointError: it is not in its one form.
    """
    data = _unbase64(text)
    if data is None:
        raise CheckpointError(said("base64 is not canonical"))
    return data


def hash_of(text: str) -> bytes:
    """A hash from its base64.

    Raises:
        CheckpointError: it is none.
    """
    data = base64_of(text)
    must(len(data) == _HASH_BYTES, said("a value does not have its length"))
    return data


def number_of(text: str) -> int:
    """A whole number.

    Raises:
        CheckpointError: it has a sign or zeroes before it, or is none.
    """
    must(_NUMBER.fullmatch(text), said("a number is not written as one"))
    return int(text)


def _sized(signature: bytes, size: int) -> bytes:
    must(len(signature) == size, said("a signature does not have its length"))
    return signature


def _unbase64(text: str) -> bytes | None:
    """Bytes from base64 in its one form; None for anything else."""
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (NotBase64, UnicodeEncodeError):
        return None
    return data if b64encode(data).decode() == text else None
