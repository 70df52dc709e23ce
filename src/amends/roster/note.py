"""Checkpoints: signed notes over the size and root of the log (C2SP signed-note, tlog-checkpoint).

Ed25519 signatures are deterministic and a checkpoint carries no time, so the same log has the same
checkpoint, byte for byte.
"""

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKey:
    """The key that signs the log of a case, with the name under which it is known: the origin."""

    origin: str
    seed: bytes

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key in a signature line."""
        return sha256(self.origin.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    @property
    def verifier_key(self) -> str:
        """``<name>+<key id>+<key>``: what a verifier's policy holds (C2SP signed-note)."""
        key = b64encode(_ED25519 + self.public).decode()
        return f"{self.origin}+{self.key_id.hex()}+{key}"

    def sign(self, text: str) -> str:
        """The signed note of *text*, which ends in a newline."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        line = b64encode(self.key_id + signature).decode()
        return f"{text}\n\u2014 {self.origin} {line}\n"

    def checkpoint(self, size: int, root: bytes) -> str:
        """The signed checkpoint of a log of *size* entries under *root*."""
        return self.sign(f"{self.origin}\n{size}\n{b64encode(root).decode()}\n")


def origin_of(case_id: str, *, simulated: bool) -> str:
    """The log's name: the case under ``amends.example``, a domain that nobody can own (RFC 2606).

    The name only has to be unique to the key; nothing is fetched from it. Where money or time is
    not real the name says so, and with it every checkpoint, policy and receipt.
    """
    return f"{case_id}{'.simulated' if simulated else ''}.amends.example"
