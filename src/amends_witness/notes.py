"""Signed notes, keys, checkpoints, cosignatures (C2SP signed-note, tlog-checkpoint, -cosignature).

Everything is parsed in the one form that its document gives; whatever else comes is malformed.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HASH_BYTES = 32
SIGNATURE_BYTES = 64
KEY_ID_BYTES = 4
MOST_SIGNATURES = 64
"""C2SP signed-note asks for at least 16."""
ED25519, COSIGNATURE = 1, 4
"""Kinds of keys: a log's, and a witness's (C2SP signed-note, "Signature types")."""

_NUMBER = re.compile("0|[1-9][0-9]{0,18}")
_NAME = re.compile(r"[^\s+]+")
_LINE = re.compile("\u2014 ([^\\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile("[\0-\x09\x0b-\x1f]")


class MalformedError(ValueError):
    """What came is not in the form of its document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierKey:
    """``<name>+<key id>+<key>`` (C2SP signed-note): who may sign, as others write it down."""

    name: str
    kind: int
    key: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        material = bytes([self.kind]) + self.key
        return sha256(self.name.encode() + b"\n" + material).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as policies and configuration files hold it."""
        material = b64encode(bytes([self.kind]) + self.key).decode()
        return f"{self.name}+{self.key_id.hex()}+{material}"

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is this key's over *message*."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureLine:
    """A signature of a note: whose it says it is, and the bytes."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Size and root of a log at a moment, with its signatures. ``body``: the signed text."""

    origin: str
    size: int
    root: bytes
    body: str
    signatures: tuple[SignatureLine, ...]


def number(text: str) -> int:
    """A decimal number without leading zeroes, below 2^63.

    Raises:
        MalformedError: it is written otherwise.
    """
    if _NUMBER.fullmatch(text) is None or int(text) >= 1 << 63:
        raise MalformedError("a size is no decimal number")
    return int(text)


def unbase64(text: str) -> bytes:
    """Bytes from base64 in its one canonical form.

    Raises:
        MalformedError: it is written otherwise.
    """
    try:
        data = b64decode(text.encode("ascii"), validate=True)
    except (NotBase64, UnicodeEncodeError) as error:
        raise MalformedError("a value is not base64") from error
    if b64encode(data).decode() != text:
        raise MalformedError("base64 is not canonical")
    return data


def a_hash(text: str) -> bytes:
    """A SHA-256 hash in base64.

    Raises:
        MalformedError: it is something else.
    """
    data = unbase64(text)
    if len(data) != HASH_BYTES:
        raise MalformedError("a hash is not 32 bytes long")
    return data


def key_name(text: str) -> str:
    """The name of a key: not empty, no blanks and no plus.

    Raises:
        MalformedError: it is something else.
    """
    if _NAME.fullmatch(text) is None or _CONTROL.search(text):
        raise MalformedError("a key's name is empty, or has a blank or a plus in it")
    return text


def verifier_key(text: str, kind: int) -> VerifierKey:
    """A key of *kind* as policies hold it.

    Raises:
        MalformedError: it is none, or of another kind, or its id is not its own.
    """
    parts = text.split("+", 2)
    if len(parts) != len(("name", "id", "key")):
        raise MalformedError("a verifier key has the form name+id+key")
    material = unbase64(parts[2])
    if len(material) != 1 + HASH_BYTES or material[0] != kind:
        raise MalformedError("a key is of another kind than it has to be")
    key = VerifierKey(name=key_name(parts[0]), kind=kind, key=material[1:])
    if key.key_id.hex() != parts[1]:
        raise MalformedError("a key id is not its key's")
    return key


def checkpoint(text: str) -> Checkpoint:
    """A checkpoint: a signed note whose text is origin, size, root, and extension lines if any.

    Raises:
        MalformedError: it is something else.
    """
    if _CONTROL.search(text):
        raise MalformedError("there are control characters")
    body, blank, tail = text.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise MalformedError("the checkpoint does not end as a signed note does")
    lines = body.split("\n")
    if len(lines) < len(("origin", "size", "root")) or "" in lines:
        raise MalformedError("the checkpoint has not its three lines")
    signatures = tail[:-1].split("\n")
    if len(signatures) > MOST_SIGNATURES:
        raise MalformedError("the checkpoint has too many signatures")
    return Checkpoint(
        origin=lines[0],
        size=number(lines[1]),
        root=a_hash(lines[2]),
        body=body + "\n",
        signatures=tuple(map(_signature, signatures)),
    )


def _signature(line: str) -> SignatureLine:
    match = _LINE.fullmatch(line)
    if match is None:
        raise MalformedError("a signature line has not its form")
    data = unbase64(match[2])
    if len(data) <= KEY_ID_BYTES:
        raise MalformedError("a signature is too short")
    return SignatureLine(name=match[1], key_id=data[:KEY_ID_BYTES], signature=data[KEY_ID_BYTES:])


def signed_by(found: Checkpoint, keys: tuple[VerifierKey, ...]) -> bool:
    """Whether one of *keys* has signed, and no signature that names one of them is wrong."""
    right = 0
    for key in keys:
        for line in found.signatures:
            if (line.name, line.key_id) == (key.name, key.key_id):
                if not key.signed(found.body.encode(), line.signature):
                    return False
                right += 1
    return right > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessKey:
    """The key that cosigns, with the name under which the witness is known."""

    name: str
    seed: bytes

    @property
    def verifier(self) -> VerifierKey:
        """What policies hold of it."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        return VerifierKey(
            name=self.name, kind=COSIGNATURE, key=private.public_key().public_bytes_raw()
        )

    def cosign(self, body: str, time_s: int) -> str:
        """The signature line over a checkpoint's *body*, *time_s* seconds after the epoch."""
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        signature = private.sign(f"cosignature/v1\ntime {time_s}\n{body}".encode())
        data = self.verifier.key_id + time_s.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {b64encode(data).decode()}\n"

    @property
    def text(self) -> str:
        """The private key as a file holds it, in the form that other witnesses read, too."""
        plain = VerifierKey(name=self.name, kind=ED25519, key=self.verifier.key)
        material = b64encode(bytes([ED25519]) + self.seed).decode()
        return f"PRIVATE+KEY+{self.name}+{plain.key_id.hex()}+{material}"


def witness_key(text: str) -> WitnessKey:
    """The private key in a key file's *text*.

    Raises:
        MalformedError: it is none; nothing of it is repeated.
    """
    head = "PRIVATE+KEY+"
    parts = text.removesuffix("\n").removeprefix(head).split("+", 2)
    if not text.startswith(head) or len(parts) != len(("name", "id", "key")):
        raise MalformedError("the key file holds no key")
    material = unbase64(parts[2])
    if len(material) != 1 + HASH_BYTES or material[0] != ED25519:
        raise MalformedError("the key file holds no Ed25519 key")
    key = WitnessKey(name=key_name(parts[0]), seed=material[1:])
    if key.text != text.removesuffix("\n"):
        raise MalformedError("the key file was changed: the id is not its key's")
    return key
